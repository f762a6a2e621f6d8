"""How PHPUnit reads, with dots, as testdox and with --debug (captured with 9.6; 10 to 12 from their documentation).

.....F..E..   63 / 360 ( 17%)      goes
 ✔ Starts empty                    testdox: a list of names
There were 2 errors:               as printed
1) CartTest::testComplains         name, message, diff, own places
Tests: 14, Assertions: 10, ...     as printed
"""

from __future__ import annotations

import re
from dataclasses import replace

from sidecar.compression.forms.tests.excerpts import tell
from sidecar.compression.forms.tests.grammar import Grammar, Kind, Rule
from sidecar.compression.forms.tests.must import Must
from sidecar.compression.forms.tests.run import Run
from sidecar.compression.forms.tests.runner import runner
from sidecar.compression.forms.tests.tree import name_tree
from sidecar.compression.vocabulary import Part, Segment

__all__ = ["RUNNER"]

_LIBRARY = r"/vendor/|/usr/share/php/|/usr/bin/phpunit|phpunit\.phar"
_TIME = r"(?: \[[\d.]+ m?s\]| {2,}[\d.]+ ?m?s)?"
_NO_FAILURE = re.compile(
    r"There (?:was|were) \d+ (?:skipped|incomplete|risky|deprecation|notice|warning)|.* triggered \d+ "
)
_TOTALS = r"Tests: \d+, |OK(?: \(|, but)|FAILURES!|ERRORS!|WARNINGS!|No tests executed!|Cannot open file|Tests: +\d+ "


def _finish(run: Run) -> None:
    name_tree(run)


_MUST = Must(
    heading=r"\d+\) \S.*$| ✘ \S.*$|   FAILED  .*$",
    anywhere=(
        r"(?:Tests: \d+, .*|OK(?: \(|, but).*|FAILURES!|ERRORS!|No tests executed!|Cannot open file .*"
        r"|There (?:was|were) \d+ (?:error|failure)s?:|PHP (?:Fatal|Parse) error.*|   FAIL  .*|  Tests: +\d+ .*)$"
    ),
    leaves=re.compile(r"--$|There (?:was|were) |[A-Z]+!$|Tests: | [✔↩∅☢] |Time: "),
    message_lines=1,
    always=re.compile(r"(?:   │ )?Failed asserting "),
    place=re.compile(rf"(?:   │ )?(?!.*(?:{_LIBRARY}))(?:[A-Za-z]:)?[^\s:]*[/\\][^:]*:\d+$"),
    advice=re.compile(r"   │ *$"),
)


def _parts(segment: Segment, found: list[Part]) -> list[Part]:
    """Named without their number; what was skipped or is risky is no failure."""
    parts: list[Part] = []
    quiet = _quiet(segment)
    for part in found:
        if not quiet[part.start]:
            name = re.sub(r"^\d+\) ", "", part.label)
            parts.append(replace(part, label=name, said=re.sub(r"^\d+\) ", "", part.said)))
    return parts


def _quiet(segment: Segment) -> bytearray:
    quiet = bytearray(len(segment.lines) + 1)
    is_quiet = False
    for index, line in enumerate(segment.lines):
        if line.startswith("There ") or " triggered " in line:
            is_quiet = bool(_NO_FAILURE.match(line))
        quiet[index] = is_quiet
    return quiet


_GRAMMAR = Grammar(
    name="phpunit",
    literals=("PHPUnit", "Assertions: ", " assertions)", "No tests executed!"),
    sure=r"^PHPUnit \d+\.\d+\S* by Sebastian Bergmann|^(?:PHP )?Fatal error: .*\n(?:.*\n){0,12}.*PHPUnit"
    r"|^Tests: \d+, Assertions: \d+|^OK \(\d+ tests?, \d+ assertions?\)"
    r"|^  Tests: +(?:\d+ [a-z]+, )*\d+ [a-z]+ \(\d+ assertions\)",
    programs=frozenset({"phpunit", "php", "composer", "paratest", "pest", "artisan"}),
    rules=(
        Rule(Kind.SECTION, r"(?P<name>\d+\) \S.*)$"),
        Rule(Kind.SECTION, rf" ✘ (?P<name>\S.*?)(?!\S){_TIME}$"),
        Rule(Kind.SECTION, r"   (?P<name>FAILED  .*)$"),
        Rule(Kind.TOTAL, _TOTALS),
        Rule(Kind.TOTAL, r"  Tests: +\d+ "),
        Rule(Kind.SUITE, r"There (?:was|were) \d+ "),
        Rule(Kind.SUITE, r".* triggered \d+ "),
        Rule(Kind.END, r"(?:--|Time: \d.*|Generating code coverage report.*)$", what="headers"),
        Rule(
            Kind.NOISE,
            r"(?:PHPUnit \d|Runtime: |Configuration: |Random Seed: |Warning: +No code coverage|Processes: )",
            what="headers",
        ),
        Rule(Kind.NOISE, r"  Duration: ", what="timing"),
        Rule(Kind.NOISE, r"[.FEWRISDN]+ +\d+ / \d+ \( *\d+%\)$", what="progress", inside=False),
        Rule(Kind.NOISE, r"[.FEWRISDN]+$", what="progress", inside=False),
        Rule(Kind.PASSED, rf" +[✔✓] (?P<name>\S.*?)(?!\S){_TIME}$"),
        Rule(Kind.FAILED, rf" +[⨯✗] (?P<name>\S.*?)(?!\S){_TIME}$"),
        Rule(Kind.SKIPPED, rf" +[↩∅☢⚠-] (?P<name>\S.*?)(?!\S)(?: → (?P<reason>.*?))?{_TIME}$"),
        Rule(Kind.PASSED, r"   PASS  (?P<name>\S+)$"),
        Rule(Kind.FAILED, r"   FAIL  (?P<name>\S+)$"),
        Rule(Kind.NOISE, r"Test '.*' started$", what="beginnings"),
        Rule(Kind.PASSED, r"Test '(?P<name>.*)' ended$"),
        Rule(Kind.NOISE, r"   │ *$", what="margins"),
        Rule(Kind.KEPT, r"PHP (?:Fatal|Parse) error|Fatal error: |Parse error: "),
    ),
    frame=r"(?:   │ |#\d+ )?(?P<path>(?:[A-Za-z]:)?[^\s:]*[/\\][^:]*)(?::\d+$|\(\d+\): )",
    library=_LIBRARY,
    before=r"PHPUnit \d|There (?:was|were) \d|[.FEWRISDN]+$|  *[✔✓✘]|   (?:PASS|FAIL)|.*(?: error|Error): ",
    message=r"(?: +│ )?(\S.*)",
    evidence=_MUST.evidence,
    tell=tell,
    finish=_finish,
    parts=_parts,
)

RUNNER = runner(_GRAMMAR)
