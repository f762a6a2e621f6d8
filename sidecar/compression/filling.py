"""Words beside each other on lines short enough that a bound can cut between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

__all__ = ["filled"]


def filled(words: Iterable[str], width: int, *, between: str = " ") -> Iterator[str]:
    """Lines of at most *width* characters with *words* in their order; a longer word has a line of its own."""
    line: list[str] = []
    length = 0
    for word in words:
        if line and length + len(word) > width:
            yield between.join(line)
            line, length = [], 0
        line.append(word)
        length += len(word) + len(between)
    if line:
        yield between.join(line)
