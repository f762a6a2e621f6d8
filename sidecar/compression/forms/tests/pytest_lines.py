"""How pytest's own lines look, one by one, wherever another program's output has carried them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from sidecar.compression.forms.tests.compared import said_above
from sidecar.compression.kept import kept
from sidecar.compression.vocabulary import Segment

__all__ = [
    "FINAL",
    "captured_rule",
    "ends_of",
    "explained",
    "heading_name",
    "is_captured_rule",
    "is_explanation",
    "is_heading",
    "is_mute",
    "is_outcome",
    "is_telling",
    "is_value",
    "letters",
    "letters_of",
    "said_by",
    "said_twice",
    "without_addresses",
    "without_middles",
]

FINAL = re.compile(
    r"(?:=+ )?(?=\d+ [a-z]|no tests )"
    r"(?:(?:\d+ (?:passed|failed|errors?|skipped|deselected|xfailed|xpassed|warnings?|rerun|reruns|subtests passed"
    r"|subtests failed|subtests skipped)(?:, )?){1,14}|no tests ran|no tests collected)"
    r"(?: \([^)]*\))? in [\d.]+ ?s(?:econds)?(?: \([\d:, days]+\))?(?: =+)?$"
)
"""The last line of a run: how many passed and failed, in how long."""

_HEADING = re.compile(r"_+ (?!coverage: platform )(\S.*\S|\S) _+$")
"""The title of one failing test."""

_CAPTURED = re.compile(r"-{3,} (?:Captured|generated|live|Hypothesis|pytest-)[^-]*.* -{3,}$")
_TELLING = (
    "!!!",
    "ERROR: ",
    "FAIL Required",
    "Fatal Python error",
    "ImportError while",
    "TOTAL ",
    "pytest: error",
    "worker '",
)
_OUTCOME = re.compile(r"(?:FAILED|ERROR|SUBFAIL(?:ED)?\S*(?: \([^)]*\))?) \S*(?:::|\.py\b|/)")
_LOOKUP = re.compile(
    r"\+ +(?:where|and) +(?:<(?:class|function|built-in|bound method|module) .*> = (?:[\w.]+|<.*>\.\w+)"
    r"|(\w+) = <\S+ object at 0x\w+>\.\1)$"
)
_LOOKUP_CHARS = 400
_VALUE = re.compile(r"E +\+ +(?:where|and) ")
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]{6,}(?=>)")
_CHANGED = re.compile(r"E +[-+] (\S.*\S|\S)$")
_LONG_CHARS = 1_500
_LONG_HEAD = 700
_LONG_TAIL = 300
_LONG_EVIDENT = 300
_AROUND = 200
"""Of a longer line so much of both ends is shown, and so much on both sides of a difference."""

_EXPLAINS = frozenset({"E", "E ", "E\t"})
_EXPLAINED = re.compile("E+")
_TELLING_INITIALS = frozenset("!EFISTwpn=0123456789")


def letters_of(lines: Sequence[str]) -> str:
    """What each line begins with, one letter a line: E of an explanation, e of another line in E, a newline of none.

    Titles, headings and explanations are few among the lines of a run: they are looked for among its letters.
    """
    return "".join([
        line[0] if line[:1] not in {"", "E"} else "\n" if not line else "E" if line[:2] in _EXPLAINS else "e"
        for line in lines
    ])  # fmt: skip


@kept
def letters(segment: Segment) -> str:
    """The letters of a segment's lines."""
    return letters_of(segment.lines)


def captured_rule(lines: Sequence[str], letters: str, start: int, end: int) -> int:
    """The first line of [start, end) like `----- Captured stdout call -----`; *end* where there is none."""
    at = letters.find("-", start, end)
    while at >= 0 and not is_captured_rule(lines[at]):
        at = letters.find("-", at + 1, end)
    return end if at < 0 else at


def explained(letters: str, start: int, end: int) -> list[tuple[int, int]]:
    """The explanations within [start, end), each with where its lines begin and end."""
    return [found.span() for found in _EXPLAINED.finditer(letters, start, end)]


def is_captured_rule(line: str) -> bool:
    """Whether a line is one like `----- Captured stdout call -----`."""
    return line.startswith("---") and bool(_CAPTURED.match(line))


def is_explanation(line: str) -> bool:
    """Whether a line is one of the `E   ...` lines."""
    return line[:2] in _EXPLAINS


def is_mute(line: str) -> bool:
    """Whether an explanation's line says nothing by itself.

    Empty ones, marks below a changed line, pytest's own advice, and which function or class a name stands for.
    """
    said = line[1:].strip()
    if said.startswith("+ "):
        return len(said) <= _LOOKUP_CHARS and bool(_LOOKUP.match(said))
    return (said[:1] in {"", "?"} and not said.strip("?^+- ")) or said.startswith("Use -v to get ")


def said_by(explanation: str) -> str:
    """The words of an explanation's line."""
    return explanation[1:].strip()


def is_value(line: str) -> bool:
    """Whether a line of an explanation tells where a value came from: `E  +  where 3 = total()`."""
    return line[:1] == "E" and bool(_VALUE.match(line))


def without_addresses(line: str) -> list[str]:
    """What is around the addresses in a line (`<Token 'a' at 0x7FC9>`): they differ from run to run."""
    return _ADDRESS.split(line)


def said_twice(explanation: Sequence[str]) -> dict[int, tuple[int, str]]:
    """Which of an explanation's lines only say what its assertion quotes whole, with where that is and in which words.

    assert '1.0 EB' == '1.0 ZB'         AssertionError: Lists differ: [] != ['p']
      - 1.0 ZB                          Second list contains 1 additional elements.     said twice
      + 1.0 EB      said twice          - []                                            said twice
    """
    compared = next((number for number, line in enumerate(explanation) if " != " in line), len(explanation))
    for line in explanation[compared : compared + 1]:
        depth = len(line) - len(line[1:].lstrip())
        below = [other[depth:] for other in explanation[compared + 1 :]]
        if said := said_above(line[depth:], below):
            return {compared + 1 + number: (compared, words) for number, words in enumerate(said)}
    at, asserted = next(((number, line) for number, line in enumerate(explanation) if "assert " in line), (0, ""))
    if len(asserted) > _LONG_CHARS:
        return {}  # it will be shown without its middle
    return {
        number: (at, found[1])
        for number, line in enumerate(explanation)
        if (found := _CHANGED.match(line)) and len(found[1]) > 1 and f"'{found[1]}'" in asserted
    }


def ends_of(line: str) -> tuple[str, ...]:
    """What must be shown of a line: all of it, or of one too long to be read its beginning and its end."""
    return (line,) if len(line) <= _LONG_CHARS else (line[:_LONG_EVIDENT], line[-_LONG_EVIDENT:])


def without_middles(lines: Sequence[str]) -> dict[int, str]:
    """The lines of an explanation that are too long to be read, without their middle.

    Of the two sides of a comparison what stands around the first difference stays.
    """
    long = [number for number, line in enumerate(lines) if len(line) > _LONG_CHARS]
    return {number: _without_middle(lines[number], _differs_at(lines, number)) for number in long}


def _differs_at(lines: Sequence[str], number: int) -> int:
    """Where a changed line first differs from its other side, the next changed line or the one before; 0: nowhere."""
    line = lines[number]
    depth = len(line) - len(line[1:].lstrip())
    sign = line[depth : depth + 1]
    if sign not in {"-", "+"}:
        return 0
    others = lines[number + 1 : number + 3] if sign == "-" else lines[max(0, number - 2) : number][::-1]
    other = next((one for one in others if one[depth : depth + 1] in {"-", "+"} and one[depth] != sign), None)
    if other is None:
        return 0
    size = min(len(line), len(other))
    return next((at for at in range(depth + 1, size) if line[at] != other[at]), size)


def _without_middle(line: str, at: int) -> str:
    shown = [(0, _LONG_HEAD), (len(line) - _LONG_TAIL, len(line))]
    if _LONG_HEAD < at < len(line) - _LONG_TAIL:
        shown.insert(1, (max(_LONG_HEAD, at - _AROUND), min(len(line) - _LONG_TAIL, at + _AROUND)))
    said = line[:_LONG_HEAD]
    for (_, end), (start, stop) in pairwise(shown):
        said += (f"[... {start - end} characters]" if start > end else "") + line[start:stop]
    return said


def is_heading(line: str) -> bool:
    """Whether a line is a failing test's `___ name ___`, and not a rule or a separator of frames."""
    return line[:1] == "_" and bool(line.strip("_ ")) and bool(_HEADING.match(line))


def heading_name(line: str) -> str:
    """The name in a failing test's heading; empty where a line is none."""
    found = _HEADING.match(line)
    return found[1] if found else ""


def is_outcome(line: str) -> bool:
    """Whether a line is the short summary's word on a test: `FAILED tests/test_a.py::test_b - ...`."""
    return line[:1] in {"F", "E", "S"} and bool(_OUTCOME.match(line))


def is_telling(line: str) -> bool:
    """Whether a line says by itself that something failed, or how the run ended."""
    if line[:1] not in _TELLING_INITIALS:
        return False
    if line.startswith("INTERNALERROR> "):
        return bool(line[15:16].strip())
    return line.startswith(_TELLING) or is_outcome(line) or is_explanation(line) or bool(FINAL.match(line))
