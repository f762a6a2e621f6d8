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
from collections.abc import Sequence

from sidecar.compression.forms.diagnostics.rows import source_begun
from sidecar.compression.vocabulary import Block, Evidence, Rank, Segment

__all__ = ["evidence", "is_esbuild", "reduce"]

_HEADS = ("✘ [ERROR] ", "▲ [WARNING] ")
_PLACE = re.compile(r"    (?P<place>\S.{0,1000}:\d+:\d+):$")
_SOURCE = re.compile(r" {2,12}(?:\d+ +)?│ ?(?P<source>.*)$")
_MARK = re.compile(r" +╵")
_QUOTED = re.compile(r'"[^"]*"')
_CHUNK_LINES = 1_500


def is_esbuild(text: str) -> bool:
    """Whether a text begins with what esbuild found, with a source line below it."""
    return text.lstrip("\n").startswith(_HEADS) and "\n        ╵" in text


def evidence(segment: Segment) -> list[Evidence]:
    """Each heading and place; every other line that quotes no source, where it says what was not said."""
    notes: set[str] = set()
    found: list[Evidence] = []
    for index, line in enumerate(segment.lines):
        if not line.strip() or _SOURCE.match(line) or _MARK.match(line):
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
    """Stretches of whole errors; a note that another error had is told by the first."""
    lines = segment.lines
    notes: set[str] = set()
    blocks: list[Block] = []
    shown: list[str] = []
    start = 0
    for index, line in enumerate(lines):
        if line.startswith(_HEADS) and index - start >= _CHUNK_LINES:
            blocks.append(_block(start, index, shown))
            start, shown = index, []
        source = _SOURCE.match(line)
        if source is not None:
            if shown and _PLACE.match(shown[-1]):
                shown[-1] += f" {source_begun(source['source'].strip())}"
        elif line.strip() and _MARK.match(line) is None:
            said = _QUOTED.sub('""', line)
            if line[:1] == " " and _PLACE.match(line) is None:
                if said in notes:
                    continue
                notes.add(said)
            shown.append(line)
    return [*blocks, _block(start, len(lines), shown)]


def _block(start: int, end: int, shown: Sequence[str]) -> Block:
    return Block(start, end, tuple(shown), "marks, repeated advice", Rank.EVIDENCE)
