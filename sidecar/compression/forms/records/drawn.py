"""Tables drawn with bars and rules: psql, Markdown, mysql, box characters.

 id | name       | id | name |
----+------      |----|------|
  1 | a          | 1  | a    |
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sidecar.compression.forms.records.grid import LINE_CHARS, Grid

__all__ = ["between", "drawn", "is_border", "may_be_drawn"]

_BARS = ("|", "│", "║")
_RULES = ("-+-", "+--", "|-", "|:-", "| -", "| :-", "─┼", "─┬", "━╇", "═╪", "━┿", "═╬", "═╦", "─╫")
"""What a drawn table has somewhere below its heading."""
_BORDER = re.compile(r"[\s|+:=─━┌┐└┘├┤┬┴┼│╭╮╰╯╞╪╡╔╗╚╝╠╣╦╩╬║═-]+$")


def may_be_drawn(text: str) -> bool:
    """Whether a text has bars and rules at all."""
    return any(bar in text for bar in _BARS) and any(rule in text for rule in _RULES)


def drawn(lines: Sequence[str]) -> Iterable[Grid]:
    """The tables that have a border below their heading and as many bars in each row."""
    index = 0
    while index < len(lines):
        bar = next((bar for bar in _BARS if bar in lines[index][:LINE_CHARS]), "")
        if not bar or _BORDER.match(lines[index]):
            index += 1
            continue
        count = lines[index].count(bar)
        start = index - 1 if index and is_border(lines[index - 1]) else index
        end = index + 1
        ruled = False
        is_below_border = False
        while end < len(lines) and (lines[end].count(bar) >= count or is_border(lines[end])):
            # Two borders in a row: the second one is the next table's.
            if is_below_border and is_border(lines[end]):
                break
            is_below_border = is_border(lines[end])
            ruled = ruled or (end <= index + 2 and is_below_border)
            end += 1
        rows = [at for at in range(index + 1, end) if not is_border(lines[at])]
        if ruled and rows:
            cells = tuple(between(lines[at], bar) if lines[at].count(bar) == count else None for at in rows)
            headings = between(lines[index], bar)
            if sum(row is not None for row in cells) >= 0.8 * len(cells) and all(
                row is None or len(row) == len(headings) for row in cells
            ):
                yield Grid("table", start, end, headings, cells, tuple(rows))
        index = end


def is_border(line: str) -> bool:
    """Whether a line is of nothing but dashes and what joins them."""
    return (
        bool(line)
        and len(line.strip()) > 1
        and _BORDER.match(line) is not None
        and any(mark in line for mark in "-─━═")
    )


def between(line: str, bar: str) -> tuple[str, ...]:
    """What stands between the bars of a line, without the blanks around it."""
    cells = line.split(bar)
    bare = line.strip()
    if bare.startswith(bar):
        cells = cells[1:]
        if bare.endswith(bar):
            cells = cells[:-1]
    return tuple(cell.strip() for cell in cells)
