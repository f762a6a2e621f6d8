"""The diagnostics of an output as parts one may ask for: "the 3rd error", or what is new since the last run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from sidecar.compression.forms.diagnostics.kinds import Kind, Line
from sidecar.compression.vocabulary import Part

__all__ = ["label", "parts"]

_FINDINGS = frozenset({Kind.ERROR, Kind.LINT, Kind.WARNING, Kind.ROW})
_ENDS = frozenset({*_FINDINGS, Kind.BUILD, Kind.FAILURE, Kind.SUMMARY, Kind.INCLUDED, Kind.CONTEXT})
_NUMBERS = re.compile(r"(?:[:(]\d+[\d:,-]*\)?|: line \d+, col \d+)$")
_SPACES = re.compile(r"  +")
_RULER = re.compile(r" *[\u2501\u2550]{5,}$")


def label(place: str, said: str) -> str:
    """Path and message without line numbers, the same in the next run."""
    return f"{_NUMBERS.sub('', place.strip())} {_SPACES.sub(' ', said.strip())}".strip()


def parts(lines: Sequence[str], read: Sequence[Line]) -> list[Part]:
    """Every diagnostic with what belongs to it, in order; a line that was printed before is not listed again."""
    found: list[Part] = []
    seen: set[str] = set()
    path = ""
    starts = [index for index, this in enumerate(read) if this.kind in _ENDS] + [len(lines)]
    ends = dict(pairwise(starts))
    for index, this in enumerate(read):
        line = lines[index]
        if this.kind is Kind.OTHER and line[:1] not in " \t" and " " not in line:
            path = line
        if this.kind not in _FINDINGS:
            continue
        place, said = this.place, this.said or line
        if this.kind is Kind.ROW:
            place, said = f"{path}:{place.strip()}", said.strip()
        elif not place and index + 1 < len(lines) and read[index + 1].kind is Kind.ARROW:
            place = read[index + 1].place
        told = f"{place.strip()}: {_SPACES.sub(' ', said.strip())}" if place != this.place else line
        if ruler := _RULER.search(told):
            # biome says what is wrong below a ruler.
            below = next((line.strip() for line in lines[index + 1 : index + 3] if line.strip()), "")
            said = f"{_RULER.sub('', said)} {below}"
            told = f"{told[: ruler.start()].rstrip()} {below}"
        if told in seen:
            continue
        seen.add(told)
        is_error = this.kind is Kind.ERROR or (this.kind is not Kind.WARNING and "warning" not in said[:12])
        found.append(Part("error" if is_error else "warning", label(place, said), index, ends[index], told.strip()))
    return found
