"""Outputs that are only lines: the stages of a shelf file, made into a form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise

from sidecar.compression.alarms import alarm_lines
from sidecar.compression.forms.marking import marked
from sidecar.compression.shelf import Stage, ToolOutput
from sidecar.compression.vocabulary import Block, Evidence, Form, Rank, Segment, note, verbatim

__all__ = ["leaves_out", "lines_form"]

_READ = 1_000
"""Characters of a line that a pattern sees: a minified line costs no more than a long one."""

_KEPT = ""


def lines_form(output: ToolOutput) -> Form:
    """The form that applies *output*'s stages; sure of itself where the text shows what it should."""

    def recognise(segment: Segment) -> float:
        if not output.shows:
            return 0.6
        return 0.8 if any(literal in segment.text for literal in output.shows) else 0.0

    def evidence(segment: Segment) -> list[Evidence]:
        return verbatim(segment, sorted(_evident(segment, output)))

    def reduce(segment: Segment) -> list[Block]:
        evident = _evident(segment, output)
        whats = _left_out(segment, output.stages, evident)
        folds = any(stage.repeats and stage.applies(segment.exit_code) for stage in output.stages)
        return list(_blocks(segment, whats, evident, folds=folds))

    return Form(f"{output.tool}/{output.name}", recognise, evidence, reduce)


def leaves_out(segment: Segment, output: ToolOutput) -> bool:
    """Whether *output*'s stages shorten this text at all."""
    whats = _left_out(segment, output.stages, _evident(segment, output))
    folds = any(stage.repeats and stage.applies(segment.exit_code) for stage in output.stages)
    return any(whats) or (folds and any(one == other for one, other in pairwise(segment.lines)))


def _evident(segment: Segment, output: ToolOutput) -> set[int]:
    """Lines that a `keep` pattern matches, and every alarm: a success may hold the one that matters."""
    found = set(alarm_lines(segment.lines, segment.text))
    for pattern in output.keep:
        found.update(index for index, line in enumerate(segment.lines) if _matches(pattern, line))
    return found


def _matches(pattern: re.Pattern[str], line: str) -> bool:
    return pattern.search(line[:_READ]) is not None


def _left_out(segment: Segment, stages: Sequence[Stage], evident: set[int]) -> list[str]:
    """For each line what it is left out as; empty where it is kept."""
    whats = [_KEPT] * len(segment.lines)
    for stage in stages:
        if not stage.applies(segment.exit_code):
            continue
        if stage.drop is not None:
            for index, line in enumerate(segment.lines):
                if whats[index] == _KEPT and index not in evident and _matches(stage.drop, line):
                    whats[index] = stage.what
        elif not stage.repeats:
            left = [index for index, what in enumerate(whats) if what == _KEPT and index not in evident]
            end = len(left) - (stage.tail or 0)
            for index in left[stage.head or 0 : max(end, 0)]:
                whats[index] = stage.what
    return whats


def _blocks(segment: Segment, whats: Sequence[str], evident: set[int], *, folds: bool) -> Iterable[Block]:
    lines = segment.lines
    start = 0
    for (_, _, repeated), run in groupby(
        range(len(lines)), lambda index: (index in evident, whats[index], lines[index])
    ):
        first, *others = run
        if folds and others and repeated.strip() and not whats[first]:
            rank = Rank.EVIDENCE if first in evident else Rank.CONTENT
            yield from marked(lines, whats, evident, start=start, end=first, rank=Rank.CONTENT)
            yield note(first, others[-1] + 1, (f"{repeated} (x{len(others) + 1})",), rank)
            start = others[-1] + 1
    yield from marked(lines, whats, evident, start=start, end=len(lines), rank=Rank.CONTENT)
