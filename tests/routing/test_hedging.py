"""A second request beside a slow first one: late, seldom, free, and told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import anyio
import pytest

from sidecar.errors import AskFailed, WrongUsage
from sidecar.providers.vocabulary import Message
from sidecar.routing.hedging import HedgeBudget
from sidecar.routing.receipt import receipt
from sidecar.store.vocabulary import Health

A, B, C, D = "alpha/one", "beta/two", "gamma/three", "delta/four"
P95_S = 2.0


def hedged(kit: Any, *names: str, later: str | None = None, **more: Any) -> Any:
    """One tier whose endpoints cost nothing and usually say something within two seconds."""
    route = kit.route(list(names), *([later] if later else []))
    keys = frozenset(endpoint.key for tier in route.tiers for endpoint in tier.endpoints)
    tier = replace(route.tiers[0], hedges=True, hedge_after_s=dict.fromkeys(keys, P95_S))
    return replace(route, **{"tiers": (tier, *route.tiers[1:]), "unbilled": keys, **more})


async def earn(kit: Any, world: Any, route: Any, calls: int = 20) -> None:
    """Make as many quick calls as one second request takes."""
    usual = dict(world.behaviours)
    world.behaviours = {name: kit.says("quick") for name in usual}
    for _ in range(calls - 1):
        await world.ask(route)
    world.behaviours = usual
    world.sent.clear()
    world.book.calls.clear()
    world.progress.clear()


async def test_a_silent_first_endpoint_is_outrun_by_a_second_and_both_are_told(kit: Any, world: Any) -> None:
    world.behaviours = {A: kit.says("late", after_s=20), B: kit.says("soon", after_s=1)}
    route = hedged(kit, A, B)
    await earn(kit, world, route)
    began = anyio.current_time()
    reply = await world.ask(route)
    assert (reply.answer.text, reply.endpoint.name, reply.took_s) == ("soon", B, pytest.approx(3.0))
    assert [at - began for at in world.calls_to(A) + world.calls_to(B)] == pytest.approx([0.0, 2.0])
    assert world.cancelled == [A]
    (call,) = world.book.calls
    assert [(one.endpoint, one.outcome) for one in call.attempts] == [
        (f"{A}@default", "outrun"),
        (f"{B}@default", "answered"),
    ]
    assert [one.took_s for one in call.attempts] == pytest.approx([3.0, 1.0])
    assert receipt(reply).startswith(f"[answered by {B} (tier A) in 3.0 s after {A}: slower of two requests at once")
    assert world.progress[0] == f"{A}: no word yet; asking {B} as well"
    assert f"endpoint:{A}@default" not in world.book.healths or not world.book.healths[f"endpoint:{A}@default"].failures


async def test_the_first_may_still_win_and_the_second_is_cancelled(kit: Any, world: Any) -> None:
    world.behaviours = {A: kit.says("after all", after_s=2.5), B: kit.says("never", after_s=9)}
    route = hedged(kit, A, B)
    await earn(kit, world, route)
    reply = await world.ask(route)
    assert (reply.answer.text, reply.took_s) == ("after all", pytest.approx(2.5))
    assert [(one.endpoint.name, one.outcome) for one in reply.attempts] == [(B, "outrun"), (A, "answered")]
    assert world.cancelled == [B]


async def test_after_its_first_text_nobody_else_is_asked(kit: Any, world: Any) -> None:
    world.behaviours = {A: world.streams(A, "slowly", first_s=1.9, after_s=30), B: kit.says("no")}
    route = hedged(kit, A, B)
    await earn(kit, world, route)
    reply = await world.ask(route)
    assert (reply.answer.text, world.calls_to(B)) == ("slowly", [])


async def test_the_wait_begins_when_the_request_is_sent(kit: Any, world: Any) -> None:
    async def fit(_window: int | None, _share: float) -> tuple[Message, ...]:
        await anyio.sleep(10)
        return (Message("user", "short"),)

    world.behaviours = {A: kit.says("yes", after_s=1), B: kit.says("no")}
    route = hedged(kit, A, B)
    await earn(kit, world, route)
    reply = await world.ask(route, kit.question(fit=fit))
    assert (reply.answer.text, world.calls_to(B)) == ("yes", [])


async def test_at_most_one_call_in_twenty_is_asked_twice(kit: Any, world: Any) -> None:
    world.behaviours = {A: kit.says("late", after_s=5), B: kit.says("soon")}
    route = hedged(kit, A, B)
    for _ in range(205):
        await world.ask(route)
    assert len(world.calls_to(B)) == 10


async def test_the_budget_is_a_share_from_the_first_call_on() -> None:
    budget = HedgeBudget()
    taken = []
    for _ in range(100):
        budget.called()
        taken.append(budget.take())
    assert sum(taken) == 5
    assert taken.index(True) == 19


@pytest.mark.parametrize("billed", [A, B])
async def test_what_is_billed_is_never_asked_twice(kit: Any, world: Any, billed: str) -> None:
    world.behaviours = {A: kit.says("late", after_s=5), B: kit.says("soon")}
    route = hedged(kit, A, B, unbilled=frozenset({f"{A}@default", f"{B}@default"} - {f"{billed}@default"}))
    if billed == A:  # `choice` gives no time for it
        route = replace(route, tiers=(replace(route.tiers[0], hedge_after_s={f"{B}@default": P95_S}),))
    await earn(kit, world, route)
    assert (await world.ask(route)).answer.text == "late"
    assert world.calls_to(B) == []


async def test_neither_another_tier_nor_one_that_rests_is_asked_beside(kit: Any, world: Any) -> None:
    world.behaviours = {A: kit.says("late", after_s=5), B: kit.says("b"), C: kit.says("c"), D: kit.says("d")}
    route = hedged(kit, A, B, C, later=D, excluded={f"{C}@default": "`ignore` names `gamma`"})
    await earn(kit, world, route)
    world.book.healths = {f"endpoint:{B}@default": Health(rest_until=kit.epoch + 1e6, reason="quota", is_named=True)}
    assert (await world.ask(route)).answer.text == "late"
    assert {name for _, name, _, _ in world.sent} == {A}


async def test_one_that_has_to_be_tested_first_is_not_asked_beside(kit: Any, world: Any) -> None:
    world.behaviours = {A: kit.says("late", after_s=5), B: kit.says("b")}
    route = hedged(kit, A, B)
    await earn(kit, world, route)
    world.book.healths = {f"endpoint:{B}@default": Health(rest_until=kit.epoch - 1, reason="rate", probes_needed=1)}
    assert (await world.ask(route)).answer.text == "late"


async def test_when_one_fails_the_other_goes_on(kit: Any, world: Any) -> None:
    world.behaviours = {A: kit.fails(503, after_s=2.5), B: kit.says("b", after_s=3), C: kit.says("c")}
    route = hedged(kit, A, B, C)
    await earn(kit, world, route)
    reply = await world.ask(route)
    assert (reply.answer.text, reply.took_s) == ("b", pytest.approx(5.0))
    assert [(one.endpoint.name, one.outcome, one.took_s) for one in reply.attempts] == [
        (A, "capacity", pytest.approx(2.5)),
        (B, "answered", pytest.approx(3.0)),
    ]
    assert len(world.calls_to(A)) == 1


async def test_when_both_fail_the_next_is_asked(kit: Any, world: Any) -> None:
    world.behaviours = {A: kit.fails(503, after_s=4), B: kit.fails(429, after_s=1), C: kit.says("c")}
    route = hedged(kit, A, B, C)
    await earn(kit, world, route)
    reply = await world.ask(route)
    assert [(one.endpoint.name, one.outcome) for one in reply.attempts] == [
        (B, "rate"),
        (A, "capacity"),
        (C, "answered"),
    ]


async def test_the_callers_fault_stops_both(kit: Any, world: Any) -> None:
    world.behaviours = {A: kit.says("late", after_s=60), B: kit.fails(400, after_s=1)}
    route = hedged(kit, A, B, later=C)
    await earn(kit, world, route)
    with pytest.raises(AskFailed, match="request rejected") as failed:
        await world.ask(route)
    assert world.cancelled == [A]
    assert any("slower of two requests" in line for line in failed.value.report)
    assert world.calls_to(C) == []


async def test_json_that_does_not_validate_is_corrected_where_it_came_from(kit: Any, world: Any) -> None:
    schema = {"type": "object", "required": ["n"]}
    world.behaviours = {A: kit.says("{}", after_s=60), B: kit.in_turn(kit.says("{}"), kit.says('{"n": 1}'))}
    route = hedged(kit, A, B)
    await earn(kit, world, route)
    reply = await world.ask(route, kit.question(schema=schema))
    assert [(one.endpoint.name, one.outcome) for one in reply.attempts] == [
        (A, "outrun"),
        (B, "invalid"),
        (B, "answered"),
    ]


async def test_a_cancelled_call_cancels_both(kit: Any, world: Any) -> None:
    world.behaviours = {A: kit.says("late", after_s=60), B: kit.says("late", after_s=60)}
    route = hedged(kit, A, B)
    await earn(kit, world, route)
    with anyio.move_on_after(5):
        await world.ask(route)
    assert sorted(world.cancelled) == [A, B]
    [call] = world.book.calls
    assert [attempt.outcome for attempt in call.attempts] == ["cancelled", "cancelled"]


async def test_a_probe_that_is_outrun_is_given_back(kit: Any, world: Any) -> None:
    key = f"endpoint:{A}@default"
    world.behaviours = {A: kit.says("late", after_s=60), B: kit.says("soon")}
    route = hedged(kit, A, B)
    await earn(kit, world, route)
    world.book.healths[key] = Health(rest_until=kit.epoch - 1, reason="rate", probes_needed=1)
    assert (await world.ask(route)).answer.text == "soon"
    assert (world.book.healths[key].probe_until, world.book.healths[key].probes_needed) == (0.0, 1)


async def test_what_an_attachment_raises_is_raised_as_it_is(kit: Any, world: Any) -> None:
    async def fit(_window: int | None, _share: float) -> tuple[Message, ...]:
        raise WrongUsage("there is no such file")

    world.behaviours = {A: kit.says("yes"), B: kit.says("no")}
    with pytest.raises(WrongUsage, match="no such file"):
        await world.ask(hedged(kit, A, B), kit.question(fit=fit))


async def test_a_hang_that_is_outrun_does_not_hide_for_ever(kit: Any, world: Any) -> None:
    world.behaviours = {A: kit.hangs(), B: kit.says("soon")}
    route = hedged(kit, A, B)
    for _ in range(4):
        await world.ask(route)
    assert world.book.healths[f"endpoint:{A}@default"].rest_until > kit.epoch
    assert len(world.calls_to(A)) <= 3
