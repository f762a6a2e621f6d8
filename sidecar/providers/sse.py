"""Server-sent events out of bytes that may be cut anywhere.

Follows the HTML standard, section 9.2.6 (event stream interpretation), by bytes and without its
`id` and `retry`: lines end with LF, CR or CRLF, a line that opens with a colon is a comment, several
`data` lines are one event, a blank line ends it.
"""

from __future__ import annotations

__all__ = ["EventReader"]

_STRAY_LIMIT = 64_000


class EventReader:
    """Feed it chunks, get complete events: pairs of an event's name ("" without one) and its data.

    Each byte is looked at once whatever the chunks are, so a stream of single bytes costs no more
    than its length. Comments yield nothing. Lines that are no field of an event stream are kept in
    *stray*: some servers put a naked JSON error between their events.
    """

    __slots__ = ("_after_cr", "_data", "_first", "_line", "_name", "_stray_size", "stray")

    def __init__(self) -> None:
        self._line: list[bytes] = []
        self._data: list[bytes] = []
        self._name = ""
        self._after_cr = False
        self._first = True
        self._stray_size = 0
        self.stray: list[bytes] = []

    def feed(self, chunk: bytes) -> list[tuple[str, bytes]]:
        if self._after_cr and chunk.startswith(b"\n"):
            chunk = chunk[1:]
            self._after_cr = False
        if not chunk:
            return []
        self._after_cr = chunk.endswith(b"\r")
        lines = chunk.splitlines()
        whole = chunk.endswith((b"\n", b"\r"))
        rest = b"" if whole else lines.pop()
        events: list[tuple[str, bytes]] = []
        if lines and self._line:
            self._line.append(lines[0])
            lines[0] = b"".join(self._line)
            self._line.clear()
        for line in lines:
            self._take(line, events)
        if rest:
            self._line.append(rest)
        return events

    def finish(self) -> list[tuple[str, bytes]]:
        """The event that the end of the stream left without its blank line, if there is one."""
        events: list[tuple[str, bytes]] = []
        if self._line:
            self._take(b"".join(self._line), events)
            self._line.clear()
        self._take(b"", events)
        return events

    def _take(self, line: bytes, events: list[tuple[str, bytes]]) -> None:
        if self._first:
            self._first = False
            line = line.removeprefix(b"\xef\xbb\xbf")
        if not line:
            if self._data:
                events.append((self._name, b"\n".join(self._data)))
                self._data.clear()
            self._name = ""
        elif line.startswith(b"data:"):
            self._data.append(line[6:] if line.startswith(b" ", 5) else line[5:])
        elif line.startswith(b"event:"):
            self._name = line[6:].strip().decode("utf-8", "replace")
        elif not line.startswith((b":", b"id:", b"retry:")) and self._stray_size < _STRAY_LIMIT:
            self._stray_size += len(line)
            self.stray.append(line)
