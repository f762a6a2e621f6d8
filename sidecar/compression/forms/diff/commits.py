"""The commits and statistics that stand around diffs: `git log` and `git show`, `--stat`.

commit 3f2a...                             commit 3f2a...
Author: Ann Lee <ann@shop.example>         Author: Ann Lee <ann@shop.example>
Date:   Sun Oct 25 08:00:00 2026 +0200     Date:   Sun Oct 25 08:00:00 2026 +0200
                                      ->    Change the schema
    Change the schema                      commit 91bc...
                                           Author: the same (also where unsaid)
commit 91bc...                             ...

 src/a.py   | 12 ++++----             ->    src/: a.py | 12 ++++----, b.py | 1 +
 src/b.py   |  1 +
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sidecar.compression.forms.diff.lines import STAT_LINE
from sidecar.compression.prefixes import folder_and_name, names_on_lines
from sidecar.compression.vocabulary import Block, Rank, note

__all__ = ["LONG_LOG", "Authors", "abbreviation", "statistics"]

LONG_LOG = 10
"""In a log of so many commits and nothing else their names are abbreviated."""
_NAME_CHARS = 12
"""What git itself accepts for a commit, in a repository of millions of them too."""
_SHARED_MARKER = 20
"""So many commits of such a log are one block."""

_UNSAID = "the same (also where unsaid)"


class Authors:
    """Writes commits in order, each author's address at the first of theirs only."""

    def __init__(self) -> None:
        self.last = ""
        self.is_unsaid = False
        self.addresses: dict[str, str] = {}

    def commit(self, lines: Sequence[str], start: int) -> Block:
        """One commit's header and message, without the empty lines around them and its indentation by four."""
        was_unsaid = self.is_unsaid
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
        if self.is_unsaid and not was_unsaid and _chars(shown) >= _chars(lines):
            # The lines themselves would be printed, and nothing would tell later readers what is unsaid.
            self.is_unsaid = False
            shown = ["Author: the same" if line.endswith(_UNSAID) else line for line in shown]
        return note(start, start + len(lines), shown, Rank.EVIDENCE)

    def log(self, lines: Sequence[str], starts: Sequence[int]) -> Iterable[Block]:
        """A long log, each commit under its abbreviated name."""
        for at in range(0, len(starts), _SHARED_MARKER):
            group = starts[at : at + _SHARED_MARKER]
            ends = (
                *starts[at + 1 : at + len(group)],
                starts[at + len(group)] if at + len(group) < len(starts) else len(lines),
            )
            shown: list[str] = []
            for start, end in zip(group, ends, strict=True):
                written = self.commit(lines[start:end], start).shown or ()
                shown += [" ".join(abbreviation(lines[start])), *written[1:]]
            yield Block(group[0], ends[-1], tuple(shown), "the rest of each commit's name", Rank.EVIDENCE)

    def _field(self, line: str, fields: dict[str, str]) -> list[str]:
        name, colon, value = line.partition(":")
        value = value.strip()
        if not colon or " " in name:
            return [line]
        twin = {"Commit": "Author", "CommitDate": "AuthorDate"}.get(name)
        fields[name] = value
        if twin is not None and fields.get(twin) == value:
            return [f"{name}: the same"]
        if name != "Author":
            return [line]
        if value == self.last:
            told, self.is_unsaid = ([] if self.is_unsaid else [f"Author: {_UNSAID}"]), True
            return told
        self.last = value
        who, bracket, address = value.partition(" <")
        if bracket and self.addresses.get(who) == address:
            return [f"Author: {who} <as above>"]
        self.addresses[who] = address
        return [line]


def abbreviation(line: str) -> tuple[str, ...]:
    """A commit's line with the first characters of its name, and what git says behind it."""
    word, _, rest = line.partition(" ")
    name, blank, decoration = rest.partition(" ")
    return (f"{word} {name[:_NAME_CHARS]}", *((decoration,) if blank and decoration else ()))


def _chars(lines: Sequence[str]) -> int:
    return sum(map(len, lines)) + len(lines)


def statistics(lines: Sequence[str], start: int, end: int) -> Iterable[Block]:
    """`--stat` lines without the padding that aligns their bars, neighbours in one folder on one line."""
    index = start
    while index < end:
        folder, entry = _amount(lines[index])
        after = index + 1
        while folder and after < min(end, index + 40) and _amount(lines[after])[0] == folder:
            after += 1
        if after - index > 1:
            entries = [_amount(lines[at])[1] for at in range(index, after)]
            is_named = "\t" in lines[index]
            shown = names_on_lines(folder if is_named else f" {folder}", entries, between=" " if is_named else ", ")
            yield note(index, after, shown, Rank.EVIDENCE)
        elif "\t" in lines[index]:
            yield Block(index, after, None, "", Rank.EVIDENCE)
        else:
            yield note(index, after, (f" {folder}{entry}",), Rank.EVIDENCE)
        index = after


def _amount(line: str) -> tuple[str, str]:
    """The folder of a statistic's path, and its name with its amount; no folder where it cannot be taken apart."""
    state, tab, path = line.partition("\t")
    if tab:
        folder, name = folder_and_name(path)
        return ("", line) if any(character in path for character in " ,:\t") else (f"{state} {folder}", name)
    match = STAT_LINE.match(line)
    if match is None:
        return "", line.strip()
    folder, name = folder_and_name(match[1])
    if any(character in match[1] for character in " ,:") or not name:
        return "", f"{match[1]} | {match[2]}"
    return folder, f"{name} | {match[2]}"
