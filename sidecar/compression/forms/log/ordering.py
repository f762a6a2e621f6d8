"""Records in JSON whose members come in any order, put into one: for telling which are alike, never for printing.

{"msg":"handled","headers":{"Host":"a","Accept":"*/*"}}        a map of Go is printed in another
{"msg":"handled","headers":{"Accept":"*/*","Host":"a"}}        order every time
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from sidecar.compression.kept import kept
from sidecar.compression.vocabulary import Segment

__all__ = ["in_one_order"]

_ASKED = 40
"""So many records tell whether the order varies."""


class _Number(str):
    """A number as it was printed."""

    __slots__ = ()


_SCANNER = json.JSONDecoder(parse_float=_Number, parse_int=_Number, parse_constant=_Number)


@kept
def in_one_order(segment: Segment) -> Sequence[str]:
    """The lines of a log, the members within each record sorted where the same come in different orders."""
    lines = segment.lines
    if '":{"' not in segment.text:
        return lines
    asked = [line for line in lines[:: len(lines) // _ASKED + 1] if _is_record(line)]
    orders: dict[str, str] = {}
    for line in asked:
        order, kind = _keys(line)
        if orders.setdefault(kind, order) != order:
            return [_sorted(line) if _is_record(line) else line for line in lines]
    return lines


def _is_record(line: str) -> bool:
    return line[:1] == "{" and line[-1:] == "}" and '":{"' in line


def _keys(line: str) -> tuple[str, str]:
    """The names of a record's members as they come, and in one order."""
    try:
        value = _SCANNER.decode(line)
    except (ValueError, RecursionError):
        return "", ""
    return _named(value, in_order=True), _named(value, in_order=False)


def _named(value: object, *, in_order: bool) -> str:
    if not isinstance(value, dict):
        return ""
    names = [f"{name}{{{_named(inner, in_order=in_order)}}}" for name, inner in value.items()]
    return ",".join(names if in_order else sorted(names))


def _sorted(line: str) -> str:
    try:
        value = _SCANNER.decode(line)
    except (ValueError, RecursionError):
        return line
    return "{" + ",".join(f"{json.dumps(name)}:{_told(inner)}" for name, inner in value.items()) + "}"


def _told(value: object) -> str:
    match value:
        case dict():
            return "{" + ",".join(f"{json.dumps(name)}:{_told(value[name])}" for name in sorted(value)) + "}"
        case list():
            return "[" + ",".join(map(_told, value)) + "]"
        case _Number():
            return value
        case _:
            return json.dumps(value, ensure_ascii=False)
