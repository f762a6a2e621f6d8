"""webpack and what checks types inside it: each message once, the marked line of its source, no frames of loaders.

ERROR in ./app/cart.ts:1:49                            ERROR in ./app/cart.ts:1:49
TS6133: 'unused' is declared but ...                   TS6133: 'unused' is declared but ...
  > 1 | const unused = 3;                       ->       > 1 | const unused = 3;
      |       ^^^^^^                                       again: ./app/cart1.ts:1:49
    2 | const x = 3;
                                                       ERROR in ./bad/p1.jsx
ERROR in ./app/cart1.ts:1:49                           Module build failed (from ../babel-loader/lib/index.js):
TS6133: 'unused' is declared but ...                   SyntaxError: /shop/bad/p1.jsx: Unexpected token (4:28)

What a section says stands between its heading and the first line of source, frame or importer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sidecar.compression.forms.diagnostics.rows import in_rows, source_begun
from sidecar.compression.kept import kept
from sidecar.compression.vocabulary import Block, Evidence, Rank, Segment, keep

__all__ = ["LITERALS", "evidence", "is_webpack", "reduce"]

LITERALS = ("ERROR in ", "WARNING in ")
_HEADING = re.compile(r"(?:ERROR|WARNING) in (?P<place>\S.{0,500})$")
_CHECKED = re.compile(r"\[tsl\] (?:ERROR|WARNING) in (?P<place>\S.{0,500}\(\d+,\d+\))$")
"""ts-loader's second heading, with the place as its first has not."""
_SPAN = re.compile(r"(?:\S.{0,300} )?\d+:\d+(?:-\d+(?::\d+)?)?$")
_QUOTED = re.compile(r" *(?:> *\d+|\d+) \||> \d+ \|")
_MARKED = re.compile(r" *> *\d+ \|")
_MARK = re.compile(r" +\| +\^")
_FRAME = re.compile(r" +at (?P<at>\S.{0,400})$")
_IMPORTER = re.compile(r" +@ \S")
_CLOSES = re.compile(
    r"(?:webpack|Child|Entrypoint|asset) |\d+ (?:errors?|warnings?) ha|Found \d+ |Use 'stats|Compiled |\w+ compiled "
)
_TOTAL = re.compile(r".{0,80}compiled (?:with|successfully)|\d+ (?:errors?|warnings?) ha|Found \d+ ")
_RULED = re.compile(r" +TS\d+: ")
_RESOLVES = "resolve '"
_SOURCES_IN_ALL = 20
_CHUNK_LINES = 1_500
_FEWEST = 3
_LEFT_OUT = "source lines, marks, frames, importers, look-ups, what was said above"


@dataclass(slots=True)
class _Section:
    """One finding: its heading, what it says, and below that a line of source with a mark, own frames, one importer."""

    place: str
    heading: str
    said: list[str] = field(default_factory=list)
    below: list[str] = field(default_factory=list)
    is_said: bool = False
    is_resolved: bool = False
    has_importer: bool = False

    @property
    def is_warning(self) -> bool:
        return "WARNING in " in self.heading[:20]

    @property
    def is_checked(self) -> bool:
        """Whether its second heading has come."""
        return self.heading.startswith("[tsl] ")

    def take(self, line: str) -> None:
        """One more line of it."""
        if _QUOTED.match(line) or _MARK.match(line):
            self.is_said = True
            if _MARKED.match(line):
                self.below.append(source_begun(line))
        elif (frame := _FRAME.match(line)) is not None:
            self.is_said = True
            if "node_modules/" not in frame["at"] and "(node:" not in frame["at"]:
                self.below.append(line)
        elif _IMPORTER.match(line):
            self.is_said = True
            if not self.has_importer:
                self.below.append(line)
            self.has_importer = True
        else:
            self._say(line)

    def _say(self, line: str) -> None:
        checked = _CHECKED.match(line)
        if checked is not None and not self.is_said:
            self.place, self.heading = checked["place"], line
            self.said.clear()  # the span of the same place
        elif not (self.is_resolved and line[:1] == " "):
            self.is_resolved = line.startswith(_RESOLVES)
            self.said.append(line)


@dataclass(slots=True)
class _Report:
    """The sections by the line that each begins on, and the lines outside of them."""

    sections: dict[int, _Section] = field(default_factory=dict)
    others: list[int] = field(default_factory=list)


def is_webpack(segment: Segment, present: frozenset[str]) -> bool:
    """Whether a text is mostly such sections."""
    if present.isdisjoint(LITERALS):
        return False
    text = segment.text
    heads = sum(text.count(f"\n{literal}") for literal in LITERALS) + text.startswith(LITERALS)
    if not heads or not (heads >= _FEWEST or " compiled with " in text):
        return False
    report = _read(segment)
    lines = [index for index in report.others if segment.lines[index].strip()]
    return bool(report.sections) and len(lines) <= 0.6 * (len(segment.lines) - text.count("\n\n"))


@kept
def _read(segment: Segment) -> _Report:
    return _told(segment.lines)


def _told(lines: Sequence[str]) -> _Report:
    report = _Report()
    section: _Section | None = None
    for index, line in enumerate(lines):
        if line.startswith(LITERALS) and (heading := _HEADING.match(line)) is not None:
            section = report.sections[index] = _Section(heading["place"], line)
        elif section is not None and section.is_checked and (checked := _CHECKED.match(line)) is not None:
            # Its first heading was cut off.
            section = report.sections[index] = _Section(checked["place"], line)
        elif section is None or (line[:1] not in " \t" and _CLOSES.match(line)):
            section = None
            report.others.append(index)
        elif line.strip():
            section.take(line)
    return report


def evidence(segment: Segment) -> list[Evidence]:
    """Every place; what each finding says, once; every line outside of them that tells how the build ended."""
    seen: set[str] = set()
    found: list[Evidence] = []
    is_said = False
    for index, line in enumerate(segment.lines):
        heading = (_HEADING.match(line) if line.startswith(LITERALS) else None) or _CHECKED.match(line)
        if heading is not None:
            is_told_below = index + 2 < len(segment.lines) and _CHECKED.match(segment.lines[index + 2]) is not None
            if not is_told_below:
                found.append(Evidence(index, (heading["place"],)))
            is_said = True
        elif _QUOTED.match(line) or _FRAME.match(line) or _IMPORTER.match(line):
            is_said = False
        elif _TOTAL.match(line):
            is_said = False
            found.append(Evidence(index, (line,)))
        elif (
            is_said and (line[:1] not in {"", " "} or _RULED.match(line)) and not _SPAN.match(line) and line not in seen
        ):
            seen.add(line)
            found.append(Evidence(index, (line.strip(),)))
    return found


def reduce(segment: Segment) -> list[Block]:
    """Stretches of sections, and as printed what stands between them."""
    lines, report = segment.lines, _read(segment)
    others = set(report.others)
    draft = _Draft()
    blocks: list[Block] = []
    start = 0
    for index in range(len(lines)):
        is_other = index in others
        if start < index and (
            is_other != (start in others) or (index in report.sections and index - start >= _CHUNK_LINES)
        ):
            blocks.append(_block(start, index, draft, is_other=start in others))
            start = index
        if index in report.sections:
            draft.sections.append(report.sections[index])
    if start < len(lines):
        blocks.append(_block(start, len(lines), draft, is_other=start in others))
    return blocks


@dataclass(slots=True)
class _Draft:
    """The sections of the stretch that is read, and what was told in all of them before."""

    sections: list[_Section] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    sources: int = 0

    def shown(self) -> Iterable[str]:
        together: dict[tuple[bool, tuple[str, ...]], list[_Section]] = {}
        for section in self.sections:
            together.setdefault((section.is_warning, tuple(section.said)), []).append(section)
        for (_, said), (first, *others) in together.items():
            yield first.heading
            fresh = [line for line in said if line not in self.told] or said
            self.told.update(said)
            yield from fresh
            if first.below and self.sources < _SOURCES_IN_ALL:
                self.sources += 1
                yield from first.below
            for number, row in enumerate(in_rows([section.place for section in others])):
                yield f"  {row}" if number else f"  again: {row}"
        self.sections = []


def _block(start: int, end: int, draft: _Draft, *, is_other: bool) -> Block:
    if is_other:
        return keep(start, end, Rank.STRUCTURE)
    return Block(start, end, tuple(draft.shown()), _LEFT_OUT, Rank.EVIDENCE)
