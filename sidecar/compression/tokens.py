"""Counting tokens as `o200k_base` does, from a rank file inside the package: nothing is ever downloaded.

The ranks take about 0.35 s to load, so they load on the first count, and `warm` lets a waiting
moment pay for it. The pattern is OpenAI's published one for this encoding (tiktoken 0.14,
`tiktoken_ext/openai_public.py`, MIT licence).
"""

from __future__ import annotations

import binascii
import gzip
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import tiktoken

__all__ = ["count", "cut", "warm"]

_LETTERS_CASED = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
)
_LETTERS_UPPER = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
)
_PATTERN = "|".join(
    (_LETTERS_CASED, _LETTERS_UPPER, r"\p{N}{1,3}", r" ?[^\s\p{L}\p{N}]+[\r\n/]*", r"\s*[\r\n]+", r"\s+(?!\S)", r"\s+")
)

_PIECE_CHARS = 65_536
"""Text is counted in pieces: tiktoken 0.14 overflows its stack on a run of a million spaces."""

_EXACT_CUT = re.compile(r"\n(?=[A-Za-z0-9])")
"""No token of the encoding reaches across a newline followed by a letter or a digit."""


@cache
def _encoding() -> tiktoken.Encoding:
    import tiktoken

    packed = files("sidecar.compression").joinpath("o200k_base.tiktoken.gz").read_bytes()
    words = (line.partition(b" ") for line in gzip.decompress(packed).splitlines())
    ranks = {binascii.a2b_base64(word): int(rank) for word, _, rank in words}
    return tiktoken.Encoding("o200k_base", pat_str=_PATTERN, mergeable_ranks=ranks, special_tokens={})


def warm() -> None:
    """Load the ranks now, so that the next count does not wait for them."""
    _encoding()


def count(text: str) -> int:
    """How many `o200k_base` tokens *text* has.

    Exact, except inside a single run of over 65,536 characters without a line that begins with a
    letter or a digit, where a piece's edge can add one token.
    """
    encode = _encoding().encode_ordinary
    if len(text) <= _PIECE_CHARS:
        return len(encode(text))
    return sum(len(encode(piece)) for piece in _pieces(text))


def cut(text: str, limit_tokens: int, *, from_end: bool = False) -> str:
    """The longest whole-token beginning of *text* (or its end) of at most *limit_tokens* tokens."""
    if limit_tokens <= 0:
        return ""
    # No o200k token is longer than 128 characters, so more text than this cannot be needed.
    window_chars = limit_tokens * 128
    window = text[-window_chars:] if from_end else text[:window_chars]
    encoding = _encoding()
    ids: list[int] = []
    for piece in _pieces(window):
        ids.extend(encoding.encode_ordinary(piece))
        if not from_end and len(ids) >= limit_tokens:
            break
    kept = ids[-limit_tokens:] if from_end else ids[:limit_tokens]
    # A token may end inside a character; the broken character goes, it is never replaced.
    part = encoding.decode_bytes(kept).decode("utf-8", errors="ignore")
    while part and count(part) > limit_tokens:
        part = part[1:] if from_end else part[:-1]
    return part


def _pieces(text: str) -> Iterator[str]:
    start = 0
    while len(text) - start > _PIECE_CHARS:
        end = start + _PIECE_CHARS
        newline = text.rfind("\n", start, end)
        while newline > start and not _EXACT_CUT.match(text, newline):
            newline = text.rfind("\n", start, newline)
        end = newline + 1 if newline > start else end
        yield text[start:end]
        start = end
    yield text[start:]
