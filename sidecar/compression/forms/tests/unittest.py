"""How `python -m unittest` reads, and what runs on it: Django's test runner, trial (captured with Python 3.8 to 3.13).

test_adds (tests.test_cart.CartTest.test_adds) ... ok        a list of names
======================================================================
FAIL: test_total (tests.test_cart.CartTest.test_total)       as printed
----------------------------------------------------------------------
Traceback (most recent call last):                           own frames, what was raised
Ran 14 tests in 0.002s / FAILED (failures=1)                 as printed
"""

from __future__ import annotations

import re

from sidecar.compression.forms.drafting import BLANK
from sidecar.compression.forms.tests.compared import derived, said_above
from sidecar.compression.forms.tests.grammar import REACH, Grammar, Kind, Rule
from sidecar.compression.forms.tests.pytest_failure import mark_frames
from sidecar.compression.forms.tests.run import Run
from sidecar.compression.forms.tests.runner import runner
from sidecar.compression.forms.tests.sections import tell_comparison, tell_report

__all__ = ["RUNNER"]

_TEST = r"(?P<name>[\w.]+) \((?P<scope>[\w.<>]+)\)(?P<sub>(?: \[.*?\])?(?: \(.*\))?)"
_HEADING = r"(?:ERROR|FAIL|UNEXPECTED SUCCESS): "
_TEST_LINE = re.compile(_TEST)


_is_heading = re.compile(_HEADING).match


def _name(found: re.Match[str]) -> str:
    scope, name = found["scope"], found["name"]
    return (scope if scope.endswith("." + name) else f"{scope}.{name}") + found["sub"]


def _tell(run: Run, start: int, end: int) -> None:
    """Own frames with their statement, what was raised, the comparison."""
    mark_frames(run.lines, start + 1, end, run.why)
    for index in range(start + 1, end):
        if run.lines[index].startswith("Traceback (most recent call last):"):
            run.why[index] = BLANK
    _tell_comparison(run, start + 1, end)
    _tell_examples(run, start + 1, end)
    tell_comparison(run, start + 1, end)
    tell_report(run, [i for i in range(start + 1, end) if run.kinds[i] is Kind.OTHER and not run.why[i]])


def _tell_comparison(run: Run, start: int, end: int) -> None:
    """Of a comparison below what was raised go the marks, and all of it where that quotes both sides.

    AssertionError: {'step': '1E-19'} != {'step': '1e-19'}
    - {'step': '1E-19'}                                         goes
    ?            ^                                              goes
    + {'step': '1e-19'}                                         goes
    """
    raised = next((i for i in range(start, end) if _RAISED.match(run.lines[i][:REACH])), end)
    stop = next((i for i in range(raised + 1, end) if run.lines[i] in _PRINTED or run.kinds[i] is Kind.NOISE), end)
    below = run.lines[raised + 1 : stop]
    again = said_above(run.lines[raised], below) if raised < end else []
    counted = frozenset(() if again else derived(below))
    for index in range(raised + 1, stop):
        if index <= raised + len(again) or index - raised - 1 in counted:
            run.why[index] = "the comparison again"
        elif _MARKS.match(run.lines[index]):
            run.why[index] = "marks"


def _tell_examples(run: Run, start: int, end: int) -> None:
    """The frame of a doctest's example names no file, and quotes what stands above it.

    Failed example:
        list(group_1)
    Exception raised:
        Traceback (most recent call last):                       goes
          File "<doctest shop.cart[1]>", line 1, in <module>     goes
            list(group_1)                                        goes
        NameError: name 'group_1' is not defined
    """
    examples: set[str] = set()
    for index in range(start, end):
        line = run.lines[index]
        if line == "Failed example:":
            examples.clear()
        elif line == "Exception raised:" and run.lines[index + 1 : index + 2] == [_TRACED]:
            run.why[index + 1] = BLANK
        elif line.startswith('      File "<doctest '):
            run.why[index] = run.why[index] or _AGAIN
        elif run.why[index - 1] == _AGAIN and line.startswith("        ") and line.strip() in examples:
            run.why[index] = _AGAIN
        elif line.startswith("    "):
            examples.add(line.strip())


_AGAIN = "the example again"
_TRACED = "    Traceback (most recent call last):"

_PRINTED = frozenset({"Stdout:", "Stderr:"})
"""With `-b` what the test printed stands below."""

_RAISED = re.compile(r"[A-Za-z_][\w.]*(?:Error|Exception|Failure): (.*)")
_MARKS = re.compile(r"\? [\s^+-]*$")


def _finish(run: Run) -> None:
    """A failure that has its section goes from the progress; a test told on two lines is named by the first.

    Two lines: it has a docstring, or it printed.
    """
    told = {section.name for section in run.sections}
    _leave_out_buffered(run)
    for index, kind in enumerate(run.kinds):
        # A heading with nothing below it (the output was cut there) is no line of the progress.
        if kind is Kind.FAILED and run.failed[index] in told and not _is_heading(run.lines[index][:2_000]):
            run.why[index] = "failing tests, told below"
        if (
            kind not in {Kind.PASSED, Kind.FAILED, Kind.SKIPPED}
            or index == 0
            or _TEST_LINE.match(run.lines[index].lstrip())
        ):
            continue
        at = next((i for i in range(index - 1, max(-1, index - 40), -1) if run.kinds[i] is Kind.BEGUN), None)
        if at is None or not (found := _TEST_LINE.match(run.lines[at])):
            continue
        if kind is Kind.FAILED and _name(found) in told:
            run.why[at] = run.why[index] = "failing tests, told below"
        elif kind is Kind.FAILED or not run.why[index]:
            run.why[at] = ""
        elif index in run.names:
            run.names[index] = _name(found)


def _leave_out_buffered(run: Run) -> None:
    """With `-b` what a failing test printed stands among the dots, unnamed, and again in its section."""
    inside = {i for section in run.sections for i in range(section.start, section.end)}
    again = {run.lines[i] for i in inside if run.kinds[i] is Kind.OTHER}
    for index, kind in enumerate(run.kinds):
        line = run.lines[index]
        if kind is Kind.OTHER and index not in inside and line in again and not run.grammar.must(line[:REACH]):
            run.why[index] = run.why[index] or "output told below with its test"


_GRAMMAR = Grammar(
    name="unittest",
    literals=("Ran ", "=====\nERROR: ", "=====\nFAIL: "),
    sure=r"Ran \d+ tests? in [\d.]+s(?:\n-*)*\n?(?:OK|FAILED|NO TESTS RAN|PASSED)\b"
    r"|={70}\n(?:ERROR|FAIL): \S.*\n(?:.*\n)?-{70}$",
    likely=r"Ran \d+ tests? in [\d.]+s$",
    programs=frozenset({"unittest", "django", "django-admin", "manage.py", "trial", "nose2", "tox", "nox"}),
    rules=(
        Rule(Kind.PASSED, _TEST + r" \.\.\. ok(?: \[[\d.]+s\])?$", name_of=_name, inside=False),
        Rule(
            Kind.SKIPPED,
            _TEST + r" \.\.\. (?P<reason>expected failure)$",
            name_of=_name,
            inside=False,
        ),
        Rule(Kind.SKIPPED, _TEST + r" \.\.\. skipped (?P<reason>.*)$", inside=False, name_of=_name),
        Rule(Kind.FAILED, r" *" + _TEST + r" \.\.\. (?:FAIL|ERROR|unexpected success)$", name_of=_name),
        Rule(Kind.FAILED, r".* \.\.\. (?:FAIL|ERROR|unexpected success)$", inside=False),
        Rule(Kind.BEGUN, _TEST + r"(?: \.\.\. .*)?$", inside=False),
        Rule(Kind.PASSED, r"(?:(?!test)\S.* \.\.\. )?(?P<name>ok)$", inside=False),
        Rule(Kind.SKIPPED, r"(?:.* \.\.\. )?(?P<name>skipped) (?P<reason>['\"].*)$", inside=False),
        Rule(Kind.FAILED, r"(?:FAIL|ERROR)$", inside=False),
        Rule(Kind.SECTION, _HEADING + _TEST, name_of=_name),
        Rule(Kind.SECTION, _HEADING + r"(?P<name>.+)$"),
        Rule(Kind.NOISE, r"={70}$", what=BLANK),
        Rule(Kind.NOISE, r"-{70}$", what=BLANK),
        Rule(Kind.TOTAL, r"Ran \d+ tests? in "),
        Rule(Kind.TOTAL, r"(?:OK|FAILED|NO TESTS RAN|PASSED)(?: \(.*\))?$"),
        Rule(Kind.NOISE, r"[.FEsxu]+$", what="progress", inside=False),
        Rule(
            Kind.NOISE,
            r"(?:Found \d+ test|System check identified no|(?:Creating|Cloning|Destroying"
            r"|Preserving|Using existing) (?:old )?(?:test|clone)? ?(?:database|db)"
            r"|Operations to perform|Running migrations|Synchroniz)",
            what="headers",
            inside=False,
        ),
        Rule(
            Kind.NOISE,
            r"  (?:Applying \S+\.\.\. OK|Synchronize|Apply all|Creating table|Running deferred)",
            what="migrations",
            inside=False,
        ),
    ),
    message=r"([A-Za-z_][\w.]*(?:Error|Exception|Failure|Exit|Interrupt|Warning)\b.*)",
    evidence=r"(?:ERROR|FAIL|UNEXPECTED SUCCESS): \S|Ran \d+ tests? in |(?:FAILED|OK|NO TESTS RAN)(?: \(.*\))?$"
    r"|[A-Za-z_][\w.]*(?:Error|Exception): ",
    tell=_tell,
    finish=_finish,
)

RUNNER = runner(_GRAMMAR)
