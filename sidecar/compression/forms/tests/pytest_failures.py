"""The failing tests of a run of pytest, one after another: which share a block, and which point at one above.

    ___ test_total ___ ... FAILED id - message     its heading is the summary's line on it, where that has one
    ___ test_tax ___                               the first few in a block of their own, others with their neighbours
    ___ test_rate ___ (same as test_tax)           one like an earlier one

What one failing test prints is told by `pytest_failure`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter

from sidecar.compression.forms.drafting import condensed, joined
from sidecar.compression.forms.tests.pytest_failure import SAME, tell
from sidecar.compression.forms.tests.pytest_lines import (
    captured_rule,
    explained,
    heading_name,
    is_heading,
    is_value,
    without_addresses,
    without_middles,
)
from sidecar.compression.forms.tests.pytest_run import TOLD, Run
from sidecar.compression.forms.tests.pytest_summary import Failure
from sidecar.compression.forms.tests.repeats import SAID
from sidecar.compression.vocabulary import Block, Rank

__all__ = ["failing"]

_is_raised = re.compile(
    r"\S.*:\d+: (?!in )\S|[A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt|Failed|Warning)(?::|$)"
).match
"""Where and what was raised stays with every failure."""

_OWN_BLOCKS = 4
_EQUAL = 3
_ROOM = 16
_MANY = 64
"""The first failures have a block, and its marker, of their own, and so many equal ones; others share one with their
neighbours up to so much, twice as much where so many failed."""


def failing(run: Run, start: int, end: int) -> list[Block]:
    """The first failures each in a block of their own; later ones, and ones like an earlier one, share blocks."""
    members = [_told(run, first, last) for first, last in _sections(run, start, end)]
    return [block for group in _grouped(members) for block in _blocks(run, group)]


@dataclass(frozen=True, slots=True)
class _Member:
    """A failing test [start, end); *leader* is the earlier one that failed in the same words."""

    start: int
    end: int
    name: str
    leader: str

    @property
    def cost(self) -> int:
        return 1 if self.leader else 2


def _told(run: Run, first: int, last: int) -> _Member:
    """Mark what of one failing test may go."""
    name = heading_name(run.lines[first])
    leader = tell(run.lines, run.letters, first, last, run.why, name=name, told=run.told)
    if name:
        _shorten_rules(run, first, last)
    if first in run.summed:
        _sum_up(run, run.summed[first])
    if name and not leader:
        body = [i for i, reason in enumerate(run.why[first + 1 : last], first + 1) if not reason]
        run.repeats.mark(run.lines, body, run.why, stays=_is_raised)
    return _Member(first, last, name, leader)


def _sections(run: Run, start: int, end: int) -> Iterable[tuple[int, int]]:
    """The failing tests between two titles, each from its `___ name ___` to the next.

    Without headings (`--tb=line`) each explanation begins one.
    """
    headings = [
        found.start() for found in _RULE.finditer(run.letters, start, end) if is_heading(run.lines[found.start()])
    ]
    starts = headings or [first for first, _ in explained(run.letters, start, end)]
    begun = start
    for index in starts:
        if index > start:
            yield begun, index
            begun = index
    if begun < end:
        yield begun, end


_RULE = re.compile("_")


def _grouped(members: Sequence[_Member]) -> Iterable[list[_Member]]:
    """The failing tests that share a block: many like one earlier test, or a few of any kind."""
    room = _ROOM if len(members) <= _MANY else 2 * _ROOM
    held: list[_Member] = []
    number = 0
    for leader, run in groupby(members, key=attrgetter("leader")):
        like = list(run)
        if leader and len(like) >= _EQUAL:
            if held:
                yield held
                held = []
            yield from (like[at : at + room] for at in range(0, len(like), room))
            continue
        for member in like:
            is_own = number < _OWN_BLOCKS and not member.leader
            if held and (is_own or sum(one.cost for one in held) + member.cost > room):
                yield held
                held = []
            held.append(member)
            number += not member.leader
    if held:
        yield held


def _blocks(run: Run, group: Sequence[_Member]) -> list[Block]:
    """What is printed for failing tests that share a block."""
    pointed = _point_at_leaders(run, group)
    begun, closed = group[0].start, group[-1].end
    shorter = [
        *(["the middle of long lines"] if _cut_middles(run, begun, closed) else []),
        *(["addresses"] if _cut_addresses(run, begun, closed) else []),
    ]
    found = condensed(
        run.lines,
        run.why,
        begun,
        closed,
        rank=Rank.EVIDENCE,
        name=group[0].name if len(group) == 1 else "",
        instead=run.instead,
        is_pointed_at=pointed or any(begun <= first < closed for first in run.summed),
    )
    return [
        replace(block, what=joined([block.what, *shorter])) if shorter and block.shown else block for block in found
    ]


def _point_at_leaders(run: Run, group: Sequence[_Member]) -> bool:
    """Where tests like different ones share a block, say of each behind its heading whom it is like."""
    if len({member.leader for member in group}) == 1:
        return False
    for member in group:
        if member.leader:
            heading = run.instead.get(member.start, run.lines[member.start])
            run.instead[member.start] = f"{heading} (same as {member.leader})"
            for index in range(member.start, member.end):
                if run.why[index].startswith(SAME):
                    run.why[index] = SAID
    return any(member.leader for member in group)


def _cut_addresses(run: Run, start: int, end: int) -> bool:
    """Whether values in [start, end) are printed without where in memory they were."""
    shorter = {
        index: line
        for first, last in explained(run.letters, start, end)
        for index in range(first, last)
        if not run.why[index]
        and index not in run.instead
        and is_value(run.lines[index])
        and (line := "".join(without_addresses(run.lines[index]))) != run.lines[index]
    }
    run.instead |= shorter
    return bool(shorter)


def _cut_middles(run: Run, start: int, end: int) -> bool:
    """Whether lines in [start, end) are printed without their middle, for nobody reads as much."""
    shorter = {
        start + number: line
        for number, line in without_middles(run.lines[start:end]).items()
        if not run.why[start + number] and start + number not in run.instead
    }
    run.instead |= shorter
    return bool(shorter)


def _sum_up(run: Run, failure: Failure) -> None:
    """Print the summary's line on a failure as its heading, and what that quotes nowhere else."""
    run.instead[failure.start] = without_middles([failure.told]).get(0, failure.told)
    run.why[failure.outcome] = TOLD
    for index in failure.quoted:
        run.why[index] = TOLD
    said = {
        line[1:].strip()
        for first, last in explained(run.letters, failure.start, failure.end)
        for line in run.lines[first:last]
    }
    run.again.append((failure.outcome + 1, {"", *said}))


def _shorten_rules(run: Run, start: int, end: int) -> None:
    """The titles of what was captured are as clear between three dashes as between thirty."""
    index = captured_rule(run.lines, run.letters, start + 1, end)
    while index < end:
        run.instead[index] = f"--- {run.lines[index].strip('- ')} ---"
        index = captured_rule(run.lines, run.letters, index + 1, end)
