r"""How a report of tests in JSON reads: of jest, vitest, mocha and RSpec, on one line or on many.

{"numFailedTests":1,"testResults":[{"assertionResults":[     FAIL cart adds
  {"fullName":"cart adds","status":"failed",                   expected 4 to be 5
   "failureMessages":["Error: expected 4 ...\n at ..."]}]}]}   at src/cart.test.ts:12:7

Every failure keeps its name, what it said and the user's own places; what passed becomes a list of names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sidecar.compression.forms.tests.names import listed, sampled
from sidecar.compression.kept import kept
from sidecar.compression.vocabulary import Block, Evidence, Form, Part, Rank, Segment

__all__ = ["RUNNER"]

_LITERALS = ('"numFailedTests"', '"fullTitle"', '"full_description"')
_LIMIT_CHARS = 30_000_000
"""A larger document is not parsed."""
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_FRAME = re.compile(r"\s*(?:at |❯ )|\S+\.rb:\d+:in ")
_LIBRARY = ("node_modules", "node:", "/gems/", "<anonymous>)", "/rubygems/", "/bin/")
_FRAMES = 3
"""So many of the user's own frames say how the test came there."""
_LINES = 30
"""So many lines of what one failure said stay, from its beginning."""
_DIFFERENCE_LINES = 12
_DIFFERENCE_CHARS = 400
_SHARE_GREEN, _SHARE_RED, _ROOM_CHARS = 0.4, 0.12, 320
"""How much of the report the names of what passed may cost; past it a sample of them stands."""
_COUNTS = re.compile(r"num(?:Passed|Failed|Pending|Todo|Total)Test|success$|tests$|passes$|pending$|failures$|suites$")
_KEYS_TOLD = 40
_SLOW_MS = 1_000
_FIELDS, _DEPTH = 40, 6
"""Objects with more fields are tables by name; what lies deeper is no test's."""


@dataclass(frozen=True, slots=True)
class _Case:
    """One test: *status* as its runner says it, and what it said where it failed."""

    name: str
    status: str
    said: str = ""
    place: str = ""
    took_ms: object = None

    @property
    def titled(self) -> str:
        """Its name, and how long it took where that is long."""
        is_slow = isinstance(self.took_ms, int | float) and self.took_ms >= _SLOW_MS
        return f"{self.name} ({self.took_ms} ms)" if is_slow else self.name

    @property
    def has_failed(self) -> bool:
        return self.status == "failed"

    @property
    def told(self) -> list[str]:
        """What it said, without frames of libraries."""
        lines = [line.rstrip() for line in _COLOURS.sub("", self.said).split("\n")]
        words = [line for line in lines if line.strip() and not _FRAME.match(line)][:_LINES]
        own = [line.strip() for line in lines if _is_own(line)][:_FRAMES]
        is_placed = not self.place or any(self.place in line for line in (*words, *own))
        return words + own + ([] if is_placed else [f"at {self.place}"])


def _is_own(line: str) -> bool:
    """Whether *line* is a frame of the user's own code."""
    return _FRAME.match(line) is not None and not any(word in line for word in _LIBRARY)


@dataclass(frozen=True, slots=True)
class _Report:
    cases: tuple[_Case, ...]
    totals: tuple[str, ...]
    keys: tuple[str, ...]


@kept
def _read(segment: Segment) -> _Report | None:
    """The report that *segment* is; None where it is none."""
    return _parsed(segment.text)


def _parsed(text: str) -> _Report | None:
    stripped = text.strip()
    if stripped[:1] != "{" or len(text) > _LIMIT_CHARS:
        return None
    try:
        document = json.loads(stripped)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, Mapping):
        return None
    for cases, totals in ((_jest, document), (_mocha, document.get("stats")), (_rspec, document.get("summary"))):
        found = tuple(cases(document))
        if found and isinstance(totals, Mapping):
            return _Report(found, tuple(_totals(totals, document)), tuple(dict.fromkeys(_keys(document))))
    return None


def _jest(document: Mapping[str, Any]) -> Iterable[_Case]:
    for file in _maps(document.get("testResults")):
        path, results = str(file.get("name", "")), _maps(file.get("assertionResults"))
        if not results and file.get("status") == "failed":
            yield _Case(path, "failed", str(file.get("message", "")))
        for one in results:
            messages = one.get("failureMessages")
            said = "\n".join(map(str, messages)) if isinstance(messages, list) else ""
            at = one.get("location")
            place = f"{path}:{at.get('line')}:{at.get('column')}" if said and isinstance(at, Mapping) else ""
            name, status = str(one.get("fullName", "")).strip(), str(one.get("status", ""))
            yield _Case(name, status, said, place, one.get("duration"))


def _mocha(document: Mapping[str, Any]) -> Iterable[_Case]:
    if not isinstance(document.get("stats"), Mapping):
        return
    pending = {str(one.get("fullTitle")) for one in _maps(document.get("pending"))}
    tests = _maps(document.get("tests"))
    known = {str(one.get("fullTitle")) for one in tests}
    # A hook that failed is no test.
    for one in [*tests, *(one for one in _maps(document.get("failures")) if str(one.get("fullTitle")) not in known)]:
        name, error = str(one.get("fullTitle", "")), one.get("err")
        if not isinstance(error, Mapping) or not error:
            yield _Case(name, "pending" if name in pending else "passed", took_ms=one.get("duration"))
            continue
        message, stack = str(error.get("message", "")), str(error.get("stack", ""))
        said = "\n".join((stack if message in stack else f"{message}\n{stack}", *_difference(error)))
        is_placed = any(_is_own(line) for line in stack.split("\n"))
        yield _Case(name, "failed", said, "" if is_placed else str(one.get("file") or ""))


def _difference(error: Mapping[str, Any]) -> Iterable[str]:
    """The lines between those with which the value found and the expected one both begin and end."""
    actual, expected = error.get("actual"), error.get("expected")
    if not isinstance(actual, str) or not isinstance(expected, str) or actual == expected:
        return
    found, wanted = actual.split("\n"), expected.split("\n")
    shorter = min(len(found), len(wanted))
    above = next((at for at in range(shorter) if found[at] != wanted[at]), shorter)
    below = next((at for at in range(shorter - above) if found[-1 - at] != wanted[-1 - at]), shorter - above)
    for sign, lines in (("-", found), ("+", wanted)):
        apart = [line for line in lines[above : len(lines) - below] if line.strip("{}[](), ")]
        yield from (f"{sign} {line.strip()[:_DIFFERENCE_CHARS]}" for line in apart[:_DIFFERENCE_LINES])
        if len(apart) > _DIFFERENCE_LINES:
            yield f"{sign} ... {len(apart) - _DIFFERENCE_LINES} more lines"


def _rspec(document: Mapping[str, Any]) -> Iterable[_Case]:
    for one in _maps(document.get("examples")):
        error = one.get("exception")
        said = ""
        if isinstance(error, Mapping):
            said = "\n".join((f"{error.get('class')}: {error.get('message')}", *map(str, error.get("backtrace") or ())))
        place = f"{one.get('file_path')}:{one.get('line_number')}"
        yield _Case(str(one.get("full_description", "")), str(one.get("status", "")), said, place if said else "")


def _maps(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _totals(totals: Mapping[str, Any], document: Mapping[str, Any]) -> Iterable[str]:
    counted = [
        f"{key}: {json.dumps(value)}" for key, value in totals.items() if _COUNTS.match(key) and isinstance(value, int)
    ]
    if counted:
        yield " ".join(counted)
    if isinstance(document.get("summary_line"), str):
        yield str(document["summary_line"])


def _keys(document: Any, depth: int = 0) -> Iterable[str]:
    """Names of fields; of a list's items the last one's, for its others have the same."""
    if isinstance(document, list):
        yield from _keys(document[-1], depth) if document else ()
    elif isinstance(document, Mapping) and len(document) <= _FIELDS and depth < _DEPTH:
        for key, value in document.items():
            yield str(key)
            yield from _keys(value, depth + 1)


def _recognise(segment: Segment) -> float:
    return 0.97 if _read(segment) is not None else 0.0


def _evidence(segment: Segment) -> list[Evidence]:
    """The name, the first words and the own place of every failure, and the totals."""
    report = _read(segment)
    if report is None:
        return []
    parts: list[str] = list(report.totals)
    for case in report.cases:
        if case.has_failed:
            first = next((line for line in _COLOURS.sub("", case.said).split("\n") if line.strip()), "")
            parts += [case.name, first.strip(), case.place]
    return [Evidence(0, tuple(part for part in parts if part))]


def _reduce(segment: Segment) -> list[Block]:
    report = _read(segment)
    if report is None:
        return []
    shown: list[str] = list(report.totals)
    known: dict[tuple[str, ...], str] = {}
    for case in report.cases:
        if case.has_failed:
            shown.append(f"FAIL {case.titled}")
            leader = known.setdefault(tuple(case.told), case.name)
            shown += [f"  {line}" for line in case.told] if leader == case.name else [f"  the same as in {leader}"]
    has_failures = any(case.has_failed for case in report.cases)
    room = max(_ROOM_CHARS, int((_SHARE_RED if has_failures else _SHARE_GREEN) * len(segment.text)))
    for status in dict.fromkeys(case.status for case in report.cases if not case.has_failed):
        shown += _named(status, [case.titled for case in report.cases if case.status == status], room)
    what = f"the same in JSON, with times and frames; its fields: {' '.join(report.keys[:_KEYS_TOLD])}"
    return [Block(0, len(segment.lines), tuple(shown), what, Rank.EVIDENCE)]


def _named(status: str, names: Sequence[str], room: int) -> list[str]:
    some = sampled(names, room)
    told = f"{len(names)} {status}"
    return listed(told if len(some) == len(names) else f"{told}, {len(some)} of them named", some)


def _parts(segment: Segment) -> list[Part]:
    """Every failure; a report's lines are not taken apart, so each is the whole of it."""
    report = _read(segment)
    return [
        Part("failure", case.name, 0, len(segment.lines), " - ".join((case.name, *case.told[:1])))
        for case in (report.cases if report is not None else ())
        if case.has_failed
    ]


RUNNER = Form(
    name="json report", recognise=_recognise, evidence=_evidence, reduce=_reduce, parts=_parts, literals=_LITERALS
)
