"""Graphs as pairs (`go mod graph`): each package once, with all it points at.

shop example.com/a/log@v1.0.0                      shop: example.com/a/log@v1.0.0 example.com/a/web@v2.1.0
shop example.com/a/web@v2.1.0              ->      .../web@v2.1.0: .../log@v1.0.0
example.com/a/web@v2.1.0 example.com/a/log@v1.0.0

A path that was told in full is told again by as many of its last parts as no other path ends in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from sidecar.compression.kept import kept
from sidecar.compression.vocabulary import Block, Evidence, Rank, Segment, note

__all__ = ["edges_evidence", "edges_reduced", "is_of_edges"]

_FEWEST = 5
_CHUNK_LINES = 120
_ELLIPSIS = ".../"


def is_of_edges(lines: Sequence[str], sample: Sequence[str]) -> bool:
    """Whether every line is of two packages, at least one with its version, and many begin like the one before."""
    if len(lines) < _FEWEST or not all(line.count(" ") == 1 and "@" in line for line in sample):
        return False
    pairs = [line.split(" ") for line in lines if line]
    if not all(len(pair) == 2 and all(pair) for pair in pairs):
        return False
    sources = [source for source, _ in pairs]
    return sum(map(str.__eq__, sources, sources[1:])) > len(sources) / 2


def edges_evidence(segment: Segment) -> list[Evidence]:
    """Both packages of each pair: in full the first time, afterwards what tells them apart."""
    return [Evidence(index, tuple(pieces)) for index, pieces in enumerate(_pieces(segment)) if pieces]


@kept
def _pieces(segment: Segment) -> list[list[str]]:
    """The packages of each line as they are written."""
    pairs = [line.split(" ") if line else [] for line in segment.lines]
    paths = dict.fromkeys(name.partition("@")[0] for pair in pairs for name in pair)
    short = _shortest(list(paths))
    seen: set[str] = set()
    told: list[list[str]] = []
    source = ""
    for pair in pairs:
        written: list[str] = []
        for name in pair:
            path, at, version = name.partition("@")
            written.append(short[path] + at + version if path in seen else name)
            seen.add(path)
        if pair and pair[0] == source:
            written[0] = told[-1][0]  # it heads the line that this one joins
        source = pair[0] if pair else ""
        told.append(written)
    return told


def _shortest(paths: Sequence[str]) -> dict[str, str]:
    """Each path by the fewest of its last parts that tell it from all others."""
    ends = {path: list(_ends(path)) for path in paths}
    counts = Counter(end for each in ends.values() for end in each)
    return {path: next((_ELLIPSIS + end for end in each if counts[end] == 1), path) for path, each in ends.items()}


def _ends(path: str) -> Iterable[str]:
    """The last part, the last two, and the last three, where something stands before them."""
    at = len(path)
    for _ in range(3):
        at = path.rfind("/", 0, at)
        if at < len(_ELLIPSIS):
            return
        yield path[at + 1 :]


def edges_reduced(segment: Segment) -> list[Block]:
    """Neighbours that begin with the same package on one line, in blocks that a bound can cut between."""
    lines = segment.lines
    pieces = _pieces(segment)
    blocks: list[Block] = []
    shown: list[str] = []
    begun = index = 0
    while index < len(lines):
        end = index + 1
        source = lines[index].partition(" ")[0]
        while end < len(lines) and end - index < _CHUNK_LINES and lines[end].startswith(source + " "):
            end += 1
        if pieces[index]:
            shown.append(f"{pieces[index][0]}: " + " ".join(pair[1] for pair in pieces[index:end]))
        else:
            shown.append("")
            end = index + 1
        index = end
        if index - begun >= _CHUNK_LINES or index == len(lines):
            blocks.append(note(begun, index, shown, Rank.EVIDENCE))
            begun, shown = index, []
    return blocks
