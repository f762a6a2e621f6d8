"""One failing test of pytest: which of its lines tell what failed, where and why.

___ test_total ___                heading                 stays
    def test_total():             source                  goes
>       assert total() == 5       marked line             stays
E       assert 4 == 5             explanation             stays, unless an earlier test has the very same
tests/test_cart.py:12: ...        place                   stays, library frames above the failing one go
--- Captured stdout call ---      what the test printed   its trouble and its last lines stay
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from sidecar.compression.forms.drafting import BLANK
from sidecar.compression.forms.tests.pytest_doctest import is_doctest, tell_doctest
from sidecar.compression.forms.tests.pytest_lines import (
    captured_rule,
    explained,
    is_mute,
    is_telling,
    said_twice,
)

__all__ = ["SAME", "Told", "is_library", "mark_frames", "tell"]

SAME = "the same as in "

_PLACE = re.compile(r"(?P<path>(?:[A-Za-z]:[\\/])?[^\s:][^:]*):(?P<line>\d+):(?: (?P<rest>.*))?$")
_RAISED = re.compile(r"\S.*:\d+: (?!in )\S")
_AT_EDGE = re.compile(r"[^ \nE]")
"""The letter of a line that stands at the left edge and is no explanation."""

_NATIVE = re.compile(r'[ |+]*File "(?P<path>[^"]+)", line \d+(?:,)? in ')
_CHAINS = (
    "During handling of the above exception, another exception occurred:",
    "The above exception was the direct cause of the following exception:",
)
_ARGUMENTS = re.compile(r"[A-Za-z_]\w* += ")
_TROUBLE = re.compile(
    r"\b(?:error|fail(?:ed|ure)?|fatal|critical|traceback|exception|panic|warn)|Error\b", re.IGNORECASE
)
_DIGITS = re.compile(r"\d+")
_LIBRARY = (
    "site-packages",
    "dist-packages",
    "/lib/python3",
    "/lib64/python3",
    "\\lib\\",
    "\\Lib\\",
    "<frozen ",
    "/_pytest/",
    "/pluggy/",
    "<string>",
)

_ARGUMENT_CHARS = 140
_ARGUMENT_LINES = 12
_FRAMES_AT_EACH_END = 3
_STATEMENT_LINES = 3
_CAPTURED_LINES = 4
_TROUBLE_LINES = 12
_EXPLANATION_LINES = 40
"""Longer explanations are diffs: their head, changed lines and end tell it all."""

_EXPLANATION_HEAD = 12
_EXPLANATION_TAIL = 4
_REPORT_HEAD = 30
_REPORT_TAIL = 10
"""Of a long report that is no traceback (xdist: "Different tests were collected")."""


@dataclass(slots=True)
class Told:
    """What earlier failures of the run have already said: by explanation, who said it first and in which lines."""

    first: dict[tuple[str, ...], tuple[str, frozenset[str]]] = field(default_factory=dict)
    above: tuple[str, ...] = ()
    """What the failure above says of an error that an earlier one had: mostly where it was raised this time."""
    unnamed: set[tuple[str, ...]] = field(default_factory=set)
    """Failures without a name (`--tb=line`), in all their lines."""
    captured: set[tuple[str, ...]] = field(default_factory=set)
    """What earlier tests printed, without numbers and their own names."""
    frames: set[str] = field(default_factory=set)
    """The user's frames of tracebacks that tests logged."""

    def is_new_frame(self, line: str) -> bool:
        """Whether *line* is a frame of the user's that no earlier traceback in what tests printed has shown."""
        found = _NATIVE.match(line) if 'File "' in line else None
        if found is None or is_library(found["path"]) or line in self.frames:
            return False
        self.frames.add(line)
        return True


@dataclass(slots=True)
class _Frame:
    """A stretch of a traceback that ends (long style) or begins (short style) with its place."""

    start: int
    end: int
    place: int
    is_own: bool
    has_explanation: bool = False
    key: str = ""


def is_library(path: str) -> bool:
    """Whether *path* is code the user did not write: installed packages, the standard library, the runner."""
    return any(word in path for word in _LIBRARY) or path.startswith(("/usr/lib/", "/usr/local/lib/"))


def tell(lines: Sequence[str], letters: str, start: int, end: int, why: list[str], *, name: str, told: Told) -> str:
    """Mark in *why* what of the failing test [start, end) may go; without a *name* (`--tb=line`) only what it printed.

    Returns the name of an earlier test that failed with the very same explanation, or "" where
    this one is the first: of a later one only the lines that differ from the first stay.
    """
    traceback_end = captured_rule(lines, letters, start, end)
    body = start + 1 if name else start
    explanation = _raised(lines, letters, start, traceback_end, why, name=name)
    for found in _AT_EDGE.finditer(letters, body, traceback_end):
        # Another program's output between the lines must not cost the place where something was raised.
        index = found.start()
        if why[index] and (_RAISED.match(lines[index]) or is_telling(lines[index])):
            why[index] = ""
    _captured(lines, letters, traceback_end, end, why, name=name, told=told)
    above, told.above = told.above, ()
    if explanation and not name:
        whole = tuple(lines[start:end])
        if whole in told.unnamed:
            why[start:end] = ["the same failure again"] * (end - start)
        told.unnamed.add(whole)
    if not explanation or not name:
        return ""
    leader, said = told.first.setdefault(explanation, (name, frozenset(lines[body:traceback_end])))
    if leader == name:
        return ""
    for index in range(body, traceback_end):
        if not why[index] and lines[index] in said:
            why[index] = SAME + leader
    left = [index for index in range(body, traceback_end) if not why[index]]
    told.above = (leader, *(lines[index] for index in left))
    if told.above == above:
        for index in left:
            why[index] = "lines of the failure above again"
    return leader


def _raised(lines: Sequence[str], letters: str, start: int, end: int, why: list[str], *, name: str) -> tuple[str, ...]:
    """Mark what of a traceback may go; returned are the lines that say what was raised."""
    body = start + 1 if name else start
    is_example = bool(name) and is_doctest(lines[start])
    explanation = tuple(line for first, last in explained(letters, body, end) for line in lines[first:last])
    if not explanation and any('File "' in line for line in lines[body:end]):
        mark_frames(lines, body, end, why)
        explanation = tuple(line for line in lines[body:end] if line[:1].strip())
    elif name and not is_example:
        _traceback(lines, letters, body, end, why)
        _shorten_explanations(lines, letters, body, end, why)
    if is_example:
        tell_doctest(lines, body, end, why)
    return explanation


def _shorten_explanations(lines: Sequence[str], letters: str, start: int, end: int, why: list[str]) -> None:
    """Of a long comparison its head, its changed lines and its end stay."""
    for first, last in explained(letters, start, end):
        if last - first > _EXPLANATION_LINES:
            for number in range(first + _EXPLANATION_HEAD, last - _EXPLANATION_TAIL):
                if lines[number][1:].lstrip()[:1] not in {"+", "-", "?"}:
                    why[number] = "unchanged lines"
        for number in range(first, last):
            if is_mute(lines[number]):
                initial = lines[number][1:].strip()[:1]
                why[number] = why[number] or ("lookups" if initial == "+" else "marks" if initial == "?" else BLANK)
        for number in said_twice(lines[first:last]):
            why[first + number] = why[first + number] or "the comparison again"


def _traceback(lines: Sequence[str], letters: str, start: int, end: int, why: list[str]) -> None:
    frames = _frames(lines, letters, start, end, why)
    if not frames:
        report = [i for i in range(start, end) if not why[i] and letters[i] != "E"]
        if len(report) > 2 * (_REPORT_HEAD + _REPORT_TAIL):
            for index in report[_REPORT_HEAD:-_REPORT_TAIL]:
                why[index] = "more of the report"
    kept = _telling(frames)
    for number, frame in enumerate(frames):
        if number not in kept:
            reason = "repeated frames" if frame.is_own else "library frames"
            for index in range(frame.start, frame.end):
                if letters[index] != "E":
                    why[index] = why[index] or reason
        else:
            _mark_frame(lines, letters, frame, why)


def _frames(lines: Sequence[str], letters: str, start: int, end: int, why: list[str]) -> list[_Frame]:
    """The frames of a traceback; lines between them that say something of their own stay unmarked."""
    frames: list[_Frame] = []
    begun = start
    open_short: _Frame | None = None
    for index, letter in enumerate(letters[start:end], start):
        if letter == " ":
            if open_short is not None:
                open_short.end, begun = index + 1, index + 1
            continue
        line = lines[index]
        if line.startswith(("_ _ _", "!!!")) or line in _CHAINS:
            why[index] = "source lines" if letter == "_" else why[index]
            open_short, begun = None, index + 1
        elif not line or line.startswith("[gw"):
            why[index] = BLANK
        elif letter == "E":
            if open_short is not None:
                open_short.end, open_short.has_explanation, begun = index + 1, True, index + 1
        elif letter != ">" and (place := _PLACE.match(line)):
            rest = place["rest"] or ""
            frame = _Frame(begun, index + 1, index, not is_library(place["path"]), key=line)
            if rest.startswith("in "):
                frame.start, open_short = index, frame
            else:
                open_short = None
                frame.has_explanation = "E" in letters[begun:index]
            frames.append(frame)
            begun = index + 1
        elif open_short is not None:
            open_short, begun = None, index
    if ">" in letters[begun:end]:
        # The run was cut off before the place, or the section has none: the marked line is what there is.
        frames.append(_Frame(begun, end, begun, is_own=True, has_explanation=True))
    return frames


def _telling(frames: Sequence[_Frame]) -> set[int]:
    """The frames that stay: own ones, from both ends where they repeat, and each that raised."""
    own = [number for number, frame in enumerate(frames) if frame.is_own]
    distinct = list({frames[number].key: number for number in reversed(own)}.values())[::-1]
    if len(distinct) > 2 * _FRAMES_AT_EACH_END:
        distinct = distinct[:_FRAMES_AT_EACH_END] + distinct[-_FRAMES_AT_EACH_END:]
    kept = set(distinct) | {number for number, frame in enumerate(frames) if frame.has_explanation}
    if frames and not own:
        kept.add(0)
    if frames:
        kept.add(len(frames) - 1)
    return kept


def _mark_frame(lines: Sequence[str], letters: str, frame: _Frame, why: list[str]) -> None:
    """In a frame that stays: its arguments, the marked statement, the explanation and the place."""
    arguments = 0
    statement = _STATEMENT_LINES
    is_short = frame.place == frame.start and letters[frame.start] != ">"
    for index, letter in enumerate(letters[frame.start : frame.end], frame.start):
        if letter == "E" or (index == frame.place and letter != ">"):
            # In the short style the statement follows its place, in the long one it is marked.
            statement = _STATEMENT_LINES - 1 if is_short and index == frame.place else _STATEMENT_LINES
        elif letter == ">":
            statement = 0
        elif letter == " ":
            follows_explanation = index > 0 and letters[index - 1] == "E"
            if follows_explanation or (statement < _STATEMENT_LINES and lines[index].strip(" ^~")):
                statement += 1
            else:
                why[index] = "source lines"
        elif _ARGUMENTS.match(line := lines[index]):
            arguments += 1
            telling = frame.is_own and len(line) <= _ARGUMENT_CHARS and arguments <= _ARGUMENT_LINES
            if not telling or line.partition("= ")[2].startswith("<"):
                why[index] = "arguments"


def mark_frames(lines: Sequence[str], start: int, end: int, why: list[str]) -> None:
    """Mark the library frames of Python's own tracebacks (`File "x", line 3, in f` and the source below)."""
    frames: list[_Frame] = []
    current: _Frame | None = None
    column = 0
    for index in range(start, end):
        line = lines[index].removeprefix("INTERNALERROR> ")
        found = _NATIVE.match(line)
        if found:
            column = line.index("File")
            current = _Frame(index, index + 1, index, not is_library(found["path"]), key=line)
            frames.append(current)
        elif current is not None and (told := line.lstrip(" |+")) and len(line) - len(told) > column:
            current.end = index + 1
            if not line.strip(" |^~"):
                why[index] = "source lines"
        elif line.strip():
            if current is not None:
                current.has_explanation = True
            current = None
    kept = _telling(frames)
    if frames and ", line " in lines[frames[0].place] and ", in " not in lines[frames[0].place]:
        kept.add(0)  # a crash dump (faulthandler) has the innermost frame first
    for number, frame in enumerate(frames):
        if number not in kept:
            reason = "repeated frames" if frame.is_own else "library frames"
            why[frame.start : frame.end] = [reason] * (frame.end - frame.start)


def _captured(
    lines: Sequence[str], letters: str, start: int, end: int, why: list[str], *, name: str, told: Told
) -> None:
    """Of what the test printed: all of it where it is short, else its trouble, each kind once, and its end.

    What only numbers and the test's name tell from what an earlier one printed goes.
    """
    own = name.rpartition(" ")[2].rpartition(".")[2] or "\0"
    index = start
    while index < end:
        rule = index
        index = captured_rule(lines, letters, rule + 1, end)
        body = [i for i in range(rule + 1, index) if lines[i].strip()]
        # With `--tb=line` the place comes after what was captured.
        quiet = [i for i in (rule, *body) if not (is_telling(lines[i]) or _RAISED.match(lines[i]))]
        template = tuple(_DIGITS.sub("0", lines[i].replace(own, "")) for i in quiet)
        if template in told.captured:
            for i in quiet:
                why[i] = "captured output as above, but for numbers"
            continue
        if body:
            told.captured.add(template)
        if len(body) <= _CAPTURED_LINES:
            continue
        seen: set[str] = set()
        shown = set(body[-_CAPTURED_LINES // 2 :])
        for i in range(rule + 1, index):
            line = lines[i]
            if i in shown or is_telling(line) or _RAISED.match(line) or told.is_new_frame(line):
                continue
            words = _DIGITS.sub("0", line)
            if _TROUBLE.search(line) and words not in seen and len(seen) < _TROUBLE_LINES:
                seen.add(words)
            else:
                why[i] = "captured output"
