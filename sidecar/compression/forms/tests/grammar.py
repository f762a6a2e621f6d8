"""What test runners have in common, so that one of them is a table, and how its rules read a run's lines.

    lines ──Rule by Rule──> Kind per line ──> sections (what a failing test printed) and what stands between them
    passed lines -> a dense list of names; failing sections -> heading, message, diff, own frames; totals as printed

How to write a runner:

    GRAMMAR = Grammar(
        name="cargo test",
        literals=("test result: ",),                 one of them must be in the text, or it is not ours
        sure=r"test result: (?:ok|FAILED)\\. ",        a line with a literal that only this runner prints: 0.97
        rules=(                                      the first rule that matches a line says its kind
            Rule(Kind.PASSED, r"test (?P<name>.+) \\.\\.\\. ok$"),
            Rule(Kind.FAILED, r"test (?P<name>.+) \\.\\.\\. FAILED$"),
            Rule(Kind.SECTION, r"---- (?P<name>.+) stdout ----$"),
            Rule(Kind.TOTAL, r"test result: "),
            Rule(Kind.NOISE, r"running \\d+ tests?$", what="headers"),
        ),
        frame=r" +at (?P<path>\\S+)", library=r"/rustc/|/\\.cargo/registry/",
        message=r"assertion .*",                     the line of a section that a Part quotes
        evidence=r"test .+ \\.\\.\\. FAILED$|test result: ",  what must survive, written apart from the rules
    )
    RUNNER = runner(GRAMMAR)

All rules are asked in one pattern: begin each with what only its lines begin with, and where something may stand
behind a name, let it end at a blank, `(?P<name>\\S.*?)(?!\\S)(?: \\(\\d+ms\\))?$`: tried behind every letter, it costs
most of the reading. `inside=True` makes a rule read lines of a failing section only, `inside=False` others only;
a rule without it reads both (a PASSED line inside a section ends the section). Lines no rule matches are OTHER: kept
inside a section (long ones by their head, alarms, changed lines and end), and outside it where they are few or sound
an alarm. Where a runner does something of its own way: `tell(run, start, end)` marks `run.why[i]` for a failing
section [start, end) in place of `tell_section` (sections.py); `finish(run)` may change any mark before blocks are made
(`run.why[i] = ""` keeps a line, a phrase lets it go; `run.instead[i]` prints a kept line in other words; `run.names[i]`
is what a passed line adds to the list, and `run.sections` may be changed too). `compiles=True` gives stretches of
compiler output around the tests to the form `diagnostics`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

from sidecar.compression.kept import kept
from sidecar.compression.vocabulary import Evidence, Part, Segment

__all__ = ["REACH", "Grammar", "Kind", "Read", "Rule", "Section"]

REACH = 2_000
"""No line of a runner's own is longer; of a longer line rules see its beginning."""


class Kind(int):
    """What a line of a test run is.

    No enumeration: every line is asked several times, and a member of one is looked up seven times as slowly.
    """

    PASSED: ClassVar[Kind]
    FAILED: ClassVar[Kind]
    """A line that says a test failed: always kept."""
    SKIPPED: ClassVar[Kind]
    """Kept once for each `reason`; the others join a list of names."""
    BEGUN: ClassVar[Kind]
    """A test begins (`=== RUN`, `[ RUN ]`); where a FAILED line ends it, what it printed between is its section."""
    SECTION: ClassVar[Kind]
    """The heading of what a failing test printed."""
    END: ClassVar[Kind]
    """Ends a section, and may go."""
    SUITE: ClassVar[Kind]
    """The heading of a file, a class, a binary: kept; ends a section."""
    TOTAL: ClassVar[Kind]
    """How many passed and failed: kept; ends a section."""
    ALARM: ClassVar[Kind]
    """Something failed beside a test: a build, a crash, a race: kept."""
    KEPT: ClassVar[Kind]
    NOISE: ClassVar[Kind]
    BLANK: ClassVar[Kind]
    OTHER: ClassVar[Kind]


for _number, _name in enumerate(Kind.__annotations__, 1):
    setattr(Kind, _name, Kind(_number))


@dataclass(frozen=True)
class Rule:
    """Lines of one kind. *pattern* is matched at a line's beginning; its groups `name` and `reason` are read."""

    kind: Kind
    pattern: str
    what: str = ""
    """What a NOISE or BEGUN line is called where it is left out: "progress"."""
    inside: bool | None = None
    name_of: Callable[[re.Match[str]], str] | None = None
    """The name, where it is more than the group `name`."""

    @cached_property
    def match(self) -> Callable[[str], re.Match[str] | None]:
        return re.compile(self.pattern).match


_GROUP = re.compile(r"\(\?P<(\w+)>")


class _Rules:
    """Rules in order as one pattern, each as a group of it: the group that closes last tells which has matched.

    A line that no rule matches, as most of a failing section's, is so asked about once and not once for each.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        numbered = (_GROUP.sub(rf"(?P<\g<1>{number}>", rule.pattern) for number, rule in enumerate(rules))
        whole = re.compile("|".join(f"(?P<rule{number}>{pattern})" for number, pattern in enumerate(numbered)))
        groups = whole.groupindex
        self._match = whole.match
        self._rules = {
            groups[f"rule{number}"]: (rule, groups.get(f"name{number}", 0), groups.get(f"reason{number}", 0))
            for number, rule in enumerate(rules)
        }

    def ruled(self, line: str) -> _Ruled | None:
        """What the first rule that matches says of a line."""
        found = self._match(line)
        if found is None or found.lastindex is None:
            return None
        rule, name, reason = self._rules[found.lastindex]
        if rule.name_of is not None and (own := rule.match(line)) is not None:
            said = rule.name_of(own)
        else:
            said = (name and found[name]) or ""
        return rule.kind, said, (reason and found[reason]) or "", rule


@dataclass(frozen=True)
class Grammar:
    """One runner, as data; see the module's docstring."""

    name: str
    literals: tuple[str, ...]
    sure: str
    rules: tuple[Rule, ...]
    evidence: str | Callable[[Segment], list[Evidence]]
    """Matches the lines that must survive, each text once; written apart from the rules, for it checks them.

    What tells more of them than how they begin reads the segment itself; what it finds stays where the rules, which
    another program's lines or carriage returns may mislead, let it go.
    """
    likely: str = ""
    """A line, holding a literal, that speaks for this runner where its command is known (0.85), else weakly (0.5)."""
    programs: frozenset[str] = frozenset()
    """The commands whose output this is, by base name, for `likely`."""
    frame: str = ""
    """A line of a stack trace inside a section, with a group `path`."""
    library: str = ""
    """What in a frame's line tells that it is not the user's code."""
    place: str = ""
    """What of a frame in a test's own body is its place, as the first group; without it all of the frame."""
    path_lines: int = 0
    """So many lines below a heading may tell the rest of the test's path, up to one that ends in a colon."""
    message: str = ""
    """The line of a section that says why; its first group, or all of it."""
    compiles: bool = False
    indents: bool = False
    """Whether a failing section ends in frames and what is indented, so that another line below them is not of it."""
    tests_end_sections: bool = True
    tell: Callable[..., None] | None = None
    finish: Callable[..., None] | None = None
    parts: Callable[[Segment, list[Part]], list[Part]] | None = None
    """What becomes of the parts that the sections, failed lines and alarms of a segment make."""
    recognise: Callable[[Segment], float] | None = None
    """In place of `sure` and `likely`."""
    before: str = ""
    """A line that any whole run prints before its first failure: where none does, what stands there ends another."""
    passed_label: str = "passed"
    lossless_lists: bool = False
    """Whether a passed line says nothing but its name, so that a list of names needs no marker."""
    sureness: float = 0.97

    @cached_property
    def read(self) -> kept[Read]:
        """Says of a segment what each of its lines is; nobody may change what it says."""
        return kept(lambda segment: _read(self, segment.lines))

    @cached_property
    def is_sure(self) -> re.Pattern[str]:
        return re.compile(self.sure or r"(?!)", re.MULTILINE)

    @cached_property
    def is_likely(self) -> re.Pattern[str]:
        return re.compile(self.likely or r"(?!)", re.MULTILINE)

    @cached_property
    def must(self) -> Callable[[str], re.Match[str] | None]:
        return re.compile(self.evidence if isinstance(self.evidence, str) else r"(?!)").match

    @cached_property
    def is_frame(self) -> Callable[[str], re.Match[str] | None]:
        return re.compile(self.frame or r"(?!)").match

    @cached_property
    def is_place(self) -> Callable[[str], re.Match[str] | None]:
        return re.compile(self.place or r"(?!)").match

    @cached_property
    def is_library(self) -> Callable[[str], re.Match[str] | None]:
        return re.compile(self.library or r"(?!)").search

    @cached_property
    def is_before(self) -> Callable[[str], re.Match[str] | None]:
        return re.compile(self.before).match

    @cached_property
    def is_message(self) -> Callable[[str], re.Match[str] | None]:
        return re.compile(self.message or r"\s*\S.*").match

    @cached_property
    def outside(self) -> _Rules:
        """The rules for lines that are in no failing section."""
        return _Rules([rule for rule in self.rules if rule.inside is not True])

    @cached_property
    def inside(self) -> _Rules:
        """The rules for the lines of one."""
        return _Rules([rule for rule in self.rules if rule.inside is not False])


@dataclass(slots=True)
class Section:
    """What a failing test printed: lines [start, end), its heading at *heading*."""

    start: int
    end: int
    heading: int
    name: str
    leader: str = ""
    """The earlier test that failed in the same words."""


@dataclass(slots=True)
class Read:
    """A run's lines with what each is: the kinds, names of passed tests, reasons of skipped ones, sections."""

    kinds: list[Kind]
    rules: dict[int, Rule] = field(default_factory=dict)
    """For NOISE, BEGUN and END lines, whose `what` differs."""
    names: dict[int, str] = field(default_factory=dict)
    failed: dict[int, str] = field(default_factory=dict)
    reasons: dict[int, str] = field(default_factory=dict)
    sections: list[Section] = field(default_factory=list)


def _read(grammar: Grammar, lines: Sequence[str]) -> Read:  # noqa: PLR0912 - one case a kind, in one hot loop
    told = Read([Kind.OTHER] * len(lines))
    kinds = told.kinds
    section: Section | None = None
    begun = -1
    begun_name = ""
    outside: dict[str, _Ruled] = {}
    inside: dict[str, _Ruled] = {}
    known = outside
    for index, line in enumerate(lines):
        # A run says the same lines again and again: frames, braces, headings.
        ruled = known.get(line)
        if ruled is None:
            ruled = _ruled(grammar, line, is_inside=section is not None)
            if len(known) < _KNOWN_LINES and len(line) <= REACH:
                known[line] = ruled
        kind, name, reason, rule = ruled
        if kind is Kind.OTHER:
            continue
        kinds[index] = kind
        if kind is Kind.BLANK:
            continue
        if section is not None and (kind in _ENDS_SECTION or (kind in _TESTS and grammar.tests_end_sections)):
            section.end = index
            section, known = None, outside
        if kind is Kind.PASSED:
            told.names[index] = name or line[:REACH].strip()
            begun = -1
        elif kind is Kind.FAILED:
            told.failed[index] = name
            if begun >= 0 and not _SAID.isdisjoint(kinds[begun + 1 : index]):
                told.sections.append(Section(begun, index + 1, index, name))
            begun = -1
        elif kind is Kind.SKIPPED:
            told.names[index] = name
            told.reasons[index] = reason
            begun = -1
        elif kind is Kind.BEGUN:
            told.rules[index] = rule
            begun, begun_name = index, name
        elif kind is Kind.SECTION:
            # What a test printed may stand on both sides of the line that says it failed.
            before = begun >= 0 and begun_name == name and Kind.OTHER in kinds[begun + 1 : index]
            section = Section(begun if before else index, len(lines), index, name or line[:REACH].strip())
            told.sections.append(section)
            known = inside
            begun = -1
        elif kind is Kind.NOISE or kind is Kind.END:
            told.rules[index] = rule
        elif kind is Kind.SUITE or kind is Kind.TOTAL:
            begun = -1
    _without_bare(told)
    return told


_Ruled = tuple[Kind, str, str, Rule]
"""What a line is, the name and the reason found there, and the rule that says so."""

_NO_RULE = Rule(Kind.OTHER, "")
_OTHER: _Ruled = (Kind.OTHER, "", "", _NO_RULE)
_BLANK: _Ruled = (Kind.BLANK, "", "", _NO_RULE)
_KNOWN_LINES = 50_000


def _ruled(grammar: Grammar, line: str, *, is_inside: bool) -> _Ruled:
    """What the first rule that matches a line says of it; *is_inside*: the line is part of a failing section."""
    if not line:
        return _BLANK
    rules = grammar.inside if is_inside else grammar.outside
    # Some keep the carriage return of a terminal's line.
    found = rules.ruled(line[:REACH].removesuffix("\r"))
    if found is None:
        return _BLANK if line.isspace() else _OTHER
    return found


def _without_bare(told: Read) -> None:
    """A heading with nothing below it is only a line that says a test failed."""
    bare = [section for section in told.sections if section.end == section.start + 1]
    for section in bare:
        told.kinds[section.start] = Kind.FAILED
        told.failed[section.start] = section.name
    if bare:
        told.sections = [section for section in told.sections if section.end > section.start + 1]


_SAID = frozenset({Kind.OTHER, Kind.ALARM})
_TESTS = frozenset({Kind.PASSED, Kind.FAILED, Kind.SKIPPED, Kind.BEGUN})
_ENDS_SECTION = frozenset({Kind.SECTION, Kind.END, Kind.SUITE, Kind.TOTAL})
