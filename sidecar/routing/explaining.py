"""How a call to a route would go now, told endpoint by endpoint; nobody is called. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sidecar.routing.endpoints import scope_key
from sidecar.routing.plan import CALLABLE, Standing, standings
from sidecar.routing.route import Place, Route
from sidecar.routing.seams import Spent
from sidecar.store.vocabulary import Health

__all__ = ["Explained", "explain", "explained"]

_AS_LISTED = "as listed"
_WELL = Health()
_NOTHING: Mapping[Place, Spent] = {}


@dataclass(frozen=True, slots=True)
class Explained:
    """One endpoint of a route: how it stands, and why it stands where it does.

    *turn* counts from 1 those that a call would try, and is None for who would be passed over. *order* says why it
    stands before those after it, "" for who is never asked; *record* how its latest calls went, "" where nobody knows.
    """

    standing: Standing
    turn: int | None
    order: str
    record: str

    @property
    def line(self) -> str:
        """The same for a reader."""
        standing = self.standing
        head = f"{standing.tier}: {standing.endpoint.name}"
        record = f"; {self.record}" if self.record else ""
        if self.turn is not None:
            reasons = (self.order if self.order != _AS_LISTED else "", standing.reason)
            how = f" ({why})" if (why := "; ".join(filter(None, reasons))) else ""
            return f"{head}: {'tried first' if self.turn == 1 else f'tried as no. {self.turn}'}{how}{record}"
        if _is_kept_out(standing):
            return f"{head}: excluded: {standing.reason}"
        return f"{head}: not now: {standing.reason}{record}"


def explained(
    route: Route, healths: Mapping[str, Health], now: float, spent: Mapping[Place, Spent] = _NOTHING
) -> tuple[Explained, ...]:
    """Every endpoint of *route* in order: would a call at *now* (epoch s) try it, and why or why not."""
    reasons = {tier.name: tier.reasons for tier in route.tiers}
    found = []
    turn = 0
    for standing in standings(route, healths, now, spent):
        is_tried = standing.state in CALLABLE
        turn += is_tried
        order = reasons[standing.tier].get(standing.endpoint.key, _AS_LISTED)
        health = healths.get(scope_key("endpoint", standing.endpoint), _WELL)
        found.append(
            Explained(
                standing,
                turn if is_tried else None,
                "" if _is_kept_out(standing) else order,
                _record(health) if health.outcomes else "",
            )
        )
    return tuple(found)


def explain(
    route: Route, healths: Mapping[str, Health], now: float, spent: Mapping[Place, Spent] = _NOTHING
) -> tuple[str, ...]:
    """One line per endpoint of *route*, as `explained` has them."""
    return tuple(one.line for one in explained(route, healths, now, spent))


def _is_kept_out(standing: Standing) -> bool:
    return standing.state == "excluded" or (standing.state == "spent" and standing.until is None)


def _record(health: Health) -> str:
    good = health.outcomes.count("1")
    return f"{good} of its latest {len(health.outcomes)} calls went well"
