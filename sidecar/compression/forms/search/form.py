"""What grep, rg, ag, ack and git grep found: the path once above its lines, a repeated text once for its places.

    src/app.py:12:def run():            src/app.py
    src/app.py:40:run()                 12:def run():
    src/app.py:41:run()          ->     40,41:run()
    src/b.py:1:import os                import os
    src/c.py:1:import os                ^ in 3 files:
    src/d.py:1:import os                src/: b.py:1 c.py:1 d.py:1

Up to a thousand matches nothing found is left out: the path comes back by writing it before each line, with
the character that follows the number. `--` goes where the numbers jump anyway. Of more, each file keeps its
number of matches, its first ones and a spread. Lines of thousands of characters (minified code) are cut
around the match.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from sidecar.compression.forms.search.files import CROWD_SHOWN, crowded, long_line, written
from sidecar.compression.forms.search.lines import Found, Hit, found_in, heads, is_said, is_search, numbered
from sidecar.compression.prefixes import folder_and_name, names_on_lines
from sidecar.compression.vocabulary import Block, Evidence, Extent, Form, Part, Rank, Segment, keep, note

__all__ = ["FORM"]

_COUNT = re.compile(r"(\S[^:]*):(\d+)$")
_MOSTLY = 0.7
_IN_BRACKETS = re.compile(r"\(\d+,\d+\)$")
_DIAGNOSTIC = re.compile(
    r"(?:\d+:){0,3} ?(?:\d+-\d+: )?(?:fatal |internal compiler )?(?:error|warning|note|info|hint|style|remark)\b"
    r"|(?:\d+:){0,2}\d+: (?=\S)|\d+ (?:- [A-Z]|\[[A-Z]+\d+\]: )"
    r"| [A-Z]\w*(?:Error|Exception|Warning|Failed|Exit)\b| [a-z]"
)
_HEADED = re.compile(r"^[1-9]\d*[:-]", re.MULTILINE)
_PLACE_CHARS = 200
_PLACED = re.compile(r":[1-9]\d{0,8}:")
_SAMPLE = 200
_STRIDE = 7919
"""A prime: no period in the output falls in step with the sample."""
_CHUNK = 120
"""After so many lines a block ends with its file, so that a bound can cut between blocks."""
_LONGEST_CHUNK = 400
_LONG = 1_000
_CROWD_LINES = 1_000
_CROWD_CHARS = 32_000
"""More matches than this, and longer together than this (some 8,000 tokens), are a crowd: nobody reads them all."""


def _recognise(segment: Segment) -> float:
    lines = segment.lines
    if not lines:
        return 0.0
    hinted = is_search(segment)
    if not hinted and ":" not in segment.text:
        return 0.0
    if lines[0].startswith('{"type":"begin"') and found_in(segment).is_json:
        return 0.97
    sample = lines if len(lines) <= _SAMPLE else [lines[at * _STRIDE % len(lines)] for at in range(_SAMPLE)]
    if not hinted:
        joined = "\n".join([line[:_PLACE_CHARS] for line in sample])
        headed = ":" in joined and len(_HEADED.findall(joined)) > len(sample) / 2
        if headed:
            return 0.9 if any(map(heads, [lines] * 3, range(3))) and found_in(segment).silent else 0.0
        enough = len(sample) / 10 + 1
        # One pass of a pattern first, for most outputs have no place at all.
        if len(_PLACED.findall(joined)) < enough or not _has_places(sample, enough):
            return 0.0
    found = found_in(segment)
    hits = [hit for hit in found.hits if hit is not None]
    told = len(hits) + sum(1 for line, hit in zip(lines, found.hits, strict=True) if hit is None and is_said(line))
    share = (told + len(found.silent)) / max(1, sum(1 for line in lines if line))
    if hinted:
        # Another command of the line may have printed what its compiler's form is surer of.
        sure = 0.97 if _diagnosed(hits) <= len(hits) * _MOSTLY else 0.9
        return sure if hits and share > 0.5 else 0.0
    matches = [hit for hit in hits if not hit.is_context]
    if not matches or _diagnosed(matches) > len(matches) * 0.3:
        return 0.0
    ordered = sum(1 for a, b in pairwise(matches) if a.path != b.path or a.number <= b.number)
    if ordered < (len(matches) - 1) * 0.9 or len(matches) < 2:
        return 0.0
    if sum(1 for hit in matches if "/" in hit.path or "." in hit.path) < len(matches) / 2:
        return 0.0
    return 0.92 if share > 0.85 else 0.7 if share > 0.6 else 0.0


def _has_places(sample: Sequence[str], enough: float) -> bool:
    """Whether so many lines begin with a path and a number, most of them no diagnostic's."""
    known: dict[str, bool] = {}
    hits = [hit for line in sample if (hit := numbered(line, spaces=False, known=known)) is not None]
    return len(hits) >= enough and _diagnosed(hits) <= len(hits) * 0.5


def _diagnosed(hits: Iterable[Hit]) -> int:
    return sum(map(_is_diagnosed, hits))


def _is_diagnosed(hit: Hit) -> bool:
    """Whether a compiler's line reads as something found: `a.c:12:3: error: ...`, `a.ts(12,3): error ...`."""
    return _DIAGNOSTIC.match(hit.rest.partition(":")[2]) is not None or _IN_BRACKETS.search(hit.path) is not None


def _evidence(segment: Segment) -> list[Evidence]:
    """Every line found, in the pieces that any of the notations prints; and every line that is none.

    Of a crowd of matches each file's place, and its first match.
    """
    lines = segment.lines
    if _counts(lines):
        return [Evidence(index, _pieces(line)) for index, line in enumerate(lines)]
    read = found_in(segment)
    is_crowd = _is_crowd(read)
    found: list[Evidence] = []
    pieces: dict[str, tuple[str, ...]] = {}
    for index, (line, hit) in enumerate(zip(lines, read.hits, strict=True)):
        if hit is None:
            if line and line != "--" and index not in read.silent:
                found.append(Evidence(index, (line,)))
            continue
        place = pieces.get(hit.path)
        if place is None:
            place = pieces[hit.path] = _pieces(hit.path)
        elif is_crowd:
            continue
        if is_crowd or len(hit.rest) > _LONG:
            found.append(Evidence(index, (*place, str(hit.number)) if hit.number and not is_crowd else place))
        elif hit.number:
            number = str(hit.number)
            found.append(Evidence(index, (*place, number, hit.rest[len(number) + 1 :])))
        else:
            found.append(Evidence(index, (*place, hit.rest)))
    return found


def _is_crowd(found: Found) -> bool:
    hits = [hit for hit in found.hits if hit is not None]
    return len(hits) > _CROWD_LINES and sum(len(hit.rest) for hit in hits) > _CROWD_CHARS


def _pieces(path: str) -> tuple[str, ...]:
    return tuple(part for part in folder_and_name(path) if part)


def _counts(lines: Sequence[str]) -> bool:
    """`grep -c`: every line a path and a number."""
    return bool(lines) and all(_COUNT.match(line) for line in lines)


def _reduce(segment: Segment) -> list[Block]:
    lines = segment.lines
    if _counts(lines):
        return _count_blocks(lines)
    found = found_in(segment)
    hits = found.hits
    if not any(hits):
        return [keep(0, len(lines), Rank.EVIDENCE)] if lines else []
    if _is_crowd(found):
        return crowded(lines, found, CROWD_SHOWN)
    jumps = _jumps_told(lines, found)
    wanted = _pattern(segment)
    blocks: list[Block] = []
    index = 0
    while index < len(lines):
        hit = hits[index]
        if hit is not None and len(hit.rest) > _LONG:
            blocks.append(long_line(lines[index], hit, index, wanted, is_json=found.is_json))
            index += 1
            continue
        if hit is None and not _goes_with(lines, found, index):
            blocks.append(keep(index, index + 1, Rank.EVIDENCE))
            index += 1
            continue
        end = _end_of_chunk(lines, found, index)
        chunk: list[Hit | str] = []
        for at in range(index, end):
            one = hits[at]
            if one is not None:
                chunk.append(one)
            elif lines[at] == "--" and not jumps:
                chunk.append("--")
        what = "offsets, submatches and timings, all JSON" if found.is_json else ""
        blocks.append(Block(index, end, tuple(written(chunk)), what, Rank.EVIDENCE))
        index = end
    return blocks


def _goes_with(lines: Sequence[str], found: Found, index: int) -> bool:
    return index in found.silent or lines[index] == "--"


def _end_of_chunk(lines: Sequence[str], found: Found, start: int) -> int:
    """Where a block ends: at a line of another kind, or with a file once it is long enough."""
    hits = found.hits
    path: str | None = None
    for index in range(start, min(len(lines), start + _LONGEST_CHUNK)):
        hit = hits[index]
        if hit is None:
            if not _goes_with(lines, found, index):
                return index
            continue
        if len(hit.rest) > _LONG or (index - start >= _CHUNK and hit.path != path):
            return max(index, start + 1)
        path = hit.path
    return min(len(lines), start + _LONGEST_CHUNK)


def _count_blocks(lines: Sequence[str]) -> list[Block]:
    blocks: list[Block] = []
    index = 0
    while index < len(lines):
        folder = folder_and_name(lines[index])[0]
        end = index + 1
        while end < len(lines) and end - index < 40 and folder_and_name(lines[end])[0] == folder:
            end += 1
        names = [folder_and_name(line)[1] for line in lines[index:end]]
        if end - index > 1 and not any(" " in name for name in names):
            shown = names_on_lines(folder, names) if folder else [" ".join(names)]
            blocks.append(note(index, end, shown, Rank.EVIDENCE))
        else:
            blocks.append(keep(index, end, Rank.EVIDENCE))
        index = end
    return blocks


def _jumps_told(lines: Sequence[str], found: Found) -> bool:
    """Whether each `--` stands exactly where the line numbers jump, so that they say it alone."""
    last: Hit | None = None
    separated = False
    seen = 0
    for index, (line, hit) in enumerate(zip(lines, found.hits, strict=True)):
        if hit is None:
            separated = line == "--"
            seen += separated
            if not separated or index in found.silent:
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


def _pattern(segment: Segment) -> str:
    """What was searched for, as a plain string, if the command says it."""
    if not is_search(segment) or segment.command is None:
        return ""
    words = [word for word in segment.command.words[1:] if not word.startswith("-") and word != "grep"]
    return words[0] if words else ""


def _parts(segment: Segment) -> list[Part]:
    """A file with what was found in it."""
    if _counts(segment.lines):
        return []
    hits = found_in(segment).hits
    matches = Counter(hit.path for hit in hits if hit is not None and not hit.is_context)
    ends: dict[str, tuple[int, int]] = {}
    for index, hit in enumerate(hits):
        if hit is not None and hit.path:
            ends[hit.path] = (ends[hit.path][0] if hit.path in ends else index, index + 1)
    return [
        Part("file", path, start, end, f"{path} ({_matches(matches[path])})") for path, (start, end) in ends.items()
    ]


def _matches(count: int) -> str:
    return "1 match" if count == 1 else f"{count} matches"


def _extent(segment: Segment) -> Extent:
    """From the first line found to the last: what stands around them may be another program's."""
    read = found_in(segment)
    own = [
        index
        for index, hit in enumerate(read.hits)
        if index in read.silent or (hit is not None and not _is_diagnosed(hit))
    ]
    return Extent(own[0], own[-1] + 1) if own else Extent(0, len(segment.lines))


FORM = Form("search", _recognise, _evidence, _reduce, _parts, extent=_extent)
