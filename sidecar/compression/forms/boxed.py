"""The traces that Python's rich draws in a box, as typer and many command-line programs print them.

╭──────────── Traceback (most recent call last) ────────────╮
│ /shop/cart.py:12 in total                                  │     head, stays where its frame does
│                                                            │
│    11 │   count = len(items)                               │     source, goes
│ ❱  12 │   return total / count                             │     stays
│                                                            │
│ ╭── locals ──╮                                             │     stays with a frame of the user's own
│ │ items = [] │                                             │
│ ╰────────────╯                                             │
╰────────────────────────────────────────────────────────────╯
ZeroDivisionError: division by zero
"""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["MARK", "SIDE", "ends_of_call", "is_boxed_source", "left_out_of"]

SIDE = "│"
MARK = "│ ❱ "
"""Before the line of source that was running; every such trace has one."""

_HEAD = re.compile(r"│ (?P<path>[^\s│❱╭╰][^│]{0,400}?):\d+(?: in(?: (?P<name>\S+))? *(?:│|$)| *│)")
_FOLDED = re.compile(r"│ (?P<path>/[^\s│]{20,})\s?│$")
"""The path that fills its line goes on in the next one."""
_SOURCE = re.compile(r"\s*│ [❱ ] *\d+(?: |$)")
_RUNNING = re.compile(r"\s*│ ❱ ")
_LOCALS = re.compile(r"\s*│ [╭│╰]")
_EMPTY = re.compile(r"\s*│\s*│\s*$")
_LONG = 1_000


def ends_of_call(lines: Sequence[str], index: int, end: int, told: str) -> tuple[int, str, str] | None:
    """Where the call ends whose head, *told* without what stands before its box, is at *index*; its path and key.

    None where the line is no head.
    """
    found = _head(lines, index, end, told)
    if found is None:
        return None
    after = index + 1
    while after < end:
        below = lines[after][:_LONG].lstrip()
        if not below.startswith(SIDE) or (_is_empty(lines[after - 1]) and _head(lines, after, end, below) is not None):
            break
        after += 1
    return after, found["path"], " ".join(filter(None, found.groupdict().values()))


def _head(lines: Sequence[str], index: int, end: int, told: str) -> re.Match[str] | None:
    found = _HEAD.match(told)
    if found is None and index + 1 < end and _HEAD.match(lines[index + 1][:_LONG].lstrip()):
        found = _FOLDED.match(told)
    return found


def _is_empty(line: str) -> bool:
    return _EMPTY.match(line[:_LONG]) is not None


def is_boxed_source(line: str) -> bool:
    """Whether a line is source in such a box: its words are no message, whatever they sound like.

    To be asked only of a text with a `MARK`: tables have such rows too.
    """
    return _SOURCE.match(line[:_LONG]) is not None


def left_out_of(lines: Sequence[str], start: int, end: int, *, is_own: bool) -> dict[int, str]:
    """What of a call that stays may go, by line: the source around the line that was running, a library's locals."""
    left: dict[int, str] = {}
    for index in range(start + 1, end):
        line = lines[index][:_LONG]
        if _is_empty(line):
            left[index] = " "
        elif _SOURCE.match(line) and not _RUNNING.match(line):
            left[index] = "source lines"
        elif not is_own and _LOCALS.match(line):
            left[index] = "locals of library frames"
    return left
