"""How many errors each file has, as `tsc --pretty` tells at its end: the places are told above, so names will do.

Found 9 errors in 4 files.                  Found 9 errors in 4 files.
Errors  Files                               Errors  Files
     6  src/query/cart.ts:12        ->        6 cart.ts
     1  src/ship.ts:3                         1 each: ship.ts tax.ts order.ts
     1  src/tax.ts:40
     1  src/order.ts:7
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sidecar.compression.forms.diagnostics.rows import in_rows, short_names

__all__ = ["by_count"]

_HEADING = "Errors  Files"
_ROW = re.compile(r" +(?P<count>\d+)  (?P<path>\S.{0,500}):\d+$")
_FEWEST = 4


def by_count(lines: Sequence[str], shown: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """What is printed for the rows of such a table among the lines *shown* (indexes, in order)."""
    head = next((at for at in range(len(shown) - 1, -1, -1) if lines[shown[at]] == _HEADING), len(shown))
    rows: list[tuple[int, re.Match[str]]] = []
    for index in shown[head + 1 :]:
        row = _ROW.match(lines[index])
        if row is None:
            break
        rows.append((index, row))
    if len(rows) < _FEWEST:
        return {}
    named = short_names([row["path"] for _, row in rows])
    of_count: dict[str, list[str]] = {}
    for (_, row), name in zip(rows, named, strict=True):
        of_count.setdefault(row["count"], []).append(name)
    return dict.fromkeys((index for index, _ in rows), ()) | {rows[0][0]: tuple(_told(of_count.items()))}


def _told(of_count: Iterable[tuple[str, Sequence[str]]]) -> Iterable[str]:
    for count, names in of_count:
        for row in in_rows(names):
            yield f"  {count} each: {row}" if len(names) > 1 else f"  {count} {row}"
