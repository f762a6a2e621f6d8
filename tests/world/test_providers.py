"""What a provider may do: drip, flood, redirect, revoke a key, and be asked by two hundred at once."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

import anyio
import anyio.abc
import pytest

from sidecar.simulator import Phase, Redirect, Reply, Schedule, Simulated, simulate


@pytest.mark.parametrize("stage", ["events", "json", "after the first word"])
async def test_a_byte_a_second_costs_a_limit_and_never_the_call(sidecar: Any, stage: str) -> None:
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
        port = listener.extra(anyio.abc.SocketAttribute.local_port)  # noqa: S610 - typed attributes, not Django
        sidecar.provider("slow", f"http://127.0.0.1:{port}/v1")
        sidecar.simulated(simulation)
        sidecar.document["models"]["default"]["limits"] = {"connect_s": 5, "first_token_s": 0.3, "silence_s": 0.3}
        async with sidecar.agent() as ask:
            text = sidecar.receipt(await ask())
        assert "answered by well/model" in text
        assert "slow/model@work: " in text
        [(outcome, took_s)] = sidecar.rows("SELECT outcome, took_s FROM attempts WHERE endpoint LIKE 'slow/%'")
        assert outcome in {"hang", "slow"}
        assert took_s < 60, "of a deadline of 120 s: it was its own limit"
        group.cancel_scope.cancel()


async def test_a_reply_of_100_mb_is_hung_up_on_and_the_next_tier_asked(sidecar: Any) -> None:
    providers = [
        Simulated("a", "openai-chat", Schedule(phases=(Phase(fault="huge"),))),
        Simulated("b", "anthropic", Schedule(phases=(Phase(fault="huge"),))),
        Simulated("c", "gemini"),
    ]
    async with simulate(providers) as simulation:
        sidecar.simulated(simulation)
        async with sidecar.agent() as ask:
            text = await ask()
        assert [len(simulation.calls(name)) for name in "abc"] == [1, 1, 1]
    assert "answered by c/model" in sidecar.receipt(text)
    assert sidecar.receipt(text).count("unreadable reply") == 2
    assert len(text) < 1_000
    assert len(sidecar.on_disk()) < 2_000_000


OTHER_DIALECTS = ["openai-responses", "anthropic", "gemini", "ollama", "azure", "bedrock", "vertex"]
REDIRECTS = [*[("openai-chat", one) for one in (301, 302, 303, 307, 308)], *[(one, 307) for one in OTHER_DIALECTS]]


@pytest.mark.parametrize(("dialect", "status"), REDIRECTS)
async def test_neither_key_nor_prompt_follow_a_redirect(sidecar: Any, dialect: Any, status: int) -> None:
    redirecting = Schedule(phases=(Phase(fault=Redirect(status=status)),))
    async with simulate([Simulated("a", dialect, redirecting), Simulated("b", "openai-chat")]) as simulation:
        sidecar.simulated(simulation)
        async with sidecar.agent() as ask:
            text = sidecar.receipt(await ask())
            [(message,)] = sidecar.rows("SELECT message FROM attempts WHERE endpoint LIKE 'a/%'")
        assert simulation.calls("elsewhere") == []
    assert "answered by b/model" in text
    assert f"redirects to `localhost:{simulation.port}`" in message


async def test_a_key_revoked_in_the_middle_costs_no_call_and_is_asked_once(sidecar: Any) -> None:
    revoked = Schedule(phases=(Phase(fault="openai.bad-key", account="work", from_call=6),))
    async with simulate([Simulated("a", "openai-chat", revoked, accounts=sidecar.KEYS)]) as simulation:
        accounts = [{"name": name, "key": f"env:{name.upper()}_KEY"} for name in sidecar.KEYS]
        sidecar.simulated(simulation, accounts=accounts)
        async with sidecar.agent() as ask:
            texts = [sidecar.receipt(await ask(f"ask {number}")) for number in range(10)]
        async with sidecar.agent() as ask:
            texts.append(sidecar.receipt(await ask("after a restart")))
        assert [seen.account for seen in simulation.calls("a")] == [*["work"] * 6, *["own"] * 6]
    assert all("a/model@work" in text for text in texts)
    assert [("answered by a/model@own" in text) for text in texts] == [False] * 5 + [True] * 6
    assert "a/model@work: key refused" in texts[5]
    assert "account `a@work` rests until" in texts[6]
    for key in sidecar.KEYS.values():
        assert key not in "".join(texts)
        assert key.encode() not in sidecar.on_disk()


async def test_when_the_last_key_is_revoked_the_user_is_told_what_to_do(sidecar: Any) -> None:
    async with simulate([Simulated("a", "openai-chat", accounts={"own": sidecar.KEYS["own"]})]) as simulation:
        sidecar.simulated(simulation)
        async with sidecar.agent() as ask:
            text = await ask(fails=True)
    assert "key refused" in text
    assert "`sidecar doctor`" in text
    assert sidecar.KEYS["work"] not in text


async def test_of_200_calls_at_once_none_is_lost_and_the_ledger_adds_up(sidecar: Any) -> None:
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
