from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.simulator.resets import fill, go_duration, reset_words

NOON = 1_795_348_800.0  # 2026-11-22 12:00:00 UTC


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (0.012, "12ms"), (1, "1s"), (7.66, "7.66s"), (360, "6m0s"), (179.56, "2m59.56s"), (3723, "1h2m3s")],
)
def test_a_duration_is_written_as_go_does(seconds: float, text: str) -> None:
    assert go_duration(seconds) == text


def test_every_format_names_the_same_moment() -> None:
    words = reset_words(reset_s=30, now=NOON)
    assert words == {
        "reset_s": "30",
        "reset_ms": "30000",
        "reset_go": "30s",
        "reset_rfc3339": "2026-11-22T12:00:30Z",
        "reset_epoch_s": "1795348830",
        "reset_epoch_ms": "1795348830000",
        "reset_http_date": "Sun, 22 Nov 2026 12:00:30 GMT",
        "reset_proto": "30s",
    }


@given(reset_s=st.floats(0, 1e6), now=st.floats(1e9, 3e9))
def test_who_obeys_a_whole_second_format_is_never_early(reset_s: float, now: float) -> None:
    words = reset_words(reset_s=reset_s, now=now)
    assert float(words["reset_s"]) >= reset_s - 1e-5
    assert float(words["reset_epoch_s"]) >= now + reset_s - 1e-5
    assert datetime.fromisoformat(words["reset_rfc3339"]).timestamp() == float(words["reset_epoch_s"])


def test_placeholders_are_filled_however_deep_and_braces_of_others_stay() -> None:
    template = {"a": ["{model}", {"b": "in {reset_s} s"}], "c": 1, "d": "{other}", "e": None}
    words = {"model": "m", "reset_s": "7"}
    assert fill(template, words) == {"a": ["m", {"b": "in 7 s"}], "c": 1, "d": "{other}", "e": None}
