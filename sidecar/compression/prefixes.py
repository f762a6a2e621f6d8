"""A directory written once for the files in it: `src/app/: a.py b.py`, and numbers in a row as a range.

Grouping never changes an order: only neighbours share a line, so the list it came from can be
written out again, name by name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sidecar.compression.filling import filled

__all__ = ["WHOLE_PATHS", "WIDTH", "between_numbers", "folder_and_name", "names_on_lines", "ranged", "shared_chars"]

WIDTH = 800
"""How long a line of names may grow, in characters: short enough that a bound can cut between lines."""

WHOLE_PATHS = 100
"""So many changed files keep their whole paths, for these are searched for; more share their folder."""

_NUMBER = re.compile(r"(?<![0-9])([0-9]+)([^0-9]*)$")
_RANGE_NAMES = 61
"""Fewer names with numbers in a row are written out: a name can be searched for, a range cannot."""


def folder_and_name(path: str) -> tuple[str, str]:
    """Split after the last separator that has a name behind it: `src/app/` and `a.py`, `a/` and `b/`, `` and `c`."""
    cut = path.rfind("/", 0, len(path) - 1) + 1
    return path[:cut], path[cut:]


def names_on_lines(folder: str, names: Sequence[str], *, between: str = " ") -> list[str]:
    """The names of one folder on as few lines as `WIDTH` allows, each line repeating the folder."""
    head = f"{folder}: "
    room = max(WIDTH - len(head), 4 * len(head), 1)
    return [head + line for line in filled(names, room, between=between)]


def ranged(names: Sequence[str]) -> list[str]:
    """Names in their order, where many that differ in one number growing by one are `first..last`."""
    if len(names) < _RANGE_NAMES:
        return list(names)
    result: list[str] = []
    start = 0
    for first, end in _runs(names):
        result.extend(names[start:first])
        result.append(f"{names[first]}..{names[end - 1]}")
        start = end
    result.extend(names[start:])
    return result


def between_numbers(names: Sequence[str]) -> set[int]:
    """The indexes of names that `ranged` may leave unwritten: those inside a run, its ends apart."""
    # A list may be cut anywhere before it is written, and then a name inside a run is the end of one.
    return {index for first, end in _runs(names) for index in range(first + 1, end - 1)}


def _runs(names: Sequence[str]) -> list[tuple[int, int]]:
    """Where many names that differ in one number growing by one begin and end."""
    runs: list[tuple[int, int]] = []
    first = length = 0
    before: tuple[str, str, str] | None = None
    for index, name in enumerate((*names, "")):
        growth, length = len(name) - length, len(name)
        if growth == 0 or growth == 1:  # noqa: PLR1714 - most names are told apart here, before any pattern
            if before is None and index:
                before = _numbered(names[index - 1])
            told = _numbered(name) if before is not None else None
        else:
            told = None
        if told is None or before is None or not _follows(before, told):
            if index - first >= _RANGE_NAMES:
                runs.append((first, index))
            first = index
        before = told
    return runs


def _numbered(name: str) -> tuple[str, str, str] | None:
    """A name before, in, and after its last number."""
    if len(name) > 200 or (match := _NUMBER.search(name)) is None:
        return None
    return name[: match.start()], match[1], match[2]


def _follows(before: tuple[str, str, str], after: tuple[str, str, str]) -> bool:
    if (
        before[0] != after[0]
        or before[2] != after[2]
        or max(len(before[1]), len(after[1])) > 9
        or int(after[1]) != int(before[1]) + 1
    ):
        return False
    return len(before[1]) == len(after[1]) or before[1][0] != "0"


def shared_chars(first: str, *others: str) -> int:
    """How many characters all of some texts begin with."""
    return next(
        (at for at, character in enumerate(first) if any(other[at : at + 1] != character for other in others)),
        len(first),
    )
