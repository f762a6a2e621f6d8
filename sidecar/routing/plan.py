"""In which order a route's endpoints are tried now, and why others are passed over. Pure.

The best tier comes first whenever it may be called at all: a recovered endpoint is not worked up to,
it is used.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sidecar.routing.endpoints import Endpoint, Scope, scope_key
from sidecar.routing.health import is_probed, is_resting, needs_probe, trait
from sidecar.routing.route import Place, Route, Tier
from sidecar.routing.seams import Spent
from sidecar.routing.vocabulary import PassedOver
from sidecar.store.vocabulary import Health

__all__ = ["CALLABLE", "SCOPES", "Candidate", "Plan", "Standing", "clock_text", "plan", "standings"]

SCOPES: tuple[Scope, ...] = ("provider", "account", "pair", "endpoint")
"""From wide to narrow: the widest rest is the one worth telling."""

CALLABLE = frozenset({"well", "probe"})
KEPT_OUT = frozenset({"spent", "excluded"})

_NOTHING: Mapping[Place, Spent] = {}


@dataclass(frozen=True, slots=True)
class Standing:
    """How one endpoint stands now.

    *until* (epoch s) ends the rest or the other call's probe. *waits_out* says that the rest ends
    without the user. *probes* are the health keys whose single probe a call here must claim.
    """

    endpoint: Endpoint
    tier: str
    state: Literal["well", "probe", "resting", "probed", "spent", "excluded"]
    reason: str = ""
    until: float | None = None
    waits_out: bool = False
    probes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    endpoint: Endpoint
    tier: str
    probes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """How every endpoint stands, in order, and which of them may be called now."""

    standings: tuple[Standing, ...]
    candidates: tuple[Candidate, ...]

    @property
    def passed_over(self) -> tuple[PassedOver, ...]:
        return tuple(
            PassedOver(standing.endpoint, standing.tier, standing.reason, standing.until)
            for standing in self.standings
            if standing.state not in CALLABLE
        )


def plan(route: Route, healths: Mapping[str, Health], now: float, spent: Mapping[Place, Spent] = _NOTHING) -> Plan:
    """The endpoints of *route* that may be called at *now* (epoch s), in order, and how the others stand."""
    all_standings = standings(route, healths, now, spent)
    return Plan(
        all_standings,
        tuple(Candidate(one.endpoint, one.tier, one.probes) for one in all_standings if one.state in CALLABLE),
    )


def standings(
    route: Route, healths: Mapping[str, Health], now: float, spent: Mapping[Place, Spent] = _NOTHING
) -> tuple[Standing, ...]:
    """Every endpoint of *route* once, in the order in which it would be tried.

    What one tier's filter or budget keeps out of that tier may still be asked in a later one.
    """
    found: dict[Endpoint, Standing] = {}
    for tier in route.tiers:
        for endpoint in tier.endpoints:
            before = found.get(endpoint)
            if before is not None and before.state not in KEPT_OUT:
                continue
            standing = _standing(route, tier, endpoint, healths=healths, now=now, spent=spent)
            if before is None or standing.state not in KEPT_OUT:
                found.pop(endpoint, None)  # its place is the later one
                found[endpoint] = standing
    return tuple(found.values())


def _standing(
    route: Route,
    tier: Tier,
    endpoint: Endpoint,
    *,
    healths: Mapping[str, Health],
    now: float,
    spent: Mapping[Place, Spent],
) -> Standing:
    reason = route.excluded.get(endpoint.key) or tier.excluded.get(endpoint.key)
    if reason is not None:
        return Standing(endpoint, tier.name, "excluded", reason)
    if spent and (over := spent.get((tier.name, endpoint.key))) is not None:
        again = f", again from {clock_text(over.until, now)}" if over.until is not None else ""
        reason = f"{over.reason}{again}"
        return Standing(endpoint, tier.name, "spent", reason, over.until, waits_out=over.until is not None)
    if not healths:
        return Standing(endpoint, tier.name, "well")
    known = [(key, healths[key]) for scope in SCOPES if (key := scope_key(scope, endpoint)) in healths]
    resting = [(key, health) for key, health in known if is_resting(health, now)]
    if resting:
        key, last = max(resting, key=lambda item: item[1].rest_until)
        return Standing(
            endpoint,
            tier.name,
            "resting",
            _rest_text(key, last, now),
            last.rest_until,
            all(health.is_named or trait(health).heals_itself for _, health in resting),
        )
    probes = tuple(key for key, health in known if needs_probe(health, now))
    for key, health in known:
        if key in probes and is_probed(health, now):
            reason = f"another call is testing it after: {trait(health).phrase}"
            return Standing(endpoint, tier.name, "probed", reason, health.probe_until, waits_out=True)
    if probes:
        reasons = dict.fromkeys(trait(healths[key]).phrase for key in probes)
        return Standing(endpoint, tier.name, "probe", f"tested by one call after: {', '.join(reasons)}", probes=probes)
    return Standing(endpoint, tier.name, "well")


def _rest_text(key: str, health: Health, now: float) -> str:
    scope, _, name = key.partition(":")
    whose = f"{scope} `{name}` " if scope in {"provider", "account"} else ""
    named = ", named by the provider" if health.is_named else ""
    return f"{whose}rests until {clock_text(health.rest_until, now)} ({trait(health).phrase}{named})"


def clock_text(at: float, now: float) -> str:
    """*at* (epoch s) on the user's own clock: the time of day, with its date when it is not today."""
    local = time.localtime(at)
    return time.strftime("%H:%M:%S" if local[:3] == time.localtime(now)[:3] else "%Y-%m-%d %H:%M:%S", local)
