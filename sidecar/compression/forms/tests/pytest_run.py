"""What is known of one run of pytest while it is shortened: its titled parts, and what each of its lines is.

=== test session starts ===      "test session starts"
___ test_total ___               a part of failures without their title, where the output begins amid them
=== FAILURES ===                 "FAILURES"
=== 1 failed, 3 passed in 1s === "final"
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sidecar.compression.forms.tests.pytest_failure import Told
from sidecar.compression.forms.tests.pytest_lines import FINAL, is_heading, letters
from sidecar.compression.forms.tests.pytest_summary import Failure, failures
from sidecar.compression.forms.tests.repeats import Repeats
from sidecar.compression.vocabulary import Segment

__all__ = ["CUT", "TITLE", "TOLD", "Run", "titled"]

TITLE = re.compile(r"={3,} (\S.*\S|\S) ={3,}$")
CUT = "failures without their title"
TOLD = "outcomes, told with the failures above"
_DETAIL = frozenset({"FAILURES", "ERRORS"})
_RULES = re.compile("[=-]")


class Run:
    """A run's lines: `why[i]` is what line i is that may go, "" of one that stays."""

    def __init__(self, segment: Segment) -> None:
        self.lines = segment.lines
        self.letters = letters(segment)
        self.exit_code = segment.exit_code
        self.why: list[str] = [""] * len(segment.lines)
        self.instead: dict[int, str] = {}
        """Titles with shorter rules, and the list of what passed in place of the first lines that said it."""
        self.parts = list(titled(segment.lines, self.letters))
        self.summarised = _summarised(segment.lines, self.letters)
        self.has_detail = any(title in _DETAIL or title == CUT for title, _, _ in self.parts)
        self.is_finished = any(FINAL.match(line) for line in segment.lines[-40:] if " in " in line)
        self.told = Told()
        details = [range(start, end) for title, start, end in self.parts if title in _DETAIL]
        self.summed: dict[int, Failure] = {
            failure.start: failure
            for failure in failures(segment)
            if failure.outcome >= 0 and any(failure.start in part for part in details)
        }
        self.again: list[tuple[int, set[str]]] = []
        """Where the summary may go on with what a failure has said, and what that was."""
        self.repeats = Repeats()
        self.size = sum(map(len, segment.lines)) + len(segment.lines)
        self.passed: dict[int, str] = {}
        self.files: dict[int, str] = {}

    @property
    def is_red(self) -> bool:
        return self.has_detail or bool(self.exit_code) or not self.is_finished


def titled(lines: Sequence[str], letters: str) -> Iterable[tuple[str, int, int]]:
    """The run's titled sections as (title, start, end); the lines before the first have no title."""
    begun, title = 0, ""
    for rule in _RULES.finditer(letters):
        index = rule.start()
        line = lines[index]
        if not line.startswith(("===", "---------- coverage: ")):
            continue
        found = TITLE.match(line)
        if found is None and line.startswith("==="):
            continue
        if index > begun:
            yield from _part(lines, letters, title, begun, index)
        begun = index
        title = "coverage" if found is None else _title(found.group(1), line)
    if begun < len(lines):
        yield from _part(lines, letters, title, begun, len(lines))


def _part(lines: Sequence[str], letters: str, title: str, start: int, end: int) -> Iterable[tuple[str, int, int]]:
    """A part; of an output that begins in the middle of its failures these are told from the progress before."""
    cut = end
    if not title:
        begins = (found.start() for found in _DETAILED.finditer(letters, start, end))
        cut = next((i for i in begins if letters[i] == "E" or is_heading(lines[i])), end)
    if start < cut:
        yield title, start, cut
    if cut < end:
        yield CUT, cut, end


_DETAILED = re.compile("[E_]")


def _title(words: str, line: str) -> str:
    return "final" if FINAL.match(line) else words


def _summarised(lines: Sequence[str], letters: str) -> frozenset[str]:
    """The node ids that the short summary names as failed."""
    named = (lines[found.start()] for found in _NAMING.finditer(letters))
    return frozenset(
        line.partition(" ")[2].strip().partition(" - ")[0]
        for line in named
        if line.startswith(("FAILED ", "ERROR ", "SUBFAIL"))
    )


_NAMING = re.compile("[FeS]")
