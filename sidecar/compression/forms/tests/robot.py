"""How Robot Framework reads (captured with 7.5): every test with its outcome at the margin, rulers between them.

Adds Tax :: Of a basket          | PASS |      a list of names
Pays                             | FAIL |      as printed, without its padding
the till is closed                             stays
2 tests, 1 passed, 1 failed                    as printed
"""

from __future__ import annotations

import re

from sidecar.compression.forms.drafting import BLANK
from sidecar.compression.forms.tests.grammar import Grammar, Kind, Rule
from sidecar.compression.forms.tests.must import Must
from sidecar.compression.forms.tests.repeats import SAID
from sidecar.compression.forms.tests.run import Run
from sidecar.compression.forms.tests.runner import runner

__all__ = ["RUNNER"]

_FAILED = " | FAIL |"
_LOGGED = re.compile(r"(?P<name>\S.*?) ?\[ (?:WARN|ERROR) \] ")
_RULE = re.compile(r"[-=]{40,}$")
_OUTPUT = re.compile(r"(?:Output|Log|Report|XUnit|Debug): +/?\S")


def _finish(run: Run) -> None:
    for section in list(run.sections):
        if not (logged := _LOGGED.match(run.lines[section.start])):
            continue
        # A test that logged a warning has its outcome on a line of its own.
        outcome = next((i for i in range(section.start, section.end) if run.lines[i] == "| FAIL |"), -1)
        if outcome >= 0:
            run.instead[section.start] = f"{run.lines[section.start].rstrip()}{_FAILED}"
            run.joined.add(outcome)
            run.why[outcome] = BLANK
        elif section.end < len(run.lines) and run.lines[section.end] == "| PASS |":
            run.sections.remove(section)
            run.names[section.end] = logged["name"]
    for index, line in enumerate(run.lines):
        if run.why[index] == SAID:
            run.why[index] = ""  # a message of a few words, away from its test, would be missed
        if not run.why[index] and line.endswith(_FAILED) and index not in run.instead:
            run.instead[index] = line.removesuffix(_FAILED).rstrip() + _FAILED
    run.headings.update(run.instead)


_MUST = Must(
    heading=r"(?:\S.*)?\| FAIL \|$|FAIL: \S.*$",
    anywhere=r"\d+ tests?, \d+ passed, .*$|\S.*\[ (?:WARN|ERROR) \] .*\n\| FAIL \|$",
    leaves=_RULE,
    message_lines=4,
    place=re.compile(r"(?P<place>\S.*\S) *\| FAIL \|$"),
)

RUNNER = runner(
    Grammar(
        name="robot",
        literals=("| FAIL |", "| PASS |", "FAIL: ", " passed, "),
        sure=r"^\d+ tests?, \d+ passed, \d+ failed",
        programs=frozenset({"robot", "pabot"}),
        rules=(
            Rule(Kind.PASSED, r"(?P<name>\S.*?)(?<! ) *\| PASS \|$"),
            Rule(Kind.PASSED, r"\| PASS \|$"),
            Rule(Kind.SECTION, r"(?P<name>\S.*?)(?<! ) *\| FAIL \|$"),
            Rule(Kind.SECTION, _LOGGED.pattern),
            Rule(Kind.KEPT, r"\| FAIL \|$", inside=True),
            Rule(Kind.SECTION, r"\| FAIL \|$"),
            Rule(Kind.SECTION, r"FAIL: (?P<name>\S.*)$"),
            Rule(Kind.TOTAL, r"\d+ tests?, \d+ passed, "),
            Rule(Kind.END, _RULE.pattern, what="rulers"),
            Rule(Kind.NOISE, r"\S.* {2,}$", what="headers", inside=False),
            Rule(Kind.NOISE, r"[.FsS]+$", what="progress", inside=False),
            Rule(Kind.KEPT, _OUTPUT.pattern),
        ),
        message=r"(?!Several failures)(\S.*)",
        evidence=_MUST.evidence,
        finish=_finish,
    )
)
