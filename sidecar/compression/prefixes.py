"""A directory written once for the files in it: `src/app/: a.py b.py`.

Grouping never changes an order: only neighbours share a line, so the list it came from can be
written out again, name by name.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["WIDTH", "folder_and_name", "names_on_lines"]

WIDTH = 320
"""How long a line of names may grow, in characters: short enough that a bound can cut between lines."""


def folder_and_name(path: str) -> tuple[str, str]:
    """Split after the last separator that has a name behind it: `src/app/` and `a.py`, `a/` and `b/`, `` and `c`."""
    cut = path.rfind("/", 0, len(path) - 1) + 1
    return path[:cut], path[cut:]


def names_on_lines(folder: str, names: Sequence[str], *, between: str = " ") -> list[str]:
    """The names of one folder on as few lines as `WIDTH` allows, each line repeating the folder."""
    lines: list[str] = []
    head = f"{folder}: "
    room = max(WIDTH - len(head), 1)
    line: list[str] = []
    length = 0
    for name in names:
        if line and length + len(name) > room:
            lines.append(head + between.join(line))
            line, length = [], 0
        line.append(name)
        length += len(name) + len(between)
    if line:
        lines.append(head + between.join(line))
    return lines
