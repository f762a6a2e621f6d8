"""What among the lines that a test or a run printed says that something went wrong: each word of it the first time."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sidecar.compression.alarms import alarm_lines
from sidecar.compression.forms.tests.grammar import REACH

__all__ = ["Trouble", "raises"]

_THROWN = re.compile(r"\s*[A-Za-z_][\w.$]*(?:Error|Exception)(?::| at )")
_DIGITS = re.compile(r"\d+")


def raises(line: str) -> bool:
    """Whether a line says what was raised: it stays wherever it stands, however often."""
    return _THROWN.match(line) is not None


class Trouble:
    """The alarms among *indexes* of *lines*, up to *limit* of them that differ in more than numbers."""

    def __init__(self, lines: Sequence[str], indexes: Sequence[int], limit: int) -> None:
        self._lines = lines
        # Asked of all at once, for one by one costs ten times as much.
        self._loud = frozenset(indexes[number] for number in alarm_lines([lines[index] for index in indexes]))
        self._seen: set[str] = set()
        self._limit = limit

    def is_new(self, index: int) -> bool:
        """Whether a line says what was raised, or sounds an alarm that none asked about before has sounded."""
        line = self._lines[index]
        if raises(line[:REACH]):
            return True
        if len(self._seen) >= self._limit or index not in self._loud:
            return False
        template = _DIGITS.sub("0", line[:REACH])
        if template in self._seen:
            return False
        self._seen.add(template)
        return True
