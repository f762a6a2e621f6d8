import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.errors import ConfigurationError
from sidecar.simulator import Hang, Phase, Quota, Reply, Schedule
from sidecar.simulator.course import Course


def follow(schedule: Schedule, *, seed: int = 0) -> Course:
    return Course(schedule, "openai.rate-limit", random.Random(seed))  # noqa: S311 - chance, not a secret


def outcomes(course: Course, count: int, *, at_s: float = 0.0, model: str = "m", account: str | None = None) -> str:
    """One letter a call: `.` answered, `x` a fault."""
    effects = (course.effect(at_s=at_s, model=model, account=account) for _ in range(count))
    return "".join("." if effect.fault is None else "x" for effect in effects)


def test_a_phase_can_cover_the_first_calls() -> None:
    assert outcomes(follow(Schedule(phases=(Phase(fault="hang", until_call=3),))), 6) == "xxx..."


def test_a_phase_can_begin_later() -> None:
    assert outcomes(follow(Schedule(phases=(Phase(fault="hang", from_call=3, until_call=4),))), 6) == "..xx.."


def test_a_phase_can_hit_every_second_call() -> None:
    assert outcomes(follow(Schedule(phases=(Phase(fault="hang", every_calls=2),))), 6) == "x.x.x."
    assert outcomes(follow(Schedule(phases=(Phase(fault="hang", every_calls=2, from_call=2),))), 6) == ".x.x.x"


def test_a_phase_can_cover_a_time() -> None:
    course = follow(Schedule(phases=(Phase(fault="hang", from_s=10, until_s=20),)))
    assert [outcomes(course, 1, at_s=at_s) for at_s in (0, 9.9, 10, 19.9, 20, 30)] == [".", ".", "x", "x", ".", "."]


def test_the_first_phase_that_applies_decides_and_the_others_count_on() -> None:
    course = follow(Schedule(phases=(Phase(fault=Hang(), until_call=2), Phase(fault="openai.quota", until_call=3))))
    served = [course.effect(at_s=0, model="m", account=None).outcome for _ in range(4)]
    assert served == ["hang", "hang", "openai.quota", "answered"]


def test_a_phase_can_be_for_one_model_or_account() -> None:
    course = follow(
        Schedule(phases=(Phase(fault="hang", model="big", until_call=1), Phase(fault="hang", account="own")))
    )
    assert outcomes(course, 2, model="small") == ".."
    assert outcomes(course, 2, model="big") == "x."
    assert outcomes(course, 2, model="small", account="own") == "xx"


def test_a_phase_can_change_the_reply_instead() -> None:
    course = follow(Schedule(reply=Reply(text="quick"), phases=(Phase(reply=Reply(text="slow"), until_call=1),)))
    said = [course.effect(at_s=0, model="m", account=None) for _ in range(2)]
    assert [effect.reply.text for effect in said] == ["slow", "quick"]
    assert {effect.outcome for effect in said} == {"answered"}


def test_chance_is_the_same_for_the_same_seed_and_near_its_share() -> None:
    schedule = Schedule(phases=(Phase(fault="hang", share=0.3),))
    served = outcomes(follow(schedule, seed=7), 1000)
    assert served == outcomes(follow(schedule, seed=7), 1000)
    assert served != outcomes(follow(schedule, seed=8), 1000)
    assert 250 <= served.count("x") <= 350


def test_a_reset_is_the_end_of_its_phase_unless_named() -> None:
    ending = follow(Schedule(phases=(Phase(fault="openai.rate-limit", until_s=30),)))
    assert ending.effect(at_s=12, model="m", account=None).reset_s == 18
    named = follow(Schedule(phases=(Phase(fault="openai.rate-limit", until_s=30, reset_s=5),)))
    assert named.effect(at_s=12, model="m", account=None).reset_s == 5


def test_a_quota_refuses_until_its_window_ends() -> None:
    course = follow(Schedule(quotas=(Quota(requests=2, window_s=60),)))
    assert outcomes(course, 4, at_s=10) == "..xx"
    refused = course.effect(at_s=45, model="m", account=None)
    assert (refused.outcome, refused.reset_s) == ("openai.rate-limit", 15)
    assert outcomes(course, 3, at_s=60) == "..x"


def test_accounts_and_models_have_quotas_of_their_own() -> None:
    course = follow(Schedule(quotas=(Quota(requests=1, window_s=60), Quota(requests=0, window_s=60, model="dear"))))
    assert outcomes(course, 2, account="a") == ".x"
    assert outcomes(course, 2, account="b") == ".x"
    assert outcomes(course, 1, account="c", model="dear") == "x"
    assert outcomes(course, 1, account="c") == ".", "a call that was refused costs no other quota"


def test_a_success_tells_what_is_left_of_the_tightest_quota() -> None:
    course = follow(Schedule(quotas=(Quota(requests=5, window_s=60), Quota(requests=3, window_s=3600))))
    (state,) = course.effect(at_s=10, model="m", account=None).quotas
    assert (state.limit, state.remaining, state.reset_s) == (3, 2, 3590)


def test_a_rolling_quota_gives_back_what_falls_out_and_names_when() -> None:
    course = follow(Schedule(quotas=(Quota(requests=2, window_s=60, kind="rolling"),)))
    assert [outcomes(course, 1, at_s=at_s) for at_s in (0, 40, 50)] == [".", ".", "x"]
    assert course.effect(at_s=50, model="m", account=None).reset_s == 10
    assert outcomes(course, 2, at_s=61) == ".x"
    assert course.effect(at_s=61, model="m", account=None).reset_s == 39


def test_a_chained_quota_begins_with_a_call_and_the_next_one_with_the_first_after_it() -> None:
    course = follow(Schedule(quotas=(Quota(requests=1, window_s=60, kind="chained"),)))
    assert [outcomes(course, 1, at_s=at_s) for at_s in (50, 100, 110, 165, 170)] == [".", "x", ".", "x", "."]


def test_a_quota_can_have_windows_of_different_lengths() -> None:
    course = follow(Schedule(quotas=(Quota(requests=1, window_s=60, begins_s=(-10, 20, 100)),)))
    assert [outcomes(course, 1, at_s=at_s) for at_s in (0, 19, 20, 99, 100)] == [".", "x", ".", "x", "."]
    follows = follow(Schedule(quotas=(Quota(requests=1, window_s=60, begins_s=(-10, 20, 100)),)))
    assert follows.effect(at_s=30, model="m", account=None).quotas[0].reset_s == 70


def test_a_quota_can_be_in_tokens_and_in_dollars_of_one_account() -> None:
    quota = Quota(tokens=100, usd=0.5, window_s=60, prices={"dear": (1e4, 0)}, account="own")
    course = follow(Schedule(quotas=(quota,)))

    def answered(model: str, account: str) -> bool:
        return course.effect(at_s=0, model=model, account=account, usage=lambda _reply: (20, 5)).fault is None

    assert [answered("dear", "own") for _ in range(4)] == [True, True, True, False], "the third one is 60 cents"
    assert [answered("dear", "other") for _ in range(9)] == [True] * 9
    counted = {(one.unit, round(one.used, 9), one.refused) for one in course.counted(0)}
    assert counted == {("tokens", 75, 0), ("usd", 0.6, 1)}
    assert {(one.used, one.refused) for one in course.counted(60)} == {(0, 0), (0, 1)}


@given(
    st.integers(1, 20),
    st.floats(1, 100),
    st.sampled_from(["rolling", "chained", "fixed"]),
    st.lists(st.floats(0, 500), max_size=60).map(sorted),
)
def test_no_kind_of_window_answers_more_than_its_quota_nor_refuses_without_need(
    requests: int, window_s: float, kind: Any, times: list[float]
) -> None:
    course = follow(Schedule(quotas=(Quota(requests=requests, window_s=window_s, kind=kind),)))
    answered: list[float] = []
    for at_s in times:
        effect = course.effect(at_s=at_s, model="m", account=None)
        within = [at for at in answered if at > at_s - window_s]
        if effect.fault is None:
            answered.append(at_s)
            assert kind != "rolling" or len(within) < requests
        else:
            assert len(within) >= requests or kind == "fixed"
            assert 0 < effect.reset_s <= window_s


@given(st.integers(0, 20), st.floats(1, 100), st.lists(st.floats(0, 500), max_size=60).map(sorted))
def test_no_window_ever_answers_more_than_its_quota(requests: int, window_s: float, times: list[float]) -> None:
    course = follow(Schedule(quotas=(Quota(requests=requests, window_s=window_s),)))
    answered: dict[int, int] = {}
    for at_s in times:
        if course.effect(at_s=at_s, model="m", account=None).fault is None:
            window = int(at_s // window_s)
            answered[window] = answered.get(window, 0) + 1
    assert all(count <= requests for count in answered.values())


def test_a_fault_nobody_knows_is_refused_at_the_start_with_the_nearest_name() -> None:
    with pytest.raises(ConfigurationError, match=r"`openai\.rate-limit`"):
        follow(Schedule(phases=(Phase(fault="openai.ratelimit"),)))
