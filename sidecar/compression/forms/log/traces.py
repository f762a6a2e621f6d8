"""The traces inside a log: of those that are shown, the frames of libraries go.

12:03:12 ERROR order 17 declined                      stays
java.lang.IllegalStateException: no stock             stays
    at shop.Stock.take(Stock.java:8)                  stays
    at org.springframework.web.servlet...             goes
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence

from sidecar.compression.forms.drafting import condensed
from sidecar.compression.forms.trace.languages import HINTS
from sidecar.compression.forms.trace.stacks import frames_reduced
from sidecar.compression.vocabulary import Block, moved

__all__ = ["library_frames", "without_library_frames"]

_FEWEST_LINES = 4
"""A shorter stretch has nothing that would pay for a marker."""


def library_frames(lines: Sequence[str], start: int, end: int, loud: Container[int]) -> dict[int, str]:
    """What of the lines [start, end) may go, and as what; a *loud* line always stays."""
    if end - start < _FEWEST_LINES:
        return {}
    text = "\n".join(lines[start:end])
    if not any(hint in text for hint in HINTS):
        return {}
    return {at: what for at, what in frames_reduced(lines, start, end).left_out.items() if at not in loud}


def without_library_frames(blocks: Iterable[Block], lines: Sequence[str], loud: Container[int]) -> Iterable[Block]:
    """The same blocks, those of kept lines without the frames nobody wrote; a *loud* line always stays."""
    for block in blocks:
        cut = library_frames(lines, block.start, block.end, loud) if block.shown is None else {}
        if not cut:
            yield block
            continue
        inner = lines[block.start : block.end]
        why = [cut.get(index, "") for index in range(block.start, block.end)]
        yield from moved(condensed(inner, why, 0, len(inner), rank=block.rank, name=block.name), block.start)
