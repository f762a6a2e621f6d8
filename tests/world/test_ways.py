"""The way to a provider: names, certificates, and a proxy of the environment (`sidecar/providers/wire.py`)."""

from __future__ import annotations

import base64
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import anyio.abc
import pytest
from anyio.streams.tls import TLSListener

from sidecar.simulator import Simulated, simulate

LOGIN = "hunter2hunter2"


async def test_a_name_that_does_not_resolve_costs_one_attempt_and_its_provider_rests(sidecar: Any) -> None:
    async with simulate([Simulated("well", "openai-chat")]) as simulation:
        sidecar.provider("far", f"http://{sidecar.NOWHERE}/v1")
        sidecar.document["models"]["default"]["tiers"][0]["targets"].append("far/other")
        sidecar.simulated(simulation)
        async with sidecar.agent() as ask:
            texts = [sidecar.receipt(await ask()) for _ in range(5)]
        assert all("answered by well/model" in text for text in texts)
        assert "far/model@work: not reachable" in texts[0]
        assert "far/other" not in texts[0], "the same name would fail again"
        assert "provider `far` rests until" in texts[4]
        said = sidecar.rows("SELECT message FROM attempts WHERE outcome = 'network'")
        assert len(said) == 4
        assert all(message.startswith("The name of `far`") for (message,) in said)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for this machine and `far.invalid` that nobody vouches for, with its key, in one file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "far.invalid")])
    hosts = [x509.DNSName("far.invalid"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject_name=name, issuer_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@asynccontextmanager
async def tls_before(port: int, certificate: Path) -> AsyncIterator[int]:
    """A port that speaks TLS with *certificate* and passes on what is inside to *port*."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)

    async def serve(stream: anyio.abc.ByteStream) -> None:
        async with stream, await anyio.connect_tcp("127.0.0.1", port) as inside:
            await both_ways(stream, inside)

    tcp = await anyio.create_tcp_listener(local_host="127.0.0.1")
    listener = TLSListener(tcp, context, standard_compatible=False)
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, serve)
        yield port_of(tcp)
        group.cancel_scope.cancel()


async def both_ways(one: anyio.abc.ByteStream, other: anyio.abc.ByteStream) -> None:
    async with anyio.create_task_group() as group:

        async def pump(source: anyio.abc.ByteStream, sink: anyio.abc.ByteStream) -> None:
            with suppress(anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
                while True:
                    await sink.send(await source.receive())
            group.cancel_scope.cancel()

        group.start_soon(pump, one, other)
        group.start_soon(pump, other, one)


def port_of(listener: anyio.abc.Listener[Any]) -> int:
    return listener.extra(anyio.abc.SocketAttribute.local_port)  # noqa: S610 - typed attributes, not Django


async def test_a_certificate_nobody_vouches_for_is_refused_before_the_key_is_sent(
    sidecar: Any, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    providers = [Simulated("behind", "openai-chat"), Simulated("well", "openai-chat")]
    async with simulate(providers) as simulation, tls_before(simulation.port, certificate) as port:
        sidecar.provider("behind", f"https://127.0.0.1:{port}/behind/v1")
        sidecar.provider("well", simulation.base_url("well"))
        async with sidecar.agent() as ask:
            text = sidecar.receipt(await ask())
            assert "answered by well/model" in text
            assert "behind/model@work: not reachable" in text
            assert simulation.calls("behind") == []
            [message] = [row[0] for row in sidecar.rows("SELECT message FROM attempts WHERE outcome = 'network'")]
            assert "self-signed certificate" in message
        # The user's own authority is believed, where they name it as everywhere.
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        async with sidecar.agent() as ask:
            assert "answered by behind/model" in sidecar.receipt(await ask())


@dataclass
class Proxy:
    """A proxy on loopback that writes down what it is asked, and leads every host to the same port."""

    leads_to: int
    answer: bytes = b""
    """Said instead of passing anything on."""
    heads: list[str] = field(default_factory=list)
    passed: bytearray = field(default_factory=bytearray)
    """All bytes that came after the head of a `CONNECT`."""
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://me:{LOGIN}@127.0.0.1:{self.port}"

    @property
    def login(self) -> str:
        return base64.b64encode(f"me:{LOGIN}".encode()).decode()

    async def serve(self, stream: anyio.abc.SocketStream) -> None:
        async with stream:
            data = b""
            while b"\r\n\r\n" not in data:
                data += await stream.receive()
            head, _, rest = data.partition(b"\r\n\r\n")
            self.heads.append(head.decode())
            if self.answer:
                await stream.send(self.answer)
                return
            async with await anyio.connect_tcp("127.0.0.1", self.leads_to) as inside:
                if head.startswith(b"CONNECT"):
                    await stream.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    await both_ways(_Recorded(stream, self.passed), inside)
                else:
                    # One request a connection, its address made local again.
                    line, _, others = head.partition(b"\r\n")
                    method, address, version = line.split(b" ")
                    local = b"/" + address.split(b"/", 3)[3]
                    await inside.send(b"\r\n".join((b" ".join((method, local, version)), others)) + b"\r\n\r\n" + rest)
                    await both_ways(stream, inside)


class _Recorded(anyio.abc.ByteStream):
    """A stream whose received bytes are written down."""

    def __init__(self, stream: anyio.abc.ByteStream, seen: bytearray) -> None:
        self._stream = stream
        self._seen = seen

    async def receive(self, max_bytes: int = 65_536) -> bytes:
        data = await self._stream.receive(max_bytes)
        self._seen += data
        return data

    async def send(self, item: bytes) -> None:
        await self._stream.send(item)

    async def send_eof(self) -> None:
        await self._stream.send_eof()

    async def aclose(self) -> None:
        await self._stream.aclose()


@asynccontextmanager
async def proxy(leads_to: int, answer: bytes = b"") -> AsyncIterator[Proxy]:
    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as group:
        made = Proxy(leads_to, answer, port=port_of(listener))
        group.start_soon(listener.serve, made.serve)
        yield made
        group.cancel_scope.cancel()


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY", "http_proxy"])
async def test_the_world_is_reached_through_the_proxy_and_this_machine_without_it(
    sidecar: Any, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    providers = [Simulated("far", "openai-chat"), Simulated("near", "openai-chat")]
    async with simulate(providers) as simulation, proxy(simulation.port) as between:
        monkeypatch.setenv(variable, between.url)
        sidecar.provider("far", f"http://{sidecar.NOWHERE}/far/v1")
        sidecar.provider("near", simulation.base_url("near"))
        sidecar.provider("here", simulation.base_url("near").replace("127.0.0.1", "localhost"))
        sidecar.provider("here-too", simulation.base_url("near").replace("127.0.0.1", "127.9.8.7"))
        sidecar.document["models"] = {
            name: {"tiers": [{"name": "only", "targets": [f"{name}/model", "near/model"]}]}
            for name in ("far", "near", "here", "here-too")
        }
        async with sidecar.agent() as ask:
            assert "answered by far/model" in sidecar.receipt(await ask(model="far"))
            assert "answered by near/model" in sidecar.receipt(await ask(model="near"))
            assert "answered by here/model" in sidecar.receipt(await ask(model="here"))
            # The simulator listens at 127.0.0.1 alone; what matters is that the proxy is not asked for this one.
            assert "here-too/model@work: not reachable" in sidecar.receipt(await ask(model="here-too"))
        [head] = between.heads
        assert sidecar.NOWHERE in head
        assert f"authorization: basic {between.login}".lower() in head.lower()


async def test_a_proxy_sees_neither_the_key_nor_the_prompt_of_a_call_over_tls(
    sidecar: Any, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        simulate([Simulated("far", "openai-chat")]) as simulation,
        tls_before(simulation.port, certificate) as port,
        proxy(port) as between,
    ):
        monkeypatch.setenv("HTTPS_PROXY", between.url)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        sidecar.provider("far", "https://far.invalid/far/v1")
        async with sidecar.agent() as ask:
            assert "answered by far/model" in sidecar.receipt(await ask("The secret plan."))
        [head] = between.heads
        assert head.startswith("CONNECT far.invalid:443 ")
        seen = head.encode() + between.passed
        assert between.login.encode() in seen
        assert sidecar.KEYS["work"].encode() not in seen
        assert b"secret plan" not in seen
        assert len(between.passed) > 500
        assert "proxy-authorization" not in simulation.calls("far")[0].headers


async def test_a_host_that_the_environment_exempts_is_called_without_the_proxy(
    sidecar: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with simulate([Simulated("near", "openai-chat")]) as simulation, proxy(simulation.port) as between:
        monkeypatch.setenv("HTTP_PROXY", between.url)
        monkeypatch.setenv("NO_PROXY", f"example.org, {sidecar.NOWHERE}")
        sidecar.provider("far", f"http://{sidecar.NOWHERE}/near/v1")
        sidecar.provider("near", simulation.base_url("near"))
        async with sidecar.agent() as ask:
            await ask()
        [(message,)] = sidecar.rows("SELECT message FROM attempts WHERE outcome = 'network'")
        assert message.startswith("The name of `far`")
        assert between.heads == []


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("fault", ["login", "down"])
async def test_a_proxy_that_does_not_work_is_told_as_such_without_its_login(
    sidecar: Any, monkeypatch: pytest.MonkeyPatch, scheme: str, fault: str
) -> None:
    """Some proxies say back what they were sent; what the user must mend is not in our configuration."""
    async with simulate([Simulated("well", "openai-chat")]) as simulation, proxy(simulation.port) as between:
        echo = f"<p>Bad login Basic {between.login} ({LOGIN})</p>".encode()
        between.answer = (
            b"HTTP/1.1 407 Who is " + between.login.encode() + b"\r\ncontent-length: %d\r\n\r\n" % len(echo) + echo
        )
        address = between.url if fault == "login" else f"http://me:{LOGIN}@127.0.0.1:9"
        monkeypatch.setenv("ALL_PROXY", address)
        sidecar.provider("far", f"{scheme}://{sidecar.NOWHERE}/v1")
        sidecar.provider("well", simulation.base_url("well"))
        async with sidecar.agent() as ask:
            text = await ask()
            assert "answered by well/model" in sidecar.receipt(text)
        [(failure,)] = sidecar.rows("SELECT message FROM attempts WHERE outcome = 'network'")
        assert "The proxy of the environment" in failure
        assert ("407" if fault == "login" else "cannot be reached") in failure
        for secret in (LOGIN, between.login):
            assert secret not in text
            assert secret.encode() not in sidecar.on_disk()
