"""What a needle is, and the one way of looking for it: as an exact substring.

A script that knows a format says of a line which facts it states. Two readings are kept, for nobody
knows which one a reader would choose:

    src/a.c:3:5: error: 'x' undeclared       strict: the whole line, unbroken
                                             loose:  "src/a.c:3:5" and "'x' undeclared", anywhere
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

__all__ = ["Extract", "Fact", "spread"]


@dataclass(frozen=True, slots=True)
class Fact:
    """A line that must be seen, as printed without the blanks around it, and the pieces that say it."""

    line: str
    pieces: tuple[str, ...]
    kind: str = ""

    @staticmethod
    def of(line: str, *pieces: str, kind: str = "") -> Fact:
        """The fact of *line*; without pieces the line is its piece. Long ones are cut: no reader copies a page."""
        line = line.strip()[:400]
        found = tuple(piece for piece in (piece.strip()[:300] for piece in pieces) if piece)
        return Fact(line, found or (line[:300].strip(),), kind)


Extract = Callable[[str], Iterator[Fact]]
"""Reads a whole text and yields the facts of one kind of format; nothing where the format does not appear."""


def spread(facts: Iterable[Fact], limit: int) -> list[Fact]:
    """At most *limit* distinct facts, evenly from the beginning to the end."""
    distinct = list(dict.fromkeys(facts))
    if len(distinct) <= limit:
        return distinct
    return [distinct[index * (len(distinct) - 1) // (limit - 1)] for index in range(limit)]
