"""How pytest's own lines look, one by one, wherever another program's output has carried them."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = [
    "FINAL",
    "heading_name",
    "is_captured_rule",
    "is_explanation",
    "is_heading",
    "is_mute",
    "is_outcome",
    "is_telling",
    "is_value",
    "said_twice",
    "without_addresses",
]

FINAL = re.compile(
    r"(?:=+ )?(?=\d+ [a-z]|no tests )"
    r"(?:(?:\d+ (?:passed|failed|errors?|skipped|deselected|xfailed|xpassed|warnings?|rerun|reruns|subtests passed"
    r"|subtests failed|subtests skipped)(?:, )?){1,14}|no tests ran|no tests collected)"
    r"(?: \([^)]*\))? in [\d.]+ ?s(?:econds)?(?: \([\d:, days]+\))?(?: =+)?$"
)
"""The last line of a run: how many passed and failed, in how long."""

_HEADING = re.compile(r"_+ (\S.*\S|\S) _+$")
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
_EXPLAINS = frozenset({"E", "E ", "E\t"})
_TELLING_INITIALS = frozenset("!EFISTwpn=0123456789")


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


def is_value(line: str) -> bool:
    """Whether a line of an explanation tells where a value came from: `E  +  where 3 = total()`."""
    return bool(_VALUE.match(line))


def without_addresses(line: str) -> list[str]:
    """What is around the addresses in a line (`<Token 'a' at 0x7FC9>`): they differ from run to run."""
    return _ADDRESS.split(line)


def said_twice(explanation: Sequence[str]) -> list[int]:
    """Which of an explanation's lines are the changed lines of texts that its assertion quotes whole.

    assert '1.0 EB' == '1.0 ZB'
      - 1.0 ZB                      said twice
      + 1.0 EB                      said twice
    """
    asserted = next((line for line in explanation if "assert " in line), "")
    return [
        number
        for number, line in enumerate(explanation)
        if (found := _CHANGED.match(line)) and len(found[1]) > 1 and f"'{found[1]}'" in asserted
    ]


def is_heading(line: str) -> bool:
    """Whether a line is a failing test's `___ name ___`, and not a rule or a separator of frames."""
    return line.startswith("_") and bool(_HEADING.match(line)) and bool(line.strip("_ "))


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
