"""What records in a row begin with, told once: when, where and who, where most of a log's messages are different.

    [the next 3 lines begin with "Nov 26 10:13:42 web-1 kernel: "]
    MTRR map: 0 entries
    Using GB pages for direct mapping
    RAMDISK: [mem 0xbf8b0000-0xbfffffff]
    [the next 9 lines begin with "2026-11-26 03:", after their time with "INFO 11486 --- [main] "]
    16:59.070 Starting App

Alarms and warnings stay as they were printed: whoever looks for one finds its time beside it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from sidecar.compression.alarms import alarm_lines, warning_lines
from sidecar.compression.forms.log.codes import failed_requests
from sidecar.compression.forms.log.heads import after_time, begins_record
from sidecar.compression.vocabulary import Block, Rank, keep, note

__all__ = ["with_shared_heads"]

_LEAST_CHARS = 14
"""A head shorter than this is hardly dearer than what would stand for it."""
_LEAST_OF_STAMP = 7
"""The kernel's stamp is dearer than it is long: `[    0.` are four tokens."""
_MOST_CHARS = 80
_WORTH_CHARS = 100
"""So much must be saved by a run, beside the line that tells its head."""
_TOLD = '[the next {} lines begin with "{}"]'
_TOLD_AFTER_TIME = '[the next {} lines begin with "{}", after their time with "{}"]'
_LEAST_AFTER_TIME = 10
_PADDING = re.compile(r"(?<=\S) {3,}(?=\S)")
_FEW_LINES = 8
"""So many lines between two omissions are shown with what stands around them, ..."""
_LINES_TOGETHER = 24
"""... and so many in all above one marker."""
_MOST_LINES = 80
"""So many lines share a block, which a bound shows or drops as one."""
_HALF_A_WORD = re.compile(r"[\[(<{]?\w*$")


def with_shared_heads(
    blocks: Iterable[Block], lines: Sequence[str], loud: Collection[int], like: str
) -> Iterable[Block]:
    """The same blocks, ordinary lines in a row without what they all begin with; *loud* lines stay.

    A few lines here and there between omissions of lines *like* those shown are shown together, above one marker.
    """
    start = end = 0
    for block in _together(blocks, loud, lines, like):
        if _is_quiet(block, loud):
            start, end = (start if start < end else block.start), block.end
            continue
        yield from _shared(lines, start, end)
        start = end = 0
        is_shared = block.shown is not None and like in block.what
        yield replace(block, shown=tuple(_without_heads(block.shown or ()))) if is_shared else block
    yield from _shared(lines, start, end)


def _is_quiet(block: Block, loud: Collection[int]) -> bool:
    is_ordinary = block.shown is None and block.rank is Rank.CONTENT
    return is_ordinary and not any(index in loud for index in range(block.start, block.end))


def _together(blocks: Iterable[Block], loud: Collection[int], lines: Sequence[str], like: str) -> Iterable[Block]:
    """Quiet lines and bare omissions in turns as one block each: a marker is dearer than the place it tells."""
    held: list[Block] = []
    shown = 0
    for block in blocks:
        is_bare = block.shown == () and block.what == like
        size = 0 if is_bare else block.end - block.start
        if (is_bare or (_is_quiet(block, loud) and size <= _FEW_LINES)) and shown + size <= _LINES_TOGETHER:
            held.append(block)
            shown += size
            continue
        yield from _as_one(held, lines, like)
        held, shown = ([block], 0) if is_bare else ([], 0)
        if not is_bare:
            yield block
    yield from _as_one(held, lines, like)


def _as_one(held: list[Block], lines: Sequence[str], like: str) -> Iterable[Block]:
    if sum(1 for block in held if block.shown is not None) < 2:
        yield from held
        return
    shown = [line for block in held if block.shown is None for line in lines[block.start : block.end]]
    yield Block(held[0].start, held[-1].end, tuple(shown), like, Rank.CONTENT)


def _without_heads(shown: Sequence[str]) -> Iterable[str]:
    """Lines that are shown above a marker, the ordinary ones in a row without what they begin with."""
    text = "\n".join(shown)
    loud = {*alarm_lines(shown, text), *warning_lines(shown, text), *failed_requests(shown, text)}
    position = 0
    for at in [*sorted(loud), len(shown)]:
        for block in _shared(shown, position, at):
            yield from shown[block.start : block.end] if block.shown is None else block.shown
        yield from shown[at : at + 1]
        position = at + 1


@dataclass(frozen=True, slots=True)
class _Run:
    """Lines up to *end* that begin with *head*, and say *says* after their time."""

    start: int
    end: int
    head: str
    says: str = ""

    @property
    def told(self) -> str:
        count = self.end - self.start
        return _TOLD_AFTER_TIME.format(count, self.head, self.says) if self.says else _TOLD.format(count, self.head)

    @property
    def saved(self) -> int:
        return (self.end - self.start) * (len(self.head) + len(self.says)) - len(self.told)

    def shown(self, lines: Sequence[str]) -> Iterable[str]:
        yield self.told
        for line in lines[self.start : self.end]:
            said = after_time(line) if self.says else ""
            time = line[len(self.head) : len(line) - len(said)]
            yield _PADDING.sub(" ", f"{time}{said[len(self.says) :]}")


def _shared(lines: Sequence[str], start: int, end: int) -> Iterable[Block]:
    position = at = start
    while at < end:
        run = _run(lines, at, min(end, at + _MOST_LINES))
        if run.head and (longer := _said_after_time(lines, run)).saved > run.saved:
            run = longer
        if run.saved < _WORTH_CHARS:
            at = max(at + 1, run.end - 1)
            continue
        if position < at:
            yield keep(position, at)
        yield note(at, run.end, run.shown(lines))
        position = at = run.end
    if position < end:
        yield keep(position, end)


def _said_after_time(lines: Sequence[str], run: _Run) -> _Run:
    """The lines of *run*, or its first ones, that say the same after their time: a level, a process, a thread."""
    best = run
    says = after_time(lines[run.start])
    for index in range(run.start, run.end):
        line = lines[index]
        said = after_time(line)
        says = _head(says, said) if index > run.start else says[:_MOST_CHARS]
        says = says[: says.rfind(" ") + 1]  # no part of a name
        if len(says) < _LEAST_AFTER_TIME or len(line) - len(said) < len(run.head):
            break
        if index > run.start:
            found = _Run(run.start, index + 1, run.head, says)
            best = found if found.saved > best.saved else best
    return best


def _run(lines: Sequence[str], start: int, end: int) -> _Run:
    """What the lines from *start* on have in common, and up to where: the longest head times the most lines."""
    if start + 1 >= end or not begins_record(lines[start]):
        return _Run(start, start + 1, "")
    head = _head(lines[start], lines[start + 1])
    least = _LEAST_OF_STAMP if head.startswith("[  ") else _LEAST_CHARS
    after = start + 1
    while after < end and len(head) >= least:
        line = lines[after]
        if not line.startswith(head) or len(line) == len(head):
            shorter = _head(head, line)
            if len(shorter) < least or len(shorter) * (after + 1 - start) < len(head) * (after - start):
                break
            head = shorter
        after += 1
    return _Run(start, after, head)


def _head(one: str, other: str) -> str:
    """What two lines begin with, up to a whole word and no further than to what the record says."""
    most = min(len(one), len(other), _MOST_CHARS)
    same = next((i for i in range(most) if one[i] != other[i]), most)
    head = one[:same]
    says = head.find(": ")
    return head[: says + 2] if says >= 0 else _HALF_A_WORD.sub("", head)
