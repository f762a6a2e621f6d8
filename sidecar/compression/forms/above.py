"""Lines that an output has printed before, several after one another in the same words: a reader has them above.

Scenario: two teas                   Scenario: two teas
  ✔ Given a cart                       ✔ Given a cart
  ✔ When I add 2 teas                  ✔ When I add 2 teas
  ✔ Then I pay by card                 ✔ Then I pay by card
Scenario: two pots                   Scenario: two pots
  ✔ Given a cart                     [... of lines 1-8: lines printed above]
  ✔ When I add 2 teas
  ✔ Then I pay by card
"""

from __future__ import annotations

from collections.abc import Sequence

from sidecar.compression.kept import kept
from sidecar.compression.vocabulary import Segment

__all__ = ["ABOVE", "printed_above"]

ABOVE = "lines printed above"

_LINES = 3
_CHARS = 100
"""A stretch of fewer lines, or of so few characters, is shown again: away from what it goes with it would be missed."""

_LONG_LINES = 50_000
"""A longer text is sampled by its form, and its lines are not all held in memory twice."""


@kept
def printed_above(segment: Segment) -> bytearray:
    """For each line whether it is of such a stretch; empty lines count as what is around them."""
    lines = segment.lines
    marks = bytearray(len(lines))
    filled = [index for index, line in enumerate(lines) if line and not line.isspace()]
    if len(filled) <= 2 * _LINES or len(lines) > _LONG_LINES:
        return marks
    first: dict[tuple[str, str], int] = {}
    at = 0
    while at + 1 < len(filled):
        pair = lines[filled[at]], lines[filled[at + 1]]
        earlier = first.setdefault(pair, at)
        count = _same(lines, filled, earlier, at) if earlier < at else 0
        if count < _LINES or sum(len(lines[index]) for index in filled[at : at + count]) < _CHARS:
            at += 1
            continue
        start, end = filled[at], filled[at + count - 1] + 1
        marks[start:end] = b"\1" * (end - start)
        at += count
    return marks


def _same(lines: Sequence[str], filled: Sequence[int], earlier: int, at: int) -> int:
    """How many lines from *at* on are those from *earlier* on, which must not run into them."""
    count = 0
    while (
        earlier + count < at
        and at + count < len(filled)
        and lines[filled[earlier + count]] == lines[filled[at + count]]
    ):
        count += 1
    return count
