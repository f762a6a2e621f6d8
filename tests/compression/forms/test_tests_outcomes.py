"""Where a runner prints two lines for one failing test, its outcome stands above what the test said."""

import json
from pathlib import Path

from sidecar.compression.forms.tests import FORM
from sidecar.compression.promises import broken_promise
from sidecar.compression.vocabulary import Segment

CAPTURES = Path(__file__).parents[2] / "captures" / "cargo_test"


def test_cargo_s_outcomes_stand_as_headings_and_nowhere_else() -> None:
    path = CAPTURES / "backtrace.txt"
    exit_code = json.loads(path.with_suffix(".json").read_text())["exit_code"]
    run = Segment(path.read_text().removesuffix("\n").split("\n"), exit_code=exit_code)
    blocks, evidence = FORM.reduce(run), FORM.evidence(run)
    shown = [line for block in blocks for line in block.shown or run.lines[block.start : block.end]]
    outcomes = [line for line in run.lines if line.startswith("test ") and line.endswith(" ... FAILED")]
    assert len(outcomes) >= 3
    for outcome in outcomes:
        assert shown.count(outcome) == 1
        assert f"---- {outcome[5:].removesuffix(' ... FAILED')} stdout ----" not in shown
    assert not broken_promise(run, blocks, evidence)
    assert any(item.parts == (outcomes[0],) for item in evidence)
