"""A table as it was printed: its heading, its rows and their cells, whatever way it was written."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LINE_CHARS", "MIN_ROWS", "Grid"]

MIN_ROWS = 3
"""Fewer rows are no table."""
LINE_CHARS = 4_000
"""No row of a table is longer; of a longer line patterns see its beginning."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: its heading's cells and each row's, with the index of the row's line.

    A row that does not fit the columns has no cells and stays as it is. Lines of [start, end) that are no row are
    the heading, rules and borders.
    """

    kind: str
    start: int
    end: int
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...] | None, ...]
    lines: tuple[int, ...]
