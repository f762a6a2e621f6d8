"""A second request beside a slow first one: the first whole answer counts, the other request is cancelled.

    first ──sent──> no word for as long as 95 of 100 of its calls take ──> second, if the budget allows
      └──────────────── answered first ────────────────┴── answered first

Only before the first text, and only among endpoints that cost nothing more per call: many providers bill the loser in
full (Bedrock, Groq, Google, Mistral).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import anyio

from sidecar.errors import SidecarError

__all__ = ["SHARE", "HedgeBudget", "Race"]

T = TypeVar("T")

SHARE = 0.05
"""At most so many of the calls that might be asked twice are."""


class HedgeBudget:
    """Counts, for one process, the calls that might be asked twice, and those that were."""

    def __init__(self) -> None:
        self._calls = 0
        self._hedged = 0

    def called(self) -> None:
        self._calls += 1

    def take(self) -> bool:
        """Whether a second request may be sent now; it counts as sent."""
        if self._hedged + 1 > SHARE * self._calls:
            return False
        self._hedged += 1
        return True


class Race(Generic[T]):
    """Two requests, of which the second begins late or not at all.

    *settles* says whether an outcome ends the race. The first tells when it is `sent` and when it `spoke`.
    """

    def __init__(self, settles: Callable[[T], bool]) -> None:
        self._settles = settles
        self._sent = anyio.Event()
        self._spoke = anyio.Event()
        self.began_second = False

    def sent(self) -> None:
        self._sent.set()

    def spoke(self) -> None:
        self._spoke.set()

    async def run(
        self,
        first: Callable[[], Awaitable[T]],
        second: Callable[[], Awaitable[T]],
        *,
        after_s: float,
        may_begin: Callable[[], Awaitable[bool]],
    ) -> list[tuple[int, T]]:
        """What came of them in the order in which it came, each with its number, 0 or 1.

        The last one settles the race, unless none does; whoever is left out was cancelled or never began. *may_begin*
        is asked after *after_s* seconds without a word from the first.
        """
        came: list[tuple[int, T]] = []
        failed: list[SidecarError] = []
        async with anyio.create_task_group() as group:

            async def go(number: int, request: Callable[[], Awaitable[T]]) -> None:
                try:
                    outcome = await request()
                except SidecarError as error:  # raised outside: a task group would wrap it
                    failed.append(error)
                    group.cancel_scope.cancel()
                    return
                finally:
                    if number == 0:  # nobody waits for a word any more
                        self.sent()
                        self.spoke()
                if not any(self._settles(other) for _, other in came):
                    came.append((number, outcome))
                if self._settles(outcome):
                    group.cancel_scope.cancel()

            async def go_later() -> None:
                await self._sent.wait()
                with anyio.move_on_after(after_s):
                    await self._spoke.wait()
                if not self._spoke.is_set() and await may_begin():
                    self.began_second = True
                    await go(1, second)

            group.start_soon(go_later)
            await go(0, first)
        if failed:
            raise failed[0]
        return came
