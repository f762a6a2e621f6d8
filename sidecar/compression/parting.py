"""What stands around a run and is of another kind: `eslint . ; prove`, `bun test ; phpunit`, `tsc ; node app.js`.

    segment ──recognise──> tests (or diagnostics), of lines [start, end)
       ├── before start ──recognise──> a form that knows what it reads: a segment of its own
       └── behind end ────────────────> the same; anything else stays with the run, as what it printed

Cuts between programs whose first or last line is certain were made before (`split`). Here the grammar of a run says
how far it goes, and what it would have left out as printed output, or as the excerpt of some source, is given to
whoever reads it as what it is.

Where no grammar claims a text at all, its documents in JSON are still read as what they are (`cargo check
--message-format=json`, which tells its progress and its end between them; `curl -v` of an interface).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence, Set

from sidecar.compression.alarms import alarm_lines, warning_lines
from sidecar.compression.vocabulary import Form, Segment

__all__ = ["parted"]

Recognised = tuple[Form, Segment]

_STRICT = frozenset({"diff", "records", "tests", "trace"})
_FINDINGS = frozenset({"diagnostics", "listing", "search"})
_WORTH_PARTING = {
    "tests": _STRICT | _FINDINGS,
    "diagnostics": _STRICT,
    "diff": _STRICT | {"diagnostics"},
    "log": _STRICT | _FINDINGS,
    "search": _STRICT | {"diagnostics"},
}
"""By the run's form, the forms with a grammar of their own. Not among them are `text` and `progress`, which would
read what tests print as well as anything, and what a compiler's excerpts look like."""

_SHOWN = frozenset({"code", "text"})
"""The forms of what a command was run for that stands beside a run: no noise of it."""

_SHOWN_FILES = frozenset({"code", "page"})
_BEFORE = frozenset({"log"})
"""A log that begins before the run is another program's."""
_AFTER = frozenset({"log", "text"})
_MANY_LINES = 10
"""So much behind the totals of a test run is no word of its own, and no test has printed it."""
_BEHIND_SOURCE = _STRICT | {"diagnostics"}
_LEAST_LINES = 3
_LEAST_CHARS = 400
"""Fewer lines are worth a look where they are long: a report in JSON is one."""


def parted(
    form: Form, segment: Segment, recognise: Callable[[Segment], Recognised], *, beside_shown: bool = False
) -> list[Recognised]:
    """*segment*, which is of *form*, in parts, each with its form; one part where nothing stands around its run.

    *beside_shown*: another command of the same line was run for what it prints.
    """
    if form.name == "text" or (form.name == "records" and segment.text[:1] not in _CLOSING):
        return _documents_apart(form, segment, recognise)
    if form.name in _SHOWN_FILES and beside_shown:
        return _source_apart(form, segment, recognise)
    worth = _WORTH_PARTING.get(form.name)
    if worth is None:
        return [(form, segment)]
    if beside_shown:
        worth |= _SHOWN if form.name == "tests" else {"code"}
    run = form.extent(segment)
    total = len(segment.lines)

    def around(start: int, end: int, worth: Set[str] | None) -> list[Recognised]:
        """The lines [start, end) as parts of their own; nothing where no form that is *worth* it claims them."""
        lines = [line for line in segment.lines[start:end] if line.strip()]
        if not lines or (len(lines) < _LEAST_LINES and sum(map(len, lines)) < _LEAST_CHARS):
            return []
        other, part = recognise(segment.part(start, end))
        is_own = other.name == form.name and other.extent(part).whose == run.whose
        is_worth = not is_own and (worth is None or other.name in worth or _is_troubled_build(other, part))
        return parted(other, part, recognise, beside_shown=beside_shown) if is_worth else []

    is_run = form.name == "tests"
    before = around(0, run.start, None if is_run and _complains(segment.lines[: run.start]) else worth | _BEFORE)
    if is_run and _complains(segment.lines[run.end :]):
        behind = around(run.end, total, None)
    else:
        behind = around(run.end, total, worth | _AFTER if is_run and total - run.end >= _MANY_LINES else worth)
    if not before and not behind:
        return [(form, segment)]
    middle = recognise(segment.part(run.start if before else 0, run.end if behind else total))
    return [*before, middle, *behind]


def _is_troubled_build(form: Form, segment: Segment) -> bool:
    lines, text = segment.lines, segment.text
    return form.name == "progress" and bool(alarm_lines(lines, text) or warning_lines(lines, text))


def _complains(lines: Sequence[str]) -> bool:
    """Whether so many of the lines begin with an alarm that no test has printed them."""
    return len(alarm_lines([line[:_OPENING_CHARS] for line in lines if not line[:1].isspace()])) >= _MANY_ALARMS


_OPENING_CHARS = 20
_MANY_ALARMS = 4
_NO_SOURCE = re.compile(
    r"(?:  \+ Exception Group )?Traceback \(most recent call last\):$|={5,} .* ={5,}$|[^\s:\"'()]+\.\w+:\d+(?::\d+)?: "
    r"|(?:error|fatal|warning)(?:\[\w+\])?: |npm (?:error|ERR!) |[A-Z][\w.]*(?:Error|Exception): "
)
"""How no line of a source begins that stands at its left edge."""
_REACH = 400
_MOST_TRIED = 3
_FEW_LINES = 20
"""So few behind a line that no source has are shown whatever they are."""


def _source_apart(form: Form, segment: Segment, recognise: Callable[[Segment], Recognised]) -> list[Recognised]:
    """A file, and behind it what another program says: `cat a.py; mypy a.py`, `cat README.md; npm ci`."""
    lines = segment.lines
    foreign = [index for index in range(1, len(lines)) if _NO_SOURCE.match(lines[index][:_REACH])]
    for start in foreign[:_MOST_TRIED]:
        other, part = recognise(segment.part(start, len(lines)))
        if other.name in _BEHIND_SOURCE or _complains(part.lines) or len(part.lines) <= _FEW_LINES:
            return [recognise(segment.part(0, start)), *parted(other, part, recognise, beside_shown=True)]
    return [(form, segment)]


_CLOSING = {"{": "}", "[": "]"}
_BEGINNINGS = frozenset('"{[')
_MOST_DOCUMENTS = 40
"""More of them in turn with other lines are no documents that somebody asked for."""


def _documents_apart(form: Form, segment: Segment, recognise: Callable[[Segment], Recognised]) -> list[Recognised]:
    """A text of no grammar, or a table, in parts: its documents in JSON that a form knows, and what stands between."""
    text = segment.text
    if "\n{" not in text and "\n[" not in text and text[:1] not in _CLOSING:
        return [(form, segment)]
    parts: list[Recognised] = []
    end = 0
    for start, stop in list(_documents(segment.lines))[:_MOST_DOCUMENTS]:
        known, part = recognise(segment.part(start, stop))
        if known.name == "text":
            continue
        if start > end:
            parts.append((form, segment.part(end, start)))
        parts.append((known, part))
        end = stop
    if end == 0:
        return [(form, segment)]
    return [*parts, (form, segment.part(end, len(segment.lines)))] if end < len(segment.lines) else parts


def _documents(lines: Sequence[str]) -> Iterable[tuple[int, int]]:
    """The lines [start, end) of each document worth a look: objects one a line, or one over several lines."""
    index = 0
    while index < len(lines):
        start = index
        below = lines[index + 1].lstrip() if index + 1 < len(lines) else ""
        if lines[index] in _CLOSING and below[:1] in _BEGINNINGS:
            closing = _CLOSING[lines[index]]
            index = next((at for at in range(start, len(lines)) if lines[at] == closing), len(lines)) + 1
        else:
            while index < len(lines) and lines[index][:2] in {'{"', "[{"} and lines[index].rstrip()[-1] in "]}":
                index += 1
        if index == start:
            index += 1
        elif index <= len(lines) and sum(map(len, lines[start:index])) >= _LEAST_CHARS:
            yield start, index
