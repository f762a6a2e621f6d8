"""How Playwright's runner reads with its list, line and dot reporters (captured with 1.65).

✓  1 [api] › tests/cart.spec.ts:3:3 › cart › starts empty (6ms)     a list of names
✘  2 [api] › tests/cart.spec.ts:4:3 › cart › adds tax (25ms)        as printed, with its time
1) [api] › tests/cart.spec.ts:4:3 › cart › adds tax ──────          message, diff, marked line, places
  Retry #1 ─────                                                    left out where it says the same
16 failed                                                           totals; the names below them go
"""  # noqa: RUF002 - the signs are the runner's own

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

from sidecar.compression.forms.tests.excerpts import tell
from sidecar.compression.forms.tests.grammar import Grammar, Kind, Rule
from sidecar.compression.forms.tests.run import Run
from sidecar.compression.forms.tests.runner import runner
from sidecar.compression.vocabulary import Evidence, Part, Segment

__all__ = ["RUNNER"]

_HEADING = re.compile(r"  \d+\) (?P<name>(?:\[[^\]]*\] › )?\S.*?:\d+:\d+ › .*?)(?: ─+)?$")
_RETRY = re.compile(r"    Retry #\d+ ─+$")
_TOTAL = re.compile(r"  \d+ (?:failed|flaky|skipped|did not run|interrupted|passed)\b|  \d+ errors? (?:was|were) not")
_ATTACHED = re.compile(r"    \S*test-results\S*$")
_NAMED = re.compile(r"    (?P<name>\S.*?:\d+:\d+ › .*?)(?: ─+)?$")
_WARNING = re.compile(r"\(node:\d+\) Warning: The 'NO_COLOR'|\(Use `node --trace-warnings")
_TIME = r"(?: \([\d.]+m?s\))?"


def _tell(run: Run, start: int, end: int) -> None:
    """The first attempt as any failing section; of the later ones what they do not say alike."""
    tell(run, start, end)
    _tell_attachments(run, start, end)
    attempts = [start, *(i for i in range(start, end) if _RETRY.match(run.lines[i])), end]
    said = {line.strip() for line in run.lines[attempts[0] : attempts[1]]}
    for first, last in pairwise(attempts[1:]):
        body = [i for i in range(first + 1, last) if run.lines[i].strip() and not run.why[i]]
        fresh = [i for i in body if run.lines[i].strip() not in said and "Error Context: " not in run.lines[i]]
        run.instead[first] = run.lines[first].rstrip(" ─")
        if not fresh:
            for i in range(first, last):
                run.why[i] = "the same on a retry"
        for i in body:
            if run.lines[i].strip() in said or i not in fresh:
                run.why[i] = "the same on a retry"


def _tell_attachments(run: Run, start: int, end: int) -> None:
    """Where a section names its error's context, the screenshots and traces beside it may go."""
    context = [i for i in range(start, end) if "Error Context: " in run.lines[i]]
    if not context:
        return
    for index in range(start, end - 1):
        if run.lines[index].startswith("    attachment #"):
            run.why[index] = "attachments"
            if _ATTACHED.match(run.lines[index + 1]):
                run.why[index + 1] = "attachments"


def _finish(run: Run) -> None:
    run.shortened = "rules"
    failed = {section.name for section in run.sections}
    for index, name in list(run.names.items()):
        if name in failed:
            del run.names[index]
    whole = {
        " › ".join(words[:count]) for words in (name.split(" › ") for name in failed) for count in range(len(words) + 1)
    }
    total = ""
    for index, kind in enumerate(run.kinds):
        line = run.lines[index]
        if kind is Kind.TOTAL:
            total = line
        elif kind is Kind.OTHER and _WARNING.match(line):
            run.why[index] = "node's own warnings"
        elif kind is Kind.OTHER and total and (found := _NAMED.match(line[:2_000])):
            # A step that failed is part of the heading above, but not of the name below the total.
            if " failed" in total and found["name"] in whole:
                run.why[index] = "failing tests, told above"
            else:
                run.instead[index], run.why[index] = line.rstrip(" ─"), ""


def _evidence(segment: Segment) -> list[Evidence]:
    return list(_must(segment))


def _must(segment: Segment) -> Iterable[Evidence]:
    """Headings without their rule, the first line of each message, expected and received, the first place, totals."""
    said: set[str] = set()
    wants: set[str] = set()
    for index, line in enumerate(segment.lines):
        if line[:2] != "  ":
            if line.startswith("Error: ") and not wants:
                yield Evidence(index, (line,))
            continue
        part = ""
        if line[2:3] != " ":
            if _HEADING.match(line[:2_000]):
                wants = {"message", "place"}
                part = line
            else:
                wants = set()
                part = line if _TOTAL.match(line) else ""
        elif wants and line.strip():
            if _RETRY.match(line):
                wants = set()
            elif "message" in wants:
                wants.discard("message")
                part = line
            elif line.startswith(("    Expected", "    Received")):
                part = line
            elif "place" in wants and line.startswith("        at ") and "node_modules" not in line:
                wants.discard("place")
                part = line
        if part and part not in said:
            said.add(part)
            yield Evidence(index, (part,))


def _parts(segment: Segment, found: list[Part]) -> list[Part]:
    """The failures told in full, without the rule after their name."""
    full = [
        replace(part, said=part.said.replace(" ─", "").replace("─", ""))
        for part in found
        if _HEADING.match(segment.lines[part.start][:2_000])
    ]
    return full or found


_GRAMMAR = Grammar(
    name="playwright",
    literals=("Running ", "Error: No tests found", " passed (", " failed\n", " ───"),
    sure=r"^Running \d+ tests? using \d+ workers?"
    r"|^  \d+\) (?:\[[^\]]*\] › )?\S+:\d+:\d+ › .*─|^Error: No tests found\.?$",
    likely=r"^  \d+ (?:passed|failed|flaky)(?: \([\d.]+m?s\))?$",
    programs=frozenset({"playwright", "npx", "npm", "yarn", "pnpm"}),
    rules=(
        Rule(Kind.SECTION, _HEADING.pattern),
        Rule(Kind.PASSED, rf"  (?:✓|ok) +\d+ (?P<name>\S.*?)(?!\S){_TIME}$"),
        Rule(Kind.FAILED, rf"  (?:✘|x) +\d+ (?P<name>\S.*?)(?!\S)(?: \(retry #\d+\))?{_TIME}$"),
        Rule(Kind.SKIPPED, r"  - +\d+ (?P<name>\S.*?)$"),
        Rule(Kind.NOISE, r"\[\d+/\d+\] \(retries\) ", what="progress"),
        Rule(Kind.PASSED, rf"\[\d+/\d+\] (?P<name>\S.*? › .*?){_TIME}$"),
        Rule(Kind.TOTAL, _TOTAL.pattern),
        Rule(Kind.NOISE, r"Running \d+ tests? using", what="headers"),
        Rule(Kind.NOISE, r"[·×FT±°]+$", what="progress", inside=False),
        Rule(
            Kind.NOISE,
            r" +(?:- user-agent: |- accept: |- accept-encoding: )",
            inside=True,
            what="headers of the request",
        ),
        Rule(
            Kind.NOISE,
            r"(?:To open last HTML report run:|  npx playwright show-report|Serving HTML report)",
            what="advice",
        ),
        Rule(Kind.NOISE, r" {4}(?:─+|Usage:|    npx playwright show-trace)", inside=True, what="advice"),
    ),
    frame=r" +at (?:\S.* \()?(?P<path>[^()]+:\d+:\d+)\)?$",
    library=r"node_modules[/\\]|\bnode:",
    message=r" +(\S.*)",
    evidence=_evidence,
    tell=_tell,
    finish=_finish,
    passed_label="ran",
    parts=_parts,
)

RUNNER = runner(_GRAMMAR)
