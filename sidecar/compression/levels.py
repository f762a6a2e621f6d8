"""How much of a reduction is shown: everything in fewer tokens, what the form decided, or only what must be.

lossless   every omission written out again: as its own notation where it has one, repeats folded elsewhere
faithful   the form's own blocks
tight      of ordinary content only the marker; evidence and structure stay
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from enum import Enum
from itertools import groupby

from sidecar.compression.alarms import alarm_lines, warning_lines
from sidecar.compression.vocabulary import Block, Evidence, Rank, keep, moved, note

__all__ = ["Level", "loosened", "repeats_folded", "tightened"]

_ENDS = 2
"""Of a long run of ordinary lines `tight` shows so many at each end: what it was, and where it got to."""

_WORTH_LINES = 8
_WORTH_CHARS = 200
"""Leaving out less than this saves little once its marker is paid."""

_SHALLOW_CHARS = 4
_FOLDED_LINES = 6


class Level(Enum):
    """What a user chooses between; lossless is what both try first under a bound."""

    FAITHFUL = "faithful"
    TIGHT = "tight"


def loosened(blocks: Iterable[Block], lines: Sequence[str]) -> list[Block]:
    """The same reduction with nothing left out: notations stay, and omissions become notations or their lines."""
    result: list[Block] = []
    for block in blocks:
        if not block.is_omission:
            result.append(block)
        elif block.entire is not None:
            result.append(Block(block.start, block.end, block.entire(), "", block.rank, block.name))
        else:
            within = lines[block.start : block.end]
            result.extend(replace(part, rank=block.rank) for part in moved(_folded(within), block.start))
    return result


def tightened(blocks: Iterable[Block], lines: Sequence[str], evidence: Iterable[Evidence]) -> list[Block]:
    """The same reduction with ordinary content left out, wherever it holds no evidence and sounds no alarm."""
    evident = {item.place for item in evidence}
    result: list[Block] = []
    for block in blocks:
        size = sum(map(len, block.shown if block.shown is not None else lines[block.start : block.end]))
        is_ordinary = block.rank is Rank.CONTENT and size > _WORTH_CHARS
        if not is_ordinary or any(line in evident for line in range(block.start, block.end)):
            result.append(block)
        elif block.shown is None:
            result.extend(_ends_of(block, lines))
        elif not alarm_lines(block.shown):
            result.append(Block(block.start, block.end, (), block.what or "ordinary output", block.rank, block.name))
        else:
            result.append(block)
    return result


def _ends_of(block: Block, lines: Sequence[str]) -> Iterable[Block]:
    """A run of ordinary lines: its ends, its alarms and warnings, and markers for the rest."""
    within = lines[block.start : block.end]
    loud = {*alarm_lines(within), *warning_lines(within)}
    last = len(within) - _ENDS

    def is_shown(index: int) -> bool:
        return index < _ENDS or index >= last or index in loud

    for shown, run in groupby(range(len(within)), is_shown):
        indexes = list(run)
        start, end = block.start + indexes[0], block.start + indexes[-1] + 1
        if shown or end - start < _WORTH_LINES:
            yield keep(start, end, block.rank, block.name)
        else:
            yield Block(start, end, (), "ordinary output", block.rank, block.name)


def _folded(lines: Sequence[str]) -> list[Block]:
    """What can be written in fewer tokens without knowing what it is: repeats once, common indentation once."""
    result: list[Block] = []
    for block in repeats_folded(lines):
        result.extend(_indentation_folded(block, lines) if block.shown is None else (block,))
    return result


def repeats_folded(lines: Sequence[str]) -> list[Block]:
    """Equal consecutive lines once, with their count."""
    blocks: list[Block] = []
    start = 0
    index = 0
    while index < len(lines):
        end = index + 1
        while end < len(lines) and lines[end] == lines[index]:
            end += 1
        if end - index > 1 and (len(lines[index]) + 1) * (end - index - 1) > 8 and lines[index].strip():
            if start < index:
                blocks.append(keep(start, index))
            blocks.append(note(index, end, (f"{lines[index]} (x{end - index})",)))
            start = end
        index = end
    if start < len(lines):
        blocks.append(keep(start, len(lines)))
    return blocks


def _indentation_folded(block: Block, lines: Sequence[str]) -> Iterable[Block]:
    """A verbatim block with the indentation that all its lines share said once, where it is deep enough to pay."""
    within = lines[block.start : block.end]
    depths = [len(line) - len(line.lstrip(" ")) for line in within if line.strip()]
    depth = min(depths, default=0)
    if depth < _SHALLOW_CHARS or len(within) < _FOLDED_LINES:
        yield block
        return
    told = f"[the next {len(within)} lines stand {depth} spaces further right]"
    shown = (told, *(line[depth:] for line in within))
    yield Block(block.start, block.end, shown, "", block.rank, block.name)
