"""Where one program's output ends and another's begins.

An output may hold several: `pip install -e . && pytest`, a make that runs tests, a CI log with groups. Some
lines can only be the first of a run, some only the last (`borders.py`); the output is cut there, and everything
between two cuts is recognised by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sidecar.compression.borders import BORDERS, ENDINGS, Border, Ending

__all__ = ["Stretch", "headed", "split"]

_REOPENS_LINES = 8
"""A program that begins again so soon after it ended has not ended: cargo runs one binary of tests after another."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Lines [start, end) of one program; *command* is its command line where the output itself says it."""

    start: int
    end: int
    command: str = ""


def split(lines: Sequence[str], text: str | None = None) -> list[Stretch]:
    """The segments of an output: in order, without gaps, at least one; *text* is the same lines joined."""
    text = "\n".join(lines) if text is None else text
    begins = [line[:2] for line in lines]
    present = set(begins)
    borders = [
        border
        for border in BORDERS
        if not present.isdisjoint(border.heads)
        and (border.proof is None or border.proof[0] in present)
        and border.words in text
    ]
    endings = [ending for ending in ENDINGS if not present.isdisjoint(ending.heads)]
    if not borders and not endings:
        return [Stretch(0, len(lines))]
    heads = _heads(borders, endings) | {border.proof[0] for border in borders if border.proof is not None}
    by_head: dict[str, list[int]] = {}
    for index in [index for index, head in enumerate(begins) if head in heads]:
        by_head.setdefault(begins[index], []).append(index)
    borders = [border for border in borders if _is_here(border, lines, by_head)]
    cutter = _Cutter(borders, endings, lines)
    for index in sorted(index for head in _heads(borders, endings) for index in by_head.get(head, ())):
        cutter.see(index)
    return cutter.stretches()


def headed(stretches: Sequence[Stretch], lines: Sequence[str], heading: re.Pattern[str]) -> list[Stretch]:
    """The same segments cut before and behind each line that is a *heading*, which is one of its own."""
    found: list[Stretch] = []
    for stretch in stretches:
        within = range(stretch.start, stretch.end)
        at = [index for index in within if len(lines[index]) < _HEADING_CHARS and heading.fullmatch(lines[index])]
        edges = sorted({stretch.start, stretch.end, *at, *(index + 1 for index in at)})
        found += [Stretch(start, end, stretch.command) for start, end in pairwise(edges)]
    return found


_HEADING_CHARS = 300


def _heads(borders: Iterable[Border], endings: Iterable[Ending]) -> set[str]:
    """The first two characters of every line that may begin or end a program."""
    return set().union(*(end.heads for end in endings), *((*border.heads, *border.ends) for border in borders))


def _is_here(border: Border, lines: Sequence[str], by_head: Mapping[str, Sequence[int]]) -> bool:
    if border.leads:
        first = next((line for line in lines if line.strip()), "")
        return border.opens.match(first) is not None
    if border.proof is not None:
        head, pattern = border.proof
        if not any(pattern.match(lines[index]) for index in by_head.get(head, ())):
            return False
    return any(border.opens.match(lines[index]) for head in border.heads for index in by_head.get(head, ()))


class _Cutter:
    """Follows the lines of one output and remembers where it is to be cut, and which command begins there."""

    def __init__(self, borders: Sequence[Border], endings: Sequence[Ending], lines: Sequence[str]) -> None:
        self._borders = borders
        self._endings = endings
        self._lines = lines
        self._current: Border | None = None
        self._closed: tuple[Border, int] | None = None
        self._cuts: dict[int, str] = {}

    def see(self, index: int) -> None:
        """Line *index* may be one: does a program begin or end here?"""
        line, current = self._lines[index], self._current
        if current is not None and current.closes is not None and current.closes.match(line):
            self._closed = (current, index + 1)
            self._end(index)
            return
        for border in self._borders:
            if border is current and not border.repeats:
                continue
            if current is not None and current.program in border.inside:
                continue
            if found := border.opens.match(line):
                command = found.groupdict().get("command") or self._command_below(index, border)
                self._open(index - 1 if border.above and index else index, border, command)
                break
        for ending in self._endings:
            if ending.closes.match(line):
                said = ending.below is not None and ending.below.match("".join(self._lines[index + 1 : index + 2]))
                self._end(index + 1 if said else index)

    def _command_below(self, index: int, border: Border) -> str:
        """npm, pnpm and yarn print the script's command below its name: `> vitest run`."""
        below = self._lines[index + 1] if index + 1 < len(self._lines) else ""
        return below[2:] if border.repeats and below.startswith("> ") else ""

    def _end(self, index: int) -> None:
        self._cuts.setdefault(index + 1, "")
        self._current = None

    def _open(self, index: int, border: Border, command: str) -> None:
        goes_on = self._closed is not None and self._closed[0] is border and index - self._closed[1] < _REOPENS_LINES
        if goes_on and self._closed is not None:
            self._cuts.pop(self._closed[1], None)
        else:
            self._cuts[index] = command
        self._current = border
        self._closed = None

    def stretches(self) -> list[Stretch]:
        """The output cut; empty lines alone belong to what is beside them."""
        edges, lines = [0], self._lines
        for cut in sorted(self._cuts):
            if 0 < cut < len(lines) and any(line.strip() for line in lines[edges[-1] : cut]):
                edges.append(cut)
        if len(edges) > 1 and not any(line.strip() for line in lines[edges[-1] :]):
            edges.pop()
        ends = (*edges[1:], len(lines))
        return [Stretch(start, end, self._cuts.get(start, "")) for start, end in zip(edges, ends, strict=True)]
