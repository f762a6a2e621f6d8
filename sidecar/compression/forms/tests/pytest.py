"""How a whole run of pytest reads, from its header to its final line (captured with 9.2).

    === test session starts ===      header, progress          left out; a run that was cut off keeps its end
    === ERRORS === / FAILURES        ___ name ___ per test     name, marked line, E lines, place, own frames
    === warnings summary ===         places, message           each message once
    === short test summary info ===  FAILED id - message       as printed
    === 1 failed, 3 passed in 1s === the final line            as printed

What a failing test printed is told by `pytest_failure`; this module knows the run around it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter

from sidecar.compression.forms.drafting import BLANK, condensed, joined
from sidecar.compression.forms.tests.pytest_evidence import evidence
from sidecar.compression.forms.tests.pytest_failure import SAME, Told, mark_frames, tell
from sidecar.compression.forms.tests.pytest_lines import (
    FINAL,
    heading_name,
    is_captured_rule,
    is_explanation,
    is_heading,
    is_telling,
    is_value,
    without_addresses,
    without_middles,
)
from sidecar.compression.forms.tests.pytest_names import passed, ran
from sidecar.compression.forms.tests.pytest_parts import parts
from sidecar.compression.forms.tests.pytest_summary import Failure, failures
from sidecar.compression.forms.tests.repeats import SAID, Repeats
from sidecar.compression.vocabulary import Block, Extent, Form, Rank, Segment, keep, note

__all__ = ["RUNNER"]

_TITLE = re.compile(r"={3,} (\S.*\S|\S) ={3,}$")
_TITLES = (" test session starts ==", " short test summary info ==", "= FAILURES =", "= ERRORS =")
_TITLE_LINE = re.compile(r"^={3,} (?:test session starts|short test summary info|FAILURES|ERRORS) ={3,}$", re.MULTILINE)
_FINAL_WORDS = (" passed", " failed", " error in ", " errors in ", "no tests ", " skipped")
_LITERALS = (
    *_TITLES,
    *_FINAL_WORDS,
    "INTERNALERROR> ",
    "ImportError while",
    ": error: unrec",
    "FAILED ",
    "ERROR ",
    "\nE  ",
)
_NAMED = re.compile(r"^(?:(?:FAILED|ERROR|SUBFAIL\S*(?: \([^)\n]*\))?) [^\s:]*::|E[ \t]|E$)", re.MULTILINE)
_HEADER = re.compile(
    r"(?:platform |cachedir: |rootdir: |configfile: |inifile: |testpaths: |plugins: |collecting|created: \d"
    r"|\d+ workers \[|gw\d+ |scheduling tests via|bringing up nodes|asyncio: |anyio: |metadata: |django: |timeout: "
    r"|timeout method: |timeout func_only: |benchmark: \d|hypothesis profile |Python \d|Test session starts)"
)
_WARNING = re.compile(r"  \S.*?:\d+: (\w+: .*|\w+)")
_DIGITS = re.compile(r"\d+")
_COLLECTED = re.compile(r"collected \d+ items?(?: / \d+ deselected)?(?: / \d+ selected)?$")
_DOTS = re.compile(r"(?:\S+\.(?:py|rst|txt|md|pyi?|yaml|yml) )?[.FEsxXuRr,-]*(?: *\[ *(?:\d+%|\d+/\d+)\])?$")
_OUTCOMES = ("PASSED", "FAILED", "ERROR", "SKIPPED", "XFAIL", "XPASS", "RERUN", "SUBPASS", "SUBFAIL", "SUBSKIP")
_OUTCOME = re.compile(
    r"(PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS|RERUN|SUBPASS(?:ED)?|SUBFAIL(?:ED)?|SUBSKIP(?:PED)?)\b"
)
_WORKER = re.compile(r"\[gw\d+\] \[ *\d+%\] ")
_DEFINED = re.compile(r" <- \S+\.py (?=[A-Z])")
"""Where a test is defined that another file runs."""

_PERCENT = re.compile(r" +\[ *\d+%\]$")
_TROUBLE = re.compile(r"\b(?:error|fail(?:ed|ure)?|fatal|critical|traceback|exception|panic)", re.IGNORECASE)

_is_raised = re.compile(
    r"\S.*:\d+: (?!in )\S|[A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt|Failed|Warning)(?::|$)"
).match
"""Where and what was raised stays with every failure."""

_QUIET = frozenset({"PASSES", "XFAILURES", "XPASSES"})
_CUT = "failures without their title"
_TOLD = "outcomes, told with the failures above"

_TAIL_LINES = 8
"""A run without a final line was cut off or crashed: so many of its last lines tell where."""

_WARNINGS_SHOWN = 20
_SKIPS_SHOWN = 20
_PRINTED_SHOWN = 3
_TROUBLE_SHOWN = 20
_PRINTED_TEST = 60
"""What one test prints in so many lines is compared with what others print."""
_TEMPLATE_CHARS = 500
_LONG_CHARS = 60
"""A line this long is not worth a second time, word for word."""
_COVERAGE_ROWS_SHOWN = 30
_FRAGMENT_SHARE = 0.1
_SHARE_GREEN = 0.3
_SHARE_RED = 0.12
"""How much of the output, in characters, the names of passed tests may cost."""

_LARGE_CHARS = 6_000
"""From here on the header (interpreter, plugins, how many tests) is a trifle beside the rest."""

_MIDDLE_CHARS = 2_500
"""A smaller run pays more for the names of its files than they tell."""

_HEADER_SHOWN = ("platform ", "rootdir: ", "configfile: ", "plugins: ", "created: ", "hypothesis profile")
_OWN_BLOCKS = 4
_EQUAL = 3
_ROOM = 16
_MANY = 64
"""The first failures have a block, and its marker, of their own, and so many equal ones; others share one with their
neighbours up to so much, twice as much where so many failed."""


@dataclass(frozen=True, slots=True)
class _Member:
    """A failing test [start, end); *leader* is the earlier one that failed in the same words."""

    start: int
    end: int
    name: str
    leader: str

    @property
    def cost(self) -> int:
        return 1 if self.leader else 2


def _grouped(members: Sequence[_Member]) -> Iterable[list[_Member]]:
    """The failing tests that share a block: many like one earlier test, or a few of any kind."""
    room = _ROOM if len(members) <= _MANY else 2 * _ROOM
    held: list[_Member] = []
    number = 0
    for leader, run in groupby(members, key=attrgetter("leader")):
        like = list(run)
        if leader and len(like) >= _EQUAL:
            if held:
                yield held
                held = []
            yield from (like[at : at + room] for at in range(0, len(like), room))
            continue
        for member in like:
            is_own = number < _OWN_BLOCKS and not member.leader
            if held and (is_own or sum(one.cost for one in held) + member.cost > room):
                yield held
                held = []
            held.append(member)
            number += not member.leader
    if held:
        yield held


def _recognise(segment: Segment) -> float:
    text = segment.text
    asked = segment.command is not None and _is_pytest(segment.command.words)
    if any(words in text for words in _TITLES) and _TITLE_LINE.search(text):
        return 0.97
    if text.startswith("INTERNALERROR> ") or "\nINTERNALERROR> " in text:
        return 0.9
    if text.startswith("ImportError while loading conftest ") or (asked and ": error: unrecognized arguments" in text):
        return 0.85
    if _is_filtered(segment) or _is_middle(text):
        return 0.9
    if not any(word in text for word in _FINAL_WORDS):
        return 0.0
    tail = text[-4000:].split("\n")
    if any(line.endswith(("s", ")", "=")) and FINAL.match(line) for line in tail):
        return 0.95 if asked or any(_is_progress(line) for line in segment.lines[:200]) else 0.7
    return 0.0


def _is_filtered(segment: Segment) -> bool:
    """Whether a filter (`pytest | grep FAILED`) left only pytest's own lines of the run, and no title."""
    text = segment.text
    if not text.startswith(("FAILED ", "ERROR ", "\nE  ")) and "\nFAILED " not in text and "\nERROR " not in text:
        return False
    named = sum(1 for _ in _NAMED.finditer(text))
    return named >= max(1, _FRAGMENT_SHARE * len(segment.lines))


def _is_middle(text: str) -> bool:
    """Whether this is the middle of a run's failures, which a tool has cut off before and behind its titles."""
    return (
        "\nE  " in text
        and ".py:" in text
        and _NAME_RULE.search(text) is not None
        and _PLACE_LINE.search(text) is not None
    )


_NAME_RULE = re.compile(r"^_{3,} (?:ERROR at (?:setup|teardown) of )?(?:\w+\.)*test\w*(?:\[.*\])? _{3,}$", re.MULTILINE)
_PLACE_LINE = re.compile(r"^[^\s:]+\.py:\d+: ", re.MULTILINE)


def _is_pytest(words: Sequence[str]) -> bool:
    return bool(words) and (words[0] in {"pytest", "py.test", "tox", "nox"} or "pytest" in words[:4])


def _is_progress(line: str) -> bool:
    return line.endswith("%]") and (bool(_DOTS.match(line)) or "::" in line)


def _reduce(segment: Segment) -> list[Block]:
    return _Run(segment).blocks()


class _Run:
    """One pass over a run's lines; `why` collects what each line that may go is."""

    def __init__(self, segment: Segment) -> None:
        self.lines = segment.lines
        self.exit_code = segment.exit_code
        self.why: list[str] = [""] * len(segment.lines)
        self.parts = list(_parts(segment.lines))
        self.summarised = _summarised(segment.lines)
        self.has_detail = any(title in {"FAILURES", "ERRORS", _CUT} for title, _, _ in self.parts)
        self.is_finished = any(FINAL.match(line) for line in segment.lines[-40:] if " in " in line)
        self.told = Told()
        titled = [range(start, end) for title, start, end in self.parts if title in {"FAILURES", "ERRORS"}]
        self.summed = {
            failure.start: failure
            for failure in failures(segment)
            if failure.outcome >= 0 and any(failure.start in part for part in titled)
        }
        self._again: list[tuple[int, set[str]]] = []
        """Where the summary may go on with what a failure has said, and what that was."""
        self.repeats = Repeats()
        self.instead: dict[int, str] = {}
        """Titles with shorter rules, and the list of what passed in place of the first lines that said it."""
        self.size = sum(map(len, segment.lines)) + len(segment.lines)
        self.passed: dict[int, str] = {}
        self.files: dict[int, str] = {}

    def blocks(self) -> list[Block]:
        blocks: list[Block] = []
        begun = 0
        is_red = self.is_red
        rank = Rank.EVIDENCE if is_red else Rank.STRUCTURE
        for title, start, end in self.parts:
            if title in {"FAILURES", "ERRORS"}:
                blocks.append(note(start, start + 1, [f"=== {title} ==="], Rank.STRUCTURE))
                blocks.extend(self._failures(start + 1, end))
            elif title == _CUT:
                blocks.extend(self._failures(start, end))
                self.told = Told()  # under no title: no failure of the run that follows is told by pointing there
            else:
                self._reader(title)(start, end)
                if title not in _QUIET:
                    self._keep_telling(start, end)
                if not is_red:
                    continue  # a green run is one region with one marker
                closing = self._closing(start, end)
                blocks.extend(condensed(self.lines, self.why, start, closing, rank=rank, instead=self.instead))
                if closing < end:
                    blocks.append(keep(closing, end, rank))
            begun = end
        closing = self._closing(begun, len(self.lines))
        blocks.extend(condensed(self.lines, self.why, begun, closing, rank=rank, instead=self.instead))
        if closing < len(self.lines):
            blocks.append(keep(closing, len(self.lines), Rank.EVIDENCE))
        return blocks

    @property
    def is_red(self) -> bool:
        return self.has_detail or bool(self.exit_code) or not self.is_finished

    def _closing(self, start: int, end: int) -> int:
        """Where the run's final line is, which stands by itself; *end* where there is none."""
        return next((index for index in range(end - 1, start - 1, -1) if FINAL.match(self.lines[index])), end)

    def _reader(self, title: str) -> Callable[[int, int], None]:
        if title == "warnings summary" or title.startswith("warnings summary "):
            return self._warnings
        if title == "short test summary info":
            return self._summary
        if title in {"tests coverage", "coverage"} or title.startswith("coverage: "):
            return self._coverage
        if title in _QUIET:
            return self._passes
        if title in {"", "test session starts"}:
            return self._progress
        return self._other

    def _keep_telling(self, start: int, end: int) -> None:
        """Outcomes, explanations and totals stay wherever another program's output has carried them."""
        outcomes = {failure.outcome for failure in self.summed.values()}
        for index in range(start, end):
            if self.why[index] and index not in outcomes and is_telling(self.lines[index]):
                self.why[index] = ""

    def _failures(self, start: int, end: int) -> list[Block]:
        """The first failures each in a block of their own; later ones, and ones like an earlier one, share blocks."""
        blocks: list[Block] = []
        members: list[_Member] = []
        for first, last in _sections(self.lines, start, end):
            name = heading_name(self.lines[first])
            leader = tell(self.lines, first, last, self.why, name=name, told=self.told)
            if name:
                self._short_rules(first, last)
            if first in self.summed:
                self._sum_up(self.summed[first])
            if name and not leader:
                body = [i for i in range(first + 1, last) if not self.why[i]]
                self.repeats.mark(self.lines, body, self.why, stays=_is_raised)
            members.append(_Member(first, last, name, leader))
        for group in _grouped(members):
            pointed = self._point_at_leaders(group)
            begun, closed = group[0].start, group[-1].end
            shorter = [
                *(["the middle of long lines"] if self._without_middles(begun, closed) else []),
                *(["addresses"] if self._without_addresses(begun, closed) else []),
            ]
            found = condensed(
                self.lines,
                self.why,
                begun,
                closed,
                rank=Rank.EVIDENCE,
                name=group[0].name if len(group) == 1 else "",
                instead=self.instead,
                is_pointed_at=pointed or any(begun <= first < closed for first in self.summed),
            )
            blocks.extend(
                replace(block, what=joined([block.what, *shorter])) if shorter and block.shown else block
                for block in found
            )
        return blocks

    def _point_at_leaders(self, group: Sequence[_Member]) -> bool:
        """Where tests like different ones share a block, say of each behind its heading whom it is like."""
        if len({member.leader for member in group}) == 1:
            return False
        for member in group:
            if member.leader:
                heading = self.instead.get(member.start, self.lines[member.start])
                self.instead[member.start] = f"{heading} (same as {member.leader})"
                for index in range(member.start, member.end):
                    if self.why[index].startswith(SAME):
                        self.why[index] = SAID
        return any(member.leader for member in group)

    def _without_addresses(self, start: int, end: int) -> bool:
        """Whether values in [start, end) are printed without where in memory they were."""
        shorter = {
            index: line
            for index in range(start, end)
            if not self.why[index]
            and index not in self.instead
            and is_value(self.lines[index])
            and (line := "".join(without_addresses(self.lines[index]))) != self.lines[index]
        }
        self.instead |= shorter
        return bool(shorter)

    def _without_middles(self, start: int, end: int) -> bool:
        """Whether lines in [start, end) are printed without their middle, for nobody reads as much."""
        shorter = {
            start + number: line
            for number, line in without_middles(self.lines[start:end]).items()
            if not self.why[start + number] and start + number not in self.instead
        }
        self.instead |= shorter
        return bool(shorter)

    def _sum_up(self, failure: Failure) -> None:
        """Print the summary's line on a failure as its heading, and what that quotes nowhere else."""
        self.instead[failure.start] = without_middles([failure.told]).get(0, failure.told)
        self.why[failure.outcome] = _TOLD
        for index in failure.said_in_heading(self.lines):
            self.why[index] = _TOLD
        body = self.lines[failure.start : failure.end]
        self._again.append((failure.outcome + 1, {"", *(line[1:].strip() for line in body if is_explanation(line))}))

    def _short_rules(self, start: int, end: int) -> None:
        """The titles of what was captured are as clear between three dashes as between thirty."""
        for index in range(start + 1, end):
            if is_captured_rule(self.lines[index]):
                self.instead[index] = f"--- {self.lines[index].strip('- ')} ---"

    def _progress(self, start: int, end: int) -> None:
        """Header and progress go; what tests printed between (`-s`, live logs, a crash) is kept where it is telling."""
        printed: list[int] = []
        skips: set[str] = set()
        for index in range(start, end):
            reason = self._progress_reason(index, skips)
            if reason is None:
                printed.append(index)
            else:
                self.why[index] = reason
        self._printed(printed)
        self._list_passed()
        if not self.is_finished:
            last = [i for i in range(start, end) if self.lines[i].strip()][-_TAIL_LINES:]
            for index in last:
                if self.why[index] not in {"library frames", "source lines", "header"}:
                    self.why[index] = ""

    def _progress_reason(self, index: int, skips: set[str]) -> str | None:
        """What the line is when it may go, "" when it must stay, None when a test printed it."""
        line = self.lines[index]
        if not line.strip():
            return BLANK
        if line.endswith("=") and _TITLE.match(line):
            return "header"
        if _HEADER.match(line) or _COLLECTED.match(line):
            return "" if self.size >= _LARGE_CHARS and line.startswith(_HEADER_SHOWN) else "header"
        if line.startswith("collected "):
            return "" if "error" in line or self.size >= _LARGE_CHARS else "header"
        if _DOTS.match(line):
            if (path := line.partition(" ")[0]).rpartition(".")[0] and not path.startswith("."):
                self.files[index] = path
            return "" if self._tells_alone(line) else "progress"
        bare = _WORKER.sub("", line) if line.startswith("[gw") else line
        bare = _DEFINED.sub(" ", bare) if " <- " in bare else bare
        outcome = _OUTCOME.match(bare)
        name = bare[outcome.end() :].strip() if outcome else ""
        if outcome is None and "::" in bare:
            outcome, name = _outcome_at_end(bare)
            if outcome is None:
                return "passed tests" if _is_node_id(bare) else None
        if outcome is not None and outcome.group(1) == "PASSED" and _is_node_id(name):
            self.passed[index] = _PERCENT.sub("", name)
        if outcome is None or (
            name and bare is line and "::" not in bare and _PERCENT.sub("", bare) != outcome.group()
        ):
            return None
        return self._outcome_reason(outcome.group(1), _PERCENT.sub("", name), bare, skips)

    def _outcome_reason(self, outcome: str, name: str, line: str, skips: set[str]) -> str:
        if outcome.startswith(("FAILED", "ERROR", "SUBFAIL")):
            # Where an output ends before its summary, the headings of failures have no path.
            is_told = name in self.summarised if name else self.summarised or self.has_detail
            return "failing tests, told below" if is_told else ""
        if outcome.startswith("SKIPPED"):
            reason = _PERCENT.sub("", line.partition("SKIPPED (")[2])
            if not reason or reason in skips or len(skips) >= _SKIPS_SHOWN or self.summarised:
                return "skipped tests"
            skips.add(reason)
            return ""
        return "passed tests"

    def _list_passed(self) -> None:
        """Name what passed, or the files that ran, where the first lines that said so stood."""
        room = int((_SHARE_RED if self.is_red else _SHARE_GREEN) * self.size)
        for found, told in ((self.passed, passed), (self.files if self.size >= _MIDDLE_CHARS else {}, ran)):
            gone = [index for index in found if self.why[index]]
            lines = told(list(dict.fromkeys(found[index] for index in gone)), room)
            if len(lines) <= len(gone):
                for index, line in zip(gone, lines, strict=False):
                    self.why[index], self.instead[index] = "", line

    def _tells_alone(self, line: str) -> bool:
        """A progress line is the only trace of a failure when nothing below names it."""
        if (self.has_detail and self.is_finished) or self.summarised:
            return False
        marks = _PERCENT.sub("", line).rpartition(" ")[2]
        return "F" in marks or "E" in marks

    def _printed(self, printed: Sequence[int]) -> None:
        """Of what tests printed: all of it where it is short, else its ends and its trouble, each kind once.

        What test after test prints, but for numbers, stays the first times.
        """
        times: Counter[str] = Counter()
        said: set[str] = set()
        for run in _runs(printed):
            if any('File "' in self.lines[i] for i in run):
                mark_frames(self.lines, run[0], run[-1] + 1, self.why)
            for index in run if len(run) < _PRINTED_TEST else ():
                template = _DIGITS.sub("0", self.lines[index][:_TEMPLATE_CHARS])
                times[template] += 1
                if times[template] > _PRINTED_SHOWN and not self.why[index]:
                    self.why[index] = "" if self.told.is_new_frame(self.lines[index]) else "printed output as above"
            for index in run:
                # Every worker warns of the same thing at the same length.
                line = self.lines[index]
                if len(line) >= _LONG_CHARS and not self.why[index] and line in said:
                    self.why[index] = "printed output as above"
                said.add(line)
            left = [i for i in run if not self.why[i]]
            if len(left) <= 2 * _PRINTED_SHOWN or self.lines[left[0]].startswith("INTERNALERROR"):
                continue
            seen: set[str] = set()
            for index in left[_PRINTED_SHOWN:-_PRINTED_SHOWN]:
                if self.told.is_new_frame(self.lines[index]):
                    continue
                template = _DIGITS.sub("0", self.lines[index])
                if _TROUBLE.search(template) and template not in seen and len(seen) < _TROUBLE_SHOWN:
                    seen.add(template)
                else:
                    self.why[index] = "printed output"

    def _warnings(self, start: int, end: int) -> None:
        """Each message once, with its first place; the tests that raised it and the source line go."""
        seen: set[str] = set()
        showing = False
        for index in range(start + 1, end):
            line = self.lines[index]
            if line.startswith("  ") and (found := _WARNING.match(line)):
                showing = found[1] not in seen and len(seen) < _WARNINGS_SHOWN
                seen.add(found[1])
                self.why[index] = "" if showing else "repeated warnings"
            elif not (showing and line.startswith("  ") and not line.startswith("   ")):
                showing = showing and line.startswith("  ")
                self.why[index] = "where warnings were raised" if line.strip() else BLANK

    def _summary(self, start: int, end: int) -> None:
        skips = 0
        for index in range(start + 1, end):
            line = self.lines[index]
            if line.startswith(("PASSED ", "SUBPASS")):
                self.why[index] = "passed tests"
            elif line.startswith(("SKIPPED ", "XFAIL ", "SUBSKIP")):
                skips += 1
                self.why[index] = "" if skips <= _SKIPS_SHOWN else "skipped tests"
        for first, said in self._again:
            # `-vv` prints all of a message, on lines of its own.
            for index in range(first, end) if first > start else ():
                if is_telling(self.lines[index]) or self.lines[index].strip() not in said:
                    break
                self.why[index] = _TOLD

    def _coverage(self, start: int, end: int) -> None:
        """Rows of files that are not fully covered stay, as many as one would read, and the total."""
        rows = 0
        for index in range(start + 1, end):
            line = self.lines[index]
            fields = line.split()
            if not fields or set(line) == {"-"} or line.startswith("_"):
                self.why[index] = BLANK
            elif "100%" in fields[1:] and fields[0] != "TOTAL":
                self.why[index] = "fully covered files"
            elif len(fields) > 3 and any(field.endswith("%") for field in fields) and fields[0] != "TOTAL":
                rows += 1
                self.why[index] = "" if rows <= _COVERAGE_ROWS_SHOWN else "more files"

    def _passes(self, start: int, end: int) -> None:
        for index in range(start, end):
            self.why[index] = "output of tests that did not fail"

    def _other(self, start: int, end: int) -> None:
        """A section of a plugin, or one we do not know: kept."""


def _parts(lines: Sequence[str]) -> Iterable[tuple[str, int, int]]:
    """The run's titled sections as (title, start, end); the lines before the first have no title."""
    begun, title = 0, ""
    for index, line in enumerate(lines):
        if not line.startswith(("===", "---------- coverage: ")):
            continue
        found = _TITLE.match(line)
        if found is None and line.startswith("==="):
            continue
        if index > begun:
            yield from _part(lines, title, begun, index)
        begun = index
        title = "coverage" if found is None else _title(found.group(1), line)
    if begun < len(lines):
        yield from _part(lines, title, begun, len(lines))


def _part(lines: Sequence[str], title: str, start: int, end: int) -> Iterable[tuple[str, int, int]]:
    """A part; of an output that begins in the middle of its failures these are told from the progress before."""
    cut = end
    if not title:
        cut = next((i for i in range(start, end) if is_heading(lines[i]) or is_explanation(lines[i])), end)
    if start < cut:
        yield title, start, cut
    if cut < end:
        yield _CUT, cut, end


def _title(words: str, line: str) -> str:
    return "final" if FINAL.match(line) else words


def _sections(lines: Sequence[str], start: int, end: int) -> Iterable[tuple[int, int]]:
    """The failing tests between two titles, each from its `___ name ___` to the next.

    Without headings (`--tb=line`) each explanation begins one.
    """
    begun = start
    has_headings = any(is_heading(line) for line in lines[start:end])
    for index in range(start + 1, end):
        line = lines[index]
        starts_explanation = is_explanation(line) and not is_explanation(lines[index - 1])
        if is_heading(line) if has_headings else starts_explanation:
            yield begun, index
            begun = index
    if begun < end:
        yield begun, end


def _summarised(lines: Sequence[str]) -> frozenset[str]:
    """The node ids that the short summary names as failed."""
    names = set()
    for line in lines:
        if line.startswith(("FAILED ", "ERROR ", "SUBFAIL")):
            names.add(line.partition(" ")[2].strip().partition(" - ")[0])
    return frozenset(names)


def _outcome_at_end(line: str) -> tuple[re.Match[str] | None, str]:
    """`tests/test_a.py::test_b FAILED  [ 5%]`: the outcome and the node id before it."""
    for word in _OUTCOMES:
        place = line.rfind(" " + word)
        if place > 0:
            return _OUTCOME.match(line, place + 1), line[:place]
    return None, ""


def _is_node_id(line: str) -> bool:
    path, separator, _ = line.partition("::")
    return bool(separator) and " " not in path and "." in path


def _runs(indexes: Sequence[int]) -> Iterable[list[int]]:
    run: list[int] = []
    for index in indexes:
        if run and index != run[-1] + 1:
            yield run
            run = []
        run.append(index)
    if run:
        yield run


def _extent(segment: Segment) -> Extent:
    """From its first title or progress to its last line with totals; all of it where it begins amid failures."""
    lines = segment.lines
    if any(title == _CUT for title, _, _ in _parts(lines)):
        return Extent(0, len(lines), "pytest")
    start = next((i for i, line in enumerate(lines) if _TITLE.match(line) or _is_progress(line)), 0)
    finals = (i for i in range(len(lines) - 1, start, -1) if " in " in lines[i] and FINAL.match(lines[i]))
    return Extent(start, next(finals, len(lines) - 1) + 1, "pytest")


RUNNER = Form(
    name="pytest",
    recognise=_recognise,
    evidence=evidence,
    reduce=_reduce,
    parts=parts,
    literals=_LITERALS,
    extent=_extent,
)
