"""Time that is pushed instead of spent: an event loop in which an hour passes as soon as everybody waits for it.

    something is ready (a task, a socket) ──────────> it is done first, time stands still
    a thread is at work for the loop ───────────────> really waited for, time stands still
    everybody sleeps, the next one for 40 minutes ──> it is 40 minutes later

Nothing is patched: what reads the loop's clock (anyio's sleeps, deadlines, timeouts, an HTTP pool's expiry) lives in
pushed time, what does the work stays real. What two ends of one socket say to each other is exact over Unix
sockets, whose bytes have arrived when they are sent; over TCP the kernel may still be carrying them.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any, TypeVar, TypeVarTuple

import anyio
import anyio.to_thread

__all__ = ["PushedLoop", "run_pushed"]

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")

_LOOK_S = 0.05
"""How long a thread at work is really waited for before we look again; it wakes the loop itself when it is done."""


class _PushedSelector(selectors.DefaultSelector):
    """Waits for nothing but threads: with nothing else ready, the time it was asked to wait for has passed."""

    now = 0.0
    holds = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if timeout is None or self._is_held():  # where nobody sleeps, only a thread or a signal can go on from here
            return super().select(_LOOK_S)
        self.now += timeout
        return ready

    def _is_held(self) -> bool:
        return self.holds > 0 or anyio.to_thread.current_default_thread_limiter().borrowed_tokens > 0


class PushedLoop(asyncio.SelectorEventLoop):
    """The loop. Its clock begins at 0 s.

    Work in threads holds time still by itself where anyio or the loop gave it to them; for threads of one's own
    there is `held`.
    """

    def __init__(self) -> None:
        self._pushed = _PushedSelector()
        super().__init__(self._pushed)

    def time(self) -> float:
        return self._pushed.now

    @contextmanager
    def held(self) -> Iterator[None]:
        """Time stands still inside; what is awaited there is waited for in real time."""
        self._pushed.holds += 1
        try:
            yield
        finally:
            self._pushed.holds -= 1

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Arguments], T], *args: *Arguments
    ) -> asyncio.Future[T]:
        future = super().run_in_executor(executor, func, *args)
        self._pushed.holds += 1
        future.add_done_callback(self._let_go)
        return future

    async def shutdown_default_executor(self, *limit_s: float | None) -> None:
        with self.held():  # from Python 3.12 on there are 300 s for it, which would have passed before a thread ends
            await super().shutdown_default_executor(*limit_s)

    def _let_go(self, _future: object) -> None:
        self._pushed.holds -= 1


def run_pushed(function: Callable[[*Arguments], Awaitable[T]], *args: *Arguments) -> T:
    """What the coroutine *function* returns, run in pushed time from its beginning to its end."""
    options: dict[str, Any] = {"loop_factory": PushedLoop}
    return anyio.run(function, *args, backend="asyncio", backend_options=options)
