"""What of an output of diagnostics may go, line by line: excerpts, what led there, repeats, the build around it.

/usr/bin/cc -I... -c src/cart.c           build steps
In file included from cart.h:3,           what led there
cart.h:7:9: warning: unused ...           stays; in the next forty units: repeated diagnostics
    7 |     int left;                     source excerpts; under the first errors the marked line stays
      |         ^~~~
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from sidecar.compression.forms.diagnostics.kinds import Kind, Line
from sidecar.compression.forms.diagnostics.places import GO_LINTER, LINTER_CHARS, is_foreign
from sidecar.compression.forms.drafting import BLANK

__all__ = ["Marked", "mark"]

_HEADINGS = frozenset({Kind.ERROR, Kind.LINT, Kind.WARNING})
_LEADING = frozenset({Kind.INCLUDED, Kind.CONTEXT, Kind.REQUIRED, Kind.HERE})
_GOES = {Kind.CHANGE: "suggested changes", Kind.BUILD: "build steps", Kind.BLANK: BLANK, Kind.HINT: "hints"}
_EXCERPT = frozenset({Kind.SOURCE, Kind.MARKED, Kind.MARK, Kind.LABEL, Kind.HELP, *_GOES})

_BELOW = frozenset({Kind.OTHER, Kind.SAID, Kind.SOURCE, Kind.MARKED, Kind.MARK, Kind.LABEL})
_WORDS_BELOW = 8

_EXCERPTS_SHOWN = (20, 12)
"""So many errors keep their marked line; past that, one opens the files anyway."""

_SAME_SHOWN = 2
"""So often an excerpt is shown under the same message, or a note told."""

_LINTS_SHOWN = (12, 6)
"""Of findings without a severity, which are mostly of style, fewer."""

_LARGE_CHARS = 20_000
"""In a larger output it is the second number of either."""

_CHANGES_SHOWN = 3
"""Lines of a suggested change under an error: what to write instead, when it is short."""

_LONG_CHARS = 100
_NOTES_SHOWN = 3
"""Per diagnostic, of notes that lead out of the project: a failed overload has one for each candidate of a library."""


@dataclass(slots=True)
class Marked:
    """*why* says what a line that may go is, *counts* how often a heading is printed, *starts* where one begins.

    *also_from* has, of a heading that is printed again, the other places that led to it.
    """

    why: list[str]
    counts: Counter[int] = field(default_factory=Counter)
    also_from: dict[int, list[str]] = field(default_factory=dict)
    starts: set[int] = field(default_factory=set)


_SIMILAR = "R0801: Similar lines in "
"""pylint's, all at the place where it stopped reading; which modules are meant (`==shop.cart:[25:36]`) and their lines
stand below it."""

_LOCATED = re.compile(r"(?:\[ERROR\])? *location: class (?:[\w.]{1,200}\.)?(\w+)(?:<[\w,. ?]{1,200}>)?$")
"""javac's, which says of most files their name again."""

_SPAN = re.compile(r" *\d+ \| +(?:\|_?|`->|\|->) +\S{0,3}$")
_BUILDERS_FRAME = re.compile(r"\s+at (?:java|jdk|sun|org\.apache\.maven|org\.codehaus\.plexus|org\.gradle)\.")
_C_FILE = re.compile(r"\.(?:c|h|cc|hh|cpp|hpp|cxx|hxx|m|mm|C|H|inl|ipp|cu|cuh):\d")
_TYPE_VARIABLE = re.compile(
    r" +(?:where [\w,#]{1,80} (?:is a|are) type-variables?:$|[\w#]{1,40} extends (?P<bound>\w+) declared in )"
)
"""javac's, below what it says of a generic class; a bound other than `Object` may be what an error is about."""
_NOT_ASSIGNABLE = " is not assignable to "
_QUOTES = "\"'"
_QUOTED = re.compile(r"`[^`\n]{1,200}`|'[^'\n]{1,200}'|\"[^\"\n]{1,200}\"")
_MACRO_NOTE = "(in Nightly builds, run with -Z macro-backtrace"


_FROM = re.compile(r"(\S{1,400}:\d+:\d+): ")
_TRACED = '  File "'
_FRAMES = "frames in libraries"
"""Of a trace that Sphinx quotes, with the line of source below each."""
_DEEP = re.compile(r"info: [ │]{8,}[└├]── ")
"""ty's, below two other reasons: how one type of a nested one is not that of another."""
_EVENT = re.compile(r"\(\d{1,3}\) \S")


def _restates(line: str, said: str) -> bool:
    """Whether a line below a message says that one of the types it names is not another of them, and nothing more."""
    one, _, other = line.strip().partition(_NOT_ASSIGNABLE)
    one, other = one.removeprefix("Type "), other.removeprefix("type ").rstrip(".")
    is_plain = one[:1] in _QUOTES and other[:1] in _QUOTES and one[-1:] == one[:1] and other[-1:] == other[:1]
    return is_plain and one[1:-1] in said and other[1:-1] in said


@dataclass(slots=True)
class _Finding:
    """The diagnostic whose lines are being read: where its heading is and what of its excerpt stays."""

    heading: int = -1
    first: int = -1
    """The heading that was printed in the same words before, or this one."""
    place: str = ""
    said: str = ""
    source: int = -1
    notes: int = 0
    changes: int = 0
    is_error: bool = True
    is_lint: bool = False
    is_foreign: bool = False
    is_repeat: bool = False
    is_shown: bool = False
    shows_marked: bool = False


def mark(lines: Sequence[str], read: Sequence[Line], must_stay: Collection[int]) -> Marked:
    """Decide for every line; those in *must_stay* stay, unless they were printed before."""
    marker = _Marker(lines, read)
    marker.run()
    why = marker.marked.why
    for index in must_stay:
        why[index] = ""
    return marker.marked


class _Marker:
    def __init__(self, lines: Sequence[str], read: Sequence[Line]) -> None:
        self.lines, self.read = lines, read
        self.marked = Marked([""] * len(lines))
        self.why = self.marked.why
        self.seen: dict[object, int] = {}
        self.helped: dict[str, int] = {}
        self.advised: dict[str, list[str]] = {}
        self.excerpts = 0
        self.is_large = sum(map(len, lines)) > _LARGE_CHARS
        self.quoted: list[int] = []
        self.said: dict[str, int] = {}
        self.noted: Counter[tuple[str, str]] = Counter()
        """How often a note was told under a message: at the line of its own it says nothing new any more."""

    def run(self) -> None:  # noqa: PLR0912 - one case per kind; taken apart it costs a call a line
        finding = _Finding()
        leading: list[int] = []
        entered: int | None = None
        starts = self.marked.starts
        for index, this in enumerate(self.read):
            kind = this.kind
            if kind is Kind.HERE and self._led_through(index):
                self.why[index] = "what led there"
                finding.heading, finding.source, finding.shows_marked = index, -1, False
            elif kind in _LEADING:
                leading.append(index)
            elif kind in _HEADINGS or kind is Kind.NOTE:
                if entered is not None:
                    # A path after it is relative to that directory: without the line it leads nowhere.
                    self.why[entered], entered = "", None
                starts.add(leading[0] if leading else index)
                self._heading(index, this, finding)
                if leading:
                    self._lead(leading, goes=bool(self.why[index]), kind=kind, shows=finding.is_shown)
                    if kind is Kind.ERROR:
                        self._led_from(leading, finding)
                    leading = []
            else:
                leading = []
                if kind in _EXCERPT:
                    self._excerpt(index, kind, finding)
                    if kind is Kind.BUILD:
                        finding.heading = -1
                        if " directory " in self.lines[index]:
                            entered = index if ": Entering directory " in self.lines[index] else None
                elif kind is Kind.OTHER:
                    self._other(index, finding)
                elif kind is Kind.SUMMARY:
                    finding.heading, finding.is_lint = -1, False
                    if "generated" in self.lines[index] and self.seen.setdefault(self.lines[index], index) != index:
                        self.why[index] = "repeated totals"
                elif kind is Kind.ARROW and is_foreign(this.place):
                    self.why[index] = "places in libraries"
        for index in self.quoted:
            if index < len(self.lines):
                self.why[index] = ""

    def _led_through(self, index: int) -> bool:
        """Whether a step of an instantiation is a library's, or one that was told of another error."""
        line = self.lines[index]
        is_told = len(line) > _LONG_CHARS and self.seen.setdefault(line, index) != index
        return is_told or is_foreign(line)

    def _heading(self, index: int, this: Line, finding: _Finding) -> None:
        line = self.lines[index]
        if this.kind is Kind.NOTE:
            self._note(index, this, finding)
            finding.heading, finding.source, finding.shows_marked = index, -1, False
            return
        finding.heading, finding.place, finding.source = index, this.place, -1
        finding.shows_marked = finding.is_shown = finding.is_repeat = False
        finding.changes = finding.notes = 0
        finding.is_error = this.kind is not Kind.WARNING
        finding.is_lint = this.kind is Kind.LINT
        finding.is_foreign = is_foreign(this.place)
        is_similar = this.said.startswith(_SIMILAR)
        is_alone = is_similar or index + 1 >= len(self.read) or self.read[index + 1].kind not in _BELOW
        first = self.seen.setdefault(line if is_alone else (line, *self._said_below(index)), index)
        finding.first = first
        if this.place and first != index and not (is_similar and finding.said != this.said):
            finding.is_repeat = True
            self.why[index] = "repeated diagnostics"
            if not line.startswith("[ERROR] "):  # Maven tells every error twice
                self.marked.counts[first] += 1
            return
        self.marked.counts[index] = 1
        is_said_below = not this.said and not is_alone and self.read[index + 1].kind is Kind.SAID
        finding.said = said = self.lines[index + 1] if is_said_below else this.said or line
        times = self.said[said] = self.said.get(said, 0) + 1
        if (
            finding.is_error
            and not finding.is_foreign
            and times <= _SAME_SHOWN
            and self.excerpts < (_LINTS_SHOWN if this.kind is Kind.LINT else _EXCERPTS_SHOWN)[self.is_large]
        ):
            self.excerpts += 1
            finding.shows_marked = finding.is_shown = True

    def _note(self, index: int, this: Line, finding: _Finding) -> None:
        """A note is said once; one that only says again what another said of its diagnostic is no news either."""
        leads_out = is_foreign(this.place)
        finding.notes += leads_out
        if leads_out and (finding.is_foreign or finding.notes > _NOTES_SHOWN):
            self.why[index] = "notes in libraries"
            return
        above = self.read[finding.heading] if finding.heading >= 0 else this
        same = self.seen.setdefault(self.lines[index], index)
        again = self.seen.setdefault(("note", this.said), index) if above.place == this.place else index
        times = self.noted[finding.said, this.said] = self.noted[finding.said, this.said] + 1
        is_at_its_line = this.place.rpartition(":")[0] == finding.place.rpartition(":")[0]
        if same != index or again != index or (is_at_its_line and times > _SAME_SHOWN):
            self.why[index] = "repeated notes"

    def _said_below(self, heading: int) -> Iterable[str]:
        """The words under a heading: javac's `symbol:` is what tells two errors of one line apart."""
        read, count = self.read, len(self.lines)
        for index in range(heading + 1, min(heading + 1 + _WORDS_BELOW, count)):
            kind = read[index].kind
            if kind not in _BELOW:
                return
            if kind in {Kind.OTHER, Kind.SAID}:
                yield self.lines[index].removeprefix("[ERROR] ")  # Maven's second telling has it

    def _lead(self, lines: Sequence[int], *, goes: bool, kind: int, shows: bool) -> None:
        """Of what leads to an error its end stays: the file being compiled, the user's own instantiation.

        The function it is in stays with the errors that are shown with their source.
        """
        is_compiled_named = False
        for index in lines:
            this, line = self.read[index].kind, self.lines[index]
            is_end = this is not Kind.INCLUDED
            if not is_end and not is_compiled_named and line.endswith(":"):
                # gcc names the file being compiled last, clang first.
                is_end = is_compiled_named = not is_foreign(line[line.rindex(" ") + 1 :])
            is_long = this is Kind.CONTEXT and "In instantiation of " in line
            stays = is_end and not is_long and this is not Kind.REQUIRED and kind is Kind.ERROR
            stays = stays and (shows or this is not Kind.CONTEXT)
            if goes or not stays:
                self.why[index] = "what led there"

    def _led_from(self, lines: Sequence[int], finding: _Finding) -> None:
        """Of an error of a header that is told once, the places in every file that it was reached from."""
        for index in lines:
            line = self.lines[index]
            if self.read[index].kind is Kind.HERE and (place := _FROM.match(line)) is not None:
                is_known = self.seen.setdefault(("from", finding.first, place[1]), index) != index
                if finding.is_repeat and not is_known and not is_foreign(line):
                    self.marked.also_from.setdefault(finding.first, []).append(place[1])

    def _excerpt(self, index: int, kind: int, finding: _Finding) -> None:
        line = self.lines[index]
        if kind is Kind.SOURCE:
            self.why[index] = "source excerpts"
            finding.source = index
        elif kind is Kind.MARKED:
            self.why[index] = "" if finding.shows_marked else "source excerpts"
        elif kind in {Kind.MARK, Kind.LABEL} and "(" in line and _EVENT.search(line) and not finding.is_repeat:
            return  # the analyzer's way to the error, step by step: `(1) this call could return NULL`
        elif kind in {Kind.MARK, Kind.LABEL}:
            says = kind is Kind.LABEL and self._is_news(line, index, finding)
            if not says:
                self.why[index] = "source excerpts"
            if "++" in line and finding.is_shown and not finding.is_lint and finding.source == index - 1:
                self.why[index - 1] = ""  # what rustc would write instead
            elif says or "^" in line or "~" in line or "─" in line:
                self._pointed(index, finding, shows=finding.shows_marked or says)
                finding.shows_marked = finding.shows_marked and says
        elif kind is Kind.HELP:
            finding.heading, finding.source = index, -1
            is_told = finding.is_error and not finding.is_repeat and (finding.is_shown or not finding.is_lint)
            is_known = self.helped.setdefault(line, index) != index
            if not is_told or _MACRO_NOTE in line or is_known or self._is_restated(line, finding):
                self.why[index] = "help"
        elif kind is Kind.CHANGE:
            finding.changes += 1
            is_new = "+" in line[:8] or "~" in line[:8]
            is_worth = is_new and finding.is_shown and not finding.is_lint and finding.changes <= _CHANGES_SHOWN
            if not is_worth or self.seen.setdefault((finding.said, "change", line.strip()), index) != index:
                self.why[index] = "suggested changes"
        else:
            self.why[index] = _GOES[kind]

    def _is_news(self, label: str, index: int, finding: _Finding) -> bool:
        """Whether the words of a mark say something of an error that was not said under the same message."""
        if finding.heading < 0:
            return True
        if not finding.is_error or finding.is_repeat:
            return False
        label = label.strip(" |^-~_")
        return self.seen.setdefault((finding.said, label), index) == index and not self._is_restated(label, finding)

    def _is_restated(self, line: str, finding: _Finding) -> bool:
        """Whether an advice differs from an earlier one only in what it quotes, and the message quotes that too."""
        quoted = _QUOTED.findall(line)
        if not quoted:
            return False
        first = self.advised.setdefault(_QUOTED.sub("``", line), quoted)
        return first is not quoted and all(
            this == that or this[1:-1] in finding.said for this, that in zip(quoted, first, strict=True)
        )

    def _pointed(self, mark: int, finding: _Finding, *, shows: bool) -> None:
        """The source line above a mark is the one the diagnostic is about."""
        above = mark - 1
        if above < 0 or above == finding.heading:
            return
        # Without line numbers (mypy, javac, clang before 17) only the mark below tells what an excerpt is.
        is_below = above == finding.heading + 1 or self.lines[above][:1] in {" ", "\t"}
        is_plain = is_below and self.read[above].kind is Kind.OTHER
        if above == finding.source or (is_plain and finding.heading >= 0):
            # Of a span of several lines the last has the mark: most often a brace.
            stays = shows and _SPAN.match(self.lines[above]) is None
            self.why[above] = "" if stays else "source excerpts"
        # flake8 quotes the whole of a statement, a docstring with all its lines, whatever they look like.
        is_blank = self.read[above].kind is Kind.BLANK
        first = above
        while (is_plain or is_blank) and first - 1 > finding.heading >= 0 and self._is_quoted(first - 1):
            first -= 1
            self.why[first] = "source excerpts"
        if shows and first < above:
            self.why[above] = "source excerpts"
            self.why[first] = ""

    def _is_quoted(self, index: int) -> bool:
        line = self.lines[index]
        return (not line.strip() or line[:1] in {" ", "\t"}) and self.read[index].kind not in _HEADINGS

    def _other(self, index: int, finding: _Finding) -> None:
        """A line without a shape of its own: most explain, some restate, some head rows that name their file too."""
        line = self.lines[index]
        said = self._below(line, finding) if finding.heading >= 0 else ""
        if not said and index:
            above = self.why[index - 1]
            if above == _GOES[Kind.BUILD] and line.lstrip(" ")[:1] == "<":
                said = above  # what `mvn -X` tells of its plugins' settings
            elif above == "help" and line[:1] == " ":
                said = above  # what is suggested goes on
        if not said and index and line[:1] == " " and self.read[index - 1].kind is Kind.MARK and finding.heading >= 0:
            # What clang would write there, in a line of its own below the mark.
            said = _GOES[Kind.CHANGE] if _C_FILE.search(self.read[finding.heading].place) else ""
        if not said and "at " in line[:12] and _BUILDERS_FRAME.match(line):
            said = _FRAMES
        elif not said and line.startswith(_TRACED):
            said = _FRAMES if is_foreign(line) else ""
        elif index and not said and line[:4] == "    " and self.lines[index - 1].startswith(_TRACED):
            said = self.why[index - 1]
        if line == "Did you mean:" or (line.startswith("In ") and " line " in line and line.endswith(":")):
            self.quoted.append(index + 1)  # shellcheck: a line of the script, which may look like a step of a build
        after = self.read[index + 1] if index + 1 < len(self.read) else None
        if not said and after is not None and after.place:
            is_named_below = after.kind is not Kind.ROW and f"{line}:" in after.place
            said = "headings" if is_named_below or line.startswith("************* Module ") else ""
        if not said and line.startswith("info: ") and _DEEP.match(line):
            said = "deeper reasons"
        if said:
            self.why[index] = said

    def _below(self, line: str, finding: _Finding) -> str:
        """What a line below a heading is left out as, because of what that says; empty where it stays."""
        place, said = self.read[finding.heading].place, finding.said
        if finding.is_repeat and line.startswith("[ERROR]   "):
            return "repeated diagnostics"  # Maven prints every error again with the goal that failed
        located = _LOCATED.match(line) if "location: class " in line else None
        if located is not None and f"{located[1]}.java:" in place:
            return "classes of files"
        if line[:2] == "  " and (variable := _TYPE_VARIABLE.match(line)) is not None:
            return "type variables" if variable["bound"] in {None, "Object"} or not finding.is_error else ""
        if _NOT_ASSIGNABLE in line and line[:1] == " " and _restates(line, said):
            return "types named above"
        if said.startswith(_SIMILAR) and not line.startswith("=="):
            return "similar lines"
        if finding.is_lint and ".go:" in place and GO_LINTER.search(said[-LINTER_CHARS:]):
            return "source excerpts"  # golangci-lint quotes all lines that an issue is about
        return ""
