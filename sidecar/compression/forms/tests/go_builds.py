"""What Go's compiler says of packages whose tests could not be built, read by the form that reads compilers.

# example.com/shop/cart [example.com/shop/cart.test]
./cart.go:20:4: a.Writer undefined (type *App has no field or method Writer)
./help.go:78:9: a.Writer undefined (type *App has no field or method Writer)      its place beside the first
FAIL	example.com/shop/cart [build failed]
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sidecar.compression.forms.tests.between import give
from sidecar.compression.forms.tests.run import Run
from sidecar.compression.kept import kept
from sidecar.compression.vocabulary import Evidence, Segment

__all__ = ["delegate", "evidence"]

_FAILED = " [build failed]"
_FEW_LINES = 4
"""So few lines repeat too little to be worth a second reading."""
_COMPILED = re.compile(r"# \S|(?:vet: )?\S+\.go:\d+:\d+: |\S+\.go:\d+: |too many errors$|\t\S")
_SURE = 0.5


def evidence(segment: Segment, found: list[Evidence]) -> list[Evidence]:
    """What must survive of a run, *found* by its lines; of what compilers said, in the parts their form takes it to."""
    builds = _builds(segment)
    if not builds:
        return found
    from sidecar.compression.forms import diagnostics

    inside = {index for build in builds for index in range(build.first, build.first + len(build.lines))}
    result = [item for item in found if item.line not in inside]
    for build in builds:
        result += [item.moved(build.first.__add__) for item in diagnostics.FORM.evidence(build)]
    return result


def delegate(run: Run) -> None:
    """Give each stretch of compilers' words to their form."""
    from sidecar.compression.forms import diagnostics

    for build in _builds(run.segment):
        give(run, diagnostics.FORM, build)


@kept
def _builds(segment: Segment) -> list[Segment]:
    """The stretches of lines that a compiler printed; *first* is where each begins in *segment*."""
    return list(_stretches(segment)) if _FAILED in segment.text else []


def _stretches(segment: Segment) -> Iterable[Segment]:
    from sidecar.compression.forms import diagnostics

    lines, at = segment.lines, 0
    while at < len(lines):
        start = at
        if lines[at].startswith("# "):
            while at < len(lines) and _COMPILED.match(lines[at]):
                at += 1
        if at - start > _FEW_LINES:
            build = Segment(lines[start:at], start, None, segment.exit_code)
            if diagnostics.FORM.recognise(build) >= _SURE:
                yield build
        at = max(at, start + 1)
