"""Reports of tests in JSON: every failure with its words and place, whoever wrote the report."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sidecar.compression import compress
from sidecar.compression.forms.tests import FORM
from sidecar.compression.vocabulary import Form, Segment

CAPTURES = Path(__file__).parents[2] / "captures" / "json_report"
NAMES = sorted(path.stem for path in CAPTURES.glob("*.txt"))

Holds = Callable[[Form, Segment], None]
Read = Callable[..., Segment]


@pytest.fixture
def shortened(read: Read, printed: Callable[[Form, Segment], list[str]]) -> Callable[[str], str]:
    return lambda name: "\n".join(printed(FORM, read(CAPTURES / f"{name}.txt")))


def report(name: str) -> dict[str, object]:
    found: dict[str, object] = json.loads((CAPTURES / f"{name}.txt").read_text("utf-8"))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_report_is_recognised_and_keeps_its_evidence(name: str, holds: Holds, read: Read) -> None:
    run = read(CAPTURES / f"{name}.txt", hinted=False)
    assert FORM.recognise(run) >= 0.9
    holds(FORM, run)


def test_every_failure_of_mocha_keeps_its_title_message_and_place(shortened: Callable[[str], str]) -> None:
    """As rows of a table three of eleven went, and of the others the user's own frames."""
    text = shortened("mocha")
    failures = report("mocha")["failures"]
    assert isinstance(failures, list)
    assert len(failures) == 11
    assert [one["fullTitle"] for one in failures if f"FAIL {one['fullTitle']}\n" not in text] == []
    assert [one["err"]["message"] for one in failures if one["err"]["message"] not in text] == []
    for place in ("mt/lodash.spec.cjs:5:73", "mt/lodash.spec.cjs:11:74", "mt/lodash.spec.cjs:12:24"):
        assert place in text
    assert '- "value": "aa"\n' in text
    assert '+ "value": "x"\n' in text
    assert "passes: 3 pending: 2 failures: 11" in text
    assert "node_modules" not in text


def test_rspec_keeps_what_it_compared_and_where(shortened: Callable[[str], str]) -> None:
    text = shortened("rspec")
    assert "18 examples, 4 failures, 1 pending" in text
    assert "FAIL Cart sums\n" in text
    assert "  expected: 65\n       got: 66\n" in text
    assert "at ./spec/cart_spec.rb:19" in text
    assert "NoMethodError: undefined method `n' for nil:NilClass" in text
    assert "13 passed: Cart is empty | " in text


def test_vitest_keeps_messages_with_their_locations(shortened: Callable[[str], str]) -> None:
    text = shortened("vitest")
    assert "numFailedTests: 23" in text
    assert text.count("FAIL ") == 23
    assert "math.test.mjs:5:226" in text
    assert "1 passed: matrices inverse of order 2 (1097 ms)" in text


def test_a_suite_that_did_not_run_is_a_failure(printed: Callable[[Form, Segment], list[str]]) -> None:
    message = "Cannot find module './cart' from 'src/cart.test.js'"
    files = [
        {"name": f"/shop/src/{n}.test.js", "status": "failed", "message": message, "assertionResults": []} for n in "ab"
    ]
    text = json.dumps({"numFailedTests": 0, "numFailedTestSuites": 2, "success": False, "testResults": files})
    shown = "\n".join(printed(FORM, Segment([text])))
    assert "FAIL /shop/src/a.test.js" in shown
    assert "FAIL /shop/src/b.test.js\n  the same as in /shop/src/a.test.js\n" in shown
    assert shown.count(message) == 1
    assert "success: false" in shown


@pytest.mark.parametrize("name", NAMES)
def test_a_report_costs_a_fraction_of_itself(name: str) -> None:
    data = (CAPTURES / f"{name}.txt").read_bytes()
    assert len(compress(data, exit_code=1).text) * 1.3 < len(data)


def test_within_a_bound_its_first_failures_are_told_in_words_not_in_json() -> None:
    """One block tells all of them: none can be printed as it was by itself."""
    data = (CAPTURES / "mocha.txt").read_bytes()
    result = compress(data, exit_code=11, answer_tokens=700)
    assert "FAIL rxjs marbles map\n" in result.text
    assert '"stats"' not in result.text
    assert "0 lines" not in result.text
    assert "more lines of evidence" in result.text
