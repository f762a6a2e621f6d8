"""A provider made of a socket, for behaviour that only sockets have; and providers that see no network at all."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import anyio
import anyio.abc
import httpx2
import pytest

from sidecar.providers import Providers, open_providers
from sidecar.providers.vocabulary import Access, Limits, Message, Request

Script = Callable[["Peer"], Awaitable[None]]


@dataclass
class Peer:
    """One connection as the server sees it: the request that came, and bytes to answer with."""

    stream: anyio.abc.SocketStream
    head: bytes = b""
    body: bytes = b""

    async def say(self, data: bytes) -> None:
        await self.stream.send(data)

    async def start(self, content_type: str = "text/event-stream", status: str = "200 OK", extra: str = "") -> None:
        """Send the head of a reply whose body ends with the connection."""
        await self.say(f"HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\n{extra}\r\n".encode())

    async def hang(self) -> None:
        """Say nothing until the client closes the connection."""
        with contextlib.suppress(anyio.EndOfStream, anyio.BrokenResourceError):
            while True:
                await self.stream.receive()

    async def reset(self) -> None:
        """Break the connection the hard way: the client gets a reset instead of an end."""
        import socket
        import struct

        raw = self.stream.extra(anyio.abc.SocketAttribute.raw_socket)  # noqa: S610 - typed attributes, not Django
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await self.stream.aclose()


@dataclass
class Loopback:
    """A server on a port of 127.0.0.1 that answers every request by its script."""

    script: Script
    url: str = ""
    peers: list[Peer] = field(default_factory=list)
    left: anyio.Event = field(default_factory=anyio.Event)
    """Set when a connection has ended, whoever ended it."""

    async def serve(self, stream: anyio.abc.SocketStream) -> None:
        async with stream:
            try:
                while await self._answer(Peer(stream)):
                    pass
            except (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream):
                pass
        self.left.set()

    async def _answer(self, peer: Peer) -> bool:
        data = b""
        while b"\r\n\r\n" not in data:
            data += await peer.stream.receive()
        peer.head, _, peer.body = data.partition(b"\r\n\r\n")
        lines = peer.head.lower().split(b"\r\n")
        length = next(int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:"))
        while len(peer.body) < length:
            peer.body += await peer.stream.receive()
        self.peers.append(peer)
        await self.script(peer)
        return b"keep-alive" in peer.head and getattr(self.script, "keeps_alive", False)


def port_of(listener: anyio.abc.Listener[anyio.abc.SocketStream]) -> int:
    return listener.extra(anyio.abc.SocketAttribute.local_port)  # noqa: S610 - typed attributes, not Django


class Serve(Protocol):
    def __call__(self, script: Script) -> contextlib.AbstractAsyncContextManager[Loopback]: ...


class OpenMocked(Protocol):
    def __call__(
        self, handler: Callable[[httpx2.Request], httpx2.Response]
    ) -> contextlib.AbstractAsyncContextManager[Providers]: ...


@pytest.fixture
def serve() -> Serve:
    """Runs a script as a server for as long as a block lasts."""

    @contextlib.asynccontextmanager
    async def serving(script: Script) -> AsyncIterator[Loopback]:
        loopback = Loopback(script)
        async with (
            await anyio.create_tcp_listener(local_host="127.0.0.1") as listener,
            anyio.create_task_group() as group,
        ):
            loopback.url = f"http://127.0.0.1:{port_of(listener)}/v1"
            group.start_soon(listener.serve, loopback.serve)
            yield loopback
            group.cancel_scope.cancel()

    return serving


@pytest.fixture
async def providers(tmp_path: Path) -> AsyncIterator[Providers]:
    """Providers on the real network stack; the tests only ever give them addresses of this machine."""
    async with open_providers(environ={}, run_dir=tmp_path / "run") as opened:
        yield opened


@pytest.fixture
def mocked(tmp_path: Path) -> OpenMocked:
    """Providers whose every request is answered by a function."""

    def opening(
        handler: Callable[[httpx2.Request], httpx2.Response],
    ) -> contextlib.AbstractAsyncContextManager[Providers]:
        return open_providers(environ={}, run_dir=tmp_path / "run", transport=httpx2.MockTransport(handler))

    return opening


@pytest.fixture
def ask() -> Request:
    return Request(model_id="small-1", messages=(Message("user", "Why?"),))


@pytest.fixture
def access() -> Access:
    return Access(provider="lab", base_url="https://lab.example/v1", key="sk-lab-0123456789abcdef")


@pytest.fixture
def quick() -> Limits:
    """Limits short enough to be waited for."""
    return Limits(connect_s=2.0, first_token_s=0.05, silence_s=0.05)
