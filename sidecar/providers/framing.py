"""Streams that are no server-sent events: a JSON text a line (Ollama), and AWS's binary frames (Bedrock).

A frame is  total length · length of headers · CRC32 of those 8 bytes · headers · payload · CRC32 of it all,
numbers in 4 bytes, big-endian. Source: smithy.io, "Amazon Event Stream specification" (2026-11); botocore's
`eventstream.py` reads the same. Our own few lines, because the libraries that have it bring all of AWS's client.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from typing import Protocol

from sidecar.providers.reading import NotTheDialect

__all__ = ["FrameReader", "LineReader", "StreamReader", "frame"]

_LARGEST_FRAME = 24 * 1024 * 1024
"""The specification's bound: 16 MB of payload and 128 kB of headers, with room to spare."""

_SIZES = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
"""Bytes of a header's value by its type; texts (7) and bytes (6) carry their length."""


class StreamReader(Protocol):
    """Feed it chunks that are cut anywhere, get complete events: pairs of a name and its data.

    *stray* holds what belonged to no event.
    """

    stray: list[bytes]

    def feed(self, chunk: bytes) -> list[tuple[str, bytes]]: ...

    def finish(self) -> list[tuple[str, bytes]]:
        """What the end of the stream completes; raises NotTheDialect for half an event."""


class LineReader:
    """Every line is an event without a name; empty lines are none."""

    def __init__(self) -> None:
        self._line: list[bytes] = []
        self.stray: list[bytes] = []

    def feed(self, chunk: bytes) -> list[tuple[str, bytes]]:
        *lines, rest = chunk.split(b"\n")
        if lines and self._line:
            lines[0] = b"".join((*self._line, lines[0]))
            self._line.clear()
        if rest:
            self._line.append(rest)
        return [("", line) for line in lines if line.strip()]

    def finish(self) -> list[tuple[str, bytes]]:
        line = b"".join(self._line)
        self._line.clear()
        return [("", line)] if line.strip() else []


class FrameReader:
    """Every frame is an event named by `:event-type`, `:exception-type` or `:error-code`, both sums checked.

    The name of an exception opens with `!`: its payload looks like any other.
    """

    def __init__(self) -> None:
        self._bytes = bytearray()
        self.stray: list[bytes] = []

    def feed(self, chunk: bytes) -> list[tuple[str, bytes]]:
        self._bytes += chunk
        events: list[tuple[str, bytes]] = []
        while len(self._bytes) >= 12:
            total, headers, checksum = struct.unpack_from(">III", self._bytes)
            if zlib.crc32(self._bytes[:8]) != checksum or total > _LARGEST_FRAME or headers > total - 16:
                raise NotTheDialect("an event frame with a wrong checksum")
            if len(self._bytes) < total:
                break
            data = bytes(self._bytes[:total])
            del self._bytes[:total]
            if zlib.crc32(data[:-4]) != struct.unpack(">I", data[-4:])[0]:
                raise NotTheDialect("an event frame with a wrong checksum")
            events.append((_name(_headers(data[12 : 12 + headers])), data[12 + headers : -4]))
        return events

    def finish(self) -> list[tuple[str, bytes]]:
        if self._bytes:
            raise NotTheDialect("half an event frame")
        return []


def frame(headers: Mapping[str, str], payload: bytes) -> bytes:
    """One frame with texts as headers."""
    head = b"".join(
        struct.pack(">B", len(name.encode()))
        + name.encode()
        + struct.pack(">BH", 7, len(value.encode()))
        + value.encode()
        for name, value in headers.items()
    )
    lengths = struct.pack(">II", 16 + len(head) + len(payload), len(head))
    data = lengths + struct.pack(">I", zlib.crc32(lengths)) + head + payload
    return data + struct.pack(">I", zlib.crc32(data))


def _name(headers: Mapping[str, str]) -> str:
    if headers.get(":message-type", "event") == "event":
        return headers.get(":event-type", "")
    return "!" + (headers.get(":exception-type") or headers.get(":error-code") or "error")


def _headers(data: bytes) -> dict[str, str]:
    """The headers that are texts, by name; the rest is stepped over."""
    found: dict[str, str] = {}
    place = 0
    try:
        while place < len(data):
            length = data[place]
            name = data[place + 1 : place + 1 + length].decode("utf-8", "replace")
            kind = data[place + 1 + length]
            place += 2 + length
            if kind in (6, 7):
                (size,) = struct.unpack_from(">H", data, place)
                if kind == 7:
                    found[name] = data[place + 2 : place + 2 + size].decode("utf-8", "replace")
                place += 2 + size
            else:
                place += _SIZES[kind]
    except (IndexError, KeyError, struct.error):
        raise NotTheDialect("an event frame whose headers cannot be read") from None
    return found
