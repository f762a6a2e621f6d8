import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import anyio
import httpx2
import pytest

from sidecar.errors import ConfigurationError
from sidecar.simulator import Phase, Reply, Schedule, Simulated, Simulation, simulate

Running = Callable[..., AbstractAsyncContextManager[Simulation]]
Ask = Any  # the `Asker` of conftest.py


async def test_base_urls_are_what_a_configuration_takes(running: Running) -> None:
    async with running(
        Simulated("a", "openai-chat"), Simulated("b", "anthropic"), Simulated("c", "gemini")
    ) as simulation:
        here = f"http://127.0.0.1:{simulation.port}"
        assert [simulation.base_url(name) for name in "abc"] == [f"{here}/a/v1", f"{here}/b", f"{here}/c/v1beta"]


async def test_a_call_is_recorded_without_its_key(running: Running, ask: Ask, clock: Any, dialect: Any) -> None:
    async with running(Simulated("a", dialect, accounts={"work": "very-secret"})) as simulation:
        clock.now += 5
        await ask(simulation, "a", "hello", key="very-secret", model="m-7", stream=True)
        await simulation.quiet()
        (seen,) = simulation.calls("a")
        assert simulation.outcomes("a") == {"answered": 1}
    assert (seen.at, seen.provider, seen.model, seen.streams) == (5, "a", "m-7", True)
    assert (seen.has_key, seen.account, seen.outcome) == (True, "work", "answered")
    assert (seen.ended_at, seen.client_disconnected) == (5, False)
    assert "hello" in str(seen.body)
    assert "(given)" in seen.headers.values()
    assert "very-secret" not in repr(seen)


async def test_a_key_in_the_address_is_noticed_and_not_kept(running: Running, ask: Ask) -> None:
    async with running(Simulated("a", "gemini")) as simulation:
        url = f"{simulation.base_url('a')}/models/m:generateContent?key=very-secret"
        await ask.client.post(url, json={"contents": [{"parts": [{"text": "hi"}]}]})
        (seen,) = simulation.calls("a")
    assert seen.has_key
    assert "very-secret" not in repr(seen)


async def test_keys_are_left_out_of_the_repr_of_a_provider() -> None:
    assert "very-secret" not in repr(Simulated("a", "gemini", accounts={"work": "very-secret"}))


async def test_cancelling_a_slow_stream_reaches_the_provider(ask: Ask, dialect: Any, started: Any) -> None:
    reply = Reply(text="x" * 400, first_token_s=3600)
    async with simulate([Simulated("a", dialect, Schedule(reply=reply))]) as simulation:
        async with anyio.create_task_group() as group:
            group.start_soon(started, ask(simulation, "a", stream=True))
            await simulation.arrived("a")
            group.cancel_scope.cancel()
        await simulation.quiet()
        assert simulation.calls("a")[0].client_disconnected


@pytest.mark.parametrize("fault", [None, "cut", "cut-tidy", "openai.error-in-200"])
async def test_the_end_of_a_slow_call_is_no_departure(
    running: Running, ask: Ask, started: Any, stream: bool, fault: str | None
) -> None:
    slow = Reply(text="x" * 40, delay_s=1, tokens_per_s=10)
    schedule = Schedule(phases=(Phase(fault=fault, reply=slow),))
    async with running(Simulated("a", "openai-chat", schedule)) as simulation:
        await started(ask(simulation, "a", stream=stream))
        await simulation.quiet()
        (seen,) = simulation.calls("a")
    assert (seen.ended_at is not None, seen.client_disconnected) == (True, False)


async def test_leaving_takes_no_time_even_with_calls_that_hang(ask: Ask, started: Any) -> None:
    hanging = Schedule(phases=(Phase(fault="hang", every_calls=2), Phase(fault="hang-in-reply")))
    async with anyio.create_task_group() as group:
        async with simulate([Simulated("a", "openai-chat", hanging)]) as simulation:
            for _ in range(20):
                group.start_soon(started, ask(simulation, "a", stream=True))
            await simulation.arrived("a", 20)
            began = time.perf_counter()
        took_s = time.perf_counter() - began
    # The promise is 0.1 s; the margin is for a busy machine.
    assert took_s < 1
    assert all(seen.ended_at is not None for seen in simulation.calls("a"))


async def test_nobody_listens_afterwards(running: Running, ask: Ask) -> None:
    async with running(Simulated("a", "openai-chat")) as simulation:
        await ask(simulation, "a")
    async with httpx2.AsyncClient(trust_env=False) as anew:
        with pytest.raises(httpx2.ConnectError):
            await anew.get(simulation.base_url("a"))


async def test_signal_handlers_and_stdout_are_left_alone(
    running: Running, ask: Ask, capfd: pytest.CaptureFixture[str]
) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    async with running(Simulated("a", "openai-chat", Schedule(phases=(Phase(fault="cut"),)))) as simulation:
        assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
        with pytest.raises(httpx2.RemoteProtocolError):
            await ask(simulation, "a")
    assert capfd.readouterr() == ("", "")


async def test_a_provider_can_change_its_mind(running: Running, ask: Ask) -> None:
    async with running(Simulated("a", "openai-chat")) as simulation:
        assert (await ask(simulation, "a")).status_code == 200
        simulation.change("a", Schedule(phases=(Phase(fault="openai.overloaded", until_call=1),)))
        assert [(await ask(simulation, "a")).status_code for _ in range(2)] == [503, 200]
        assert len(simulation.calls("a")) == 3


async def test_a_restart_begins_every_schedule_anew(running: Running, ask: Ask, clock: Any) -> None:
    early = Schedule(phases=(Phase(fault="openai.overloaded", until_s=10, share=0.5),))
    async with running(Simulated("a", "openai-chat", early), seed=3) as simulation:
        first = [(await ask(simulation, "a")).status_code for _ in range(12)]
        clock.now += 100
        assert (await ask(simulation, "a")).status_code == 200
        simulation.restart()
        assert simulation.calls("a") == []
        assert [(await ask(simulation, "a")).status_code for _ in range(12)] == first
    assert set(first) == {200, 503}


async def test_the_front_page_tells_who_is_there(running: Running, ask: Ask) -> None:
    async with running(Simulated("a", "openai-chat", models=("m",)), Simulated("b", "gemini")) as simulation:
        await ask(simulation, "a")
        page = (await ask.client.get(f"http://127.0.0.1:{simulation.port}/")).json()
        assert page["a"] == {
            "dialect": "openai-chat",
            "base_url": simulation.base_url("a"),
            "models": ["m"],
            "outcomes": {"answered": 1},
        }


async def test_a_wrong_path_says_so(running: Running, ask: Ask) -> None:
    async with running(Simulated("alpha", "openai-chat")) as simulation:
        here = f"http://127.0.0.1:{simulation.port}"
        nobody = await ask.client.post(f"{here}/alhpa/v1/chat/completions", json={})
        nowhere = await ask.client.post(f"{here}/alpha/v1/messages", json={})
        with pytest.raises(ConfigurationError, match="the nearest is `alpha`"):
            simulation.base_url("alhpa")
    assert (nobody.status_code, nowhere.status_code) == (404, 404)
    assert "the nearest is `alpha`" in nobody.json()["error"]["message"]
    assert "`/v1/messages` is no path of the openai-chat dialect" in nowhere.json()["error"]["message"]


@pytest.mark.parametrize("names", [("a", "a"), ("a/b",), ("",), ("elsewhere",)])
async def test_a_name_that_cannot_be_served_is_refused(running: Running, names: tuple[str, ...]) -> None:
    with pytest.raises(ConfigurationError, match="cannot be called"):
        async with running(*(Simulated(name, "gemini") for name in names)):
            pass


async def test_a_port_that_is_taken_is_refused_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"cannot listen on port `{port}`"):
            async with simulate([], port=port):
                pass


async def test_a_request_without_json_is_the_caller_s_fault(running: Running, ask: Ask) -> None:
    async with running(Simulated("a", "openai-chat")) as simulation:
        response = await ask.client.post(f"{simulation.base_url('a')}/chat/completions", content=b"\xff{")
    assert response.status_code == 400


async def test_only_the_server_s_libraries_wait_for_first_use() -> None:
    probe = "import sys, sidecar.simulator; print(sorted({'uvicorn', 'starlette', 'h11'} & sys.modules.keys()))"
    done = await anyio.run_process([sys.executable, "-c", probe])
    assert done.stdout.decode().strip() == "[]"
