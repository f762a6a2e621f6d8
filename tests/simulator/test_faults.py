import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import anyio
import httpx2
import pytest

from sidecar.errors import ConfigurationError
from sidecar.simulator import (
    Cut,
    Empty,
    ErrorBody,
    Fault,
    Garbage,
    Hang,
    Huge,
    Phase,
    Redirect,
    Refuse,
    Reply,
    Schedule,
    Simulated,
    Simulation,
    Status,
    Trickle,
    fault_named,
    named_faults,
)

Running = Callable[..., AbstractAsyncContextManager[Simulation]]
Ask = Any  # the `Asker` of conftest.py

END_MARKERS = ("[DONE]", "message_stop", "finishReason", "response.completed", "done_reason", "stopReason")


def failing(dialect: Any, fault: Fault | str, *, reply: str = "0123456789" * 4) -> Simulated:
    said = Reply(text=reply, chunk_tokens=1)
    return Simulated("a", dialect, Schedule(reply=said, phases=(Phase(fault=fault, reset_s=30),)))


def dialect_of(name: str) -> Any:
    vendor, _, _ = name.partition(".")
    return vendor if vendor in ("anthropic", "gemini", "ollama", "azure", "bedrock", "vertex") else "openai-chat"


STATUSES = [name for name, each in named_faults().items() if isinstance(each.fault, Status)]


@pytest.mark.parametrize("name", STATUSES)
async def test_a_named_status_is_served_as_written(running: Running, ask: Ask, name: str) -> None:
    fault = fault_named(name)
    assert isinstance(fault, Status)
    async with running(failing(dialect_of(name), name)) as simulation:
        response = await ask(simulation, "a")
        assert [seen.outcome for seen in simulation.calls("a")] == [name]
    assert response.status_code == fault.status
    assert {header.lower() for header in fault.headers} <= response.headers.keys()
    assert "{reset" not in response.text + str(response.headers)
    if fault.body is not None:
        assert response.json().keys() == fault.body.keys()


def test_every_named_fault_says_what_it_is_and_where_it_is_from() -> None:
    assert len(named_faults()) > 60
    for name, each in named_faults().items():
        assert each.name == name
        assert each.about
        assert each.source


def test_a_fault_nobody_knows_names_the_nearest() -> None:
    with pytest.raises(ConfigurationError, match=r"the nearest one it knows is `anthropic\.overloaded`"):
        fault_named("anthropic.overload")


async def test_a_reset_is_written_in_the_format_of_each_vendor(running: Running, ask: Ask) -> None:
    async def served(name: str) -> httpx2.Response:
        async with running(failing(dialect_of(name), name)) as simulation:
            response: httpx2.Response = await ask(simulation, "a", model="m-1")
            return response

    openai = await served("openai.rate-limit")
    assert (openai.headers["retry-after"], openai.headers["x-ratelimit-reset-requests"]) == ("30", "30s")
    assert "Rate limit reached for m-1 " in openai.json()["error"]["message"]
    anthropic = await served("anthropic.rate-limit")
    assert anthropic.headers["anthropic-ratelimit-requests-reset"] == "2026-11-22T12:00:30Z"
    gemini = await served("gemini.rate-limit")
    assert gemini.json()["error"]["details"][-1]["retryDelay"] == "30s"
    openrouter = await served("openrouter.free-limit")
    assert openrouter.headers["x-ratelimit-reset"] == "1795348830000"


async def test_a_hang_ends_when_the_client_leaves(
    running: Running, ask: Ask, dialect: Any, stream: bool, started: Any
) -> None:
    async with running(failing(dialect, Hang())) as simulation:
        async with anyio.create_task_group() as group:
            group.start_soon(started, ask(simulation, "a", stream=stream))
            await simulation.arrived("a")
            assert simulation.calls("a")[0].ended_at is None
            group.cancel_scope.cancel()
        await simulation.quiet()
        seen = simulation.calls("a")[0]
    assert (seen.outcome, seen.client_disconnected, seen.ended_at) == ("hang", True, 0.0)


async def test_a_hang_can_come_after_some_tokens(running: Running, ask: Ask, dialect: Any, stream: bool) -> None:
    async with running(failing(dialect, Hang(after_tokens=2))) as simulation:
        request = ask.request(simulation, "a", stream=stream)
        response = await ask.client.send(request, stream=True)
        came = b""
        async for data in response.aiter_raw():
            came += data
            if not stream or b"4567" in came:
                break
        await response.aclose()
        await simulation.quiet()
        assert simulation.calls("a")[0].client_disconnected
    assert response.status_code == 200
    assert not any(marker.encode() in came for marker in END_MARKERS)


async def test_a_broken_cut_is_a_body_that_stops_short(running: Running, ask: Ask, dialect: Any, stream: bool) -> None:
    async with running(failing(dialect, Cut(after_tokens=2))) as simulation:
        with pytest.raises(httpx2.RemoteProtocolError):
            await ask(simulation, "a", stream=stream)
        await simulation.quiet()
        assert not simulation.calls("a")[0].client_disconnected, "it was the provider who left"


async def test_a_tidy_cut_lacks_only_the_end_marker(running: Running, ask: Ask, dialect: Any) -> None:
    async with running(failing(dialect, Cut(after_tokens=2, end="tidy"))) as simulation:
        streamed = await ask(simulation, "a", stream=True)
        whole = await ask(simulation, "a")
    assert "0123" in streamed.text
    assert "4567" in streamed.text
    assert "8901" not in streamed.text
    assert not any(marker in streamed.text for marker in END_MARKERS)
    with pytest.raises(json.JSONDecodeError):
        whole.json()


async def test_an_error_can_stand_in_a_200(running: Running, ask: Ask, dialect: Any) -> None:
    body = {"error": {"message": "for {model}"}}
    async with running(failing(dialect, ErrorBody(body=body, after_tokens=2))) as simulation:
        whole = await ask(simulation, "a")
        streamed = await ask(simulation, "a", stream=True)
    assert (whole.status_code, whole.json()) == (200, {"error": {"message": "for m"}})
    assert "4567" in streamed.text
    assert "8901" not in streamed.text
    said = {
        "ollama": '\n{"error":{"message":"for m"}}',
        "openai-responses": 'data: {"message":"for m","type":"error"}',
        "bedrock": '{"message":"for m"}',
    }
    assert said.get(dialect, 'data: {"error":{"message":"for m"}}') in streamed.text


async def test_an_error_can_be_all_a_stream_says(running: Running, ask: Ask) -> None:
    async with running(failing("anthropic", ErrorBody(body={"type": "error"}))) as simulation:
        streamed = await ask(simulation, "a", stream=True)
    assert streamed.text == 'event: error\ndata: {"type":"error"}\n\n'


async def test_an_empty_answer_is_well_formed(running: Running, ask: Ask, dialect: Any) -> None:
    async with running(failing(dialect, Empty())) as simulation:
        whole = await ask(simulation, "a")
        streamed = await ask(simulation, "a", stream=True)
    assert "0123" not in whole.text + streamed.text
    assert whole.json()
    assert any(marker in streamed.text for marker in END_MARKERS)


async def test_garbage_is_no_json(running: Running, ask: Ask, dialect: Any) -> None:
    async with running(failing(dialect, Garbage(after_tokens=1))) as simulation:
        whole = await ask(simulation, "a")
        streamed = await ask(simulation, "a", stream=True)
    assert whole.headers["content-type"] == "application/json"
    with pytest.raises(json.JSONDecodeError):
        whole.json()
    *_, last = streamed.text.strip().split("data: ")
    with pytest.raises(json.JSONDecodeError):
        json.loads(last)
    assert "0123" in streamed.text


async def test_a_refusal_to_connect_sends_no_byte(running: Running, ask: Ask, dialect: Any) -> None:
    async with running(failing(dialect, Refuse())) as simulation:
        with pytest.raises(httpx2.RemoteProtocolError, match="without sending a response"):
            await ask(simulation, "a")
        await simulation.quiet()
        assert [seen.outcome for seen in simulation.calls("a")] == ["refuse"]


async def test_a_trickle_is_the_right_answer_a_byte_a_second(running: Running, ask: Ask, clock: Any) -> None:
    async with running(failing("openai-chat", Trickle(bytes_per_s=2), reply="slow")) as simulation:
        response = await ask(simulation, "a")
    assert response.json()["choices"][0]["message"]["content"] == "slow"
    assert clock.slept == [0.5] * len(response.content)


async def test_a_huge_answer_is_well_formed_and_as_large_as_said(running: Running, ask: Ask, dialect: Any) -> None:
    async with running(failing(dialect, Huge(size_bytes=1_000_000))) as simulation:
        whole = await ask(simulation, "a")
        streamed = await ask(simulation, "a", stream=True)
    assert len(whole.content) > 900_000
    assert whole.json()
    assert len(streamed.content) > 900_000
    assert any(marker in streamed.text[-1000:] for marker in END_MARKERS)


async def test_a_client_may_leave_a_huge_answer(running: Running, ask: Ask, dialect: Any, stream: bool) -> None:
    async with running(failing(dialect, Huge(size_bytes=1_000_000_000))) as simulation:
        response = await ask.client.send(ask.request(simulation, "a", stream=stream), stream=True)
        async for _ in response.aiter_raw():
            break
        await response.aclose()
        await simulation.quiet()
        assert simulation.calls("a")[0].client_disconnected


async def test_a_redirect_leads_elsewhere_and_shows_who_followed(running: Running, ask: Ask, dialect: Any) -> None:
    async with running(failing(dialect, Redirect())) as simulation:
        request = ask.request(simulation, "a")
        stayed = await ask.client.send(request)
        assert simulation.calls("elsewhere") == []
        followed = await ask.client.send(request, follow_redirects=True)
        arrived = simulation.calls("elsewhere")
    assert stayed.status_code == 307
    assert httpx2.URL(stayed.headers["location"]).host == "localhost"
    assert followed.status_code == 404
    # httpx2 knows one secret header only: exactly what a client with vendor headers must not rely on.
    assert [seen.has_key for seen in arrived] == [dialect in ("anthropic", "gemini", "azure")]


async def test_a_redirect_can_name_its_target(running: Running, ask: Ask) -> None:
    there = "https://example.com/v1"
    async with running(failing("openai-chat", Redirect(location=there, status=302))) as simulation:
        response = await ask(simulation, "a")
    assert (response.status_code, response.headers["location"]) == (302, there)
