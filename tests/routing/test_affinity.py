"""A thread stays where its prompt is cached, within its tier and for a while."""

from __future__ import annotations

from typing import Any

import pytest

from sidecar.routing.affinity import kept
from sidecar.routing.explaining import explain
from sidecar.routing.plan import plan
from sidecar.store.vocabulary import Health

NOW = 1_795_000_000.0


def names(route: Any, healths: Any = None) -> list[str]:
    return [candidate.endpoint.name for candidate in plan(route, healths or {}, NOW).candidates]


def test_who_answered_last_goes_first_in_its_tier_and_no_further(kit: Any) -> None:
    route = kit.route(["a/1"], ["b/2", "b/2@own", "c/3"], "d/4")
    assert names(kept(route, "c/3@default", answered_at=NOW - 30, now=NOW)) == ["a/1", "c/3", "b/2", "b/2@own", "d/4"]
    assert names(kept(route, "b/2@own", answered_at=NOW, now=NOW)) == ["a/1", "b/2@own", "b/2", "c/3", "d/4"]
    assert kept(route, "nobody/5@default", answered_at=NOW, now=NOW) is route
    assert kept(route, None, answered_at=NOW, now=NOW) is route


def test_one_that_rests_or_is_excluded_is_passed_over_all_the_same(kit: Any) -> None:
    route = kit.route(["b/2", "c/3"], excluded={})
    warm = kept(route, "c/3@default", answered_at=NOW, now=NOW)
    resting = {"endpoint:c/3@default": Health(rest_until=NOW + 5, reason="rate", probes_needed=1)}
    assert names(warm, resting) == ["b/2"]
    excluded = kit.route(["b/2", "c/3"], excluded={"c/3@default": "`ignore` names `c`"})
    assert names(kept(excluded, "c/3@default", answered_at=NOW, now=NOW)) == ["b/2"]


@pytest.mark.parametrize(
    ("name", "dialect", "warm_s"),
    [
        ("anthropic/claude", "anthropic", 300),
        ("openai/gpt", "openai-chat", 600),
        ("deepseek/chat", "openai-chat", 3600),
        ("ollama/qwen", "ollama", 300),
    ],
)
def test_a_cache_is_expected_for_as_long_as_its_vendor_says(kit: Any, name: str, dialect: str, warm_s: float) -> None:
    from dataclasses import replace

    last = kit.endpoint(name, dialect=dialect)
    listed = kit.route(["b/2"])
    route = replace(listed, tiers=(replace(listed.tiers[0], endpoints=(*listed.tiers[0].endpoints, last)),))
    key = f"{name}@default"
    assert names(kept(route, key, answered_at=NOW - warm_s + 1, now=NOW))[0] == name
    assert kept(route, key, answered_at=NOW - warm_s, now=NOW) is route
    assert kept(route, key, answered_at=NOW + 60, now=NOW) is route, "a clock that was set back proves nothing"


def test_explain_says_why_it_goes_first(kit: Any) -> None:
    route = kept(kit.route(["b/2", "c/3"]), "c/3@default", answered_at=NOW, now=NOW)
    first, second = explain(route, {}, NOW)
    assert first == "A: c/3: tried first (it has read this thread just now and may have it cached)"
    assert second == "A: b/2: tried as no. 2"
