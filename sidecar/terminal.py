"""A pseudo-terminal for a command's output: programs print there as they would for a person, and we read it."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import sys
import termios
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import anyio
from anyio.abc import ByteReceiveStream

__all__ = ["Terminal"]

_SIZE = struct.Struct("HHHH")
_UNKNOWN_SIZE = (24, 80, 0, 0)
_CHUNK_BYTES = 65_536


class Terminal(ByteReceiveStream):
    """Our end of a pseudo-terminal as a stream; *inner* is the descriptor that a command gets for its output."""

    def __init__(self, outer: int, inner: int) -> None:
        self._outer = outer
        self.inner = inner

    @classmethod
    def open(cls) -> Terminal:
        """A terminal of the size of ours, that changes nothing in what is written to it."""
        outer, inner = pty.openpty()
        os.set_blocking(outer, False)
        attributes = termios.tcgetattr(inner)
        attributes[1] &= ~termios.OPOST  # no carriage returns that the program did not print
        termios.tcsetattr(inner, termios.TCSANOW, attributes)
        fcntl.ioctl(inner, termios.TIOCSWINSZ, _SIZE.pack(*_size()))
        return cls(outer, inner)

    async def receive(self, max_bytes: int = _CHUNK_BYTES) -> bytes:
        """What was printed since; raises EndOfStream once no process holds the other end."""
        while True:
            if self._outer < 0:
                raise anyio.ClosedResourceError
            try:
                data = os.read(self._outer, max_bytes)
            except BlockingIOError:
                await anyio.wait_readable(self._outer)
                continue
            except OSError as error:  # EIO: Linux's way to say that the other end is closed
                raise anyio.EndOfStream from error
            if not data:
                raise anyio.EndOfStream
            return data

    def close_inner(self) -> None:
        """Let go of the command's end, so that it is closed when the command has ended."""
        if self.inner >= 0:
            os.close(self.inner)
            self.inner = -1

    def close(self) -> None:
        """Let go of both ends."""
        self.close_inner()
        if self._outer >= 0:
            with suppress(OSError):
                os.close(self._outer)
            self._outer = -1

    async def aclose(self) -> None:
        self.close()

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        return {}


def _size() -> tuple[int, int, int, int]:
    """Rows, columns and pixels of the terminal we are on."""
    try:
        rows, columns, width, height = _SIZE.unpack(fcntl.ioctl(sys.stdout.fileno(), termios.TIOCGWINSZ, b"\0" * 8))
    except (OSError, ValueError):
        return _UNKNOWN_SIZE
    return (rows, columns, width, height) if columns else _UNKNOWN_SIZE
