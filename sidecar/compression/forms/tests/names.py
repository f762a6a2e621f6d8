"""Many names in few words: `34 passed: cart::{adds removes} tax::{rounds} ...`.

A name that shares its beginning with others is written without it, inside braces: `cart::{adds removes}` stands for
`cart::adds` and `cart::removes`, and `berth {1 2 3} is free` for three titles that differ in their number. Names of
one beginning are brought together; nothing else changes their order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from sidecar.compression.filling import filled

__all__ = ["listed", "sampled"]

_WIDTH = 480
"""How long a line may grow: short enough that a bound can cut between lines, long enough to repeat few prefixes."""

_SPLIT = re.compile(r"(.*(?:::|[/.#\\ ]))([^\s/.#\\:]+)$")
"""After the last separator of a name's path: `a::b::` and `c`, `pkg.Class.` and `test_x`, `TestA/` and `case_1`."""

_SPLIT_FILE = re.compile(r"(\S*/)([^/\s:#]+\.\w{1,4})$")
"""The name of a file is not taken apart at its extension: `tests/` and `cart.test.js`."""

_SPLIT_TITLE = re.compile(r"(.*(?: > | › |::))(\S.*)$")
"""A name of several words is a title: only what stands between titles takes it apart."""

_NUMBER = re.compile(r"(\d+)(\D*)$")
"""A title's last number, and what stands behind it."""
_ALIKE = 3
"""Fewer titles that differ in a number are written out."""


def listed(label: str, names: Sequence[str], tails: Mapping[str, str] | None = None) -> list[str]:
    """`label: ` and every name, on lines short enough that a bound can cut between them; each with its tail behind."""
    groups: dict[str, list[str]] = {}
    for name in names:
        prefix, rest = _split(name)
        groups.setdefault(prefix, []).append(rest)
    words: list[str] = []
    for prefix, rests in groups.items():
        told = [rest + tails.get(prefix + rest, "") for rest in rests] if tails else rests
        words.extend(_group(prefix, told, _between(rests)))
    bare = [rest for prefix, rests in groups.items() for rest in rests if not prefix or len(rests) == 1]
    words[:1] = [f"{label}: {word}" for word in words[:1]]
    return list(filled(words, _WIDTH, between=_between(bare)))


def _between(names: Sequence[str]) -> str:
    return " | " if " " in "".join(names) else " "


@lru_cache(maxsize=1 << 15)
def _split(name: str) -> tuple[str, str]:
    if len(name) >= 1_000:
        return "", name
    if (found := _SPLIT_FILE.match(name) if "/" in name else None) is None:
        pattern = _SPLIT if name.count(" ") <= 1 and " > " not in name else _SPLIT_TITLE
        found = pattern.match(name)
    return (found[1], found[2]) if found else ("", name)


def sampled(names: Sequence[str], room_chars: int) -> list[str]:
    """Names spread evenly over all of them, the first and the last among them, as many as the room takes."""
    whole = sum(len(name) + 1 for name in names)
    if whole <= room_chars:
        return list(names)
    count = max(2, int(len(names) * room_chars / max(whole, 1)))
    if count >= len(names):
        return list(names)
    step = (len(names) - 1) / (count - 1)
    return [names[round(index * step)] for index in range(count)]


def _group(prefix: str, names: Sequence[str], between: str) -> Iterable[str]:
    if between != " " and len(names) >= _ALIKE:
        names = list(_by_number(names, _WIDTH - len(prefix)))
    if not prefix:
        yield from names
        return
    if len(names) == 1:
        yield prefix + names[0]
        return
    for line in filled(names, _WIDTH - len(prefix), between=between):
        yield f"{prefix}{{{line}}}"


def _by_number(names: Sequence[str], width: int) -> Iterable[str]:
    """Titles that differ in their last number together: `berth {1 2 3} is free`."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        found = _NUMBER.search(name) if len(name) < width else None
        key = (name,) if found is None else (name[: found.start()], found[2])
        groups.setdefault(key, []).append(name)
    for (head, *tail), alike in groups.items():
        if len(alike) < _ALIKE or not tail:
            yield from alike
            continue
        numbers = [name[len(head) : len(name) - len(tail[0])] for name in alike]
        for line in filled(numbers, max(1, width - len(head) - len(tail[0])), between=" "):
            yield f"{head}{{{line}}}{tail[0]}"
