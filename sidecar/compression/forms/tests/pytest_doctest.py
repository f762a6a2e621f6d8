"""One failing doctest of pytest: no marked line and no explanation, but what was expected, what came, and the place.

___ [doctest] shop.cart.total ___
012 What a basket costs.                          goes
013
014     >>> total([3, 4])                         the example: stays, as all below it
Expected:
    8
Got:
    7
/tmp/shop/shop/cart.py:14: DocTestFailure
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sidecar.compression.forms.drafting import BLANK
from sidecar.compression.vocabulary import Segment

__all__ = ["is_doctest", "tell_doctest", "values"]

_HEADING = re.compile(r"_+ \[doctest\] \S")
_NUMBERED = re.compile(r"\d{3,}(?: |$)")
_EXAMPLE = re.compile(r"\d{3,} +>>> ")
_HEADS_VALUE = ("Expected:", "Got:", "Differences (")
_EVIDENT_LINES = 8
_LONG_LINES = 40
_HEAD = 12
_TAIL = 4
"""Of a longer value so many lines at both ends stay, and so many at its beginning are evidence."""


def is_doctest(heading: str) -> bool:
    """Whether a failing test's title names a doctest."""
    return bool(_HEADING.match(heading))


def tell_doctest(lines: Sequence[str], start: int, end: int, why: list[str]) -> None:
    """Mark what stands above the example that failed, its frame, and of long values the middle."""
    for first, last in _runs(lines, start, end):
        if _NUMBERED.match(lines[first]):
            failed = next((i for i in range(last - 1, first - 1, -1) if _EXAMPLE.match(lines[i])), first)
            why[first:failed] = ["source lines"] * (failed - first)
        elif last - first > _LONG_LINES and lines[first - 1].startswith(_HEADS_VALUE):
            why[first + _HEAD : last - _TAIL] = ["more of the value"] * (last - first - _HEAD - _TAIL)
    for index in range(start, end):
        if lines[index].startswith('  File "<doctest '):
            why[index] = "the example again"
        elif lines[index] == "Traceback (most recent call last):" or not lines[index].strip():
            why[index] = why[index] or BLANK


def values(segment: Segment) -> frozenset[int]:
    """The indented lines that say what a doctest expected and what it got: the first of each."""
    lines = segment.lines
    if "] " not in segment.text or "\nGot" not in segment.text:
        return frozenset()
    found: set[int] = set()
    is_inside = False
    for index, line in enumerate(lines):
        if line[:1] in {"_", "="}:
            is_inside = is_doctest(line)
        elif is_inside and line.startswith(_HEADS_VALUE):
            for below in range(index + 1, min(len(lines), index + 1 + _EVIDENT_LINES)):
                if not lines[below].startswith("    "):
                    break
                found.add(below)
    return frozenset(found)


def _runs(lines: Sequence[str], start: int, end: int) -> Iterable[tuple[int, int]]:
    """Stretches of numbered lines and stretches of others that are indented; a heading ends either."""
    index = start
    while index < end:
        first = index
        if _NUMBERED.match(lines[index]):
            while index < end and _NUMBERED.match(lines[index]):
                index += 1
        elif lines[index].startswith("    "):
            while index < end and (lines[index].startswith("    ") or not lines[index]):
                index += 1
        if index > first:
            yield first, index
        else:
            index += 1
