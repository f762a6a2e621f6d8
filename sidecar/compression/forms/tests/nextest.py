"""How `cargo nextest run` reads (captured with 0.9.148).

      PASS [   0.004s] ( 1/60) money tests::adds           a list of names
      FAIL [   0.012s] ( 4/60) money tests::splits         as printed
stderr ───                                                 panic, its place, left and right
   Summary [   0.022s] 5/60 tests run: ...                 as printed; the failures again below it are left out
"""

from __future__ import annotations

from sidecar.compression.forms.drafting import BLANK
from sidecar.compression.forms.tests.cargo import BUILD_RULES, tell
from sidecar.compression.forms.tests.grammar import Grammar, Kind, Rule
from sidecar.compression.forms.tests.must import keep_evidence
from sidecar.compression.forms.tests.run import Run
from sidecar.compression.forms.tests.runner import runner

__all__ = ["RUNNER"]

_HEAD = r"\[[ >]*[\d.]*s?\s*\] (?:\( *[\d─]+/\d+\) )?"
_BAD = r"(?:TRY \d+ )?(?:FAIL|TIMEOUT|SIG[A-Z0-9]+|ABORT|XFAIL|LEAK-FAIL|TMT|FL\+LK|FAIL \+ LEAK|FLAKY-FAIL)"


def _finish(run: Run) -> None:
    """The failures named below the summary were told above."""
    headings = {section.heading for section in run.sections}
    said: set[str] = set()
    for index in sorted({*headings, *run.failed}):
        line = run.lines[index]
        if line in said and index not in headings:
            run.why[index] = "failures listed again"
        said.add(line)
    keep_evidence(run, RUNNER.evidence(run.segment))


_GRAMMAR = Grammar(
    name="cargo nextest",
    literals=("Nextest run", "     Summary [", " PASS [", " FAIL ["),
    sure=r" *Nextest run ID | +Summary \[ *[\d.]+s\] (?:\d+/)?\d+ tests? run: | +(?:PASS"
    r"|FAIL) \[ *[\d.]+s\] \( *\d+/\d+\) \S",
    likely=r" +(?:PASS|FAIL) \[ *[\d.]+s\] \S",
    programs=frozenset({"cargo", "cargo-nextest"}),
    rules=(
        Rule(Kind.PASSED, r" +(?:TRY \d+ )?PASS " + _HEAD + r"(?P<name>\S.*)$"),
        Rule(Kind.SECTION, r" +" + _BAD + " " + _HEAD + r"(?P<name>\S.*)$"),
        Rule(Kind.SKIPPED, r" +SKIP \[[^]]*\] (?:\([^)]*\) )?(?P<name>\S.*)$"),
        Rule(Kind.KEPT, r" +(?:SLOW|LEAK|FLAKY|FLKY-\S+|TERMINATING|SETUP \S+)[^\[]* \["),
        Rule(Kind.TOTAL, r" +Summary \["),
        Rule(Kind.TOTAL, r" +Starting \d+ tests?"),
        Rule(Kind.ALARM, r" +(?:Cancelling|Canceling|Killing) due to "),
        Rule(Kind.NOISE, r" +Nextest run ID|─+$", what="headers"),
        Rule(
            Kind.NOISE,
            r"(?:    )?(?:running \d+ tests?|failures:|test result: .*|test .* \.\.\. (?:FAILED|ok))$|        \S+$",
            what=BLANK,
            inside=True,
        ),
        Rule(Kind.NOISE, r"  (?:stdout|stderr|output) ─+$|[-─]+ (?:STDOUT|STDERR): .*$", what=BLANK, inside=True),
        Rule(Kind.TOTAL, r"error: test run failed|warning: \d+/\d+ tests were not run|error: no tests to run"),
        *BUILD_RULES,
    ),
    message=r"\s*((?:assertion|called|thread '|Error: |error\b|panicked|\(test ).*)",
    evidence=r" +(?:TRY \d+ )?(?:FAIL|TIMEOUT|SIG[A-Z0-9]+|ABORT) \[| +Summary \["
    r"|\s*thread '.* panicked at |error: |\s*Error: ",
    compiles=True,
    tell=tell,
    finish=_finish,
)

RUNNER = runner(_GRAMMAR)
