"""Changed lines that come again in the same order: printed once, and pointed at where they come again.

    #120:                           =#120+2      the two lines below "#120:" come here too
    +    headers: Headers = None,
    +    cookies: Cookies = None,

120 is the line of the output, as `recall` counts: the same change in a client and its asynchronous twin, in every
file of a folder, in a branch's commits one by one; the entries of a lock file.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from sidecar.compression.forms.diff.lines import CHANGED, is_word_diff, kinds_of
from sidecar.compression.kept import kept
from sidecar.compression.vocabulary import Segment

__all__ = ["WINDOW", "Repeats", "repeats_of"]

WINDOW = 256
"""Only at a multiple of this many lines, or past the repeat it lies in, may a block end within changed lines: evidence
is cut there too."""

_TRIED = 4
"""So many earlier places that begin alike are compared; the longest wins."""
_LONG_CHARS = 56
"""A line this long is worth pointing at alone."""
_REFERENCE_CHARS = 28
_LABEL_CHARS = 24
"""What a pointer and a label cost, in characters of ordinary code."""
_WORTH_CHARS = 20


@dataclass(frozen=True)
class Repeats:
    """Where changed lines come again: from a line's index to the index they came at first, and how many they are."""

    first: int
    again: dict[int, tuple[int, int]] = field(default_factory=dict)

    @cached_property
    def sources(self) -> frozenset[int]:
        return frozenset(source for source, _ in self.again.values())

    @cached_property
    def starts(self) -> list[int]:
        return sorted(self.again)

    def past(self, index: int) -> int:
        """*index*, or the end of the repeat it lies within: nothing is cut inside of one."""
        starts = self.starts
        at = bisect_left(starts, index) - 1
        return max(index, starts[at] + self.again[starts[at]][1]) if at >= 0 else index

    def label(self, index: int) -> str:
        return f"#{self.first + index + 1}:"

    def pointer(self, index: int) -> str:
        source, count = self.again[index]
        return f"=#{self.first + source + 1}+{count}"


@kept
def repeats_of(segment: Segment) -> Repeats:
    """None in diffs whose changes have no first column of their own."""
    again: dict[int, tuple[int, int]] = {}
    if not is_word_diff(segment):
        again = _worthwhile(segment.lines, _Search(segment.lines, kinds_of(segment)).found())
    return Repeats(segment.first, again)


def _worthwhile(lines: Sequence[str], found: Iterable[tuple[int, int, int]]) -> dict[int, tuple[int, int]]:
    """The repeats whose pointers, and the label they share, cost less than their lines."""
    by_source: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for index, source, count in found:
        by_source[source].append((index, count))
    again: dict[int, tuple[int, int]] = {}
    for source, places in by_source.items():
        gained = sum(_chars(lines, index, count) - _REFERENCE_CHARS for index, count in places)
        if gained - _LABEL_CHARS > _WORTH_CHARS:
            again.update((index, (source, count)) for index, count in places)
    return again


def _chars(lines: Sequence[str], start: int, count: int) -> int:
    """What lines cost, roughly in characters: a deep indentation is one token."""
    return sum(len(lines[index].strip("+- \t")) + 3 for index in range(start, start + count))


class _Search:
    """Walks over changed lines and remembers where each pair of neighbours was first printed."""

    def __init__(self, lines: Sequence[str], kinds: bytearray) -> None:
        self.lines = lines
        self.kinds = kinds
        self.is_printed = bytearray(len(lines))
        self.pairs: dict[tuple[str, str], list[int]] = {}
        self.alone: dict[str, int] = {}

    def found(self) -> Iterable[tuple[int, int, int]]:
        """Each repeat: where it is, where it was first, and how many lines it has."""
        lines = self.lines
        changed = [index for index, kind in enumerate(self.kinds) if kind == CHANGED]
        counts = Counter(lines[index] for index in changed)
        # Most changed lines stand there once: no repeat begins or goes on with them.
        after = 0
        for index in changed:
            if index < after or counts[lines[index]] == 1:
                continue
            source, count = self._longest(index)
            if count and _chars(lines, index, count) > _REFERENCE_CHARS:
                yield index, source, count
                after = index + count
            else:
                self._remember(index)

    def _longest(self, index: int) -> tuple[int, int]:
        lines, kinds = self.lines, self.kinds
        line = lines[index]
        places = self.pairs.get((line, lines[index + 1]), ()) if index + 1 < len(lines) else ()
        if not places and line not in self.alone:
            return 0, 0
        best = (0, 0)
        for source in places or (self.alone[line],):
            count = 1
            while (
                index + count < len(lines)
                and kinds[index + count] == CHANGED
                and self.is_printed[source + count]
                and lines[source + count] == lines[index + count]
            ):
                count += 1
            if count > best[1]:
                best = (source, count)
        return best

    def _remember(self, index: int) -> None:
        line = self.lines[index]
        self.is_printed[index] = 1
        if index and self.is_printed[index - 1]:
            places = self.pairs.setdefault((self.lines[index - 1], line), [])
            if len(places) < _TRIED:
                places.append(index - 1)
        if len(line) >= _LONG_CHARS:
            self.alone.setdefault(line, index)
