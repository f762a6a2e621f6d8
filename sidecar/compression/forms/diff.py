"""Diffs: unified, git's own, combined, word diffs, and the logs and statistics that come with them.

    diff --git a/x b/x        shown           a hunk's lines are counted by the numbers of its header,
    index 1f..2e 100644       left out        so a removed line `-- x` (printed `--- x`) stays a removed line
    --- a/x                   said above
    +++ b/x                   said above
    @@ -10,7 +10,7 @@ def f   shown
     far                      left out
     near                     shown
    -old                      shown

Every changed line stays. What goes is context further than one line from a change and what the
first header line says already, and only where that is worth the marker's dozen tokens.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sidecar.compression.prefixes import folder_and_name, names_on_lines
from sidecar.compression.vocabulary import Block, Evidence, Form, Rank, Segment, keep, note

__all__ = ["FORM"]

_OTHER, _CONTEXT, _CHANGED, _HUNK, _HEADER, _INDEX, _RESTATED, _COMMIT, _MESSAGE, _STAT = range(10)

_HUNK_HEADER = re.compile(r"(@@+) -(\d[^@]*) @@+(?: |$)")
_RANGE = re.compile(r"[-+]?\d+(?:,(\d+))?$")
_COMMIT_LINE = re.compile(r"commit [0-9a-f]{7,64}(?: |$)")
_COMMIT_FIELDS = (
    "Merge: ", "Author: ", "AuthorDate: ", "Commit: ", "CommitDate: ", "Date: ", "Reflog: ", "Reflog message: ",
)  # fmt: skip
_EXTENDED = (
    "index ", "old mode ", "new mode ", "deleted file mode ", "new file mode ", "similarity index ", "mode ",
    "dissimilarity index ", "rename from ", "rename to ", "copy from ", "copy to ", "Binary files ", "GIT binary patch",
)  # fmt: skip
_STAT_LINE = re.compile(r" (\S.*?) +\| +(\d+ ?[-+]*|Bin .*|Unmerged)$")
_STAT_TOTAL = re.compile(r" \d+ files? changed")
_NAMED = (
    "diff ", "rename ", "copy ", "old mode", "new mode", "new file", "deleted file", "similarity", "dissimilarity",
    "Binary ", "Files ", "Only in ", "Submodule ", "Subproject", "commit ", "* Unmerged", "CONFLICT", "error", "fatal",
    "warning",
)  # fmt: skip
_MARKER_TOKENS = 22
"""What leaving something out costs: its marker, and a little for the reader's trouble."""


def _recognise(segment: Segment) -> float:
    text = segment.text
    gated = "@@ -" in text or "diff --" in text or "commit " in text or " changed" in text or "\n+++ " in text
    if not gated:
        return 0.0
    kinds = _kinds(segment)
    total = sum(1 for line in segment.lines if line)
    told = total and sum(1 for kind, line in zip(kinds, segment.lines, strict=True) if kind and line)
    if not told:
        return 0.0
    if not (_HUNK in kinds or _COMMIT in kinds or _HEADER in kinds) and not any(map(_STAT_TOTAL.match, segment.lines)):
        return 0.0
    orphans = sum(1 for index in range(1, len(kinds)) if kinds[index] == _HUNK and kinds[index - 1] == _OTHER)
    if orphans * 2 > kinds.count(_HUNK):
        return 0.3
    share = told / total
    return 0.97 if share > 0.85 else 0.85 if share > 0.6 else 0.6 if share > 0.25 else 0.3


def _evidence(segment: Segment) -> list[Evidence]:
    """Changed lines, headers and every named path, found by how lines begin; hunks are not counted here."""
    lines = segment.lines
    words = _is_word_diff(segment)
    columns = 1
    in_hunk = False
    found: list[Evidence] = []
    for index, line in enumerate(lines):
        first = line[:1]
        if first == "@" and (header := _HUNK_HEADER.match(line)):
            columns, in_hunk = len(header[1]) - 1, True
            found.append(Evidence(index, (line,)))
        elif first in {"+", "-"}:
            found.extend(_marked(lines, index))
        elif words and _is_word_change(line):
            found.append(Evidence(index, (line,)))
        elif first == " " and in_hunk:
            if columns > 1 and not set(line[:columns]).isdisjoint("+-"):
                found.append(Evidence(index, (line,)))
        elif first == " ":
            found.extend(_statistic(index, line))
        elif line.startswith(_NAMED):
            in_hunk = in_hunk and not line.startswith(("diff --", "commit "))
            found.append(Evidence(index, (line,)))
            found.extend(_subject(lines, index))
    return found


def _marked(lines: Sequence[str], index: int) -> list[Evidence]:
    """A line that begins with + or -: changed, and then whole; or a header's, and then its path."""
    path = _restated_path(lines, index)
    if path is None:
        return [Evidence(index, (lines[index],))]
    return [Evidence(index, (path,))] if path != "/dev/null" else []


def _statistic(index: int, line: str) -> list[Evidence]:
    if _STAT_LINE.match(line):
        path, _, amount = line.rpartition(" | ")
        return [Evidence(index, (*filter(None, folder_and_name(path.strip())), amount.strip()))]
    return [Evidence(index, (line.strip(),))] if _STAT_TOTAL.match(line) else []


def _subject(lines: Sequence[str], commit: int) -> list[Evidence]:
    """The first line of the message of the commit whose line is at *commit*; nothing for any other line."""
    if not lines[commit].startswith("commit "):
        return []
    for index in range(commit + 1, min(commit + 12, len(lines))):
        if lines[index].startswith("    ") and lines[index].strip():
            return [Evidence(index, (lines[index].strip(),))]
        if lines[index] and not lines[index].startswith(_COMMIT_FIELDS):
            return []
    return []


def _restated_path(lines: Sequence[str], index: int) -> str | None:
    """The path in a `--- a/x` or `+++ b/x` of a git header; None where the line is a changed line by its place."""
    line = lines[index]
    old = index if line.startswith("--- ") else index - 1
    if not line.startswith(("--- ", "+++ ")) or old < 1 or old + 2 >= len(lines):
        return None
    is_header = (
        lines[old - 1].startswith("index ")
        and lines[old].startswith("--- ")
        and lines[old + 1].startswith("+++ ")
        and lines[old + 2].startswith("@@")
    )
    return line[4:].rstrip("\t") if is_header else None


def _reduce(segment: Segment) -> list[Block]:
    lines = segment.lines
    kinds = _kinds(segment)
    author = ""
    blocks: list[Block] = []
    index = 0
    while index < len(lines):
        kind = kinds[index]
        start = index
        if kind == _COMMIT:
            index = _end_of_commit(lines, kinds, index + 1)
            blocks.append(_commit(lines[start:index], start, author))
            author = next((line for line in lines[start:index] if line.startswith("Author: ")), "")
            continue
        if kind == _STAT:
            while index < len(lines) and kinds[index] == _STAT:
                index += 1
            blocks.extend(_statistics(lines, start, index))
            continue
        while index < len(lines) and _may_go(kinds, index):
            index += 1
        if index > start:
            blocks.append(_gap(lines, kinds, start, index))
            continue
        while index < len(lines) and kinds[index] not in {_COMMIT, _STAT} and not _may_go(kinds, index):
            index += 1
        blocks.append(keep(start, index, Rank.EVIDENCE))
    return blocks


def _end_of_commit(lines: Sequence[str], kinds: Sequence[int], index: int) -> int:
    while index < len(lines) and kinds[index] in {_MESSAGE, _COMMIT} and not _COMMIT_LINE.match(lines[index]):
        index += 1
    return index


def _may_go(kinds: Sequence[int], index: int) -> bool:
    """Whether a line is far context or a header: the lines of which a gap is made."""
    kind = kinds[index]
    if kind in {_HUNK, _HEADER, _INDEX, _RESTATED}:
        return True
    if kind != _CONTEXT:
        return False
    near = (*kinds[index - 1 : index], *kinds[index + 1 : index + 2])
    return _CHANGED not in near


def _gap(lines: Sequence[str], kinds: Sequence[int], start: int, end: int) -> Block:
    """Headers and far context between two changes: the headers shown, the rest told."""
    gone = [index for index in range(start, end) if kinds[index] in {_CONTEXT, _INDEX, _RESTATED}]
    saved = sum(len(lines[index].strip()) / 4 + 1.5 for index in gone)
    if saved <= _MARKER_TOKENS:
        return keep(start, end, Rank.EVIDENCE if len(gone) < end - start else Rank.CONTENT)
    context = sum(1 for index in gone if kinds[index] == _CONTEXT)
    indexes = sum(1 for index in gone if kinds[index] == _INDEX)
    shown = tuple(lines[index] for index in range(start, end) if kinds[index] in {_HUNK, _HEADER})
    if not shown:
        return Block(start, end, (), "unchanged context")
    told = [f"{context} unchanged"] if context else []
    told += ["index line" if indexes == 1 else "index lines"] if indexes else []
    return Block(start, end, shown, ", ".join(told) or "paths said above", Rank.EVIDENCE)


def _commit(lines: Sequence[str], start: int, author: str) -> Block:
    """One commit's header and message without the empty lines around them and the message's indentation by four."""
    shown: list[str] = []
    for line in lines:
        if line.startswith("    "):
            shown.append(line[3:])
        elif line:
            shown.append("Author: the same" if line == author else line)
        elif shown[-1].startswith(" "):
            shown.append("")
    while len(shown) > 1 and not shown[-1]:
        shown.pop()
    return note(start, start + len(lines), shown, Rank.EVIDENCE)


def _statistics(lines: Sequence[str], start: int, end: int) -> Iterable[Block]:
    """`--stat` lines without the padding that aligns their bars, neighbours in one folder on one line."""
    index = start
    while index < end:
        folder, entry = _amount(lines[index])
        after = index + 1
        while folder and after < min(end, index + 40) and _amount(lines[after])[0] == folder:
            after += 1
        if after - index > 1:
            entries = [_amount(lines[at])[1] for at in range(index, after)]
            yield note(index, after, names_on_lines(f" {folder}", entries, between=", "), Rank.EVIDENCE)
        else:
            yield note(index, after, (f" {folder}{entry}",), Rank.EVIDENCE)
        index = after


def _amount(line: str) -> tuple[str, str]:
    """The folder of a statistic's path, and its name with its amount; no folder where it cannot be taken apart."""
    match = _STAT_LINE.match(line)
    if match is None:
        return "", line.strip()
    folder, name = folder_and_name(match[1])
    if any(character in match[1] for character in " ,:") or not name:
        return "", f"{match[1]} | {match[2]}"
    return folder, f"{name} | {match[2]}"


def _is_word_change(line: str) -> bool:
    return ("[-" in line and "-]" in line) or ("{+" in line and "+}" in line)


def _is_word_diff(segment: Segment) -> bool:
    """Whether hunks are printed without a first column, changes in brackets (`git diff --word-diff`)."""
    text = segment.text
    if not (("{+" in text and "+}" in text) or ("[-" in text and "-]" in text)) or "@@ -" not in text:
        return False
    if segment.command is not None and any(word.startswith("--word-diff") for word in segment.command.words):
        return True
    columned = bare = 0
    inside = False
    for line in segment.lines:
        if line.startswith("@@ -"):
            inside = True
        elif line.startswith(("diff --", "commit ")):
            inside = False
        elif inside and line:
            if line[0] in " +-\\":
                columned += line[0] in "+-"
            else:
                bare += 1
    return bare > columned


def _kinds(segment: Segment) -> bytearray:
    """What each line is, read once and kept with the segment, as its text is."""
    kinds: bytearray | None = segment.__dict__.get("_diff_kinds")
    if kinds is None:
        reader = _Reader(segment.lines, has_columns=not _is_word_diff(segment))
        kinds = segment.__dict__["_diff_kinds"] = bytearray(map(reader.kind, range(len(segment.lines))))
    return kinds


class _Reader:
    """Reads lines in order: a hunk for as long as its header's numbers say, headers and messages between."""

    def __init__(self, lines: Sequence[str], *, has_columns: bool) -> None:
        self.lines = lines
        self.has_columns = has_columns
        self.olds: list[int] = []
        self.new = 0
        self.place = ""
        """Where the reader is outside hunks: in a "header", a commit "message", or neither."""
        self.paths = ""

    def kind(self, index: int) -> int:
        line = self.lines[index]
        if self.olds:
            kind = self._in_hunk(line) if self.has_columns else self._in_words(line)
            if kind is not None:
                return kind
            self.olds = []
        return self._opening(line) or self._between(line, index)

    def _in_hunk(self, line: str) -> int | None:
        if len(self.olds) > 1:
            return self._in_combined(line)
        first = line[:1]
        if first == "+" and self.new > 0:
            self.new -= 1
            return _CHANGED
        if first == "-" and self.olds[0] > 0:
            self.olds[0] -= 1
            return _CHANGED
        if (first == " " or not first) and self.new > 0 and self.olds[0] > 0:
            self.new -= 1
            self.olds[0] -= 1
            return _CONTEXT
        return _CHANGED if first == "\\" else None

    def _in_combined(self, line: str) -> int | None:
        """One column a parent: a removed line is in the parents marked `-`, any other in those left blank."""
        if line.startswith("\\"):
            return _CHANGED
        if self.new <= 0 and not any(count > 0 for count in self.olds):
            return None
        marks = line[: len(self.olds)].ljust(len(self.olds))
        if marks.strip(" +-"):
            return None
        counted = "-" if "-" in marks else " "
        for parent, mark in enumerate(marks):
            self.olds[parent] -= mark == counted
        self.new -= counted == " "
        return _CONTEXT if marks.isspace() else _CHANGED

    def _in_words(self, line: str) -> int | None:
        if line.startswith(("@@", "diff --", "commit ")):
            return None
        return _CHANGED if _is_word_change(line) else _CONTEXT

    def _opening(self, line: str) -> int:
        """The kind of a line that begins a hunk, a file or a commit; 0 for every other."""
        first = line[:1]
        if first == "@" and (counts := _hunk_counts(line)) is not None:
            self.olds, self.new = counts
            self.place = ""
            return _HUNK
        if first == "d" and line.startswith("diff -"):
            self.place = "header"
            is_git = line.startswith(("diff --git ", "diff --cc ", "diff --combined "))
            self.paths = line.partition(" ")[2].partition(" ")[2] if is_git else ""
            return _HEADER
        if first == "c" and _COMMIT_LINE.match(line):
            self.place = "message"
            return _COMMIT
        return 0

    def _between(self, line: str, index: int) -> int:
        if self.place == "message":
            if line.startswith(_COMMIT_FIELDS):
                return _COMMIT
            if not line or line.startswith("    "):
                return _MESSAGE
            self.place = ""
            return _HEADER if line == "---" else _loose(line)
        if self.place == "header":
            if line.startswith(("--- ", "+++ ")):
                self.place = "header" if line[0] == "-" else ""
                return _RESTATED if self.paths and _restates(self.lines, index, self.paths) else _HEADER
            if (
                line.startswith("index ")
                and self.lines[index + 1 : index + 2]
                and self.lines[index + 1].startswith("--- ")
            ):
                return _INDEX
            if line.startswith(_EXTENDED):
                return _HEADER
            self.place = ""
        return _loose(line)


def _loose(line: str) -> int:
    """The kind of a line outside hunks, headers and messages."""
    first = line[:1]
    if first == " ":
        return _STAT if _STAT_LINE.match(line) or _STAT_TOTAL.match(line) else _OTHER
    if first and first in "-+" and line.startswith(("--- ", "+++ ")):
        return _HEADER
    if first == "O" and line.startswith("Only in "):
        return _HEADER
    return _OTHER


def _restates(lines: Sequence[str], index: int, paths: str) -> bool:
    """Whether `--- a/x` says only what `diff --git a/x b/x` says; the evidence asks for the same neighbours."""
    path = _restated_path(lines, index)
    if path is None:
        return False
    return path == "/dev/null" or path in paths


def _hunk_counts(line: str) -> tuple[list[int], int] | None:
    """How many lines of each old version and of the new one a hunk has; None where the line is no hunk header."""
    match = _HUNK_HEADER.match(line)
    if match is None:
        return None
    ranges = match[2].split()
    if len(ranges) != len(match[1]):
        return None
    counts: list[int] = []
    for item in ranges:
        found = _RANGE.match(item)
        if found is None:
            return None
        counts.append(int(found[1]) if found[1] is not None else 1)
    return counts[:-1], counts[-1]


FORM = Form("diff", _recognise, _evidence, _reduce)
