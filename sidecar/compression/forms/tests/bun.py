"""How `bun test` reads (captured with 1.4): what a test says stands above its line.

tests/cart.test.js:                         as printed
(pass) Cart > starts empty [0.33ms]         a list of names
 7 |   it('adds tax', () => { ... });       of the excerpt the marked line
error: expect(received).toBe(expected)      message, own frames
(fail) Cart > adds tax [0.19ms]             as printed
 13 fail                                    as printed
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

from sidecar.compression.forms.tests.coverage import mark_coverage
from sidecar.compression.forms.tests.excerpts import tell
from sidecar.compression.forms.tests.grammar import Grammar, Kind, Rule, Section
from sidecar.compression.forms.tests.must import keep_evidence
from sidecar.compression.forms.tests.run import Run
from sidecar.compression.forms.tests.runner import runner
from sidecar.compression.vocabulary import Part, Segment

__all__ = ["RUNNER"]

_TIME = r"(?: \[[\d.]+m?s\])?"


_SOURCE = re.compile(r" *\d+ \| ")


def _mark_source(run: Run, start: int, end: int) -> None:
    """Of a source excerpt the last line stays, at which it failed: below a long one stands no caret that tells so."""
    source = [index for index in range(start, end) if _SOURCE.match(run.lines[index])]
    for above, below in pairwise(source):
        if below == above + 1:
            run.why[above] = "source lines"


def _finish(run: Run) -> None:
    """The lines above a failing test, up to the test before it, are its section; so is the hint below it."""
    mark_coverage(run)
    begun = 0
    for index, kind in enumerate(run.kinds):
        if kind is Kind.FAILED:
            end = index + 1
            while end < len(run.lines) and run.lines[end].startswith("  ^ "):
                run.why[end] = ""
                end += 1
            if begun <= index:
                tell(run, begun, index)
                run.sections.append(Section(begun, end, index, run.failed[index]))
            begun = end
        elif kind in {Kind.PASSED, Kind.SKIPPED, Kind.SUITE, Kind.TOTAL}:
            begun = index + 1
    for section in run.sections:
        for index in range(section.start, section.end):
            if run.why[index] == "printed output":
                run.why[index] = ""
        tell(run, section.start, section.heading)
        _mark_source(run, section.start, section.heading)
    keep_evidence(run, RUNNER.evidence(run.segment))


def _parts(segment: Segment, found: list[Part]) -> list[Part]:
    """Each failing test with what stands above it."""
    parts: list[Part] = []
    for part in found:
        start = part.start
        while start > 0 and not _GRAMMAR_EDGE.match(segment.lines[start - 1]):
            start -= 1
        message = next((line for line in segment.lines[start : part.start] if _MESSAGE.match(line)), "")
        parts.append(replace(part, start=start, said=f"{part.said} - {message}" if message else part.said))
    return parts


_GRAMMAR_EDGE = re.compile(r"\((?:pass|fail|skip|todo)\) |\S.*\.(?:[cm]?[jt]sx?):$|  \^ |bun test v")
_MESSAGE = re.compile(r"(?:error|[A-Z]\w*Error): ")

_GRAMMAR = Grammar(
    name="bun test",
    literals=("bun test v", "(fail) ", "(pass) ", " across "),
    sure=r"^bun test v\d|^Ran \d+ tests? across \d+ files?\.",
    likely=r"^\((?:pass|fail)\) ",
    programs=frozenset({"bun"}),
    rules=(
        Rule(Kind.PASSED, rf"\(pass\) (?P<name>.*?)(?!\S){_TIME}$"),
        Rule(Kind.FAILED, rf"\(fail\) (?P<name>.*?)(?!\S){_TIME}$"),
        Rule(Kind.SKIPPED, rf"\((?:skip|todo)\) (?P<name>.*?)(?!\S){_TIME}$"),
        Rule(Kind.SUITE, r"\S.*\.(?:[cm]?[jt]sx?):$"),
        Rule(Kind.TOTAL, r" \d+ (?:pass|fail|skip|todo|errors?|filtered out)$|snapshots: |Ran \d+ tests? "),
        Rule(Kind.NOISE, r" \d+ expect\(\) calls$", what="headers"),
        Rule(Kind.NOISE, r"bun test v\d", what="headers"),
    ),
    frame=r" +at (?:async )?(?:\S.* \()?(?P<path>[^()]+)\)?$",
    library=r"node_modules[/\\]|\bnode:|bun:|\(native",
    message=r"((?:error|\w*Error): .*)",
    evidence=r"^(?:\(fail\) .*| \d+ (?:pass|fail|errors?)|Ran \d+ tests? .*|error: .*|[A-Z]\w*Error: .*)$",
    finish=_finish,
    parts=_parts,
)

RUNNER = runner(_GRAMMAR)
