"""Records: JSON, CSV, YAML, XML, tables and lists of keys with their values.

Each kind has its own grammar in a module beside this one; here the first that reads the whole text is asked.
What they share is the notation (`notation`) and the choice of what stays (`room`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from sidecar.compression.forms.records import json as records_json
from sidecar.compression.forms.records import metrics as records_metrics
from sidecar.compression.forms.records import stanzas as records_stanzas
from sidecar.compression.forms.records import tables, text
from sidecar.compression.forms.records import xml as records_xml
from sidecar.compression.forms.records import yaml as records_yaml
from sidecar.compression.forms.records.finding import grids
from sidecar.compression.forms.records.values import Value
from sidecar.compression.kept import kept
from sidecar.compression.vocabulary import Block, Evidence, Form, Part, Rank, Segment, keep

__all__ = ["FORM"]


@dataclass(frozen=True, slots=True)
class _Reading:
    """What a segment was read as: how surely, and what follows from it."""

    sure: float
    evidence: Callable[[], list[Evidence]]
    reduce: Callable[[], list[Block]]
    parts: Callable[[], list[Part]]


_TABLE_PROGRAMS = frozenset({
    "apt", "aws", "az", "column", "df", "docker", "dpkg", "dpkg-query", "free", "gcloud", "gh", "helm", "iostat",
    "kubectl", "lsblk", "lsmod", "lsof", "mariadb", "mysql", "netstat", "nerdctl", "npm", "oc", "pip", "pip3", "podman",
    "ps", "psql", "route", "sqlite3", "ss", "systemctl", "top", "uv", "vmstat",
})  # fmt: skip

_JSON_SURE = 0.93
"""Less than what stops the others from being asked: findings and search results come as JSON too."""


@kept
def _reading(segment: Segment) -> _Reading | None:
    """What the segment is read as, so that 20 MB are parsed once and forgotten with their segment."""
    documents = records_json.read(segment)
    if documents is not None:
        return _Reading(
            _JSON_SURE,
            lambda: records_json.evidence(segment, documents),
            lambda: records_json.reduce(segment, documents),
            lambda: records_json.parts(segment, documents),
        )
    if any(line[:1] == "<" for line in segment.lines[: records_xml.STRAY_LINES]):
        elements = records_xml.read(segment.lines, segment.text)
        if elements is not None:
            return _of_xml(segment, elements)
    stanzas = records_metrics.read(segment.lines, segment.text) or records_stanzas.read(segment.lines, segment.text)
    if stanzas is not None:
        return _of_stanzas(segment, stanzas)
    values = records_yaml.read(segment.lines)
    if values is not None:
        return _of_yaml(segment, values)
    program = segment.command.program if segment.command is not None else ""
    found = grids(segment.lines, segment.text, hinted=program in _TABLE_PROGRAMS)
    if found:
        return _Reading(
            0.9,
            lambda: tables.evidence(segment, found),
            lambda: tables.reduce(segment, found),
            lambda: tables.parts(found, segment.lines),
        )
    return None


def _of_yaml(segment: Segment, values: list[Value]) -> _Reading:
    value = list(values) if len(values) > 1 else values[0]
    count = len(segment.lines)
    is_written = any(line.lstrip()[:1] == "#" for line in segment.lines)

    def reduce() -> list[Block]:
        return [records_json.shown("yaml", value, segment.lines, 0, count, escaped=False, is_written=is_written)]

    return _Reading(0.9, lambda: text.evidence(segment, 0, count), reduce, lambda: text.parts(segment))


def _of_stanzas(segment: Segment, stanzas: records_stanzas.Stanzas) -> _Reading:
    lines, start, end = segment.lines, stanzas.start, stanzas.end

    def reduce() -> list[Block]:
        blocks = [keep(0, start, Rank.STRUCTURE)] if start else []
        blocks.append(records_json.shown(stanzas.kind, stanzas.value, lines[start:end], start, end, escaped=False))
        return [*blocks, keep(end, len(lines), Rank.STRUCTURE)] if end < len(lines) else blocks

    return _Reading(0.9, lambda: text.evidence(segment, start, end), reduce, list)


def _of_xml(segment: Segment, elements: records_xml.Elements) -> _Reading:
    start, end = elements.start, elements.end

    def reduce() -> list[Block]:
        what = elements.left_out
        block = records_json.shown(
            "xml", elements.value, segment.lines[start:end], start, end, escaped=False, what=what
        )
        if block.shown is not None:
            block = replace(block, shown=tuple(line.replace("\x80", "&") for line in block.shown))
        blocks = [keep(0, start, Rank.STRUCTURE)] if start else []
        blocks.append(block)
        return [*blocks, keep(end, len(segment.lines), Rank.STRUCTURE)] if end < len(segment.lines) else blocks

    return _Reading(0.9, lambda: text.evidence(segment, start, end), reduce, list)


def _recognise(segment: Segment) -> float:
    reading = _reading(segment)
    return reading.sure if reading is not None else 0.0


def _evidence(segment: Segment) -> list[Evidence]:
    reading = _reading(segment)
    return reading.evidence() if reading is not None else []


def _reduce(segment: Segment) -> list[Block]:
    reading = _reading(segment)
    if reading is None:
        return [keep(0, len(segment.lines))] if segment.lines else []
    return reading.reduce()


def _parts(segment: Segment) -> list[Part]:
    reading = _reading(segment)
    return reading.parts() if reading is not None else []


FORM = Form("records", _recognise, _evidence, _reduce, _parts)
