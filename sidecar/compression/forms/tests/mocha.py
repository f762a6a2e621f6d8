"""How mocha reads (captured with 12.0): the tree of tests, totals, then each failure with its path line by line.

Cart                          the tree becomes a list of names
  ✔ starts empty
  1) adds tax                 left out: told below under the same number
7 passing (243ms)             as printed
9 failing
1) Cart                       path on one line, message, diff, own frames
     adds tax:
"""

from __future__ import annotations

import re
from dataclasses import replace

from sidecar.compression.forms.tests.coverage import mark_coverage
from sidecar.compression.forms.tests.excerpts import tell
from sidecar.compression.forms.tests.grammar import Grammar, Kind, Rule
from sidecar.compression.forms.tests.must import Must
from sidecar.compression.forms.tests.run import Run
from sidecar.compression.forms.tests.runner import any_line, runner
from sidecar.compression.forms.tests.tree import name_tree
from sidecar.compression.vocabulary import Part, Segment

__all__ = ["RUNNER"]

_NUMBER = re.compile(r" *(\d+)\) ")
_TIME = r"(?: \(\d+(?:\.\d+)?m?s\))?$"
_PATH_LINES = 12


def _finish(run: Run) -> None:
    numbers = {found[1] for section in run.sections if (found := _NUMBER.match(run.lines[section.start]))}
    name_tree(run, is_told=lambda whole: whole.rpartition(" > ")[2].partition(")")[0] in numbers)
    mark_coverage(run)


_WHOLE = (" passing", " failing", "Exception during run", "Error: No test files found")
_CALLED = "Context.<anonymous> ("
_SURE = r"^  \d+ passing(?: \([^)]*\))?$|^  \d+ failing$|^ ?Exception during run: |^Error: No test files found: "
_is_sure = re.compile(_SURE, re.MULTILINE)
_is_called = re.compile(r"^ +at (?:async )?Context\.<anonymous> \(", re.MULTILINE)
_HEADING = re.compile(r"^  \d+\) \S", re.MULTILINE)


def _recognise(segment: Segment) -> float:
    """A whole run by its totals; the middle of one by its headings, and by whom only mocha's tests are called."""
    text = segment.text
    if any_line(_is_sure, text, _WHOLE):
        return 0.97
    return 0.9 if any_line(_is_called, text, (_CALLED,)) and _HEADING.search(text) else 0.0


_MUST = Must(
    heading=r"  \d+\) \S.*$",
    anywhere=r"  \d+ (?:passing|failing|pending)\b| ?Exception during run: |Error: No test files",
    leaves=re.compile(r"  \d+ (?:passing|failing)|\S.*\|| *[✓✔√] | {4}\d+\) "),
    message_lines=3,
    always=re.compile(r" +\w*(?:Error|Exception)\b.*: "),
    place=re.compile(r" +at (?!.*(?:node_modules|node:|internal/))(?:Context\.<anonymous> \((?P<place>.+)\)$)?"),
    advice=re.compile(r" +at .*(?:node_modules|node:|internal/)"),
)


def _parts(segment: Segment, found: list[Part]) -> list[Part]:
    """Each failure with the whole path that its heading spreads over lines."""
    parts: list[Part] = []
    for part in found:
        words: list[str] = []
        index = part.start
        if not _NUMBER.match(segment.lines[part.start]):
            parts.append(part)
            continue
        for index in range(part.start, min(part.end, part.start + _PATH_LINES)):
            words.append(_NUMBER.sub("", segment.lines[index], count=1).strip())
            if words[-1].endswith(":") or not words[-1]:
                break
        name = " > ".join(word for word in words if word).removesuffix(":")
        said = next((line.strip() for line in segment.lines[index + 1 : part.end] if line.strip()), "")
        if part.end - part.start > 1:
            parts.append(replace(part, label=name, said=f"{name} - {said}"))
    return parts


_GRAMMAR = Grammar(
    name="mocha",
    indents=True,
    literals=(*_WHOLE, _CALLED),
    sure=_SURE,
    recognise=_recognise,
    rules=(
        Rule(Kind.TOTAL, r"  \d+ (?:passing|failing|pending)\b"),
        Rule(Kind.TOTAL, r"  (?:✖|✔) \d+ "),
        Rule(Kind.PASSED, rf" +[✓✔√] (?P<name>\S.*?)(?!\S){_TIME}", inside=False),
        Rule(Kind.SECTION, r"  (?P<name>\d+\) \S.*)$"),
        Rule(Kind.FAILED, r" {4,}(?P<name>\d+\) \S.*)$", inside=False),
        Rule(Kind.SKIPPED, r" {2,}- (?P<name>\S.*)$", inside=False),
        Rule(Kind.NOISE, r"  [.!,]+$", what="progress"),
        Rule(Kind.ALARM, r" ?Exception during run: "),
        Rule(Kind.NOISE, r"    at .*(?:node:internal|node_modules)", what="library frames", inside=False),
        Rule(Kind.END, r"-[-|]{4,}", what="borders"),
        Rule(Kind.NOISE, r"  -{4}$", what="borders"),
    ),
    frame=r" +at (?:async )?(?:\S.* \()?(?P<path>[^()]+)\)?$",
    place=r"at Context\.<anonymous> \((.+)\)$",
    path_lines=_PATH_LINES,
    before=r"  \d+ (?:passing|failing)| +[✓✔√] | Exception during|\S",
    library=r"node_modules[/\\]|\bnode:|\(internal/|at native$",
    message=r" +(\S.*[^:])$",
    evidence=_MUST.evidence,
    tell=tell,
    finish=_finish,
    parts=_parts,
)

RUNNER = runner(_GRAMMAR)
