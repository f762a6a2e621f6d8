"""A message that stands in a line of its own above its place: said once above all that was printed of it.

error: unneeded `return` statement                  error: unneeded `return` statement
   --> src/cart.rs:12:5                                --> src/cart.rs:12:5
12 |     return total;                              12 |     return total;
error: unneeded `return` statement          ->         --> src/ship.rs:40:9
   --> src/ship.rs:40:9                             40 |         return rate;
40 |         return rate;

What names a second place, in a note of its own, stays under its own message: two arrows in a row would be two places.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sidecar.compression.forms.diagnostics.kinds import Kind, Line

__all__ = ["under_their_messages"]

_HEADINGS = frozenset({Kind.ERROR, Kind.LINT, Kind.WARNING})
_BELONGS = frozenset({
    Kind.ARROW, Kind.SAID, Kind.SOURCE, Kind.MARK, Kind.LABEL, Kind.HELP, Kind.CHANGE, Kind.HINT, Kind.NOTE, Kind.OTHER,
})  # fmt: skip
_SECOND = "::: "


@dataclass(slots=True)
class _Told:
    """A message with what is printed below it: the indexes of its lines, and how many places it is about."""

    indexes: list[int]
    arrows: int = 0
    others: list[int] = field(default_factory=list)


def under_their_messages(
    lines: Sequence[str], read: Sequence[Line], shown: Sequence[int], instead: Mapping[int, Sequence[str]]
) -> dict[int, tuple[str, ...]]:
    """What is printed for lines of *shown* (indexes, in order) that go below an earlier telling of their message.

    *instead* is what is printed in another way already.
    """
    if not any(read[index].kind is Kind.ARROW for index in shown):
        return {}

    def printed(index: int) -> tuple[str, ...]:
        return tuple(instead.get(index, (lines[index],)))

    moved: dict[int, tuple[str, ...]] = {}
    first: dict[str, _Told] = {}
    for told in _told(lines, read, (index for index in shown if printed(index))):
        heading = printed(told.indexes[0])
        if told.arrows != 1 or len(heading) > 1:
            continue
        above = first.setdefault(heading[0], told)
        if above is not told:
            above.others += told.indexes[1:]
            moved |= dict.fromkeys(told.indexes, ())
    for told in first.values():
        if told.others:
            last = told.indexes[-1]
            moved[last] = (*printed(last), *(line for index in told.others for line in printed(index)))
    return moved


def _told(lines: Sequence[str], read: Sequence[Line], shown: Iterable[int]) -> list[_Told]:
    """The messages without a place in their own line, each with what belongs to it."""
    found: list[_Told] = []
    is_inside = False
    for index in shown:
        this = read[index]
        if this.kind in _HEADINGS and not this.place:
            found.append(_Told([index]))
            is_inside = True
        elif is_inside and this.kind in _BELONGS and (not this.place or this.kind is Kind.ARROW):
            found[-1].indexes.append(index)
            found[-1].arrows += this.kind is Kind.ARROW and _SECOND not in lines[index]
        else:
            is_inside = False
    return found
