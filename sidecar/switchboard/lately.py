"""What the ledger says of endpoints of late, looked up now and then and never in the way of a call.

a call to a route that listens ──> Router            (its answer takes a while)
                └─ beside it, every ten seconds ──> ledger ──> routes, arranged anew
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import anyio

from sidecar.errors import SidecarError, StateError
from sidecar.log import log

if TYPE_CHECKING:
    from sidecar.store.store import Store
    from sidecar.switchboard.routes import Routes

__all__ = ["Lately"]

T = TypeVar("T")

WINDOW_S = 86_400.0
"""What is longer ago says nothing of today."""
FRESH_S = 10.0
"""What was looked up so short a time ago is good."""
STALE_S = 60.0
"""What was looked up so long ago is worth waiting for: nobody calls so seldom and minds 5 ms."""


class Lately:
    """Keeps *routes* told of what *store* says; *clock* is the wall clock (epoch s)."""

    def __init__(self, store: Store, routes: Routes, clock: Callable[[], float]) -> None:
        self._store = store
        self._routes = routes
        self._clock = clock
        self._looked_at = float("-inf")
        self._known: frozenset[str] = frozenset()

    async def catch_up(self) -> None:
        """Look now where somebody listens who was told nothing yet, or nothing for a minute."""
        listening = self._routes.listening
        if listening and (listening != self._known or self._age_s() > STALE_S):
            await self._look(self._begun())

    async def beside(self, call: Callable[[], Awaitable[T]]) -> T:
        """What *call* returns or raises; while it waits for its answer, what is known is brought up to date."""
        if not self._routes.listening or self._age_s() <= FRESH_S:
            return await call()
        failed: SidecarError | None = None
        async with anyio.create_task_group() as group:
            group.start_soon(self._look, self._begun())
            try:
                done = await call()
            except SidecarError as error:  # raised outside: a task group would wrap it
                failed = error
        if failed is not None:
            raise failed
        return done

    def _age_s(self) -> float:
        return abs(self._clock() - self._looked_at)  # a clock that was set back makes old, too

    def _begun(self) -> frozenset[str]:
        """Whom to look at, with nobody else looking for a while."""
        self._looked_at, self._known = self._clock(), self._routes.listening
        return self._known

    async def _look(self, endpoints: frozenset[str]) -> None:
        try:
            found = await self._store.experience(endpoints, self._clock() - WINDOW_S)
        except StateError as broken:
            log().warning("the ledger cannot be read; tiers keep the order they have", reason=str(broken))
        else:
            self._routes.learn(found)
