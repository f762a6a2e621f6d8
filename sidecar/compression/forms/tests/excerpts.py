"""Source excerpts that JavaScript runners print under a failure: of each the marked line stays.

      15 |   it('knows its items', () => {          goes
    > 17 |     expect(cart.items).toEqual([           stays
         |                        ^                   goes, its column is in the place below

Vitest marks no line: there the one above the caret stays. A stretch without a caret and without a marked line is no
excerpt but something a test printed, and is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from sidecar.compression.forms.tests.grammar import Kind
from sidecar.compression.forms.tests.run import Run
from sidecar.compression.forms.tests.sections import tell_frames, tell_report

__all__ = ["mark_comparison", "mark_excerpts", "mark_said_again", "tell"]

_GUTTER = re.compile(r" *(?P<marked>> *)?\d+ *\|")
_CARET = re.compile(r" *\|?[ \t]*[\^~]+ *$")
_CONTEXT = 2
_UNCHANGED = "unchanged lines"


def mark_excerpts(run: Run, start: int, end: int) -> None:
    """Mark what of the excerpts in [start, end) may go."""
    lines = run.lines
    index = start
    while index < end:
        if lines[index].find("|", 0, 40) < 0 or not _GUTTER.match(lines[index]):
            index += 1
            continue
        first = index
        marked: list[int] = []
        while index < end:
            line = lines[index]
            found = _GUTTER.match(line) if line.find("|", 0, 40) >= 0 else None
            if found is not None:
                if found["marked"]:
                    marked.append(index)
            elif not _CARET.match(line[:2_000]):
                break
            index += 1
        carets = [i for i in range(first, index) if _CARET.match(lines[i][:2_000])]
        if not marked:
            marked = [caret - 1 for caret in carets if caret > first]
        if not marked:
            continue
        for i in range(first, index):
            run.kinds[i] = Kind.KEPT
            run.why[i] = "source lines"
        for i in marked:
            run.why[i] = ""


def mark_comparison(run: Run, report: Sequence[int]) -> None:
    """Of a comparison's unchanged lines those near a changed one stay.

    *report* are the section's lines without its frames; only what lies between two changed lines, or deeper than
    the last of them, is taken for unchanged.
    """
    lines = run.lines
    changed = [number for number, index in enumerate(report) if lines[index].lstrip()[:1] in {"+", "-"}]
    for above, below in pairwise(changed):
        for number in range(above + 1 + _CONTEXT, below - _CONTEXT):
            run.why[report[number]] = run.why[report[number]] or _UNCHANGED
    if not changed:
        return
    last = lines[report[changed[-1]]]
    margin = len(last) - len(last.lstrip())
    for number in range(changed[-1] + 1, len(report)):
        line = lines[report[number]]
        if report[number] != report[number - 1] + 1 or len(line) - len(line.lstrip()) <= margin:
            break
        if number > changed[-1] + _CONTEXT:
            run.why[report[number]] = run.why[report[number]] or _UNCHANGED


def tell(run: Run, start: int, end: int) -> None:
    """A failing section: its excerpts by their marked lines, own frames, the comparison by its changed lines."""
    mark_excerpts(run, start, end)
    frames: list[int] = []
    report: list[int] = []
    for index in range(start, end):
        if run.kinds[index] is Kind.OTHER:
            (frames if run.is_frame[run.lines[index]] else report).append(index)
    tell_frames(run, frames)
    mark_comparison(run, report)
    tell_report(run, [index for index in report if not run.why[index]])


_LEGEND = frozenset({"- Expected", "+ Received"})
_SAID_AGAIN = "the comparison again"


def mark_said_again(run: Run, start: int, end: int) -> None:
    """A comparison of two values that stand in the message already may go, with its legend.

    AssertionError: expected 9 to be 8      stays
    - Expected                              goes, and so do the three below
    + Received
    - 8
    + 9
    """
    lines = run.lines
    legend = [index for index in range(start, end) if lines[index] in _LEGEND]
    if len(legend) != len(_LEGEND):
        return
    below = [index for index in range(legend[-1] + 1, end) if lines[index].strip() and not run.is_frame[lines[index]]]
    signs = [lines[index][:2] for index in below if run.kinds[index] is Kind.OTHER]
    values = [lines[index][2:] for index in below[:2]]
    said = "\n".join(lines[start : legend[0]])
    if signs == ["- ", "+ "] and all(value and _stands_in(value, said) for value in values):
        for index in range(legend[0], below[1] + 1):
            run.why[index] = run.why[index] or _SAID_AGAIN


def _stands_in(value: str, said: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(value)}(?!\w)", said) is not None
