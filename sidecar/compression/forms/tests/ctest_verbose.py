"""What `ctest -V` says of tests while they run: each line behind its test's number, before the line of its outcome.

3: /tmp/shop/chrono-test.cc:289: Failure        of a test that fails, as its own runner tells it, number and all
3: Expected equality of these values:
7: [       OK ] color_test.rgb (0 ms)           of one that passes, its alarms
 3/21 Test  #3: chrono-test ......***Failed     told by ctest's grammar

With `-j` the lines of several tests alternate.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sidecar.compression.forms.drafting import BLANK
from sidecar.compression.forms.tests.run import Run
from sidecar.compression.forms.tests.sections import tell_report
from sidecar.compression.kept import kept
from sidecar.compression.vocabulary import Evidence, Form, Segment

__all__ = ["tell_verbose", "verbose_evidence"]

_FAILED = re.compile(r"^ *\d+/\d+ +Test +#(\d+): .*\*\*\*(?!Skipped|Not Run)", re.MULTILINE)
_PRINTED = re.compile(r"(\d+): ?")
_CTESTS_OWN = ("Test command:", "Working Directory:", "Test timeout computed to be:", "Environment variables:")
_SURE = 0.9


@dataclass(frozen=True)
class _Printed:
    """What one failing test printed: its lines without their number, where each stands, and who reads them."""

    number: str
    lines: Sequence[int]
    segment: Segment
    form: Form | None


@kept
def _failing(segment: Segment) -> tuple[_Printed, ...]:
    if ": Test command:" not in segment.text:
        return ()
    numbers = dict.fromkeys(_FAILED.findall(segment.text))
    printed: dict[str, list[int]] = {number: [] for number in numbers}
    for index, line in enumerate(segment.lines):
        found = _PRINTED.match(line) if line[:1].isdigit() else None
        if found is not None and found[1] in printed and not line.startswith(_CTESTS_OWN, found.end()):
            printed[found[1]].append(index)
    return tuple(_read(segment, number, lines) for number, lines in printed.items() if lines)


def _read(segment: Segment, number: str, lines: Sequence[int]) -> _Printed:
    from sidecar.compression.forms.tests.form import runner_of

    part = Segment([segment.lines[index][len(number) + 2 :] for index in lines], exit_code=1)
    sureness, form = runner_of(part)
    return _Printed(number, lines, part, form if form is not None and sureness >= _SURE else None)


def verbose_evidence(segment: Segment, own: Iterable[Evidence]) -> Iterable[Evidence]:
    """The evidence of a run and what the runners of its failing tests add, each where the line was printed."""
    yield from own
    for printed in _failing(segment):
        for item in printed.form.evidence(printed.segment) if printed.form is not None else ():
            yield item.moved(printed.lines.__getitem__)


def tell_verbose(run: Run) -> None:
    """Print of each failing test's lines what its runner does, else what a failing section keeps."""
    for printed in _failing(run.segment):
        for index in printed.lines:
            run.why[index] = "" if run.lines[index][len(printed.number) + 1 :].strip() else BLANK
        if printed.form is None:
            tell_report(run, [index for index in printed.lines if not run.why[index]])
        else:
            _tell(run, printed, printed.form)


def _tell(run: Run, printed: _Printed, form: Form) -> None:
    for block in form.reduce(printed.segment):
        within = printed.lines[block.start : block.end]
        shown = block.shown
        if shown is None or len(shown) + bool(block.what) > len(within):
            continue
        for index in within:
            run.why[index] = block.what or BLANK
        for index, line in _placed(shown, [run.lines[i][len(printed.number) + 2 :] for i in within]):
            run.why[within[index]], run.instead[within[index]] = "", f"{printed.number}: {line}"
            run.headings.add(within[index])


def _placed(shown: Sequence[str], lines: Sequence[str]) -> Iterable[tuple[int, str]]:
    """Each line to show with where it goes: where it was printed, and what is in other words before what follows it.

    What other tests printed may stand between any two of *lines*, and evidence must be told in its place.
    """
    where: dict[str, list[int]] = {}
    for index, line in enumerate(lines):
        where.setdefault(line, []).append(index)
    placed: list[tuple[int, str]] = []
    end = len(lines)
    for line in reversed(shown):
        places = where.get(line, [])
        while places and places[-1] >= end:
            places.pop()
        end = places[-1] if places else end - 1
        if end < 0:
            return zip(range(len(shown)), shown, strict=False)
        placed.append((end, line))
    return placed
