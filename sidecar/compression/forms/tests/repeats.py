"""Lines that several failing tests share: the same diff, the same frames of a helper, are shown with the first test.

● rounds up                 heading            stays
  Expected: 5               shown above        goes
  Received: 4               shown above        goes
  at tests/tax.test.js:9    its own            stays
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

__all__ = ["SAID", "Repeats"]

SAID = "lines shown above"
_SAID_CHARS = 40
"""A stretch is left out from this length on: the values of a shorter one would be missed for little."""


class Repeats:
    """What the failing tests so far have shown, by every two lines that follow each other."""

    def __init__(self) -> None:
        self._pairs: dict[tuple[str, str], tuple[list[str], int]] = {}
        self.begun: set[str] = set()
        """How the long lines shown so far begin, for those who cut a value that is dumped again."""

    def mark(
        self,
        lines: Sequence[str],
        body: Sequence[int],
        why: list[str],
        *,
        stays: Callable[[str], object] = lambda _line: False,
    ) -> None:
        """Of *body*, the lines of a failing test that stay, mark those that an earlier one shows in the same order.

        Two lines at least: one by itself, away from what explains it, would be missed. A line that *stays* is
        shown all the same.
        """
        words = [lines[i] for i in body]
        shown: list[str] = []
        at = 0
        while at < len(words):
            end = at + self._known(words, at)
            if end == at or sum(len(line.strip()) for line in words[at:end]) < _SAID_CHARS:
                shown.append(words[at])
                end = at + 1
            else:
                for i in body[at:end]:
                    why[i] = "" if stays(lines[i]) else SAID
            at = end
        for number, pair in enumerate(pairwise(shown)):
            self._pairs.setdefault(pair, (shown, number))

    def _known(self, words: Sequence[str], at: int) -> int:
        """How many lines from *at* on an earlier test shows one after the other."""
        place = self._pairs.get((words[at], words[at + 1])) if at + 1 < len(words) else None
        if place is None:
            return 0
        earlier, begun = place
        count = 2
        while at + count < len(words) and begun + count < len(earlier) and earlier[begun + count] == words[at + count]:
            count += 1
        return count
