"""Which records of each kind are shown, and what is said of the others: how many, where the last is, what varies."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sidecar.compression.forms.log.codes import without_digits
from sidecar.compression.forms.log.heads import after_time, when
from sidecar.compression.forms.log.ordering import in_one_order
from sidecar.compression.forms.log.records import FRAME, MEMBERS, Log
from sidecar.compression.forms.log.values import columns_of, outliers, varied
from sidecar.compression.vocabulary import Rank

__all__ = ["Choosing", "Record"]

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
_DENSE_LINES = 3_000
"""In a log of so many lines, names that vary are told row by row, ..."""
_NUMBERED_LINES = 800
"""... in one of so many, mere numbers too, ..."""
_DENSE_SHARE = 0.24
"""... as long as that costs no more than this share of the lines it stands for."""
_LONG_CHARS = 20_000
_ASIDE_SHARE = 0.06
"""In a long log of a command that failed, what varies in records that are no warning costs no more than this."""
_SUMMARY_CHARS = 700
"""In a larger log it is told in so many characters for each kind."""
_TRACE_LINES = 60
"""So many lines of a record are compared."""
_ALARM_VALUES_CHARS = 3_000
_LABEL_CHARS = 48


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it will be printed: shown or left out, with the note after its first line."""

    start: int
    end: int
    rank: Rank
    note: str = ""


class Choosing:
    """Chooses for one kind of record after the other: what has been told for one need not be told for the next."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._told: set[str] = set()
        """Names among what varies."""
        self._spent: list[int] = []
        """What it costs to say each of like alarms, one by one, in characters."""

    def records(self, kind: int, starts: list[int], count: int, *, tell: bool) -> Iterator[tuple[Record, str]]:
        """The records of one kind that are shown, with what varies in those left out."""
        log = self._log
        if kind not in log.loud and kind not in log.warns:
            yield from self._counted(starts, count, Rank.CONTENT, tell=tell)
            return
        groups = _loud_groups(log, starts)
        rank = Rank.EVIDENCE if kind in log.loud else Rank.STRUCTURE
        if len(groups) <= _MANY_ALARMS:
            for group in groups:
                different = self._different(group, _ALARM_CHARS if kind in log.loud else 0)
                is_told = bool(different) and all(log.end(start) == start + 1 for start in group)
                whole = list(self._counted(group, len(group), rank, tell=not is_told))
                yield from whole
                known = {record.start for record, _ in whole}
                for start, places in different.items():
                    if start not in known:
                        for at in places:
                            yield Record(at, at + 1, rank), ""
            return
        first, *others = groups[:_FIRST_ALARMS]
        for group in others:
            yield Record(group[0], log.end(group[0]), rank), ""
        yield from self._counted([first[0], *(group[0] for group in groups[1:])], count, rank, tell=True)

    def _different(self, starts: list[int], least: int) -> dict[int, list[int]]:
        """The records of one alarm that say it of different things, with the lines that do, if that costs little.

        `Server app/a1 is DOWN` and `Server app/a2 is DOWN` are two facts; the trace below each stays with the first.
        *least* is what they may cost in any log, in characters.
        """
        log = self._log
        lines = log.segment.lines
        if len(starts) > MEMBERS or _CLIENTS_PORT.search(lines[starts[0]][:_PLACE_CHARS]):
            return {}
        share = min(int(_ALARM_SHARE * len(log.segment.text)), _ALARMS_CHARS)
        spent = sum(self._spent)
        room = max(least, share) - spent
        if len(starts) <= _SOME:
            room = max(room, min(least, 2 * share - spent))
        for most in (_SAYINGS, 1):
            found = _sayings(log, starts, most)
            cost = sum(len(after_time(lines[at])) for places in found.values() for at in places)
            if len(found) > 1 and cost <= room:
                self._spent.append(cost)
                return found
        return {}

    def _counted(self, starts: list[int], count: int, rank: Rank, *, tell: bool) -> Iterator[tuple[Record, str]]:
        """All of a few; else the first, counted, those out of line, and what varies in the others."""
        log = self._log
        lines = log.segment.lines
        few = _FEW_ALARMS if rank is Rank.EVIDENCE else _FEW
        if count <= few and (count == 1 or not _are_long(log, starts[1:])):
            for start in starts:
                yield Record(start, log.end(start), rank), ""
            return
        first, last = starts[0], starts[-1]
        place = f"{when(lines[first], lines[last])}line {log.segment.first + last + 1}"
        noted = Record(first, log.end(first), min(rank, Rank.STRUCTURE), f" (x{count} alike, last {place})")
        asked = starts if len(starts) <= MEMBERS else [*starts[:: len(starts) // MEMBERS + 1], last]
        ordered = in_one_order(log.segment)
        texts = [" ".join(ordered[start : log.end(start)][:_TRACE_LINES]) for start in asked]
        if _CLIENTS_PORT.search(texts[0][:_PLACE_CHARS]):
            # Every connection has another: they would be told instead of what was asked for.
            texts = [_CLIENTS_PORT.sub("", text, count=1) for text in texts]
        columns = columns_of(texts)
        far = {asked[index] for index in outliers(columns)} - {first}
        far.update(set(log.far.get(log.of_line[first], ())) - {first})
        for start in sorted(far):
            yield Record(start, log.end(start), rank), ""
        yield noted, self._values(texts, columns, rank) if tell else ""

    def _values(self, texts: Sequence[str], columns: Sequence[Sequence[str]], rank: Rank) -> str:
        log = self._log
        size, count = sum(map(len, texts)), len(log.segment.lines)
        room = int(size * _DENSE_SHARE) if count <= _DENSE_LINES else min(_SUMMARY_CHARS, size // 4)
        is_aside = bool(log.segment.exit_code) and rank is Rank.CONTENT
        if is_aside and len(log.segment.text) > _LONG_CHARS:
            room = int(size * _ASIDE_SHARE)
        if rank is not Rank.CONTENT:
            room = min(max(room, size // 3), _ALARM_VALUES_CHARS)
        numbers = count <= _NUMBERED_LINES and not is_aside
        said = varied(texts, room, self._told, numbers=numbers, columns=columns)
        found = _SAID.search(texts[0][:_PLACE_CHARS])
        label = (found[found.lastindex or 0] if found else after_time(texts[0]))[:_LABEL_CHARS].strip()
        return f'[alike "{label}": {said}]' if said else ""


def _sayings(log: Log, starts: list[int], most: int) -> dict[int, list[int]]:
    """The loud lines of each record, *most* of one, that say what no record before it said."""
    lines, of_line = log.segment.lines, log.kinds.of_line
    ordered = in_one_order(log.segment)
    loud = log.kinds.alarms | log.kinds.warnings
    known: set[str] = set()
    found: dict[int, list[int]] = {}
    for start in starts:
        inside = range(start, min(log.end(start), start + _TRACE_LINES))
        for at in [at for at in inside if of_line[at] in loud and not FRAME.match(lines[at])][:most]:
            said = _MEASURED.sub("", ordered[at]) if lines[at][:1] == "{" else after_time(lines[at])
            if said not in known:
                known.add(said)
                found.setdefault(start, []).append(at)
    return found


def _loud_groups(log: Log, starts: list[int]) -> list[list[int]]:
    """Alarms that differ in more than numbers apart; and those that name a file's line or a test, each name apart.

    A CI log puts a time before each diagnostic, and sixty of them are not one with a count.
    """
    lines = log.segment.lines
    named = bool(_PLACE.search(lines[starts[0]][:_PLACE_CHARS]))
    if len(starts) > MEMBERS and not named:
        return [starts]
    groups: dict[tuple[object, ...], list[int]] = {}
    ordered = in_one_order(log.segment)
    for start in starts:
        line = ordered[start]
        place = tuple(_PLACE.findall(line[:_PLACE_CHARS])) if named else ()
        groups.setdefault((without_digits(line), *place), []).append(start)
    return list(groups.values())


def _are_long(log: Log, starts: Sequence[int]) -> bool:
    """Whether each of some records takes up a page, as one with a trace and its values does."""
    lines = log.segment.lines
    return all(sum(map(len, lines[start : log.end(start)])) > _PAGE_CHARS for start in starts)
