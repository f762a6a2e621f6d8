"""How AVA reads (captured with 7.0 and 8.0): a list, then each failure told below its name alone.

✔ starts empty                 a list of names
✘ [fail]: adds tax             told below, where it is the heading
─
adds tax                       as the list says it
av/cart.test.js:3              as printed
 2:  test('adds tax', ...      of the source the line that failed stays
4 tests failed                 as printed
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sidecar.compression.forms.tests.excerpts import mark_comparison
from sidecar.compression.forms.tests.grammar import Grammar, Kind, Rule, Section
from sidecar.compression.forms.tests.must import keep_evidence
from sidecar.compression.forms.tests.run import Run
from sidecar.compression.forms.tests.runner import runner
from sidecar.compression.forms.tests.sections import tell_report
from sidecar.compression.kept import kept
from sidecar.compression.vocabulary import Evidence, Segment

__all__ = ["RUNNER"]

_FAILED = re.compile(r"  ✘ (?:\[fail\]: )?(?P<name>\S.*)")
_PLACE = re.compile(r"  \S+:(?P<line>\d+)$")
_SOURCE = re.compile(r" +(?P<line>\d+): ")


def _told(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Each failure's heading below the list with the line of the list that names it: the same, or with a reason."""
    first = next((i for i, line in enumerate(lines) if line.rstrip() == "  ─"), len(lines))
    listed = sorted((found["name"].rstrip(), i) for i in range(first) if (found := _FAILED.match(lines[i])))
    owned: set[int] = set()
    for index in range(first + 1, len(lines)):
        name = lines[index].strip()
        if not name or lines[index - 1].strip() or lines[index][:2] != "  " or lines[index][2:3] == " ":
            continue
        at = bisect_left(listed, (name, -1))
        while at < len(listed) and listed[at][1] in owned and listed[at][0] == name:
            at += 1
        if at < len(listed) and listed[at][1] not in owned and f"{listed[at][0]} ".startswith(f"{name} "):
            owned.add(listed[at][1])
            yield index, listed[at][1]


def _finish(run: Run) -> None:
    """Below the list each failure is a section of its own."""
    lines = run.lines
    told = list(_told(lines))
    first = told[0][0] if told else next((i for i, line in enumerate(lines) if line.rstrip() == "  ─"), len(lines))
    ends = [*(heading for heading, _ in told[1:]), _end(lines, told[-1][0]) if told else 0]
    for (heading, listed), end in zip(told, ends, strict=False):
        run.sections.append(Section(heading, end, heading, lines[heading].strip()))
        run.instead[heading] = lines[listed].rstrip()
        run.headings.add(heading)
        run.joined.add(listed)
        run.why[listed] = "failing tests, told below"
    for index in range(first, len(lines)):
        if run.why[index] == "printed output":
            run.why[index] = ""
        if run.grammar.is_frame(lines[index][:2_000]) and run.grammar.is_library(lines[index][:2_000]):
            run.why[index] = "library frames"
    for section in run.sections:
        _mark_source(run, section)
        report = [i for i in range(section.start, section.end) if run.kinds[i] is Kind.OTHER and not run.why[i]]
        mark_comparison(run, report)
        tell_report(run, [i for i in report if not run.why[i]])
    keep_evidence(run, [item for item in RUNNER.evidence(run.segment) if item.told_at is None])


def _end(lines: Sequence[str], start: int) -> int:
    """Where the last failure ends: above the totals."""
    return next((i for i in range(start, len(lines)) if lines[i].rstrip() == "  ─"), len(lines))


def _mark_source(run: Run, section: Section) -> None:
    """Of the source the line that failed stays, where it is more than the test's name; of two same places the later."""
    lines = run.lines
    title = section.name.rpartition(" › ")[2]
    frames = [line for line in lines[section.start : section.end] if line.startswith("  › ")]
    place = ""
    for index in range(section.start + 1, min(section.end, section.start + _NEAR)):
        line = lines[index]
        if (found := _PLACE.match(line)) is not None:
            place = found["line"]
            if any(f"{line.strip()}:" in frame for frame in frames):
                run.why[index] = "places told below"
        elif place and (source := _SOURCE.match(line)) is not None:
            rest = line.partition(title)[2].rstrip()
            if source["line"] != place or (rest.endswith("…") and len(rest) <= _REST_CHARS):
                run.why[index] = "source lines"


_REST_CHARS = 30
"""AVA cuts a line of source: of a test's first line that tells the name so little of what it does is left."""

_NEAR = 20
"""The source stands so near below a failure's heading."""

_FORM = runner(
    Grammar(
        name="ava",
        literals=(" tests passed", " test passed", " tests failed", " test failed", "✘ [fail]: "),
        sure=r"^  \d+ tests? (?:passed|failed)(?: \[.*\])?$|^  ✘ \[fail\]: ",
        rules=(
            Rule(Kind.PASSED, r"  ✔ (?P<name>\S.*?)(?!\S)(?: \([\d.]+m?s\))?$"),
            Rule(Kind.FAILED, _FAILED.pattern),
            Rule(Kind.SKIPPED, r"  - \[(?:skip|todo)\] (?P<name>\S.*)$"),
            Rule(Kind.KEPT, r"  › \S"),
            Rule(Kind.TOTAL, r"  \d+ (?:tests? |known failure|uncaught exception|unhandled)"),
            Rule(Kind.NOISE, r"  ─$", what="rules"),
        ),
        frame=r" +at (?:async )?(?:\S.* \()?(?P<path>[^()]+)\)?$",
        library=r"node_modules[/\\]|\bnode:|<anonymous>|/ava/lib/|Promise\.all",
        message=r" +(\S.*)",
        evidence=r"^(?:  ✘ .*|  \d+ tests? (?:passed|failed).*|  › .*)$",
        finish=_finish,
    )
)


@kept
def _evidence(segment: Segment) -> list[Evidence]:
    """The list's words on a failure stand where it is told."""
    places = {listed: heading for heading, listed in _told(segment.lines)}
    return [
        item._replace(parts=tuple(part.rstrip() for part in item.parts), told_at=places.get(item.line))
        for item in _FORM.evidence(segment)
    ]


RUNNER = replace(_FORM, evidence=_evidence)
