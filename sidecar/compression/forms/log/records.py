"""The records of a log: where each ends, its kind, and of each kind those that are looked at.

A record is a line that begins one, with the lines after it that do not: a stack trace belongs to its error.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from sidecar.compression.forms.log.heads import begins_record
from sidecar.compression.forms.log.kinds import Kinds, kinds_of
from sidecar.compression.vocabulary import Segment

__all__ = ["FRAME", "INSIDE", "MEMBERS", "Log", "members", "read_log"]

FRAME = re.compile(r'\s+(?:File "|at |from |/)')
INSIDE = 0xFFFFFFFF
"""The kind of a line inside a record."""
MEMBERS = 4_000
"""So many records of one kind are looked at for what varies; of more, so many from every part of the log."""
_FEW_FAR = 3
"""No more records of one kind are out of line by their digits."""


@dataclass(frozen=True, slots=True)
class Log:
    """A log's records: where those of several lines end, the kind of each by its first line, and what is loud."""

    segment: Segment
    kinds: Kinds
    of_line: array[int]
    """The kind of the record that begins at a line; `INSIDE` where none does."""
    ends: Mapping[int, int]
    """Where a record of several lines ends, by its first line."""
    loud: frozenset[int]
    warns: frozenset[int]
    far: dict[int, list[int]] = field(default_factory=dict)
    """The records of a frequent kind that are out of line."""

    def end(self, start: int) -> int:
        return self.ends.get(start, start + 1)


def read_log(segment: Segment) -> Log:
    """Find the records; those of several lines are of one kind where all their lines are, and frames the same."""
    kinds, lines = kinds_of(segment), segment.lines
    heads = [bool(lines[at]) and begins_record(lines[at]) for at in kinds.first]
    loud, warns = set(kinds.alarms), set(kinds.warnings)
    if all(heads) or not any(heads):
        return Log(segment, kinds, kinds.of_line, {}, frozenset(loud), frozenset(warns))
    flags = bytes(map(heads.__getitem__, kinds.of_line))
    of_line, ends = array("I", kinds.of_line), {}
    grouped: dict[tuple[object, ...], int] = {}
    at = flags.find(0, flags.find(1))  # lines before the first record are one each
    while at >= 0:
        end = flags.find(1, at)
        end = end if end >= 0 else len(lines)
        start = at - 1
        # A frame is told by its line number too; a message by its words.
        inside = (lines[i] if FRAME.match(lines[i]) else kinds.of_line[i] for i in range(at, end))
        kind = grouped.setdefault((of_line[start], *inside), len(kinds.first) + len(grouped))
        for index in range(start, end):
            if kinds.of_line[index] in kinds.alarms:
                loud.add(kind)
            elif kinds.of_line[index] in kinds.warnings:
                warns.add(kind)
            of_line[index] = INSIDE
        of_line[start] = kind
        ends[start] = end
        at = flags.find(0, end)
    return Log(segment, kinds, of_line, ends, frozenset(loud), frozenset(warns))


def members(log: Log, counts: Mapping[int, int]) -> dict[int, list[int]]:
    """Where the records of each kind begin, first and last among them; of very many every n-th, of loud ones all."""
    steps = {kind: 1 if kind in log.loud else count // MEMBERS + 1 for kind, count in counts.items()}
    found: dict[int, list[int]] = {kind: [] for kind in counts}
    if all(step == 1 for step in steps.values()):
        for line, kind in enumerate(log.of_line):
            if kind != INSIDE:
                found[kind].append(line)
        return found
    # The frequent kinds of a large log are looked at by every n-th line, and no list holds them all.
    wanted = {kind for kind, step in steps.items() if step == 1}
    for line, kind in enumerate(log.of_line):
        if kind in wanted:
            found[kind].append(line)
    stride = max(1, len(log.of_line) // (MEMBERS * 4))
    last = dict(zip(log.of_line, range(len(log.of_line)), strict=True))
    frequent = sorted(set(counts) - wanted)
    for line in range(0, len(log.of_line), stride):
        kind = log.of_line[line]
        if kind != INSIDE and kind not in wanted:
            found[kind].append(line)
    for kind in frequent:
        found[kind] = sorted({*found[kind], log.of_line.index(kind), last[kind]})
    for kind, line in _most_digits(log, set(frequent)):
        log.far.setdefault(kind, []).append(line)
    return found


def _most_digits(log: Log, frequent: set[int]) -> list[tuple[int, int]]:
    """The few records of frequent kinds with more digits than all their others: 48213 ms among thousands of 12 ms."""
    pairs = Counter(zip(log.of_line, log.kinds.digits, strict=True))
    lengths: dict[int, list[int]] = {}
    for kind, digits in sorted(pairs, reverse=True):
        if kind in frequent:
            lengths.setdefault(kind, []).append(digits)
    few: set[tuple[int, int]] = set()
    for kind, longest_first in lengths.items():
        seen = 0
        for digits in longest_first[:-1]:
            seen += pairs[kind, digits]
            if seen > _FEW_FAR:
                break
            few.add((kind, digits))
    if not few:
        return []
    pairs_in_order = enumerate(zip(log.of_line, log.kinds.digits, strict=True))
    return [(kind, line) for line, (kind, digits) in pairs_in_order if (kind, digits) in few]
