"""Which lines of a notation stay when it is still too long.

    items (400 rows): name phase=Running            items (400 rows): name phase=Running
     web-1                                           web-1
     web-2                                           ... 210 more rows
     ...                                 ->          web-212 phase:Failed
     web-212 phase:Failed                            ... 187 more rows
     ...                                             web-400
     web-400

A gap names its rows where their names are words.

What stands out stays, with the headings above it; of the rest the shallow lines come first, then a
spread of the deep ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from sidecar.compression.forms.records.notation import Line
from sidecar.compression.forms.records.outliers import spread

__all__ = ["fitted", "has_room", "room_chars", "row_room_chars", "size"]

_SMALL_CHARS = 9_000
"""About 3,000 tokens: a notation of this size is written whole."""

_ROWS_CHARS = 2_500
"""About 900 tokens: so much of a table's rows is written whole."""

_SHARE = 0.40
_NAMED_SHARE = 0.7
"""Where the rows that go are still named, so much of the room is for the others."""

_LARGE_CHARS = 60_000
_OVER_CHARS = 500
"""A notation hardly longer than its room stays whole: a gap has its price too."""
_GAP_CHARS = 14


def room_chars(original_chars: int) -> int:
    """How long a notation may be for an output of *original_chars* (indentation not counted), before rows go."""
    return max(_SMALL_CHARS, min(int(original_chars * _SHARE), _LARGE_CHARS))


def row_room_chars(original_chars: int, *, named: bool = False) -> int:
    """How long it may be where it is mostly rows, which tell less one by one than entries do."""
    return max(_ROWS_CHARS, int(min(original_chars * _SHARE, _LARGE_CHARS) * (_NAMED_SHARE if named else 1)))


def has_room(chars: int, limit: int) -> bool:
    """Whether a notation of so many characters stays whole."""
    return chars <= limit + _OVER_CHARS


def size(lines: Sequence[Line]) -> int:
    return sum(len(line.text) + 1 + min(line.depth, 4) for line in lines)


def fitted(lines: Sequence[Line], limit: int) -> tuple[list[str], int]:
    """The printed lines that stay, each gap marked with its count, and how many went."""
    if size(lines) <= limit:
        return [line.printed for line in lines], 0
    room = _Room(lines, limit)
    for index, line in enumerate(lines):
        if line.is_loud:
            room.take(index)
    # Loud lines stay even where they alone are too many; the others share what room is left, level by level.
    levels: dict[tuple[bool, int], list[int]] = {}
    for index, line in enumerate(lines):
        if index not in room.kept:
            levels.setdefault((line.is_row, line.depth), []).append(index)
    for level in sorted(levels):
        room.share([index for index in levels[level] if index not in room.kept])
    return _with_gaps(lines, room.kept)


class _Room:
    """Which lines are kept, and how many characters are left for others."""

    def __init__(self, lines: Sequence[Line], left: int) -> None:
        self.lines = lines
        self.left = left
        self.kept: set[int] = set()
        self.parents = _parents(lines)
        self.ends = _ends(lines)

    def take(self, index: int) -> None:
        """Keep a line, with those it stands below."""
        while index >= 0 and index not in self.kept:
            self.kept.add(index)
            self.left -= self._cost(index)
            index = self.parents[index]

    def share(self, indexes: Sequence[int]) -> None:
        """Keep all of some lines, or, where those do not fit, a spread of them with what stands below each."""
        if not indexes or self.left <= 0:
            return
        if sum(map(self._cost, indexes)) <= self.left:
            for index in indexes:
                self.take(index)
            return
        before = [0, *accumulate(map(self._cost, range(len(self.lines))))]
        costs = [before[self.ends[index]] - before[index] for index in indexes]
        mean = min(sum(costs) / len(costs), self.left / 4) + _GAP_CHARS
        for at in spread(len(indexes), int(self.left / mean)):
            if self.left <= 0:
                return
            self.take(indexes[at])
            if costs[at] <= min(self.left, 4 * mean):
                for inner in range(indexes[at] + 1, self.ends[indexes[at]]):
                    self.take(inner)

    def _cost(self, index: int) -> int:
        return len(self.lines[index].text) + 2


def _ends(lines: Sequence[Line]) -> list[int]:
    """Where what stands below each line ends."""
    ends = [len(lines)] * len(lines)
    stack: list[int] = []
    for index, line in enumerate(lines):
        while stack and lines[stack[-1]].depth >= line.depth:
            ends[stack.pop()] = index
        stack.append(index)
    return ends


def _parents(lines: Sequence[Line]) -> list[int]:
    stack: list[int] = []
    parents: list[int] = []
    for index, line in enumerate(lines):
        while stack and lines[stack[-1]].depth >= line.depth:
            stack.pop()
        parents.append(stack[-1] if stack else -1)
        stack.append(index)
    return parents


def _with_gaps(lines: Sequence[Line], kept: set[int]) -> tuple[list[str], int]:
    shown: list[str] = []
    gone = 0
    gap: list[Line] = []

    def close() -> None:
        nonlocal gone
        if not gap:
            return
        told = _gap(gap)
        if sum(len(line.printed) + 1 for line in gap) > len(told):
            shown.append(told)
            gone += len(gap)
        else:
            shown.extend(line.printed for line in gap)
        gap.clear()

    for index, line in enumerate(lines):
        if index in kept:
            close()
            shown.append(line.printed)
        else:
            gap.append(line)
    close()
    return shown, gone


def _gap(lines: Sequence[Line]) -> str:
    """The line for lines left out: how many and of what, and their names."""
    depth = min(line.depth for line in lines)
    outer = [line for line in lines if line.depth == depth]
    nouns = {line.noun for line in outer}
    inner = len(lines) - len(outer)
    told = f"{len(outer)} more {nouns.pop() if len(nouns) == 1 else 'lines'}"
    told += f" ({inner} lines within)" if inner else ""
    told += f": {' '.join(line.name for line in outer)}" if all(line.name for line in outer) else ""
    return " " * depth + f"... {told}"
