"""Which lines of a log are of one kind: equal once what varies is masked.

    line ──mask──> key ──> template      lines with equal templates are of one kind

Masking works on the whole text at once (a byte translation that deletes digits, 700 MB/s) and looks closer
only at lines that still differ: 20 MB have a quarter of a million lines and, mostly, a hundred kinds.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from sidecar.compression.alarms import alarm_lines, warning_lines
from sidecar.compression.vocabulary import Segment

__all__ = ["Kinds", "kinds_of"]

_FAILED_REQUESTS = tuple(
    # Each begins with a literal, for the same reason as the codes below.
    (literal, re.compile(re.escape(literal) + rest))
    for literal, rest in (
        ('" 5', r"\d\d\b"),
        ("HTTP/", r'[\d.]+"? 5\d\d\b'),
        ("status", r'(?:_?code)?["\']?[=:] ?"?5\d\d\b'),
        *((method, r" \S{1,400} 5\d\d\b") for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")),
    )
)
"""A request that the server failed says so in a number."""

_DIGITS = b"0123456789"
_CODES = tuple(
    # Each begins with literal bytes, which the matcher looks for at 1 GB/s; one alternation of them runs at 60 MB/s.
    (literal, re.compile(literal + rest))
    for literal, rest in (
        (b'" ', rb"\d{3} "),
        (b"HTTP/", rb"[\d.]+\"? \d{3}\b"),
        (b"status", rb"(?:_?code)?[\"']?[=: ]{1,2}\"?\d{1,3}\b"),
        (b"code", rb"[\"']?[=: ]{1,2}\d{1,3}\b"),
        (b"exit", rb"[a-z ]{0,12}[=: ]{1,2}\d{1,3}\b"),
        *((method, rb" \S{1,400} \d{3}\b") for method in (b"GET", b"POST", b"PUT", b"PATCH", b"DELETE", b"HEAD")),
        (b" 0 ", rb"(?=(?i:fail|err|warn|reject|conflict|timeout|crit|drop|lost|denied|panic|abort))"),
        *(
            (word, rb"[a-zA-Z]{0,5}[\"']?[=:] ?0\b")
            for word in (
                b"ail",
                b"rror",
                b"arning",
                b"eject",
                b"onflict",
                b"imeout",
                b"ropped",
                b"lost",
                b"AIL",
                b"RROR",
            )
        ),
    )
)
"""Numbers that mean something: a status, an exit code, a zero where an alarm would be counted."""
_AS_LETTERS = bytes.maketrans(_DIGITS, bytes(range(1, 9)) + b"\x0e\x0f")
"""They are moved out of the way of masking."""

_HEX = re.compile(rb"[0-9a-fA-F]{6,}(?:-[0-9a-fA-F]{4,})*")
_SEPARATORS = rb"\s\"'=:,;()\[\]{}<>|/"
_TOKEN = re.compile(rb"(?<![^%b])[^%b]*\d[^%b]*" % (_SEPARATORS, _SEPARATORS, _SEPARATORS))

_PLACE = re.compile(
    rb"(?<![\w./\\-])[\w./\\-]+\.(?!(?:com|net|org|io|local|internal|svc|lan)\b)[A-Za-z]\w{0,7}(?::\d+(?::\d+)?|:?[\[(]\d+(?:,\d+)?|::\S+)"
    rb"|(?<!\w)\w*[Tt]est\w*\d\w*"
)
"""A file's line or a test's name: `a.c:12:5`, `App.java:[12,5]`, `test_a.py::test_b[3]`, `test_3`; no host's port."""

_MANY_KEYS = 60
_MANY_TEMPLATES = 20_000


@dataclass(frozen=True, slots=True)
class Kinds:
    """Every line's key, the first line of each key, each key's template, and the templates that are loud."""

    keys: Sequence[bytes]
    first: Mapping[bytes, int]
    templates: Mapping[bytes, bytes]
    alarms: frozenset[bytes]
    warnings: frozenset[bytes]


def kinds_of(segment: Segment) -> Kinds:
    """The kinds of a segment's lines; kept with the segment, for its reduction and its evidence both ask."""
    known: Kinds | None = segment.__dict__.get("log kinds")
    if known is None:
        known = segment.__dict__["log kinds"] = _read_kinds(segment)
    return known


def _read_kinds(segment: Segment) -> Kinds:
    data = _with_codes_kept(segment.text.encode("utf-8", "surrogatepass"))
    keys = data.translate(None, _DIGITS).split(b"\n")
    if len(set(keys)) > max(_MANY_KEYS, len(keys) // 20):
        keys = _HEX.sub(b"", data).translate(None, _DIGITS).split(b"\n")
    first, alarms, warnings = _loud(segment, keys)
    places_of_loud = _places_of_loud(segment, keys, first, alarms | warnings)
    if places_of_loud:
        for index, place in places_of_loud.items():
            keys[index] += place
        first, alarms, warnings = _loud(segment, keys)
    templates = list(first)
    # Of too many, only the loud are looked at closer; the others are compared word by word later.
    closer = range(len(templates)) if len(templates) <= _MANY_TEMPLATES else sorted(alarms | warnings)
    masked = data.split(b"\n")
    places = list(first.values())
    shapes = _TOKEN.sub(b"#", b"\n".join([masked[places[index]] for index in closer])).split(b"\n")
    for index, shape in zip(closer, shapes, strict=False):
        templates[index] = shape + places_of_loud.get(places[index], b"")
    return Kinds(
        keys,
        first,
        dict(zip(first, templates, strict=True)),
        frozenset(templates[index] for index in alarms),
        frozenset(templates[index] for index in warnings),
    )


def _loud(segment: Segment, keys: Sequence[bytes]) -> tuple[dict[bytes, int], set[int], set[int]]:
    """The first line of each key, and the alarms and the warnings among these, by their number."""
    first = dict(zip(reversed(keys), range(len(keys) - 1, -1, -1), strict=True))
    distinct = [segment.lines[index] for index in first.values()]
    text = "\n".join(distinct)
    alarms = {*alarm_lines(distinct, text), *_failed_requests(distinct, text)}
    return first, alarms, set(warning_lines(distinct, text))


def _places_of_loud(
    segment: Segment, keys: Sequence[bytes], first: Mapping[bytes, int], loud: set[int]
) -> dict[int, bytes]:
    """For each alarm or warning that names a file's line or a test: that name.

    A CI log puts a time before each diagnostic, and sixty of them are not one with a count.
    """
    named = {key for number, (key, at) in enumerate(first.items()) if number in loud and _named(segment.lines[at])}
    if not named:
        return {}
    return {index: b"\0" + _named(segment.lines[index]) for index, key in enumerate(keys) if key in named}


def _named(line: str) -> bytes:
    return b"\0".join(_PLACE.findall(line[:_NAMED_CHARS].encode("utf-8", "surrogatepass")))


_NAMED_CHARS = 2_000


def _failed_requests(lines: Sequence[str], text: str) -> set[int]:
    places = [
        found.start() for literal, pattern in _FAILED_REQUESTS if literal in text for found in pattern.finditer(text)
    ]
    if not places:
        return set()
    ends = [end + index for index, end in enumerate(accumulate(map(len, lines)))]
    return {bisect_right(ends, place) for place in places}


def _with_codes_kept(data: bytes) -> bytes:
    for literal, pattern in _CODES:
        if literal not in data:
            continue
        if literal == b'" ':  # whole with its space: replacing each of a few is six times as fast
            for text in sorted(set(pattern.findall(data))):
                data = data.replace(text, _code_as_letters(text))
            continue
        data = pattern.sub(lambda found: _code_as_letters(found[0]), data)
    return data


def _code_as_letters(text: bytes) -> bytes:
    """The last number of a text, moved out of the way of masking."""
    at = len(text.rstrip(b" ").rstrip(_DIGITS))
    return text[:at] + text[at:].translate(_AS_LETTERS)
