"""Where tables stand in an output.

NAME    READY   STATUS           aligned: a heading in capitals, or dashes under it
web-1   1/1     Running

 id | name       | id | name |   drawn: psql, Markdown, mysql, box characters
----+------      |----|------|
  1 | a          | 1  | a    |

id,name                          separated: CSV, TSV
1,a
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sidecar.compression.forms.records.aligned import aligned, begins_another, heads
from sidecar.compression.forms.records.drawn import drawn, may_be_drawn
from sidecar.compression.forms.records.grid import LINE_CHARS, MIN_ROWS, Grid
from sidecar.compression.forms.records.separated import packages, separated, unheaded

__all__ = ["grids"]

_FIRST_LINES = 60
"""A table's heading is among so many lines, or the command must say that there is one."""


def grids(lines: Sequence[str], text: str, *, hinted: bool) -> list[Grid]:
    """The tables of an output, in order; nothing where it is not made of tables."""
    if not lines or len(lines) < MIN_ROWS:
        return []
    if not hinted and not _begins_with_tables(lines):
        return []
    found = list(_found(lines, text))
    covered = sum(grid.end - grid.start for grid in found)
    told = sum(1 for line in lines if line.strip())
    rows = sum(row is not None for grid in found for row in grid.rows)
    return found if rows >= MIN_ROWS - hinted and covered >= (0.3 if hinted else 0.7) * told else []


def _begins_with_tables(lines: Sequence[str]) -> bool:
    """Whether a good part of the first lines are tables: asked before all lines of an output of any kind are read."""
    first = lines[:_FIRST_LINES]
    text = "\n".join(first)
    if len(text) > _FIRST_LINES * LINE_CHARS:
        first = [line[:LINE_CHARS] for line in first]
        text = "\n".join(first)
    covered = sum(grid.end - grid.start for grid in _found(first, text))
    return covered * 2 >= sum(1 for line in first if line.strip()) > 0


def _found(lines: Sequence[str], text: str) -> Iterable[Grid]:
    if may_be_drawn(text) and (found := list(drawn(lines))):
        yield from found
        return
    whole = packages(lines) or separated(lines) or unheaded(lines)
    if whole is not None:
        yield whole
        return
    end = 0
    headings = list(heads(lines, text))
    others = {index for index in headings if begins_another(lines, index)}
    for index in headings:
        if index < end:
            continue
        end = index + 1
        while end < len(lines) and lines[end].strip() and not (end in others and lines[end] != lines[index]):
            end += 1
        grid = aligned(lines, index, end) if end - index > 1 else None
        if grid is not None:
            yield grid
