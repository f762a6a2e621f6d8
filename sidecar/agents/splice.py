"""Putting one member into another program's JSON file, and taking it out again, as text.

Everything else in the file stays byte for byte what its owner wrote: order, spacing, number formats, escapes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["member", "with_member", "without_member"]

_SPACE = re.compile(r"[ \t\n\r]*")
_INDENT = re.compile(r"\n([ \t]+)\"")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class _Member:
    key: str
    start: int
    value_start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Object:
    start: int
    members: tuple[_Member, ...]
    close: int

    def last(self, key: str) -> _Member | None:
        """The member that counts where a key is given twice."""
        return next((found for found in reversed(self.members) if found.key == key), None)


@dataclass(frozen=True, slots=True)
class _Style:
    """How a file is laid out: its step of indentation (None: all on one line) and its line end."""

    unit: str | None
    line_end: str

    @classmethod
    def of(cls, text: str) -> _Style:
        line_end = "\r\n" if "\r\n" in text else "\n"
        if found := _INDENT.search(text):
            return cls(found[1], line_end)
        return cls(None if "\n" not in text.strip() and '"' in text else "  ", line_end)

    def gap(self, depth: int) -> str:
        """What stands before a member at *depth*."""
        return " " if self.unit is None else self.line_end + self.unit * depth

    def written(self, value: Any, depth: int) -> str:
        """*value* as it is written as a member at *depth*."""
        if self.unit is None:
            return json.dumps(value, ensure_ascii=False)
        return json.dumps(value, indent=self.unit, ensure_ascii=False).replace("\n", self.gap(depth))


def member(text: str, path: Sequence[str]) -> Any:
    """The value at *path*, None where there is none. *text* must hold a JSON object.

    Raises ValueError where it is not JSON, or where something on the way is not an object.
    """
    value = json.loads(text)
    for depth, key in enumerate(path):
        if not isinstance(value, dict):
            raise ValueError(f"`{'.'.join(path[:depth]) or 'the file'}` is not an object")
        if key not in value:
            return None
        value = value[key]
    return value


def with_member(text: str, path: Sequence[str], value: Any) -> str:
    """*text* with *value* at *path*: replaced where there is one, else added as the last member.

    Written with the file's own indentation and line ends. Raises ValueError as `member` does.
    """
    member(text, path)
    here = _object(text, _skip(text, 0))
    depth = 1
    while (same := here.last(path[0])) is not None and len(path) > 1:
        here = _object(text, same.value_start)
        path = path[1:]
        depth += 1
    for outer in reversed(path[1:]):
        value = {outer: value}
    style = _Style.of(text)
    written = style.written(value, depth)
    if same is not None:
        return text[: same.value_start] + written + text[same.end :]
    added = f"{json.dumps(path[0])}: {written}"
    if here.members:
        at = here.members[-1].end
        return f"{text[:at]},{style.gap(depth)}{added}{text[at:]}"
    inside = f"{style.gap(depth)}{added}{style.gap(depth - 1)}" if style.unit is not None else added
    return text[: here.start + 1] + inside + text[here.close :]


def without_member(text: str, path: Sequence[str]) -> str:
    """*text* without the member at *path*, and otherwise as it was; the same text where there is none."""
    member(text, path)
    here = _object(text, _skip(text, 0))
    for key in path[:-1]:
        outer = here.last(key)
        if outer is None:
            return text
        here = _object(text, outer.value_start)
    found = here.last(path[-1])
    if found is None:
        return text
    index = here.members.index(found)
    if len(here.members) == 1:
        return text[: here.start + 1] + text[here.close :]
    if index + 1 < len(here.members):
        return text[: found.start] + text[here.members[index + 1].start :]
    return text[: here.members[index - 1].end] + text[found.end :]


def _skip(text: str, index: int) -> int:
    found = _SPACE.match(text, index)
    return found.end() if found else index


def _object(text: str, start: int) -> _Object:
    """The members of the object that opens at *start*. The text is known to be JSON."""
    members: list[_Member] = []
    index = _skip(text, start + 1)
    while text[index] != "}":
        key, end = _DECODER.raw_decode(text, index)
        value_start = _skip(text, _skip(text, end) + 1)
        _, value_end = _DECODER.raw_decode(text, value_start)
        members.append(_Member(key, index, value_start, value_end))
        index = _skip(text, value_end)
        if text[index] == ",":
            index = _skip(text, index + 1)
    return _Object(start, tuple(members), index)
