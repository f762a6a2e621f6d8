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

__all__ = ["said_above"]

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
