"""The versions that pip names where none of them will do: the first and the last ones, of hundreds.

ERROR: Could not find a version that satisfies the requirement rye==9 (from versions: 0.1.0, 0.2.0, ..., 4.4.0)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sidecar.compression.forms.drafting import joined
from sidecar.compression.vocabulary import Block, Evidence

__all__ = ["LISTED", "ends_evident", "with_ends"]

LISTED = "(from versions: "
_LEAST = 40
_FIRST, _LAST = 12, 8
"""Of so many versions these stay: what the package is numbered like, and what is new."""


def with_ends(blocks: Iterable[Block], lines: Sequence[str]) -> list[Block]:
    """The same blocks, of long lists of versions their ends."""
    found: list[Block] = []
    for block in blocks:
        told = lines[block.start : block.end] if block.shown is None else block.shown
        shown = tuple(_cut(line) for line in told)
        is_cut = shown != tuple(told)
        found.append(
            replace(block, shown=shown, what=joined(filter(None, (block.what, "versions")))) if is_cut else block
        )
    return found


def ends_evident(evidence: Iterable[Evidence], lines: Sequence[str]) -> list[Evidence]:
    """The same evidence, of a line with a long list of versions what stands before its middle and behind it."""
    return [item._replace(parts=ends) if (ends := _ends(lines[item.line])) else item for item in evidence]


def _cut(line: str) -> str:
    ends = _ends(line)
    left_out = line.count(", ", line.find(LISTED)) + 1 - _FIRST - _LAST
    return f"[... {left_out} versions], ".join(ends) if ends else line


def _ends(line: str) -> tuple[str, ...]:
    """A line up to its twelfth version and from its last but seven on; nothing where it has no long list of them."""
    before, led, listed = line.partition(LISTED)
    versions = listed.split(", ")
    if not led or len(versions) < _LEAST:
        return ()
    return f"{before}{led}{', '.join(versions[:_FIRST])}, ", ", ".join(versions[-_LAST:])
