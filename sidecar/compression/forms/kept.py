"""A reading of a segment that several ask for: made once, and kept with the segment."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from sidecar.compression.vocabulary import Segment

__all__ = ["kept"]

_T = TypeVar("_T")


def kept(read: Callable[[Segment], _T]) -> Callable[[Segment], _T]:
    """*read*, which is asked once about a segment; a segment never changes."""
    name = f"{read.__module__}.{read.__qualname__}"

    @wraps(read)
    def known(segment: Segment) -> _T:
        if name not in segment.__dict__:
            segment.__dict__[name] = read(segment)
        found: _T = segment.__dict__[name]
        return found

    return known
