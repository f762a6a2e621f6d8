"""The commits and statistics that stand around diffs: `git log` and `git show`, `--stat`.

commit 3f2a...                             commit 3f2a...
Author: Ann Lee <ann@shop.example>         Author: Ann Lee <ann@shop.example>
Date:   Sun Oct 25 08:00:00 2026 +0200     Date:   Sun Oct 25 08:00:00 2026 +0200
                                      ->    Change the schema
    Change the schema                      commit 91bc...
                                           Author: the same (also where unsaid)
commit 91bc...                             Date: Mon Oct 26 09:10:00 (2026 +0200 also where unsaid)
...                                        ...

 src/a.py   | 12 ++++----             ->    src/a.py | 12 ++++----
 src/b.py   |  1 +                           src/b.py | 1 +
 create mode 100644 src/b.py           ->    create mode 100644 src/: b.py c.py
 create mode 100644 src/c.py
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import takewhile

from sidecar.compression.forms.diff.lines import RAW_LINE, STAT_LINE
from sidecar.compression.prefixes import WHOLE_PATHS, folder_and_name, names_on_lines
from sidecar.compression.vocabulary import Block, Rank, note

__all__ = ["LONG_LOG", "Authors", "abbreviation", "is_summary", "statistics", "summaries"]

LONG_LOG = 3
"""In a log of so many commits their names are abbreviated."""
_NAME_CHARS = 12
"""What git itself accepts for a commit, in a repository of millions of them too."""
_SHARED_MARKER = 20
"""So many commits of such a log are one block."""

_YEAR_AND_ZONE = re.compile(r" (\d{4} [-+]\d{4})$")
_UNSAID = "the same (also where unsaid)"
_REST = "the rest of each commit's name"
_LABELS = '"Author:" and "Date:", '
_SHORT_HEAD = re.compile(r"commit [0-9a-f]+: ")
_FROM = re.compile(r"\(from [0-9a-f]{13,64}\)")
_BLOBS = "names of blobs"
_MODES = frozenset(("000000", "100644"))
"""Of a file that came, went or was changed and is no program."""


class Authors:
    """Writes commits in order, what they say again only the first time: a person, an address, a year and its zone."""

    def __init__(self) -> None:
        self.last: dict[str, str] = {}
        """What each field said last."""
        self.addresses: dict[str, str] = {}
        self.told: frozenset[str] = frozenset()
        """What a line has told to be unsaid from there on: "people", "addresses", "zones"."""

    def commit(self, lines: Sequence[str], start: int, *, is_abbreviated: bool = False) -> Block:
        """One commit's header and message, without the empty lines around them and its indentation by four."""
        told = self.told
        shown: list[str] = []
        fields: dict[str, str] = {}
        for line in lines:
            if line.startswith("    "):
                shown.append(line[3:])
            elif line:
                shown += self._field(line, fields)
            elif shown and shown[-1].startswith(" "):
                shown.append("")
        while len(shown) > 1 and not shown[-1]:
            shown.pop()
        what = _REST if is_abbreviated and shown else ""
        if what:
            shown[0] = " ".join(abbreviation(shown[0]))
        # What is told to be unsaid from here on must be read even where this commit gets no shorter by it.
        return Block(start, start + len(lines), tuple(shown), what, Rank.EVIDENCE, is_pointed_at=self.told != told)

    def log(self, lines: Sequence[str], starts: Sequence[int], ends: Sequence[int]) -> Iterable[Block]:
        """A long log, each commit under its abbreviated name; behind *ends*, those of messages, are statistics."""
        following = (*starts[1:], len(lines))
        for at in range(0, len(starts), _SHARED_MARKER):
            shown: list[str] = []
            blobs = ""
            until = min(at + _SHARED_MARKER, len(starts))
            for start, end, after in zip(starts[at:until], ends[at:until], following[at:until], strict=True):
                shown += self._in_log(lines[start:end])
                for block in statistics(lines, end, after):
                    shown += filter(None, lines[block.start : block.end] if block.shown is None else block.shown)
                    blobs = f", {block.what}" if block.what else blobs
            what = (_LABELS + _REST if any(_SHORT_HEAD.match(line) for line in shown) else _REST) + blobs
            yield Block(starts[at], following[until - 1], tuple(shown), what, Rank.EVIDENCE)

    def _in_log(self, lines: Sequence[str]) -> list[str]:
        """A commit whose author and date, where it has just those, stand behind its name."""
        head, *others = self.commit(lines, 0).shown or lines
        named = " ".join(abbreviation(head))
        fields = list(takewhile(lambda line: line and line[0] != " ", others))
        said = [line.partition(": ") for line in fields]
        if [name for name, _, _ in said if name != "Author"] != ["Date"]:
            return [named, *others]
        values = [value.lstrip() for _, _, value in said]
        return [f"{named}: {', '.join(values)}", *others[len(fields) :]]

    def _field(self, line: str, fields: dict[str, str]) -> list[str]:
        name, colon, value = line.partition(":")
        value = value.strip()
        if not colon or " " in name:
            return [line]
        twin = {"Commit": "Author", "CommitDate": "AuthorDate"}.get(name)
        fields[name] = value
        if twin is not None and fields.get(twin) == value:
            return [f"{name}: {_UNSAID}"] if self._tells(f"twins {name}") else []
        if name in {"Author", "Commit"}:
            told = self._person(name, value)
        elif name in {"Date", "AuthorDate", "CommitDate"}:
            told = [self._date(name, value)]
        else:
            return [line]
        # What is not said in fewer words is said as it was printed.
        return [line] if told == [f"{name}: {value}"] else told

    def _person(self, name: str, value: str) -> list[str]:
        if value == self.last.get(name):
            return [f"{name}: {_UNSAID}"] if self._tells(f"people {name}") else []
        self.last[name] = value
        who, bracket, address = value.partition(" <")
        if bracket and self.addresses.get(who) == address:
            return [f"{name}: {who}{' <as above, also where unsaid>' if self._tells('addresses') else ''}"]
        self.addresses[who] = address
        return [f"{name}: {value}"]

    def _date(self, name: str, value: str) -> str:
        match = _YEAR_AND_ZONE.search(value)
        if match is None:
            return f"{name}: {value}"
        zone, last = match[1], self.last.get("zone")
        self.last["zone"] = zone
        if zone != last:
            return f"{name}: {value}"
        said = f" ({zone} also where unsaid)" if self._tells("zones") else ""
        return f"{name}: {value[: match.start()]}{said}"

    def _tells(self, what: str) -> bool:
        """Whether this is the first time that something is left unsaid, so that it must be told."""
        is_first = what not in self.told
        self.told |= {what}
        return is_first


def abbreviation(line: str) -> tuple[str, ...]:
    """A commit's line with the first characters of its name, and what git says behind it: of which parent it tells."""
    word, _, rest = line.partition(" ")
    name, blank, decoration = rest.partition(" ")
    decoration = _FROM.sub(lambda found: f"{found[0][: len('(from ') + _NAME_CHARS]})", decoration)
    return (f"{word} {name[:_NAME_CHARS]}", *((decoration,) if blank and decoration else ()))


def statistics(lines: Sequence[str], start: int, end: int) -> Iterable[Block]:
    """`--stat` lines without the padding that aligns their bars; of very many, neighbours in one folder on one line.

    Those of `--raw` as `--name-status` has them.
    """
    index = start
    is_short = end - start <= WHOLE_PATHS
    while index < end:
        if RAW_LINE.match(lines[index]):
            first = index
            while index < end and RAW_LINE.match(lines[index]):
                index += 1
            yield Block(first, index, tuple(map(_state_and_path, lines[first:index])), _BLOBS, Rank.EVIDENCE)
            continue
        folder, entry = _amount(lines[index])
        after = index + 1
        while folder and not is_short and after < min(end, index + 40) and _amount(lines[after])[0] == folder:
            after += 1
        is_padded = lines[index][:1] == " "
        if after - index > 1:
            entries = [_amount(lines[at])[1] for at in range(index, after)]
            between = ", " if is_padded or (lines[index][0].isdigit() and "\t" in lines[index]) else " "
            shown = names_on_lines(f" {folder}" if is_padded else folder, entries, between=between)
            yield note(index, after, shown, Rank.EVIDENCE)
        elif is_padded:
            yield note(index, after, (f" {folder}{entry}",), Rank.EVIDENCE)
        else:
            yield Block(index, after, None, "", Rank.EVIDENCE)
        index = after


def _state_and_path(line: str) -> str:
    """A file of `--raw` as `--name-status` has it, its modes before it where they are no ordinary file's."""
    raw = RAW_LINE.match(line)
    if raw is None:
        return line
    return raw[3] if {raw[1], raw[2]} <= _MODES else f":{raw[1]} {raw[2]} {raw[3]}"


_SUMMARY = re.compile(r" (?:create|delete) mode \d{6} ")
_SUMMARIES = (" create mode ", " delete mode ", " rename ", " copy ", " rewrite ", " mode change ")


def is_summary(line: str) -> bool:
    """Whether `--summary`, a commit or a merge says in it that a file came, went or was moved."""
    return line.startswith(_SUMMARIES)


def summaries(lines: Sequence[str], start: int, end: int) -> Iterable[Block]:
    """Files that came or went, neighbours in one folder on one line."""
    index = start
    while index < end:
        said, folder, _ = _summary(lines[index])
        after = index + 1
        while after < end and _summary(lines[after])[:2] == (said, folder):
            after += 1
        if after - index > 1 and not any(character in said + folder for character in ",:"):
            names = [_summary(lines[at])[2] for at in range(index, after)]
            yield note(index, after, names_on_lines(f"{said}{folder}", names), Rank.EVIDENCE)
        else:
            yield Block(index, after, None, "", Rank.EVIDENCE)
        index = after


def _summary(line: str) -> tuple[str, str, str]:
    """What is said of a file, its folder and its name; no folder that could be taken for another's."""
    match = _SUMMARY.match(line)
    said = match.group() if match is not None else ""
    folder, name = folder_and_name(line[len(said) :])
    return (said, folder, name) if said and " " not in line[len(said) :] else (line, "", "")


def _amount(line: str) -> tuple[str, str]:
    """The folder of a statistic's path, and its name with its amount; no folder where it cannot be taken apart."""
    state, tab, path = line.partition("\t")
    if tab:
        added = "" if state.isalnum() and not state.isdigit() else state
        if added:
            removed, _, path = path.partition("\t")
        folder, name = folder_and_name(path)
        # A binary file's, "-\t-\tpath", stays: out of its place it is a removed line.
        if added == "-" or any(character in path for character in " ,:\t"):
            return "", line
        return (folder, f"{added} {removed} {name}") if added else (f"{state} {folder}", name)
    if line[:1] != " ":
        return folder_and_name(line)
    match = STAT_LINE.match(line)
    if match is None:
        return "", line.strip()
    folder, name = folder_and_name(match[1])
    if any(character in match[1] for character in " ,:") or not name:
        return "", f"{match[1]} | {match[2]}"
    return folder, f"{name} | {match[2]}"
