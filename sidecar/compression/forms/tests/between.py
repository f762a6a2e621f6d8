"""What stays outside a run's failing sections: totals and alarms as printed, of other words their ends and trouble."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sidecar.compression.alarms import is_alarm
from sidecar.compression.forms.drafting import BLANK
from sidecar.compression.forms.tests.grammar import Kind
from sidecar.compression.forms.tests.run import LIBRARY, PASSED, PRINTED, SKIPPED, Run
from sidecar.compression.forms.tests.trouble import Trouble, raises
from sidecar.compression.vocabulary import Form, Segment, moved

__all__ = ["give", "give_to_compilers", "mark_by_kind"]

_TAIL_LINES = 8
"""A run without totals was cut off or crashed: so many of its last lines tell where."""

_PRINTED_SHOWN = 3
_TROUBLE_SHOWN = 20

_COMPILED = 0.5
"""How sure the form that reads compilers must be of what stands around the tests."""

_GOES = {
    Kind.BLANK: BLANK,
    Kind.PASSED: PASSED,
    Kind.BEGUN: PASSED,
    Kind.NOISE: "headers",
    Kind.END: "headers",
}
"""What a line that may go is called, by its kind, where its rule does not say it."""

_STRETCH = re.compile(rb"%c[%c%c]*" % (Kind.OTHER, Kind.OTHER, Kind.BLANK))
"""A stretch of lines of no known kind, among the kinds as bytes."""

_DIGITS = re.compile(r"\d+")


def mark_by_kind(run: Run, inside: bytearray) -> None:
    """Mark every line that may go by its kind, and what was printed outside failing sections (*inside* them: 1)."""
    kinds = run.kinds
    why = run.why = [_GOES.get(kind, "") for kind in kinds]
    for index, rule in run.rules.items():
        why[index] = rule.what or why[index]
    reasons: set[str] = set()
    for index, reason in run.reasons.items():
        if not reason or reason in reasons:
            why[index] = SKIPPED
        reasons.add(reason)
    times: dict[str, int] = {}
    for found in _STRETCH.finditer(bytes(kinds)):
        stretch = [i for i in range(*found.span()) if kinds[i] is Kind.OTHER and not inside[i]]
        if stretch:
            _mark_printed(run, stretch, times)
    if Kind.TOTAL not in kinds:
        # Its end tells where it was cut off; the runner's own way to a file that it could not load does not.
        ends = [i for i in range(len(why)) if kinds[i] is not Kind.BLANK and why[i] != LIBRARY]
        for index in ends[-_TAIL_LINES:]:
            why[index] = ""


def _mark_printed(run: Run, stretch: Sequence[int], times: dict[str, int]) -> None:
    """Of what the run printed between its tests: all of it where short, else its ends and its trouble.

    A line printed again and again, but for its numbers, stays the first times: *times* counts them over the run.
    """
    if len(stretch) <= 2 * _PRINTED_SHOWN:
        for index in stretch:
            template = _DIGITS.sub("0", run.lines[index][:200])
            times[template] = times.get(template, 0) + 1
            if times[template] > _PRINTED_SHOWN and not (raises(template) or is_alarm(run.lines[index])):
                run.why[index] = "printed output"
        return
    middle = stretch[_PRINTED_SHOWN:-_PRINTED_SHOWN]
    trouble = Trouble(run.lines, middle, _TROUBLE_SHOWN)
    for index in middle:
        run.why[index] = "" if trouble.is_new(index) else "printed output"


def give_to_compilers(run: Run, inside: bytearray) -> None:
    """Give what a compiler said around the tests to the form that reads compilers."""
    from sidecar.compression.forms import diagnostics

    for start, end in _stretches(run.kinds, inside):
        lines = run.lines[start:end]
        if not any("error" in line or "warning" in line for line in lines):
            continue
        part = Segment(lines, start, exit_code=run.segment.exit_code)
        if diagnostics.FORM.recognise(part) < _COMPILED:
            # Another program's words may stand above.
            own = diagnostics.FORM.extent(part)
            part = part.part(own.start, own.end)
            if diagnostics.FORM.recognise(part) < _COMPILED:
                continue
        give(run, diagnostics.FORM, part)


def give(run: Run, form: Form, part: Segment) -> None:
    """Let *form* tell the lines of *part*, whose *first* is where they begin in the run."""
    start = part.first
    run.delegated.append((start, start + len(part.lines), moved(form.reduce(part), start)))


def _stretches(kinds: Sequence[Kind], inside: bytearray) -> Iterable[tuple[int, int]]:
    """Runs of lines of no known kind outside failing sections, blank lines among them."""
    index = 0
    while index < len(kinds):
        if kinds[index] is not Kind.OTHER or inside[index]:
            index += 1
            continue
        start = index
        last = index
        while index < len(kinds) and kinds[index] in PRINTED and not inside[index]:
            if kinds[index] is Kind.OTHER:
                last = index
            index += 1
        yield start, last + 1
