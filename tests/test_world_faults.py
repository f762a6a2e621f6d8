"""Faults of the world, through the MCP server over the real state and real sockets: told, and the work goes on.

Also here is what the sidecar does with a proxy of the environment (`sidecar/providers/wire.py` says the rule).
"""

from __future__ import annotations

import base64
import ipaddress
import json
import sqlite3
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import anyio.abc
import pytest
from anyio.streams.tls import TLSListener
from mcp import Client

from sidecar.app import open_rooms
from sidecar.server import build
from sidecar.simulator import Phase, Redirect, Reply, Schedule, Simulated, Simulation, simulate

KEYS = {"work": "sk-work-0123456789abcdef", "own": "sk-own-0123456789abcdef"}
NOWHERE = ".".join(["a" * 60] * 5) + ".invalid"
"""Longer than a name may be (RFC 1035, 2.3.4): the resolver refuses it by itself, and no query leaves the machine."""
LOGIN = "hunter2hunter2"


@dataclass
class Sidecar:
    """A sidecar at work in a folder of its own: its configuration, its state, and its agent's connection."""

    folder: Path
    now: Callable[[], float] = time.time
    deadline_s: float = 120.0
    document: dict[str, Any] = field(default_factory=lambda: {"providers": {}, "models": {}})

    def provider(self, name: str, base_url: str, dialect: str = "openai-chat", **more: Any) -> None:
        """Add a provider, the next tier of `default`; its one account is `work` unless *more* says otherwise."""
        accounts = [{"name": "work", "key": "env:WORK_KEY"}]
        self.document["providers"][name] = {"dialect": dialect, "base_url": base_url, "accounts": accounts, **more}
        default = self.document["models"].setdefault("default", {"tiers": []})
        default["tiers"].append({"name": f"tier-{name}", "targets": [f"{name}/model"]})

    def simulated(self, simulation: Simulation, **more: Any) -> None:
        for name in simulation.names:
            self.provider(name, simulation.base_url(name), simulation.dialect(name), **more)

    @property
    def environ(self) -> dict[str, str]:
        return {
            "HOME": str(self.folder / "home"),
            "PATH": "/usr/bin:/bin",
            "SIDECAR_CONFIG": str(self.folder / "config.json"),
            "SIDECAR_STATE": str(self.folder / "state"),
            **{f"{name.upper()}_KEY": key for name, key in KEYS.items()},
        }

    @asynccontextmanager
    async def agent(self) -> AsyncIterator[Ask]:
        for model in self.document["models"].values():
            model["deadline_s"] = self.deadline_s
        (self.folder / "config.json").write_text(json.dumps(self.document))
        async with (
            open_rooms(cwd=self.folder, environ=self.environ, clock=self.now) as rooms,
            Client(build(rooms)) as client,
        ):

            async def ask(prompt: str = "hello", *, fails: bool = False, **more: Any) -> str:
                result = await client.call_tool("ask", {"prompt": prompt, **more})
                [part] = result.content
                assert part.type == "text"
                assert result.is_error == fails, part.text
                return part.text

            yield ask

    def rows(self, query: str) -> list[Any]:
        with sqlite3.connect(self.folder / "state" / "state.db") as connection:
            found = connection.execute(query).fetchall()
        connection.close()
        return found

    def rests(self, scope: str) -> float:
        """Until when a scope rests, as another process would read it from the disk."""
        return max((row[0] for row in self.rows(f"SELECT rest_until FROM health WHERE scope = '{scope}'")), default=0.0)  # noqa: S608 - a test's own words

    def on_disk(self) -> bytes:
        return b"".join(path.read_bytes() for path in (self.folder / "state").iterdir() if path.is_file())


Ask = Callable[..., Any]


@pytest.fixture
def sidecar(tmp_path: Path) -> Sidecar:
    return Sidecar(tmp_path)


def receipt(text: str) -> str:
    return text.rpartition("\n")[2]


# The state, held by another process


HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
connection.execute("ROLLBACK")
print("released", flush=True)
"""


@contextmanager
def held(path: Path) -> Iterator[Callable[[], None]]:
    """The state file held by another process, until what is yielded is called."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"

        def release() -> None:
            assert holder.stdin is not None
            assert holder.stdout is not None
            holder.stdin.write("\n")
            holder.stdin.flush()
            assert holder.stdout.readline() == "released\n"

        try:
            yield release
        finally:
            holder.kill()


REFUSING = Schedule(phases=(Phase(fault="openai.rate-limit", reset_s=600, from_call=2),))


async def test_while_another_process_holds_the_state_answers_come_and_afterwards_it_adds_up(sidecar: Sidecar) -> None:
    """It is held for longer than the 2 s that we wait, however slow the machine is: until the answer has come."""
    async with simulate([Simulated("a", "openai-chat", REFUSING), Simulated("b", "openai-chat")]) as simulation:
        sidecar.simulated(simulation)
        async with sidecar.agent() as ask:
            await ask("one", thread="t")
            with held(sidecar.folder / "state" / "state.db") as release:
                second = await ask("two", thread="t")
                assert "b/model" in receipt(second)
                assert "until the state can be written" in receipt(second)
                assert "held by another process" in receipt(second)
                assert "a/model@work: rests until" in receipt(await ask("three", thread="t"))
                assert len(simulation.calls("a")) == 2, "the rest is obeyed here although nobody could be told"
                release()
            assert "written" not in receipt(await ask("four", thread="t"))
            assert sidecar.rests("endpoint:a/model@work") > time.time() + 500, "the rest is told to the others now"
        outcomes = [row[0] for row in sidecar.rows("SELECT outcome FROM attempts ORDER BY call, number")]
        assert outcomes == ["answered", "rate", "answered", "answered", "answered"]
        said = [row[0] for row in sidecar.rows("SELECT text FROM turns WHERE role = 'user' ORDER BY number")]
        assert said == ["one", "two", "three", "four"]


async def test_what_a_lock_kept_from_the_disk_is_written_at_the_end_without_another_call(sidecar: Sidecar) -> None:
    async with simulate([Simulated("a", "openai-chat", REFUSING), Simulated("b", "openai-chat")]) as simulation:
        sidecar.simulated(simulation)
        async with sidecar.agent() as ask:
            await ask()
            with held(sidecar.folder / "state" / "state.db") as release:
                assert "until the state can be written" in receipt(await ask())
                release()
        assert sidecar.rows("SELECT count(*) FROM calls") == [(2,)]
        assert sidecar.rests("endpoint:a/model@work") > time.time() + 500


async def test_two_hundred_calls_find_the_state_held_and_each_waits_for_it_once_together(sidecar: Sidecar) -> None:
    async with simulate([Simulated("a", "openai-chat")]) as simulation:
        sidecar.simulated(simulation)
        async with sidecar.agent() as ask:
            await ask()
            with held(sidecar.folder / "state" / "state.db") as release:
                with anyio.fail_after(60):
                    async with anyio.create_task_group() as group:
                        for number in range(200):
                            group.start_soon(ask, f"ask {number}")
                release()
            await ask()
        assert sidecar.rows("SELECT count(*) FROM calls") == [(202,)]


async def test_what_was_spent_while_the_state_was_held_counts_against_a_budget_once(sidecar: Sidecar) -> None:
    five_tokens = Schedule(reply=Reply(input_tokens=3, output_tokens=2))
    async with simulate([Simulated("a", "openai-chat", five_tokens)]) as simulation:
        sidecar.simulated(simulation)
        sidecar.document["budgets"] = [{"window": "day", "limit_tokens": 12, "over": "stop"}]
        async with sidecar.agent() as ask:
            await ask()
            with held(sidecar.folder / "state" / "state.db") as release:
                await ask()
                release()
            await ask()
            assert "budget is spent: 15 tokens of 12 tokens" in await ask(fails=True)


# The clock


@dataclass
class Clock:
    """The wall clock, which can be set."""

    set_by_s: float = 0.0

    def __call__(self) -> float:
        return time.time() + self.set_by_s


async def test_a_clock_set_back_an_hour_neither_breaks_a_named_rest_nor_prolongs_an_unnamed_one(
    sidecar: Sidecar,
) -> None:
    sidecar.now = clock = Clock()
    first = {
        "named": Phase(fault="openai.rate-limit", reset_s=600, until_call=1),
        "unnamed": Phase(fault="openai.rate-limit-silent", until_call=1),
        "well": Phase(),
    }
    providers = [Simulated(name, "openai-chat", Schedule(phases=(phase,))) for name, phase in first.items()]
    async with simulate(providers) as simulation:
        sidecar.simulated(simulation)
        async with sidecar.agent() as ask:
            assert "well/model" in receipt(await ask())
            clock.set_by_s = -3600.0
            text = receipt(await ask())
            assert "answered by unnamed/model" in text
            assert "named/model@work: rests until" in text
            assert len(simulation.calls("named")) == 1
            clock.set_by_s = 601.0
            assert "answered by named/model" in receipt(await ask())
        async with sidecar.agent() as ask:
            clock.set_by_s = -3600.0
            assert "answered by named/model" in receipt(await ask())
        assert sidecar.rows("SELECT count(*), sum(answered_by IS NOT NULL) FROM calls") == [(4, 4)]


async def test_a_clock_set_back_while_a_call_is_out_does_not_prolong_its_deadline(sidecar: Sidecar) -> None:
    sidecar.now = clock = Clock()
    async with simulate([Simulated("a", "openai-chat", Schedule(phases=(Phase(fault="hang"),)))]) as simulation:
        sidecar.simulated(simulation)
        sidecar.deadline_s = 0.5
        async with sidecar.agent() as ask, anyio.create_task_group() as group:

            async def set_back() -> None:
                await simulation.arrived("a")
                clock.set_by_s = -3600.0

            group.start_soon(set_back)
            assert "too slow for this deadline" in await ask(fails=True)
            [(took_s,)] = sidecar.rows("SELECT took_s FROM calls")
    assert 0.0 < took_s < 3600.0


# The name, the certificate, the proxy


async def test_a_name_that_does_not_resolve_costs_one_attempt_and_its_provider_rests(sidecar: Sidecar) -> None:
    async with simulate([Simulated("well", "openai-chat")]) as simulation:
        sidecar.provider("far", f"http://{NOWHERE}/v1")
        sidecar.document["models"]["default"]["tiers"][0]["targets"].append("far/other")
        sidecar.simulated(simulation)
        async with sidecar.agent() as ask:
            texts = [receipt(await ask()) for _ in range(5)]
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
    sidecar: Sidecar, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    providers = [Simulated("behind", "openai-chat"), Simulated("well", "openai-chat")]
    async with simulate(providers) as simulation, tls_before(simulation.port, certificate) as port:
        sidecar.provider("behind", f"https://127.0.0.1:{port}/behind/v1")
        sidecar.provider("well", simulation.base_url("well"))
        async with sidecar.agent() as ask:
            text = receipt(await ask())
            assert "answered by well/model" in text
            assert "behind/model@work: not reachable" in text
            assert simulation.calls("behind") == []
            [message] = [row[0] for row in sidecar.rows("SELECT message FROM attempts WHERE outcome = 'network'")]
            assert "self-signed certificate" in message
        # The user's own authority is believed, where they name it as everywhere.
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        async with sidecar.agent() as ask:
            assert "answered by behind/model" in receipt(await ask())


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


@pytest.fixture(autouse=True)
def _no_proxy_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY", "http_proxy"])
async def test_the_world_is_reached_through_the_proxy_and_this_machine_without_it(
    sidecar: Sidecar, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    providers = [Simulated("far", "openai-chat"), Simulated("near", "openai-chat")]
    async with simulate(providers) as simulation, proxy(simulation.port) as between:
        monkeypatch.setenv(variable, between.url)
        sidecar.provider("far", f"http://{NOWHERE}/far/v1")
        sidecar.provider("near", simulation.base_url("near"))
        sidecar.provider("here", simulation.base_url("near").replace("127.0.0.1", "localhost"))
        sidecar.provider("here-too", simulation.base_url("near").replace("127.0.0.1", "127.9.8.7"))
        sidecar.deadline_s = 2.0
        sidecar.document["models"] = {
            name: {"tiers": [{"name": "only", "targets": [f"{name}/model"]}]}
            for name in ("far", "near", "here", "here-too")
        }
        async with sidecar.agent() as ask:
            assert "answered by far/model" in receipt(await ask(model="far"))
            assert "answered by near/model" in receipt(await ask(model="near"))
            assert "answered by here/model" in receipt(await ask(model="here"))
            # The simulator listens at 127.0.0.1 alone; what matters is that the proxy is not asked for this one.
            await ask(model="here-too", fails=True)
        [head] = between.heads
        assert NOWHERE in head
        assert f"authorization: basic {between.login}".lower() in head.lower()


async def test_a_proxy_sees_neither_the_key_nor_the_prompt_of_a_call_over_tls(
    sidecar: Sidecar, certificate: Path, monkeypatch: pytest.MonkeyPatch
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
            assert "answered by far/model" in receipt(await ask("The secret plan."))
        [head] = between.heads
        assert head.startswith("CONNECT far.invalid:443 ")
        seen = head.encode() + between.passed
        assert between.login.encode() in seen
        assert KEYS["work"].encode() not in seen
        assert b"secret plan" not in seen
        assert len(between.passed) > 500
        assert "proxy-authorization" not in simulation.calls("far")[0].headers


async def test_a_host_that_the_environment_exempts_is_called_without_the_proxy(
    sidecar: Sidecar, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with simulate([Simulated("near", "openai-chat")]) as simulation, proxy(simulation.port) as between:
        monkeypatch.setenv("HTTP_PROXY", between.url)
        monkeypatch.setenv("NO_PROXY", f"example.org, {NOWHERE}")
        sidecar.deadline_s = 1.0
        sidecar.provider("far", f"http://{NOWHERE}/near/v1")
        async with sidecar.agent() as ask:
            assert "The name of `far`" in await ask(fails=True)
        assert between.heads == []


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("fault", ["login", "down"])
async def test_a_proxy_that_does_not_work_is_told_as_such_without_its_login(
    sidecar: Sidecar, monkeypatch: pytest.MonkeyPatch, scheme: str, fault: str
) -> None:
    """Some proxies say back what they were sent; what the user must mend is not in our configuration."""
    async with simulate([Simulated("well", "openai-chat")]) as simulation, proxy(simulation.port) as between:
        echo = f"<p>Bad login Basic {between.login} ({LOGIN})</p>".encode()
        between.answer = (
            b"HTTP/1.1 407 Who is " + between.login.encode() + b"\r\ncontent-length: %d\r\n\r\n" % len(echo) + echo
        )
        address = between.url if fault == "login" else f"http://me:{LOGIN}@127.0.0.1:9"
        monkeypatch.setenv("ALL_PROXY", address)
        sidecar.provider("far", f"{scheme}://{NOWHERE}/v1")
        sidecar.provider("well", simulation.base_url("well"))
        async with sidecar.agent() as ask:
            text = await ask()
            assert "answered by well/model" in receipt(text)
            sidecar.document["models"]["default"]["tiers"].pop()
            sidecar.deadline_s = 1.0
        async with sidecar.agent() as ask:
            failure = await ask(fails=True)
        assert "The proxy of the environment" in failure
        assert ("407" if fault == "login" else "cannot be reached") in failure
        for secret in (LOGIN, between.login):
            assert secret not in text + failure
            assert secret.encode() not in sidecar.on_disk()


# What a provider does


@pytest.mark.parametrize("stage", ["events", "json", "after the first word"])
async def test_a_byte_a_second_costs_a_limit_and_never_the_call(sidecar: Sidecar, stage: str) -> None:
    async def serve(stream: anyio.abc.SocketStream) -> None:
        async with stream:
            await stream.receive()
            kind = "application/json" if stage == "json" else "text/event-stream"
            await stream.send(f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\n\r\n".encode())
            if stage == "after the first word":
                await stream.send(b'data: {"choices":[{"delta":{"content":"Be"}}]}\n\n')
            body = (
                b'{"choices":[{"message":{"content":"' if stage == "json" else b'data: {"choices":[{"delta":{"content"'
            )
            with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
                for byte in body + b"a" * 1_000_000:
                    await stream.send(bytes([byte]))
                    await anyio.sleep(0.01)  # a second, to limits a hundredth of the usual

    async with (
        simulate([Simulated("well", "openai-chat")]) as simulation,
        await anyio.create_tcp_listener(local_host="127.0.0.1") as listener,
        anyio.create_task_group() as group,
    ):
        group.start_soon(listener.serve, serve)
        sidecar.provider("slow", f"http://127.0.0.1:{port_of(listener)}/v1")
        sidecar.simulated(simulation)
        sidecar.document["models"]["default"]["limits"] = {"connect_s": 5, "first_token_s": 0.3, "silence_s": 0.3}
        async with sidecar.agent() as ask:
            text = receipt(await ask())
        assert "answered by well/model" in text
        assert "slow/model@work: " in text
        [(outcome, took_s)] = sidecar.rows("SELECT outcome, took_s FROM attempts WHERE endpoint LIKE 'slow/%'")
        assert outcome in {"hang", "slow"}
        assert took_s < 60, "of a deadline of 120 s: it was its own limit"
        group.cancel_scope.cancel()


async def test_a_reply_of_100_mb_is_hung_up_on_and_the_next_tier_asked(sidecar: Sidecar) -> None:
    providers = [
        Simulated("a", "openai-chat", Schedule(phases=(Phase(fault="huge"),))),
        Simulated("b", "anthropic", Schedule(phases=(Phase(fault="huge"),))),
        Simulated("c", "gemini"),
    ]
    async with simulate(providers) as simulation:
        sidecar.simulated(simulation)
        async with sidecar.agent() as ask:
            text = await ask()
        await simulation.quiet()
        assert [simulation.calls(name)[0].client_disconnected for name in "abc"] == [True, True, False]
    assert "answered by c/model" in receipt(text)
    assert receipt(text).count("unreadable reply") == 2
    assert len(text) < 1_000
    assert len(sidecar.on_disk()) < 2_000_000


OTHER_DIALECTS = ["openai-responses", "anthropic", "gemini", "ollama", "azure", "bedrock", "vertex"]
REDIRECTS = [*[("openai-chat", one) for one in (301, 302, 303, 307, 308)], *[(one, 307) for one in OTHER_DIALECTS]]


@pytest.mark.parametrize(("dialect", "status"), REDIRECTS)
async def test_neither_key_nor_prompt_follow_a_redirect(sidecar: Sidecar, dialect: Any, status: int) -> None:
    redirecting = Schedule(phases=(Phase(fault=Redirect(status=status)),))
    async with simulate([Simulated("a", dialect, redirecting), Simulated("b", "openai-chat")]) as simulation:
        sidecar.simulated(simulation)
        async with sidecar.agent() as ask:
            text = receipt(await ask())
            [(message,)] = sidecar.rows("SELECT message FROM attempts WHERE endpoint LIKE 'a/%'")
        assert simulation.calls("elsewhere") == []
    assert "answered by b/model" in text
    assert f"redirects to `localhost:{simulation.port}`" in message


async def test_a_key_revoked_in_the_middle_costs_no_call_and_is_asked_once(sidecar: Sidecar) -> None:
    revoked = Schedule(phases=(Phase(fault="openai.bad-key", account="work", from_call=6),))
    async with simulate([Simulated("a", "openai-chat", revoked, accounts=KEYS)]) as simulation:
        accounts = [{"name": name, "key": f"env:{name.upper()}_KEY"} for name in KEYS]
        sidecar.simulated(simulation, accounts=accounts)
        async with sidecar.agent() as ask:
            texts = [receipt(await ask(f"ask {number}")) for number in range(10)]
        async with sidecar.agent() as ask:
            texts.append(receipt(await ask("after a restart")))
        assert [seen.account for seen in simulation.calls("a")] == [*["work"] * 6, *["own"] * 6]
    assert all("a/model@work" in text for text in texts)
    assert [("answered by a/model@own" in text) for text in texts] == [False] * 5 + [True] * 6
    assert "a/model@work: key refused" in texts[5]
    assert "account `a@work` rests until" in texts[6]
    for key in KEYS.values():
        assert key not in "".join(texts)
        assert key.encode() not in sidecar.on_disk()


async def test_when_the_last_key_is_revoked_the_user_is_told_what_to_do(sidecar: Sidecar) -> None:
    async with simulate([Simulated("a", "openai-chat", accounts={"own": KEYS["own"]})]) as simulation:
        sidecar.simulated(simulation)
        async with sidecar.agent() as ask:
            text = await ask(fails=True)
    assert "key refused" in text
    assert "`sidecar doctor`" in text
    assert KEYS["work"] not in text


async def test_of_200_calls_at_once_none_is_lost_and_the_ledger_adds_up(sidecar: Sidecar) -> None:
    """A third of them fails at first, and one account's quota ends among them."""
    reply = Reply(input_tokens=3, output_tokens=2)
    providers = [
        Simulated("a", "openai-chat", Schedule(reply=reply, phases=(Phase(fault="openai.quota", from_call=20),))),
        Simulated("b", "openai-chat", Schedule(reply=reply, phases=(Phase(fault="openai.overloaded", every_calls=3),))),
        Simulated("c", "gemini", Schedule(reply=reply)),
    ]
    async with simulate(providers) as simulation:
        sidecar.simulated(simulation)
        texts: dict[int, str] = {}
        async with sidecar.agent() as ask:

            async def one(number: int) -> None:
                texts[number] = await ask(f"ask {number}", thread=f"t{number}")

            async with anyio.create_task_group() as group:
                for number in range(200):
                    group.start_soon(one, number)
        served = {name: simulation.outcomes(name) for name in simulation.names}
        calls = sum(len(simulation.calls(name)) for name in simulation.names)
    assert all(f"ask {number}" in texts[number] for number in range(200)), "each got its own answer"
    assert sidecar.rows("SELECT count(*), count(answered_by) FROM calls") == [(200, 200)]
    assert sidecar.rows("SELECT count(DISTINCT thread), count(*) FROM turns") == [(200, 400)]
    [(attempts, answered, read, written)] = sidecar.rows(
        "SELECT count(*), sum(outcome = 'answered'), sum(input_tokens), sum(output_tokens) FROM attempts"
    )
    assert attempts == calls
    assert answered == sum(outcomes.get("answered", 0) for outcomes in served.values()) == 200
    assert (read, written) == (600, 400)
    assert sidecar.rests("account:a@work") > time.time(), "the account whose credit is gone"
