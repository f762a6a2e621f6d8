"""Facts of logs: each distinct template of a line at a warning or above, statuses from 500 on, what is said only once.

2026-11-22 12:07:31 ERROR shop.pay: order 812 declined     template: order <n> declined
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from tests.bench.compression.needles.fact import Fact
from tests.bench.compression.needles.failures import ADVICE

__all__ = ["alarms", "rarities", "statuses"]

_LEVEL = re.compile(
    r"(?:^|[\s\[\|<\"=])(?P<level>ERROR|ERR|FATAL|CRITICAL|CRIT|SEVERE|PANIC|EMERG|ALERT|error|fatal|critical|crit|panic|emerg|alert|Error|Fatal)"
    r"(?=[\s\]\|>\":,]|$)"
)
_WARNING = re.compile(r"(?:^|[\s\[\|<\"=])(?:WARN|WARNING|warn|warning)(?=[\s\]\|>\":,]|$)")
_DATED = re.compile(
    r"^\W{0,3}(?:\w{3} +\d{1,2} \d\d:\d\d:\d\d|\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d|\d\d:\d\d:\d\d"
    r"|[EWIF]\d{4} \d\d:|\d{2}/\w{3}/\d{4}|\d{10}\.\d|\d+(?:\.\d+){3} - )"
)
_VARYING = re.compile(r"0x[0-9a-f]+|\b[0-9a-f]{8,}\b|\d+|\"[^\"]*\"|'[^']*'|/\S+")
_ACCESS = re.compile(
    r'^(?P<line>\S+ .*?"(?:GET|POST|PUT|DELETE|PATCH|HEAD|OPTIONS) (?P<path>\S+)[^"]*" (?P<status>5\d\d)\b.*)$',
    re.MULTILINE,
)
_STATUS = re.compile(
    r"^(?P<line>.*\b(?:status|code|status_code|http_status)\"?[=: ]+\"?(?P<status>5\d\d)\b.*)$", re.MULTILINE
)
_PLAIN = re.compile(r"[^\d\n]{4,}")
_LABEL = re.compile(r"\s+Error Trace:\s")
"""testify's name of the place."""
_LONG_LOG = 100
"""Lines from which on something said once stands out."""

_MESSAGE = ("msg", "message", "error", "err", "event")


def alarms(text: str) -> Iterator[Fact]:
    """The first line of each template at a warning or above; its message is the piece."""
    lines = text.split("\n")
    if not _is_log(lines):
        return
    seen: set[str] = set()
    for line in lines:
        head = line if line[:1] == "{" else line[:200]
        if (not _LEVEL.search(head) and not _WARNING.search(head)) or ADVICE.search(head) or _LABEL.match(head):
            continue
        template = _VARYING.sub("<>", line[:300])
        said = _said(line)
        if said and template not in seen:
            seen.add(template)
            yield Fact.of(line, *said, kind="alarm")


def rarities(text: str) -> Iterator[Fact]:
    """What a log of few templates says only once: its longest stretch without a digit.

    Only of what is mostly log: that a failing build's application began is no news beside why it failed.
    """
    lines = text.split("\n")
    if len(lines) < _LONG_LOG or 2 * sum(1 for line in lines if _DATED.match(line)) < len(lines):
        return
    by_template: dict[str, list[str]] = {}
    for line in lines:
        if _DATED.match(line):
            by_template.setdefault(_VARYING.sub("<>", line[:300]), []).append(line)
    singles = [found[0] for found in by_template.values() if len(found) == 1]
    if len(singles) <= len(lines) // 50:
        for line in singles:
            phrase = max(_PLAIN.findall(line), key=len, default="").strip()
            if len(phrase) >= 12:
                yield Fact.of(line, phrase, kind="rarity")


def _is_log(lines: list[str]) -> bool:
    dated = sum(1 for line in lines[:2000] if _DATED.match(line) or line.startswith('{"'))
    return dated >= min(5, len(lines) // 3 + 1)


def _said(line: str) -> list[str]:
    if line[:1] == "{":
        try:
            told = json.loads(line)
        except ValueError:
            return []
        values = [told.get(key) for key in _MESSAGE] if isinstance(told, dict) else []
        return [value for value in values if isinstance(value, str) and value and "\n" not in value]
    found = _LEVEL.search(line[:200]) or _WARNING.search(line[:200])
    said = line[found.end() :] if found else line
    return [said.strip("]|: \t-")[:200]]


def statuses(text: str) -> Iterator[Fact]:
    """Each path that was answered with 500 or above, with its status."""
    seen: set[tuple[str, str]] = set()
    for match in _ACCESS.finditer(text):
        key = (match["status"], _VARYING.sub("<>", match["path"]))
        if key not in seen:
            seen.add(key)
            yield Fact.of(match["line"], match["path"], match["status"], kind="status")
    for match in _STATUS.finditer(text):
        if (match["status"], "") not in seen:
            seen.add((match["status"], ""))
            yield Fact.of(match["line"], match["status"], kind="status")
