"""How jasmine reads (captured with 6.1): dots, then each failure under its name.

1) Cart complains                  name, message, own frames
  Message:
    CartError: no cup in cart
4 specs, 2 failures                as printed
"""

from __future__ import annotations

import re

from sidecar.compression.forms.tests.excerpts import tell
from sidecar.compression.forms.tests.grammar import Grammar, Kind, Rule
from sidecar.compression.forms.tests.must import Must
from sidecar.compression.forms.tests.runner import runner
from sidecar.compression.vocabulary import Part, Segment

__all__ = ["RUNNER"]

_FRAME = r" +at (?:async )?(?:\S.* \()?(?P<path>[^()]+)\)?$"
_LIBRARY = r"node_modules[/\\]|\bnode:|<Jasmine>|<anonymous>\)?$"
"""A test's own body is `UserContext.<anonymous>` with its place behind; only a bare `<anonymous>` is nobody's."""


_MUST = Must(
    heading=r"\d+\) \S.*$",
    anywhere=r"\d+ specs?, \d+ failures?.*$",
    leaves=re.compile(r"\d+ specs?, |Pending:|Failures:"),
    message_lines=1,
    place=re.compile(rf" +at (?!.*(?:{_LIBRARY}))(?:UserContext\.<anonymous> \((?P<place>.+)\)$)?"),
    advice=re.compile(r"  (?:Message|Stack):$| +at "),
)


def _parts(segment: Segment, found: list[Part]) -> list[Part]:
    """What is pending is no failure."""
    pending = next((i for i, line in enumerate(segment.lines) if line == "Pending:"), len(segment.lines))
    return [part for part in found if part.start < pending]


_GRAMMAR = Grammar(
    name="jasmine",
    literals=(" specs, ", " spec, "),
    sure=r"^\d+ specs?, \d+ failures?",
    rules=(
        Rule(Kind.SECTION, r"(?P<name>\d+\) \S.*)$"),
        Rule(Kind.TOTAL, r"\d+ specs?, \d+ failures?"),
        Rule(Kind.END, r"(?:Failures|Pending|Suite error.*):$", what="headers"),
        Rule(Kind.NOISE, r"(?:Randomized with seed|Started$|Finished in |Incomplete: )", what="headers"),
        Rule(Kind.NOISE, r"[.F*]+$", what="progress", inside=False),
        Rule(Kind.NOISE, r"  (?:Message|Stack):$", inside=True, what="headers"),
        Rule(Kind.NOISE, r" +at <Jasmine>$", inside=True, what="library frames"),
    ),
    frame=_FRAME,
    library=_LIBRARY,
    place=r"at UserContext\.<anonymous> \((.+)\)$",
    message=r" +(?!Message:|Stack:)(\S.*)",
    evidence=_MUST.evidence,
    tell=tell,
    parts=_parts,
)

RUNNER = runner(_GRAMMAR)
