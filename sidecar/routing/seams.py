"""What routing asks of others: whether something may be spent, and what is remembered across processes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sidecar.providers.vocabulary import Request
from sidecar.routing.endpoints import Endpoint
from sidecar.routing.route import Place, Route
from sidecar.routing.vocabulary import Attempt
from sidecar.store.vocabulary import Call, Health, Turn

__all__ = ["Granted", "HealthBook", "Limiter", "Spent", "Wanted", "Withheld"]


@dataclass(frozen=True, slots=True)
class Spent:
    """Why nothing may be spent at a place, and when some of it is free again (epoch s), None where that is never."""

    reason: str
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request about to be sent; *attempts* are what its call made before it, *ends_at* (epoch s) ends the call."""

    route: Route
    tier: str
    endpoint: Endpoint
    request: Request
    attempts: Sequence[Attempt]
    ends_at: float


@dataclass(frozen=True, slots=True)
class Granted:
    """*request* may be sent as it is here; *reserved*, where it is not 0, is given back when its call is recorded."""

    request: Request
    reserved: int = 0


@dataclass(frozen=True, slots=True)
class Withheld:
    """A request that may not be sent: over the budget of its call, or just spent by another one (*is_passing*)."""

    reason: str
    is_passing: bool = False
    ends_call: bool = False
    """Nobody else may be asked either."""


class Limiter(Protocol):
    """What routing asks about budgets and quotas. A state that fails is told in *notes*, never raised."""

    async def spent(self, route: Route, notes: list[str]) -> Mapping[Place, Spent]:
        """Where in *route* nothing may be spent now; a place that is absent is open."""
        ...

    async def grant(self, wanted: Wanted, notes: list[str]) -> Granted | Withheld:
        """Whether a request may be sent, at the moment at which it is about to be."""
        ...

    async def recorded(self, call: Call, notes: list[str], *, is_saved: bool) -> None:
        """Take note of a call that is over; what is nearly spent by it is told in *notes*."""
        ...

    def caught_up(self, call: Call) -> None:
        """Take note that *call*, which could not be saved when it was over, is in the ledger now."""
        ...


class HealthBook(Protocol):
    """What routing asks of the store. Any `StateError` it raises costs memory, never an answer."""

    async def health(self) -> Mapping[str, Health]:
        """Everything remembered, by scope key; a key that is absent is well."""
        ...

    async def change_health(self, keys: Sequence[str], change: Callable[[str, Health], Health]) -> Mapping[str, Health]:
        """Apply a pure *change* to each key in one transaction across processes; the new values."""
        ...

    async def record_call(
        self,
        call: Call,
        *,
        thread: str | None = None,
        turns: Sequence[Turn] = (),
        healths: Callable[[str, Health], Health] | None = None,
        health_keys: Sequence[str] = (),
        reserved: Sequence[int] = (),
    ) -> None:
        """Ledger, turns, health and the end of reservations in one transaction, on disk when this returns."""
        ...

    async def say(self, thread: str, turns: Sequence[Turn]) -> None:
        """Turns that are of no single call, on disk when this returns."""
        ...
