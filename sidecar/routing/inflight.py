"""What this process has under way: who has not answered yet, and how many retries that allows."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["InFlight"]

RETRY_SHARE = 0.1
RETRIES_AT_LEAST = 3
"""The retry budget, as Envoy has it: a share of the calls in flight, and a few in any case."""

STUCK_WAITING = 3
PATIENCE_S = 0.25
PATIENCE_UNKNOWN_S = 1.0
PATIENCE_UNKNOWN_SHARE = 0.25
"""Of an endpoint's own limit, where it has never shown how long it takes: many take seconds when they are well."""
PATIENCE_TIMES = 4.0


@dataclass(slots=True)
class _Watch:
    """One endpoint's attempts that have shown nothing yet, oldest first, and when it last showed anything."""

    waiting: dict[int, float] = field(default_factory=dict)
    running: set[int] = field(default_factory=set)
    """All attempts without an end yet, those that have shown something included."""
    last_sign: float = float("-inf")
    usual_s: float | None = None
    silent: int = 0
    """Attempts since then that ran into their limit without a sign."""


class InFlight:
    """Counts attempts by endpoint key; all times are seconds on one monotonic clock."""

    def __init__(self) -> None:
        self._watches: dict[str, _Watch] = {}
        self._attempts = 0
        self._retries = 0
        self._next = 0

    def began(self, key: str, now: float) -> int:
        """Note an attempt; give the number it returns to `sign` and `ended`."""
        self._next += 1
        self._attempts += 1
        watch = self._watches.setdefault(key, _Watch())
        watch.waiting[self._next] = now
        watch.running.add(self._next)
        return self._next

    def sign(self, key: str, number: int, now: float) -> None:
        """The attempt has shown its first text: its endpoint is alive."""
        watch = self._watches[key]
        began = watch.waiting.pop(number, None)
        if began is not None:
            took_s = now - began
            watch.last_sign = now
            watch.silent = 0
            watch.usual_s = took_s if watch.usual_s is None else 0.8 * watch.usual_s + 0.2 * took_s

    def ended(self, key: str, number: int) -> None:
        self._attempts -= 1
        self._watches[key].waiting.pop(number, None)
        self._watches[key].running.discard(number)

    def undecided(self, key: str, number: int) -> int:
        """How many attempts that began before attempt *number* have no end yet, and may still come to something."""
        return sum(1 for earlier in self._watches[key].running if earlier < number)

    def ran_out(self, key: str) -> None:
        """An attempt ended at its limit without a sign: it counts like one that still waits."""
        self._watches[key].silent += 1

    def is_stuck(self, key: str, now: float, *, limit_s: float) -> bool:
        """Several attempts wait there far longer than is usual, and none of them has shown a sign since.

        *limit_s* is how long each of them may wait.

        So a hanging endpoint costs its limit to the first few calls and not to everyone who comes
        before the first of them has run into it.
        """
        watch = self._watches.get(key)
        if watch is None or not watch.waiting or len(watch.waiting) + watch.silent < STUCK_WAITING:
            return False
        oldest = next(iter(watch.waiting.values()))
        if watch.usual_s is None:
            patience_s = max(PATIENCE_UNKNOWN_S, PATIENCE_UNKNOWN_SHARE * limit_s)
        else:
            patience_s = max(PATIENCE_S, PATIENCE_TIMES * watch.usual_s)
        return now - max(oldest, watch.last_sign) > patience_s

    def leash_s(self, key: str, rests: int, *, otherwise_s: float | None) -> float | None:
        """How long a test of the endpoint may wait for its first sign after *rests* rests in a row.

        Its usual time several times over, or *otherwise_s* where this process has not seen it answer; twice as long
        after each rest, for one that comes back slowly. None where neither is known.
        """
        watch = self._watches.get(key)
        usual_s = watch.usual_s if watch is not None else None
        first_s = otherwise_s if usual_s is None else max(PATIENCE_S, PATIENCE_TIMES * usual_s)
        return None if first_s is None else float(first_s * 2.0 ** min(max(0, rests - 1), 10))

    def may_retry(self) -> bool:
        """The retry budget: same-endpoint retries only, going on to another endpoint is never gated."""
        return self._retries < max(RETRIES_AT_LEAST, RETRY_SHARE * self._attempts)

    def retry_began(self) -> None:
        self._retries += 1

    def retry_ended(self) -> None:
        self._retries -= 1
