"""Logs: text whose records begin with a time or a level, shown as its kinds of records with their counts.

A record is a line that begins one, with the lines after it that do not: a stack trace belongs to its error.
Of each kind the first record stays, with the count and the place of the last; a rare kind stays whole.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter

from sidecar.compression.forms.log_kinds import Kinds, kinds_of
from sidecar.compression.vocabulary import Block, Evidence, Form, Rank, Segment, keep, omit, verbatim

__all__ = ["FORM"]

_LEVEL = (
    r"(?:TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|ERR|CRIT(?:ICAL)?|FATAL|SEVERE|PANIC|FINE(?:R|ST)?|ALERT|EMERG)"
)
_TIME = (
    r"\d{4}[-/.]\d\d[-/.]\d\d(?:[T ,_]|$)"  # 2026-11-22 12:07:31, 2026/11/22, 2026-11-22T12:07:31Z
    r"|\d\d:\d\d:\d\d\b"
    r"|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:\d\d:\d\d"  # syslog
    r"|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[ ,]"
    r"|\d\d[-/ ](?:\w{3}|\d\d)[-/ ]\d{4}[ :T]\d\d:\d\d"  # 22/Nov/2026:12:07, 22-Nov-2026 12:07
    r"|\d\d-\d\d \d\d:\d\d:\d\d"  # logcat
    r"|[IWEFD]\d{4} \d\d:\d\d:\d\d"  # glog, klog
    r"|\d{10}(?:\d{3})?(?:\.\d+)?[\s:]"  # seconds since 1970
    r"|\[ *\d+\.\d{3,}\]"  # the kernel's
)
_HEAD = re.compile(
    r"(?:[\w.-]+ +\| +|\[?pod/\S+ )?"  # docker compose, kubectl --prefix
    rf"(?:[\[(<\"']?(?:{_TIME})"
    rf"|[\[(<]? *{_LEVEL}\b *[\])>:|\s-]"
    r"|<\d{1,3}>"
    r"|\S+ \S+ \S+ \[\d\d/\w{3}/\d{4}[: ]"  # nginx, apache, http.server: host, user, [time]
    r"|(?:time|ts|t|level|lvl)=\S)"
)
_JSON_HEAD = re.compile(r'\{.{0,400}?"(?:time|ts|timestamp|@timestamp|level|lvl|severity|levelname)" ?:')
_DIGIT = re.compile(r"\d")
_FRAME = re.compile(r'\s+(?:File "|at |from |/)')
_WHEN = re.compile(r"(\d{4}[-/]\d\d[-/]\d\d[T ]|\d\d/\w{3}/\d{4}[: ]|\w{3} [ \d]\d )?(\d\d:\d\d:\d\d)")
_FEW = 2
"""So many records of one kind are all shown, ..."""
_FEW_ALARMS = 3
"""... and so many of one error."""
_NAMES = 30
"""From so many different words at one place of otherwise equal records, the word is a name."""
_ASKED = 4_000
"""So many records tell at which places the words vary."""

_LIKE = "like lines shown above"
_WORTH_CHARS = 70
"""Leaving out less than this saves nothing after the marker is paid."""
_PATIENCE = 40
"""So many records wait for an omission that pays for their notes."""


def _recognise(segment: Segment) -> float:
    """The share of lines, sampled over the whole text, that begin a record."""
    lines = segment.lines
    step = max(1, len(lines) // 300)
    sample = [line for line in lines[::step] if line and not line.isspace()]
    if len(sample) < 3:
        return 0.0
    heads = sum(1 for line in sample if _begins_record(line))
    share = heads / len(sample)
    if share >= 0.6:
        # Levels alone head other outputs too: maven's, a linter's.
        return 0.85 if 4 * sum(1 for line in sample if _DIGIT.search(line[:30])) >= len(sample) else 0.65
    if share >= 0.3:
        return 0.65
    # Stack traces can be most of a log; what is between its records is then indented or says what it is.
    inside = sum(1 for line in sample if line[0] in " \t" or line.startswith(("Traceback", "Caused by:", "goroutine")))
    return 0.55 if heads >= 3 and share >= 0.03 and heads + inside >= 0.8 * len(sample) else 0.0


def _begins_record(line: str) -> bool:
    return bool(_HEAD.match(line) or (line[0] == "{" and _JSON_HEAD.match(line)))


def _evidence(segment: Segment) -> list[Evidence]:
    """The first line of each kind of alarm and of each kind of warning."""
    if not segment.lines:
        return []
    kinds = kinds_of(segment)
    found: dict[bytes, int] = {}
    for key, index in kinds.first.items():
        template = kinds.templates[key]
        if template in kinds.alarms or template in kinds.warnings:
            found[template] = min(index, found.get(template, index))
    return verbatim(segment, sorted(found.values()))


@dataclass(frozen=True, slots=True)
class _Record:
    """One record as it will be printed: shown or left out, with the note after its first line."""

    start: int
    end: int
    rank: Rank
    note: str = ""


def _reduce(segment: Segment) -> list[Block]:
    if not segment.lines:
        return []
    kinds = kinds_of(segment)
    starts = _starts(segment, kinds)
    groups = _grouped(segment, kinds, starts)
    shown: dict[int, _Record] = {}
    for group in groups:
        is_alarm = any(kinds.templates[kinds.keys[line]] in kinds.alarms for line in range(*_extent(starts, group[0])))
        for record in _chosen(segment, kinds, starts, group, is_alarm=is_alarm):
            shown[record.start] = record
    return list(_blocks(segment, [shown[start] for start in sorted(shown)]))


def _starts(segment: Segment, kinds: Kinds) -> list[int]:
    """Where each record begins, and the end of the last; lines before the first record are one each."""
    lines = segment.lines
    heads = {key: bool(lines[at]) and _begins_record(lines[at]) for key, at in kinds.first.items()}
    begins = [heads[key] for key in kinds.keys]
    if all(begins):
        return list(range(len(lines) + 1))
    lead = begins.index(True) if True in begins else len(lines)
    return [*range(lead), *(index for index in range(lead, len(lines)) if begins[index]), len(lines)]


def _extent(starts: Sequence[int], record: int) -> tuple[int, int]:
    return starts[record], starts[record + 1]


def _grouped(segment: Segment, kinds: Kinds, starts: Sequence[int]) -> Iterable[list[int]]:
    """Records of one kind, as indexes into *starts*, in order of time."""
    templates, keys, lines = kinds.templates, kinds.keys, segment.lines
    groups: dict[object, list[int]] = {}
    for record, (start, end) in enumerate(pairwise(starts)):
        if end - start == 1:
            kind: object = templates[keys[start]]
        else:
            # A frame is told by its line number too; a message by its words.
            rest = (lines[i] if _FRAME.match(lines[i]) else templates[keys[i]] for i in range(start + 1, end))
            kind = (templates[keys[start]], *rest)
        if kind in groups:
            groups[kind].append(record)
        else:
            groups[kind] = [record]
    return _named(kinds, groups)


def _named(kinds: Kinds, groups: Mapping[object, list[int]]) -> Iterable[list[int]]:
    """Joins kinds that differ in names alone: `alice signed in`, `bob signed in`, ...; what is loud stays apart."""
    if len(groups) <= _NAMES:
        return groups.values()
    buckets: dict[tuple[object, ...], list[bytes]] = {}
    for kind in groups:
        if isinstance(kind, bytes) and kind not in kinds.alarms and kind not in kinds.warnings:
            words = _words(kind)
            at = (len(words), *filter(bytes.isupper, words[:5]))  # the level, the method of a request
            if at in buckets:
                buckets[at].append(kind)
            else:
                buckets[at] = [kind]
    joined: dict[object, list[int]] = dict(groups)
    for at, bucket in buckets.items():
        places = _constant_places(bucket) if len(bucket) > _NAMES else []
        if not places:
            continue
        constant = itemgetter(*places)
        for kind in bucket:
            joined.setdefault((at, constant(_words(kind))), []).extend(joined.pop(kind))
    return [sorted(group) for group in joined.values()]


def _words(kind: bytes) -> list[bytes]:
    return kind.replace(b",", b" ").split()


def _constant_places(bucket: Sequence[bytes]) -> list[int]:
    """Where the words of a bucket are of few sorts; nowhere, if that is at less than half of the places.

    Lines of free text differ everywhere: nothing says that they are of one kind. A few thousand from every
    part of the bucket tell it; a place that only the others fill differently joins fewer lines, no wrong ones.
    """
    columns = zip(*map(_words, bucket[:: len(bucket) // _ASKED + 1]), strict=True)
    sorts = [set(column) for column in columns]
    places = [place for place, seen in enumerate(sorts) if len(seen) <= _NAMES]
    return places if 2 * len(places) >= len(sorts) else []


def _chosen(
    segment: Segment, kinds: Kinds, starts: Sequence[int], group: Sequence[int], *, is_alarm: bool
) -> Iterable[_Record]:
    """The records of one kind that are shown: all of a few; else the first, counted, and those out of line."""
    rank = Rank.EVIDENCE if is_alarm else Rank.CONTENT
    if len(group) <= (_FEW_ALARMS if is_alarm else _FEW):
        for record in group:
            yield _Record(*_extent(starts, record), rank)
        return
    last = starts[group[-1]]
    when = _when(segment.lines[starts[group[0]]], segment.lines[last])
    note = f" (x{len(group)} alike, last {when}line {segment.first + last + 1})"
    yield _Record(*_extent(starts, group[0]), Rank.EVIDENCE if is_alarm else Rank.STRUCTURE, note)
    for record in _out_of_line(segment, kinds, starts, group):
        if record != group[0]:
            yield _Record(*_extent(starts, record), rank)


def _when(first: str, last: str) -> str:
    """When *last* was written, its date only where it is not *first*'s."""
    found, before = _WHEN.search(last[:200]), _WHEN.search(first[:200])
    if found is None:
        return ""
    return f"{found[2] if before and before[1] == found[1] else found[0]}, "


def _out_of_line(segment: Segment, kinds: Kinds, starts: Sequence[int], group: Sequence[int]) -> list[int]:
    """The few records whose numbers have more digits than all the others: 48213 ms among thousands of 12 ms.

    Only among lines of one key, which differ in digits alone, is a longer line a larger number.
    """
    if len(group) < 20:
        return []
    key = kinds.keys[starts[group[0]]]
    alike = [record for record in group if kinds.keys[starts[record]] == key]
    lengths = Counter(len(segment.lines[starts[record]]) for record in alike)
    outliers: set[int] = set()
    for length in sorted(lengths, reverse=True)[:-1]:
        if sum(lengths[one] for one in (*outliers, length)) > min(3, len(alike) // 20):
            break
        outliers.add(length)
    return [record for record in alike if len(segment.lines[starts[record]]) in outliers] if outliers else []


def _blocks(segment: Segment, shown: Sequence[_Record]) -> Iterable[Block]:
    """Blocks in order of time: what is shown, and the lines left out between.

    A note is longer than its line, so a noted record shares a block with what is left out after it,
    and with what follows until that pays for the notes.
    """
    lines = segment.lines
    position = 0
    waiting: list[_Record] = []
    balance = 0  # characters left out since the first waiting record, less what its notes and its marker cost
    for record in shown:
        if position < record.start:
            yield from _gap(lines, waiting, balance, position, record.start)
            balance += _chars(lines, position, record.start)
        balance = balance if waiting else -_WORTH_CHARS
        if len(waiting) > _PATIENCE:
            yield from _as_printed(waiting, record.start)
            balance = -_WORTH_CHARS
        if waiting or record.note:
            waiting.append(record)
            balance -= len(record.note)
        else:
            yield keep(record.start, record.end, record.rank)
        position = record.end
    if position < len(lines):
        yield from _gap(lines, waiting, balance, position, len(lines))
    yield from _as_printed(waiting, len(lines))


def _gap(lines: Sequence[str], waiting: list[_Record], balance: int, start: int, end: int) -> Iterable[Block]:
    """What stands for the lines left out from *start* to *end*, and for the *waiting* records before them."""
    left_out = _chars(lines, start, end)
    if not waiting:
        yield omit(start, end, _LIKE) if left_out > _WORTH_CHARS else keep(start, end)
    elif balance + left_out > 0:
        shown = tuple(line for record in waiting for line in _annotated(lines, record))
        yield Block(waiting[0].start, end, shown, _LIKE, min(record.rank for record in waiting))
        waiting.clear()


def _as_printed(waiting: list[_Record], end: int) -> Iterable[Block]:
    if waiting:
        yield keep(waiting[0].start, end, min(record.rank for record in waiting))
        waiting.clear()


def _chars(lines: Sequence[str], start: int, end: int) -> int:
    """About what lines weigh: rules of dashes are long and have few tokens."""
    return sum(len(line.rstrip("-=* ")) + 1 for line in lines[start:end])


def _annotated(lines: Sequence[str], record: _Record) -> Iterable[str]:
    yield lines[record.start] + record.note
    yield from lines[record.start + 1 : record.end]


FORM = Form("log", _recognise, _evidence, _reduce)
