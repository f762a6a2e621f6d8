"""What of pytest's output must survive, found line by line without the parser that shortens it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from sidecar.compression.forms.tests.pytest_doctest import values
from sidecar.compression.forms.tests.pytest_lines import (
    ends_of,
    is_mute,
    is_outcome,
    is_value,
    said_by,
    said_twice,
    without_addresses,
)
from sidecar.compression.forms.tests.pytest_summary import failures
from sidecar.compression.vocabulary import Evidence, Segment

__all__ = ["evidence"]

_TITLE = re.compile(r"={3,} (\S.*\S|\S) ={3,}$")
_HEADING = re.compile(r"_+ (?!coverage: platform )(?:[^_\s].*|_*[A-Za-z].*) _+$")
_TOTALS = re.compile(
    r"(?:=+ )?(?:\d+ (?:passed|failed|error|skipped|deselected|xfailed|xpassed|warning|rerun|subtests)"
    r"|no tests ).* in [\d.]+"
)
_RAISED = re.compile(r"\S.*:\d+: (?!in )\S")
_RAISED_NATIVE = re.compile(r"[A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt|Failed|Warning)(?::|$)")
_RAISED_IN_GROUP = re.compile(r" +\| " + _RAISED_NATIVE.pattern)
"""One of the exceptions of a group, whose traceback stands behind a rule."""
_VERDICT = re.compile(r"(\S+\.\w+::.* (?:FAILED|ERROR))(?: +\[ *\d+%\])?$")
_STARTS = (
    "!!!",
    "Fatal Python error",
    "FAIL Required test coverage",
    "ERROR: ",
    "worker '",
    "pytest: error",
    "ImportError while",
    "TOTAL ",
)
_ANYWHERE = frozenset("!EFISTpw")
"""How a line begins that is evidence under whatever title, but for totals."""

_SILENT = frozenset({"", " "})
"""How a line begins that is none, unless it tells an exception of a group."""

_QUIET = frozenset({"PASSES", "XFAILURES", "XPASSES"})
_DIFF_LINES = 40
_DIFF_HEAD = 12


def evidence(segment: Segment) -> list[Evidence]:
    """E lines and places (each once), names, outcomes, interruptions, internal errors, totals."""
    lines = segment.lines
    found: list[int] = []
    is_summarised = " short test summary info ==" in segment.text
    title = "" if is_summarised else "FAILURES"
    said: set[str] = set()
    twice: dict[int, tuple[int, str]] = {}
    captured = False
    in_group = _raised_in_group(segment) | values(segment)
    index = 0
    while index < len(lines):
        line = lines[index]
        initial = line[:1]
        if initial in _SILENT and index not in in_group:
            pass
        elif initial == "=" and (heading := _TITLE.match(line)):
            title, captured = heading[1], False
            if _TOTALS.match(line):
                found.append(index)
        elif initial == "-" and line.startswith("---") and " Captured " in line:
            captured = True
        elif title in _QUIET:
            pass
        elif initial == "E" and (line == "E" or line.startswith("E ")):
            end = index
            while end < len(lines) and (lines[end] == "E" or lines[end].startswith("E ")):
                end += 1
            telling = (i for i in _explanation(index, lines[index:end]) if not is_mute(lines[i]))
            found.extend(i for i in telling if lines[i] not in said)
            again = said_twice(lines[index:end])
            twice.update((index + number, (index + at, words)) for number, (at, words) in again.items())
            said.update(lines[index:end])
            index = end
            continue
        elif _is_evidence(line, initial, title, captured):
            if initial in {"_", "="} or line not in said:
                found.append(index)
            said.add(line)
            captured = captured and initial != "_"
        elif initial == "_" and _HEADING.match(line):
            captured = False
        index += 1
    verdicts = () if is_summarised else _verdicts(lines)
    return [*_as_told(segment, found, twice), *verdicts]


def _verdicts(lines: Sequence[str]) -> Iterable[Evidence]:
    """What the progress of a run says of tests that failed, for no summary does."""
    for index, line in enumerate(lines):
        if "::" in line and (found := _VERDICT.match(line)):
            yield Evidence(index, (found[1],))


def _as_told(segment: Segment, found: Sequence[int], twice: Mapping[int, tuple[int, str]]) -> Iterable[Evidence]:
    """The lines themselves, but for what is said in two places.

    An outcome must stand with its failure, and of the heading it replaces the name; of a comparison that its
    assertion quotes (*twice*, with where that stands) the words there; of a value what is around the addresses.
    """
    lines = segment.lines
    evident = frozenset(found)  # a section under another title than those of failures is no failure's
    told = [failure for failure in failures(segment) if failure.outcome >= 0 and failure.start in evident]
    headings = {failure.start: failure.name for failure in told}
    places = {failure.outcome: failure.start for failure in told}
    headed = {index: failure.start for failure in told for index in failure.quoted}
    for index in found:
        if index in places:
            yield Evidence(index, ends_of(lines[index]), places[index])
            continue
        if index in twice:
            at, words = twice[index]
            yield Evidence(index, (words,), at)
            continue
        if index in headed:
            yield Evidence(index, ends_of(said_by(lines[index])), headed[index])
            continue
        if is_value(lines[index]) and len(ends_of(lines[index])) == 1:
            yield Evidence(index, tuple(without_addresses(lines[index])))
            continue
        yield Evidence(index, (headings[index],) if index in headings else ends_of(lines[index]))


def _raised_in_group(segment: Segment) -> frozenset[int]:
    """The indented lines that tell one of the exceptions of a group."""
    if " | " not in segment.text:
        return frozenset()
    return frozenset(i for i, line in enumerate(segment.lines) if line[:1] == " " and _RAISED_IN_GROUP.match(line))


def _is_evidence(line: str, initial: str, title: str, captured: bool) -> bool:
    if initial in _ANYWHERE:
        if is_outcome(line) or line.startswith(_STARTS):
            return True
        if line.startswith("INTERNALERROR> "):
            return bool(_RAISED_NATIVE.match(line[15:]))
    if initial.isdigit() or initial == "n":
        return bool(_TOTALS.match(line))
    if title not in {"FAILURES", "ERRORS"}:
        return False
    if initial == "_":
        return bool(_HEADING.match(line))
    if initial == " ":
        return not captured
    return not captured and bool((": " in line and _RAISED.match(line)) or _RAISED_NATIVE.match(line))


def _explanation(start: int, group: Sequence[str]) -> list[int]:
    if len(group) <= _DIFF_LINES:
        return list(range(start, start + len(group)))
    changed = [number for number, line in enumerate(group) if line[1:].lstrip()[:1] in {"+", "-", "?"}]
    return sorted({start + number for number in (*range(_DIFF_HEAD), *changed)})
