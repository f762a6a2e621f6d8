"""Compilers, linters and type checkers: every diagnostic stays, its excerpts and the build around it mostly go.

    build commands                          go
    In file included from ...               the file that was being compiled stays
    path:line:column: error: message        stays as printed, once with (xN) where headers repeat it
       12 | source                          the marked line of the first errors
          | ^~~                             goes
    make: *** [...] Error 1                 stays

How each tool writes its lines is data in `diagnostics_grammar`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from sidecar.compression.forms.diagnostics_grammar import Kind, Line, read
from sidecar.compression.forms.drafting import BLANK, condensed
from sidecar.compression.vocabulary import Block, Evidence, Form, Rank, Segment, note

__all__ = ["FORM"]

_HEADINGS = frozenset({Kind.ERROR, Kind.LINT, Kind.WARNING})
_FOUND = _HEADINGS | {Kind.NOTE, Kind.ROW}
_ALWAYS = frozenset({Kind.ARROW, Kind.ROW, Kind.FAILURE, Kind.SUMMARY})
"""Never folded: only a heading with its own place says the same when it is printed again."""

_LEADING = frozenset({Kind.INCLUDED, Kind.CONTEXT, Kind.REQUIRED, Kind.HERE})
_GOES = {Kind.CHANGE: "suggested changes", Kind.BUILD: "build steps", Kind.BLANK: BLANK}
_OPENS = frozenset({Kind.ERROR, Kind.LINT, Kind.WARNING, Kind.NOTE, Kind.ARROW})
_TELLING = frozenset({Kind.ERROR, Kind.LINT, Kind.ROW, Kind.FAILURE})
_BUILT = frozenset({Kind.BUILD, Kind.FAILURE, Kind.SUMMARY, Kind.ROW})

_BELOW = frozenset({Kind.OTHER, Kind.SOURCE, Kind.MARK, Kind.LABEL})
_WORDS_BELOW = 8

_EXCERPTS_SHOWN = 20
"""So many errors keep their marked line; past that, one opens the files anyway."""

_NOTES_SHOWN = 8
"""Per diagnostic; a failed overload has one for each candidate of the standard library."""

_CHUNK_LINES = 24
_GROUP_LINES = 3
_GROUP_SAVES = 0.15
"""A path is written once above its diagnostics where that saves so much of the text."""

_SAMPLES = 60
_SAMPLE_LINES = 20
_FEW = 3
_CLEAN_LINES = 8
_CLEAN = ("All checks passed!", "Success: no issues found", "0 errors, 0 warnings", "no issues found")

# fmt: off
_PROGRAMS = frozenset((
    "basedpyright", "biome", "c++", "cc", "clang", "clang++", "clang-tidy", "cmake", "cppcheck", "dmypy", "eslint",
    "flake8", "g++", "gcc", "gmake", "golangci-lint", "javac", "make", "msbuild", "mypy", "ninja", "oxlint", "pylint",
    "pyrefly", "pyright", "ruff", "rustc", "shellcheck", "staticcheck", "stylelint", "tsc", "ty", "vue-tsc",
))
# fmt: on
_COMMANDS = frozenset({("go", "build"), ("go", "vet"), ("cargo", "build"), ("cargo", "check"), ("cargo", "clippy")})
_TELLS = ("error", "warning", "-->", "undefined reference", "***")
_PLACE = re.compile(r"[^\d\s]:\d+:\d+[: ]|\(\d+,\d+\)|^ +\d+:\d+ ", re.MULTILINE)
_GLANCES = 48
_SEARCHERS = frozenset({"ack", "ag", "egrep", "fgrep", "grep", "rg"})


def _recognise(segment: Segment) -> float:
    words = segment.command.words if segment.command is not None else ()
    if len(segment.lines) <= _CLEAN_LINES and segment.text.startswith(_CLEAN):
        return 0.95
    if words and words[0] in _SEARCHERS:
        return 0.0  # a search for `error:` prints the headings of a compiler
    if not _is_worth_a_census(segment):
        return 0.0
    kinds, placed = _census(segment.lines)
    total = sum(kinds.values()) - kinds[Kind.BLANK]
    if not total:
        return 0.0
    explained = 1 - kinds[Kind.OTHER] / total
    is_known = bool(words) and (words[0] in _PROGRAMS or tuple(words[:2]) in _COMMANDS)
    if placed:
        sure = 0.75 if explained >= 0.6 else 0.55 if explained >= 0.35 else 0.25
        return min(0.95, sure + 0.2) if is_known else sure
    if kinds[Kind.LINT]:
        if is_known:
            return 0.85 if explained >= 0.5 else 0.5
        return 0.6 if kinds[Kind.LINT] >= 0.9 * total and total >= _FEW else 0.0
    builds = kinds[Kind.BUILD] + kinds[Kind.FAILURE] + kinds[Kind.SUMMARY]
    if words and words[0] in _PROGRAMS:
        return 0.8 if builds + kinds[Kind.ERROR] >= 0.5 * total else 0.0
    return 0.55 if kinds[Kind.BUILD] and builds >= 0.7 * total and total >= _FEW else 0.0


def _is_worth_a_census(segment: Segment) -> bool:
    """Whether any word of the whole text, or any line of a few from every part, could be a compiler's.

    Reading every line costs 7 us a line, and most outputs are not diagnostics. A large output is sampled
    by the census, which then costs less than this would.
    """
    lines, text = segment.lines, segment.text
    if len(lines) > _SAMPLES * _SAMPLE_LINES:
        return True
    if any(word in text for word in _TELLS) or _PLACE.search(text):
        return True
    step = max(1, len(lines) // _GLANCES)
    return any(read(line, inside=False).kind not in {Kind.OTHER, Kind.BLANK} for line in lines[::step])


def _census(lines: Sequence[str]) -> tuple[Counter[Kind], int]:
    """How many lines of each kind there are, and how many are diagnostics by their own words."""
    kinds: Counter[Kind] = Counter()
    placed = 0
    for sample in _samples(lines):
        inside = False
        for line in sample:
            this = read(line, inside=inside)
            inside = _is_inside(this.kind, inside=inside)
            kinds[this.kind] += 1
            placed += _is_placed(this, line)
    return kinds, placed


def _samples(lines: Sequence[str]) -> Iterable[Sequence[str]]:
    """All lines of a small output; of a large one stretches from every part, so that recognising costs the same."""
    count = len(lines)
    if count <= _SAMPLES * _SAMPLE_LINES:
        yield lines
        return
    for number in range(_SAMPLES):
        begun = number * (count - _SAMPLE_LINES) // (_SAMPLES - 1)
        yield lines[begun : begun + _SAMPLE_LINES]


def _is_placed(this: Line, line: str) -> bool:
    """A diagnostic with its severity and its place, which no other program's output has by chance."""
    if this.kind in {Kind.ERROR, Kind.WARNING}:
        return bool(this.path) or "undefined reference" in line
    return this.kind in {Kind.ROW, Kind.ARROW} or (this.kind is Kind.FAILURE and "*** [" in line)


def _is_inside(kind: Kind, *, inside: bool) -> bool:
    """Whether the line after one of *kind* belongs to a diagnostic."""
    return kind in _OPENS or (inside and kind not in _BUILT)


def _read_all(segment: Segment) -> list[Line]:
    """Every line's kind; kept with the segment, whose reduction and evidence both begin with it."""
    known: list[Line] | None = segment.__dict__.get("diagnostics")
    if known is not None:
        return known
    read_lines: list[Line] = []
    inside = False
    for line in segment.lines:
        this = read(line, inside=inside)
        inside = _is_inside(this.kind, inside=inside)
        read_lines.append(this)
    segment.__dict__["diagnostics"] = read_lines
    return read_lines


def _evidence(segment: Segment) -> list[Evidence]:
    """Headings (each once), failures of the build, summaries; by the grammar alone, whatever surrounds them."""
    found: list[Evidence] = []
    said: set[str] = set()
    notes = 0
    for line, (index, this) in zip(segment.lines, enumerate(_read_all(segment)), strict=True):
        if this.kind not in _FOUND and this.kind not in _ALWAYS:
            continue
        notes = notes + 1 if this.kind is Kind.NOTE else 0 if this.kind in _HEADINGS else notes
        if this.kind is Kind.NOTE and notes > _NOTES_SHOWN:
            continue
        if this.kind not in _ALWAYS and (this.path or this.kind is Kind.NOTE):
            if line in said:
                continue
            said.add(line)
        found.append(Evidence(index, (this.path, this.rest.removeprefix(":")) if this.path else (line,)))
    return found


def _reduce(segment: Segment) -> list[Block]:
    return _Report(segment).blocks()


@dataclass(slots=True)
class _Finding:
    """The diagnostic whose lines are being read: where its heading is and what of its excerpt stays."""

    heading: int = -1
    source: int = -1
    notes: int = 0
    is_error: bool = True
    is_repeat: bool = False
    shows_marked: bool = False


class _Report:
    """One output taken apart; `why` says what each line that may go is, `instead` what is printed for repeats."""

    def __init__(self, segment: Segment) -> None:
        self.lines = lines = segment.lines
        self.read = _read_all(segment)
        self.why = [""] * len(lines)
        self.instead: dict[int, str] = {}
        self.starts: set[int] = set()
        self.seen: dict[tuple[str, ...], int] = {}
        self.helped: dict[str, int] = {}
        self.counts: Counter[int] = Counter()
        self.excerpts = 0
        self._mark()

    def blocks(self) -> list[Block]:
        runs = self._runs_of_one_path()
        blocks: list[Block] = []
        position = 0
        for path, start, end in runs:
            blocks.extend(self._chunked(position, start))
            shown = [f"{path}:", *(self._written(index) for index in range(start, end))]
            blocks.append(note(start, end, shown, Rank.EVIDENCE))
            position = end
        blocks.extend(self._chunked(position, len(self.lines)))
        return blocks

    def _chunked(self, start: int, end: int) -> list[Block]:
        return list(chain.from_iterable(self._chunk(*chunk) for chunk in self._chunks(start, end)))

    def _chunk(self, start: int, end: int) -> list[Block]:
        has_error = any(self.read[index].kind in _TELLING for index in range(start, end))
        rank = Rank.EVIDENCE if has_error else Rank.STRUCTURE
        return condensed(self.lines, self.why, start, end, rank=rank, instead=self.instead)

    def _chunks(self, start: int, end: int) -> Iterable[tuple[int, int]]:
        """Stretches of whole diagnostics, so that each has one marker near to what it left out."""
        begun = start
        kept = 0
        for index in range(start, end):
            if index in self.starts and kept >= _CHUNK_LINES:
                yield begun, index
                begun, kept = index, 0
            kept += not self.why[index]
        if begun < end:
            yield begun, end

    # What may go

    def _mark(self) -> None:
        finding = _Finding()
        leading: list[int] = []
        entered: int | None = None
        for index, this in enumerate(self.read):
            if this.kind in _LEADING:
                leading.append(index)
            elif this.kind in _HEADINGS or this.kind is Kind.NOTE:
                if entered is not None:
                    # A path after it is relative to that directory: without the line it leads nowhere.
                    self.why[entered], entered = "", None
                self.starts.add(leading[0] if leading else index)
                self._heading(index, this, finding)
                self._lead(leading, goes=bool(self.why[index]), kind=this.kind)
                leading = []
            else:
                leading = []
                self._excerpt(index, this.kind, finding)
                if this.kind is Kind.BUILD and " directory " in self.lines[index]:
                    entered = index if ": Entering directory " in self.lines[index] else None
        for index, count in self.counts.items():
            if count > 1:
                self.instead[index] = f"{self.lines[index]} (x{count})"

    def _heading(self, index: int, this: Line, finding: _Finding) -> None:
        line = self.lines[index]
        finding.heading, finding.source = index, -1
        finding.shows_marked = finding.is_repeat = False
        if this.kind is Kind.NOTE:
            finding.notes += 1
            if (line,) in self.seen:
                self.why[index] = "repeated diagnostics"
            elif finding.notes > _NOTES_SHOWN:
                self.why[index] = "more notes"
            else:
                self.seen[line,] = index
            return
        first = self.seen.setdefault((line, *self._said_below(index)), index)
        finding.notes = 0
        finding.is_error = this.kind is not Kind.WARNING
        if this.path and first != index:
            finding.is_repeat = True
            self.why[index] = "repeated diagnostics"
            self.counts[first] += 1
            return
        self.counts[index] = 1
        if finding.is_error and self.excerpts < _EXCERPTS_SHOWN:
            self.excerpts += 1
            finding.shows_marked = True

    def _said_below(self, heading: int) -> Iterable[str]:
        """The words under a heading: javac's `symbol:` is what tells two errors of one line apart."""
        for index in range(heading + 1, min(heading + 1 + _WORDS_BELOW, len(self.lines))):
            kind = self.read[index].kind
            if kind not in _BELOW:
                return
            if kind is Kind.OTHER:
                yield self.lines[index]

    def _lead(self, lines: Sequence[int], *, goes: bool, kind: Kind) -> None:
        """Of what leads to an error its end stays: the file being compiled, the user's own instantiation."""
        for index in lines:
            this = self.read[index].kind
            is_end = this is not Kind.INCLUDED or self.lines[index].endswith(":")
            stays = is_end and this is not Kind.REQUIRED and kind is Kind.ERROR
            if goes or not stays:
                self.why[index] = "what led there"

    def _excerpt(self, index: int, kind: Kind, finding: _Finding) -> None:
        line = self.lines[index]
        if kind is Kind.SOURCE:
            self.why[index] = "source excerpts"
            finding.source = index
        elif kind in {Kind.MARK, Kind.LABEL}:
            says = kind is Kind.LABEL and (finding.heading < 0 or (finding.is_error and not finding.is_repeat))
            if not says:
                self.why[index] = "source excerpts"
            if says or "^" in line or "~" in line:
                self._marked(index, finding, shows=finding.shows_marked or says)
                finding.shows_marked = finding.shows_marked and says
        elif kind is Kind.HELP:
            if finding.is_repeat or not finding.is_error or self.helped.setdefault(line, index) != index:
                self.why[index] = "help"
        elif kind in _GOES:
            self.why[index] = _GOES[kind]

    def _marked(self, mark: int, finding: _Finding, *, shows: bool) -> None:
        """The source line above a mark is the one the diagnostic is about."""
        above = mark - 1
        if above < 0 or above == finding.heading:
            return
        # Without line numbers (mypy, javac, clang before 17) only the mark below tells what an excerpt is.
        is_plain = self.read[above].kind is Kind.OTHER and self.lines[above][:1] in {" ", "\t"}
        if above == finding.source or (is_plain and finding.heading >= 0):
            self.why[above] = "" if shows else "source excerpts"

    # Shared paths

    def _runs_of_one_path(self) -> list[tuple[str, int, int]]:
        """Diagnostics of one file in a row, as (path, start, end), where writing the path once saves enough."""
        runs: list[tuple[str, int, int]] = []
        saved = index = 0
        while index < len(self.lines):
            path, end, headings = self._run_of_one_path(index)
            if headings >= _GROUP_LINES:
                runs.append((path, index, end))
                saved += (headings - 1) * (len(path) + 1)
            index = end
        return runs if saved >= _GROUP_SAVES * sum(map(len, self.lines)) else []

    def _run_of_one_path(self, start: int) -> tuple[str, int, int]:
        path = self.read[start].path if self.read[start].kind in _FOUND else ""
        headings = 0
        index = start
        while path and index < len(self.lines) and not self.why[index]:
            this = self.read[index]
            if this.kind in _FOUND and this.path == path:
                headings += 1
            elif this.kind is not Kind.OTHER or self.lines[index][:1] != " ":
                break
            index += 1
        return path, max(index, start + 1), headings

    def _written(self, index: int) -> str:
        path = self.read[index].path
        return self.instead.get(index, self.lines[index])[len(path) :].removeprefix(":" if path else "")


FORM = Form(name="diagnostics", recognise=_recognise, evidence=_evidence, reduce=_reduce)
