"""A reading of a segment that several ask for: made once, and kept with the segment."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Generic, TypeVar

from sidecar.compression.vocabulary import Segment

__all__ = ["kept"]

_T = TypeVar("_T")


class kept(Generic[_T]):  # noqa: N801 - a decorator, written as `staticmethod` is
    """A reading that is asked once about a segment; a segment never changes."""

    def __init__(self, read: Callable[[Segment], _T]) -> None:
        self._read = read
        self._name = f"{read.__module__}.{read.__qualname__}"
        update_wrapper(self, read)

    def __call__(self, segment: Segment) -> _T:
        if self._name not in segment.__dict__:
            segment.__dict__[self._name] = self._read(segment)
        found: _T = segment.__dict__[self._name]
        return found

    def tell(self, segment: Segment, known: _T) -> None:
        """Spare *segment* the reading: what it would give is *known* from the segment it was taken out of."""
        segment.__dict__[self._name] = known
