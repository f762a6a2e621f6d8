"""Facts of structured data: what stands out of a column (a rare value of few, the extremes), and what is not well.

Reads JSON, JSON lines and CSV with Python's own readers, aligned tables by the columns of their heading.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.bench.compression.needles.fact import Fact

__all__ = ["outliers", "unwell"]

_ROWS = 20
"""A column of fewer values has no outliers."""

_UNWELL = re.compile(
    r"\b(?:CrashLoopBackOff|ImagePullBackOff|ErrImagePull|OOMKilled|Evicted|NotReady|Unhealthy|unhealthy"
    r"|Exited \([1-9]\d*\)"
    r"|degraded|DEGRADED|must be replaced|will be destroyed|forces replacement|Restarting \(\d+\))"
)
_TABLE_HEAD = re.compile(r"^[A-Z][A-Z0-9_()/% -]*(?: {2,}[A-Z][A-Z0-9_()/% -]*)+ *$")
_IS_NAME = re.compile(r"^(?!.*\d{5})[A-Za-z][^\n]{1,59}$")
_REPORTS = frozenset(("Action", "code", "message-id", "nodeType", "reason", "rule", "ruleId", "rule_id"))
"""Columns of a linter's report, whose rows are diagnostics and no population to be an outlier of."""

_RULE = re.compile(r"^-+(?:\+-+)+$")
_TIMELIKE = re.compile(r"^\d{4}-\d\d-\d\d|^\d\d:\d\d|^\d{10,}$|^[0-9a-f-]{12,}$")


def unwell(text: str) -> Iterator[Fact]:
    """Lines of a table that say that something is not well."""
    for match in _UNWELL.finditer(text):
        start = text.rfind("\n", 0, match.start()) + 1
        end = text.find("\n", match.end())
        line = text[start : end if end >= 0 else len(text)]
        if len(line) < 400:
            yield Fact.of(line, match.group(), line.split()[0], kind="unwell")


def outliers(text: str) -> Iterator[Fact]:
    """Rare values and extremes, each with the name of its row."""
    for rows in _tables(text):
        if len(rows) >= _ROWS and not _REPORTS & set(rows[0]):
            for key in rows[0]:
                yield from _of_column(key, [row for row in rows if row.get(key) is not None])


def _of_column(key: str, rows: Sequence[Mapping[str, Any]]) -> Iterator[Fact]:
    values = [row[key] for row in rows]
    if len(values) < _ROWS:
        return
    if all(isinstance(value, str) for value in values):
        counts = Counter(values)
        # An enumeration: few values, one of them usual; the rare ones are the news.
        rare = {value for value, count in counts.items() if count <= max(2, len(values) // 50) and len(value) > 1}
        usual = max(counts.values())
        if (
            len(counts) <= 12
            and usual >= len(values) // 2
            and sum(counts[value] for value in rare) <= len(values) // 20
        ):
            for row in rows:
                if row[key] in rare:
                    yield Fact.of(row[key], row[key], _name(row, key), kind=f"rare {key}")
    elif all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        typical = sorted(values)[len(values) // 2]
        top = max(rows, key=lambda row: float(row[key]))
        if top[key] > 10 * abs(typical) > 0 and not _TIMELIKE.match(str(top[key])):
            yield Fact.of(str(top[key]), str(top[key]), _name(top, key), kind=f"largest {key}")


def _name(row: Mapping[str, Any], but: str) -> str:
    """The first other cell that is a short word: which row it is."""
    cells = (value for key, value in row.items() if key != but)
    return next((cell for cell in cells if isinstance(cell, str) and _IS_NAME.match(cell)), "")


def _tables(text: str) -> Iterator[list[Mapping[str, Any]]]:
    head = text.lstrip()[:1]
    if head in ("{", "["):
        yield from _of_json(text)
    first = text.split("\n", 1)[0]
    if first.count(",") >= 2 and ": " not in first:
        rows = [dict(row) for row in csv.DictReader(io.StringIO(text)) if None not in row and None not in row.values()]
        yield [{key: _number(value) for key, value in row.items()} for row in rows]
    if _TABLE_HEAD.match(first):
        yield _aligned(text.split("\n"))
    if "-+-" in text:
        yield from _ruled(text.split("\n"))


def _of_json(text: str) -> Iterator[list[Mapping[str, Any]]]:
    try:
        yield from _lists(json.loads(text))
        return
    except ValueError:
        pass
    rows: list[Mapping[str, Any]] = []
    for line in text.split("\n"):
        if line[:1] == "{":
            try:
                row = json.loads(line)
            except ValueError:
                continue
            rows.append(row)
    yield rows


def _lists(value: Any) -> Iterator[list[Mapping[str, Any]]]:
    if isinstance(value, list):
        if value and all(isinstance(item, dict) for item in value):
            yield value
        for item in value:
            yield from _lists(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _lists(item)


def _aligned(lines: Sequence[str]) -> list[Mapping[str, Any]]:
    names = re.split(r" {2,}", lines[0].strip())
    rows: list[Mapping[str, Any]] = []
    for line in lines[1:]:
        cells = re.split(r" {2,}", line.strip())
        if len(cells) == len(names):
            rows.append({name: _number(cell) for name, cell in zip(names, cells, strict=True)})
    return rows


def _ruled(lines: Sequence[str]) -> Iterator[list[Mapping[str, Any]]]:
    """Tables as psql draws them: names, a rule of `-` and `+`, rows with `|`."""
    for index, line in enumerate(lines[1:], 1):
        if not _RULE.match(line):
            continue
        names = [name.strip() for name in lines[index - 1].split("|")]
        rows: list[Mapping[str, Any]] = []
        for row in lines[index + 1 :]:
            cells = [cell.strip() for cell in row.split("|")]
            if len(cells) != len(names):
                break
            rows.append({name: _number(cell) for name, cell in zip(names, cells, strict=True)})
        yield rows


def _number(value: str) -> Any:
    try:
        return float(value) if "." in value else int(value)
    except ValueError:
        return value
