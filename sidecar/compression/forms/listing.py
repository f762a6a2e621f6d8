"""Lists of files: ls, find, fd, tree, du, `git ls-files`, `git status`, and what searchers list with -l.

    src/app/a.py                                 -rw-r--r-- 1 ann staff  120 Nov 23 00:27 a.py
    src/app/b.py   ->  src/app/: a.py b.py       -rw-r--r-- 1 ann staff 4120 Nov 23 00:27 b.py
                                             ->  (all: owner ann, group staff, date Nov 23 00:27; rows
                                                  without a mode: -rw-r--r-- 1)
                                                 120 a.py
                                                 4120 b.py

No entry is ever left out. Neighbours in one folder share a line, columns that are equal for all
rows are said once, and drawn branches become indentation. A name with a space in it stays on a
line of its own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sidecar.compression.prefixes import folder_and_name, names_on_lines
from sidecar.compression.vocabulary import Block, Evidence, Form, Rank, Segment, keep, note, verbatim

__all__ = ["FORM"]

_PATH_PROGRAMS = frozenset({"ack", "ag", "bfs", "fd", "fdfind", "find", "git", "grep", "locate", "plocate", "rg"})
_PATH = re.compile(r"[^\s:*?\"'<>|;{}=]+$")
_LED_PATH = re.compile(r"((?:\d[\d.,]*[KMGTPB]?i?\s+|-\t){1,2}|[ACDMRTUX]\d*\t|\d{6} [0-9a-f]{40,64} \d\t)([^\t]+)$")
_LONG_ROW = re.compile(
    r"( *(?:\d+ +){0,2})([-dlbcpsDC][-rwxsStTlL]{9}[.+@]?) +(\d+) +(\S+) +(\S+) +(\d+, +\d+|[\d.,]+[KMGTP]?) +"
    r"([A-Z][a-z]{2} +\d{1,2} +(?:\d\d:\d\d|\d{4})|\d{1,2} [A-Z][a-z]{2} +(?:\d\d:\d\d|\d{4})"
    r"|\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d\.\d+ [-+]\d{4})?|\d\d-\d\d \d\d:\d\d) (.+)$"
)
_BRANCH = re.compile("([│├└─┬┴╰\\s\u00a0]*[├└╰][─┬]+[ \u00a0]?|(?:[|] {3}| {4})*[|`+\\\\]-- )(.*)$")
_HINT = re.compile(
    r'\s*\((?:use "git |commit or discard |fix conflicts and run "|all conflicts fixed: |working directory ).*\)$'
)
_COLUMNS = {3: "owner", 4: "group", 6: "date"}
_CHUNK = 60
"""How many lines one block stands for, at most, so that a bound can cut between blocks."""

_SAMPLE = 100
_STRIDE = 7919
"""A prime: no period in the output falls in step with the sample."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """One kind of list: how surely a segment is one, what must survive, and what is printed."""

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


def _shape(segment: Segment) -> tuple[_Shape | None, float]:
    """The kind of list a segment is; one look at evenly spread lines first, for most outputs are none."""
    lines = segment.lines
    program = segment.command.program if segment.command is not None else ""
    text = segment.text
    if ('  (use "git ' in text and "\t" in text) or text.startswith(("On branch ", "HEAD detached ")):
        sure = _status_share(lines)
        if sure > 0.6:
            return _STATUS, 0.97
    spread = lines if len(lines) <= _SAMPLE else [lines[at * _STRIDE % len(lines)] for at in range(_SAMPLE)]
    sample = [line for line in spread if line]
    if not sample:
        return None, 0.0
    if ("─" in text or "-- " in text) and _share(sample, _BRANCH.match) > 0.5 and _share(lines, _BRANCH.match) > 0.6:
        return _TREE, 0.95
    if _share(sample, _LONG_ROW.match) > 0.4 or (program in {"ls", "ll", "exa", "eza", "find"} and "total " in text):
        sure = _share(lines, lambda line: _LONG_ROW.match(line) or _is_heading(line))
        if sure > 0.6:
            return _LONG, 0.95
    if program in {"ls", "dir", "vdir"} or (lines[0].endswith(":") and "\n\n" in text and "/" in text):
        sections = _sections(lines, named=program == "ls")
        if sections:
            return _SHORT, 0.9
    if program not in _PATH_PROGRAMS | {"du", "dust"} and _share(sample, _is_listed) < 0.8:
        return None, 0.0
    share = _share(lines, _is_listed)
    if program in _PATH_PROGRAMS | {"du"}:
        return (_PATHS, 0.9) if share > 0.5 else (None, 0.0)
    # Below what the shelf's own stages for a command need: `tar -v` prints paths too, and its file knows better.
    return (_PATHS, 0.7) if share > 0.95 and len(lines) > 4 else (None, 0.0)


def _share(lines: Sequence[str], test: Callable[[str], object]) -> float:
    told = [line for line in lines if line]
    return sum(1 for line in told if test(line)) / len(told) if told else 0.0


def _is_listed(line: str) -> bool:
    """Whether a line is a path, or a path with a size or a status before it."""
    if "\t" in line:
        return _LED_PATH.match(line) is not None
    if "/" not in line and (line.count(".") != 1 or not line[:1].isidentifier()):
        return False
    return _PATH.match(line) is not None


def _is_heading(line: str) -> bool:
    return (line.endswith(":") and " " not in line) or (line.startswith("total ") and len(line) < 20)


# Paths, alone or led by a size, a count or a status.


def _split_path(line: str) -> tuple[str, str, str]:
    """What leads a path, its folder, its name; the name is empty where the line must stay as it is."""
    lead = ""
    path = line
    if "\t" in line and (match := _LED_PATH.match(line)) is not None:
        lead, path = match[1], match[2]
    folder, name = folder_and_name(path)
    if not folder or not name or any(character in path for character in " \t:,"):
        return "", "", ""
    return " ".join(lead.split()), folder, name


def _paths_evidence(segment: Segment) -> list[Evidence]:
    found: list[Evidence] = []
    for index, line in enumerate(segment.lines):
        lead, folder, name = _split_path(line)
        if name:
            found.append(Evidence(index, tuple(part for part in (*lead.split(), folder, name) if part)))
        elif line:
            found.append(Evidence(index, (line,)))
    return found


def _paths_reduce(segment: Segment) -> list[Block]:
    lines = segment.lines
    parts = [_split_path(line) for line in lines]
    blocks: list[Block] = []
    index = 0
    while index < len(lines):
        lead, folder, name = parts[index]
        same_lead = lead[:1].isalpha()
        end = index + 1
        while (
            name
            and end < len(lines)
            and end - index < _CHUNK
            and parts[end][1] == folder
            and parts[end][2]
            and (
                parts[end][0] == lead
                if same_lead or not lead
                else bool(parts[end][0]) and not parts[end][0][0].isalpha()
            )
        ):
            end += 1
        if end - index == 1:
            blocks.append(keep(index, end, Rank.EVIDENCE))
        elif lead and not same_lead:
            entries = [f"{parts[at][0]} {parts[at][2]}" for at in range(index, end)]
            blocks.append(note(index, end, names_on_lines(folder, entries, between=", "), Rank.EVIDENCE))
        else:
            head = f"{lead} {folder}" if lead else folder
            blocks.append(note(index, end, names_on_lines(head, [part[2] for part in parts[index:end]]), Rank.EVIDENCE))
        index = end
    return _joined(blocks)


def _joined(blocks: Iterable[Block]) -> list[Block]:
    """Neighbouring verbatim lines as one block."""
    joined: list[Block] = []
    for block in blocks:
        if joined and block.shown is None and joined[-1].shown is None and block.rank is joined[-1].rank:
            joined[-1] = keep(joined[-1].start, block.end, block.rank)
        else:
            joined.append(block)
    return joined


# `ls` without -l: names under the headings of their folders.


def _sections(lines: Sequence[str], *, named: bool) -> list[tuple[int, int]]:
    """Where each folder's names begin and end, the heading included; nothing where this is no list of names."""
    sections: list[tuple[int, int]] = []
    headings = 0
    start = 0
    for index, line in enumerate(lines):
        if line.endswith(":") and (index == 0 or not lines[index - 1]):
            headings += 1
            if index > start:
                sections.append((start, index))
            start = index
    sections.append((start, len(lines)))
    if not named and (headings < 2 or headings != len(sections) or any(": " in line or "\t" in line for line in lines)):
        return []
    if not named and sum("/" in lines[start] for start, _ in sections) * 2 < len(sections):
        return []
    return sections


def _short_evidence(segment: Segment) -> list[Evidence]:
    return [Evidence(index, (line.removesuffix(":"),)) for index, line in enumerate(segment.lines) if line]


def _short_reduce(segment: Segment) -> list[Block]:
    lines = segment.lines
    blocks: list[Block] = []
    for start, end in _sections(lines, named=True):
        headed = lines[start].endswith(":")
        names = [line for line in lines[start + headed : end] if line]
        plain = all(not re.search(r"[\s:]", name) for name in names)
        if not plain or len(names) < 2:
            blocks.append(keep(start, end, Rank.EVIDENCE))
        elif headed:
            blocks.append(note(start, end, names_on_lines(lines[start][:-1], names), Rank.EVIDENCE))
        else:
            blocks.extend(_names_in_chunks(lines, start, end))
    return _joined(blocks)


def _names_in_chunks(lines: Sequence[str], start: int, end: int) -> Iterable[Block]:
    for at in range(start, end, 20):
        until = min(at + 20, end)
        yield note(at, until, (" ".join(line for line in lines[at:until] if line),), Rank.EVIDENCE)


# `ls -l`, `find -ls`: rows of columns.


def _long_evidence(segment: Segment) -> list[Evidence]:
    found: list[Evidence] = []
    for index, line in enumerate(segment.lines):
        match = _LONG_ROW.match(line)
        if match is not None:
            found.append(Evidence(index, (match[2], match[4], match[5], " ".join(match[6].split()), match[8])))
        elif line:
            found.append(Evidence(index, (line,)))
    return found


def _long_reduce(segment: Segment) -> list[Block]:
    lines = segment.lines
    rows = [_LONG_ROW.match(line) for line in lines]
    blocks: list[Block] = []
    index = 0
    while index < len(lines):
        end = index
        while end < len(lines) and rows[end] is not None and end - index < _CHUNK * 2:
            end += 1
        if end > index:
            blocks.append(
                note(index, end, _columns([row for row in rows[index:end] if row is not None]), Rank.EVIDENCE)
            )
            index = end
        else:
            blocks.append(keep(index, index + 1, Rank.EVIDENCE if lines[index] else Rank.CONTENT))
            index += 1
    return _joined(blocks)


def _columns(rows: Sequence[re.Match[str]]) -> list[str]:
    """Rows without what is the same in all of them, and without the commonest mode; a line above says both."""
    cells = [(*(" ".join(cell.split()) for cell in row.groups()[:7]), row[8]) for row in rows]
    shared = [at for at in _COLUMNS if len({row[at] for row in cells}) == 1] if len(cells) > 1 else []
    (mode, links), count = Counter((row[1], row[2]) for row in cells).most_common(1)[0]
    usual = count * 2 > len(cells) and count > 1
    said: list[str] = []
    if shared:
        said.append("all: " + ", ".join(f"{_COLUMNS[at]} {cells[0][at]}" for at in shared))
    if usual:
        said.append(f"rows without a mode: {mode} {links}")
    shown = [f"({'; '.join(said)})"] if said else []
    for row in cells:
        left_out = {*shared, *((1, 2) if usual and (row[1], row[2]) == (mode, links) else ())}
        shown.append(" ".join(cell for at, cell in enumerate(row) if cell and at not in left_out))
    return shown


# Trees.


def _tree_evidence(segment: Segment) -> list[Evidence]:
    found: list[Evidence] = []
    for index, line in enumerate(segment.lines):
        match = _BRANCH.match(line)
        name = match[2] if match is not None else line
        if name:
            found.append(Evidence(index, (name,)))
    return found


def _tree_reduce(segment: Segment) -> list[Block]:
    lines = segment.lines
    branches = [_BRANCH.match(line) for line in lines]
    columns = sorted({len(match[1]) for match in branches if match is not None})
    depths = {column: depth + 1 for depth, column in enumerate(columns)}
    depth_of = [depths[len(match[1])] if match is not None else 0 for match in branches]
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
            after = _leaves(branches, depth_of, end)
            names = [match[2] for match in branches[end:after] if match is not None]
            shown += [" " * depth_of[end] + line for line in _name_lines(names)]
            end = after
        blocks.append(note(index, end, shown, Rank.EVIDENCE))
        index = end
    return _joined(blocks)


def _leaves(branches: Sequence[re.Match[str] | None], depth_of: Sequence[int], start: int) -> int:
    """The end of a run of neighbours without children whose names have no spaces; at least one entry."""
    end = start
    while end < len(branches) and end - start < _CHUNK:
        match = branches[end]
        has_children = end + 1 < len(branches) and depth_of[end + 1] > depth_of[end]
        if match is None or depth_of[end] != depth_of[start] or has_children or not match[2] or " " in match[2]:
            break
        end += 1
    return max(end, start + 1)


def _name_lines(names: Sequence[str]) -> list[str]:
    lines: list[str] = []
    line = ""
    for name in names:
        if line and len(line) + len(name) > 200:
            lines.append(line)
            line = ""
        line = f"{line} {name}" if line else name
    return [*lines, line]


# `git status`.


def _status_share(lines: Sequence[str]) -> float:
    starts = (
        "	", "On branch ", "HEAD detached ", "Your branch ", "Changes ", "Untracked files:", "Unmerged paths:",
        "nothing ", "no changes ", "You have ", "You are ", "All conflicts ", "Ignored files:", "and have ",
        "Not currently ", "No commits ", "Last command", "Next command", "Submodule", "interactive rebase", "  (",
        "Stash ", "Your stash ",
    )  # fmt: skip
    return _share(lines, lambda line: line.startswith(starts) or bool(_HINT.match(line)))


def _status_evidence(segment: Segment) -> list[Evidence]:
    return verbatim(
        segment, (at for at, line in enumerate(segment.lines) if line and not line.lstrip().startswith("("))
    )


def _status_reduce(segment: Segment) -> list[Block]:
    """Everything but the hints on what could be typed next; they are told once, at the end."""
    lines = segment.lines
    hints = [index for index, line in enumerate(lines) if _HINT.match(line)]
    if not hints:
        return [keep(0, len(lines), Rank.EVIDENCE)]
    last = hints[-1] + 1
    shown = tuple(line for line in lines[:last] if line and not _HINT.match(line))
    blocks = [Block(0, last, shown, 'hints "(use git ...)"', Rank.EVIDENCE)]
    if last < len(lines):
        blocks.append(keep(last, len(lines), Rank.EVIDENCE))
    return blocks


_STATUS = _Shape("status", _status_evidence, _status_reduce)
_TREE = _Shape("tree", _tree_evidence, _tree_reduce)
_LONG = _Shape("long", _long_evidence, _long_reduce)
_SHORT = _Shape("short", _short_evidence, _short_reduce)
_PATHS = _Shape("paths", _paths_evidence, _paths_reduce)

FORM = Form("listing", _recognise, _evidence, _reduce)
