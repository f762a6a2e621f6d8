"""A marked run becomes blocks: failing sections, what stands between them, and one list for many passed tests.

failing section      one block each; those that hardly anything parts share one, and so a marker
between sections     each long stretch that goes has a block, and so a list of names and a marker, of its own
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate

from sidecar.compression.forms.drafting import gaps, joined
from sidecar.compression.forms.tests.alike import without_many_leaders
from sidecar.compression.forms.tests.grammar import Kind, Section
from sidecar.compression.forms.tests.names import listed, sampled
from sidecar.compression.forms.tests.run import PASSED, SKIPPED, WORTH_CHARS, Run
from sidecar.compression.vocabulary import Block, Rank, keep

__all__ = ["written"]

_GAP_CHARS = 400
_LONG_GAP_CHARS = 2_500
"""A stretch that may go and is so long gets a block, and a marker, of its own; the longer one wherever it stands."""

_SHARE_GREEN = 0.46
_SHARE_RED = 0.12
"""How much of the output, in characters, the names of passed tests may cost; past it a sample of them stands."""

_MOST_RED = 20_000
_MOST_GREEN = 100_000
"""No more characters of names are read, however much was printed."""

_SAMPLE_RED = 0.18
_SAMPLE_GREEN = 0.8
"""How much of that room a sample takes: names apart from each other share less of their beginnings."""

_ROOM_CHARS = 320
"""A few names are worth listing whatever their share."""

_OFTEN = 16
"""Where so many tests fail, a list of what passed between each two and its marker would cost as much as they tell."""

_MERGED = 8
_MANY = 64
"""So many failures share a block, and so a marker; twice as many where they repeat an earlier one, or where there
are more of them than so many."""

_LOUD = frozenset({Kind.FAILED, Kind.ALARM, Kind.SECTION, Kind.TOTAL})


def written(run: Run) -> list[Block]:
    """The blocks of a run all of whose lines are marked, in its order."""
    return list(_Writing(run).blocks())


class _Writing:
    """A run, how far its characters go, and the share of the passed tests' names that there is room for."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._lines, self._kinds, self._why, self._instead = run.lines, run.kinds, run.why, run.instead
        self._ends = [0, *accumulate(map(len, run.lines))]
        self._share = self._share_of_names()

    def blocks(self) -> Iterable[Block]:
        pieces: list[tuple[int, int, list[Block] | Section]] = [(s, e, blocks) for s, e, blocks in self._run.delegated]
        pieces.extend((section.start, section.end, section) for section in self._run.sections)
        pieces.sort(key=lambda piece: piece[0])
        at = 0
        room = 2 * _MERGED if len(self._run.sections) <= _MANY else 4 * _MERGED
        held: list[Section] = []
        for start, end, piece in pieces:
            if start < at:
                continue
            cost = sum(1 if section.leader else 2 for section in held)
            joins = isinstance(piece, Section) and cost < room and bool(held) and self._is_trifle(at, start)
            if not joins:
                yield from self._sections(held)
                held = []
                yield from self._region(at, start)
            if isinstance(piece, Section):
                held.append(piece)
            else:
                yield from piece
            at = end
        yield from self._sections(held)
        yield from self._region(at, len(self._lines))

    def _is_trifle(self, start: int, end: int) -> bool:
        """Whether what stands between two sections goes, and is too little for a marker of its own."""
        gap = _LONG_GAP_CHARS if len(self._run.sections) > _OFTEN else _GAP_CHARS
        return all(self._why[start:end]) and sum(len(line.rstrip("-= ")) for line in self._lines[start:end]) < gap

    def _sections(self, held: Sequence[Section]) -> Iterable[Block]:
        if held:
            name = held[0].name if len(held) == 1 else ""
            yield from self._block(held[0].start, held[-1].end, Rank.EVIDENCE, name)

    def _region(self, start: int, end: int) -> Iterable[Block]:
        """Blocks for lines between sections: each long gap by itself, short ones with the lines around them."""
        at = start
        for first, last in gaps(self._why, start, end):
            size = self._size(first, last)
            if size >= _LONG_GAP_CHARS or (size >= _GAP_CHARS and at < first and self._is_long(at, first)):
                yield from self._block(at, first, self._rank(at, first))
                yield from self._block(first, last, Rank.CONTENT)
                at = last
        yield from self._block(at, end, self._rank(at, end))

    def _size(self, start: int, end: int) -> int:
        """How many characters the lines [start, end) take."""
        return self._ends[end] - self._ends[start] + end - start

    def _is_long(self, start: int, end: int) -> bool:
        """Whether what is kept here is so much that a list of names at its end would stand too far from its place."""
        return sum(len(self._lines[i]) + 1 for i in range(start, end) if not self._why[i]) > _LONG_GAP_CHARS

    def _rank(self, start: int, end: int) -> Rank:
        return Rank.STRUCTURE if _LOUD.isdisjoint(self._kinds[start:end]) else Rank.EVIDENCE

    def _block(self, start: int, end: int, rank: Rank, name: str = "") -> Iterable[Block]:
        """One block for the lines [start, end): what is kept, then the names, then the marker for the rest."""
        if start >= end:
            return
        why, lines, instead = self._why, self._lines, self._instead
        gone = [i for i, reason in enumerate(why[start:end], start) if reason]
        rewritten = [i for i in range(start, end) if i in instead and not why[i]] if instead else []
        saved = sum(map(len, [lines[i] for i in gone])) + len(gone)
        saved += sum(len(lines[i]) - len(instead[i]) for i in rewritten)
        pointed = not self._run.pointed.isdisjoint(rewritten)
        if saved < WORTH_CHARS:
            if pointed:
                entire = tuple(instead.get(i, lines[i]) for i in range(start, end))
                yield Block(start, end, entire, "", rank, name, is_pointed_at=True)
            else:
                yield keep(start, end, rank, name)
            return
        shown = [instead.get(i, lines[i]) for i in range(start, end) if not why[i]]
        shown.extend(self._lists(gone))
        reasons = joined(
            [
                *without_many_leaders(dict.fromkeys(why[start:end])),
                *sorted({self._shortened(i) for i in rewritten if i not in self._run.pointed} - {""}),
            ]
        )
        if self._run.grammar.lossless_lists and self._share >= 1.0 and reasons in {PASSED, SKIPPED}:
            reasons = ""
        if not shown or len(gone) == end - start:
            yield Block(start, end, tuple(shown), reasons, Rank.CONTENT, name)
            return
        yield Block(start, end, tuple(shown), reasons, rank, name, is_pointed_at=pointed)

    def _shortened(self, index: int) -> str:
        if index in self._run.headings:
            return ""
        return "the middle of long lines" if index in self._run.cut else self._run.shortened

    def _share_of_names(self) -> float:
        """How much of the names of passed tests is listed: all of it (1.0), or a sample."""
        names = [name for i, name in self._run.names.items() if self._why[i]]
        whole = self._size(0, len(self._lines))
        share, most = (_SHARE_RED, _MOST_RED) if self._run.is_red else (_SHARE_GREEN, _MOST_GREEN)
        room = min(most, max(_ROOM_CHARS, share * whole))
        cost = sum(map(len, names)) + len(names)
        if cost > room:
            # Only what names share can still make room.
            cost = sum(len(line) + 1 for line in listed("passed", names))
        sample = max(_ROOM_CHARS, (_SAMPLE_RED if self._run.is_red else _SAMPLE_GREEN) * room)
        return 1.0 if cost <= room else sample / cost

    def _lists(self, gone: Sequence[int]) -> Iterable[str]:
        named = [(self._kinds[i], name) for i in gone if (name := self._run.names.get(i))]
        passed = [name for kind, name in named if kind is Kind.PASSED]
        skipped = [name for kind, name in named if kind is Kind.SKIPPED]
        for label, names in ((self._run.label, passed), ("skipped", skipped)):
            if not names:
                continue
            room = int(self._share * sum(len(name) + 1 for name in names)) if self._share < 1.0 else 1 << 62
            told = f"{len(names)} {label}"
            names = list(dict.fromkeys(names))  # noqa: PLW2901 - assertions of one text are named once
            some = sampled(names, room)
            if len(some) < len(names):
                told += f", {len(some)} of them named"
            yield from listed(told, some)
