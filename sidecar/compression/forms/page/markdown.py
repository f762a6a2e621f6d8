"""Markdown as it is, without what only a browser needs: badges, comments, the table of contents.

[![build](https://...svg)](https://...)      badges      go
<!-- prettier-ignore -->                     comments    go
- [Install](#install)                        contents    go
## Install                                   all else    stays

Of a long one each section stays with its beginning, of a long changelog the newest versions and of the others what
breaks something.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

__all__ = ["ends_of_sections", "looks_like_markdown", "what_may_go"]

_HEADING = re.compile(r"#{1,6} \S")
_FENCE = re.compile(r" {0,3}(?:```|~~~)")
_BADGES = re.compile(r"\s*(?:\[?!\[[^\]]*\]\([^)]*\)(?:\]\([^)]*\))?\s*|\[!\[[^\]]*\]\[[^\]]*\]\](?:\[[^\]]*\])?\s*)+$")
_PICTURE = re.compile(
    r"\s*</?(?:img|picture|source|br|p|div|a|center|h1)\b[^>]*>\s*(?:</?(?:img|picture|source|br|p|div|a)\b[^>]*>\s*)*$",
    re.I,
)
_CONTENTS = re.compile(r"\s*(?:[-*+]|\d+\.) +\[[^\]]*\]\(#[^)]*\)\s*$")
_REFERENCE = re.compile(r" {0,3}\[[^\]]+\]: +https?://(?:img\.shields\.io|badge|.*(?:badge|shields|travis-ci|codecov))")
_SIGNS = re.compile(r"\]\(|^\s*(?:[-*+]|\d+\.) \S|^```|`[^`]+`|\*\*[^*]+\*\*|^> |^\|", re.MULTILINE)
_LONG = 2_000
_WHOLE_CHARS = 9_000
"""About 2,500 tokens: up to here a text stays whole."""
_SHARE = 0.45
_SECTION_CHARS = 240
"""So much of a long text's section stays at least, ..."""
_CODE_CHARS = 600
"""... and so much more where that would end in the middle of an example."""
_VERSION = re.compile(r"#{1,4} .{0,20}?\d+\.\d+|#{1,4} \[?(?:unreleased|next)", re.IGNORECASE)
_VERSIONS = 8
"""So many headings with a version are a changelog's, ..."""
_NEWEST = 5
"""... of which so many stay whole, ..."""
_OLDER_CHARS = 100
"""... and so much of the others."""
_URGENT = re.compile(
    r"\b(?:break(?:s|ing)|deprecat\w+|removed?|drop(?:s|ped)?|security|vulnerab\w+|CVE-\d|requires?)\b", re.I
)
_ITEM = re.compile(r"\s*(?:[-*+]|\d+\.) ")


def looks_like_markdown(lines: Sequence[str], text: str) -> bool:
    """Whether headings stand apart in a text that has other signs of Markdown."""
    if not (text.startswith("#") or "\n#" in text):
        return False
    headings = alone = 0
    is_code = False
    for index, line in enumerate(lines):
        if line[:3] in ("```", "~~~"):
            is_code = not is_code
        elif line[:1] == "#" and not is_code and _HEADING.match(line):
            headings += 1
            above = lines[index - 1] if index else ""
            below = lines[index + 1] if index + 1 < len(lines) else ""
            alone += not above.strip() and (not below.strip() or below[:1] not in "#")
    if headings < 2 or alone < 0.7 * headings or headings * 60 < len(lines):
        return False
    return sum(1 for _ in _SIGNS.finditer(text[:20_000])) >= 3


def what_may_go(lines: Sequence[str]) -> list[str]:
    """For each line what it is left out as, "" where it stays."""
    whats = [""] * len(lines)
    is_code = is_comment = False
    for index, line in enumerate(lines):
        if is_comment:
            whats[index] = "" if _HEADING.match(line) else "comments"
            is_comment = "-->" not in line
            continue
        if _FENCE.match(line):
            is_code = not is_code
        elif is_code:
            continue
        elif line.startswith("<!--"):
            end = line.find("-->")
            if end < 0 and any("-->" in later for later in lines[index : index + 200]):
                is_comment = True
                whats[index] = "comments"
            elif end >= 0 and not line[end + 3 :].strip():
                whats[index] = "comments"
        elif len(line) > _LONG:
            continue
        elif "![" in line and _BADGES.match(line):
            whats[index] = "badges"
        elif "](#" in line and _CONTENTS.match(line):
            whats[index] = "table of contents"
        elif line.lstrip()[:1] == "<" and _PICTURE.match(line):
            whats[index] = "pictures"
        elif line[:1] == "[" and _REFERENCE.match(line):
            whats[index] = "badges"
    return whats


def ends_of_sections(lines: Sequence[str], whats: list[str]) -> None:
    """Marks in *whats* what may go of a long text: the ends of its sections; headings and what is urgent stay."""
    sizes = [0 if what else len(line) + 1 for line, what in zip(lines, whats, strict=True)]
    if sum(sizes) <= _WHOLE_CHARS:
        return
    heads = _heads(lines)
    versions = [head for head in heads if _VERSION.match(lines[head][:200])]
    is_changelog = len(versions) >= _VERSIONS and len(versions) * 2 > len(heads)
    newest = versions[_NEWEST] if is_changelog else 0
    for start, end in pairwise([*heads, len(lines)]):
        size = sum(sizes[start:end])
        if not is_changelog:
            _leave_out(lines, whats, start, end, max(_SECTION_CHARS, int(size * _SHARE)))
        elif start >= newest:
            _leave_out(lines, whats, start, end, _OLDER_CHARS)


def _heads(lines: Sequence[str]) -> list[int]:
    found = []
    is_code = False
    for index, line in enumerate(lines):
        if _FENCE.match(line):
            is_code = not is_code
        elif not is_code and line[:1] == "#" and _HEADING.match(line):
            found.append(index)
    return found


def _leave_out(lines: Sequence[str], whats: list[str], start: int, end: int, room: int) -> None:
    """Marks what stands behind the first *room* characters of a section, from where a paragraph or an item begins."""
    used = 0
    is_code = is_full = False
    for index in range(start + 1, end):
        line = lines[index]
        if _FENCE.match(line):
            is_code = not is_code
            if is_code and used >= room:
                is_full = True
        elif not is_full and used >= room:
            is_full = used >= room + _CODE_CHARS if is_code else not line.strip() or _ITEM.match(line) is not None
        is_urgent = not is_code and _URGENT.search(line[:_LONG]) is not None
        # A comment of a shell's example reads like a heading, and where a fence is missing it is one.
        if not is_full or is_urgent or (line[:1] == "#" and _HEADING.match(line)):
            used += len(line) + 1
        elif not whats[index]:
            whats[index] = "ends of sections"
