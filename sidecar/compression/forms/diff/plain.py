"""The older formats of diff: normal and context, alone or under the headers of `diff -r`.

    3,4c3          kept: a command           *** old/a.py  2026-11-23   kept
    < import os    kept                      --- new/a.py  2026-11-23   kept
    < import re    kept                      ***************            kept
    ---            kept                      *** 7,9 ****               kept
    > import sys   kept                        far                      left out
                                               near                     kept
                                             ! old                      kept
                                             --- 7,9 ----               kept
                                               near                     left out: it stands above
                                             ! new                      kept

A normal diff has nothing but changed lines, and a context diff prints what surrounds them twice: of that the line
above each change stays, once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sidecar.compression.kept import kept
from sidecar.compression.literals import literals_in
from sidecar.compression.vocabulary import Block, Evidence, Part, Rank, Segment, keep

__all__ = ["MARKS", "plain_evidence", "plain_parts", "plain_reduced", "plain_share"]

_COMMAND = re.compile(r"(\d+)(?:,(\d+))?([acd])(\d+)(?:,(\d+))?$")
_STARS = "***************"
_STARRED = f"{_STARS}\n*** "
_CHANGES = ("\n< ", "\n> ")
MARKS = (_STARRED, *_CHANGES)
"""Literals of which a normal or a context diff has at least one."""
_OLD = re.compile(r"\*\*\* (\d+)(?:,(\d+))? \*\*\*\*$")
_NEW = re.compile(r"--- (\d+)(?:,(\d+))? ----$")
_HEADERS = (
    "diff -", "Index: ", "Only in ", "Binary files ", "Files ", "*** ", "--- ", "=========", "\\ ", "File ",
    "Common subdirector",
)  # fmt: skip
_BARE_MARKS = frozenset("<>!+-")
"""A changed line that is empty, from a diff that writes no blank behind its mark."""
_TRIED = 20
"""So many lines that begin like a changed one are looked at for the command above them."""
_BLOCK = 120
"""After so many lines a block ends, with its hunk or, in a long one, at once."""
_WORTH_CHARS = 60
"""What leaving something out must save to pay for its marker."""

_OTHER, _FRAME, _CHANGED, _CONTEXT = range(4)


def plain_share(segment: Segment) -> float:
    """How many of the lines a normal or a context diff explains; 0 where no hunk of either begins."""
    text = segment.text
    if literals_in(segment).isdisjoint(MARKS) or not (_has_stars(text) or _has_command(text)):
        return 0.0
    kinds = _kinds(segment)
    total = sum(map(bool, segment.lines))
    told = sum(1 for kind, line in zip(kinds, segment.lines, strict=True) if kind and line)
    return told / total if total and _CHANGED in kinds else 0.0


def _has_stars(text: str) -> bool:
    at = text.find(_STARRED)
    return at >= 0 and (at == 0 or text[at - 1] == "\n") and _OLD.match(_line(text, at + len(_STARS) + 1)) is not None


def _has_command(text: str) -> bool:
    """Whether a line like `3,4c3` stands above the first changed lines, or above one of the next few."""
    for mark in _CHANGES:
        at = text.find(mark)
        for _ in range(_TRIED):
            if at < 0:
                break
            if _COMMAND.match(text[text.rfind("\n", max(0, at - 40), at) + 1 : at]):
                return True
            at = text.find(mark, at + 1)
    return False


def _line(text: str, start: int) -> str:
    end = text.find("\n", start, start + 200)
    return text[start : end if end >= 0 else start + 200]


@kept
def _kinds(segment: Segment) -> bytearray:
    """What each line is, read once and kept with the segment, as its text is."""
    return _read(segment.lines)


def _read(lines: Sequence[str]) -> bytearray:
    """Follows commands and ranges: a hunk is read for as long as its numbers say."""
    kinds = bytearray(len(lines))
    index = 0
    while index < len(lines):
        line = lines[index]
        first = line[:1]
        if first.isdigit() and (command := _COMMAND.match(line)):
            index = _normal(lines, kinds, index, command)
        elif first == "*" and line == _STARS:
            kinds[index] = _FRAME
            index = _half(lines, kinds, index + 1, _OLD)
            index = _half(lines, kinds, index, _NEW)
        else:
            if first and line.startswith(_HEADERS):
                kinds[index] = _FRAME
            index += 1
    return kinds


def _normal(lines: Sequence[str], kinds: bytearray, index: int, command: re.Match[str]) -> int:
    """The end of a hunk `3,4c3`: so many `<`, and where lines were changed `---` and so many `>`."""
    old = _length(command[1], command[2]) if command[3] != "a" else 0
    new = _length(command[4], command[5]) if command[3] != "d" else 0
    start = index
    index += 1
    for mark, count in (("<", old), (">", new)):
        if mark == ">" and old and new and index < len(lines) and lines[index] == "---":
            kinds[index] = _FRAME
            index += 1
        until = index + count
        while index < min(until, len(lines)) and lines[index][:1] == mark:
            kinds[index] = _CHANGED
            index += 1
        if index < len(lines) and lines[index].startswith("\\ "):
            kinds[index] = _CHANGED
            index += 1
    if index > start + 1:
        kinds[start] = _FRAME
    return index


def _half(lines: Sequence[str], kinds: bytearray, index: int, header: re.Pattern[str]) -> int:
    """The end of one half of a context hunk; what is wholly unchanged has no lines below its numbers."""
    if index >= len(lines) or (match := header.match(lines[index])) is None:
        return index
    kinds[index] = _FRAME
    left = _length(match[1], match[2])
    index += 1
    while index < len(lines) and left > 0:
        line = lines[index]
        if line.startswith(("! ", "+ ", "- ")) or (len(line) == 1 and line in _BARE_MARKS):
            kinds[index] = _CHANGED
        elif line.startswith("  ") or not line.strip():
            kinds[index] = _CONTEXT
        elif not line.startswith("\\ "):
            break
        else:
            kinds[index] = _CHANGED
            left += 1
        left -= 1
        index += 1
    if index < len(lines) and lines[index].startswith("\\ "):
        kinds[index] = _CHANGED
        index += 1
    return index


def _length(first: str, last: str | None) -> int:
    return max(int(last) - int(first) + 1, 0) if last is not None and len(last) < 10 and len(first) < 10 else 1


def plain_evidence(segment: Segment) -> list[Evidence]:
    """Every line that is not indented like context: changed lines, commands, headers, messages between them."""
    return [
        Evidence(index, (line,))
        for index, line in enumerate(segment.lines)
        if line.strip() and (line[0] != " " or not line.startswith("  "))
    ]


def plain_reduced(segment: Segment) -> list[Block]:
    return list(_blocks(segment.lines, _kinds(segment)))


def _blocks(lines: Sequence[str], kinds: bytearray) -> Iterable[Block]:
    start = saved = 0
    shown: list[str] = []
    near: str | None = None
    for index, kind in enumerate(kinds):
        line = lines[index]
        begins = kind == _FRAME and (line == _STARS or line[:1].isdigit() or line.startswith("diff "))
        if len(shown) >= _BLOCK and (begins or len(shown) >= 2 * _BLOCK):
            yield _block(start, index, shown, saved)
            start, saved, shown = index, 0, []
        if begins:
            near = None
        if kind == _CONTEXT:
            leads = index + 1 < len(kinds) and kinds[index + 1] == _CHANGED
            if not leads or not line.strip() or line == near:
                saved += len(line) + 1
                continue
            near = line
        shown.append(line)
    if start < len(lines):
        yield _block(start, len(lines), shown, saved)


def _block(start: int, end: int, shown: Sequence[str], saved: int) -> Block:
    if saved < _WORTH_CHARS:
        return keep(start, end, Rank.EVIDENCE)
    return Block(start, end, tuple(shown), "unchanged context", Rank.EVIDENCE)


def plain_parts(segment: Segment) -> list[Part]:
    """Each file to the next, with how many lines were marked in it."""
    lines = segment.lines
    kinds = _kinds(segment)
    begun = [index for index, kind in enumerate(kinds) if kind == _FRAME and _begins_file(lines, index)]
    found: list[Part] = []
    for index, end in zip(begun, (*begun[1:], len(lines)), strict=False):
        line = lines[index]
        path = line[4:].partition("\t")[0] if line.startswith("*** ") else line.rpartition(" ")[2]
        found.append(Part("file", path, index, end, f"{line} ({kinds.count(_CHANGED, index, end)} lines marked)"))
    return found


def _begins_file(lines: Sequence[str], index: int) -> bool:
    line = lines[index]
    if line.startswith(("diff -", "Index: ")):
        return True
    above = lines[index - 1] if index else ""
    return line.startswith("*** ") and not _OLD.match(line) and not above.startswith(("diff -", "Index: ", "========"))
