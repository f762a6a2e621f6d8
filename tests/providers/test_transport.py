"""What only sockets can show: limits, cut connections, cancellation, and whose error is whose."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

import anyio
import anyio.streams.tls
import pytest

from sidecar.errors import ProviderFailed
from sidecar.providers import Providers, open_providers
from sidecar.providers.vocabulary import Access, Answer, Failure, Limits, Request

HEAD = b'data: {"choices":[{"delta":{"content":"Be"}}]}\n\n'
TAIL = b'data: {"choices":[{"delta":{"content":"cause."},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
PATIENT = Limits(connect_s=2.0, first_token_s=5.0, silence_s=5.0)


def at(url: str) -> Access:
    return Access(provider="lab", base_url=url, key="sk-lab-0123456789abcdef")


async def failure_of(answer: Awaitable[Answer]) -> Failure:
    with pytest.raises(ProviderFailed) as caught:
        await answer
    return caught.value.failure


async def test_a_stream_over_a_real_socket_is_an_answer(serve: Any, providers: Providers, ask: Request) -> None:
    async def script(peer: Any) -> None:
        await peer.start()
        await peer.say(HEAD)
        await peer.say(TAIL)

    async with serve(script) as server:
        answer = await providers.dialect("openai-chat").send(ask, at(server.url), limits=PATIENT)
    assert answer.text == "Because."
    assert b"accept-encoding: identity" in server.peers[0].head.lower()


async def test_single_bytes_are_an_answer_too(serve: Any, providers: Providers, ask: Request) -> None:
    async def script(peer: Any) -> None:
        await peer.start()
        for byte in HEAD + TAIL:
            await peer.say(bytes([byte]))

    async with serve(script) as server:
        answer = await providers.dialect("openai-chat").send(ask, at(server.url), limits=PATIENT)
    assert answer.text == "Because."


async def test_a_server_that_says_nothing_costs_its_first_token_limit(
    serve: Any, providers: Providers, ask: Request, quick: Limits
) -> None:
    async with serve(lambda peer: peer.hang()) as server:
        failure = await failure_of(providers.dialect("openai-chat").send(ask, at(server.url), limits=quick))
        await server.left.wait()
    assert (failure.kind, failure.answered, failure.status) == ("first_token_limit", False, None)
    assert failure.sentence == "`lab` gave no part of an answer within 0.05 s"


@pytest.mark.parametrize(
    "alive",
    [b": keep-alive\n\n", b'data: {"choices":[{"delta":{"role":"assistant","content":""}}]}\n\n', b"\n"],
)
async def test_signs_of_life_are_no_token(
    serve: Any, providers: Providers, ask: Request, quick: Limits, alive: bytes
) -> None:
    async def script(peer: Any) -> None:
        await peer.start()
        while True:
            await peer.say(alive)
            await anyio.sleep(0.005)

    async with serve(script) as server:
        failure = await failure_of(providers.dialect("openai-chat").send(ask, at(server.url), limits=quick))
    assert failure.kind == "first_token_limit"


@pytest.mark.parametrize("alive", [b"", b": keep-alive\n\n"])
async def test_a_stream_that_goes_quiet_costs_its_silence_limit(
    serve: Any, providers: Providers, ask: Request, quick: Limits, alive: bytes
) -> None:
    async def script(peer: Any) -> None:
        await peer.start()
        await peer.say(HEAD)
        while alive:
            await peer.say(alive)
            await anyio.sleep(0.005)
        await peer.hang()

    async with serve(script) as server:
        limits = replace(quick, first_token_s=5.0)
        failure = await failure_of(providers.dialect("openai-chat").send(ask, at(server.url), limits=limits))
        await server.left.wait()
    assert (failure.kind, failure.answered, failure.text) == ("silence_limit", True, "Be")


async def test_an_answer_that_keeps_coming_may_take_longer_than_any_one_limit(
    serve: Any, providers: Providers, ask: Request
) -> None:
    async def script(peer: Any) -> None:
        await peer.start()
        for _ in range(12):
            await peer.say(HEAD)
            await anyio.sleep(0.02)
        await peer.say(TAIL)

    async with serve(script) as server:
        limits = Limits(connect_s=2.0, first_token_s=0.15, silence_s=0.15)
        answer = await providers.dialect("openai-chat").send(ask, at(server.url), limits=limits)
    assert answer.text == "Be" * 12 + "cause."


async def test_a_server_that_forgets_to_close_after_its_answer_costs_no_answer(
    serve: Any, providers: Providers, ask: Request, quick: Limits
) -> None:
    async def script(peer: Any) -> None:
        await peer.start()
        await peer.say(HEAD + TAIL.partition(b"data: [DONE]")[0])
        await peer.hang()

    async with serve(script) as server:
        answer = await providers.dialect("openai-chat").send(
            ask, at(server.url), limits=replace(quick, first_token_s=5.0)
        )
    assert answer.text == "Because."


async def test_a_slow_listener_is_not_the_providers_silence(
    serve: Any, providers: Providers, ask: Request, quick: Limits
) -> None:
    async def script(peer: Any) -> None:
        await peer.start()
        for part in (HEAD, HEAD, TAIL):
            await peer.say(part)
            await anyio.sleep(0.005)

    heard: list[str] = []

    async def on_text(text: str) -> None:
        await anyio.sleep(0.08)
        heard.append(text)

    async with serve(script) as server:
        limits = replace(quick, first_token_s=5.0)
        answer = await providers.dialect("openai-chat").send(ask, at(server.url), limits=limits, on_text=on_text)
    assert "".join(heard) == answer.text == "BeBecause."


async def test_a_reset_before_the_reply_is_refused(serve: Any, providers: Providers, ask: Request) -> None:
    async with serve(lambda peer: peer.reset()) as server:
        failure = await failure_of(providers.dialect("openai-chat").send(ask, at(server.url), limits=PATIENT))
    assert (failure.kind, failure.answered) == ("refused", False)


async def test_a_close_before_the_reply_is_refused(serve: Any, providers: Providers, ask: Request) -> None:
    async with serve(lambda peer: peer.stream.aclose()) as server:
        failure = await failure_of(providers.dialect("openai-chat").send(ask, at(server.url), limits=PATIENT))
    assert failure.kind == "refused"
    assert "closed the connection without a reply" in failure.sentence


async def test_a_reset_in_the_middle_is_cut(serve: Any, providers: Providers, ask: Request) -> None:
    async def script(peer: Any) -> None:
        await peer.start(extra="content-length: 9000\r\n")
        await peer.say(HEAD)
        await anyio.sleep(0.02)
        await peer.reset()

    async with serve(script) as server:
        failure = await failure_of(providers.dialect("openai-chat").send(ask, at(server.url), limits=PATIENT))
    assert (failure.kind, failure.answered, failure.text) == ("cut", True, "Be")


async def test_a_body_shorter_than_promised_is_cut(serve: Any, providers: Providers, ask: Request) -> None:
    async def script(peer: Any) -> None:
        await peer.start("application/json", extra="content-length: 9000\r\n")
        await peer.say(b'{"choices": [')

    async with serve(script) as server:
        failure = await failure_of(providers.dialect("openai-chat").send(ask, at(server.url), limits=PATIENT))
    assert failure.kind == "cut"


async def test_a_hundred_megabytes_are_not_read(serve: Any, providers: Providers, ask: Request) -> None:
    sent = 0

    async def script(peer: Any) -> None:
        nonlocal sent
        await peer.start()
        chunk = HEAD * 2_000
        while sent < 100_000_000:
            await peer.say(chunk)
            sent += len(chunk)

    async with serve(script) as server:
        limits = replace(PATIENT, reply_bytes=1_000_000)
        failure = await failure_of(providers.dialect("openai-chat").send(ask, at(server.url), limits=limits))
        await server.left.wait()
    assert failure.kind == "malformed"
    assert sent < 20_000_000  # what fits into the sockets' buffers


async def test_an_endless_error_body_still_gives_its_status(
    serve: Any, providers: Providers, ask: Request, quick: Limits
) -> None:
    async def script(peer: Any) -> None:
        await peer.start("application/json", status="503 Overloaded")
        await peer.say(b'{"error": {"message": "Too busy.", "type": "overloaded"')
        await peer.hang()

    async with serve(script) as server:
        failure = await failure_of(providers.dialect("openai-chat").send(ask, at(server.url), limits=quick))
    assert (failure.kind, failure.status) == ("status", 503)
    assert "Too busy." in failure.text


async def test_something_that_is_not_http_is_malformed(serve: Any, providers: Providers, ask: Request) -> None:
    async with serve(lambda peer: peer.say(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")) as server:
        failure = await failure_of(providers.dialect("openai-chat").send(ask, at(server.url), limits=PATIENT))
    assert failure.kind == "malformed"


async def test_a_cancelled_ask_closes_its_connection_at_once(serve: Any, providers: Providers, ask: Request) -> None:
    heard = anyio.Event()

    async def script(peer: Any) -> None:
        await peer.start()
        await peer.say(HEAD)
        await peer.hang()

    async def on_text(text: str) -> None:
        heard.set()

    async with serve(script) as server:
        async with anyio.create_task_group() as group:
            send = providers.dialect("openai-chat").send
            group.start_soon(lambda: send(ask, at(server.url), limits=PATIENT, on_text=on_text))
            await heard.wait()
            group.cancel_scope.cancel()
        with anyio.fail_after(1):
            await server.left.wait()


async def test_an_ask_cancelled_before_any_reply_closes_its_connection(
    serve: Any, providers: Providers, ask: Request
) -> None:
    arrived = anyio.Event()

    async def script(peer: Any) -> None:
        arrived.set()
        await peer.hang()

    async with serve(script) as server:
        async with anyio.create_task_group() as group:
            group.start_soon(lambda: providers.dialect("openai-chat").send(ask, at(server.url), limits=PATIENT))
            await arrived.wait()
            group.cancel_scope.cancel()
        with anyio.fail_after(1):
            await server.left.wait()


async def test_a_port_where_nobody_listens_is_refused(providers: Providers, ask: Request) -> None:
    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener:
        port = listener.extra(anyio.abc.SocketAttribute.local_port)  # noqa: S610 - typed attributes
    access = at(f"http://127.0.0.1:{port}/v1")
    failure = await failure_of(providers.dialect("openai-chat").send(ask, access, limits=PATIENT))
    assert failure.kind == "refused"
    assert failure.sentence == f"Nothing listens for `lab` at `127.0.0.1:{port}`, or it cannot be reached"


async def test_a_connection_that_does_not_come_costs_its_connect_limit(providers: Providers, ask: Request) -> None:
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):  # fills the queue; nobody accepts
            access = at(f"https://127.0.0.1:{port}/v1")
            limits = Limits(connect_s=0.05)
            failure = await failure_of(providers.dialect("openai-chat").send(ask, access, limits=limits))
    assert failure.kind == "connect_limit"


async def test_a_tls_handshake_with_a_plain_server_is_tls(serve: Any, providers: Providers, ask: Request) -> None:
    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as group:

        async def plain(stream: anyio.abc.SocketStream) -> None:
            async with stream:
                await stream.receive()
                await stream.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        group.start_soon(listener.serve, plain)
        access = at(f"https://127.0.0.1:{listener.extra(anyio.abc.SocketAttribute.local_port)}/v1")  # noqa: S610 - typed attributes
        failure = await failure_of(providers.dialect("openai-chat").send(ask, access, limits=PATIENT))
        group.cancel_scope.cancel()
    assert failure.kind == "tls"
    assert "wrong version number" in failure.sentence or "record layer" in failure.sentence


async def test_a_name_that_does_not_resolve_is_a_name_failure(mocked: Any, ask: Request) -> None:
    import socket

    import httpx2

    def handler(request: httpx2.Request) -> httpx2.Response:
        try:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        except socket.gaierror as error:
            raise httpx2.ConnectError("failed") from error

    async with mocked(handler) as providers:
        access = at("https://nowhere.invalid/v1")
        failure = await failure_of(providers.dialect("openai-chat").send(ask, access, limits=PATIENT))
    assert failure.kind == "name"
    assert "`nowhere.invalid`" in failure.sentence


async def test_a_certificate_nobody_vouches_for_is_tls_and_says_why(mocked: Any, ask: Request) -> None:
    import httpx2

    def handler(request: httpx2.Request) -> httpx2.Response:
        wrong = ssl.SSLCertVerificationError()
        wrong.verify_message = "self-signed certificate"
        raise httpx2.ConnectError("failed") from wrong

    async with mocked(handler) as providers:
        failure = await failure_of(
            providers.dialect("openai-chat").send(ask, at("https://lab.example"), limits=PATIENT)
        )
    assert failure.kind == "tls"
    assert "self-signed certificate" in failure.sentence


@pytest.mark.parametrize("url", ["http://a..b/v1", "ftp://lab.example/v1", "nonsense", "http://[::1/v1", ""])
async def test_an_address_that_is_none_is_a_name_failure(providers: Providers, ask: Request, url: str) -> None:
    assert (await failure_of(providers.dialect("openai-chat").send(ask, at(url), limits=PATIENT))).kind == "name"


async def test_a_connection_is_used_again_after_a_finished_stream(
    serve: Any, providers: Providers, ask: Request
) -> None:
    connections: set[int] = set()

    async def script(peer: Any) -> None:
        connections.add(id(peer.stream))
        await peer.start(extra="transfer-encoding: chunked\r\n")
        await peer.say(f"{len(TAIL):x}\r\n".encode() + TAIL + b"\r\n")
        await anyio.sleep(0.005)  # the end of the body comes by itself
        await peer.say(b"0\r\n\r\n")

    script.keeps_alive = True  # type: ignore[attr-defined]
    async with serve(script) as server:
        for _ in range(3):
            await providers.dialect("openai-chat").send(ask, at(server.url), limits=PATIENT)
    assert len(server.peers) == 3
    assert len(connections) == 1


async def test_many_asks_at_once_do_not_wait_for_each_other(serve: Any, providers: Providers, ask: Request) -> None:
    waiting = 0
    all_here = anyio.Event()

    async def script(peer: Any) -> None:
        nonlocal waiting
        waiting += 1
        if waiting == 100:
            all_here.set()
        await all_here.wait()
        await peer.start()
        await peer.say(TAIL)

    async with serve(script) as server, anyio.create_task_group() as group:
        for _ in range(100):
            group.start_soon(lambda: providers.dialect("openai-chat").send(ask, at(server.url), limits=PATIENT))


async def test_an_address_of_this_machine_is_called_without_the_proxy(
    serve: Any, ask: Request, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")

    async def script(peer: Any) -> None:
        await peer.start()
        await peer.say(TAIL)

    async with open_providers(environ={}, run_dir=tmp_path) as providers, serve(script) as server:
        answer = await providers.dialect("openai-chat").send(ask, at(server.url), limits=PATIENT)
    assert answer.text == "cause."


async def test_a_proxy_that_cannot_be_used_is_told_without_its_password(
    ask: Request, access: Access, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("ALL_PROXY", "gopher://me:hunter2hunter2@127.0.0.1:9")
    async with open_providers(environ={}, run_dir=tmp_path) as providers:
        failure = await failure_of(providers.dialect("openai-chat").send(ask, access, limits=PATIENT))
    assert failure.kind == "refused"
    assert "`ALL_PROXY`" in failure.sentence
    assert "hunter2" not in repr(failure)


async def test_a_redirect_is_hung_up_on(serve: Any, providers: Providers, ask: Request) -> None:
    async def script(peer: Any) -> None:
        await peer.start(status="307 Elsewhere", extra="location: https://elsewhere.example/\r\n")
        await peer.hang()

    async with serve(script) as server:
        failure = await failure_of(providers.dialect("openai-chat").send(ask, at(server.url), limits=PATIENT))
        with anyio.fail_after(1):
            await server.left.wait()
    assert failure.kind == "malformed"


# Secrets


@pytest.mark.parametrize("status", [200, 401])
async def test_a_key_that_is_echoed_is_nowhere_in_the_failure(
    serve: Any, providers: Providers, ask: Request, status: int
) -> None:
    key = "sk-lab-0123456789abcdef"

    async def script(peer: Any) -> None:
        await peer.start("application/json", status=f"{status} Said", extra=f"x-echo: Bearer {key}\r\n")
        await peer.say(
            b'{"error": {"message": "' + b"x" * 1_970 + key.encode() + b'", "code": "' + key.encode() + b'"}}'
        )

    async with serve(script) as server:
        failure = await failure_of(providers.dialect("openai-chat").send(ask, at(server.url), limits=PATIENT))
    shown = repr(failure) + str(failure.body) + str(failure.headers)
    assert "0123456789" not in shown
    assert "sk-lab" not in shown


@pytest.mark.parametrize("key", ["sk-lab-0123456789\nx: y", "sk-lab-0123456789\u2013", " sk-lab-0123456789"])
async def test_a_key_no_header_can_carry_is_not_sent_and_not_shown(
    serve: Any, providers: Providers, ask: Request, key: str
) -> None:
    async with serve(lambda peer: peer.hang()) as server:
        access = Access(provider="lab", base_url=server.url, key=key)
        failure = await failure_of(providers.dialect("openai-chat").send(ask, access, limits=PATIENT))
        assert server.peers == []
    assert (failure.kind, failure.status) == ("status", 401)
    assert "0123456789" not in repr(failure)


async def test_a_password_in_an_address_is_not_shown(providers: Providers, ask: Request) -> None:
    access = Access(provider="lab", base_url="http://me:hunter2hunter2@127.0.0.1:9/v1")
    failure = await failure_of(providers.dialect("openai-chat").send(ask, access, limits=PATIENT))
    assert "hunter2" not in repr(failure)
