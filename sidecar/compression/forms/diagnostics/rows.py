"""Rows under a file's heading, as eslint, stylelint, yamllint and `ruff --output-format grouped` print: messages once.

/shop/src/a.js                                  every row: error
  2:5   error  Unexpected var       no-var      several files:
  9:5   error  Unexpected var       no-var        Unexpected var  no-var: a.js 2:5 9:5; b.js 3:1
  7:13  error  'x' is not defined   no-undef    /shop/src/a.js
  8:2   error  'y' is not defined   no-undef      no-undef:
/shop/src/b.js                                      7:13  'x' is not defined
  3:1   error  Unexpected var       no-var          8:2  'y' is not defined
                                                /shop/src/b.js

Within one file the places of a message stand before it, and the messages of one rule below it. In the list of several
files each goes by its name, with as much of its folder as tells it from the others; its heading has the whole path.
Files that have several messages at the same places go by a letter. Where the rows differ in severity, each keeps its
own. Few rows stay as printed.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from sidecar.compression.forms.diagnostics.kinds import Kind, Line

__all__ = ["File", "common", "in_rows", "of_several", "rows", "short_names", "source_begun"]

_PLACES_ON_A_LINE = 24
_SOURCE_CHARS = 200
"""So that a bound can cut a long list between lines."""

_WORTH_ROWS = 16
"""Below so many, rows stay as printed: lines that are searched for as they are."""

_LETTERS = string.ascii_uppercase
_LETTERED_FILES = 3
"""A list of so many files that several messages share has a letter."""

_PRETTY_HEADING = re.compile(r" +(?P<path>\S+):\d+:\d+$")
"""xo's, which names the place of the first finding with the file."""

_SEVERITIES = frozenset({"error", "warning", "info", "✖", "✘", "⚠", "×"})
_MESSAGE_AND_RULE = 2
_PADDING = re.compile(r" {3,}")
_ENDS = frozenset({Kind.FAILURE, Kind.SUMMARY, Kind.BUILD, Kind.BLANK})
_NAME_COSTS = 4
"""What a file's name in a list costs beside its characters: blanks, a semicolon."""


@dataclass(slots=True)
class File:
    """A heading with the rows below it: their messages in order, each with its places and the lines it had."""

    heading: int
    path: str
    said: dict[str, list[tuple[str, int]]] = field(default_factory=dict)


def rows(lines: Sequence[str], read: Sequence[Line], shown: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """What is printed instead of the rows among *shown* (indexes, in order), and above the first heading."""
    if sum(read[index].kind is Kind.ROW for index in shown) < _WORTH_ROWS:
        return {}
    files, severity = _with_one_severity(_files(lines, read, shown))
    instead: dict[int, tuple[str, ...]] = {}
    told, letters = common(files)
    for file in files:
        instead |= {index: () for places in file.said.values() for _, index in places}
        own = {said: in_rows([place for place, _ in places]) for said, places in file.said.items() if said not in told}
        for said, shown_rows in _by_rule(own, lambda said, each: [f"{row}  {said}" for row in each]).items():
            instead[file.said[said][0][1]] = tuple(f"  {row}" for row in shown_rows)
    if told or severity:
        first = files[0].heading
        above = [f"every row: {severity}"] if severity else []
        instead[first] = (*above, *(of_several(told, letters) if told else ()), lines[first])
    return instead


def _with_one_severity(files: Sequence[File]) -> tuple[Sequence[File], str]:
    """The files with messages that have no severity any more, and the one that all had; as they are where not."""
    severities = {said.partition("  ")[0] for file in files for said in file.said}
    if len(severities) != 1 or severities.isdisjoint(_SEVERITIES):
        return files, ""
    (severity,) = severities
    without = [
        replace(file, said={said.removeprefix(f"{severity}  "): places for said, places in file.said.items()})
        for file in files
    ]
    return without, severity


def of_several(told: Mapping[str, Sequence[str]], letters: Sequence[str]) -> list[str]:
    """The lines for what `common` found."""
    above = _by_rule(told, lambda said, rows: [f"{said}: {rows[0]}", *(f"    {row}" for row in rows[1:])])
    return ["several files:", *(f"  {line}" for line in (*letters, *chain.from_iterable(above.values())))]


def _by_rule(
    told: Mapping[str, Sequence[str]], lines_of: Callable[[str, Sequence[str]], list[str]]
) -> dict[str, list[str]]:
    """The lines of *told* (messages with their rows of places) by the message they stand for.

    What has a severity and a rule in common with another stands with it, under the first of them.
    """
    rules: dict[str, list[str]] = {}
    for said in told:
        message, rule = _apart(said)
        rules.setdefault(rule if message else said, []).append(said)
    found: dict[str, list[str]] = {}
    for rule, together in rules.items():
        first = together[0]
        if len(together) == 1:
            found[first] = lines_of(first, told[first])
        else:
            below = (line for said in together for line in lines_of(_apart(said)[0], told[said]))
            found[first] = [f"{rule}:", *(f"  {line}" for line in below)]
    return found


def _apart(said: str) -> tuple[str, str]:
    """The message of a row, and its rule behind its severity if it has one; nothing where it has other columns."""
    columns = said.split("  ")
    severity = f"{columns.pop(0)}  " if columns[0] in _SEVERITIES else ""
    return (columns[0], f"{severity}{columns[1]}") if len(columns) == _MESSAGE_AND_RULE else ("", "")


def _files(lines: Sequence[str], read: Sequence[Line], shown: Sequence[int]) -> list[File]:
    """The headings with their rows; one that has a second line below it stays as printed."""
    files: list[File] = []
    count = len(shown)
    for at, index in enumerate(shown):
        this = read[index]
        if this.kind is Kind.OTHER and at + 1 < count and read[shown[at + 1]].kind is Kind.ROW:
            line = lines[index]
            if _is_heading(line):
                pretty = _PRETTY_HEADING.match(line)
                files.append(File(index, pretty["path"] if pretty is not None else line.rstrip(": ")))
                continue
        is_alone = at + 1 == count or _ends_a_row(read[shown[at + 1]].kind, lines[shown[at + 1]])
        if this.kind is Kind.ROW and files and is_alone:
            said = this.said.strip()
            if "   " in said:
                said = _PADDING.sub("  ", said)
            files[-1].said.setdefault(said, []).append((this.place.strip(), index))
    return files


def _ends_a_row(kind: int, line: str) -> bool:
    """Whether the line below a row belongs to no row."""
    return kind is Kind.ROW or kind in _ENDS or _is_heading(line)


def _is_heading(line: str) -> bool:
    """Whether a line names a file; one with a column behind it is the end of a message of several lines."""
    return ("  " not in line and line[:1] not in " \t") or _PRETTY_HEADING.match(line) is not None


def common(files: Sequence[File]) -> tuple[dict[str, list[str]], list[str]]:
    """The messages of several files that are cheaper said once, with the lines of their list; and what letters mean."""
    in_files = Counter(said for file in files for said in file.said)
    names = short_names([file.path for file in files])
    found: dict[str, list[tuple[str, str]]] = {}
    for file, name in zip(files, names, strict=True):
        for said, places in file.said.items():
            if in_files[said] > 1:
                found.setdefault(said, []).extend((name, place) for place, _ in places)
    together = {said: _together(every) for said, every in found.items()}
    lists = _lists(together)
    while dear := [said for said, each in together.items() if not _is_cheaper(said, each, lists)]:
        # A letter costs the more the fewer messages have its list.
        for said in dear:
            del together[said]
        lists = _lists(together)
    letters = {
        names: letter for (names, count), letter in zip(lists.most_common(), _LETTERS, strict=False) if count > 1
    }
    explained = [f"[{letter}]: {' '.join(names)}" for names, letter in letters.items()]
    return {said: _listed(each, letters) for said, each in together.items()}, explained


_Together = Mapping[tuple[str, ...], tuple[str, ...]]
"""Names of files by the places where they have a message."""


def _lists(together: Mapping[str, _Together]) -> Counter[tuple[str, ...]]:
    """How many messages have a list of so many files that it is worth a letter."""
    return Counter(names for each in together.values() for names in each.values() if len(names) >= _LETTERED_FILES)


_Lettered = Mapping[tuple[str, ...], str]


def _together(places: Iterable[tuple[str, str]]) -> _Together:
    """The files, by the places where they have a message."""
    of_name: dict[str, list[str]] = {}
    for name, place in places:
        of_name.setdefault(name, []).append(place)
    names: dict[tuple[str, ...], list[str]] = {}
    for name, each in of_name.items():
        names.setdefault(tuple(each), []).append(name)
    return {each: tuple(those) for each, those in names.items()}


def _is_cheaper(said: str, together: _Together, lists: Mapping[tuple[str, ...], int]) -> bool:
    """Whether a message costs less said once, with the names of its files; a list that others have goes by a letter."""
    files = sum(map(len, together.values()))
    longest = max(len(name) for names in together.values() for name in names) + _NAME_COSTS
    named = sum(longest * len(each) / lists.get(each, 1) for each in together.values())
    return (files - 1) * len(said) > named


def _listed(together: _Together, letters: _Lettered) -> list[str]:
    listed: list[str] = []
    room = 0
    for places, names in together.items():
        of = f"[{letters[names]}]" if names in letters else " ".join(names)
        for begun in range(0, len(places), _PLACES_ON_A_LINE):
            told = f"{of} {' '.join(places[begun : begun + _PLACES_ON_A_LINE])}"
            size = min(_PLACES_ON_A_LINE, len(places) - begun) + (1 if names in letters else len(names))
            if listed and room >= size:
                listed[-1] += f"; {told}"
            else:
                listed.append(told)
                room = _PLACES_ON_A_LINE
            room -= size
    return listed


def in_rows(places: Sequence[str]) -> list[str]:
    """The places on lines that a bound can cut between."""
    starts = range(0, len(places), _PLACES_ON_A_LINE)
    return [" ".join(places[begun : begun + _PLACES_ON_A_LINE]) for begun in starts]


def source_begun(source: str) -> str:
    """A line of source beside its place: of a minified one the beginning."""
    return f"{source[:_SOURCE_CHARS]}..." if len(source) > _SOURCE_CHARS else source


def short_names(paths: Sequence[str]) -> list[str]:
    """Each path's end that no other has: its file's name, with folders where that is not enough."""
    parts = [path.replace("\\", "/").split("/") for path in paths]
    depths = [1] * len(paths)
    while True:
        ends = ["/".join(part[-depth:]) for part, depth in zip(parts, depths, strict=True)]
        counts = Counter(ends)
        again = [at for at, end in enumerate(ends) if counts[end] > 1 and depths[at] < len(parts[at])]
        if not again:
            return ends
        for at in again:
            depths[at] += 1
