"""What stands around a run and is of another kind: `eslint . ; prove`, `bun test ; phpunit`, `tsc ; node app.js`.

    segment ──recognise──> tests (or diagnostics), of lines [start, end)
       ├── before start ──recognise──> a form that knows what it reads: a segment of its own
       └── behind end ────────────────> the same; anything else stays with the run, as what it printed

Cuts between programs whose first or last line is certain were made before (`split`). Here the grammar of a run says
how far it goes, and what it would have left out as printed output, or as the excerpt of some source, is given to
whoever reads it as what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import replace

from sidecar.compression.vocabulary import Form, Segment

__all__ = ["parted"]

Recognised = tuple[Form, Segment]

_STRICT = frozenset({"diff", "records", "tests", "trace"})
_WORTH_PARTING = {"tests": _STRICT | {"diagnostics", "listing", "search"}, "diagnostics": _STRICT}
"""By the run's form, the forms with a grammar of their own. Not among them are `text` and `progress`, which would
read what tests print as well as anything, and what a compiler's excerpts look like."""

_BEFORE = frozenset({"log"})
"""A log that begins before the run is another program's."""
_LEAST_LINES = 3
_LEAST_CHARS = 400
"""Fewer lines are worth a look where they are long: a report in JSON is one."""


def parted(form: Form, segment: Segment, recognise: Callable[[Segment], Recognised]) -> list[Recognised]:
    """*segment*, which is of *form*, in parts, each with its form; one part where nothing stands around its run."""
    worth = _WORTH_PARTING.get(form.name)
    if worth is None:
        return [(form, segment)]
    run = form.extent(segment)
    total = len(segment.lines)

    def around(start: int, end: int, worth: Set[str]) -> list[Recognised]:
        """The lines [start, end) as parts of their own; nothing where no other grammar claims them."""
        lines = [line for line in segment.lines[start:end] if line.strip()]
        if not lines or (len(lines) < _LEAST_LINES and sum(map(len, lines)) < _LEAST_CHARS):
            return []
        other, part = recognise(_part(segment, start, end))
        is_own = other.name == form.name and other.extent(part).whose == run.whose
        return parted(other, part, recognise) if other.name in worth and not is_own else []

    before = around(0, run.start, worth | _BEFORE)
    behind = around(run.end, total, worth)
    if not before and not behind:
        return [(form, segment)]
    middle = recognise(_part(segment, run.start if before else 0, run.end if behind else total))
    return [*before, middle, *behind]


def _part(segment: Segment, start: int, end: int) -> Segment:
    return replace(segment, lines=segment.lines[start:end], first=segment.first + start)
