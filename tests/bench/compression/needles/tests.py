"""Facts of test runs: the failing tests' names, their assertions and places, the totals line.

From the documented output of pytest, unittest, cargo test, go test, jest and vitest, mocha, TAP, JUnit
through Maven and Gradle, GoogleTest, CTest, RSpec, minitest, PHPUnit and dotnet test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.bench.compression.needles.fact import Fact

__all__ = ["failing", "go_logs", "totals"]

_LINES = (
    # pytest: the short summary, `file.py:12: AssertionError`, and what begins with E
    r"^(?:FAILED|ERROR) (?P<a>\S*?\.py(?:::\S.*?)?)(?: - (?P<b>.*))?$",
    r"^(?P<a>\S+\.py::\S.*?)(?: <- \S+)? (?:FAILED|ERROR)(?: .*)?$",
    r"^(?P<a>[\w./-]+\.py:\d+): (?P<b>[A-Z]\w*(?:Error|Exception|Failed|Warning)\b.*|AssertionError)$",
    r"^E  +(?P<a>(?:[\w.]+(?:Error|Exception|Exit|Interrupt|Failed|Warning)\b|assert |Failed:|fixture ).*)$",
    r"^_{3,} (?P<a>\S.*?\S) _{3,}$",
    # unittest
    r"^(?:FAIL|ERROR): (?P<a>test\w*) \((?P<b>[\w.]+)\)",
    # cargo test / nextest
    r"^test (?P<a>\S.*?) \.\.\. FAILED$",
    r"^(?:---- )?(?P<a>\S+) stdout ----$",
    r"^thread '(?P<a>[^']+)' (?:\(\d+\) )?panicked at (?P<b>.*)$",
    r"^ +(?P<a>(?:left|right): .+)$",
    r"^ +(?:FAIL|SIGABRT|TIMEOUT) \[[^\]]*\] +(?:\([^)]*\) +)?(?P<a>\S.*)$",
    # go test
    r"^ *--- FAIL: (?P<a>\S+)",
    r"^FAIL\t(?P<a>\S+)",
    r"^(?P<a>panic: .+)$",
    r'"Action":"fail","Package":"(?P<a>[^"\n]+)"(?:,"Test":"(?P<b>[^"\n]+)")?',
    # jest, vitest, mocha, node:test
    r"^\s*● (?P<a>\S.*)$",
    r"^\s*FAIL {1,2}(?P<a>[\w@./-]+\.[cm]?[jt]sx?.*)$",
    (
        r"^\s*[✕✗×✖✘] +(?:\d+ (?!\(\d))?(?!failing tests:|\d+ problem|\d+:\d+ )(?:\[fail\]: )?"
        r"(?P<a>\S.*?)(?: \(?[\d.]+ ?ms\)?)?$"
    ),
    r"^not ok \d+ (?:- )?(?P<a>.*?)(?: #.*)?$",
    r"^\s+(?P<a>Assertion(?:Error|Failed)\b.*)$",
    r"^\s*(?P<a>(?:Expected|Received)(?: \w+)?: [^<\n]+)$",
    # JUnit's XML, whoever wrote it
    r'<testcase [^>\n]*?name="(?P<a>[^"&\n]+)"[^>]*>\s*<(?:failure|error)\b[^>]*?message="(?P<b>[^"&\n]*)',
    # JUnit: surefire, Gradle
    r"^\[ERROR\]\s+(?P<a>[\w.$]+(?:\.|:)\w+(?::\d+)?)(?:\(.*?\))?(?: (?P<b>.+))?$",
    r"^(?P<a>[\w$. ]+ > [\w$. (){}\[\]]+) FAILED$",
    # GoogleTest, CTest
    r"^\[  FAILED  \] (?P<a>[\w/.]+)",
    r"^(?P<a>\S+:\d+): Failure$",
    r"^\s*\d+ - (?P<a>\S+) \((?:Failed|Timeout|SEGFAULT|Subprocess aborted|Not Run)\)",
    # RSpec, minitest, PHPUnit
    r"^rspec (?P<a>\S+:\d+) # (?P<b>.*)$",
    r"^\d+\) (?P<a>[A-Z]\w*(?:\\\w+)*::\w+.*)$",
    r"^ *\d+\) (?:Failure|Error):$",
    r"^ *\d+\) (?P<a>\S.* › .*?)[ ─]*$",
    r"^(?P<a>[A-Z]\w*#test_\w+) \[(?P<b>[^\]]+)\]:$",
    r"^(?P<a>Failed asserting that .*)$",
    r"^\s+Failed (?P<a>[\w.]+(?:\(.*\))?) \[",
)
_FAILING = [re.compile(pattern, re.MULTILINE) for pattern in _LINES]

_TOTALS = re.compile(
    r"^(?:"
    r"=+ .*\b(?:passed|failed|error|errors|skipped|deselected|no tests ran)\b.* =+"
    r"|\d+ (?:passed|failed|errors?)\b.* in [\d.:hms ()]+"
    r"|Ran \d+ tests? in .*|FAILED \(.*\)|OK(?: \(.*\))?"
    r"|test result: .*|\s+Summary \[.*"
    r"|FAIL\t\S+\t.*|FAIL"
    r"|\s*Tests:? +\d.*|\s*Test Suites: .*|\s*Test Files +\d.*|\s+\d+ (?:passing|failing|pending)\b.*"
    r"|# (?:tests|pass|fail) \d+|1\.\.\d+"
    r"|(?:\[\w+\] )?Tests run: \d+(?:(?! in [\w.]).)*|(?:\[\w+\] )?Tests run: .*<<< .*|\d+ tests? completed, .*"
    r"|\[  PASSED  \] .*|\[==========\] \d+ tests? .* ran\..*| ?\d+ FAILED TESTS?|\d+% tests passed.*"
    r"|\d+ examples?, \d+ failures?.*|\d+ (?:runs|tests), \d+ assertions.*|OK \(\d+ tests?.*\)"
    r"|(?:Passed|Failed)! +- .*|Total tests: .*"
    r")$",
    re.MULTILINE,
)
_DURATION = re.compile(
    r", Time elapsed.*$|[,;]? (?:in|Time:?|finished in) +[\d.]+ ?m?s.*$| \([\d.]+ ?m?s(?: total)?\)|\s+\d+\.\d+s\b"
)


def failing(text: str) -> Iterator[Fact]:
    for pattern in _FAILING:
        # A rule of underscores heads a failure only in that section: passed tests' output is headed so too.
        read = _failures_section(text) if pattern.pattern.startswith("^_") else text
        for match in pattern.finditer(read):
            yield Fact.of(match.group(), *(piece for piece in match.groups() if piece), kind="test")


_GO = re.compile(
    r"^\s*(?:=== (?:RUN|CONT|NAME) +(?P<now>\S+)|--- (?:(?P<red>FAIL)|\w+): (?P<done>\S+).*)$"
    r"|^\s+(?P<place>[\w./-]+_test\.go:\d+): (?P<said>.*)$",
    re.MULTILINE,
)


def go_logs(text: str) -> Iterator[Fact]:
    """What go's failing tests logged: a passing test may log as well, and that is no news."""
    logged: list[tuple[str, re.Match[str]]] = []
    failed: set[str] = set()
    now = ""
    for match in _GO.finditer(text):
        now = match["now"] or match["done"] or now
        if match["red"]:
            failed.add(match["done"])
        elif match["place"]:
            logged.append((now, match))
    for name, match in logged:
        if name in failed:
            yield Fact.of(match.group(), match["place"], match["said"], kind="test")


def _failures_section(text: str) -> str:
    """What pytest prints between the headings FAILURES or ERRORS and the next heading that is neither."""
    sections = re.split(r"^(={3,} .* ={3,})$", text, flags=re.MULTILINE)
    pairs = zip(sections[1::2], sections[2::2], strict=False)
    return "\n".join(body for heading, body in pairs if heading.strip("= ") in ("FAILURES", "ERRORS"))


def totals(text: str) -> Iterator[Fact]:
    """The lines that count: how long a run took is no fact of it."""
    for match in _TOTALS.finditer(text):
        line = _DURATION.sub("", match.group()).strip().strip("= ")
        if any(character.isalnum() for character in line):
            yield Fact.of(match.group().strip(), line, kind="totals")
