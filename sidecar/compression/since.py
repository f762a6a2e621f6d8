"""What changed since an earlier output of the same command: new, still failing, fixed; else new and missing lines.

earlier Shortened + Shortened ──by the names of their parts──> new whole, still failing in one line, fixed named
                              └─by their lines, where no form names parts──> new lines, missing lines counted
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from sidecar.compression.briefing import failing
from sidecar.compression.shorten import Printed, Shortened, escaped, marker, merged, part_marker
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
    ours, theirs = failing(now.parts), failing(since.earlier.parts)
    if ours or theirs:
        known_lines = frozenset(_lines(since.earlier))
        return tuple(_by_parts(now, ours, theirs, known_lines))
    return tuple(_by_lines(now, since.earlier))


def _key(part: Part) -> tuple[str, str]:
    return part.kind, part.label


def _by_parts(
    now: Shortened, ours: Sequence[Part], theirs: Sequence[Part], known_lines: frozenset[str]
) -> Iterator[Printed]:
    known, after = Counter(map(_key, theirs)), Counter(map(_key, ours))
    states: list[tuple[Part, bool]] = []
    for part in ours:
        is_new = known[_key(part)] <= 0
        known[_key(part)] -= 1
        states.append((part, is_new))
    fixed = list(_missing(theirs, after))
    new = sum(1 for _, is_new in states if is_new)
    told = f"{len(fixed)} fixed, {len(states) - new} still failing, {new} new"
    yield Printed(0, 0, (f"[sidecar: since the earlier output: {told}]",), Rank.EVIDENCE)
    if fixed:
        names = tuple(f"fixed: {part.said}" for part in fixed[:_NAMED])
        more = (f"[... and {len(fixed) - _NAMED} more fixed]",) if len(fixed) > _NAMED else ()
        yield Printed(0, 0, names + more, Rank.EVIDENCE)
    yield from merged(_blocks(now.printed, states, known_lines, list(_lines(now))))


def _missing(theirs: Sequence[Part], after: Counter[tuple[str, str]]) -> Iterator[Part]:
    left = Counter(after)
    for part in theirs:
        left[_key(part)] -= 1
        if left[_key(part)] < 0:
            yield part


def _blocks(
    printed: Sequence[Printed],
    states: Sequence[tuple[Part, bool]],
    known_lines: frozenset[str],
    lines_of: Sequence[str],
) -> Iterator[Printed]:
    """New parts as they are printed, the others in one line each; of the rest what is not ordinary."""
    told: set[int] = set()
    named: set[str] = set()
    for block in (piece for one in printed for piece in _cut(one, states, lines_of)):
        inside = [(index, *state) for index, state in enumerate(states) if _overlaps(state[0], block)]
        if not inside:
            is_known = len(block.lines) >= _WORTH_LINES and known_lines.issuperset(block.lines)
            if block.rank is not Rank.CONTENT and not (is_known and block.is_verbatim):
                yield _without(block, named)
            elif block.end > block.start:
                yield _bare(block.start, block.end, "as before, or ordinary")
        elif any(is_new for _, _, is_new in inside):
            yield block
        else:
            lines = []
            for index, part, _ in inside:
                is_line = part.end - part.start == 1
                if index not in told and len(told) < (_NAMED_LINES if is_line else _NAMED):
                    place = f"line {part.end}" if is_line else f"lines {part.start + 1}-{part.end}"
                    lines.append(f"still failing: {part.said} [... of {place}]")
                    named.add(part.said)
                told.add(index)
            if lines:
                yield Printed(block.start, block.end, tuple(lines), Rank.EVIDENCE)
            else:
                yield _bare(block.start, block.end, "still failing, as before")


def _bare(start: int, end: int, what: str) -> Printed:
    return Printed(start, end, (marker(start, end, what),), Rank.CONTENT, what)


def _cut(block: Printed, states: Sequence[tuple[Part, bool]], lines: Sequence[str]) -> Iterator[Printed]:
    """A block in pieces, what belongs to parts and what is between them.

    Where its lines stand as they were printed, always; where it tells new parts beside old ones, as the *lines* it
    stands for. Any other block cannot be told apart.
    """
    inside = [(part, is_new) for part, is_new in states if _overlaps(part, block)]
    is_mixed = len({is_new for _, is_new in inside}) > 1
    if not inside or not (block.is_verbatim or is_mixed):
        yield block
        return
    edges = {edge for part, _ in inside for edge in (part.start, part.end) if block.start < edge < block.end}
    for start, end in pairwise(sorted(edges | {block.start, block.end})):
        is_part = any(part.start < end and start < part.end for part, _ in inside)
        shown = block.lines[start - block.start : end - block.start] if block.is_verbatim else lines[start:end]
        rank = block.rank if is_part or block.is_verbatim else Rank.CONTENT
        yield Printed(start, end, tuple(shown) if block.is_verbatim else escaped(shown), rank)


def _without(block: Printed, named: set[str]) -> Printed:
    """A list of what failed, without those that were named already."""
    left = tuple(line for line in block.lines if line not in named)
    gone = len(block.lines) - len(left)
    if gone < _WORTH_LINES or not block.is_verbatim:
        return block
    what = f"{gone} lines on what still fails, as above"
    return Printed(block.start, block.end, (*left, part_marker(block.start, block.end, what)), block.rank, what)


def _overlaps(part: Part, block: Printed) -> bool:
    return part.start < block.end and block.start < part.end


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
            yield _bare(start, end, "as before")


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
