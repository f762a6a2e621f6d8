"""What of a failing section stays: message, diff and own frames; of a long report its ends and its trouble."""

from __future__ import annotations

from collections.abc import Sequence

from sidecar.compression.alarms import is_alarm
from sidecar.compression.forms.tests.grammar import Kind
from sidecar.compression.forms.tests.run import LIBRARY, PRINTED, Run
from sidecar.compression.forms.tests.trouble import Trouble

__all__ = ["tell_comparison", "tell_frames", "tell_report", "tell_section"]

_REPORT_LINES = 60
_REPORT_HEAD = 30
_REPORT_TAIL = 12
_REPORT_TROUBLE = 20
_FRAMES_AT_EACH_END = 4

_CONTEXT = 2
"""So many unchanged lines stay on both sides of a changed one in a comparison."""

_MANY_CHANGED = 40
_CHANGED_HEAD = 24
_CHANGED_TAIL = 6
"""Of so many changed lines: few enough to be read, or to be what a snapshot is updated to, stay whole."""

_SIGNS = frozenset("-+?<>")
"""How a changed line of a comparison begins."""


def tell_section(run: Run, start: int, end: int) -> None:
    """Mark what of a failing section may go: library frames, and of a long report what lies in its middle."""
    frames: list[int] = []
    others: list[int] = []
    for index in range(start, end):
        if run.kinds[index] is Kind.OTHER:
            (frames if run.is_frame[run.lines[index]] else others).append(index)
    tell_frames(run, frames)
    tell_comparison(run, start, end)
    tell_report(run, [index for index in others if not run.why[index]])


def tell_comparison(run: Run, start: int, end: int) -> None:
    """Of the unchanged lines of a comparison (`  same`, `- was`, `+ is`) those near a changed one stay.

    Of many changed ones the first and the last few: by them a reader knows what went wrong, or asks for all.
    """
    index = start
    while index < end:
        first = index
        changed: list[int] = []
        margin = 0
        while index < end and run.kinds[index] in PRINTED:
            line = run.lines[index]
            said = line.lstrip(" ")
            depth = len(line) - len(said)
            if depth < margin and said.strip():
                break  # `got:` below the difference that stands deeper
            if said[:1] in _SIGNS:
                margin = depth
                first = first if changed else _begins(run, first, index, depth)
                changed.append(index)
            elif depth < 2 and line:
                break
            index += 1
        if changed and index - first > len(changed) + 4 * _CONTEXT:
            near = {i for at in changed for i in range(at - _CONTEXT, at + _CONTEXT + 1)}
            for i in range(first, index):
                if i not in near:
                    run.why[i] = run.why[i] or "unchanged lines"
        if len(changed) > _MANY_CHANGED:
            for i in range(changed[_CHANGED_HEAD], changed[-_CHANGED_TAIL]):
                run.why[i] = run.why[i] or ("" if is_alarm(run.lines[i]) else "more of the comparison")
        index = max(index, first + 1)


def _begins(run: Run, first: int, changed: int, depth: int) -> int:
    """Where a comparison begins whose first changed line is *changed*: below whatever stands further left."""
    return next(
        (
            i + 1
            for i in range(changed - 1, first - 1, -1)
            if run.lines[i].strip() and len(run.lines[i]) - len(run.lines[i].lstrip(" ")) < depth
        ),
        first,
    )


def tell_frames(run: Run, frames: Sequence[int]) -> None:
    """The user's frames stay, from both ends where there are many; where none is the user's the first two do."""
    own = [index for index in frames if not run.is_library[run.lines[index]]]
    kept = own or list(frames[:2])
    if len(kept) > 2 * _FRAMES_AT_EACH_END:
        kept = [*kept[:_FRAMES_AT_EACH_END], *kept[-_FRAMES_AT_EACH_END:]]
    stays, mine = set(kept), set(own)
    for index in frames:
        if index not in stays:
            run.why[index] = "repeated frames" if index in mine else LIBRARY


def tell_report(run: Run, report: Sequence[int]) -> None:
    """Of a long report its head, its alarms, its changed lines and its end stay."""
    if len(report) <= _REPORT_LINES:
        return
    changed = 0
    middle = report[_REPORT_HEAD:-_REPORT_TAIL]
    trouble = Trouble(run.lines, middle, _REPORT_TROUBLE)
    for index in middle:
        line = run.lines[index]
        if line.lstrip()[:1] in {"+", "-", "<", ">"} and changed < 2 * _REPORT_LINES:
            changed += 1
        elif not trouble.is_new(index):
            run.why[index] = "more of what the test printed"
