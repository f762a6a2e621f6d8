"""Long lines that tests print (a dumped structure, a whole response): the middle goes, of later ones like it more."""

from __future__ import annotations

import re

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

_DIGITS = re.compile(r"\d+")


def cut_long_lines(run: Run) -> None:
    """Cut what is long among the lines that stay; the first that begins so tells what is dumped."""
    begun: set[str] = set()
    for index in [index for index, line in enumerate(run.lines) if len(line) > _AGAIN_LINE]:
        if run.why[index] or index in run.instead or run.kinds[index] is not Kind.OTHER:
            continue
        line = run.lines[index]
        beginning = _DIGITS.sub("0", line[:_AGAIN_BEGINNING])
        opening = _DIGITS.sub("0", line[:_OPENING])
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
