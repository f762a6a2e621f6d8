"""Facts of diffs: the files' names, and the content of each line added or removed.

From the documented unified, combined, context and normal formats of git and diff, and git's word diff is
left to the eye: its changed words have no line of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.bench.compression.needles.fact import Fact

__all__ = ["changed", "files"]

_HUNK = re.compile(r"^@@+ (?P<sides>(?:-\d+(?:,\d+)? )+)\+\d+(?:,\d+)? @@+")
_COUNT = re.compile(r"[-+]\d+(?:,(\d+))?")
_HEADER = re.compile(
    r"^(?:diff --git (?P<a>.+)|diff --(?:cc|combined) (?P<b>.+)|--- (?P<c>[^\t\n]+)(?:\t.*)?"
    r"|\+\+\+ (?P<d>[^\t\n]+)(?:\t.*)?"
    r"|rename (?:from|to) (?P<e>.+)|copy (?:from|to) (?P<f>.+)|Only in (?P<g>.+)|(?:Binary f|F)iles (?P<h>.+) differ"
    r"|new file mode (?P<i>\d+)|deleted file mode (?P<j>\d+)|(?:old|new) mode (?P<k>\d+))$",
    re.MULTILINE,
)
_IS_DIFF = re.compile(r"^(?:diff |Files |Only in |\*\*\* \S.*\n--- |--- \S.*\n\+\+\+ |@@+ -\d)", re.MULTILINE)
_NORMAL = re.compile(r"^\d+(?:,\d+)?[acd]\d+(?:,\d+)?$", re.MULTILINE)
_CONTEXT = re.compile(r"^(?:\*\*\* \d+(?:,\d+)? \*\*\*\*|--- \d+(?:,\d+)? ----)$")
_STAT = re.compile(r"^ (?P<path>\S.*?) +\| +(?:\d+ ?[-+]*|Bin .*)$", re.MULTILINE)
_STAT_TOTAL = re.compile(r"^ \d+ files? changed.*$", re.MULTILINE)
_NAMED = re.compile(r"^(?:[ACDMRTU]\d*\t\S.*|\d+\t\d+\t\S.*)$", re.MULTILINE)


def changed(text: str) -> Iterator[Fact]:
    """The content of each changed line, without its sign; blank ones and lone brackets say nothing."""
    if "@@ -" in text or "@@@ -" in text:
        yield from _unified(text.split("\n"))
    if "\n***************\n" in text:
        yield from _of_context(text.split("\n"))
    if (_NORMAL.search(text) and "\n---\n" in text) or _NORMAL.match(text):
        for line in text.split("\n"):
            if line[:2] in ("< ", "> ") and _speaks(line[2:]):
                yield Fact.of(line, line[2:], kind="change")


def _of_context(lines: list[str]) -> Iterator[Fact]:
    within = False
    for line in lines:
        if line.startswith(("*** ", "--- ", "***************", "diff ", "Only in ")):
            within = bool(_CONTEXT.match(line))
        elif within and line[:2] in ("! ", "+ ", "- ") and _speaks(line[2:]):
            yield Fact.of(line, line[2:], kind="change")


def _unified(lines: list[str]) -> Iterator[Fact]:
    """Counts a hunk's lines as its head announces them: `--- x` within a hunk is a removed line `-- x`."""
    index = 0
    while index < len(lines):
        head = _HUNK.match(lines[index])
        index += 1
        if not head:
            continue
        olds = [int(found or 1) for found in _COUNT.findall(head["sides"])]
        new = int(_COUNT.findall(head.group())[len(olds)] or 1)
        signs = len(olds)
        while index < len(lines) and (any(olds) or new):
            line = lines[index]
            if line.startswith("\\"):
                index += 1
                continue
            sign = line[:signs]
            if sign.strip(" +-"):
                break
            removed = "-" in sign
            for side, mark in enumerate(sign.ljust(signs)):
                if mark == "-" or (mark == " " and not removed):
                    olds[side] = max(0, olds[side] - 1)
            new -= 0 if removed else 1
            if sign.strip() and _speaks(line[signs:]):
                yield Fact.of(line, line[signs:], kind="change")
            if new < 0:
                break
            index += 1


def _speaks(content: str) -> bool:
    return sum(character.isalnum() for character in content) >= 3


def files(text: str) -> Iterator[Fact]:
    """The files a diff names, in its headers, its statistics or its lists of names."""
    if _IS_DIFF.search(text):
        for match in _HEADER.finditer(text):
            said = next(group for group in match.groups() if group)
            for side in said.split(" ") if match["a"] else [said]:
                name = re.sub(r"^[abciow]/", "", side)
                if name and name != "/dev/null":
                    yield Fact.of(match.group(), name, kind="file")
    if _STAT_TOTAL.search(text):
        for match in _STAT.finditer(text):
            yield Fact.of(match.group(), match["path"].split("/")[-1].rstrip("}"), kind="file")
        for match in _STAT_TOTAL.finditer(text):
            yield Fact.of(match.group(), kind="totals")
    for match in _NAMED.finditer(text):
        yield Fact.of(match.group(), match.group().split("\t")[-1].split("/")[-1].rstrip("}"), kind="file")
