"""How an original's content becomes its handle: lower-case base32 of its SHA-256, as much of it as tells it apart."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator

__all__ = ["digest_of", "names"]

_SHORTEST = 8
"""Base32 has no 0, 1, 8 and 9: 40 bits that nobody misreads."""


def digest_of(data: bytes) -> bytes:
    """The SHA-256 of *data*."""
    return hashlib.sha256(data).digest()


def names(digest: bytes) -> Iterator[str]:
    """The names content may have, shortest first: 8 characters, and two more for each name that is taken."""
    name = base64.b32encode(digest).decode().rstrip("=").lower()
    yield from (name[:length] for length in range(_SHORTEST, len(name), 2))
    yield name
