"""Which account of a target goes first: as listed, by chance in shares, the least used, or the soonest lost. Pure.

An order of accounts moves the accounts of one target among the places that they have in their tier, so it agrees with
every order of targets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sidecar.routing.chance import lot
from sidecar.routing.endpoints import Endpoint, Target
from sidecar.routing.plan import clock_text
from sidecar.routing.route import Route, Tier

__all__ = ["Account", "AccountOrder", "Usage", "in_order"]

AccountOrder = Literal["listed", "spread", "least-used", "soonest-reset"]

Account = tuple[str, str]
"""A provider's name and its account's."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What an account was used of late, and when what is left of its quotas is lost (epoch s), None where it is not.

    *weight* is the share it is to have beside others.
    """

    weight: float = 1.0
    tokens: float = 0.0
    calls: float = 0.0
    lost_at: float | None = None


_UNUSED = Usage()


def in_order(
    route: Route,
    orders: Mapping[str, AccountOrder],
    usages: Mapping[Account, Usage],
    random: Callable[[], float],
    *,
    now: float,
) -> Route:
    """*route* with the accounts of each target in the order of their provider, for one call at *now* (epoch s).

    *random* gives numbers from 0 up to 1; one is drawn for each account of a provider in `spread`, so all targets of
    that provider are asked of the same account first.
    """
    drawn: dict[Account, float] = {}

    def rank(endpoint: Endpoint) -> tuple[float, ...]:
        account = (endpoint.provider, endpoint.account)
        usage = usages.get(account, _UNUSED)
        match orders.get(endpoint.provider):
            case "spread":
                return (-drawn.setdefault(account, lot(usage.weight, random)),)
            case "least-used":
                return (usage.tokens / usage.weight, usage.calls / usage.weight)
            case "soonest-reset":
                return (float("inf") if usage.lost_at is None else usage.lost_at,)
            case _:
                return ()

    def reason(endpoint: Endpoint) -> str:
        usage = usages.get((endpoint.provider, endpoint.account), _UNUSED)
        return _reason(orders.get(endpoint.provider, "listed"), usage, now)

    return replace(route, tiers=tuple(_arranged(tier, rank, reason) for tier in route.tiers))


def _reason(order: AccountOrder, usage: Usage, now: float) -> str:
    """Why an account stands where it stands among those of its target."""
    weight = f", weight {usage.weight:g}" if usage.weight != 1 else ""
    match order:
        case "listed":
            return ""
        case "spread":
            return f"its account by chance{weight}"
        case "least-used":
            return f"its account used for {usage.tokens:,.0f} tokens in 24 h{weight}"
        case "soonest-reset" if usage.lost_at is None:
            return "its account loses no quota"
        case "soonest-reset":
            return f"its account's quota resets at {clock_text(usage.lost_at or now, now)}"


def _arranged(tier: Tier, rank: Callable[[Endpoint], tuple[float, ...]], reason: Callable[[Endpoint], str]) -> Tier:
    by_target = tier.by_target()
    if len(by_target) == len(tier.endpoints):
        return tier
    reasons = {
        endpoint.key: "; ".join(filter(None, (tier.reasons.get(endpoint.key), reason(endpoint))))
        for own in by_target.values()
        for endpoint in own
        if len(own) > 1
    }
    return replace(tier, endpoints=tuple(_moved(tier, by_target, rank)), reasons={**tier.reasons, **reasons})


def _moved(
    tier: Tier, by_target: Mapping[Target, Sequence[Endpoint]], rank: Callable[[Endpoint], tuple[float, ...]]
) -> Iterable[Endpoint]:
    sorted_ = {target: iter(sorted(own, key=rank)) for target, own in by_target.items()}
    return (next(sorted_[endpoint.target]) for endpoint in tier.endpoints)
