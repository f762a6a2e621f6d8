"""What must survive of a run whose failures are told in sections: written apart from the rules, for it checks them.

  1) Cart adds tax              heading
     expected: 31               the first lines of the message, and what is always telling
     # ./spec/cart_spec.rb:6    the first place that is the user's own
15 examples, 8 failures         totals
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from sidecar.compression.forms.tests.run import Run
from sidecar.compression.vocabulary import Evidence, Segment

__all__ = ["Must", "keep_evidence"]

_SECTION_LINES = 400
"""No message and no place stands further below its heading."""


@dataclass(frozen=True)
class Must:
    """*heading* and *anywhere* are patterns of how a line of the text begins, the others are asked below a heading."""

    heading: str
    anywhere: str
    leaves: re.Pattern[str]
    """The first line that is no longer the section's."""
    message_lines: int = 1
    always: re.Pattern[str] | None = None
    place: re.Pattern[str] | None = None
    advice: re.Pattern[str] | None = None

    def evidence(self, segment: Segment) -> list[Evidence]:
        """Each line once, however often it is printed; by its words, for a place may stand beside its title."""
        lines = segment.lines
        text = f"\n{segment.text}"
        said: set[str] = set()
        found: list[int] = []
        for index in sorted({*_at(self._is_anywhere, text), *self._sections(lines, list(_at(self._is_heading, text)))}):
            if lines[index].strip() and lines[index] not in said:
                said.add(lines[index])
                found.append(index)
        return [Evidence(index, (self._words(lines[index]),)) for index in found]

    @cached_property
    def _is_heading(self) -> re.Pattern[str]:
        return _led(self.heading)

    @cached_property
    def _is_anywhere(self) -> re.Pattern[str]:
        return _led(self.anywhere)

    def _words(self, line: str) -> str:
        found = self.place.match(line) if self.place is not None and "place" in self.place.groupindex else None
        return (found and found["place"]) or line.strip()

    def _sections(self, lines: Sequence[str], headings: Sequence[int]) -> Iterator[int]:
        asked = _Asked(self)
        for heading, following in pairwise([*headings, len(lines)]):
            yield heading
            wanted = self.message_lines
            has_place = False
            for index in range(heading + 1, min(following, heading + _SECTION_LINES)):
                says = asked[lines[index]]
                if says is None:
                    continue
                leaves, is_place, is_telling = says
                if leaves:
                    break
                if is_place and not has_place:
                    has_place = True
                    yield index
                elif wanted and not is_place and not self._is_advice(lines[index].rstrip()):
                    wanted -= 1
                    yield index
                elif is_telling:
                    yield index

    def _is_advice(self, line: str) -> bool:
        return self.advice is not None and self.advice.match(line) is not None


class _Asked(dict[str, "tuple[bool, bool, bool] | None"]):
    """Whether a line below a heading leaves the section, is a place, always tells; None of a blank one.

    Asked once of each text: failing tests print the same frames and words again and again.
    """

    def __init__(self, must: Must) -> None:
        super().__init__()
        self._must = must

    def __missing__(self, line: str) -> tuple[bool, bool, bool] | None:
        must, said = self._must, line.rstrip()
        self[line] = says = (
            (
                must.leaves.match(said) is not None,
                must.place is not None and must.place.match(said[:2_000]) is not None,
                must.always is not None and must.always.match(said) is not None,
            )
            if said
            else None
        )
        return says


def keep_evidence(run: Run, evidence: Iterable[Evidence]) -> None:
    """Let what must survive stay where another program's lines, or carriage returns, have misled the grammar."""
    for item in evidence:
        run.evident[item.line] = item.parts
        if item.line not in run.joined:
            run.why[item.line] = ""


def _led(pattern: str) -> re.Pattern[str]:
    """A pattern of how a line begins: the newline before it is found at once, where `^` is tried at every character."""
    return re.compile(rf"\n(?:{pattern})", re.MULTILINE)


def _at(led: re.Pattern[str], text: str) -> Iterable[int]:
    """The lines of a text, a newline before its first, that begin so."""
    index = position = 0
    for found in led.finditer(text):
        index += text.count("\n", position, found.start())
        position = found.start()
        yield index
