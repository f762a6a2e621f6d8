"""How pytest's own lines look, one by one, wherever another program's output has carried them."""

from __future__ import annotations

import re

__all__ = ["FINAL", "HEADING", "is_captured_rule", "is_explanation", "is_heading", "is_outcome", "is_telling"]

FINAL = re.compile(
    r"(?:=+ )?(?=\d+ [a-z]|no tests )"
    r"(?:(?:\d+ (?:passed|failed|errors?|skipped|deselected|xfailed|xpassed|warnings?|rerun|reruns|subtests passed"
    r"|subtests failed|subtests skipped)(?:, )?){1,14}|no tests ran|no tests collected)"
    r"(?: \([^)]*\))? in [\d.]+ ?s(?:econds)?(?: \([\d:, days]+\))?(?: =+)?$"
)
"""The last line of a run: how many passed and failed, in how long."""

HEADING = re.compile(r"_+ (\S.*\S|\S) _+$")
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
_TELLING_INITIALS = frozenset("!EFISTwpn=0123456789")


def is_captured_rule(line: str) -> bool:
    """Whether a line is one like `----- Captured stdout call -----`."""
    return line.startswith("---") and bool(_CAPTURED.match(line))


def is_explanation(line: str) -> bool:
    """Whether a line is one of the `E   ...` lines."""
    return line.startswith(("E ", "E\t")) or line == "E"


def is_heading(line: str) -> bool:
    """Whether a line is a failing test's `___ name ___`, and not a rule or a separator of frames."""
    return line.startswith("_") and bool(HEADING.match(line)) and bool(line.strip("_ "))


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
