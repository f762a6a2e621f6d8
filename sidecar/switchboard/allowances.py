"""Budgets and quotas as they stand: the ledger followed call by call, and what it leaves to spend.

    settings ──> Allowance ──> Tally <── uses, as the ledger has them (of all sidecars)
    Router ──spent?──> who is passed over     ──grant?──> one request, reserved     ──recorded──> a warning at 80 %

A limit in calls is exact: a request is reserved before it is sent, in one transaction with a look at all that were
reserved before it. Limits in tokens and US dollars are known once a call is over; they are passed by calls in flight
at most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from typing import TYPE_CHECKING

import anyio.to_thread

from sidecar.errors import StateError
from sidecar.providers.vocabulary import Request
from sidecar.routing.affording import Price, affordable, estimated_tokens
from sidecar.routing.endpoints import Endpoint
from sidecar.routing.notes import note
from sidecar.routing.plan import clock_text
from sidecar.routing.quota import WARN_SHARE, Allowance, Tally, Unit, Window, amount, told, zone
from sidecar.routing.route import Place, Route
from sidecar.routing.seams import Granted, Spent, Wanted, Withheld
from sidecar.store.vocabulary import Call, Meter, Reservation, Use
from sidecar.switchboard.reckoning import AS_LAST_KNOWN, Reckoning, uses_of

if TYPE_CHECKING:
    from sidecar.config import model as configured
    from sidecar.store.store import Store

__all__ = ["Allowances", "Payer", "allowances_of"]


@dataclass(frozen=True, slots=True)
class Payer:
    """One endpoint as far as money goes: whose account it is on, with which quotas, and whether it costs."""

    endpoint: Endpoint
    costs: bool
    quotas: tuple[configured.Quota, ...] = ()
    is_priced: bool = True
    """It is known what a call costs, before it or from its answer."""


def allowances_of(
    budgets: Iterable[configured.Budget], payers: Iterable[Payer], *, session: int
) -> Iterator[Allowance]:
    """Everything that limits *payers*; a limit in each unit is an allowance of its own.

    A budget leaves out what costs nothing, except where it stops, or is in tokens and names its tier.
    """
    payers = tuple(payers)
    free = frozenset(payer.endpoint.key for payer in payers if not payer.costs)
    unpriced = frozenset(payer.endpoint.key for payer in payers if not payer.is_priced)
    for budget in budgets:
        for unit, limit in _limits(budget.limit_usd, budget.limit_tokens):
            stop = budget.over == "stop"
            reaches_all = stop or (unit == "tokens" and budget.tier is not None)
            yield Allowance(
                _budget_name(budget),
                Window(budget.window),
                unit,
                limit,
                model=budget.model,
                tier=budget.tier,
                stop=stop,
                spares=None if reaches_all else free,
                session=session if budget.window == "session" else None,
                unpriced=unpriced if unit == "usd" else frozenset(),
            )
    quotas = {(payer.endpoint.provider, payer.endpoint.account): payer.quotas for payer in payers}
    for (provider, account), own in quotas.items():
        for quota in own:
            name = f"the {quota.window} quota of {provider}@{account}"
            for unit, limit in _limits(quota.limit_usd, quota.limit_tokens, quota.limit_requests):
                yield Allowance(
                    name,
                    _window_of(quota),
                    unit,
                    limit,
                    account=(provider, account),
                    unpriced=unpriced if unit == "usd" else frozenset(),
                )


def _budget_name(budget: configured.Budget) -> str:
    names = (("model", budget.model), ("tier", budget.tier))
    whose = "".join(f" for {what} {name}" for what, name in names if name is not None)
    return f"the {budget.window}'s budget{whose}"


def _limits(usd: float | None, tokens: int | None, requests: int | None = None) -> Iterator[tuple[Unit, float]]:
    named: tuple[tuple[Unit, float | None], ...] = (("usd", usd), ("tokens", tokens), ("requests", requests))
    return ((unit, limit) for unit, limit in named if limit is not None)


def _window_of(quota: configured.Quota) -> Window:
    is_rolling = quota.window == "5h" if quota.kind is None else quota.kind == "rolling"
    starts_at = time.fromisoformat(quota.starts_at) if quota.starts_at else time(0)
    return Window(quota.window, is_rolling, starts_at, zone(quota.time_zone))


class Allowances:
    """What the allowances of one configuration leave, for one sidecar.

    *reckoning* follows the lasting ones, *of_calls* are those of single calls; *clock* is the wall clock (epoch s),
    *price* what tokens cost at an endpoint, *writes* how many an answer there can have, *count* how many are in a text.
    All methods are for one event loop.
    """

    def __init__(
        self,
        reckoning: Reckoning,
        of_calls: Iterable[Allowance] = (),
        *,
        store: Store,
        clock: Callable[[], float],
        price: Price,
        writes: Callable[[Endpoint], int | None],
        count: Callable[[str], int],
    ) -> None:
        self._reckoning = reckoning
        self._of_calls = tuple(of_calls)
        self._limits_any = any(tally.allowance.limits for tally in reckoning.tallies)
        every = [tally.allowance for tally in reckoning.tallies]
        self._blind = tuple(one for one in (*every, *self._of_calls) if one.unpriced)
        self._reserving = frozenset(one.account for one in every if one.unit == "requests" and one.limits)
        self._store = store
        self._clock = clock
        self._price = price
        self._writes = writes
        self._count = count
        self._warned: dict[str, float] = {}

    # what the router asks

    async def spent(self, route: Route, notes: list[str]) -> Mapping[Place, Spent]:
        """Where in *route* nothing may be spent now, with the reason and the end that is farthest, if it has one."""
        if not self._limits_any:
            return self._uncountable(route)
        await self._reckoning.follow(notes)
        found: dict[Place, Spent] = {}
        for tally in self._reckoning.tallies:
            reserved = self._reckoning.reserved(tally.allowance)
            if tally.is_spent(reserved):
                spent = Spent(_spent_text(tally, reserved), tally.free_at(reserved))
                for place in tally.allowance.bars(route):
                    found[place] = _later(found.get(place), spent)
        return found | self._uncountable(route) if self._blind else found

    def _uncountable(self, route: Route) -> dict[Place, Spent]:
        """Who is kept out because nobody knows what they cost, of a limit that would have to count it."""
        return {place: Spent(one.unpriced_text) for one in self._blind for place in one.cannot_count(route)}

    async def grant(self, wanted: Wanted, notes: list[str]) -> Granted | Withheld:
        """The request as it may be sent: within its call's budget, and reserved where calls are limited."""
        granted = await self._affordable(wanted) if self._of_calls else wanted.request
        if isinstance(granted, Withheld):
            return granted
        if (wanted.endpoint.provider, wanted.endpoint.account) not in self._reserving:
            return Granted(granted)
        own = Reservation(wanted.route.model, wanted.tier, wanted.endpoint.key, wanted.ends_at)
        try:
            number = await self._reckoning.reserve(own)
            if (reason := self._just_spent(own, number)) is not None:
                await self._store.release((number,))
                return Withheld(reason, is_passing=True)
        except StateError as broken:
            note(notes, f"{AS_LAST_KNOWN}: {broken}")
            return Granted(granted)
        return Granted(granted, number)

    def _just_spent(self, own: Reservation, number: int) -> str | None:
        """Why a request reserved as *number* may not be made after those reserved before it; None where it may."""
        for tally in self._reckoning.tallies:
            one = tally.allowance
            if one.unit == "requests" and one.reaches(own.model, own.tier, own.endpoint):
                earlier = self._reckoning.reserved(one, before=number)
                if tally.is_spent(earlier):
                    return _spent_text(tally, earlier)
        return None

    async def _affordable(self, wanted: Wanted) -> Request | Withheld:
        reaching = [one for one in self._of_calls if one.reaches(wanted.route.model, wanted.tier, wanted.endpoint.key)]
        if not reaching:
            return wanted.request
        # counting 200 MB takes seconds
        read = await anyio.to_thread.run_sync(estimated_tokens, wanted.request, self._count)
        return affordable(wanted, reaching, read=read, price=self._price, writes=self._writes(wanted.endpoint))

    async def recorded(self, call: Call, notes: list[str], *, is_saved: bool) -> None:
        """Count a call that could not be saved, and warn of what is nearly spent by this one, once in its window."""
        if not self._limits_any or not call.attempts:
            return
        uses = tuple(uses_of(call, session=self._store.session))
        if not is_saved:
            self._reckoning.keep(call)
            uses = ()
        if not any(self._may_warn(tally, uses) for tally in self._reckoning.tallies):
            return
        await self._reckoning.follow(notes)
        near = {tally.allowance.key: tally for tally in self._reckoning.tallies if self._may_warn(tally)}
        first = await self._first_told({key: tally.warned_until() for key, tally in near.items()}, notes)
        notes.extend(_warning(near[key]) for key in first)

    def caught_up(self, call: Call) -> None:
        """Count *call* where the ledger has it, and no longer beside it."""
        self._reckoning.forget(call)

    async def used(self, notes: list[str]) -> tuple[tuple[Allowance, float], ...]:
        """Every lasting budget and quota, with what of it is used in its window."""
        await self._reckoning.follow(notes)
        return tuple((tally.allowance, tally.used) for tally in self._reckoning.tallies if tally.allowance.limits)

    async def lines(self) -> list[str]:
        """One line for each budget and quota, with what of it is used, and for each window a provider told us of."""
        notes: list[str] = []
        await self._reckoning.follow(notes)
        now = self._clock()
        lasting = [
            _line(tally, self._reckoning.reserved(tally.allowance), now)
            for tally in self._reckoning.tallies
            if tally.allowance.limits
        ]
        of_calls = (f"{one.name}: at most {told(one.limit, one.unit)}{_over_text(one)}" for one in self._of_calls)
        return [*lasting, *of_calls, *(_meter_line(meter, now) for meter in await self._meters(notes)), *notes]

    async def _meters(self, notes: list[str]) -> list[Meter]:
        try:
            return await self._store.meters()
        except StateError as broken:
            note(notes, f"{AS_LAST_KNOWN}: {broken}")
            return []

    # what is told in advance

    def _may_warn(self, tally: Tally, uses: Sequence[Use] = ()) -> bool:
        """Whether *tally*, with *uses* that the ledger has but we have not read, is nearly spent and untold."""
        allowance = tally.allowance
        more = sum(amount(use, allowance.unit) for use in uses if allowance.counts(use))
        is_near = allowance.limit > 0 and tally.used + more >= WARN_SHARE * allowance.limit
        return is_near and self._warned.get(allowance.key, 0.0) <= self._clock()

    async def _first_told(self, untils: Mapping[str, float], notes: list[str]) -> tuple[str, ...]:
        """Those that nobody was told of before; what concerns this sidecar alone is remembered here alone."""
        self._warned.update(untils)
        own = {tally.allowance.key for tally in self._reckoning.tallies if tally.allowance.session is not None}
        shared = {key: until for key, until in untils.items() if key not in own}
        try:
            first = await self._store.warn(shared) if shared else ()
        except StateError as broken:
            note(notes, f"{AS_LAST_KNOWN}: {broken}")
            first = tuple(shared)
        return (*first, *(key for key in untils if key in own))


def _later(one: Spent | None, other: Spent) -> Spent:
    """The one that lasts longer; what has no end lasts longest."""
    if one is None or other.until is None:
        return other
    return one if one.until is None or one.until >= other.until else other


def _spent_text(tally: Tally, reserved: float) -> str:
    one = tally.allowance
    flight = f", {reserved:.0f} of them in flight" if reserved else ""
    used = told(tally.used + reserved, one.unit)
    return f"{one.name} is spent: {used} of {told(one.limit, one.unit)}{flight}"


def _warning(tally: Tally) -> str:
    one = tally.allowance
    used = f"{told(tally.used, one.unit)} of {told(one.limit, one.unit)}"
    return f"{one.name} is {_percent(tally.used, one.limit)} used: {used}"


def _line(tally: Tally, reserved: float, now: float) -> str:
    one = tally.allowance
    share = f" ({_percent(tally.used, one.limit)})" if one.limit > 0 else ""
    near = "; nearly spent" if tally.used >= WARN_SHARE * one.limit and not tally.is_spent(reserved) else ""
    flight = f", {reserved:.0f} in flight" if reserved else ""
    until = tally.free_at(reserved) if tally.is_spent(reserved) else tally.resets_at
    if tally.is_spent(reserved):
        again = f"; spent, again from {clock_text(until, now)}" if until is not None else "; spent"
    elif until is None:
        again = ""
    else:
        again = f"; {'the oldest falls out' if one.window.is_rolling else 'resets'} at {clock_text(until, now)}"
    used = f"{told(tally.used, one.unit)} of {told(one.limit, one.unit)}"
    return f"{one.name}: {used}{share}{flight}{near}{again}{_over_text(one)}"


def _meter_line(meter: Meter, now: float) -> str:
    whose = meter.scope.partition(":")[2]
    if meter.limit == 1:
        left = f"{100 * meter.left:.0f} % left"
    else:
        left = f"{meter.left:,.0f}{f' of {meter.limit:,.0f}' if meter.limit is not None else ''} left"
    resets = f"resets at {clock_text(meter.resets_at, now)}"
    return f"{whose}, {meter.name}: {left}; {resets} (its provider's word at {clock_text(meter.seen_at, now)})"


def _over_text(one: Allowance) -> str:
    return "; over it nobody is asked" if one.stop else ""


def _percent(used: float, limit: float) -> str:
    return f"{100 * used / limit:.0f} %"
