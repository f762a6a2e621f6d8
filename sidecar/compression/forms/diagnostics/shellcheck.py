"""ShellCheck for people: each message once, with the places it was found at and the first lines of the script.

In build.sh line 2:                                                SC2086 (info): Double quote to prevent ...
echo $1 > log                                                        In build.sh line 2: echo $1 > log
     ^-- SC2086 (info): Double quote to prevent ...        ->        In build.sh line 7
                                                                   [... of lines 1-12: suggested lines, ...]
Did you mean:
echo "$1" > log

What was found together at one line is told together; a message that was told is named by its code afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from sidecar.compression.forms.diagnostics.rows import source_begun
from sidecar.compression.kept import kept
from sidecar.compression.literals import literals_in
from sidecar.compression.vocabulary import Block, Evidence, Rank, Segment, keep

__all__ = ["LITERALS", "evidence", "is_shellcheck", "reduce"]

_HEADING = re.compile(r"In \S.{0,1000} line \d+:$")
_FOUND = re.compile(r" *\^-*\^? (?P<said>(?P<code>SC\d{4}) \((?P<severity>\w+)\): .*)")
LITERALS = (": SC", "^ SC", "^-- SC")
_SUGGESTS = "Did you mean:"
_MORE = "For more information:"
_LINK = "  https://www.shellcheck.net/"
_SOURCES = 2
"""So many lines of a script are shown under the same messages, and all where one is an error."""
_CHUNK_LINES = 1_500
_LEFT_OUT = "source lines, marks, suggested lines"


@dataclass(slots=True)
class _Place:
    """Where something was found: its heading, the line of the script, what was found there."""

    heading: str
    source: str = ""
    said: list[str] = field(default_factory=list)

    @property
    def is_error(self) -> bool:
        return any(" (error): " in said for said in self.said)


@dataclass(slots=True)
class _Report:
    """The places by the line their heading stands on; *others* are lines of no known shape."""

    places: dict[int, _Place] = field(default_factory=dict)
    found: dict[int, str] = field(default_factory=dict)
    others: list[int] = field(default_factory=list)


def is_shellcheck(segment: Segment) -> bool:
    """Whether a text is of such places throughout."""
    if literals_in(segment).isdisjoint(LITERALS):
        return False
    report = _read(segment)
    return bool(report.found) and len(report.others) <= len(segment.lines) / 10


@kept
def _read(segment: Segment) -> _Report:
    return _told(segment.lines)


def _told(lines: Sequence[str]) -> _Report:
    report = _Report()
    place: _Place | None = None
    index = 0
    while index < len(lines):
        line, at = lines[index], index
        index += 1
        if line.startswith("In ") and _HEADING.match(line):
            place = report.places[at] = _Place(line[:-1], lines[index] if index < len(lines) else "")
            index += 1
        elif place is not None and (found := _FOUND.match(line)) is not None:
            place.said.append(found["said"])
            report.found[at] = found["said"]
        elif place is not None and line.rstrip() == _SUGGESTS:
            while index < len(lines) and lines[index]:
                index += 1
        elif line and line != _MORE and not line.startswith(_LINK):
            report.others.append(at)
            place = None
    return report


def evidence(segment: Segment) -> list[Evidence]:
    """Every place, and everything that was found at it."""
    report = _read(segment)
    places = [Evidence(index, (place.heading,)) for index, place in report.places.items()]
    found = [Evidence(index, (said,)) for index, said in report.found.items()]
    return [*places, *found, *(Evidence(index, (segment.lines[index],)) for index in report.others)]


def reduce(segment: Segment) -> list[Block]:
    """Stretches of places between lines of no known shape, which stay."""
    report = _read(segment)
    blocks: list[Block] = []
    held: list[_Place] = []
    start = 0
    others = set(report.others)
    for index in range(len(segment.lines)):
        if index in others or (index in report.places and index - start >= _CHUNK_LINES):
            if start < index:
                blocks.append(_block(start, index, held))
            start, held = index, []
        if index in others:
            blocks.append(keep(index, index + 1, Rank.EVIDENCE))
            start = index + 1
        elif index in report.places:
            held.append(report.places[index])
    if start < len(segment.lines):
        blocks.append(_block(start, len(segment.lines), held))
    return blocks


def _block(start: int, end: int, places: Sequence[_Place]) -> Block:
    together: dict[tuple[str, ...], list[_Place]] = {}
    for place in places:
        together.setdefault(tuple(dict.fromkeys(place.said)), []).append(place)
    shown: list[str] = []
    told: set[str] = set()
    for messages, each in together.items():
        known = [said.partition(" ")[0] for said in messages if said in told]
        shown += [said for said in messages if said not in told]
        shown += [f"{' '.join(known)} (as above)"] if known else []
        told.update(messages)
        shown += _placed(each)
    return Block(start, end, tuple(shown), _LEFT_OUT, Rank.EVIDENCE)


def _placed(places: Sequence[_Place]) -> list[str]:
    shown: list[str] = []
    for number, place in enumerate(places):
        source = place.source.strip()
        if source and (number < _SOURCES or place.is_error):
            shown.append(f"  {place.heading}: {source_begun(source)}")
        else:
            shown.append(f"  {place.heading}")
    return shown
