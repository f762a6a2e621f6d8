"""A message that many places share: said once behind all of them, each whole.

src/a.py:14:5: C0116: Missing function docstring        src/a.py:14:5 src/b.py:3:1: C0116: Missing function docstring
src/b.py:3:1: C0116: Missing function docstring

Of more places than stand well before a message the first stays as printed and the others follow it. The source line of
the first stays below it. Messages of the very same places share these too:

src/a.py:1:1: D100 Missing docstring                    src/a.py:1:1: D100 Missing docstring
src/b.py:1:1: D100 Missing docstring                      again: src/b.py:1:1 ...
src/a.py:1:1: CPY001 Missing copyright notice             also: CPY001 Missing copyright notice

Rows under a file's heading, as eslint writes them, are in `rows`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sidecar.compression.forms.diagnostics.kinds import Kind, Line
from sidecar.compression.forms.diagnostics.rows import in_rows, rows, short_names
from sidecar.compression.forms.marking import side_by_side

__all__ = ["shared"]

_PLACED = frozenset({Kind.ERROR, Kind.LINT, Kind.WARNING, Kind.NOTE})
_APART = frozenset({*_PLACED, Kind.FAILURE, Kind.SUMMARY, Kind.BUILD, Kind.BLANK})
"""What after a diagnostic is not about it."""

_LEADS = frozenset({Kind.CONTEXT, Kind.INCLUDED, Kind.HERE})
_QUOTED = frozenset({Kind.SOURCE, Kind.OTHER})
_MARKS = frozenset({Kind.MARK, Kind.LABEL})

_FEW = 3
_LONG_CHARS = 80
"""Fewer lines of the same message stay as printed, for lines are searched for as they are; two, where it is long..."""
_MANY = 40
"""... or where so many are shown that nobody reads them one by one."""

_GO = ".go:"
"""Its compiler calls nothing an error that it prints."""

_WHOLE_ERRORS = 10
"""So few errors in all stay as printed, whatever they share: it costs 0.02 % of what failing commands print."""

_ABREAST = 24
"""So many places at most stand before the message they share."""

_FEWEST_POINTED = 4
_WORTH_POINTING = 0.6
_NUMBERED = re.compile(r"(?P<path>[^\s:]+):(?P<numbers>\d+(?::\d+)*)$")
"""A place taken apart; so many that were told in full already are told again by their files' names, where that takes
so much less than telling them in full."""

_WORTH_CHARS = 6
"""A message shorter than this is as cheap printed again."""

_EXPLAINED_LINES = 6

_WRAPPED_LINES = 4
_CODE_CHARS = 60
_CODED = re.compile(r"(?:^|  | )\[[a-z][a-z-]+\]$")


@dataclass(slots=True)
class _Unit:
    """A diagnostic of several lines: its own, its arrow, its source line and what explains it."""

    lines: tuple[int, ...]
    place: str
    below: tuple[str, ...]
    unwrapped: str = ""
    """Its heading with the whole message, where that goes on in the next lines..."""
    wraps: int = 0
    """... and how many these are."""


_Groups = dict[tuple[str, tuple[str, ...]], list[int | _Unit]]
"""By message and what explains it; an index is a diagnostic of one line, for a linter prints 100,000 of them."""


def shared(
    lines: Sequence[str], read: Sequence[Line], shown: Sequence[int], written: Mapping[int, str]
) -> tuple[dict[int, tuple[str, ...]], bool]:
    """What is printed for lines of *shown* (indexes, in order) whose message others share; whether excerpts go.

    The first of them is followed by the others' places, the others get nothing. *written* holds headings with what
    their notation adds, a count of repeats.
    """
    leaves_out = False
    instead = rows(lines, read, shown)
    by_places: dict[tuple[str, ...], int] = {}
    pointing = _Pointing(read[index].place.strip() for index in shown)
    grouped = _grouped(lines, read, shown)
    are_many = sum(map(len, grouped.values())) >= _MANY
    as_printed = _few_errors(grouped, read)
    for (said, _explained), units in grouped.items():
        fewest = _FEW if len(said) < _LONG_CHARS and not are_many else 2
        if len(units) < fewest or (as_printed and _apart(units[0], read)[0] in as_printed):
            alone = units[0]
            if are_many and isinstance(alone, int) and read[alone].kind is not Kind.NOTE:
                # A message of its own goes below another of the very same place.
                place = read[alone].place.strip()
                above = by_places.setdefault((place,), alone)
                if above != alone:
                    instead[alone] = ()
                    instead[above] = (*instead.get(above, (lines[above],)), f"  also: {said}")
                pointing.told.add(place)
            continue
        first, *others = units
        start, last, here, below = _apart(first, read)
        places: list[str] = []
        is_plain = start not in written
        whole: Mapping[int, str] = {}
        if isinstance(first, _Unit) and first.wraps:
            first, whole = _unwrapped(first, instead)
            last = first.lines[-1]
        for unit in others:
            index, _, place, under = _apart(unit, read)
            instead |= dict.fromkeys((unit,) if isinstance(unit, int) else unit.lines, ())
            leaves_out |= under != below
            adds = written.get(index, "")
            is_plain &= not adds
            places.append(place + adds[len(lines[index]) :] if adds.endswith(")") else place)
        above = last
        if not below and read[start].kind is not Kind.NOTE:
            above = by_places.setdefault((here, *places), last)
        if above != last:
            instead |= dict.fromkeys((first,) if isinstance(first, int) else first.lines, ())
            instead[above] = (*instead.get(above, (lines[above],)), f"  also: {said}")
            continue
        places, pointed = pointing.apart(here, places)
        is_abreast = is_plain and len(places) < _ABREAST and not pointed
        abreast = _abreast(lines, first, here, places, whole) if is_abreast else None
        if abreast is not None:
            instead[abreast[0]] = (abreast[1],)
        else:
            instead[last] = (whole.get(last) or written.get(last, lines[last]), *_again(places), *pointed)
    return instead, leaves_out


def _few_errors(grouped: _Groups, read: Sequence[Line]) -> frozenset[int]:
    """The lines that tell an error with its place, by themselves; none where errors are many."""
    begin = {_apart(unit, read)[0]: explained for (_, explained), units in grouped.items() for unit in units}
    errors = [index for index in begin if read[index].kind is Kind.ERROR or _GO in read[index].place]
    if len(errors) > _WHOLE_ERRORS:
        return frozenset()
    return frozenset(index for index in errors if read[index].place and read[index].said and not begin[index])


def _apart(first: int | _Unit, read: Sequence[Line]) -> tuple[int, int, str, tuple[str, ...]]:
    """The first and the last line of a diagnostic, its place, and what stands below it."""
    if isinstance(first, int):
        return first, first, read[first].place.strip(), ()
    return first.lines[0], first.lines[-1], first.place, first.below


def _unwrapped(unit: _Unit, instead: dict[int, tuple[str, ...]]) -> tuple[_Unit, Mapping[int, str]]:
    """*unit* without the lines that its message goes on in, and its first line with the whole message."""
    start, wrapped, below = unit.lines[0], unit.lines[1 : 1 + unit.wraps], unit.lines[1 + unit.wraps :]
    instead |= dict.fromkeys(wrapped, ())
    instead[start] = (unit.unwrapped,)
    return replace(unit, lines=(start, *below)), {start: unit.unwrapped}


def _abreast(
    lines: Sequence[str], first: int | _Unit, here: str, others: Sequence[str], whole: Mapping[int, str]
) -> tuple[int, str] | None:
    """The line of *first* that names its place, with the others' behind it."""
    within = (first,) if isinstance(first, int) else first.lines[:3]
    for index in within:
        before, place, after = whole.get(index, lines[index]).partition(here)
        if place and not after.startswith((" in ", " at ")):
            return index, f"{before}{' '.join((here, *others))}{after}"
    return None


class _Pointing:
    """Places that were told in full: of several that are told again, the files' names do."""

    def __init__(self, places: Iterable[str]) -> None:
        self.told: set[str] = set()
        self._places = places
        self._names: dict[str, str] = {}

    def apart(self, here: str, places: Sequence[str]) -> tuple[list[str], list[str]]:
        """Those of *places* that are to be told in full, and the lines for the others."""
        again = [place for place in places if place in self.told and _NUMBERED.match(place) is not None]
        pointed = list(self._pointed(again)) if len(again) >= _FEWEST_POINTED else []
        self.told.update((here, *places))
        if not pointed or sum(map(len, pointed)) > _WORTH_POINTING * sum(map(len, again)):
            return list(places), []
        known = set(again)
        return [place for place in places if place not in known], pointed

    def _pointed(self, places: Sequence[str]) -> Iterable[str]:
        if not self._names:
            paths = list(dict.fromkeys(found["path"] for place in self._places if (found := _NUMBERED.match(place))))
            self._names = dict(zip(paths, short_names(paths), strict=True))
        of_file: dict[str, list[str]] = {}
        for place in places:
            found = _NUMBERED.match(place)
            if found is not None:
                of_file.setdefault(self._names[found["path"]], []).append(found["numbers"])
        listed = [f"{name} {row}" for name, numbers in of_file.items() for row in in_rows(numbers)]
        for at, line in enumerate(side_by_side(listed)):
            yield f"    {line}" if at else f"  again, at places above: {line}"


def _again(places: Sequence[str]) -> Iterable[str]:
    for number, row in enumerate(in_rows(places)):
        yield f"  {row}" if number else f"  again: {row}"


def _grouped(lines: Sequence[str], read: Sequence[Line], shown: Sequence[int]) -> _Groups:
    groups: _Groups = {}
    placed, leads, apart = _PLACED, _LEADS, _APART
    count = len(shown)
    for at, index in enumerate(shown):
        this = read[index]
        kind = this.kind
        if kind not in placed or (at and read[shown[at - 1]].kind in leads):
            continue
        place, end = this.place, at + 1
        after = read[shown[end]].kind if end < count else Kind.BLANK
        if place and after in apart:
            # Most headings of a linter: nothing of theirs below.
            if after is not Kind.NOTE and len(this.said) >= _WORTH_CHARS:
                key = (this.said, ())
                if key in groups:
                    groups[key].append(index)
                else:
                    groups[key] = [index]
            continue
        told: tuple[str, ...] = ()
        if not place:
            if after is Kind.SAID:
                told, end = (lines[shown[end]],), end + 1
            if end >= count or read[shown[end]].kind is not Kind.ARROW:
                continue
            place, end = read[shown[end]].place, end + 1
        is_said_below = after is Kind.SAID and not told
        wraps = 0 if is_said_below else _wrapped(lines, read, shown[end : end + _WRAPPED_LINES])
        goes_on = [lines[i] for i in shown[end : end + (1 if is_said_below else wraps)]]
        # Where a message was wrapped depends on how long the path before it is.
        said = (" " if wraps and not told else "\n").join((this.said, *told, *goes_on))
        end += len(goes_on)
        own = end
        while end < count and end - own < _EXPLAINED_LINES and _explains(lines, read, shown[end]):
            end += 1
        below = shown[own:end]
        # Of which only the words must be the same: the source line of the first stands for the others'.
        explained = tuple(lines[i] for i in below if not _is_source(read, i))
        if len(said) + sum(map(len, explained)) >= _WORTH_CHARS and _is_end(lines, read, shown, end):
            unit = _Unit(tuple(shown[at:end]), place.strip(), tuple(lines[i] for i in below))
            if wraps and not told:
                unit.unwrapped, unit.wraps = " ".join((lines[index], *goes_on)), wraps
            groups.setdefault((said, explained), []).append(unit)
    return _with_bare(groups)


def _with_bare(groups: _Groups) -> _Groups:
    """The same groups, where a unit of which nothing but its arrow is shown goes with the first of the same message.

    What rustc said under it was said under that one: an import that is missing, in each of the lines that need it.
    """
    first = {said: (said, explained) for said, explained in reversed(groups) if explained}
    for bare in [key for key in groups if key[0] in first and not key[1]]:
        joins = [unit for unit in groups[bare] if isinstance(unit, _Unit) and not unit.below]
        into = groups[first[bare[0]]]
        if joins and isinstance(into[0], _Unit) and into[0].lines < joins[0].lines:
            into += joins
            groups[bare] = [unit for unit in groups[bare] if not isinstance(unit, _Unit) or unit.below]
    return {key: units for key, units in groups.items() if units}


def _explains(lines: Sequence[str], read: Sequence[Line], index: int) -> bool:
    kind = read[index].kind
    return kind is Kind.HELP or (kind is Kind.OTHER and lines[index][:1] in " \t") or _is_source(read, index)


def _wrapped(lines: Sequence[str], read: Sequence[Line], below: Sequence[int]) -> int:
    """How many of the lines below a heading go on with its message: `mypy --pretty` wraps it, its code comes last."""
    for at, index in enumerate(below):
        line = lines[index]
        if read[index].kind is not Kind.OTHER or line[:1] in " \t":
            return 0
        if _CODED.search(line[-_CODE_CHARS:]):
            return at + 1
    return 0


def _is_source(read: Sequence[Line], index: int) -> bool:
    """Whether a line is quoted from a file: a mark points into it."""
    kind = read[index].kind
    return kind is Kind.MARKED or (kind in _QUOTED and index + 1 < len(read) and read[index + 1].kind in _MARKS)


def _is_end(lines: Sequence[str], read: Sequence[Line], shown: Sequence[int], after: int) -> bool:
    """Whether nothing printed from *after* on belongs to the diagnostic above: no note, no excerpt."""
    if after >= len(shown):
        return True
    kind = read[shown[after]].kind
    if kind in _APART:
        return kind is not Kind.NOTE
    line = lines[shown[after]]
    # A heading of its own: Go's `# package`, a rule, a path, where an excerpt goes on as words or indented.
    return kind is Kind.OTHER and (
        line[:2] in {"# ", "**", "--"} or (line[:1] not in " \t[(" and " " not in line and "/" in line)
    )
