"""A model's whole list of tiers with its policy, as one call goes through it.

Route ─ Tier ─ Endpoint (target x account)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sidecar.providers.vocabulary import Effort, Limits
from sidecar.routing.endpoints import Endpoint, Target

__all__ = ["Order", "Patience", "Place", "Preference", "Route", "Tier"]


Order = Literal["listed", "cheapest", "fastest", "throughput", "reliable", "balanced"]
"""Which target of a tier is asked first: as written; by `Route.costs`, unknown prices last; by the time to the first
text, by tokens per second, or by the share of calls that went well, all of late; or a share of the calls for each, by
price, speed and reliability."""


@dataclass(frozen=True, slots=True)
class Preference:
    """What endpoints should reach at a percentile of their latest calls; those that do not are asked last.

    *value* is in seconds to the first text, at most, or in tokens per second, at least.
    """

    of: Literal["latency_s", "tokens_per_s"]
    percentile: int
    value: float


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the first text is worth waiting for, of a request of *longest_tokens* at most."""

    first_token_s: float
    longest_tokens: int


@dataclass(frozen=True, slots=True)
class Tier:
    """An ordered group of endpoints: they are tried as they stand in *endpoints*.

    *order* and *prefers* say how `choice` arranges them; *reasons* tell, by endpoint key, why one stands where it
    stands. *excluded* says, by endpoint key, why one of this tier's own hard filters keeps an endpoint out of it;
    nothing relaxes it. *hedges* allows a second request beside a slow first one, *hedge_after_s* is when, by the key of
    the first. *limits* has the endpoints whose limits are not their route's, *patience* those that have shown how long
    they take.
    """

    name: str
    endpoints: tuple[Endpoint, ...]
    order: Order = "listed"
    effort: Effort | None = None
    prefers: tuple[Preference, ...] = ()
    hedges: bool = False
    excluded: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    hedge_after_s: Mapping[str, float] = field(default_factory=dict)
    limits: Mapping[str, Limits] = field(default_factory=dict)
    patience: Mapping[str, Patience] = field(default_factory=dict)

    def by_target(self) -> dict[Target, tuple[Endpoint, ...]]:
        """The endpoints of each target, one an account, as they stand."""
        found: dict[Target, list[Endpoint]] = {}
        for endpoint in self.endpoints:
            found.setdefault(endpoint.target, []).append(endpoint)
        return {target: tuple(endpoints) for target, endpoints in found.items()}


@dataclass(frozen=True, slots=True)
class Route:
    """A model's whole list of tiers with its policy.

    *excluded* says, by endpoint key, why a hard filter (privacy, price, a missing key, a deny list)
    keeps an endpoint out; nothing relaxes it. *costs* are USD per million tokens by endpoint key, as far
    as they are known; a plan whose calls cost nothing more has 0.0, and *unbilled* names such endpoints.
    *suffix* is what was asked beside the model's name, such as ":free"; *across*, where it is set, orders
    the tiers too.
    """

    model: str
    tiers: tuple[Tier, ...]
    deadline_s: float = 120.0
    limits: Limits = field(default_factory=Limits)
    allow_after_refusal: bool = False
    excluded: Mapping[str, str] = field(default_factory=dict)
    costs: Mapping[str, float] = field(default_factory=dict)
    unbilled: frozenset[str] = frozenset()
    suffix: str = ""
    across: Order | None = None

    @property
    def name(self) -> str:
        """The model as the caller asked for it."""
        return self.model + self.suffix

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Those of all tiers as they stand; one in two tiers comes twice."""
        return tuple(endpoint for tier in self.tiers for endpoint in tier.endpoints)

    def hedge_after_s(self, tier: str, endpoint: Endpoint) -> float | None:
        """When a second request may be sent beside a silent one to *endpoint*; None where that is not allowed."""
        return self._tier(tier).hedge_after_s.get(endpoint.key)

    def limits_of(self, tier: str, endpoint: Endpoint) -> Limits:
        """How long an attempt at *endpoint* may take at each of its stations, whoever else could answer."""
        return self._tier(tier).limits.get(endpoint.key, self.limits)

    def patience(self, tier: str, endpoint: Endpoint) -> Patience | None:
        """How long *endpoint* is worth waiting for where others can answer; None where nothing tells."""
        return self._tier(tier).patience.get(endpoint.key)

    def effort(self, tier: str) -> Effort | None:
        """How much the models of the tier called *tier* are to think."""
        return self._tier(tier).effort

    def _tier(self, name: str) -> Tier:
        for tier in self.tiers:  # of a few, many times a call
            if tier.name == name:
                return tier
        raise KeyError(name)


Place = tuple[str, str]
"""Where an endpoint stands in a route: its tier's name, its key."""
