"""HTTP/1.1 straight to a host: a request in one packet, its reply as it comes, connections that are used again.

    new ──TCP, TLS──> open ──head and body──> asked ──head──> read to its end ──> idle ──> asked ...
                                                └── anything else ──> aborted

For the one thing a call needs: a `POST` (or `GET`) to a plain address, without a proxy. `Wire` gives everything else to
httpx2, whose words for what goes wrong are used here as well. Measured for one call on a 0 ms provider, in CPU
time of one thread in one run (2026-11): httpx2 1.47 ms, httpcore2 alone 0.90 ms, asyncio streams 0.26 ms.
"""

from __future__ import annotations

import asyncio
import functools
import re
import zlib
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote, urlsplit

from sidecar.providers.calling import Call
from sidecar.providers.watch import Watch

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

__all__ = ["Address", "Direct", "address_of"]

_HEAD_BYTES = 131_072
_CHUNK_HEAD_BYTES = 4_096
_BUFFERED_BYTES = 262_144
"""Where reading pauses until somebody takes what has come."""
_PIECE_BYTES = 65_536
"""As much as one piece of a compressed body may unpack into before it is looked at."""
_IDLE_S = 20.0
"""Before servers' usual 30 s and up."""
_IDLE_MOST = 64

_STATUS = re.compile(rb"HTTP/1\.([01]) (\d{3})(?: [^\r\n]*)?$")
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+$")
_TARGET_SAFE = "/%:@!$&'()*+,;=?~-._[]"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a call goes: *target* is what stands in its request line, *authority* in its `host` header."""

    is_tls: bool
    host: str
    port: int
    target: str
    authority: str


@functools.lru_cache(maxsize=512)
def address_of(url: str) -> Address | None:
    """The plain address *url* is; None for one out of the ordinary, with a login in it or letters beyond ASCII."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    host = parts.hostname
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc or not parts.netloc.isascii():
        return None
    if not re.fullmatch(r"[a-z0-9._:-]+", host):
        return None
    is_tls = parts.scheme == "https"
    target = quote(parts.path or "/", safe=_TARGET_SAFE)
    if parts.query:
        target += f"?{quote(parts.query, safe=_TARGET_SAFE)}"
    return Address(is_tls, host, port or (443 if is_tls else 80), target, parts.netloc.lower())


class Direct:
    """Connections by host, those in use apart from those that wait to be used again.

    *tls* is how hosts are to prove themselves. With *socket_path* every call goes to that Unix socket, whatever its
    address.
    """

    def __init__(self, tls: ssl.SSLContext, *, socket_path: Path | None = None) -> None:
        self._tls = tls
        self._socket_path = socket_path
        self._idle: dict[tuple[bool, str, int], list[_Connection]] = {}
        self._idle_count = 0

    async def send(self, call: Call, address: Address, watch: Watch) -> _Reply:
        """Ask and return the reply as soon as its head is there; raises what httpx2 would, an HTTPError."""
        import httpx2

        head = _request_head(call, address)
        origin = (address.is_tls, address.host, address.port)
        connection = self._reused(origin)
        try:
            if connection is None:
                connection = await self._connected(address, watch)
            watch.reach("first_token")
            connection.transport.write(head + call.body)
            return _Reply(connection, *await connection.head(), give_back=functools.partial(self._give_back, origin))
        except BaseException as error:
            if connection is not None:
                connection.transport.abort()
            if isinstance(error, OSError):  # SSL errors among them
                raise httpx2.ReadError(str(error)) from error
            raise

    async def aclose(self) -> None:
        """Close what waits to be used again; what is in use ends with its call."""
        for connections in self._idle.values():
            for connection in connections:
                connection.transport.abort()
        self._idle.clear()
        self._idle_count = 0

    def _reused(self, origin: tuple[bool, str, int]) -> _Connection | None:
        waiting = self._idle.get(origin)
        while waiting:
            connection = waiting.pop()
            self._idle_count -= 1
            if connection.is_fresh(asyncio.get_running_loop().time()):
                return connection
            connection.transport.abort()
        return None

    def _give_back(self, origin: tuple[bool, str, int], connection: _Connection) -> None:
        if self._idle_count >= _IDLE_MOST:
            connection.transport.abort()
            return
        connection.idle_until = asyncio.get_running_loop().time() + _IDLE_S
        self._idle.setdefault(origin, []).append(connection)
        self._idle_count += 1

    async def _connected(self, address: Address, watch: Watch) -> _Connection:
        import httpx2

        loop = asyncio.get_running_loop()
        try:
            if self._socket_path is not None:
                _, connection = await loop.create_unix_connection(_Connection, str(self._socket_path))
                return connection
            _, connection = await loop.create_connection(
                _Connection, address.host, address.port, happy_eyeballs_delay=0.25
            )
        except OSError as error:
            raise httpx2.ConnectError(str(error)) from error
        if not address.is_tls:
            return connection
        watch.in_tls = True
        try:
            secured = await loop.start_tls(connection.transport, connection, self._tls, server_hostname=address.host)
        except (OSError, EOFError) as error:
            connection.transport.abort()
            raise httpx2.ConnectError(str(error)) from error
        except BaseException:
            connection.transport.abort()
            raise
        if secured is None:
            raise httpx2.ConnectError("the connection was lost in the TLS handshake")
        connection.transport = secured
        watch.in_tls = False
        return connection


class _Connection(asyncio.Protocol):
    """One connection: what has come and was not taken yet, and whether more can come."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.idle_until = 0.0
        self._over = False
        self._error: Exception | None = None
        self._waiting: asyncio.Future[None] | None = None
        self._is_paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if len(self.buffer) > _BUFFERED_BYTES and not self._is_paused:
            self._is_paused = True
            self.transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        self._over = True
        self._wake()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._over = True
        self._error = exc
        self._wake()

    def is_fresh(self, now: float) -> bool:
        """Nobody has closed it or said anything since its last reply."""
        return now < self.idle_until and not self._over and not self.buffer and not self.transport.is_closing()

    async def more(self) -> bool:
        """Wait until more has come; False when the other side has ended the connection. Raises ReadError."""
        import httpx2

        if self._is_paused and len(self.buffer) <= _BUFFERED_BYTES:
            self._is_paused = False
            self.transport.resume_reading()
        before = len(self.buffer)
        while len(self.buffer) == before:
            if self._error is not None:
                raise httpx2.ReadError(str(self._error)) from self._error
            if self._over:
                return False
            self._waiting = asyncio.get_running_loop().create_future()
            try:
                await self._waiting
            finally:
                self._waiting = None
        return True

    async def line(self, limit: int) -> bytes:
        """The next line without its end; bare line feeds end lines too (RFC 9112, 2.2)."""
        import httpx2

        start = 0
        while (end := self.buffer.find(b"\n", start)) < 0:
            start = len(self.buffer)
            if start > limit:
                raise httpx2.RemoteProtocolError("a line of the reply's frame is too long")
            if not await self.more():
                raise httpx2.RemoteProtocolError("the peer closed the connection in the middle of its reply")
        found = bytes(self.buffer[:end]).removesuffix(b"\r")
        del self.buffer[: end + 1]
        return found

    async def head(self) -> tuple[int, bytes, dict[str, str], dict[str, int]]:
        """Status, version's last digit, headers in lower case, and how often each came; 1xx replies are passed over."""
        import httpx2

        while True:
            if not self.buffer and not await self.more():
                raise httpx2.RemoteProtocolError("Server disconnected without sending a response.")
            found = await self._whole_head()
            lines = found.split(b"\n")
            first = _STATUS.match(lines[0].rstrip(b"\r"))
            if first is None:
                raise httpx2.RemoteProtocolError("the reply does not begin like HTTP/1.1")
            status = int(first[2])
            if status >= 200:
                headers, counts = _headers(lines[1:])
                return status, first[1], headers, counts

    async def _whole_head(self) -> bytes:
        import httpx2

        while True:
            ends = [place + len(end) for end in (b"\r\n\r\n", b"\n\n") if (place := self.buffer.find(end)) >= 0]
            if ends:
                found = bytes(self.buffer[: min(ends)])
                del self.buffer[: min(ends)]
                return found.rstrip(b"\r\n")
            if not b"HTTP/1.".startswith(self.buffer[:7]) or len(self.buffer) > _HEAD_BYTES:
                raise httpx2.RemoteProtocolError("the reply does not begin like HTTP/1.1")
            if not await self.more():
                raise httpx2.RemoteProtocolError("the peer closed the connection in the middle of its head")

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)


class _Reply:
    """A reply whose head has come. `aclose` gives its connection back where the body was read to its end."""

    def __init__(
        self,
        connection: _Connection,
        status_code: int,
        version: bytes,
        headers: dict[str, str],
        counts: Mapping[str, int],
        *,
        give_back: Callable[[_Connection], None],
    ) -> None:
        self.status_code = status_code
        self.headers = headers
        self._counts = counts
        self._connection = connection
        self._give_back = give_back
        asked = headers.get("connection", "").lower()
        self._keeps = "close" not in asked if version == b"1" else "keep-alive" in asked
        self._is_read = False

    @property
    def location(self) -> str | None:
        """Where a redirect leads, None where this is none."""
        return self.headers.get("location") if self.status_code in (301, 302, 303, 307, 308) else None

    async def aiter_bytes(self) -> AsyncGenerator[bytes, None]:
        """The body as it comes, decompressed; raises an HTTPError where it breaks off or cannot be read."""
        import httpx2

        encoding = self.headers.get("content-encoding", "identity").strip().lower()
        if encoding in ("", "identity"):
            async for data in self._body():
                yield data
            return
        if encoding not in ("gzip", "x-gzip", "deflate"):
            raise httpx2.DecodingError("an encoding that was not asked for")
        inflate = zlib.decompressobj(zlib.MAX_WBITS | 32)
        try:
            async for data in self._body():
                for piece in _unpacked(inflate, data):
                    yield piece
            if rest := inflate.flush():
                yield rest
        except zlib.error as error:
            raise httpx2.DecodingError(str(error)) from error

    async def aclose(self) -> None:
        """Keep the connection for the next call, or end it at once."""
        connection = self._connection
        if self._is_read and self._keeps and not connection.buffer and not connection.transport.is_closing():
            self._give_back(connection)
        else:
            connection.transport.abort()

    async def _body(self) -> AsyncGenerator[bytes, None]:
        import httpx2

        if self.status_code in (204, 304):
            self._is_read = True
            return
        coding = self.headers.get("transfer-encoding", "").strip().lower()
        if coding:
            if coding != "chunked":
                raise httpx2.RemoteProtocolError("a transfer encoding that is not known")
            async for data in self._chunks():
                yield data
        elif (length := self.headers.get("content-length")) is not None:
            if not length.isdecimal() or not length.isascii() or self._counts["content-length"] > 1:
                raise httpx2.RemoteProtocolError("a content length that is none")
            async for data in self._exactly(int(length)):
                yield data
        else:
            self._keeps = False
            while self._connection.buffer or await self._connection.more():
                yield self._taken(len(self._connection.buffer))
        self._is_read = True

    async def _chunks(self) -> AsyncGenerator[bytes, None]:
        import httpx2

        while True:
            text = (await self._connection.line(_CHUNK_HEAD_BYTES)).partition(b";")[0].strip()
            if not re.fullmatch(rb"[0-9A-Fa-f]{1,16}", text):
                raise httpx2.RemoteProtocolError("a chunk without a size")
            size = int(text, 16)
            if not size:
                while await self._connection.line(_HEAD_BYTES):
                    pass
                return
            async for data in self._exactly(size):
                yield data
            if await self._connection.line(_CHUNK_HEAD_BYTES):
                raise httpx2.RemoteProtocolError("a chunk that is longer than its size")

    async def _exactly(self, size: int) -> AsyncGenerator[bytes, None]:
        import httpx2

        while size:
            if not self._connection.buffer and not await self._connection.more():
                raise httpx2.RemoteProtocolError("the peer closed the connection in the middle of its body")
            data = self._taken(min(size, len(self._connection.buffer)))
            size -= len(data)
            yield data

    def _taken(self, size: int) -> bytes:
        data = bytes(self._connection.buffer[:size])
        del self._connection.buffer[:size]
        return data


def _request_head(call: Call, address: Address) -> bytes:
    """The request line and the headers; raises LocalProtocolError for a header that would not be one."""
    import httpx2

    lines = [f"{call.method} {address.target} HTTP/1.1", f"host: {address.authority}"]
    lines += [f"{name}: {value}" for name, value in call.headers.items()]
    if call.body or call.method == "POST":
        lines.append(f"content-length: {len(call.body)}")
    lines.append("connection: keep-alive")
    head = "\r\n".join(lines)
    if head.count("\n") != len(lines) - 1 or head.count("\r") != len(lines) - 1 or "\0" in head:
        raise httpx2.LocalProtocolError("a header that holds a line break")
    return f"{head}\r\n\r\n".encode("latin-1")


def _headers(lines: list[bytes]) -> tuple[dict[str, str], dict[str, int]]:
    """Headers by their lower-case name, those that come again joined by a comma (RFC 9110, 5.3), and how often."""
    import httpx2

    found: dict[str, str] = {}
    counts: dict[str, int] = {}
    for line in lines:
        raw, colon, value = line.partition(b":")
        if not colon or not _NAME.match(raw):
            raise httpx2.RemoteProtocolError("a header that is none")
        name, text = raw.decode().lower(), value.strip().decode("latin-1")
        found[name] = f"{found[name]}, {text}" if name in found else text
        counts[name] = counts.get(name, 0) + 1
    return found, counts


def _unpacked(inflate: Any, data: bytes) -> Iterator[bytes]:
    """*data* unpacked in pieces of a bounded size, whatever it claims to be."""
    while data:
        piece = inflate.decompress(data, _PIECE_BYTES)
        data = inflate.unconsumed_tail
        if not piece:
            return
        yield piece
