"""One run's lines become blocks: what stays, which names are listed, and where a marker stands.

failing section      heading, message, diff, own frames; one block each, equal ones together; a numbered one with the
                     error of an earlier one is a line: `  2) Cart > adds tax: same as 1), test/cart.js:9:7`
between sections     totals, headings, alarms as printed; passed tests as one list for each long stretch of them
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import accumulate

from sidecar.compression.alarms import alarm_lines, is_alarm
from sidecar.compression.forms.drafting import BLANK, gaps, joined
from sidecar.compression.forms.tests.grammar import REACH, Grammar, Kind, Read, Section, read
from sidecar.compression.forms.tests.names import listed, sampled
from sidecar.compression.forms.tests.repeats import SAID, Repeats
from sidecar.compression.vocabulary import Block, Form, Rank, Segment, keep, moved

__all__ = ["Run"]

_PASSED = "passed tests"
_WORTH_CHARS = 70
_GAP_CHARS = 400
_LONG_GAP_CHARS = 2_500
"""A stretch that may go and is so long gets a block, and a marker, of its own; the longer one wherever it stands."""

_SHARE_GREEN = 0.46
_SHARE_RED = 0.12
"""How much of the output, in characters, the names of passed tests may cost; past it a sample of them stands."""

_MOST_RED = 20_000
_MOST_GREEN = 100_000
"""No more characters of names are read, however much was printed."""

_SAMPLE_RED = 0.18
_SAMPLE_GREEN = 0.8
"""How much of that room a sample takes: names apart from each other share less of their beginnings."""

_ROOM_CHARS = 320
"""A few names are worth listing whatever their share."""

_LIBRARY = "library frames"
_TAIL_LINES = 8
"""A run without totals was cut off or crashed: so many of its last lines tell where."""

_PRINTED_SHOWN = 3
_TROUBLE_SHOWN = 20
_SECTION_LINES = 60
_SECTION_HEAD = 30
_SECTION_TAIL = 12
_SECTION_TROUBLE = 20
_FRAMES_AT_EACH_END = 4
_OFTEN = 16
"""Where so many tests fail, a list of what passed between each two and its marker would cost as much as they tell."""

_MERGED = 8
_MANY = 64
"""So many failures share a block, and so a marker; twice as many where they repeat an earlier one, or where there
are more of them than so many."""

_CONTEXT = 2
"""So many unchanged lines stay on both sides of a changed one in a comparison."""

_LONG = (1_000, 500, 250)
_AGAIN_LINE = 360
_AGAIN = (_AGAIN_LINE, 200, 100)
"""A longer line is cut to so many characters of its beginning and of its end."""
_AGAIN_BEGINNING = 24
"""Where so much of its beginning is that of an earlier long line, but for numbers, the shorter bounds hold."""

_OPENING = 120
_KNOWN = (_AGAIN_LINE, 60, 60)
"""Where so much of its beginning is that of an earlier one, the least is shown."""

_SIGNS = frozenset("-+?<>")
"""How a changed line of a comparison begins."""

_DIFFERS = re.compile(r"\s*[-+] *[^\s+-]")

_DIGITS = re.compile(r"\d+")
_NUMBERED = re.compile(r" *(\d+)\) ")
_ERROR_CHARS = 20
"""An error this short is told again: pointing at the first one would cost as much."""
_PLACES = 3

_THROWN = re.compile(r"\s*[A-Za-z_][\w.$]*(?:Error|Exception)(?::| at )")
"""What was raised stays wherever it stands, however often."""

_SAID_CHARS = 100

_COMPILED = 0.5
"""How sure the form that reads compilers must be of what stands around the tests."""

_SAME = "the same as in "
_LEADERS = 2

_GOES = {
    Kind.BLANK: BLANK,
    Kind.PASSED: _PASSED,
    Kind.BEGUN: _PASSED,
    Kind.NOISE: "headers",
    Kind.END: "headers",
}
"""What a line that may go is called, by its kind, where its rule does not say it."""

_PRINTED = re.compile(rb"%c[%c%c]*" % (Kind.OTHER, Kind.OTHER, Kind.BLANK))
"""A stretch of lines of no known kind, among the kinds as bytes."""

_PRINTED_KINDS = frozenset({Kind.OTHER, Kind.BLANK})
_TOLD = frozenset({Kind.OTHER, Kind.KEPT})
_ENDS_FAILURE = frozenset({Kind.SECTION, Kind.SUITE, Kind.TOTAL, Kind.END})
_RUNS = frozenset({Kind.PASSED, Kind.FAILED, Kind.SKIPPED, Kind.BEGUN})
_HEADLESS = "the failure that begins above"
_LOUD = frozenset({Kind.FAILED, Kind.ALARM, Kind.SECTION, Kind.TOTAL})


class _Verdicts(dict[str, bool]):
    """What a pattern says of a line, asked once of each text: failing tests print the same frames again and again."""

    def __init__(self, matches: Callable[[str], object]) -> None:
        super().__init__()
        self._matches = matches

    def __missing__(self, line: str) -> bool:
        self[line] = verdict = self._matches(line[:REACH]) is not None
        return verdict


class Run:
    """What is known of a run's lines, and what becomes of each: `why[i]` is "" for a line that stays."""

    def __init__(self, grammar: Grammar, segment: Segment) -> None:
        self.grammar = grammar
        self.segment = segment
        self.lines: Sequence[str] = segment.lines
        told: Read = read(grammar, segment)
        self.kinds = list(told.kinds)
        self.rules = told.rules
        self.names = dict(told.names)
        self.failed = dict(told.failed)
        self.reasons = told.reasons
        self.sections: list[Section] = [
            *self._cut_off(told),
            *(Section(one.start, one.end, one.heading, one.name) for one in told.sections),
        ]
        self.why: list[str] = [""] * len(self.lines)
        self.instead: dict[int, str] = {}
        self.shortened = "hashes"
        """What is left out of lines that `instead` prints in other words."""
        self.pointed: set[int] = set()
        """Lines that `instead` prints in words that stand for lines elsewhere: printed however little they save."""
        self._cut: set[int] = set()
        """Lines that `instead` prints without their middle."""
        self.headings: set[int] = set()
        """Headings that `instead` prints with what else names the failure: nothing of them is left out."""
        self.joined: set[int] = set()
        """Lines that `instead` prints as part of their heading's."""
        self.evident: dict[int, tuple[str, ...]] = {}
        """What must survive of which lines, so that none of it is cut."""
        self.delegated: list[tuple[int, int, list[Block]]] = []
        self.label = grammar.passed_label
        self._share = 1.0
        self._repeats = Repeats()
        self.is_frame = _Verdicts(grammar.is_frame)
        self.is_library = _Verdicts(grammar.is_library)
        self._ends = [0, *accumulate(map(len, self.lines))]
        self.told: set[str] = set()
        """Steps of failing tests that are told already, for runners that print them step by step."""
        self._times: dict[str, int] = {}
        self._last_told = 0
        """The number of the last failure whose error or place none before it had."""
        self._places: dict[int, frozenset[str]] = {}
        """Where each numbered failure happened: an assertion's helper need not be named again."""

    def _cut_off(self, told: Read) -> Iterable[Section]:
        """The end of a failure whose heading was cut off (`| tail -80`): as much of it as the run begins with."""
        if not self.grammar.before or not (told.sections or self.segment.exit_code or Kind.TOTAL not in told.kinds):
            return
        end = next((i for i, kind in enumerate(told.kinds) if kind in _ENDS_FAILURE or kind in _RUNS), len(self.lines))
        is_running = end < len(self.lines) and told.kinds[end] in _RUNS
        above = [line[:REACH] for line in self.lines[:end]]
        if is_running or any(map(self.grammar.is_before, above)):
            return
        if any(self.grammar.is_frame(line) or _DIFFERS.match(line) for line in above):
            yield Section(0, end, 0, _HEADLESS)

    @property
    def is_red(self) -> bool:
        return bool(self.segment.exit_code or self.failed or self.sections or Kind.ALARM in self.kinds)

    def blocks(self) -> list[Block]:
        inside = self.inside()
        self._mark(inside)
        said: dict[tuple[str, ...], tuple[str, list[int]]] = {}
        errors: dict[tuple[tuple[str, ...], str], int] = {}
        for section in self.sections:
            if self.grammar.tell is not None:
                self.grammar.tell(self, section.start, section.end)
            else:
                self.tell_section(section.start, section.end)
            if self._is_same_error(section, errors):
                continue
            self._repeat(section, said)
            if not section.leader:
                self._repeats.mark(self.lines, self._told(section), self.why, stays=_is_said)
        self._point_at_leaders()
        if self.grammar.compiles:
            self._delegate(inside)
        if self.grammar.finish is not None:
            self.grammar.finish(self)
        self._cut_long_lines()
        self._share_out()
        return list(self._written())

    def inside(self) -> bytearray:
        """Which lines are part of a failing section."""
        inside = bytearray(len(self.lines))
        for section in self.sections:
            inside[section.start : section.end] = b"\1" * (section.end - section.start)
        return inside

    def _mark(self, inside: bytearray) -> None:
        kinds = self.kinds
        why = self.why = [_GOES.get(kind, "") for kind in kinds]
        for index, rule in self.rules.items():
            why[index] = rule.what or why[index]
        reasons: set[str] = set()
        for index, reason in self.reasons.items():
            if not reason or reason in reasons:
                why[index] = "skipped tests"
            reasons.add(reason)
        for found in _PRINTED.finditer(bytes(kinds)):
            run = [i for i in range(*found.span()) if kinds[i] is Kind.OTHER and not inside[i]]
            if run:
                self._printed(run)
        if Kind.TOTAL not in kinds:
            # Its end tells where it was cut off; the runner's own way to a file that it could not load does not.
            ends = [i for i in range(len(why)) if kinds[i] is not Kind.BLANK and why[i] != _LIBRARY]
            for index in ends[-_TAIL_LINES:]:
                why[index] = ""

    def _printed(self, run: Sequence[int]) -> None:
        """Of what the run printed between its tests: all of it where short, else its ends and its trouble.

        A line printed again and again, but for its numbers, stays the first times.
        """
        if len(run) <= 2 * _PRINTED_SHOWN:
            for index in run:
                template = _DIGITS.sub("0", self.lines[index][:200])
                self._times[template] = times = self._times.get(template, 0) + 1
                if times > _PRINTED_SHOWN and not (_THROWN.match(template) or is_alarm(self.lines[index])):
                    self.why[index] = "printed output"
            return
        middle = run[_PRINTED_SHOWN:-_PRINTED_SHOWN]
        loud = self._loud(middle)
        seen: set[str] = set()
        for index in middle:
            self.why[index] = "" if self._is_new_trouble(index, loud, seen, _TROUBLE_SHOWN) else "printed output"

    def _loud(self, indexes: Sequence[int]) -> frozenset[int]:
        """Which of the lines sound an alarm; asked of all at once, for one by one costs ten times as much."""
        return frozenset(indexes[number] for number in alarm_lines([self.lines[index] for index in indexes]))

    def _is_new_trouble(self, index: int, loud: frozenset[int], seen: set[str], limit: int) -> bool:
        line = self.lines[index]
        if _THROWN.match(line[:2_000]):
            return True
        if len(seen) >= limit or index not in loud:
            return False
        template = _DIGITS.sub("0", line[:2_000])
        if template in seen:
            return False
        seen.add(template)
        return True

    def tell_section(self, start: int, end: int) -> None:
        """Mark what of a failing section may go: library frames, and of a long report what lies in its middle."""
        frames: list[int] = []
        others: list[int] = []
        for index in range(start, end):
            if self.kinds[index] is Kind.OTHER:
                (frames if self.is_frame[self.lines[index]] else others).append(index)
        self.tell_frames(frames)
        self.tell_comparison(start, end)
        self.tell_report([index for index in others if not self.why[index]])

    def tell_comparison(self, start: int, end: int) -> None:
        """Of the unchanged lines of a comparison (`  same`, `- was`, `+ is`) those near a changed one stay."""
        index = start
        while index < end:
            first = index
            changed: list[int] = []
            margin = 0
            while index < end and self.kinds[index] in _PRINTED_KINDS:
                line = self.lines[index]
                said = line.lstrip(" ")
                depth = len(line) - len(said)
                if depth < margin and said.strip():
                    break  # `got:` below the difference that stands deeper
                if said[:1] in _SIGNS:
                    margin = depth
                    first = first if changed else self._begins(first, index, depth)
                    changed.append(index)
                elif depth < 2 and line:
                    break
                index += 1
            if changed and index - first > len(changed) + 4 * _CONTEXT:
                near = {i for at in changed for i in range(at - _CONTEXT, at + _CONTEXT + 1)}
                for i in range(first, index):
                    if i not in near:
                        self.why[i] = self.why[i] or "unchanged lines"
            index = max(index, first + 1)

    def _begins(self, first: int, changed: int, depth: int) -> int:
        """Where a comparison begins whose first changed line is *changed*: below whatever stands further left."""
        return next(
            (
                i + 1
                for i in range(changed - 1, first - 1, -1)
                if self.lines[i].strip() and len(self.lines[i]) - len(self.lines[i].lstrip(" ")) < depth
            ),
            first,
        )

    def tell_frames(self, frames: Sequence[int]) -> None:
        """The user's frames stay, from both ends where there are many; where none is the user's the first two do."""
        own = [index for index in frames if not self.is_library[self.lines[index]]]
        kept = own or list(frames[:2])
        if len(kept) > 2 * _FRAMES_AT_EACH_END:
            kept = [*kept[:_FRAMES_AT_EACH_END], *kept[-_FRAMES_AT_EACH_END:]]
        stays, mine = set(kept), set(own)
        for index in frames:
            if index not in stays:
                self.why[index] = "repeated frames" if index in mine else _LIBRARY

    def tell_report(self, report: Sequence[int]) -> None:
        """Of a long report its head, its alarms, its changed lines and its end stay."""
        if len(report) <= _SECTION_LINES:
            return
        seen: set[str] = set()
        changed = 0
        middle = report[_SECTION_HEAD:-_SECTION_TAIL]
        loud = self._loud(middle)
        for index in middle:
            line = self.lines[index]
            if line.lstrip()[:1] in {"+", "-", "<", ">"} and changed < 2 * _SECTION_LINES:
                changed += 1
            elif not self._is_new_trouble(index, loud, seen, _SECTION_TROUBLE):
                self.why[index] = "more of what the test printed"

    def _told(self, section: Section) -> list[int]:
        """What stays below the heading of a failing section."""
        own = range(section.start, section.end)
        return [i for i in own if i != section.heading and not self.why[i] and self.kinds[i] in _TOLD]

    def _repeat(self, section: Section, said: dict[tuple[str, ...], tuple[str, list[int]]]) -> None:
        """Of a section in the very words of an earlier one only what differs stays."""
        body = [i for i in range(section.start, section.end) if i != section.heading and not self.why[i]]
        words = tuple(self.lines[i] for i in body if self.kinds[i] is Kind.OTHER)
        if sum(map(len, words)) < _WORTH_CHARS:
            return
        leader, earlier = said.setdefault(words, (section.name, body))
        if leader != section.name:
            section.leader = leader
            shown = {self.lines[i] for i in earlier}
            for i in body:
                if self.lines[i] in shown:
                    self.why[i] = _SAME + leader

    def _point_at_leaders(self) -> None:
        """Say behind the heading of a test like an earlier one which that is, where another stands between them."""
        above = ""
        for section in self.sections:
            if not section.leader:
                above = section.name
            elif section.leader != above and _SAME + section.leader in self.why[section.start : section.end]:
                heading = self.instead.get(section.heading, self.lines[section.heading])
                self.instead[section.heading] = f"{heading} (same as {section.leader})"
                self.headings.add(section.heading)

    def _is_same_error(self, section: Section, told: dict[tuple[tuple[str, ...], str], int]) -> bool:
        """Put a numbered heading's path on one line; of an error told above only that and its own places stay."""
        found = _NUMBERED.match(self.lines[section.heading])
        if found is None or found.string[-1:].isspace():
            return False
        number = int(found[1])
        if number <= self._last_told:
            told.clear()  # the next list counts from 1 again
            self._last_told = 0
        body = self._join_path(section)
        frames = [i for i in body if self.is_frame[self.lines[i]]]
        places = [i for i in frames if not self.why[i]]
        if sum(1 for i in places if self.grammar.is_place(self.lines[i].strip())) > 1:
            return False  # a filter (`| grep -A5 Error`) has left no heading between several failures
        error = tuple(self.lines[i].strip() for i in sorted({*body}.difference(frames)))
        names = [self._place(i) for i in places]
        at = "".join(f", {name}" for name in names)
        leader, same_place = told.setdefault((error, ""), number), told.setdefault((error, at), number)
        if number in {leader, same_place}:
            self._last_told = number
        self._places[number] = frozenset(names)
        helpers = self._places.get(leader, frozenset())
        own = [name for name in names if name not in helpers]
        if leader == number or len(own) > _PLACES or sum(map(len, error)) < _ERROR_CHARS:
            return False
        heading = self.instead.get(section.heading, self.lines[section.heading]).removesuffix(":")
        at = "".join(f", {name}" for name in own)
        pointer = f"same as {same_place})" if same_place < number else f"same as {leader}){at}"
        self.instead[section.heading] = f"{heading}: {pointer}"
        self.headings.add(section.heading)
        self.joined.update(places)
        for i in body:
            self.why[i] = BLANK if i in places else self.why[i] or SAID
        section.leader = str(leader)
        return True

    def _join_path(self, section: Section) -> list[int]:
        """Print the path that a heading spreads over lines in one; what stands below it is returned."""
        start, lines = section.heading + 1, self.lines
        if self.grammar.path_lines and not lines[section.heading].endswith(":"):
            reach = range(start, min(section.end, start + self.grammar.path_lines))
            last = next((i for i in reach if lines[i].endswith(":") or not lines[i].strip()), start - 1)
            if last >= start and lines[last].strip():
                self.instead[section.heading] = " > ".join(
                    [lines[section.heading].rstrip(), *(line.strip() for line in lines[start : last + 1])]
                )
                self.headings.add(section.heading)
                self.joined.update(range(start, last + 1))
                for i in range(start, last + 1):
                    self.why[i] = BLANK
                start = last + 1
        return [i for i in range(start, section.end) if self.kinds[i] in _TOLD]

    def _place(self, index: int) -> str:
        line = self.lines[index].strip()
        found = self.grammar.is_place(line)
        return found[1] if found else line

    def _cut_long_lines(self) -> None:
        """Of a long line that a test printed (a dumped structure, a whole response) the middle goes.

        Of one that begins like an earlier one more goes: the first tells what is dumped.
        """
        begun: set[str] = set()
        for index in [index for index, line in enumerate(self.lines) if len(line) > _AGAIN_LINE]:
            if self.why[index] or index in self.instead or self.kinds[index] is not Kind.OTHER:
                continue
            line = self.lines[index]
            beginning = _DIGITS.sub("0", line[:_AGAIN_BEGINNING])
            opening = _DIGITS.sub("0", line[:_OPENING])
            size, head, tail = _KNOWN if opening in begun else _AGAIN if beginning in begun else _LONG
            begun |= {beginning, opening}
            if len(line) <= size or self.grammar.must(line[:REACH]) is not None:
                continue
            parts = self.evident.get(index, ())
            ends = [line.find(part) + len(part) for part in parts if part in line]
            head = max(head, *(end for end in ends if end <= _LONG[1]), 0)
            cut = f"{line[:head]}[... {len(line) - head - tail} characters]{line[-tail:]}"
            if len(cut) < len(line) and all(part in cut for part in parts):
                self.instead[index] = cut
                self._cut.add(index)

    def _delegate(self, inside: bytearray) -> None:
        """Give what a compiler said around the tests to the form that reads compilers."""
        from sidecar.compression.forms import diagnostics

        for start, end in _stretches(self.kinds, inside):
            lines = self.lines[start:end]
            if not any("error" in line or "warning" in line for line in lines):
                continue
            part = Segment(lines, start, exit_code=self.segment.exit_code)
            if diagnostics.FORM.recognise(part) < _COMPILED:
                # Another program's words may stand above.
                own = diagnostics.FORM.extent(part)
                part = part.part(own.start, own.end)
                if diagnostics.FORM.recognise(part) < _COMPILED:
                    continue
            self.give(diagnostics.FORM, part)

    def give(self, form: Form, part: Segment) -> None:
        """Let *form* tell the lines of *part*, whose *first* is where they begin in the run."""
        start = part.first
        self.delegated.append((start, start + len(part.lines), moved(form.reduce(part), start)))

    def _share_out(self) -> None:
        """Decide whether all names of passed tests are listed, or a sample of them."""
        names = [name for i, name in self.names.items() if self.why[i]]
        whole = self._size(0, len(self.lines))
        share, most = (_SHARE_RED, _MOST_RED) if self.is_red else (_SHARE_GREEN, _MOST_GREEN)
        room = min(most, max(_ROOM_CHARS, share * whole))
        cost = sum(map(len, names)) + len(names)
        if cost > room:
            # Only what names share can still make room.
            cost = sum(len(line) + 1 for line in listed("passed", names))
        sample = max(_ROOM_CHARS, (_SAMPLE_RED if self.is_red else _SAMPLE_GREEN) * room)
        self._share = 1.0 if cost <= room else sample / cost

    def _written(self) -> Iterable[Block]:
        pieces: list[tuple[int, int, list[Block] | Section]] = [(s, e, blocks) for s, e, blocks in self.delegated]
        pieces.extend((section.start, section.end, section) for section in self.sections)
        pieces.sort(key=lambda piece: piece[0])
        at = 0
        room = 2 * _MERGED if len(self.sections) <= _MANY else 4 * _MERGED
        held: list[Section] = []
        for start, end, piece in pieces:
            if start < at:
                continue
            cost = sum(1 if section.leader else 2 for section in held)
            joins = isinstance(piece, Section) and cost < room and bool(held) and self._is_trifle(at, start)
            if not joins:
                yield from self._sections(held)
                held = []
                yield from self._region(at, start)
            if isinstance(piece, Section):
                held.append(piece)
            else:
                yield from piece
            at = end
        yield from self._sections(held)
        yield from self._region(at, len(self.lines))

    def _is_trifle(self, start: int, end: int) -> bool:
        """Whether what stands between two sections goes, and is too little for a marker of its own."""
        gap = _LONG_GAP_CHARS if len(self.sections) > _OFTEN else _GAP_CHARS
        return all(self.why[start:end]) and sum(len(line.rstrip("-= ")) for line in self.lines[start:end]) < gap

    def _sections(self, held: Sequence[Section]) -> Iterable[Block]:
        if held:
            name = held[0].name if len(held) == 1 else ""
            yield from self._block(held[0].start, held[-1].end, Rank.EVIDENCE, name)

    def _region(self, start: int, end: int) -> Iterable[Block]:
        """Blocks for lines between sections: each long gap by itself, short ones with the lines around them."""
        at = start
        for first, last in gaps(self.why, start, end):
            size = self._size(first, last)
            if size >= _LONG_GAP_CHARS or (size >= _GAP_CHARS and at < first and self._is_long(at, first)):
                yield from self._block(at, first, self._rank(at, first))
                yield from self._block(first, last, Rank.CONTENT)
                at = last
        yield from self._block(at, end, self._rank(at, end))

    def _size(self, start: int, end: int) -> int:
        """How many characters the lines [start, end) take."""
        return self._ends[end] - self._ends[start] + end - start

    def _is_long(self, start: int, end: int) -> bool:
        """Whether what is kept here is so much that a list of names at its end would stand too far from its place."""
        return sum(len(self.lines[i]) + 1 for i in range(start, end) if not self.why[i]) > _LONG_GAP_CHARS

    def _rank(self, start: int, end: int) -> Rank:
        return Rank.STRUCTURE if _LOUD.isdisjoint(self.kinds[start:end]) else Rank.EVIDENCE

    def _block(self, start: int, end: int, rank: Rank, name: str = "") -> Iterable[Block]:
        """One block for the lines [start, end): what is kept, then the names, then the marker for the rest."""
        if start >= end:
            return
        why, lines = self.why, self.lines
        gone = [i for i, reason in enumerate(why[start:end], start) if reason]
        rewritten = [i for i in range(start, end) if i in self.instead and not why[i]] if self.instead else []
        saved = sum(map(len, [lines[i] for i in gone])) + len(gone)
        saved += sum(len(lines[i]) - len(self.instead[i]) for i in rewritten)
        pointed = not self.pointed.isdisjoint(rewritten)
        if saved < _WORTH_CHARS:
            if pointed:
                entire = tuple(self.instead.get(i, lines[i]) for i in range(start, end))
                yield Block(start, end, entire, "", rank, name, is_pointed_at=True)
            else:
                yield keep(start, end, rank, name)
            return
        shown = [self.instead.get(i, lines[i]) for i in range(start, end) if not why[i]]
        shown.extend(self._lists(gone))
        reasons = joined(
            [
                *_few_leaders(dict.fromkeys(why[start:end])),
                *sorted({self._shortened(i) for i in rewritten if i not in self.pointed} - {""}),
            ]
        )
        if self.grammar.lossless_lists and self._share >= 1.0 and reasons in {_PASSED, "skipped tests"}:
            reasons = ""
        if not shown or len(gone) == end - start:
            yield Block(start, end, tuple(shown), reasons, Rank.CONTENT, name)
            return
        yield Block(start, end, tuple(shown), reasons, rank, name, is_pointed_at=pointed)

    def _shortened(self, index: int) -> str:
        if index in self.headings:
            return ""
        return "the middle of long lines" if index in self._cut else self.shortened

    def _lists(self, gone: Sequence[int]) -> Iterable[str]:
        named = [(self.kinds[i], name) for i in gone if (name := self.names.get(i))]
        passed = [name for kind, name in named if kind is Kind.PASSED]
        skipped = [name for kind, name in named if kind is Kind.SKIPPED]
        for label, names in ((self.label, passed), ("skipped", skipped)):
            if not names:
                continue
            room = int(self._share * sum(len(name) + 1 for name in names)) if self._share < 1.0 else 1 << 62
            told = f"{len(names)} {label}"
            names = list(dict.fromkeys(names))  # noqa: PLW2901 - assertions of one text are named once
            some = sampled(names, room)
            if len(some) < len(names):
                told += f", {len(some)} of them named"
            yield from listed(told, some)


def _few_leaders(reasons: Collection[str]) -> Iterable[str]:
    """The reasons, without the names of the earlier failures where there are many: a marker must stay short."""
    if sum(1 for reason in reasons if reason.startswith(_SAME)) <= _LEADERS:
        return reasons
    return [_SAME + "failures above" if reason.startswith(_SAME) else reason for reason in reasons]


def _is_said(line: str) -> bool:
    """Whether a line is what was raised, in so few words that looking it up would cost more."""
    return len(line) <= _SAID_CHARS and _THROWN.match(line) is not None


def _stretches(kinds: Sequence[Kind], inside: bytearray) -> Iterable[tuple[int, int]]:
    """Runs of lines of no known kind outside failing sections, blank lines among them."""
    index = 0
    while index < len(kinds):
        if kinds[index] is not Kind.OTHER or inside[index]:
            index += 1
            continue
        start = index
        last = index
        while index < len(kinds) and kinds[index] in _PRINTED_KINDS and not inside[index]:
            if kinds[index] is Kind.OTHER:
                last = index
            index += 1
        yield start, last + 1
