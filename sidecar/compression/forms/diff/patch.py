"""The files and hunks of a unified diff: changed lines, and of their context the line above each.

    diff --git a/x b/x        shown           a stretch of some files ends with one marker:
    index 1f..2e 100644       left out        [... of lines 1-60: unchanged context (~6: 6 lines of it), index lines]
    --- a/x                   said above
    +++ b/x                   said above
    @@ -10,20 +10,20 @@ f     shown
     far                      left out
     near                     shown
    -old                      shown
     far, far, ...            ~6
     near                     shown
    +new                      shown

Every changed line stays, and of its context the line above it, which says where an addition goes: more of it helps
little to understand a change, and the file itself is there. What lies between two changes of one hunk is counted
in its place. Changed lines that come again are pointed at (repeats.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sidecar.compression.forms.diff.lines import BINARY, CHANGED, CONTEXT, HEADER, HUNK, INDEX, RESTATED
from sidecar.compression.forms.diff.repeats import WINDOW, Repeats
from sidecar.compression.vocabulary import Block, Rank, keep

__all__ = ["STRETCH", "patch"]

_SHORT_CHARS = 8
"""A line between two changes that is shorter than this is shown: its count would cost as much."""
_RUNS = re.compile(rb"%b+|%b+|[^%b%b]" % ((bytes((CHANGED,)), bytes((CONTEXT,))) * 2), re.DOTALL)
"""Kinds of lines: runs of changed lines, runs of context, any other by itself."""
STRETCH = 40
"""After so many lines shown a block ends with its file, and after three times as many with its hunk."""


def patch(
    lines: Sequence[str], kinds: bytearray, start: int, end: int, repeats: Repeats, *, worth: int
) -> Iterable[Block]:
    """Files and their hunks, a handful of files or a long file's handful of hunks a block, each with one marker.

    *worth* is what leaving something out must save, in characters.
    """
    begun = start
    shown: list[str] = []
    draft = _Draft(repeats)
    for run in _RUNS.finditer(kinds, start, end):
        index, after = run.span()
        kind = kinds[index]
        if kind == CONTEXT:
            draft.context(lines, kinds, index, after, shown)
            continue
        if kind == CHANGED:
            while (
                after - index + len(shown) > WINDOW and (cut := repeats.past(index - index % WINDOW + WINDOW)) < after
            ):
                draft.changed(lines, index, cut, shown)
                yield draft.block(begun, cut, shown, worth)
                begun, index, shown, draft = cut, cut, [], _Draft(repeats)
            draft.changed(lines, index, after, shown)
            continue
        begins = kind == HEADER and lines[index].startswith(("diff ", "Index: "))
        if (begins and len(shown) >= STRETCH) or (
            kind == HUNK and len(shown) >= 3 * STRETCH and not _heads(kinds, index)
        ):
            yield draft.block(begun, index, shown, worth)
            begun, shown, draft = index, [], _Draft(repeats)
        if kind == INDEX:
            draft.leave_out(lines[index], "index lines" if lines[index][0] == "i" else "")
        elif kind == RESTATED:
            draft.leave_out(lines[index], "dates" if "\t" in lines[index].rstrip("\t") else "")
        elif kind == BINARY:
            draft.leave_out(lines[index], "data of binary files")
        else:
            shown.append(lines[index])
    if begun < end:
        yield draft.block(begun, end, shown, worth)


def _heads(kinds: bytearray, index: int) -> bool:
    """Whether a hunk is the first of its file: its header is needed above it."""
    return index > 0 and kinds[index - 1] in {HEADER, RESTATED, INDEX}


class _Draft:
    """A block in the making: what has been left out of it so far, and how much that saves."""

    def __init__(self, repeats: Repeats) -> None:
        self.repeats = repeats
        self.saved = 0
        self.reasons: dict[str, None] = {}
        self.counts = False
        self.is_pointed_at = False
        self.pointer = ""

    def leave_out(self, line: str, reason: str) -> None:
        self.saved += len(line) + 1
        if reason:
            self.reasons[reason] = None

    def changed(self, lines: Sequence[str], start: int, end: int, shown: list[str]) -> None:
        """Changed lines [start, end): those that came before as a pointer, those that come again under a label."""
        again = self.repeats.again
        if not again:
            shown.extend(lines[start:end])
            return
        while start < end:
            if start in again:
                self.pointer = self.pointer or self.repeats.pointer(start)
                shown.append(self.repeats.pointer(start))
                start += again[start][1]
                continue
            if start in self.repeats.sources:
                self.is_pointed_at = True
                shown.append(self.repeats.label(start))
            shown.append(lines[start])
            start += 1

    def context(self, lines: Sequence[str], kinds: bytearray, start: int, end: int, shown: list[str]) -> None:
        """Unchanged lines [start, end): the one above a change shown, the others of two changes in one hunk counted."""
        follows = start > 0 and kinds[start - 1] == CHANGED
        leads = end < len(lines) and kinds[end] == CHANGED
        last = end - (leads and bool(lines[end - 1].strip()))
        if follows and leads and last - start == 1 and len(lines[start]) < _SHORT_CHARS:
            last = start
        if last > start:
            self.saved += sum(map(len, lines[start:last])) + last - start
            self.reasons["unchanged context"] = None
            if follows and leads:
                shown.append(f"~{last - start}")
                self.counts = True
        shown.extend(lines[last:end])

    def block(self, start: int, end: int, shown: Sequence[str], worth: int) -> Block:
        reasons = ", ".join(self.reasons)
        if self.counts:
            reasons = reasons.replace("context", "context (~3: 3 lines of it)")
        if self.pointer:
            label, _, count = self.pointer[1:].partition("+")
            told = f"repeated changes ({self.pointer}: the {count} lines below {label}: again)"
            reasons = f"{reasons}, {told}" if reasons else told
        elif self.reasons and self.saved < worth:
            if not self.is_pointed_at:
                return keep(start, end, Rank.EVIDENCE)
        elif not self.saved and not self.is_pointed_at:
            return keep(start, end, Rank.EVIDENCE)
        return Block(start, end, tuple(shown), reasons, Rank.EVIDENCE, is_pointed_at=self.is_pointed_at)
