"""A runner whose tests are programs shows what each that failed printed: often the whole run of another runner.

 1/29 Test  #1: t_catch ....***Failed    0.02 sec      ctest's own, as it tells any test
t_catch.cpp:6: FAILED:                                 what Catch2 printed, as Catch2's grammar tells it
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sidecar.compression.forms.drafting import BLANK
from sidecar.compression.forms.tests.grammar import Grammar, Kind
from sidecar.compression.forms.tests.run import Run
from sidecar.compression.vocabulary import Evidence, Form, Segment

__all__ = ["Inner", "inner_runs", "nested_evidence", "tell_inner"]

_SURE = 0.9
_FEW_LINES = 8


@dataclass(frozen=True)
class Inner:
    """The run of another runner that the section headed by line *heading* holds, from line *start* on."""

    heading: int
    start: int
    segment: Segment
    form: Form

    @property
    def end(self) -> int:
        return self.start + len(self.segment.lines)


def inner_runs(grammar: Grammar, segment: Segment, *, besides: Sequence[str] = ()) -> dict[int, Inner]:
    """By heading, the sections that hold another runner's run; *besides*: none whose text has one of these once."""
    found = (
        _inner(segment, section.heading, section.end, besides)
        for section in grammar.read(segment).sections
        if section.end - section.heading > _FEW_LINES
    )
    return {inner.heading: inner for inner in found if inner is not None}


def _inner(segment: Segment, heading: int, end: int, besides: Sequence[str]) -> Inner | None:
    from sidecar.compression.forms.tests.form import runner_of

    part = Segment(segment.lines[heading + 1 : end], segment.first + heading + 1, exit_code=1)
    if any(part.text.count(words) == 1 for words in besides):
        return None
    sureness, form = runner_of(part)
    return Inner(heading, heading + 1, part, form) if form is not None and sureness >= _SURE else None


def tell_inner(run: Run, inner: Inner) -> None:
    """Print of the section what the other runner's form does; its blank lines go."""
    for block in inner.form.reduce(inner.segment):
        start, end = inner.start + block.start, inner.start + block.end
        run.kinds[start:end] = [Kind.END] * (end - start)
        shown = block.shown
        if shown is None or len(shown) + bool(block.what) > end - start:
            run.why[start:end] = [BLANK if not run.lines[index].strip() else "" for index in range(start, end)]
            continue
        run.why[start:end] = [block.what or BLANK] * (end - start)
        for index, line in enumerate(shown, start):
            run.why[index], run.instead[index] = "", line
            run.headings.add(index)


def nested_evidence(own: Iterable[Evidence], inner: Iterable[Inner]) -> Iterable[Evidence]:
    """The evidence of a run outside the runs it holds, and theirs."""
    runs = list(inner)
    within = {index for one in runs for index in range(one.start, one.end)}
    yield from (item for item in own if item.line not in within)
    for one in runs:
        yield from (item.moved(one.start.__add__) for item in one.form.evidence(one.segment))
