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
        update_wrapper(self, read)

    def __call__(self, segment: Segment) -> _T:
        readings = segment.readings
        if self not in readings:
            readings[self] = self._read(segment)
        found: _T = readings[self]
        return found

    def tell(self, segment: Segment, known: _T) -> None:
        """Spare *segment* the reading: what it would give is *known* from another segment of these lines."""
        segment.readings[self] = known

    def forget(self, segment: Segment) -> None:
        """Let go of a reading that nobody will ask for again, and that is as large as the text itself."""
        segment.readings.pop(self, None)
