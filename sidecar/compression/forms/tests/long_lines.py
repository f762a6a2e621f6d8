"""Long lines that tests print (a dumped structure, a whole response): the middle goes, of later ones like it more.

A value that ends like an earlier one as well goes altogether, and the lines below it that stood below that too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile

from sidecar.compression.forms.tests.grammar import REACH, Kind
from sidecar.compression.forms.tests.run import Run

__all__ = ["cut_long_lines"]

_LONG = (1_000, 500, 250)
_AGAIN_LINE = 360
_AGAIN = (_AGAIN_LINE, 200, 100)
"""A longer line is cut to so many characters of its beginning and of its end."""
_AGAIN_BEGINNING = 24
"""Where so much of its beginning is that of an earlier long line, but for numbers, the shorter bounds hold."""

_OPENING = 120
_KNOWN = (_AGAIN_LINE, 60, 60)
"""Where so much of its beginning is that of an earlier one, the least is shown."""

_BELOW = 8
"""Of what follows a long line so many lines are looked at."""

_DUMPED = "values like ones above"
_VARYING = re.compile(r"0x[0-9a-f]+|\d+")


def cut_long_lines(run: Run) -> None:
    """Cut what is long among the lines that stay; the first that begins so tells what is dumped."""
    begun: set[str] = set()
    dumped: dict[tuple[str, str], set[str]] = {}
    for index in [index for index, line in enumerate(run.lines) if len(line) > _AGAIN_LINE]:
        if not _stays(run, index):
            continue
        line = run.lines[index]
        beginning = _VARYING.sub("0", line[:_AGAIN_BEGINNING])
        opening = _VARYING.sub("0", line[:_OPENING])
        if _is_free(run, index) and _is_dumped_again(run, index, opening, dumped):
            continue
        size, head, tail = _KNOWN if opening in begun else _AGAIN if beginning in begun else _LONG
        begun |= {beginning, opening}
        if len(line) <= size or run.grammar.must(line[:REACH]) is not None:
            continue
        parts = run.evident.get(index, ())
        ends = [line.find(part) + len(part) for part in parts if part in line]
        head = max(head, *(end for end in ends if end <= _LONG[1]), 0)
        cut = f"{line[:head]}[... {len(line) - head - tail} characters]{line[-tail:]}"
        if len(cut) < len(line) and all(part in cut for part in parts):
            run.instead[index] = cut
            run.cut.add(index)


def _is_dumped_again(run: Run, index: int, opening: str, dumped: dict[tuple[str, str], set[str]]) -> bool:
    """Leave out a long line that both ends of an earlier one have told, and what follows both."""
    ends = opening, _VARYING.sub("0", run.lines[index][-_KNOWN[2] :])
    if ends not in dumped:
        dumped[ends] = {run.lines[i] for i in _following(run, index)}
        return False
    again = takewhile(lambda i: run.lines[i] in dumped[ends], _following(run, index))
    for i in (index, *again):
        run.why[i] = _DUMPED
    return True


def _following(run: Run, index: int) -> Iterator[int]:
    """The lines right below one that may go as it may."""
    below = range(index + 1, min(index + 1 + _BELOW, len(run.lines)))
    return takewhile(lambda i: _is_free(run, i), below)


def _stays(run: Run, index: int) -> bool:
    """Whether a line that a test printed stays, in its own words."""
    return not run.why[index] and index not in run.instead and run.kinds[index] is Kind.OTHER


def _is_free(run: Run, index: int) -> bool:
    """Whether a line that stays is neither a frame nor evidence."""
    line = run.lines[index]
    if not _stays(run, index) or index in run.evident:
        return False
    return not run.is_frame[line] and run.grammar.must(line[:REACH]) is None
