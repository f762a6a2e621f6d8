"""How the Test Anything Protocol reads: `node --test`, tape, bats, Perl's prove, and reporters called tap.

ok 1 - starts empty                a list of names
not ok 2 - adds tax                as printed, with what stands below it: error, expected, actual, own frames
  ---
  duration_ms: 1.5                 goes
  ...
1..2                               as printed
# fail 1
t/ok_1.t .. ok                     prove: a list of names; its summary report stays
"""

from __future__ import annotations

import re

from sidecar.compression.alarms import is_alarm
from sidecar.compression.forms.tests.excerpts import tell
from sidecar.compression.forms.tests.grammar import Grammar, Kind, Rule
from sidecar.compression.forms.tests.must import Must
from sidecar.compression.forms.tests.run import Run
from sidecar.compression.forms.tests.runner import runner
from sidecar.compression.vocabulary import Segment

__all__ = ["RUNNER"]

_FINDING = re.compile(r"^ *(?:not )?ok \d+\b", re.MULTILINE)
_SURE = re.compile(
    r"^TAP version 1[34]$|^1\.\.\d+$(?:\n.*){0,3}\n *(?:not )?ok \d+\b|^ *(?:not )?ok \d+\b.*(?:\n.*){0,40}\n1\.\.\d+$"
    r"|^Result: (?:PASS|FAIL|NOTESTS)$|^\S+\.t \.{2,} ?(?:ok$|skipped|$)",
    re.MULTILINE,
)
_SUBTEST = re.compile(r"( *)# Subtest: (.*)")


def _recognise(segment: Segment) -> float:
    text = segment.text
    if "TAP version 1" in text or "Result: " in text or "1.." in text or ".t .." in text:
        found = _SURE.search(text)
        if found is not None and not (found[0].startswith("Result") and "Files=" not in text):
            return 0.97
    if "ok 1" not in text and "ok " not in text[:200]:
        return 0.0
    findings = sum(1 for _ in zip(range(20), _FINDING.finditer(text), strict=False))
    return 0.6 if findings >= 5 and findings * 12 >= min(len(segment.lines), 240) else 0.0


def _tell(run: Run, start: int, end: int) -> None:
    """A failing test; of a stack that only says again where it failed, and as what, nothing.

    at: Test.<anonymous> (test/parse.js:249:7)              stays
    stack: |-                                               goes
      Error: defaults to a depth of 5                       goes: the name of the test
          at Test.<anonymous> (test/parse.js:249:7)         goes
    """
    tell(run, start, end)
    lines = run.lines
    place = next((line.strip() for line in lines[start:end] if line.lstrip().startswith("at: ")), "")
    stack = next((i for i in range(start, end) if lines[i].strip() == "stack: |-"), end)
    left = [i for i in range(stack + 1, end) if not run.why[i] and lines[i].strip()]
    name = next((section.name for section in run.sections if section.start == start), "")
    again = {f"at {place.removeprefix('at: ')}", f"Error: {name}"}
    if place and name and all(lines[i].strip() in again or lines[i].strip() == "..." for i in left):
        for i in range(stack, end):
            run.why[i] = run.why[i] or "the place again"


def _finish(run: Run) -> None:
    """Tests of a subtest are named by it; tape's headings go; the report of prove stays whole."""
    is_said = False
    for index in range(len(run.lines) - 1):
        line = run.lines[index]
        # What stands right below a failing test of bats or Perl's is what that said, down to its last line.
        above = run.lines[index - 1].lstrip() if index else ""
        is_said = line.startswith("# ") and (is_said or above.startswith("not ok "))
        if is_said or run.kinds[index] is not Kind.OTHER or not line.startswith("# "):
            continue
        if run.kinds[index + 1] is Kind.PASSED:
            run.why[index] = "" if is_alarm(line) else "headings"
    if "# Subtest: " in run.segment.text:
        _name_subtests(run)
    report = next((i for i, line in enumerate(run.lines) if line == "Test Summary Report"), None)
    if report is not None:
        for index in range(report, len(run.lines)):
            if run.lines[index].strip() and run.why[index] == "printed output":
                run.why[index] = ""


def _name_subtests(run: Run) -> None:
    path: list[tuple[int, str]] = []
    for index, kind in enumerate(run.kinds):
        if kind is Kind.NOISE and (found := _SUBTEST.match(run.lines[index])):
            while path and path[-1][0] >= len(found[1]):
                path.pop()
            path.append((len(found[1]), found[2]))
        elif kind is Kind.PASSED and path:
            line = run.lines[index]
            depth = len(line) - len(line.lstrip())
            above = [words for at, words in path if at < depth]
            run.names[index] = " > ".join([*above, run.names[index]])


_MUST = Must(
    heading=r" *(?:not ok \d+\b(?!.*# (?:TODO|todo|SKIP|skip)).*|#   Failed test.*)$",
    anywhere=(
        r"(?:1\.\.\d+|# (?:tests|pass|fail) +\d+|Result: .*|Files=.*|Dubious.*|  Failed tests?: .*|  Parse errors: .*"
        r"|\S+ +\(Wstat: .*|Bail out!.*)$"
    ),
    leaves=re.compile(r" *ok \d| *not ok \d.*# (?:TODO|todo|SKIP|skip)| *1\.\.\d|# (?:tests|Subtest)|\S+ \.{2,}"),
    message_lines=0,
    always=re.compile(
        r" +(?:error|expected|actual|message|location|at): |# \(in test file|#   at .* line \d+|# +(?:got|expected): "
    ),
)

_GRAMMAR = Grammar(
    name="tap",
    literals=("ok 1", "TAP version 1", "Result: ", ".t .."),
    sure=r"TAP version 1[34]$",
    recognise=_recognise,
    rules=(
        Rule(
            Kind.SKIPPED,
            r" *(?:not )?ok \d+(?: -)? ?(?P<name>.*?) ?# (?:SKIP|skip|TODO|todo)\w*:? ?(?P<reason>.*)$",
        ),
        Rule(Kind.PASSED, r" *ok (?P<name>\d+)(?: in [\d.]+ ?m?s(?:ec)?)?$"),
        Rule(Kind.PASSED, r" *ok \d+(?: -)? (?P<name>.*?)(?!\S)(?: # (?:time=|in )?[\d.]+ ?m?s)?(?: \{)?$"),
        Rule(Kind.SECTION, r" *not ok \d+(?: -)? ?(?P<name>.*?)(?!\S)(?: # time=.*)?(?: \{)?$"),
        Rule(Kind.SECTION, r" *#   Failed test(?: '(?P<name>.*)')?"),
        Rule(Kind.TOTAL, r"(?:1\.\.\d+|# (?:tests|pass|fail|cancelled|skipped|skip|todo|ok|Failed|Looks like)\b.*)$"),
        Rule(Kind.NOISE, r" +1\.\.\d+$", what="plans"),
        Rule(Kind.NOISE, r"# (?:suites|duration_ms|time) +[\d.]+", what="timing"),
        Rule(Kind.TOTAL, r"(?:Files=|Result: |All tests successful|Failed \d+/\d+ |Bail out!)"),
        Rule(Kind.NOISE, r" *# Subtest: ", what="headings"),
        Rule(Kind.NOISE, r"TAP version \d", what="headers"),
        Rule(Kind.NOISE, r" +(?:---|\.\.\.)$", what="details of the tests"),
        Rule(
            Kind.NOISE,
            r" +(?:duration_ms|type|failureType|code|at|operator|exitCode|signal): ?",
            inside=False,
            what="details of the tests",
        ),
        Rule(
            Kind.NOISE,
            r" +(?:duration_ms: |code: 'ERR_TEST_FAILURE'|signal: ~|type: '|failureType: 'testCode)",
            inside=True,
            what="details of the tests",
        ),
        Rule(Kind.SUITE, r"\S+\.t \.{2,} ?(?:Dubious.*|Failed.*)?$"),
        Rule(Kind.PASSED, r"(?P<name>\S+) \.{2,} ?ok(?: +\d+ ms)?$"),
        Rule(Kind.SKIPPED, r"(?P<name>\S+) \.{2,} ?skipped: (?P<reason>.*)$"),
        Rule(
            Kind.KEPT,
            r"(?:Dubious, test returned|Test Summary Report"
            r"|\S+ +\(Wstat: |  (?:Failed tests?|Parse errors|Non-zero)).*$",
        ),
        Rule(Kind.NOISE, r"(?:ok|-{10,})$", what="details of the tests"),
        Rule(Kind.NOISE, r" *# +at .*(?:node:|node_modules)", what="library frames"),
    ),
    frame=r" +(?:at |async )?(?:\S.* )?\(?(?P<path>[^()\s]+:\d+:\d+)\)?$",
    library=r"node_modules[/\\]|\bnode:",
    message=r" *(?:# )?(\S.*)",
    evidence=_MUST.evidence,
    tell=_tell,
    finish=_finish,
)


RUNNER = runner(_GRAMMAR)
