"""Logs: text whose records begin with a time or a level, shown as its kinds of records with their counts.

    12:00:00 INFO order 4711 paid in 33 ms (x412 alike, last 12:09:31, line 800)
    12:03:12 ERROR order 17 declined
    [alike "INFO order 4711 paid in 33 ms": 4712 12, 4713 40, ...]

A record is a line that begins one, with the lines after it that do not: a stack trace belongs to its error.
Of each kind the first record stays, with the count, the place of the last and what varies; a rare kind stays whole.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sidecar.compression.forms.drafting import joined
from sidecar.compression.forms.log.heads import after_time, begins_record, recognise, when
from sidecar.compression.forms.log.kinds import Kinds, kinds_of, without_digits
from sidecar.compression.forms.log.ordering import in_one_order
from sidecar.compression.forms.log.reports import without_long_reports
from sidecar.compression.forms.log.sharing import with_shared_heads
from sidecar.compression.forms.log.stacks import told_around_frames, with_short_stacks
from sidecar.compression.forms.log.traces import library_frames, without_library_frames
from sidecar.compression.forms.log.values import columns_of, outliers, varied
from sidecar.compression.vocabulary import Block, Evidence, Extent, Form, Part, Rank, Segment, keep, omit

__all__ = ["FORM"]

_FRAME = re.compile(r'\s+(?:File "|at |from |/)')
_PLACE = re.compile(
    r"(?<![\w./\\-])[\w./\\-]{1,300}\.(?!(?:com|net|org|io|local|internal|svc|lan)\b)[A-Za-z]\w{0,7}(?::\d+(?::\d+)?|:?[\[(]\d+(?:,\d+)?|::\S+)"
    r"|(?<!\w)\w*[Tt]est\w*\d\w*"
)
"""A file's line or a test's name: `a.c:12:5`, `App.java:[12,5]`, `test_a.py::test_b[3]`, `test_3`; no host's port."""
_PLACE_CHARS = 2_000
_SAID = re.compile(
    r'"(?:msg|message|event|MESSAGE|text)" ?: ?"([^"]{1,200})|\bmsg="([^"]{1,200})'
    r'|"((?:GET|POST|PUT|PATCH|DELETE|HEAD) [^"]{1,200})'
)
"""What a record says, apart from when and who: the message of JSON and logfmt, the request of an access log."""
_MEASURED = re.compile(
    r'"(?:ts|time|timestamp|@timestamp|datetime|(?:duration|elapsed|latency|took)\w{0,12}|response_?[tT]ime)" ?: ?'
    r'(?:"[^"]{0,60}"|-?[\d.eE+-]{1,40})'
)
"""When, and how long it took: what a record in JSON says is not another thing for that."""
_CLIENTS_PORT = re.compile(r"(?<=\d):\d{2,5}(?= - \"| \[\d\d/)")
"""In an access log: `127.0.0.1:38410 - "GET /orders HTTP/1.1" 200`."""
_FEW = 2
"""So many records of one kind are all shown, ..."""
_FEW_ALARMS = 3
"""... and so many of one error."""
_PAGE_CHARS = 1_500
"""Of records longer than this the first stands for others like it, however few."""
_SOME = 6
"""So few are said even where many of another error have used up the room for that."""
_MANY_ALARMS = 60
"""From so many different alarms of one kind, its first ones stand for it."""
_FIRST_ALARMS = 20
_ALARM_CHARS = 800
_ALARM_SHARE = 0.12
_ALARMS_CHARS = 16_000
"""So much of a log, and no more than so many characters, may be the lines of alarms that differ in numbers."""
_SAYINGS = 2
"""So many lines of a record say what went wrong: its own, and the exception's below it."""
_FEW_FAR = 3
"""No more records of one kind are out of line by their digits."""
_MEMBERS = 4_000
"""So many records of one kind are looked at for what varies; of more, so many from every part of the log."""
_DENSE_LINES = 3_000
"""In a log of so many lines, names that vary are told row by row, ..."""
_NUMBERED_LINES = 800
"""... in one of so many, mere numbers too, ..."""
_DENSE_SHARE = 0.24
"""... as long as that costs no more than this share of the lines it stands for."""
_SUMMARY_CHARS = 700
"""In a larger log it is told in so many characters for each kind, ..."""
_SUMMARIES = 40
"""... for so many kinds, those with the most records."""
_TRACE_LINES = 60
"""So many lines of a record are compared."""
_ALARM_VALUES_CHARS = 3_000
_LABEL_CHARS = 48
_APART_CHARS = 500
"""Values this long get a block of their own, which a bound can drop without dropping records."""

_LIKE = "like lines shown above"
_WORTH_CHARS = 70
"""Leaving out less than this saves nothing after the marker is paid."""
_PATIENCE = 40
"""So many records wait for an omission that pays for their notes."""
_INSIDE = 0xFFFFFFFF
"""The kind of a line inside a record."""


def _evidence(segment: Segment) -> list[Evidence]:
    """The first line of each kind of alarm and of each kind of warning, but for the frames in a text of it."""
    if not segment.lines:
        return []
    kinds = kinds_of(segment)
    first = sorted({kinds.first[kind] for kind in (*kinds.alarms, *kinds.warnings)})
    return [Evidence(line, told_around_frames(segment.lines[line])) for line in first]


@dataclass(frozen=True, slots=True)
class _Record:
    """One record as it will be printed: shown or left out, with the note after its first line."""

    start: int
    end: int
    rank: Rank
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Log:
    """A log's records: where those of several lines end, the kind of each by its first line, and what is loud."""

    segment: Segment
    kinds: Kinds
    of_line: array[int]
    """The kind of the record that begins at a line; `_INSIDE` where none does."""
    ends: Mapping[int, int]
    """Where a record of several lines ends, by its first line."""
    loud: frozenset[int]
    warns: frozenset[int]
    far: dict[int, list[int]] = field(default_factory=dict)
    """The records of a frequent kind that are out of line."""
    told: set[str] = field(default_factory=set)
    """Names that have been told for one kind need not be told again for the next."""

    spent: list[int] = field(default_factory=list)
    """What it costs to say each of like alarms, one by one, in characters."""

    def end(self, start: int) -> int:
        return self.ends.get(start, start + 1)


def _reduce(segment: Segment) -> list[Block]:
    if not segment.lines:
        return []
    log = _read(segment)
    counts = Counter(log.of_line)
    del counts[_INSIDE]
    members = _members(log, counts)
    chosen: dict[int, _Record] = {}
    values: dict[int, str] = {}
    told = {kind for kind, _ in counts.most_common(_SUMMARIES)}
    for kind, starts in members.items():
        for record, said in _chosen(log, kind, starts, counts[kind], tell=kind in told):
            chosen[record.start] = record
            if said:
                values[record.start] = said
    loud = {log.kinds.first[kind] for kind in (*log.kinds.alarms, *log.kinds.warnings)}
    records = [chosen[start] for start in sorted(chosen)]
    frames: dict[int, str] = {}
    for record in records:
        frames.update(library_frames(segment.lines, record.start, record.end, loud))
    blocks = _blocks(segment, records, values, frames)
    short = without_long_reports(blocks, segment.lines, log.ends)
    shared = with_shared_heads(without_library_frames(short, segment.lines, loud), segment.lines, loud, _LIKE)
    return list(with_short_stacks(shared, segment.lines))


def _read(segment: Segment) -> _Log:
    kinds, lines = kinds_of(segment), segment.lines
    heads = [bool(lines[at]) and begins_record(lines[at]) for at in kinds.first]
    loud, warns = set(kinds.alarms), set(kinds.warnings)
    if all(heads) or not any(heads):
        return _Log(segment, kinds, kinds.of_line, {}, frozenset(loud), frozenset(warns))
    flags = bytes(map(heads.__getitem__, kinds.of_line))
    of_line, ends = array("I", kinds.of_line), {}
    grouped: dict[tuple[object, ...], int] = {}
    at = flags.find(0, flags.find(1))  # lines before the first record are one each
    while at >= 0:
        end = flags.find(1, at)
        end = end if end >= 0 else len(lines)
        start = at - 1
        # A frame is told by its line number too; a message by its words.
        inside = (lines[i] if _FRAME.match(lines[i]) else kinds.of_line[i] for i in range(at, end))
        kind = grouped.setdefault((of_line[start], *inside), len(kinds.first) + len(grouped))
        for index in range(start, end):
            if kinds.of_line[index] in kinds.alarms:
                loud.add(kind)
            elif kinds.of_line[index] in kinds.warnings:
                warns.add(kind)
            of_line[index] = _INSIDE
        of_line[start] = kind
        ends[start] = end
        at = flags.find(0, end)
    return _Log(segment, kinds, of_line, ends, frozenset(loud), frozenset(warns))


def _members(log: _Log, counts: Mapping[int, int]) -> dict[int, list[int]]:
    """Where the records of each kind begin, first and last among them; of very many every n-th, of loud ones all."""
    steps = {kind: 1 if kind in log.loud else count // _MEMBERS + 1 for kind, count in counts.items()}
    found: dict[int, list[int]] = {kind: [] for kind in counts}
    if all(step == 1 for step in steps.values()):
        for line, kind in enumerate(log.of_line):
            if kind != _INSIDE:
                found[kind].append(line)
        return found
    # The frequent kinds of a large log are looked at by every n-th line, and no list holds them all.
    wanted = {kind for kind, step in steps.items() if step == 1}
    for line, kind in enumerate(log.of_line):
        if kind in wanted:
            found[kind].append(line)
    stride = max(1, len(log.of_line) // (_MEMBERS * 4))
    last = dict(zip(log.of_line, range(len(log.of_line)), strict=True))
    frequent = sorted(set(counts) - wanted)
    for line in range(0, len(log.of_line), stride):
        kind = log.of_line[line]
        if kind != _INSIDE and kind not in wanted:
            found[kind].append(line)
    for kind in frequent:
        found[kind] = sorted({*found[kind], log.of_line.index(kind), last[kind]})
    for kind, line in _most_digits(log, set(frequent)):
        log.far.setdefault(kind, []).append(line)
    return found


def _most_digits(log: _Log, frequent: set[int]) -> list[tuple[int, int]]:
    """The few records of frequent kinds with more digits than all their others: 48213 ms among thousands of 12 ms."""
    pairs = Counter(zip(log.of_line, log.kinds.digits, strict=True))
    lengths: dict[int, list[int]] = {}
    for kind, digits in sorted(pairs, reverse=True):
        if kind in frequent:
            lengths.setdefault(kind, []).append(digits)
    few: set[tuple[int, int]] = set()
    for kind, longest_first in lengths.items():
        seen = 0
        for digits in longest_first[:-1]:
            seen += pairs[kind, digits]
            if seen > _FEW_FAR:
                break
            few.add((kind, digits))
    if not few:
        return []
    pairs_in_order = enumerate(zip(log.of_line, log.kinds.digits, strict=True))
    return [(kind, line) for line, (kind, digits) in pairs_in_order if (kind, digits) in few]


def _chosen(log: _Log, kind: int, starts: list[int], count: int, *, tell: bool) -> Iterator[tuple[_Record, str]]:
    """The records of one kind that are shown, with what varies in those left out."""
    if kind not in log.loud and kind not in log.warns:
        yield from _counted(log, starts, count, Rank.CONTENT, tell=tell)
        return
    groups = _loud_groups(log, starts)
    rank = Rank.EVIDENCE if kind in log.loud else Rank.STRUCTURE
    if len(groups) <= _MANY_ALARMS:
        for group in groups:
            different = _different(log, group, _ALARM_CHARS if kind in log.loud else 0)
            is_told = bool(different) and all(log.end(start) == start + 1 for start in group)
            whole = list(_counted(log, group, len(group), rank, tell=not is_told))
            yield from whole
            known = {record.start for record, _ in whole}
            for start, places in different.items():
                if start not in known:
                    for at in places:
                        yield _Record(at, at + 1, rank), ""
        return
    first, *others = groups[:_FIRST_ALARMS]
    for group in others:
        yield _Record(group[0], log.end(group[0]), rank), ""
    yield from _counted(log, [first[0], *(group[0] for group in groups[1:])], count, rank, tell=True)


def _different(log: _Log, starts: list[int], least: int) -> dict[int, list[int]]:
    """The records of one alarm that say it of different things, with the lines that do, if that costs little.

    `Server app/a1 is DOWN` and `Server app/a2 is DOWN` are two facts; the trace below each stays with the first.
    *least* is what they may cost in any log, in characters.
    """
    lines = log.segment.lines
    if len(starts) > _MEMBERS or _CLIENTS_PORT.search(lines[starts[0]][:_PLACE_CHARS]):
        return {}
    share = min(int(_ALARM_SHARE * len(log.segment.text)), _ALARMS_CHARS)
    spent = sum(log.spent)
    room = max(least, share) - spent
    if len(starts) <= _SOME:
        room = max(room, min(least, 2 * share - spent))
    for most in (_SAYINGS, 1):
        found = _sayings(log, starts, most)
        cost = sum(len(after_time(lines[at])) for places in found.values() for at in places)
        if len(found) > 1 and cost <= room:
            log.spent.append(cost)
            return found
    return {}


def _sayings(log: _Log, starts: list[int], most: int) -> dict[int, list[int]]:
    """The loud lines of each record, *most* of one, that say what no record before it said."""
    lines, of_line = log.segment.lines, log.kinds.of_line
    ordered = in_one_order(log.segment)
    loud = log.kinds.alarms | log.kinds.warnings
    known: set[str] = set()
    found: dict[int, list[int]] = {}
    for start in starts:
        inside = range(start, min(log.end(start), start + _TRACE_LINES))
        for at in [at for at in inside if of_line[at] in loud and not _FRAME.match(lines[at])][:most]:
            said = _MEASURED.sub("", ordered[at]) if lines[at][:1] == "{" else after_time(lines[at])
            if said not in known:
                known.add(said)
                found.setdefault(start, []).append(at)
    return found


def _loud_groups(log: _Log, starts: list[int]) -> list[list[int]]:
    """Alarms that differ in more than numbers apart; and those that name a file's line or a test, each name apart.

    A CI log puts a time before each diagnostic, and sixty of them are not one with a count.
    """
    lines = log.segment.lines
    named = bool(_PLACE.search(lines[starts[0]][:_PLACE_CHARS]))
    if len(starts) > _MEMBERS and not named:
        return [starts]
    groups: dict[tuple[object, ...], list[int]] = {}
    ordered = in_one_order(log.segment)
    for start in starts:
        line = ordered[start]
        place = tuple(_PLACE.findall(line[:_PLACE_CHARS])) if named else ()
        groups.setdefault((without_digits(line), *place), []).append(start)
    return list(groups.values())


def _are_long(log: _Log, starts: Sequence[int]) -> bool:
    """Whether each of some records takes up a page, as one with a trace and its values does."""
    lines = log.segment.lines
    return all(sum(map(len, lines[start : log.end(start)])) > _PAGE_CHARS for start in starts)


def _counted(log: _Log, starts: list[int], count: int, rank: Rank, *, tell: bool) -> Iterator[tuple[_Record, str]]:
    """All of a few; else the first, counted, those out of line, and what varies in the others."""
    lines = log.segment.lines
    few = _FEW_ALARMS if rank is Rank.EVIDENCE else _FEW
    if count <= few and (count == 1 or not _are_long(log, starts[1:])):
        for start in starts:
            yield _Record(start, log.end(start), rank), ""
        return
    first, last = starts[0], starts[-1]
    place = f"{when(lines[first], lines[last])}line {log.segment.first + last + 1}"
    noted = _Record(first, log.end(first), min(rank, Rank.STRUCTURE), f" (x{count} alike, last {place})")
    asked = starts if len(starts) <= _MEMBERS else [*starts[:: len(starts) // _MEMBERS + 1], last]
    ordered = in_one_order(log.segment)
    texts = [" ".join(ordered[start : log.end(start)][:_TRACE_LINES]) for start in asked]
    if _CLIENTS_PORT.search(texts[0][:_PLACE_CHARS]):
        # Every connection has another: they would be told instead of what was asked for.
        texts = [_CLIENTS_PORT.sub("", text, count=1) for text in texts]
    columns = columns_of(texts)
    far = {asked[index] for index in outliers(columns)} - {first}
    far.update(set(log.far.get(log.of_line[first], ())) - {first})
    for start in sorted(far):
        yield _Record(start, log.end(start), rank), ""
    yield noted, _values(log, texts, columns, rank) if tell else ""


def _values(log: _Log, texts: Sequence[str], columns: Sequence[Sequence[str]], rank: Rank) -> str:
    size, count = sum(map(len, texts)), len(log.segment.lines)
    room = int(size * _DENSE_SHARE) if count <= _DENSE_LINES else min(_SUMMARY_CHARS, size // 4)
    if rank is not Rank.CONTENT:
        room = min(max(room, size // 3), _ALARM_VALUES_CHARS)
    numbers = count <= _NUMBERED_LINES and not (log.segment.exit_code and rank is Rank.CONTENT)
    said = varied(texts, room, log.told, numbers=numbers, columns=columns)
    found = _SAID.search(texts[0][:_PLACE_CHARS])
    label = (found[found.lastindex or 0] if found else after_time(texts[0]))[:_LABEL_CHARS].strip()
    return f'[alike "{label}": {said}]' if said else ""


@dataclass(slots=True)
class _Waiting:
    """Records that wait for an omission which pays for their notes, and values that wait for room."""

    frames: Mapping[int, str]
    """Lines of records that need not be shown, and as what they are left out."""
    records: list[_Record] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    balance: int = 0


def _blocks(
    segment: Segment, shown: Sequence[_Record], values: Mapping[int, str], frames: Mapping[int, str]
) -> Iterable[Block]:
    """Blocks in order of time: what is shown, and the lines left out between.

    *frames* are lines of records that need not be shown, and as what they are left out. A note is longer than its
    line, so a noted record shares a block with what is left out after it, and with what follows until that pays for
    the notes.
    """
    lines = segment.lines
    position = 0
    waiting = _Waiting(frames)
    for record in shown:
        if position < record.start:
            yield from _gap(lines, waiting, position, record.start)
        if not waiting.records:
            waiting.balance = -_WORTH_CHARS
        if len(waiting.records) > _PATIENCE:
            yield from _as_printed(waiting, record.start)
            waiting.balance = -_WORTH_CHARS
        if record.start in values:
            waiting.values.append(values[record.start])
        if waiting.records or record.note:
            waiting.records.append(record)
            waiting.balance -= len(record.note)
        else:
            yield keep(record.start, record.end, record.rank)
        position = record.end
    if position < len(lines):
        yield from _gap(lines, waiting, position, len(lines))
    yield from _as_printed(waiting, len(lines))


def _gap(lines: Sequence[str], waiting: _Waiting, start: int, end: int) -> Iterable[Block]:
    """What stands for the lines left out from *start* to *end*, and for the *waiting* records before them."""
    left_out = _chars(lines, start, end)
    if not waiting.records:
        if left_out <= _WORTH_CHARS:
            yield keep(start, end)
        else:
            yield replace(omit(start, end, _LIKE), shown=_fitting(waiting.values, left_out - _WORTH_CHARS))
        return
    waiting.balance += left_out
    if waiting.balance <= 0:
        return
    shown = [line for record in waiting.records for line in _annotated(lines, record, waiting.frames)]
    left_out_of_them = (
        waiting.frames.get(at, "") for record in waiting.records for at in range(record.start, record.end)
    )
    what = joined((_LIKE, *left_out_of_them))
    rank = min(record.rank for record in waiting.records)
    first = waiting.records[0].start
    waiting.records.clear()
    said = _fitting(waiting.values, waiting.balance)
    cut = _paid(lines, first, start + 1, end, sum(map(len, shown)) + len(shown) + _WORTH_CHARS)
    if sum(map(len, said)) > _APART_CHARS and rank is not Rank.CONTENT and cut is not None:
        yield Block(first, cut, tuple(shown), what, rank)
        yield Block(cut, end, said, _LIKE, Rank.CONTENT)
    else:
        yield Block(first, end, (*shown, *said), what, rank)


def _paid(lines: Sequence[str], first: int, start: int, end: int, cost: int) -> int | None:
    """The first line from *start* on before which lines weigh more than *cost*; None if there is none before *end*."""
    weight = sum(len(line) + 1 for line in lines[first:start])
    while weight <= cost and start < end:
        weight += len(lines[start]) + 1
        start += 1
    return start if start < end else None


def _fitting(values: list[str], room: int) -> tuple[str, ...]:
    """Takes the values that fit; the others go on waiting."""
    taken: list[str] = []
    for said in list(values):
        if len(said) + 1 < room:
            taken.append(said)
            values.remove(said)
            room -= len(said) + 1
    return tuple(taken)


def _as_printed(waiting: _Waiting, end: int) -> Iterable[Block]:
    if waiting.records:
        yield keep(waiting.records[0].start, end, min(record.rank for record in waiting.records))
        waiting.records.clear()


def _chars(lines: Sequence[str], start: int, end: int) -> int:
    """About what lines weigh: rules of dashes are long and have few tokens."""
    if end - start > _MEMBERS:
        return sum(map(len, lines[start:end]))
    return sum(len(line.rstrip("-=* ")) + 1 for line in lines[start:end])


def _annotated(lines: Sequence[str], record: _Record, frames: Mapping[int, str]) -> Iterable[str]:
    yield lines[record.start] + record.note
    for at in range(record.start + 1, record.end):
        if at not in frames:
            yield lines[at]


def _parts(segment: Segment) -> list[Part]:
    """The first record of each kind of alarm and warning, and of each with a trace."""
    if not segment.lines:
        return []
    log = _read(segment)
    parts: list[Part] = []
    known: set[int] = set()
    for line, kind in enumerate(log.of_line):
        if kind in known or (kind not in log.loud and kind not in log.warns):
            continue
        known.add(kind)
        said = segment.lines[line]
        word = "error" if kind in log.loud else "warning"
        label = without_digits(after_time(said[:_PLACE_CHARS])).decode("utf-8", "replace")
        parts.append(Part(word, label, line, log.end(line), said[:_PLACE_CHARS]))
    return parts


def _extent(segment: Segment) -> Extent:
    """From its first record on; what stands above may be the end of one that was cut off, or another program's."""
    lines = segment.lines
    return Extent(next((index for index, line in enumerate(lines) if begins_record(line)), 0), len(lines))


FORM = Form("log", recognise, _evidence, _reduce, _parts, extent=_extent)
