"""Diffs in two columns: `diff -y`, `sdiff`.

    import os           import os          near: shown, where a change follows
    old           |     new                kept
    far                 far                ~2
    far                 far
    near                near               shown
                  >     added              kept

Only the command tells them from code that is indented far: without its word nobody looks here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from sidecar.compression.kept import kept
from sidecar.compression.vocabulary import Block, Evidence, Rank, Segment, keep

__all__ = ["is_side_by_side", "side_by_side_evidence", "side_by_side_reduced"]

_PROGRAMS = frozenset(("diff", "colordiff", "sdiff"))
_FLAG = re.compile(r"--side-by-side$|-[a-zA-Z]*y")
_MARK = re.compile(r"(?<= )[|<>](?=\s|$)")
_MARKS = frozenset("|<>/\\")
_SAME = frozenset(" ()")
"""What stands between the columns of equal lines; brackets with `--left-column`."""
_TRIED = 3
"""So many columns are looked at, those with the most marks first."""
_CLEAR = 0.95
"""In so many lines nothing but a mark stands in the column of marks."""
_CUT_CHARS = 8
"""A text that ends so near to the marks may have been cut off there, and at another place in the other column."""
_BLOCK = 60
"""After so many lines shown a block ends."""
_WORTH_CHARS = 60
"""What leaving something out must save to pay for its marker."""
_WHAT = "unchanged lines (~6: 6 of them)"


def is_side_by_side(segment: Segment) -> bool:
    """Whether the command asked for two columns, and there are such."""
    return _asks(segment) and _gutter(segment) > 0


def _asks(segment: Segment) -> bool:
    words = segment.command.words if segment.command is not None else ()
    if not words or words[0] not in _PROGRAMS:
        return False
    return words[0] == "sdiff" or any(map(_FLAG.match, words[1:]))


@kept
def _gutter(segment: Segment) -> int:
    """The column of the marks, counted from 0; 0 where there is none."""
    lines = [line.expandtabs() for line in segment.lines]
    counts = Counter(found.start() for line in lines for found in _MARK.finditer(line))
    for at, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_TRIED]:
        clear = sum(1 for line in lines if len(line) <= at or line[at] in _MARKS or line[at] in _SAME)
        if clear >= _CLEAR * len(lines):
            return at
    return 0


def side_by_side_evidence(segment: Segment) -> list[Evidence]:
    """Every line whose columns do not say the same."""
    at = _gutter(segment)
    return [
        Evidence(index, (line,)) for index, line in enumerate(segment.lines) if line.strip() and not _says(line, at)
    ]


def _says(line: str, at: int) -> bool:
    """Whether both columns say the same, as far as they have room; a bracket stands for the right one."""
    whole = line.expandtabs()
    left, mark, right = whole[:at].rstrip(), whole[at : at + 1], whole[at + 1 :].strip()
    if mark.strip():
        return mark in _SAME
    room = min(len(left.strip()), len(right))
    is_cut = len(left) >= at - _CUT_CHARS and left.strip()[:room] == right[:room]
    return left.split() == right.split() or is_cut


def side_by_side_reduced(segment: Segment) -> list[Block]:
    """Changed lines and the line above each; what lies between two changes is counted in its place."""
    lines = segment.lines
    at = _gutter(segment)
    is_same = [_is_same(line, at) for line in lines]
    is_same[-1] = False  # it may be cut off in its middle
    return list(_blocks(lines, is_same))


def _is_same(line: str, at: int) -> bool:
    """Whether nothing marks the line; between files of a folder diff says which come next, and which are alone."""
    return (line.expandtabs()[at : at + 1] or " ") in _SAME and not line.startswith(("diff ", "Only in "))


def _blocks(lines: Sequence[str], is_same: Sequence[bool]) -> Iterable[Block]:
    start = index = saved = 0
    shown: list[str] = []
    while index < len(lines):
        if not is_same[index]:
            shown.append(lines[index])
            index += 1
            continue
        first = index
        while index < len(lines) and is_same[index]:
            index += 1
        near = index - 1 if index < len(lines) and lines[index - 1].strip() else index
        if near > first:
            saved += sum(map(len, lines[first:near])) + near - first
            shown.append(f"~{near - first}")
        if len(shown) >= _BLOCK:
            yield _block(start, near, shown, saved)
            start, saved, shown = near, 0, []
        shown += lines[near:index]
    if start < len(lines):
        yield _block(start, len(lines), shown, saved)


def _block(start: int, end: int, shown: Sequence[str], saved: int) -> Block:
    if saved < _WORTH_CHARS:
        return keep(start, end, Rank.EVIDENCE)
    return Block(start, end, tuple(shown), _WHAT, Rank.EVIDENCE)
