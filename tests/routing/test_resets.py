"""Every notation of a reset, each with its trap."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.routing.resets import FARTHEST_S, hint, midnight_pacific, moment, next_month, retry_after, sane, seconds

NOON = 1_795_435_200.0  # 2026-11-23 12:00:00 UTC


def left(at: float | None) -> float | None:
    """Seconds from noon, because a relative tolerance on an epoch would forgive half an hour."""
    return None if at is None else at - NOON


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12ms", 0.012),
        ("1s", 1),
        ("6m0s", 360),
        ("1h2m3s", 3723),
        ("2m59.56s", 179.56),
        ("30", 30),
        ("0.5", 0.5),
        (" 7 ", 7),
        ("250us", 0.00025),
        ("0", None),
        ("0s", None),
        ("-1", None),
        ("nan", None),
        ("inf", None),
        ("", None),
        ("soon", None),
        ("6m and 2s", None),
    ],
)
def test_durations(text: str, expected: float | None) -> None:
    assert seconds(text) == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize(
    ("text", "left_s"),
    [
        ("22s", 22),
        ("1795435230", 30),
        ("1795435230000", 30),
        ("2026-11-23T12:00:42Z", 42),
        ("2026-11-23T12:00:42.5Z", 42.5),
        ("2026-11-23T13:00:42+01:00", 42),
        ("Mon, 23 Nov 2026 12:01:00 GMT", 60),
        ("2026-11-23T11:59:59Z", None),
        ("1795435100", None),
        ("Monday, 23-Nov-26 12:01:00 GMT", 60),  # RFC 850, which a recipient must still read (RFC 9110, 5.6.7)
        ("Mon Nov 23 12:01:00 2026", 60),  # asctime, in UTC
        ("Mon, 23 Nov 2026 13:01:00 +0100", 60),
        ("1795435230.5", 30.5),
        ("Mon, 99 Nov 2026 12:01:00 GMT", None),
        ("Monday", None),
        ("2026-13-45T00:00:00Z", None),
        ("2030-01-01T00:00:00Z", None),
        ("99999999", None),
    ],
)
def test_moments(text: str, left_s: float | None) -> None:
    assert left(moment(text, NOON)) == (None if left_s is None else pytest.approx(left_s))


def test_milliseconds_win_over_whole_seconds() -> None:
    assert retry_after({"retry-after-ms": "1500", "retry-after": "2"}, NOON) == NOON + 1.5


@pytest.mark.parametrize("unknown", ["0", "-1", ""])
def test_azure_says_unknown_with_zero_and_minus_one(unknown: str) -> None:
    headers = {"retry-after-ms": unknown, "retry-after": unknown, "x-ratelimit-remaining-requests": unknown}
    assert hint({**headers, "x-ratelimit-reset-requests": unknown}, None, "", NOON) is None


def test_only_a_window_with_nothing_left_is_the_reason() -> None:
    headers = {
        "x-ratelimit-remaining-requests": "13",
        "x-ratelimit-reset-requests": "23h",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "7.66s",
    }
    assert left(hint(headers, None, "", NOON)) == pytest.approx(7.66)


def test_a_date_is_one_of_the_providers_clock() -> None:
    # Ours goes three hours wrong: by itself the date would be three hours off, or long past.
    headers = {"retry-after": "Mon, 23 Nov 2026 15:00:30 GMT", "date": "Mon, 23 Nov 2026 15:00:00 GMT"}
    assert left(retry_after(headers, NOON)) == 30
    assert left(retry_after(headers, NOON + 6 * 3600)) == 6 * 3600 + 30
    assert left(retry_after({**headers, "date": "yesterday"}, NOON)) == 3 * 3600 + 30
    assert retry_after({**headers, "date": "Mon, 23 Nov 2026 15:01:00 GMT"}, NOON) is None


@pytest.mark.parametrize(
    ("remaining", "reset", "said", "left_s"),
    [
        ("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests", "6m0s", 360),
        ("anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset", "2026-11-23T12:00:42Z", 42),
        ("anthropic-ratelimit-input-tokens-remaining", "anthropic-ratelimit-input-tokens-reset", "1h2m3s", 3723),
        ("x-ratelimit-remaining-tokens-minute", "x-ratelimit-reset-tokens-minute", "33.0", 33),  # Cerebras
        ("x-ratelimit-remaining", "x-ratelimit-reset", "1795435230000", 30),
        ("ratelimit-remaining", "ratelimit-reset", "50", 50),  # the IETF's draft
    ],
)  # fmt: skip
def test_a_window_of_any_name_with_nothing_left_names_its_end(
    remaining: str, reset: str, said: str, left_s: float
) -> None:
    assert left(hint({remaining: "0", reset: said}, None, "", NOON)) == left_s
    assert hint({remaining: "3", reset: said}, None, "", NOON) is None
    assert hint({"x-files-remaining": "0", "x-files-reset": said}, None, "", NOON) is None


def test_of_several_ends_in_a_body_the_last_one_counts() -> None:
    body = {"error": {"details": [{"retryDelay": "8s"}, {"retryDelay": "22s"}]}}
    assert hint({}, body, "", NOON) == NOON + 22


@pytest.mark.parametrize(
    ("text", "left_s"),
    [
        ("Please try again in 5.289s.", 5.289),
        ("Please try again in 20ms. Visit the docs.", 0.02),
        ("Please try again in 6m0s.", 360),
        ("Please retry in 45.578569677s.", 45.578569677),
        ("try again in 2 days 17 hours 14 minutes.", 234_840),
        ("Your quota will reset after 8h32m11s.", 30_731),
        ("Claude AI usage limit reached|1795449600", 14_400),
        ("Your limit will reset at 5pm (Europe/Warsaw).", 4 * 3600),
        ("hit your limit · resets 1:30am (Asia/Dhaka)", 7.5 * 3600),
        ("hit your limit · resets Nov 26, 3pm (UTC)", 3 * 86_400 + 3 * 3600),
        ("limit · resets Jan 2 at 9am (UTC)", None),
        ("access resets at 2026-11-23T18:00:00Z", 6 * 3600),
        ("You will regain access on 2026-12-01 at 00:00 UTC.", 7.5 * 86_400),
        ("wait for limits to reset (every 5h and every week.)", None),
        ("resets 31pm (UTC)", None),
        ("resets at 5pm (Not/AZone)", ...),
        ("try again later", None),
    ],
)
def test_sentences(text: str, left_s: Any) -> None:
    found = hint({}, None, text, NOON)
    if left_s is ...:
        assert found is None or NOON < found <= NOON + 86_400
    else:
        assert left(found) == (None if left_s is None else pytest.approx(left_s))


def test_midnight_in_california_moves_with_its_summer_time() -> None:
    assert midnight_pacific(NOON) == NOON + 20 * 3600
    july = 1_783_252_800.0  # 2026-07-05 12:00:00 UTC
    assert midnight_pacific(july) == july + 19 * 3600


def test_the_first_of_next_month() -> None:
    assert next_month(NOON) == NOON + 7.5 * 86_400
    assert next_month(NOON + 30 * 86_400) == NOON + 38.5 * 86_400, "and over the turn of the year"


@given(st.text(max_size=60) | st.integers().map(str) | st.floats().map(str))
def test_whatever_a_header_says_the_end_is_ahead_and_not_far(text: str) -> None:
    for found in (moment(text, NOON), retry_after({"retry-after": text, "retry-after-ms": text}, NOON)):
        assert found is None or NOON < found <= NOON + FARTHEST_S


@given(
    st.sampled_from(["try again in ", "resets at ", "resets ", "limit reached|", "retry after ", "regain access on "]),
    st.text(alphabet="0123456789apm:hs ().,-TZ|JanUTC", max_size=40),
)
def test_whatever_a_sentence_says_it_is_read_without_an_error(opening: str, rest: str) -> None:
    found = hint({}, None, opening + rest, NOON)
    assert found is None or found == sane(found, NOON)
