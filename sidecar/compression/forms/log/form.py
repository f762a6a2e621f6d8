"""Logs: text whose records begin with a time or a level, shown as its kinds of records with their counts.

    12:00:00 INFO order 4711 paid in 33 ms (x412 alike, last 12:09:31, line 800)
    12:03:12 ERROR order 17 declined
    [alike "INFO order 4711 paid in 33 ms": 4712 12, 4713 40, ...]

A record is a line that begins one, with the lines after it that do not: a stack trace belongs to its error.
Of each kind the first record stays, with the count, the place of the last and what varies; a rare kind stays whole.
"""

from __future__ import annotations

from collections import Counter

from sidecar.compression.forms.log.choosing import Choosing, Record
from sidecar.compression.forms.log.codes import without_digits
from sidecar.compression.forms.log.heads import after_time, begins_record, recognise
from sidecar.compression.forms.log.kinds import kinds_of
from sidecar.compression.forms.log.records import INSIDE, members, read_log
from sidecar.compression.forms.log.reports import without_long_reports
from sidecar.compression.forms.log.sharing import with_shared_heads
from sidecar.compression.forms.log.stacks import told_around_frames, with_short_stacks
from sidecar.compression.forms.log.traces import library_frames, without_library_frames
from sidecar.compression.forms.log.writing import LIKE, write
from sidecar.compression.vocabulary import Block, Evidence, Extent, Form, Part, Segment

__all__ = ["FORM"]

_SAID_CHARS = 2_000
"""A part is named and quoted by so much of its first line."""
_SUMMARIES = 40
"""What varies is told for so many kinds, those with the most records."""


def _evidence(segment: Segment) -> list[Evidence]:
    """The first line of each kind of alarm and of each kind of warning, but for the frames in a text of it."""
    if not segment.lines:
        return []
    kinds = kinds_of(segment)
    first = sorted({kinds.first[kind] for kind in (*kinds.alarms, *kinds.warnings)})
    return [Evidence(line, told_around_frames(segment.lines[line])) for line in first]


def _reduce(segment: Segment) -> list[Block]:
    if not segment.lines:
        return []
    log = read_log(segment)
    counts = Counter(log.of_line)
    del counts[INSIDE]
    starting = members(log, counts)
    choosing = Choosing(log)
    chosen: dict[int, Record] = {}
    values: dict[int, str] = {}
    told = {kind for kind, _ in counts.most_common(_SUMMARIES)}
    for kind, starts in starting.items():
        for record, said in choosing.records(kind, starts, counts[kind], tell=kind in told):
            chosen[record.start] = record
            if said:
                values[record.start] = said
    loud = {log.kinds.first[kind] for kind in (*log.kinds.alarms, *log.kinds.warnings)}
    records = [chosen[start] for start in sorted(chosen)]
    frames: dict[int, str] = {}
    for record in records:
        frames.update(library_frames(segment.lines, record.start, record.end, loud))
    blocks = write(segment, records, values, frames)
    short = without_long_reports(blocks, segment.lines, log.ends)
    shared = with_shared_heads(without_library_frames(short, segment.lines, loud), segment.lines, loud, LIKE)
    return list(with_short_stacks(shared, segment.lines))


def _parts(segment: Segment) -> list[Part]:
    """The first record of each kind of alarm and warning, and of each with a trace."""
    if not segment.lines:
        return []
    log = read_log(segment)
    parts: list[Part] = []
    known: set[int] = set()
    for line, kind in enumerate(log.of_line):
        if kind in known or (kind not in log.loud and kind not in log.warns):
            continue
        known.add(kind)
        said = segment.lines[line]
        word = "error" if kind in log.loud else "warning"
        label = without_digits(after_time(said[:_SAID_CHARS])).decode("utf-8", "replace")
        parts.append(Part(word, label, line, log.end(line), said[:_SAID_CHARS]))
    return parts


def _extent(segment: Segment) -> Extent:
    """From its first record on; what stands above may be the end of one that was cut off, or another program's."""
    lines = segment.lines
    return Extent(next((index for index, line in enumerate(lines) if begins_record(line)), 0), len(lines))


FORM = Form("log", recognise, _evidence, _reduce, _parts, extent=_extent)
