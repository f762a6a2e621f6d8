"""HTTP/1.1 as servers really speak it: frames cut anywhere, replies that lie, connections that are used again."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import anyio
import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.providers.address import address_of
from sidecar.providers.calling import Call
from sidecar.providers.vocabulary import Limits
from sidecar.providers.watch import Watch
from sidecar.providers.wire import Wire

HELLO = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"


async def asked(wire: Wire, url: str, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and the whole body of one reply."""
    call = Call(url, dict(headers), b"{}")
    with (watch := Watch(Limits())).scope:
        reply = await wire.send(call, watch)
        try:
            body = b"".join([chunk async for chunk in reply.aiter_bytes()])
        finally:
            await reply.aclose()
    return reply.status_code, dict(reply.headers), body


class Server:
    """Answers the n-th request with the n-th list of pieces, each sent apart; counts its connections."""

    def __init__(self, *replies: Sequence[bytes], closes: bool = False) -> None:
        self.replies = [list(reply) for reply in replies]
        self.closes = closes
        self.connections = 0
        self.heads: list[bytes] = []

    async def serve(self, stream: Any) -> None:
        self.connections += 1
        async with stream:
            try:
                while self.replies:
                    data = b""
                    while b"\r\n\r\n{}" not in data:
                        data += await stream.receive()
                    self.heads.append(data)
                    for piece in self.replies.pop(0):
                        await stream.send(piece)
                        await anyio.lowlevel.checkpoint()
                    if self.closes:
                        return
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                return

    async def ask(
        self, times: int = 1, headers: Mapping[str, str] | None = None
    ) -> list[tuple[int, dict[str, str], bytes]]:
        wire = Wire()
        await wire.ready()
        async with (
            await anyio.create_tcp_listener(local_host="127.0.0.1") as listener,
            anyio.create_task_group() as group,
        ):
            port = listener.extra(anyio.abc.SocketAttribute.local_port)  # noqa: S610 - typed attributes, not Django
            group.start_soon(listener.serve, self.serve)
            try:
                found = [await asked(wire, f"http://127.0.0.1:{port}/v1/x y?q=ü", headers or {}) for _ in range(times)]
            finally:
                await wire.aclose()
                group.cancel_scope.cancel()
        return found


def pieces(data: bytes, cuts: Sequence[int]) -> list[bytes]:
    places = sorted({cut % (len(data) + 1) for cut in cuts} | {0, len(data)})
    return [data[start:end] for start, end in pairwise(places)]


def chunked(body: bytes, sizes: Sequence[int]) -> bytes:
    out, rest = b"", body
    for size in sizes:
        part, rest = rest[:size], rest[size:]
        out += b"%x;note=1\r\n%s\r\n" % (len(part), part) if part else b""
    return out + (b"%X\r\n%s\r\n" % (len(rest), rest) if rest else b"") + b"0\r\ntrailer: x\r\n\r\n"


@settings(max_examples=60, deadline=None)
@given(
    body=st.binary(max_size=300),
    sizes=st.lists(st.integers(1, 50), max_size=6),
    cuts=st.lists(st.integers(0, 2_000), max_size=12),
    how=st.sampled_from(["length", "chunks", "close", "gzip", "deflate"]),
    end=st.sampled_from([b"\r\n", b"\n"]),
)
def test_a_body_is_the_same_wherever_its_frames_are_cut(
    body: bytes, sizes: list[int], cuts: list[int], how: str, end: bytes
) -> None:
    sent = {"gzip": gzip.compress(body), "deflate": zlib.compress(body)}.get(how, body)
    head = [b"HTTP/1.1 200 OK", b"X-One: 1"]
    if how in ("gzip", "deflate"):
        head.append(b"Content-Encoding: " + how.encode())
    if how == "chunks":
        head.append(b"Transfer-Encoding: chunked")
    elif how != "close":
        head.append(b"Content-Length: %d" % len(sent))
    data = end.join((*head, b"", b"")) + (chunked(sent, sizes) if how == "chunks" else sent)
    (found,) = anyio.run(Server(pieces(data, cuts), closes=how == "close").ask)
    assert found[0] == 200
    assert found[1]["x-one"] == "1"
    assert found[2] == body


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort", "in the middle of its body"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 4\r\n\r\nhello", "Duplicate Content-Length"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\nhello", "Invalid character in Content-Length"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", "Invalid character in chunk size"),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n",
            "Expected LF after chunk data",
        ),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n", "in the middle of its body"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n", "transfer encoding that is not known"),
        (b"HTTP/1.1 200 OK\r\ncontent-encoding: br\r\ncontent-length: 1\r\n\r\nx", "was not asked for"),
        (b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 5\r\n\r\nhello", "incorrect header"),
        (b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "Invalid header token"),
        (b"HTTP/1.1 200 OK\r\nx: 1", "in the middle of its head"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "is no HTTP/1.1"),
        (b"HTTP/1.1 200 OK\r\nx: " + b"x" * 200_000, "does not end"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;" + b"x" * 200_000, "does not end"),
        (b"HTTP/1.1 102 Processing\r\n\r\n" * 6_000, "does not end"),
        (b"HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n", "is no HTTP/1.1"),
        (b"", "disconnected without"),
    ],
)
async def test_a_reply_that_is_none_is_told_as_what_is_wrong_with_it(reply: bytes, said: str) -> None:
    with pytest.raises(BaseExceptionGroup) as failed:
        await Server([reply], closes=True).ask()
    (error,) = failed.value.exceptions
    assert isinstance(error, httpx2.HTTPError)
    assert said in str(error)


async def test_a_connection_is_used_again_and_not_after_it_was_closed() -> None:
    kept = Server([HELLO], [b"HTTP/1.1 100 Continue\r\n\r\n" + HELLO], [HELLO])
    assert [body for _, _, body in await kept.ask(3)] == [b"hello"] * 3
    assert kept.connections == 1
    closed = Server([HELLO.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")], [HELLO])
    assert [body for _, _, body in await closed.ask(2)] == [b"hello"] * 2
    assert closed.connections == 2


async def test_what_comes_after_a_reply_is_never_taken_for_the_next_one() -> None:
    """A server that says more than it announced has lost count; its connection is not trusted again."""
    server = Server([HELLO + HELLO.replace(b"hello", b"wrong")], [HELLO])
    assert [body for _, _, body in await server.ask(2)] == [b"hello"] * 2
    assert server.connections == 2


async def test_a_request_is_one_packet_with_an_address_that_fits_its_line() -> None:
    server = Server([HELLO])
    await server.ask(headers={"x-one": "1"})
    head, _, body = server.heads[0].partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"POST /v1/x%20y?q=%C3%BC HTTP/1.1"
    assert lines[1].startswith(b"host: 127.0.0.1:")
    assert lines[2:] == [b"x-one: 1", b"content-length: 2", b"connection: keep-alive"]
    assert body == b"{}"


@pytest.mark.parametrize("value", ["a\r\nx-evil: 1", "a\nb", "a\rb", "a\0b"])
async def test_a_header_cannot_carry_another_one(value: str) -> None:
    server = Server([HELLO])
    with pytest.raises(BaseExceptionGroup) as failed:
        await server.ask(headers={"x-one": value})
    (error,) = failed.value.exceptions
    assert isinstance(error, httpx2.LocalProtocolError)
    assert server.connections == 0


def test_a_small_reply_cannot_unpack_into_a_large_piece() -> None:
    """100 MB of zeros are 100 KB packed; they come in pieces that can be counted before there are too many."""
    packed = gzip.compress(bytes(100_000_000))
    head = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(packed)

    async def largest() -> int:
        wire = Wire()
        await wire.ready()
        sizes = []
        async with (
            await anyio.create_tcp_listener(local_host="127.0.0.1") as listener,
            anyio.create_task_group() as group,
        ):
            port = listener.extra(anyio.abc.SocketAttribute.local_port)  # noqa: S610 - typed attributes, not Django
            group.start_soon(listener.serve, Server([head + packed]).serve)
            with (watch := Watch(Limits())).scope:
                reply = await wire.send(Call(f"http://127.0.0.1:{port}/", {}, b"{}"), watch)
                async for piece in reply.aiter_bytes():
                    sizes.append(len(piece))
                    if sum(sizes) > 16_000_000:
                        break
                await reply.aclose()
            group.cancel_scope.cancel()
        await wire.aclose()
        return max(sizes)

    assert anyio.run(largest) <= 65_536


@pytest.mark.parametrize(
    "url",
    ["http://user:word@host/", "ftp://host/", "http://hö.example/", "http://", "http://host:99999/", "http://a b/"],
)
def test_an_address_out_of_the_ordinary_is_left_to_others(url: str) -> None:
    assert address_of(url) is None


def test_a_plain_address_has_everything_a_call_needs() -> None:
    address = address_of("HTTPS://Api.Example.com/v1/chat?api-version=1")
    assert address is not None
    assert (address.is_tls, address.host, address.port) == (True, "api.example.com", 443)
    assert (address.target, address.authority) == ("/v1/chat?api-version=1", "api.example.com")
    assert address_of("http://[::1]:8080") is not None
