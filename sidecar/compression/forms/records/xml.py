"""XML that holds data: elements as keys, repeated elements as rows, attributes as `@name`.

    <dependency>                              dependency (2 rows): groupId artifactId
      <groupId>junit</groupId>          ->     junit junit
      <artifactId>junit</artifactId>           org.slf4j slf4j-api
    </dependency> ...

Text between elements (documents for readers) and CDATA are not read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from xml.parsers import expat

from sidecar.compression.forms.records.values import Lines, Value

__all__ = ["STRAY_LINES", "Elements", "read"]

_HIDDEN = ("&", "\x80")
"""An entity stays as it was printed: the parser does not see it."""

STRAY_LINES = 60
"""So many lines may stand before and after a document."""
_OPENS = re.compile(r"<(?:\?xml\b|!DOCTYPE\b|[A-Za-z][\w.:-]*(?:\s[^<>]*)?>)")
_FOREIGN = ("<html", "<!DOCTYPE html", "<!ENTITY", "<![CDATA[", "<testsuite", "<svg", "\x80")


@dataclass(frozen=True, slots=True)
class Elements:
    """What was found between the lines [start, end)."""

    value: Value
    start: int
    end: int
    comments: int
    has_types: bool = False
    """Whether it declares what its elements may hold, which is not told."""

    @property
    def left_out(self) -> str:
        told = [f"{self.comments} comments"] if self.comments else []
        return ", ".join([*told, "declarations of types"] if self.has_types else told)


@dataclass(slots=True)
class _Builder:
    stack: list[tuple[str, dict[str, Value], list[str]]] = field(default_factory=lambda: [("", {}, [])])
    comments: int = 0
    comment_chars: int = 0
    is_mixed: bool = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.stack.append((name, {f"@{key}": value for key, value in attributes.items()}, []))

    def data(self, text: str) -> None:
        self.stack[-1][2].append(text)

    def comment(self, text: str) -> None:
        self.comments += 1
        self.comment_chars += len(text)

    def end(self, _name: str) -> None:
        name, held, texts = self.stack.pop()
        text = "".join(texts).strip()
        value: Value = held
        if text:
            if any(not key.startswith("@") for key in held):
                self.is_mixed = True
            told: Value = Lines(["", *text.split("\n")]) if "\n" in text else text
            value = {**held, "#text": told} if held else told
        elif not held:
            value = ""
        above = self.stack[-1][1]
        if name not in above:
            above[name] = value
        elif isinstance(before := above[name], _Repeated):
            before.append(value)
        else:
            above[name] = _Repeated([before, value])


class _Repeated(list[Value]):
    """The elements of one name, in order."""


def read(lines: Sequence[str], text: str) -> Elements | None:
    """The elements of an output that is mostly one XML document; None where it is not."""
    if "</" not in text or any(word in text for word in _FOREIGN):
        return None
    start = next(
        (at for at, line in enumerate(lines[:STRAY_LINES]) if line[:1] == "<" and _OPENS.match(line[:2_000])), -1
    )
    if start < 0:
        return None
    end = len(lines)
    while end > start and len(lines) - end < STRAY_LINES and not lines[end - 1].rstrip().endswith(">"):
        end -= 1
    stray = sum(map(len, lines[:start])) + sum(map(len, lines[end:]))
    if end <= start or (not lines[end - 1].startswith("</") and end - start > 1) or stray * 2 > len(text):
        return None
    builder = _Builder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.CommentHandler = builder.comment
    try:
        parser.Parse("\n".join(lines[start:end]).replace(*_HIDDEN), True)
    except (expat.ExpatError, ValueError):
        return None
    # A file that is mostly remarks is read for them.
    if builder.is_mixed or builder.comment_chars * 2 > len(text):
        return None
    return Elements(builder.stack[0][1], start, end, builder.comments, "<!DOCTYPE" in text)
