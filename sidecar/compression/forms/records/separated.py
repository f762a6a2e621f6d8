"""Tables whose cells stand between marks: CSV and TSV, with a heading or without, and what `apt list` prints.

id,name
1,a
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence

from sidecar.compression.forms.records.drawn import between, is_border
from sidecar.compression.forms.records.grid import LINE_CHARS, MIN_ROWS, Grid

__all__ = ["packages", "separated", "unheaded"]

_UNHEADED_ROWS = 12
_LEAST_COLUMNS = {"\t": 3, "|": 3, ",": 4}
_NO_CSV = "{[ <#/-"
"""What begins so has commas of another kind."""
_NAMES = {"\t": "tabs", "|": "bars", ",": "commas"}
_LISTING = "Listing..."
_PACKAGE = re.compile(r"([^\s/]+)/(\S+) (\S+) (\S+)(?: (\[[^\]]*\]))?$")


def packages(lines: Sequence[str]) -> Grid | None:
    """What `apt list` prints below `Listing...`: `bash/stable,now 5.2-2 amd64 [installed]`."""
    start = next((at for at, line in enumerate(lines[:8]) if line.startswith(_LISTING)), -1)
    if start < 0:
        return None
    body = [at for at in range(start + 1, len(lines)) if lines[at].strip()]
    matches = [_PACKAGE.match(lines[at][:LINE_CHARS]) for at in body]
    if sum(match is not None for match in matches) * 10 < 9 * len(body) or len(body) < MIN_ROWS:
        return None
    rows = tuple(None if match is None else tuple(cell or "" for cell in match.groups()) for match in matches)
    return Grid("list", start, body[-1] + 1, ("package", "suite", "version", "arch", "state"), rows, tuple(body))


def separated(lines: Sequence[str]) -> Grid | None:
    """A file of comma- or tab-separated values from its heading to its end."""
    header = lines[0]
    mark = "\t" if "\t" in header else "," if "," in header else ";" if ";" in header else ""
    if not mark or len(header) > LINE_CHARS or header[:1] in _NO_CSV:
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
    if len(rows) < MIN_ROWS or odd * 10 > len(rows):
        return None
    kind = "tsv" if mark == "\t" else "csv"
    return Grid(kind, 0, last + 1, tuple(names), tuple(rows), tuple(range(1, last + 1)))


def unheaded(lines: Sequence[str]) -> Grid | None:
    """Rows under no heading, as tools print them for other programs: their columns are numbered.

    Between tabs, between bars (`sqlite3`, `psql -t`, the end of a drawn table), between commas (the end of a CSV file).
    """
    first = lines[0]
    mark = next((mark for mark in "\t|," if mark in first.strip()), "")
    if not mark or len(first) > LINE_CHARS or (mark == "\t" and first[:1] in " \t"):
        return None
    last = len(lines)
    while not lines[last - 1].strip():
        last -= 1
    count = len(_unnamed(first, mark))
    if count < _LEAST_COLUMNS[mark] or last < _UNHEADED_ROWS:
        return None
    if mark == "," and (first[:1] in _NO_CSV or any(", " in line for line in lines[:_UNHEADED_ROWS])):
        return None  # JSON, sentences, code
    body = [at for at in range(last) if not is_border(lines[at])]
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
            return between(line, mark)
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
