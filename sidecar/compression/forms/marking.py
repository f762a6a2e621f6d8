"""From what lines are left out as to blocks: a long gap is marked where it stands, short ones share the next marker."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from itertools import groupby

from sidecar.compression.forms.drafting import condensed
from sidecar.compression.prefixes import WIDTH
from sidecar.compression.vocabulary import Block, Rank

__all__ = ["marked", "side_by_side"]

_LONG_CHARS = 200
"""A gap this long is worth a marker of its own, in its place."""


def marked(
    lines: Sequence[str], whats: Sequence[str], loud: Container[int], *, start: int, end: int, rank: Rank
) -> Iterable[Block]:
    """Blocks for the lines [start, end): `whats[i]` says what line i is left out as, "" keeps it.

    Kept lines have *rank*, and those around a *loud* one are evidence.
    """

    def drafted(start: int, end: int) -> list[Block]:
        is_loud = any(index in loud for index in range(start, end))
        return condensed(lines, whats, start, end, rank=Rank.EVIDENCE if is_loud else rank)

    for is_gap, run in groupby(range(start, end), lambda index: bool(whats[index])):
        indexes = list(run)
        if is_gap and sum(len(lines[index].rstrip("- ")) for index in indexes) > _LONG_CHARS:
            yield from drafted(start, indexes[-1] + 1)
            start = indexes[-1] + 1
    yield from drafted(start, end)


def side_by_side(names: Iterable[str]) -> list[str]:
    """Names one after another, on lines short enough that a bound can cut between them."""
    lines: list[str] = []
    for name in names:
        if lines and len(lines[-1]) + len(name) < WIDTH:
            lines[-1] += f", {name}"
        else:
            lines.append(name)
    return lines
