"""How @hapi/lab reads (captured with 26): dots or a tree, then each failure with its message and frames.

  ✔ 1) counts ship number 0 (11 ms)         a list of names
  ✖ 17) takes a discount off                as printed: below its name stands behind the headings
Failed tests:
  17) inner harbour takes a discount off:   heading, message, own frames
      actual expected                       goes, where the message tells both: it is drawn in colours alone
      15601200
      Expected 1560 to equal specified value: 1200
32 of 78 tests failed                       as printed
"""

from __future__ import annotations

import re

from sidecar.compression.forms.tests.excerpts import tell
from sidecar.compression.forms.tests.grammar import Grammar, Kind, Rule
from sidecar.compression.forms.tests.must import Must
from sidecar.compression.forms.tests.run import Run
from sidecar.compression.forms.tests.runner import runner
from sidecar.compression.forms.tests.tree import name_tree

__all__ = ["RUNNER"]

_LIBRARY = r"node_modules[/\\]|\bnode:"
_SIDES = "actual expected"
_HEADING = re.compile(r"  \d+\) \S.*:$")
_TOTALS = r"\d+ (?:of \d+ )?tests? (?:failed|passed)|Test duration: |Leaks: |Coverage: |\S.* missing coverage on "
_TOTALS += r"|Code coverage below|\d+ \w+ leak|The following leaks|Lint: "


def _tell(run: Run, start: int, end: int) -> None:
    """What both values look like one inside the other goes where the message below tells each by itself."""
    tell(run, start, end)
    sides = next((i for i in range(start, end) if run.lines[i].strip() == _SIDES), end)
    said = next((i for i in range(sides, end) if run.lines[i].lstrip().startswith("Expected ")), end)
    if said < end:
        for index in range(sides, said):
            run.why[index] = "both values in one"


def _finish(run: Run) -> None:
    name_tree(run)


_MUST = Must(
    heading=_HEADING.pattern,
    anywhere=rf"(?:{_TOTALS}| +✖ \d+\) ).*$",
    leaves=re.compile(r"\d+ of \d+ tests|Test duration"),
    message_lines=0,
    always=re.compile(r" {6}(?!actual expected$|at |\d)(?:Expected |[A-Za-z][\w' ]+$)|\} to equal "),
    place=re.compile(rf" +at (?!.*(?:{_LIBRARY}))"),
)

_GRAMMAR = Grammar(
    name="lab",
    literals=("Failed tests:\n", " tests failed", " tests passed", " test failed"),
    sure=r"^Failed tests:$|^\d+ of \d+ tests? failed$|^\d+ tests? passed$",
    rules=(
        Rule(Kind.PASSED, r" +✔ \d+\) (?P<name>\S.*?)(?!\S)(?: \(\d+ ms(?: and \d+ assertions?)?\))?$"),
        Rule(Kind.FAILED, r" +✖ (?P<name>\d+\) \S.*)$"),
        Rule(Kind.SKIPPED, r" +- (?P<name>\d+\) \S.*)$", inside=False),
        Rule(Kind.SECTION, rf"(?P<name>{_HEADING.pattern})"),
        Rule(Kind.END, r"Failed tests:$", what="headers"),
        Rule(Kind.TOTAL, _TOTALS),
        Rule(Kind.NOISE, r" *[.x-]+$", what="progress", inside=False),
    ),
    frame=r" +at (?:async )?(?:\S.* \()?(?P<path>[^()]+)\)?$",
    library=_LIBRARY,
    message=r" +(?!actual expected)(\S.*)",
    evidence=_MUST.evidence,
    tell=_tell,
    finish=_finish,
)


RUNNER = runner(_GRAMMAR)
