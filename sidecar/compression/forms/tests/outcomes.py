"""One line for a failing test where its runner prints two: its outcome stands as the heading of what it said.

test cart::rounds ... FAILED       outcome, in the list of all tests: told as the heading
---- cart::rounds stdout ----      heading: says the name again
thread 'cart::rounds' panicked at src/lib.rs:27:50:
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sidecar.compression.forms.tests.run import Run
from sidecar.compression.vocabulary import Evidence

__all__ = ["as_headings", "move", "worth"]

_WORTH = 3
"""Fewer outcomes stay where they are: the marker that stands for them would cost more than they do."""


def move(run: Run, outcomes: Mapping[int, int], what: str) -> None:
    """Print the outcomes, told by the line of the heading each belongs to, in the place of these."""
    for heading, outcome in outcomes.items():
        run.instead[heading] = run.lines[outcome]
        run.why[heading] = ""
        run.why[outcome] = what
        run.pointed.add(heading)


def as_headings(evidence: Iterable[Evidence], outcomes: Mapping[int, int], names: Mapping[int, str]) -> list[Evidence]:
    """The evidence where outcomes stand as headings: there it must be, and of the heading what *names* says of it."""
    places = {outcome: heading for heading, outcome in outcomes.items()}
    return [
        Evidence(item.line, item.parts, places[item.line])
        if item.line in places
        else Evidence(item.line, (names[item.line],))
        if item.line in outcomes
        else item
        for item in evidence
    ]


def worth(outcomes: dict[int, int]) -> dict[int, int]:
    """All of them, or none where they are few."""
    return outcomes if len(outcomes) >= _WORTH else {}
