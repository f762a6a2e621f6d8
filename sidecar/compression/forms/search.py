"""What grep, rg, ag and git grep found: the path once above its lines.

    src/app.py:12:def run():            src/app.py
    src/app.py-13-    pass        ->    12:def run():
    src/app.py:40:run()                 13-    pass
                                        40:run()

Nothing found is left out: the path comes back by writing it before each line, with the character
that follows the number. `--` goes where the numbers jump anyway. Only lines of thousands of
characters (minified code) are cut, and that is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from sidecar.compression.prefixes import folder_and_name, names_on_lines
from sidecar.compression.vocabulary import Block, Evidence, Form, Rank, Segment, keep, note

__all__ = ["FORM"]

_PROGRAMS = frozenset({"ack", "ag", "egrep", "fgrep", "ggrep", "grep", "rg", "ripgrep", "rgrep", "ugrep", "zgrep"})
_CONTEXT_NUMBER = re.compile(r"-([1-9]\d*)-")
_NUMBERED = re.compile(r"([1-9]\d*)[:-]")
_COUNT = re.compile(r"(\S[^:]*):(\d+)$")
_CLOCK = re.compile(r"\d{4}[-/]\d\d[-/]\d\d|(?:^|[ T\[(])\d{1,2}$")
_DIAGNOSTIC = re.compile(
    r"(?:\d+: )?(?:\d+-\d+: )? ?(?:fatal |internal compiler )?(?:error|warning|note|info|hint|style|remark)\b"
    r"|\d+: (?=\S)| [A-Z]\w*(?:Error|Exception|Warning|Failed|Exit)\b| [a-z]"
)
_SCHEME = re.compile(r"[a-z][a-z0-9+.]*://")
_SAMPLE = 200
_STRIDE = 7919
"""A prime: no period in the output falls in step with the sample."""
_LONGEST_PATH = 1_000
_CHUNK = 60
"""How many lines one block stands for, at most, so that a bound can cut between blocks."""
_LONG = 2_000
_WINDOW = 400


class _Hit(NamedTuple):
    """One line found: its path, what follows the path and its separator, and whether it is context."""

    path: str
    rest: str
    is_context: bool
    number: int


def _recognise(segment: Segment) -> float:
    lines = segment.lines
    if not lines:
        return 0.0
    hinted = _is_search(segment)
    if not hinted and ":" not in segment.text:
        return 0.0
    sample = lines if len(lines) <= _SAMPLE else [lines[at * _STRIDE % len(lines)] for at in range(_SAMPLE)]
    if not hinted:
        known: dict[str, bool] = {}
        plain = sum(1 for line in sample if _numbered(line, spaces=False, known=known) is not None)
        if plain < len(sample) / 10 + 1:
            return _recognise_headings(segment) if _looks_headed(sample) else 0.0
    hits = _hits(segment)
    found = [hit for hit in hits if hit is not None]
    told = len(found) + sum(1 for line, hit in zip(lines, hits, strict=True) if hit is None and _is_said(line))
    share = told / max(1, sum(1 for line in lines if line))
    if hinted:
        if found and share > 0.5:
            return 0.97
        return max(_recognise_headings(segment), 0.9 if _single_file(lines) else 0.0)
    matches = [hit for hit in found if not hit.is_context]
    if not matches or sum(1 for hit in matches if _DIAGNOSTIC.match(hit.rest.partition(":")[2])) > len(matches) * 0.3:
        return 0.0
    ordered = sum(1 for a, b in pairwise(matches) if a.path != b.path or a.number <= b.number)
    if ordered < (len(matches) - 1) * 0.9 or len(matches) < 2:
        return 0.0
    if sum(1 for hit in matches if "/" in hit.path or "." in hit.path) < len(matches) / 2:
        return 0.0
    return 0.92 if share > 0.85 else 0.7 if share > 0.6 else 0.0


def _is_search(segment: Segment) -> bool:
    command = segment.command
    if command is None:
        return False
    return command.program in _PROGRAMS or (command.program == "git" and "grep" in command.words[1:4])


def _is_said(line: str) -> bool:
    """Lines that searchers print beside what they found."""
    return (
        line == "--"
        or line.startswith(("Binary file ", "grep: ", "rg: ", "ag: ", "fatal: "))
        or (line.endswith(": binary file matches"))
    )


def _looks_headed(sample: Sequence[str]) -> bool:
    return sum(1 for line in sample if _NUMBERED.match(line)) > len(sample) / 2


def _recognise_headings(segment: Segment) -> float:
    """How surely this is heading mode: a path alone, then its numbered lines in rising order."""
    headings = numbered = last = 0
    open_heading = False
    for line in segment.lines:
        match = _NUMBERED.match(line)
        if match is not None:
            number = int(match[1])
            if not headings or (number < last and not open_heading):
                return 0.0
            numbered += 1
            last, open_heading = number, False
        elif line and line != "--":
            if not re.search(r"[./\\]", line) or " " in line.strip() or line[0] in " \t":
                continue
            headings += 1
            last, open_heading = 0, True
    total = sum(1 for line in segment.lines if line)
    return 0.9 if headings and numbered and (headings + numbered) / total > 0.8 else 0.0


def _single_file(lines: Sequence[str]) -> bool:
    """`grep -n pattern file`: numbers that rise, and nothing else."""
    last = 0
    for line in lines:
        if line == "--" or not line:
            continue
        match = _NUMBERED.match(line)
        if match is None or int(match[1]) < last:
            return False
        last = int(match[1])
    return last > 0


def _numbered(line: str, *, spaces: bool, known: dict[str, bool]) -> _Hit | None:
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
            return _Hit(path, line[colon + 1 :], False, int(number)) if known[path] else None
        colon = following
    return None


def _is_path(path: str, *, spaces: bool) -> bool:
    if path[0].isspace() or _CLOCK.search(path) or _SCHEME.match(path):
        return False
    return spaces or not (any(character in path for character in " \t(\"'<>|") or not any(map(str.isalpha, path)))


def _hits(segment: Segment) -> list[_Hit | None]:
    """Each line as a hit; None for every other line. Read once and kept with the segment, as its text is."""
    hits: list[_Hit | None] | None = segment.__dict__.get("_search_hits")
    if hits is None:
        hits = segment.__dict__["_search_hits"] = _read_hits(segment)
    return hits


def _read_hits(segment: Segment) -> list[_Hit | None]:
    lines = segment.lines
    hinted = _is_search(segment)
    known: dict[str, bool] = {}
    hits = [_numbered(line, spaces=hinted, known=known) for line in lines]
    paths = {path for path, is_path in known.items() if is_path}
    near = ""
    for index, line in enumerate(lines) if paths else ():
        hit = hits[index]
        if hit is not None:
            near = hit.path
        elif "-" in line:
            hits[index] = found = _context(line, near, paths)
            near = found.path if found is not None else near
    told = len(lines) - hits.count(None)
    if hinted and told < len(lines) / 2:
        # Without -n a text may still hold `:10:`, as in a slice; the reading that explains more lines is taken.
        bare = _bare_hits(lines)
        if len(lines) - bare.count(None) > told:
            return bare
    return hits


def _context(line: str, near: str, paths: set[str]) -> _Hit | None:
    if near and line.startswith(near + "-") and (match := _CONTEXT_NUMBER.match(line, len(near))):
        return _Hit(near, line[len(near) + 1 :], True, int(match[1]))
    for match in _CONTEXT_NUMBER.finditer(line[:500]):
        path = line[: match.start()]
        if path in paths:
            return _Hit(path, line[match.start() + 1 :], True, int(match[1]))
    return None


def _bare_hits(lines: Sequence[str]) -> list[_Hit | None]:
    """`path:text` without numbers, from a program known to search; context is told by the paths that matched."""
    hits: list[_Hit | None] = []
    for line in lines:
        path, colon, text = line.partition(":")
        is_path = colon and path and not path[0].isspace() and (" " not in path) and ("." in path or "/" in path)
        hits.append(_Hit(path, text, False, 0) if is_path and not _is_said(line) else None)
    paths = {hit.path for hit in hits if hit is not None}
    for index, line in enumerate(lines):
        known = _context_path(lines, hits, index, paths) if "-" in line else None
        if known is not None:
            hits[index] = _Hit(known, line[len(known) + 1 :], True, 0)
    return hits


def _context_path(lines: Sequence[str], hits: Sequence[_Hit | None], index: int, paths: set[str]) -> str | None:
    """The known path a context line begins with: that of a neighbour, the longest where several fit."""
    near = [hit.path for hit in hits[max(0, index - 1) : index + 8] if hit is not None and hit.path in paths]
    fitting = [path for path in near if lines[index].startswith(path + "-")]
    return max(fitting, key=len) if fitting else None


def _evidence(segment: Segment) -> list[Evidence]:
    """Every line found, in the pieces that any of the notations prints; and every line that is none."""
    lines = segment.lines
    if _counts(lines):
        return [Evidence(index, _pieces(line)) for index, line in enumerate(lines)]
    found: list[Evidence] = []
    pieces: dict[str, tuple[str, ...]] = {}
    for index, (line, hit) in enumerate(zip(lines, _hits(segment), strict=True)):
        if hit is None:
            if line and line != "--":
                found.append(Evidence(index, (line,)))
            continue
        place = pieces.get(hit.path)
        if place is None:
            place = pieces[hit.path] = _pieces(hit.path)
        if len(line) > _LONG:
            found.append(Evidence(index, (*place, str(hit.number)) if hit.number else place))
        elif hit.number:
            number = str(hit.number)
            found.append(Evidence(index, (*place, number, hit.rest[len(number) + 1 :])))
        else:
            found.append(Evidence(index, (*place, hit.rest)))
    return found


def _pieces(path: str) -> tuple[str, ...]:
    return tuple(part for part in folder_and_name(path) if part)


def _counts(lines: Sequence[str]) -> bool:
    """`grep -c`: every line a path and a number."""
    return bool(lines) and all(_COUNT.match(line) for line in lines)


def _reduce(segment: Segment) -> list[Block]:
    lines = segment.lines
    if _counts(lines):
        return _count_blocks(lines)
    hits = _hits(segment)
    if not any(hits):
        return [keep(0, len(lines), Rank.EVIDENCE)] if lines else []
    jumps = _jumps_told(lines, hits)
    wanted = _pattern(segment)
    blocks: list[Block] = []
    index = 0
    while index < len(lines):
        hit = hits[index]
        if hit is None:
            blocks.append(keep(index, index + 1, Rank.EVIDENCE if lines[index].strip("-") else Rank.CONTENT))
            index += 1
            continue
        if (end := _same_text(lines, hits, index)) - index > 2:
            blocks.append(note(index, end, _places(hits[index:end]), Rank.EVIDENCE))
            index = end
            continue
        end = index + 1
        while end < len(lines) and end - index < _CHUNK and _belongs(lines, hits, end, hit.path, jumps=jumps):
            end += 1
        blocks.extend(_file(lines, hits, index, end, wanted))
        index = end
    return blocks


def _count_blocks(lines: Sequence[str]) -> list[Block]:
    blocks: list[Block] = []
    index = 0
    while index < len(lines):
        folder = folder_and_name(lines[index])[0]
        end = index + 1
        while end < len(lines) and end - index < 40 and folder_and_name(lines[end])[0] == folder:
            end += 1
        names = [folder_and_name(line)[1] for line in lines[index:end]]
        if end - index > 1 and folder and not any(" " in name for name in names):
            blocks.append(note(index, end, names_on_lines(folder, names), Rank.EVIDENCE))
        else:
            blocks.append(keep(index, end, Rank.EVIDENCE))
        index = end
    return blocks


def _jumps_told(lines: Sequence[str], hits: Sequence[_Hit | None]) -> bool:
    """Whether each `--` stands exactly where the line numbers jump, so that they say it alone."""
    last: _Hit | None = None
    separated = False
    seen = 0
    for line, hit in zip(lines, hits, strict=True):
        if hit is None:
            separated = line == "--"
            seen += separated
            if not separated:
                last = None
            continue
        if last is not None and hit.number:
            jumps = hit.path != last.path or hit.number not in {last.number, last.number + 1}
            if jumps is not separated:
                return False
        elif last is not None:
            return False
        last, separated = hit, False
    return seen > 0


def _belongs(lines: Sequence[str], hits: Sequence[_Hit | None], index: int, path: str, *, jumps: bool) -> bool:
    """Whether the line goes on with the file at *path*: a hit in it, or a `--` that the numbers tell."""
    hit = hits[index]
    if hit is not None:
        return hit.path == path
    return jumps and lines[index] == "--"


def _file(lines: Sequence[str], hits: Sequence[_Hit | None], start: int, end: int, wanted: str) -> Iterable[Block]:
    """The lines found in one file: its path above them, or the line itself where there is only one."""
    found = [(index, hit) for index in range(start, end) if (hit := hits[index]) is not None]
    path = found[0][1].path
    long = any(len(lines[index]) > _LONG for index, _ in found)
    if long:
        for index in range(start, end):
            yield _long_line(lines[index], hits[index], index, wanted)
    elif len(found) == 1 or _NUMBERED.match(path) or path[0] in ":-":
        yield (
            note(start, end, (lines[found[0][0]],), Rank.EVIDENCE)
            if len(found) == 1
            else keep(start, end, Rank.EVIDENCE)
        )
    else:
        yield note(start, end, (path, *(_stripped(hit) for _, hit in found)), Rank.EVIDENCE)


def _stripped(hit: _Hit) -> str:
    """A hit without its path; where it has no number the separator stays, to tell it from a path."""
    return hit.rest if hit.number else f"{'-' if hit.is_context else ':'}{hit.rest}"


def _long_line(line: str, hit: _Hit | None, index: int, wanted: str) -> Block:
    """A line of thousands of characters as its beginning, or the part around the pattern where that is known."""
    if hit is None or len(line) <= _LONG:
        return keep(index, index + 1, Rank.EVIDENCE)
    place = line.find(wanted, len(hit.path) + 1) if wanted else -1
    head = len(line) - len(hit.rest) + len(str(hit.number or "")) + 1
    if place < head + _WINDOW:
        return Block(
            index, index + 1, (line[: head + _WINDOW],), f"the rest of these {len(line)} characters", Rank.EVIDENCE
        )
    window = line[place - _WINDOW // 4 : place + _WINDOW]
    return Block(index, index + 1, (line[:head], window), f"all but this part of {len(line)} characters", Rank.EVIDENCE)


def _pattern(segment: Segment) -> str:
    """What was searched for, as a plain string, if the command says it."""
    if not _is_search(segment) or segment.command is None:
        return ""
    words = [word for word in segment.command.words[1:] if not word.startswith("-") and word != "grep"]
    return words[0] if words else ""


def _same_text(lines: Sequence[str], hits: Sequence[_Hit | None], start: int) -> int:
    """The end of a run of files with one hit each, all with the same text."""
    first = hits[start]
    if first is None or first.is_context or len(lines[start]) > _LONG:
        return start
    text = _text(first)
    if not text.strip():
        return start
    end = start
    seen: set[str] = set()
    while end < len(hits):
        hit = hits[end]
        if hit is None or hit.is_context or hit.path in seen or " " in hit.path or _text(hit) != text:
            break
        seen.add(hit.path)
        end += 1
    following = hits[end] if end < len(hits) else None
    return end - 1 if following is not None and following.path in seen else end


def _text(hit: _Hit) -> str:
    return hit.rest[len(str(hit.number)) + 1 :] if hit.number else hit.rest


def _places(hits: Iterable[_Hit | None]) -> list[str]:
    """One text found in many files: the text, then its places with each folder once."""
    found = [hit for hit in hits if hit is not None]
    shown = [_text(found[0]), f"^ in {len(found)} files:"]
    folders: list[tuple[str, list[str]]] = []
    for hit in found:
        folder, name = folder_and_name(hit.path)
        if not folders or folders[-1][0] != folder:
            folders.append((folder, []))
        folders[-1][1].append(f"{name}:{hit.number}" if hit.number else name)
    for folder, names in folders:
        shown += names_on_lines(folder, names) if len(names) > 1 and folder else [folder + name for name in names]
    return shown


FORM = Form("search", _recognise, _evidence, _reduce)
