"""Values as they were read, and the shapes that decide how they are written.

[{"name": "a", "ip": "1"}, {"name": "b", "ip": "2"}]     alike: rows under one heading
{"sha": "9f86d081884c7d65..."}                           a check sum, which tells a reader nothing
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Final

__all__ = [
    "ABSENT",
    "BULKY",
    "Doubled",
    "Lines",
    "Literal",
    "Value",
    "are_alike",
    "are_hashes",
    "is_bulky",
    "is_schema",
    "singles",
    "weight",
]

ABSENT: Final = object()
"""A row has no such key; written `-`."""

BULKY = 40
"""A column whose values hold so many parts each is written below its row, not in it."""


class Literal(str):
    """A number as it was printed: `1.0`, `1e5`, an integer of any size."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{str.__str__(self)}>"


class Doubled(list[tuple[str, "Value"]]):
    """An object that says a key twice, as the pairs it was printed with."""


class Lines(list[str]):
    """A text of several lines, each as it was printed."""


Value = str | bool | None | dict[str, "Value"] | list["Value"] | Doubled | Lines


def weight(value: object, limit: int) -> int:
    """How many parts a value has, counted no further than *limit*; 60 characters of a string are one."""
    if isinstance(value, str):
        return 1 + len(value) // 60
    if not isinstance(value, (dict, list)):
        return 1
    if isinstance(value, Lines):
        return limit
    total = 1
    for inner in value.values() if isinstance(value, dict) else value:
        total += weight(inner, limit - total)
        if total >= limit:
            break
    return total


def is_bulky(values: Sequence[object]) -> bool:
    held = [value for value in values if isinstance(value, (dict, list))]
    if any(isinstance(value, Lines) for value in held):
        return True
    return bool(held) and sum(weight(value, BULKY * 4) for value in held) >= BULKY * len(held)


def are_alike(rows: Sequence[Mapping[str, object]]) -> bool:
    """Whether a heading for all of *rows* is worth it: most of what they hold stands under keys that many have."""
    counts = Counter(chain.from_iterable(rows))
    held = sum(counts.values())
    if not held:
        return False
    many = len(rows) * 0.4
    return (
        len(counts) * len(rows) <= 1.5 * held + 3 * len(rows)
        or 2 * sum(times for times in counts.values() if times >= many) >= held
    )


def is_schema(rows: Sequence[Mapping[str, object] | None]) -> bool:
    """Whether nested objects have the same few keys each; labels and dependencies are no columns."""
    held = [row for row in rows if row]
    if len(held) < 2:
        return False
    counts = Counter(chain.from_iterable(held))
    return len(counts) * len(held) <= 1.5 * sum(counts.values()) + len(held)


def singles(values: Sequence[object]) -> list[dict[str, Value] | None] | None:
    """The one object in each array of a column, where every array has just one."""
    found: list[dict[str, Value] | None] = []
    for value in values:
        if value is ABSENT:
            found.append(None)
        elif isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict) and value[0]:
            found.append(value[0])
        else:
            return None
    return found if sum(row is not None for row in found) > 1 and is_schema(found) else None


_HASH = re.compile(r"(?:sha\d+[-:])?[0-9A-Za-z+/=]{40,}$")


def are_hashes(values: Sequence[object]) -> bool:
    """Whether a column holds check sums: long, without a word in them, and no two alike."""
    held = [value for value in values if value is not ABSENT and value is not None]
    return (
        len(held) > 8
        and all(type(value) is str and _HASH.match(value) for value in held)
        and len(set(map(str, held))) * 2 > len(held)
    )
