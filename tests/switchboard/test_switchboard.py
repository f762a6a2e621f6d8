"""What stands between a configuration and a call."""

from __future__ import annotations

from sidecar.providers.vocabulary import Limits
from sidecar.switchboard.switchboard import patient_limits


def test_a_model_that_is_to_think_is_waited_for_unless_its_user_set_a_limit() -> None:
    thinking = patient_limits(Limits(), "high")
    assert (thinking.connect_s, thinking.first_token_s, thinking.silence_s) == (5.0, 120.0, 120.0)
    assert patient_limits(Limits(), "low") == Limits()
    assert patient_limits(Limits(first_token_s=3.0), "high") == Limits(first_token_s=3.0, silence_s=120.0)
