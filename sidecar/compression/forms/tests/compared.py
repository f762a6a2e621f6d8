"""What unittest says below a comparison that failed, where the assertion has quoted both values already.

AssertionError: Lists differ: [] != ['p', 'q']      stays
Second list contains 2 additional elements.         said above, as the rest
First extra element 0:
'p'
- []
+ ['p', 'q']
 : of an empty page                                 stays, as the test's own words do
"""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["derived", "said_above"]

_ASSERTED = re.compile(r"(?:AssertionError: )?(?:(?:Lists|Tuples|Sequences) differ: )?\S.* != \S")
_ASSERTED_CHARS = 600
"""In a longer assertion nobody finds the difference by eye."""

_DERIVED = re.compile(
    r"(?:First|Second) (?:list|tuple|sequence) contains \d+ additional elements?\.$"
    r"|First (?:differing|extra) element \d+:$"
)


def said_above(asserted: str, below: Sequence[str]) -> list[str]:
    """For each of the first lines of *below* the words of *asserted* that say it ("" for what is counted out of them).

    Nothing where *asserted* is no comparison, or does not quote all of it; nor where several lines are compared, for
    there what is below tells which of them differ.
    """
    if len(asserted) > _ASSERTED_CHARS or not _ASSERTED.match(asserted):
        return []
    said: list[str] = []
    sides = 0
    for line in below:
        if line.startswith(" : "):
            break  # the test's own message
        sides += line[:2] == "- "
        if sides > 1 or line.startswith("  "):
            return []
        words = (line[2:] if line[:2] in {"- ", "+ "} else line).strip()
        if _DERIVED.match(line) or not line.strip(" ?^+-"):
            said.append("")
        elif quoted := next((form for form in (words, repr(words)[1:-1]) if form in asserted), ""):
            said.append(quoted)
        else:
            return []
    return said


def derived(below: Sequence[str]) -> list[int]:
    """Which lines of *below* only count out or quote what the difference under them shows.

    First differing element 0:                          where the two first part, and those two elements
    (0, 1, 3)
    (0, 1, 2)
    Second list contains 10 additional elements.
    - [(0, 1, 3),                                       the difference
    + [(0, 1, 2),
    """
    shown = "\n".join(line for line in below if line.startswith(("- ", "+ ")))
    found: list[int] = []
    quotes = 0
    for index, line in enumerate(below if shown else ()):
        if line.startswith(("- ", "+ ", "  ")):
            break
        if _DERIVED.match(line):
            quotes = 2 if "differing" in line else 1
            found.append(index)
        elif quotes and line and line in shown:
            quotes -= 1
            found.append(index)
        elif line:
            quotes = 0
    return found
