"""`git blame`, `svn blame`-like columns: who changed each line last; a commit is said once for its neighbours.

    1c015ae5 (Cy Dee  2026-01-03 12:02:00 +0200 1) import os      1c015ae5 (Cy Dee 2026-01-03 12:02:00 +0200)
    1c015ae5 (Cy Dee  2026-01-03 12:02:00 +0200 2) import stat    1) import os
    4b2780c4 (Ann Lee 2026-02-06 13:03:00 +0200 3) import sys  -> 2) import stat
    1c015ae5 (Cy Dee  2026-01-03 12:02:00 +0200 4) import re      4b2780c4 (Ann Lee 2026-02-06 13:03:00 +0200)
                                                                  3) import sys
                                                                  1c015ae5
                                                                  4) import re

Every line of the file stays, and every commit with its author and time.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from sidecar.compression.kept import kept
from sidecar.compression.vocabulary import Block, Evidence, Part, Rank, Segment, keep, note

__all__ = ["blame_evidence", "blame_parts", "blame_reduced", "blame_share"]

_HASH = re.compile(r"\^?[0-9a-f]{7,64} ")
_TIMED = re.compile(
    r"(\S.*?) +(\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\d [+-]\d{4})?|\d{9,10} [+-]\d{4}|\d{1,3} [a-z, \d]{3,40} ago) +(\d+)$"
)
_UNSIGNED = re.compile(r"\^?[0-9a-f]{7,64} (?:[\w./-]{1,200} )? *(?P<number>\d{1,7})\)(?: |$)")
"""`git blame -s` tells neither who nor when."""
_PLACE_CHARS = 300
_BLOCK = 60


class _Blamed(NamedTuple):
    """A line taken apart: its commit (and path, where it moved), who and when, its number, its text."""

    commit: str
    who: str
    number: str
    text: str


def _blamed(line: str) -> _Blamed | None:
    if not _HASH.match(line):
        return None
    if unsigned := _UNSIGNED.match(line):
        place, _, text = line.partition(")")
        return _Blamed(" ".join(place.split()[:-1]), "", unsigned["number"], text)
    opened = line.find("(", 0, _PLACE_CHARS)
    closed = line.find(")", opened, opened + _PLACE_CHARS)
    if opened < 0 or closed < 0:
        return None
    match = _TIMED.match(line[opened + 1 : closed])
    if match is None:
        return None
    return _Blamed(" ".join(line[:opened].split()), f"{match[1]} {match[2]}", match[3], line[closed + 1 :])


@kept
def _read(segment: Segment) -> list[_Blamed | None]:
    """Each line taken apart; read once and kept with the segment, as its text is."""
    return list(map(_blamed, segment.lines))


def blame_share(segment: Segment) -> float:
    """How many of the lines are blamed on a commit; the first ones are looked at before the others."""
    lines = segment.lines
    if not any(map(_blamed, lines[:3])):
        return 0.0
    read = _read(segment)
    return (len(read) - read.count(None)) / max(1, sum(map(bool, lines)))


def blame_evidence(segment: Segment) -> list[Evidence]:
    """Each line's commit, number and text, whoever wrote it; every line of another kind."""
    found: list[Evidence] = []
    for index, line in enumerate(segment.lines):
        place, closed, text = line.partition(")")
        if closed and _blamed(line) is not None:
            parts = (place.split(" ", 1)[0], f"{place.rsplit(' ', 1)[-1]})", text)
            found.append(Evidence(index, tuple(part for part in parts if part)))
        elif line:
            found.append(Evidence(index, (line,)))
    return found


def blame_reduced(segment: Segment) -> list[Block]:
    lines = segment.lines
    read = _read(segment)
    known: dict[str, str] = {}
    blocks: list[Block] = []
    index = 0
    while index < len(lines):
        if read[index] is None:
            blocks.append(keep(index, index + 1, Rank.EVIDENCE))
            index += 1
            continue
        end = index
        shown: list[str] = []
        commit = ""
        while end < len(lines) and end - index < _BLOCK and (one := read[end]) is not None:
            if one.commit != commit:
                commit = one.commit
                shown.append(commit if known.get(commit, "") == one.who else f"{commit} ({one.who})")
                known[commit] = one.who
            shown.append(f"{one.number}){one.text}")
            end += 1
        blocks.append(note(index, end, shown, Rank.EVIDENCE))
        index = end
    return blocks


def blame_parts(segment: Segment) -> list[Part]:
    """Each run of lines of one commit."""
    found: list[Part] = []
    start = 0
    read = _read(segment)
    for index in range(1, len(read) + 1):
        one, before = (read[index] if index < len(read) else None), read[index - 1]
        if one is not None and before is not None and one.commit == before.commit:
            continue
        if before is not None:
            who = f" ({before.who})" if before.who else ""
            said = f"{before.commit}{who} {index - start} lines"
            found.append(Part("commit", before.commit, start, index, said))
        start = index
    return found
