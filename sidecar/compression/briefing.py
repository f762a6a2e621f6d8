"""When not even the evidence fits: one failure whole, the others in one line each with their place.

    printed blocks + parts ──units──> the one that matters whole, of each other part: said [... of lines 40-72]

A unit is what a part's blocks and the parts in one block make together: it is told whole or in brief. Where nothing
failed, a reader wants the commits named, or the files.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from sidecar.compression.focusing import ANYTHING, Focus
from sidecar.compression.printing import Printed, escaped, part_marker
from sidecar.compression.vocabulary import Part, Rank

__all__ = ["TOTALS", "Briefing", "briefings", "failing", "kind_of", "named", "told_of", "untold"]

_WRONG = (frozenset({"failure", "error", "trace"}), frozenset({"warning"}))
"""What went wrong; where nothing did, what was warned of."""

_NAMED = (*_WRONG, frozenset({"commit"}), frozenset({"file"}))

_STATED = frozenset({"error", "warning"})
"""Said in a line or two that need no heading, so that the beginning of a block of them can be read by itself."""

_WORTH = 0.7
"""Telling in brief must cost less than this share of telling whole, in characters."""

_LONG_LINES = 6
"""So many lines between two parts are told by themselves."""

_END_CHARS = 300
"""Of a line more than three times as long, so many characters at each end."""

_SAID_CHARS = 400
_MOST_TRIED = 40
_MOST_COMPARED = 5_000

_PLACE = re.compile(r"\s*(?:\S+?:\d+(?::\d+)*:?|\S+\(\d+(?:,\d+)*\):?|\d+:\d+:?)\s+")
_DIGITS = re.compile(r"\d+")

TOTALS = re.compile(
    r"(?<![\w.:])\d+ (?:\w+ ){0,2}(?:pass(?:ed|ing|es)?|fail(?:ed|ing|ures?|s)?|errors?|problems?|warnings?|tests?"
    r"|examples?|specs?|suites?|issues?|offen[cs]es?|violations?|vulnerabilit(?:y|ies)|assertions?|scenarios?"
    r"|files? (?:changed|updated|checked))\b|\bTests run: \d|\btest result: "
)
"""A line that counts outcomes, as programs of many kinds print one."""


@dataclass(slots=True)
class _Unit:
    """Neighbouring blocks, and the parts they tell: none for what is between them."""

    blocks: list[Printed]
    parts: list[Part] = field(default_factory=list)

    @property
    def whole(self) -> Printed:
        """All of it in one."""
        lines = tuple(line for block in self.blocks for line in block.lines)
        return Printed(self.blocks[0].start, self.blocks[-1].end, lines, Rank.EVIDENCE)

    @property
    def size(self) -> int:
        """Its characters as it is printed whole, with a line's end between two."""
        return sum(len(line) + 1 for block in self.blocks for line in block.lines) - 1

    @property
    def is_evident(self) -> bool:
        """Whether a part begins in a block that must be seen."""
        return any(
            block.rank is Rank.EVIDENCE and any(block.start <= part.start < block.end for part in self.parts)
            for block in self.blocks
        )


def failing(now: Sequence[Part], earlier: Sequence[Part]) -> tuple[list[Part], list[Part]]:
    """The parts of two outputs that say what went wrong; what was warned of, where nothing did in either.

    Of the same kinds in both: warnings are not fixed by an error.
    """
    wrong = next((kinds for kinds in _WRONG if any(part.kind in kinds for part in (*now, *earlier))), frozenset())
    return [part for part in now if part.kind in wrong], [part for part in earlier if part.kind in wrong]


def named(parts: Sequence[Part]) -> list[Part]:
    """The parts that should at least be named: what went wrong, else the commits, else the files."""
    return next((found for kinds in _NAMED if (found := [part for part in parts if part.kind in kinds])), [])


def kind_of(said: str) -> str:
    """What a line says wherever it does: diagnostics of one kind differ in their places and numbers only."""
    return _DIGITS.sub("#", _PLACE.sub("", said, count=1)).strip()


@dataclass(frozen=True, slots=True)
class Briefing:
    """*printed* with its named parts in one line each, but for the one in the lines *first*."""

    printed: Sequence[Printed]
    first: range


def briefings(
    printed: Sequence[Printed],
    parts: Sequence[Part],
    lines: Sequence[str],
    *,
    fits: Callable[[Sequence[Printed]], bool],
    focus: Focus = ANYTHING,
) -> Iterator[Briefing]:
    """*printed* with its named parts in one line each, but the one that matters most and as many more as fit.

    That one bears on the focus most, or is the first. Where it does not fit so and one block tells several parts,
    each of those by itself, as it was printed: *lines* are the whole output. Of diagnostics both come, for a notation
    may tell more of them: which is better only what fits in can tell. Unchanged where there are fewer than two parts.
    """
    wanted = named(parts)
    units = list(_units(printed, wanted))
    if len(wanted) < 2 or not units:
        yield Briefing(printed, next((_lines_of(unit) for unit in units if unit.parts), range(0)))
        return
    kinds = {said: kind_of(said) for said in {part.said for part in wanted}}
    brief = _all_in_brief(units, wanted, lines, kinds)
    first = _first(units, focus)
    if fits(_told(units, brief, {first})):
        yield Briefing(_with_more(units, brief, first, fits), _lines_of(units[first]))
        return
    opened = [one for index, unit in enumerate(units) for one in _opened(unit, lines, brief[index], index == first)]
    is_notation = all(part.kind in _STATED for part in units[first].parts)
    if len(opened) == len(units) or is_notation:
        yield Briefing(_told(units, brief, {first}), _lines_of(units[first]))
    if len(opened) > len(units):
        first = _first(opened, focus)
        yield Briefing(
            _with_more(opened, _all_in_brief(opened, wanted, lines, kinds), first, fits), _lines_of(opened[first])
        )


def _with_more(
    units: Sequence[_Unit], brief: Sequence[Sequence[Printed]], first: int, fits: Callable[[Sequence[Printed]], bool]
) -> list[Printed]:
    """The unit *first* whole and, of those behind it, as many more as fit."""
    whole = {first}
    told = _told(units, brief, whole)
    others = (index for index, lines in enumerate(brief) if lines and index != first)
    for index in islice(others, _MOST_TRIED if fits(told) else 0):
        more = _told(units, brief, whole | {index})
        if fits(more):
            whole, told = whole | {index}, more
    return told


def told_of(parts: Sequence[Part], text: str) -> int:
    """How many different places, names and messages of the named parts *text* tells."""
    said = {piece for part in named(parts)[:_MOST_COMPARED] for piece in _pieces(part.said)}
    return sum(1 for piece in said if piece in text)


def _pieces(said: str) -> Iterator[str]:
    """The place, the name and the message in a line: `src/app.py:3:1: E501 line too long`, `test_a - assert 3 == 4`."""
    place = _PLACE.match(said)
    if place is not None:
        yield place.group().strip().rstrip(":")
        said = said[place.end() :]
    yield from (piece.strip() for piece in said.split(" - ", 1))


def _lines_of(unit: _Unit) -> range:
    return range(unit.blocks[0].start, unit.blocks[-1].end)


def _first(units: Sequence[_Unit], focus: Focus) -> int:
    """The unit that bears on the focus most, of those that must be seen; without a focus, the first of them."""
    candidates = [index for index, unit in enumerate(units) if unit.parts]
    is_asked = bool(focus.words or focus.reader)
    scores = focus.scores([units[index].whole for index in candidates]) if is_asked else [0.0] * len(candidates)
    ranked = zip(candidates, scores, strict=True)
    return min(ranked, key=lambda one: (not units[one[0]].is_evident, -one[1], one[0]))[0]


def _told(units: Sequence[_Unit], brief: Sequence[Sequence[Printed]], whole: set[int]) -> list[Printed]:
    return [
        block
        for index, unit in enumerate(units)
        for block in (unit.blocks if index in whole or not brief[index] else brief[index])
    ]


def _units(printed: Sequence[Printed], parts: Sequence[Part]) -> Iterator[_Unit]:
    """*printed* cut into what tells one part, or several that share blocks, and what stands between."""
    index = 0
    current = _Unit([])
    for part in sorted(parts, key=lambda part: (part.start, part.end)):
        if current.parts and part.start < current.blocks[-1].end:
            current.parts.append(part)
        else:
            between: list[Printed] = []
            while index < len(printed) and printed[index].end <= part.start:
                between.append(printed[index])
                index += 1
            if index == len(printed) or printed[index].start >= part.end:
                index -= len(between)
                continue
            if current.parts:
                yield current
            if between:
                yield _Unit(between)
            current = _Unit([], [part])
        while index < len(printed) and printed[index].start < part.end:
            current.blocks.append(printed[index])
            index += 1
    if current.parts:
        yield current
    if index < len(printed):
        yield _Unit(list(printed[index:]))


def _all_in_brief(
    units: Sequence[_Unit], wanted: Sequence[Part], lines: Sequence[str], kinds: Mapping[str, str]
) -> list[list[Printed]]:
    """Each unit in brief; *kinds* are those of what the parts say."""
    left = Counter(kinds[part.said] for part in wanted)
    return [list(_in_brief(unit, lines, kinds, left)) for unit in units]


def _in_brief(unit: _Unit, lines: Sequence[str], kinds: Mapping[str, str], left: Counter[str]) -> Iterator[Printed]:
    """One printed line a part, which together stand for all lines of the unit; none where that is hardly shorter.

    *left* is how often each kind is: the first of a kind says how many more there are.
    """
    if not unit.parts:
        return
    found = list(_brief_lines(unit, lines, kinds, left))
    if sum(len(one.text) for one in found) < _WORTH * unit.size:
        yield from found


def _brief_lines(unit: _Unit, lines: Sequence[str], kinds: Mapping[str, str], left: Counter[str]) -> Iterator[Printed]:
    end = _totals_behind(unit, lines)
    starts = [unit.blocks[0].start, *(part.start for part in unit.parts[1:]), end]
    for part, start, after in zip(unit.parts, starts, starts[1:], strict=False):
        said = part.said if len(part.said) <= _SAID_CHARS else part.said[:_SAID_CHARS] + "..."
        place = f"line {part.start + 1}" if part.end - part.start == 1 else f"lines {part.start + 1}-{part.end}"
        like = left.pop(kinds[part.said], 1) - 1
        more = f"; {like} more like it" if like else ""
        told = f"{said} [... of {place}{more}]"
        yield Printed(start, max(start, after), (told,), Rank.EVIDENCE, hides=f"a {part.kind} but for one line")
    if end < unit.blocks[-1].end:
        yield _as_printed(lines, end, unit.blocks[-1].end)


def _totals_behind(unit: _Unit, lines: Sequence[str]) -> int:
    """Where behind its last part a unit tells how it ended; its end where it does not."""
    end = unit.blocks[-1].end
    last = max(part.end for part in unit.parts)
    return next((index for index in range(last, min(end, len(lines))) if TOTALS.search(lines[index])), end)


def _opened(unit: _Unit, lines: Sequence[str], brief: Sequence[Printed], is_first: bool) -> Iterator[_Unit]:
    """A unit of several parts that cannot be told in brief, or is to be told whole: all of it as it was printed.

    Each part is one of its own, and what stands between two. Parts of the very same lines, as a report in JSON has,
    cannot be taken apart.
    """
    is_one = len({(part.start, part.end) for part in unit.parts}) < 2
    if is_one or (brief and not is_first):
        yield unit
        return
    for part, start, end in _stretches(unit):
        yield _Unit([_as_printed(lines, start, end)], [part] if part is not None else [])


def _as_printed(lines: Sequence[str], start: int, end: int) -> Printed:
    told = escaped(lines[start:end])
    cut = tuple(_without_middle(line) for line in told)
    if cut == told:
        return Printed(start, end, told, Rank.EVIDENCE)
    what = "the middle of long lines"
    return Printed(start, end, (*cut, part_marker(start, end, what)), Rank.EVIDENCE, what)


def _without_middle(line: str) -> str:
    left = len(line) - 2 * _END_CHARS
    return f"{line[:_END_CHARS]}[... {left} characters]{line[-_END_CHARS:]}" if left > _END_CHARS else line


def _stretches(unit: _Unit) -> Iterator[tuple[Part | None, int, int]]:
    """The parts of a unit, each with its lines and the few behind it, and the longer stretches between two."""
    position = unit.blocks[0].start
    last = unit.blocks[-1].end
    ends = [*(part.start for part in unit.parts[1:]), last]
    for part, after in zip(unit.parts, ends, strict=True):
        if part.start - position >= _LONG_LINES:
            yield None, position, part.start
            position = part.start
        end = part.end if after - part.end >= _LONG_LINES else max(part.end, after)
        end = min(end, last)
        if position < end:
            yield part, position, end
            position = end
    if position < last:
        yield None, position, last


def untold(fitted: Sequence[Printed], parts: Sequence[Part]) -> str:
    """How many parts are not even named, and where they are; empty where all are.

    A part is named where one of its lines is shown, and where the one line that tells it is: in a closing summary.
    """
    wanted = named(parts)
    shown = [block for block in fitted if not block.is_bare]
    lines = {line for block in shown for line in block.lines}
    missing: list[Part] = []
    index = 0
    for part in wanted:
        while index < len(shown) and shown[index].end <= part.start:
            index += 1
        if (index >= len(shown) or shown[index].start >= part.end) and part.said not in lines:
            missing.append(part)
    if not missing or not shown:
        return ""
    kinds = {part.kind for part in missing}
    kind = kinds.pop() if len(kinds) == 1 else "error"
    place = f"lines {missing[0].start + 1}-{missing[-1].end}"
    return f"{len(missing)} of {len(wanted)} {kind}{'s' if len(wanted) > 1 else ''} not shown ({place})"
