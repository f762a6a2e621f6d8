"""What must survive of a run whose failures are told in sections: written apart from the grammars, for it checks them.

  1) Cart adds tax              heading
     expected: 31               the first lines of the message, and what is always telling
     # ./spec/cart_spec.rb:6    the first place that is the user's own
15 examples, 8 failures         totals
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from sidecar.compression.forms.tests.run import Run
from sidecar.compression.vocabulary import Evidence, Segment

__all__ = ["Must", "keep_evidence"]

_SECTION_LINES = 400
"""No message and no place stands further below its heading."""


@dataclass(frozen=True)
class Must:
    """*heading* and *anywhere* are searched in the whole text (MULTILINE), the others in lines below a heading."""

    heading: re.Pattern[str]
    anywhere: re.Pattern[str]
    leaves: re.Pattern[str]
    """The first line that is no longer the section's."""
    message_lines: int = 1
    always: re.Pattern[str] | None = None
    place: re.Pattern[str] | None = None
    advice: re.Pattern[str] | None = None

    def evidence(self, segment: Segment) -> list[Evidence]:
        """Each line once, however often it is printed; by its words, for a place may stand beside its title.

        Kept with the segment, for its reduction may ask too.
        """
        known: dict[Must, list[Evidence]] = segment.__dict__.setdefault("_tests_must", {})
        if self not in known:
            known[self] = self._read(segment)
        return known[self]

    def _read(self, segment: Segment) -> list[Evidence]:
        lines = segment.lines
        said: set[str] = set()
        found: list[int] = []
        for index in sorted({*_at(self.anywhere, segment), *self._sections(segment)}):
            if lines[index].strip() and lines[index] not in said:
                said.add(lines[index])
                found.append(index)
        return [Evidence(index, (self._words(lines[index]),)) for index in found]

    def _words(self, line: str) -> str:
        found = self.place.match(line) if self.place is not None and "place" in self.place.groupindex else None
        return (found and found["place"]) or line.strip()

    def _sections(self, segment: Segment) -> Iterator[int]:
        lines = segment.lines
        headings = list(_at(self.heading, segment))
        for heading, following in pairwise([*headings, len(lines)]):
            yield heading
            wanted = self.message_lines
            has_place = False
            for index in range(heading + 1, min(following, heading + _SECTION_LINES)):
                line = lines[index].rstrip()
                if not line:
                    continue
                if self.leaves.match(line):
                    break
                is_place = self.place is not None and self.place.match(line[:2_000]) is not None
                if is_place and not has_place:
                    has_place = True
                    yield index
                elif wanted and not is_place and not (self.advice is not None and self.advice.match(line)):
                    wanted -= 1
                    yield index
                elif self.always is not None and self.always.match(line):
                    yield index


def keep_evidence(run: Run, evidence: Iterable[Evidence]) -> None:
    """Let what must survive stay where another program's lines, or carriage returns, have misled the grammar."""
    for item in evidence:
        run.evident[item.line] = item.parts
        if item.line not in run.joined:
            run.why[item.line] = ""


def _at(pattern: re.Pattern[str], segment: Segment) -> Iterable[int]:
    text, count = segment.text, len(segment.lines)
    index = position = 0
    for found in pattern.finditer(text):
        index += text.count("\n", position, found.start())
        position = found.start()
        if index < count:
            yield index
