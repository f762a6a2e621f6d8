"""How Ruby's test-unit reads (captured with 3.5): dots or names, and each failure between two rulers where it happened.

  test_total:    .: (0.0017)                 verbose: a list of names
Failure: test_tax(CartTest)                  as printed
cart_test.rb:66:in `test_tax'                the user's own frames
  => 66:     assert_equal 17, tax            of the source the line that failed
<17> expected but was                        stays, and the difference
60 tests, 57 assertions, 13 failures, ...    as printed
"""

from __future__ import annotations

import re

from sidecar.compression.forms.tests.grammar import Grammar, Kind, Rule
from sidecar.compression.forms.tests.must import Must
from sidecar.compression.forms.tests.run import Run
from sidecar.compression.forms.tests.runner import runner
from sidecar.compression.forms.tests.sections import tell_section

__all__ = ["RUNNER"]

_LIBRARY = r"/gems/|/ruby/\d|/vendor/|<internal:|bin/(?:ruby|rake|bundle)"
_FRAME = r"(?P<path>[^\s:]+):\d+:in [`']"
_SOURCE = re.compile(r" +\d+: |  => +\d+: ")


def _tell(run: Run, start: int, end: int) -> None:
    for index in range(start, end):
        if _SOURCE.match(run.lines[index]) and not run.lines[index].startswith("  =>"):
            run.why[index] = "source lines"
    tell_section(run, start, end)


_MUST = Must(
    heading=r"(?:Failure|Error): \S.*$",
    anywhere=r"\d+ tests, \d+ assertions, .*$",
    leaves=re.compile(r"={40,}$"),
    message_lines=2,
    place=re.compile(rf"(?!.*(?:{_LIBRARY})){_FRAME}"),
    advice=re.compile(rf" +\d+: |  => +\d+: |{_FRAME}"),
    always=re.compile(r"<.*> (?:expected|was expected)|<.*>[.(]?$"),
)

RUNNER = runner(
    Grammar(
        name="test-unit",
        literals=(" tests, ", "Loaded suite "),
        sure=r"^\d+ tests, \d+ assertions, \d+ failures, \d+ errors, \d+ pendings, ",
        sureness=0.98,
        rules=(
            Rule(Kind.SECTION, r"(?:Failure|Error): (?P<name>\S.*)$"),
            Rule(Kind.SUITE, r"(?:Pending|Omission|Notification): \S"),
            Rule(Kind.END, r"={40,}$", what="rulers"),
            Rule(Kind.NOISE, r"-{40,}$", what="rulers"),
            Rule(Kind.TOTAL, r"\d+ tests, \d+ assertions, "),
            Rule(Kind.TOTAL, r"[\d.]+% passed$"),
            Rule(Kind.PASSED, r"  (?P<name>test[^:\t]*):\t+\.: \([\d.]+\)$"),
            Rule(Kind.NOISE, r"  test[^:\t]*:\t+[FEPON]$", what="failing tests, told below"),
            Rule(Kind.NOISE, r"(?:Loaded suite |Started$|Finished in |[\d.]+ tests/s)", what="headers"),
            Rule(Kind.NOISE, r"[.FEPON]*: \([\d.]+\)$", what="progress"),
            Rule(Kind.NOISE, r"[.FEPON]+$", what="progress", inside=False),
        ),
        frame=_FRAME,
        library=_LIBRARY,
        message=r"(?!\S+:\d+:in )(?! +\d+: )(?!  => )(\S.*)",
        evidence=_MUST.evidence,
        tell=_tell,
    )
)
"""Read before minitest, which says how many tests there were in other words."""
