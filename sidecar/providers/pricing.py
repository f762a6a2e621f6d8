"""What a call cost and how much a model can read, by genai-prices.

Importing genai-prices takes 0.2 to 0.8 s, so nothing here is imported before it is asked for:
`load` does it ahead of time, from a worker thread, outside the path of the first answer.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from sidecar.providers.vocabulary import Usage

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, Provider

__all__ = ["context_tokens", "load", "price_usd"]


def load() -> None:
    """Import the price data; blocks for up to a second, call it in a thread."""
    _find("openai", "gpt-4o")


def price_usd(usage: Usage, *, pricing: str | None, model_id: str, billing: str) -> float | None:
    """The call's cost in US dollars by today's list prices, cached tokens at their own price.

    A flat or free plan costs exactly 0.0. None where the host, the model, one of its prices or the
    usage is unknown: an unknown cost is never zero.
    """
    if billing != "metered":
        return 0.0
    if pricing is None or usage.input_tokens is None or usage.output_tokens is None:
        return None
    found = _find(pricing, model_id)
    if found is None:
        return None
    provider, model = found
    from datetime import UTC, datetime

    from genai_prices import Usage as Counted

    now = datetime.now(tz=UTC)
    prices = model.get_prices(now)
    if prices.input_mtok is None or prices.output_mtok is None:
        return None
    # A part larger than the whole is a provider's slip that genai-prices refuses; the whole is believed.
    cached = min(usage.cached_tokens or 0, usage.input_tokens)
    written = min(usage.cache_write_tokens or 0, usage.input_tokens - cached)
    counted = Counted(
        input_tokens=usage.input_tokens,
        cache_read_tokens=cached,
        cache_write_tokens=written,
        output_tokens=usage.output_tokens,
    )
    try:
        return float(model.calc_price(counted, provider, genai_request_timestamp=now).total_price)
    except ValueError:
        return None


def context_tokens(pricing: str | None, model_id: str) -> int | None:
    """How many tokens the model reads at most, None where that is unknown."""
    found = _find(pricing, model_id) if pricing is not None else None
    return found[1].context_window if found is not None else None


@functools.lru_cache(maxsize=1024)
def _find(pricing: str, model_id: str) -> tuple[Provider, ModelInfo] | None:
    from genai_prices.data_snapshot import get_snapshot

    try:
        return get_snapshot().find_provider_model(model_id, None, pricing, None)
    except LookupError:
        return None
