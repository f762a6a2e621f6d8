"""What varies among the lines of one kind, written as a dense list.

    order 4711 paid by alice in 33 ms
    order 4712 paid by bob in 12 ms        ──>   4711 alice 33, 4712 bob 12, 4713 alice 40
    order 4713 paid by alice in 40 ms

Where whole rows would cost too much, the words of each place: names as they first come, numbers from least to most.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

from sidecar.compression.forms.log.heads import after_time

__all__ = ["columns_of", "outliers", "varied"]

_AS_SPACES = str.maketrans(dict.fromkeys(",;\"'(){}[]", " "))
"""What stands between words besides white space; a translation and a split take a fifth of a pattern's time."""
_TIME = re.compile(r"\d\d:\d\d:\d\d|\d{4}-\d\d-\d\d|\d{10}(?:\d{3})?(?:\.\d+)?$")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_HEX = re.compile(r"[-+]?(?:[\d.,:x/%-]|[a-fA-F](?=[\da-fA-F]*\d))*[a-zA-Z]{0,3}")
_BY_CHANCE = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{16,64}"
    r"|0x[0-9a-f]{8,16}",
    re.I,
)
"""A UUID, a trace's number, a digest, an address in memory."""
_SHORT_CHANCE = re.compile(r"[0-9a-f]{8}")
"""A request's number, where few of them are of digits alone: that may be a date."""
_NUMBER_CHARS = 40
_WHOLE = re.compile(r"0|[1-9]\d{0,15}")
_ASKED = 40
_FEW_VALUES = 5
_COUNTED = 12
"""Of so many names it is told how often each came."""
_FAR = 3.0
"""So many times the usual largest number is out of line."""
_LEAST = 20
"""Fewer lines have no usual."""
_LINE_CHARS = 2_000
"""Of a longer record only the beginning is compared."""
_SHORT_CHARS = 6
"""A line no longer than this begins with no time."""
_SHOWN_VALUES = 5
_NAME_CHARS = 60


def varied(
    lines: Sequence[str],
    room: int,
    told: set[str],
    *,
    numbers: bool,
    columns: Sequence[Sequence[str]] | None = None,
) -> str:
    """What varies in *lines* (the first is shown elsewhere), in at most *room* characters; empty if nothing does.

    *columns* are theirs, where the caller knows them. Rows in which nothing but numbers varies are told only if
    *numbers*. Where rows have no room, names that were *told* for other lines are not told again.
    """
    columns = columns_of(lines) if columns is None else columns
    columns = [column for column in columns if not _are_by_chance(column)]
    if not columns:
        return ""
    if numbers or len(lines) <= _LEAST or not all(_is_numeric(column) or _are_few(column) for column in columns):
        rows = Counter(columns[0][1:]) if len(columns) == 1 else Counter(map(" ".join, _rows(columns)))
        if len(columns) == 1 and (said := _counted_up(list(rows))) and len(said) <= room:
            return said
        said = ", ".join(row if count == 1 else f"{row} x{count}" for row, count in rows.items())
        if len(said) <= room:
            told.update(name for column in columns for name in column)
            return said
    mere = {at: _summary_of_numbers(column) for at, column in enumerate(columns) if _is_numeric(column)}
    room -= sum(map(len, mere.values())) + 2 * len(columns)
    parts: list[str] = []
    for at, column in enumerate(columns):
        part = mere[at] if at in mere else _names(column, room, told)
        room -= 0 if at in mere else len(part)
        parts.append(part)
    return "; ".join(filter(None, parts))


def _are_few(column: Sequence[str]) -> bool:
    """Whether a place has few names, which say nothing of a line that their counts do not: the workers of a pool."""
    return len(set(column)) <= _FEW_VALUES


def _rows(columns: Sequence[Sequence[str]]) -> Iterator[tuple[str, ...]]:
    """What each line but the first has in the columns; never all at once, for there may be millions."""
    return islice(zip(*columns, strict=True), 1, None)


def _are_by_chance(column: Sequence[str]) -> bool:
    """Whether the words of a place are identifiers that nobody chose: they are dear, and who needs one has it whole."""
    asked = column[:: len(column) // _ASKED + 1]
    if len(asked) <= _FEW_VALUES:
        return False
    return all(map(_BY_CHANCE.fullmatch, asked)) or (
        all(map(_SHORT_CHANCE.fullmatch, asked)) and 2 * sum(map(str.isdecimal, asked)) < len(asked)
    )


def _counted_up(values: Sequence[str]) -> str:
    """Whole numbers that only grow, neighbours as a range: `1-6, 8-16`; empty for other values."""
    if not all(map(_WHOLE.fullmatch, values)):
        return ""
    numbers = list(map(int, values))
    if any(one >= other for one, other in pairwise(numbers)):
        return ""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1] = [runs[-1][0], number]
        else:
            runs.append([number])
    return ", ".join("-".join(map(str, run)) for run in runs)


def _is_numeric(column: Sequence[str]) -> bool:
    """Whether the words of a place are numbers or hex, as far as some of them tell."""
    asked = column[:: len(column) // _ASKED + 1]
    return all(_HEX.fullmatch(value) for value in asked)


def outliers(columns: Sequence[Sequence[str]]) -> list[int]:
    """The indexes of the few lines with a number far beyond the others' in its place, or a rare one of few."""
    found: set[int] = set()
    for column in columns:
        if len(column) < _LEAST or _are_by_chance(column):
            continue
        values = _numbers(column)
        if values is None:
            continue
        ordered = sorted(values)
        usual = ordered[len(ordered) * 95 // 100 - 1]
        bound = _FAR * max(usual, 1.0)
        far = [index for index, value in enumerate(values) if value > bound]
        if len(far) <= max(3, len(column) // 50):
            found.update(far)
        counts = Counter(values)
        if 1 < len(counts) <= _FEW_VALUES:
            found.update(index for index, value in enumerate(values) if counts[value] <= 2)
    return sorted(found)


def _numbers(column: Sequence[str]) -> list[float] | None:
    """The first number in each of the values; None where one has none."""
    found: list[float] = []
    for value in column:
        if value.isdecimal() and len(value) <= _NUMBER_CHARS:
            found.append(float(value))
            continue
        match = _NUMBER.search(value[:_NUMBER_CHARS])
        if match is None:
            return None
        found.append(float(match[0]))
    return found


def columns_of(lines: Sequence[str]) -> list[list[str]]:
    """The places at which lines differ, each with its value in every line, without what all have in common."""
    begun = "\n".join([after_time(line[:_LINE_CHARS]) if len(line) > _SHORT_CHARS else line for line in lines])
    # Translated together: a translation looks every character up once, and a line is soon at its end.
    spaced = begun.translate(_AS_SPACES)
    if " " not in spaced and "\t" not in spaced:
        return _one_column(spaced.split("\n"))
    rows = [line.split() for line in spaced.split("\n")]
    width = len(rows[0])
    if any(len(row) != width for row in rows):
        return _leftovers(rows)
    columns: list[list[str]] = []
    for column in zip(*rows, strict=True):
        low, high = min(column), max(column)
        if low == high or (_TIME.search(low) and _TIME.search(high)):
            continue
        trimmed = _trimmed(column)
        if trimmed not in columns:
            columns.append(trimmed)
    return columns


def _one_column(words: list[str]) -> list[list[str]]:
    """The same of lines of one word each, of which there may be millions: a list for each would take gigabytes."""
    low, high = min(words), max(words)
    if not low:
        return _leftovers([word.split() for word in words])
    return [] if low == high or (_TIME.search(low) and _TIME.search(high)) else [_trimmed(words)]


def _leftovers(rows: Sequence[list[str]]) -> list[list[str]]:
    """Of lines with different numbers of words: the words that are not in most of them."""
    counts = Counter(word for row in rows for word in set(row))
    usual = {word for word, count in counts.items() if 2 * count > len(rows)}
    told = [" ".join(word for word in row if word not in usual and not _TIME.search(word)) for row in rows]
    return [told] if any(told[1:]) else []


def _trimmed(column: Sequence[str]) -> list[str]:
    start = _common([min(column), max(column)])
    backwards = [value[: start - 1 : -1] if start else value[::-1] for value in column]
    end = _common([min(backwards), max(backwards)])
    return [value[start : len(value) - end] for value in column] if start or end else list(column)


def _common(ends: Sequence[str]) -> int:
    """How many characters two words share, without cutting a name or a number in two."""
    low, high = ends
    size = next((at for at, (one, other) in enumerate(zip(low, high, strict=False)) if one != other), len(min(ends)))
    shared = low[: min(size, len(high))]
    if shared[-1:].isalpha() and all(end[len(shared) : len(shared) + 1].isdigit() for end in ends):
        return len(shared)
    while shared and (shared[-1].isalnum() or shared[-1] in "._-"):
        shared = shared[:-1]
    return len(shared)


def _summary_of_numbers(column: Sequence[str]) -> str:
    counts = Counter(column)
    values = list(counts)
    if len(values) <= _FEW_VALUES:
        return " ".join(value if counts[value] == 1 else f"{value} x{counts[value]}" for value in values)
    if all(map(_NUMBER.fullmatch, values)):
        numbers = sorted(values, key=float)
        return f"{numbers[0]}..{numbers[-1]}"
    spread = values[:: len(values) // _SHOWN_VALUES + 1]
    return f"{' '.join(spread)} and {len(values) - len(spread)} more"


def _names(column: Sequence[str], room: int, told: set[str]) -> str:
    """The names of a place as they first come, those not *told* yet; from every part of it where not all fit."""
    counts = Counter(name for name in column if name)
    names = [name for name in counts if name not in told and len(name) <= _NAME_CHARS]
    known = sum(1 for name in counts if name in told)
    size = sum(map(len, names)) + len(names)
    step = max(1.0, size / max(1, room - 30))
    spread = [names[int(number * step)] for number in range(int(len(names) / step))] if room > 60 or step <= 1 else []
    told.update(spread)
    said = [f"{name} x{counts[name]}" if counts[name] > 1 and len(counts) <= _COUNTED else name for name in spread]
    if known and said:
        said.append(f"and {known} named above")
    if len(names) > len(spread):
        said.append(f"and {len(names) - len(spread)} more")
    return " ".join(said)
