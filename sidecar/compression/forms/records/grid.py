"""Where a table stands in an output, and its cells as they were printed.

NAME    READY   STATUS           aligned: a heading in capitals, or dashes under it
web-1   1/1     Running

 id | name       | id | name |   drawn: psql, Markdown, mysql, box characters
----+------      |----|------|
  1 | a          | 1  | a    |

id,name                          separated: CSV, TSV
1,a
"""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sidecar.compression.alarms import is_alarm

__all__ = ["Grid", "grids"]

_CAPITALS = re.compile(
    r"\s*(?:[A-Z%#+][A-Z0-9%#+_/().:-]*|[A-Z][a-z]*(?=[-:]))(?:\s{1,80}[A-Z0-9%#/(+-][A-Z0-9%#+_/().:-]*)+\s*$"
)
_MIXED = re.compile(
    r"(?:Filesystem +(?:\S+ +){3,5}Mounted on|Netid +State +Recv-Q|State +Recv-Q +Send-Q|Proto +Recv-Q"
    r"|Package +Version|Package +Current +Wanted|\S+ +Type +Reason +Age|(?:LAST SEEN|Last Seen) +|COMMAND +PID"
    r"|UNIT FILE +STATE|\s+UNIT +LOAD|Destination +Gateway|Num +RefCount|Module +Size +Used"
    r"|\s+total +used +free +shared| +ncalls +tottime +percall +cumtime)"
)
_RULE = re.compile(r"\s*[-=─━]{2,}(?:[ +|┼]+[-=─━]{2,})*\s*$")
_RULED = ("--", "==", "──", "━━")
"""One of these is in every line that `_RULE` matches, ..."""
_RULE_BEGINS = frozenset(" -=─━")
"""... which begins so."""
_HEAD_BEGINS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ%#+| \t")
"""How a heading without a rule under it begins."""

_BORDER = re.compile(r"[\s|+:=─━┌┐└┘├┤┬┴┼│╭╮╰╯╞╪╡╔╗╚╝╠╣╦╩╬║═-]+$")
_BARS = ("|", "│", "║")
_RULES = ("-+-", "+--", "|-", "|:-", "| -", "| :-", "─┼", "─┬", "━╇", "═╪", "━┿", "═╬", "═╦", "─╫")
"""What a drawn table has somewhere below its heading."""

_DPKG = "||/ Name"
_DIGIT = re.compile(r"\d")
_HEADING_WORDS = 4
_MESSAGE = re.compile(r"[\w./-]+: \S+(?: \S+)*$")
"""How a program begins what it says of an error: no row, however it falls into the columns."""
_MIN_ROWS = 3
_UNHEADED_ROWS = 12
_LEAST_COLUMNS = {"\t": 3, "|": 3, ",": 4}
_NO_CSV = "{[ <#/-"
"""What begins so has commas of another kind."""
_NAMES = {"\t": "tabs", "|": "bars", ",": "commas"}
_SEEN = 400
"""So many rows tell where the columns are."""

_MAX_CHARS = 4_000

_FIRST_LINES = 60
"""A table's heading is among so many lines, or the command must say that there is one."""


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


def grids(lines: Sequence[str], text: str, *, hinted: bool) -> list[Grid]:
    """The tables of an output, in order; nothing where it is not made of tables."""
    if not lines or len(lines) < _MIN_ROWS:
        return []
    if not hinted and not _begins_with_tables(lines):
        return []
    found = list(_found(lines, text))
    covered = sum(grid.end - grid.start for grid in found)
    told = sum(1 for line in lines if line.strip())
    rows = sum(row is not None for grid in found for row in grid.rows)
    return found if rows >= _MIN_ROWS - hinted and covered >= (0.3 if hinted else 0.7) * told else []


def _begins_with_tables(lines: Sequence[str]) -> bool:
    """Whether a good part of the first lines are tables: asked before all lines of an output of any kind are read."""
    first = lines[:_FIRST_LINES]
    text = "\n".join(first)
    if len(text) > _FIRST_LINES * _MAX_CHARS:
        first = [line[:_MAX_CHARS] for line in first]
        text = "\n".join(first)
    covered = sum(grid.end - grid.start for grid in _found(first, text))
    return covered * 2 >= sum(1 for line in first if line.strip()) > 0


def _found(lines: Sequence[str], text: str) -> Iterable[Grid]:
    if any(bar in text for bar in _BARS) and any(rule in text for rule in _RULES) and (found := list(_drawn(lines))):
        yield from found
        return
    separated = _packages(lines) or _separated(lines) or _unheaded(lines)
    if separated is not None:
        yield separated
        return
    end = 0
    heads = list(_heads(lines, text))
    others = {index for index in heads if _begins_another(lines, index)}
    for index in heads:
        if index < end:
            continue
        end = index + 1
        while end < len(lines) and lines[end].strip() and not (end in others and lines[end] != lines[index]):
            end += 1
        grid = _aligned(lines, index, end) if end - index > 1 else None
        if grid is not None:
            yield grid


# Aligned.


def _heads(lines: Sequence[str], text: str) -> Iterable[int]:
    """Which lines may be the heading of an aligned table; told by their first character, most are not."""
    ruled: set[int] = set()
    if any(rule in text for rule in _RULED):
        ruled = {at - 1 for at, line in enumerate(lines) if line[:1] in _RULE_BEGINS and _is_rule(line)}
    for index, line in enumerate(lines):
        if line[:1] not in _HEAD_BEGINS and index not in ruled:
            continue
        if not 4 <= len(line) < _MAX_CHARS:
            continue
        is_spread = "  " in line
        if index in ruled and (is_spread or " " in line.strip()):
            yield index
        elif is_spread or line.isupper():
            first = line.lstrip()[:1]
            is_named = (first.isupper() or first in "%#+") and _CAPITALS.match(line) is not None
            if is_named or line.startswith(_DPKG) or _MIXED.match(line):
                yield index


def _begins_another(lines: Sequence[str], index: int) -> bool:
    """Whether the heading *index* ends the table above it, which has numbers where it has names: `df -h; free -m`."""
    return (
        index > 0
        and len(lines[index].split()) >= _HEADING_WORDS
        and not _DIGIT.search(lines[index])
        and _DIGIT.search(lines[index - 1]) is not None
    )


def _is_rule(line: str) -> bool:
    """Dashes under the names of more than one column."""
    return _RULE.match(line[:_MAX_CHARS]) is not None and " " in line.strip()


def _aligned(lines: Sequence[str], start: int, end: int) -> Grid | None:
    header = lines[start]
    body = [
        at
        for at in range(start + 1, end)
        if not _RULE.match(lines[at][:_MAX_CHARS]) and not lines[at].startswith("+++-")
    ]
    if not body:
        return None
    edges = _edges(header, [lines[at] for at in body[:_SEEN]])
    # A gutter one space wide may run through a text: rows must obey it, or the words of a row are its cells.
    names = header.split()
    words = [name for name in names if name != "on"] if header.rstrip().endswith("Mounted on") else names
    obeyed = sum(_fits(lines[at], edges) for at in body[:_SEEN])
    if len(edges) >= 2 and obeyed >= 0.9 * min(len(body), _SEEN):
        headings = tuple(header[begin:until].strip() for begin, until in edges)
        fitting = [_cells(lines[at], edges) if _fits(lines[at], edges) else None for at in body]
        rows = tuple(_shifted([lines[at] for at in body], fitting, len(edges)))
    elif (len(words) >= 3 and "  " not in header.strip().replace(" " * 3, "")) or len(words) >= 6:
        count = len(words)
        split = [lines[at].split(None, count - 1) for at in body]
        if sum(len(cells) == count for cells in split) < 0.8 * len(split):
            return None
        headings = tuple(words)
        rows = tuple(tuple(cells) if len(cells) == count else None for cells in split)
    else:
        return None
    said = {at for at in body if _MESSAGE.match(lines[at][:_MAX_CHARS]) and is_alarm(lines[at][:_MAX_CHARS])}
    if said:
        rows = tuple(None if at in said else row for at, row in zip(body, rows, strict=True))
    # `M  PKG-INFO` above `M  README.rst` is no heading.
    if any(row is not None and row[0] == headings[0] for row in rows):
        return None
    return Grid("table", start, end, _told_apart(headings), rows, tuple(body))


def _told_apart(headings: Sequence[str]) -> tuple[str, ...]:
    """The names of columns, a second one of the same name with its number: cProfile's two `percall`."""
    return tuple(
        f"{name}#{headings[:at].count(name) + 1}" if name in headings[:at] else name for at, name in enumerate(headings)
    )


def _edges(header: str, rows: Sequence[str]) -> list[tuple[int, int]]:
    """The columns' spans: what stands between gutters that are blank in the heading and in nearly all rows."""
    width = max(len(header), *(min(len(row), _MAX_CHARS) for row in rows))
    filled = [0] * (width + 1)
    for row in rows:
        for at, character in enumerate(row[:_MAX_CHARS]):
            if character != " ":
                filled[at] += 1
    allowed = len(rows) // 25
    spans: list[list[int]] = []
    inside = False
    for at in range(width):
        blank = filled[at] <= allowed and (at >= len(header) or header[at] == " ")
        if not blank and not inside:
            spans.append([at, at + 1])
        elif not blank:
            spans[-1][1] = at + 1
        inside = not blank
    merged: list[list[int]] = []
    for begin, until in spans:
        # One blank before a name with nothing below it: a name of two words, `Depended by`.
        is_word = bool(merged) and begin - merged[-1][1] == 1 and not any(filled[begin:until])
        if merged and (is_word or not header[begin:until].strip()):
            merged[-1][1] = until
        else:
            merged.append([begin, until])
    if merged:
        merged[-1][1] = 1 << 40
    return [(begin, until) for begin, until in merged]


def _shifted(
    lines: Sequence[str], rows: Sequence[tuple[str, ...] | None], count: int
) -> Iterable[tuple[str, ...] | None]:
    """A row whose long cell pushes the others out of their columns is read by its words, if cells are words."""
    wordy = any(not cell or " " in cell for row in rows if row is not None for cell in row[:-1])
    for line, row in zip(lines, rows, strict=True):
        if row is not None or wordy:
            yield row
        else:
            cells = tuple(line.split(None, count - 1))
            yield cells if len(cells) == count else None


def _fits(row: str, edges: Sequence[tuple[int, int]]) -> bool:
    return all(not row[until:begin].strip() for (_, until), (begin, _) in itertools.pairwise(edges)) and not (
        edges and row[: edges[0][0]].strip()
    )


def _cells(row: str, edges: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    return tuple(row[begin:until].strip() for begin, until in edges)


# Drawn.


def _drawn(lines: Sequence[str]) -> Iterable[Grid]:
    index = 0
    while index < len(lines):
        bar = next((bar for bar in _BARS if bar in lines[index][:_MAX_CHARS]), "")
        if not bar or _BORDER.match(lines[index]):
            index += 1
            continue
        count = lines[index].count(bar)
        start = index - 1 if index and _is_border(lines[index - 1]) else index
        end = index + 1
        ruled = False
        is_border = False
        while end < len(lines) and (lines[end].count(bar) >= count or _is_border(lines[end])):
            # Two borders in a row: the second one is the next table's.
            if is_border and _is_border(lines[end]):
                break
            is_border = _is_border(lines[end])
            ruled = ruled or (end <= index + 2 and is_border)
            end += 1
        rows = [at for at in range(index + 1, end) if not _is_border(lines[at])]
        if ruled and rows:
            cells = tuple(_between(lines[at], bar) if lines[at].count(bar) == count else None for at in rows)
            headings = _between(lines[index], bar)
            if sum(row is not None for row in cells) >= 0.8 * len(cells) and all(
                row is None or len(row) == len(headings) for row in cells
            ):
                yield Grid("table", start, end, headings, cells, tuple(rows))
        index = end


def _is_border(line: str) -> bool:
    return (
        bool(line)
        and len(line.strip()) > 1
        and _BORDER.match(line) is not None
        and any(mark in line for mark in "-─━═")
    )


def _between(line: str, bar: str) -> tuple[str, ...]:
    cells = line.split(bar)
    bare = line.strip()
    if bare.startswith(bar):
        cells = cells[1:]
        if bare.endswith(bar):
            cells = cells[:-1]
    return tuple(cell.strip() for cell in cells)


# Packages: `apt list`.

_LISTING = "Listing..."
_PACKAGE = re.compile(r"([^\s/]+)/(\S+) (\S+) (\S+)(?: (\[[^\]]*\]))?$")


def _packages(lines: Sequence[str]) -> Grid | None:
    start = next((at for at, line in enumerate(lines[:8]) if line.startswith(_LISTING)), -1)
    if start < 0:
        return None
    body = [at for at in range(start + 1, len(lines)) if lines[at].strip()]
    matches = [_PACKAGE.match(lines[at][:_MAX_CHARS]) for at in body]
    if sum(match is not None for match in matches) * 10 < 9 * len(body) or len(body) < _MIN_ROWS:
        return None
    rows = tuple(None if match is None else tuple(cell or "" for cell in match.groups()) for match in matches)
    return Grid("list", start, body[-1] + 1, ("package", "suite", "version", "arch", "state"), rows, tuple(body))


# Separated.


def _separated(lines: Sequence[str]) -> Grid | None:
    header = lines[0]
    mark = "\t" if "\t" in header else "," if "," in header else ";" if ";" in header else ""
    if not mark or len(header) > _MAX_CHARS or header[:1] in _NO_CSV:
        return None
    names = _split(header, mark)
    # The heading of a table has names, every one different, and none is a sentence or a path.
    if len(names) < 3 or len(set(names)) < len(names) or "/" in header:
        return None
    if any(
        not name.strip('"') or len(name) > 60 or name[:1].isdigit() or name[:1] == " " or ": " in name for name in names
    ):
        return None
    last = len(lines) - 1
    while last > 0 and not lines[last].strip():
        last -= 1
    rows: list[tuple[str, ...] | None] = []
    odd = 0
    for at in range(1, last + 1):
        cells = _split(lines[at], mark)
        if len(cells) == len(names):
            rows.append(tuple(cells))
            continue
        rows.append(None)
        odd += 1
        if odd > 3 and odd * 20 > at:
            return None
    if len(rows) < _MIN_ROWS or odd * 10 > len(rows):
        return None
    kind = "tsv" if mark == "\t" else "csv"
    return Grid(kind, 0, last + 1, tuple(names), tuple(rows), tuple(range(1, last + 1)))


def _unheaded(lines: Sequence[str]) -> Grid | None:
    """Rows under no heading, as tools print them for other programs: their columns are numbered.

    Between tabs, between bars (`sqlite3`, `psql -t`, the end of a drawn table), between commas (the end of a CSV file).
    """
    first = lines[0]
    mark = next((mark for mark in "\t|," if mark in first.strip()), "")
    if not mark or len(first) > _MAX_CHARS or (mark == "\t" and first[:1] in " \t"):
        return None
    last = len(lines)
    while not lines[last - 1].strip():
        last -= 1
    count = len(_unnamed(first, mark))
    if count < _LEAST_COLUMNS[mark] or last < _UNHEADED_ROWS:
        return None
    if mark == "," and (first[:1] in _NO_CSV or any(", " in line for line in lines[:_UNHEADED_ROWS])):
        return None  # JSON, sentences, code
    body = [at for at in range(last) if not _is_border(lines[at])]
    cells = [_unnamed(lines[at], mark) for at in body]
    if sum(len(row) != count for row in cells) * 50 > last:
        return None
    if mark == "|" and not _is_padding([lines[at] for at in body]):
        return None
    rows = tuple(row if len(row) == count else None for row in cells)
    names = tuple(f"#{at + 1}" for at in range(count))
    return Grid(f"list between {_NAMES[mark]}", 0, last, names, rows, tuple(body))


def _is_padding(rows: Sequence[str]) -> bool:
    """Whether the blanks before cells only set them to the right; of `-X importtime` they tell who imported whom."""
    usual = rows[0].count("|")
    columns = zip(*(row.split("|") for row in rows if row.count("|") == usual), strict=True)
    for column in columns:
        leads = {len(cell) - len(cell.lstrip()) for cell in column if cell.strip()}
        if len(leads) > 1 and len({len(cell.rstrip()) for cell in column if cell.strip()}) > 1:
            return False
    return True


def _unnamed(line: str, mark: str) -> tuple[str, ...]:
    match mark:
        case "|":
            return _between(line, mark)
        case ",":
            return tuple(_split(line, mark))
        case _:
            return tuple(line.split(mark))


def _split(line: str, mark: str) -> list[str]:
    if '"' not in line:
        return line.split(mark)
    try:
        cells = next(csv.reader([line], delimiter=mark), [])
    except csv.Error:
        return []
    # As printed: a quotation mark inside a cell stays doubled.
    return [cell.replace('"', '""') for cell in cells]
