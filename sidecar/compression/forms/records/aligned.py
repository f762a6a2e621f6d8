"""Tables whose cells stand in columns: under a heading in capitals, or one with dashes under it.

NAME    READY   STATUS
web-1   1/1     Running
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence

from sidecar.compression.alarms import is_alarm
from sidecar.compression.forms.records.grid import LINE_CHARS, Grid

__all__ = ["aligned", "begins_another", "heads"]

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
_DPKG = "||/ Name"
_DIGIT = re.compile(r"\d")
_HEADING_WORDS = 4
_MESSAGE = re.compile(r"[\w./-]+: \S+(?: \S+)*$")
"""How a program begins what it says of an error: no row, however it falls into the columns."""
_SEEN = 400
"""So many rows tell where the columns are."""


def heads(lines: Sequence[str], text: str) -> Iterable[int]:
    """Which lines may be the heading of an aligned table; told by their first character, most are not."""
    ruled: set[int] = set()
    if any(rule in text for rule in _RULED):
        ruled = {at - 1 for at, line in enumerate(lines) if line[:1] in _RULE_BEGINS and _is_rule(line)}
    for index, line in enumerate(lines):
        if line[:1] not in _HEAD_BEGINS and index not in ruled:
            continue
        if not 4 <= len(line) < LINE_CHARS:
            continue
        is_spread = "  " in line
        if index in ruled and (is_spread or " " in line.strip()):
            yield index
        elif is_spread or line.isupper():
            first = line.lstrip()[:1]
            is_named = (first.isupper() or first in "%#+") and _CAPITALS.match(line) is not None
            if is_named or line.startswith(_DPKG) or _MIXED.match(line):
                yield index


def begins_another(lines: Sequence[str], index: int) -> bool:
    """Whether the heading *index* ends the table above it, which has numbers where it has names: `df -h; free -m`."""
    return (
        index > 0
        and len(lines[index].split()) >= _HEADING_WORDS
        and not _DIGIT.search(lines[index])
        and _DIGIT.search(lines[index - 1]) is not None
    )


def _is_rule(line: str) -> bool:
    """Dashes under the names of more than one column."""
    return _RULE.match(line[:LINE_CHARS]) is not None and " " in line.strip()


def aligned(lines: Sequence[str], start: int, end: int) -> Grid | None:
    """The table whose heading is line *start* and whose rows go up to *end*, where they obey one set of columns."""
    header = lines[start]
    body = [
        at
        for at in range(start + 1, end)
        if not _RULE.match(lines[at][:LINE_CHARS]) and not lines[at].startswith("+++-")
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
    said = {at for at in body if _MESSAGE.match(lines[at][:LINE_CHARS]) and is_alarm(lines[at][:LINE_CHARS])}
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
    width = max(len(header), *(min(len(row), LINE_CHARS) for row in rows))
    filled = [0] * (width + 1)
    for row in rows:
        for at, character in enumerate(row[:LINE_CHARS]):
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
