"""Test runs: what failed, where and why stays; what passed becomes a list of names or its count.

Each runner has its own grammar in a module beside this one and is added to `_RUNNERS`. All of
them are read by one form, because they share one promise: a failing run never reads as passing.
"""

from __future__ import annotations

from sidecar.compression.forms.tests import (
    ava,
    bun,
    cargo,
    ctest,
    deno,
    dotnet,
    go,
    go_json,
    gtest,
    jasmine,
    java,
    jest,
    junit,
    minitest,
    mocha,
    nextest,
    node,
    phpunit,
    playwright,
    rspec,
    tap,
    vitest,
)
from sidecar.compression.forms.tests import pytest as tests_pytest
from sidecar.compression.forms.tests import unittest as tests_unittest
from sidecar.compression.vocabulary import Block, Evidence, Form, Part, Segment, keep

__all__ = ["FORM"]

# nextest and ctest before the runners whose output they may hold.
_RUNNERS: tuple[Form, ...] = (
    tests_pytest.RUNNER,
    go_json.RUNNER,
    junit.RUNNER,
    nextest.RUNNER,
    ctest.RUNNER,
    cargo.RUNNER,
    go.RUNNER,
    tests_unittest.RUNNER,
    java.MAVEN,
    java.GRADLE,
    gtest.RUNNER,
    vitest.RUNNER,
    jest.RUNNER,
    playwright.RUNNER,
    mocha.RUNNER,
    node.RUNNER,
    bun.RUNNER,
    deno.RUNNER,
    rspec.RUNNER,
    minitest.RUNNER,
    phpunit.RUNNER,
    dotnet.RUNNER,
    jasmine.RUNNER,
    ava.RUNNER,
    tap.RUNNER,
)


def _runner(segment: Segment) -> tuple[float, Form | None]:
    """The runner that is surest of the segment, asked once however often the form is."""
    known: tuple[float, Form | None] | None = segment.__dict__.get("_tests_runner")
    if known is None:
        known = (0.0, None)
        for runner in _candidates(segment):
            sureness = runner.recognise(segment)
            if sureness > known[0]:
                known = (sureness, runner)
        segment.__dict__["_tests_runner"] = known
    return known


def _candidates(segment: Segment) -> tuple[Form, ...]:
    """The runners worth asking about the whole of a segment: of a long one those that its sample speaks for.

    Two dozen runners each look for several words; where they ask about 20 MB that costs more than everything else.
    """
    text = segment.text
    if len(text) <= _LONG_CHARS:
        return _RUNNERS
    step = max(1, len(text) // _SLICES)
    spans = [(at, at + _SLICE_CHARS) for at in range(0, len(text), step)]
    spans = [(0, _LONG_CHARS // 4), *spans, (len(text) - _LONG_CHARS // 4, len(text))]
    lines = [line for start, end in spans for line in text[start:end].split("\n")[1 if start else 0 :]]
    sample = Segment(lines, command=segment.command, exit_code=segment.exit_code)
    return tuple(runner for runner in _RUNNERS if runner.recognise(sample) > 0.0)


_LONG_CHARS = 256_000
_SLICES = 24
_SLICE_CHARS = 4_000
"""A longer segment is sampled: a quarter of this at both ends, and slices spread over it."""


def _recognise(segment: Segment) -> float:
    return _runner(segment)[0]


def _evidence(segment: Segment) -> list[Evidence]:
    runner = _runner(segment)[1]
    return runner.evidence(segment) if runner else []


def _reduce(segment: Segment) -> list[Block]:
    runner = _runner(segment)[1]
    if runner is None:
        return [keep(0, len(segment.lines))] if segment.lines else []
    return runner.reduce(segment)


def _parts(segment: Segment) -> list[Part]:
    runner = _runner(segment)[1]
    return runner.parts(segment) if runner else []


FORM = Form(name="tests", recognise=_recognise, evidence=_evidence, reduce=_reduce, parts=_parts)
