"""The ledger followed for every allowance there is: each use is read once, whoever asks, and counted where it belongs.

    ledger ──news──> Reckoning ──> Tally, Tally, ...   one for each allowance, in their order

Looks at the ledger are made in another thread and may come back in another order than they were made in; each knows
its place, so nothing is counted twice and nothing is missed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sidecar.errors import StateError
from sidecar.routing.notes import note
from sidecar.routing.quota import Allowance, Tally
from sidecar.store.vocabulary import Call, Health, News, Position, Reservation, Since, Turn, Use

if TYPE_CHECKING:
    from sidecar.store.store import Store

__all__ = ["AS_LAST_KNOWN", "FollowedBook", "Reckoning", "uses_of"]

AS_LAST_KNOWN = "budgets and quotas are as this sidecar last knew them"

_RECENT_S = 6 * 3600.0
"""Uses of the last hours are read one by one; those before leave a rolling window a step late at most, never early."""
_STEP_S = 900.0
"""No step reaches over the beginning of a window: the hours of all time zones begin at a quarter of one."""
_FINE_STEP_S = 60.0
"""Where a window begins at another minute."""

_FRESH_S = 0.05
"""A look is for the call that made it, which asks for its limits at once."""


class FollowedBook:
    """The store as routing has it, whose look at the healths reads on in the ledger as well: one question for both."""

    def __init__(self, store: Store, reckoning: Reckoning) -> None:
        self._store = store
        self._reckoning = reckoning

    async def health(self) -> Mapping[str, Health]:
        return await self._reckoning.look()

    async def change_health(self, keys: Sequence[str], change: Callable[[str, Health], Health]) -> Mapping[str, Health]:
        return await self._store.change_health(keys, change)

    async def record_call(self, call: Call, **more: Any) -> None:
        await self._store.record_call(call, **more)

    async def say(self, thread: str, turns: Sequence[Turn]) -> None:
        await self._store.say(thread, turns)


class Reckoning:
    """What is used of *allowances*, as this sidecar last read it; all methods are for one event loop.

    *clock* is the wall clock (epoch s), *session_start* when this sidecar began.
    """

    def __init__(
        self, allowances: Iterable[Allowance], *, store: Store, clock: Callable[[], float], session_start: float
    ) -> None:
        self._allowances = tuple(allowances)
        self._store = store
        self._clock = clock
        self._session_start = session_start
        self._position: Position | None = None
        self._number = 0
        self._is_fresh = False
        self._reserved: tuple[Reservation, ...] = ()
        self._unsaved: list[Call] = []
        self.tallies: tuple[Tally, ...] = ()
        """One for each allowance, in their order; others stand here once a window has ended."""
        self.looked_at = float("-inf")
        """When the ledger was last asked, epoch s."""
        self._begin(clock())

    async def look(self) -> Mapping[str, Health]:
        """The health of every scope, read in one go with what the ledger has that is new; raises StateError."""
        if not self._allowances:
            return await self._store.health()
        position, since = self._asked_from()
        healths, news = await self._store.look(position, since=since)
        self._take(news)
        self._is_fresh = self._position is not None
        return healths

    async def follow(self, notes: list[str]) -> None:
        """Read on to where the ledger is now; where that fails, what is known stands, and *notes* tell.

        A look just before is enough for one.
        """
        if not self._allowances:
            return
        is_fresh, self._is_fresh = self._is_fresh, False
        if is_fresh and abs(self._clock() - self.looked_at) < _FRESH_S:
            return
        try:
            await self._follow()
        except StateError as broken:
            note(notes, f"{AS_LAST_KNOWN}: {broken}")

    async def reserve(self, wanted: Reservation) -> int:
        """Reserve a request and read on, in one transaction; its number. Raises StateError."""
        position, since = self._asked_from()
        news = await self._store.reserve(wanted, position, since=since)
        self._take(news)
        if self._position is None:
            await self._follow()
        return news.own

    def reserved(self, allowance: Allowance, *, before: int | None = None) -> float:
        """The requests in flight that take from *allowance*; only those reserved *before* a number, where given."""
        if allowance.unit != "requests" or not self._reserved:
            return 0.0
        now = self._clock()
        return float(
            sum(
                one.until > now
                and (before is None or one.number < before)
                and allowance.reaches(one.model, one.tier, one.endpoint)
                for one in self._reserved
            )
        )

    def keep(self, call: Call) -> None:
        """Count a call that the ledger could not take, here alone, until it is there."""
        self._unsaved.append(call)
        self._add(uses_of(call, session=self._store.session))

    def forget(self, call: Call) -> None:
        """Count *call* no more beside the ledger, which has it now."""
        self._unsaved = [kept for kept in self._unsaved if kept is not call]
        self._begin(self._clock())

    async def _follow(self) -> None:
        for _ in range(2):  # what was asked for before a window ended does not reach back far enough for the next
            position, since = self._asked_from()
            self._take(await self._store.news(position, since=since))
            if self._position is not None:
                return

    def _begin(self, now: float) -> None:
        """Tallies of the windows that hold *now*, with nothing in them but what could not be saved."""
        self._position = None
        self.tallies = tuple(Tally(one, session_start=self._session_start, now=now) for one in self._allowances)
        for call in self._unsaved:
            self._add(uses_of(call, session=self._store.session))

    def _asked_from(self) -> tuple[Position | None, Since]:
        """Where to read on; from the start, once a window has ended or the clock was set back."""
        now = self.looked_at = self._clock()
        if self._has_turned():
            self._begin(now)
        start = min((tally.since for tally in self.tallies), default=now)
        if self._position is not None:
            return self._position, Since(start)
        chained = [tally.since for tally in self.tallies if tally.allowance.window.follows_calls]
        windows = [(tally.allowance.window, tally.since) for tally in self.tallies]
        is_even = all(begins % _STEP_S == 0 for window, begins in windows if window.is_fixed)
        return None, Since(start, min((now - _RECENT_S, *chained)), _STEP_S if is_even else _FINE_STEP_S)

    def _has_turned(self) -> bool:
        """Move every window to now; whether the ledger has to be read anew for one."""
        now = self._clock()
        return any([tally.turn(now) for tally in self.tallies])  # noqa: C419 - every one of them is moved

    def _take(self, news: News) -> None:
        is_latest = news.number > self._number
        if self._position is None or news.position.file != self._position.file:
            if not (is_latest and news.is_anew):
                return
            self._begin(self._clock())
            seen = 0
        else:
            seen = self._position.call
        self._add(use for use in news.uses if use.call > seen)
        self._position = Position(news.position.file, max(seen, news.position.call))
        if is_latest:
            self._number, self._reserved = news.number, news.reserved

    def _add(self, uses: Iterable[Use]) -> None:
        for use in uses:
            for tally in self.tallies:
                tally.add(use)


def uses_of(call: Call, *, session: int) -> Iterator[Use]:
    """What *call* takes from allowances, as the ledger has it."""
    for attempt in call.attempts:
        yield Use(
            call=0,
            at=call.asked_at + call.took_s,
            session=session,
            model=call.model,
            tier=attempt.tier,
            endpoint=attempt.endpoint,
            outcome=attempt.outcome,
            input_tokens=attempt.input_tokens,
            output_tokens=attempt.output_tokens,
            cost_usd=attempt.cost_usd,
        )
