"""Blocks as they are printed: their lines or what stands for them, every omission marked, no marker imitated.

[... 12 lines (40-51): passed tests]          nothing else stands for these lines
[... of lines 40-51: unchanged lines]         below what is shown of them
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sidecar.compression.vocabulary import Block, Rank, Segment

__all__ = ["Printed", "escaped", "marker", "merged", "part_marker", "print_blocks", "render"]

_IMITATION = re.compile(r"\\*\[(?:\.\.\. |sidecar[: ])")
"""A printed line that could be read as one of our markers, or as one already escaped."""
_MARKS = ("[... ", "[sidecar")


@dataclass(frozen=True, slots=True)
class Printed:
    """One block of the whole output: its lines [start, end), what is printed for them, and how much it matters.

    With *what*, the last of *lines* is a marker that says what was left out; *hides* says it where a mark inside a
    line does.
    """

    start: int
    end: int
    lines: tuple[str, ...]
    rank: Rank
    what: str = ""
    hides: str = ""

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def left_out(self) -> str:
        """What of its lines is not shown; empty where all of them are, or a notation that says as much."""
        return self.what or self.hides

    @property
    def is_verbatim(self) -> bool:
        """Whether its lines are printed as they were."""
        return not self.left_out and len(self.lines) == self.end - self.start

    @property
    def is_bare(self) -> bool:
        """Whether nothing is printed but a marker."""
        return bool(self.what) and len(self.lines) == 1


def render(printed: Iterable[Printed]) -> str:
    return "\n".join(line for block in printed for line in block.lines)


def print_blocks(segment: Segment, blocks: Iterable[Block]) -> Iterable[Printed]:
    """What is printed for the blocks of a segment, in lines of the whole output."""
    as_printed = escaped if any(mark in segment.text for mark in _MARKS) else tuple
    for block in blocks:
        start, end = segment.first + block.start, segment.first + block.end
        lines = segment.lines[block.start : block.end]
        if block.shown is None:
            yield Printed(start, end, as_printed(lines), block.rank)
            continue
        shown = escaped(block.shown)
        if block.is_omission:
            told = (part_marker if shown else marker)(start, end, block.what)
            shown = (*shown, told)
        # A notation or an omission that is no shorter than its lines is not worth reading.
        if _size(shown) >= _size(lines) and not block.is_pointed_at:
            yield Printed(start, end, as_printed(lines), block.rank)
        else:
            yield Printed(start, end, shown, block.rank, block.what)


def _size(lines: Sequence[str]) -> tuple[int, int]:
    """What lines cost to read: their characters, where a line's end is one that no word takes in as it does a blank."""
    return sum(map(len, lines)) + 2 * len(lines), len(lines)


def marker(start: int, end: int, what: str) -> str:
    """The line that stands for the lines [start, end), counted from 1 as `recall` counts them."""
    count = end - start
    place = f"line {start + 1}" if count == 1 else f"{count} lines ({start + 1}-{end})"
    return f"[... {place}: {what}]"


def part_marker(start: int, end: int, what: str) -> str:
    """The line below what is shown of the lines [start, end)."""
    return f"[... of lines {start + 1}-{end}: {what}]"


def escaped(lines: Sequence[str]) -> tuple[str, ...]:
    """Lines with a backslash before whatever imitates our own markers, so that a reader can tell."""
    return tuple("\\" + line if line[:1] in "\\[" and _IMITATION.match(line) else line for line in lines)


def merged(printed: Iterable[Printed]) -> Iterable[Printed]:
    """Neighbouring bare omissions of the same thing become one."""
    held: Printed | None = None
    for block in printed:
        if held is not None and held.is_bare and block.is_bare and held.what == block.what and held.end == block.start:
            held = replace(held, end=block.end, lines=(marker(held.start, block.end, held.what),))
            continue
        if held is not None:
            yield held
        held = block
    if held is not None:
        yield held
