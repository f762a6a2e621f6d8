"""When not even the evidence fits: one failure whole, the others in one line each with their place.

    printed blocks + parts ──clusters──> the one that matters whole, of each other part: said [... of lines 40-72]

A cluster is what a failure's blocks and the failures in one block make together: it is told whole or in brief.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sidecar.compression.shorten import Printed, render
from sidecar.compression.vocabulary import Part, Rank

__all__ = ["briefed", "failing", "told_whole", "untold"]

_KINDS = (frozenset({"failure", "error", "trace"}), frozenset({"warning"}))
"""What went wrong; where nothing did, what was warned of."""

_WORTH = 0.7
"""Telling in brief must cost less than this share of telling whole, in characters."""

_SAID_CHARS = 400
_MOST_WHOLE = 40


@dataclass(slots=True)
class _Cluster:
    """Printed blocks [first, last) and the parts they tell."""

    first: int
    last: int
    parts: list[Part]


def failing(parts: Sequence[Part]) -> list[Part]:
    """The parts that say what went wrong, or else what was warned of, in order."""
    for kinds in _KINDS:
        found = [part for part in parts if part.kind in kinds]
        if found:
            return found
    return []


def told_whole(printed: Sequence[Printed], parts: Sequence[Part], chosen: int) -> range:
    """The lines of the failing parts that the block *chosen* tells, or else the first; empty where none failed."""
    clusters = list(_clusters(printed, failing(parts)))
    if not clusters:
        return range(0)
    first = next((one for one in clusters if one.first <= chosen < one.last), clusters[0])
    return range(printed[first.first].start, printed[first.last - 1].end)


def briefed(
    printed: Sequence[Printed], parts: Sequence[Part], chosen: int, *, fits: Callable[[Sequence[Printed]], bool]
) -> list[Printed]:
    """*printed* with its failing parts in one line each, but the one in block *chosen* and as many more as fit.

    Unchanged where there are fewer than two such parts, or where brief is hardly shorter.
    """
    wrong = failing(parts)
    if len(wrong) < 2:
        return list(printed)
    clusters = list(_clusters(printed, wrong))
    first = next((index for index, one in enumerate(clusters) if one.first <= chosen < one.last), 0)
    order = [first, *(index for index in range(len(clusters)) if index != first)]
    told = _told(printed, clusters, frozenset(order[:1]))
    for count in range(2, min(len(order), _MOST_WHOLE) + 1):
        more = _told(printed, clusters, frozenset(order[:count]))
        if not fits(more):
            break
        told = more
    return told


def _told(printed: Sequence[Printed], clusters: Sequence[_Cluster], whole: frozenset[int]) -> list[Printed]:
    result: list[Printed] = []
    position = 0
    for index, cluster in enumerate(clusters):
        result.extend(printed[position : cluster.first])
        blocks = printed[cluster.first : cluster.last]
        lines = list(_lines(cluster.parts, blocks))
        is_shorter = sum(len(one.text) for one in lines) < _WORTH * len(render(blocks))
        result.extend(lines if is_shorter and index not in whole else blocks)
        position = cluster.last
    result.extend(printed[position:])
    return result


def _clusters(printed: Sequence[Printed], parts: Sequence[Part]) -> Iterator[_Cluster]:
    index = 0
    current: _Cluster | None = None
    for part in sorted(parts, key=lambda part: (part.start, part.end)):
        while index < len(printed) and printed[index].end <= part.start:
            index += 1
        last = index
        while last < len(printed) and printed[last].start < part.end:
            last += 1
        if last == index:
            continue
        if current is not None and index < current.last:
            current.last = max(current.last, last)
            current.parts.append(part)
            continue
        if current is not None:
            yield current
        current = _Cluster(index, last, [part])
    if current is not None:
        yield current


def _lines(parts: Sequence[Part], whole: Sequence[Printed]) -> Iterator[Printed]:
    """One printed line a part; together they stand for all lines of the cluster."""
    starts = [whole[0].start, *(part.start for part in parts[1:]), whole[-1].end]
    for index, part in enumerate(parts):
        said = part.said if len(part.said) <= _SAID_CHARS else part.said[:_SAID_CHARS] + "..."
        place = f"line {part.start + 1}" if part.end - part.start == 1 else f"lines {part.start + 1}-{part.end}"
        start, end = starts[index], max(starts[index], starts[index + 1])
        yield Printed(start, end, (f"{said} [... of {place}]",), Rank.EVIDENCE, hides=f"a {part.kind} but for one line")


def untold(fitted: Sequence[Printed], parts: Sequence[Part]) -> str:
    """How many failing parts are not even named, and where they are; empty where all are.

    A part is named where one of its lines is shown, and where the one line that tells it is: in a closing summary.
    """
    wrong = failing(parts)
    shown = [block for block in fitted if not block.is_bare]
    lines = {line for block in shown for line in block.lines}
    missing: list[Part] = []
    index = 0
    for part in wrong:
        while index < len(shown) and shown[index].end <= part.start:
            index += 1
        if (index >= len(shown) or shown[index].start >= part.end) and part.said not in lines:
            missing.append(part)
    if not missing or not shown:
        return ""
    kinds = {part.kind for part in missing}
    kind = kinds.pop() if len(kinds) == 1 else "error"
    place = f"lines {missing[0].start + 1}-{missing[-1].end}"
    return f"{len(missing)} of {len(wrong)} {kind}{'s' if len(wrong) > 1 else ''} not shown ({place})"
