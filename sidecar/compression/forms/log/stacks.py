r"""The traces that stand in one line, in a text of JSON: of their frames those of libraries go, as of any trace.

{"level":50,"err":{"stack":"TypeError: no cart\n    at total (/shop/cart.js:8:9)\n    at next (/shop/node_modules/..
{"level":50,"err":{"stack":"TypeError: no cart\n    at total (/shop/cart.js:8:9)\n[9 frames]"},"msg":"failed"}
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from sidecar.compression.forms.trace.stacks import frames_reduced
from sidecar.compression.vocabulary import Block

__all__ = ["told_around_frames", "with_short_stacks"]

_NEWLINE = "\\n"
_HINTS = ("\\n    at ", "\\n\\tat ")
_FRAME = re.compile(r'\\n(?: {4}|\\t)at [^"\\]{1,1000}')
_FEWEST = 4
"""So many frames in a text are worth a look."""
_WORTH_CHARS = 100
_WHAT = "library frames inside of lines ([9 frames])"


def told_around_frames(line: str) -> tuple[str, ...]:
    """What a line says but for the frames in its texts, with the innermost of them; the whole of any other line."""
    frames = list(_FRAME.finditer(line)) if _has_frames(line) else []
    if len(frames) < _FEWEST:
        return (line,)
    edges = [0]
    for before, after in pairwise(frames):
        if before.end() == after.start():
            edges += after.span()
    return tuple(filter(None, (line[start:end] for start, end in zip(edges[::2], [*edges[1::2], None], strict=True))))


def _has_frames(line: str) -> bool:
    return any(hint in line for hint in _HINTS)


def with_short_stacks(blocks: Iterable[Block], lines: Sequence[str]) -> Iterable[Block]:
    """The same blocks, the texts in their lines without the frames nobody wrote."""
    for block in blocks:
        printed = lines[block.start : block.end] if block.shown is None else block.shown
        if not any(map(_has_frames, printed)):
            yield block
            continue
        shown = tuple(map(_short, printed))
        if sum(map(len, printed)) - sum(map(len, shown)) < _WORTH_CHARS:
            yield block
        else:
            yield replace(block, shown=shown, what=f"{block.what}, {_WHAT}" if block.what else _WHAT)


def _short(line: str) -> str:
    """A line, each run of frames in it without those of libraries, which are counted."""
    frames = list(_FRAME.finditer(line)) if _has_frames(line) else []
    if len(frames) < _FEWEST:
        return line
    told = [frame[0].removeprefix(_NEWLINE).replace("\\t", "\t") for frame in frames]
    pieces: list[str] = []
    position = first = 0
    while first < len(frames):
        end = first + 1
        while end < len(frames) and frames[end].start() == frames[end - 1].end():
            end += 1
        left_out = frames_reduced(told[first:end]).left_out
        pieces.append(line[position : frames[first].start()])
        gone = 0
        for at in range(first, end):
            if at - first in left_out and at > first:
                gone += 1
                continue
            pieces += [_counted(gone), frames[at][0]]
            gone = 0
        pieces.append(_counted(gone))
        position, first = frames[end - 1].end(), end
    return "".join((*pieces, line[position:]))


def _counted(gone: int) -> str:
    return f"{_NEWLINE}[{gone} frame{'s' if gone > 1 else ''}]" if gone else ""
