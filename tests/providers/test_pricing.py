"""Prices: as genai-prices reckons them, for every kind of token, without its 0.2 ms."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from genai_prices import Usage as Counted
from genai_prices.data_snapshot import get_snapshot
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.providers.pricing import price_usd
from sidecar.providers.vocabulary import Usage

MODELS = [
    ("openai", "gpt-4o-mini"),
    ("openai", "gpt-5"),
    ("anthropic", "claude-haiku-4-5"),
    ("anthropic", "claude-sonnet-4-5"),
    ("google", "gemini-2.5-pro"),
    ("deepseek", "deepseek-chat"),
]
COUNT = st.integers(min_value=0, max_value=2_000_000)


@settings(max_examples=300, deadline=None)
@given(which=st.sampled_from(MODELS), read=COUNT, cached=COUNT, written=COUNT, answered=COUNT)
def test_a_price_is_what_genai_prices_reckons(
    which: tuple[str, str], read: int, cached: int, written: int, answered: int
) -> None:
    pricing, model_id = which
    cached = min(cached, read)
    written = min(written, read - cached)
    provider, model = get_snapshot().find_provider_model(model_id, None, pricing, None)
    usage = Counted(input_tokens=read, cache_read_tokens=cached, cache_write_tokens=written, output_tokens=answered)
    wanted = model.calc_price(usage, provider, genai_request_timestamp=datetime.now(tz=UTC)).total_price
    found = price_usd(Usage(read, cached, written, answered), pricing=pricing, model_id=model_id, billing="metered")
    assert found == pytest.approx(float(wanted), rel=1e-9, abs=1e-12)


def test_an_unknown_price_is_never_nothing() -> None:
    assert price_usd(Usage(1, 0, 0, 1), pricing="openai", model_id="no-such-model", billing="metered") is None
    assert price_usd(Usage(1, 0, 0, 1), pricing=None, model_id="gpt-5", billing="metered") is None
    assert price_usd(Usage(None, 0, 0, 1), pricing="openai", model_id="gpt-5", billing="metered") is None
    assert price_usd(Usage(1, 0, 0, 1), pricing=None, model_id="gpt-5", billing="flat") == 0


def test_what_openrouter_gives_away_costs_nothing() -> None:
    for model_id in ("z-ai/glm-4.5-air:free", "nobody/has-heard:free", "openrouter/free"):
        assert price_usd(Usage(1, 0, 0, 1), pricing="openrouter", model_id=model_id, billing="metered") == 0
    assert price_usd(Usage(1, 0, 0, 1), pricing="openrouter", model_id="z-ai/glm-4.5-air", billing="metered")
    assert price_usd(Usage(1, 0, 0, 1), pricing="openai", model_id="gpt-5:free", billing="metered") != 0
