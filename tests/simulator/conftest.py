"""A clock that is pushed, a client as real as its server, and one way to ask in every dialect."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any

import anyio
import httpx2
import pytest

from sidecar.simulator import Simulated, Simulation, simulate

Wire = tuple[str, dict[str, str], dict[str, Any]]


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


def chat(text: str, model: str, key: str, stream: bool) -> Wire:
    body = {"model": model, "messages": [{"role": "user", "content": text}], "stream": stream}
    return "/chat/completions", {"authorization": f"Bearer {key}"}, body


def responses(text: str, model: str, key: str, stream: bool) -> Wire:
    return "/responses", {"authorization": f"Bearer {key}"}, {"model": model, "input": text, "stream": stream}


def messages(text: str, model: str, key: str, stream: bool) -> Wire:
    body = {"model": model, "messages": [{"role": "user", "content": text}], "stream": stream, "max_tokens": 1000}
    return "/v1/messages", {"x-api-key": key, "anthropic-version": "2023-06-01"}, body


def content(text: str, model: str, key: str, stream: bool) -> Wire:
    method = "streamGenerateContent?alt=sse" if stream else "generateContent"
    body = {"contents": [{"role": "user", "parts": [{"text": text}]}]}
    return f"/models/{model}:{method}", {"x-goog-api-key": key}, body


def vertex(text: str, model: str, key: str, stream: bool) -> Wire:
    url, _, body = content(text, model, key, stream)
    return url, {"authorization": f"Bearer {key}"}, body


def ollama(text: str, model: str, key: str, stream: bool) -> Wire:
    _, headers, body = chat(text, model, key, stream)
    return "/api/chat", headers, body


def azure(text: str, model: str, key: str, stream: bool) -> Wire:
    _, _, body = chat(text, model, key, stream)
    return f"/openai/deployments/{model}/chat/completions?api-version=2024-10-21", {"api-key": key}, body


def bedrock(text: str, model: str, key: str, stream: bool) -> Wire:
    body = {"messages": [{"role": "user", "content": [{"text": text}]}]}
    url = f"/model/{model}/converse{'-stream' if stream else ''}"
    return url, {"authorization": f"Bearer {key}"}, body


REQUESTS: dict[str, Callable[[str, str, str, bool], Wire]] = {
    "openai-chat": chat,
    "openai-responses": responses,
    "anthropic": messages,
    "gemini": content,
    "vertex": vertex,
    "ollama": ollama,
    "azure": azure,
    "bedrock": bedrock,
}
"""One question in every dialect: the address, its headers, its body."""


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
        url, headers, body = REQUESTS[simulation.dialect(name)](text, model, key, stream)
        request = {**body, **more}
        return self.client.build_request("POST", simulation.base_url(name) + url, headers=headers, json=request)

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


@pytest.fixture(params=sorted(REQUESTS))
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
