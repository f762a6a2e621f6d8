"""What stays when a bound is too small for everything: evidence first, then what the focus asks for.

blocks ──cut into pieces──> ranked ──taken, whole or in part, while they fit──> printed in their own order, gaps marked
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass, replace
from itertools import pairwise

from sidecar.compression.alarms import alarm_lines, is_warning
from sidecar.compression.briefing import TOTALS, Briefing, briefings, kind_of, named, told_of
from sidecar.compression.focusing import ANYTHING, Focus
from sidecar.compression.printing import Printed, marker, part_marker, render
from sidecar.compression.vocabulary import Part, Rank

__all__ = ["Bound", "fit"]

_PIECE_LINES = 12
"""Blocks are cut into pieces of so many lines, so that a long block can stay in part."""


@dataclass(frozen=True, slots=True)
class Bound:
    """How large a result may be: in tokens (`answer_tokens`), in characters (what a client shows), or both.

    *is_asked* says that the caller named it: then whatever fits without leaving anything out is enough.
    """

    tokens: int | None = None
    chars: int | None = None
    is_asked: bool = False

    @property
    def is_open(self) -> bool:
        return self.tokens is None and self.chars is None

    def without(self, text: str, count: Callable[[str], int]) -> Bound:
        """The room left beside *text* and the newline before it."""
        return replace(
            self,
            tokens=None if self.tokens is None else self.tokens - count(text) - 1,
            chars=None if self.chars is None else self.chars - len(text) - 1,
        )

    def admits(self, text: str, count: Callable[[str], int]) -> bool:
        if self.chars is not None and len(text) > self.chars:
            return False
        if self.tokens is None:
            return True
        # A token has at least one byte, and at most 128 characters: most questions need no counting.
        if len(text) > self.tokens * 128:
            return False
        return len(text.encode("utf-8", "surrogatepass")) <= self.tokens or count(text) <= self.tokens

    def share(self, text: str, count: Callable[[str], int]) -> float:
        """How much of the bound *text* and its newline use up; 1.0 is all of it."""
        by_chars = (len(text) + 1) / max(self.chars, 1) if self.chars is not None else 0.0
        by_tokens = (count(text) + 1) / max(self.tokens, 1) if self.tokens is not None else 0.0
        return max(by_chars, by_tokens)


def fit(
    printed: Sequence[Printed],
    bound: Bound,
    *,
    focus: Focus = ANYTHING,
    count: Callable[[str], int],
    parts: Sequence[Part] = (),
    lines: Sequence[str] = (),
) -> tuple[Printed, ...]:
    """As much of *printed* as *bound* admits, in its own order, every gap marked with what it held.

    Where not even the evidence fits, one of the failing *parts* is told whole and the others in one line each; *lines*
    are the whole output. The result is within the bound, or empty where not even one marker fits.
    """
    if bound.is_open or bound.admits(render(printed), count):
        return tuple(printed)
    evidence = [block for block in printed if block.rank is Rank.EVIDENCE]

    def fits(told: Sequence[Printed]) -> bool:
        return bound.admits(render(told), count)

    found = [Briefing(printed, range(0))]
    if parts and not fits(evidence):
        found = list(briefings(printed, parts, lines, fits=fits, focus=focus))
    results = [_as_fits(one, bound, focus=focus, count=count, parts=parts) for one in found]
    return results[0] if len(results) == 1 else max(results, key=lambda result: told_of(parts, render(result)))


def _as_fits(
    briefing: Briefing, bound: Bound, *, focus: Focus, count: Callable[[str], int], parts: Sequence[Part]
) -> tuple[Printed, ...]:
    """As much of a briefing as *bound* admits: what it tells first, then the rest in the order of its importance."""
    printed = briefing.printed
    if bound.admits(render(printed), count):
        return tuple(printed)
    pieces = [piece for block in printed for piece in _pieces(block)]
    preference = _preference(pieces, focus, briefing.first, named(parts))
    order = sorted(range(len(pieces)), key=preference)
    begun = sum(1 for index in order if preference(index)[0] <= _FIRST)
    room = 1.0 - bound.share(marker(99_999, 199_999, "99 lines of evidence and more of the output"), count)
    gap = _GAP_SHARE_TOKENS / bound.tokens if bound.tokens else _GAP_SHARE_CHARS / (bound.chars or 1)
    others = (pieces[index].text for index in order[begun:] if preference(index)[0] <= _OF_A_NEW_KIND)
    held = _held(others, room * _MOST_HELD, lambda text: bound.share(text, count) + gap)
    whole = list(pieces)
    taken: set[int] = set()
    misses = 0
    # What is told first leaves some room to the others, and gets what they left.
    walk = (
        *((index, held, False) for index in order[:begun]),
        *((index, 0.0, False) for index in (*order[begun:], *order[:begun])),
        *((index, 0.0, True) for index in order),  # what is left goes to parts of whatever matters next
    )
    for index, reserved, of_any in walk:
        if index in taken:
            continue
        limit = room - reserved
        cost = bound.share(pieces[index].text, count)
        if not (index - 1 in taken or index + 1 in taken):
            cost += gap
        if cost > limit and (part := _part(pieces[index], bound, limit - gap, count, of_any=of_any)) is not None:
            pieces[index], cost = part, bound.share(part.text, count) + gap
        misses += 1
        if cost <= limit:
            taken.add(index)
            room -= cost
            misses = 0
        elif room < gap or misses > _MOST_MISSES:  # the rest would only fill crumbs
            break
    ranked = [index for index in order if index in taken]
    while True:
        result = _with_gaps(pieces, taken)
        if bound.admits(render(result), count) or not result:
            return tuple(result)
        if not ranked:
            return ()
        taken.discard(index := ranked.pop())
        pieces[index] = whole[index]


def _held(texts: Iterable[str], most: float, cost: Callable[[str], float]) -> float:
    """The room that *texts* need, *most* of it at most: what is told whole leaves so much for what is only named."""
    held = 0.0
    for text in texts:
        held += cost(text)
        if held >= most:
            return most
    return held


_MOST_HELD = 0.5
_MOST_MISSES = 1_000
"""So many pieces in a row that are too large: each must be counted, and a linter prints a hundred thousand."""
_GAP_SHARE_TOKENS = 18
_GAP_SHARE_CHARS = 60


def _part(
    piece: Printed, bound: Bound, room: float, count: Callable[[str], int], *, of_any: bool = False
) -> Printed | None:
    """What of a piece that is too large fits: its heading, its totals, its alarms, more of its lines, and a marker.

    None where nothing does, and, unless *of_any*, where its lines are no more urgent than others that fit whole.
    """
    lines = piece.lines[:-1] if piece.what else piece.lines
    if len(lines) == 1 and not piece.what:
        return _begun(piece, bound, room, count)
    alarms = alarm_lines(lines)
    if not (alarms or of_any or piece.rank is Rank.EVIDENCE):
        return None
    room -= bound.share(_of_lines(piece, len(lines), piece.what), count)
    if room <= 0:
        return None
    # A notation's lines need those above them (a path written once); an alarm is often explained on the next line.
    is_notation = not piece.what and len(lines) != piece.end - piece.start
    above = [] if is_notation else _headings(lines)
    near = ((*above[index], index, index + 1) for index in alarms) if not is_notation else ()
    urgent = [index for each in near for index in each if index < len(lines)]
    heading = [] if urgent and is_warning(lines[0]) else [0]
    last = range(max(0, len(lines) - _TOTALS_LINES), len(lines))
    totals = [index for index in last if TOTALS.search(lines[index])]
    outermost = [index for index, line in enumerate(lines) if line[:1] != " "] if is_notation else []
    leans = _leaning(lines, totals) if is_notation else {}
    taken: set[int] = set()
    misses = 0
    for index in dict.fromkeys((*heading, *totals, *urgent, *outermost, *range(len(lines)))):
        if index in leans and leans[index] not in taken:
            continue
        cost = bound.share(lines[index], count)
        misses += 1
        if cost <= room:
            taken.add(index)
            room -= cost
            misses = 0
        elif misses > _MOST_LINES_MISSED:
            break
    if not any(lines[index].strip() for index in taken):
        return None if piece.what or is_notation else _begun(piece, bound, room, count)
    shown = sorted(taken)
    left = len(lines) - len(shown)
    return replace(piece, lines=(*(lines[index] for index in shown), _of_lines(piece, left, piece.what)), what="a part")


def _leaning(lines: Sequence[str], totals: Sequence[int]) -> dict[int, int]:
    """Of a notation's lines the one that each cannot be read without: of its outermost a beginning, and below each too.

    That is the line above; for an outermost one the outermost before it; for *totals* only the heading.
    """
    leans: dict[int, int] = {}
    outermost: int | None = None
    for index, line in enumerate(lines):
        if line[:1] == " ":
            if index:
                leans[index] = index - 1
        elif index in totals:
            if 0 not in totals and lines[0][:1] != " ":
                leans[index] = 0
        else:
            if outermost is not None:
                leans[index] = outermost
            outermost = index
    return leans


def _headings(lines: Sequence[str]) -> list[tuple[int, ...]]:
    """Of each line the lines above it that name what it is about: a path or a rule, less far right than it stands."""
    found: list[tuple[int, ...]] = []
    open_ones: list[tuple[int, int]] = []
    for index, line in enumerate(lines):
        bare = line.lstrip(" ")
        if bare:
            depth = len(line) - len(bare)
            while open_ones and open_ones[-1][0] >= depth:
                open_ones.pop()
        found.append(tuple(at for _, at in open_ones))
        if bare and len(open_ones) < _DEEPEST and (bare[-1] == ":" or " " not in bare):
            open_ones.append((depth, index))
    return found


_DEEPEST = 4
_MOST_LINES_MISSED = 200
_TOTALS_LINES = 4
"""How a run has ended is told in its last lines."""
_WORTH_BEGINNING = 2_000
"""A line of so many characters is a document of its own: its beginning tells what it is."""


def _begun(piece: Printed, bound: Bound, room: float, count: Callable[[str], int]) -> Printed | None:
    """The beginning of a very long line, as much as fits, and a marker for its other characters and lines."""
    line, others = piece.lines[0], len(piece.lines) - 1
    also = f" and {_lines(others, ' more')} ({piece.start + 2}-{piece.end})" if others else ""
    if len(line) < _WORTH_BEGINNING:
        return None
    size = len(line) if bound.tokens is None else min(len(line), 8 * max(0, bound.tokens))
    size = size if bound.chars is None else min(size, max(0, bound.chars))
    while size > 0:
        told = f"[... of line {piece.start + 1}: characters {size + 1}-{len(line)}{also}]"
        if bound.share(line[:size], count) + bound.share(told, count) <= room:
            return replace(piece, lines=(line[:size], told), what="characters")
        size = size * 3 // 4
    return None


def _lines(count: int, more: str = "") -> str:
    return f"{count}{more} line{'' if count == 1 else 's'}"


def _of_lines(piece: Printed, left: int, what: str) -> str:
    told = _lines(left, " more") + (" of evidence" if piece.rank is Rank.EVIDENCE else "")
    return part_marker(piece.start, piece.end, f"{told}{', ' + what if what else ''}")


_TOTALS_CHARS = 600
"""A longer piece counts by the way."""
_OUTCOME_CHARS = 200
"""A longer outcome, which lists what passed too, comes behind what failed."""


def _pieces(block: Printed) -> list[Printed]:
    """A verbatim block in handfuls of lines, its totals apart; a notation or a marker stays whole."""
    count = len(block.lines)
    if count <= _PIECE_LINES or block.what or count != block.end - block.start:
        return [block]
    edges = {*range(0, count, _PIECE_LINES), count}
    if block.rank is Rank.EVIDENCE:
        totals = [index for index, line in enumerate(block.lines) if TOTALS.search(line)]
        edges.update(index + step for index in (*totals[:1], *totals[-1:]) for step in (0, 1))
    return [
        replace(block, start=block.start + first, end=block.start + last, lines=block.lines[first:last])
        for first, last in pairwise(sorted(edges))
    ]


_FIRST = -3.0
_OUTCOME = -2.0
_OF_A_NEW_KIND = -1.0
_AROUND_FIRST = -0.9
_OF_A_KNOWN_KIND = -0.6
_LONG_OUTCOME = -0.55
_ALARM = -0.5
"""What comes first within a bound, in this order: see `_preference`."""


def _preference(
    pieces: Sequence[Printed], focus: Focus, first: range, wanted: Sequence[Part]
) -> Callable[[int], tuple[float, float, float]]:
    """Sort key: the part told whole, the outcome, one of each kind, the others; evidence, alarms, the focus, structure.

    Of pieces that matter alike, both ends come before the middle. *first* are the lines of the part told whole,
    *wanted* the parts to be named: where a command failed, what failed comes before all that merely must be seen.
    """
    alarms = frozenset(alarm_lines([piece.text for piece in pieces]))
    scores = focus.scores(pieces)
    last = max(1, len(pieces) - 1)
    said = {part.said for part in wanted}
    evident = [index for index, piece in enumerate(pieces) if piece.rank is Rank.EVIDENCE]
    telling = frozenset(index for index in evident if _overlaps(pieces[index], wanted))
    outcome = _outcome(pieces, evident, telling, alarms) if said else frozenset()
    known = _of_known_kinds(pieces, sorted(telling))

    def rank_of(index: int) -> float:
        piece = pieces[index]
        if piece.rank is Rank.EVIDENCE:
            if piece.start in first:
                return _FIRST if index in telling else _AROUND_FIRST
            if index in outcome and len(piece.text) <= _OUTCOME_CHARS:
                return _OUTCOME
            if index in telling:
                return _OF_A_KNOWN_KIND if index in known else _OF_A_NEW_KIND
            if index in outcome:
                return _LONG_OUTCOME
            # Its lines say once more what stands where the failures are.
            is_summary = bool(said) and all(line in said for line in piece.lines)
            return 0.2 if is_summary else _ALARM if index in alarms else 0.0
        if index in alarms:
            return _ALARM if piece.is_verbatim else 0.3
        if index == len(pieces) - 1 and len(piece.text) <= _TOTALS_CHARS:
            return _LONG_OUTCOME
        if piece.is_bare:
            return Rank.CONTENT + 0.5
        return 0.5 if scores[index] > 0 else float(piece.rank)

    def key(index: int) -> tuple[float, float, float]:
        # In evidence the first failure comes first; elsewhere a command says most at its end, then at its start.
        is_evidence = pieces[index].rank is Rank.EVIDENCE
        return rank_of(index), -scores[index], index / last if is_evidence else min(index, (last - index) * 0.9)

    return key


def _outcome(pieces: Sequence[Printed], evident: Sequence[int], telling: Set[int], alarms: Set[int]) -> frozenset[int]:
    """The pieces that tell how it ended: the last that sounds an alarm, and the first and the last with totals."""
    closing = [index for index in evident if index in alarms][-1:]
    brief = (index for index in evident if index not in telling and len(pieces[index].text) <= _TOTALS_CHARS)
    totals = [index for index in brief if TOTALS.search(pieces[index].text)]
    return frozenset((*closing, *totals[:1], *totals[-1:]))


def _of_known_kinds(pieces: Sequence[Printed], telling: Sequence[int]) -> frozenset[int]:
    """Of the pieces *telling* a part, those that say what an earlier one says, but for their place."""
    seen: set[str] = set()
    known: list[int] = []
    for index in telling:
        kind = kind_of(pieces[index].lines[0])
        if kind in seen:
            known.append(index)
        seen.add(kind)
    return frozenset(known)


def _overlaps(piece: Printed, wanted: Sequence[Part]) -> bool:
    """Whether one of the parts, which stand in order, has a line of the piece."""
    at = bisect_left(wanted, piece.start, key=lambda part: part.end - 1)
    return at < len(wanted) and wanted[at].start < piece.end


def _with_gaps(pieces: Sequence[Printed], taken: set[int]) -> list[Printed]:
    """The taken pieces with one marker for every run that was not; a run of one bare marker stays itself."""
    result: list[Printed] = []
    run: list[Printed] = []
    for index, piece in enumerate((*pieces, None)):
        if piece is not None and index not in taken:
            run.append(piece)
            continue
        if run:
            result.append(_gap(run))
            run = []
        if piece is not None:
            result.append(piece)
    return result


def _urgent(piece: Printed) -> int:
    """How many lines of a piece one must not be told are unimportant."""
    lines = piece.lines[:-1] if piece.what else piece.lines
    return len(lines) if piece.rank is Rank.EVIDENCE else len(alarm_lines(lines))


def _gap(run: Sequence[Printed]) -> Printed:
    if len(run) == 1 and run[0].is_bare:
        return run[0]
    start, end = run[0].start, run[-1].end
    evidence = sum(_urgent(piece) for piece in run)
    kinds = list(dict.fromkeys(piece.what for piece in run if piece.what))
    told = f"{_lines(evidence)} of evidence and more" if evidence else "; ".join(kinds[:2]) or "less urgent output"
    if not evidence and kinds and any(not piece.what for piece in run):
        told = f"less urgent output, {'; '.join(kinds[:2])}"
    return Printed(start, end, (marker(start, end, told),), Rank.CONTENT, told)
