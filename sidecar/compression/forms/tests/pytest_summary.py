"""Which line of the short summary tells of which failing test: the two are printed as one, above what the test said.

    ___ TestCart.test_total ___                                    heading
    FAILED tests/test_cart.py::TestCart::test_total - assert 4 == 5    outcome, far below

The outcome says everything the heading says, but for its spelling with a dot.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sidecar.compression.forms.kept import kept
from sidecar.compression.forms.tests.pytest_lines import heading_name, is_explanation, is_heading, is_outcome, said_by
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

    def said_in_heading(self, lines: Sequence[str]) -> list[int]:
        """Its explanations that the outcome quotes whole, where they are long: `-vv` and CI print it without an end."""
        if self.outcome < 0 or len(self.told) < _QUOTED_CHARS:
            return []
        return [
            index
            for index, line in enumerate(lines[self.start + 1 : self.end], self.start + 1)
            if line[:1] == "E" and len(line) >= _QUOTED_CHARS and is_explanation(line) and said_by(line) in self.told
        ]


@kept
def failures(segment: Segment) -> Sequence[Failure]:
    """The failing tests in the order of their sections; read once, whoever asks."""
    return _read(segment.lines)


def _read(lines: Sequence[str]) -> list[Failure]:
    found = [(start, end, heading_name(lines[start]) or lines[start]) for start, end in sections(lines)]
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
    return Failure(start, end, name, outcome, said if name in said else f"{name}: {said}")


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


def sections(lines: Sequence[str]) -> Iterable[tuple[int, int]]:
    """Each `___ name ___` to the next one, or to the next title."""
    begun = -1
    for index, line in enumerate(lines):
        initial = line[:1]
        if initial not in {"_", "="}:
            continue
        is_title = line.startswith("====") and line.endswith("====")
        if is_title or (initial == "_" and is_heading(line)):
            if begun >= 0:
                yield begun, index
            begun = -1 if is_title else index
    if begun >= 0:
        yield begun, len(lines)


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
