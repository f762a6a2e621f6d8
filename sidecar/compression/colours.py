"""The colours a program printed, put back on the lines that are shown: for a person at a terminal.

Only colours come back: titles, cursor movements and strings to the terminal stay removed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sidecar.compression.choosing import Compressed
from sidecar.compression.clean import clean
from sidecar.compression.printing import Printed
from sidecar.compression.vocabulary import Rank

__all__ = ["coloured"]

_COLOUR = re.compile(r"\x1b\[[\d;:]*m")
_RESET = "\x1b[0m"


def coloured(data: bytes, result: Compressed) -> str:
    """The text of *result* with the colours its lines had in *data*, the output it was made of."""
    if b"\x1b[" not in data:
        return result.text
    raw = data.decode("utf-8", errors="backslashreplace").replace("\r\n", "\n").removesuffix("\n").split("\n")
    cleaned = clean(data).lines
    if len(raw) != len(cleaned):
        return result.text
    if not result.printed:
        lines = result.text.removesuffix("\n").split("\n")
        whole = Printed(0, len(cleaned), tuple(clean("\n".join(lines).encode()).lines), rank=Rank.CONTENT)
        return "\n".join(_lines(whole, raw, cleaned))
    shown = [line for block in result.printed for line in _lines(block, raw, cleaned)]
    body = "\n".join(line for block in result.printed for line in block.lines)
    return "\n".join(shown) + result.text[len(body) :]


def _lines(block: Printed, raw: list[str], cleaned: list[str]) -> Iterator[str]:
    """A block's lines, each that stands in the output as it was coloured there."""
    at = block.start
    for line in block.lines:
        found = next((index for index in range(at, block.end) if cleaned[index] == line), None)
        if found is None:
            yield line
            continue
        at = found + 1
        yield _only_colours(raw[found], line)


def _only_colours(raw: str, line: str) -> str:
    """*raw* with nothing but its colours left; the plain *line* where more was removed from it than escapes."""
    pieces = _COLOUR.split(raw)
    if len(pieces) == 1:
        return line
    marks = _COLOUR.findall(raw)
    plain = [clean(piece.encode("utf-8", "backslashreplace")).text for piece in pieces]
    if "".join(plain) != line:
        return line
    return "".join(piece + mark for piece, mark in zip(plain, (*marks, _RESET), strict=True))
