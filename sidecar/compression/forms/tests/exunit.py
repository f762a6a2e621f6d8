"""How ExUnit reads (`mix test`, captured with 1.14): dots, or every test with --trace, and failures where they happen.

  * test adds tax (0.6ms) [L#5]               a list of names
  1) test adds tax (Shop.CartTest)            as printed
     test/cart_test.exs:9                     stays, and what was compared
     stacktrace:                              the user's own frames
64 tests, 28 failures                         as printed
"""

from __future__ import annotations

import re

from sidecar.compression.forms.tests.grammar import Grammar, Kind, Rule
from sidecar.compression.forms.tests.must import Must
from sidecar.compression.forms.tests.run import Run
from sidecar.compression.forms.tests.runner import runner
from sidecar.compression.forms.tests.sections import tell_frames, tell_report

__all__ = ["RUNNER"]

_LIBRARY = r" \((?:elixir|ex_unit|stdlib|kernel|mix|logger)\b| deps/"
_HEADING = re.compile(r" +\d+\) (?P<name>.*) \([\w.]+\)$")
_TEST = r"(?:test|doctest|property) "


def _tell(run: Run, start: int, end: int) -> None:
    """The user's frames, and all that was said: an argument `-1` is no changed line."""
    said = [index for index in range(start, end) if run.kinds[index] is Kind.OTHER]
    frames = [index for index in said if run.grammar.is_frame(run.lines[index])]
    tell_frames(run, frames)
    stays = set(frames)
    tell_report(run, [index for index in said if index not in stays])


def _finish(run: Run) -> None:
    # With --trace a failing test stands in the list as a passed one does; its failure follows.
    listed: dict[str, int] = {}
    headings = {section.start for section in run.sections}
    for index, line in enumerate(run.lines):
        if run.kinds[index] is Kind.PASSED:
            listed[run.names[index]] = index
        elif index in headings and (found := _HEADING.match(line)) and found["name"] in listed:
            above = listed.pop(found["name"])
            run.kinds[above] = Kind.NOISE
            run.why[above] = "failing tests, told below"


_MUST = Must(
    heading=rf" +\d+\) {_TEST}.*$",
    anywhere=r"(?:\d+ (?:doctests?|properties|property), )*\d+ tests?, \d+ failures?.*$",
    leaves=re.compile(r"Finished in |\d+ tests?, "),
    message_lines=2,
    always=re.compile(r" {4,}(?:\*\* \(|code: |left: |right: )"),
    place=re.compile(rf" {{6,}}(?!.*(?:{_LIBRARY}))\S+\.exs?:\d+: "),
    advice=re.compile(r" +stacktrace:$"),
)

RUNNER = runner(
    Grammar(
        name="exunit",
        literals=(" tests, ", " test, ", "     stacktrace:"),
        sure=r"^(?:\d+ (?:doctests?|properties|property), )*\d+ tests?, \d+ failures?(?:, .*)?$|^ {5,}stacktrace:$",
        rules=(
            Rule(Kind.SECTION, rf" +(?P<name>\d+\) {_TEST}.*)$"),
            Rule(Kind.PASSED, rf"  \* (?P<name>{_TEST}.*) \([\d.]+ms\) \[L#\d+\]$"),
            Rule(Kind.NOISE, rf"  \* {_TEST}.* \[L#\d+\]$", what="beginnings"),
            Rule(Kind.SKIPPED, rf"  \* (?P<name>{_TEST}.*) \((?:skipped|excluded)\)"),
            Rule(Kind.SUITE, r"\S+Test(?:s)? \[\S+\.exs\]$"),
            Rule(Kind.TOTAL, _MUST.anywhere),
            Rule(Kind.END, r"Finished in ", what="timing"),
            Rule(Kind.NOISE, r"(?:Randomized|Running ExUnit) with seed", what="headers"),
            Rule(Kind.END, r"[.*?x]+$", what="progress"),
            Rule(Kind.NOISE, r" +stacktrace:$", what="headings", inside=True),
        ),
        frame=r" {5,}(?:\([^)]*\) )?(?P<path>\S+\.(?:exs?|erl)):\d+(?:: |$)",
        library=_LIBRARY,
        message=r" {4,}((?!test/|stacktrace:)\S.*)",
        evidence=_MUST.evidence,
        tell=_tell,
        finish=_finish,
    )
)
