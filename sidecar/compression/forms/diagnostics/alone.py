"""A place in a line of its own: above what it is about, as svelte-check and pydocstyle print, or below, as bandit does.

/shop/src/Cart.svelte:7:1                               shop/cart.py:79 in public function `merge`:
Warn: `<img>` element should have an alt attribute              D202: No blank lines allowed after function docstring
https://svelte.dev/e/a11y_missing_attribute (svelte)
<h1>Cart</h1>
<img src={picture}>

>> Issue: [B110:try_except_pass] Try, Except, Pass detected.
   Severity: Low   Confidence: High
   Location: shop/basket.py:26:4
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sidecar.compression.forms.diagnostics.kinds import Kind, Line
from sidecar.compression.literals import literals_in
from sidecar.compression.vocabulary import Segment

__all__ = ["ISSUE", "LITERALS", "LOCATION", "MESSAGE", "PLACE", "is_told_so", "joined_with_places", "tells"]

PLACE = re.compile(r"(?P<place>[^\s:|(]*[./][^\s:|(]*:\d+(?::\d+)?):?(?: (?:in|at) \S.{0,200}:)?$")
MESSAGE = re.compile(r"(?P<sign>Error|Warn|Warning|Hint): \S| {4,12}[A-Z]{1,4}\d{3}: \S")
_TELLS = re.compile(r":\d+:?(?: (?:in|at) [^\n]{1,200}:)?\n(?:Error|Warn|Warning|Hint|    +[A-Z]{1,4}\d{3}): ")
ISSUE = ">> Issue: ["
LOCATION = re.compile(r"   Location: (?P<place>\S.{0,300}:\d+(?::\d+)?)$")
_CODE = re.compile(r"\d+[\t ]")
_SAID_BY = re.compile(r".* (?:\([a-z]+\))?$")
"""The last line of what svelte-check says: who found it, or nobody, behind a blank. What follows is quoted."""
_SAID_LINES = 60
_SVELTES = ("\nsvelte-check found ", "Getting Svelte diagnostics...")
_SURE = 3
_QUOTING_LINES = 8
"""What it prints of one finding, most often: place, message, three lines of the file, now and then a chain of types."""
_ENDS = "===="
_MESSAGES = ("\nError: ", "\nWarn: ", "\nWarning: ", "\nHint: ", " in public ", " at module level:", " in private ")
LITERALS = (ISSUE, *_MESSAGES)
_SEEN_CHARS = 400
_KINDS = {"Error": Kind.ERROR, "Warn": Kind.WARNING, "Warning": Kind.WARNING, "Hint": Kind.WARNING}


def tells(segment: Segment) -> bool:
    """Whether there is such a place somewhere."""
    present = literals_in(segment)
    return ISSUE in present or (not present.isdisjoint(_MESSAGES) and _TELLS.search(segment.text) is not None)


def is_told_so(segment: Segment) -> bool:
    """Whether most of a text is such places with their messages."""
    if not tells(segment):
        return False
    text = segment.text
    told, lines = len(_TELLS.findall(text)), text.count("\n") - text.count("\n\n")
    return 2.5 * told >= 0.8 * lines or (
        told >= _SURE and _QUOTING_LINES * told >= lines and any(words in text for words in _SVELTES)
    )


def _issue(lines: Sequence[str], read: list[Line], start: int) -> None:
    """One of bandit's: its severity, its place, where to read more, and the lines around it."""
    read[start] = Line(Kind.LINT, "", lines[start])
    for at in range(start + 1, len(lines)):
        line = lines[at]
        location = LOCATION.match(line)
        if location is not None:
            read[at] = Line(Kind.ARROW, location["place"])
        elif line.startswith("   Severity: "):
            read[at] = Line(Kind.SAID)
        elif line.startswith(("   CWE: ", "   More Info: ")):
            read[at] = Line(Kind.HINT)
        elif _CODE.match(line):
            read[at] = Line(Kind.SOURCE)
        elif not line.strip("- "):
            read[at] = Line(Kind.BLANK)
        else:
            if line == "Code scanned:":
                read[at] = Line(Kind.SUMMARY)
            return


def joined_with_places(lines: Sequence[str], read: list[Line]) -> list[Line]:
    """*read* with the places that have their message below them; a link after a message is where to read more."""
    for at in range(1, len(lines)):
        line, above = lines[at], lines[at - 1]
        if line.startswith(ISSUE):
            _issue(lines, read, at)
            continue
        if read[at - 1].kind is Kind.SAID and line.startswith("https://"):
            read[at] = Line(Kind.HINT)
            continue
        said = MESSAGE.match(line[:_SEEN_CHARS])
        place = PLACE.match(above) if said is not None and len(above) < _SEEN_CHARS else None
        if said is not None and place is not None:
            read[at - 1] = Line(_KINDS.get(said["sign"], Kind.LINT), place["place"])
            read[at] = Line(Kind.SAID)
            if said["sign"]:
                _quoted(lines, read, at, is_first_line=":1:" in place["place"])
    return read


def _quoted(lines: Sequence[str], read: list[Line], said: int, *, is_first_line: bool) -> None:
    """What svelte-check quotes below a message: the line before, the lines that it is about, the line after."""
    ends = range(said, min(said + _SAID_LINES, len(lines)))
    start = next((at for at in ends if not lines[at] or _SAID_BY.match(lines[at][-_SEEN_CHARS:])), len(lines)) + 1
    for at in range(start, len(lines)):
        is_next = at + 1 < len(lines) and MESSAGE.match(lines[at + 1][:_SEEN_CHARS]) and PLACE.match(lines[at])
        if is_next or lines[at].startswith(_ENDS):
            return
        if lines[at].strip():
            read[at] = Line(Kind.MARKED if at - start == (0 if is_first_line else 1) else Kind.SOURCE)
