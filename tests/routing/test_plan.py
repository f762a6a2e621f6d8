"""The order of candidates, and the reasons for those passed over."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sidecar.routing.explaining import explain
from sidecar.routing.plan import clock_text, plan
from sidecar.routing.route import Tier
from sidecar.store.vocabulary import Health

NOW = 1_795_000_000.0


def names(kit: Any, route: Any, healths: Any = None) -> list[str]:
    return [candidate.endpoint.name for candidate in plan(route, healths or {}, NOW).candidates]


def test_tiers_come_in_order_and_endpoints_as_listed(kit: Any) -> None:
    route = kit.route(["a/1@x", "a/1@y"], "b/2", "c/3")
    assert names(kit, route) == ["a/1@x", "a/1@y", "b/2", "c/3"]


def test_an_endpoint_in_two_tiers_is_tried_once(kit: Any) -> None:
    assert names(kit, kit.route("a/1", ["b/2", "a/1"])) == ["a/1", "b/2"]


def test_what_one_tier_keeps_out_may_still_be_asked_in_a_later_one(kit: Any) -> None:
    first, *others = kit.route(["a/1", "b/2"], ["a/1", "c/3"], "d/4").tiers
    strict = replace(first, excluded={"a/1@default": "`ignore` names `a`"})
    route = replace(kit.route(), tiers=(strict, *others))
    assert names(kit, route) == ["b/2", "a/1", "c/3", "d/4"]
    assert [candidate.tier for candidate in plan(route, {}, NOW).candidates] == ["A", "B", "B", "C"]
    everywhere = replace(route, excluded={"a/1@default": "`env:A_KEY` is not set"})
    assert names(kit, everywhere) == ["b/2", "c/3", "d/4"]
    assert len(plan(everywhere, {}, NOW).passed_over) == 1


@pytest.mark.parametrize(
    ("key", "passed"),
    [
        ("endpoint:a/1@x", ["a/1@x"]),
        ("pair:a/1@x", ["a/1@x"]),
        ("account:a@x", ["a/1@x", "a/2@x"]),
        ("provider:a", ["a/1@x", "a/2@x", "a/1@y"]),
    ],
)
def test_a_rest_covers_its_scope_and_nothing_else(kit: Any, key: str, passed: list[str]) -> None:
    route = kit.route(["a/1@x", "a/2@x", "a/1@y"], "b/2")
    healths = {key: Health(rest_until=NOW + 30, reason="quota", is_named=True, probes_needed=1)}
    found = plan(route, healths, NOW)
    assert [other.endpoint.name for other in found.passed_over] == passed
    assert all(other.until == NOW + 30 for other in found.passed_over)
    assert len(found.candidates) == 4 - len(passed)


def test_the_best_tier_is_a_candidate_again_as_soon_as_its_rest_is_over(kit: Any) -> None:
    route = kit.route("a/1", "b/2")
    healths = {"endpoint:a/1@default": Health(rest_until=NOW, reason="rate", probes_needed=1)}
    first = plan(route, healths, NOW).candidates[0]
    assert (first.endpoint.name, first.probes) == ("a/1", ("endpoint:a/1@default",))


def test_an_endpoint_that_another_call_is_testing_is_passed_over(kit: Any) -> None:
    healths = {"endpoint:a/1@default": Health(reason="server", probes_needed=2, probe_until=NOW + 5)}
    found = plan(kit.route("a/1", "b/2"), healths, NOW)
    assert [candidate.endpoint.name for candidate in found.candidates] == ["b/2"]
    assert found.passed_over[0].reason == "another call is testing it after: server error"


def test_what_is_excluded_says_why_and_is_never_a_candidate(kit: Any) -> None:
    route = replace(kit.route("a/1", "b/2"), excluded={"a/1@default": "`env:A_KEY` is not set"})
    found = plan(route, {}, NOW)
    assert [candidate.endpoint.name for candidate in found.candidates] == ["b/2"]
    assert found.passed_over[0].reason == "`env:A_KEY` is not set"


def test_explain_gives_each_endpoint_a_line_without_calling_anyone(kit: Any) -> None:
    route = replace(kit.route("a/1", ["b/2", "c/3"], "d/4"), excluded={"c/3@default": "its provider trains on prompts"})
    until = NOW + 42
    healths = {
        "account:a@default": Health(rest_until=until, reason="quota", is_named=True, probes_needed=1),
        "endpoint:b/2@default": Health(outcomes="1101"),
        "endpoint:d/4@default": Health(rest_until=NOW - 1, reason="server", probes_needed=2, outcomes="0000"),
    }
    back = clock_text(until, NOW)
    assert explain(route, healths, NOW) == (
        f"A: a/1: not now: account `a@default` rests until {back} (quota spent, named by the provider)",
        "B: b/2: tried first; 3 of its latest 4 calls went well",
        "B: c/3: excluded: its provider trains on prompts",
        "C: d/4: tried as no. 2 (tested by one call after: server error); 0 of its latest 4 calls went well",
    )


def test_times_of_another_day_carry_their_date() -> None:
    assert len(clock_text(NOW, NOW)) == len("12:04:31")
    assert len(clock_text(NOW + 3 * 86_400, NOW)) == len("2026-12-01 12:04:31")


def test_tiers_are_frozen_values(kit: Any) -> None:
    assert kit.route("a/1").tiers == (Tier("A", (kit.endpoint("a/1"),)),)
