"""Reading what searchers print, line by line: a path, a number, and whether the line only stands near a match.

src/app.py:12:def run():         a match                src/app.py        a heading; its lines follow
src/app.py-13-    pass           context                12:def run():     a match in it
{"type":"match","data":{...}}    a match (rg --json)    13-    pass       context in it
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sidecar.compression.kept import kept
from sidecar.compression.vocabulary import Segment

__all__ = ["NUMBERED", "Found", "Hit", "found_in", "heads", "is_said", "is_search", "numbered", "text_of"]

NUMBERED = re.compile(r"([1-9]\d*)[:-]")
_PROGRAMS = frozenset(
    {"ack", "ag", "egrep", "fgrep", "ggrep", "grep", "rg", "ripgrep", "rgrep", "ug", "ugrep", "zgrep"}
)
_CONTEXT_NUMBER = re.compile(r"([-=])([1-9]\d*)\1")
"""Between two signs of equality `git grep -p` tells the function that a match is in."""
_CLOCK = re.compile(r"\d{4}[-/]\d\d[-/]\d\d|(?:^|[ T\[(])\d{1,2}$")
_SCHEME = re.compile(r"[a-z][a-z0-9+.]*://")
_LONGEST_PATH = 1_000
_HEADING = re.compile(r"\S*[./\\]\S*$")
_JSON_BEGINS = ('{"type":"begin"', '{"type":"match"', '{"type":"context"')
_OPENING_LINES = 50
_NUMBER_FIRST = NUMBERED.match


class Hit(NamedTuple):
    """One line found: its path ("" where one file was searched), what follows it, and whether it is context."""

    path: str
    rest: str
    is_context: bool
    number: int


def is_search(segment: Segment) -> bool:
    """Whether the command is known to search."""
    command = segment.command
    if command is None:
        return False
    return command.program in _PROGRAMS or (command.program in {"git", "hg"} and "grep" in command.words[1:4])


def is_said(line: str) -> bool:
    """Lines that searchers print beside what they found."""
    return (
        line == "--"
        or line.startswith(("Binary file ", "grep: ", "rg: ", "ag: ", "ack: ", "ugrep: ", "fatal: "))
        or line.endswith((": binary file matches", " binary file matches"))
    )


def text_of(hit: Hit) -> str:
    """What was found, without its number."""
    return hit.rest[len(str(hit.number)) + 1 :] if hit.number else hit.rest


def numbered(line: str, *, spaces: bool, known: dict[str, bool]) -> Hit | None:
    """`path:12:text` read as a hit, unless the path is a time, an address, or (without *spaces*) no path's shape.

    *known* remembers the verdict on each path: there are fewer paths than lines.
    """
    colon = line.find(":")
    while 0 < colon < _LONGEST_PATH:
        following = line.find(":", colon + 1)
        if following < 0:
            return None
        number = line[colon + 1 : following]
        if number.isdigit() and number.isascii() and number[0] != "0" and len(number) < 10:
            path = line[:colon]
            if path not in known:
                known[path] = _is_path(path, spaces=spaces)
            return Hit(path, line[colon + 1 :], False, int(number)) if known[path] else None
        colon = following
    return None


def _is_path(path: str, *, spaces: bool) -> bool:
    if path[0].isspace() or _CLOCK.search(path) or _SCHEME.match(path):
        return False
    return spaces or not (any(character in path for character in " \t(\"'<>|") or not any(map(str.isalpha, path)))


@dataclass(frozen=True, slots=True)
class Found:
    """A search as it was read: each line as a hit or None, and which of the others the notation says by itself.

    *silent* lines are headings, the empty lines between files, the frames of JSON.
    """

    hits: list[Hit | None]
    silent: frozenset[int] = frozenset()
    is_json: bool = False


@kept
def found_in(segment: Segment) -> Found:
    """Each line as a hit."""
    lines = segment.lines
    found = _read_json(lines) if lines and lines[0].startswith(_JSON_BEGINS) else None
    if found is None and any(map(_NUMBER_FIRST, lines[:_OPENING_LINES])):
        found = _read_headed(lines) or _read_single(lines, hinted=is_search(segment))
    return Found(_read_hits(segment)) if found is None else found


def _read_headed(lines: Sequence[str]) -> Found | None:
    """Heading mode: a path alone, its numbered lines in rising order, an empty line; None where this is not it."""
    hits: list[Hit | None] = []
    silent: list[int] = []
    path = ""
    last = headings = 0
    for index, line in enumerate(lines):
        match = NUMBERED.match(line)
        if match is not None and path:
            number = int(match[1])
            if number < last:
                return None
            last = number
            hits.append(Hit(path, line, match[0][-1] == "-", number))
            continue
        hits.append(None)
        if not line:
            silent.append(index)
            path = ""
        elif not path and heads(lines, index):
            silent.append(index)
            path, last = line, 0
            headings += 1
        elif line != "--" and not is_said(line) and index * 10 < len(lines) * 9:
            return None
    return Found(hits, frozenset(silent)) if headings else None


def heads(lines: Sequence[str], index: int) -> bool:
    """Whether a line is a path above its numbered lines."""
    if index + 1 >= len(lines) or not lines[index]:
        return False
    line = lines[index]
    return (
        NUMBERED.match(lines[index + 1]) is not None
        and not line[0].isspace()
        and (_HEADING.match(line) is not None or (index > 0 and not lines[index - 1] and len(line) < _LONGEST_PATH))
    )


def _read_single(lines: Sequence[str], *, hinted: bool) -> Found | None:
    """`grep -n pattern file`: numbers that rise, and little else; only where the command is known to search."""
    if not hinted:
        return None
    hits: list[Hit | None] = []
    last = 0
    for line in lines:
        match = NUMBERED.match(line)
        if match is None or int(match[1]) < last:
            if line and line != "--" and not is_said(line):
                return None
            hits.append(None)
            continue
        last = int(match[1])
        hits.append(Hit("", line, match[0][-1] == "-", last))
    return Found(hits) if last else None


def _read_json(lines: Sequence[str]) -> Found | None:
    """`rg --json`: one object a line; its frames (begin, end) say nothing that the matches do not."""
    hits: list[Hit | None] = []
    silent: list[int] = []
    for index, line in enumerate(lines):
        hit = None
        if line.startswith(('{"type":"match"', '{"type":"context"')):
            hit = _json_hit(line)
        elif line.startswith(('{"type":"begin"', '{"type":"end"')) and _is_plain_frame(line):
            silent.append(index)
        hits.append(hit)
    return Found(hits, frozenset(silent), is_json=True) if any(hits) else None


def _is_plain_frame(line: str) -> bool:
    return '"binary_offset":' not in line or '"binary_offset":null' in line


def _json_hit(line: str) -> Hit | None:
    try:
        told: Any = json.loads(line)
        data = told["data"]
        path, text, number = data["path"]["text"], data["lines"]["text"], data["line_number"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if not (isinstance(path, str) and isinstance(text, str) and isinstance(number, int) and path and number > 0):
        return None
    is_context = told["type"] == "context"
    body = text.removesuffix("\n").removesuffix("\r")
    return Hit(path, f"{number}{'-' if is_context else ':'}{body}", is_context, number) if "\n" not in body else None


def _read_hits(segment: Segment) -> list[Hit | None]:
    lines = segment.lines
    hinted = is_search(segment)
    known: dict[str, bool] = {}
    hits = [numbered(line, spaces=hinted, known=known) for line in lines]
    paths = {path for path, is_path in known.items() if is_path}
    near = ""
    for index, line in enumerate(lines) if paths else ():
        hit = hits[index]
        if hit is not None:
            near = hit.path
        elif "-" in line or "=" in line:
            hits[index] = found = _context(line, near, paths)
            near = found.path if found is not None else near
    told = len(lines) - hits.count(None)
    if hinted and told < len(lines) / 2:
        # Without -n a text may still hold `:10:`, as in a slice; the reading that explains more lines is taken.
        bare = _bare_hits(lines)
        if len(lines) - bare.count(None) > told:
            return bare
    return hits


def _context(line: str, near: str, paths: set[str]) -> Hit | None:
    if near and line.startswith(near) and (match := _CONTEXT_NUMBER.match(line, len(near))):
        return Hit(near, line[len(near) + 1 :], True, int(match[2]))
    for match in _CONTEXT_NUMBER.finditer(line[:500]):
        path = line[: match.start()]
        if path in paths:
            return Hit(path, line[match.start() + 1 :], True, int(match[2]))
    return None


def _bare_hits(lines: Sequence[str]) -> list[Hit | None]:
    """`path:text` without numbers, from a program known to search; context is told by the paths that matched."""
    hits: list[Hit | None] = []
    for line in lines:
        path, colon, text = line.partition(":")
        is_path = colon and path and not path[0].isspace() and (" " not in path) and ("." in path or "/" in path)
        hits.append(Hit(path, text, False, 0) if is_path and not is_said(line) else None)
    paths = {hit.path for hit in hits if hit is not None}
    for index, line in enumerate(lines):
        known = _context_path(lines, hits, index, paths) if "-" in line else None
        if known is not None:
            hits[index] = Hit(known, line[len(known) + 1 :], True, 0)
    return hits


def _context_path(lines: Sequence[str], hits: Sequence[Hit | None], index: int, paths: set[str]) -> str | None:
    """The known path a context line begins with: that of a neighbour, the longest where several fit."""
    near = [hit.path for hit in hits[max(0, index - 1) : index + 8] if hit is not None and hit.path in paths]
    fitting = [path for path in near if lines[index].startswith(path + "-")]
    return max(fitting, key=len) if fitting else None
