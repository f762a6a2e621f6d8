"""How JUnit's console launcher reads (captured with 1.10, details tree, flat and verbose): a tree, then the failures.

│     ├─ fills() ✔                                          a list of names
│     ├─ is full ✘ no berth free for Aurora                 left out: told below
│     │  caught: org.opentest4j.AssertionFailedError: ...   verbose: what was thrown, own frames
Failures (10):
  JUnit Jupiter:A quay:is full                              as printed
    MethodSource [className = 'QuayTest', ...]              goes
    => shop.FullException: no berth free for Aurora         as printed, own frames
[        10 tests failed          ]                         as printed
"""

from __future__ import annotations

import re

from sidecar.compression.forms.drafting import BLANK
from sidecar.compression.forms.tests.grammar import Grammar, Kind, Rule
from sidecar.compression.forms.tests.must import keep_evidence
from sidecar.compression.forms.tests.run import Run
from sidecar.compression.forms.tests.runner import runner

__all__ = ["RUNNER"]

_BRANCH = r"[│├└─╷ |'+-]*(?:─|--) "
_RESULT = re.compile(r".*? (?:✘|\[X\]) ?(?P<said>.*)$")
_HEADED = "  JUnit "
_THROWN = r" +=> Exception: "
_LIBRARY = (
    r"(?:^|[\s/])(?:(?:app//)?(?:java|jdk)\.[\w.@]+/|at (?:java|jdk)\.|\$\$Lambda"
    r"|(?:at )?org\.(?:junit|opentest4j|assertj|mockito|hamcrest)\.|\[\.\.\.\])"
)


def _finish(run: Run) -> None:
    """A failing test of the tree goes with what it says, where the list of failures tells both."""
    sections = [section for section in run.sections if run.lines[section.heading].startswith(_HEADED)]
    names = {section.name.rpartition(":")[2] for section in sections}
    told = "\n".join(run.lines[i].strip() for section in sections for i in range(section.start, section.end))
    first = sections[0].start if sections else 0
    is_told = False
    for index in range(first):
        found = _RESULT.match(run.lines[index]) if run.kinds[index] is Kind.FAILED else None
        if found is not None:
            is_told = run.failed.get(index, "") in names and found["said"] in told
            run.why[index] = "failing tests, told below" if is_told else ""
        elif run.kinds[index] is not Kind.OTHER:
            is_told = False
        elif is_told and run.lines[index].strip("│ \t") in told:
            run.why[index] = "failing tests, told below"
    for section in run.sections:
        above = section.heading - 1
        if above >= 0 and run.lines[above].startswith("Finished: "):
            run.why[above] = ""  # in the flat style it names what threw
    keep_evidence(run, RUNNER.evidence(run.segment))


_GRAMMAR = Grammar(
    name="JUnit console",
    literals=("Test run finished after ",),
    sure=r"^Test run finished after \d+ ms$",
    rules=(
        Rule(Kind.PASSED, _BRANCH + r"(?P<name>\S.*?) (?:✔|\[OK\])$"),
        Rule(Kind.FAILED, _BRANCH + r"(?P<name>\S.*?) (?:✘|\[X\])(?: .*)?$"),
        Rule(Kind.SKIPPED, _BRANCH + r"(?P<name>\S.*?) (?:↷|\[S\])(?: (?P<reason>.*))?$"),
        Rule(Kind.SECTION, r"  (?P<name>JUnit [\w ]+:\S.*)$"),
        Rule(Kind.SECTION, r"[│| ]+caught: (?P<name>\S.*)$"),
        Rule(Kind.SECTION, rf"{_THROWN}(?P<name>.*)$"),
        Rule(Kind.END, r"(?:Started|Registered|Finished|Skipped): +\S.* \(\[", what="passed tests"),
        Rule(Kind.END, _BRANCH + r"\S"),
        Rule(Kind.END, r"[│| ]+(?:duration: |status: [✔↷]|status: \[(?:OK|S)\])", what="details of the tests"),
        Rule(Kind.NOISE, r"[│| ]+(?:tags|uniqueId|parent|source): ", what="details of the tests"),
        Rule(Kind.END, r"Failures \(\d+\):$", what=BLANK),
        Rule(Kind.TOTAL, r"Test run finished after |\[ +\d+ tests (?:found|failed|successful|skipped|aborted) +\]"),
        Rule(Kind.NOISE, r"\[ +\d+ (?:containers|tests) \w+ +\]$", what="counts"),
        Rule(Kind.NOISE, r"    (?:Method|Class)Source \[", what="sources"),
        Rule(
            Kind.NOISE, r"(?:╷|\.)$|Thanks for using JUnit!|OpenJDK 64-Bit Server VM warning: Sharing", what="headers"
        ),
    ),
    frame=r"[│| ]*(?:\s+at |\s{7})(?P<path>\[\.\.\.\]|[\w.$/<>@-]+\([^()]*\))$",
    library=_LIBRARY,
    message=r"    => (.*)",
    evidence=r"  JUnit [\w ]+:\S|    => \S|\[ +\d+ tests failed|[│| ]+caught: \S| +=> Exception: ",
    finish=_finish,
)

RUNNER = runner(_GRAMMAR)
