"""How cucumber for JavaScript reads (captured with 13): dots, then each scenario that failed, step by step.

1) Scenario: adds tax # features/cart.feature:9      as printed
   ✔ Given a basket # features/steps.js:3            stays without its place, once
   ✖ Then it costs 31 # features/steps.js:9          as printed, with what it raised and own frames
   - And it is paid # features/steps.js:12           left out: never run
2 scenarios (1 failed, 1 passed)                     as printed
"""

from __future__ import annotations

import re

from sidecar.compression.forms.tests.excerpts import tell
from sidecar.compression.forms.tests.grammar import Grammar, Kind, Rule
from sidecar.compression.forms.tests.must import Must
from sidecar.compression.forms.tests.run import Run
from sidecar.compression.forms.tests.runner import runner

__all__ = ["RUNNER"]

_PASSED = re.compile(r"(?P<margin> +)✔ (?P<words>.*?)(?: # \S+)?$")
_STEP = re.compile(r" {3,6}[✔✖?-] ")
_NEVER = re.compile(r" +- (?:Given|When|Then|And|But|\*) ")
_LIBRARY = r"node_modules[/\\]|\bnode:|\(internal/"


def _tell(run: Run, start: int, end: int) -> None:
    """What led to the step that failed, each step once in the whole run; what stands behind it never ran."""
    for index in range(start + 1, end):
        line = run.lines[index]
        if found := _PASSED.match(line):
            words = found["words"]
            if words in run.told:
                run.why[index] = "passed steps told above"
            else:
                run.instead[index] = f"{found['margin']}✔ {words}"
            run.told.add(words)
        elif _NEVER.match(line):
            run.why[index] = "steps never run"
    _mark_snippets(run, start, end)
    tell(run, start, end)
    for index in range(start + 1, end):
        line = run.lines[index]
        if not run.why[index] and run.grammar.is_frame(line):
            run.why[index] = "frames told above" if line in run.told else ""
            run.told.add(line)


def _mark_snippets(run: Run, start: int, end: int) -> None:
    """What would define a step says it again, as code."""
    is_snippet = False
    for index in range(start, end):
        line = run.lines[index]
        if is_snippet and not _STEP.match(line):
            run.why[index] = run.why[index] or "snippets"
        else:
            is_snippet = line.lstrip().startswith("Undefined. Implement with the following snippet")


def _finish(run: Run) -> None:
    run.shortened = "places of passed steps"


_MUST = Must(
    heading=r"\d+\) Scenario.*$",
    anywhere=r"\d+ (?:scenarios?|steps?) \(.*\)$",
    leaves=re.compile(r"\d+ (?:scenarios?|steps?) \("),
    message_lines=0,
    always=re.compile(r" +(?:[✖?] |\w*(?:Error|Exception)\b)"),
    place=re.compile(rf" +at (?!.*(?:{_LIBRARY}))"),
)

RUNNER = runner(
    Grammar(
        name="cucumber",
        literals=(") Scenario: ", ") Scenario Outline: "),
        sure=r"^\d+\) Scenario(?: Outline)?: .* # \S+:\d+$",
        rules=(
            Rule(Kind.SECTION, r"(?P<name>\d+\) Scenario.*)$"),
            Rule(Kind.TOTAL, r"\d+ (?:scenarios?|steps?) \("),
            Rule(Kind.TOTAL, r"\d+m\d+\.\d+s"),
            Rule(Kind.NOISE, r"[.FUPSAR-]+$", what="progress", inside=False),
            Rule(Kind.SUITE, r"(?:Failures|Warnings):$"),
        ),
        frame=r" +at (?:async )?(?:\S.* \()?(?P<path>[^()]+)\)?$",
        library=_LIBRARY,
        place=r"at World\.<anonymous> \((.+)\)$",
        message=r" +(\w*(?:Error|Exception)\b.*|Undefined\..*)$",
        evidence=_MUST.evidence,
        tell=_tell,
        finish=_finish,
    )
)
