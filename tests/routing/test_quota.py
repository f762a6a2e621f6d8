from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.routing.quota import Allowance, Length, Tally, Unit, Window, amount, told, zone
from sidecar.store.vocabulary import Use

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC).timestamp()  # a Wednesday
HOUR = 3600.0
ROLLING = Window("5h", is_rolling=True)
OPENED = Window("5h")

USE = Use(1, NOON, 7, "smart", "best", "a/m@x", "answered", 90, 10, 0.5)


def allowance(window: Window = ROLLING, unit: Unit = "requests", limit: float = 3, **more: Any) -> Allowance:
    return Allowance("the quota", window, unit, limit, **more)


def tally(one: Allowance, *ages_h: float, now: float = NOON) -> Tally:
    """With one use for each of *ages_h*, so many hours ago."""
    made = Tally(one, session_start=now - HOUR, now=now)
    for age_h in ages_h:
        made.add(replace(USE, at=now - age_h * HOUR))
    return made


@pytest.mark.parametrize(
    ("window", "began", "ends"),
    [
        (Window("day"), "2026-11-25T00:00:00+00:00", "2026-11-26T00:00:00+00:00"),
        (Window("week"), "2026-11-23T00:00:00+00:00", "2026-11-30T00:00:00+00:00"),
        (Window("month"), "2026-11-01T00:00:00+00:00", "2026-12-01T00:00:00+00:00"),
        (Window("day", starts_at=time(13)), "2026-11-24T13:00:00+00:00", "2026-11-25T13:00:00+00:00"),
        (Window("week", starts_at=time(13)), "2026-11-23T13:00:00+00:00", "2026-11-30T13:00:00+00:00"),
        (
            Window("day", starts_at=time(8, 30), zone=ZoneInfo("America/New_York")),
            "2026-11-24T08:30:00-05:00",
            "2026-11-25T08:30:00-05:00",
        ),
        (
            Window("month", zone=ZoneInfo("Asia/Tokyo")),
            "2026-11-01T00:00:00+09:00",
            "2026-12-01T00:00:00+09:00",
        ),
    ],
)
def test_windows_begin_and_end_where_they_say(window: Window, began: str, ends: str) -> None:
    span = window.span(NOON)
    assert span.start == datetime.fromisoformat(began).timestamp()
    assert span.end == datetime.fromisoformat(ends).timestamp()


def test_a_day_across_a_change_of_the_clocks_is_as_long_as_it_is() -> None:
    berlin = Window("day", zone=ZoneInfo("Europe/Berlin"))
    spring = berlin.span(datetime(2026, 3, 29, 12, tzinfo=UTC).timestamp())
    autumn = berlin.span(datetime(2026, 10, 25, 12, tzinfo=UTC).timestamp())
    assert spring.end is not None
    assert autumn.end is not None
    assert (spring.end - spring.start, autumn.end - autumn.start) == (23 * HOUR, 25 * HOUR)


@given(
    st.floats(0, 4_000_000_000),
    st.sampled_from(["day", "week", "month"]),
    st.times(),
    st.sampled_from(
        ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kolkata"]
    ),
)
def test_fixed_windows_follow_one_another_without_a_gap(now: float, length: Length, starts_at: time, name: str) -> None:
    window = Window(length, starts_at=starts_at.replace(second=0, microsecond=0), zone=zone(name))
    span = window.span(now)
    assert span.end is not None
    assert span.start <= now < span.end <= span.start + 32 * 86_400
    assert window.span(span.start) == span
    assert window.span(span.end).start == span.end


def test_what_a_rolling_window_has_behind_it_counts_no_more_and_it_says_when_that_will_be() -> None:
    one = tally(allowance(), 6, 4, 2, 1)
    assert (one.used, one.is_spent(), one.resets_at) == (3, True, NOON + HOUR)
    assert one.free_at() == NOON + HOUR, "the one of four hours ago falls out then"
    assert not one.turn(NOON + HOUR)
    assert (one.used, one.is_spent(), one.resets_at) == (2, False, NOON + 3 * HOUR)


def test_of_a_rolling_window_enough_has_to_fall_out() -> None:
    one = tally(allowance(unit="tokens", limit=150), 4, 3, 2, 1)
    assert (one.used, one.free_at()) == (400, NOON + 3 * HOUR), "three of them"


def test_five_hours_begin_with_a_call_and_anew_with_the_first_one_after_them() -> None:
    assert tally(allowance(OPENED)).resets_at is None
    one = tally(allowance(OPENED), 9, 8, 3.5, 3, 2)
    assert (one.used, one.resets_at, one.free_at()) == (3, NOON + 1.5 * HOUR, NOON + 1.5 * HOUR)
    assert not one.turn(NOON + 1.5 * HOUR)
    assert (one.used, one.resets_at) == (0, None)


def test_a_call_that_is_told_late_moves_the_windows_after_it() -> None:
    in_order, late = tally(allowance(OPENED), 9, 4.5, 3.5), tally(allowance(OPENED), 9, 3.5, 4.5)
    assert (in_order.used, late.used) == (1, 1)
    assert in_order.resets_at == late.resets_at == NOON + 1.5 * HOUR


def test_a_fixed_window_is_free_again_when_it_begins_anew() -> None:
    one = tally(allowance(Window("day"), "usd", 1.0), 30, 2, 1)
    assert (one.used, one.is_spent(), one.free_at()) == (1.0, True, NOON + 12 * HOUR)
    assert one.turn(NOON + 12 * HOUR), "the ledger is to be told anew"


def test_a_clock_that_is_set_back_asks_for_the_ledger_anew() -> None:
    assert tally(allowance(), 1).turn(NOON - HOUR)
    assert tally(allowance(Window("day"))).turn(NOON - 13 * HOUR)


def test_what_was_written_under_a_clock_far_ahead_does_not_count_for_ever() -> None:
    assert tally(allowance(), -24 * 365).used == 0
    assert tally(allowance(), -1).used == 1, "an hour ahead it counts: the clock may have been set back"


def test_nothing_is_free_of_a_limit_of_nothing() -> None:
    none = tally(allowance(limit=0))
    assert (none.is_spent(), none.free_at()) == (True, None)
    session = tally(allowance(Window("session"), limit=1), 0.5)
    assert (session.is_spent(), session.free_at()) == (True, None)


def test_requests_in_flight_are_used_already() -> None:
    one = tally(allowance(), 4, 1)
    assert not one.is_spent()
    assert one.is_spent(1)
    assert one.free_at(1) == NOON + HOUR
    assert tally(allowance()).free_at(3) == NOON + 5 * HOUR


def test_only_what_an_allowance_is_for_counts() -> None:
    of_tier = allowance(model="smart", tier="best", session=7)
    assert of_tier.counts(USE)
    others: list[dict[str, Any]] = [{"model": "smarter"}, {"tier": "free"}, {"session": 8}]
    assert not any(of_tier.counts(replace(USE, **other)) for other in others)


def test_an_accounts_quota_counts_all_its_models_whoever_configured_them() -> None:
    own = allowance(account=("a", "x"))
    assert own.counts(replace(USE, endpoint="a/another/model@2@x"))
    assert not any(own.counts(replace(USE, endpoint=key)) for key in ("a/m@y", "ab/m@x", "b/a/m@x", "a/m@xx"))


def test_what_costs_nothing_is_left_out_also_where_only_its_cost_is_known() -> None:
    spares = allowance(spares=frozenset({"a/m@x"}))
    assert not spares.reaches("smart", "best", "a/m@x")
    assert spares.reaches("smart", "best", "b/m@x")
    assert [spares.counts(replace(USE, cost_usd=cost_usd)) for cost_usd in (0.0, 0.5, None)] == [False, True, True]


def test_an_attempt_that_reached_nobody_is_no_request() -> None:
    assert amount(replace(USE, outcome="network"), "requests") == 0
    assert amount(replace(USE, outcome="rate"), "requests") == 1
    assert amount(replace(USE, input_tokens=None), "tokens") == 10


def test_amounts_are_told_as_readers_know_them() -> None:
    assert [told(5, "usd"), told(0.004, "usd"), told(1_200, "tokens"), told(1, "requests")] == [
        "$5.00",
        "$0.004",
        "1,200 tokens",
        "1 call",
    ]


@given(
    st.lists(st.tuples(st.floats(0, 48), st.floats(0, 9)), max_size=40),
    st.floats(0, 30),
    st.sampled_from([ROLLING, OPENED, Window("day"), Window("day", is_rolling=True), Window("session")]),
)
def test_a_tally_kept_over_time_is_the_tally_of_the_whole_ledger(
    events: list[tuple[float, float]], later_h: float, window: Window
) -> None:
    """Uses told as they come, while time passes, leave what they leave when all are told at once."""
    one = allowance(window, "usd", 10)
    began = NOON - 48 * HOUR
    kept = Tally(one, session_start=began, now=began)
    told_so_far: list[Use] = []
    for at_h, cost_usd in sorted(events):
        use = replace(USE, at=began + at_h * HOUR, cost_usd=cost_usd)
        if kept.turn(use.at):
            kept = Tally(one, session_start=began, now=use.at)
            for earlier in told_so_far:
                kept.add(earlier)
        kept.add(use)
        told_so_far.append(use)
    now = NOON + later_h * HOUR
    whole = Tally(one, session_start=began, now=now)
    for use in told_so_far:
        whole.add(use)
    whole.turn(now)
    if not kept.turn(now):
        assert kept.used == pytest.approx(whole.used, abs=1e-6)
        assert kept.resets_at == whole.resets_at
