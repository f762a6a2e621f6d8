"""Whatever runner printed a capture: it is recognised, nothing that failed is lost, accidents break no promise."""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.compression.forms.tests import FORM
from sidecar.compression.vocabulary import Form, Segment

CAPTURES = Path(__file__).parents[2] / "captures"
FAMILIES = (
    "ava", "behave", "bun", "catch2", "cucumber", "deno", "jasmine", "jest", "minitest", "mix_test", "mocha",
    "node_test", "phpunit", "playwright", "robot", "rspec", "tap", "test_unit", "vitest",
)  # fmt: skip
NO_RUN = {"vitest/gh", "phpunit/broken"}
"""Annotations for GitHub, and a crash of PHP itself: other forms read them."""

PATHS = [
    path
    for family in FAMILIES
    for path in sorted((CAPTURES / family).glob("*.txt"))
    if f"{family}/{path.stem}" not in NO_RUN
]
TOTALS = re.compile(
    r"Test Suites: |Tests: +\d| +Test Files  \d| +Tests  \d|  \d+ (?:passing|failing|failed|passed)\b"
    r"|ℹ (?:pass|fail) \d"
    r"|# (?:pass|fail) +\d|\d+ examples?, |\d+ runs, |Result: |OK \(|FAILURES!|ERRORS!|\d+ specs?, | \d+ (?:pass|fail)$"
    r"|(?:ok|FAILED) \| \d|\d+ scenarios? (?:passed|\()|\d+ tests, \d+ (?:passed|failures|assertions)"
)

Holds = Callable[[Form, Segment], None]
Read = Callable[..., Segment]
Printed = Callable[[Form, Segment], list[str]]
Mangled = Callable[[st.DataObject, Sequence[Path]], Segment]


def named(path: Path) -> str:
    return f"{path.parent.name}-{path.stem}"


@pytest.mark.parametrize("path", PATHS, ids=named)
def test_every_capture_is_recognised_and_keeps_its_evidence(path: Path, holds: Holds, read: Read) -> None:
    run = read(path)
    assert FORM.recognise(run) >= 0.7
    holds(FORM, run)


@pytest.mark.parametrize("path", PATHS, ids=named)
def test_the_text_alone_tells_its_runner(path: Path, read: Read) -> None:
    assert FORM.recognise(read(path, hinted=False)) >= 0.5


@pytest.mark.parametrize("path", PATHS, ids=named)
def test_totals_stay_as_they_were_printed(path: Path, read: Read, printed: Printed) -> None:
    run = read(path)
    shown = set(printed(FORM, run))
    assert [line for line in run.lines if TOTALS.match(line) and line not in shown] == []


@pytest.mark.parametrize("path", PATHS, ids=named)
def test_a_failing_run_never_reads_as_passing(path: Path, read: Read, printed: Printed) -> None:
    run = read(path)
    if not json.loads(path.with_suffix(".json").read_text("utf-8"))["exit_code"]:
        return
    text = "\n".join(printed(FORM, run)).lower()
    assert any(word in text for word in ("fail", "error", "not ok", "no test", "✘", "obsolete", "threshold"))


@pytest.mark.parametrize("path", PATHS, ids=named)
def test_parts_stand_in_order_inside_the_run_and_no_green_run_has_a_failure(path: Path, read: Read) -> None:
    run = read(path)
    parts = FORM.parts(run)
    assert all(0 <= part.start < part.end <= len(run.lines) and part.label and part.said for part in parts)
    assert [part.start for part in parts] == sorted(part.start for part in parts)
    if run.exit_code == 0:
        assert parts == []


@pytest.mark.parametrize("path", PATHS, ids=named)
def test_what_a_form_prints_is_the_same_every_time(path: Path, read: Read, printed: Printed) -> None:
    assert printed(FORM, read(path)) == printed(FORM, read(path))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_accidents_break_no_promise(data: st.DataObject, holds: Holds, mangled: Mangled) -> None:
    run = mangled(data, PATHS)
    if FORM.recognise(run):
        holds(FORM, run)
