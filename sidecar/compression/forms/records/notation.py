"""Values as lines a reader takes in at a glance: keys once, columns once, nothing reworded.

    {"kind": "List", "items": [                    kind: List
      {"name": "web-1", "phase": "Running",        items (3 rows): name node.ip phase=Running
       "node": {"ip": "10.0.0.1"}},          ->     web-1 10.0.0.1
      {"name": "web-2", "phase": "Running", ...},   web-2 10.0.0.2
      {"name": "web-3", "phase": "Failed", ...}]}   web-3 10.0.0.3 phase:Failed

Objects nest by indent, like objects become rows, `a.b` is a key inside a key, and what most rows share
stands in the heading; a row that differs says so itself. A string goes without its quotes where
nothing else could be meant. Every value keeps the characters it was printed with, so the same document
can be read back.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sidecar.compression.filling import filled
from sidecar.compression.forms.records.outliers import counted, is_alarming, outliers, row_names, speaks_of_trouble
from sidecar.compression.forms.records.values import (
    ABSENT,
    BULKY,
    Doubled,
    Lines,
    Literal,
    Value,
    are_alike,
    are_hashes,
    is_bulky,
    is_schema,
    singles,
    weight,
)

__all__ = ["Line", "Sheet", "is_literal"]

_BARE = re.compile(r'[^\s"{}\[\]();\x80-\x82]+$')
"""A string that stands in a row without quotes."""

_BARE_KEY = re.compile(r'(?!-)[^\s"{}\[\]();:=.\x80-\x82]+$')
_LINE_BARE = re.compile(r'[^\s"{}\[(\x80-\x82-](?:[^\x80-\x82]*[^\s\x80-\x82])?$')
"""A string that stands alone behind its key: spaces do not matter there."""

_LITERAL = re.compile(r"(?:-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null|NaN|-?Infinity|-)$")
"""What without quotes would be read as a number or a word of JSON."""

_WORDS = frozenset({"true", "false", "null", "NaN", "Infinity"})

_INLINE_CHARS = 240
"""A container that is written in so many characters stays on its key's line."""

_USUAL_SHARE = 0.8
"""So many rows share a value: it is said in the heading, and the others name theirs."""

_COLUMN_SHARE = 0.6
"""A key that fewer rows have is no column; the rows that have it name it."""

_FEW_ROWS = 4
_MANY_COLUMNS = 10
_VALUES_WIDTH = 240
_ROW_CHARS = 1_200
_CELL_CHARS = 400
"""So much of a list or an object in one cell is told where not all can be: the cells behind it say more."""


_LINK = re.compile(r"(?:^|[._])(?:url|href)$(?<!html_url)")
_KINDS = ("kind", "type")
_UNLIKE = 1.3
_SHAPE_LEVELS = 3
_LINKS = 4
"""So many fields of links in one object are a service's way of telling where else one could ask."""


def is_literal(text: str) -> bool:
    """Whether *text* without quotes is a number or a word of JSON."""
    return _LITERAL.match(text) is not None


class Line(NamedTuple):
    """One line of a notation: how deep it stands, and how much it matters when not all lines can stay."""

    depth: int
    text: str
    noun: str = "entries"
    """What lines like this are called where some are left out."""
    is_row: bool = False
    is_loud: bool = False
    name: str = ""
    """What the row is called, where a gap should still say it."""

    @property
    def printed(self) -> str:
        return " " * self.depth + self.text


@dataclass(frozen=True, slots=True)
class _Column:
    path: str
    cells: list[str | None]
    """As text; None where the row has no such key."""
    strings: bool = False
    """Every value is a string and some look like numbers: said in the heading instead of in quotes."""

    @property
    def heading(self) -> str:
        return f"{self.path}:str" if self.strings else self.path


@dataclass
class Sheet:
    """Writes values as lines.

    *terse*, for a document too large to be written whole: long strings are cut, columns of hashes left out, and the
    rows that stand out are told, so that others can go.
    """

    terse: bool = False
    is_stream: bool = False
    """The rows came one after another, and are told in that order whatever their kind."""
    long_chars: int = 400
    left_out: Counter[str] = field(default_factory=Counter)
    words: set[str] = field(default_factory=set)
    """Which parts of the notation were used, for the line that explains it."""

    def lines(self, value: Value, depth: int = 0) -> Iterator[Line]:
        """The lines of a whole document."""
        if isinstance(value, dict) and value and not self._is_keyed(value):
            yield from self._entries(value, depth)
        else:
            yield from self._entry("", value, depth)

    def rows(self, values: Sequence[dict[str, Value]], depth: int = 0, *, head: str = "") -> Iterator[Line]:
        """Like objects as a table: its heading, then a line or more for each."""
        yield from self._table(head, values, None, depth)

    # Objects.

    def _entries(self, value: Mapping[str, Value], depth: int) -> Iterator[Line]:
        links = self._links((key, (inner,)) for key, inner in value.items())
        for key, inner in value.items():
            if key not in links:
                yield from self._entry(_key(key), inner, depth)
        yield from self._linked(links, depth)

    def _links(self, fields: Iterable[tuple[str, Sequence[object]]]) -> list[str]:
        """The fields that only hold links to more of the same, where a service prints many of them."""
        if not self.terse:
            return []
        links = [path for path, values in fields if _LINK.search(path[-80:]) and all(map(_is_link, values))]
        return links if len(links) >= _LINKS else []

    def _linked(self, links: Sequence[str], depth: int) -> Iterator[Line]:
        if links:
            self.left_out["links"] += len(links)
            yield Line(depth, f"... {len(links)} more links: {' '.join(links)}", is_loud=True)

    def _entry(self, key: str, value: Value, depth: int) -> Iterator[Line]:
        while isinstance(value, dict) and len(value) == 1:
            inner_key, value = next(iter(value.items()))
            key = f"{key}.{_key(inner_key)}" if key else _key(inner_key)
            if "." in key:
                self.words.add("path")
        if isinstance(value, Lines):
            yield Line(depth, f"{key}: {value[0]}")
            yield from (Line(depth + 1, line, "lines", is_row=True) for line in value[1:])
            return
        lead = f"{key}: " if key else ""
        if not isinstance(value, (dict, list)):
            yield Line(depth, lead + self._alone(value), is_loud=self.terse and is_alarming(key, value))
            return
        if weight(value, BULKY) < BULKY and len(inline := self.inline(value)) <= _INLINE_CHARS:
            yield Line(depth, lead + inline, is_loud=self.terse and is_alarming(key, value))
        elif isinstance(value, Doubled):
            yield Line(depth, f"{key} ({len(value)} pairs):".lstrip())
            for name, inner in value:
                yield from self._entry(_key(name), inner, depth + 1)
        elif isinstance(value, dict):
            if self._is_keyed(value):
                inner_rows = [inner for inner in value.values() if isinstance(inner, dict)]
                yield from self._table(key, inner_rows, list(value), depth)
            else:
                if key:
                    yield Line(depth, f"{key}:")
                yield from self._entries(value, depth + 1 if key else depth)
        else:
            yield from self._list(key, list(value), depth)

    def _is_keyed(self, value: Mapping[str, Value]) -> bool:
        """Whether an object is a table whose first column are its keys."""
        if len(value) < 3:
            return False
        rows = [inner for inner in value.values() if isinstance(inner, dict)]
        return len(rows) == len(value) and are_alike(rows)

    # Arrays.

    def _list(self, key: str, values: list[Value], depth: int) -> Iterator[Line]:
        rows = [value for value in values if isinstance(value, dict)]
        if len(rows) == len(values) and len(rows) > 1 and are_alike(rows):
            yield from self._table(key, rows, None, depth)
        elif not any(isinstance(value, (dict, list)) for value in values):
            yield Line(depth, f"{key} ({len(values)} values):".lstrip())
            yield from (
                Line(depth + 1, text, "lines of values", is_row=True)
                for text in filled(map(self.inline, values), _VALUES_WIDTH)
            )
        else:
            yield Line(depth, f"{key} ({len(values)} items):".lstrip())
            for value in values:
                yield from self._item(value, depth + 1)

    def _item(self, value: Value, depth: int) -> Iterator[Line]:
        if not isinstance(value, (dict, list)):
            yield Line(depth, f"- {self._alone(value)}", "items", is_row=True)
        elif weight(value, BULKY) < BULKY and len(inline := self.inline(value)) <= _INLINE_CHARS:
            yield Line(depth, f"- {inline}", "items", is_row=True, is_loud=self.terse and is_alarming("", value))
        elif isinstance(value, dict):
            yield Line(depth, "-")
            yield from self._entries(value, depth + 1)
        else:
            yield Line(depth, "-")
            yield from self._entry("", value, depth + 1)

    # Tables.

    def _table(
        self, key: str, rows: Sequence[dict[str, Value]], keys: Sequence[str] | None, depth: int
    ) -> Iterator[Line]:
        if keys is None and not self.is_stream and (kinds := _by_kind(rows)):
            yield from self._kinds(key, rows, kinds, depth)
            return
        columns, bulky, links = self._columns(rows, keys)
        usual, positional, named = self._arranged(columns, len(rows))
        heading = [column.heading for column in positional]
        if keys is not None:
            heading[0] = "(key)" + heading[0].removeprefix("(key)")
        heading += [f"{column.heading}={value}" for column, value in usual]
        count = f"{len(rows)} by key" if keys is not None else f"{len(rows)} rows"
        yield Line(depth, f"{key} ({count}): {' '.join(heading)}".lstrip())
        yield from self._linked(links, depth + 1)
        written = self._rows(positional, usual, named, len(rows))
        if self.terse:
            counts = counted(columns, len(rows))
            yield from (Line(depth + 1, f"[all rows by {told}]", is_loud=True) for told in counts)
        loud = outliers(columns, len(rows)) if self.terse else frozenset()
        names = row_names(positional[0].cells, written) if self.terse else None
        for at, text in enumerate(written):
            name = names[at] if names is not None else ""
            yield Line(depth + 1, self._begun(text), "rows", is_row=True, is_loud=at in loud, name=name)
            for path, values in bulky:
                if (value := values[at]) is not ABSENT:
                    yield from self._entry(path, value, depth + 2)  # type: ignore[arg-type]  # ABSENT is excluded

    def _kinds(
        self, key: str, rows: Sequence[dict[str, Value]], kinds: Iterable[Sequence[int]], depth: int
    ) -> Iterator[Line]:
        """A table for each kind of objects, with the numbers of its rows in the whole list."""
        self.words.add("kinds")
        yield Line(depth, f"{key} ({len(rows)} rows by kind):".lstrip())
        for places in kinds:
            if len(places) > 1:
                yield from self._table(_numbers(places), [rows[at] for at in places], None, depth + 1)
            else:
                yield Line(depth + 1, f"{_numbers(places)}:")
                yield from self._entries(rows[places[0]], depth + 2)

    def _begun(self, row: str) -> str:
        if not self.terse or len(row) <= _ROW_CHARS or speaks_of_trouble(row[_ROW_CHARS:]):
            return row
        self.left_out["ends of long rows"] += 1
        return f"{row[:_ROW_CHARS]} ...(+{len(row) - _ROW_CHARS} characters)"

    def _arranged(
        self, columns: Sequence[_Column], count: int
    ) -> tuple[list[tuple[_Column, str]], list[_Column], list[_Column]]:
        """Columns whose value stands in the heading, those with a cell in each row, those that only some rows name."""
        usual: list[tuple[_Column, str]] = []
        positional: list[_Column] = []
        named: list[_Column] = []
        for at, column in enumerate(columns):
            cell, times = Counter(column.cells).most_common(1)[0]
            if at == 0 and (times < count or cell is None or len(columns) == 1):
                positional.append(column)
            elif cell is not None and times >= _USUAL_SHARE * count and count > 1:
                usual.append((column, cell))
                self.words.add("usual")
            elif column.cells.count(None) > (1 - _COLUMN_SHARE) * count:
                named.append(column)
                self.words.add("named")
            else:
                positional.append(column)
        if not positional:
            positional.append(usual.pop(0)[0] if usual else named.pop(0))
        if count <= _FEW_ROWS and len(positional) > _MANY_COLUMNS:
            # Nobody counts to the 40th cell of two rows: they say their keys. What only the heading types stays there.
            named = [column for column in positional[1:] if not column.strings] + named
            positional = positional[:1] + [column for column in positional[1:] if column.strings]
            self.words.add("named")
        if any(column.strings for column in columns):
            self.words.add("str")
        if any(None in column.cells for column in positional):
            self.words.add("absent")
        return usual, positional, named

    @staticmethod
    def _rows(
        positional: Sequence[_Column], usual: Sequence[tuple[_Column, str]], named: Sequence[_Column], count: int
    ) -> list[str]:
        cells = [["-" if cell is None else cell for cell in column.cells] for column in positional]
        written = list(map(" ".join, zip(*cells, strict=True))) or [""] * count
        for column, value in usual:
            for at, cell in enumerate(column.cells):
                if cell != value:
                    written[at] += f" {column.path}:{'-' if cell is None else cell}"
        for column in named:
            for at, cell in enumerate(column.cells):
                if cell is not None:
                    written[at] += f" {column.path}:{cell}"
        return written

    def _columns(
        self, rows: Sequence[dict[str, Value]], keys: Sequence[str] | None
    ) -> tuple[list[_Column], list[tuple[str, list[object]]], list[str]]:
        """Flat columns as text, the bulky ones as values, and the names of those that are only links."""
        columns: list[_Column] = [] if keys is None else [self._column("(key)", list(keys))]
        bulky: list[tuple[str, list[object]]] = []
        paths = list(self._paths(rows, "", 0))
        links = self._links(paths)
        for path, values in paths:
            if path in links:
                continue
            if self.terse and are_hashes(values):
                self.left_out[f"{path} (hashes)"] += len(values)
                continue
            if is_bulky(values):
                told = {repr(value) for value in values}
                if len(told) > max(1, len(values) // 20):
                    bulky.append((path, values))
                    continue
            columns.append(self._column(path, values))
        if not columns:
            columns.append(_Column("-", ["-"] * len(rows)))
        return columns, bulky, links

    def _column(self, path: str, values: Sequence[object]) -> _Column:
        strings = False
        absent = sum(value is ABSENT for value in values)
        # A key that only some rows name is in no heading that could say what it holds.
        if absent <= (1 - _COLUMN_SHARE) * len(values) and all(
            type(value) is str or value is ABSENT for value in values
        ):
            strings = any(isinstance(value, str) and _LITERAL.match(value) for value in values)
        if strings:
            cells = [None if value is ABSENT else self._string(value, typed=True) for value in values]  # type: ignore[arg-type]
        else:
            cells = [None if value is ABSENT else self._cell(value) for value in values]  # type: ignore[arg-type]
        return _Column(path, cells, strings)

    def _cell(self, value: Value) -> str:
        text = self.inline(value)
        if not self.terse or len(text) <= _CELL_CHARS + 40 or not isinstance(value, (dict, list)):
            return text
        if speaks_of_trouble(text[_CELL_CHARS:]):
            return text
        self.left_out["ends of long cells"] += 1
        return f"{text[:_CELL_CHARS]}...(+{len(text) - _CELL_CHARS} characters)"

    def _paths(
        self, rows: Sequence[dict[str, Value] | None], prefix: str, level: int
    ) -> Iterator[tuple[str, list[object]]]:
        """Every key of the rows with its values, a nested object's keys as paths of their own."""
        for key in dict.fromkeys(key for row in rows if row for key in row):
            values: list[object] = [ABSENT if row is None else row.get(key, ABSENT) for row in rows]
            path = prefix + _key(key)
            inner = [value if isinstance(value, dict) and value else None for value in values]
            single = singles(values)
            if single is not None:
                yield from self._paths(single, f"{path}[0].", level + 1)
                self.words.update(("path", "single"))
            elif level < 6 and any(inner) and is_schema(inner):
                yield from self._paths(inner, f"{path}.", level + 1)
                self.words.add("path")
                rest = [ABSENT if inner[at] is not None else value for at, value in enumerate(values)]
                if any(value is not ABSENT for value in rest):
                    yield path, rest
            else:
                yield path, values

    # Values.

    def inline(self, value: Value) -> str:
        """A value on one line, between others."""
        kind = type(value)
        if kind is str:
            return self._string(value)  # type: ignore[arg-type]
        if kind is Literal:
            return str(value)
        if value is None:
            return "null"
        if value is True or value is False:
            return "true" if value else "false"
        if isinstance(value, Doubled):
            return "{" + " ".join(f"{_key(key)}:{self.inline(inner)}" for key, inner in value) + "}"
        if isinstance(value, dict):
            return "{" + " ".join(f"{_key(key)}:{self.inline(inner)}" for key, inner in value.items()) + "}"
        if isinstance(value, Lines):
            return '"' + "\\n".join(value) + '"'
        if isinstance(value, list):
            rows = [inner for inner in value if isinstance(inner, dict)]
            if len(rows) > 1 and len(rows) == len(value) and are_alike(rows):
                return self._inline_table(rows)
            # A list's items are values; only an object that says a key twice holds pairs, and it was written above.
            return "[" + " ".join([self.inline(inner) for inner in value]) + "]"  # type: ignore[arg-type]
        return self._string(str(value))

    def _inline_table(self, rows: Sequence[dict[str, Value]]) -> str:
        columns = [self._column(path, values) for path, values in self._paths(rows, "", 0)]
        usual, positional, named = self._arranged(columns, len(rows))
        heading = [column.heading for column in positional] + [f"{column.heading}={value}" for column, value in usual]
        self.words.add("inline")
        return f"({' '.join(heading)} : {'; '.join(self._rows(positional, usual, named, len(rows)))})"

    def _string(self, value: str, *, typed: bool = False) -> str:
        if self.terse and len(value) > self.long_chars:
            return self._cut(value)
        if value.isidentifier() and value not in _WORDS:
            return value
        if _BARE.match(value) and (not _LITERAL.match(value) or (typed and value != "-")):
            return value
        return f'"{value}"'

    def _alone(self, value: Value) -> str:
        if type(value) is not str:
            return self.inline(value)
        if self.terse and len(value) > self.long_chars:
            return self._cut(value)
        if _LINE_BARE.match(value) and not _LITERAL.match(value):
            return value
        return f'"{value}"'

    def _cut(self, value: str) -> str:
        shown = self.long_chars // 2
        self.left_out["long strings"] += 1
        # An escape is one placeholder here, and its letters follow it: a cut may part them without harm.
        return f'"{value[:shown]}"...(+{len(value) - shown} characters)'


def _by_kind(rows: Sequence[dict[str, Value]]) -> list[list[int]] | None:
    """The places of the rows of each kind, where kinds share so little that one heading for all says little."""
    for key in _KINDS:
        places: dict[str, list[int]] = {}
        for at, row in enumerate(rows):
            if isinstance(kind := row.get(key), str):
                places.setdefault(kind, []).append(at)
        if sum(map(len, places.values())) < len(rows) or not 1 < len(places) <= len(rows) * 0.6:
            continue
        shapes = [_shape(rows[held[0]], "", 0) for held in places.values()]
        if len(set().union(*shapes)) * len(shapes) > _UNLIKE * sum(map(len, shapes)):
            return list(places.values())
    return None


def _shape(value: Value, path: str, level: int) -> set[str]:
    """The keys of an object with those inside it."""
    if not isinstance(value, dict) or level > _SHAPE_LEVELS:
        return {path}
    return {inner for key, held in value.items() for inner in _shape(held, f"{path}.{key}", level + 1)}


def _numbers(places: Sequence[int]) -> str:
    """The numbers of rows, counted from 1: "1-3 7"."""
    runs: list[list[int]] = []
    for at in places:
        if runs and runs[-1][1] == at:
            runs[-1][1] = at + 1
        else:
            runs.append([at + 1, at + 1])
    return "#" + " #".join(f"{first}" if first == last else f"{first}-{last}" for first, last in runs)


def _is_link(value: object) -> bool:
    return value is ABSENT or value is None or (isinstance(value, str) and "://" in value[:12])


def _key(key: str) -> str:
    return key if _BARE_KEY.match(key) else f'"{key}"'
