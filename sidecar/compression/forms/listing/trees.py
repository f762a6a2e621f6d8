"""Drawn trees and the columns of plain `ls`: branches become indentation, names of one folder share a line.

shop                    shop
├── README.md            README.md
├── docs                 docs
│   ├── a.rst      ->     a.rst b.rst
│   └── b.rst            src
└── src                   c.py
    └── c.py
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sidecar.compression.filling import filled
from sidecar.compression.kept import kept
from sidecar.compression.prefixes import between_numbers, folder_and_name, names_on_lines, ranged
from sidecar.compression.vocabulary import Block, Evidence, Rank, Segment, keep, note

__all__ = ["BRANCH", "branches_of", "names_evidence", "names_reduced", "sections", "tree_evidence", "tree_reduced"]

BRANCH = re.compile(
    "([│├└─┬┴╰\\s\u00a0]*[├└╰][─┬]+[ \u00a0]?|(?:[|] {3}| {4})*[|`+\\\\]-- "
    r"|(?:\[INFO\] )?(?:[|] {2}| {3})*[+\\]- (?=\S+:)|(?:[|] {4}| {5})*[+\\]--- )(.*)$"  # maven's, gradle's
)
_BRACKETED = re.compile(r"\[([^\]]{1,80})\]  ?(.*)$")
_CHUNK = 120
"""How many lines one block stands for, at most, so that a bound can cut between blocks."""
_WIDTH = 400


@kept
def branches_of(segment: Segment) -> list[re.Match[str] | None]:
    """Each line as a drawn branch; read once and kept with the segment, as its text is."""
    return list(map(BRANCH.match, segment.lines))


def tree_evidence(segment: Segment) -> list[Evidence]:
    found: list[Evidence] = []
    for index, (line, match) in enumerate(zip(segment.lines, branches_of(segment), strict=True)):
        name = match[2] if match is not None else line
        if match is not None and (name[:1] == "[" or "/" in name):
            cells, name = _bracketed(name)
            folder, base = folder_and_name(name)
            found.append(Evidence(index, tuple(part for part in (*cells.split(), folder.rstrip("/"), base) if part)))
        elif name:
            found.append(Evidence(index, (name,)))
    return found


def _bracketed(name: str) -> tuple[str, str]:
    """What `tree -h`, `-p`, `-s` write in brackets before a name, and the name."""
    match = _BRACKETED.match(name) if name[:1] == "[" else None
    return (" ".join(match[1].split()), match[2]) if match is not None else ("", name)


def tree_reduced(segment: Segment) -> list[Block]:
    lines = segment.lines
    branches = branches_of(segment)
    column_of = [match.start(2) if match is not None else -1 for match in branches]
    depths = {column: depth for depth, column in enumerate(sorted({-1, *column_of}))}
    depth_of = [depths[column] for column in column_of]
    blocks: list[Block] = []
    index = 0
    while index < len(lines):
        if branches[index] is None:
            blocks.append(keep(index, index + 1, Rank.EVIDENCE))
            index += 1
            continue
        end = index
        shown: list[str] = []
        while end < len(lines) and branches[end] is not None and end - index < _CHUNK:
            after = _leaves(branches, depth_of, end, index + _CHUNK)
            names = [match[2] for match in branches[end:after] if match is not None]
            shown += [" " * depth_of[end] + line for line in _written(names)]
            end = after
        blocks.append(note(index, end, shown, Rank.EVIDENCE))
        index = end
    return blocks


def _leaves(branches: Sequence[re.Match[str] | None], depth_of: Sequence[int], start: int, limit: int) -> int:
    """The end of a run of neighbours without children whose names have no spaces; at least one entry."""
    end = start
    depth = depth_of[start]
    limit = min(len(branches), limit)
    if start + 1 < limit and depth_of[start + 1] != depth:
        return start + 1
    first = branches[start]
    folder = _folder(first[2]) if first is not None else ""
    while end < limit:
        match = branches[end]
        if match is None or depth_of[end] != depth or (end + 1 < len(branches) and depth_of[end + 1] > depth):
            break
        name = match[2]
        name = _bracketed(name)[1] if name[:1] == "[" else name
        if not name or " " in name or "," in name or ((folder or "/" in name) and _folder(name) != folder):
            break
        end += 1
    return max(end, start + 1)


def _folder(name: str) -> str:
    return folder_and_name(_bracketed(name)[1])[0] if "/" in name else ""


def _written(names: Sequence[str]) -> list[str]:
    """Names of neighbours: their brackets without padding, a folder that `tree -f` repeats once."""
    if len(names) == 1 and names[0][:1] != "[":
        return [names[0]]
    if not any(name[0] == "[" or "/" in name for name in names if name):
        return list(filled(ranged(names), _WIDTH))
    told = [_bracketed(name) for name in names]
    if len(told) == 1:
        return [f"{told[0][0]} {told[0][1]}" if told[0][0] else names[0]]
    bases = [folder_and_name(name)[1] for _, name in told]
    folder = folder_and_name(told[0][1])[0]
    if any(cells for cells, _ in told):
        entries, between = [f"{cells} {base}" for (cells, _), base in zip(told, bases, strict=True)], ", "
    else:
        entries, between = ranged(bases), " "
    if folder:
        return names_on_lines(folder, entries, between=between)
    return list(filled(entries, _WIDTH, between=between))


# `ls` without -l: names under the headings of their folders.


_NO_NAME = re.compile(r"\s|.*(?::\d|: |[;{}(,]$)")
"""How names hardly ever look, and the lines of a compiler or of a source do."""
_NAMES_SHARE = 0.9


def sections(lines: Sequence[str], *, named: bool) -> list[tuple[int, int]]:
    """Where each folder's names begin and end, the heading included; nothing where this is no list of names."""
    filled = [line for line in lines if line]
    if sum(_NO_NAME.match(line) is None for line in filled) < _NAMES_SHARE * len(filled):
        return []
    found: list[tuple[int, int]] = []
    headings = 0
    start = 0
    for index, line in enumerate(lines):
        if line.endswith(":") and (index == 0 or not lines[index - 1]):
            headings += 1
            if index > start:
                found.append((start, index))
            start = index
    found.append((start, len(lines)))
    if not named and (headings < 2 or headings != len(found) or any(": " in line or "\t" in line for line in lines)):
        return []
    if not named and sum("/" in lines[start] for start, _ in found) * 2 < len(found):
        return []
    return found


def names_evidence(segment: Segment) -> list[Evidence]:
    """Each name; of numbers in a row, which are written as a range, the first and the last."""
    lines = segment.lines
    counted = between_numbers(lines)
    return [
        Evidence(index, (line.removesuffix(":"),)) for index, line in enumerate(lines) if line and index not in counted
    ]


def names_reduced(segment: Segment) -> list[Block]:
    lines = segment.lines
    blocks: list[Block] = []
    for start, end in sections(lines, named=True):
        headed = lines[start].endswith(":")
        names = [line for line in lines[start + headed : end] if line]
        plain = all(not re.search(r"[\s:]", name) for name in names)
        if not plain or len(names) < 2 - headed:
            blocks.append(keep(start, end, Rank.EVIDENCE))
        elif headed:
            blocks.append(note(start, end, names_on_lines(lines[start][:-1], ranged(names)), Rank.EVIDENCE))
        else:
            blocks.extend(_in_chunks(lines, start, end))
    return blocks


def _in_chunks(lines: Sequence[str], start: int, end: int) -> Iterable[Block]:
    for at in range(start, end, _CHUNK):
        until = min(at + _CHUNK, end)
        names = ranged([line for line in lines[at:until] if line])
        yield note(at, until, list(filled(names, _WIDTH)) or [""], Rank.EVIDENCE)
