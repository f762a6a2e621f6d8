"""Rows of columns: `ls -l`, `find -ls`, `tar tv`, `unzip -l`, `unzip -v`, `zipinfo`, `jar tv`, `exa -l`.

    -rw-r--r-- 1 ann staff  120 Nov 23 00:27 a.py      (unless said: -rw-r--r-- 1 ann staff Nov 23 00:27)
    -rw-r--r-- 1 ann staff 4120 Nov 23 00:27 b.py  ->  120 a.py
    drwxr-xr-x 2 ann staff 4096 Nov 23 00:27 lib       4120 b.py
    -rw------- 1 bob staff    7 Nov 23 00:27 key       drwxr-xr-x 2 4096 lib
                                                       -rw------- 1 bob staff 7 key

What most rows say is said once, for all folders of a list; what differs stays in its row.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from sidecar.compression.kept import kept
from sidecar.compression.prefixes import folder_and_name
from sidecar.compression.vocabulary import Block, Evidence, Rank, Segment, keep

__all__ = ["is_row", "rows_evidence", "rows_of", "rows_reduced"]

_MODE = r"[-dlbcpsDCh.][-rwxsStTlL]{9}[.+@]?"
_DATE = (
    r"[A-Z][a-z]{2} +\d{1,2} +(?:\d\d:\d\d|\d{4})|\d{1,2} [A-Z][a-z]{2} +(?:\d\d:\d\d|\d{4})"
    r"|\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d(?:\.\d+ [-+]\d{4})?)?|\d\d-\d\d \d\d:\d\d"
)
_LS = re.compile(rf"( *(?:\d+ +){{0,2}})({_MODE}) +(\d+) +(\S+ +\S+) +(\d+, +\d+|[\d.,]+[KMGTP]?) +({_DATE}) (.+)$")
_EXA = re.compile(rf"()({_MODE})() +()([\d.]+[kKMGT]?i?|-) +(\S+(?: +\S+)?) +({_DATE}) (.+)$")
_TAR = re.compile(rf"()({_MODE}) ()(\S+/\S+) +(\d+|\d+,\d+) ({_DATE}) (.+)$")
_ZIP = re.compile(rf"()()()() *(\d+)  ({_DATE}|\d\d-\d\d-\d{{4}} \d\d:\d\d)   (.+)$")
_ZIPINFO = re.compile(
    rf"(?P<mode>{_MODE}) +(?P<by>\d\.\d \w{{3}}) +(?P<size>\d+) (?P<how>[\w-]{{2}} \w{{4}}) "
    r"(?P<date>\d\d-[A-Z][a-z]{2}-\d\d \d\d:\d\d) (?P<name>.+)$"
)
_UNZIP_V = re.compile(
    rf" *(?P<size>\d+)  (?P<how>\w+(?::\w+)?) +(?P<packed>\d+) +(?P<ratio>-?\d+%) "
    rf"(?P<date>{_DATE}|\d\d-\d\d-\d{{4}} \d\d:\d\d) (?P<sum>[0-9a-f]{{8}})  (?P<name>.+)$"
)
_JAR = re.compile(
    r" *(?P<size>\d+) (?P<date>[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d \w{1,5} \d{4}) (?P<name>.+)$"
)
_READ_CHARS = 2_000
_BLOCK_ROWS = 120
_CODED = 3
"""A mode in so many rows is worth a letter."""


class _Row(NamedTuple):
    """A row's cells, blanks in them one each."""

    lead: str
    mode: str
    owner: str
    size: str
    date: str
    name: str


def _row(line: str) -> _Row | None:
    if len(line) > _READ_CHARS:
        return None
    match = _LS.match(line)
    if match is not None:
        lead, mode, links, owner, size, date, name = match.groups()
        return _Row(_once(lead) if lead else "", _joined(mode, links), _once(owner), _once(size), _once(date), name)
    first = line.lstrip(" ")[:1]
    if not first or (first not in "-dlbcpsDCh." and not first.isdigit()):
        return None
    if (archived := _archived(line)) is not None:
        return archived
    match = _TAR.match(line) or _ZIP.match(line)
    if match is not None:
        lead, mode, links, owner, size, date, name = match.groups()
    else:
        match = _EXA.match(line)
        if match is None:
            return None
        lead, mode, links, _, size, owner, date, name = match.groups()
    return _Row(_once(lead), _joined(mode, links), _once(owner), _once(size), _once(date), name)


def _archived(line: str) -> _Row | None:
    """What is in an archive, as `zipinfo`, `unzip -v` and `jar tv` tell it."""
    if one := _JAR.match(line):
        return _Row("", "", "", one["size"], one["date"], one["name"])
    if one := _ZIPINFO.match(line):
        return _Row("", one["mode"], f"{_once(one['by'])} {one['how']}", one["size"], one["date"], one["name"])
    if one := _UNZIP_V.match(line):
        size = f"{one['size']} {one['packed']} {one['ratio']} {one['sum']}"
        return _Row("", "", one["how"], size, one["date"], one["name"])
    return None


@lru_cache(maxsize=4_096)
def _once(cell: str) -> str:
    """A cell with one blank between its words; owners and dates come again and again."""
    return " ".join(cell.split())


@lru_cache(maxsize=4_096)
def _joined(mode: str, links: str) -> str:
    return f"{mode} {links}".strip()


def is_row(line: str) -> bool:
    return _row(line) is not None


@kept
def rows_of(segment: Segment) -> list[_Row | None]:
    """Each line as a row; read once and kept with the segment, as its text is."""
    return list(map(_row, segment.lines))


class _Usual(NamedTuple):
    """What most rows say, "" where they do not agree."""

    mode: str
    owner: str
    date: str


@kept
def _usual(segment: Segment) -> _Usual:
    rows = [row for row in rows_of(segment) if row is not None]
    return _Usual(
        _agreed([row.mode for row in rows]),
        _agreed([row.owner for row in rows]),
        _agreed([row.date for row in rows]),
    )


def _agreed(cells: Sequence[str]) -> str:
    if len(cells) < 2:
        return ""
    value, count = Counter(cells).most_common(1)[0]
    return value if count * 2 > len(cells) else ""


def rows_evidence(segment: Segment) -> list[Evidence]:
    """Each name with its size, and what is not as in most rows; every line that is no row."""
    found: list[Evidence] = []
    rows = rows_of(segment)
    usual = _usual(segment)
    for index, (line, row) in enumerate(zip(segment.lines, rows, strict=True)):
        if row is None:
            if line:
                found.append(Evidence(index, (line,)))
            continue
        _, mode, owner, size, date, name = row
        parts = [part for part in folder_and_name(name) if part] if "/" in name else [name]
        if size and mode[:1] != "l":
            parts.append(size)
        if owner != usual.owner:
            parts += owner.split()
        if date != usual.date:
            parts += date.split()
        if mode != usual.mode and mode[:1] not in {"d", "l", "-", "."}:
            parts += mode.split()
        found.append(Evidence(index, tuple(parts)))
    return found


def rows_reduced(segment: Segment) -> list[Block]:
    lines = segment.lines
    rows = rows_of(segment)
    real = [row for row in rows if row is not None]
    writer = _Writer(real, _usual(segment))
    blocks: list[Block] = []
    told = False
    index = 0
    while index < len(lines):
        if rows[index] is None and lines[index] and not _is_heading(lines[index]):
            blocks.append(keep(index, index + 1, Rank.EVIDENCE))
            index += 1
            continue
        end = index
        while end < len(lines) and end - index < _BLOCK_ROWS:
            if rows[end] is None and lines[end] and not _is_heading(lines[end]):
                break
            end += 1
        shown = writer.written(lines[index:end], rows[index:end], is_first=not told)
        told = True
        what = "inode and block numbers" if writer.drops_lead else ""
        blocks.append(Block(index, end, tuple(shown), what, Rank.EVIDENCE))
        index = end
    return blocks


def _is_heading(line: str) -> bool:
    return line.endswith(":") or line.startswith("total ")


class _Writer:
    """Writes rows in which only what is not usual is said."""

    def __init__(self, rows: Sequence[_Row], usual: _Usual) -> None:
        self.usual = usual
        others = Counter(row.mode for row in rows if row.mode.strip() and row.mode != self.usual.mode)
        self.codes: dict[str, str] = {}
        for mode, count in others.most_common():
            if count >= _CODED and mode[0] in "dl" and mode[0] not in self.codes.values():
                self.codes[mode] = mode[0]
        self.drops_lead = bool(rows) and all(" " in row.lead for row in rows)
        self.has_folders = sum("/" in row.name.partition(" -> ")[0][:-1] for row in rows) * 2 > len(rows)
        self.last_date = ""

    def legend(self) -> str:
        unsaid = " ".join(part for part in self.usual if part.strip())
        told = [f"unless said: {unsaid}"] if unsaid else []
        if not self.usual.date:
            told.append("no date: that of the row above")
        told += [f"{code}: {mode}" for mode, code in self.codes.items()]
        return f"({'; '.join(told)})"

    def written(self, lines: Sequence[str], rows: Sequence[_Row | None], *, is_first: bool) -> list[str]:
        shown = [self.legend()] if is_first and sum(row is not None for row in rows) > 1 else []
        told = bool(shown) or not is_first
        self.last_date = ""
        folder = ""
        for line, row in zip(lines, rows, strict=True):
            if row is None:
                if line:
                    shown.append(line)
                continue
            if not told:
                shown.append(line)
                continue
            name = row.name
            if self.has_folders:
                path, arrow, target = row.name.partition(" -> ")
                own, base = folder_and_name(path)
                name = f"{base}{arrow}{target}"
                if own != folder:
                    folder = own
                    shown.append(f"{folder or './'}:")
            shown.append(self._cells(row, name))
        return shown

    def _cells(self, row: _Row, name: str) -> str:
        lead, mode, owner, size, date, path = row
        cells = [] if self.drops_lead or not lead else [lead]
        if mode != self.usual.mode and mode:
            cells.append(self.codes.get(mode, mode))
        if owner != self.usual.owner and owner:
            cells.append(owner)
        if size and (mode[:1] != "l" or size != str(len(path.partition(" -> ")[2]))):
            cells.append(size)
        if date != self.usual.date and date and (self.usual.date or date != self.last_date):
            cells.append(date)
        self.last_date = date
        cells.append(name)
        return " ".join(cells)
