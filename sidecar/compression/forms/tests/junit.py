"""How a report in JUnit's XML reads, whoever wrote it, on many lines or on one.

<testsuite name="GaugeTest" tests="9" failures="3" ...>       as printed
<testcase name="Fills" classname="GaugeTest" ... />           a list of names
<testcase ...><failure message="...">...</failure>            as printed, library frames and repetitions apart
<property name="java.home" .../>, <system-out>                left out; of what was printed its alarms stay
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import unescape
from itertools import accumulate

from sidecar.compression.alarms import is_alarm
from sidecar.compression.forms.tests.names import listed
from sidecar.compression.vocabulary import Block, Evidence, Form, Part, Rank, Segment, keep

__all__ = ["RUNNER"]

_TAG = re.compile(r"<(/?)(testsuites|testsuite|testcase|properties|system-out|system-err)\b([^>]*?)(/?)>")
"""A `>` inside an attribute must be escaped for most writers; where it is not, the tag ends early and more is kept."""

_ATTRIBUTE = re.compile(r'(\w[\w:-]*)="([^"]*)"')
_PROBLEM = re.compile(r"<(failure|error|rerunFailure|flakyFailure|rerunError)\b")
_MESSAGE = re.compile(r'\bmessage="([^"]*)"')
_CLOSED = re.compile(r"(?:\]\]>)?(?:</\w+>)*$")
_SKIPPED = re.compile(r'<skipped\b[^>]*?(?:message="([^"]*)")?[^>]*>')
_FRAME = re.compile(
    r"\s+at (?:[\w.]+/)?(?:java|javax|sun|jdk|junit|kotlin|org\.(?:junit|opentest4j"
    r"|apache\.maven|gradle|assertj|hamcrest|mockito|testng))[./]|\s+\.\.\. \d+ more"
)
_BAD_CASE = re.compile(r"<(?:failure|error)\b[^>]*")
_COUNTED = re.compile(r"<testsuites?\b[^>]*\b(?:failures|errors)=\"[^>]*")
_OUTPUT_SHOWN = 12


@dataclass(slots=True)
class _Piece:
    """A stretch [start, end) of the text, what is printed for it and why something of it is left out."""

    start: int
    end: int
    shown: list[str] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    what: dict[str, None] = field(default_factory=dict)
    is_loud: bool = False


def _recognise(segment: Segment) -> float:
    text = segment.text
    if "<testcase" not in text or "<testsuite" not in text:
        return 0.0
    begins = text[:400].lstrip("\ufeff \n")
    return 0.97 if begins.startswith(("<?xml", "<testsuite")) else 0.6


def _pieces(text: str) -> Iterable[_Piece]:
    """The report's tags one after the other; text between them that is no report goes with the tag before it."""
    at = 0
    while found := _TAG.search(text, at):
        if text[at : found.start()].strip():
            yield _Piece(at, found.start(), [text[at : found.start()].strip("\n")])
        closing, name, _, empty = found.groups()
        if closing or name in {"testsuites", "testsuite"}:
            shown = [] if closing else [found[0]]
            yield _Piece(found.start(), found.end(), shown)
            at = found.end()
            continue
        end = found.end()
        if not empty:
            close = text.find(f"</{name}>", end)
            stop = len(text) if close < 0 else close
            # A report cut off inside an element must not lend it the next report's suites.
            suite = text.find("<testsuite", end, stop)
            end = suite if suite >= 0 else stop if close < 0 else close + len(name) + 3
        yield _piece(text, name, found, end)
        at = end
    if text[at:].strip():
        yield _Piece(at, len(text), [text[at:].strip("\n")])


def _piece(text: str, name: str, found: re.Match[str], end: int) -> _Piece:
    piece = _Piece(found.start(), end)
    if name == "testcase":
        body = text[found.end() : end]
        if _PROBLEM.search(body):
            piece.is_loud = True
            piece.shown.append(found[0])
            told = {line.strip() for message in _MESSAGE.findall(body) for line in unescape(message).split("\n")}
            for line in body.removesuffix("</testcase>").strip("\n").split("\n"):
                if line.strip() and _CLOSED.sub("", line).strip() in told:
                    piece.what["messages again"] = None
                elif _FRAME.match(line) and "]]>" not in line and "</" not in line:
                    piece.what["library frames"] = None
                elif line.strip():
                    piece.shown.append(line)
        elif skip := _SKIPPED.search(body):
            reason = skip[1]
            piece.skipped.append(_name(found[3]) + (f" ({reason})" if reason else ""))
        else:
            piece.passed.append(_name(found[3]))
            piece.what["passed tests"] = None
    elif name == "properties":
        piece.what["properties"] = None
    else:
        lines = [line for line in text[found.end() : end].split("\n") if is_alarm(line)]
        piece.shown.extend(lines[:_OUTPUT_SHOWN])
        piece.what["printed output"] = None
    return piece


def _name(attributes: str) -> str:
    told = dict(_ATTRIBUTE.findall(attributes))
    name, scope = unescape(told.get("name", "")), unescape(told.get("classname", ""))
    if not scope or name.startswith(scope):
        return name
    return f"{scope}.{name}" if " " not in name else f"{scope} > {name}"


def _reduce(segment: Segment) -> list[Block]:
    lines = segment.lines
    ends = [end + index for index, end in enumerate(accumulate(map(len, lines)))]
    blocks: list[Block] = []
    held: list[_Piece] = []
    start = last = 0
    for piece in _pieces(segment.text):
        first = min(bisect_right(ends, piece.start), len(lines) - 1)
        opens = piece.is_loud != any(other.is_loud for other in held) or len(held) > 4_000
        if held and first > last and opens and first > start:
            blocks.append(_block(segment, start, first, held))
            held, start = [], first
        held.append(piece)
        last = min(bisect_right(ends, max(piece.end - 1, piece.start)), len(lines) - 1)
    if start < len(lines):
        blocks.append(_block(segment, start, len(lines), held))
    return _whole_where_lost(segment, blocks)


def _whole_where_lost(segment: Segment, blocks: list[Block]) -> list[Block]:
    """Two reports mixed line by line have tags that nobody closes: such a block stays as it was printed."""
    promised = _evidence(segment)
    for number, block in enumerate(blocks):
        if block.shown is not None:
            text = "\n".join(block.shown)
            within = (item for item in promised if block.start <= item.line < block.end)
            if any(part not in text for item in within for part in item.parts):
                blocks[number] = keep(block.start, block.end, Rank.EVIDENCE)
    return blocks


def _block(segment: Segment, start: int, end: int, pieces: list[_Piece]) -> Block:
    shown = [line for piece in pieces for said in piece.shown for line in said.split("\n")]
    passed = [name for piece in pieces for name in piece.passed]
    skipped = [name for piece in pieces for name in piece.skipped]
    if passed:
        shown += listed(f"{len(passed)} passed", passed)
    if skipped:
        shown += listed(f"{len(skipped)} skipped", skipped)
    what = ", ".join({reason: None for piece in pieces for reason in piece.what})
    size = sum(len(line) + 1 for line in segment.lines[start:end])
    if sum(len(line) + 1 for line in shown) >= size:
        return keep(start, end, Rank.EVIDENCE)
    is_loud = any(piece.is_loud for piece in pieces)
    return Block(start, end, tuple(shown), what or "closing tags", Rank.EVIDENCE if is_loud else Rank.CONTENT)


def _evidence(segment: Segment) -> list[Evidence]:
    """Every failure's tag, whose message it carries, and every suite's counts."""
    found: list[Evidence] = []
    for index, line in enumerate(segment.lines):
        if "<" not in line:
            continue
        if "<failure" in line or "<error" in line:
            found.append(Evidence(index, tuple(match[0] for match in _BAD_CASE.finditer(line))))
        if "<testsuite" in line:
            found.append(Evidence(index, tuple(match[0] for match in _COUNTED.finditer(line))))
    return [item for item in found if item.parts]


def _parts(segment: Segment) -> list[Part]:
    text = segment.text
    ends = [end + index for index, end in enumerate(accumulate(map(len, segment.lines)))]
    parts: list[Part] = []
    for found in _TAG.finditer(text):
        if found[1] or found[2] != "testcase" or found[4]:
            continue
        close = text.find("</testcase>", found.end())
        close = len(text) - 1 if close < 0 else close
        body = text[found.end() : close]
        problem = _PROBLEM.search(body)
        if problem is None:
            continue
        message = dict(_ATTRIBUTE.findall(body[problem.start() : problem.start() + 2_000])).get("message", "")
        said = unescape(message).strip().split("\n")[0]
        start = min(bisect_right(ends, found.start()), len(segment.lines) - 1)
        end = min(bisect_right(ends, close), len(segment.lines) - 1) + 1
        name = _name(found[3])
        parts.append(Part("failure", name, start, end, f"{name} - {said}" if said else name))
    return parts


RUNNER = Form(
    name="junit", recognise=_recognise, evidence=_evidence, reduce=_reduce, parts=_parts, literals=("<testcase",)
)
