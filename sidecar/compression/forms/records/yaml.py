"""YAML as tools print it: block style, one document or several, read into the same values as JSON.

    apiVersion: v1                 apiVersion: v1
    items:                         items (2 rows): name image
    - name: web              ->     web nginx:1.27
      image: nginx:1.27             db postgres:16
    - name: db
      image: postgres:16

A scalar stays the text it was (`"8080"` keeps its quotes). Anchors, tags, complex keys and flow collections over
several lines are not read: such a document is shown as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from sidecar.compression.forms.records.values import Doubled, Lines, Literal, Value

__all__ = ["looks_like_yaml", "read"]

_KEY = re.compile(
    r"((?:[^\s\"'#&*!|>{}\[\],?:%@`-]|[.-](?=\S))(?:[^:#\"']|:(?=\S)|(?<=\S)[#\"'])*?|\"[^\"\\]*\"|'[^']*')\s*:(?:\s+(.*))?$"
)
_BLOCK = re.compile(r"[|>](?:[+-]?\d?|\d[+-])$")
_PLAIN_WORD = re.compile(r"[^\s\"'{}\[\]();\x80-\x82]+$")
_MAX_DEPTH = 60
_REMARKS = 6
"""So many lines of remarks above a document are told."""
_NESTS_LINES = 400
_SEEN = 6
"""So many lines with something in them tell whether a text may be a document."""


class _Unread(Exception):
    """The text is no YAML of the kind read here."""


@dataclass(slots=True)
class _Reader:
    lines: Sequence[str]
    at: int = 0

    def documents(self) -> list[Value]:
        found: list[Value] = []
        while True:
            self._skip()
            while self.at < len(self.lines) and self.lines[self.at].rstrip() in ("---", "..."):
                self.at += 1
                self._skip()
            if self.at >= len(self.lines):
                return found
            remarks: list[tuple[str, Value]] = []
            while self.at < len(self.lines) and self.lines[self.at].startswith("#"):
                remarks.append(("#" * (len(remarks) + 1), self.lines[self.at].lstrip("#").strip()))
                self.at += 1
            if self.at >= len(self.lines) or self.lines[self.at].rstrip() in ("---", "..."):
                if remarks:
                    raise _Unread
                continue
            value = self._node(0, 0)
            if remarks:
                if not isinstance(value, dict) or len(remarks) > _REMARKS:
                    raise _Unread
                value = {**dict(remarks), **value}
            found.append(value)
            self._skip()
            if self.at < len(self.lines) and self.lines[self.at].rstrip() not in ("---", "..."):
                raise _Unread

    def _skip(self) -> None:
        while self.at < len(self.lines) and not self.lines[self.at].strip():
            self.at += 1

    def _indent(self) -> int:
        """How far the next line with something in it is indented; -1 at the end of the document."""
        self._skip()
        if self.at >= len(self.lines):
            return -1
        line = self.lines[self.at]
        if line[:3] in ("---", "...") and line.rstrip() in ("---", "..."):
            return -1
        lead = len(line) - len(line.lstrip(" "))
        if line[lead] in "#\t&*!?":
            raise _Unread
        return lead

    def _node(self, indent: int, depth: int) -> Value:
        if depth > _MAX_DEPTH:
            raise _Unread
        line = self.lines[self.at]
        if line.startswith("- ", indent) or line[indent:].rstrip() == "-":
            return self._sequence(indent, depth)
        return self._mapping(indent, depth, line[indent:])

    def _sequence(self, indent: int, depth: int) -> list[Value]:
        items: list[Value] = []
        while self._indent() == indent:
            line = self.lines[self.at]
            if not line.startswith("-", indent) or line[indent + 1 : indent + 2] not in ("", " "):
                break
            rest = line[indent + 1 :]
            inner = len(rest) - len(rest.lstrip(" ")) + indent + 1
            content = rest.strip()
            if not content:
                self.at += 1
                items.append(self._below(indent, depth))
            elif content.startswith("- "):
                raise _Unread
            elif _KEY.match(content[:2_000]) and not content.startswith(("{", "[")):
                items.append(self._mapping(inner, depth + 1, content))
            else:
                self.at += 1
                items.append(self._scalar(content, indent))
        return items

    def _mapping(self, indent: int, depth: int, first: str) -> Value:
        pairs: list[tuple[str, Value]] = []
        text = first
        while True:
            match = _KEY.match(text.rstrip()) if len(text) < 100_000 else None
            if match is None:
                raise _Unread
            self.at += 1
            key, rest = match[1], (match[2] or "").strip()
            if key[:1] in "\"'" and len(key) > 1:
                key = key[1:-1]
            pairs.append((key, self._scalar(rest, indent) if rest else self._below(indent, depth, in_mapping=True)))
            if self._indent() != indent:
                break
            text = self.lines[self.at][indent:]
            if text.startswith("- "):
                break
        if self._indent() > indent:
            raise _Unread
        value = dict(pairs)
        return value if len(value) == len(pairs) else Doubled(pairs)

    def _below(self, indent: int, depth: int, *, in_mapping: bool = False) -> Value:
        inner = self._indent()
        if inner > indent:
            return self._node(inner, depth + 1)
        if in_mapping and inner == indent and self.lines[self.at].startswith("- ", indent):
            return self._sequence(indent, depth + 1)
        return None

    def _scalar(self, text: str, indent: int) -> Value:
        if _BLOCK.match(text):
            return self._block(text, indent)
        if text[0] in "&*!?@`%" or " #" in text:
            raise _Unread
        if text in ("{}", "[]"):
            return {} if text == "{}" else []
        if text[0] in "{[" or (text[0] in "\"'" and (len(text) == 1 or text[-1] != text[0])):
            if text[0] in "{[" and text[-1] == {"{": "}", "[": "]"}[text[0]]:
                return Literal(text)
            raise _Unread
        # A plain or quoted scalar may go on, further indented, on the next lines: those are not read.
        if self._indent() > indent:
            raise _Unread
        if _PLAIN_WORD.match(text):
            return Literal(text)
        if text[0] == '"':
            return Literal(text)
        if text[0] == "'" or '"' in text:
            return Literal(text if text[0] == "'" else f"'{text}'" if "'" not in text else text.replace(" ", " "))
        return text

    def _block(self, text: str, indent: int) -> Value:
        """A block scalar: its mark, then its lines as they were printed."""
        held: list[str] = []
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if line.strip() and len(line) - len(line.lstrip(" ")) <= indent:
                break
            held.append(line)
            self.at += 1
        while held and not held[-1].strip():
            held.pop()
        lead = min((len(line) - len(line.lstrip(" ")) for line in held if line.strip()), default=0)
        return Lines([text, *(line[lead:] for line in held)])


def looks_like_yaml(lines: Sequence[str]) -> bool:
    """Whether the first lines could be a document's: cheap, and strict about prose and logs."""
    seen = 0
    for line in lines[:60]:
        text = line.rstrip()
        if not text or text in ("---", "...") or (seen == 0 and text[0] == "#"):
            continue
        if seen == 0 and (text[0] in " \t{[" or (":" not in text and not text.startswith("- "))):
            return False
        seen += 1
        if seen == _SEEN:
            break
        if len(text) < 4_000 and not (text.lstrip().startswith("- ") or _KEY.match(text.lstrip())):
            return False
    return seen >= 4 and _begins_to_nest(lines[:_NESTS_LINES])


def _begins_to_nest(lines: Sequence[str]) -> bool:
    """Whether something stands below a key or an item: lines `path: message` of a compiler have nothing below them."""
    for line, below in pairwise(lines):
        opens = line.rstrip().endswith((":", "|", ">", "|-", ">-")) or line.lstrip().startswith("- ")
        if opens and below[:1] in (" ", "-") and below.strip():
            return True
    return False


def read(lines: Sequence[str]) -> list[Value] | None:
    """The documents of a text; None where it is no such YAML, or has nothing nested."""
    if not looks_like_yaml(lines):
        return None
    try:
        found = _Reader(lines).documents()
    except (_Unread, RecursionError, IndexError):
        return None
    nested = any(isinstance(value, (dict, list)) and _nests(value) for value in found)
    return found if nested else None


def _nests(value: Value) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(isinstance(each, (dict, list)) and each for each in inner)
