"""What gotestsum prints around and below the lines of `go test`, by its formats (captured with 1.13).

[quay]✖✖··[tariff]·✖                      dots: goes
PASS quay.TestRace (0.00s)                testname: a list of names
 ✖ Moor berths=1 (0.00s)                  testdox: as printed
=== FAIL: quay TestDeep (0.00s)           the summary: left out where the run has told the test
DONE 53 tests, 28 failures in 0.125s      as printed
"""

from __future__ import annotations

import re

from sidecar.compression.forms.tests.grammar import Kind, Rule
from sidecar.compression.forms.tests.run import Run

__all__ = ["FAILED_NAME", "LITERALS", "RULES", "SURE", "leave_out_summary"]

_TIMED = r" \([\d.]+ ?s\)$"

LITERALS = ("=== FAIL: ",)
SURE = r"|=== FAIL: \S+ \S|DONE \d+ tests?(?:, \d+ \w+)* in "

RULES: tuple[Rule, ...] = (
    Rule(Kind.SECTION, r"=== FAIL: (?P<name>\S+(?: \S+)?)" + _TIMED),
    Rule(Kind.SKIPPED, r"=== SKIP: (?P<name>\S+ \S+)(?P<reason>)" + _TIMED),
    Rule(Kind.END, r"=== (?:Failed|Skipped|Errors)$", what="headers"),
    Rule(Kind.TOTAL, r"DONE \d+ (?:tests?|runs)"),
    Rule(Kind.PASSED, r"PASS (?P<name>\S+\.\S+)" + _TIMED),
    Rule(Kind.FAILED, r"FAIL (?P<name>\S+\.\S+)" + _TIMED),
    Rule(Kind.PASSED, r" ✓ (?P<name>\S.*)" + _TIMED),
    Rule(Kind.FAILED, r" ✖ (?P<name>\S.*)" + _TIMED),
    Rule(Kind.NOISE, r"\[[\w./-]+\][·✖↷].*$", what="progress"),
)
"""To be asked before those of `go test`."""

FAILED_NAME = re.compile(r"\s*--- FAIL: (\S+) \([\d.]+s\)$")
"""How `go test` itself says which test failed."""
_SUMMED = re.compile(r"=== FAIL: \S+ (\S+) \([\d.]+s\)$")


def leave_out_summary(run: Run) -> None:
    """Leave out the tests that the run's own lines have told, where the summary says nothing more of them."""
    if "=== FAIL: " not in run.segment.text:
        return
    told = {found[1] for line in run.lines if "--- FAIL: " in line and (found := FAILED_NAME.match(line))}
    leaders = {section.heading: section.leader for section in run.sections}
    for index, line in enumerate(run.lines):
        found = _SUMMED.match(line) if line.startswith("=== FAIL: ") else None
        if found is not None and found[1] in told and leaders.get(index, found[1]) == found[1]:
            run.why[index] = "failures told above"
            run.instead.pop(index, None)
