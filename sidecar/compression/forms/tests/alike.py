"""Failures told in the words of an earlier one: of them only what differs stays, and where to look for the rest.

  2) Cart > adds tax: same as 1), test/cart.js:9:7      a numbered one is a line
● rounds down (same as rounds up)                       another keeps its heading, and what is its own below it
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from sidecar.compression.forms.drafting import BLANK
from sidecar.compression.forms.tests.grammar import Kind, Section
from sidecar.compression.forms.tests.repeats import SAID, Repeats
from sidecar.compression.forms.tests.run import WORTH_CHARS, Run
from sidecar.compression.forms.tests.trouble import raises

__all__ = ["Alike", "without_many_leaders"]

_NUMBERED = re.compile(r" *(\d+)\) ")
_ERROR_CHARS = 20
"""An error this short is told again: pointing at the first one would cost as much."""
_PLACES = 3

_RAISED_CHARS = 100

_SAME = "the same as in "
_LEADERS = 2

_TOLD = frozenset({Kind.OTHER, Kind.KEPT})


class Alike:
    """What the failing sections of a run have told so far."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._said: dict[tuple[str, ...], tuple[str, list[int]]] = {}
        """Each section's words, with the name of the first that said them and its lines."""
        self._errors: dict[tuple[tuple[str, ...], str], int] = {}
        """Each error, at no place and at its own, with the number of the first failure that told it."""
        self._last_told = 0
        """The number of the last failure whose error or place none before it had."""
        self._places: dict[int, frozenset[str]] = {}
        """Where each numbered failure happened: an assertion's helper need not be named again."""
        self._repeats = Repeats()

    def mark(self, section: Section) -> None:
        """Let go what earlier sections told of what would stay of this one."""
        if self._is_same_error(section):
            return
        self._repeat(section)
        if not section.leader:
            run = self._run
            own = range(section.start, section.end)
            told = [i for i in own if i != section.heading and not run.why[i] and run.kinds[i] in _TOLD]
            self._repeats.mark(run.lines, told, run.why, stays=_is_short_raise)

    def _repeat(self, section: Section) -> None:
        """Of a section in the very words of an earlier one only what differs stays."""
        run = self._run
        body = [i for i in range(section.start, section.end) if i != section.heading and not run.why[i]]
        words = tuple(run.lines[i] for i in body if run.kinds[i] is Kind.OTHER)
        if sum(map(len, words)) < WORTH_CHARS:
            return
        leader, earlier = self._said.setdefault(words, (section.name, body))
        if leader != section.name:
            section.leader = leader
            shown = {run.lines[i] for i in earlier}
            for i in body:
                if run.lines[i] in shown:
                    run.why[i] = _SAME + leader

    def point_at_leaders(self) -> None:
        """Say behind the heading of a test like an earlier one which that is, where another stands between them."""
        run = self._run
        above = ""
        for section in run.sections:
            if not section.leader:
                above = section.name
            elif section.leader != above and _SAME + section.leader in run.why[section.start : section.end]:
                heading = run.instead.get(section.heading, run.lines[section.heading])
                run.instead[section.heading] = f"{heading} (same as {section.leader})"
                run.headings.add(section.heading)

    def _is_same_error(self, section: Section) -> bool:
        """Put a numbered heading's path on one line; of an error told above only that and its own places stay."""
        run = self._run
        found = _NUMBERED.match(run.lines[section.heading])
        if found is None or found.string[-1:].isspace():
            return False
        number = int(found[1])
        if number <= self._last_told:
            self._errors.clear()  # the next list counts from 1 again
            self._last_told = 0
        body = self._join_path(section)
        frames = [i for i in body if run.is_frame[run.lines[i]]]
        places = [i for i in frames if not run.why[i]]
        if sum(1 for i in places if run.grammar.is_place(run.lines[i].strip())) > 1:
            return False  # a filter (`| grep -A5 Error`) has left no heading between several failures
        error = tuple(run.lines[i].strip() for i in sorted({*body}.difference(frames)))
        names = [self._place(i) for i in places]
        at = "".join(f", {name}" for name in names)
        leader, same_place = self._errors.setdefault((error, ""), number), self._errors.setdefault((error, at), number)
        if number in {leader, same_place}:
            self._last_told = number
        self._places[number] = frozenset(names)
        helpers = self._places.get(leader, frozenset())
        own = [name for name in names if name not in helpers]
        if leader == number or len(own) > _PLACES or sum(map(len, error)) < _ERROR_CHARS:
            return False
        heading = run.instead.get(section.heading, run.lines[section.heading]).removesuffix(":")
        at = "".join(f", {name}" for name in own)
        pointer = f"same as {same_place})" if same_place < number else f"same as {leader}){at}"
        run.instead[section.heading] = f"{heading}: {pointer}"
        run.headings.add(section.heading)
        run.joined.update(places)
        for i in body:
            run.why[i] = BLANK if i in places else run.why[i] or SAID
        section.leader = str(leader)
        return True

    def _join_path(self, section: Section) -> list[int]:
        """Print the path that a heading spreads over lines in one; what stands below it is returned."""
        run, lines, start = self._run, self._run.lines, section.heading + 1
        if run.grammar.path_lines and not lines[section.heading].endswith(":"):
            reach = range(start, min(section.end, start + run.grammar.path_lines))
            last = next((i for i in reach if lines[i].endswith(":") or not lines[i].strip()), start - 1)
            if last >= start and lines[last].strip():
                run.instead[section.heading] = " > ".join(
                    [lines[section.heading].rstrip(), *(line.strip() for line in lines[start : last + 1])]
                )
                run.headings.add(section.heading)
                run.joined.update(range(start, last + 1))
                for i in range(start, last + 1):
                    run.why[i] = BLANK
                start = last + 1
        return [i for i in range(start, section.end) if run.kinds[i] in _TOLD]

    def _place(self, index: int) -> str:
        line = self._run.lines[index].strip()
        found = self._run.grammar.is_place(line)
        return found[1] if found else line


def without_many_leaders(reasons: Collection[str]) -> Iterable[str]:
    """The reasons, without the names of the earlier failures where there are many: a marker must stay short."""
    if sum(1 for reason in reasons if reason.startswith(_SAME)) <= _LEADERS:
        return reasons
    return [_SAME + "failures above" if reason.startswith(_SAME) else reason for reason in reasons]


def _is_short_raise(line: str) -> bool:
    """Whether a line is what was raised, in so few words that looking it up would cost more."""
    return len(line) <= _RAISED_CHARS and raises(line)
