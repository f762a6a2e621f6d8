"""YAML as tools print it: block style, one document or several, read into the same values as JSON.

    apiVersion: v1                 apiVersion: v1
    items:                         items (2 rows): name image
    - name: web              ->     web nginx:1.27
      image: nginx:1.27             db postgres:16
    - name: db
      image: postgres:16

A scalar stays the text it was (`"8080"` keeps its quotes), one of several lines in one; what is said behind a `#`
stands before the key it is about. Complex keys are not read, and a document that is mostly remarks is no record:
such are shown as they are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from sidecar.compression.forms.records.values import Doubled, Lines, Literal, Value

__all__ = ["looks_like_yaml", "read"]

_KEY = re.compile(
    r"((?:[^\s\"'#&*!|>{}\[\],?:%@`-]|[.-](?=\S))(?:[^:#\"']|:(?=\S)|(?<=\S)[#\"'])*?|\"[^\"\\]*\"|'[^']*')\s*:(?:\s+(.*))?$"
)
_BLOCK = re.compile(r"[|>](?:[+-]?\d?|\d[+-])$")
_PLAIN_WORD = re.compile(r"[^\s\"'{}\[\]();\x80-\x82]+$")
_MARK = re.compile(r"[&!][\w/.-]+$")
"""An anchor or a tag of what stands below."""
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'")
_CLOSED = {'"': re.compile(r'"(?:[^"\\]|\\.)*"'), "'": re.compile(r"'(?:[^']|'')*'")}
_KEY_CHARS = 2_000
_MAX_DEPTH = 60
_FLOW_LINES = 200
_TEXT_LINES = 200
_REMARKS_SHARE = 4
"""Where more than every fourth character is a remark, a text is more for reading than records."""
_NESTS_LINES = 400
_SEEN = 6
"""So many lines with something in them tell whether a text may be a document."""
_SEEN_BEFORE_TEXT = 2
"""After so many of them a text may go on in a line that is no key."""


class _Unread(Exception):
    """The text is no YAML of the kind read here."""


@dataclass(slots=True)
class _Reader:
    lines: Sequence[str]
    at: int = 0
    remarks: list[str] = field(default_factory=list)
    """What was said behind `#` and is not told yet."""
    said: int = 0
    """How long all remarks were."""

    def documents(self) -> list[Value]:
        found: list[Value] = []
        while True:
            self._skip()
            while self.at < len(self.lines) and self.lines[self.at].rstrip() in ("---", "..."):
                self.at += 1
                self._skip()
            indent = self._indent()
            if indent < 0 and self.at < len(self.lines):
                continue  # nothing but remarks, as where a template printed nothing: they stand before what follows
            if indent < 0:
                self._tell_rest(found)
                return found
            if indent:
                raise _Unread
            found.append(self._node(0, 0))
            self._skip()
            if self.at < len(self.lines) and self.lines[self.at].rstrip() not in ("---", "..."):
                raise _Unread

    def _tell_rest(self, found: list[Value]) -> None:
        """What is remarked at the very end stands at the end of the last document."""
        if self.said * _REMARKS_SHARE > sum(map(len, self.lines)):
            raise _Unread
        pairs: list[tuple[str, Value]] = []
        self._remark(pairs)
        if not pairs:
            return
        if not found or not isinstance(found[-1], dict) or pairs[0][0] in found[-1]:
            raise _Unread
        found[-1] = {**found[-1], **dict(pairs)}

    def _remark(self, pairs: list[tuple[str, Value]]) -> None:
        """Say among *pairs* what was remarked before the next one."""
        if self.remarks:
            pairs.append(("#", " ".join(filter(None, self.remarks))))
            self.remarks.clear()

    def _note(self, remark: str) -> None:
        self.said += len(remark)
        self.remarks.append(remark.lstrip("#").strip())

    def _skip(self) -> None:
        while self.at < len(self.lines) and not self.lines[self.at].strip():
            self.at += 1

    def _indent(self) -> int:
        """How far the next line with something in it is indented; -1 at the end of the document. Remarks are noted."""
        while True:
            self._skip()
            if self.at >= len(self.lines):
                return -1
            line = self.lines[self.at]
            if line[:3] in ("---", "...") and line.rstrip() in ("---", "..."):
                return -1
            lead = len(line) - len(line.lstrip(" "))
            if line[lead] == "#":
                self._note(line[lead:])
                self.at += 1
                continue
            if line[lead] in "\t?":
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
            if content[:1] == "#":
                self._note(content)
                content = ""
            if not content:
                self.at += 1
                items.append(self._below(indent, depth))
            elif content.startswith("- "):
                raise _Unread
            elif _KEY.match(content[:_KEY_CHARS]) and not content.startswith(("{", "[")):
                items.append(self._mapping(inner, depth + 1, content))
            else:
                items += (f"# {remark}" for remark in self.remarks)
                self.remarks.clear()
                self.at += 1
                items.append(self._scalar(content, indent))
        return items

    def _mapping(self, indent: int, depth: int, first: str) -> Value:
        pairs: list[tuple[str, Value]] = []
        text = first
        while True:
            # A tab stands in no YAML that a tool or a person writes, but in what looks like its keys: instructions.
            match = _KEY.match(text.rstrip()) if len(text) < 100_000 and "\t" not in text.rstrip() else None
            if match is None:
                raise _Unread
            self.at += 1
            key, rest = match[1], (match[2] or "").strip()
            if key[:1] in "\"'" and len(key) > 1:
                key = key[1:-1]
            self._remark(pairs)
            if rest[:1] == "#":
                self._note(rest)
                rest = ""
            if rest[:1] in "&!" and _MARK.match(rest):
                key, rest = f"{key} {rest}", ""
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
            line = self.lines[self.at][inner:].rstrip()
            if line.startswith("- ") or line == "-" or _KEY.match(line[:_KEY_CHARS]) or self.remarks:
                return self._node(inner, depth + 1)
            self.at += 1
            return self._scalar(line, indent)
        if in_mapping and inner == indent and self.lines[self.at].startswith("- ", indent):
            return self._sequence(indent, depth + 1)
        return None

    def _scalar(self, text: str, indent: int) -> Value:
        if _BLOCK.match(text):
            return self._block(text, indent)
        if text[0] in "?@`%":
            raise _Unread
        if text in ("{}", "[]"):
            return {} if text == "{}" else []
        if text[0] in "{[":
            return Literal(self._flow(text))
        if text[0] in "\"'":
            return self._quoted(text)
        if self._indent() > indent:
            return self._folded(text, indent)
        if _PLAIN_WORD.match(text):
            return Literal(text)
        if '"' in text:
            return Literal(f"'{text}'" if "'" not in text else text.replace(" ", " "))
        return text

    def _flow(self, text: str) -> str:
        """A collection in brackets, of several lines in one."""
        pieces = [text]
        opened = _open_brackets(text)
        while opened > 0:
            if self.at >= len(self.lines) or len(pieces) > _FLOW_LINES:
                raise _Unread
            pieces.append(self.lines[self.at].strip())
            opened += _open_brackets(pieces[-1])
            self.at += 1
        if opened or (pieces[-1][-1:] not in ("}", "]") and " #" not in pieces[-1]):
            raise _Unread
        return " ".join(filter(None, pieces))

    def _quoted(self, text: str) -> Value:
        """A text in quotation marks, which may go on for lines: an empty one among them ends a paragraph."""
        mark = text[0]
        pieces = [text]
        while not _is_closed("".join(pieces), mark):
            if self.at >= len(self.lines) or len(pieces) > _TEXT_LINES:
                raise _Unread
            line = self.lines[self.at].strip()
            self.at += 1
            if pieces[-1].endswith("\\"):
                pieces[-1] = pieces[-1][:-1] + line.removeprefix("\\")
            else:
                pieces.append(line)
        return _text_of(pieces) if "" in pieces else Literal(" ".join(pieces))

    def _folded(self, text: str, indent: int) -> Value:
        """A plain text that goes on, further indented, on the next lines."""
        pieces = [text]
        while self.at < len(self.lines) and len(pieces) <= _TEXT_LINES:
            line = self.lines[self.at]
            said = line.strip()
            if said and len(line) - len(line.lstrip(" ")) <= indent:
                break
            if said[:1] == "#" or said.endswith(":") or ": " in said or said.startswith("- "):
                raise _Unread
            pieces.append(said)
            self.at += 1
        while not pieces[-1]:
            pieces.pop()
        return _text_of(pieces)

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


def _open_brackets(text: str) -> int:
    """How many brackets more are opened than closed, quoted ones apart."""
    bare = _QUOTED.sub("", text.partition(" #")[0])
    return sum(map(bare.count, "{[")) - sum(map(bare.count, "}]"))


def _is_closed(text: str, mark: str) -> bool:
    """Whether a text that begins with a quotation mark has come to the one that ends it, but for a remark."""
    ends = _CLOSED[mark].match(text)
    return ends is not None and (not (behind := text[ends.end() :].strip()) or behind[0] == "#")


def _text_of(pieces: Sequence[str]) -> Value:
    """A text of several lines in one; with its paragraphs, where it has some."""
    return Lines([">", *pieces]) if "" in pieces else " ".join(pieces)


def looks_like_yaml(lines: Sequence[str]) -> bool:
    """Whether the first lines could be a document's: cheap, and strict about prose and logs."""
    seen = depth = 0
    for line in lines[:60]:
        text = line.rstrip()
        bare = text.lstrip()
        if not text or text in ("---", "...") or bare[0] == "#":
            continue
        if seen == 0 and (text[0] in " \t{[" or (":" not in text and not text.startswith("- "))):
            return False
        seen += 1
        if seen == _SEEN:
            break
        above, depth = depth, len(text) - len(bare)
        goes_on = seen > _SEEN_BEFORE_TEXT and depth > above
        if len(text) < 4_000 and not (goes_on or bare.startswith("- ") or _KEY.match(bare)):
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
