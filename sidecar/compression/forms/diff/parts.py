"""What can be asked for by name in a unified diff: its commits and its files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sidecar.compression.forms.diff.evidence import commit_subject
from sidecar.compression.forms.diff.lines import CHANGED, COMMIT, COMMIT_LINE, HEADER, INDEX, initials_of, kinds_of
from sidecar.compression.vocabulary import Part, Segment

__all__ = ["unified_parts"]

_HEADER_LINES = 8
_CHANGED_HOW = re.compile(
    r"(?P<what>new file|deleted file)|(?P<renamed>rename|copy) from (?P<old>.+)|(?P<mode>new mode \d+)"
    r"|Binary files|GIT binary patch"
)


def unified_parts(segment: Segment) -> list[Part]:
    """Each commit to the next, and each file to the next, with how many lines were added and removed."""
    lines = segment.lines
    kinds = kinds_of(segment)
    begun: list[tuple[str, int]] = []
    for index, kind in enumerate(kinds):
        line = lines[index]
        if (kind == COMMIT and COMMIT_LINE.match(line)) or (kind == HEADER and _begins_file(lines, kinds, index)):
            begun.append(("commit" if kind == COMMIT else "file", index))
    initials = initials_of(segment)
    found: list[Part] = []
    following = end_of_commit = len(lines)
    for kind_of_part, index in reversed(begun):
        if kind_of_part == "commit":
            subject = next((item.parts[0] for item in commit_subject(lines, index)), "")
            said = f"{lines[index]} {subject}".rstrip()
            found.append(Part("commit", lines[index].split()[1], index, end_of_commit, said))
            end_of_commit = index
        else:
            changed = [initials[other] for other in range(index, following) if kinds[other] == CHANGED]
            path = _path(lines, index, following)
            how = ", ".join(_how_changed(lines[index + 1 : min(following, index + _HEADER_LINES)]))
            told = f"{path}: {how}{' ' if how else ''}(+{changed.count(ord('+'))} -{changed.count(ord('-'))})"
            found.append(Part("file", path, index, following, told))
        following = index
    return found[::-1]


def _begins_file(lines: Sequence[str], kinds: bytearray, index: int) -> bool:
    line = lines[index]
    if line.startswith(("diff -", "Index: ")):
        return True
    return line.startswith("--- ") and (index == 0 or kinds[index - 1] not in {HEADER, INDEX})


def _how_changed(header: Sequence[str]) -> Iterator[str]:
    """What git says of a file above its lines: that it is new, gone, renamed, binary."""
    for line in header:
        if line.startswith(("@@", "--- ", "+++ ")):
            return
        if found := _CHANGED_HOW.match(line):
            renamed = f"{found['renamed']} from {found['old']}" if found["renamed"] else "binary"
            yield found["what"] or found["mode"] or renamed


def _path(lines: Sequence[str], start: int, end: int) -> str:
    """The path a file has now, or had where it was deleted, without git's `a/` and `b/`."""
    old = ""
    for line in lines[start : min(end, start + _HEADER_LINES)]:
        if line.startswith(("Index: ", "rename to ", "copy to ")):
            return line.split(" ", 2 if line[0] != "I" else 1)[-1]
        if line.startswith(("--- ", "+++ ")):
            path = line[4:].partition("\t")[0]
            if path != "/dev/null":
                old = path[2:] if path.startswith(("a/", "b/")) else path
            if line[0] == "+":
                return old
    header = lines[start]
    return old or (header.rpartition(" b/")[2] if " b/" in header else header.rpartition(" ")[2])
