"""Which form a segment has: the command is a hint, the whole text has the last word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from sidecar.compression.literals import literals_in
from sidecar.compression.vocabulary import Command, Form, Segment

if TYPE_CHECKING:
    from sidecar.compression.shelf import Shelf, ToolOutput

__all__ = ["forms", "recognise"]

_SURE = 0.5
"""A form that explains less than this of a text is not tried unless the shelf names it for the command."""

_SHELF_SURE = 0.2
"""What is enough where the shelf says that this command prints this form."""

_UNMISTAKABLE = 0.97
"""No form is surer than this, so nobody else need be asked."""

_SETTLED = 0.9
"""So sure of a text, the form that the shelf names for its command is not compared with the others..."""

_NEVER_SETTLED = frozenset({"log", "progress"})
"""... unless it is one that reads anything: a build's noise may hold what its compiler said."""

_SHELF_COUNTS = 0.3
"""What the shelf's word adds, divided by the commands that may have printed the text; on a failing run the text alone
decides, for there the errors matter."""

_STAGES_YIELD_TO = 0.8
_FAILED_YIELDS_TO = 0.7
"""A form this sure of a text is right even where the shelf has line stages for the command, which know what it prints
when all goes well: the compiler of a package's own that failed is better read as one."""


@cache
def forms() -> tuple[Form, ...]:
    """Every form written in Python; on a tie the earlier one wins, the stricter grammar first."""
    from sidecar.compression.forms import (
        code,
        diagnostics,
        diff,
        listing,
        log,
        page,
        progress,
        records,
        search,
        tests,
        trace,
    )

    return (
        diff.FORM,
        tests.FORM,
        diagnostics.FORM,
        search.FORM,
        listing.FORM,
        progress.FORM,
        records.FORM,
        log.FORM,
        trace.FORM,
        page.FORM,
        code.FORM,
    )


def _shortens(output: ToolOutput, segment: Segment) -> bool:
    """Whether the stages have anything to do: `rsync -a` without its progress is a list of paths."""
    from sidecar.compression.forms.lines import leaves_out

    return leaves_out(segment, output)


@cache
def _lines_form(output: ToolOutput) -> Form:
    from sidecar.compression.forms.lines import lines_form

    return lines_form(output)


def recognise(segment: Segment, commands: Sequence[Command], shelf: Shelf) -> tuple[Form, Segment]:
    """The form of *segment*, and the segment with the command that explains it; `text` where nobody claims it."""
    best: tuple[float, Form] | None = None
    hinted = segment
    for candidate in _with_hints(segment, commands):
        for form, sureness in _claims(candidate, shelf, _SHELF_COUNTS / max(1, len(commands))):
            if best is None or sureness > best[0]:
                best, hinted = (sureness, form), candidate
        if best is not None and best[0] >= 1.0:
            break
    if best is None:
        from sidecar.compression.forms import text

        return text.FORM, segment
    return best[1], hinted


def _with_hints(segment: Segment, commands: Sequence[Command]) -> Iterable[Segment]:
    if not commands:
        yield segment
        return
    for command in commands:
        hinted = replace(segment, command=command)
        hinted.__dict__["text"] = segment.text  # joined and walked through once, whoever is asked
        literals_in.tell(hinted, literals_in(segment))
        yield hinted


def _claims(segment: Segment, shelf: Shelf, counts: float) -> Iterable[tuple[Form, float]]:
    """Each form that may read this segment, with a sureness to which the shelf's word adds what it *counts*."""
    known = shelf.match(segment.command) if segment.command is not None else None
    present = literals_in(segment)
    scores: list[tuple[Form, float]] = []
    for form in sorted(forms(), key=lambda form: known is None or form.name != known.form):
        sureness = 0.0 if form.literals and present.isdisjoint(form.literals) else form.recognise(segment)
        scores.append((form, sureness))
        is_named = known is not None and form.name == known.form and form.name not in _NEVER_SETTLED
        if sureness >= (_SETTLED if is_named else _UNMISTAKABLE):
            break
    surest = max(score for _, score in scores)
    is_settled = surest >= _UNMISTAKABLE
    yields_to = _FAILED_YIELDS_TO if segment.exit_code else _STAGES_YIELD_TO
    is_read_by_stages = known is not None and surest < yields_to and known.applies(segment.text)
    if known is not None and is_read_by_stages and (surest < _SURE or _shortens(known, segment)):
        yield _lines_form(known), _STAGES_YIELD_TO
    for form, score in scores:
        if known is not None and known.form == form.name and score >= _SHELF_SURE:
            is_outdone = form.name in _NEVER_SETTLED and score < surest
            yield form, score + (0.0 if segment.exit_code or is_settled or is_outdone else counts)
        elif score >= _SURE:
            yield form, score
