"""What a reduction promises of its segment: every line covered once, every evidence printed where it stands.

Checked at run time against evidence that is written apart from the reduction. A reduction that breaks a promise is
mended: where evidence is not in the block standing for its line, that block is replaced by its lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from operator import attrgetter

from sidecar.compression.vocabulary import Block, Evidence, Rank, Segment, keep

__all__ = ["broken_promise", "mended"]


def broken_promise(segment: Segment, blocks: Sequence[Block], evidence: Sequence[Evidence]) -> str:
    """What a reduction breaks, in one phrase; empty where it keeps its promises.

    Every line is covered once and in order, and every evidence's parts are printed by the block
    that stands for its line, rather than somewhere else by luck.
    """
    if gap := _uncovered(segment, blocks):
        return gap
    for _, fault in _lost(segment, blocks, evidence):
        return fault
    return ""


def mended(segment: Segment, blocks: Sequence[Block], evidence: Sequence[Evidence]) -> list[Block] | None:
    """The reduction with the lines themselves wherever a block lost evidence; None where that would not mend it.

    One line that a form misjudges should cost its block, not an output of a hundred thousand tokens.
    """
    if _uncovered(segment, blocks):
        return None
    lost = {index for index, _ in _lost(segment, blocks, evidence)}
    if any(blocks[index].is_pointed_at for index in lost if index >= 0):
        return None
    whole = [
        keep(block.start, block.end, Rank.EVIDENCE) if index in lost else block for index, block in enumerate(blocks)
    ]
    return None if broken_promise(segment, whole, evidence) else whole


def _uncovered(segment: Segment, blocks: Sequence[Block]) -> str:
    position = 0
    for block in blocks:
        if block.start != position or block.end <= block.start:
            return f"lines {position}-{block.start} are covered twice or not at all"
        position = block.end
    return "" if position == len(segment.lines) else f"lines after {position} are not covered"


def _lost(segment: Segment, blocks: Sequence[Block], evidence: Sequence[Evidence]) -> Iterable[tuple[int, str]]:
    """Each block (by its index, -1 for none) that does not print evidence of its lines, and what that is."""
    lines, total = segment.lines, len(segment.lines)
    index = near = reach = 0
    text, shown_index = "", -1
    pieces = _Pieces("")
    known: set[str] = set()
    for item in sorted(evidence, key=attrgetter("place")):
        place, parts = item.place, item.parts
        if not 0 <= place < total:
            yield -1, f"evidence names line {place}, which does not exist"
            continue
        while blocks[index].end <= place:
            index += 1
        printed = blocks[index].shown
        if printed is None and _holds(lines[place], parts):
            continue
        if shown_index != index:
            start, end = blocks[index].start, blocks[index].end
            text = "\n".join(lines[start:end] if printed is None else printed)
            pieces, known, near, reach, shown_index = _Pieces(text), set(), 0, 0, index
        for part in parts:
            if part in known:  # a path is a part of every line that names it
                continue
            # Evidence mostly stands in its order: just behind where the last was found.
            at = text.find(part, near, near + reach + _NEAR_CHARS + len(part))
            if at < 0 and part not in pieces.known:
                at = text.find(part, near)
                if at < 0 and part not in text:
                    yield index, f"evidence of line {segment.first + item.line + 1} is gone: {part[:80]!r}"
                    continue
            if at >= 0:
                near, reach = at, len(part)
            known.add(part)


_NEAR_CHARS = 500
_SHORT_CHARS = 10_000
"""A text this short is looked through as fast as it is taken apart."""
_AS_SPACES = bytes.maketrans(b",;()", b" " * 4)


def _holds(line: str, parts: Sequence[str]) -> bool:
    for part in parts:  # noqa: SIM110 - `all` costs twice as much here, thirty thousand times
        if part is not line and part not in line:
            return False
    return True


class _Pieces:
    """A printed text by its lines, what they say behind a place, and its words: for evidence told in another order.

    Only what is none of these is looked for in the whole text: thousands of places told in another order would else be
    thousands of walks through it.
    """

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def known(self) -> frozenset[str]:
        if len(self._text) < _SHORT_CHARS:
            return frozenset()
        lines = self._text.split("\n")
        spaced = self._text.encode("utf-8", "surrogatepass").translate(_AS_SPACES).decode("utf-8", "surrogatepass")
        return frozenset((
            *[line.strip() for line in lines],
            *[line.partition(": ")[2] for line in lines],
            *[word.rstrip(":") for word in spaced.split()],
        ))  # fmt: skip
