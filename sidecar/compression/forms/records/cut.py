"""A JSON document that breaks off: `head -c`, a limit of time, an agent's own cut.

What came before its last comma is whole: with its brackets closed it is a document like any other. What follows
that comma may be half a word and is shown as it was printed.
"""

from __future__ import annotations

import re

__all__ = ["closed"]

_TOKEN = re.compile(r'"[^"]*(?:"|\Z)|[{}\[\],]')
_CLOSING = {"{": "}", "[": "]"}


def closed(text: str, at: int, broken_at: int) -> tuple[str, int] | None:
    """The document that begins at *at*, closed after its last whole member, and where the comma behind that stands.

    *broken_at* is where reading it failed; its strings hold no escapes. None where it
    holds nothing whole.
    """
    open_brackets: list[str] = []
    comma, left_open = -1, ""
    for found in _TOKEN.finditer(text, at, broken_at):
        match found[0]:
            case "{" | "[":
                open_brackets.append(_CLOSING[found[0]])
            case "}" | "]":
                if not open_brackets:
                    return None
                open_brackets.pop()
            case ",":
                comma, left_open = found.start(), "".join(reversed(open_brackets))
            case _:
                pass
    return (text[at:comma] + left_open, comma) if comma >= 0 and left_open else None
