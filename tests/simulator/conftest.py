"""A clock that is pushed, a client as real as its server, and one way to ask in every dialect."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any

import anyio
import httpx2
import pytest

from sidecar.simulator import Simulated, Simulation, simulate


class PushedClock:
    """2026-11-22 12:00:00 UTC until pushed; sleeping pushes it too, and takes no time."""

    def __init__(self) -> None:
        self.now = 1_795_348_800.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await anyio.lowlevel.checkpoint()


class Asker:
    """Sends one request in the dialect of the provider asked."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.client = client

    def request(
        self,
        simulation: Simulation,
        name: str,
        text: str = "hello",
        *,
        stream: bool = False,
        key: str = "key-1",
        model: str = "m",
        **more: Any,
    ) -> httpx2.Request:
        base = simulation.base_url(name)
        if base.endswith("/v1beta"):
            method = "streamGenerateContent?alt=sse" if stream else "generateContent"
            url, headers = f"{base}/models/{model}:{method}", {"x-goog-api-key": key}
            body: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": text}]}]}
        elif base.endswith("/v1"):
            url, headers = f"{base}/chat/completions", {"authorization": f"Bearer {key}"}
            body = {"model": model, "messages": [{"role": "user", "content": text}], "stream": stream}
        else:
            url, headers = f"{base}/v1/messages", {"x-api-key": key, "anthropic-version": "2023-06-01"}
            body = {"model": model, "messages": [{"role": "user", "content": text}], "stream": stream}
            body["max_tokens"] = 1000
        return self.client.build_request("POST", url, headers=headers, json={**body, **more})

    async def __call__(self, simulation: Simulation, name: str, text: str = "hello", **more: Any) -> httpx2.Response:
        return await self.client.send(self.request(simulation, name, text, **more))


Running = Callable[..., AbstractAsyncContextManager[Simulation]]


@pytest.fixture
def clock() -> PushedClock:
    return PushedClock()


@pytest.fixture
def running(clock: PushedClock) -> Running:
    """`simulate` on the pushed clock."""

    @asynccontextmanager
    async def run(*providers: Simulated, seed: int = 0) -> AsyncIterator[Simulation]:
        async with simulate(providers, clock=clock, sleep=clock.sleep, seed=seed) as simulation:
            yield simulation

    return run


@pytest.fixture
async def ask() -> AsyncIterator[Asker]:
    async with httpx2.AsyncClient(timeout=10, trust_env=False) as client:
        yield Asker(client)


@pytest.fixture(params=["openai-chat", "anthropic", "gemini"])
def dialect(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(params=[False, True], ids=["whole", "streamed"])
def stream(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def started() -> Callable[[Awaitable[Any]], Awaitable[None]]:
    """Awaits something whose failure is the point: the client's side of a broken call."""

    async def run(call: Awaitable[Any]) -> None:
        with suppress(httpx2.HTTPError):
            await call

    return run
