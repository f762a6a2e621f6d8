"""Hard limits are hard: whatever fails, whoever is kept out is not asked, and whoever may answer does."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sidecar.errors import AskFailed
from sidecar.providers.vocabulary import Failure
from sidecar.routing.choice import arranged
from sidecar.routing.route import Order
from sidecar.simulator.pushed import run_pushed
from sidecar.store.vocabulary import Experience

NAMES = ("alpha/one", "alpha/one@own", "alpha/two", "beta/two", "gamma/three", "delta/four")
FAULTS = ("none", "none", "rate", "named", "server", "key", "money", "hang", "refused", "empty", "policy", "too-long")
OWN = {"rate", "server", "hang", "empty", "policy", "too-long"}
"""Faults of one endpoint alone."""
ORDERS: tuple[Order, ...] = ("listed", "cheapest", "fastest", "throughput", "reliable", "balanced")

TIER = st.fixed_dictionaries(
    {
        "names": st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True),
        "out": st.sets(st.sampled_from(NAMES), max_size=3),
        "order": st.sampled_from(ORDERS),
        "hedges": st.booleans(),
    }
)


def behaviour(kit: Any, fault: str) -> Any:
    match fault:
        case "none":
            return kit.says("yes", after_s=3)
        case "rate":
            return kit.fails(429)
        case "named":
            return kit.fails(429, headers={"retry-after": "3600"})
        case "server":
            return kit.fails(500)
        case "key":
            return kit.fails(401)
        case "money":
            return kit.fails(402)
        case "hang":
            return kit.hangs()
        case "refused":
            return kit.raises(Failure("refused", "nobody listens"))
        case "empty":
            return kit.raises(Failure("empty", "the reply has no text", status=200))
        case "policy":
            return kit.says("I cannot", finish="refused")
        case _:
            return kit.fails(400, code="context_length_exceeded")


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tiers=st.lists(TIER, min_size=1, max_size=3),
    everywhere=st.sets(st.sampled_from(NAMES), max_size=2),
    faults=st.fixed_dictionaries({name: st.sampled_from(FAULTS) for name in NAMES}),
    after_refusal=st.booleans(),
    source=st.randoms(use_true_random=False),
)
def test_whatever_fails_whoever_is_kept_out_is_not_asked_and_whoever_may_answer_does(
    kit: Any,
    *,
    tiers: list[dict[str, Any]],
    everywhere: set[str],
    faults: dict[str, str],
    after_refusal: bool,
    source: random.Random,
) -> None:
    keys = {name: kit.endpoint(name).key for name in NAMES}
    listed = kit.route(*(tier["names"] for tier in tiers))
    built = tuple(
        replace(
            own,
            order=tier["order"],
            hedges=tier["hedges"],
            excluded={keys[name]: "kept out of this tier" for name in tier["out"]},
        )
        for own, tier in zip(listed.tiers, tiers, strict=True)
    )
    route = replace(
        listed,
        tiers=built,
        deadline_s=600.0,
        unbilled=frozenset(keys.values()),
        excluded={keys[name]: "kept out everywhere" for name in everywhere},
        allow_after_refusal=after_refusal,
    )
    open_ = {
        (tier.name, endpoint.key)
        for tier in built
        for endpoint in tier.endpoints
        if endpoint.key not in route.excluded and endpoint.key not in tier.excluded
    }
    experience = {key: Experience(key, {"answered": 30}, (1.0,) * 30, (9.0,) * 30) for key in keys.values()}
    # what befalls an account or a provider befalls its other models
    is_lone = {name: {faults[other] for other in NAMES if other[:4] == name[:4]} <= {"none", *OWN} for name in NAMES}
    able = {keys[name] for name in NAMES if faults[name] == "none" and is_lone[name]}
    asked: set[tuple[str, str]] = set()
    failures: list[AskFailed] = []

    async def play() -> None:
        world = kit.world()
        world.jitter = source.random
        world.behaviours = {kit.endpoint(name).name: kit.says("quick") for name in NAMES}
        for _ in range(20):  # so many calls earn one that is asked twice
            await world.ask(arranged(free_and_slow(kit), experience).drawn(source.random))
        world.sent.clear()
        world.book.calls.clear()
        world.behaviours = {kit.endpoint(name).name: behaviour(kit, fault) for name, fault in faults.items()}
        for _ in range(3):
            try:
                await world.ask(arranged(route, experience).drawn(source.random))
            except AskFailed as failed:
                failures.append(failed)
        assert {kit.endpoint(name).key for _, name, _, _ in world.sent} <= {key for _, key in open_}
        asked.update((line.tier, line.endpoint) for call in world.book.calls for line in call.attempts)

    run_pushed(play)
    assert asked <= open_
    assert not (failures and able & {key for _, key in open_}), failures


def free_and_slow(kit: Any) -> Any:
    listed = kit.route(["alpha/one", "beta/two"])
    keys = frozenset(endpoint.key for endpoint in listed.tiers[0].endpoints)
    return replace(listed, tiers=(replace(listed.tiers[0], hedges=True),), unbilled=keys)
