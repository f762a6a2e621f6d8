"""Markdown as it is, without what only a browser needs: badges, comments, the table of contents.

[![build](https://...svg)](https://...)      badges      go
<!-- prettier-ignore -->                     comments    go
- [Install](#install)                        contents    go
## Install                                   all else    stays
"""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["looks_like_markdown", "what_may_go"]

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
