"""Rests, probes and ejections as properties over any history."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.routing.health import (
    PROBE_LIMIT_S,
    UNNAMED_LIMIT_S,
    after_failure,
    after_success,
    claimed,
    is_probed,
    is_resting,
    needs_probe,
    released,
    rest_limit_s,
)
from sidecar.routing.meanings import Meaning, Verdict
from sidecar.routing.resets import FARTHEST_S
from sidecar.routing.verdict import COUNTED
from sidecar.store.vocabulary import Health

NOW = 1_795_000_000.0
WELL = Health()


def means(meaning: Meaning, *, rest_until: float | None = None, named: bool = False) -> Verdict:
    return Verdict(
        meaning=meaning,
        action="endpoint",
        scope="endpoint",
        rest_until=rest_until,
        is_named=named,
        counts=meaning in COUNTED,
        sentence="",
        advice="",
        row="",
    )


RATE, SERVER, HANG = means("rate"), means("server"), means("hang")


def after(health: Health, verdict: Verdict, times: int, now: float = NOW) -> Health:
    for _ in range(times):
        health = after_failure(health, verdict, now)
    return health


def test_three_failures_in_a_row_are_bad_luck_and_four_are_not() -> None:
    assert not is_resting(after(WELL, SERVER, 3), NOW)
    assert is_resting(after(WELL, SERVER, 4), NOW)


def test_hangs_cost_so_much_that_three_are_enough() -> None:
    assert not is_resting(after(WELL, HANG, 2), NOW)
    assert is_resting(after(WELL, HANG, 3), NOW)


def test_a_success_between_them_starts_the_count_anew() -> None:
    health = after_success(after(WELL, SERVER, 3), NOW)
    assert not is_resting(after(health, SERVER, 3), NOW)


def test_six_of_ten_failed_calls_eject_even_without_a_row() -> None:
    health = WELL
    for outcome in "0101001001":
        assert not is_resting(health, NOW)
        health = after_success(health, NOW) if outcome == "1" else after_failure(health, SERVER, NOW)
    assert health.outcomes.count("0") == 6
    assert not is_resting(health, NOW), "the tenth was a success"
    assert is_resting(after_failure(health, SERVER, NOW), NOW)


def test_hard_failures_rest_longer_each_time_up_to_a_minute() -> None:
    health, now, rests = after(WELL, SERVER, 3), NOW, []
    for _ in range(9):
        health = after_failure(health, SERVER, now)
        rests.append(health.rest_until - now)
        now = health.rest_until
    assert rests == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_rate_limit_without_a_hint_rests_one_to_five_seconds() -> None:
    health, now, rests = WELL, NOW, []
    for _ in range(6):
        health = after_failure(health, RATE, now)
        rests.append(health.rest_until - now)
        now = health.rest_until
    assert rests == [1, 2, 4, 5, 5, 5]


def test_one_good_probe_ends_a_rate_limit_and_two_end_a_breakdown() -> None:
    limited = after_failure(WELL, RATE, NOW)
    assert after_success(limited, NOW + 2) == Health(outcomes="1")
    broken = after(WELL, SERVER, 4)
    once = after_success(broken, NOW + 2)
    assert needs_probe(once, NOW + 2)
    assert after_success(once, NOW + 3) == Health(outcomes="1")


def test_what_was_before_a_rest_does_not_eject_again_after_it() -> None:
    health = after(WELL, SERVER, 12)
    health = after_success(after_success(health, NOW + 2), NOW + 3)
    assert not is_resting(after(health, SERVER, 3, NOW + 4), NOW + 4)


def test_a_failed_probe_rests_again_at_once() -> None:
    health = after(WELL, SERVER, 4)
    health = after_failure(health, SERVER, NOW + 2)
    assert health.rest_until == NOW + 4


def test_one_failure_of_a_probe_is_enough_whatever_the_rest_was_for() -> None:
    limited = after_failure(WELL, RATE, NOW)
    assert is_resting(after_failure(limited, SERVER, NOW + 2), NOW + 2)
    half_healed = after_success(after(WELL, SERVER, 4), NOW + 2)
    assert is_resting(after_failure(half_healed, SERVER, NOW + 3), NOW + 3)


def test_failures_that_were_in_flight_are_no_news() -> None:
    once = after_failure(WELL, RATE, NOW)
    assert after(once, RATE, 20, NOW + 0.1) == once
    assert after_success(once, NOW + 0.1) == once, "nor does an old success lift the rest"


def test_a_named_end_is_not_shortened_by_a_guess() -> None:
    named = after_failure(WELL, means("quota", rest_until=NOW + 3600, named=True), NOW)
    assert after_failure(named, means("money", rest_until=NOW + 900), NOW + 1) == named
    assert after_failure(named, RATE, NOW + 1) == named
    later = after_failure(named, means("quota", rest_until=NOW + 7200, named=True), NOW + 1)
    assert later.rest_until == NOW + 7200


def test_only_one_gets_the_probe() -> None:
    health = after_failure(WELL, RATE, NOW)
    assert claimed(health, NOW, NOW + 30) == health, "it still rests"
    mine = claimed(health, NOW + 2, NOW + 30)
    assert mine.probe_until == NOW + 30
    assert is_probed(mine, NOW + 3)
    assert claimed(mine, NOW + 3, NOW + 33) == mine
    assert claimed(mine, NOW + 31, NOW + 60).probe_until == NOW + 60, "a holder that died is not waited for"
    assert released(mine, NOW + 99) == mine, "only the holder gives it back"
    assert released(mine, NOW + 30).probe_until == 0


def test_a_clock_set_back_does_not_prolong_a_rest() -> None:
    hour_ago = NOW - 3600
    assert not is_resting(after_failure(WELL, RATE, NOW), hour_ago)
    assert not is_resting(after(WELL, SERVER, 4), hour_ago)
    assert not is_probed(replace(WELL, probe_until=NOW + 30), hour_ago)
    assert is_resting(after_failure(WELL, means("quota", rest_until=NOW + 600, named=True), NOW), hour_ago)


@pytest.mark.parametrize(
    "meaning", ["caller", "unknown", "too-long", "policy", "invalid", "filtered", "too-dear", "slow"]
)
def test_what_is_nobodys_illness_never_changes_health(meaning: Meaning) -> None:
    sick = after(WELL, SERVER, 3)
    for health in (WELL, sick):
        assert after_failure(health, replace(means(meaning), scope=None), NOW) is health


meanings = st.sampled_from(get_args(Meaning))
events = st.lists(
    st.tuples(
        st.floats(0, 120),
        st.one_of(
            st.none(),
            st.builds(
                lambda meaning, rest_s, named: (meaning, rest_s, named and rest_s is not None),
                meanings,
                st.one_of(st.none(), st.floats(1, 10 * FARTHEST_S)),
                st.booleans(),
            ),
        ),
    ),
    max_size=40,
)


def played(history: list[tuple[float, tuple[Meaning, float | None, bool] | None]]) -> tuple[Health, float]:
    health, now = WELL, NOW
    for gap_s, event in history:
        now += gap_s
        if event is None:
            health = after_success(health, now)
        else:
            meaning, rest_s, named = event
            until = None if rest_s is None else now + rest_s
            health = after_failure(health, means(meaning, rest_until=until, named=named), now)
        left_s = health.rest_until - now
        assert left_s <= (FARTHEST_S if health.is_named else UNNAMED_LIMIT_S) + 1e-3
        if is_resting(health, now):
            assert left_s <= rest_limit_s(health) + 1.001
        assert len(health.outcomes) <= 20
    return health, now


@given(events)
def test_no_rest_is_longer_than_its_kind_allows(
    history: list[tuple[float, tuple[Meaning, float | None, bool] | None]],
) -> None:
    played(history)


@given(events)
def test_success_always_heals_in_the_end(
    history: list[tuple[float, tuple[Meaning, float | None, bool] | None]],
) -> None:
    health, now = played(history)
    now = max(now, health.rest_until) + 1
    for _ in range(3):
        assert not is_resting(health, now)
        health = after_success(claimed(health, now, now + PROBE_LIMIT_S / 2), now)
    assert not needs_probe(health, now)
    assert (health.failures, health.ejections, health.probe_until, health.rest_until) == (0, 0, 0, 0)


@given(st.lists(st.booleans(), max_size=200))
def test_an_endpoint_that_mostly_answers_is_ejected_only_for_a_row(outcomes: list[bool]) -> None:
    health = WELL
    for good in outcomes:
        health = after_success(health, NOW) if good else after_failure(health, SERVER, NOW)
        if is_resting(health, NOW):
            assert health.failures >= 4 or health.outcomes.count("0") >= 0.6 * len(health.outcomes) >= 6
            return


def test_a_steady_success_changes_nothing_that_would_have_to_be_written() -> None:
    health = WELL
    for _ in range(25):
        health = after_success(health, NOW)
    assert after_success(health, NOW) == health
