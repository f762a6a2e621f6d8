"""How vitest reads (captured with 3.2): files as they finish, then every failure in full.

 ✓ tests/a.test.js (12 tests) 6ms              a list of names
 ❯ tests/cart.test.js (9 tests | 3 failed)     as printed; the tests below it go, their failures are told
   × Cart > adds tax 6ms
⎯⎯⎯ Failed Suites 1 ⎯⎯⎯                         files that did not run
 FAIL  tests/cart.test.js > Cart > adds tax    heading, message, diff, place, marked line, own frames
⎯⎯⎯ Unhandled Errors ⎯⎯⎯                        likewise
 Test Files  7 failed | 1 passed (8)           as printed
"""  # noqa: RUF002 - the signs are the runner's own

from __future__ import annotations

import re
from collections.abc import Iterable

from sidecar.compression.forms.tests.coverage import mark_coverage
from sidecar.compression.forms.tests.excerpts import mark_said_again, tell
from sidecar.compression.forms.tests.grammar import Grammar, Kind, Rule
from sidecar.compression.forms.tests.run import Run
from sidecar.compression.forms.tests.runner import runner
from sidecar.compression.vocabulary import Evidence, Part, Segment, verbatim

__all__ = ["RUNNER"]

_TIME = r"(?: \d+(?:\.\d+)?m?s)?"
_ABOUT = r"(?: \((?:retry|repeat) x\d+\))*"
_HEAP = r"(?: \d+ MB heap used)?$"
_TIMED = re.compile(r"(?: \(.*\))? \d+(?:\.\d+)?m?s$")
_REASON = re.compile(r" +→ (?P<said>.*)")


def _finish(run: Run) -> None:
    mark_coverage(run)
    _mark_told(run)


def _mark_told(run: Run) -> None:
    """A failing test's line below its file, and the reason under it, may go where a section tells the same."""
    if not run.sections:
        return
    told = {_path(section.name) for section in run.sections}
    told |= {_path(name) for index, name in run.failed.items() if run.lines[index].startswith(" FAIL  ")}
    said: set[str] = set()
    for section in run.sections:
        said.update(line.strip() for line in run.lines[section.start : section.end])
    reasons = {line.partition(": ")[2] for line in said} | said
    first = run.sections[0].start
    file = ""
    is_told = False
    for index in range(first):
        line = run.lines[index]
        stripped = line.strip()
        kind = run.kinds[index]
        if line.startswith(" ❯ "):
            file, _, counted = stripped[2:].partition(" (")
            if counted.startswith("0 test)") and f"{file} [ {file} ]" in told:
                run.why[index] = "files that failed to load, told below"
        if names := _listed(run, index, file):
            is_told = not told.isdisjoint(map(_path, names))
            if is_told:
                run.why[index] = "failing tests, told below"
        elif kind in {Kind.PASSED, Kind.SKIPPED, Kind.SUITE, Kind.FAILED}:
            is_told = False
            if kind is Kind.PASSED and file and line.startswith("   "):
                run.names[index] = f"{file} > {run.names[index]}"
        elif is_told and stripped:
            found = _REASON.match(line)
            if (found["said"].strip() if found else stripped) in reasons:
                run.why[index] = "failing tests, told below"
            elif not found and run.why[index] == "printed output":
                run.why[index] = ""


def _listed(run: Run, index: int, file: str) -> tuple[str, ...]:
    """What a line below its file may call a failing test; before version 3 it has no cross but the whole path."""
    line, kind = run.lines[index], run.kinds[index]
    if kind is Kind.FAILED and line.lstrip().startswith("×"):
        name = run.failed.get(index, "")
        return f"{file} > {name}", name
    return (_TIMED.sub("", line.strip()[2:]),) if kind is Kind.OTHER and line.startswith("   ❯ ") else ()


def _path(name: str) -> str:
    """A test's whole name without its project, which the list and the section print differently."""
    return name.removeprefix("|").partition("| ")[2] if name.startswith("|") else name


def _tell(run: Run, start: int, end: int) -> None:
    tell(run, start, end)
    mark_said_again(run, start, end)


def _evidence(segment: Segment) -> list[Evidence]:
    return verbatim(segment, _must(segment))


def _must(segment: Segment) -> Iterable[int]:
    """Each failure's heading, message and first place; the totals; what could not be run."""
    said: set[str] = set()
    wants = ""
    for index, line in enumerate(segment.lines):
        is_must = False
        if line.startswith((" FAIL  ", "⎯")):
            is_must = line[0] == " "
            wants = "message" if is_must or "Unhandled R" in line or "Uncaught" in line else ""
        elif wants and line.strip():
            if wants == "message" and not line.lstrip().startswith(("at ", "❯ ", "✓ ", "× ", "↓ ", "→ ")):
                # Several tests that fail alike have their headings one below the other.
                is_must, wants = True, "place"
            elif line.startswith(" ❯ ") and _PLACE.match(line[:2_000]) and not _GRAMMAR.is_library(line):
                is_must, wants = True, ""
        elif line.startswith(("  ", " Test Files")):
            is_must = bool(_TOTAL.match(line))
        if is_must and line not in said:
            said.add(line)
            yield index


_PLACE = re.compile(r" ❯ (?:\S.* )?\S+:\d+:\d+$")
_TOTAL = re.compile(r" +(?:Test Files|Tests|Errors|Type Errors)  (?:\d|no)")


def _parts(segment: Segment, found: list[Part]) -> list[Part]:
    """The failures told in full; the list of files tells the same tests again, and is all there is of a run cut off."""
    full = [part for part in found if segment.lines[part.start].startswith((" FAIL  ", "⎯"))]
    return full or found


_GRAMMAR = Grammar(
    name="vitest",
    literals=("Test Files  ", " RUN  v", " DEV  v", "⎯⎯⎯", "No test files found, exiting with code"),
    sure=r"^ +Test Files  (?:no tests|\d+ )|^ (?:RUN|DEV)  v\d+\.\d+\.\d+"
    r"|^⎯+ (?:Failed (?:Tests|Suites)|Unhandled Errors)"
    r"|^ FAIL  \S.* > .*\n(?:\w*Error|.*: )|^No test files found, exiting with code \d",
    rules=(
        Rule(Kind.NOISE, r"⎯+(?:\[\d+/\d+\]⎯*)?$", what="rules"),
        Rule(Kind.SECTION, r"⎯+ (?P<name>(?:Unhandled|Vitest|Serialized|Typecheck|Uncaught) .*?) ⎯+$"),
        Rule(Kind.END, r"⎯+ Failed (?:Tests|Suites|Benchmarks) \d+ ⎯+$", what="rules"),
        Rule(Kind.SECTION, r" FAIL  (?P<name>\S.*)$"),
        Rule(Kind.TOTAL, r" +Test Files  |  +(?:Tests|Errors|Type Errors|Suites)  "),
        Rule(Kind.TOTAL, r"  Snapshots  "),
        Rule(Kind.NOISE, r"  +(?:Start at|Duration)  ", what="timing"),
        Rule(Kind.NOISE, r" (?:RUN|DEV)  v\d", what="headers"),
        Rule(Kind.TOTAL, r"No test files found, exiting with code \d"),
        Rule(Kind.KEPT, r"(?:filter|include|exclude): ", inside=False),
        Rule(Kind.NOISE, r"      Coverage enabled with|^ % Coverage report", what="headers"),
        Rule(
            Kind.PASSED,
            rf" +✓ (?P<name>\S.*?)(?!\S)(?: \(\d+ tests?(?: \| \d+ skipped)?\))?{_ABOUT}{_TIME}{_HEAP}",
            inside=False,
        ),
        Rule(Kind.FAILED, rf" +× (?P<name>\S.*?)(?!\S){_ABOUT}{_TIME}{_HEAP}", inside=False),
        Rule(Kind.FAILED, r" ❯ (?P<name>\S+.*?) \(\d+ tests?.*\)", inside=False),
        Rule(
            Kind.SKIPPED,
            rf" +↓ (?P<name>\S.*?)(?!\S)(?: \(\d+ tests?.*\))?(?: \[(?P<reason>.*)\])?{_TIME}$",
            inside=False,
        ),
        Rule(Kind.NOISE, r"[·.x*\-✓×]+$", what="progress", inside=False),
        Rule(Kind.ALARM, r"::error "),
        Rule(Kind.NOISE, r"If this is a long-running test, pass a timeout", what="advice"),
        Rule(Kind.NOISE, r"This might cause false positive tests\. Resolve", what="advice"),
        Rule(Kind.NOISE, r"- (?:The error was thrown, while|If the error occurred after)", what="advice"),
    ),
    frame=r" +❯ (?:\S.* )?(?P<path>\S+:\d+:\d+)$| +at (?:\S.* \()?(?P<other>[^()]+)\)?$",
    library=r"node_modules[/\\]|\bnode:",
    message=r"(\w[\w.]*(?:Error|Exception)?: .*|\S.*)",
    evidence=_evidence,
    before=r" (?:RUN|DEV)  v| +[✓❯×↓] |⎯+ \w",
    tell=_tell,
    finish=_finish,
    parts=_parts,
)

RUNNER = runner(_GRAMMAR)
