"""Text that no grammar knows: what repeats is folded, and of a very long one a spread sample stays between its ends.

    part 1 of 40 copied                         part 1 of 40 copied
    part 2 of 40 copied             ──>         [alike: 2-39]
    ...                                         part 40 of 40 copied
    part 40 of 40 copied                        [... of lines 1-40: similar lines]

Nothing is known of such a text, so little is taken from it: alarms and warnings with what stands around them, headings,
both ends, and at least a good share of the rest stay as they were printed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from operator import ne

from sidecar.compression.alarms import alarm_lines, warning_lines
from sidecar.compression.forms.above import ABOVE, printed_above
from sidecar.compression.forms.digests import with_short_digests
from sidecar.compression.forms.drafting import condensed
from sidecar.compression.forms.log.codes import all_without_digits, without_digits
from sidecar.compression.forms.log.values import varied
from sidecar.compression.forms.marking import side_by_side
from sidecar.compression.forms.raw import raw_blocks
from sidecar.compression.forms.unpadded import shows_a_file, unpadded
from sidecar.compression.kept import kept
from sidecar.compression.vocabulary import Block, Evidence, Form, Part, Rank, Segment, keep, moved, note, omit, verbatim

__all__ = ["FORM"]

_LAST_RESORT = 0.05
"""Any other form that claims a text is surer."""
_RUN = 4
"""So many similar lines after one another are told as a run."""
_RUN_CHARS = 160
"""A run shorter than this is as short as its marker."""
_VALUES_SHARE = 0.3
_SAMPLE_AT = 400
"""Up to so many lines a text stays whole but for its repeats."""
_HEAD, _TAIL = 100, 60
_FAILED_HEAD, _FAILED_TAIL = 60, 120
_AROUND, _FAILED_AROUND = 2, 5
"""Lines that stay before and after an alarm."""
_WINDOW = 12
"""The rest stays in windows of so many lines, ..."""
_STRIDE = 24
"""... one in so many lines; so half of it does."""
_SPARSE_AT = 4_000
"""In a text of more lines the windows are as many as in one of so many."""
_MANY_LOUD = 200
"""Of more alarms than these, only the lines themselves stay, not what is around them."""
_HEADING = re.compile(
    r"#{1,6} \S|={2,}>? \S|-{3,} \S|\*{3,} \S|\[[\w .:/-]{2,60}\]$|[A-Z][A-Z0-9 _/-]{3,60}:?$|\S.{2,60}:$"
)
_RULER = re.compile(r"([-=*~#_])\1{5,}$")


def _recognise(segment: Segment) -> float:
    """The least sureness there is: nobody else wanted this text."""
    return _LAST_RESORT if segment.lines else 0.0


def _evidence(segment: Segment) -> list[Evidence]:
    """The lines that sound an alarm; of one that says what the line above says of another file, the names."""
    lines = segment.lines
    evident = verbatim(segment, alarm_lines(lines, segment.text))
    said_of = {index: run for run in _runs_of_names(segment) for index in range(run.start + 1, run.end)}
    return [
        item._replace(parts=tuple(said_of[item.line].names[item.line - said_of[item.line].start]))
        if item.line in said_of
        else item
        for item in evident
    ]


def _reduce(segment: Segment) -> list[Block]:
    blocks: list[Block] = []
    position = 0
    for known in raw_blocks(segment) or list(_told_by_names(segment)):
        blocks += _without_names(segment, position, known.start)
        blocks.append(known)
        position = known.end
    return blocks + _without_names(segment, position, len(segment.lines))


def _told_by_names(segment: Segment) -> Iterable[Block]:
    for run in _runs_of_names(segment):
        rank = Rank.EVIDENCE if alarm_lines(segment.lines[run.start : run.start + 1]) else Rank.CONTENT
        yield note(run.start, run.end, run.shown, rank)


def _without_names(segment: Segment, start: int, end: int) -> list[Block]:
    """What stands between those blocks, as a text of its own."""
    if start == end:
        return []
    if end - start == len(segment.lines):
        return _folded_or_sampled(segment)
    inner = segment.part(start, end)
    printed_above.tell(inner, printed_above(segment)[start:end])
    return moved(_folded_or_sampled(inner), start)


def _folded_or_sampled(segment: Segment) -> list[Block]:
    lines = segment.lines
    alarms = alarm_lines(lines, segment.text)
    loud = {*alarms, *warning_lines(lines, segment.text)}
    # What numbers differ in lines of the same words is no news beside why the command failed.
    numbers = not segment.exit_code
    whole = _without_above(segment, _folded(lines, 0, len(lines), loud, numbers=numbers), loud)
    if sum(block.end - block.start if block.shown is None else len(block.shown) for block in whole) <= _SAMPLE_AT:
        return _without_dear_marks(segment, whole, loud)
    blocks: list[Block] = []
    for start, end, is_kept in _stretches(segment, alarms, loud):
        if is_kept:
            blocks += _folded(lines, start, end, loud, numbers=numbers)
        else:
            blocks.append(omit(start, end, "less urgent lines"))
    return _without_dear_marks(segment, blocks, loud)


def _without_dear_marks(segment: Segment, blocks: list[Block], loud: set[int]) -> list[Block]:
    """The same blocks without padding and whole digests; a file that is printed keeps both."""
    if shows_a_file(segment.command):
        return blocks
    narrow = unpadded(blocks, segment.lines, loud)
    return list(with_short_digests(narrow, segment.lines, loud, segment.command))


def _without_above(segment: Segment, blocks: Sequence[Block], loud: set[int]) -> list[Block]:
    """The same blocks, where kept lines were printed above in the same words without those; alarms stay."""
    marks = printed_above(segment)
    if not any(marks):
        return list(blocks)
    found: list[Block] = []
    for block in blocks:
        if block.shown is not None or not any(marks[block.start : block.end]):
            found.append(block)
            continue
        why = [ABOVE if marks[i] and i not in loud else "" for i in range(block.start, block.end)]
        for edge in range(0, len(why), _ABOVE_LINES):
            end = min(edge + _ABOVE_LINES, len(why))
            inner = condensed(segment.lines[block.start : block.end], why, edge, end, rank=block.rank)
            found += [replace(one, start=one.start + block.start, end=one.end + block.start) for one in inner]
    return found


_ABOVE_LINES = 60
"""So many lines share a marker for what was printed above."""


@dataclass(frozen=True, slots=True)
class _Names:
    """Lines after one another that say the same of different files: the first, then the names of each."""

    start: int
    end: int
    names: Sequence[Sequence[str]]
    shown: tuple[str, ...]


_NAMED = re.compile(r"[^\s\"'`()\[\],;=<>|]+")
_NAMED_RUN = 5
"""So many lines that differ in nothing but names with a slash or a dot are told as one, ..."""
_SAID_OF_ONE = 2
"""Lines of so few words say one thing of one name: unpadded.py puts these beside each other."""
_NAMED_SHARE = 0.75
"""... if that costs no more than this share of them."""
_NAMED_CHARS = 400
_ALARMS_WHOLE = 40
"""So many alarms in a row of a command that failed stay whole, whatever they have in common."""


@kept
def _runs_of_names(segment: Segment) -> list[_Names]:
    """The runs of lines of which only the names of files differ; kept with the segment, which is asked twice."""
    return list(_find_runs_of_names(segment.lines, segment.text, failed=bool(segment.exit_code)))


def _find_runs_of_names(lines: Sequence[str], text: str, *, failed: bool) -> Iterable[_Names]:
    if len(lines) < _NAMED_RUN or text.count("/") + text.count(".") < 2 * _NAMED_RUN:
        return
    start = 0
    # What no names can differ in is compared first: how many words a line has.
    for spaces, group in groupby(map(_words_to_compare, lines)):
        end = start + sum(1 for _ in group)
        if spaces and end - start >= _NAMED_RUN:
            yield from _same_but_for_names(lines, start, end, failed=failed)
        start = end


def _words_to_compare(line: str) -> int:
    return line.count(" ") if 20 < len(line) < _NAMED_CHARS and ("/" in line or "." in line) else 0


def _same_but_for_names(lines: Sequence[str], start: int, end: int, *, failed: bool) -> Iterable[_Names]:
    named = [_names_taken_out(line) for line in lines[start:end]]
    for masked, group in groupby(range(start, end), lambda index: named[index - start][0]):
        indexes = list(group)
        first, last = indexes[0], indexes[-1] + 1
        names = [named[index - start][1] for index in indexes]
        if len(indexes) < _NAMED_RUN or "\0" not in masked:
            continue
        is_loud = bool(alarm_lines(lines[first : first + 1]))
        if len(masked.split()) <= _SAID_OF_ONE and not is_loud:
            continue  # told in fewer words beside each other
        if failed and is_loud and len(indexes) <= _ALARMS_WHOLE:
            continue  # each is looked for as it was printed
        told = side_by_side(" ".join(one) for one in names[1:])
        shown = (lines[first], f"[the same {last - first - 1} times more, of the following]", *told)
        if sum(map(len, shown)) < _NAMED_SHARE * sum(map(len, lines[first:last])):
            yield _Names(first, last, names, shown)


def _names_taken_out(line: str) -> tuple[str, list[str]]:
    """A line with its words that have a slash or a dot taken out, and those words, each once."""
    names: dict[str, None] = {}

    def taken(found: re.Match[str]) -> str:
        word = found[0]
        if word.lower() == word.upper() or ("/" not in word and "." not in word.rstrip(".")):
            return word
        names[word] = None
        return f"\0{list(names).index(word)}"

    return _NAMED.sub(taken, line), list(names)


def _stretches(segment: Segment, alarms: Sequence[int], loud: set[int]) -> Iterable[tuple[int, int, bool]]:
    """Which lines of a text stay, in runs: all of a moderate one."""
    count = len(segment.lines)
    if count <= _SAMPLE_AT:
        return [(0, count, True)] if count else []
    kept = bytearray(count)
    failed = bool(segment.exit_code)
    head, tail = (_FAILED_HEAD, _FAILED_TAIL) if failed else (_HEAD, _TAIL)
    kept[:head] = b"\1" * head
    kept[count - tail :] = b"\1" * tail
    stride = _STRIDE * max(1, count // _SPARSE_AT)
    for start in range(head, count - tail, stride):
        kept[start : min(count, start + _WINDOW)] = b"\1" * (min(count, start + _WINDOW) - start)
    around = 0 if len(alarms) > _MANY_LOUD else _FAILED_AROUND if failed else _AROUND
    for index in alarms:
        first, end = max(0, index - around), min(count, index + around + 1)
        kept[first:end] = b"\1" * (end - first)
    for index in loud:
        kept[index] = 1
    for index in _headings(segment.lines):
        kept[index] = 1
    return _runs(segment.lines, kept)


def _headings(lines: Sequence[str]) -> list[int]:
    """Lines that head a section: marked as headings, or underlined; not if most lines look so."""
    found = [
        index
        for index, line in enumerate(lines)
        if line and line[0] not in " \t" and len(line) < 80 and (_HEADING.match(line) or _is_underlined(lines, index))
    ]
    return found if 10 * len(found) <= len(lines) else []


def _is_underlined(lines: Sequence[str], index: int) -> bool:
    following = lines[index + 1] if index + 1 < len(lines) else ""
    return following[:1] in "-=~*" and bool(_RULER.match(following[:200]))


def _runs(lines: Sequence[str], kept: bytearray) -> Iterable[tuple[int, int, bool]]:
    """Stretches that stay and that do not; a gap not worth its marker stays."""
    start = 0
    runs: list[tuple[int, int, bool]] = []
    for stays, group in groupby(kept):
        end = start + sum(1 for _ in group)
        is_kept = bool(stays) or sum(len(line) + 1 for line in lines[start:end]) < _RUN_CHARS
        if runs and runs[-1][2] and is_kept:
            runs[-1] = (runs[-1][0], end, True)
        else:
            runs.append((start, end, is_kept))
        start = end
    return runs


def _folded(lines: Sequence[str], start: int, end: int, loud: set[int], *, numbers: bool) -> list[Block]:
    """The lines [start, end) with equal lines, empty lines and similar lines after one another told once."""
    blocks: list[Block] = []
    position = start
    for first, last, block in _repeats(lines, start, end, loud, numbers=numbers):
        if position < first:
            blocks.append(_kept(position, first, loud))
        blocks.append(block)
        position = last
    if position < end:
        blocks.append(_kept(position, end, loud))
    return blocks


def _kept(start: int, end: int, loud: set[int]) -> Block:
    is_loud = any(index in loud for index in range(start, end)) if loud else False
    return keep(start, end, Rank.EVIDENCE if is_loud else Rank.CONTENT)


def _repeats(
    lines: Sequence[str], start: int, end: int, loud: set[int], *, numbers: bool
) -> Iterable[tuple[int, int, Block]]:
    index = start
    keys = all_without_digits([line[:_COMPARED] for line in lines[start:end]])
    edges = [at for at, (one, other) in enumerate(pairwise(keys), start + 1) if one != other]
    for last in _taking_turns(keys, [*edges, end], start, loud):
        if last - index > 1:
            yield from _run(lines, index, last, loud, numbers=numbers)
        index = last


def _taking_turns(keys: Sequence[bytes], ends: Sequence[int], start: int, loud: set[int]) -> Iterable[int]:
    """Where runs end, those taken together that differ in one word which comes and goes: `is booked`, `is open`.

    *keys* are the lines from *start* on without their digits.
    """
    begins = [start, *ends]
    at = 0
    while at < len(ends):
        until = at
        turns, sizes = Counter[bytes](), Counter[bytes]()
        while until < len(ends) and _is_like(keys[begins[at] - start], key := keys[begins[until] - start]):
            if loud and any(index in loud for index in range(begins[until], ends[until])):
                break
            turns[key] += 1
            sizes[key] += ends[until] - begins[until]
            until += 1
        until = max(until, at + 1)
        are_turns = len(turns) > 1 and min(turns.values()) >= _TURNS
        is_none_rare = are_turns and min(sizes.values()) >= _RARE * sizes.total()
        yield from ends[until - 1 : until] if is_none_rare else ends[at:until]
        at = until


_TURNS = 3
_RARE = 0.1
"""A word that comes in fewer of the lines is worth seeing where it stands."""
_WORD_CHARS = 12


def _is_like(key: bytes, other: bytes) -> bool:
    """Whether two lines without digits have the same words but for a short one; no rows of a table."""
    if key == other:
        return True
    if abs(len(key) - len(other)) > _WORD_CHARS or b"  " in key.strip():
        return False
    words, others = key.split(), other.split()
    return len(words) == len(others) > _SAID_OF_ONE and sum(map(ne, words, others)) == 1


_COMPARED = 2_000
"""So much of a line, in characters, is compared with its neighbours."""


def _run(
    lines: Sequence[str], start: int, end: int, loud: set[int], *, numbers: bool
) -> Iterable[tuple[int, int, Block]]:
    """What is told of a run of lines of which only numbers differ, if anything is saved by it."""
    if all(line == lines[start] for line in lines[start + 1 : end]):
        rank = Rank.EVIDENCE if start in loud else Rank.CONTENT
        if not lines[start].strip():
            yield start, end, note(start, end, ("",))
        elif (len(lines[start]) + 1) * (end - start - 1) > _WORTH_FOLDING:
            yield start, end, note(start, end, (f"{lines[start]} (x{end - start})",), rank)
        return
    size = sum(len(line) + 1 for line in lines[start:end])
    if end - start < _RUN or size < _RUN_CHARS or any(index in loud for index in range(start, end)):
        return
    said = varied(lines[start : end - 1], int(size * _VALUES_SHARE), set(), numbers=numbers)
    shown = (lines[start], *([f"[alike: {said}]"] if said else []), lines[end - 1])
    yield start, end, Block(start, end, shown, "similar lines")


_WORTH_FOLDING = 8
"""Equal lines of fewer characters are as short as their count."""


def _parts(segment: Segment) -> list[Part]:
    """Its sections, each from its heading to the next, and the lines that sound an alarm."""
    lines = segment.lines
    heads = _headings(lines)
    parts = [
        Part("section", lines[head].strip("#=-* :"), head, end, lines[head])
        for head, end in zip(heads, [*heads[1:], len(lines)], strict=False)
    ]
    for index in alarm_lines(lines, segment.text)[:_MANY_LOUD]:
        label = without_digits(lines[index][:_COMPARED]).decode("utf-8", "replace")
        parts.append(Part("error", label, index, index + 1, lines[index][:_COMPARED]))
    return sorted(parts, key=lambda part: (part.start, -part.end))


FORM = Form("text", _recognise, _evidence, _reduce, _parts)
