"""The guard against an endpoint that hangs, and the retry budget."""

from __future__ import annotations

from sidecar.routing.inflight import InFlight

KEY = "a/1@default"


def answered(flight: InFlight, began: float, took_s: float) -> None:
    number = flight.began(KEY, began)
    flight.sign(KEY, number, began + took_s)
    flight.ended(KEY, number)


def test_three_that_wait_far_longer_than_usual_mean_that_it_hangs() -> None:
    flight = InFlight()
    answered(flight, 0, 0.02)
    for at in (1.0, 1.1):
        flight.began(KEY, at)
    assert not flight.is_stuck(KEY, 1.4, limit_s=4)
    flight.began(KEY, 1.2)
    assert not flight.is_stuck(KEY, 1.2, limit_s=4)
    assert flight.is_stuck(KEY, 1.3, limit_s=4)


def test_one_sign_of_life_shows_that_the_others_are_only_slow() -> None:
    flight = InFlight()
    numbers = [flight.began(KEY, 0) for _ in range(10)]
    assert flight.is_stuck(KEY, 5, limit_s=4)
    flight.sign(KEY, numbers[0], 5)
    assert not flight.is_stuck(KEY, 5.1, limit_s=4)


def test_what_is_usually_slow_is_given_longer() -> None:
    flight = InFlight()
    answered(flight, 0, 8)
    for _ in range(5):
        flight.began(KEY, 10)
    assert not flight.is_stuck(KEY, 30, limit_s=4)
    assert flight.is_stuck(KEY, 43, limit_s=4)


def test_those_that_ran_into_their_limit_count_like_those_that_wait() -> None:
    flight = InFlight()
    numbers = [flight.began(KEY, at) for at in (0.0, 0.1, 0.2)]
    flight.ran_out(KEY)
    flight.ended(KEY, numbers[0])
    assert flight.is_stuck(KEY, 2.0, limit_s=4)


def test_one_that_never_showed_its_pace_has_a_quarter_of_its_limit() -> None:
    flight = InFlight()
    for _ in range(10):
        flight.began(KEY, 0)
    assert not flight.is_stuck(KEY, 7.4, limit_s=30)
    assert flight.is_stuck(KEY, 7.6, limit_s=30)


def test_an_endpoint_that_nobody_waits_for_is_not_stuck() -> None:
    flight = InFlight()
    numbers = [flight.began(KEY, 0) for _ in range(5)]
    for number in numbers:
        flight.ended(KEY, number)
    assert not flight.is_stuck(KEY, 100, limit_s=4)
    assert not flight.is_stuck("never/asked", 100, limit_s=4)


def test_a_tenth_of_the_calls_may_retry_and_three_in_any_case() -> None:
    flight = InFlight()
    for _ in range(3):
        assert flight.may_retry()
        flight.retry_began()
    assert not flight.may_retry()
    for _ in range(50):
        flight.began(KEY, 0)
    assert flight.may_retry()
    flight.retry_began()
    flight.retry_began()
    assert not flight.may_retry()
    flight.retry_ended()
    assert flight.may_retry()
