"""Lists of paths: find, fd, `git ls-files`, du, what searchers list with -l.

    src/app/a.py                                 4<TAB>src/app/a
    src/app/b.py   ->  src/app/: a.py b.py       12<TAB>src/app/b   ->  src/app/: 4 a, 12 b

    doc/apt/copyright                            lib/a/x.py
    doc/at/copyright   ->  doc/*/copyright       lib/b/y.py
                           for each *: apt at    lib/c.py       ->  lib/: a/x.py b/y.py c.py

    node_modules/accepts/index.js                node_modules/ (8123): accepts(5) array-flatten(4) ...
    ... 8,122 more                          ->   [... of lines 12-8134: files below, their number in brackets]

    README.md, a/x.py, b/y.py, ...               README.md a/x.py b/y.py ...   (paths in no common folder)

Every path stays, and comes back by writing the folder before each name, but for the thousands under a folder that a
program fills (`node_modules`, `.git`): their folders are named and counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from sidecar.compression.filling import filled
from sidecar.compression.forms.listing.filled_folders import count_below, filled_roots
from sidecar.compression.kept import kept
from sidecar.compression.prefixes import (
    WHOLE_PATHS,
    between_numbers,
    folder_and_name,
    names_on_lines,
    ranged,
    shared_chars,
)
from sidecar.compression.vocabulary import Block, Evidence, Rank, Segment, keep, note

__all__ = ["CHANGE", "is_listed", "paths_evidence", "paths_reduced"]

_PATH = re.compile(r"[^\s:*?\"'<>|;{}=]+$")
_LED_PATH = re.compile(
    r"((?:\d[\d.,]*[KMGTPB]?i?\s+|-\t){1,2}|[ACDMRTUX]\d*\t"
    r"|\d{6} (?:[a-z]+ )?[0-9a-f]{40,64}(?: +(?:\d+|-))?\t)([^\t]+)$"
)
_COUNTED_PATH = re.compile(r"( *\d[\d.]*[KMGT]?(?: +\d+){0,3} +)([^\s:*?\"'<>|;{}=]*[./][^\s:*?\"'<>|;{}=]*)$")
"""A path behind its numbers, as `wc` prints it, or `find -printf '%s %p'`."""
_OBJECT = re.compile(r"(\d{6}) (?:[a-z]+ )?[0-9a-f]{40,64}( +)?(\d+|-)?\t$")
"""What `git ls-tree` and `git ls-files -s` say before a path: its mode, its object, its size or its stage."""
CHANGE = r"(?:[ACDMRTUX]\d{0,3}|(?:\d+|-)\t(?:\d+|-))\t"
"""What `git diff --name-status` and `--numstat` say before a path: its state, or how many lines came and went."""
_CHANGED = re.compile(rf"{CHANGE}\S")
"""A file that git says was changed: few of them stay as they were printed."""
_COUNTS = frozenset(" 0123456789")
_PLAIN_MODE = "100644"
_OBJECTS = 10 * 120
"""How many objects share a marker: a multiple of what other blocks stand for."""
_FEW_OBJECTS = 20
"""In a list as short as this each object's name stays."""
_ODD = re.compile(r"[ :,\t]")
"""A path with one of these cannot be told from its neighbours in a line; one with a tab may be led by something."""
_SAME_NAMES = 4
"""So many files of one name in a row have it said once."""
_MANY_APART = 6
_WIDTH = 300
_CHUNK = 120
"""A block ends at each multiple of so many lines, so that a bound can cut between blocks."""


def is_listed(line: str) -> bool:
    """Whether a line is a path, or a path with sizes or a status before it."""
    if "\t" in line:
        return _LED_PATH.match(line) is not None
    if "/" not in line and (line.count(".") != 1 or not line[:1].isidentifier()):
        return False
    return _PATH.match(line) is not None or (line[0] in _COUNTS and _COUNTED_PATH.match(line) is not None)


@dataclass(frozen=True, slots=True)
class _Paths:
    """The lines of a list taken apart: what leads each path, its folder, its name; no name where a line must stay."""

    leads: list[str]
    folders: list[str]
    names: list[str]
    what: str = ""
    """What is left out of the leads."""


@kept
def _paths(segment: Segment) -> _Paths:
    """Each line taken apart; read once and kept with the segment, as its text is."""
    lines = segment.lines
    cuts = [line.rfind("/", 0, len(line) - 1) + 1 if line else 0 for line in lines]
    same: dict[str, str] = {}
    """Each folder once, for it is held as often as there are files in it."""
    folders = [same.setdefault(line[:cut], line[:cut]) for line, cut in zip(lines, cuts, strict=True)]
    names = [line[cut:] if cut else "" for line, cut in zip(lines, cuts, strict=True)]
    leads = [""] * len(lines)
    what = ""
    if _ODD.search(segment.text):
        changed = [index for index, line in enumerate(lines) if "\t" in line and _CHANGED.match(line)]
        is_short = len(changed) <= WHOLE_PATHS
        if len(lines) > _FEW_OBJECTS and (match := _LED_PATH.match(lines[0])) and _OBJECT.match(match[1]):
            what = f"names of objects (mode {_PLAIN_MODE} unless said)"
        counted = sum(1 for line in lines if line[:1] in _COUNTS and _COUNTED_PATH.match(line)) * 2 > len(lines)
        for index, line in enumerate(lines):
            if _ODD.search(line):
                leads[index], folders[index], names[index] = _led(line, unnamed=bool(what), counted=counted)
        for index in changed if is_short else ():
            leads[index] = folders[index] = names[index] = ""
    return _Paths(leads, folders, names, what)


def _led(line: str, *, unnamed: bool, counted: bool) -> tuple[str, str, str]:
    """What leads a path, its folder, its name; the lead of an object *unnamed* without its name.

    Numbers before a blank are a lead only where most lines are *counted*: a path may begin with a year.
    """
    match = _LED_PATH.match(line) if "\t" in line else _COUNTED_PATH.match(line) if counted else None
    path = match[2] if match is not None else line
    folder, name = folder_and_name(path)
    if match is None or not folder or not name or _ODD.search(path):
        return "", "", ""
    if unnamed and (told := _OBJECT.match(match[1])) is not None:
        mode, gap, number = told.groups()
        is_size = gap is not None and len(gap) > 1
        said = [f"mode {mode}"] if mode != _PLAIN_MODE else []
        said += [number] if is_size else [f"stage {number}"] if number not in {None, "0"} else []
        return " ".join(said), folder, name
    return " ".join(match[1].split()), folder, name


def paths_evidence(segment: Segment) -> list[Evidence]:
    """Each path in its folder and its name: not those in filled folders, nor the middle of a run of numbers."""
    lines = segment.lines
    filled = _filled(segment)
    paths = _paths(segment)
    leads, folders, names = paths.leads, paths.folders, paths.names
    same: dict[str, str] = {}
    counted = between_numbers([name if not lead else "" for lead, name in zip(leads, names, strict=True)])
    found: list[Evidence] = []
    index = 0
    while index < len(lines):
        folder = folders[index]
        start = index
        index += 1
        if filled[start]:
            if not start or filled[start - 1] != filled[start]:
                found.append(Evidence(start, (filled[start],)))
        elif not names[start]:
            if lines[start]:
                found.append(Evidence(start, (lines[start],)))
        elif leads[start]:
            found.append(Evidence(start, (*leads[start].split(), *_steps(folder, same), names[start])))
        else:
            # Neighbours in one folder are printed by one block, as long as it is not cut between them. How much of the
            # folder they share with others, and is said once, differs.
            limit = min(len(lines), start - start % _CHUNK + _CHUNK)
            while index < limit and folders[index] == folder and not leads[index] and names[index]:
                if filled[index]:
                    break
                index += 1
            told = names[start:index]
            if counted:
                told = [
                    name
                    for at, name in enumerate(told, start)
                    if at not in counted or not (folders[at - 1] == folder == "".join(folders[at + 1 : at + 2]))
                ]
            found.append(Evidence(start, (*_steps(folder, same), *told)))
    return found


def _steps(folder: str, same: dict[str, str]) -> list[str]:
    """The names a folder's path is made of; *same* has each once, for it is held as often as it is in a path."""
    return [same.setdefault(name, name) for name in folder.split("/") if name]


def paths_reduced(segment: Segment) -> list[Block]:
    lines = segment.lines
    filled = _filled(segment)
    paths = _paths(segment)
    blocks: list[Block] = []
    index = 0
    while index < len(lines):
        if filled[index]:
            end = index + 1
            while end < len(lines) and filled[end] == filled[index]:
                end += 1
            blocks.append(count_below(_bare(segment)[index:end], index, end, filled[index]))
            index = end
            continue
        end = index + 1
        if paths.what and paths.names[index]:
            end = index
            while end < len(lines) and (end == index or end % _OBJECTS) and paths.names[end] and not filled[end]:
                end += 1
            blocks.append(_without_names(paths, filled, index, end))
        elif not paths.names[index]:
            blocks.append(keep(index, end, Rank.EVIDENCE))
        else:
            for group in _groups(paths, filled, index):
                end = group.end
                blocks.append(_written(paths, group))
        index = end
    return [part for block in _joined(blocks) for part in _beside(block, lines)]


def _beside(block: Block, lines: Sequence[str]) -> Iterable[Block]:
    """Paths that share no folder with their neighbours beside each other, where there are many in a row."""
    if block.shown is not None or block.end - block.start < _MANY_APART:
        yield block
        return
    start = block.start
    plain = [bool(line) and not _ODD.search(line) for line in lines[block.start : block.end]]
    for is_path, run in groupby(range(block.start, block.end), lambda at: plain[at - block.start]):
        indexes = list(run)
        if not is_path or len(indexes) < _MANY_APART:
            continue
        if start < indexes[0]:
            yield keep(start, indexes[0], block.rank)
        for first in range(indexes[0], indexes[-1] + 1, _CHUNK):
            start = min(first + _CHUNK, indexes[-1] + 1)
            yield note(first, start, filled(lines[first:start], _WIDTH), block.rank)
    if start < block.end:
        yield keep(start, block.end, block.rank)


@dataclass(slots=True)
class _Group:
    """Neighbours whose paths are written under a folder all of them are in: *runs* of those in one folder."""

    shared: str
    runs: list[tuple[int, int]]
    count: int
    folder_chars: int
    """The characters of each name's folder together."""

    @property
    def start(self) -> int:
        return self.runs[0][0]

    @property
    def end(self) -> int:
        return self.runs[-1][1]

    def cost(self, shared: str) -> int:
        return len(shared) + 2 + self.folder_chars - self.count * len(shared)


def _groups(paths: _Paths, filled: Sequence[str], start: int) -> Iterable[_Group]:
    """The paths from *start* to where a block must end, each run with those before it where that is shorter."""
    limit = min(len(paths.names), start - start % _CHUNK + _CHUNK)
    lead = paths.leads[start]
    group: _Group | None = None
    while start < limit and paths.names[start] and not filled[start]:
        if bool(paths.leads[start]) != bool(lead) or paths.leads[start][:1].isalpha() != lead[:1].isalpha():
            break
        end = _end_of_folder(paths, filled, start)
        folder = paths.folders[start]
        run = _Group(folder, [(start, end)], end - start, (end - start) * len(folder))
        # What a name says (`M src/a.py`) is written before the folder, so only of one folder.
        joined = _joined_group(group, run) if group is not None and not lead[:1].isalpha() else None
        if group is not None and joined is None:
            yield group
        group = joined or run
        start = end
    if group is not None:
        yield group


def _joined_group(group: _Group, run: _Group) -> _Group | None:
    """Both under what their folders share; None where they are shorter apart."""
    shared = group.shared
    if not run.shared.startswith(shared):
        shared = shared[: shared_chars(shared, run.shared)]
        shared = shared[: shared.rfind("/") + 1]
    if not shared.strip("./"):
        return None
    both = _Group(shared, [*group.runs, *run.runs], group.count + run.count, group.folder_chars + run.folder_chars)
    apart = group.cost(group.shared) + run.cost(run.shared)
    return both if both.cost(shared) < apart else None


def _written(paths: _Paths, group: _Group) -> Block:
    if len(group.runs) == 1:
        return _grouped(paths, group.start, group.end)
    shared = group.shared
    cut = len(shared)
    entries: list[str] = []
    for start, end in group.runs:
        below = paths.folders[start][cut:]
        names = paths.names[start:end]
        entries += [f"{below}{name}" for name in (names if paths.leads[start] else ranged(names))]
    between = ", " if paths.leads[group.start] else " "
    ending = _shared_ending(entries)
    if ending:
        entries = [entry[: -len(ending)] for entry in entries]
        shared = f"{shared}*{ending} for each *"
    if paths.leads[group.start]:
        entries = [f"{lead} {entry}" for lead, entry in zip(paths.leads[group.start : group.end], entries, strict=True)]
    return Block(group.start, group.end, tuple(names_on_lines(shared, entries, between=between)), "", Rank.EVIDENCE)


def _shared_ending(entries: Sequence[str]) -> str:
    """The name that all of these paths end with, its slash before it: `/package.json`; "" where there is none."""
    ending = entries[0][entries[0].rfind("/") :] if "/" in entries[0] else ""
    if len(entries) < _SAME_NAMES or len(ending) < 2 or "*" in "".join(entries):
        return ""
    return ending if all(entry.endswith(ending) and len(entry) > len(ending) for entry in entries) else ""


def _end_of_folder(paths: _Paths, filled: Sequence[str], start: int) -> int:
    """The end of a run of neighbours in one folder whose leads can be written together."""
    leads, folders, names = paths.leads, paths.folders, paths.names
    lead, folder = leads[start], folders[start]
    same_lead = not lead or lead[0].isalpha()
    end = start + 1
    limit = min(len(names), start - start % _CHUNK + _CHUNK) if names[start] else end
    while end < limit and folders[end] == folder and names[end] and not filled[end]:
        other = leads[end]
        if (other != lead) if same_lead else (not other or other[0].isalpha()):
            break
        end += 1
    return end


def _grouped(paths: _Paths, start: int, end: int) -> Block:
    if end - start == 1:
        return keep(start, end, Rank.EVIDENCE)
    lead, folder = paths.leads[start], paths.folders[start]
    names = paths.names[start:end]
    if lead and not lead[0].isalpha():
        entries = [f"{own} {name}" for own, name in zip(paths.leads[start:end], names, strict=True)]
        return Block(start, end, tuple(names_on_lines(folder, entries, between=", ")), "", Rank.EVIDENCE)
    head = f"{lead} {folder}" if lead else folder
    shown = names_on_lines(head, names if lead else ranged(names))
    return Block(start, end, tuple(shown), "", Rank.EVIDENCE)


def _without_names(paths: _Paths, filled: Sequence[str], start: int, end: int) -> Block:
    """Many objects in one block, for what is left out of each needs one marker."""
    shown: list[str] = []
    index = start
    while index < end:
        after = min(_end_of_folder(paths, filled, index), end)
        run = _grouped(paths, index, after)
        shown += run.shown or (f"{paths.leads[index]} {paths.folders[index]}{paths.names[index]}".lstrip(),)
        index = after
    return Block(start, end, tuple(shown), paths.what, Rank.EVIDENCE)


def _joined(blocks: Sequence[Block]) -> list[Block]:
    """Neighbouring verbatim lines as one block."""
    joined: list[Block] = []
    for block in blocks:
        if joined and block.shown is None and joined[-1].shown is None and block.rank is joined[-1].rank:
            joined[-1] = keep(joined[-1].start, block.end, block.rank)
        else:
            joined.append(block)
    return joined


@kept
def _filled(segment: Segment) -> list[str]:
    """For each line the filled folder it is counted under, "" for every other line; told once and kept."""
    return filled_roots(_bare(segment))


def _bare(segment: Segment) -> Sequence[str]:
    """The lines without what leads their paths."""
    lines, paths = segment.lines, _paths(segment)
    if not any(paths.leads):
        return lines
    told = zip(lines, paths.leads, paths.folders, paths.names, strict=True)
    return [f"{folder}{name}" if lead else line for line, lead, folder, name in told]
