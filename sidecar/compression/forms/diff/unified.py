"""Unified diffs with the commits and statistics around them: `git log -p`, `git show --stat`, a patch by itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sidecar.compression.forms.diff.commits import LONG_LOG, Authors, is_summary, statistics, summaries
from sidecar.compression.forms.diff.evidence import diff_evidence
from sidecar.compression.forms.diff.lines import (
    COMMIT,
    COMMIT_LINE,
    HUNK,
    MESSAGE,
    OTHER,
    STAT,
    initials_of,
    kinds_of,
)
from sidecar.compression.forms.diff.patch import STRETCH, patch
from sidecar.compression.forms.diff.repeats import repeats_of
from sidecar.compression.vocabulary import Block, Evidence, Rank, Segment

__all__ = ["unified_evidence", "unified_reduced"]

_WORTH_CHARS = 60
"""What leaving something out must save to pay for its marker and the reader's trouble."""
_NEWLINE = ord("\n")


def unified_evidence(segment: Segment) -> list[Evidence]:
    """Every changed line, header and hunk; of a commit its name, as much of it as a log prints."""
    return diff_evidence(segment, abbreviated=_is_long_log(segment) or _has_many_commits(segment))


def unified_reduced(segment: Segment) -> list[Block]:
    """The commits alone where there is nothing else; else these, statistics and patches in their order."""
    lines = segment.lines
    kinds = kinds_of(segment)
    if _is_long_log(segment):
        starts = [index for index, kind in enumerate(kinds) if kind == COMMIT and COMMIT_LINE.match(lines[index])]
        return list(Authors().log(lines, starts, [_end_of_commit(lines, kinds, start + 1) for start in starts]))
    if _has_many_commits(segment):
        return list(_sharing(lines, _commits_and_patches(segment, is_log=True)))
    return _commits_and_patches(segment, is_log=False)


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
            blocks.extend(patch(lines, kinds, start, index, repeats_of(segment), worth=worth))
    return blocks


def _sharing(lines: Sequence[str], blocks: Iterable[Block]) -> Iterable[Block]:
    """Blocks of a log, one marker for as many as stand on a screen; a commit stays with what follows it."""
    held: list[Block] = []
    shown: list[str] = []
    for block in blocks:
        if len(shown) >= STRETCH and lines[block.start].startswith("commit "):
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
