from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sidecar.routing.accounts import AccountOrder, Usage, in_order
from sidecar.routing.endpoints import Endpoint
from sidecar.routing.route import Route, Tier

ENDPOINTS = [Endpoint(provider, model, account) for provider in "pq" for model in "12" for account in "xyz"]


def keys(route: Route) -> list[list[str]]:
    return [[endpoint.key for endpoint in tier.endpoints] for tier in route.tiers]


def no_chance() -> float:
    raise AssertionError("nothing is left to chance")


def test_accounts_are_listed_unless_their_provider_says_otherwise(kit: Any) -> None:
    route = kit.route([endpoint.key for endpoint in ENDPOINTS])
    usages = {("q", "z"): Usage(lost_at=1.0), ("p", "z"): Usage(lost_at=1.0)}
    ordered = in_order(route, {"q": "soonest-reset"}, usages, no_chance, now=0.0)
    assert [key[-1] for key in keys(ordered)[0]] == [*"xyzxyz", *"zxyzxy"]


def test_the_account_whose_quota_is_lost_soonest_goes_first_and_who_loses_nothing_last(kit: Any) -> None:
    usages = {("p", "y"): Usage(lost_at=300.0), ("p", "z"): Usage(lost_at=200.0)}
    route = in_order(kit.route(["p/1@x", "p/1@y", "p/1@z"]), {"p": "soonest-reset"}, usages, no_chance, now=0.0)
    assert keys(route) == [["p/1@z", "p/1@y", "p/1@x"]]


def test_the_least_used_for_its_weight_goes_first_and_calls_decide_where_tokens_are_unknown(kit: Any) -> None:
    route = kit.route(["p/1@x", "p/1@y", "p/1@z"])
    usages = {("p", "x"): Usage(tokens=900.0), ("p", "y"): Usage(weight=3, tokens=1_200.0), ("p", "z"): Usage()}
    assert keys(in_order(route, {"p": "least-used"}, usages, no_chance, now=0.0)) == [["p/1@z", "p/1@y", "p/1@x"]]
    silent = {("p", account): Usage(calls=calls) for account, calls in (("x", 3.0), ("y", 1.0), ("z", 2.0))}
    assert keys(in_order(route, {"p": "least-used"}, silent, no_chance, now=0.0)) == [["p/1@y", "p/1@z", "p/1@x"]]


def test_a_spread_gives_each_account_the_share_of_its_weight(kit: Any) -> None:
    route = kit.route(["p/1@x", "p/1@y"])
    usages = {("p", "x"): Usage(weight=3), ("p", "y"): Usage(weight=1)}
    random = Random(7).random  # noqa: S311 - a chance that comes again
    first = Counter(keys(in_order(route, {"p": "spread"}, usages, random, now=0.0))[0][0] for _ in range(4_000))
    assert 0.72 < first["p/1@x"] / 4_000 < 0.78


def test_one_call_is_spread_once_for_all_targets_of_a_provider(kit: Any) -> None:
    random = Random(7).random  # noqa: S311 - a chance that comes again
    for _ in range(20):
        route = in_order(kit.route(["p/1@x", "p/1@y"], ["p/2@x", "p/2@y"]), {"p": "spread"}, {}, random, now=0.0)
        first, second = keys(route)
        assert [key[-1] for key in first] == [key[-1] for key in second]


@given(
    st.permutations(ENDPOINTS),
    st.dictionaries(st.sampled_from("pq"), st.sampled_from(["listed", "spread", "least-used", "soonest-reset"])),
    st.dictionaries(
        st.tuples(st.sampled_from("pq"), st.sampled_from("xyz")),
        st.builds(
            Usage,
            weight=st.floats(0.1, 9),
            tokens=st.floats(0, 9),
            calls=st.floats(0, 9),
            lost_at=st.none() | st.floats(0, 9),
        ),
    ),
    st.randoms(use_true_random=False),
)
def test_an_order_of_accounts_keeps_every_endpoint_and_the_place_of_every_target(
    endpoints: list[Endpoint], orders: dict[str, AccountOrder], usages: dict[tuple[str, str], Usage], random: Random
) -> None:
    route = Route("smart", (Tier("A", tuple(endpoints[:6])), Tier("B", tuple(endpoints[6:]))))
    ordered = in_order(route, orders, usages, random.random, now=0.0)
    for before, after in zip(route.tiers, ordered.tiers, strict=True):
        assert [endpoint.target for endpoint in after.endpoints] == [endpoint.target for endpoint in before.endpoints]
        assert sorted(endpoint.key for endpoint in after.endpoints) == sorted(one.key for one in before.endpoints)
