"""What a failed test of Go logged, line by line or as testify lays it out, and what the program under test did.

cart_test.go:42:                                    /src/cart/cart_test.go:42: Not equal: | expected: 4 | actual  : 5
        Error Trace:    /src/cart/cart_test.go:42
        Error:          Not equal:
                        expected: 4
                        actual  : 5
        Test:           TestTotal
cart_test.go:44: (all of that again)                cart_test.go:44: same as cart_test.go:42
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from sidecar.compression.forms.drafting import BLANK
from sidecar.compression.forms.tests.grammar import Kind
from sidecar.compression.forms.tests.repeats import SAID
from sidecar.compression.forms.tests.run import Run

__all__ = ["LOG", "fold_clocked", "point_at_logs", "tell_testify"]

LOG = re.compile(r"\s+\S+\.go:\d+: (.*)")
"""A log's first line: its place and what stands behind it."""


def tell_testify(run: Run, start: int, end: int) -> None:
    """Of a failed assertion of testify go the place and the test, which stand above it, and the same in a diff.

    cart_test.go:42:                                       with its folder, as the next line has it
            Error Trace:    /src/cart/cart_test.go:42      goes
            Error:          Not equal:
                            expected: int(4)
            Test:           TestTotal                      goes
    """
    lines, why = run.lines, run.why
    place = name = ""
    said: list[str] = []
    at = start
    for index in range(start, end):
        line = lines[index]
        if "--- FAIL: " in line and (failed := _NAME.match(line)) is not None:
            name = failed[1]
        elif ".go:" in line and LOG.match(line) is not None:
            place, said, at = line.strip().partition(": ")[0].removesuffix(":"), [], index
        elif place and (traced := _TRACE.match(line)) is not None and (not traced[1] or traced[1].endswith(place)):
            why[index] = "places and names again"
            if traced[1] and run.lines[at].lstrip().startswith(place):
                run.instead[at] = run.lines[at].replace(place, traced[1], 1)
        elif place and (tested := _TESTED.match(line)) is not None and tested[1] == name:
            why[index] = "places and names again"
            place = ""
        elif ": " in line and (compared := _COMPARED.match(line)) is not None:
            said.append(compared[1])
        elif len(said) == _SIDES and line.strip() == "Diff:" and sum(map(len, said)) <= _PLAIN_CHARS:
            for i in range(index, end):
                if any(pattern.match(lines[i]) for pattern in (_TESTED, _MESSAGES, LOG, _NAME)):
                    break
                why[i] = "the same difference again"


_NAME = re.compile(r"\s*--- FAIL: (\S+)")
_TRACE = re.compile(r"\s+Error Trace:\s*(\S*)$")
_TESTED = re.compile(r"\s+Test:\s+(\S.*)$")
_COMPARED = re.compile(r"\s+(?:expected|actual  ): (.*)$")
_MESSAGES = re.compile(r"\s+Messages:\s")
_SIDES = 2
_PLAIN_CHARS = 400
"""Two values that are written whole in so many characters are seen to differ without testify's diff of them."""


def point_at_logs(run: Run) -> None:
    """Where a test failed in the words of an earlier one its place stays, and says the place of that one."""
    first: dict[tuple[str, ...], int] = {}
    callers: set[tuple[str, ...]] = set()
    for section in run.sections:
        for place, body in () if section.leader else _logs(run, section.start, section.end):
            told = [i for i in body if run.why[i] in {"", SAID} and run.lines[i].strip()]
            words = (_said(run, place)[1], *(run.lines[i].strip() for i in told))
            is_worth = bool(told) and sum(map(len, words)) >= _WORTH_CHARS
            again = first.setdefault(words, place) if is_worth else place
            for i in told:
                run.why[i] = "" if again == place else "logs that say the same"
            if again == place:
                _join_testify(run, place, _without_known_callers(run, told, callers))
            else:
                here, there = _said(run, place)[0], _said(run, again)[0]
                pointer = "the same again" if here == there else f"same as {there}"
                _print_at(run, place, pointer)


_WORTH_CHARS = 40


def _print_at(run: Run, place: int, said: str) -> None:
    """Print behind a place what was said there, even where an earlier test failed at that very line too."""
    run.instead[place] = f"{run.instead.get(place, run.lines[place]).rstrip()} {said}"
    run.pointed.add(place)
    run.why[place] = ""


def _without_known_callers(run: Run, told: Sequence[int], known: set[tuple[str, ...]]) -> list[int]:
    """The lines of an assertion without who called it, where an earlier failure was reached the same way."""
    by = [i for i in told if _CALLER.match(run.lines[i].strip())]
    names = tuple(run.lines[i].strip() for i in by)
    if names not in known:
        known.add(names)
        return list(told)
    for i in by:
        run.why[i] = "callers said above"
    return [i for i in told if i not in by]


def _join_testify(run: Run, place: int, told: Sequence[int]) -> None:
    """Print an assertion of testify without its columns of blanks, a short one behind its place."""
    lines = [run.lines[i].strip() for i in told]
    above = next((number for number, line in enumerate(lines) if line.startswith("Error:")), -1)
    if above < 0 or _said(run, place)[1] or not all(map(_CALLER.match, lines[:above])):
        return
    lines = [*lines[above:], *lines[:above]]  # a helper's callers stand behind what it asserted
    is_short = len(lines) <= _JOINED_LINES and max(map(len, lines)) <= _JOINED_CHARS and "Diff:" not in lines
    if not is_short:
        run.instead |= {i: _MARGIN.sub("        ", run.lines[i]) for i in told if _MARGIN.match(run.lines[i])}
        return
    joined = " | ".join(_COLUMN.sub(r"\1 ", line) for line in (lines[0].removeprefix("Error:").strip(), *lines[1:]))
    _print_at(run, place, joined)
    for i in told:
        run.why[i] = BLANK


_CALLER = re.compile(r"(?:Error Trace:\s*)?\S+\.go:\d+$")
_JOINED_LINES = 6
_JOINED_CHARS = 300
_MARGIN = re.compile(r" +\t {12}\t")
_COLUMN = re.compile(r"^(Messages:)\s+")


def _logs(run: Run, start: int, end: int) -> Iterable[tuple[int, list[int]]]:
    """Each log of a failing test: the line that names its place, and those below it that stand deeper."""
    index = start
    while index < end:
        line = run.lines[index]
        index += 1
        if ".go:" not in line or run.kinds[index - 1] is not Kind.OTHER or not LOG.match(line):
            continue
        place, depth = index - 1, len(line) - len(line.lstrip())
        while index < end and run.kinds[index] in _BELOW:
            below = run.lines[index]
            if below.strip() and len(below) - len(below.lstrip()) <= depth:
                break
            index += 1
        yield place, list(range(place + 1, index))


_BELOW = frozenset({Kind.OTHER, Kind.BLANK})


def _said(run: Run, index: int) -> tuple[str, str]:
    """The place of a log and what stands behind it."""
    place, _, words = run.lines[index].strip().partition(": ")
    return place.removesuffix(":"), words


def fold_clocked(run: Run) -> None:
    """What the program under test logs goes where it has said the same but for numbers."""
    times: Counter[str] = Counter()
    for index, kind in enumerate(run.kinds):
        if kind is not Kind.OTHER or run.why[index]:
            continue
        line = run.lines[index]
        if line[:2] in {"19", "20"} and _CLOCKED.match(line):
            words = _DIGITS.sub("0", line[:2_000])
            times[words] += 1
            if times[words] > _CLOCKED_SHOWN:
                run.why[index] = "logs that say the same but for numbers"


_CLOCKED = re.compile(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d(?:\.\d+)? \S")
_CLOCKED_SHOWN = 2
_DIGITS = re.compile(r"\d+")
