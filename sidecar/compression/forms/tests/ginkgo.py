"""How Ginkgo's specs read inside `go test` or its own command (captured with 2.20).

------------------------------                          goes
• [FAILED] [0.000 seconds]                              goes: said again with its message
Quay when a ship lies there [It] knows its name         stays
/src/spec/quay_test.go:26                               goes where the message's place is the same
  Timeline >> ... << Timeline                           steps and what was printed stay, its outcome goes
  [FAILED] Expected ...                                 as printed
  In [It] at: /src/spec/quay_test.go:26 @ 11/26/26 ...  without the time
Summarizing 8 Failures:                                 the names again: left out
FAIL! -- 3 Passed | 8 Failed | 1 Pending | 1 Skipped    as printed
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sidecar.compression.forms.drafting import BLANK
from sidecar.compression.forms.tests.grammar import Kind, Rule
from sidecar.compression.forms.tests.run import Run
from sidecar.compression.forms.tests.sections import tell_report
from sidecar.compression.vocabulary import Evidence

__all__ = ["LITERALS", "RULES", "SURE", "evidence", "finish", "is_spec", "tell"]

LITERALS = ("Running Suite: ", "Specs in ", "[FAILED] [")
SURE = r"|Running Suite: \S|Ran \d+ of \d+ Specs? in |• \[FAILED\] \["

_FAILED = r"• \[(?:FAILED|PANICKED|TIMEDOUT|INTERRUPTED|ABORTED)\]"
_RULER = re.compile(r"-{30}$")
_MOMENT = re.compile(r" @ \d\d/\d\d/\d\d \d\d:\d\d:\d\d[\d.]*$")
_AT = re.compile(r" +In \[.*\] at: (?P<place>\S+)")
_OUTCOME = re.compile(r" +\[(?:FAILED|PANICKED|TIMEDOUT)\] in \[.*\] - (?P<place>\S+)")
_SAID = re.compile(r" +\[(?:FAILED|PANICKED|TIMEDOUT)\] (?!in \[)\S")
_PLACE = re.compile(r"\S+:\d+$")
_LISTED = re.compile(r"  \[(?:FAIL|PANICKED!|TIMEDOUT|INTERRUPTED)\] (?P<name>\S.*)$")
_TIMES = "times"
_MESSAGE_LINES = 3

RULES: tuple[Rule, ...] = (
    Rule(Kind.SECTION, _FAILED + r" \[[\d.]+ seconds\]"),
    Rule(Kind.PASSED, r"•(?: \[[\d.]+ seconds\])?$"),
    Rule(Kind.NOISE, r"[SP]*•[•SP]*$", what="progress", inside=False),
    Rule(Kind.END, _RULER.pattern, what=BLANK),
    Rule(Kind.NOISE, r"={20,}$", what=BLANK),
    Rule(Kind.KEPT, r"Running Suite: |Will run \d+ of \d+ specs"),
    Rule(Kind.NOISE, r"Random Seed: \d+|Running in parallel across", what="headers"),
    Rule(Kind.NOISE, r"  (?:Timeline >>|<< Timeline)$", what=BLANK),
    Rule(Kind.END, r"Summarizing \d+ Failures?:$", what="failures listed again"),
    Rule(Kind.TOTAL, r"Ran \d+ of \d+ Specs? in |(?:FAIL|SUCCESS)! -- |Ginkgo ran \d|Test Suite (?:Failed|Passed)"),
    Rule(Kind.ALARM, r"There were failures detected in the following suites:"),
)
"""To be asked before those of `go test`."""


def is_spec(heading: str) -> bool:
    """Whether a failing section is a spec's."""
    return heading.startswith("• [")


def tell(run: Run, start: int, end: int) -> None:
    """Of a failing spec its name, its steps, its message and the place of that."""
    lines, why = run.lines, run.why
    name = next((i for i in range(start + 1, end) if lines[i].strip()), start)
    place = next((found["place"] for line in lines[start:end] if (found := _AT.match(line))), "")
    why[start] = "outcomes said again below" if name > start else ""
    for index in range(start + 1, end):
        line = lines[index]
        found = _OUTCOME.match(line)
        if (found is not None and found["place"] == place) or (index == name + 1 and line == place):
            why[index] = "places said below"
        elif moment := _MOMENT.search(line):
            run.instead[index] = line[: moment.start()]
            run.shortened = _TIMES
    tell_report(run, [i for i in range(name + 1, end) if run.kinds[i] is Kind.OTHER and not why[i]])


def finish(run: Run) -> None:
    """What failed is not listed again; a spec that passed in a verbose run is named by the line below the ruler."""
    specs = [section for section in run.sections if is_spec(run.lines[section.heading])]
    told = {run.lines[i] for section in specs for i in range(section.start, section.end)}
    for index, line in enumerate(run.lines):
        found = _LISTED.match(line) if line.startswith("  [") else None
        if found is not None and found["name"] in told:
            run.why[index] = "failures listed again"
            if run.lines[index + 1 : index + 2] and _PLACE.match(run.lines[index + 1].strip()):
                run.why[index + 1] = "failures listed again"
        elif run.kinds[index] is Kind.PASSED and line.startswith("•"):
            _name(run, index)


def _name(run: Run, passed: int) -> None:
    """The lines above a bullet, down from the ruler: the spec's name, its place and what it printed."""
    start = next((i + 1 for i in range(passed - 1, -1, -1) if _RULER.match(run.lines[i])), passed)
    body = [i for i in range(start, passed) if run.kinds[i] is Kind.OTHER and run.lines[i].strip()]
    run.names[passed] = run.lines[body[0]] if body else ""
    for index in body:
        run.why[index] = "passed tests"


def evidence(lines: Sequence[str]) -> Iterable[Evidence]:
    """Each failing spec's name, the first lines of its message and where it failed; how many did."""
    heading = re.compile(_FAILED)
    room = 0
    is_named = True
    for index, line in enumerate(lines):
        if line.startswith("• [") and heading.match(line):
            is_named = False
        elif not is_named and line.strip():
            is_named = True
            yield Evidence(index, (line,))
        elif line.startswith("  ["):
            room = _MESSAGE_LINES if _SAID.match(line) else room
        elif found := _AT.match(line):
            room = 0
            yield Evidence(index, (line[: found.end()],))
        elif line.startswith(("FAIL! -- ", "SUCCESS! -- ", "Ran ")):
            yield Evidence(index, (line,))
        if room and line.strip():
            room -= 1
            yield Evidence(index, (_MOMENT.sub("", line),))
