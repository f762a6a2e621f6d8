"""Test runs: what failed, where and why stays; what passed becomes its count.

Each runner has its own grammar in a module beside this one and is added to `_RUNNERS`. All of
them are read by one form, because they share one promise: a failing run never reads as passing.
"""

from __future__ import annotations

from sidecar.compression.forms import tests_pytest
from sidecar.compression.vocabulary import Block, Evidence, Form, Segment, keep

__all__ = ["FORM"]

_RUNNERS: tuple[Form, ...] = (tests_pytest.RUNNER,)


def _runner(segment: Segment) -> tuple[float, Form | None]:
    best: tuple[float, Form | None] = (0.0, None)
    for runner in _RUNNERS:
        sureness = runner.recognise(segment)
        if sureness > best[0]:
            best = (sureness, runner)
    return best


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


FORM = Form(name="tests", recognise=_recognise, evidence=_evidence, reduce=_reduce)
