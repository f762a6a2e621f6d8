"""Which target of a tier goes first, by price, by what happened of late, and by chance."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.routing.chance import usual
from sidecar.routing.choice import arranged, listens
from sidecar.routing.endpoints import Endpoint
from sidecar.routing.explaining import explain
from sidecar.routing.route import Order, Patience, Preference, Route, Tier
from sidecar.store.vocabulary import Experience

NOW = 1_795_000_000.0
A, B, C = "a/1@default", "b/2@default", "c/3@default"


def chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - repeatable, and nobody's secret


def never() -> float:
    raise AssertionError("nothing here is left to chance")


def sure() -> float:
    """A chance that explores nothing."""
    return 0.99


def tier_of(route: Any, **more: Any) -> Any:
    return replace(route, tiers=tuple(replace(tier, **more) for tier in route.tiers))


def lately(*waits_s: float, speeds: Sequence[float] = (), **outcomes: int) -> Experience:
    return Experience("", {"answered": len(waits_s), **outcomes}, tuple(sorted(waits_s)), tuple(sorted(speeds)))


def names(route: Route) -> list[str]:
    return [endpoint.name for tier in route.tiers for endpoint in tier.endpoints]


def test_the_cheapest_order_puts_unknown_prices_last_and_keeps_equals_as_listed(kit: Any) -> None:
    costs = {B: 2.0, C: 0.5, "d/4@default": 2.0}
    route = tier_of(kit.route(["a/1", "b/2", "c/3", "d/4"], costs=costs), order="cheapest")
    assert names(arranged(route).drawn(never)) == ["c/3", "b/2", "d/4", "a/1"]


def test_as_listed_nothing_moves_but_how_long_each_is_waited_for(kit: Any) -> None:
    route = kit.route(["a/1", "b/2"], "c/3")
    slow = replace(lately(*[9.0] * 20), longest_tokens=700)
    found = arranged(route, {B: slow, C: lately(0.1)}).drawn(never)
    assert names(found) == ["a/1", "b/2", "c/3"]
    assert [tier.patience for tier in found.tiers] == [{B: Patience(36.0, 700)}, {}]
    assert listens(route)
    assert not listens(kit.route("a/1", "a/1")), "there is nobody else"


@pytest.mark.parametrize(
    ("order", "experience", "expected"),
    [
        ("fastest", {A: lately(*[2.0] * 30), B: lately(*[0.4] * 30), C: lately(*[1.0] * 30)}, ["b/2", "c/3", "a/1"]),
        (
            "throughput",
            {A: lately(*[1.0] * 9, speeds=[20] * 9), B: lately(*[9.0] * 9, speeds=[90] * 9), C: lately(*[1.0] * 9)},
            ["b/2", "c/3", "a/1"],
        ),
        (
            "reliable",
            {A: lately(1, 1, server=8), B: lately(*[9.0] * 9), C: lately(*[1.0] * 8, rate=2)},
            ["b/2", "c/3", "a/1"],
        ),
    ],
)
def test_an_order_by_what_happened_of_late(
    kit: Any, order: str, experience: Mapping[str, Experience], expected: list[str]
) -> None:
    route = tier_of(kit.route(["a/1", "b/2", "c/3"]), order=order)
    assert listens(route)
    assert names(arranged(route, experience).drawn(sure)) == expected
    assert names(arranged(route).drawn(sure)) == ["a/1", "b/2", "c/3"], "as listed while nobody knows anything"


def test_accounts_of_a_target_stay_together_in_their_own_order(kit: Any) -> None:
    route = tier_of(kit.route(["a/1@x", "b/2", "a/1@y"]), order="fastest")
    experience = {"a/1@x": lately(*[5.0] * 20), "a/1@y": lately(*[0.1] * 40), B: lately(*[1.0] * 30)}
    assert names(arranged(route, experience).drawn(sure)) == ["a/1@x", "a/1@y", "b/2"]


def test_who_is_hardly_known_is_tried_now_and_then(kit: Any) -> None:
    route = tier_of(kit.route(["a/1", "b/2", "c/3"]), order="fastest")
    experience = {A: lately(*[0.1] * 50), B: lately(*[9.0] * 50), C: lately(9.0)}
    found = arranged(route, experience)
    source = chance(7).random
    firsts = Counter(names(found.drawn(source))[0] for _ in range(4_000))
    assert set(firsts) == {"a/1", "c/3"}, "what is known to be slow needs no try"
    assert 0.03 < firsts["c/3"] / 4_000 < 0.07


def test_nobody_explores_what_a_filter_keeps_out(kit: Any) -> None:
    route = tier_of(kit.route(["a/1", "b/2", "c/3"], excluded={C: "`ignore` names `c`"}), order="fastest")
    assert names(arranged(route, {A: lately(*[0.1] * 50), B: lately(*[9.0] * 50)}).drawn(never)) == [
        "a/1",
        "b/2",
        "c/3",
    ]


def test_balanced_deals_the_calls_out_by_price_speed_and_failures(kit: Any) -> None:
    route = tier_of(kit.route(["a/1", "b/2", "c/3"], costs={A: 2.0, B: 0.5, C: 0.5}), order="balanced")
    experience = {A: lately(*[1.0] * 50), B: lately(*[1.0] * 50), C: lately(*[1.0] * 25, server=25)}
    found = arranged(route, experience)
    source = chance(3).random
    firsts = Counter(names(found.drawn(source))[0] for _ in range(5_000))
    assert firsts["b/2"] > 1.5 * firsts["c/3"] > 2 * firsts["a/1"] > 2 * 5_000 * 0.1 / 3
    assert all(sorted(names(found.drawn(source))) == ["a/1", "b/2", "c/3"] for _ in range(20))
    once, again = (names(found.drawn(chance(5).random)) for _ in range(2))
    assert once == again


def test_a_balanced_tier_forgets_nobody_and_takes_no_unknown_price_for_free(kit: Any) -> None:
    route = tier_of(kit.route(["a/1", "b/2"], costs={A: 0.0}), order="balanced")
    source = chance(1).random
    found = arranged(route)
    firsts = Counter(names(found.drawn(source))[0] for _ in range(4_000))
    assert 4_000 * 0.04 < firsts["b/2"] < 4_000 * 0.2


def test_those_that_meet_a_preference_go_first_and_nobody_is_dropped(kit: Any) -> None:
    wish = Preference("latency_s", 90, 3.0)
    route = tier_of(kit.route(["a/1", "b/2", "c/3"]), prefers=(wish, Preference("tokens_per_s", 50, 40.0)))
    experience = {
        A: lately(*[1.0] * 45, *[9.0] * 5, *[9.0] * 5, speeds=[50] * 50),
        B: lately(*[2.0] * 50, speeds=[50] * 50),
        C: lately(*[1.0] * 50, speeds=[20] * 50),
    }
    assert listens(route)
    found = arranged(route, experience).drawn(never)
    assert names(found) == ["b/2", "a/1", "c/3"]
    assert found.tiers[0].reasons == {
        A: "behind, for p90 is first token 8.6 s where first token 3.0 s is preferred",
        C: "behind, for p50 is 22 tokens/s where 40 tokens/s is preferred",
    }
    assert names(arranged(tier_of(route, order="balanced"), experience).drawn(chance(2).random))[0] == "b/2"


def test_a_suffix_orders_the_tiers_too(kit: Any) -> None:
    costs = {A: 3.0, B: 1.0, C: 0.0, "d/4@default": 0.2}
    route = kit.route(["a/1", "b/2"], "c/3", "d/4", costs=costs, across="cheapest")
    assert names(arranged(route).drawn(never)) == ["c/3", "d/4", "b/2", "a/1"]
    assert [tier.name for tier in arranged(route).route.tiers] == ["B", "C", "A"]
    kept_out = replace(route, excluded={C: "`env:C_KEY` is not set"})
    assert names(arranged(kept_out).drawn(never))[0] == "d/4", "a tier is as cheap as who may answer in it"
    fast = replace(route, across="fastest")
    assert listens(fast)
    assert names(arranged(fast, {B: lately(*[2.0] * 30), C: lately(*[0.2] * 30)}).drawn(sure))[0] == "c/3"


def test_a_second_request_waits_for_the_firsts_own_95th_percentile(kit: Any) -> None:
    every = frozenset({A, B})
    route = tier_of(kit.route(["a/1", "b/2", "c/3"], unbilled=every), hedges=True)
    experience = {A: lately(*[1.0] * 18, 5.0, 9.0), B: lately(*[1.0] * 19), C: lately(*[1.0] * 50)}
    assert listens(route)
    assert arranged(route, experience).route.tiers[0].hedge_after_s == {A: 5.0}, "B is hardly known, C is billed"
    assert arranged(replace(route, unbilled=frozenset({A})), experience).route.tiers[0].hedge_after_s == {}
    assert arranged(tier_of(route, hedges=False), experience).route.tiers[0].hedge_after_s == {}


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ("cheapest", "cheapest: $0.20 per million tokens"),
        ("fastest", "fastest: p50 first token 0.4 s over 31 calls"),
        ("throughput", "throughput: p50 42 tokens/s over 31 calls"),
        ("reliable", "reliable: 97 % of 32 calls went well"),
        ("balanced", "balanced: 78 % of calls by $0.20 per million tokens and p50 first token 0.4 s over 31 calls"),
    ],
)
def test_explain_tells_why_an_endpoint_stands_where_it_stands(kit: Any, order: str, reason: str) -> None:
    route = tier_of(kit.route(["a/1", "b/2"], costs={A: 0.2}), order=order)
    found = arranged(route, {A: lately(*[0.4] * 31, speeds=[42] * 31, rate=1)}).route
    lines = explain(found, {}, NOW)
    assert lines[0] == f"A: a/1: tried first ({reason})"
    assert "unknown price" in lines[1] or "not asked of late, so taken for average" in lines[1]


EXPERIENCE = st.builds(
    lambda waits, bad, speeds: lately(*waits, speeds=speeds, server=bad),
    st.lists(st.floats(0, 500), max_size=30),
    st.integers(0, 30),
    st.lists(st.floats(0, 1e6), max_size=30),
)
LISTED = st.lists(st.sampled_from(["a/1", "a/1@x", "a/2", "b/2", "c/3"]), min_size=1, max_size=5, unique=True)
KEYS = st.sampled_from([A, B, C, "a/1@x"])
ORDERS: tuple[Order, ...] = ("listed", "cheapest", "fastest", "throughput", "reliable", "balanced")


@given(
    LISTED,
    st.dictionaries(KEYS, EXPERIENCE),
    st.dictionaries(KEYS, st.floats(0, 1_000)),
    st.sets(KEYS),
    st.randoms(use_true_random=False),
)
def test_whatever_the_order_everybody_stands_in_it_once(
    listed: list[str],
    experience: dict[str, Experience],
    costs: dict[str, float],
    excluded: set[str],
    source: random.Random,
) -> None:
    endpoints = tuple(Endpoint(name[0], name[2], name.partition("@")[2] or "default") for name in listed)
    for order in ORDERS:
        for across in (None, *ORDERS):
            tier = Tier("A", endpoints, order, prefers=(Preference("latency_s", 90, 3.0),), hedges=True)
            route = Route("m", (tier,), costs=costs, excluded=dict.fromkeys(excluded, "no"), across=across)
            found = arranged(route, experience).drawn(source.random)
            assert sorted(one.key for one in found.tiers[0].endpoints) == sorted(one.key for one in endpoints)


def test_told_and_not_asked_an_order_stands_as_it_usually_does(kit: Any) -> None:
    experience = {A: lately(*[3.0] * 50), B: lately(*[1.0] * 50)}
    route = tier_of(kit.route(["a/1", "b/2", "c/3"]), order="balanced")
    assert names(arranged(route, experience).drawn(usual)) == ["b/2", "c/3", "a/1"]
    assert names(arranged(tier_of(route, order="fastest"), experience).drawn(usual)) == ["b/2", "c/3", "a/1"]
