"""A request in one packet straight to its host, over connections that are used again.

For the one thing a call needs: a `POST` (or `GET`) to a plain address, without a proxy. `Wire` gives everything else to
httpx2, whose words for what goes wrong are used here as well. Measured for one call on a 0 ms provider, in CPU
time of one thread in one run (2026-11), one call at a time and 64: httpx2 0.8 to 2.3 and 0.9 ms, httpcore2 alone 0.6
to 1.9 and 0.7 ms, aiohttp (0.4 s to import) 0.19 and 0.12 ms, this 0.09 and 0.05 ms.
"""

from __future__ import annotations

import asyncio
import functools
import zlib
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import TYPE_CHECKING, Any

import httpx2

from sidecar.providers.address import Address
from sidecar.providers.connection import Connection, Head

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

    from sidecar.providers.calling import Call
    from sidecar.providers.watch import Watch

__all__ = ["Direct"]

_PIECE_BYTES = 65_536
"""As much as one piece of a compressed body may unpack into before it is looked at."""
_IDLE_S = 20.0
"""Before servers' usual 30 s and up."""
_IDLE_MOST = 64


class Direct:
    """Connections by host, those in use apart from those that wait to be used again.

    *tls* is how hosts are to prove themselves. With *socket_path* every call goes to that Unix socket, whatever its
    address.
    """

    def __init__(self, tls: ssl.SSLContext, *, socket_path: Path | None = None) -> None:
        self._tls = tls
        self._socket_path = socket_path
        self._idle: dict[tuple[bool, str, int], list[Connection]] = {}
        self._idle_count = 0

    async def send(self, call: Call, address: Address, watch: Watch) -> _Reply:
        """Ask and return the reply as soon as its head is there; raises what httpx2 would, an HTTPError."""
        head = _request_head(call, address)
        origin = (address.is_tls, address.host, address.port)
        connection = self._reused(origin)
        try:
            if connection is None:
                connection = await self._connected(address, watch)
            watch.reach("first_token")
            connection.asked()
            connection.transport.write(head + call.body)
            return _Reply(connection, await connection.head(), give_back=functools.partial(self._give_back, origin))
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

    def _reused(self, origin: tuple[bool, str, int]) -> Connection | None:
        waiting = self._idle.get(origin)
        while waiting:
            connection = waiting.pop()
            self._idle_count -= 1
            if connection.is_fresh(asyncio.get_running_loop().time()):
                return connection
            connection.transport.abort()
        return None

    def _give_back(self, origin: tuple[bool, str, int], connection: Connection) -> None:
        if self._idle_count >= _IDLE_MOST:
            connection.transport.abort()
            return
        connection.idle_until = asyncio.get_running_loop().time() + _IDLE_S
        self._idle.setdefault(origin, []).append(connection)
        self._idle_count += 1

    async def _connected(self, address: Address, watch: Watch) -> Connection:
        loop = asyncio.get_running_loop()
        try:
            if self._socket_path is not None:
                _, connection = await loop.create_unix_connection(Connection, str(self._socket_path))
                return connection
            _, connection = await loop.create_connection(
                Connection, address.host, address.port, happy_eyeballs_delay=0.25
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


class _Reply:
    """A reply whose head has come. `aclose` gives its connection back where the body was read to its end."""

    def __init__(self, connection: Connection, head: Head, *, give_back: Callable[[Connection], None]) -> None:
        self.status_code = head.status_code
        self.headers = head.headers
        self._connection = connection
        self._give_back = give_back

    @property
    def location(self) -> str | None:
        """Where a redirect leads, None where this is none."""
        return self.headers.get("location") if self.status_code in (301, 302, 303, 307, 308) else None

    async def aiter_bytes(self) -> AsyncGenerator[bytes, None]:
        """The body as it comes, decompressed; raises an HTTPError where it breaks off or cannot be read."""
        encoding = self.headers.get("content-encoding", "identity").strip().lower()
        if encoding in ("", "identity"):
            while data := await self._connection.piece():
                yield data
            return
        if encoding not in ("gzip", "x-gzip", "deflate"):
            raise httpx2.DecodingError("an encoding that was not asked for")
        inflate = zlib.decompressobj(zlib.MAX_WBITS | 32)
        try:
            while data := await self._connection.piece():
                for piece in _unpacked(inflate, data):
                    yield piece
            if rest := inflate.flush():
                yield rest
        except zlib.error as error:
            raise httpx2.DecodingError(str(error)) from error

    async def aclose(self) -> None:
        """Keep the connection for the next call, or end it at once."""
        if self._connection.is_reusable:
            self._give_back(self._connection)
        else:
            self._connection.transport.abort()


def _request_head(call: Call, address: Address) -> bytes:
    """The request line and the headers; raises LocalProtocolError for a header that would not be one."""
    lines = [f"{call.method} {address.target} HTTP/1.1", f"host: {address.authority}"]
    lines += [f"{name}: {value}" for name, value in call.headers.items()]
    if call.body or call.method == "POST":
        lines.append(f"content-length: {len(call.body)}")
    lines.append("connection: keep-alive")
    head = "\r\n".join(lines)
    if head.count("\n") != len(lines) - 1 or head.count("\r") != len(lines) - 1 or "\0" in head:
        raise httpx2.LocalProtocolError("a header that holds a line break")
    return f"{head}\r\n\r\n".encode("latin-1")


def _unpacked(inflate: Any, data: bytes) -> Iterator[bytes]:
    """*data* unpacked in pieces of a bounded size, whatever it claims to be."""
    while data:
        piece = inflate.decompress(data, _PIECE_BYTES)
        data = inflate.unconsumed_tail
        if not piece:
            return
        yield piece
