"""What the tests of routing lean on: a loop whose time is pushed, a book in memory, endpoints that answer as told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import anyio
import pytest

from sidecar.errors import ProviderFailed, StateError
from sidecar.providers.vocabulary import Answer, Failure, Limits, Message, Request, Usage
from sidecar.routing.endpoints import Endpoint
from sidecar.routing.route import Route, Tier
from sidecar.routing.router import Router
from sidecar.routing.vocabulary import Ask, OnText, Reply
from sidecar.simulator.pushed import PushedLoop
from sidecar.store.vocabulary import Call, Health, Turn

EPOCH = 1_795_000_000.0


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"loop_factory": PushedLoop}


def wall() -> float:
    """The wall clock of these tests: the loop's time, a fixed epoch later."""
    return EPOCH + anyio.current_time()


@dataclass
class MemoryBook:
    """The store's protocol without a disk. *broken* makes every call raise it."""

    healths: dict[str, Health] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    turns: list[tuple[str, tuple[Turn, ...]]] = field(default_factory=list)
    broken: StateError | None = None
    changes: int = 0

    async def health(self) -> Mapping[str, Health]:
        self._check()
        return dict(self.healths)

    async def change_health(self, keys: Sequence[str], change: Callable[[str, Health], Health]) -> Mapping[str, Health]:
        self._check()
        self.changes += 1
        changed = {key: change(key, self.healths.get(key, Health())) for key in keys}
        self.healths.update(changed)
        return changed

    async def record_call(
        self,
        call: Call,
        *,
        thread: str | None = None,
        turns: Sequence[Turn] = (),
        healths: Callable[[str, Health], Health] | None = None,
        health_keys: Sequence[str] = (),
        reserved: Sequence[int] = (),
    ) -> None:
        self._check()
        self.calls.append(call)
        if thread is not None:
            self.turns.append((thread, tuple(turns)))
        for key in health_keys if healths else ():
            assert healths is not None
            self.healths[key] = healths(key, self.healths.get(key, Health()))

    async def say(self, thread: str, turns: Sequence[Turn]) -> None:
        self._check()
        self.turns.append((thread, tuple(turns)))

    def _check(self) -> None:
        if self.broken is not None:
            raise self.broken


Behaviour = Callable[[Request, Limits], Awaitable[Answer]]


@dataclass
class World:
    """Providers that behave as told, and a router in front of them."""

    book: MemoryBook = field(default_factory=MemoryBook)
    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    sent: list[tuple[float, str, Request, Limits]] = field(default_factory=list)
    windows: dict[str, int] = field(default_factory=dict)
    prices: dict[str, float | None] = field(default_factory=dict)
    progress: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    listeners: dict[str, OnText | None] = field(default_factory=dict)
    """Who hears the text of each endpoint's latest attempt as it comes."""
    jitter: Callable[[], float] = lambda: 0.5

    def __post_init__(self) -> None:
        self.router = self.another_router()

    def another_router(self) -> Router:
        """A second process, as far as the shared book is concerned."""
        return Router(
            self.book,
            self._send,
            lambda endpoint, _answer: self.prices.get(endpoint.name),
            window=lambda endpoint: self.windows.get(endpoint.name),
            clock=wall,
            random=self._chance,
        )

    async def _send(self, endpoint: Endpoint, request: Request, limits: Limits, on_text: OnText | None) -> Answer:
        self.sent.append((anyio.current_time(), endpoint.name, request, limits))
        self.listeners[endpoint.name] = on_text
        try:
            answer = await self.behaviours[endpoint.name](request, limits)
        except anyio.get_cancelled_exc_class():
            self.cancelled.append(endpoint.name)
            raise
        if on_text is not None:
            await on_text(answer.text)
        return answer

    def _chance(self) -> float:
        return self.jitter()

    def streams(self, name: str, text: str, *, first_s: float, after_s: float) -> Behaviour:
        """*name* says the first letter after *first_s* and is done after *after_s*."""

        async def behave(_request: Request, _limits: Limits) -> Answer:
            await anyio.sleep(first_s)
            if (heard := self.listeners[name]) is not None:
                await heard(text[:1])
            await anyio.sleep(after_s - first_s)
            return Answer(text, usage=Usage(1204, 900, 200, 88))

        return behave

    def calls_to(self, name: str) -> list[float]:
        return [at for at, who, _, _ in self.sent if who == name]

    async def ask(self, route: Route, ask: Ask | None = None, *, router: Router | None = None) -> Reply:
        async def tell(text: str) -> None:
            self.progress.append(text)

        return await (router or self.router).route(route, ask or question(), tell)


def question(text: str = "why?", **more: Any) -> Ask:
    return replace(Ask((Message("user", text),)), **more)


def endpoint(name: str, *, dialect: str = "openai-chat") -> Endpoint:
    """From "provider/model" or "provider/model@account"."""
    target, _, account = name.partition("@")
    provider, _, model_id = target.partition("/")
    return Endpoint(provider, model_id, account or "default", dialect)


def route(*tiers: str | Sequence[str], **more: Any) -> Route:
    """One tier per argument, named A, B, C ..., of one endpoint or several."""
    built = tuple(
        Tier(chr(65 + index), tuple(endpoint(name) for name in ([tier] if isinstance(tier, str) else tier)))
        for index, tier in enumerate(tiers)
    )
    return replace(Route("smart", built), **more)


def says(text: str, *, after_s: float = 0.02, **more: Any) -> Behaviour:
    async def behave(_request: Request, _limits: Limits) -> Answer:
        await anyio.sleep(after_s)
        return Answer(text, usage=Usage(1204, 900, None, 88), **more)

    return behave


def fails(status: int, *, after_s: float = 0.02, **more: Any) -> Behaviour:
    return raises(Failure("status", f"the provider answered {status}", status=status, **more), after_s=after_s)


def raises(failure: Failure, *, after_s: float = 0.02) -> Behaviour:
    async def behave(_request: Request, _limits: Limits) -> Answer:
        await anyio.sleep(after_s)
        raise ProviderFailed(failure)

    return behave


def hangs() -> Behaviour:
    """Connects and says nothing; the provider's own limit ends it, as the dialects do."""

    async def behave(_request: Request, limits: Limits) -> Answer:
        await anyio.sleep(limits.first_token_s)
        raise ProviderFailed(Failure("first_token_limit", f"nothing came within {limits.first_token_s} s"))

    return behave


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """One behaviour per call; the last one stays."""
    left = list(behaviours)

    async def behave(request: Request, limits: Limits) -> Answer:
        return await (left.pop(0) if len(left) > 1 else left[0])(request, limits)

    return behave


def until(ends: float, first: Behaviour, then: Behaviour) -> Behaviour:
    """*first* before the loop's time *ends*, *then* afterwards."""

    async def behave(request: Request, limits: Limits) -> Answer:
        return await (first if anyio.current_time() < ends else then)(request, limits)

    return behave


@dataclass(frozen=True)
class Kit:
    """The words of these tests, handed over by a fixture because test modules cannot import one another."""

    epoch: float = EPOCH
    says = staticmethod(says)
    fails = staticmethod(fails)
    raises = staticmethod(raises)
    hangs = staticmethod(hangs)
    in_turn = staticmethod(in_turn)
    until = staticmethod(until)
    route = staticmethod(route)
    endpoint = staticmethod(endpoint)
    question = staticmethod(question)
    book = MemoryBook
    world = World


@pytest.fixture
def kit() -> Kit:
    return Kit()


@pytest.fixture
def world() -> World:
    return World()
