"""How karma reads (captured with 6.4, reporters `progress` and `dots`): each failure as it happens, named by browser.

26 11 2026 16:59:16.741:INFO [launcher]: Starting browser      goes
Chrome 120 (Linux): Executed 17 of 78 (1 FAILED) (0 secs ...    goes, but for the last
Chrome 120 (Linux) cart adds tax FAILED                         name, message, own frames
"""

from __future__ import annotations

import re

from sidecar.compression.forms.tests.excerpts import tell
from sidecar.compression.forms.tests.grammar import Grammar, Kind, Rule
from sidecar.compression.forms.tests.must import Must
from sidecar.compression.forms.tests.run import Run
from sidecar.compression.forms.tests.runner import runner

__all__ = ["RUNNER"]

_FAILED = r"(?P<name>\S[^()]{0,80}\([^()]*\)(?!:).*) FAILED$"
_EXECUTED = r"\S[^()]{0,80}\([^()]*\): Executed \d+ of \d+"
_FRAME = r"\s+at (?:async )?(?:\S.* \()?(?P<path>[^()]+)\)?$"
_LIBRARY = r"node_modules[/\\]|\bnode:|<Jasmine>|<anonymous>\)?$|/zone(?:-testing)?\.js"


def _finish(run: Run) -> None:
    """Of the counts that karma prints after every test the last one stays."""
    counts = [i for i, line in enumerate(run.lines) if ": Executed " in line and _is_count(line)]
    for index in counts[-1:]:
        run.kinds[index], run.why[index] = Kind.TOTAL, ""


_is_count = re.compile(_EXECUTED).match

_MUST = Must(
    heading=r"\S[^()\n]{0,80}\([^()\n]*\)(?!:).* FAILED$",
    anywhere=r"TOTAL: \d+ .*$|\d\d \d\d \d{4} \S+:ERROR \[.*$",
    leaves=re.compile(r"\S"),
    message_lines=1,
    always=re.compile(r"\t(?:Expected |\w*(?:Error|Exception): )"),
    place=re.compile(rf"\s+at (?!.*(?:{_LIBRARY}))"),
)

_GRAMMAR = Grammar(
    name="karma",
    literals=(": Executed ", ":INFO [karma", ":INFO [launcher]"),
    sure=rf"^{_EXECUTED}|^\d\d \d\d \d{{4}} \S+:INFO \[(?:karma-server|launcher)\]",
    rules=(
        Rule(Kind.SECTION, _FAILED),
        Rule(Kind.END, _EXECUTED, what="progress"),
        Rule(Kind.NOISE, r"\d\d \d\d \d{4} \S+:INFO \[", what="headers"),
        Rule(Kind.ALARM, r"\d\d \d\d \d{4} \S+:(?:WARN|ERROR) \["),
        Rule(Kind.END, r"\.+$", what="progress"),
        Rule(Kind.TOTAL, r"TOTAL: \d+ "),
        Rule(Kind.NOISE, r"\s+at <Jasmine>$", inside=True, what="library frames"),
    ),
    frame=_FRAME,
    library=_LIBRARY,
    place=r"at UserContext\.<anonymous> \((.+)\)$",
    message=r"\t(?!\s*at )(\S.*)",
    evidence=_MUST.evidence,
    tell=tell,
    finish=_finish,
)


RUNNER = runner(_GRAMMAR)
