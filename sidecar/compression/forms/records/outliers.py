"""Which records a reader must see when not all of them are shown.

The first and the last; those whose status is rare, whose number is the smallest or the largest; those
that speak of an error, and the one that lacks what the others have.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Protocol

__all__ = ["counted", "is_alarming", "outliers", "row_names", "speaks_of_trouble", "spread"]

_ALARM_KEY = re.compile(r"error|fail|exception|fatal|stderr|reason|problem|fault|warning|severity", re.I)
_ALARM_VALUE = re.compile(
    r"(?<![a-z])(?:errors?|err|fail(?:ed|ure|ing|s)?|fatal|crash\w*|exception|degraded|unhealthy|backoff|denied|refused"
    r"|rejected|evicted|oomkilled|timed?.?out|dead|unknown|critical|panic|abort(?:ed)?|invalid|missing|cannot|unable"
    r"|notready|imagepullbackoff|errimagepull)(?![a-z])|backoff|(?:error|exception|failed|notready|failure)\b"
)
"""Of lower case: to look for it takes a third of the time that ignoring case would."""
_ALARM_WORDS = (
    "err", "fail", "fatal", "crash", "exception", "degraded", "unhealthy", "backoff", "denied", "refused", "rejected",
    "evicted", "oomkilled", "timeout", "timed", "time_out", "time-out", "time out", "dead", "unknown", "critical",
    "panic", "abort", "invalid", "missing", "cannot", "unable", "notready",
)  # fmt: skip
"""One of these is in every text that `_ALARM_VALUE` finds something in."""

_NOTHING = frozenset({"", "null", "-", "0", "false", '""', "[]", "{}", "none", "None"})
_ENUM = 8
"""A column with so few different values is a status, a kind, a severity."""

_RARE_SHARE = 0.05
_ODD_SHARE = 0.3
_SELDOM_SHARE = 0.15
"""So many rows may have one of a column's rare values; the rarest come first."""

_MANY_KINDS = 40
_FEW = 10
_SAID = 100
"""So many different things said under a key for errors are each shown once."""

_STATUS_KEY = re.compile(
    r"(?:^|[._\W])(?:stat(?:us|e)|phase|conclusion|result|severity|level|outcome|health\w*|ready|active|type|reason)$",
    re.I,
)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?$")
_TRIED = 40
"""So many cells tell whether a column may hold numbers."""

_REACH = 4_000
_STATUS_CHARS = 80
"""A longer text is a message, in which any word may stand; ..."""
_HELD_CHARS = 600
"""... an object or a list in a cell may hold a status among other things."""


class Column(Protocol):
    """A table's column as text."""

    @property
    def path(self) -> str: ...
    @property
    def cells(self) -> Sequence[str | None]: ...


def is_alarming(key: str, value: object) -> bool:
    """Whether an entry tells of something wrong: a key for errors that is not empty, a status of failure."""
    if value is None or value is True or value is False:
        return value is True and _ALARM_KEY.search(key[-200:]) is not None
    if not isinstance(value, str):
        return bool(value) and (
            _ALARM_KEY.search(key[-200:]) is not None or _ALARM_VALUE.search(str(value)[:_REACH].lower()) is not None
        )
    if value in _NOTHING:
        return False
    if _ALARM_KEY.search(key[-200:]):
        return True
    return len(value) < 80 and " " not in value and speaks_of_trouble(value)


def speaks_of_trouble(text: str) -> bool:
    """Whether a piece of a notation has a word of failure in it."""
    return _ALARM_VALUE.search(text.lower()) is not None


def outliers(columns: Sequence[Column], count: int) -> frozenset[int]:
    """The indexes of the rows that stand out.

    What alarms always does; rare values and extremes do, column by column, as long as not every third row would.
    """
    found = {0, count - 1} if count else set()
    odd: list[set[int]] = []
    for column in columns:
        values = Counter(column.cells)
        found.update(_alarming(column.path, column.cells, values, count))
        odd.append(set(_odd(column.cells, values, count)))
    for indexes in sorted(odd, key=len):
        if len(found | indexes) <= max(_FEW, count * _ODD_SHARE):
            found |= indexes
    return frozenset(found)


def counted(columns: Sequence[Column], count: int) -> Iterable[str]:
    """How many of all rows have each value of the columns that say how things stand."""
    for column in columns:
        if not _STATUS_KEY.search(column.path[-60:]):
            continue
        values = Counter(column.cells)
        if 1 < len(values) <= _ENUM + 4 and len(values) * 4 <= count and all(len(value or "") < 40 for value in values):
            told = ", ".join(
                f"{'absent' if value is None else value or 'empty'} {n}" for value, n in values.most_common()
            )
            yield f"{column.path}: {told}"


_NAME = re.compile(r"[A-Za-z@._/][\w@./:+~-]{0,47}$")
_DIGITS = re.compile(r"\d+")
_NAMES_SHARE = 0.6
_NAMES_CHARS_SHARE = 0.6


def row_names(cells: Sequence[str | None], rows: Sequence[str]) -> list[str] | None:
    """The first column as names, where they are words of their own (`web`, `libc6`), no numbers (`SKU-0017`).

    None also where they are most of what the rows say.
    """
    names = [cell.strip('"') for cell in cells if cell is not None]
    if len(names) < len(cells) or sum(map(len, names)) > _NAMES_CHARS_SHARE * sum(map(len, rows)):
        return None
    if sum(_NAME.match(name) is not None for name in names) * 10 < 9 * len(names):
        return None
    kinds = {_DIGITS.sub("0", name) for name in names}
    return names if len(kinds) >= _NAMES_SHARE * len(names) and not any(" " in name for name in names) else None


def _alarming(path: str, cells: Sequence[str | None], values: Counter[str | None], count: int) -> Iterable[int]:
    """Rows with a word of failure, of a usual one the first; each thing said under an error's key."""
    if _ALARM_KEY.search(path[-200:]) and len(values) > 1:
        usual, times = values.most_common(1)[0]
        if times * 2 > count:
            yield from (
                at for at, cell in enumerate(cells) if cell is not None and cell != usual and cell not in _NOTHING
            )
        said = [cell for cell in values if cell is not None and cell not in _NOTHING]
        if len(said) <= _SAID:
            yield from map(cells.index, said)
    said = [cell for cell in values if cell and len(cell) < (_HELD_CHARS if cell[0] in "{[(" else _STATUS_CHARS)]
    lowered = "\n".join(said).lower()
    if not any(word in lowered for word in _ALARM_WORDS):
        return
    alarming = {cell for cell in said if speaks_of_trouble(cell)}
    if len(alarming) > max(_FEW, count * _ODD_SHARE):
        # `{failed:0 passed:12}` in every row is how rows speak, not a failure.
        alarming = {cell for cell in alarming if len(cell) < _STATUS_CHARS and cell[0] not in "{[("}
    often = {cell for cell in alarming if values[cell] > max(2, count // 5)}
    seldom = alarming - often
    yield from (at for at, cell in enumerate(cells) if cell in seldom)
    yield from map(cells.index, often)


def _odd(cells: Sequence[str | None], values: Counter[str | None], count: int) -> Iterable[int]:
    """Rows with a rare value of a few, without what others have, and with the smallest and the largest number."""
    if count >= _ENUM and len(values) <= max(_ENUM, min(count // 10, _MANY_KINDS)):
        seldom: set[str | None] = set()
        room = max(_FEW, int(count * _SELDOM_SHARE))
        for value, times in reversed(values.most_common()):
            room -= times
            if room < 0 or times > max(1, count * _RARE_SHARE):
                break
            seldom.add(value)
        yield from (at for at, cell in enumerate(cells) if cell in seldom)
    else:
        lacking = {value for value in (None, "", "-", "null", '""', "NULL") if values[value]}
        if 0 < sum(values[value] for value in lacking) <= max(1, count * _RARE_SHARE):
            yield from (at for at, cell in enumerate(cells) if cell in lacking)
    if len(values) > 2:
        yield from _extremes(cells)


def _extremes(cells: Sequence[str | None]) -> Iterable[int]:
    """Where the smallest and the largest number stand, in a column of numbers."""
    if sum(cell is None or not _NUMBER.match(cell[:40]) for cell in cells[:_TRIED]) * 10 > len(cells[:_TRIED]):
        return
    numbers = list(_numbers(cells))
    if len(numbers) * 10 >= len(cells) * 9 and numbers:
        yield min(numbers)[1]
        yield max(numbers, key=lambda pair: (pair[0], -pair[1]))[1]


def _numbers(cells: Sequence[str | None]) -> Iterable[tuple[float, int]]:
    for at, cell in enumerate(cells):
        if cell and cell[0] in "-0123456789" and len(cell) < 40 and "_" not in cell:
            try:
                yield float(cell), at
            except ValueError:
                continue


def spread(count: int, room: int) -> list[int]:
    """*room* indexes out of *count*: evenly, or, where many may stay, in runs, for every gap costs a line."""
    if room >= count:
        return list(range(count))
    if room < 2:
        return [0][:room]
    if room * 8 < count:
        return sorted({round(at * (count - 1) / (room - 1)) for at in range(room)})
    stride = max(_STRIDE, count // 12)
    stay = stride * room // count
    return [at for at in range(count) if at % stride < stay or at == count - 1]


_STRIDE = 20
