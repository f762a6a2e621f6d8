"""esbuild and what bundles with it: a place and its source line on one line, marks and blank lines left out.

✘ [ERROR] Could not resolve "chart.js"                 ✘ [ERROR] Could not resolve "chart.js"
                                                           app/page.js:4:18: import chart from 'chart.js';
    app/page.js:4:18:                                    You can mark the path "chart.js" as external ...
      4 │ import chart from 'chart.js';         ->
        ╵                   ~~~~~~~~~~

  You can mark the path "chart.js" as external ...

What is said below an error is told once, whatever names it quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sidecar.compression.forms.diagnostics.rows import source_begun
from sidecar.compression.vocabulary import Block, Evidence, Rank, Segment

__all__ = ["evidence", "is_esbuild", "reduce"]

_HEADS = ("✘ [ERROR] ", "▲ [WARNING] ")
_BEGINS = re.compile(r"^(?:✘ \[ERROR\]|▲ \[WARNING\]) ", re.MULTILINE)
_BANNER_CHARS = 4_000
"""What bundles with it says before: how it was called, what it targets."""
_PLACE = re.compile(r"    (?P<place>\S.{0,1000}:\d+:\d+):$")
_SOURCE = re.compile(r" {2,12}(?:\d+ +)?│ ?(?P<source>.*)$")
_MARK = re.compile(r" +╵")
_FRAME = re.compile(r" +at \S.{0,400}(?:node_modules[/\\]|\(node:)")
_QUOTED = re.compile(r'"[^"]*"')
_CHUNK_LINES = 1_500


def is_esbuild(text: str) -> bool:
    """Whether a text begins, below a banner, with what esbuild found, with a source line below it."""
    return "╵" in text and "\n        ╵" in text and _BEGINS.search(text[:_BANNER_CHARS]) is not None


def evidence(segment: Segment) -> list[Evidence]:
    """Each heading and place; every other line that quotes no source, where it says what was not said."""
    notes: set[str] = set()
    found: list[Evidence] = []
    for index, line in enumerate(segment.lines):
        if not line.strip() or _SOURCE.match(line) or _goes(line):
            continue
        place = _PLACE.match(line)
        said = _QUOTED.sub('""', line)
        if place is not None:
            found.append(Evidence(index, (place["place"],)))
        elif line.startswith(_HEADS) or line[:1] != " " or said not in notes:
            notes.add(said)
            found.append(Evidence(index, (line,)))
    return found


def reduce(segment: Segment) -> list[Block]:
    """Stretches of whole errors, equal ones together; a note that another error had is told by the first."""
    lines = segment.lines
    notes: set[str] = set()
    blocks: list[Block] = []
    errors: dict[str, list[str]] = {}
    shown: list[list[str]] = [[]]
    start = 0
    for index, line in enumerate(lines):
        if line.startswith(_HEADS):
            if index - start >= _CHUNK_LINES:
                blocks.append(_block(lines, start, index, shown))
                start, shown, errors = index, [[]], {}
            # What is said below the same error goes below the first.
            told = errors.setdefault(line, [])
            if not told:
                told.append(line)
            shown.append(told)
            continue
        _tell(line, shown, notes)
    return [*blocks, _block(lines, start, len(lines), shown)]


def _tell(line: str, shown: list[list[str]], notes: set[str]) -> None:
    """Add a line that heads no error to the last of *shown*: to the place above, if it is its source."""
    source = _SOURCE.match(line)
    if source is not None:
        if shown[-1] and _PLACE.match(shown[-1][-1]):
            shown[-1][-1] += f" {source_begun(source['source'].strip())}"
    elif line.strip() and not _goes(line):
        said = _QUOTED.sub('""', line)
        if line[:1] != " ":
            shown.append([line])  # what bundles with it says
        elif _PLACE.match(line):
            shown[-1].append(line)
        elif said not in notes:
            notes.add(said)
            shown[-1].append(line)


def _goes(line: str) -> bool:
    return _MARK.match(line) is not None or _FRAME.match(line) is not None


def _block(lines: Sequence[str], start: int, end: int, shown: Iterable[Sequence[str]]) -> Block:
    once = {id(told): told for told in shown}
    frames = ", frames in libraries" * any(map(_FRAME.match, lines[start:end]))
    said = tuple(line for told in once.values() for line in told)
    return Block(start, end, said, f"marks, repeated advice{frames}", Rank.EVIDENCE)
