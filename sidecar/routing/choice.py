"""Which target of a tier goes first: by price, by what the ledger says of late, or by chance in shares. Pure.

    route + experience ──arranged──> Arrangement ──drawn, once a call──> the route in the order to try

An order ranks targets; the accounts of one target stay together and in their own order. Few calls do not decide:
every figure is drawn towards the tier's mean. Who has hardly been asked is asked now and then, or nobody would ever
know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf

from sidecar.routing.amounts import usd_text
from sidecar.routing.chance import lot
from sidecar.routing.endpoints import Endpoint, Target
from sidecar.routing.patience import shown
from sidecar.routing.receipt import seconds_text
from sidecar.routing.record import (
    Figure,
    Record,
    combined,
    estimates,
    latency_s,
    reliability,
    tokens_per_s,
)
from sidecar.routing.route import Order, Patience, Preference, Route, Tier
from sidecar.store.vocabulary import Experience

__all__ = ["Arrangement", "arranged", "listens"]

EXPLORE_SHARE = 0.05
"""The share of calls for which a target that is hardly known goes first."""
FEW_CALLS = 5
"""A target with fewer calls of late is hardly known."""
EVEN_SHARE = 0.1
"""The share of a balanced tier's calls that is dealt out evenly, so that none of its targets is forgotten."""
PRICE_STEP_USD = 0.05
"""Added to prices per million tokens before they are compared as a ratio: free is better than cheap, not infinitely."""
UNKNOWN_USD = 1.0
"""What a million tokens of unknown price count as at least: as the dearest of the tier, never as free."""
HEDGE_PERCENT = 95
HEDGE_CALLS = 20
"""Of fewer calls, the 95th percentile is simply the slowest."""

_NO_EXPERIENCE: Mapping[str, Experience] = {}


@dataclass(frozen=True, slots=True)
class _Contender:
    """One target of a tier with its endpoints and their calls of late; a million of its tokens cost *cost_usd*."""

    target: Target
    endpoints: tuple[Endpoint, ...]
    record: Record
    cost_usd: float | None
    is_open: bool
    """No hard filter keeps all of its endpoints out."""


@dataclass(frozen=True, slots=True)
class _Ranking:
    """One tier's targets, the first one first. *shares* deal calls out by chance; *strangers* are hardly known."""

    ranked: tuple[_Contender, ...]
    best: float
    shares: Mapping[Target, float]
    behind: Mapping[Target, str]
    """Those that fall short of what is preferred, and how."""
    strangers: tuple[_Contender, ...]

    @property
    def is_settled(self) -> bool:
        return not self.shares and not self.strangers

    def drawn(self, random: Callable[[], float]) -> tuple[Endpoint, ...]:
        ranked: Sequence[_Contender] = self.ranked
        if self.shares:
            lots = {target: lot(share, random) for target, share in self.shares.items()}
            ranked = sorted(ranked, key=lambda one: (one.target in self.behind, -lots.get(one.target, 0.0)))
        elif random() < EXPLORE_SHARE:
            first = self.strangers[int(random() * len(self.strangers))]
            ranked = (first, *(one for one in ranked if one is not first))
        return _endpoints(ranked)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """A route in the order that stands, and what of it is left to chance, tier by tier."""

    route: Route
    rankings: tuple[_Ranking, ...]

    def drawn(self, random: Callable[[], float]) -> Route:
        """The route of one call; *random* gives numbers from 0 up to 1, and is asked only where it decides."""
        if all(ranking.is_settled for ranking in self.rankings):
            return self.route
        tiers = (
            tier if ranking.is_settled else replace(tier, endpoints=ranking.drawn(random))
            for tier, ranking in zip(self.route.tiers, self.rankings, strict=True)
        )
        return replace(self.route, tiers=tuple(tiers))


def listens(route: Route) -> bool:
    """Whether calls of late have any bearing on *route*: where there are others, on how long each is waited for."""
    return len(set(route.endpoints)) > 1


def arranged(route: Route, experience: Mapping[str, Experience] = _NO_EXPERIENCE) -> Arrangement:
    """*route* with each tier in its order, by what *experience* (by endpoint key) says of late."""
    contenders = [_contenders(route, tier, experience) for tier in route.tiers]
    everyone = tuple(one for own in contenders for one in own)
    made = [
        (_tier(route, tier, ranking, experience), ranking)
        for tier, own in zip(route.tiers, contenders, strict=True)
        for ranking in [_ranking(route, tier, own, everyone if route.across else own)]
    ]
    if route.across:
        made.sort(key=lambda pair: pair[1].best)
    return Arrangement(replace(route, tiers=tuple(tier for tier, _ in made)), tuple(ranking for _, ranking in made))


def _contenders(route: Route, tier: Tier, experience: Mapping[str, Experience]) -> tuple[_Contender, ...]:
    return tuple(
        _Contender(
            target,
            endpoints,
            combined(experience[each.key] for each in endpoints if each.key in experience),
            route.costs.get(endpoints[0].key),
            any(each.key not in route.excluded and each.key not in tier.excluded for each in endpoints),
        )
        for target, endpoints in tier.by_target().items()
    )


def _ranking(route: Route, tier: Tier, own: tuple[_Contender, ...], among: Sequence[_Contender]) -> _Ranking:
    """The ranking of a tier's *own* targets, whose figures are drawn towards the mean of those *among* them."""
    order = route.across or tier.order
    open_, closed = [one for one in own if one.is_open], [one for one in own if not one.is_open]
    figures = _figures(order, [one for one in among if one.is_open])
    behind = dict(_behind(tier.prefers, open_))
    ranked = sorted(open_, key=lambda one: (one.target in behind, figures[one.target]))
    is_learnt = order in {"fastest", "throughput", "reliable"}
    return _Ranking(
        (*ranked, *closed),
        best=min((figures[one.target] for one in ranked), default=inf),
        shares={one.target: -figures[one.target] for one in ranked} if order == "balanced" and ranked[1:] else {},
        behind=behind,
        strangers=tuple(one for one in ranked[1:] if is_learnt and one.record.calls < FEW_CALLS),
    )


def _figures(order: Order, among: Sequence[_Contender]) -> dict[Target, float]:
    """What *order* compares, by target: the smaller the better, equal where nothing tells them apart."""
    match order:
        case "listed":
            return {one.target: 0.0 for one in among}
        case "cheapest":
            return {one.target: inf if one.cost_usd is None else one.cost_usd for one in among}
        case "fastest":
            return _estimated(among, latency_s(50))
        case "throughput":
            return {target: -speed for target, speed in _estimated(among, tokens_per_s(50)).items()}
        case "reliable":
            return {target: -share for target, share in _estimated(among, reliability).items()}
        case "balanced":
            return {target: -share for target, share in _shares(among).items()}


def _estimated(among: Sequence[_Contender], figure: Figure) -> dict[Target, float]:
    found = estimates([one.record for one in among], figure)
    return {one.target: value if value is not None else 1.0 for one, value in zip(among, found, strict=True)}


def _shares(among: Sequence[_Contender]) -> dict[Target, float]:
    """Which share of calls each target is to get: by low price, speed and reliability, and a little evenly."""
    dearest = max((UNKNOWN_USD, *(one.cost_usd for one in among if one.cost_usd is not None)))
    prices = {one.target: PRICE_STEP_USD + (dearest if one.cost_usd is None else one.cost_usd) for one in among}
    waits, speeds = _estimated(among, latency_s(50)), _estimated(among, tokens_per_s(50))
    goes_well = _estimated(among, reliability)
    weights = {
        target: max(goes_well[target], 0.01)
        * (max(speeds[target], 0.001) / max(waits[target], 0.001)) ** 0.5
        / prices[target]
        for target in prices
    }
    total = sum(weights.values())
    return {target: (1 - EVEN_SHARE) * weight / total + EVEN_SHARE / len(weights) for target, weight in weights.items()}


def _behind(prefers: Iterable[Preference], own: Sequence[_Contender]) -> Iterable[tuple[Target, str]]:
    records = [one.record for one in own]
    for wish in prefers:
        is_wait = wish.of == "latency_s"
        figure = latency_s(wish.percentile) if is_wait else tokens_per_s(wish.percentile)
        for one, value in zip(own, estimates(records, figure), strict=True):
            if value is not None and (value > wish.value if is_wait else value < wish.value):
                has, wants = (_wait(value), _wait(wish.value)) if is_wait else (_speed(value), _speed(wish.value))
                yield one.target, f"behind, for p{wish.percentile} is {has} where {wants} is preferred"


def _tier(route: Route, tier: Tier, ranking: _Ranking, experience: Mapping[str, Experience]) -> Tier:
    order = route.across or tier.order
    reasons = {
        endpoint.key: reason
        for one in ranking.ranked
        if one.is_open
        if (reason := "; ".join(filter(None, (_why(order, one, ranking), ranking.behind.get(one.target)))))
        for endpoint in one.endpoints
    }
    return replace(
        tier,
        endpoints=_endpoints(ranking.ranked),
        reasons=reasons,
        hedge_after_s=_hedges(route, tier, experience) if tier.hedges else {},
        patience=_patience(tier, ranking),
    )


def _patience(tier: Tier, ranking: _Ranking) -> dict[str, Patience]:
    """How long each endpoint is worth waiting for, by what its target has shown on any account."""
    found = {one.target: shown(one.record, effort=tier.effort) for one in ranking.ranked}
    return {each.key: patience for each in tier.endpoints if (patience := found[each.target]) is not None}


def _hedges(route: Route, tier: Tier, experience: Mapping[str, Experience]) -> dict[str, float]:
    """After how many seconds without a word a second request may be sent, by the endpoint that keeps silent."""
    unbilled = [endpoint.key for endpoint in tier.endpoints if endpoint.key in route.unbilled]
    waits = {
        key: latency_s(HEDGE_PERCENT)(combined([experience[key]]))
        for key in unbilled
        if len(unbilled) > 1 and key in experience
    }
    return {key: wait[0] for key, wait in waits.items() if wait is not None and wait[1] >= HEDGE_CALLS}


def _endpoints(contenders: Iterable[_Contender]) -> tuple[Endpoint, ...]:
    return tuple(endpoint for one in contenders for endpoint in one.endpoints)


def _why(order: Order, one: _Contender, ranking: _Ranking) -> str:
    """Why a target stands where it does, for a reader; empty where that is as listed."""
    match order:
        case "listed":
            return ""
        case "cheapest":
            return f"cheapest: {_price(one.cost_usd)}"
        case "fastest":
            return f"fastest: {_of_late(latency_s(50)(one.record), _wait)}"
        case "throughput":
            return f"throughput: {_of_late(tokens_per_s(50)(one.record), _speed)}"
        case "reliable":
            found = reliability(one.record)
            return f"reliable: {f'{100 * found[0]:.0f} % of {_calls(found[1])} went well' if found else _UNASKED}"
        case "balanced":
            share = ranking.shares.get(one.target, 1.0)
            waits = _of_late(latency_s(50)(one.record), _wait)
            return f"balanced: {100 * share:.0f} % of calls by {_price(one.cost_usd)} and {waits}"


_UNASKED = "not asked of late, so taken for average"


def _of_late(found: tuple[float, int] | None, told: Callable[[float], str]) -> str:
    return f"p50 {told(found[0])} over {_calls(found[1])}" if found else _UNASKED


def _calls(count: int) -> str:
    return f"{count} call{'s' if count != 1 else ''}"


def _wait(seconds: float) -> str:
    return f"first token {seconds_text(seconds)}"


def _speed(tokens: float) -> str:
    return f"{tokens:,.0f} tokens/s"


def _price(cost_usd: float | None) -> str:
    if cost_usd is None:
        return "unknown price"
    return f"{usd_text(cost_usd)} per million tokens" if cost_usd else "nothing billed"
