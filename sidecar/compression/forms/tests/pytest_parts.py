"""What of a pytest run can be asked for by name: each failing test, each error, each warning.

The label is the node id where the short summary tells it (`tests/test_a.py::TestB::test_c`), else the heading's name.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence

from sidecar.compression.forms.tests.pytest_lines import heading_name, is_explanation, is_outcome
from sidecar.compression.forms.tests.pytest_summary import node_of, sections, short
from sidecar.compression.vocabulary import Part, Segment

__all__ = ["parts"]

_PHASE = re.compile(r"ERROR (?:at (?:setup|teardown) of|collecting) ")
_WARNING = re.compile(r"  (\S.*?):\d+: (\w+: .*|\w+)$")


def parts(segment: Segment) -> list[Part]:
    """The failing tests in the order of their sections; without sections, as the summary names them."""
    lines = segment.lines
    summary = _summary(lines)
    waiting: dict[str, deque[tuple[int, str]]] = defaultdict(deque)
    for index, node in summary:
        waiting[short(node)].append((index, node))
    found: list[Part] = []
    told: set[int] = set()
    for start, end in sections(segment):
        name = heading_name(lines[start]) or lines[start]
        kind = "error" if _PHASE.match(name) else "failure"
        bare = _PHASE.sub("", name)
        named = waiting.get(short(bare))
        if named:
            index, label = named.popleft()
            told.add(index)
            said = lines[index]
        else:
            label = bare
            why = next((lines[i][1:].strip() for i in range(start, end) if is_explanation(lines[i])), "")
            said = f"{name} - {why}" if why else name
        found.append(Part(kind, label, start, end, said))
    for index, node in summary:
        if index not in told:
            kind = "error" if lines[index].startswith("ERROR") else "failure"
            found.append(Part(kind, node, index, index + 1, lines[index]))
    found.extend(_warnings(lines))
    return sorted(found, key=lambda part: part.start)


def _summary(lines: Sequence[str]) -> list[tuple[int, str]]:
    """The lines of the short summary that name a failure, with the node id each names."""
    return [(index, node_of(line)) for index, line in enumerate(lines) if line[:1] in {"F", "E"} and is_outcome(line)]


def _warnings(lines: Sequence[str]) -> Iterable[Part]:
    seen: set[str] = set()
    inside = False
    for index, line in enumerate(lines):
        if line.startswith("==="):
            inside = " warnings summary " in line
        elif inside and line.startswith("  ") and (found := _WARNING.match(line)) and found[2] not in seen:
            seen.add(found[2])
            yield Part("warning", f"{found[1]}: {found[2]}", index, index + 1, line.strip())
