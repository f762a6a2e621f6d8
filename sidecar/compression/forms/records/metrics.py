"""Metrics as Prometheus scrapes them: labels as columns, a histogram's buckets side by side.

# HELP http_requests_total Requests            http_requests_total:
# TYPE http_requests_total counter        ->    HELP: Requests
http_requests_total{path="/",code="200"} 9      TYPE: counter
http_requests_total{path="/",code="500"} 1      samples (2 rows): path=/ code value
                                                 200 9
                                                 500 1
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sidecar.compression.forms.records.stanzas import Stanzas
from sidecar.compression.forms.records.values import Literal, Value

__all__ = ["read"]

_SAMPLE = re.compile(r"([A-Za-z_:][\w:]*)(?:\{([^{}]*)\})? (-?[\d.]\S*|[+-]?Inf|NaN)( -?\d+)?$")
_LABEL = re.compile(r'([A-Za-z_]\w*)="([^"\\]*)"(?:,|$)')
_SPREAD = {"le", "quantile"}
"""Labels whose values are the points of one distribution."""

_REMARKS = ("# HELP ", "# TYPE ", "# UNIT ", "# EOF")
_FIRST_LINES = 40


def read(lines: Sequence[str], text: str) -> Stanzas | None:
    """The metrics of an output that holds nothing else; None where it does."""
    if "# TYPE " not in text:
        return None
    start = next((at for at, line in enumerate(lines[:_FIRST_LINES]) if line.startswith(_REMARKS[:2])), -1)
    if start < 0:
        return None
    families: dict[str, Value] = {}
    spread: dict[tuple[str, str], dict[str, Value]] = {}
    for line in lines[start:]:
        if line.startswith(_REMARKS):
            if not _remark(families, line):
                return None
        elif line.strip():
            sample = _SAMPLE.match(line) if len(line) < 4_000 else None
            if sample is None or sample[4] or not _add(families, spread, sample):
                return None
    return Stanzas("metrics", families, start, len(lines))


def _family(families: dict[str, Value], name: str) -> dict[str, Value]:
    held = families.setdefault(name, {})
    return held if isinstance(held, dict) else {}


def _remark(families: dict[str, Value], line: str) -> bool:
    kind, _, told = line[2:].partition(" ")
    name, _, said = told.partition(" ")
    if name and said:
        _family(families, name)[kind] = said
    return '"' not in said


def _add(families: dict[str, Value], spread: dict[tuple[str, str], dict[str, Value]], sample: re.Match[str]) -> bool:
    """Puts a sample into its family: a value, a row, or one more point of a row."""
    name, labels, value = sample[1], sample[2] or "", Literal(sample[3])
    told: dict[str, Value] = dict(_LABEL.findall(labels))
    if sum(len(key) + len(str(text)) + 4 for key, text in told.items()) - bool(told) not in (
        len(labels),
        len(labels) - 1,
    ):
        return False
    family = _family(families, name)
    if not told:
        family["value"] = value
        return True
    points = _SPREAD & set(told)
    rows = family.setdefault("samples", [])
    if not isinstance(rows, list):
        return False
    if not points:
        rows.append({**told, "value": value})  # type: ignore[arg-type]  # a list of rows
        return True
    point = points.pop()
    at = str(told.pop(point))
    key = (name, repr(told))
    if key not in spread:
        spread[key] = {}
        rows.append({**told, point: spread[key]})  # type: ignore[arg-type]  # a list of rows
    spread[key][at] = value
    return True
