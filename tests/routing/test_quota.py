from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.routing.quota import Allowance, Window, spent, window_start
from sidecar.store.vocabulary import Spending

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC).timestamp()  # a Wednesday


def used(endpoint: str, *, calls: int = 1, tokens: int = 0, cost_usd: float = 0.0) -> Spending:
    return Spending(endpoint, calls, calls, tokens, 0, cost_usd, 0)


@pytest.mark.parametrize(
    ("window", "began"),
    [
        ("session", "2026-11-25T11:30:00"),
        ("5h", "2026-11-25T07:00:00"),
        ("day", "2026-11-25T00:00:00"),
        ("week", "2026-11-23T00:00:00"),
        ("month", "2026-11-01T00:00:00"),
    ],
)
def test_windows_begin_where_they_say(window: Window, began: str) -> None:
    start = window_start(window, now=NOON, session_start=NOON - 1800)
    assert datetime.fromtimestamp(start, UTC).isoformat() == f"{began}+00:00"


@given(st.floats(0, 4_000_000_000), st.sampled_from(["5h", "day", "week", "month"]))
def test_a_window_holds_the_moment_it_is_asked_for(now: float, window: Window) -> None:
    start = window_start(window, now=now, session_start=0)
    assert start <= now < start + 32 * 86_400


def test_only_the_endpoints_of_an_allowance_count() -> None:
    allowance = Allowance("the day's budget", "day", frozenset({"a/m@x"}), limit_usd=5)
    assert spent(allowance, [used("b/m@x", cost_usd=100), used("a/m@x", cost_usd=4.99)]) is None
    assert spent(allowance, [used("a/m@x", cost_usd=5)]) == "the day's budget is spent: $5.00 of $5.00"


def test_tokens_and_calls_are_limits_too() -> None:
    tokens = Allowance("quota", "5h", frozenset({"a"}), limit_tokens=1_000)
    assert spent(tokens, [used("a", tokens=1_200)]) == "quota is spent: 1,200 tokens of 1,000 tokens"
    calls = Allowance("quota", "5h", frozenset({"a"}), limit_requests=2)
    assert spent(calls, [used("a", calls=1)]) is None
    assert spent(calls, [used("a", calls=2)]) == "quota is spent: 2 calls of 2 calls"


@given(st.integers(0, 10), st.integers(0, 10))
def test_what_is_spent_stays_spent(first: int, more: int) -> None:
    allowance = Allowance("quota", "day", frozenset({"a"}), limit_requests=5)
    if spent(allowance, [used("a", calls=first)]) is not None:
        assert spent(allowance, [used("a", calls=first + more)]) is not None
