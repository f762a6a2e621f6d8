"""Which line of the short summary tells of which failing test: the two are printed as one, above what the test said.

    ___ TestCart.test_total ___                                    heading
    FAILED tests/test_cart.py::TestCart::test_total - assert 4 == 5    outcome, far below

The outcome says everything the heading says, but for its spelling with a dot.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sidecar.compression.forms.tests.pytest_lines import (
    heading_name,
    is_explanation,
    is_heading,
    is_outcome,
    letters,
    said_by,
)
from sidecar.compression.kept import kept
from sidecar.compression.vocabulary import Segment

__all__ = ["Failure", "failures", "node_of", "sections", "short"]

_PHASES = ("ERROR at setup of ", "ERROR at teardown of ", "ERROR collecting ")

_WORTH = 5
"""Fewer outcomes stay where they are: the marker that stands for them would cost more than they do."""


_QUOTED_CHARS = 60


@dataclass(frozen=True, slots=True)
class Failure:
    """A failing test [start, end) with the summary's line on it; -1 where it has none, or one of several it may be."""

    start: int
    end: int
    name: str
    outcome: int = -1
    told: str = ""
    """Heading and outcome in one line."""
    quoted: tuple[int, ...] = ()
    """Its explanations that the outcome quotes whole, where they are long: `-vv` and CI print it without an end."""


@kept
def failures(segment: Segment) -> Sequence[Failure]:
    """The failing tests in the order of their sections; read once, whoever asks."""
    lines = segment.lines
    found = [(start, end, heading_name(lines[start]) or lines[start]) for start, end in sections(segment)]
    outcomes: dict[tuple[bool, str], list[int]] = defaultdict(list)
    for index in _outcomes(lines, found[-1][1] if found else 0):
        outcomes[lines[index].startswith("ERROR"), short(node_of(lines[index]))].append(index)
    asked: dict[tuple[bool, str], list[int]] = defaultdict(list)
    for number, (_, _, name) in enumerate(found):
        asked[_key(name)].append(number)
    owned = {
        number: index
        for key, numbers in asked.items()
        if len(numbers) == len(outcomes.get(key, ()))
        for number, index in zip(numbers, outcomes[key], strict=True)
    }
    if len(owned) < _WORTH:
        owned = {}
    return [_failure(lines, start, end, name, owned.get(number, -1)) for number, (start, end, name) in enumerate(found)]


def _failure(lines: Sequence[str], start: int, end: int, name: str, outcome: int) -> Failure:
    said = lines[outcome] if outcome >= 0 else ""
    told = said if name in said else f"{name}: {said}"
    if outcome < 0 or len(told) < _QUOTED_CHARS:
        return Failure(start, end, name, outcome, told)
    quoted = [
        index
        for index, line in enumerate(lines[start + 1 : end], start + 1)
        if line[:1] == "E" and len(line) >= _QUOTED_CHARS and is_explanation(line) and said_by(line) in told
    ]
    return Failure(start, end, name, outcome, told, tuple(quoted))


def _outcomes(lines: Sequence[str], begun: int) -> Iterable[int]:
    """The lines of the last short summary that name a failure in a node id."""
    title = max((i for i in range(begun, len(lines)) if " short test summary info ==" in lines[i]), default=len(lines))
    for index in range(title + 1, len(lines)):
        if lines[index].startswith(("FAILED ", "ERROR ")) and is_outcome(lines[index]):
            yield index


def _key(name: str) -> tuple[bool, str]:
    for phase in _PHASES:
        if name.startswith(phase):
            return True, name.removeprefix(phase)
    return False, name


def sections(segment: Segment) -> Iterable[tuple[int, int]]:
    """Each `___ name ___` to the next one, or to the next title."""
    lines = segment.lines
    begun = -1
    for rule in _RULE.finditer(letters(segment)):
        index = rule.start()
        line = lines[index]
        is_title = line.startswith("====") and line.endswith("====")
        if is_title or is_heading(line):
            if begun >= 0:
                yield begun, index
            begun = -1 if is_title else index
    if begun >= 0:
        yield begun, len(lines)


_RULE = re.compile("[_=]")


def node_of(line: str) -> str:
    """The node id of an outcome; its parameters may hold the dash that ends it."""
    said = line.partition(" ")[2].strip()
    node = said.partition(" - ")[0]
    if "[" in node and not node.endswith("]"):
        closed = said.find("] - ")
        return said[: closed + 1] if closed >= 0 else said if said.endswith("]") else node
    return node


def short(node: str) -> str:
    """How a heading writes a node id: without its file, classes joined by a dot."""
    path, separator, rest = node.partition("::")
    return rest.replace("::", ".") if separator else path
