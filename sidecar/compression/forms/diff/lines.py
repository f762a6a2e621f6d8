"""What each line of a diff is: a hunk is read for as long as its header's numbers say.

    commit 3f2a...          COMMIT       diff --git a/x b/x      HEADER      @@ -10,7 +10,7 @@ def f   HUNK
    Author: Ann <a@b>       COMMIT       index 1f..2e 100644     INDEX        unchanged              CONTEXT
        Change the schema   MESSAGE      --- a/x                 RESTATED    -old                    CHANGED
     a.py | 2 +-            STAT         +++ b/x                 RESTATED    +new                    CHANGED

So a removed line `-- x`, printed `--- x`, stays a removed line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sidecar.compression.kept import kept
from sidecar.compression.vocabulary import Segment

__all__ = [
    "BINARY", "CHANGED", "COMMIT", "COMMIT_FIELDS", "COMMIT_LINE", "CONTEXT", "HEADER", "HUNK", "HUNK_HEADER", "INDEX",
    "MESSAGE", "OTHER", "RAW_LINE", "RESTATED", "STAT", "STAT_LINE", "STAT_TOTAL", "initials_of", "is_bare_path",
    "is_name_status", "is_word_change", "is_word_diff", "kinds_of", "restated_path",
]  # fmt: skip

OTHER, CONTEXT, CHANGED, HUNK, HEADER, INDEX, RESTATED, COMMIT, MESSAGE, STAT, BINARY = range(11)

HUNK_HEADER = re.compile(r"(@@+) -(\d[^@]*) @@+(?: |$)")
COMMIT_LINE = re.compile(r"commit [0-9a-f]{7,64}(?: |$)")
COMMIT_FIELDS = (
    "Merge: ", "Author: ", "AuthorDate: ", "Commit: ", "CommitDate: ", "Date: ", "Reflog: ", "Reflog message: ",
)  # fmt: skip
STAT_LINE = re.compile(r" (\S.*?) +\| +(\d+ ?[-+]*|Bin .*|Unmerged)$")
STAT_TOTAL = re.compile(r" \d+ files? changed")
_BASE85 = re.compile(r"[A-Za-z][0-9A-Za-z!#$%&()*+;<=>?@^_`{|}~-]{5,65}$")
"""A line of a binary file in `git diff --binary` and `git format-patch`."""
_BARE_PATH = re.compile(r"[^\s:|]+$")
_STATES = frozenset("ACDMRTUX-0123456789")
_NAME_STATUS = re.compile(r"(?:[ACDMRTUX]\d{0,3}|\d+\t\d+|-\t-)\t\S")
RAW_LINE = re.compile(r":(\d{6}) (\d{6}) [0-9a-f]{4,64} [0-9a-f]{4,64} ([ACDMRTUX]\d{0,3}\t\S.*)$")
"""A file of `--raw`: its modes, the names of its blobs, its state and path; a merge's, of many modes, is none."""
_RANGE = re.compile(r"[-+]?\d+(?:,(\d+))?$")
_EXTENDED = (
    "index ", "old mode ", "new mode ", "deleted file mode ", "new file mode ", "similarity index ", "mode ",
    "dissimilarity index ", "rename from ", "rename to ", "copy from ", "copy to ", "Binary files ", "GIT binary patch",
)  # fmt: skip


_COLUMN = bytes.maketrans(b"+-\\ \n", bytes([CHANGED, CHANGED, CHANGED, CONTEXT, CONTEXT]))
_IN_HUNK = re.compile(rb"[ +\-\\\n]*")
_OPENS = re.compile(rb"[@dIc+\-O ACDMRTUX0-9:]")
"""How lines begin that may be more than other text, where no header or message is being read."""


@kept
def initials_of(segment: Segment) -> bytes:
    """The first character of each line, `\\n` for an empty one: whole hunks are then read at a time."""
    return "".join([line[:1] or "\n" for line in segment.lines]).encode("latin-1", "replace")


def is_word_change(line: str) -> bool:
    return ("[-" in line and "-]" in line) or ("{+" in line and "+}" in line)


@kept
def is_word_diff(segment: Segment) -> bool:
    """Whether hunks are printed without a first column, changes in brackets (`git diff --word-diff`)."""
    text = segment.text
    if not (("{+" in text and "+}" in text) or ("[-" in text and "-]" in text)) or "@@ -" not in text:
        return False
    if segment.command is not None and any(word.startswith("--word-diff") for word in segment.command.words):
        return True
    if "diff --" not in text:
        return False  # what a test compared, beside its rulers: `[----------] 8 tests`
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


@kept
def kinds_of(segment: Segment) -> bytearray:
    """What each line is."""
    return _Reader(segment.lines, initials_of(segment), has_columns=not is_word_diff(segment)).kinds()


def restated_path(lines: Sequence[str], index: int) -> str | None:
    """The path in a `--- a/x` or `+++ b/x` of a header; None where the line is a changed line by its place."""
    line = lines[index]
    old = index if line.startswith("--- ") else index - 1
    if not line.startswith(("--- ", "+++ ")) or old < 1 or old + 2 >= len(lines):
        return None
    is_header = (
        lines[old - 1].startswith(("index ", "diff -"))
        and lines[old].startswith("--- ")
        and lines[old + 1].startswith("+++ ")
        and lines[old + 2].startswith("@@")
    )
    return line[4:].partition("\t")[0] if is_header else None


class _Reader:
    """Reads lines in order: a hunk for as long as its header's numbers say, headers and messages between."""

    def __init__(self, lines: Sequence[str], initials: bytes, *, has_columns: bool) -> None:
        self.lines = lines
        self.initials = initials
        self.has_columns = has_columns
        self.olds: list[int] = []
        self.new = 0
        self.place = ""
        """Where the reader is outside hunks: in a "header", a commit "message", or neither."""
        self.paths = ""

    def kinds(self) -> bytearray:
        lines = self.lines
        kinds = bytearray(len(lines))
        index = 0
        while index < len(lines):
            if len(self.olds) == 1 and self.has_columns:
                index = self._plain_hunk(kinds, index)
                self.olds = []
                continue
            if not self.olds and not self.place:
                following = _OPENS.search(self.initials, index)
                if following is None:
                    break
                index = following.start()
            kinds[index] = self._kind(index)
            index += 1
        return kinds

    def _plain_hunk(self, kinds: bytearray, index: int) -> int:
        """The end of a hunk with one old and one new version: nine lines in ten of most diffs."""
        lines = self.lines
        old, new = self.olds[0], self.new
        end = self._exact_end(index, old, new)
        if end > index:
            kinds[index:end] = self.initials[index:end].translate(_COLUMN)
            return end
        while index < len(lines):
            first = lines[index][:1]
            if first == "+" and new > 0:
                new -= 1
                kinds[index] = CHANGED
            elif first == "-" and old > 0:
                old -= 1
                kinds[index] = CHANGED
            elif (first == " " or not first) and new > 0 and old > 0:
                new -= 1
                old -= 1
                kinds[index] = CONTEXT
            elif first == "\\":
                kinds[index] = CHANGED
            else:
                break
            index += 1
        return index

    def _exact_end(self, index: int, old: int, new: int) -> int:
        """The end of a hunk that has just the lines its header says; 0 where they must be counted one by one."""
        limit = index + old + new + 4
        match = _IN_HUNK.match(self.initials, index, limit)
        end = match.end() if match is not None else index
        while end > index:
            body = self.initials[index:end]
            added, removed = body.count(b"+"), body.count(b"-")
            both = len(body) - added - removed - body.count(b"\\")
            if added + both == new and removed + both == old:
                return end
            # An empty line between two files looks like context.
            if body[-1:] != b"\n":
                break
            end -= 1
        return 0

    def _kind(self, index: int) -> int:
        line = self.lines[index]
        if self.olds:
            kind = self._in_combined(line) if self.has_columns else self._in_words(line)
            if kind is not None:
                return kind
            self.olds = []
        return self._opening(line) or self._between(line, index)

    def _in_combined(self, line: str) -> int | None:
        """One column a parent: a removed line is in the parents marked `-`, any other in those left blank."""
        if line.startswith("\\"):
            return CHANGED
        if self.new <= 0 and not any(count > 0 for count in self.olds):
            return None
        marks = line[: len(self.olds)].ljust(len(self.olds))
        if marks.strip(" +-"):
            return None
        counted = "-" if "-" in marks else " "
        for parent, mark in enumerate(marks):
            self.olds[parent] -= mark == counted
        self.new -= counted == " "
        return CONTEXT if marks.isspace() else CHANGED

    def _in_words(self, line: str) -> int | None:
        if line.startswith(("@@", "diff --", "commit ")):
            return None
        # An item of a list begins as a removed line does, which a hunk with columns may have here too: it is shown.
        return CHANGED if is_word_change(line) or line.startswith(("+", "-")) else CONTEXT

    def _opening(self, line: str) -> int:
        """The kind of a line that begins a hunk, a file or a commit; 0 for every other."""
        first = line[:1]
        if first == "@" and (counts := _hunk_counts(line)) is not None:
            self.olds, self.new = counts
            self.place = ""
            return HUNK
        if first == "d" and line.startswith("diff -"):
            self.place = "header"
            self.paths = line
            return HEADER
        if first == "I" and line.startswith("Index: "):
            self.place = "header"
            self.paths = ""
            return HEADER
        if first == "c" and COMMIT_LINE.match(line):
            self.place = "message"
            return COMMIT
        return 0

    def _between(self, line: str, index: int) -> int:
        if self.place == "binary":
            if _BASE85.match(line):
                return BINARY
            if line.startswith(("literal ", "delta ")) or not line:
                return HEADER
            self.place = ""
        if self.place == "names":
            if not line or is_bare_path(line):
                return STAT if line else OTHER
            self.place = ""
        if self.place == "message":
            if line.startswith(COMMIT_FIELDS):
                return COMMIT
            if not line or line.startswith("    "):
                return MESSAGE
            # Below a message, --name-only lists its files.
            self.place = "names" if is_bare_path(line) else ""
            return HEADER if line == "---" else STAT if self.place else _loose(line)
        if self.place == "header":
            return self._in_header(line, index)
        return _loose(line)

    def _in_header(self, line: str, index: int) -> int:
        if line.startswith(("--- ", "+++ ")):
            self.place = "header" if line[0] == "-" else ""
            return RESTATED if self.paths and _restates(self.lines, index, self.paths) else HEADER
        following = self.lines[index + 1] if index + 1 < len(self.lines) else ""
        if line.startswith(("index ", "=========")) and following.startswith("--- "):
            return INDEX
        if line.startswith(_EXTENDED):
            self.place = "binary" if line == "GIT binary patch" else self.place
            return HEADER
        self.place = ""
        return _loose(line)


def _loose(line: str) -> int:
    """The kind of a line outside hunks, headers and messages."""
    first = line[:1]
    if first == " ":
        return STAT if STAT_LINE.match(line) or STAT_TOTAL.match(line) else OTHER
    if first and first in "-+" and line.startswith(("--- ", "+++ ")):
        return HEADER
    if first == "O" and line.startswith("Only in "):
        return HEADER
    return STAT if is_name_status(line) or (first == ":" and RAW_LINE.match(line)) else OTHER


def is_bare_path(line: str) -> bool:
    """Whether a line may be one of `--name-only`: a path with no blank in it."""
    return ("/" in line or "." in line) and line[0] not in "+-@=#." and _BARE_PATH.match(line) is not None


def is_name_status(line: str) -> bool:
    """Whether a line is one of `--name-status`, `M<TAB>src/a.py`, `R100<TAB>old<TAB>new`, or of `--numstat`."""
    return line[:1] in _STATES and _NAME_STATUS.match(line) is not None


def _restates(lines: Sequence[str], index: int, paths: str) -> bool:
    """Whether `--- a/x` says only what `diff --git a/x b/x` says; the evidence asks for the same neighbours."""
    path = restated_path(lines, index)
    if path is None:
        return False
    return path == "/dev/null" or path in paths


def _hunk_counts(line: str) -> tuple[list[int], int] | None:
    """How many lines of each old version and of the new one a hunk has; None where the line is no hunk header."""
    match = HUNK_HEADER.match(line)
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
