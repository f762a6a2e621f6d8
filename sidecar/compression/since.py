"""What changed since an earlier output of the same command: new, still failing, fixed; else new and missing lines.

earlier Shortened + Shortened ──by the names of their parts──> new whole, still failing in one line, fixed named
                              └─by their lines, where no form names parts──> new lines, missing lines counted
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby, pairwise

from sidecar.compression.alarms import is_alarm, is_warning
from sidecar.compression.briefing import TOTALS, failing
from sidecar.compression.printing import Printed, escaped, marker, merged
from sidecar.compression.shorten import Shortened
from sidecar.compression.vocabulary import Part, Rank

__all__ = ["Comparison", "compared"]

_NAMED = 30
"""So many fixed or still failing parts, or missing lines, are told by name; of more only their number."""

_NAMED_LINES = 5
"""A failing part that is one line costs as much to name as to show: after so many a marker stands for them."""

_WORTH_LINES = 4
"""Fewer repeated lines than this are no longer than the marker for them."""

_VARYING = re.compile(r"0x[0-9a-f]+|\d+")
"""Times, durations, addresses and counts differ from run to run without a change that matters."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """An earlier output of the same command, shortened, and its handle."""

    handle: str
    earlier: Shortened


def compared(now: Shortened, since: Comparison) -> tuple[Printed, ...]:
    """*now* as what differs from the earlier output, a heading with the counts first."""
    ours, theirs = failing(now.parts, since.earlier.parts)
    if ours or theirs:
        earlier = frozenset(_lines(since.earlier))
        return tuple(_by_parts(now, ours, theirs, _Known(earlier, frozenset(map(_same, earlier)))))
    return tuple(_by_lines(now, since.earlier))


def _key(part: Part) -> tuple[str, str]:
    return part.kind, part.label


def _by_parts(now: Shortened, ours: Sequence[Part], theirs: Sequence[Part], known: _Known) -> Iterator[Printed]:
    before, after = Counter(map(_key, theirs)), Counter(map(_key, ours))
    states: list[tuple[Part, bool]] = []
    for part in ours:
        is_new = before[_key(part)] <= 0
        before[_key(part)] -= 1
        states.append((part, is_new))
    fixed = list(_missing(theirs, after))
    new = sum(1 for _, is_new in states if is_new)
    told = f"{len(fixed)} fixed, {len(states) - new} still failing, {new} new"
    yield Printed(0, 0, (f"[sidecar: since the earlier output: {told}]",), Rank.EVIDENCE)
    if fixed:
        names = tuple(f"fixed: {part.said}" for part in fixed[:_NAMED])
        more = (f"[... and {len(fixed) - _NAMED} more fixed]",) if len(fixed) > _NAMED else ()
        yield Printed(0, 0, names + more, Rank.EVIDENCE)
    yield from merged(_blocks(now.printed, _States(states), known, list(_lines(now))))


def _missing(theirs: Sequence[Part], after: Counter[tuple[str, str]]) -> Iterator[Part]:
    left = Counter(after)
    for part in theirs:
        left[_key(part)] -= 1
        if left[_key(part)] < 0:
            yield part


@dataclass(frozen=True, slots=True)
class _Known:
    """The lines of the earlier output: as they were, and but for their numbers."""

    lines: frozenset[str]
    kinds: frozenset[str]

    def is_news(self, line: str, rank: Rank) -> bool:
        """Whether *line* must be seen again: it counts outcomes, or is not known and sounds an alarm or is evidence."""
        if TOTALS.search(line):
            return rank is not Rank.CONTENT or line not in self.lines
        if not line.strip() or _same(line) in self.kinds:
            return False
        return rank is not Rank.CONTENT or is_alarm(line) or is_warning(line)


class _States:
    """The failing parts of the newer output in their order, each with whether it is new."""

    def __init__(self, states: Sequence[tuple[Part, bool]]) -> None:
        self._states = sorted(states, key=lambda state: state[0].start)
        self._starts = [part.start for part, _ in self._states]
        self._reach = list(accumulate((part.end for part, _ in self._states), max))

    def inside(self, block: Printed) -> list[tuple[Part, bool]]:
        """Those with lines in a block."""
        near = slice(bisect_right(self._reach, block.start), bisect_left(self._starts, block.end))
        return [state for state in self._states[near] if state[0].end > block.start]


def _blocks(printed: Sequence[Printed], states: _States, known: _Known, lines: Sequence[str]) -> Iterator[Printed]:
    """New parts as they are printed, the others in one line each; of the rest what is new and not ordinary."""
    told: set[Part] = set()
    for block in (piece for one in printed for piece in _cut(one, states, lines)):
        inside = states.inside(block)
        if not inside:
            yield from _news(block, known, lines)
        elif any(is_new for _, is_new in inside):
            yield block
        else:
            yield _still(block, [part for part, _ in inside], told)


def _still(block: Printed, inside: Sequence[Part], told: set[Part]) -> Printed:
    """A line for each part that still fails, as long as few were *told*."""
    shown = []
    for part in inside:
        is_line = part.end - part.start == 1
        if part not in told and len(told) < (_NAMED_LINES if is_line else _NAMED):
            place = f"line {part.end}" if is_line else f"lines {part.start + 1}-{part.end}"
            shown.append(f"still failing: {part.said} [... of {place}]")
        told.add(part)
    what = "still failing, as before"
    return Printed(block.start, block.end, tuple(shown), Rank.EVIDENCE, hides=what) if shown else _bare(block, what)


def _news(block: Printed, known: _Known, lines: Sequence[str]) -> Iterator[Printed]:
    """What of a block without failing parts must be seen again, and markers for the rest."""
    within = lines[block.start : block.end]
    shown = frozenset(block.lines)
    ranks = (block.rank if block.is_verbatim or line in shown else Rank.CONTENT for line in within)
    news = [known.is_news(line, rank) for line, rank in zip(within, ranks, strict=True)]
    if block.rank is not Rank.CONTENT and news.count(False) < _WORTH_LINES:
        yield block
        return
    for is_new, run in groupby(range(len(within)), news.__getitem__):
        indexes = list(run)
        start, end = block.start + indexes[0], block.start + indexes[-1] + 1
        piece = Printed(start, end, escaped(lines[start:end]), block.rank)
        yield piece if is_new else _bare(piece, "as before, or ordinary")


def _bare(block: Printed, what: str) -> Printed:
    return Printed(block.start, block.end, (marker(block.start, block.end, what),), Rank.CONTENT, what)


def _cut(block: Printed, states: _States, lines: Sequence[str]) -> Iterator[Printed]:
    """A block in pieces, what belongs to parts and what is between them; whole where it tells little but new parts.

    Where it is a notation, as the *lines* it stands for.
    """
    inside = states.inside(block)
    new = sum(min(part.end, block.end) - max(part.start, block.start) for part, is_new in inside if is_new)
    is_new = all(is_new for _, is_new in inside) and 2 * new >= block.end - block.start
    if not inside or (not block.is_verbatim and is_new):
        yield block
        return
    edges = {edge for part, _ in inside for edge in (part.start, part.end) if block.start < edge < block.end}
    for start, end in pairwise(sorted(edges | {block.start, block.end})):
        shown = block.lines[start - block.start : end - block.start] if block.is_verbatim else escaped(lines[start:end])
        piece = Printed(start, end, tuple(shown), block.rank)
        yield piece if block.is_verbatim or states.inside(piece) else replace(piece, rank=Rank.CONTENT)


def _by_lines(now: Shortened, earlier: Shortened) -> Iterator[Printed]:
    left = Counter(_same(line) for line in _lines(earlier))
    lines = list(_lines(now))
    is_new = []
    for line in lines:
        same = _same(line)
        is_new.append(left[same] <= 0 and bool(line.strip()))
        left[same] -= 1
    gone = [line for line in _lines(earlier) if _take(left, _same(line)) and line.strip()]
    told = f"{sum(is_new)} new lines, {len(gone)} lines are gone"
    yield Printed(0, 0, (f"[sidecar: since the earlier output: {told} (numbers aside)]",), Rank.EVIDENCE)
    if gone:
        more = (f"[... and {len(gone) - _NAMED} more]",) if len(gone) > _NAMED else ()
        yield Printed(0, 0, (*(f"gone: {line}" for line in gone[:_NAMED]), *more), Rank.STRUCTURE)
    for new, run in groupby(range(len(lines)), lambda index: is_new[index]):
        indexes = list(run)
        start, end = indexes[0], indexes[-1] + 1
        if new:
            yield Printed(start, end, escaped(lines[start:end]), Rank.EVIDENCE)
        else:
            yield _bare(Printed(start, end, (), Rank.CONTENT), "as before")


def _take(left: Counter[str], same: str) -> bool:
    """Whether one of these lines is over: what the newer output did not use up."""
    if left[same] <= 0:
        return False
    left[same] -= 1
    return True


def _same(line: str) -> str:
    return _VARYING.sub("0", line)


def _lines(short: Shortened) -> Iterator[str]:
    for one in short.reduced:
        yield from one.segment.lines
