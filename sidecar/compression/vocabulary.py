"""The words of compression: a segment, its evidence, and the blocks that stand for its lines.

    output ──clean──> lines ──split──> Segment, Segment, ...
    Segment ──form──> Evidence (what must survive) and Block, Block, ... (what is printed for which lines)

Line numbers survive cleaning: line *i* of a cleaned output is line *i* of the original, so a
marker can name the lines that `recall` returns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property
from typing import Any, NamedTuple

__all__ = [
    "MARKUP",
    "Block",
    "Command",
    "Evidence",
    "Extent",
    "Form",
    "Part",
    "Rank",
    "Segment",
    "keep",
    "moved",
    "note",
    "omit",
    "verbatim",
]


MARKUP = "markup"
"""How an omission of tags, scripts and styles begins: it holds no words of what they mark up."""


class Rank(IntEnum):
    """What stays longest when a bound is too small for everything."""

    EVIDENCE = 0
    STRUCTURE = 1
    """Headings, totals, the context evidence needs to be understood."""
    CONTENT = 2


@dataclass(frozen=True, slots=True)
class Command:
    """A command line as far as recognising needs it: wrappers (`uv run`, `env X=1`, `timeout 5`) are taken off.

    *words* are the program's base name and its arguments: ("git", "diff", "--stat").
    """

    words: tuple[str, ...]

    @property
    def program(self) -> str:
        return self.words[0] if self.words else ""


@dataclass(frozen=True)
class Segment:
    """Consecutive lines of one output that one program printed.

    *lines* come without their newline; *first* is the index of `lines[0]` in the whole output.
    """

    lines: Sequence[str]
    first: int = 0
    command: Command | None = None
    exit_code: int | None = None

    @cached_property
    def text(self) -> str:
        return "\n".join(self.lines)

    @cached_property
    def readings(self) -> dict[Any, Any]:
        """What has been read of it, by the reading (`kept`) that was asked; never compared, never copied."""
        return {}

    def part(self, start: int, end: int) -> Segment:
        """Its lines [start, end) as a segment of their own, of the same command."""
        return replace(self, lines=self.lines[start:end], first=self.first + start)


class Evidence(NamedTuple):
    """A line that must survive: the block standing for *line* must print every one of *parts*.

    *line* is an index into the segment; *parts* is usually the line itself, and only where a
    notation takes a line apart (a shared path printed once) its pieces. *told_at* is another line whose block must
    print them, where a form moves a line: a test's outcome to what the test said. A tuple, because a frozen dataclass
    takes twice as long to make and a linter prints 100,000 lines of it.
    """

    line: int
    parts: tuple[str, ...]
    told_at: int | None = None

    @property
    def place(self) -> int:
        line, _, told_at = self
        return line if told_at is None else told_at

    def moved(self, to: Callable[[int], int]) -> Evidence:
        """The same in the segment that its own is a part of: a line of the part is line *to* of that."""
        line, parts, told_at = self
        return Evidence(to(line), parts, None if told_at is None else to(told_at))


@dataclass(frozen=True, slots=True)
class Block:
    """What is printed for the lines from *start* up to, not including, *end* of a segment.

    *shown* None: the lines themselves, verbatim. Otherwise the lines printed in their stead,
    either a notation (nothing is lost: *what* is empty) or an omission (*what* says what was left
    out, without a count of lines: "passed tests", "unchanged context"); an omission may show
    nothing, its marker is made when it is printed. *entire* is for an omission that could also be
    written without loss in fewer tokens than its lines (the whole table, columns once): what a bound
    with room for it prints instead. *is_pointed_at*: what it shows holds a label that later blocks point at, so that
    it is printed even where it is no shorter than its lines.
    """

    start: int
    end: int
    shown: tuple[str, ...] | None = None
    what: str = ""
    rank: Rank = Rank.CONTENT
    name: str = ""
    entire: Callable[[], tuple[str, ...]] | None = None
    is_pointed_at: bool = False

    @property
    def is_omission(self) -> bool:
        return bool(self.what)


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch [start, end) of a segment's lines that a reader may ask for by name: "the 3rd failure", "src/app.py".

    *kind* is one word: failure, error, warning, file, commit, trace, section, table. *label* names the same thing in
    another output of the same command (a test's id; a diagnostic's path, rule and message without its line number),
    so that two outputs can be compared. *said* tells it in one line with its place, as printed:
    "FAILED tests/test_cart.py::test_total - assert 3 == 4".
    """

    kind: str
    label: str
    start: int
    end: int
    said: str


def _no_parts(_segment: Segment) -> list[Part]:
    return []


class Extent(NamedTuple):
    """The lines [start, end) of a segment that a grammar knows, and *whose* it is, where a form has several."""

    start: int
    end: int
    whose: str = ""


def _whole(segment: Segment) -> Extent:
    return Extent(0, len(segment.lines))


@dataclass(frozen=True, slots=True)
class Form:
    """A recognised shape of output.

    *recognise* says how surely the whole segment is of this form, from 0.0 (not at all) to 1.0; it
    must never raise and must read the whole text, cheaply. *evidence* lists what must survive;
    it is written apart from *reduce* on purpose, for it is what *reduce* is checked against.
    *reduce* covers every line of the segment with blocks, in order, without gaps. *parts* lists, in
    order, what a reader may ask for by name and what two outputs are compared by. Where none of *literals* is in a
    text, *recognise* says 0.0 of it: whoever has many forms to ask looks for these first. Empty: nothing is known.
    *extent* says for a segment of this form which lines its grammar knows: around them another program's output may
    stand.
    """

    name: str
    recognise: Callable[[Segment], float]
    evidence: Callable[[Segment], list[Evidence]]
    reduce: Callable[[Segment], list[Block]]
    parts: Callable[[Segment], list[Part]] = _no_parts
    literals: tuple[str, ...] = ()
    sought: tuple[str, ...] = ()
    """Further literals that it asks `literals_in` for, which looks through a text once for all of them."""
    extent: Callable[[Segment], Extent] = _whole


def keep(start: int, end: int, rank: Rank = Rank.CONTENT, name: str = "") -> Block:
    """The lines themselves."""
    return Block(start, end, None, "", rank, name)


def note(start: int, end: int, shown: Iterable[str], rank: Rank = Rank.CONTENT) -> Block:
    """A notation that says everything the lines said, in fewer tokens."""
    return Block(start, end, tuple(shown), "", rank)


def omit(start: int, end: int, what: str) -> Block:
    """Lines left out, with *what* they were ("passed tests")."""
    return Block(start, end, (), what)


def moved(blocks: Iterable[Block], by: int) -> list[Block]:
    """The same blocks *by* lines further down: in the segment that theirs is a part of."""
    return [replace(block, start=block.start + by, end=block.end + by) for block in blocks]


def verbatim(segment: Segment, lines: Iterable[int]) -> list[Evidence]:
    """Evidence that is its whole line, for each index in *lines*."""
    return [Evidence(index, (segment.lines[index],)) for index in lines]
