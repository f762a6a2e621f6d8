"""The markers of a small output: without line numbers, and one where several would stand close to each other.

    [... 11 lines (1-11): header, progress]
    === FAILURES ===                                 === FAILURES ===
    E   assert 3 == 4                         ->     E   assert 3 == 4
    [... of lines 12-30: source lines]               [... in 30 lines: header, progress, source lines]

Each costs as much as a line of the output, and whoever wants a line of an output so small recalls the whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sidecar.compression.printing import Printed, part_marker
from sidecar.compression.vocabulary import MARKUP

__all__ = ["gathered", "unplaced"]

_NEAR_LINES = 25
"""Markers with more lines between them stay two: a reader would not see what they are about."""

_OF_LINES = re.compile(r"\[\.\.\. of lines \d+-\d+: ")
_LINES = re.compile(r"\[\.\.\. (\d+ lines) \(\d+-\d+\)")


def unplaced(printed: Iterable[Printed]) -> Iterable[Printed]:
    """The same blocks, their markers with how many lines they stand for, and not which."""
    for block in printed:
        if block.what:
            *shown, told = block.lines
            told = _OF_LINES.sub(f"[... in {block.end - block.start} lines: ", told, count=1)
            yield replace(block, lines=(*shown, _LINES.sub(r"[... \1", told, count=1)))
        else:
            yield block


def gathered(printed: Iterable[Printed]) -> Iterable[Printed]:
    """The same blocks, those from one marker to another one close below it as one, with the marker of both."""
    held: list[Printed] = []
    for block in printed:
        if block.what and (held and not _may_share(held, block)):
            yield from held
            held = []
        held.append(block)
        if block.what and len(held) > 1:
            held = [_as_one(held)]
        elif not held[0].what:
            yield from held
            held = []
    yield from held


def _may_share(held: Sequence[Printed], block: Printed) -> bool:
    """Whether one marker may tell what the first of *held* and *block* leave out; two gaps keep their places."""
    between = sum(len(one.lines) for one in (*held[1:], block))
    is_told = all(one.end > one.start and not one.what.startswith(MARKUP) for one in (held[0], block))
    return is_told and between <= _NEAR_LINES and not (held[0].is_bare and block.is_bare)


def _as_one(blocks: Sequence[Printed]) -> Printed:
    start, end = blocks[0].start, blocks[-1].end
    what = ", ".join(dict.fromkeys(said for block in blocks if block.what for said in block.what.split(", ")))
    shown = (line for block in blocks for line in (block.lines[:-1] if block.what else block.lines))
    rank = min(block.rank for block in blocks)
    return Printed(start, end, (*shown, part_marker(start, end, what)), rank, what)
