"""Outages played in pushed time: 10 calls a second, 20 ms each, through tiers A, B, C."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from sidecar.providers.vocabulary import Answer, Limits, Request
from sidecar.routing.route import Route
from sidecar.routing.vocabulary import Reply

A, B, C = "alpha/one", "beta/two", "gamma/three"
OUTAGE_S = 10.0


def luck(seed: int) -> Callable[[], float]:
    return random.Random(seed).random  # noqa: S311 - chance that can be repeated, not a secret


def sometimes(kit: Any, share: float, seed: int) -> Any:
    chance = luck(seed)

    async def behave(request: Request, limits: Limits) -> Answer:
        behaviour = kit.fails(500) if chance() < share else kit.says("b")
        answer: Answer = await behaviour(request, limits)
        return answer

    return behave


async def play(world: Any, route: Route, seconds: float, *, gap_s: float = 0.1) -> list[tuple[float, Reply]]:
    """A call every *gap_s*; every one of them must be answered."""
    replies: list[tuple[float, Reply]] = []

    async def one(at: float) -> None:
        replies.append((at, await world.ask(route)))

    async with anyio.create_task_group() as group:
        for _ in range(round(seconds / gap_s)):
            group.start_soon(one, anyio.current_time())
            await anyio.sleep(gap_s)
    return sorted(replies, key=lambda item: item[0])


def nth(values: list[float], share: float) -> float:
    return sorted(values)[int(share * (len(values) - 1))]


@pytest.mark.parametrize("seed", range(16))
async def test_a_rate_limit_without_a_hint_costs_four_calls_and_b_is_not_abandoned(
    kit: Any, world: Any, seed: int
) -> None:
    world.jitter = luck(seed)
    world.behaviours = {
        A: kit.until(OUTAGE_S, kit.fails(429), kit.says("a")),
        B: sometimes(kit, 0.3, seed),
        C: kit.says("c"),
    }
    replies = await play(world, kit.route(A, B, C), 18)
    assert len(replies) == 180, "every call was answered"
    assert len([at for at in world.calls_to(A) if at < OUTAGE_S]) <= 4
    during = [reply for at, reply in replies if at < OUTAGE_S]
    assert sum(reply.endpoint.name == B for reply in during) >= len(during) / 2
    back = next(at for at, reply in replies if reply.endpoint.name == A)
    assert back - OUTAGE_S <= 5
    assert all(reply.endpoint.name == A for at, reply in replies if at > back + 0.1)


async def test_most_calls_hardly_notice_the_outage(kit: Any, world: Any) -> None:
    world.jitter = luck(1)
    world.behaviours = {
        A: kit.until(OUTAGE_S, kit.fails(429), kit.says("a")),
        B: sometimes(kit, 0.3, 1),
        C: kit.says("c"),
    }
    replies = await play(world, kit.route(A, B, C), OUTAGE_S)
    took = [reply.took_s for _, reply in replies]
    assert nth(took, 0.5) <= 0.025
    assert nth(took, 0.95) <= 0.065


async def test_a_named_reset_costs_one_call_and_the_best_tier_is_back_at_once(kit: Any, world: Any) -> None:
    def limited() -> Callable[..., Any]:
        async def behave(request: Request, limits: Limits) -> Answer:
            left_s = OUTAGE_S - anyio.current_time()
            answer: Answer = await kit.fails(429, headers={"retry-after": f"{left_s:.3f}"})(request, limits)
            return answer

        return behave

    world.behaviours = {A: kit.until(OUTAGE_S, limited(), kit.says("a")), B: kit.says("b")}
    replies = await play(world, kit.route(A, B), 12)
    assert len([at for at in world.calls_to(A) if at < OUTAGE_S]) == 1
    back = next(at for at, reply in replies if reply.endpoint.name == A)
    assert back - OUTAGE_S <= 0.5


async def test_a_hanging_endpoint_is_paid_for_by_three_calls(kit: Any, world: Any) -> None:
    world.behaviours = {A: kit.in_turn(*[kit.says("a")] * 10, kit.hangs()), B: kit.says("b")}
    replies = await play(world, kit.route(A, B, limits=Limits(first_token_s=2.0)), 4)
    assert len(replies) == 40
    slow = [reply for _, reply in replies if reply.took_s > 1]
    assert len(slow) <= 4, "three in the first wave, and later one probe"
    assert all(reply.took_s <= 2.1 for _, reply in replies)


async def test_a_burst_on_a_healthy_endpoint_stays_there(kit: Any, world: Any) -> None:
    world.behaviours = {A: kit.says("a"), B: kit.says("b")}
    await world.ask(kit.route(A, B))
    replies = await play(world, kit.route(A, B), 2, gap_s=0.001)
    assert {reply.endpoint.name for _, reply in replies} == {A}


async def test_a_mostly_healthy_endpoint_serves_most_of_a_long_day(kit: Any, world: Any) -> None:
    world.jitter = luck(5)
    world.behaviours = {A: sometimes(kit, 0.3, 5), B: kit.says("b")}
    replies = await play(world, kit.route(A, B), 60)
    share = sum(reply.endpoint.name == A for _, reply in replies) / len(replies)
    assert share >= 0.5


async def test_an_endpoint_that_fails_three_calls_in_ten_is_never_kept_away_for_long(kit: Any) -> None:
    """It answers most probes: a bad one after a good one begins the ladder anew, and does not climb it."""
    shares = []
    for seed in range(20):
        world = kit.world(jitter=luck(seed))
        world.behaviours = {A: sometimes(kit, 0.3, seed), B: kit.says("b")}
        replies = await play(world, kit.route(A, B), 60)
        shares.append(sum(reply.endpoint.name == A for _, reply in replies) / len(replies))
    assert min(shares) >= 1 / 3
    assert nth(shares, 0.5) >= 0.5


async def test_late_answers_from_before_the_rest_do_not_end_it(kit: Any, world: Any) -> None:
    """Answers take 2 s: those begun in good times come in when the endpoint already has to be tested."""
    world.behaviours = {
        A: kit.until(5.0, kit.says("a", after_s=2), kit.until(15.0, kit.fails(429), kit.says("a", after_s=2))),
        B: kit.says("b"),
    }
    await play(world, kit.route(A, B), 15)
    assert [round(at - 5, 1) for at in world.calls_to(A) if at >= 5] == [0.1, 1.2, 3.3, 7.4]


@pytest.mark.parametrize("seed", range(6))
async def test_quick_failures_before_slow_answers_do_not_send_a_mostly_healthy_endpoint_away(
    kit: Any, world: Any, seed: int
) -> None:
    """Errors come at once and answers after seconds, so the first results of every burst are errors alone."""
    world.jitter = luck(seed)
    chance = luck(seed)

    async def behave(request: Request, limits: Limits) -> Answer:
        behaviour = kit.fails(500) if chance() < 0.3 else kit.says("a", after_s=2.0)
        answer: Answer = await behaviour(request, limits)
        return answer

    world.behaviours = {A: behave, B: kit.says("b", after_s=2.0)}
    replies = await play(world, kit.route(A, B), 60, gap_s=0.2)
    assert sum(reply.endpoint.name == A for _, reply in replies) >= len(replies) / 2


async def test_an_outage_in_the_middle_of_slow_answers_is_noticed_when_they_are_done(kit: Any, world: Any) -> None:
    world.behaviours = {A: kit.until(10, kit.says("a", after_s=2.0), kit.fails(503)), B: kit.says("b", after_s=2.0)}
    replies = await play(world, kit.route(A, B), 30, gap_s=0.1)
    assert len(replies) == 300
    assert len([at for at in world.calls_to(A) if at >= 10]) <= 50


async def test_an_endpoint_that_hangs_for_long_costs_three_calls_their_limit_and_its_tests_little(
    kit: Any, world: Any
) -> None:
    world.behaviours = {
        A: kit.until(1.0, kit.says("a"), kit.until(11.0, kit.hangs(), kit.says("a"))),
        B: kit.says("b"),
    }
    replies = await play(world, kit.route(A, B, limits=Limits(first_token_s=2.0)), 25)
    took = [reply.took_s for _, reply in replies]
    assert sum(seconds > 1.5 for seconds in took) <= 3
    assert len([at for at in world.calls_to(A) if 1.0 <= at < 11.0]) <= 6, "three calls, and a test now and then"
    assert sum(seconds > 0.1 for seconds in took) <= 6
    back = next(at for at, reply in replies if at > 2 and reply.endpoint.name == A)
    assert back <= 11.0 + 8.1


async def test_an_endpoint_that_comes_back_slowly_is_given_longer_at_each_test(kit: Any, world: Any) -> None:
    """It loads its model after it hung: 1.5 s for an answer that used to take 20 ms."""

    async def as_limited(request: Request, limits: Limits) -> Answer:
        behaviour = world.behaviours["slow"] if limits.first_token_s >= 1.5 else kit.hangs()
        answer: Answer = await behaviour(request, limits)
        return answer

    world.behaviours = {
        A: kit.until(1.0, kit.says("a"), kit.until(4.0, kit.hangs(), as_limited)),
        B: kit.says("b"),
        "slow": kit.says("a", after_s=1.5),
    }
    replies = await play(world, kit.route(A, B, limits=Limits(first_token_s=2.0)), 40)
    assert any(at > 4 and reply.endpoint.name == A for at, reply in replies)
