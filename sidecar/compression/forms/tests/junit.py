"""How a report in JUnit's XML reads, whoever wrote it, on many lines or on one.

<testsuite name="GaugeTest" tests="9" failures="3" ...>       as printed
<testcase name="Fills" classname="GaugeTest" ... />           a list of names
<testcase ...><failure message="...">...</failure>            as printed, library frames and repetitions apart
<property name="java.home" .../>, <system-out>                left out; of what was printed its alarms stay
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import unescape
from itertools import accumulate
from operator import attrgetter

from sidecar.compression.alarms import is_alarm
from sidecar.compression.forms.tests.junit_failure import PROBLEM, told
from sidecar.compression.forms.tests.names import listed, sampled
from sidecar.compression.forms.tests.repeats import Repeats
from sidecar.compression.kept import kept
from sidecar.compression.vocabulary import Block, Evidence, Form, Part, Rank, Segment, keep

__all__ = ["RUNNER"]

_TAG = re.compile(r"<(/?)(testsuites|testsuite|testcase|properties|system-out|system-err)\b([^>]*?)(/?)>")
"""A `>` inside an attribute must be escaped for most writers; where it is not, the tag ends early and more is kept."""

_ATTRIBUTE = re.compile(r'(\w[\w:-]*)="([^"]*)"')
_MESSAGE = re.compile(r'\bmessage="([^"]*)"')
_NAME = re.compile(r'\bname="([^"]*)"')
_SKIPPED = re.compile(r'<skipped\b[^>]*?(?:message="([^"]*)")?[^>]*>')
_COUNTED = re.compile(r"<testsuites?\b[^>]*\b(?:failures|errors)=\"[^>]*")
_COUNTS = re.compile(r'\b(?:name|tests|failures|errors|skipped)="[^"]*"')
_FAULTS = re.compile(r'\b(?:failures|errors)="(\d+)"')
_UNTOLD = re.compile(r' (?:time|timestamp|hostname|assertions|id|package|disabled)="[^"]*"')
"""When and where a suite ran: no part of what failed."""

_OUTPUT_SHOWN = 12
_SAID_CHARS = 400
_PART_CHARS = 160
"""So much of a message names its failure where only a line of each fits; Node's holds a whole comparison."""

_TOGETHER = 8
"""So many failures share a block, and so a marker."""

_PIECES = 4_000
_APART_CHARS = 2_500
"""What passed between two failures gets a block, and a marker, of its own where it is so long."""

_SHARE_GREEN = 0.4
_SHARE_RED = 0.12
_ROOM_CHARS = 320
"""How much of the report the names of what passed may cost, in characters; past it a sample of them stands."""


@dataclass(slots=True)
class _Piece:
    """A stretch [start, end) of the text, what is printed for it and why something of it is left out."""

    start: int
    end: int
    shown: list[str] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    suites: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    what: dict[str, None] = field(default_factory=dict)
    is_loud: bool = False


def _recognise(segment: Segment) -> float:
    text = segment.text
    if "<testcase" not in text or "<testsuite" not in text:
        return 0.0
    if text[:400].lstrip("\ufeff \n").startswith(("<?xml", "<testsuite")):
        return 0.97
    return 0.95 if "\n<testsuite" in text or "\n<?xml" in text else 0.6  # below what the tests printed


def _pieces(text: str) -> Iterable[_Piece]:
    """The report's tags one after the other; text between them that is no report goes with the tag before it."""
    at = 0
    repeats = Repeats()
    while found := _TAG.search(text, at):
        if text[at : found.start()].strip():
            yield _Piece(at, found.start(), [text[at : found.start()].strip("\n")])
        closing, name, _, empty = found.groups()
        if closing or name in {"testsuites", "testsuite"}:
            yield _Piece(found.start(), found.end()) if closing else _suite(found)
            at = found.end()
            continue
        end = found.end()
        if not empty:
            close = text.find(f"</{name}>", end)
            stop = len(text) if close < 0 else close
            # A report cut off inside an element must not lend it the next report's suites.
            suite = text.find("<testsuite", end, stop)
            end = suite if suite >= 0 else stop if close < 0 else close + len(name) + 3
        yield _piece(text, name, found, end, repeats)
        at = end
    if text[at:].strip():
        yield _Piece(at, len(text), [text[at:].strip("\n")])


def _suite(found: re.Match[str]) -> _Piece:
    """A suite's tag without when and where it ran; one in which nothing failed becomes a name with its count."""
    piece = _Piece(found.start(), found.end())
    told = dict(_ATTRIBUTE.findall(found[3]))
    if found[2] == "testsuite" and told.get("name") and _is_passed(found[0]):
        piece.suites.append(f"{unescape(told['name'])} ({told.get('tests', '?')})")
        piece.what["passed suites"] = None
        return piece
    piece.shown.append(_UNTOLD.sub("", found[0]))
    if piece.shown[0] != found[0]:
        piece.what["times"] = None
    return piece


def _is_passed(tag: str) -> bool:
    faults = _FAULTS.findall(tag)
    return bool(faults) and not any(map(int, faults))


def _piece(text: str, name: str, found: re.Match[str], end: int, repeats: Repeats) -> _Piece:
    piece = _Piece(found.start(), end)
    if name == "testcase":
        body = text[found.end() : end]
        if PROBLEM.search(body):
            piece.is_loud = True
            piece.shown, whats = told(found[0], body.removesuffix("</testcase>"), repeats)
            piece.what.update(dict.fromkeys(whats))
        elif skip := _SKIPPED.search(body):
            reason = skip[1]
            piece.skipped.append(_name(found[3]) + (f" ({reason})" if reason else ""))
            piece.what["skipped tests"] = None
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
    pieces = list(_pieces(segment.text))
    share = _share(segment, pieces)
    blocks: list[Block] = []
    held: list[_Piece] = []
    start = last = 0
    for piece in pieces:
        first = min(bisect_right(ends, piece.start), len(lines) - 1)
        if held and first > last and first > start and _is_full(held, piece):
            blocks.append(_block(segment, start, first, held, share))
            held, start = [], first
        held.append(piece)
        last = min(bisect_right(ends, max(piece.end - 1, piece.start)), len(lines) - 1)
    if start < len(lines):
        blocks.append(_block(segment, start, len(lines), held, share))
    return _whole_where_lost(segment, blocks)


def _is_full(held: Sequence[_Piece], piece: _Piece) -> bool:
    """Whether *piece* begins another block: after some failures, and where much passed between two."""
    if piece.is_loud and sum(other.is_loud for other in held) >= _TOGETHER:
        return True
    quiet = next((number for number, other in enumerate(reversed(held)) if other.is_loud), len(held))
    is_apart = piece.is_loud and quiet > 0 and held[-1].end - held[-quiet].start > _APART_CHARS
    return is_apart or len(held) > _PIECES


def _share(segment: Segment, pieces: Sequence[_Piece]) -> float:
    """How many of the names of what passed there is room for."""
    share = _SHARE_RED if any(piece.is_loud for piece in pieces) else _SHARE_GREEN
    names = [name for piece in pieces for name in (*piece.passed, *piece.suites)]
    room = max(_ROOM_CHARS, share * len(segment.text))
    cost = sum(len(line) + 1 for line in listed("passed", names)) if names else 0
    return 1.0 if cost <= room else room / sum(len(name) + 1 for name in names)


def _whole_where_lost(segment: Segment, blocks: list[Block]) -> list[Block]:
    """Two reports mixed line by line have tags that nobody closes: such a block stays as it was printed."""
    promised = sorted(_evidence(segment), key=attrgetter("line"))
    at = 0
    for number, block in enumerate(blocks):
        first = at
        while at < len(promised) and promised[at].line < block.end:
            at += 1
        if block.shown is not None:
            text = "\n".join(block.shown)
            if any(part not in text for item in promised[first:at] for part in item.parts):
                blocks[number] = keep(block.start, block.end, Rank.EVIDENCE)
    return blocks


def _block(segment: Segment, start: int, end: int, pieces: Sequence[_Piece], share: float) -> Block:
    shown = [line for piece in pieces for said in piece.shown for line in said.split("\n")]
    suites = [name for piece in pieces for name in piece.suites]
    passed = [name for piece in pieces for name in piece.passed]
    skipped = [name for piece in pieces for name in piece.skipped]
    for label, names in (("suites passed", suites), ("passed", passed), ("skipped", skipped)):
        shown += _list(label, names, share)
    what = ", ".join({reason: None for piece in pieces for reason in piece.what})
    size = sum(len(line) + 1 for line in segment.lines[start:end])
    if sum(len(line) + 1 for line in shown) >= size:
        return keep(start, end, Rank.EVIDENCE)
    is_loud = any(piece.is_loud for piece in pieces)
    return Block(start, end, tuple(shown), what or "closing tags", Rank.EVIDENCE if is_loud else Rank.CONTENT)


def _list(label: str, names: Sequence[str], share: float) -> Iterable[str]:
    if not names:
        return []
    some = sampled(names, int(share * sum(len(name) + 1 for name in names))) if share < 1.0 else names
    told = f"{len(names)} {label}"
    return listed(told if len(some) == len(names) else f"{told}, {len(some)} of them named", some)


@kept
def _evidence(segment: Segment) -> list[Evidence]:
    """Every failing test's name and message, or what its text begins with; the counts of suites where one failed."""
    text = segment.text
    ends = [end + index for index, end in enumerate(accumulate(map(len, segment.lines)))]
    found = [
        Evidence(_line(ends, tag.start()), tuple(_COUNTS.findall(tag[0])))
        for tag in _COUNTED.finditer(text)
        if tag[0].startswith("<testsuites") or not _is_passed(tag[0])
    ]
    for problem in PROBLEM.finditer(text):
        case = text.rfind("<testcase", 0, problem.start())
        if case >= 0 and (name := _NAME.search(text, case, text.find(">", case) + 1)):
            found.append(Evidence(_line(ends, case), (name[1],)))
        message = _MESSAGE.search(problem[0])
        said = message[1] if message else _first_words(text, problem.end())
        found.append(Evidence(_line(ends, problem.start()), (f"<{problem[1]}", said)))
    return found


def _line(ends: Sequence[int], at: int) -> int:
    return min(bisect_right(ends, at), len(ends) - 1)


def _first_words(text: str, at: int) -> str:
    """What the first line of an element's text says, where it is no other element's."""
    line = text[at : at + _SAID_CHARS].lstrip().removeprefix("<![CDATA[").lstrip().partition("\n")[0]
    return line.partition("<")[0].partition("]]>")[0].strip()


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
        problem = PROBLEM.search(body)
        if problem is None:
            continue
        message = dict(_ATTRIBUTE.findall(body[problem.start() : problem.start() + 2_000])).get("message", "")
        said = unescape(message or _first_words(body, problem.end())).strip().split("\n")[0]
        said = said if len(said) <= _PART_CHARS else f"{said[:_PART_CHARS].rstrip()} ..."
        start = min(bisect_right(ends, found.start()), len(segment.lines) - 1)
        end = min(bisect_right(ends, close), len(segment.lines) - 1) + 1
        name = _name(found[3])
        parts.append(Part("failure", name, start, end, f"{name} - {said}" if said else name))
    return parts


RUNNER = Form(
    name="junit", recognise=_recognise, evidence=_evidence, reduce=_reduce, parts=_parts, literals=("<testcase",)
)
