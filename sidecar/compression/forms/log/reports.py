"""Reports inside a log: a record of a debugging level that goes on for pages shows how it begins and how it ends.

12:03:12 DEBUG ConditionEvaluationReportLogger :      stays, with the lines after it
    AopAutoConfiguration matched: ...                 the thousand lines below go, but for alarms
12:03:14 ERROR Application run failed                 stays
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from sidecar.compression.alarms import alarm_lines
from sidecar.compression.forms.drafting import condensed
from sidecar.compression.forms.trace.languages import HINTS
from sidecar.compression.vocabulary import Block, moved

__all__ = ["without_long_reports"]

_QUIET = re.compile(r"\b(?:DEBUG|TRACE|VERBOSE|FINE|FINER|FINEST|debug|trace|verbose)\b")
"""A record of another level may hold what somebody waits for: the output of the tests that a build ran."""
_LEVEL_READ = 120
_LONG_LINES = 60
_BEGINS = 16
_ENDS = 6


def without_long_reports(blocks: Iterable[Block], lines: Sequence[str], ends: Mapping[int, int]) -> Iterable[Block]:
    """The same blocks, those of kept lines without the middle of such records; *ends* has the records' ends."""
    long = [
        (start + _BEGINS, end - _ENDS)
        for start, end in sorted(ends.items())
        if end - start > _LONG_LINES and _is_report(lines, start, end)
    ]
    for block in blocks:
        within = [(start, end) for start, end in long if block.start <= start and end <= block.end]
        if block.shown is not None or not within:
            yield block
        else:
            yield from _shortened(block, lines, within)


def _is_report(lines: Sequence[str], start: int, end: int) -> bool:
    """Whether a record is of such a level, and no trace, of which the frames of libraries go."""
    if _QUIET.search(lines[start][:_LEVEL_READ]) is None:
        return False
    text = "\n".join(lines[start:end])
    return not any(hint in text for hint in HINTS)


def _shortened(block: Block, lines: Sequence[str], middles: Collection[tuple[int, int]]) -> Iterable[Block]:
    why = [""] * (block.end - block.start)
    for start, end in middles:
        loud = set(alarm_lines(lines[start:end]))
        for index in range(start, end):
            if index - start not in loud:
                why[index - block.start] = "the middle of a long report"
    parts = condensed(lines[block.start : block.end], why, 0, len(why), rank=block.rank, name=block.name)
    return moved(parts, block.start)
