"""What is known of one run: what each of its lines is, its failing sections, and what has been decided of them.

grammar ─reads─> Run ─marked by─> between, the runner's `tell` or sections, alike, the runner's `finish` ─> writing
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from sidecar.compression.forms.tests.grammar import REACH, Grammar, Kind, Read, Section
from sidecar.compression.vocabulary import Block, Segment

__all__ = ["LIBRARY", "PASSED", "PRINTED", "SKIPPED", "WORTH_CHARS", "Run"]

PASSED = "passed tests"
SKIPPED = "skipped tests"
LIBRARY = "library frames"
"""What lines that may go are called, by more than one of those who mark them."""

PRINTED = frozenset({Kind.OTHER, Kind.BLANK})
"""Lines of no known kind: what tests print."""

WORTH_CHARS = 70
"""Leaving out less than this saves nothing once its marker is paid."""

_DIFFERS = re.compile(r"\s*[-+] *[^\s+-]")
_ENDS_FAILURE = frozenset({Kind.SECTION, Kind.SUITE, Kind.TOTAL, Kind.END})
_RUNS = frozenset({Kind.PASSED, Kind.FAILED, Kind.SKIPPED, Kind.BEGUN})
_HEADLESS = "the failure that begins above"


class _Verdicts(dict[str, bool]):
    """What a pattern says of a line, asked once of each text: failing tests print the same frames again and again."""

    def __init__(self, matches: Callable[[str], object]) -> None:
        super().__init__()
        self._matches = matches

    def __missing__(self, line: str) -> bool:
        self[line] = verdict = self._matches(line[:REACH]) is not None
        return verdict


class Run:
    """What is known of a run's lines, and what becomes of each: `why[i]` is "" for a line that stays."""

    def __init__(self, grammar: Grammar, segment: Segment) -> None:
        self.grammar = grammar
        self.segment = segment
        self.lines: Sequence[str] = segment.lines
        told = grammar.read(segment)
        self.kinds = list(told.kinds)
        self.rules = told.rules
        self.names = dict(told.names)
        self.failed = dict(told.failed)
        self.reasons = told.reasons
        self.sections: list[Section] = [
            *self._cut_off(told),
            *(Section(one.start, one.end, one.heading, one.name) for one in told.sections),
        ]
        self.why: list[str] = [""] * len(self.lines)
        self.instead: dict[int, str] = {}
        self.shortened = "hashes"
        """What is left out of lines that `instead` prints in other words."""
        self.pointed: set[int] = set()
        """Lines that `instead` prints in words that stand for lines elsewhere: printed however little they save."""
        self.cut: set[int] = set()
        """Lines that `instead` prints without their middle."""
        self.headings: set[int] = set()
        """Headings that `instead` prints with what else names the failure: nothing of them is left out."""
        self.joined: set[int] = set()
        """Lines that `instead` prints as part of their heading's."""
        self.evident: dict[int, tuple[str, ...]] = {}
        """What must survive of which lines, so that none of it is cut."""
        self.delegated: list[tuple[int, int, list[Block]]] = []
        """Lines [start, end) that another form has told."""
        self.label = grammar.passed_label
        self.is_frame = _Verdicts(grammar.is_frame)
        self.is_library = _Verdicts(grammar.is_library)
        self.told: set[str] = set()
        """Steps of failing tests that are told already, for runners that print them step by step."""

    def _cut_off(self, told: Read) -> Iterable[Section]:
        """The end of a failure whose heading was cut off (`| tail -80`): as much of it as the run begins with."""
        if not self.grammar.before or not (told.sections or self.segment.exit_code or Kind.TOTAL not in told.kinds):
            return
        end = next((i for i, kind in enumerate(told.kinds) if kind in _ENDS_FAILURE or kind in _RUNS), len(self.lines))
        is_running = end < len(self.lines) and told.kinds[end] in _RUNS
        above = [line[:REACH] for line in self.lines[:end]]
        if is_running or any(map(self.grammar.is_before, above)):
            return
        if any(self.grammar.is_frame(line) or _DIFFERS.match(line) for line in above):
            yield Section(0, end, 0, _HEADLESS)

    @property
    def is_red(self) -> bool:
        return bool(self.segment.exit_code or self.failed or self.sections or Kind.ALARM in self.kinds)

    def inside(self) -> bytearray:
        """Which lines are part of a failing section."""
        inside = bytearray(len(self.lines))
        for section in self.sections:
            inside[section.start : section.end] = b"\1" * (section.end - section.start)
        return inside
