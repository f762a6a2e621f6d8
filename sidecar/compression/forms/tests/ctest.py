"""How `ctest` reads, with `--output-on-failure`, `-V` or without (captured with 3.25).

      Start  3: fills
 3/59 Test  #3: fills .................***Failed    0.00 sec     as printed, then what it printed
 4/59 Test  #4: empties ...............   Passed    0.00 sec     a list of names
86% tests passed, 8 tests failed out of 57                       as printed
The following tests FAILED:                                      as printed
"""

from __future__ import annotations

from sidecar.compression.forms.drafting import BLANK
from sidecar.compression.forms.tests.grammar import Grammar, Kind, Rule
from sidecar.compression.forms.tests.gtest import NESTED_RULES, keep_nested_totals_once
from sidecar.compression.forms.tests.runner import runner

__all__ = ["RUNNER"]

_TEST = r" *\d+/\d+ (?:MemCheck|Test) +#\d+: (?P<name>\S+(?: \S+)*?) \.+ *"

_GRAMMAR = Grammar(
    name="ctest",
    literals=("% tests passed, ", " Test  ", " Test #", "No tests were found!!!"),
    sure=r"\d+% tests passed, \d+ tests? failed out of \d+| *\d+/\d+ Test +#\d+: \S.* (?:Passed"
    r"|\*\*\*\S.*) +[\d.]+ sec|No tests were found!!!$",
    rules=(
        Rule(Kind.PASSED, _TEST + r"Passed +[\d.]+ sec", start=" ", has=" Passed "),
        Rule(Kind.PASSED, _TEST + r"Passed +[\d.]+ sec", has=" Passed "),
        Rule(Kind.SKIPPED, _TEST + r"\*\*\*(?P<reason>Skipped|Not Run \(Disabled\)|Not Run \(Skipped\))", has="***"),
        Rule(Kind.SECTION, _TEST + r"\*\*\*", has="***"),
        Rule(Kind.SECTION, r" *\d+/\d+ Test +#\d+: (?P<name>\S+) \.*(?:\*\*\*|Subprocess|Child)", has=" Test "),
        Rule(Kind.BEGUN, r" +Start +\d+: (?P<name>.+)$", start=" ", has="Start ", what="starts"),
        Rule(Kind.TOTAL, r"\d+% tests passed, ", has="% tests passed"),
        Rule(
            Kind.TOTAL,
            r"Total Test time|The following tests|Label Time Summary|Errors while running"
            r"|Output from these|No tests were found",
            has=" ",
        ),
        Rule(Kind.FAILED, r"\t *\d+ - (?P<name>\S+(?: \S+)*?) \((?!Skipped|Disabled|Not Run \(Disabled)", start="\t"),
        Rule(
            Kind.SKIPPED, r"\t *\d+ - (?P<name>\S.*?) \((?P<reason>Skipped|Disabled|Not Run \(Disabled\))", start="\t"
        ),
        Rule(
            Kind.NOISE,
            r"\d+: (?:Test command|Working Directory|Test timeout computed|Environment variables)",
            has=": ",
            what="commands",
        ),
        Rule(Kind.NOISE, r"test \d+$", start="test ", what=BLANK),
        Rule(
            Kind.NOISE,
            r"Constructing a list of tests|Done constructing|Updating test list"
            r"|Checking test dependency|Added \d+ tests? to meet|UpdateCTestConfiguration"
            r"|Parse Config file",
            what="headers",
        ),
        Rule(Kind.KEPT, r"Test project |Internal ctest changing into", has=" "),
        Rule(
            Kind.ALARM, r"Unable to find executable: |Could not find executable|CMake Error|Cannot find file", has=" "
        ),
        Rule(
            Kind.NOISE,
            r"/?\S+/(?:Release|Debug|MinSizeRel|RelWithDebInfo|Deployment|Development)/\S+$",
            has="/",
            what="places looked in",
        ),
        *NESTED_RULES,
    ),
    message=r"((?!Running main|Note: |\[|\s|\d+: (?:Test|Work)).+)",
    evidence=r" *\d+/\d+ Test +#\d+: .*\*\*\*(?!Skipped|Not Run \(Dis)|\d+% tests passed, "
    r"|Errors while running|The following tests FAILED|\t +\d+ - .* \((?:Failed|SEGFAULT"
    r"|Timeout|Not Run)\)$|\S+:\d+: Failure$|No tests were found"
    r"|\[  PASSED  \] \d+ tests?\.| *\d+ FAILED TESTS?$",
    finish=keep_nested_totals_once,
)

RUNNER = runner(_GRAMMAR)
