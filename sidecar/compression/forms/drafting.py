"""From one decision per line to blocks: what is kept, what is left out, and one marker where several would do.

A marker costs about 12 tokens, so a failing test whose source, library frames and captured output
are left out in four places gets one marker that names them all, at the end of what is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from sidecar.compression.vocabulary import Block, Rank, keep

__all__ = ["BLANK", "condensed", "gaps", "joined"]

BLANK = " "
"""Why an empty line may go: not worth a word in a marker that has others."""

_WORTH_CHARS = 70
"""Leaving out less than this saves nothing after the marker is paid."""


def condensed(
    lines: Sequence[str],
    why: Sequence[str],
    start: int,
    end: int,
    *,
    rank: Rank = Rank.CONTENT,
    name: str = "",
    instead: Mapping[int, str] | None = None,
    is_pointed_at: bool = False,
) -> list[Block]:
    """Blocks for the lines [start, end), where `why[i]` says what line i is that may be left out; "" keeps it.

    Everything stays where leaving out would save less than the marker costs. One gap becomes a
    plain omission in its place; several become one block that shows what is kept, then one marker.
    *instead* prints a line with what its notation adds ("... (x3)"), which may also stand for lines elsewhere
    (*is_pointed_at*): then it is printed however little is saved.
    """
    if start >= end:
        return []
    gone = gaps(why, start, end)
    saved = sum(sum(map(len, lines[gap_start:gap_end])) + gap_end - gap_start for gap_start, gap_end in gone)
    written = instead or {}
    if saved < _WORTH_CHARS:
        if not is_pointed_at:
            return [keep(start, end, rank, name)]
        entire = tuple(written.get(index, lines[index]) for index in range(start, end))
        return [Block(start, end, entire, "", rank, name, is_pointed_at=True)]
    reasons = joined(why[start:end])
    if len(gone) > 1 or (written and any(index in written for index in range(start, end))):
        shown = tuple(written.get(index, lines[index]) for index in range(start, end) if not why[index])
        return [Block(start, end, shown, reasons, rank, name, is_pointed_at=is_pointed_at)]
    gap_start, gap_end = gone[0]
    blocks = [Block(gap_start, gap_end, (), reasons, Rank.CONTENT, name)]
    if start < gap_start:
        blocks.insert(0, keep(start, gap_start, rank, name))
    if gap_end < end:
        blocks.append(keep(gap_end, end, rank, name))
    return blocks


def joined(reasons: Iterable[str]) -> str:
    """Reasons in the order they first occur, as one phrase."""
    return ", ".join(reason for reason in dict.fromkeys(reasons) if reason.strip()) or "blank lines"


_GONE = re.compile(rb"\x01+")


def gaps(why: Sequence[str], start: int, end: int) -> list[tuple[int, int]]:
    """The stretches of lines within [start, end) that may go."""
    gone = bytes(map(bool, why[start:end]))
    return [(start + found.start(), start + found.end()) for found in _GONE.finditer(gone)]
