"""Records whose fields stand below one another, read into the same values as JSON: the names of fields are said once.

-[ RECORD 1 ]-----        Package: curl        [[package]]
id      | 1               Version: 7.88        name = "axum"
status  | paid            Section: web         version = "0.7.9"
-[ RECORD 2 ]-----                             dependencies = [
id      | 2               Package: nginx        "bytes",
                                               ]
psql, mysql               dpkg, apt, /proc     lock files of cargo, uv, poetry

A field keeps the text it was printed with. What a kind does not know (a string over several lines, an escape) makes
the whole text unread, and it is shown as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from sidecar.compression.forms.records.values import Lines, Literal, Value

__all__ = ["Stanzas", "read"]

_FEW = 3
"""Fewer records have their fields' names said so seldom that a table is no gain."""

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?$")
_EXPANDED = re.compile(r"-\[ RECORD \d+ \][-+]*$|\*{10,} \d+\. row \*{10,}$")
_FIELD = re.compile(r"([A-Za-z][\w .()/-]{0,60}?)[ \t]*: ?(.*)$")
_FINDING = re.compile(r"error|warning|fatal|fail|problem|exception|traceback|caused", re.IGNORECASE)
_TOML_TABLE = re.compile(r"(\[{1,2})([\w.-]+)\](\])?$")
_TOML_KEY = re.compile(r'([\w-]+|"[^"\\]+") = (.+)$')
_INNER = re.compile(r'([\w-]+) = ("[^"\\]*"|\[[^\[\]{}]*\]|\{[^{}]*\}|[^\s",{}\[\]]+)(?:, | \}$|\}$)')


class _Unread(Exception):
    """The text is not of the kind that is tried."""


@dataclass(frozen=True, slots=True)
class Stanzas:
    """What was found between the lines [start, end)."""

    kind: str
    value: Value
    start: int
    end: int


def read(lines: Sequence[str], text: str) -> Stanzas | None:
    """The records of an output that is made of them; None where it is not."""
    kind = _kind(lines, text)
    if kind is None:
        return None
    try:
        return kind(lines)
    except _Unread:
        return None


def _kind(lines: Sequence[str], text: str) -> Callable[[Sequence[str]], Stanzas] | None:
    first = next((line for line in lines[:5] if line.strip()), "")
    if "RECORD 1 ]" in first or "** 1. row **" in first:
        return _expanded
    begins = first[:1]
    if (begins in "#[" or " = " in first) and "\n[[" in text and "\\" not in text:
        return _toml
    if begins.isalpha() and ":" in first and _FIELD.match(first[:200]) and "\n\n" in text:
        return _fields
    return None


def _told(text: str) -> Value:
    """A field's text as a value: numbers and words bare, what holds a quotation mark in the other one."""
    if _NUMBER.match(text):
        return Literal(text)
    if '"' not in text:
        return text
    if "'" in text:
        raise _Unread
    return Literal(f"'{text}'")


# Below one another, under a rule with their number.


def _expanded(lines: Sequence[str]) -> Stanzas:
    start = next(at for at, line in enumerate(lines) if line.strip())
    end = len(lines)
    while end > start and (not lines[end - 1].strip() or lines[end - 1].startswith("(")):
        end -= 1
    rows: list[Value] = []
    row: dict[str, Value] = {}
    mark = "|" if lines[start].startswith("-[") else ": "
    for line in lines[start:end]:
        if _EXPANDED.match(line[:400]):
            row = {}
            rows.append(row)
            continue
        key, found, value = line.partition(mark)
        # A `+` at the end of a line of psql says that the value goes on.
        if not found or not key.strip() or key.strip() in row or (mark == "|" and value.endswith("+")):
            raise _Unread
        row[key.strip()] = _told(value.strip())
    if len(rows) < _FEW:
        raise _Unread
    return Stanzas("records", rows, start, end)


# Blank lines between them, `Name: value` in them.


def _fields(lines: Sequence[str]) -> Stanzas:
    stanzas = [list(run) for is_blank, run in groupby(lines, lambda line: not line.strip()) if not is_blank]
    if len(stanzas) < _FEW or sum(map(len, stanzas)) < 3 * len(stanzas):
        raise _Unread
    rows = [_stanza(stanza) for stanza in stanzas]
    heads = {next(iter(row)) for row in rows}
    # Paragraphs that begin with an error are somebody's findings: each counts, so none becomes a row.
    if len(heads) > 1 or _FINDING.match(heads.pop()):
        raise _Unread
    told: list[Value] = list(rows)
    end = len(lines)
    while not lines[end - 1].strip():
        end -= 1
    return Stanzas("records", told, 0, end)


def _stanza(lines: Sequence[str]) -> dict[str, Value]:
    row: dict[str, Value] = {}
    key = ""
    held: dict[str, list[str]] = {}
    for line in lines:
        if line[:1] in (" ", "\t") and key and "\t:" not in line:
            held.setdefault(key, [str(row[key])]).append(line.strip())
            continue
        match = _FIELD.match(line) if len(line) < 4_000 else None
        if match is None or match[1] in row:
            raise _Unread
        key = match[1]
        row[key] = _told(match[2].strip())
    for key, texts in held.items():
        row[key] = Lines(texts)
    return row


# TOML, as far as lock files use it.


def _toml(lines: Sequence[str]) -> Stanzas:
    top: dict[str, Value] = {}
    into = top
    entries = iter(lines)
    for line in entries:
        if not line.strip():
            continue
        if line[:1] == "#":
            if into is not top or len(top) > 8:
                raise _Unread
            top["#" * (1 + sum(key[:1] == "#" for key in top))] = line[1:].strip()
        elif line[:1] == "[":
            into = _opened(top, line)
        else:
            match = _TOML_KEY.match(line)
            if match is None or match[1] in into:
                raise _Unread
            into[match[1].strip('"')] = _array(entries) if match[2] == "[" else _toml_value(match[2])
    if sum(len(value) for value in top.values() if isinstance(value, list)) < _FEW:
        raise _Unread
    return Stanzas("toml", top, 0, len(lines))


def _opened(top: dict[str, Value], line: str) -> dict[str, Value]:
    """The table that a heading opens, inside the last entry of a list where its path leads there."""
    match = _TOML_TABLE.match(line.strip())
    if match is None or (match[1] == "[[") != (match[3] is not None):
        raise _Unread
    into = top
    *path, name = match[2].split(".")
    for key in path:
        value = into.setdefault(key, {})
        last = value[-1] if isinstance(value, list) and value else value
        if not isinstance(last, dict):
            raise _Unread
        into = last
    opened: dict[str, Value] = {}
    if match[1] == "[":
        if name in into:
            raise _Unread
        into[name] = opened
    else:
        held = into.setdefault(name, [])
        if not isinstance(held, list):
            raise _Unread
        held.append(opened)  # type: ignore[arg-type]  # a list of values, or an object that says a key twice
    return opened


def _array(entries: Iterator[str]) -> Value:
    items: list[Value] = []
    for line in entries:
        text = line.strip()
        if text == "]":
            return items
        if not text.endswith(","):
            raise _Unread
        items.append(_toml_value(text[:-1]))
    raise _Unread


def _toml_value(text: str) -> Value:
    if text[0] == '"' and text[-1] == '"' and len(text) > 1 and '"' not in text[1:-1]:
        return text[1:-1]
    if text[0] == "{" and text[-1] == "}":
        return _inline(text)
    if text[0] == "[" and text[-1] == "]" and "{" not in text and "[" not in text[1:]:
        return [_toml_value(item) for item in text[1:-1].split(", ") if item]
    if text[0] in "\"'[{":
        raise _Unread
    return Literal(text)


def _inline(text: str) -> Value:
    pairs: dict[str, Value] = {}
    at = 2 if text[1:2] == " " else 1
    while at < len(text) and text[at] != "}":
        match = _INNER.match(text, at)
        if match is None or match[1] in pairs:
            raise _Unread
        pairs[match[1]] = _toml_value(match[2])
        at = match.end()
    return pairs
