"""What a focus asks for: its lines are printed verbatim where they were left out, and come first within a bound.

Which lines those are is ranked by the words of the focus; or a model has read the output and named them, which
can lead to the wrong lines and never to words that were not printed.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import nlargest
from itertools import islice

from sidecar.compression.printing import Printed, part_marker
from sidecar.compression.ranking import bm25, words_of

__all__ = ["ANYTHING", "Focus", "Lines"]

Lines = tuple[tuple[int, int], ...]
"""Ranges of lines, counted from 0, the end not included."""

_MOST_LINES = 12
_MOST_PICKED = 80
"""A model that picks more has picked nothing."""

_READ_LINES = 50_000
_LONGEST_CHARS = 600
"""A longer line is a document of its own; it would fill the answer."""

_NEAR_BEST = 0.6
"""A line that scores less than this share of the best one is about something else."""


@dataclass(frozen=True, slots=True)
class Focus:
    """A question in *words*; *picked* are the lines that *reader*, a model, says bear on it, in order."""

    words: str = ""
    picked: Lines = ()
    reader: str = ""
    why_words: str = ""
    """Why no model chose, where one could have."""

    @property
    def note(self) -> str:
        """What the footer says of who chose; empty where nothing was asked."""
        if self.reader:
            return f"focus: lines picked by {self.reader}"
        why = f" ({self.why_words})" if self.why_words else ""
        return f"focus: ranked by words{why}" if self.words else ""

    def shown_in(self, printed: Sequence[Printed], lines: Sequence[str]) -> list[Printed]:
        """*printed* with what its omissions hid of *lines*, the whole output, and the focus asks for."""
        hidden = (
            (number, index)
            for number, block in enumerate(printed)
            if block.what
            for index in self._of_interest(range(block.start, block.end))
            if 0 < len(lines[index]) <= _LONGEST_CHARS
        )
        chosen = _in_order(hidden) if self.reader else _by_words(hidden, lines, self.words)
        return [
            _with_lines(block, [lines[index] for index in chosen.get(number, ())])
            for number, block in enumerate(printed)
        ]

    def scores(self, blocks: Sequence[Printed]) -> list[float]:
        """How much each block bears on the focus; 0 for those that do not."""
        if not self.reader:
            return bm25([block.text for block in blocks], self.words) if self.words else [0.0] * len(blocks)
        return [float(len(self._of_interest(range(block.start, block.end)))) for block in blocks]

    def _of_interest(self, lines: range) -> Sequence[int]:
        if not self.reader:
            return lines
        first = bisect_left(self.picked, lines.start, key=lambda part: part[1] - 1)
        found: list[int] = []
        for start, end in self.picked[first:]:
            if start >= lines.stop:
                break
            found.extend(range(max(start, lines.start), min(end, lines.stop)))
        return found


ANYTHING = Focus()


def _in_order(hidden: Iterable[tuple[int, int]]) -> Mapping[int, list[int]]:
    """The first of the *hidden* lines, by the block that hides them."""
    chosen: dict[int, list[int]] = {}
    for number, index in islice(hidden, _MOST_PICKED):
        chosen.setdefault(number, []).append(index)
    return chosen


def _by_words(hidden: Iterable[tuple[int, int]], lines: Sequence[str], words: str) -> Mapping[int, list[int]]:
    """Up to a dozen of the *hidden* lines that bear on *words* most, by the block that hides them."""
    if not (wanted := words_of(words)):
        return {}
    # Most lines hold none of the words: they are passed over before anything is counted.
    pattern = re.compile("|".join(map(re.escape, sorted(wanted))), re.IGNORECASE)
    found = list(islice((item for item in hidden if pattern.search(lines[item[1]])), _READ_LINES))
    if not found:
        return {}
    scores = bm25([lines[index] for _, index in found], words)
    best = nlargest(_MOST_LINES, range(len(found)), key=lambda at: (scores[at], -at))
    chosen: dict[int, list[int]] = {}
    for at in sorted(best):
        if scores[at] > 0 and scores[at] >= _NEAR_BEST * scores[best[0]]:
            number, index = found[at]
            chosen.setdefault(number, []).append(index)
    return chosen


def _with_lines(block: Printed, wanted: Sequence[str]) -> Printed:
    """An omission that shows *wanted* too, before its marker."""
    new = [line for line in wanted if line not in block.lines]
    if not new:
        return block
    *shown, marker = block.lines
    if not shown:
        marker = part_marker(block.start, block.end, block.what)
    return replace(block, lines=(*shown, *new, marker))
