"""`git status`, long and short: every path stays; the hints on what to type next go.

    Untracked files:                                     Untracked files:
      (use "git add <file>..." to include in ...)   ->     reports/: week-1.txt week-2.txt
    <TAB>reports/week-1.txt                              [... of lines 1-5: hints]
    <TAB>reports/week-2.txt

What is changed keeps its line, or where much is its whole path, beside others of its state; untracked and ignored files
share their folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sidecar.compression.filling import filled
from sidecar.compression.prefixes import WHOLE_PATHS, folder_and_name, names_on_lines
from sidecar.compression.vocabulary import Block, Evidence, Rank, Segment, note

__all__ = [
    "short_evidence", "short_reduced", "short_share", "status_evidence", "status_reduced", "status_share",
    "v2_evidence", "v2_reduced", "v2_share",
]  # fmt: skip

_HINT = re.compile(
    r'\s*\((?:use "git |commit or discard |fix conflicts and run "|all conflicts fixed: |working directory ).*\)$'
)
_STARTS = (
    "\t", "On branch ", "HEAD detached ", "Your branch ", "Changes ", "Untracked files:", "Unmerged paths:",
    "nothing ", "no changes ", "You have ", "You are ", "All conflicts ", "Ignored files:", "and have ",
    "Not currently ", "No commits ", "Last command", "Next command", "Submodule", "interactive rebase", "  (",
    "Stash ", "Your stash ", "It took ", "Last commands", "Next commands", "   ", "rebase in progress",
    "  no changes", "  and ",
)  # fmt: skip
_VERB = re.compile(r"\t(?:new file|modified|deleted|renamed|copied|typechange|both |added by|deleted by)")
_SHORT = re.compile(
    r"((?:[ MTADRCU][ MTADRCU?]|\?\?|!!) "
    r"|[MARC!?I] |[ADMRCXI?!~ ][ MC][ L][ +X][ SX][ KOTB][ C] )(?=\S)"
)
"""The columns before a path: git's two, hg's one, svn's seven."""
_OWN_LINES = 40
"""So many changed files keep a line of their own each."""
_LINE_CHARS = 300


def status_share(lines: Sequence[str]) -> float:
    told = [line for line in lines if line]
    return sum(1 for line in told if line.startswith(_STARTS) or _HINT.match(line)) / len(told) if told else 0.0


def status_evidence(segment: Segment) -> list[Evidence]:
    """Every line but the hints; a listed file by its state, its folder and its name."""
    found: list[Evidence] = []
    for index, line in enumerate(segment.lines):
        if not line or line.lstrip().startswith("("):
            continue
        if line[0] == "\t":
            state, path = _state_and_path(line)
            found.append(Evidence(index, tuple(part for part in (state.strip(), *folder_and_name(path)) if part)))
        else:
            found.append(Evidence(index, (line,)))
    return found


def _state_and_path(line: str) -> tuple[str, str]:
    """What a listed file's line says before its path, and the path: "modified:" and "src/a.py"."""
    if _VERB.match(line):
        state, colon, path = line.partition(":")
        return f"{state.strip()}{colon}", path.strip()
    return "", line.strip()


def status_reduced(segment: Segment) -> list[Block]:
    lines = segment.lines
    changed = sum(1 for line in lines if _VERB.match(line))
    hints = [index for index, line in enumerate(lines) if _HINT.match(line)]
    blocks: list[Block] = []
    start = 0
    last_hint = hints[-1] + 1 if hints else 0
    if last_hint:
        shown = list(_shown(lines[:last_hint], changed))
        blocks.append(Block(0, last_hint, tuple(shown), "hints", Rank.EVIDENCE))
        start = last_hint
    while start < len(lines):
        end = min(len(lines), start + 120)
        shown = list(_shown(lines[start:end], changed))
        blocks.append(note(start, end, shown or [""], Rank.EVIDENCE))
        start = end
    return blocks


def _shown(lines: Sequence[str], changed: int) -> Iterable[str]:
    """The lines without hints and blanks; files of one state and one folder in a line, of many *changed* ones too."""
    run: list[str] = []
    state = folder = first = ""
    for line in (*lines, ""):
        own_state, path = _state_and_path(line) if line[:1] == "\t" else ("", "")
        own_folder, name = ("", path) if own_state and changed <= WHOLE_PATHS else folder_and_name(path)
        joins = bool(path) and _is_plain(path) and not (own_state and changed <= _OWN_LINES)
        if run and not (joins and (own_state, own_folder) == (state, folder)):
            yield from _run(state, folder, run) if len(run) > 1 else (first,)
            run = []
        if joins:
            state, folder, first = own_state, own_folder, line if not run else first
            run.append(name)
        elif line and not _HINT.match(line):
            yield line


def _run(state: str, folder: str, names: Sequence[str]) -> Iterable[str]:
    head = f"\t{state} " if state else "\t"
    return _beside(head, folder, names)


def _beside(said: str, folder: str, names: Sequence[str]) -> list[str]:
    """Names behind what is said of each, the folder all of them are in once before them."""
    return names_on_lines(f"{said}{folder}", names) if folder else [said + line for line in filled(names, _LINE_CHARS)]


# `git status --short`, `--porcelain`; `hg status`, `svn status`.


def short_share(lines: Sequence[str]) -> float:
    told = [line for line in lines if line]
    return sum(1 for line in told if _SHORT.match(line) or line.startswith("## ")) / len(told) if told else 0.0


def short_evidence(segment: Segment) -> list[Evidence]:
    found: list[Evidence] = []
    for index, line in enumerate(segment.lines):
        if line and _SHORT.match(line):
            state, path = _columns_and_path(line)
            found.append(Evidence(index, tuple(part for part in (state.strip(), *folder_and_name(path)) if part)))
        elif line:
            found.append(Evidence(index, (line,)))
    return found


def _columns_and_path(line: str) -> tuple[str, str]:
    match = _SHORT.match(line)
    return (match[1], line[match.end() :]) if match is not None else ("", line)


def short_reduced(segment: Segment) -> list[Block]:
    """Files of one state in a line, of one folder where there are many; the first columns stay as they are."""
    read = list(map(_columns_and_path, segment.lines))
    changed = sum(1 for state, _ in read if state[:1] not in {"?", "!"})
    blocks: list[Block] = []
    index = 0
    while index < len(read):
        state, path = read[index]
        is_changed = state[:1] not in {"?", "!"}
        is_whole = is_changed and changed <= WHOLE_PATHS
        joins = bool(state) and _is_plain(path) and not (is_changed and changed <= _OWN_LINES)
        folder = "" if is_whole else folder_and_name(path)[0]
        end = index + 1
        while joins and end < len(read) and end - index < 120:
            other_state, other = read[end]
            if other_state != state or not (is_whole or folder_and_name(other)[0] == folder) or not _is_plain(other):
                break
            end += 1
        names = [path[len(folder) :] for _, path in read[index:end]]
        if end - index == 1:
            blocks.append(Block(index, end, None, "", Rank.EVIDENCE))
        else:
            blocks.append(note(index, end, _beside(state, folder, names), Rank.EVIDENCE))
        index = end
    return blocks


def _is_plain(path: str) -> bool:
    return not re.search(r'[\s":,]', path)


# `git status --porcelain=v2`.

_V2 = re.compile(r"([12u] \S\S) (\S{4}) (?:\d{6} ){3,4}(?:[0-9a-f]{40,64} ){2,3}(?:([RC]\d{1,3}) )?(.+)$")
_V2_STARTS = ("? ", "! ", "# branch.", "# stash ")


def v2_share(lines: Sequence[str]) -> float:
    told = [line for line in lines if line]
    return sum(1 for line in told if _V2.match(line) or line.startswith(_V2_STARTS)) / len(told) if told else 0.0


def v2_evidence(segment: Segment) -> list[Evidence]:
    """Each changed file by its state, its folder and its name; every other line whole or in these pieces."""
    found: list[Evidence] = []
    for index, line in enumerate(segment.lines):
        if match := _V2.match(line):
            state, _, _, path = match.groups()
            pieces = (piece for part in path.split("\t") for piece in folder_and_name(part))
            found.append(Evidence(index, (state.partition(" ")[2], *filter(None, pieces))))
        elif line.startswith(("? ", "! ")):
            found.append(Evidence(index, tuple(filter(None, (line[0], *folder_and_name(line[2:]))))))
        elif line:
            found.append(Evidence(index, (line,)))
    return found


def v2_reduced(segment: Segment) -> list[Block]:
    """Files without the modes and names of their objects; many of one state in one folder share a line."""
    lines = segment.lines
    changed = sum(1 for line in lines if line[:1] in {"1", "2", "u"})
    blocks: list[Block] = []
    for start in range(0, len(lines), 400):
        end = min(start + 400, len(lines))
        shown = list(_v2_shown(lines[start:end], whole=changed <= WHOLE_PATHS))
        has_objects = any(line[:1] in {"1", "2", "u"} for line in lines[start:end])
        blocks.append(Block(start, end, tuple(shown), "modes, names of objects" if has_objects else "", Rank.EVIDENCE))
    return blocks


def _v2_shown(lines: Sequence[str], *, whole: bool) -> Iterable[str]:
    run: list[str] = []
    head = folder = ""
    for line in (*lines, ""):
        match = _V2.match(line)
        state, path = (match[1], match[4]) if match is not None else (line[:1], line[2:])
        own_folder, name = ("", path) if match is not None and whole else folder_and_name(path)
        is_file = match is not None or line.startswith(("? ", "! "))
        joins = is_file and not (match is not None and (match[3] or match[2] != "N...")) and _is_plain(path)
        if run and not (joins and (state, own_folder) == (head, folder)):
            yield from _beside(f"{head} ", folder, run) if len(run) > 1 else [f"{head} {folder}{run[0]}"]
            run = []
        if joins:
            head, folder = state, own_folder
            run.append(name)
        elif match is not None:
            yield " ".join(filter(None, (state, match[2] if match[2] != "N..." else "", match[3], path)))
        elif line:
            yield line
