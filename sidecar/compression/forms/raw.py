"""Bytes written as text, which nobody reads: of certificates and keys, and beside the instructions they stand for.

Modulus:                                           Modulus:
    00:e9:8c:d8:66:a4:b8:f7:e6:cb:3f:80:99:7c      [... 18 lines (14-31): bytes]
    ...                                      ->
1012:   48 83 c4 08     add    $0x8,%rsp           1012: add    $0x8,%rsp
1016:   c3              ret                        1016: ret
                                                   [... of lines 40-99: machine code]
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence
from itertools import groupby

from sidecar.compression.alarms import alarm_lines
from sidecar.compression.vocabulary import Block, Segment, omit

__all__ = ["raw_blocks"]

_BYTES = re.compile(r"\s*(?:[0-9a-fA-F]{2}:){12,40}(?:[0-9a-fA-F]{2})?$|[A-Za-z0-9+/]{60,80}={0,2}$")
_KEYS = ("-----BEGIN ", "Modulus:", "modulus:", "Signature", "pub:\n", "priv:\n")
"""One of these is in every text that prints a key or a certificate."""
_RUN_LINES = 3
_INSTRUCTION = re.compile(r" *([0-9a-f]{1,16}:)\t(?:[0-9a-f]{2,16} )+ *(?:\t|$)")
"""objdump -d: the address, the bytes, the instruction; a long one has further lines with bytes alone."""
_DISASSEMBLY = "isassembly of section"
_APART = 12
"""Lines of source and names of functions stand between instructions."""
_BLOCK_LINES = 120


def raw_blocks(segment: Segment) -> list[Block]:
    """What is printed for the stretches of a text that are bytes, in order; the rest of it is not spoken of."""
    text, lines = segment.text, segment.lines
    if _DISASSEMBLY in text:
        # A call of abort is no alarm, but such a line stays whole as it would anywhere.
        return list(_without_machine_code(lines, frozenset(alarm_lines(lines, text))))
    if any(word in text for word in _KEYS):
        return list(_without_bytes(lines))
    return []


def _without_bytes(lines: Sequence[str]) -> Iterable[Block]:
    start = 0
    for is_bytes, group in groupby(lines, lambda line: len(line) < 200 and _BYTES.match(line) is not None):
        end = start + sum(1 for _ in group)
        if is_bytes and end - start >= _RUN_LINES:
            yield omit(start, end, "bytes")
        start = end


def _without_machine_code(lines: Sequence[str], loud: Container[int]) -> Iterable[Block]:
    found = [None if at in loud else _INSTRUCTION.match(line[:400]) for at, line in enumerate(lines)]
    start = 0
    while start < len(lines):
        if found[start] is None:
            start += 1
            continue
        last = end = start
        while end < len(lines) and end - last <= _APART and end - start < _BLOCK_LINES:
            last = end if found[end] is not None else last
            end += 1
        shown = (
            line if one is None else f"{one[1]} {line[one.end() :]}"
            for line, one in zip(lines[start : last + 1], found[start : last + 1], strict=True)
            if one is None or one.end() < len(line)
        )
        yield Block(start, last + 1, tuple(shown), "machine code")
        start = last + 1
