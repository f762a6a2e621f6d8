"""What may still be spent: allowances over windows, reckoned from the ledger that all sidecars share. Pure.

    Allowance ─ Window ─ Span           so much of a unit, in which time, and which time that is now
        └─ Tally <── Use, Use, ...      what of it is used, and when some of it is free again

A budget limits what costs; a quota limits one account. Both are hard: what is spent is passed over with the
reason and, where it has one, the time at which it ends; nothing relaxes it to get an answer. A use counts from the
end of its call, because a provider may see it at any moment until then and none must count it in a later window
than we do.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal

from sidecar.routing.amounts import usd_text
from sidecar.routing.route import Route, Tier
from sidecar.store.vocabulary import Use

__all__ = ["WARN_SHARE", "Allowance", "Length", "Span", "Tally", "Unit", "Window", "amount", "told", "zone"]

Length = Literal["call", "session", "5h", "day", "week", "month"]

Unit = Literal["usd", "tokens", "requests"]

WARN_SHARE = 0.8
"""From this share of an allowance on its user is warned."""

_LENGTH_S = {"5h": 5 * 3600.0, "day": 86_400.0, "week": 7 * 86_400.0, "month": 30 * 86_400.0}
"""How far a rolling window reaches back; a fixed window of 5 hours lasts as long."""

_ANCHOR_DAYS = 2
"""A chain of 5-hour windows without a pause is followed back to a midnight, so that all sidecars begin it alike."""

_CLOCK_SLACK_S = 1.0

_FOR_GOOD = float(2**53)

_DUST_USD = 1e-9
"""Sums of prices are off by less. Who is so near a limit has reached it: a provider may sum in another order."""

_NOT_SENT = frozenset({"network", "missing"})
"""Outcomes of attempts that reached nobody, so nobody counted them."""


def zone(name: str | None) -> tzinfo:
    """The time zone called *name*, UTC for None; raises KeyError, ValueError or OSError where it is not known here."""
    if name in (None, "UTC"):  # which needs no zone data: not every machine has some
        return UTC
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)


@dataclass(frozen=True, slots=True)
class Span:
    """A time from *start* up to and without *end*, in epoch seconds; it may have no end."""

    start: float
    end: float | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """In which time an allowance counts; *starts_at* and *zone* are for fixed days, weeks and months."""

    length: Length
    is_rolling: bool = False
    starts_at: time = time(0)
    zone: tzinfo = UTC

    @property
    def length_s(self) -> float:
        """How far a rolling one reaches back, and how long one lasts that is begun by a call; else 0."""
        return _LENGTH_S.get(self.length, 0.0)

    @property
    def follows_calls(self) -> bool:
        """A call begins it: five hours from the first one after the last window ended, as subscriptions have it."""
        return self.length == "5h" and not self.is_rolling

    @property
    def is_fixed(self) -> bool:
        """It begins by the clock."""
        return self.length in ("day", "week", "month") and not self.is_rolling

    def span(self, now: float, *, session_start: float = 0.0) -> Span:
        """The window that holds *now*; for one that is begun by calls, the time in which its beginning may lie."""
        if self.length in ("call", "session"):
            return Span(session_start)
        if self.is_rolling:
            return Span(now - self.length_s, None)
        if self.follows_calls:
            day = datetime.fromtimestamp(now, UTC).date() - timedelta(days=_ANCHOR_DAYS)
            return Span(datetime.combine(day, time(0), UTC).timestamp())
        day = datetime.fromtimestamp(now, self.zone).date()
        first, after = self._turns(day)
        if first > now:  # the day has begun, but not at the hour at which the window begins
            first, after = self._turns(self._first_day(day) - timedelta(days=1))
        return Span(first, after)

    def _turns(self, day: date) -> tuple[float, float]:
        first = self._first_day(day)
        match self.length:
            case "week":
                after = first + timedelta(days=7)
            case "month":
                after = (first + timedelta(days=31)).replace(day=1)
            case _:
                after = first + timedelta(days=1)
        return self._at(first), self._at(after)

    def _first_day(self, day: date) -> date:
        match self.length:
            case "week":
                return day - timedelta(days=day.weekday())
            case "month":
                return day.replace(day=1)
            case _:
                return day

    def _at(self, day: date) -> float:
        """Epoch s of *starts_at* on *day*; a time that a change of the clocks leaves out is the one after the gap."""
        return datetime.combine(day, self.starts_at, self.zone).timestamp()


@dataclass(frozen=True, slots=True)
class Allowance:
    """So much of one unit in a window; *model*, *tier* and *account* say whose uses count, None is everybody's.

    Once it is spent the same are passed over; with *stop* everybody is, for a tier's allowance from that tier on. An
    account is its provider's name and its own.
    """

    name: str
    window: Window
    unit: Unit
    limit: float
    model: str | None = None
    tier: str | None = None
    stop: bool = False
    account: tuple[str, str] | None = None
    spares: frozenset[str] | None = None
    """The endpoints (by key) that cost nothing and so are left out of it; None leaves out nobody, and counts all uses.
    Others' uses, of endpoints that are not configured here, are known by their cost."""
    unpriced: frozenset[str] = frozenset()
    """The endpoints (by key) of which nobody knows what a call costs: a limit that cannot be checked is not kept."""
    session: int | None = None
    """Only the uses of this sidecar count, by its number in the ledger; None counts everybody's."""

    @property
    def limits(self) -> bool:
        """Whether it ever ends; one that does not is there for its tally alone."""
        return self.limit < float("inf")

    @property
    def key(self) -> str:
        """What it is remembered by, in all sidecars."""
        own = "" if self.session is None else f" of {self.session}"
        return f"{self.name}{own}: {self.limit:g} {self.unit}"

    def counts(self, use: Use) -> bool:
        """Whether *use*, of whichever sidecar, took something of it."""
        return (
            self._is_for(use.model, use.tier, use.endpoint)
            and self.session in (None, use.session)
            and (self.spares is None or use.cost_usd != 0.0)
        )

    def reaches(self, model: str, tier: str, endpoint: str) -> bool:
        """Whether a call to *endpoint* (by key) in *tier* of *model* takes something of it."""
        return self._is_for(model, tier, endpoint) and (self.spares is None or endpoint not in self.spares)

    def bars(self, route: Route) -> Iterator[tuple[str, str]]:
        """Whom of *route* its end keeps out, as (tier's name, endpoint's key)."""
        if self.model not in (None, route.model):
            return
        for tier in self._reached(route.tiers):
            for endpoint in tier.endpoints:
                if self.stop or self.reaches(route.model, tier.name, endpoint.key):
                    yield tier.name, endpoint.key

    def cannot_count(self, route: Route) -> Iterator[tuple[str, str]]:
        """Whom of *route* it keeps out because nobody knows what they cost, as (tier's name, endpoint's key)."""
        if not self.unpriced:
            return
        for tier in route.tiers:
            for endpoint in tier.endpoints:
                if endpoint.key in self.unpriced and self.reaches(route.model, tier.name, endpoint.key):
                    yield tier.name, endpoint.key

    @property
    def unpriced_text(self) -> str:
        """Why who is unpriced is kept out."""
        return (
            f"its price is unknown, and {self.name} is {told(self.limit, self.unit)}; "
            "`prices` in its provider's configuration says it"
        )

    def _is_for(self, model: str, tier: str, endpoint: str) -> bool:
        if self.tier not in (None, tier) or self.model not in (None, model):
            return False
        if self.account is None:
            return True
        provider, account = self.account
        return endpoint.startswith(f"{provider}/") and endpoint.endswith(f"@{account}")

    def _reached(self, tiers: tuple[Tier, ...]) -> tuple[Tier, ...]:
        if self.tier is None:
            return tiers
        first = next((index for index, tier in enumerate(tiers) if tier.name == self.tier), len(tiers))
        return tiers[first:] if self.stop else tiers[first : first + 1]


def amount(use: Use, unit: Unit) -> float:
    """How much of *unit* a use took; what is not known counts as nothing."""
    match unit:
        case "usd":
            return use.cost_usd or 0.0
        case "tokens":
            return (use.input_tokens or 0) + (use.output_tokens or 0)
        case "requests":
            return 0.0 if use.outcome in _NOT_SENT else float(use.calls)


def told(value: float, unit: Unit) -> str:
    """An amount for readers: "$4.10", "$0.004", "1,200 tokens", "1 call"."""
    match unit:
        case "usd":
            return usd_text(value)
        case "tokens":
            return f"{value:,.0f} tokens"
        case "requests":
            return f"{value:,.0f} call{'' if value == 1 else 's'}"


class Tally:
    """What is used of one allowance; it is told every use once, and the time whenever it is asked.

    `turn` comes first: it moves the window to now, and says when what was told before does not reach any more.
    """

    __slots__ = (
        "_begun_at",
        "_entries",
        "_first",
        "_length_s",
        "_now",
        "_session_start",
        "_span",
        "_total",
        "allowance",
    )

    def __init__(self, allowance: Allowance, *, session_start: float, now: float) -> None:
        self.allowance = allowance
        self._session_start = session_start
        self._length_s = allowance.window.length_s
        self._now = now
        self._span = allowance.window.span(now, session_start=session_start)
        self._entries: list[tuple[float, float]] = []  # (end of the call, amount), where single uses matter
        self._first = 0  # of the entries that still count
        self._total = 0.0
        self._begun_at = float("-inf")  # the latest window that a call has begun

    @property
    def since(self) -> float:
        """From when on uses have to be told, epoch s."""
        return self._span.start

    def turn(self, now: float) -> bool:
        """Move on to *now*; True when the ledger has to be told anew: another window, or a clock that was set back."""
        before, self._now = self._now, now
        window = self.allowance.window
        if window.is_rolling:
            self._drop(now - self._length_s)
            return now < before - _CLOCK_SLACK_S
        span = self._span
        if span.end is not None and span.start <= now < span.end:
            return False
        return window.span(now, session_start=self._session_start).start != self._span.start

    def add(self, use: Use) -> None:
        """Count *use*, where it belongs to the allowance and its window."""
        value = amount(use, self.allowance.unit)
        if not value or use.at < self._span.start or not self.allowance.counts(use):
            return
        window = self.allowance.window
        if window.is_rolling:
            # A use from the far future was written under a wrong clock: it must not count for ever.
            if use.at < self._now + self._length_s:
                insort(self._entries, (use.at, value), lo=self._first)
                self._total += value
        elif window.follows_calls:
            self._chain(use.at, value)
        elif self._span.end is None or use.at < self._span.end:
            self._total += value

    @property
    def used(self) -> float:
        """What is used in the window that holds now."""
        return self._total if self._is_open else 0.0

    @property
    def resets_at(self) -> float | None:
        """When the window ends, or the oldest use leaves it (epoch s); None where nothing is used or it has no end."""
        window = self.allowance.window
        if window.follows_calls:
            return self._begun_at + self._length_s if self._is_open else None
        if window.is_rolling:
            return self._entries[self._first][0] + self._length_s if self._first < len(self._entries) else None
        return self._span.end

    def is_spent(self, reserved: float = 0.0) -> bool:
        """Nothing is left, the calls in flight included."""
        return self.used + reserved >= self._full

    def free_at(self, reserved: float = 0.0) -> float | None:
        """When some of a spent allowance is free again, epoch s; None is never: no end, or a limit of nothing."""
        window = self.allowance.window
        if self.allowance.limit <= 0:
            return None
        if not window.is_rolling:
            # a window that only calls in flight are about to begin is over a whole length from now, at the latest
            return self.resets_at or (self._now + self._length_s if window.follows_calls else None)
        left = self._total + reserved
        for at, value in self._entries[self._first :]:
            left -= value
            if left < self._full:
                return at + self._length_s
        return self._now + self._length_s

    def warned_until(self) -> float:
        """Until when one warning is enough, epoch s."""
        end = self._now + self._length_s if self.allowance.window.is_rolling else self.resets_at
        return end if end is not None else _FOR_GOOD

    @property
    def _full(self) -> float:
        return self.allowance.limit - (_DUST_USD if self.allowance.unit == "usd" else 0.0)

    @property
    def _is_open(self) -> bool:
        return not self.allowance.window.follows_calls or self._now < self._begun_at + self._length_s

    def _drop(self, before: float) -> None:
        while self._first < len(self._entries) and self._entries[self._first][0] <= before:
            self._total -= self._entries[self._first][1]
            self._first += 1
        if self._first == len(self._entries):
            self._entries, self._first, self._total = [], 0, 0.0  # and with them what rounding left over
        elif self._first > 1_000:
            del self._entries[: self._first]
            self._first = 0

    def _chain(self, at: float, value: float) -> None:
        """Windows begun by calls follow from one another, so a use that comes late may move all after it."""
        in_order = not self._entries or at >= self._entries[-1][0]
        insort(self._entries, (at, value))
        if not in_order:
            self._begun_at = float("-inf")
        for one_at, one_value in [(at, value)] if in_order else self._entries:
            if one_at >= self._begun_at + self._length_s:
                self._begun_at, self._total = one_at, 0.0
            self._total += one_value
