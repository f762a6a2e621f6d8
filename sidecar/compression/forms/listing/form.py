"""Lists of files: ls, find, fd, tree, du, tar, `git ls-files`, `git status`, and what searchers list with -l.

Which kind of list a segment is, and who reads it:

    paths     src/app/a.py                          listing_paths
    edges     shop log@v1.0.0                       edges
    rows      -rw-r--r-- 1 ann staff 120 ... a.py   listing_rows
    names     src: (newline) a.py                   listing_trees
    tree      ├── a.py                              listing_trees
    packages  ├── ms@2.0.0 deduped                  packages
    status    On branch main, ?? a.py               git_status

Neighbours in one folder share a line, columns that are equal for most rows are said once, and drawn branches
become indentation. A name with a space in it stays on a line of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sidecar.compression.forms.listing.edges import edges_evidence, edges_reduced, is_of_edges
from sidecar.compression.forms.listing.git_status import (
    short_evidence,
    short_reduced,
    short_share,
    status_evidence,
    status_reduced,
    status_share,
    v2_evidence,
    v2_reduced,
    v2_share,
)
from sidecar.compression.forms.listing.packages import is_of_packages, packages_evidence, packages_reduced
from sidecar.compression.forms.listing.paths import CHANGE, is_listed, paths_evidence, paths_reduced
from sidecar.compression.forms.listing.rows import is_row, rows_evidence, rows_of, rows_reduced
from sidecar.compression.forms.listing.trees import (
    BRANCH,
    branches_of,
    names_evidence,
    names_reduced,
    sections,
    tree_evidence,
    tree_reduced,
)
from sidecar.compression.kept import kept
from sidecar.compression.vocabulary import Block, Evidence, Form, Segment, keep

__all__ = ["FORM"]

_PATH_PROGRAMS = frozenset(
    {"ack", "ag", "bfs", "fd", "fdfind", "find", "git", "grep", "hg", "locate", "plocate", "rg", "svn", "ugrep"}
)
_SIZE_PROGRAMS = frozenset({"du", "dust", "wc"})
_ROW_PROGRAMS = frozenset({"ls", "ll", "exa", "eza", "lsd", "find", "tar", "bsdtar", "unzip", "zipinfo", "jar"})
_NAME_PROGRAMS = frozenset({"dir", "exa", "eza", "ls", "lsd", "vdir"})
_STATUS_VERBS = frozenset({"st", "stat", "status"})
_ROW_MARKS = ("rw-", "r--", "rwx", "r-x")
"""One of these is in the mode of some row of a table of files; `unzip -l` shows none."""
_ROW_CHARS = 60
_SAMPLE = 100
_STRIDE = 7919
"""A prime: no period in the output falls in step with the sample."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """One kind of list: what must survive, and what is printed."""

    name: str
    evidence: Callable[[Segment], list[Evidence]]
    reduce: Callable[[Segment], list[Block]]


def _recognise(segment: Segment) -> float:
    return _shape(segment)[1]


def _evidence(segment: Segment) -> list[Evidence]:
    shape, _ = _shape(segment)
    return shape.evidence(segment) if shape is not None else []


def _reduce(segment: Segment) -> list[Block]:
    shape, _ = _shape(segment)
    if shape is None:
        return [keep(0, len(segment.lines))] if segment.lines else []
    return shape.reduce(segment)


@kept
def _shape(segment: Segment) -> tuple[_Shape | None, float]:
    """The kind of list a segment is, told once and kept with the segment, as its text is."""
    lines = segment.lines
    words = segment.command.words if segment.command is not None else ()
    program = words[0] if words else ""
    text = segment.text
    if (status := _status(lines, text, words)) is not None:
        return status, 0.97
    spread = lines if len(lines) <= _SAMPLE else [lines[at * _STRIDE % len(lines)] for at in range(_SAMPLE)]
    sample = [line for line in spread if line]
    if not sample:
        return None, 0.0
    if _STATUS_VERBS.intersection(words[1:4]) and program in {"git", "hg", "svn"} and short_share(lines) > 0.9:
        return _SHORT_STATUS, 0.97
    if ("─" in text or "- " in text) and _mostly(sample, BRANCH.match, 0.5):
        branches = branches_of(segment)
        if len(branches) - branches.count(None) > 0.6 * sum(map(bool, lines)):
            return (_PACKAGES if is_of_packages(text) else _TREE), 0.95
    if is_of_edges(lines, sample):
        return _EDGES, 0.95
    beginnings = "\n".join([line[:_ROW_CHARS] for line in sample])
    may_be_row = (
        program in _ROW_PROGRAMS or any(mark in beginnings for mark in _ROW_MARKS) or "  Length  " in text[:200]
    )
    if (may_be_row and _mostly(sample, is_row, 0.4)) or (program in _ROW_PROGRAMS and "total " in text):
        rows = zip(lines, rows_of(segment), strict=True)
        told = sum(1 for line, row in rows if row is not None or _is_heading(line))
        sure = told / max(1, sum(map(bool, lines)))
        # `unzip -l` and `tar tv` by name only: a size, a time and a word begin lines of many other tables.
        if sure > 0.6 and (program in _ROW_PROGRAMS or _share(sample, _has_mode) > 0.4):
            return _ROWS, 0.95
    is_named = program in _NAME_PROGRAMS
    if (is_named or (lines[0].endswith(":") and "\n\n" in text and "/" in text)) and sections(lines, named=is_named):
        return _NAMES, 0.9
    if program not in _PATH_PROGRAMS | _SIZE_PROGRAMS and not _mostly(sample, is_listed, 0.8):
        return None, 0.0
    if program in _PATH_PROGRAMS | _SIZE_PROGRAMS:
        is_list = _mostly(sample, is_listed, 0.3) and _share(lines, is_listed) > 0.5
        return (_PATHS, 0.9) if is_list else (None, 0.0)
    return _by_paths_alone(lines, sample)


def _by_paths_alone(lines: Sequence[str], sample: Sequence[str]) -> tuple[_Shape | None, float]:
    """Where no command says that paths are to be expected."""
    if len(lines) <= _FEW:
        return None, 0.0
    if short_share(sample) > 0.95:
        return _SHORT_STATUS, 0.9
    if _mostly(sample, _CHANGED_FILE, 0.95):
        return _PATHS, 0.93  # surer than a table is of columns between tabs
    # Below what the shelf's own stages for a command need: `tar -v` prints paths too, and its file knows better.
    return (_PATHS, 0.7) if _share(lines, is_listed) > 0.95 else (None, 0.0)


_CHANGED_FILE = re.compile(rf"{CHANGE}[^\s./]*[./]\S*(?:$|[\t ])").match
"""A file that git says was changed, whatever command is said to have printed it."""
_FEW = 4


def _status(lines: Sequence[str], text: str, words: Sequence[str]) -> _Shape | None:
    """What `git status` prints to people and, with `--porcelain=v2`, to programs."""
    is_status = text.startswith(("On branch ", "HEAD detached ", "interactive rebase in progress", "Not currently on"))
    if (is_status or ('  (use "git ' in text and "\t" in text)) and status_share(lines) > 0.6:
        return _STATUS
    if "status" in words[1:4] and lines and lines[0][:2] in {"# ", "1 ", "2 ", "u "} and v2_share(lines) > 0.9:
        return _STATUS_V2
    return None


def _share(lines: Sequence[str], test: Callable[[str], object]) -> float:
    told = [line for line in lines if line]
    return sum(1 for line in told if test(line)) / len(told) if told else 0.0


def _mostly(lines: Sequence[str], test: Callable[[str], object], share: float) -> bool:
    """Whether more than *share* of the lines pass; asked no further than it takes to know that they do not."""
    misses = (1 - share) * len(lines)
    for line in lines:
        if not test(line):
            misses -= 1
            if misses <= 0:
                return False
    return True


def _has_mode(line: str) -> bool:
    cells = line.split(None, 3)
    return any(len(cell) in {10, 11} and cell[0] in "-dlbcps." and cell[1] in "r-" for cell in cells[:3])


def _is_heading(line: str) -> bool:
    return (line.endswith(":") and " " not in line) or (line.startswith("total ") and len(line) < 20)


_STATUS = _Shape("status", status_evidence, status_reduced)
_SHORT_STATUS = _Shape("short status", short_evidence, short_reduced)
_STATUS_V2 = _Shape("status v2", v2_evidence, v2_reduced)
_TREE = _Shape("tree", tree_evidence, tree_reduced)
_PACKAGES = _Shape("packages", packages_evidence, packages_reduced)
_EDGES = _Shape("edges", edges_evidence, edges_reduced)
_ROWS = _Shape("rows", rows_evidence, rows_reduced)
_NAMES = _Shape("names", names_evidence, names_reduced)
_PATHS = _Shape("paths", paths_evidence, paths_reduced)

FORM = Form("listing", _recognise, _evidence, _reduce)
