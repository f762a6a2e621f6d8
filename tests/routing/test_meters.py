"""What the headers of an answer say is left. Values as in the providers' documentation."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.routing.endpoints import Endpoint
from sidecar.routing.health import after_success, is_resting, needs_probe, spent_ahead
from sidecar.routing.meters import Meters, read
from sidecar.store.vocabulary import Health, Meter

NOW = 1_795_608_000.0  # 2026-11-25T12:00:00Z
HOUR = 3600.0
AT = Endpoint("p", "m", "work")
AZURE = Endpoint("azure", "m", "work", "azure")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param(  # https://platform.openai.com/docs/guides/rate-limits
            {
                "x-ratelimit-limit-requests": "60",
                "x-ratelimit-remaining-requests": "59",
                "x-ratelimit-reset-requests": "1s",
                "x-ratelimit-limit-tokens": "150000",
                "x-ratelimit-remaining-tokens": "149984",
                "x-ratelimit-reset-tokens": "6m0s",
            },
            [("endpoint:p/m@work", "requests", 59, 60, 1), ("endpoint:p/m@work", "tokens", 149_984, 150_000, 360)],
            id="openai",
        ),
        pytest.param(  # https://docs.claude.com/en/api/rate-limits#response-headers
            {
                "anthropic-ratelimit-input-tokens-limit": "10000",
                "anthropic-ratelimit-input-tokens-remaining": "7000",
                "anthropic-ratelimit-input-tokens-reset": "2026-11-25T12:00:30Z",
            },
            [("endpoint:p/m@work", "input tokens", 7_000, 10_000, 30)],
            id="anthropic",
        ),
        pytest.param(
            {
                "anthropic-ratelimit-unified-status": "allowed",
                "anthropic-ratelimit-unified-5h-status": "allowed",
                "anthropic-ratelimit-unified-5h-utilization": "0.25",
                "anthropic-ratelimit-unified-5h-reset": "1795615200",
                "anthropic-ratelimit-unified-7d-status": "rejected",
                "anthropic-ratelimit-unified-7d-utilization": "1.0",
                "anthropic-ratelimit-unified-7d-reset": "1795867200",
                "anthropic-ratelimit-unified-7d_oi-utilization": "1.0",
                "anthropic-ratelimit-unified-7d_oi-reset": "1795867200",
            },
            [
                ("account:p@work", "5h window", 0.75, 1, 2 * HOUR),
                ("account:p@work", "7d window", 0, 1, 72 * HOUR),
            ],
            id="a plan of Anthropic's, spent for the week; one of some models only says nothing of this one",
        ),
        pytest.param(  # https://console.groq.com/docs/rate-limits: requests are per day, tokens per minute
            {
                "x-ratelimit-limit-requests": "14400",
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-requests": "2h59m56s",
                "x-ratelimit-limit-tokens": "18000",
                "x-ratelimit-remaining-tokens": "17997",
                "x-ratelimit-reset-tokens": "7.66s",
            },
            [("pair:p/m@work", "requests", 0, 14_400, 10_796), ("endpoint:p/m@work", "tokens", 17_997, 18_000, 7.66)],
            id="groq",
        ),
        pytest.param(  # https://inference-docs.cerebras.ai/support/rate-limits
            {
                "x-ratelimit-limit-requests-day": "1000000000",
                "x-ratelimit-remaining-requests-day": "999997455",
                "x-ratelimit-reset-requests-day": "33011.382867097855",
            },
            [("pair:p/m@work", "requests day", 999_997_455, 1_000_000_000, 33_011.382867097855)],
            id="cerebras",
        ),
        pytest.param({"x-ratelimit-remaining": "12"}, [], id="mistral names no end"),
        pytest.param(
            {"x-ratelimit-remaining-tokens": "-1", "x-ratelimit-reset-tokens": "30", "retry-after": "3"},
            [],
            id="unknown",
        ),
        pytest.param({"ratelimit-remaining": "0", "ratelimit-reset": "0"}, [], id="an end that is no end"),
        pytest.param({"content-type": "text/event-stream"}, [], id="nothing"),
    ],
)
def test_headers_tell_what_is_left_and_until_when(headers: dict[str, str], expected: list[Any]) -> None:
    assert list(read(AT, headers, NOW)) == [
        Meter(scope, name, left, limit, NOW + ends_in_s, NOW) for scope, name, left, limit, ends_in_s in expected
    ]


def test_zero_is_unknown_at_azure() -> None:
    headers = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "30"}
    assert list(read(AZURE, headers, NOW)) == []
    assert [meter.left for meter in read(AT, headers, NOW)] == [0]


def requests(left: int, ends_in_s: float) -> dict[str, str]:
    return {
        "x-ratelimit-limit-requests": "100",
        "x-ratelimit-remaining-requests": str(left),
        "x-ratelimit-reset-requests": f"{ends_in_s}s",
    }


def test_only_news_of_long_windows_is_remembered() -> None:
    assert not Meters().read(AT, requests(99, 60), NOW).news
    meters = Meters()
    assert [meters.read(AT, requests(left, 7200), NOW).news != () for left in (99, 98, 94, 93, 88, 1, 0, 0)] == [
        True,
        False,
        False,
        True,
        False,
        True,
        True,
        False,
    ]
    assert meters.read(AT, requests(0, 7261), NOW).news, "its end has moved"


def test_a_window_with_nothing_left_rests_whom_it_limits_until_the_latest_end() -> None:
    headers = {**requests(0, 30), "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "45s"}
    assert Meters().read(AT, headers, NOW).spent == {"endpoint:p/m@work": NOW + 45}
    assert Meters().read(AT, requests(1, 30), NOW).spent == {}


def test_a_pace_is_read_again_after_a_minute_and_at_once_when_nothing_is_left() -> None:
    meters = Meters()
    meters.read(AT, requests(99, 30), NOW)
    assert not meters.read(AT, requests(98, 7200), NOW + 59).news
    assert meters.read(AT, requests(0, 30), NOW + 59).spent
    assert meters.read(AT, requests(98, 7200), NOW + 119).news


def test_a_rest_before_anybody_was_refused_ends_without_a_probe() -> None:
    rested = spent_ahead(after_success(Health(), NOW), NOW + 45, NOW)
    assert is_resting(rested, NOW + 44)
    assert rested.reason == "rate"
    assert not is_resting(rested, NOW + 45)
    assert not needs_probe(rested, NOW + 45)
    assert spent_ahead(Health(), NOW + 7200, NOW).reason == "quota"


def test_a_longer_named_rest_is_not_shortened() -> None:
    longer = Health(rest_until=NOW + 900, reason="quota", is_named=True, probes_needed=1)
    assert spent_ahead(longer, NOW + 45, NOW) == longer


@given(
    st.dictionaries(
        st.sampled_from(
            [
                *requests(1, 1),
                "anthropic-ratelimit-unified-5h-utilization",
                "anthropic-ratelimit-unified-5h-reset",
                "ratelimit-remaining",
                "ratelimit-reset",
            ]
        )
        | st.text(max_size=20),
        st.sampled_from(["0", "-1", "nan", "inf", "1e999", "12ms", "6m0s", "2026-11-25T12:00:30Z", "1795615200000"])
        | st.text(max_size=20),
    )
)
def test_no_header_is_too_strange(headers: dict[str, str]) -> None:
    for meter in read(AT, headers, NOW):
        assert meter.resets_at > NOW
        assert meter.left >= 0
