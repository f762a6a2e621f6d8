"""JSON with places: what a file says, and at which line and column each value and key stands.

The standard parser neither tells where a value stood nor that a key was given twice; both are needed to say
what to correct.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn

__all__ = ["Located", "Misplaced", "Path", "parse"]

Path = tuple[str | int, ...]

_SPACE = re.compile(r"[ \t\n\r]*")
_SCALAR = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null")
_STRINGS = json.JSONDecoder()
_LIMIT_DEPTH = 64


class Misplaced(ValueError):
    """The text is not the JSON it should be; says *what* is wrong and where, both counted from 1."""

    def __init__(self, what: str, line: int, column: int) -> None:
        super().__init__(f"line {line}, column {column}: {what}")
        self.what, self.line, self.column = what, line, column


@dataclass(frozen=True, slots=True)
class Located:
    """A JSON value, with the line and column (both from 1) of each member's key and each element, by path.

    *repeated* lists the paths of keys that were given more than once in one object; the last one counts.
    """

    value: Any
    places: dict[Path, tuple[int, int]]
    repeated: tuple[tuple[Path, tuple[int, int]], ...]


def parse(text: str) -> Located:
    """Parse strict JSON (RFC 8259; no NaN, no comments). Raises `Misplaced`."""
    reader = _Reader(text)
    value, end = reader.value(reader.skip(0), ())
    end = reader.skip(end)
    if end != len(text):
        reader.fail("there is more after the end of the value", end)
    return Located(
        value,
        {path: reader.place(index) for path, index in reader.starts.items()},
        tuple((path, reader.place(index)) for path, index in reader.repeated),
    )


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.starts: dict[Path, int] = {}
        self.repeated: list[tuple[Path, int]] = []
        self._line_starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def place(self, index: int) -> tuple[int, int]:
        from bisect import bisect_right

        line = bisect_right(self._line_starts, index)
        return line, index - self._line_starts[line - 1] + 1

    def fail(self, what: str, index: int) -> NoReturn:
        raise Misplaced(what, *self.place(index))

    def skip(self, index: int) -> int:
        found = _SPACE.match(self.text, index)
        return found.end() if found else index

    def value(self, index: int, path: Path) -> tuple[Any, int]:
        if len(path) > _LIMIT_DEPTH:
            self.fail(f"nested more than {_LIMIT_DEPTH} deep", index)
        first = self.text[index : index + 1]
        if first == "{":
            return self._object(index, path)
        if first == "[":
            return self._array(index, path)
        if first == '"':
            return self._string(index)
        return self._scalar(index)

    def _string(self, index: int) -> tuple[str, int]:
        try:
            string, end = _STRINGS.raw_decode(self.text, index)
        except json.JSONDecodeError as wrong:
            # The parser's own sentence names the kind of mistake and no content.
            self.fail(f"{wrong.msg[0].lower()}{wrong.msg[1:].removesuffix(' at')}", wrong.pos)
        if any("\ud800" <= c <= "\udfff" for c in string):
            self.fail("the text holds half of a surrogate pair", index)
        return string, end

    def _scalar(self, index: int) -> tuple[Any, int]:
        found = _SCALAR.match(self.text, index)
        if not found:
            expected = "a value was expected" if index < len(self.text) else "the file ends where a value was expected"
            self.fail(expected, index)
        if len(found[0]) > 100:
            self.fail("a number this long cannot be meant", index)
        return json.loads(found[0]), found.end()

    def _object(self, index: int, path: Path) -> tuple[dict[str, Any], int]:
        result: dict[str, Any] = {}
        index = self.skip(index + 1)
        if self.text.startswith("}", index):
            return result, index + 1
        while True:
            if not self.text.startswith('"', index):
                self.fail('a key in `"` was expected', index)
            key, end = self._string(index)
            here = (*path, key)
            if key in result:
                self.repeated.append((here, index))
            self.starts[here] = index
            end = self.skip(end)
            if not self.text.startswith(":", end):
                self.fail("`:` was expected after a key", end)
            result[key], end = self.value(self.skip(end + 1), here)
            end = self.skip(end)
            if self.text.startswith("}", end):
                return result, end + 1
            index = self._after_comma(end, "}")

    def _array(self, index: int, path: Path) -> tuple[list[Any], int]:
        result: list[Any] = []
        index = self.skip(index + 1)
        if self.text.startswith("]", index):
            return result, index + 1
        while True:
            here = (*path, len(result))
            self.starts[here] = index
            element, end = self.value(index, here)
            result.append(element)
            end = self.skip(end)
            if self.text.startswith("]", end):
                return result, end + 1
            index = self._after_comma(end, "]")

    def _after_comma(self, index: int, closing: str) -> int:
        if not self.text.startswith(",", index):
            self.fail(f"`,` or `{closing}` was expected", index)
        following = self.skip(index + 1)
        if self.text.startswith(closing, following):
            self.fail(f"a `,` stands before `{closing}`", index)
        return following
