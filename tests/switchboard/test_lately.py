"""What the ledger says of late is looked up beside calls, seldom, and never makes one fail."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import anyio
import anyio.lowlevel
import pytest

from sidecar.errors import AskFailed, StateFull
from sidecar.store.vocabulary import Experience
from sidecar.switchboard.lately import Lately


class Ledger:
    """As much of a store as is asked here."""

    def __init__(self) -> None:
        self.asked: list[tuple[frozenset[str], float]] = []
        self.broken = False

    async def experience(self, endpoints: Iterable[str], since: float) -> list[Experience]:
        self.asked.append((frozenset(endpoints), since))
        await anyio.lowlevel.checkpoint()
        if self.broken:
            raise StateFull("the disk is full; free some space")
        return [Experience(key, {"answered": 1}) for key in endpoints]


class Listeners:
    def __init__(self, *keys: str) -> None:
        self.listening = frozenset(keys)
        self.learnt: list[list[str]] = []

    def learn(self, experience: Iterable[Experience]) -> None:
        self.learnt.append(sorted(one.endpoint for one in experience))


class Clock:
    now = 1_795_000_000.0

    def __call__(self) -> float:
        return self.now


def made(*keys: str) -> tuple[Lately, Ledger, Listeners, Clock]:
    ledger, routes, clock = Ledger(), Listeners(*keys), Clock()
    return Lately(cast("Any", ledger), cast("Any", routes), clock), ledger, routes, clock


async def answer() -> str:
    await anyio.sleep(0.01)
    return "yes"


async def test_nobody_looks_where_nobody_listens() -> None:
    lately, ledger, _, _ = made()
    await lately.catch_up()
    assert await lately.beside(answer) == "yes"
    assert ledger.asked == []


async def test_the_first_call_waits_for_what_is_known_and_later_ones_do_not() -> None:
    lately, ledger, routes, clock = made("a", "b")
    await lately.catch_up()
    assert ledger.asked == [(frozenset("ab"), clock.now - 86_400)]
    assert routes.learnt == [["a", "b"]]
    for _ in range(3):
        clock.now += 3
        await lately.catch_up()
        assert await lately.beside(answer) == "yes"
    assert len(ledger.asked) == 1
    clock.now += 3
    await lately.catch_up()
    assert len(ledger.asked) == 1, "twelve seconds old is no reason to wait"
    assert await lately.beside(answer) == "yes"
    assert len(ledger.asked) == 2
    clock.now += 61
    await lately.catch_up()
    assert len(ledger.asked) == 3


async def test_a_route_that_is_new_is_told_before_its_first_call() -> None:
    lately, ledger, routes, _ = made("a")
    await lately.catch_up()
    routes.listening = frozenset("ab")
    await lately.catch_up()
    assert [keys for keys, _ in ledger.asked] == [{"a"}, {"a", "b"}]


async def test_a_clock_that_was_set_back_does_not_stop_the_looking() -> None:
    lately, ledger, _, clock = made("a")
    await lately.catch_up()
    clock.now -= 3_600
    await lately.beside(answer)
    assert len(ledger.asked) == 2


async def test_calls_at_the_same_time_look_once() -> None:
    lately, ledger, _, clock = made("a")
    await lately.catch_up()
    clock.now += 20
    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(lately.beside, answer)
    assert len(ledger.asked) == 2


async def test_a_ledger_that_cannot_be_read_costs_no_call_and_no_knowledge() -> None:
    lately, ledger, routes, clock = made("a")
    await lately.catch_up()
    ledger.broken = True
    clock.now += 20
    assert await lately.beside(answer) == "yes"
    assert routes.learnt == [["a"]]


async def test_a_call_that_fails_fails_as_it_would_alone() -> None:
    async def fails() -> str:
        raise AskFailed("nobody answered")

    lately, ledger, _, _ = made("a")
    with pytest.raises(AskFailed, match="nobody answered"):
        await lately.beside(fails)
    assert len(ledger.asked) == 1
