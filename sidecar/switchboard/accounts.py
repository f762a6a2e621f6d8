"""The accounts of one configuration: who goes first now, by what the ledger says of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from sidecar.errors import StateError
from sidecar.log import log
from sidecar.routing.accounts import Account, AccountOrder, Usage, in_order
from sidecar.routing.endpoints import Endpoint
from sidecar.routing.quota import Allowance, Unit, Window
from sidecar.routing.route import Route

if TYPE_CHECKING:
    from sidecar.store.store import Store
    from sidecar.store.vocabulary import Meter
    from sidecar.switchboard.reckoning import Reckoning

__all__ = ["Accounts", "watched"]

_FRESH_S = 1.0
"""An order follows the ledger this closely; calls read it for their limits anyway, so this is rarely a look more."""

_METERS_FRESH_S = 5.0
"""What providers say of windows that last for hours is looked up this often."""

_UNITS: tuple[Unit, ...] = ("tokens", "requests")


def watched(endpoints: Iterable[Endpoint], orders: Mapping[str, AccountOrder]) -> Iterator[Allowance]:
    """What has to be reckoned for accounts of which the least used goes first: allowances that limit nothing."""
    least_used = (one for one in endpoints if orders.get(one.provider) == "least-used")
    for account in dict.fromkeys((one.provider, one.account) for one in least_used):
        for unit in _UNITS:
            name = f"the use of {'@'.join(account)}"
            yield Allowance(name, Window("day", is_rolling=True), unit, float("inf"), account=account)


class Accounts:
    """Puts the accounts of a route in order, call by call.

    *orders* are by provider's name, *weights* by account; *clock* is the wall clock (epoch s).
    """

    def __init__(
        self,
        orders: Mapping[str, AccountOrder],
        weights: Mapping[Account, float],
        *,
        reckoning: Reckoning,
        store: Store,
        clock: Callable[[], float],
    ) -> None:
        self._orders = {name: order for name, order in orders.items() if order != "listed"}
        self._weights = weights
        self._reckoning = reckoning
        self._store = store
        self._meters: Sequence[Meter] = ()
        self._metered_at = float("-inf")
        self._clock = clock

    async def in_order(self, route: Route, random: Callable[[], float]) -> Route:
        """*route* with the accounts of each of its targets in their order now; *random* is from 0 up to 1."""
        orders = {
            endpoint.provider: order
            for endpoint in route.endpoints
            if (order := self._orders.get(endpoint.provider)) is not None
        }
        if not orders:
            return route
        now = self._clock()
        if {"least-used", "soonest-reset"} & set(orders.values()) and abs(now - self._reckoning.looked_at) > _FRESH_S:
            # A ledger that cannot be read is told by the call itself, which asks it for its limits.
            await self._reckoning.follow([])
        if "soonest-reset" in orders.values() and abs(now - self._metered_at) > _METERS_FRESH_S:
            await self._look(now)
        return in_order(route, orders, self._usages(now), random, now=now)

    async def _look(self, now: float) -> None:
        self._metered_at = now
        try:
            self._meters = await self._store.meters()
        except StateError as broken:
            log().warning("what providers said is left cannot be read", reason=str(broken))

    def _usages(self, now: float) -> Mapping[Account, Usage]:
        tokens: dict[Account, float] = {}
        calls: dict[Account, float] = {}
        lost_at: dict[Account, float] = {}
        for tally in self._reckoning.tallies:
            one = tally.allowance
            if one.account is None:
                continue
            if not one.limits:
                (tokens if one.unit == "tokens" else calls)[one.account] = tally.used
            elif (ends := tally.resets_at) is not None:  # a spent one is passed over anyway
                lost_at[one.account] = min(ends, lost_at.get(one.account, ends))
        for meter in self._meters:
            owner = _account_of(meter)
            if owner is not None and meter.left > 0 and meter.resets_at > now:
                lost_at[owner] = min(meter.resets_at, lost_at.get(owner, meter.resets_at))
        known = self._weights.keys() | tokens.keys() | lost_at.keys()
        return {
            account: Usage(
                self._weights.get(account, 1.0), tokens.get(account, 0.0), calls.get(account, 0.0), lost_at.get(account)
            )
            for account in known
        }


def _account_of(meter: Meter) -> Account | None:
    """Whose account a window is of: its health key ends in "provider/model@account", or "provider@account"."""
    _, _, whose = meter.scope.partition(":")
    target, at, account = whose.rpartition("@")
    return (target.partition("/")[0], account) if at else None
