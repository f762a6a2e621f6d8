"""One HTTP/1.1 connection: bytes into httptools' parser, a reply out of it piece by piece.

    idle ──asked──> head ──body──> whole ──> idle
             └── the peer ends, or says what is no HTTP ──> failed, after what had come whole

httptools (llhttp, the parser of Node.js) reads the wire. What it does not bound is bounded here: how much of a frame
may come without a byte of body, and how much body waits until somebody takes it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import cast

import httptools
import httpx2

__all__ = ["Connection", "Head"]

_FRAME_BYTES = 131_072
"""As much as may come without one byte of a body: a head, or what stands between and behind chunks."""
_WAITING_BYTES = 262_144
"""Where reading pauses until somebody takes what has come."""


class Head:
    """What stands before a reply's body."""

    __slots__ = ("headers", "keeps", "status_code")

    def __init__(self) -> None:
        self.status_code = 0
        self.headers: dict[str, str] = {}
        """By their names in lower case; those that came again are joined by a comma (RFC 9110, 5.3)."""
        self.keeps = False
        """Whether the peer would take another request on this connection."""


class Connection(asyncio.Protocol):
    """A connection on which one request is asked at a time, with `asked` before each."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self.idle_until = 0.0
        self._parser: httptools.HttpResponseParser | None = None
        self._head = Head()
        self._pieces: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._frame_bytes = 0
        self._has_head = self._is_whole = self._has_more = self._is_over = self._is_paused = False
        self._error: httpx2.HTTPError | None = None
        self._waiter: asyncio.Future[None] | None = None

    def asked(self) -> None:
        """Expect a new reply."""
        self._parser = httptools.HttpResponseParser(self)
        # A recipient may take a lone line feed for a line's end (RFC 9112, 2.2), and small servers write them.
        self._parser.set_dangerous_leniencies(lenient_optional_cr_before_lf=True)
        self._head = Head()
        self._frame_bytes = 0
        self._has_head = self._is_whole = False

    def is_fresh(self, now: float) -> bool:
        """Nobody has closed it or said anything since its last reply."""
        return now < self.idle_until and not self._is_over and not self._has_more and not self.transport.is_closing()

    @property
    def is_reusable(self) -> bool:
        """Its reply was read to the end, nothing came behind it, and its peer would take another request."""
        whole = self._is_whole and not self._pieces and not self._has_more
        return whole and self._head.keeps and not self.transport.is_closing()

    async def head(self) -> Head:
        """The head of the reply, as soon as it has come; replies of 1xx are passed over. Raises an HTTPError."""
        while not self._has_head:
            if self._is_ended():
                raise httpx2.RemoteProtocolError(
                    "the peer closed the connection in the middle of its head"
                    if self._frame_bytes
                    else "Server disconnected without sending a response."
                )
            await self._more()
        return self._head

    async def piece(self) -> bytes:
        """What has come of the body since the last time; empty at its end. Raises an HTTPError where it breaks off."""
        while not self._pieces and not self._is_whole:
            if self._is_ended():
                if self._is_framed():
                    raise httpx2.RemoteProtocolError("the peer closed the connection in the middle of its body")
                self._is_whole, self._head.keeps = True, False
            else:
                await self._more()
        data = b"".join(self._pieces)
        self._pieces.clear()
        self._waiting_bytes = 0
        return data

    # What asyncio says.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._parser is None:  # nobody asked for it
            self._has_more = True
            return
        before = self._waiting_bytes
        self._frame_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            cause = error.__context__
            self._fail(cause if isinstance(cause, httpx2.HTTPError) else _not_http(error))
        if self._waiting_bytes > before:
            self._frame_bytes = 0
        elif self._frame_bytes > _FRAME_BYTES:
            self._fail(httpx2.RemoteProtocolError("a head, or a line between chunks, that does not end"))
        if self._waiting_bytes > _WAITING_BYTES and not self._is_paused:
            self._is_paused = True
            self.transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        self._is_over = True
        self._wake()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_over = True
        if exc is not None:
            self._fail(httpx2.ReadError(str(exc)))
        self._wake()

    # What httptools says.

    def on_message_begin(self) -> None:
        self._has_more = self._is_whole

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._has_head:  # a trailer
            return
        key, text = name.decode("latin-1").lower(), value.decode("latin-1").strip()
        headers = self._head.headers
        headers[key] = f"{headers[key]}, {text}" if key in headers else text

    def on_headers_complete(self) -> None:
        if self._parser is None or self._has_more:
            return
        self._head.status_code = self._parser.get_status_code()
        self._head.keeps = self._parser.should_keep_alive()
        if self._head.headers.get("transfer-encoding", "chunked").lower() != "chunked":
            raise httpx2.RemoteProtocolError("a transfer encoding that is not known")
        self._has_head = self._head.status_code >= 200

    def on_body(self, data: bytes) -> None:
        if not self._has_more:
            self._pieces.append(data)
            self._waiting_bytes += len(data)

    def on_message_complete(self) -> None:
        if self._has_head:
            self._is_whole = True
            self._parser = None
        else:  # 1xx: the reply itself follows
            self._head = Head()

    def _is_framed(self) -> bool:
        return not self._head.headers.keys().isdisjoint(("content-length", "transfer-encoding"))

    def _is_ended(self) -> bool:
        """Whether nothing more comes; raises what has gone wrong."""
        if self._error is not None:
            raise self._error
        return self._is_over

    def _fail(self, error: httpx2.HTTPError) -> None:
        self._error = self._error or error
        self._parser = None

    async def _more(self) -> None:
        if self._is_paused:
            self._is_paused = False
            self.transport.resume_reading()
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _not_http(error: Exception) -> httpx2.RemoteProtocolError:
    return httpx2.RemoteProtocolError(f"what the peer sent is no HTTP/1.1: {error}")
