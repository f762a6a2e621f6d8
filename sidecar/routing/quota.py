"""What may still be spent: allowances over windows, reckoned from the ledger that all sidecars share.

A budget limits everything that costs; a quota limits one account. Both are hard: what is spent is
excluded from a route with the reason, and nothing relaxes it to get an answer. Windows of a day, a week and a
month begin at 00:00 UTC (weeks on Monday), `5h` is the last five hours, `session` is since this sidecar started.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from sidecar.store.vocabulary import Spending

__all__ = ["Allowance", "Window", "spent", "window_start"]

Window = Literal["session", "5h", "day", "week", "month"]


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much a set of endpoints (by key) may use in a window, and whom its end excludes; None limits nothing."""

    name: str
    window: Window
    endpoints: frozenset[str]
    limit_usd: float | None = None
    limit_tokens: int | None = None
    limit_requests: int | None = None
    excludes: frozenset[str] = frozenset()


def window_start(window: Window, *, now: float, session_start: float) -> float:
    """When the window that holds *now* began, in seconds since the epoch."""
    if window == "session":
        return session_start
    if window == "5h":
        return now - 5 * 3600
    today = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if window == "week":
        today -= timedelta(days=today.weekday())
    elif window == "month":
        today = today.replace(day=1)
    return today.timestamp()


def spent(allowance: Allowance, spendings: Sequence[Spending]) -> str | None:
    """Why nothing is left of *allowance*, given what was spent in its window; None while something is."""
    own = [spending for spending in spendings if spending.endpoint in allowance.endpoints]
    used = (
        (allowance.limit_usd, sum(item.cost_usd for item in own), "${:,.2f}"),
        (allowance.limit_tokens, sum(item.input_tokens + item.output_tokens for item in own), "{:,} tokens"),
        (allowance.limit_requests, sum(item.calls for item in own), "{:,} calls"),
    )
    for limit, amount, words in _limited(used):
        if amount >= limit:
            return f"{allowance.name} is spent: {words.format(amount)} of {words.format(limit)}"
    return None


def _limited(used: Iterable[tuple[float | None, float, str]]) -> Iterable[tuple[float, float, str]]:
    return ((limit, amount, words) for limit, amount, words in used if limit is not None)
