"""Diffs: unified, git's own, combined, word diffs, and the logs and statistics that come with them.

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
from collections.abc import Iterable, Iterator, Sequence

from sidecar.compression.forms.diff.blame import blame_evidence, blame_parts, blame_reduced, blame_share
from sidecar.compression.forms.diff.blame_porcelain import is_porcelain, porcelain_evidence, porcelain_reduced
from sidecar.compression.forms.diff.commits import LONG_LOG, Authors, is_summary, statistics, summaries
from sidecar.compression.forms.diff.evidence import commit_subject, diff_evidence
from sidecar.compression.forms.diff.lines import (
    BINARY,
    CHANGED,
    COMMIT,
    COMMIT_LINE,
    CONTEXT,
    HEADER,
    HUNK,
    INDEX,
    MESSAGE,
    OTHER,
    RAW_LINE,
    RESTATED,
    STAT,
    STAT_TOTAL,
    initials_of,
    is_word_diff,
    kinds_of,
)
from sidecar.compression.forms.diff.plain import MARKS, plain_evidence, plain_parts, plain_reduced, plain_share
from sidecar.compression.forms.diff.repeats import WINDOW, Repeats, repeats_of
from sidecar.compression.forms.diff.side_by_side import is_side_by_side, side_by_side_evidence, side_by_side_reduced
from sidecar.compression.kept import kept
from sidecar.compression.literals import literals_in
from sidecar.compression.vocabulary import Block, Evidence, Extent, Form, Part, Rank, Segment, keep

__all__ = ["FORM"]

_HUNK_BEGINS = "@@ -"
_HEADS = (_HUNK_BEGINS, "diff -", "\ncommit ")
_CHANGED_FILES = (" files changed", " file changed")
_WORTH_CHARS = 60
"""What leaving something out must save to pay for its marker and the reader's trouble."""
_SHORT_CHARS = 8
"""A line between two changes that is shorter than this is shown: its count would cost as much."""
_NEWLINE = ord("\n")
_RUNS = re.compile(rb"%b+|%b+|[^%b%b]" % ((bytes((CHANGED,)), bytes((CONTEXT,))) * 2), re.DOTALL)
"""Kinds of lines: runs of changed lines, runs of context, any other by itself."""
_STRETCH = 40
"""After so many lines shown a block ends with its file, and after three times as many with its hunk."""


def _recognise(segment: Segment) -> float:
    if _is_blame(segment) or is_porcelain(segment.lines) or is_side_by_side(segment):
        return 0.97
    share = _plain(segment)
    if share:
        return 0.97 if share > 0.85 else 0.85 if share > 0.6 else 0.6 if share > 0.25 else 0.3
    text = segment.text
    is_total = _totals(segment)
    is_raw = text.startswith(":") and RAW_LINE.match(segment.lines[0]) is not None
    if literals_in(segment).isdisjoint(_HEADS) and not (text.startswith("commit ") or is_total or is_raw):
        return 0.0
    kinds = kinds_of(segment)
    initials = initials_of(segment)
    total = len(initials) - initials.count(b"\n")
    untold = 0
    if OTHER in kinds:
        untold = sum(1 for kind, first in zip(kinds, initials, strict=True) if not kind and first != _NEWLINE)
        untold -= _summaries(segment, kinds) if is_total else 0
    if total == untold or not (HUNK in kinds or COMMIT in kinds or HEADER in kinds or is_total or is_raw):
        return 0.0
    hunks = kinds.count(HUNK)
    orphans = kinds.count(bytes((OTHER, HUNK)))
    if orphans * 2 > hunks:
        return 0.3
    share = 1 - untold / total
    return 0.97 if share > 0.85 else 0.85 if share > 0.6 else 0.6 if share > 0.25 else 0.3


def _summaries(segment: Segment, kinds: bytearray) -> int:
    """How many lines say that a file came or went."""
    return sum(1 for kind, line in zip(kinds, segment.lines, strict=True) if not kind and is_summary(line))


@kept
def _plain(segment: Segment) -> float:
    """How much a normal or context diff explains, where it is one: there is no hunk of a unified diff then."""
    return 0.0 if _HUNK_BEGINS in literals_in(segment) else plain_share(segment)


@kept
def _is_blame(segment: Segment) -> bool:
    return blame_share(segment) > 0.8


def _is_long_log(segment: Segment) -> bool:
    """Whether there are many commits, with their messages and statistics alone: then each name is abbreviated."""
    kinds = kinds_of(segment)
    told = kinds.count(COMMIT) + kinds.count(MESSAGE) + kinds.count(STAT)
    return (
        kinds.count(COMMIT) >= LONG_LOG
        and (told == len(kinds) or told + _blank_others(segment, kinds) == len(kinds))
        and COMMIT_LINE.match(segment.lines[0]) is not None
        and segment.text.count("\ncommit ") + 1 >= LONG_LOG
    )


def _has_many_commits(segment: Segment) -> bool:
    """Whether there are several commits with their patches: names are abbreviated then too, and share a marker."""
    kinds = kinds_of(segment)
    is_log = HUNK in kinds and COMMIT_LINE.match(segment.lines[0]) is not None
    return is_log and segment.text.count("\ncommit ") + 1 >= LONG_LOG


def _blank_others(segment: Segment, kinds: bytearray) -> int:
    initials = initials_of(segment)
    return sum(1 for kind, first in zip(kinds, initials, strict=True) if not kind and first == _NEWLINE)


def _totals(segment: Segment) -> bool:
    """Whether the total of a statistic stands in the text: "3 files changed, 5 insertions(+)"."""
    text = segment.text
    for literal in literals_in(segment).intersection(_CHANGED_FILES):
        at = -1
        while (at := text.find(literal, at + 1)) >= 0:
            if STAT_TOTAL.match(text, text.rfind("\n", 0, at) + 1, at + len(literal)):
                return True
    return False


def _evidence(segment: Segment) -> list[Evidence]:
    if _is_blame(segment):
        return blame_evidence(segment)
    if is_porcelain(segment.lines):
        return porcelain_evidence(segment)
    if is_side_by_side(segment):
        return side_by_side_evidence(segment)
    if _plain(segment):
        return plain_evidence(segment)
    return diff_evidence(segment, abbreviated=_is_long_log(segment) or _has_many_commits(segment))


def _reduce(segment: Segment) -> list[Block]:
    if _is_blame(segment):
        return blame_reduced(segment)
    if is_porcelain(segment.lines):
        return porcelain_reduced(segment)
    if is_side_by_side(segment):
        return side_by_side_reduced(segment)
    if _plain(segment):
        return plain_reduced(segment)
    lines = segment.lines
    kinds = kinds_of(segment)
    if _is_long_log(segment):
        starts = [index for index, kind in enumerate(kinds) if kind == COMMIT and COMMIT_LINE.match(lines[index])]
        return list(Authors().log(lines, starts, [_end_of_commit(lines, kinds, start + 1) for start in starts]))
    if _has_many_commits(segment):
        return list(_sharing(lines, _commits_and_patches(segment, is_log=True)))
    return _commits_and_patches(segment, is_log=False)


def _commits_and_patches(segment: Segment, *, is_log: bool) -> list[Block]:
    """Each commit, statistic and patch; in a log commits are abbreviated and a patch need not pay for its marker."""
    lines = segment.lines
    kinds = kinds_of(segment)
    authors = Authors()
    blocks: list[Block] = []
    index = 0
    while index < len(lines):
        start = index
        if kinds[index] == COMMIT:
            index = _end_of_commit(lines, kinds, index + 1)
            blocks.append(authors.commit(lines[start:index], start, is_abbreviated=is_log))
        elif kinds[index] == STAT:
            while index < len(lines) and kinds[index] == STAT:
                index += 1
            blocks.extend(statistics(lines, start, index))
        elif kinds[index] == OTHER and is_summary(lines[index]):
            while index < len(lines) and kinds[index] == OTHER and is_summary(lines[index]):
                index += 1
            blocks.extend(summaries(lines, start, index))
        else:
            index += 1
            while index < len(lines) and kinds[index] not in (COMMIT, STAT) and not is_summary(lines[index]):
                index += 1
            worth = 0 if is_log else _WORTH_CHARS
            blocks.extend(_patch(lines, kinds, start, index, repeats_of(segment), worth=worth))
    return blocks


def _sharing(lines: Sequence[str], blocks: Iterable[Block]) -> Iterable[Block]:
    """Blocks of a log, one marker for as many as stand on a screen; a commit stays with what follows it."""
    held: list[Block] = []
    shown: list[str] = []
    for block in blocks:
        if len(shown) >= _STRETCH and lines[block.start].startswith("commit "):
            yield _shared(held, shown)
            held, shown = [], []
        held.append(block)
        shown += lines[block.start : block.end] if block.shown is None else block.shown
    if held:
        yield _shared(held, shown)


def _shared(blocks: Sequence[Block], shown: Sequence[str]) -> Block:
    whats: dict[str, str] = {}
    for what in (what for block in blocks for what in block.what.split(", ") if what):
        kind = what.partition(" (")[0]
        whats[kind] = max(whats.get(kind, what), what, key=len)
    is_pointed_at = any(block.is_pointed_at for block in blocks)
    what = ", ".join(whats.values())
    return Block(
        blocks[0].start, blocks[-1].end, tuple(filter(None, shown)), what, Rank.EVIDENCE, is_pointed_at=is_pointed_at
    )


def _end_of_commit(lines: Sequence[str], kinds: Sequence[int], index: int) -> int:
    while index < len(lines) and kinds[index] in {MESSAGE, COMMIT} and not COMMIT_LINE.match(lines[index]):
        index += 1
    return index


def _patch(
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
        if (begins and len(shown) >= _STRETCH) or (
            kind == HUNK and len(shown) >= 3 * _STRETCH and not _heads(kinds, index)
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


def _parts(segment: Segment) -> list[Part]:
    """Each commit to the next, and each file to the next, with how many lines were added and removed."""
    if _is_blame(segment):
        return blame_parts(segment)
    if is_porcelain(segment.lines) or is_side_by_side(segment):
        return []
    if _plain(segment):
        return plain_parts(segment)
    lines = segment.lines
    kinds = kinds_of(segment)
    begun: list[tuple[str, int]] = []
    for index, kind in enumerate(kinds):
        line = lines[index]
        if (kind == COMMIT and COMMIT_LINE.match(line)) or (kind == HEADER and _begins_file(lines, kinds, index)):
            begun.append(("commit" if kind == COMMIT else "file", index))
    initials = initials_of(segment)
    found: list[Part] = []
    following = end_of_commit = len(lines)
    for kind_of_part, index in reversed(begun):
        if kind_of_part == "commit":
            subject = next((item.parts[0] for item in commit_subject(lines, index)), "")
            said = f"{lines[index]} {subject}".rstrip()
            found.append(Part("commit", lines[index].split()[1], index, end_of_commit, said))
            end_of_commit = index
        else:
            changed = [initials[other] for other in range(index, following) if kinds[other] == CHANGED]
            path = _path(lines, index, following)
            how = ", ".join(_how_changed(lines[index + 1 : min(following, index + _HEADER_LINES)]))
            told = f"{path}: {how}{' ' if how else ''}(+{changed.count(ord('+'))} -{changed.count(ord('-'))})"
            found.append(Part("file", path, index, following, told))
        following = index
    return found[::-1]


def _begins_file(lines: Sequence[str], kinds: bytearray, index: int) -> bool:
    line = lines[index]
    if line.startswith(("diff -", "Index: ")):
        return True
    return line.startswith("--- ") and (index == 0 or kinds[index - 1] not in {HEADER, INDEX})


_HEADER_LINES = 8
_CHANGED_HOW = re.compile(
    r"(?P<what>new file|deleted file)|(?P<renamed>rename|copy) from (?P<old>.+)|(?P<mode>new mode \d+)"
    r"|Binary files|GIT binary patch"
)


def _how_changed(header: Sequence[str]) -> Iterator[str]:
    """What git says of a file above its lines: that it is new, gone, renamed, binary."""
    for line in header:
        if line.startswith(("@@", "--- ", "+++ ")):
            return
        if found := _CHANGED_HOW.match(line):
            renamed = f"{found['renamed']} from {found['old']}" if found["renamed"] else "binary"
            yield found["what"] or found["mode"] or renamed


def _path(lines: Sequence[str], start: int, end: int) -> str:
    """The path a file has now, or had where it was deleted, without git's `a/` and `b/`."""
    old = ""
    for line in lines[start : min(end, start + _HEADER_LINES)]:
        if line.startswith(("Index: ", "rename to ", "copy to ")):
            return line.split(" ", 2 if line[0] != "I" else 1)[-1]
        if line.startswith(("--- ", "+++ ")):
            path = line[4:].partition("\t")[0]
            if path != "/dev/null":
                old = path[2:] if path.startswith(("a/", "b/")) else path
            if line[0] == "+":
                return old
    header = lines[start]
    return old or (header.rpartition(" b/")[2] if " b/" in header else header.rpartition(" ")[2])


def _extent(segment: Segment) -> Extent:
    """Nothing says where the last hunk of a word diff ends but what mostly stands below a change."""
    if is_word_diff(segment):
        changed = kinds_of(segment).rfind(CHANGED)
        return Extent(0, min(len(segment.lines), changed + 1 + _CONTEXT_LINES))
    return Extent(0, len(segment.lines))


_CONTEXT_LINES = 3


FORM = Form("diff", _recognise, _evidence, _reduce, _parts, sought=(*_HEADS, *_CHANGED_FILES, *MARKS), extent=_extent)
