"""`git blame --porcelain`, `--line-porcelain`: each commit's fields once, its author and committer in a line each.

    1c015ae584869ec4... 1 1 2         1c015ae584869ec4... 1 1 2
    author Cy Dee                     author Cy Dee <cy@shop.example> 1767434520 +0200
    author-mail <cy@shop.example>     committer: the same
    author-time 1767434520            summary Add the types
    author-tz +0200               ->  filename types.py
    committer Cy Dee                  <TAB>import os
    ...                               1c015ae58486 2 2
    1c015ae584869ec4... 2 2           <TAB>import re
    author Cy Dee
    ...

Every line of the file stays, and every commit; only what is equal in two commits' fields may be said as such.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sidecar.compression.vocabulary import Block, Evidence, Rank, Segment, note

__all__ = ["is_porcelain", "porcelain_evidence", "porcelain_reduced"]

_HEAD = re.compile(r"([0-9a-f]{40,64})( \d+ \d+(?: \d+)?)$")
_PERSON = ("", "-mail", "-time", "-tz")
_SHORT = 12
"""Characters of a commit's name that tell it again."""
_BLOCK = 120


def is_porcelain(lines: Sequence[str]) -> bool:
    """Whether the first lines are those of one blamed line: git prints them in this order and no other."""
    return len(lines) > 2 and _HEAD.match(lines[0]) is not None and lines[1].startswith("author ")


def porcelain_evidence(segment: Segment) -> list[Evidence]:
    """Each line of the file, each commit with its numbers, and each summary the first time."""
    found: list[Evidence] = []
    summaries: set[str] = set()
    for index, line in enumerate(segment.lines):
        if line[:1] == "\t":
            found.append(Evidence(index, (line,)))
        elif line.startswith("summary ") and line not in summaries:
            summaries.add(line)
            found.append(Evidence(index, (line,)))
        elif match := _HEAD.match(line):
            found.append(Evidence(index, (match[1][:_SHORT], match[2])))
    return found


def porcelain_reduced(segment: Segment) -> list[Block]:
    lines = segment.lines
    known: dict[str, tuple[str, ...]] = {}
    blocks: list[Block] = []
    shown: list[str] = []
    start = index = 0
    while index < len(lines):
        match = _HEAD.match(lines[index])
        if match is None:
            shown.append(lines[index])
            index += 1
            continue
        if index - start >= _BLOCK:
            blocks.append(note(start, index, shown, Rank.EVIDENCE))
            start, shown = index, []
        end = index + 1
        while end < len(lines) and lines[end][:1] != "\t" and not _HEAD.match(lines[end]):
            end += 1
        fields = tuple(lines[index + 1 : end])
        commit = match[1]
        if commit not in known:
            shown += [lines[index], *_written(fields)]
            known[commit] = fields
        else:
            shown.append(commit[:_SHORT] + match[2])
            # Without its fields a commit is the one above; they are said again where they differ.
            shown += fields if fields != known[commit] else ()
        index = end
    if start < len(lines):
        blocks.append(note(start, len(lines), shown, Rank.EVIDENCE))
    return blocks


def _written(fields: Sequence[str]) -> list[str]:
    """A commit's fields, each person's four in one line."""
    author, committer = _person(fields, 0, "author"), _person(fields, 4, "committer")
    if not author or not committer:
        return list(fields)
    other = "committer: the same" if author == committer else f"committer {committer}"
    return [f"author {author}", other, *fields[8:]]


def _person(fields: Sequence[str], start: int, role: str) -> str:
    values: list[str] = []
    for field, name in zip(fields[start : start + 4], _PERSON, strict=False):
        head = f"{role}{name} "
        if not field.startswith(head):
            return ""
        values.append(field[len(head) :])
    return " ".join(values) if len(values) == len(_PERSON) else ""
