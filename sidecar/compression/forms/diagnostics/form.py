"""Compilers, linters and type checkers: every diagnostic stays, its excerpts and the build around it mostly go.

    build commands                          the names of what was built, densely
    In file included from ...               the file that was being compiled stays
    path:line:column: error: message        stays as printed, once with (xN) where headers repeat it;
                                            a message of many places once, with its places
       12 | source                          the marked line of the first errors
          | ^~~                             goes
    make: *** [...] Error 1                 stays

How each tool writes its lines is in `grammar`, what may go in `marking`, reports in JSON and
SARIF in `reports`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Protocol

from sidecar.compression.forms.diagnostics import alone, esbuild, phpcs, reports, shellcheck, statistics, webpack
from sidecar.compression.forms.diagnostics import evidence as diagnostics_evidence
from sidecar.compression.forms.diagnostics.annotations import BEGINS, retold
from sidecar.compression.forms.diagnostics.build import built
from sidecar.compression.forms.diagnostics.grammar import is_lined, read_all
from sidecar.compression.forms.diagnostics.headings import under_their_messages
from sidecar.compression.forms.diagnostics.kinds import Kind, Line
from sidecar.compression.forms.diagnostics.link import by_symbol
from sidecar.compression.forms.diagnostics.marking import Marked, mark
from sidecar.compression.forms.diagnostics.parts import parts
from sidecar.compression.forms.diagnostics.recognising import SOUGHT, lines_read, recognise
from sidecar.compression.forms.diagnostics.sharing import shared
from sidecar.compression.forms.diagnostics.totals import by_count
from sidecar.compression.forms.drafting import condensed, joined
from sidecar.compression.kept import kept
from sidecar.compression.literals import literals_in
from sidecar.compression.vocabulary import Block, Evidence, Extent, Form, Part, Rank, Segment

__all__ = ["FORM"]

_TELLING = frozenset({Kind.ERROR, Kind.LINT, Kind.ROW, Kind.FAILURE})

_EXPLAINS = (" ", "\t", "info:", "note:", "help:", "hint:")
_TRACED = re.compile(
    r"Traceback \(most recent call last\):$|The above exception was the direct cause |During handling of the above "
    r"|[\w.]+(?:Error|Exception): \S"
)
"""What a tool quotes of the exception that its finding is about: Sphinx, of each module that it cannot import."""
_WORTH_CHARS = 24
_WORTH_WORDS = 3
"""A line of so many characters and words that explains a diagnostic is not told under another as well."""
_NAMED = re.compile(r"(?:\[ERROR\])? *(?:symbol|name) *: ")
"""What javac's message is about, and so a part of it."""

_CHUNK_LINES = 1_500
_CHUNK_GONE = 100
"""Lines shown, and lines left out, between two markers: each marker names the lines it stands for."""

_STEPS_APART = 12
"""So many steps of a build in a row are a block of their own, which a bound can leave out."""


def _evidence(segment: Segment) -> list[Evidence]:
    report = reports.read_report(segment)
    return reports.evidence(report) if report is not None else _must_stay(segment)


@kept
def _must_stay(segment: Segment) -> list[Evidence]:
    own = _own(segment)
    return own.evidence(segment) if own is not None else diagnostics_evidence.evidence(segment)


class _Shape(Protocol):
    """A kind of report that no other tool prints: what must survive, and what is printed."""

    def evidence(self, segment: Segment, /) -> list[Evidence]: ...
    def reduce(self, segment: Segment, /) -> list[Block]: ...


@kept
def _own(segment: Segment) -> _Shape | None:
    """The module that reads a report of one tool's own shape; None where lines are read one by one."""
    if shellcheck.is_shellcheck(segment):
        return shellcheck
    if esbuild.is_esbuild(segment.text):
        return esbuild
    if webpack.is_webpack(segment, literals_in(segment)):
        return webpack
    if phpcs.is_phpcs(segment, literals_in(segment)):
        return phpcs
    return statistics if statistics.is_statistics(segment) else None


@kept
def _read_all(segment: Segment) -> list[Line]:
    """Every line's kind."""
    lined = is_lined(segment.lines)
    known = read_all(segment.lines, None if lined else lines_read(segment), lined=lined)
    lines_read.forget(segment)
    return alone.joined_with_places(segment.lines, known) if alone.tells(segment) else known


def _reduce(segment: Segment) -> list[Block]:
    report = reports.read_report(segment)
    if report is not None:
        return reports.reduce(segment, report)
    own = _own(segment)
    if own is not None:
        return own.reduce(segment)
    read_lines = _read_all(segment)
    marked = mark(segment.lines, read_lines, [item.line for item in _must_stay(segment)])
    return list(_Draft(segment.lines, read_lines, marked).blocks())


def _parts(segment: Segment) -> list[Part]:
    report = reports.read_report(segment)
    return reports.parts(segment, report) if report is not None else parts(segment.lines, _read_all(segment))


_BELONGS = frozenset({Kind.SOURCE, Kind.MARKED, Kind.MARK, Kind.LABEL, Kind.SAID, Kind.HELP, Kind.CHANGE})
"""What stands below a diagnostic, and is anything at all where none is above it."""


def _extent(segment: Segment) -> Extent:
    """From the first line that only a compiler prints to the last with what belongs to it."""
    if reports.read_report(segment) is not None or _own(segment) is not None:
        return Extent(0, len(segment.lines))
    kinds = [line.kind for line in _read_all(segment)]
    told = [index for index, kind in enumerate(kinds) if kind not in _BELONGS and kind < Kind.BLANK]
    if not told:
        return Extent(0, len(kinds))
    end = told[-1] + 1
    while end < len(kinds) and kinds[end] in _BELONGS:
        end += 1
    return Extent(told[0], end)


class _Draft:
    """Blocks from what may go: stretches of whole diagnostics, each with one marker near to what it left out."""

    def __init__(self, lines: Sequence[str], read_lines: Sequence[Line], marked: Marked) -> None:
        self.lines, self.read, self.why, self.starts = lines, read_lines, marked.why, marked.starts
        self.written: dict[int, str] = {}
        noted: list[int] = []
        for index, count in marked.counts.items():
            line = lines[index]
            if line.endswith("━━━━"):
                self.written[index] = line.rstrip("━ ")
            elif count > 1:
                places = marked.also_from.get(index, ())
                self.written[index] = f"{line} (x{count}{', also from ' * bool(places)}{' '.join(places)})"
            elif line.startswith(BEGINS):
                noted.append(index)
        self.explained: set[str] = set()
        self.annotated = retold(lines, noted)
        self.written |= self.annotated

    def blocks(self) -> Iterable[Block]:
        return chain.from_iterable(
            self._steps(start, end) if is_build else self._chunk(start, end) for start, end, is_build in self._chunks()
        )

    def _chunks(self) -> Iterable[tuple[int, int, bool]]:
        """Stretches as (start, end, whether they are steps of a build and nothing else)."""
        begun = kept = 0
        count = len(self.lines)
        builds = self._runs_of_steps()
        for start, end in [*builds, (count, count)]:
            for index in range(begun, start):
                if kept >= _CHUNK_LINES and index - begun - kept >= _CHUNK_GONE and index in self.starts:
                    yield begun, index, False
                    begun, kept = index, 0
                kept += not self.why[index]
            if begun < start:
                yield begun, start, False
            if start < end:
                yield start, end, True
            begun, kept = end, 0

    def _runs_of_steps(self) -> list[tuple[int, int]]:
        runs: list[tuple[int, int]] = []
        steps, blank = Kind.BUILD, Kind.BLANK
        start = -1
        for index, this in enumerate(self.read):
            if this.kind is steps and self.why[index]:
                start = index if start < 0 else start
            elif start >= 0 and not (this.kind is blank and self.why[index]):
                if index - start >= _STEPS_APART:
                    runs.append((start, index))
                start = -1
        if start >= 0 and len(self.lines) - start >= _STEPS_APART:
            runs.append((start, len(self.lines)))
        return runs

    def _steps(self, start: int, end: int) -> list[Block]:
        return [Block(start, end, tuple(built(self.lines[start:end])), "build steps", Rank.CONTENT)]

    def _chunk(self, start: int, end: int) -> list[Block]:
        lines, read_lines, why = self.lines, self.read, self.why
        has_error = any(read_lines[index].kind in _TELLING for index in range(start, end))
        rank = Rank.EVIDENCE if has_error else Rank.STRUCTURE
        shown = [index for index in range(start, end) if not why[index]]
        is_annotated = bool(self.annotated) and any(index in self.annotated for index in shown)
        once, leaves_out = shared(lines, read_lines, shown, self.written)
        repeated = [index for index in shown if index not in once and self._is_repeated(index)]
        once |= dict.fromkeys(repeated, ())
        once |= by_count(lines, shown)
        linked = by_symbol(lines, shown)
        once |= linked
        once |= under_their_messages(lines, read_lines, shown, {**self._written(shown), **once})
        steps = built([lines[i] for i in range(start, end) if why[i] and read_lines[i].kind is Kind.BUILD])
        if not once and not steps and not is_annotated:
            return condensed(lines, why, start, end, rank=rank, instead=self.written)
        told = [
            *why[start:end],
            leaves_out * "source excerpts",
            bool(repeated) * "repeated notes",
            is_annotated * "properties of annotations",
            bool(linked) * "repeated symbols, offsets in object files",
        ]
        reasons = joined(told) if any(told) else ""
        said = tuple(line for index in shown for line in once.get(index, (self.written.get(index, lines[index]),)))
        return [Block(start, end, (*said, *steps), reasons, rank)]

    def _written(self, shown: Iterable[int]) -> dict[int, tuple[str, ...]]:
        return {index: (self.written[index],) for index in shown if index in self.written}

    def _is_repeated(self, index: int) -> bool:
        """Whether a line that explains a diagnostic was printed under another: the same overloads, the same types."""
        line, kind = self.lines[index], self.read[index].kind
        if kind is Kind.ARROW:
            if index and self.read[index - 1].kind in _TELLING:
                return False
        elif kind is not Kind.HELP and not (
            kind is Kind.OTHER and (line.startswith(_EXPLAINS) or _TRACED.match(line) is not None)
        ):
            return False
        is_worth = len(line) >= _WORTH_CHARS and len(line.split(maxsplit=_WORTH_WORDS)) >= _WORTH_WORDS
        if not is_worth or _NAMED.match(line) or line not in self.explained:
            self.explained.add(line)
            return False
        return True


FORM = Form(
    name="diagnostics",
    recognise=recognise,
    evidence=_evidence,
    reduce=_reduce,
    parts=_parts,
    sought=SOUGHT,
    extent=_extent,
)
