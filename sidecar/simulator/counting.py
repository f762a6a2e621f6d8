"""What a simulated provider counts against its quotas: the provider's own book, kept apart from anything of ours.

a call that is answered ──> its requests, tokens and US dollars, in the window in which it arrived
a window with nothing left ──> how long until some of it is free again
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from math import floor, inf

from sidecar.simulator.vocabulary import Quota, QuotaUnit, Reply

__all__ = ["Counted", "Counting", "QuotaState", "Usage"]

Usage = Callable[[Reply], tuple[int, int]]
"""How many tokens a reply reads and writes; asked only where a quota counts them."""


@dataclass(frozen=True, slots=True)
class QuotaState:
    """Where a quota stands after this call; *reset_s* is the time until its window ends, or until some is free."""

    limit: float
    remaining: float
    reset_s: float
    unit: QuotaUnit = "requests"


@dataclass(frozen=True, slots=True)
class Counted:
    """What one quota has counted for one account: so much used in the window that is now, so many calls refused."""

    quota: Quota
    unit: QuotaUnit
    account: str | None
    limit: float
    used: float
    refused: int


@dataclass(slots=True)
class _Book:
    """One limit of one quota for one account."""

    quota: Quota
    unit: QuotaUnit
    limit: float
    entries: deque[tuple[float, float]] = field(default_factory=deque)
    used: float = 0.0
    refused: int = 0
    _begun_s: float = -inf

    def turn(self, at_s: float) -> None:
        """Forget what was counted in windows before the one that holds *at_s*."""
        begins = self._begins(at_s)
        while self.entries and self.entries[0][0] < begins:
            self.used -= self.entries.popleft()[1]
        if not self.entries:
            self.used = 0.0

    def is_spent(self) -> bool:
        return self.used >= self.limit

    def add(self, at_s: float, value: float) -> None:
        if self.quota.kind == "chained" and at_s >= self._begun_s + self.quota.window_s:
            self._begun_s = at_s
        self.entries.append((at_s, value))
        self.used += value

    def reset_s(self, at_s: float) -> float:
        """From *at_s* until its window ends; of a rolling one, until enough of it has fallen out, or the oldest has."""
        if self.quota.kind != "rolling":
            return self._ends(at_s) - at_s
        used = self.used
        for entered_s, value in self.entries:
            used -= value
            if used < self.limit or not self.is_spent():
                return entered_s + self.quota.window_s - at_s
        return self.quota.window_s  # it never had anything to give

    def state(self, at_s: float) -> QuotaState:
        return QuotaState(self.limit, max(0.0, self.limit - self.used), self.reset_s(at_s), self.unit)

    def _begins(self, at_s: float) -> float:
        window_s, begins = self.quota.window_s, self.quota.begins_s
        match self.quota.kind:
            case "rolling":
                return at_s - window_s
            case "chained":
                return self._begun_s if at_s < self._begun_s + window_s else at_s
        if not begins:
            return floor(at_s / window_s) * window_s
        return begins[max(0, bisect_right(begins, at_s) - 1)]

    def _ends(self, at_s: float) -> float:
        window_s, begins = self.quota.window_s, self.quota.begins_s
        if self.quota.kind == "chained":
            return max(self._begun_s, at_s - window_s) + window_s if self.entries else at_s + window_s
        if not begins:
            return (floor(at_s / window_s) + 1) * window_s
        return next((after for before, after in pairwise(begins) if before <= at_s < after), at_s + window_s)


class Counting:
    """The books of one provider's *quotas*; times are seconds since the start and never go back."""

    def __init__(self, quotas: tuple[Quota, ...]) -> None:
        self._quotas = quotas
        self._books: dict[tuple[int, QuotaUnit, str | None], _Book] = {}

    def refusal(self, *, at_s: float, model: str, account: str | None) -> tuple[Quota, QuotaState] | None:
        """The first quota with nothing left for a call that arrives now, which counts as refused by it."""
        for book in self._of(model, account):
            book.turn(at_s)
            if book.is_spent():
                book.refused += 1
                return book.quota, book.state(at_s)
        return None

    def count(
        self, *, at_s: float, model: str, account: str | None, usage: Callable[[], tuple[int, int]]
    ) -> tuple[QuotaState, ...]:
        """Count a call that is answered; what is left afterwards, the least of each unit."""
        least: dict[QuotaUnit, QuotaState] = {}
        for book in self._of(model, account):
            book.turn(at_s)
            book.add(at_s, _amount(book, model, usage))
            state = book.state(at_s)
            if book.unit not in least or state.remaining < least[book.unit].remaining:
                least[book.unit] = state
        return tuple(least.values())

    def counted(self, at_s: float) -> tuple[Counted, ...]:
        """Every book that has counted anything, as it stands at *at_s*."""
        for book in self._books.values():
            book.turn(at_s)
        return tuple(
            Counted(book.quota, unit, account, book.limit, book.used, book.refused)
            for (_, unit, account), book in self._books.items()
        )

    def _of(self, model: str, account: str | None) -> Iterator[_Book]:
        for number, quota in enumerate(self._quotas):
            if quota.model not in (None, model) or quota.account not in (None, account):
                continue
            for unit, limit in _limits(quota):
                yield self._books.setdefault((number, unit, account), _Book(quota, unit, limit))


def _limits(quota: Quota) -> Iterator[tuple[QuotaUnit, float]]:
    named: tuple[tuple[QuotaUnit, float | None], ...] = (
        ("requests", quota.requests),
        ("tokens", quota.tokens),
        ("usd", quota.usd),
    )
    return ((unit, limit) for unit, limit in named if limit is not None)


def _amount(book: _Book, model: str, usage: Callable[[], tuple[int, int]]) -> float:
    if book.unit == "requests":
        return 1.0
    read, written = usage()
    if book.unit == "tokens":
        return float(read + written)
    read_usd, written_usd = book.quota.prices.get(model, (0.0, 0.0))
    return (read * read_usd + written * written_usd) / 1_000_000
