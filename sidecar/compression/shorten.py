"""The pure heart of compression: lines in, shorter lines out, every promise checked on the way.

    lines ──split──> segments ──recognise──> form ──reduce──> blocks ──check──> Reduced ──print at a level──> Printed

A reduction that breaks a promise is not shown: where evidence is not in the block standing for its line, that block is
replaced by its lines; where lines are covered twice or not at all, the whole segment is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from sidecar.compression import recognise as recognising
from sidecar.compression.alarms import alarm_lines
from sidecar.compression.commands import echoed, parse, show_beside
from sidecar.compression.forms import versions
from sidecar.compression.levels import Level, loosened, repeats_folded, tightened
from sidecar.compression.parting import parted
from sidecar.compression.printing import Printed, merged, print_blocks, render
from sidecar.compression.promises import broken_promise, mended
from sidecar.compression.split import Stretch, headed, split
from sidecar.compression.vocabulary import Block, Command, Evidence, Form, Part, Rank, Segment
from sidecar.compression.wrapping import Unwrapped, dedented, unstamped, unwrapped

if TYPE_CHECKING:
    from sidecar.compression.shelf import Shelf

__all__ = ["Reduced", "Shortened", "reduced_by", "shorten"]


@dataclass(frozen=True)
class Reduced:
    """One segment after its form: its blocks, what must survive, and why a gentler form was used where one was.

    *before* is printed above the segment: what a wrapper put before each of its lines, and we left out.
    """

    segment: Segment
    form: str
    blocks: Sequence[Block]
    evidence: Sequence[Evidence] = ()
    fell_back: str = ""
    before: str = ""
    named: Callable[[Segment], list[Part]] | None = None

    @property
    def parts(self) -> tuple[Part, ...]:
        """What the form names in it, in lines of the whole output."""
        return self._parts_or_fault[0]

    @property
    def faults(self) -> tuple[str, ...]:
        """What went wrong in its form, one phrase each; parts are looked at only where they were asked for."""
        asked = "_parts_or_fault" in self.__dict__
        return tuple(fault for fault in (self.fell_back, self._parts_or_fault[1] if asked else "") if fault)

    @cached_property
    def _parts_or_fault(self) -> tuple[tuple[Part, ...], str]:
        first = self.segment.first
        try:
            found = self.named(self.segment) if self.named is not None else []
        except Exception as error:  # noqa: BLE001 - names help a reader; for want of them no output is lost
            return (), f"{type(error).__name__} in the parts of form {self.form}: {error}"
        return tuple(replace(part, start=part.start + first, end=part.end + first) for part in found), ""


@dataclass(frozen=True)
class Shortened:
    """A whole output after reduction, before any bound: its segments, and what is printed for them in order."""

    reduced: tuple[Reduced, ...]
    level: Level = Level.FAITHFUL

    @cached_property
    def printed(self) -> tuple[Printed, ...]:
        if self.level is Level.TIGHT:
            return _printed((one, tightened(one.blocks, one.segment.lines, one.evidence)) for one in self.reduced)
        return _printed((one, one.blocks) for one in self.reduced)

    @cached_property
    def lossless(self) -> tuple[Printed, ...]:
        """The same with nothing left out: only notations."""
        return _printed((one, loosened(one.blocks, one.segment.lines)) for one in self.reduced)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """Everything a reader may ask for by name, in order, in lines of the whole output."""
        return tuple(part for one in self.reduced for part in one.parts)

    @property
    def faults(self) -> tuple[str, ...]:
        """What went wrong in forms; the result is right all the same."""
        return tuple(fault for one in self.reduced for fault in one.faults)

    @property
    def text(self) -> str:
        return render(self.printed)

    @property
    def omissions(self) -> int:
        return sum(1 for block in self.printed if block.left_out)


def shorten(
    lines: Sequence[str] | str,
    *,
    shelf: Shelf,
    command: str = "",
    exit_code: int | None = None,
    level: Level = Level.FAITHFUL,
) -> Shortened:
    """Shorten a cleaned output (lines without their newline, or one text); pure, and it never raises."""
    if isinstance(lines, str):
        lines = lines.removesuffix("\n").split("\n") if lines else []
    commands = parse(command)
    for wrapped, unread in ((unwrapped(lines), _PLAIN), (dedented(lines, _DEEP), _UNREAD)):
        if wrapped is not None:
            inner = _within(wrapped, lines, commands, exit_code, shelf)
            if any(one.form not in unread for one in inner):
                return Shortened(tuple(inner), level)
    if _times_run(lines) and (bare := unstamped(lines)) is not None:
        inner = _within(bare, lines, commands, exit_code, shelf)
        if 2 * sum(len(one.segment.lines) for one in inner if one.form in _RUNS) >= len(lines):
            return Shortened(tuple(inner), level)
    segments = _segments(lines, commands, exit_code, shelf)
    if all(one.form in _UNREAD for one in segments) and (bare := dedented(lines, _SHALLOW)) is not None:
        inner = _within(bare, lines, commands, exit_code, shelf)
        if any(one.form not in _UNREAD for one in inner):
            segments = inner
    return Shortened(tuple(segments), level)


def _within(
    wrapped: Unwrapped, lines: Sequence[str], commands: Sequence[Command], exit_code: int | None, shelf: Shelf
) -> list[Reduced]:
    """What stands behind the prefix, each of its stretches read by itself."""
    reduced: list[Reduced] = []
    for start, end in wrapped.stretches:
        within = wrapped.lines[start:end]
        found = _segments(within, commands, exit_code, shelf, start)
        if start in wrapped.shared and all(one.form in _PLAIN for one in found):
            # Whose error it is, nothing else says where several take turns.
            named = {index: lines[start + index] for index in alarm_lines(within)}
            within = [named.get(index, line) for index, line in enumerate(within)]
            found = _segments(within, commands, exit_code, shelf, start)
        reduced += [replace(found[0], before=wrapped.told[start]), *found[1:]]
    return reduced


_PLAIN = frozenset({"text", "log"})
"""Forms that read a wrapped log as well as they would read what is in the wrapping."""
_UNREAD = _PLAIN | {"code", "records"}
"""Forms that what is indented throughout is taken for where it is of another."""
_RUNS = frozenset({"diagnostics", "diff", "tests"})
"""Forms of a run whose lines somebody else has timed; any other is read as a log as well."""
_GLIMPSE_LINES = 200


def _times_run(lines: Sequence[str]) -> bool:
    """Whether either end of *lines* is a run behind times or numbers; to read all of a log twice costs too much."""
    ends = (lines[:_GLIMPSE_LINES], lines[-_GLIMPSE_LINES:]) if len(lines) > 2 * _GLIMPSE_LINES else (lines,)
    runs = [form for form in recognising.forms() if form.name in _RUNS]
    bare = [Segment(found.lines) for part in ends if (found := unstamped(part)) is not None]
    return any(form.recognise(part) >= _LIKELY for part in bare for form in runs)


_LIKELY = 0.5
_DEEP = 4
_SHALLOW = 2
"""So many blanks no tool begins all of its lines with by itself; with this few some do."""


def _segments(
    lines: Sequence[str], commands: Sequence[Command], exit_code: int | None, shelf: Shelf, first: int = 0
) -> list[Reduced]:
    """*first* is the index of `lines[0]` in the whole output."""
    text = "\n".join(lines)

    def read(stretches: Iterable[Stretch]) -> list[Reduced]:
        found: list[Reduced] = []
        for stretch in stretches:
            is_whole = stretch.end - stretch.start == len(lines)
            hints = parse(stretch.command) or commands
            within = lines if is_whole else lines[stretch.start : stretch.end]
            segment = Segment(within, first + stretch.start, hints[0] if hints else None, exit_code)
            if is_whole:
                segment.__dict__["text"] = text  # the joined text exists already; 20 MB is not joined twice
            found += _reduced(segment, hints, shelf)
        return found

    stretches = split(lines, text)
    heading = echoed(commands)
    finer = headed(stretches, lines, heading) if heading is not None else stretches
    if len(finer) > len(stretches):
        found = read(finer)
        if any(one.form not in _SHOWN for one in found):
            return found
    return read(stretches)


_SHOWN = frozenset({"code", "records", "text"})
"""Forms of what a loop shows one after another, which is shortened better together: files, documents in YAML."""


def _reduced(segment: Segment, hints: Sequence[Command], shelf: Shelf) -> list[Reduced]:
    def recognise(part: Segment) -> tuple[Form, Segment]:
        return recognising.recognise(part, hints, shelf)

    try:
        parts = parted(*recognise(segment), recognise, beside_shown=show_beside(hints))
    except Exception as error:  # noqa: BLE001 - as below: whoever cannot read an output must not lose it
        fault = f"{type(error).__name__} in recognising: {error}"
        return [Reduced(segment, "text", repeats_folded(segment.lines), fell_back=fault)]
    return [reduced_by(form, part) for form, part in parts]


def reduced_by(form: Form, segment: Segment) -> Reduced:
    """The segment as *form* reduces it, checked; where it breaks a promise, as much of that as keeps them."""
    try:
        blocks, evidence = form.reduce(segment), form.evidence(segment)
        if versions.LISTED in segment.text:  # whose form ever reads what pip says in one line
            blocks, evidence = versions.with_ends(blocks, segment.lines), versions.ends_evident(evidence, segment.lines)
        fault = broken_promise(segment, blocks, evidence)
        if fault and (whole := mended(segment, blocks, evidence)) is not None:
            return Reduced(segment, form.name, whole, evidence, fell_back=fault, named=form.parts)
    except Exception as error:  # noqa: BLE001 - the outer edge of one compression: a form's bug must not cost the output
        fault = f"{type(error).__name__} in form {form.name}: {error}"
    if fault:
        return Reduced(segment, form.name, repeats_folded(segment.lines), fell_back=fault)
    return Reduced(segment, form.name, blocks, evidence, named=form.parts)


def _printed(reduced: Iterable[tuple[Reduced, Iterable[Block]]]) -> tuple[Printed, ...]:
    return tuple(merged(block for one, blocks in reduced for block in _print(one, blocks)))


def _print(one: Reduced, blocks: Iterable[Block]) -> Iterable[Printed]:
    if one.before:
        yield Printed(one.segment.first, one.segment.first, (one.before,), Rank.STRUCTURE, "prefixes")
    yield from print_blocks(one.segment, blocks)
