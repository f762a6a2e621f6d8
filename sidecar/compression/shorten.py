"""The pure heart of compression: lines in, shorter lines out, every promise checked on the way.

    lines ──split──> segments ──recognise──> form ──reduce──> blocks ──check──> printed

A reduction that breaks a promise (a gap, an overlap, evidence that is not in the block standing for
its line) is not repaired: the segment falls back to a gentler one, in the end to itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sidecar.compression import recognise as recognising
from sidecar.compression.commands import parse
from sidecar.compression.split import split
from sidecar.compression.vocabulary import Block, Evidence, Form, Rank, Segment, keep, note

if TYPE_CHECKING:
    from sidecar.compression.shelf import Shelf

__all__ = ["Printed", "Reduced", "Shortened", "broken_promise", "marker", "render", "repeats_folded", "shorten"]

_IMITATION = re.compile(r"\\*\[(?:\.\.\. |sidecar[: ])")
"""A printed line that could be read as one of our markers, or as one already escaped."""


@dataclass(frozen=True, slots=True)
class Printed:
    """One block of the whole output: its lines [start, end), what is printed for them, and how much it matters."""

    start: int
    end: int
    lines: tuple[str, ...]
    rank: Rank
    what: str = ""

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def is_bare(self) -> bool:
        """Whether nothing is printed but a marker."""
        return bool(self.what) and len(self.lines) == 1


@dataclass(frozen=True, slots=True)
class Reduced:
    """One segment after its form: which form, and why a gentler one was used where it was."""

    form: str
    fell_back: str = ""


@dataclass(frozen=True, slots=True)
class Shortened:
    """A whole output after reduction, before any bound: printed blocks in order, and the segments they came from."""

    printed: tuple[Printed, ...]
    reduced: tuple[Reduced, ...]

    @property
    def text(self) -> str:
        return render(self.printed)

    @property
    def omissions(self) -> int:
        return sum(1 for block in self.printed if block.what)


def render(printed: Iterable[Printed]) -> str:
    return "\n".join(line for block in printed for line in block.lines)


def shorten(lines: Sequence[str] | str, *, shelf: Shelf, command: str = "", exit_code: int | None = None) -> Shortened:
    """Shorten a cleaned output (lines without their newline, or one text); pure, and it never raises."""
    if isinstance(lines, str):
        lines = lines.removesuffix("\n").split("\n") if lines else []
    commands = parse(command)
    text = "\n".join(lines)
    printed: list[Printed] = []
    reduced: list[Reduced] = []
    edges = split(lines, text)
    for start, end in edges:
        whole = len(edges) == 1
        segment = Segment(lines if whole else lines[start:end], start, commands[0] if commands else None, exit_code)
        if whole:
            segment.__dict__["text"] = text  # the joined text exists already; 20 MB is not joined twice
        form, segment = recognising.recognise(segment, commands, shelf)
        blocks, outcome = _reduce(segment, form)
        printed.extend(_print(segment, blocks))
        reduced.append(outcome)
    return Shortened(tuple(_merged(printed)), tuple(reduced))


def _reduce(segment: Segment, form: Form | None) -> tuple[list[Block], Reduced]:
    if form is None:
        return repeats_folded(segment.lines), Reduced("text")
    try:
        blocks = form.reduce(segment)
        fault = broken_promise(segment, blocks, form.evidence(segment))
    except Exception as error:  # noqa: BLE001 - the outer edge of one compression: a form's bug must not cost the output
        fault = f"{type(error).__name__} in form {form.name}: {error}"
    if fault:
        return repeats_folded(segment.lines), Reduced(form.name, fault)
    return blocks, Reduced(form.name)


def broken_promise(segment: Segment, blocks: Sequence[Block], evidence: Sequence[Evidence]) -> str:
    """What a reduction breaks, in one phrase; empty where it keeps its promises.

    Every line is covered once and in order, and every evidence's parts are printed by the block
    that stands for its line, rather than somewhere else by luck.
    """
    position = 0
    for block in blocks:
        if block.start != position or block.end <= block.start:
            return f"lines {position}-{block.start} are covered twice or not at all"
        position = block.end
    if position != len(segment.lines):
        return f"lines after {position} are not covered"
    index = 0
    shown, shown_index = "", -1
    for item in sorted(evidence, key=lambda item: item.line):
        if not 0 <= item.line < len(segment.lines):
            return f"evidence names line {item.line}, which does not exist"
        while blocks[index].end <= item.line:
            index += 1
        printed = blocks[index].shown
        if printed is None and all(part in segment.lines[item.line] for part in item.parts):
            continue
        if shown_index != index:
            start, end = blocks[index].start, blocks[index].end
            shown, shown_index = "\n".join(segment.lines[start:end] if printed is None else printed), index
        missing = next((part for part in item.parts if part not in shown), None)
        if missing is not None:
            return f"evidence of line {segment.first + item.line + 1} is gone: {missing[:80]!r}"
    return ""


def repeats_folded(lines: Sequence[str]) -> list[Block]:
    """The reduction that needs no form and loses nothing: equal consecutive lines once, with their count."""
    blocks: list[Block] = []
    start = 0
    index = 0
    while index < len(lines):
        end = index + 1
        while end < len(lines) and lines[end] == lines[index]:
            end += 1
        if end - index > 1 and (len(lines[index]) + 1) * (end - index - 1) > 8 and lines[index].strip():
            if start < index:
                blocks.append(keep(start, index))
            blocks.append(note(index, end, (f"{lines[index]} (x{end - index})",)))
            start = end
        index = end
    if start < len(lines):
        blocks.append(keep(start, len(lines)))
    return blocks


def marker(start: int, end: int, what: str) -> str:
    """The line that stands for the lines [start, end), counted from 1 as `recall` counts them."""
    count = end - start
    place = f"line {start + 1}" if count == 1 else f"{count} lines ({start + 1}-{end})"
    return f"[... {place}: {what}]"


def _print(segment: Segment, blocks: Iterable[Block]) -> Iterable[Printed]:
    for block in blocks:
        start, end = segment.first + block.start, segment.first + block.end
        lines = segment.lines[block.start : block.end]
        if block.shown is None:
            yield Printed(start, end, _escaped(lines), block.rank)
            continue
        shown = _escaped(block.shown)
        if block.is_omission:
            told = f"[... of lines {start + 1}-{end}: {block.what}]" if shown else marker(start, end, block.what)
            shown = (*shown, told)
        # A notation or an omission that is no shorter than its lines is not worth reading.
        if _size(shown) >= _size(lines):
            yield Printed(start, end, _escaped(lines), block.rank)
        else:
            yield Printed(start, end, shown, block.rank, block.what)


def _size(lines: Sequence[str]) -> tuple[int, int]:
    """What lines cost to read: their characters, and at the same length their number."""
    return sum(map(len, lines)) + len(lines), len(lines)


def _escaped(lines: Sequence[str]) -> tuple[str, ...]:
    """Lines with a backslash before whatever imitates our own markers, so that a reader can tell."""
    return tuple("\\" + line if line[:1] in "\\[" and _IMITATION.match(line) else line for line in lines)


def _merged(printed: Iterable[Printed]) -> Iterable[Printed]:
    """Neighbouring bare omissions of the same thing become one."""
    held: Printed | None = None
    for block in printed:
        if held is not None and held.is_bare and block.is_bare and held.what == block.what:
            held = replace(held, end=block.end, lines=(marker(held.start, block.end, held.what),))
            continue
        if held is not None:
            yield held
        held = block
    if held is not None:
        yield held
