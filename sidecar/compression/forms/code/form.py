"""Source files that somebody printed: small ones as they are, long ones as their outline with bodies on request.

    def total(items):                          def total(items):
        \"\"\"The sum in cents.\"\"\"                     \"\"\"The sum in cents.\"\"\"
        result = 0                       ->    [... 14 lines (20-33): body]
        ...

Whoever prints a file usually wants it, so only what is long enough to hurt is outlined; a body is one `recall` of
the lines that its marker names away.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sidecar.compression.forms.code.languages import (
    DEFINITION,
    Language,
    is_loud,
    language_by_looks,
    language_of_command,
    prints_prose,
    suffix_of_command,
)
from sidecar.compression.forms.code.outline import outline
from sidecar.compression.forms.code.trees import bodies
from sidecar.compression.forms.marking import marked
from sidecar.compression.vocabulary import Block, Evidence, Form, Part, Rank, Segment, keep, verbatim

__all__ = ["FORM"]

_LONG_LINES = 200
_LONG_CHARS = 8_000
"""About 2,000 tokens: from here on a file is outlined."""
_NUMBERED = re.compile(r" *(\d+)(?:\t| [│|] ?| {2}|: ?)|\s*$")
_RULE = re.compile(r"[─┬┼┴│ ]+(?:File: .*)?$")
_WIDE = 1_000
_NAMED, _BY_LOOKS = 0.85, 0.6
_USUAL_SUFFIXES = {"Python": ".py", "Ruby": ".rb", "JavaScript": ".js"}
"""For a source without a name: which grammar reads it."""


def _recognise(segment: Segment) -> float:
    lines = segment.lines
    if len(lines) < 2:
        return 0.0
    named = language_of_command(segment.command)
    if named is not None:
        # A small one stays whole, which another form might not know.
        is_source = _language(segment) is not None if _is_outlined(segment) else _defines(lines)
        return _NAMED if is_source else 0.0
    if prints_prose(segment.command):
        return 0.0
    return _BY_LOOKS if _is_outlined(segment) and _language(segment) is not None else 0.0


def _language(segment: Segment) -> Language | None:
    named = language_of_command(segment.command)
    plain = _unnumbered(segment.lines)
    if named is None:
        return language_by_looks(plain)
    # The file's name says its language, but what was printed may be something else: an error, a diff.
    odd = sum(1 for line in plain if line.startswith(("+", "-", "@@ ", "diff --git ")))
    return named if odd * 20 < len(plain) or _defines(plain) else None


def _defines(lines: Sequence[str]) -> bool:
    return any(DEFINITION.match(line[:_WIDE]) for line in _unnumbered(lines))


def _unnumbered(lines: Sequence[str]) -> Sequence[str]:
    """The lines without the numbers that `cat -n`, `nl` and `bat` put before them."""
    sample = [line for line in lines[:60] if line.strip() and not _RULE.match(line)]
    if not sample or any(_NUMBERED.match(line) is None for line in sample):
        return lines
    return [line[found.end() :] if (found := _NUMBERED.match(line)) else line for line in lines]


def _is_outlined(segment: Segment) -> bool:
    return len(segment.lines) > _LONG_LINES or len(segment.text) > _LONG_CHARS


def _evidence(segment: Segment) -> list[Evidence]:
    """Every definition, and what a body refuses or leaves to do."""
    if not _is_outlined(segment):
        return []
    plain = _unnumbered(segment.lines)
    return verbatim(
        segment, [i for i, line in enumerate(plain) if DEFINITION.match(seen := line[:_WIDE]) or is_loud(seen)]
    )


def _reduce(segment: Segment) -> list[Block]:
    lines = segment.lines
    language = _language(segment) if _is_outlined(segment) else None
    if language is None:
        return [keep(0, len(lines))] if lines else []
    plain = _unnumbered(lines)
    suffix = suffix_of_command(segment.command) or _USUAL_SUFFIXES.get(language.name, "")
    why = outline(plain, language, bodies(plain, suffix))
    return list(marked(lines, why, frozenset(), start=0, end=len(lines), rank=Rank.STRUCTURE))


def _parts(segment: Segment) -> list[Part]:
    """The definitions by their names, each up to the next."""
    plain = _unnumbered(segment.lines)
    heads = [index for index, line in enumerate(plain) if DEFINITION.match(line[:_WIDE])]
    return [
        Part("section", plain[index].strip().rstrip(" {:"), index, after, plain[index].strip()[:300])
        for index, after in zip(heads, [*heads[1:], len(plain)], strict=False)
    ]


FORM = Form("code", _recognise, _evidence, _reduce, _parts)
