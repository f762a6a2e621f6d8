"""How jest reads (captured with 30): a file after the other, each failure with a diff, an excerpt and frames.

PASS tests/a.test.js                a list of names
FAIL tests/cart.test.js             as printed
  ● Console                         what tests printed: kept where short
  ● Cart › adds tax                 heading, message, diff, marked line, own frames
    expect(received).toBe(...)
Summary of all failing tests        the same again: left out
Tests:  3 failed, 27 passed         as printed

With `--verbose` the tests of a file stand below it as a tree.
"""  # noqa: RUF002 - the signs are the runner's own

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from sidecar.compression.alarms import is_alarm
from sidecar.compression.forms.tests.coverage import mark_coverage
from sidecar.compression.forms.tests.excerpts import mark_excerpts, tell
from sidecar.compression.forms.tests.grammar import Grammar, Kind, Rule
from sidecar.compression.forms.tests.run import Run
from sidecar.compression.forms.tests.runner import runner
from sidecar.compression.forms.tests.tree import name_tree
from sidecar.compression.vocabulary import Evidence, Part, Segment, verbatim

__all__ = ["RUNNER"]

_HEADING = re.compile(r"  ● (?!Console$)(?P<name>\S.*)$")
_SUITE = re.compile(r"FAIL (?P<name>\S.*?)(?!\S)(?: \([\d.]+ m?s\))?$")
_ADVICE = re.compile(
    r"    (?:Jest failed to parse a file\.|Out of the box Jest|By default \"node_modules\"|Here's what you can do:"
    r"| • |You'll find more details|https://jestjs\.io/docs/|For information about custom)"
)
_HINT = re.compile(r" +(?:Add a timeout value to this test to increase|If this is a long-running test)")
_CONSOLE_LINES = 12


def _finish(run: Run) -> None:
    told = {section.name for section in run.sections}
    _mark_again(run)
    _mark_console(run)
    if "✓" in run.segment.text or "✕" in run.segment.text or "√" in run.segment.text:
        name_tree(run, between=" › ", is_told=told.__contains__)
        for index, kind in enumerate(run.kinds[:-1]):
            if kind is Kind.PASSED and run.lines[index].startswith("PASS ") and run.lines[index + 1].strip():
                run.kinds[index], run.why[index] = Kind.SUITE, "headings"
    mark_coverage(run)
    for index, kind in enumerate(run.kinds):
        if kind is Kind.OTHER and _ADVICE.match(run.lines[index]):
            run.why[index] = "advice"


def _mark_again(run: Run) -> None:
    """What the summary of many failures says again in the very same words may go, heading and all."""
    said: set[tuple[str, ...]] = set()
    suite = ""
    suites = [i for i, line in enumerate(run.lines) if line.startswith("FAIL ")]
    at = 0
    for section in run.sections:
        while at < len(suites) and suites[at] < section.start:
            suite = run.lines[suites[at]]
            at += 1
        words = (suite, *(line for line in run.lines[section.start : section.end] if line.strip()))
        if words in said:
            for index in range(section.start, section.end):
                run.why[index] = "failures told above"
        said.add(words)
    seen: set[str] = set()
    for index in suites:
        if run.lines[index] in seen:
            run.why[index] = "failures told above"
        seen.add(run.lines[index])


def _mark_console(run: Run) -> None:
    """Of what tests printed through the console: messages stay, the frames and excerpts under each go."""
    if "console." not in run.segment.text:
        return
    for start, end, is_section in _console(run):
        mark_excerpts(run, start, end)
        body = [i for i in range(start + 1, end) if run.lines[i].strip()]
        for index in body:
            line = run.lines[index]
            if run.grammar.is_frame(line) or (run.kinds[index] is Kind.KEPT and "|" in line):
                run.why[index] = "where it was printed"
        left = [i for i in body if not run.why[i]] if is_section else []
        for index in left[_CONSOLE_LINES:]:
            if not is_alarm(run.lines[index]):
                run.why[index] = "printed output"


def _console(run: Run) -> Iterable[tuple[int, int, bool]]:
    """The sections `● Console`, and what `--verbose` prints between the files, as it happens."""
    at = 0
    for section in run.sections:
        if at < section.start:
            yield at, section.start, False
        if run.lines[section.start].startswith("  ● Console"):
            yield section.start, section.end, True
        at = max(at, section.end)
    if at < len(run.lines):
        yield at, len(run.lines), False


def _evidence(segment: Segment) -> list[Evidence]:
    return verbatim(segment, _must(segment))


def _must(segment: Segment) -> Iterable[int]:
    """Headings with their messages, what was expected and received, the marked line; failing files; totals."""
    said: set[tuple[str, str]] = set()
    heading = ""
    wants_message = False
    for index, line in enumerate(segment.lines):
        first = line[:1]
        if not first.strip() and first:
            if line.startswith("  ● "):
                heading = line if _HEADING.match(line) else ""
                wants_message = bool(heading)
                if heading and ("", line) not in said:
                    said.add(("", line))
                    yield index
                continue
            if not heading:
                continue
            is_must = wants_message or line.startswith(("    Expected", "    Received", "    > "))
            if is_must and line.strip() and not line.lstrip().startswith("at "):
                wants_message = False
                if not _ADVICE.match(line) and not _HINT.match(line) and ("", line) not in said:
                    said.add(("", line))
                    yield index
        elif first:
            heading = ""
            if first in "FTSJN" and _TOTAL.match(line) and ("", line) not in said:
                said.add(("", line))
                yield index


_TOTAL = re.compile(r"FAIL \S|Jest: |Test Suites: |Tests: |Snapshots: |No tests found")


def _parts(segment: Segment, found: list[Part]) -> list[Part]:
    """As every runner's, but a file that failed to run is named with its path, and the console is no failure."""
    parts: list[Part] = []
    suite = ""
    suites = [(i, named["name"]) for i, line in enumerate(segment.lines) if (named := _SUITE.match(line[:2_000]))]
    said: set[str] = set()
    at = 0
    for part in found:
        while at < len(suites) and suites[at][0] <= part.start:
            suite = suites[at][1]
            at += 1
        if part.label == "Console" or segment.lines[part.start].startswith(("FAIL ", "    ")):
            continue
        label = f"{suite} › {part.label}" if suite else part.label
        if label in said:
            continue
        said.add(label)
        told = f"FAIL {suite} {part.said.removeprefix('● ')}" if suite else part.said
        parts.append(replace(part, label=label, said=told))
    return parts


_GRAMMAR = Grammar(
    name="jest",
    literals=(
        "Test Suites: ",
        "FAIL ",
        "PASS ",
        "  ● ",
        "No tests found, exiting with code",
        "No tests found related to files",
    ),
    sure=r"^Test Suites: +(?:\d+ [a-z]+, )*\d+ (?:of \d+ )?total$|^(?:FAIL|PASS) .*\n(?:.*\n)?  ● \S"
    r"|^No tests found, exiting with code \d",
    likely=r"^  ● \S.*(?: › |failed to run)",
    programs=frozenset({"jest", "npm", "npx", "yarn", "pnpm", "bun", "react-scripts", "node"}),
    rules=(
        Rule(Kind.PASSED, r"PASS (?P<name>\S.*?)(?!\S)(?: \([\d.]+ m?s\))?$"),
        Rule(Kind.FAILED, r"FAIL (?P<name>\S.*?)(?!\S)(?: \([\d.]+ m?s\))?$"),
        Rule(Kind.SECTION, r"  ● (?P<name>\S.*)$"),
        Rule(Kind.SECTION, r"● (?P<name>\S.*)$"),
        Rule(Kind.TOTAL, r"(?:Test Suites|Tests|Snapshots): "),
        Rule(Kind.TOTAL, r"No tests found, exiting with code \d"),
        Rule(Kind.KEPT, r"Run with `--passWithNoTests`"),
        Rule(Kind.KEPT, r"In /\S+$|Pattern: ", inside=False),
        Rule(Kind.KEPT, r" +(?:\d+ files? checked|test\w+: )", inside=False),
        Rule(Kind.NOISE, r"Time: +\d", what="timing"),
        Rule(Kind.NOISE, r"Ran all test suites", what="timing"),
        Rule(Kind.PASSED, r" +[✓√] (?P<name>.+?)(?!\S)(?: \([\d.]+ m?s\))?$", inside=False),
        Rule(Kind.FAILED, r" +[✕×] (?P<name>.+?)(?!\S)(?: \([\d.]+ m?s\))?$", inside=False),
        Rule(Kind.SKIPPED, r" +[○✎] (?:skipped|todo) (?P<name>.+)$", inside=False),
        Rule(Kind.ALARM, r"Jest: "),
        Rule(Kind.KEPT, r"Summary of all failing tests$"),
        Rule(Kind.END, r"Snapshot Summary$", what="headers"),
        Rule(Kind.KEPT, r" [›↳] "),
        Rule(Kind.NOISE, _HINT.pattern, inside=True, what="advice"),
    ),
    frame=r" +at (?:async )?(?:\S.* \()?(?P<path>[^()]+)\)?$",
    library=r"node_modules[/\\]|\bnode:|<anonymous>|\(internal/|at native$",
    message=r" {4}(\S.*)",
    before=r"\S",
    evidence=_evidence,
    tell=tell,
    finish=_finish,
    parts=_parts,
)

RUNNER = runner(_GRAMMAR)
