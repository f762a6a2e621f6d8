"""What a focus asks for may lie in what was left out: the lines that bear on it most are printed there, verbatim."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from heapq import nlargest

from sidecar.compression.ranking import bm25, words_of
from sidecar.compression.shorten import Printed

__all__ = ["focused"]

_MOST_LINES = 12
_READ_LINES = 50_000
_LONGEST_CHARS = 600
"""A longer line is a document of its own; it would fill the answer."""

_NEAR_BEST = 0.6
"""A line that scores less than this share of the best one is about something else."""


def focused(printed: Sequence[Printed], lines: Sequence[str], focus: str) -> list[Printed]:
    """*printed* with up to a dozen lines of *lines*, the whole output, that its omissions hid and *focus* asks for."""
    if not (wanted := words_of(focus)):
        return list(printed)
    # Most lines hold none of the words: they are passed over before anything is counted.
    pattern = re.compile("|".join(map(re.escape, sorted(wanted))), re.IGNORECASE)
    hidden = [
        (number, index)
        for number, block in enumerate(printed)
        if block.what
        for index in range(block.start, block.end)
        if 0 < len(lines[index]) <= _LONGEST_CHARS and pattern.search(lines[index])
    ][:_READ_LINES]
    if not hidden:
        return list(printed)
    scores = bm25([lines[index] for _, index in hidden], focus)
    best = nlargest(_MOST_LINES, range(len(hidden)), key=lambda at: (scores[at], -at))
    chosen: dict[int, list[int]] = {}
    for at in sorted(best):
        if scores[at] > 0 and scores[at] >= _NEAR_BEST * scores[best[0]]:
            number, index = hidden[at]
            chosen.setdefault(number, []).append(index)
    return [
        _with_lines(block, [lines[index] for index in chosen.get(number, ())]) for number, block in enumerate(printed)
    ]


def _with_lines(block: Printed, wanted: Sequence[str]) -> Printed:
    """An omission that shows *wanted* too, before its marker."""
    new = [line for line in wanted if line not in block.lines]
    if not new:
        return block
    *shown, marker = block.lines
    if not shown:
        marker = f"[... of lines {block.start + 1}-{block.end}: {block.what}]"
    return replace(block, lines=(*shown, *new, marker))
