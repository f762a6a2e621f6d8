"""What of a diff must survive, found by how lines begin: written apart from the reading that counts lines of hunks.

diff --git a/x b/x     the line          -old      the lines that follow each other,
--- a/x                its path          +new      in one piece
@@ -10,7 +10,7 @@ f    the line           x | 2 +- folder, name, amount
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sidecar.compression.forms.diff.commits import abbreviation
from sidecar.compression.forms.diff.lines import (
    COMMIT_FIELDS,
    HUNK_HEADER,
    RAW_LINE,
    STAT_LINE,
    STAT_TOTAL,
    initials_of,
    is_bare_path,
    is_name_status,
    is_word_change,
    is_word_diff,
    restated_path,
)
from sidecar.compression.forms.diff.repeats import WINDOW, Repeats, repeats_of
from sidecar.compression.prefixes import folder_and_name
from sidecar.compression.vocabulary import Evidence, Segment

__all__ = ["commit_subject", "diff_evidence"]

_NAMED = (
    "diff ", "rename ", "copy ", "old mode", "new mode", "new file", "deleted file", "similarity", "dissimilarity",
    "Binary ", "Files ", "Only in ", "Submodule ", "Subproject", "commit ", "* Unmerged", "CONFLICT", "error", "fatal",
    "warning", "Index: ", "Subject: ",
)  # fmt: skip
_STRETCHES = re.compile(rb"[+\-]+| +|[^+\- \n]")
_LINES = re.compile(rb"[^\n]")


def diff_evidence(segment: Segment, *, abbreviated: bool) -> list[Evidence]:
    """Changed lines, headers and every named path; hunks are not counted here.

    Changed lines that follow each other are one piece, for they are printed so. Commits are told by the beginning of
    their names where these are *abbreviated*.
    """
    lines = segment.lines
    words = is_word_diff(segment)
    again = _Again(lines, repeats_of(segment))
    columns = 1
    in_hunk = False
    found: list[Evidence] = []
    for stretch in (_LINES if words else _STRETCHES).finditer(initials_of(segment)):
        start, end = stretch.span()
        first = lines[start][:1]
        if first == "+" or first == "-":  # noqa: PLR1714 - a set costs a third more
            found.extend(_changed(lines, start, end, again))
        elif first == "@" and (header := HUNK_HEADER.match(lines[start])):
            columns, in_hunk = len(header[1]) - 1, True
            found.append(Evidence(start, (lines[start],)))
        elif first != " ":
            if not (words and is_word_change(lines[start])) and lines[start].startswith(("diff --", "commit ")):
                in_hunk = False
            found.extend(_said(lines, start, words=words, abbreviated=abbreviated))
        elif words or columns > 1 or not in_hunk:
            for index in range(start, end):
                if index in again.pointers:
                    found.append(Evidence(index, (again.pointers[index],)))
                elif index not in again.told:
                    found.extend(_indented(lines[index], index, columns if in_hunk else 0, words=words))
    return found


class _Again:
    """The repeats that really say what was printed before: evidence there, and here their place and number.

    *pointers* stand where they begin; *told* are all their lines.
    """

    def __init__(self, lines: Sequence[str], repeats: Repeats) -> None:
        self.repeats = repeats
        self.pointers: dict[int, str] = {}
        self.told: set[int] = set()
        for index, (source, count) in repeats.again.items():
            if source + count <= index and lines[source : source + count] == lines[index : index + count]:
                self.pointers[index] = repeats.pointer(index)
                self.told.update(range(index, index + count))

    def cuts(self, start: int, end: int) -> list[int]:
        """Where the lines [start, end) are not one piece: at windows, at labels, where repeats begin and end."""
        repeats = self.repeats
        cuts = {*map(repeats.past, range(start - start % WINDOW + WINDOW, end, WINDOW))}
        if repeats.again:
            cuts.update(index for index in range(start, end) if index in repeats.again or index in repeats.sources)
            cuts.update([index + repeats.again[index][1] for index in cuts if index in repeats.again])
            cuts.add(repeats.past(start))
        return [*sorted(cut for cut in cuts if start < cut < end), end]


def _changed(lines: Sequence[str], start: int, end: int, again: _Again) -> Iterable[Evidence]:
    """Lines that begin with + or -, cut where one of their blocks may end a block, and where lines come again."""
    for until in again.cuts(start, end):
        if start in again.pointers:
            yield Evidence(start, (again.pointers[start],))
        elif start not in again.told:
            yield from _together(lines, start, until)
        start = until


def _together(lines: Sequence[str], start: int, end: int) -> Iterable[Evidence]:
    joined = "\n".join(lines[start:end])
    if joined.startswith(("--- ", "+++ ")) or "\n--- " in joined or "\n+++ " in joined:
        for index in range(start, end):
            is_marked = lines[index].startswith(("--- ", "+++ "))
            yield from _marked(lines, index) if is_marked else (Evidence(index, (lines[index],)),)
    else:
        yield Evidence(start, (joined,))


def _said(lines: Sequence[str], index: int, *, words: bool, abbreviated: bool) -> list[Evidence]:
    """A line that begins with neither a mark nor a blank."""
    line = lines[index]
    if words and is_word_change(line):
        return [Evidence(index, (line,))]
    if is_name_status(line):
        paths = (part for path in line.split("\t") for part in folder_and_name(path) if part)
        return [Evidence(index, tuple(paths))]
    if line[0] == ":" and (raw := RAW_LINE.match(line)):
        is_same_mode = raw[1] == raw[2] or "000000" in {raw[1], raw[2]}
        return [Evidence(index, (raw[3],) if is_same_mode else (f"{raw[1]} {raw[2]}", raw[3]))]
    if not words and is_bare_path(line):
        return [Evidence(index, tuple(filter(None, folder_and_name(line))))]
    if line.startswith(_NAMED):
        parts = abbreviation(line) if abbreviated and line.startswith("commit ") else (line,)
        return [Evidence(index, parts), *commit_subject(lines, index)]
    return []


def _indented(line: str, index: int, columns: int, *, words: bool) -> list[Evidence]:
    """A line that begins with a blank: changed in a hunk of several *columns*, a statistic outside of all (0)."""
    if words and is_word_change(line):
        return [Evidence(index, (line,))]
    if columns:
        return [Evidence(index, (line,))] if columns > 1 and not set(line[:columns]).isdisjoint("+-") else []
    return _statistic(index, line) if " | " in line or " changed" in line else []


def _marked(lines: Sequence[str], index: int) -> list[Evidence]:
    """A line that begins with three + or -: changed, and then whole; or a header's, and then its path."""
    path = restated_path(lines, index)
    if path is None:
        return [Evidence(index, (lines[index],))]
    return [Evidence(index, (path,))] if path != "/dev/null" else []


def _statistic(index: int, line: str) -> list[Evidence]:
    if " | " in line and STAT_LINE.match(line):
        path, _, amount = line.rpartition(" | ")
        return [Evidence(index, (*filter(None, folder_and_name(path.strip())), amount.strip()))]
    return [Evidence(index, (line.strip(),))] if STAT_TOTAL.match(line) else []


def commit_subject(lines: Sequence[str], commit: int) -> list[Evidence]:
    """The first line of the message of the commit whose line is at *commit*; nothing for any other line."""
    if not lines[commit].startswith("commit "):
        return []
    for index in range(commit + 1, min(commit + 12, len(lines))):
        if lines[index].startswith("    ") and lines[index].strip():
            return [Evidence(index, (lines[index].strip(),))]
        if lines[index] and not lines[index].startswith(COMMIT_FIELDS):
            return []
    return []
