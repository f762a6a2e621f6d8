"""How Catch2 (captured with 2.13) and doctest for C++ (2.4) read: each test case that failed between rulers.

-------------------------          goes
order 5 is priced                  the test case and its sections stay
  with 9 of it
-------------------------          goes
catch.cpp:27                       stays
.........................          goes
catch.cpp:36: FAILED:              as printed, with what was compared
  REQUIRE( total(9,13) == 118 )
test cases: 40 | 25 passed | ...   as printed
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from sidecar.compression.forms.tests.grammar import Grammar, Kind, Rule, Section
from sidecar.compression.forms.tests.must import Must
from sidecar.compression.forms.tests.repeats import SAID
from sidecar.compression.forms.tests.run import Run
from sidecar.compression.forms.tests.runner import runner
from sidecar.compression.forms.tests.sections import tell_report
from sidecar.compression.vocabulary import Evidence, Part, Segment

__all__ = ["DOCTEST", "RUNNER"]

_RULE = re.compile(r"-{79}$")
_FAILED = re.compile(r"\S.*:\d+: FAILED:$")
_TOTALS = r"(?:test cases|assertions): +\d+ \| |All tests passed \(|No tests ran"


def _tell(_run: Run, _start: int, _end: int) -> None:
    """Whether a test case failed is said below its second ruler: all is told at the end."""


def _finish(run: Run) -> None:
    """A header and what stands below it are one section; one that says nothing of a failure passed."""
    sections = run.sections
    run.sections = []
    header: Section | None = None
    for section in sections:
        if header is not None and header.end == section.start:
            header.end, header = section.end, None
        else:
            run.sections.append(section)
            header = section if _names(run.lines, section.start) else None
    for section in list(run.sections):
        within = range(section.start, section.end)
        if any(_FAILED.match(run.lines[index]) for index in within):
            section.name = " > ".join(run.lines[index].strip() for index in _names(run.lines, section.start))
            for index in within:
                if _RULE.match(run.lines[index]):
                    run.why[index] = "rulers"
                elif run.why[index] == SAID:
                    run.why[index] = ""  # perhaps said by a test case that passed, which goes
            tell_report(run, [i for i in within if run.kinds[i] is Kind.OTHER])
            continue
        run.sections.remove(section)
        for index in within:
            run.why[index] = run.why[index] or "passed assertions"


def _names(lines: Sequence[str], ruler: int) -> list[int]:
    """The lines that name a test case and its sections, between the ruler at *ruler* and the next one."""
    end = next((i for i in range(ruler + 1, min(len(lines), ruler + _NAMES + 2)) if _RULE.match(lines[i])), -1)
    return [i for i in range(ruler + 1, end) if lines[i].strip()] if end >= 0 else []


_NAMES = 12
"""So many lines of sections stand below a test case's name at most."""

_MUST = Must(
    heading=r"\S.*:\d+: FAILED:$",
    anywhere=rf"(?:{_TOTALS}).*$",
    leaves=re.compile(r"-{79}$|={79}$"),
    message_lines=4,
)


def _evidence(segment: Segment) -> list[Evidence]:
    """What failed, and the names in the header above it."""
    lines = segment.lines
    return [*_MUST.evidence(segment), *(Evidence(index, (lines[index].strip(),)) for index in _named(lines))]


def _named(lines: Sequence[str]) -> Iterable[int]:
    rulers = [index for index, line in enumerate(lines) if line[:1] == "-" and _RULE.match(line)]
    for number, (above, below) in enumerate(pairwise([*rulers, len(lines)])):
        if number and any(_FAILED.match(lines[index]) for index in range(above + 1, below)):
            yield from _names(lines, rulers[number - 1])


def _parts(segment: Segment) -> list[Part]:
    """Each assertion that failed, by its place."""
    lines = segment.lines
    failed = [index for index, line in enumerate(lines) if line.endswith(": FAILED:") and _FAILED.match(line)]
    parts: list[Part] = []
    for index, following in pairwise([*failed, len(lines)]):
        end = next(
            (i for i in range(index + 1, following) if _RULE.match(lines[i]) or lines[i][:4] == "===="), following
        )
        said = next((lines[i].strip() for i in range(index + 1, end) if lines[i].strip()), "")
        parts.append(Part("failure", f"{lines[index]} {said}", index, end, f"{lines[index]} {said}"))
    return parts


RUNNER = replace(
    runner(
        Grammar(
            name="catch2",
            literals=("test cases: ", "All tests passed ("),
            sure=r"^test cases: +\d+ \| |^All tests passed \(\d+ assertions? in \d+ test cases?\)",
            rules=(
                Rule(Kind.SECTION, _RULE.pattern),
                Rule(Kind.TOTAL, _TOTALS),
                Rule(Kind.END, r"={79}$", what="rulers"),
                Rule(Kind.NOISE, r"(?:\.{79}|~{79})$", what="rulers"),
                Rule(Kind.NOISE, r"\S+ is a Catch2? v\d|Run with -\? for options", what="headers"),
            ),
            evidence=_evidence,
            tell=_tell,
            finish=_finish,
        )
    ),
    parts=_parts,
)


_MUST_DOCTEST = Must(
    heading=r"TEST CASE: .*$",
    anywhere=r"\S+:\d+: (?:FATAL )?ERROR: .*$|\[doctest\] (?:test cases|assertions|Status): .*$",
    leaves=re.compile(r"={79}$"),
    message_lines=2,
)

DOCTEST = runner(
    Grammar(
        name="doctest",
        literals=("[doctest] test cases: ",),
        sure=r"^\[doctest\] test cases: +\d+ \|",
        rules=(
            Rule(Kind.SECTION, r"TEST CASE:  (?P<name>\S.*)$"),
            Rule(Kind.TOTAL, r"\[doctest\] (?:test cases|assertions|Status): "),
            Rule(Kind.NOISE, r"\[doctest\] ", what="headers"),
            Rule(Kind.END, r"={79}$", what="rulers"),
            Rule(Kind.KEPT, r"\S+:\d+:$"),
        ),
        message=r"(\S+:\d+: (?:FATAL )?ERROR: .*)",
        evidence=_MUST_DOCTEST.evidence,
    )
)
