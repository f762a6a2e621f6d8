"""Test runs: what failed, where and why stays; what passed becomes a list of names or its count.

Each runner has its own grammar in a module beside this one and is added to `_RUNNERS`. All of
them are read by one form, because they share one promise: a failing run never reads as passing.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from operator import itemgetter

from sidecar.compression.forms.tests import (
    ava,
    bun,
    cargo,
    catch2,
    ctest,
    cucumber,
    deno,
    dotnet,
    exunit,
    gherkin,
    go,
    go_json,
    gtest,
    jasmine,
    java,
    jest,
    junit,
    junit_console,
    karma,
    lab,
    minitest,
    mocha,
    nextest,
    node,
    phpunit,
    playwright,
    pytest_sugar,
    report_json,
    robot,
    rspec,
    tap,
    test_unit,
    vitest,
)
from sidecar.compression.forms.tests import pytest as tests_pytest
from sidecar.compression.forms.tests import unittest as tests_unittest
from sidecar.compression.kept import kept
from sidecar.compression.literals import literals_in
from sidecar.compression.vocabulary import Block, Evidence, Extent, Form, Part, Segment, keep

__all__ = ["FORM", "runner_of"]

# nextest and ctest before the runners whose output they may hold.
_RUNNERS: tuple[Form, ...] = (
    tests_pytest.RUNNER,
    pytest_sugar.RUNNER,
    go_json.RUNNER,
    junit.RUNNER,
    report_json.RUNNER,
    nextest.RUNNER,
    ctest.RUNNER,
    cargo.RUNNER,
    go.RUNNER,
    tests_unittest.RUNNER,
    java.MAVEN,
    java.GRADLE,
    junit_console.RUNNER,
    gtest.RUNNER,
    catch2.DOCTEST,
    catch2.RUNNER,
    vitest.RUNNER,
    jest.RUNNER,
    playwright.RUNNER,
    mocha.RUNNER,
    node.RUNNER,
    node.DOTS,
    bun.RUNNER,
    deno.RUNNER,
    rspec.RUNNER,
    test_unit.RUNNER,
    minitest.RUNNER,
    exunit.RUNNER,
    phpunit.RUNNER,
    dotnet.RUNNER,
    jasmine.RUNNER,
    karma.RUNNER,
    lab.RUNNER,
    ava.RUNNER,
    cucumber.RUNNER,
    gherkin.RUNNER,
    robot.RUNNER,
    tap.RUNNER,
)


@kept
def runner_of(segment: Segment) -> tuple[float, Form | None]:
    """The runner that is surest of the segment."""
    return max(_claims(segment), key=itemgetter(0), default=(0.0, None))


@kept
def _claims(segment: Segment) -> list[tuple[float, Form]]:
    """Each runner that may have printed the segment, and how sure it is of that."""
    asked = ((runner.recognise(segment), runner) for runner in _candidates(segment))
    return [(sureness, runner) for sureness, runner in asked if sureness > 0.0]


def _candidates(segment: Segment) -> Iterable[Form]:
    """The runners worth asking about the whole of a segment: those whose words are in it, or in a sample of it.

    Each reads lines around its words: where many of two dozen do that with 20 MB, it costs more than everything else.
    """
    text = segment.text
    if len(text) <= _LONG_CHARS:
        return _with_literals(segment)
    part = Segment(_sample(text).split("\n"), command=segment.command, exit_code=segment.exit_code)
    return [runner for runner in _with_literals(part) if runner.recognise(part) > 0.0]


def _sample(text: str) -> str:
    """Whole lines from both ends and from slices spread over the middle."""
    starts = range(_END_CHARS, len(text) - _END_CHARS, (len(text) - 2 * _END_CHARS) // _SLICES)
    slices = (text[start : start + _SLICE_CHARS] for start in starts)
    middle = "\n".join(piece.partition("\n")[2].rpartition("\n")[0] for piece in slices)
    return "\n".join(
        (text[:_END_CHARS].rpartition("\n")[0], middle, text[-_END_CHARS:].partition("\n")[2]),
    )


_LONG_CHARS = 512_000
_END_CHARS = 64_000
_SLICES = 40
_SLICE_CHARS = 4_000
"""A longer segment is sampled: so much of both ends, and slices spread over it.

Of 200 kB that Maven printed six lines told that tests ran, all in the middle: a sample of a tenth missed them.
"""


def _with_literals(segment: Segment) -> list[Form]:
    """The runners one of whose literals is in the segment."""
    numbers = {number for literal in literals_in(segment) for number in _told_by().get(literal, ())}
    return [_RUNNERS[number] for number in sorted(numbers)]


@cache
def _told_by() -> dict[str, list[int]]:
    """The runners that each literal speaks for."""
    told: dict[str, list[int]] = {}
    for number, runner in enumerate(_RUNNERS):
        for literal in runner.literals:
            told.setdefault(literal, []).append(number)
    return told


def _recognise(segment: Segment) -> float:
    return runner_of(segment)[0]


def _evidence(segment: Segment) -> list[Evidence]:
    runner = runner_of(segment)[1]
    return runner.evidence(segment) if runner else []


def _reduce(segment: Segment) -> list[Block]:
    runner = runner_of(segment)[1]
    if runner is None:
        return [keep(0, len(segment.lines))] if segment.lines else []
    return runner.reduce(segment)


def _parts(segment: Segment) -> list[Part]:
    runner = runner_of(segment)[1]
    return runner.parts(segment) if runner else []


_SURE = 0.9
_LEAST_LINES = 6
"""Less than that may be the totals of a runner that says them in the words of another."""
_HOLDS_OTHERS = ctest.RUNNER
"""It prints what the runners print that it runs."""


def _extent(segment: Segment) -> Extent:
    """How far the run goes; where runs of two runners stand one behind the other, the surer one's ends there."""
    runner = runner_of(segment)[1]
    if runner is None:
        return Extent(0, len(segment.lines))
    extent = runner.extent(segment)
    for sureness, other in _claims(segment):
        if other is runner or _HOLDS_OTHERS in {runner, other} or sureness < _SURE:
            continue
        theirs = other.extent(segment)
        if _is_border(segment, theirs.end, other, runner):
            extent = extent._replace(start=max(extent.start, theirs.end))
        elif _is_border(segment, theirs.start, runner, other):
            extent = extent._replace(end=min(extent.end, theirs.start))
    return extent


def _is_border(segment: Segment, at: int, above: Form, below: Form) -> bool:
    """Whether a run of *above* is over before line *at*, and none of *below* has begun."""
    if not _LEAST_LINES <= at <= len(segment.lines) - _LEAST_LINES:
        return False
    before, behind = segment.part(0, at), segment.part(at, len(segment.lines))
    is_between = above.recognise(before) >= _SURE and below.recognise(behind) >= _SURE
    return is_between and not above.recognise(behind) and not below.recognise(before)


FORM = Form(
    name="tests",
    recognise=_recognise,
    evidence=_evidence,
    reduce=_reduce,
    parts=_parts,
    literals=tuple(dict.fromkeys(literal for runner in _RUNNERS for literal in runner.literals)),
    extent=_extent,
)
