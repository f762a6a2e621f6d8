"""PHP_CodeSniffer's tables: each message once with its lines, wrapped ones on one line, without rulers.

FILE: /shop/src/Cart.php                                          several files:
--------------------------------------------                        ERROR | Missing @link tag: Cart.php 21 30; ...
FOUND 3 ERRORS AFFECTING 3 LINES                           ->     FILE: /shop/src/Cart.php
--------------------------------------------                      FOUND 3 ERRORS AFFECTING 3 LINES
 21 | ERROR | Missing @link tag                                     55 | WARNING | Line exceeds 85 characters
    |       | in class comment
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from sidecar.compression.forms.diagnostics.rows import File, common, in_rows, of_several
from sidecar.compression.kept import kept
from sidecar.compression.vocabulary import Block, Evidence, Rank, Segment, keep

__all__ = ["LITERALS", "evidence", "is_phpcs", "reduce"]

LITERALS = ("FILE: ",)
_FILE = "FILE: "
_ROW = re.compile(r" *(?P<line>\d+) \| (?P<severity>ERROR|WARNING) *\| (?P<said>\S.*)")
_WRAPPED = re.compile(r" +\| {5,9}\| +(?P<said>\S.*)")
_TOTAL = re.compile(r"FOUND \d+ |PHPCBF CAN FIX |A TOTAL OF ")
_LEFT_OUT = "rulers, padding"


@dataclass(slots=True)
class _Table:
    """One file's findings: what is printed above them, and below."""

    file: File
    totals: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Report:
    tables: list[_Table] = field(default_factory=list)
    first: int = 0
    end: int = 0
    """The lines of the tables, [first, end)."""


def is_phpcs(segment: Segment, present: frozenset[str]) -> bool:
    """Whether a text is such tables, from the first on to a line or two of what it cost."""
    if present.isdisjoint(LITERALS) or "\nFOUND " not in segment.text:
        return False
    report = _read(segment)
    return bool(report.tables) and 2 * (report.end - report.first) >= len(segment.lines)


@kept
def _read(segment: Segment) -> _Report:
    return _told(segment.lines)


def _told(lines: Sequence[str]) -> _Report:
    report = _Report()
    key = ""
    for index, line in enumerate(lines):
        if line.startswith(_FILE):
            if not report.tables:
                report.first = index
            report.tables.append(_Table(File(index, line.removeprefix(_FILE))))
        elif not report.tables:
            continue
        elif (row := _ROW.match(line)) is not None:
            key = f"{row['severity']} | {row['said']}"
            report.tables[-1].file.said.setdefault(key, []).append((row["line"], index))
        elif (wrapped := _WRAPPED.match(line)) is not None and key:
            key = _joined(report.tables[-1].file, key, wrapped["said"].strip())
        elif _TOTAL.match(line):
            report.tables[-1].totals.append(line)
        elif line.strip("- "):
            return report
        report.end = index + 1
    return report


def _joined(file: File, key: str, more: str) -> str:
    """The message of the last row with what it goes on with."""
    places = file.said[key]
    last = places.pop()
    if not places:
        del file.said[key]
    whole = f"{key} {more}"
    file.said.setdefault(whole, []).append(last)
    return whole


def evidence(segment: Segment) -> list[Evidence]:
    """Every path, line and message; every total; whatever stands around the tables."""
    report = _read(segment)
    found: list[Evidence] = []
    for index, line in enumerate(segment.lines):
        row = _ROW.match(line)
        wrapped = row or _WRAPPED.match(line)
        if not report.first <= index < report.end:
            found += [Evidence(index, (line,))] if line.strip() else []
        elif row is not None:
            found.append(Evidence(index, (row["line"], row["severity"], row["said"].strip())))
        elif wrapped is not None:
            found.append(Evidence(index, (wrapped["said"].strip(),)))
        elif line.startswith(_FILE) or _TOTAL.match(line):
            found.append(Evidence(index, (line,)))
    return found


def reduce(segment: Segment) -> list[Block]:
    """One block for the tables; what stands around them as printed."""
    report = _read(segment)
    told, letters = common([table.file for table in report.tables])
    shown = of_several(told, letters) if told else []
    for table in report.tables:
        shown += [f"{_FILE}{table.file.path}", *table.totals]
        shown += [
            f"  {row} | {said}"
            for said, places in table.file.said.items()
            if said not in told
            for row in in_rows([place for place, _ in places])
        ]
    blocks = [keep(0, report.first)] if report.first else []
    blocks.append(Block(report.first, report.end, tuple(shown), _LEFT_OUT, Rank.EVIDENCE))
    return [*blocks, keep(report.end, len(segment.lines))] if report.end < len(segment.lines) else blocks
