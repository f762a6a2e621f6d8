"""What a record says, and how far a few calls are believed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.routing.record import Record, combined, estimates, latency_s, reliability, tokens_per_s
from sidecar.store.vocabulary import Experience


def waits(*seconds: float) -> Record:
    return Record(len(seconds), len(seconds), tuple(sorted(seconds)))


def test_what_is_the_callers_or_nobodys_doing_is_no_failure() -> None:
    outcomes = {"answered": 3, "server": 1, "caller": 5, "too-long": 2, "policy": 1, "outrun": 4, "slow": 1}
    assert reliability(combined([Experience("a", outcomes)])) == (0.75, 4)
    assert reliability(combined([])) is None


def test_accounts_of_a_target_count_together() -> None:
    own, work = Experience("a", {"answered": 1}, (3.0,), (10.0,)), Experience("b", {"rate": 1}, (1.0, 2.0), (5.0,))
    assert combined([own, work]) == Record(2, 1, (1.0, 2.0, 3.0), (5.0, 10.0))


def test_percentiles_are_what_so_many_calls_reach() -> None:
    record = Record(10, 10, tuple(float(n) for n in range(1, 11)), tuple(float(n) for n in range(1, 11)))
    assert [latency_s(percent)(record) for percent in (50, 90, 99)] == [(5.0, 10), (9.0, 10), (10.0, 10)]
    assert [tokens_per_s(percent)(record) for percent in (50, 90)] == [(6.0, 10), (2.0, 10)], "nine of ten are faster"
    assert latency_s(50)(Record()) is None


def test_a_few_lucky_calls_do_not_win() -> None:
    lucky, steady, slow = estimates([waits(0.1), waits(*[0.3] * 50), waits(*[2.0] * 50)], latency_s(50))
    assert lucky is not None
    assert steady is not None
    assert slow is not None
    assert steady < lucky < slow


def test_who_was_never_asked_is_taken_for_average() -> None:
    known, unknown = estimates([waits(*[1.0] * 40), Record()], latency_s(50))
    assert known == unknown == pytest.approx(1.0)
    assert estimates([Record(), Record()], latency_s(50)) == [None, None]


@given(st.lists(st.lists(st.floats(0.01, 100), max_size=30), min_size=1, max_size=6))
def test_an_estimate_lies_between_what_was_seen(seen: list[list[float]]) -> None:
    found = estimates([waits(*values) for values in seen], latency_s(50))
    values = [value for own in seen for value in own]
    for value in found:
        assert (value is None) == (not values)
        assert value is None or min(values) * 0.999 <= value <= max(values) * 1.001
