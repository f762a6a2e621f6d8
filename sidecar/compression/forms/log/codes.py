"""Numbers that mean something in a log: the status of a request, an exit code, a zero where an alarm would be counted.

Digits are masked to tell which lines are of one kind; these are moved out of the way before.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate

from sidecar.compression.literals import Literals

__all__ = [
    "CODES",
    "DIGITS",
    "Code",
    "all_without_digits",
    "codes_in",
    "encoded",
    "failed_requests",
    "with_codes_kept",
    "without_digits",
]

_FAILED_REQUESTS = (
    *(
        # Each begins with a literal, for the same reason as the codes below.
        (literal, re.compile(re.escape(literal) + rest))
        for literal, rest in (
            ('" 5', r"\d\d\b"),
            ("HTTP/", r'[\d.]+"? 5\d\d\b'),
            ("status", r'(?:_?code)?["\']?[=:] ?"?5\d\d\b'),
            *((method, r" \S{1,400} 5\d\d\b") for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")),
        )
    ),
    (" ---- ", re.compile(r"/\+?\d{1,9} (?=5\d\d [\d-])")),  # haproxy: the times it took, then the status
)
"""A request that the server failed says so in a number."""
DIGITS = b"0123456789"
CODES = tuple(
    # Each begins with literal bytes, which the matcher looks for at 1 GB/s; one alternation of them runs at 60 MB/s.
    (literal, re.compile(pattern))
    for literal, pattern in (
        (b'" ', rb'" (\d{3}) '),
        (b"HTTP/", rb"HTTP/[\d.]+\"? (\d{3})\b"),
        (b" ---- ", rb"/\+?\d{1,9} (\d{3}) [\d-]"),
        (b"status", rb"status(?:_?code)?[\"']?[=: ]{1,2}\"?(\d{1,3})\b"),
        (b"code", rb"code[\"']?[=: ]{1,2}(\d{1,3})\b"),
        (b"exit", rb"exit[a-z ]{0,12}[=: ]{1,2}(\d{1,3})\b"),
        *(
            (method, method + rb" \S{1,400} (\d{3})\b")
            for method in (b"GET", b"POST", b"PUT", b"PATCH", b"DELETE", b"HEAD")
        ),
        (b" 0 ", rb" (0) (?=(?i:fail|err|warn|reject|conflict|timeout|crit|drop|lost|denied|panic|abort))"),
        *(
            (word, word + rb"[a-zA-Z]{0,5}[\"']?[=:] ?(0)\b")
            for word in (
                b"ail", b"rror", b"arning", b"eject", b"onflict", b"imeout", b"ropped", b"lost", b"AIL", b"RROR",
            )
        ),
    )
)  # fmt: skip
"""Numbers that mean something: a status, an exit code, a zero where an alarm would be counted."""
Code = tuple[bytes, re.Pattern[bytes]]
_CODE_LITERALS = Literals(literal.decode() for literal, _ in CODES)
_REQUESTS = (b"HTTP/", b"GET", b"POST", b"PUT", b"PATCH", b"DELETE", b"HEAD")
"""Where most lines have had their status found, it is not looked for in these ways."""
_AS_LETTERS = bytes.maketrans(DIGITS, bytes(range(1, 9)) + b"\x0e\x0f")
_LETTERED = {
    code: code.translate(_AS_LETTERS)
    for width in (1, 2, 3)
    for code in (b"%0*d" % (width, n) for n in range(10**width))
}
"""They are moved out of the way of masking."""


def all_without_digits(lines: Sequence[str]) -> list[bytes]:
    """Each line as `without_digits` gives it."""
    if not lines:
        return []
    text = "\n".join(lines)
    return with_codes_kept(encoded(text), codes_in(text)).translate(None, DIGITS).split(b"\n")


def without_digits(line: str) -> bytes:
    """What two lines of which only numbers differ have in common; a status is no mere number."""
    return with_codes_kept(encoded(line), codes_in(line)).translate(None, DIGITS)


def encoded(text: str) -> bytes:
    """The bytes of a text that may hold half of a character."""
    return text.encode("utf-8", "surrogatepass")


def failed_requests(lines: Sequence[str], text: str) -> set[int]:
    """The indexes of the lines that tell of a request the server failed; *text* is the same lines joined."""
    places = [
        found.start() for literal, pattern in _FAILED_REQUESTS if literal in text for found in pattern.finditer(text)
    ]
    if not places:
        return set()
    ends = [end + index for index, end in enumerate(accumulate(map(len, lines)))]
    return {bisect_right(ends, place) for place in places}


def codes_in(text: str) -> list[Code]:
    """Those of `CODES` that may be in *text*: two dozen literals are looked for in one walk."""
    present = _CODE_LITERALS.within(text)
    return [code for code in CODES if code[0].decode() in present] if present else []


def with_codes_kept(data: bytes, codes: Iterable[Code]) -> bytes:
    """The same with the digits of *codes* as letters that nothing prints, so that masking leaves them."""
    has_status = False
    for literal, pattern in codes:
        if literal not in data:
            continue
        if literal == b'" ':  # whole with its spaces: replacing each of a few is six times as fast
            found = Counter(pattern.findall(data))
            for code in sorted(found):
                data = data.replace(b'" %b ' % code, b'" %b ' % _LETTERED[code])
            has_status = 2 * found.total() > data.count(b"\n")
            continue
        if has_status and literal in _REQUESTS:
            continue
        moved = bytearray(data)
        for match in pattern.finditer(data):
            start, end = match.span(1)
            moved[start:end] = _LETTERED[data[start:end]]
        data = bytes(moved)
    return data
