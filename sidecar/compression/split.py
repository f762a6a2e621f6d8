"""Where one program's output ends and another's begins.

An output may hold several: `pip install -e . && pytest`, a make that runs tests, a CI log. Some
lines can only be the first of a run, some only the last; the output is cut there. Everything
between two cuts is recognised by itself, so a wrong cut costs a little saving and never a line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["split"]


@dataclass(frozen=True, slots=True)
class _Border:
    """One program's way to begin and to end, with a literal that must be in the text before a line is looked at."""

    program: str
    literals: tuple[str, ...]
    opens: re.Pattern[str]
    closes: re.Pattern[str] | None = None


_BORDERS = (
    _Border(
        "pytest",
        ("test session starts", "[100%]", " in 0.", "s =="),
        re.compile(r"={3,} test session starts ={3,}$|[.FEsxXu]+ +\[ *\d+%\]$"),
        re.compile(
            r"(?:={3,} .*\b|\d+ |(?=no ))"
            r"(?:passed|failed|errors?|skipped|deselected|xfailed|xpassed|no tests ran)\b.* in [\d.]+s"
        ),
    ),
    _Border(
        "pip",
        ("Collecting ", "Requirement already satisfied: ", "Successfully installed "),
        re.compile(r"(?:Collecting|Looking in indexes:|Requirement already satisfied:|Obtaining|Processing) \S"),
        re.compile(r"Successfully installed \S|\[notice\] To update, run: "),
    ),
    _Border(
        "cargo test",
        ("running ", "test result: "),
        re.compile(r"running \d+ tests?$"),
        re.compile(r"test result: (?:ok|FAILED)\."),
    ),
    _Border("git log", ("commit ",), re.compile(r"commit [0-9a-f]{40}(?: \(.*\))?$")),
    _Border("git status", ("On branch ", "HEAD detached "), re.compile(r"On branch \S|HEAD detached (?:at|from) ")),
    _Border("ci group", ("##[group]", "::group::"), re.compile(r"(?:\S+Z )?(?:##\[group\]|::group::)")),
)


def split(lines: Sequence[str], text: str) -> list[tuple[int, int]]:
    """The segments of an output as (start, end) line indexes: in order, without gaps, at least one.

    *text* is the same lines joined, for tests that are cheap on one string.
    """
    borders = [border for border in _BORDERS if any(literal in text for literal in border.literals)]
    if not borders:
        return [(0, len(lines))]
    cuts: list[int] = []
    current: _Border | None = None
    for index, line in enumerate(lines):
        # Every border begins and ends with one of these characters: nine lines in ten need no pattern.
        if not line or line[0] not in "=.FEsxXuCLROPSHcnrt[#:0123456789":
            continue
        for border in borders:
            if border is not current and border.opens.match(line):
                cuts.append(index)
                current = border
                break
            if border is current and border.closes is not None and border.closes.match(line):
                cuts.append(index + 1)
                current = None
                break
    edges = sorted({0, *cuts, len(lines)})
    return list(pairwise(edges)) or [(0, len(lines))]
