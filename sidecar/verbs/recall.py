"""`recall`: the original behind a handle, exactly, whole, by lines or by pattern, in pages."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import anyio.to_thread

from sidecar.compression import tokens
from sidecar.compression.asking import parts_named
from sidecar.compression.budget import Bound
from sidecar.compression.vocabulary import Part
from sidecar.errors import WrongUsage
from sidecar.store.vocabulary import Original
from sidecar.verbs.rooms import Caller, Rooms

__all__ = ["recall"]

_LINES = re.compile(r"\s*([0-9]{1,12})\s*(?:-\s*([0-9]{0,12})\s*)?$")
_PATTERN_LIMIT_S = 2.0
"""A pattern that takes longer than this on one original is refused: it backtracks without end."""


async def recall(
    rooms: Rooms,
    *,
    caller: Caller,
    handle: str,
    lines: str | None = None,
    find: str | None = None,
    context: int = 2,
    block: str | None = None,
    answer_tokens: int | None = None,
) -> str:
    """Lines of an original as they were printed, under a heading that names them.

    *block* names a part of it ("the 3rd failure", "src/app.py"). *lines* and *find* together search in those lines
    only. What does not fit the bound is named in the last line with the call that gets it.
    """
    original = await rooms.store.original(handle)
    bound = caller.bound(answer_tokens)
    if block is not None:
        if lines is not None or find is not None:
            raise WrongUsage("`recall` takes `block` alone, or `lines` and `find`.")
        parts = await rooms.compressor.parts(original.data, command=original.command, exit_code=original.exit_code)
        found = parts_named(parts, block)
        return await anyio.to_thread.run_sync(_blocks, original, found, bound, abandon_on_cancel=True)
    return await anyio.to_thread.run_sync(_page, original, lines, find, context, bound, abandon_on_cancel=True)


@dataclass(frozen=True, slots=True)
class _Span:
    """Lines [start, end) of the original, counted from 0."""

    start: int
    end: int

    @property
    def name(self) -> str:
        return f"{self.start + 1}-{self.end}" if self.end - self.start > 1 else f"{self.start + 1}"


def _page(original: Original, lines: str | None, find: str | None, context: int, bound: Bound) -> str:
    every = _every_line(original)
    wanted = _wanted(lines, len(every), original.handle)
    if find is None:
        spans, told = [wanted], ""
    else:
        spans, matches = _matches(every, wanted, find, context)
        told = f", {matches} match{'es' if matches != 1 else ''} of {find!r}"
        if not spans:
            return f"[{original.handle}: no line of {wanted.name} matches {find!r}; it has {len(every):,} lines]"
    return _within(original, every, spans, told, bound)


def _blocks(original: Original, parts: Sequence[Part], bound: Bound) -> str:
    """The lines of the named parts; parts that overlap are joined."""
    every = _every_line(original)
    spans: list[_Span] = []
    for part in parts:
        if spans and part.start <= spans[-1].end:
            spans[-1] = _Span(spans[-1].start, max(spans[-1].end, part.end))
        else:
            spans.append(_Span(part.start, part.end))
    told = f", {parts[0].kind} {parts[0].label}" if len(parts) == 1 else f", {len(parts)} parts"
    return _within(original, every, spans, told, bound)


def _every_line(original: Original) -> list[str]:
    return original.data.decode("utf-8", errors="backslashreplace").removesuffix("\n").split("\n")


def _wanted(lines: str | None, total: int, handle: str) -> _Span:
    if lines is None:
        return _Span(0, total)
    found = _LINES.match(lines)
    if found is None:
        raise WrongUsage(f"`lines` reads `120-153`, `120-` or `120`, not `{lines}`.")
    first = int(found[1])
    last = first if found[2] is None else int(found[2] or total)
    if not 1 <= first <= last:
        raise WrongUsage(f"`lines` counts from 1 and upwards, so `{lines}` names none.")
    if first > total:
        raise WrongUsage(f"`{handle}` has {total:,} lines, so there is no line {first:,}.")
    return _Span(first - 1, min(last, total))


def _matches(every: Sequence[str], wanted: _Span, find: str, context: int) -> tuple[list[_Span], int]:
    import regex  # the one engine at hand that can give up

    try:
        pattern = regex.compile(find, regex.MULTILINE)
    except regex.error as error:
        raise WrongUsage(f"`find` is not a regular expression ({error}): escape what is meant literally.") from error
    starts = list(accumulate((len(line) + 1 for line in every[wanted.start : wanted.end]), initial=0))
    text = "\n".join(every[wanted.start : wanted.end])
    matching: list[int] = []
    try:
        for found in pattern.finditer(text, timeout=_PATTERN_LIMIT_S):
            line = bisect_right(starts, found.start()) - 1
            if not matching or matching[-1] != line:
                matching.append(line)
    except TimeoutError as error:
        raise WrongUsage(f"`find` took too long on {wanted.name}: give a simpler pattern or fewer `lines`.") from error
    spans: list[_Span] = []
    for index in (wanted.start + line for line in matching):
        start, end = max(wanted.start, index - context), min(wanted.end, index + context + 1)
        if spans and start <= spans[-1].end:
            spans[-1] = _Span(spans[-1].start, end)
        else:
            spans.append(_Span(start, end))
    return spans, len(matching)


def _within(original: Original, every: Sequence[str], spans: Sequence[_Span], told: str, bound: Bound) -> str:
    """The spans under their heading, as far as the bound admits, and in the last line how to go on."""
    heading = f"[{original.handle}, {len(every):,} lines{told}"
    room = bound.without(heading + _go_on(original.handle, _Span(99_999, 999_999)) + " " * 60, tokens.count)
    parts: list[str] = []
    left: _Span | None = None
    for span in spans:
        label = f"[lines {span.name}]"
        body = every[span.start : span.end]
        fitting = _fitting(body, room.without(label, tokens.count))
        if fitting:
            shown = "\n".join((label, *body[:fitting]) if len(spans) > 1 else body[:fitting])
            parts.append(shown)
            room = room.without(shown, tokens.count)
        if fitting < len(body):
            left = _Span(span.start + fitting, span.end)
            break
    first = spans[0]
    if not parts:
        return _part_of_line(original.handle, every, first.start, room)
    if len(spans) == 1:
        heading += f": lines {_Span(first.start, left.start if left else first.end).name}"
    last = [] if left is None else [_go_on(original.handle, left)]
    return "\n".join((heading + "]", *parts, *last))


def _go_on(handle: str, left: _Span) -> str:
    return f'[sidecar: lines {left.name} and on did not fit; recall("{handle}", lines="{left.name}")]'


def _fitting(body: Sequence[str], room: Bound) -> int:
    """How many of the first lines fit; by bisection, so that a long original is not counted line by line."""
    if room.is_open or room.admits("\n".join(body), tokens.count):
        return len(body)
    low, high = 0, len(body)
    while low < high:
        middle = (low + high + 1) // 2
        if room.admits("\n".join(body[:middle]), tokens.count):
            low = middle
        else:
            high = middle - 1
    return low


def _part_of_line(handle: str, every: Sequence[str], index: int, room: Bound) -> str:
    """One line alone is over the bound: its beginning, and that it is only that."""
    line = every[index]
    part = line if room.tokens is None else tokens.cut(line, max(room.tokens, 1))
    part = part if room.chars is None else part[: max(room.chars, 1)]
    shown = f"the first {len(part):,} of {len(line):,} characters of line {index + 1} of {handle}"
    last = f"[sidecar: {shown}; a larger `answer_tokens` shows more]"
    return f"{part}\n{last}"
