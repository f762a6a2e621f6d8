"""Diffs: unified, git's own, combined, word diffs, and the logs and statistics that come with them.

How each kind of diff is written, what of it must survive and what is shown are in a file of its own: unified (with
its hunks in patch.py), plain (normal and context diffs), side_by_side, blame, blame_porcelain.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sidecar.compression.forms.diff.blame import blame_evidence, blame_parts, blame_reduced, blame_share
from sidecar.compression.forms.diff.blame_porcelain import is_porcelain, porcelain_evidence, porcelain_reduced
from sidecar.compression.forms.diff.commits import is_summary
from sidecar.compression.forms.diff.lines import (
    CHANGED,
    COMMIT,
    HEADER,
    HUNK,
    OTHER,
    RAW_LINE,
    STAT_TOTAL,
    initials_of,
    is_word_diff,
    kinds_of,
)
from sidecar.compression.forms.diff.parts import unified_parts
from sidecar.compression.forms.diff.plain import MARKS, plain_evidence, plain_parts, plain_reduced, plain_share
from sidecar.compression.forms.diff.side_by_side import is_side_by_side, side_by_side_evidence, side_by_side_reduced
from sidecar.compression.forms.diff.unified import unified_evidence, unified_reduced
from sidecar.compression.kept import kept
from sidecar.compression.literals import literals_in
from sidecar.compression.vocabulary import Block, Evidence, Extent, Form, Part, Segment

__all__ = ["FORM"]

_HUNK_BEGINS = "@@ -"
_HEADS = (_HUNK_BEGINS, "diff -", "\ncommit ")
_CHANGED_FILES = (" files changed", " file changed")
_NEWLINE = ord("\n")
_CONTEXT_LINES = 3


class _Dialect(NamedTuple):
    """What is done with one kind of diff."""

    evidence: Callable[[Segment], list[Evidence]]
    reduce: Callable[[Segment], list[Block]]
    parts: Callable[[Segment], list[Part]] = lambda _: []


_BLAME = _Dialect(blame_evidence, blame_reduced, blame_parts)
_PORCELAIN = _Dialect(porcelain_evidence, porcelain_reduced)
_SIDE_BY_SIDE = _Dialect(side_by_side_evidence, side_by_side_reduced)
_PLAIN = _Dialect(plain_evidence, plain_reduced, plain_parts)
_UNIFIED = _Dialect(unified_evidence, unified_reduced, unified_parts)


@kept
def _dialect(segment: Segment) -> _Dialect:
    """Which kind of diff it is, if it is a diff."""
    if blame_share(segment) > _BLAMED:
        return _BLAME
    if is_porcelain(segment.lines):
        return _PORCELAIN
    if is_side_by_side(segment):
        return _SIDE_BY_SIDE
    return _PLAIN if _plain_share(segment) else _UNIFIED


_BLAMED = 0.8


@kept
def _plain_share(segment: Segment) -> float:
    """How much a normal or context diff explains, where it is one: there is no hunk of a unified diff then."""
    return 0.0 if _HUNK_BEGINS in literals_in(segment) else plain_share(segment)


def _recognise(segment: Segment) -> float:
    dialect = _dialect(segment)
    if dialect is _PLAIN:
        return _sureness(_plain_share(segment))
    if dialect is not _UNIFIED:
        return 0.97
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
    return _sureness(1 - untold / total)


def _sureness(share: float) -> float:
    """How sure it is that a text is a diff that explains this share of its lines."""
    return 0.97 if share > 0.85 else 0.85 if share > 0.6 else 0.6 if share > 0.25 else 0.3


def _summaries(segment: Segment, kinds: bytearray) -> int:
    """How many lines say that a file came or went."""
    return sum(1 for kind, line in zip(kinds, segment.lines, strict=True) if not kind and is_summary(line))


def _totals(segment: Segment) -> bool:
    """Whether the total of a statistic stands in the text: "3 files changed, 5 insertions(+)"."""
    text = segment.text
    for literal in literals_in(segment).intersection(_CHANGED_FILES):
        at = -1
        while (at := text.find(literal, at + 1)) >= 0:
            if STAT_TOTAL.match(text, text.rfind("\n", 0, at) + 1, at + len(literal)):
                return True
    return False


def _extent(segment: Segment) -> Extent:
    """Nothing says where the last hunk of a word diff ends but what mostly stands below a change."""
    if is_word_diff(segment):
        changed = kinds_of(segment).rfind(CHANGED)
        return Extent(0, min(len(segment.lines), changed + 1 + _CONTEXT_LINES))
    return Extent(0, len(segment.lines))


FORM = Form(
    "diff",
    _recognise,
    evidence=lambda segment: _dialect(segment).evidence(segment),
    reduce=lambda segment: _dialect(segment).reduce(segment),
    parts=lambda segment: _dialect(segment).parts(segment),
    sought=(*_HEADS, *_CHANGED_FILES, *MARKS),
    extent=_extent,
)
