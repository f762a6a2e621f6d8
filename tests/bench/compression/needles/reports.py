"""Facts of linters' and compilers' reports in JSON: each finding's message and its file.

Whatever the tool calls its keys (eslint, ruff, pylint, pyright, cargo, biome, shellcheck, SARIF): an object
with a message and a place is a finding.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.bench.compression.needles.fact import Fact

__all__ = ["findings"]

_MESSAGE = re.compile(r'"(?:message|text)"')
_PLACES = frozenset(("line", "lineno", "startLine", "location", "range", "spans", "start", "start_line", "locations"))
_FILES = ("filename", "filePath", "file_name", "file", "path", "uri")


def findings(text: str) -> Iterator[Fact]:
    if text.lstrip()[:1] not in ("{", "[") or not _MESSAGE.search(text):
        return
    try:
        yield from _walk(json.loads(text), "")
        return
    except ValueError:
        pass
    for line in text.split("\n"):
        if line[:1] == "{" and _MESSAGE.search(line):
            try:
                yield from _walk(json.loads(line), "")
            except ValueError:
                continue


def _walk(value: Any, file: str) -> Iterator[Fact]:
    if isinstance(value, list):
        for item in value:
            yield from _walk(item, file)
    elif isinstance(value, dict):
        file = next((found for key in _FILES if isinstance(found := value.get(key), str)), file)
        said = _said(value)
        if said and _PLACES & set(value) and value.get("level") not in ("note", "help"):
            # A quote is written with a backslash here and without one elsewhere: what lies between is asked for.
            yield Fact.of(said, max(re.split(r'["\\]', said), key=len), file or _spanned(value), kind="diagnostic")
        for item in value.values():
            yield from _walk(item, file)


def _said(value: Mapping[str, Any]) -> str:
    said = value.get("message") or ("severity" in value and value.get("text"))  # stylelint calls it a text
    if isinstance(said, dict):
        said = said.get("text")
    return said.split("\n")[0] if isinstance(said, str) else ""


def _spanned(value: Mapping[str, Any]) -> str:
    spans = value.get("spans")
    first = spans[0] if isinstance(spans, list) and spans else {}
    return str(first.get("file_name", "")) if isinstance(first, dict) else ""
