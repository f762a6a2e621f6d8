"""How long a silent endpoint is waited for: its own limit, what it has shown, and what it must leave to others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import anyio
import pytest

from sidecar.providers.vocabulary import Limits
from sidecar.routing.patience import own_limits, shown
from sidecar.routing.record import Record
from sidecar.routing.route import Patience, Route

A, B = "a/m", "b/m"
KEY = "a/m@default"


def test_a_model_that_is_to_think_is_waited_for_unless_its_user_set_a_limit() -> None:
    thinking = own_limits(Limits(), first_token_s=None, effort="high")
    assert (thinking.connect_s, thinking.first_token_s, thinking.silence_s) == (5.0, 120.0, 120.0)
    assert own_limits(Limits(), first_token_s=None, effort="low") == Limits()
    short = Limits(first_token_s=3.0)
    assert own_limits(short, first_token_s=None, effort="high") == Limits(first_token_s=3.0, silence_s=120.0)


def test_a_program_has_its_own_limit_unless_its_user_set_a_shorter_one() -> None:
    assert own_limits(Limits(), first_token_s=300.0, effort=None) == Limits(first_token_s=300.0)
    assert own_limits(Limits(first_token_s=600.0), first_token_s=300.0, effort=None) == Limits(first_token_s=600.0)
    assert own_limits(Limits(first_token_s=10.0), first_token_s=300.0, effort=None) == Limits(first_token_s=10.0)


def test_what_an_endpoint_has_shown_counts_once_it_is_enough() -> None:
    def lately(*waits_s: float, longest: int = 900) -> Record:
        return Record(len(waits_s), len(waits_s), tuple(sorted(waits_s)), (), longest)

    assert shown(lately(*[1.0] * 19), effort=None) is None
    assert shown(lately(*[1.0] * 20), effort=None) == Patience(15.0, 900)
    assert shown(lately(*[1.0] * 20, 9.0), effort=None) == Patience(36.0, 900)
    assert shown(lately(*[1.0] * 20), effort="high") == Patience(60.0, 900)
    assert shown(lately(*[1.0] * 20, longest=0), effort=None) is None, "nobody said what was asked"


def late(kit: Any, after_s: float) -> Any:
    """Answers after so many seconds, where it is waited for as long."""

    async def behave(request: Any, limits: Limits) -> Any:
        well = limits.first_token_s > after_s
        return await (kit.says("at last", after_s=after_s) if well else kit.hangs())(request, limits)

    return behave


def known(route: Route, *, patience: Patience | None = None, limits: Limits | None = None) -> Route:
    first, *others = route.tiers
    first = replace(
        first, patience={KEY: patience} if patience else {}, limits={KEY: limits} if limits is not None else {}
    )
    return replace(route, tiers=(first, *others))


async def test_a_hang_costs_what_the_endpoint_has_shown_to_need(kit: Any, world: Any) -> None:
    world.behaviours = {A: kit.hangs(), B: kit.says("yes")}
    reply = await world.ask(known(kit.route(A, B), patience=Patience(15.0, 1_000)))
    assert [(one.outcome, one.took_s) for one in reply.attempts[:1]] == [("hang", pytest.approx(15.0))]
    assert reply.took_s == pytest.approx(15.02)


async def test_a_request_longer_than_any_before_takes_its_time(kit: Any, world: Any) -> None:
    world.behaviours = {A: late(kit, 25), B: kit.says("yes")}
    route = known(kit.route(A, B), patience=Patience(15.0, 1_000))
    assert (await world.ask(route, kit.question("x" * 3_000))).endpoint.name == B
    assert (await world.ask(route, kit.question("x" * 5_000))).endpoint.name == A


async def test_who_is_alone_is_waited_for_as_long_as_its_limit_says(kit: Any, world: Any) -> None:
    world.behaviours = {A: late(kit, 25)}
    assert (await world.ask(known(kit.route(A), patience=Patience(15.0, 1_000)))).took_s == pytest.approx(25)


async def test_a_program_that_hangs_leaves_half_of_the_deadline_to_others(kit: Any, world: Any) -> None:
    world.behaviours = {A: kit.hangs(), B: kit.says("yes", after_s=55)}
    reply = await world.ask(known(kit.route(A, B, deadline_s=120), limits=Limits(first_token_s=300.0)))
    assert (reply.endpoint.name, reply.took_s) == (B, pytest.approx(115))
    alone = known(kit.route(A, deadline_s=120), limits=Limits(first_token_s=300.0))
    world.behaviours = {A: kit.says("done", after_s=110)}
    assert (await world.ask(alone)).took_s == pytest.approx(110), "with nobody behind it, it has all of it"


async def test_an_endpoint_that_has_become_slow_is_used_again(kit: Any, world: Any) -> None:
    """Its answers are late by what it has shown; its tests are given more time after each rest, until one comes."""
    world.behaviours = {A: late(kit, 40), B: kit.says("yes")}
    route = known(kit.route(A, B), patience=Patience(15.0, 1_000), limits=Limits(first_token_s=300.0))
    answered: list[str] = []
    while A not in answered and len(answered) < 40:
        answered.append((await world.ask(route)).endpoint.name)
        await anyio.sleep(5)
    assert answered[-1] == A
    assert 3 < len(answered) < 15
    assert [limits.first_token_s for _, name, _, limits in world.sent if name == A] == [15, 15, 15, 15, 30, 60]
