"""Reports in JSON, one document or one object a line, and SARIF: the findings as lines, as their tools print them.

[{"filePath": "/src/a.js", "messages": [{"ruleId": "no-undef", "line": 3, ...}]}]      /src/a.js:3:7: error: 'x' is not
                                                                                        defined  no-undef

Each tool's words for the same things are data in `_KEYS`; what is left out (fixes, ranges, source, links) is marked.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sidecar.compression.forms.diagnostics.rows import in_rows
from sidecar.compression.kept import kept
from sidecar.compression.vocabulary import Block, Evidence, Part, Rank, Segment

__all__ = ["Report", "evidence", "parts", "read_report", "reduce"]

_LIMIT_CHARS = 30_000_000
"""A larger document is not parsed."""

_NEAR_CHARS = 8_000
_LINE_WORDS = ('"line', '"Line"', '"row"', '"startLine"', '"character"')

_ITEMS_SEEN = 3
_FIELDS = 40
_KEY_CHARS = 24
_KEYS_TOLD = 40
"""What of a report's field names its marker tells: objects with more fields are tables by name."""


@dataclass(frozen=True, slots=True)
class _Finding:
    place: str
    severity: str
    message: str
    rule: str

    @property
    def said(self) -> str:
        severity = f"{self.severity}: " if self.severity else ""
        return f"{severity}{self.message}" + (f"  {self.rule}" if self.rule and self.rule not in self.message else "")


@dataclass(frozen=True, slots=True)
class Report:
    """The findings of a report in order, and what it says in total."""

    findings: tuple[_Finding, ...]
    totals: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    """The names of the fields of its first objects, whose values are left out or printed in another order."""


_FILES = ("filePath", "source")
_KEYS: dict[str, tuple[str, ...]] = {
    "path": (
        "filename",
        "file",
        "path",
        "absolutePath",
        "fileName",
        "location.path",
        "range.filename",
        "locations.0.caret.file",
    ),
    "line": (
        "line",
        "location.row",
        "location.start.line",
        "range.start.line",
        "line_number",
        "startLine",
        "position.line",
        "location.positions.begin.line",
        "location.lines.begin",
        "location.range.start.line",
        "locations.0.caret.line",
    ),
    "column": (
        "column",
        "location.column",
        "location.start.column",
        "range.start.character",
        "range.start.column",
        "col_offset",
        "col",
        "location.positions.begin.column",
        "location.range.start.column",
        "locations.0.caret.column",
    ),
    "from_0": ("range.start.character",),
    "rule": ("ruleId", "rule", "code", "symbol", "test_id", "check_name", "category", "option"),
    "severity": ("severity", "level", "type", "issue_severity", "kind"),
    "message": ("message", "text", "issue_text", "description", "detail", "summary"),
}
_LEVELS = {1: "warning", 2: "error"}


@kept
def read_report(segment: Segment) -> Report | None:
    """The report that *segment* is; None where it is none."""
    text = segment.text.strip()
    if text[:1] not in {"[", "{"} or len(text) > _LIMIT_CHARS or '"' not in text[:400] or not _is_promising(text):
        return None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = _objects(segment.lines)
    if document is None:
        return None
    findings = tuple(_findings(document))
    return Report(findings, tuple(_totals(document)), tuple(dict.fromkeys(_keys(document)))) if findings else None


def _keys(document: Any) -> Iterable[str]:
    """Names of fields, of a few items of each list only: their others have the same."""
    if isinstance(document, list):
        for item in document[:: max(1, len(document) // _ITEMS_SEEN)]:
            yield from _keys(item)
    elif isinstance(document, Mapping) and len(document) <= _FIELDS:
        for key, value in document.items():
            if len(key) <= _KEY_CHARS and "/" not in key:
                yield key
            yield from _keys(value)


def _is_promising(text: str) -> bool:
    """Whether a message and a line number stand near to each other: seen at the first and the last message."""
    for word in ('"message"', '"Text"', '"issue_text"', '"text"', '"description": "', '"detail"'):
        first = text.find(word)
        if first >= 0:
            ends = (text[max(0, at - _NEAR_CHARS) : at + _NEAR_CHARS] for at in (first, text.rfind(word)))
            return any(near in around for around in ends for near in _LINE_WORDS)
    return False


def _objects(lines: Sequence[str]) -> list[Any] | None:
    """One object a line, as mypy, cargo and the Go tools print; any other line means that this is none."""
    objects: list[Any] = []
    for line in lines:
        if not line.strip():
            continue
        if line[:1] != "{":
            return None
        try:
            objects.append(json.loads(line))
        except (ValueError, RecursionError):
            return None
    return objects


def _findings(document: Any) -> Iterable[_Finding]:
    if isinstance(document, list):
        for item in document:
            yield from _findings(item)
        return
    if not isinstance(document, Mapping):
        return
    if isinstance(document.get("runs"), list):
        yield from _sarif(document["runs"])
        return
    for key in ("generalDiagnostics", "results", "diagnostics", "Issues", "comments", "errors", "files"):
        inner = document.get(key)
        if isinstance(inner, list) and inner and isinstance(inner[0], Mapping):
            yield from _findings(inner)
            return
    for key in ("messages", "warnings"):
        file = next((document[name] for name in _FILES if isinstance(document.get(name), str)), "")
        if file and isinstance(document.get(key), list):
            yield from (found for item in document[key] if (found := _finding(item, file)) is not None)
            return
    if isinstance(document.get("Pos"), Mapping):
        yield from _golangci(document)
        return
    if document.get("reason") == "compiler-message" and isinstance(document.get("message"), Mapping):
        yield from _cargo(document["message"])
        return
    found = _finding(document, "")
    if found is not None:
        yield found
    if isinstance(document.get("children"), list):
        yield from _findings(document["children"])


def _finding(item: Any, file: str) -> _Finding | None:
    if not isinstance(item, Mapping):
        return None
    path, line = file or _text(item, "path"), _look(item, "line")
    message = _text(item, "message")
    if not path or not message or not isinstance(line, int):
        return None
    is_counted_from_0 = _look(item, "from_0") is not None
    column = _look(item, "column")
    line, column = (
        (line + 1, column + 1 if isinstance(column, int) else column) if is_counted_from_0 else (line, column)
    )
    severity = _look(item, "severity")
    named = _LEVELS.get(severity, "") if isinstance(severity, int) else severity if isinstance(severity, str) else ""
    return _Finding(_place(path, line, column), named, message, _text(item, "rule"))


def _place(path: str, line: int, column: object) -> str:
    return f"{path}:{line}:{column}" if isinstance(column, int) else f"{path}:{line}"


def _look(item: Mapping[str, Any], what: str) -> Any:
    for dotted in _KEYS[what]:
        value: Any = item
        for key in dotted.split("."):
            if isinstance(value, list):
                value = value[int(key)] if key.isdigit() and int(key) < len(value) else None
            else:
                value = value.get(key) if isinstance(value, Mapping) else None
        if value is not None:
            return value
    return None


def _text(item: Mapping[str, Any], what: str) -> str:
    value = _look(item, what)
    if isinstance(value, Mapping):
        value = value.get("text") or value.get("value") or value.get("path") or value.get("file")
    return str(value) if isinstance(value, str | int) else ""


def _sarif(runs: Iterable[Any]) -> Iterable[_Finding]:
    for run in runs:
        for result in run.get("results") or () if isinstance(run, Mapping) else ():
            message = result.get("message") if isinstance(result, Mapping) else None
            if not isinstance(message, Mapping) or not message.get("text"):
                continue
            places = [_sarif_place(place) for place in result.get("locations") or ()]
            rule, level = str(result.get("ruleId", "")), str(result.get("level", ""))
            for place in places or [""]:
                yield _Finding(place, level, str(message["text"]), rule)


def _sarif_place(location: Any) -> str:
    physical = location.get("physicalLocation") if isinstance(location, Mapping) else None
    if not isinstance(physical, Mapping):
        return ""
    region = physical.get("region") or {}
    uri = str((physical.get("artifactLocation") or {}).get("uri", ""))
    line = region.get("startLine")
    return _place(uri, line, region.get("startColumn")) if isinstance(line, int) else uri


def _golangci(issue: Mapping[str, Any]) -> Iterable[_Finding]:
    position = issue["Pos"]
    path, line = str(position.get("Filename", "")), position.get("Line")
    if path and isinstance(line, int):
        severity = str(issue.get("Severity") or "")
        yield _Finding(
            _place(path, line, position.get("Column")),
            severity,
            str(issue.get("Text", "")),
            str(issue.get("FromLinter", "")),
        )


def _cargo(message: Mapping[str, Any]) -> Iterable[_Finding]:
    spans = [span for span in message.get("spans") or () if isinstance(span, Mapping) and span.get("is_primary")]
    place = (
        _place(str(spans[0].get("file_name")), spans[0].get("line_start", 0), spans[0].get("column_start"))
        if spans
        else ""
    )
    code = message.get("code")
    rule = str(code.get("code", "")) if isinstance(code, Mapping) else ""
    yield _Finding(place, str(message.get("level", "")), str(message.get("message", "")), rule)


def _totals(document: Any) -> Iterable[str]:
    if isinstance(document, Mapping) and isinstance(document.get("summary"), Mapping):
        yield "summary: " + " ".join(
            f"{key} {value}" for key, value in document["summary"].items() if not isinstance(value, dict | list)
        )
    if isinstance(document, list) and document and isinstance(document[0], Mapping) and "errorCount" in document[0]:
        errors, warnings = (sum(int(file.get(key) or 0) for file in document) for key in ("errorCount", "warningCount"))
        yield f"errors {errors} warnings {warnings} files {len(document)}"


def evidence(report: Report) -> list[Evidence]:
    """Every finding's place, message and rule, in the one block that stands for the report."""
    return [
        Evidence(
            0, tuple(part for found in report.findings for part in (found.place, *_lines(found.message), found.rule))
        )
    ]


def _lines(message: str) -> tuple[str, ...]:
    return tuple(line for line in message.split("\n") if line.strip())


def reduce(segment: Segment, report: Report) -> list[Block]:
    """One block: each message once, with its places."""
    by_said: dict[str, list[str]] = {}
    for found in report.findings:
        by_said.setdefault(found.said, []).append(found.place)
    shown: list[str] = []
    for said, places in by_said.items():
        if len(places) == 1:
            shown.extend((f"{places[0]}: {said}" if places[0] else said).split("\n"))
            continue
        rows = in_rows(places)
        shown.extend(f"{said}: {rows[0]}".split("\n"))
        shown.extend(f"  {row}" for row in rows[1:])
    keys = " ".join(report.keys[:_KEYS_TOLD])
    what = f"the same in JSON, with ranges and fixes; its fields: {keys}"
    return [Block(0, len(segment.lines), (*shown, *report.totals), what, Rank.EVIDENCE)]


def parts(segment: Segment, report: Report) -> list[Part]:
    """Every finding; a report's lines are not taken apart, so each is the whole of it."""
    from sidecar.compression.forms.diagnostics.parts import label

    end = len(segment.lines)
    return [
        Part(
            "warning" if found.severity.startswith("warn") else "error",
            label(found.place, found.said),
            0,
            end,
            f"{found.place}: {found.said}".replace("\n", " "),
        )
        for found in report.findings
    ]
