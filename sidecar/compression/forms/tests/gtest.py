"""How GoogleTest reads (captured with 1.12).

[ RUN      ] GaugeTest.Fills
gauge_test.cpp:11: Failure ...           stays where the test failed
[  FAILED  ] GaugeTest.Fills (0 ms)      as printed
[       OK ] GaugeTest.Empties (0 ms)    a list of names
[  PASSED  ] 46 tests.                   totals as printed; the failures again below them are left out
"""

from __future__ import annotations

import re

from sidecar.compression.forms.tests.grammar import Grammar, Kind, Rule
from sidecar.compression.forms.tests.repeats import Repeats
from sidecar.compression.forms.tests.run import Run
from sidecar.compression.forms.tests.runner import runner

__all__ = ["NESTED_RULES", "RUNNER", "keep_nested_totals_once"]

NESTED_RULES: tuple[Rule, ...] = (
    Rule(Kind.NOISE, r"\[(?:==========\] Running |----------\]| RUN )", what="headers", inside=True),
    Rule(Kind.NOISE, r"\[  FAILED  \] (?:1 test, listed below:|[^ ]+)$", what="headers", inside=True),
    Rule(Kind.KEPT, r"\[==========\] \d+ tests? |\[  PASSED  \] \d+ tests?\.", inside=True),
    Rule(Kind.KEPT, r" +\d+ FAILED TESTS?$", inside=True),
    Rule(Kind.NOISE, r"Running main\(\) from |Note: Google Test filter = ", what="headers", inside=True),
)
"""GoogleTest run by another runner, often one test at a time: what repeats for each."""

_NESTED_TOTAL = re.compile(r"\[==========\] |\[  PASSED  \] | *\d+ FAILED TEST")
_TIME = re.compile(r" \(\d+ ms total\)$")


def keep_nested_totals_once(run: Run) -> None:
    """Of the totals of programs run one after the other each stays where it is said first, whatever time it took."""
    said: set[str] = set()
    for index, kind in enumerate(run.kinds):
        line = run.lines[index]
        if kind is Kind.KEPT and line[:1] in {"[", " "} and _NESTED_TOTAL.match(line):
            told = _TIME.sub("", line)
            run.why[index] = "headers" if told in said else ""
            said.add(told)


def _finish(run: Run) -> None:
    """The failures are listed again at the end.

    In brief mode nothing says where a test begins, so all that was printed stays, but for what failures share.
    """
    if Kind.BEGUN not in run.kinds:
        repeats, body = Repeats(), list[int]()
        for index, kind in enumerate(run.kinds):
            if kind is Kind.OTHER:
                run.why[index] = ""
                body.append(index)
            elif kind is Kind.FAILED:
                repeats.mark(run.lines, body, run.why)
                body = []
    told: set[str] = set()
    for index, full in run.failed.items():
        name, line = full.partition(",")[0], run.lines[index]
        # A list at the end names no times; a run that is repeated says the same line again.
        if line in told or (name in told and not line.rstrip("\r").endswith("ms)")):
            run.why[index] = "failures listed again"
        told |= {name, line}
    for index, kind in enumerate(run.kinds):
        if kind is Kind.SKIPPED and index + 1 < len(run.kinds) and index > 0 and run.kinds[index - 1] is Kind.OTHER:
            # The reason stands before the line that says it was skipped.
            run.why[index - 1] = ""


_GRAMMAR = Grammar(
    name="GoogleTest",
    literals=("[==========] ", "[ RUN      ] ", "[  FAILED  ] ", "[  PASSED  ] "),
    sure=r"\[==========\] (?:Running )?\d+ tests? from \d+ test|\[ RUN      \] \S+$"
    r"|\[  FAILED  \] \S+.* \(\d+ ms\)$|\[  PASSED  \] \d+ tests?\.",
    rules=(
        Rule(Kind.BEGUN, r"\[ RUN      \] (?P<name>\S+)"),
        Rule(Kind.PASSED, r"\[       OK \] (?P<name>\S.*?)(?!\S)(?: \(\d+ ms\))?$"),
        Rule(Kind.TOTAL, r"\[  (?:FAILED |PASSED ) \] \d+ tests?[.,]"),
        Rule(Kind.TOTAL, r"\[  SKIPPED \] \d+ tests?, listed below:"),
        Rule(Kind.FAILED, r"\[  FAILED  \] (?P<name>\S.*?)(?!\S)(?: \(\d+ ms\))?$"),
        Rule(Kind.SKIPPED, r"\[(?:  SKIPPED |(?P<reason> DISABLED )) ?\] (?P<name>\S+)"),
        Rule(Kind.SKIPPED, r"\[(?P<reason> DISABLED )\] (?P<name>\S+)"),
        Rule(Kind.NOISE, r"\[==========\] Running |\[----------\] ", what="headers"),
        Rule(Kind.TOTAL, r"\[==========\] "),
        Rule(Kind.TOTAL, r" +\d+ FAILED TESTS?$|  YOU HAVE \d+ DISABLED TEST"),
        Rule(Kind.NOISE, r"Running main\(\) from ", what="headers"),
        Rule(Kind.KEPT, r"Note: |Repeating all tests"),
    ),
    message=r"(\S+:\d+: Failure|\S*[Ee]xception.*|unknown file: .*)",
    evidence=r"\[  FAILED  \] (?:.* \(\d+ ms\)$|\d+ tests?,)|\S+:\d+: Failure$|\[  PASSED  \] \d"
    r"|\[==========\] \d+ tests?| *\d+ FAILED TESTS?$",
    finish=_finish,
)

RUNNER = runner(_GRAMMAR)
