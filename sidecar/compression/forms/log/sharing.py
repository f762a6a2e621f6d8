"""What records in a row begin with, told once: when, where and who, where most of a log's messages are different.

    [the next 3 lines begin with "Nov 26 10:13:42 web-1 kernel: "]
    MTRR map: 0 entries
    Using GB pages for direct mapping
    RAMDISK: [mem 0xbf8b0000-0xbfffffff]

Alarms and warnings stay as they were printed: whoever looks for one finds its time beside it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from sidecar.compression.forms.log.heads import begins_record
from sidecar.compression.vocabulary import Block, Rank, keep, note

__all__ = ["with_shared_heads"]

_LEAST_CHARS = 14
"""A head shorter than this is hardly dearer than what would stand for it."""
_MOST_CHARS = 80
_WORTH_CHARS = 100
"""So much must be saved by a run, beside the line that tells its head."""
_TOLD = '[the next {} lines begin with "{}"]'
_MOST_LINES = 80
"""So many lines share a block, which a bound shows or drops as one."""
_HALF_A_WORD = re.compile(r"[\[(<{]?\w*$")


def with_shared_heads(blocks: Iterable[Block], lines: Sequence[str], loud: Collection[int]) -> Iterable[Block]:
    """The same blocks, ordinary lines in a row without what they all begin with; *loud* lines stay."""
    start = end = 0
    for block in blocks:
        is_quiet = block.shown is None and block.rank is Rank.CONTENT
        if is_quiet and not any(index in loud for index in range(block.start, block.end)):
            start, end = (start if start < end else block.start), block.end
            continue
        yield from _shared(lines, start, end)
        start = end = 0
        yield block
    yield from _shared(lines, start, end)


def _shared(lines: Sequence[str], start: int, end: int) -> Iterable[Block]:
    position = at = start
    while at < end:
        head, after = _run(lines, at, min(end, at + _MOST_LINES))
        told = _TOLD.format(after - at, head)
        if (after - at) * len(head) < len(told) + _WORTH_CHARS:
            at = max(at + 1, after - 1)
            continue
        if position < at:
            yield keep(position, at)
        yield note(at, after, (told, *(line[len(head) :] for line in lines[at:after])))
        position = at = after
    if position < end:
        yield keep(position, end)


def _run(lines: Sequence[str], start: int, end: int) -> tuple[str, int]:
    """What the lines from *start* on have in common, and up to where: the longest head times the most lines."""
    if start + 1 >= end or not begins_record(lines[start]):
        return "", start + 1
    head = _head(lines[start], lines[start + 1])
    after = start + 1
    while after < end and len(head) >= _LEAST_CHARS:
        line = lines[after]
        if not line.startswith(head) or len(line) == len(head):
            shorter = _head(head, line)
            if len(shorter) < _LEAST_CHARS or len(shorter) * (after + 1 - start) < len(head) * (after - start):
                break
            head = shorter
        after += 1
    return head, after


def _head(one: str, other: str) -> str:
    """What two lines begin with, up to a whole word and no further than to what the record says."""
    most = min(len(one), len(other), _MOST_CHARS)
    same = next((i for i in range(most) if one[i] != other[i]), most)
    head = one[:same]
    says = head.find(": ")
    return head[: says + 2] if says >= 0 else _HALF_A_WORD.sub("", head)
