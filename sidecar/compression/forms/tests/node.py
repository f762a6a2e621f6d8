"""How `node --test` reads with its spec reporter (captured with 20.20): a tree with details, totals, failures again.

▶ Cart                              headings of failing tests stay
  ✔ starts empty (1.1ms)            a list of names
  ✖ adds tax (1.1ms)                as printed; its details go, they are told below
ℹ pass 2                            as printed
✖ failing tests:
test at test/cart.test.js:7:3       place, name, message, diff, own frames
"""  # noqa: RUF002 - the signs are the runner's own

from __future__ import annotations

import re
from dataclasses import replace

from sidecar.compression.forms.tests.coverage import mark_coverage
from sidecar.compression.forms.tests.excerpts import tell
from sidecar.compression.forms.tests.grammar import Grammar, Kind, Rule
from sidecar.compression.forms.tests.must import Must
from sidecar.compression.forms.tests.run import Run
from sidecar.compression.forms.tests.runner import runner
from sidecar.compression.forms.tests.tree import name_tree
from sidecar.compression.vocabulary import Part, Segment

__all__ = ["DOTS", "RUNNER", "is_long_value"]

_TIME = r"(?: \([\d.]+m?s\))?"
_BARE = re.compile(rf"[✖✔] (?P<name>.*?)(?!\S){_TIME}(?: # .*)?$")
_PROPERTY = re.compile(r" +(?:generatedMessage: |code: 'ERR_(?:ASSERTION|TEST_FAILURE)'|operator: '|\}$)")

_VALUE = re.compile(r" +(?:actual|expected): [{\[]")
_LONG_VALUE = 90
"""Values so long need not stand below the comparison of both."""


def _title(line: str) -> str:
    return _BARE.sub(r"\g<name>", line.strip().removeprefix("▶ "))


def is_long_value(line: str) -> bool:
    """Whether a line tells a long value that was compared: `  actual: { net: 20, ... }`."""
    return len(line) > _LONG_VALUE and _VALUE.match(line) is not None


def _mark_properties(run: Run, start: int, end: int) -> None:
    """Of what Node prints of an error's properties go codes, and long values whose comparison stands above."""
    compared = False
    for index in range(start, end):
        line = run.lines[index]
        compared = compared or line.strip().startswith("+ actual - expected")
        if _PROPERTY.match(line) or (compared and is_long_value(line)):
            run.why[index] = "details of the error"


def _finish(run: Run) -> None:
    told: set[str] = set()
    for section in run.sections:
        told.update(line.strip() for line in run.lines[section.start : section.end])
        _mark_properties(run, section.start, section.end)
    first = run.sections[0].start if run.sections else 0
    for index in range(first):
        if run.kinds[index] is Kind.OTHER and not run.lines[index].startswith("▶"):
            line = run.lines[index].strip()
            if line in told and line:
                run.why[index] = "failing tests, told below"
                run.kinds[index] = Kind.NOISE
            elif line.startswith("at ") and ("node:" in line or "node_modules" in line):
                run.why[index] = "library frames"
    name_tree(run, title=_title)
    mark_coverage(run)


_MUST = Must(
    heading=r"test at \S.*:\d+:\d+$",
    anywhere=r"ℹ (?:tests|pass|fail|cancelled|skipped|todo) \d+$| *✖ (?!failing tests:)\S.*$",
    leaves=re.compile(r"ℹ "),
    message_lines=2,
    place=re.compile(r" +at (?!.*(?:node_modules|node:))"),
    advice=re.compile(r" +at .*(?:node_modules|node:)"),
)


def _parts(segment: Segment, found: list[Part]) -> list[Part]:
    """Named by the test, not by its place."""
    parts: list[Part] = []
    for part in found:
        line = segment.lines[part.start]
        if line.startswith("test at ") and part.start + 1 < part.end:
            name = _title(segment.lines[part.start + 1])
            said = segment.lines[part.start + 2].strip() if part.start + 2 < part.end else ""
            parts.append(replace(part, label=name, said=f"{line} {name} - {said}"))
        elif not any(segment.lines[other.start].startswith("test at ") for other in parts[:1]):
            parts.append(part)
    full = [part for part in parts if segment.lines[part.start].startswith("test at ")]
    return full or parts


_GRAMMAR = Grammar(
    name="node test",
    indents=True,
    literals=("ℹ tests ", "✖ failing tests:", "▶ "),
    sure=r"^ℹ (?:tests|pass|fail) \d+$|^✖ failing tests:$",
    likely=r"^ *✖ .* \([\d.]+ms\)$",
    programs=frozenset({"node", "npm", "npx", "yarn", "pnpm", "tsx"}),
    rules=(
        Rule(Kind.SECTION, r"test at (?P<name>\S.*:\d+:\d+)$"),
        Rule(Kind.END, r"✖ failing tests:$", what="headers"),
        Rule(Kind.TOTAL, r"ℹ (?:tests|pass|fail|cancelled|skipped|todo) \d+$"),
        Rule(Kind.NOISE, r"ℹ (?:suites|duration_ms) [\d.]+$", what="timing"),
        Rule(Kind.NOISE, r"ℹ (?:start|end) of coverage report$", what="borders"),
        Rule(
            Kind.SKIPPED,
            rf" *﹣ (?P<name>\S.*?)(?!\S){_TIME}(?: # (?:SKIP|TODO)(?: (?P<reason>.+))?)?$",
            inside=False,
        ),
        Rule(
            Kind.SKIPPED,
            rf" *[✔⚠] (?P<name>\S.*?)(?!\S){_TIME} # (?:SKIP|TODO)(?: (?P<reason>.+))?$",
            inside=False,
        ),
        Rule(Kind.PASSED, rf" *✔ (?P<name>\S.*?)(?!\S){_TIME}$", inside=False),
        Rule(Kind.FAILED, rf" *✖ (?P<name>\S.*?)(?!\S){_TIME}(?: # .*)?$", inside=False),
        Rule(Kind.NOISE, r"Node\.js v\d", what="headers"),
        Rule(Kind.NOISE, r"[.X]{2,}$", what="progress", inside=False),
    ),
    frame=r" +at (?:async )?(?:\S.* \()?(?P<path>[^()]+)\)?(?: \{)?$",
    library=r"node_modules[/\\]|\bnode:",
    message=r" +(\S.*)",
    evidence=_MUST.evidence,
    tell=tell,
    finish=_finish,
    parts=_parts,
)

RUNNER = runner(_GRAMMAR)


def _finish_dots(run: Run) -> None:
    for section in run.sections:
        _mark_properties(run, section.start, section.end)


_MUST_DOTS = replace(
    _MUST,
    heading=rf"✖ \S.*{_TIME}$",
    anywhere=r"Failed tests:$",
)

DOTS = runner(
    Grammar(
        name="node test dots",
        indents=True,
        literals=("\nFailed tests:\n\n✖ ",),  # lab says the same, but numbers its failures
        sure=r"^Failed tests:$",
        rules=(
            Rule(Kind.SECTION, rf"✖ (?!\d+ problems? \()(?P<name>\S.*?)(?!\S){_TIME}$"),
            Rule(Kind.SUITE, r"Failed tests:$"),
            Rule(Kind.NOISE, r"[.X]+$", what="progress", inside=False),
        ),
        frame=_GRAMMAR.frame,
        library=_GRAMMAR.library,
        message=_GRAMMAR.message,
        evidence=_MUST_DOTS.evidence,
        tell=tell,
        finish=_finish_dots,
    )
)
"""Its dot reporter: a sign for each test, then every failure below its name; no totals."""
