"""Chosen records become blocks in order of time: a note on a record is paid for by what is left out after it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sidecar.compression.forms.drafting import joined
from sidecar.compression.forms.log.choosing import Record
from sidecar.compression.forms.log.records import MEMBERS
from sidecar.compression.vocabulary import Block, Rank, Segment, keep, omit

__all__ = ["LIKE", "write"]

LIKE = "like lines shown above"
_WORTH_CHARS = 70
"""Leaving out less than this saves nothing after the marker is paid."""
_PATIENCE = 40
"""So many records wait for an omission that pays for their notes."""
_APART_CHARS = 500
"""Values this long get a block of their own, which a bound can drop without dropping records."""


@dataclass(slots=True)
class _Waiting:
    """Records that wait for an omission which pays for their notes, and values that wait for room."""

    frames: Mapping[int, str]
    """Lines of records that need not be shown, and as what they are left out."""
    records: list[Record] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    balance: int = 0


def write(
    segment: Segment, shown: Sequence[Record], values: Mapping[int, str], frames: Mapping[int, str]
) -> Iterable[Block]:
    """Blocks in order of time: what is shown, and the lines left out between.

    *frames* are lines of records that need not be shown, and as what they are left out. A note is longer than its
    line, so a noted record shares a block with what is left out after it, and with what follows until that pays for
    the notes.
    """
    lines = segment.lines
    position = 0
    waiting = _Waiting(frames)
    for record in shown:
        if position < record.start:
            yield from _gap(lines, waiting, position, record.start)
        if not waiting.records:
            waiting.balance = -_WORTH_CHARS
        if len(waiting.records) > _PATIENCE:
            yield from _as_printed(waiting, record.start)
            waiting.balance = -_WORTH_CHARS
        if record.start in values:
            waiting.values.append(values[record.start])
        if waiting.records or record.note:
            waiting.records.append(record)
            waiting.balance -= len(record.note)
        else:
            yield keep(record.start, record.end, record.rank)
        position = record.end
    if position < len(lines):
        yield from _gap(lines, waiting, position, len(lines))
    yield from _as_printed(waiting, len(lines))


def _gap(lines: Sequence[str], waiting: _Waiting, start: int, end: int) -> Iterable[Block]:
    """What stands for the lines left out from *start* to *end*, and for the *waiting* records before them."""
    left_out = _chars(lines, start, end)
    if not waiting.records:
        if left_out <= _WORTH_CHARS:
            yield keep(start, end)
        else:
            yield replace(omit(start, end, LIKE), shown=_fitting(waiting.values, left_out - _WORTH_CHARS))
        return
    waiting.balance += left_out
    if waiting.balance <= 0:
        return
    shown = [line for record in waiting.records for line in _annotated(lines, record, waiting.frames)]
    left_out_of_them = (
        waiting.frames.get(at, "") for record in waiting.records for at in range(record.start, record.end)
    )
    what = joined((LIKE, *left_out_of_them))
    rank = min(record.rank for record in waiting.records)
    first = waiting.records[0].start
    waiting.records.clear()
    said = _fitting(waiting.values, waiting.balance)
    cut = _paid(lines, first, start + 1, end, sum(map(len, shown)) + len(shown) + _WORTH_CHARS)
    if sum(map(len, said)) > _APART_CHARS and rank is not Rank.CONTENT and cut is not None:
        yield Block(first, cut, tuple(shown), what, rank)
        yield Block(cut, end, said, LIKE, Rank.CONTENT)
    else:
        yield Block(first, end, (*shown, *said), what, rank)


def _paid(lines: Sequence[str], first: int, start: int, end: int, cost: int) -> int | None:
    """The first line from *start* on before which lines weigh more than *cost*; None if there is none before *end*."""
    weight = sum(len(line) + 1 for line in lines[first:start])
    while weight <= cost and start < end:
        weight += len(lines[start]) + 1
        start += 1
    return start if start < end else None


def _fitting(values: list[str], room: int) -> tuple[str, ...]:
    """Takes the values that fit; the others go on waiting."""
    taken: list[str] = []
    for said in list(values):
        if len(said) + 1 < room:
            taken.append(said)
            values.remove(said)
            room -= len(said) + 1
    return tuple(taken)


def _as_printed(waiting: _Waiting, end: int) -> Iterable[Block]:
    if waiting.records:
        yield keep(waiting.records[0].start, end, min(record.rank for record in waiting.records))
        waiting.records.clear()


def _chars(lines: Sequence[str], start: int, end: int) -> int:
    """About what lines weigh: rules of dashes are long and have few tokens."""
    if end - start > MEMBERS:
        return sum(map(len, lines[start:end]))
    return sum(len(line.rstrip("-=* ")) + 1 for line in lines[start:end])


def _annotated(lines: Sequence[str], record: Record, frames: Mapping[int, str]) -> Iterable[str]:
    yield lines[record.start] + record.note
    for at in range(record.start + 1, record.end):
        if at not in frames:
            yield lines[at]
