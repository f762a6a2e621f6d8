"""Workflow commands of GitHub and Azure, as linters print them for annotations: place and message, no properties.

::error title=ruff (F401),file=/shop/a.py,line=1,col=8,endLine=1::a.py:1:8: F401 `os` imported but unused%0A  help: ...
    a.py:1:8: F401 `os` imported but unused  file=/shop/a.py       its path once, where the message has a place itself

::warning file=src/a.js,line=3,col=7::Unexpected console statement
    src/a.js:3:7: warning: Unexpected console statement

::error file=/shop/cart.js,title=Cart > adds,line=3,column=7::Error: full%0A ❯ src/cart.js:3:7%0A ❯ a.test.js:9:3%0A
    /shop/cart.js:3:7: error: Error: full%0A ❯ a.test.js:9:3  Cart > adds         without its own place

##vso[task.logissue type=error;sourcepath=/shop/a.py;linenumber=1;columnnumber=8;code=F401;]`os` imported but unused
    /shop/a.py:1:8: error: F401 `os` imported but unused
"""  # noqa: RUF002 - the signs are the runner's own

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

__all__ = ["BEGINS", "Annotation", "annotation", "retold"]

BEGINS = ("::", "##vso[")

_COMMAND = re.compile(r"::(?P<severity>error|warning|notice)(?: (?P<properties>[^:]*))?::(?P<said>.*)")
_AZURE = re.compile(r"##vso\[task\.logissue (?P<properties>[^\]]{1,2000})\](?P<said>.*)")
_OWN_PLACE = re.compile(r"[^\s:]+:\d+")
_HELP = re.compile(r"(?:%0A)+\s*(?:help|hint|info): .*")
_MESSAGE_CHARS = 20_000

_BREAK = "%0A"
"""How a message's next line is written."""
_FRAME = re.compile(r" *(?:❯|at) \S")
_LIBRARY = ("node_modules", "node:", "<anonymous>")
_SIDES = re.compile(r"(?:- Expected|\+ Received)(?: +[-+] \d+)?$|@@ .* @@$|⎯+$| *$")
_CHANGED = re.compile(r" *[-+] ")
"""A test that failed: its frames, and the comparison of what was expected, of which the changed lines tell all."""


class Annotation(NamedTuple):
    """What one such line says; *place* is empty where the message begins with its own."""

    severity: str
    file: str
    place: str
    said: str


def annotation(line: str) -> Annotation | None:
    """The annotation that *line* is, or None."""
    if line[0] == "#":
        return _of_azure(line)
    found = _COMMAND.match(line)
    if found is None:
        return None
    properties = dict(part.strip().partition("=")[::2] for part in (found["properties"] or "").split(","))
    file, at, column = (_plain(properties.get(name, "")) for name in ("file", "line", "col"))
    column = column or _plain(properties.get("column", ""))
    text, severity = found["said"], found["severity"]
    said = _HELP.sub("", text) if len(text) < _MESSAGE_CHARS else text
    if _BREAK in said and len(text) < _MESSAGE_CHARS:
        name = file.replace("\\", "/").rpartition("/")[2]
        said = _in_short(said, f"{name}:{at}")
    if file and _OWN_PLACE.match(said):
        return Annotation(severity, file, "", said)
    title = _plain(properties.get("title", ""))
    told = f"{severity}: {said}" + (f"  {title}" if title and title not in said else "")
    if not file:
        return Annotation(severity, "", "", told)
    return Annotation(severity, file, ":".join(part for part in (file, at, column) if part), told)


def _in_short(said: str, place: str) -> str:
    """A message of several lines without those that tell nothing more: *place* is told before it."""
    first, *others = said.split(_BREAK)
    is_compared = any(_CHANGED.match(line) for line in others)
    told = [first]
    for line in others:
        if _FRAME.match(line):
            is_more = not line.rstrip(")").rpartition(":")[0].endswith(place) and not any(
                word in line for word in _LIBRARY
            )
        else:
            is_more = _SIDES.match(line) is None and not (is_compared and line.startswith("  "))
        if is_more:
            told.append(line)
    return _BREAK.join(told)


def _of_azure(line: str) -> Annotation | None:
    found = _AZURE.match(line)
    if found is None:
        return None
    properties = dict(part.partition("=")[::2] for part in found["properties"].split(";"))
    file, at, column, code = (properties.get(name, "") for name in ("sourcepath", "linenumber", "columnnumber", "code"))
    severity = properties.get("type", "error")
    said = f"{code} {found['said']}" if code and code not in found["said"] else found["said"]
    place = ":".join(part for part in (file, at, column) if part)
    return Annotation(severity, file, place if file else "", f"{severity}: {said}")


def _plain(value: str) -> str:
    return value.replace("%3A", ":").replace("%2C", ",").replace("%25", "%")


def retold(lines: Sequence[str], among: Iterable[int]) -> dict[int, str]:
    """How the annotations among the lines with these indexes are printed."""
    written: dict[int, str] = {}
    files: set[str] = set()
    for index in among:
        line = lines[index]
        found = annotation(line) if line.startswith(BEGINS) else None
        if found is None:
            continue
        if found.place:
            written[index] = f"{found.place}: {found.said}"
        elif found.file and found.file not in files:
            written[index] = f"{found.said}  file={found.file}"
        else:
            written[index] = found.said
        files.add(found.file)
    return written
