"""What a call cost and how much a model can read, by genai-prices.

Importing genai-prices takes 0.2 to 0.8 s, so nothing here is imported before it is asked for:
`load` does it ahead of time, from a worker thread, outside the path of the first answer.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sidecar.providers.vocabulary import Usage

if TYPE_CHECKING:
    from datetime import datetime

    from genai_prices.types import ModelInfo, ModelPrice, Provider

__all__ = ["context_tokens", "load", "price_usd"]

_FREE_ENDINGS = {"openrouter": (":free", "openrouter/free")}
"""What a host gives away by its id in genai-prices, whose lists leave it out ("access to models without cost":
openrouter.ai, docs, model variants, free; and its router among them, 2026-11)."""


def load() -> None:
    """Import the price data; blocks for up to a second, call it in a thread."""
    _find("openai", "gpt-4o")


def price_usd(usage: Usage, *, pricing: str | None, model_id: str, billing: str) -> float | None:
    """The call's cost in US dollars by today's list prices, cached tokens at their own price.

    A flat or free plan costs exactly 0.0. None where the host, the model, one of its prices or the
    usage is unknown: an unknown cost is never zero.
    """
    if billing != "metered" or _is_free(pricing, model_id):
        return 0.0
    if pricing is None or usage.input_tokens is None or usage.output_tokens is None:
        return None
    found = _find(pricing, model_id)
    if found is None:
        return None
    provider, model = found
    from datetime import UTC, datetime

    now = datetime.now(tz=UTC)
    prices = model.get_prices(now)
    if prices.input_mtok is None or prices.output_mtok is None:
        return None
    # A part larger than the whole is a provider's slip that genai-prices refuses; the whole is believed.
    cached = min(usage.cached_tokens or 0, usage.input_tokens)
    written = min(usage.cache_write_tokens or 0, usage.input_tokens - cached)
    rates = _rates(prices, model, provider)
    if rates is None:
        return _reckoned(model, provider, (usage.input_tokens, cached, written, usage.output_tokens), at=now)
    fresh = usage.input_tokens - cached - written
    return fresh * rates.fresh + cached * rates.cached + written * rates.written + usage.output_tokens * rates.output


@dataclass(frozen=True, slots=True)
class _Rates:
    """US dollars for one token of each kind."""

    fresh: float
    cached: float
    written: float
    output: float


_known_rates: dict[int, tuple[ModelPrice, _Rates | None]] = {}
"""By the identity of the prices they were taken from, which are kept so that no other object can have it."""


def _rates(prices: ModelPrice, model: ModelInfo, provider: Provider) -> _Rates | None:
    """What one token of each kind costs at *prices*; None where that depends on how many there are.

    genai-prices takes 0.2 ms for every price it reckons, as long as half of a call; so it reckons a million tokens of
    each kind once.
    """
    known = _known_rates.get(id(prices))
    if known is None:
        from datetime import UTC, datetime

        from genai_prices.types import TieredPrices

        rates = None
        if not any(isinstance(price, TieredPrices) for price in vars(prices).values()):
            million, at = 1_000_000, datetime.now(tz=UTC)
            kinds = ((million, 0, 0, 0), (million, million, 0, 0), (million, 0, million, 0), (0, 0, 0, million))
            costs = [_reckoned(model, provider, counts, at=at) for counts in kinds]
            whole = [cost / million for cost in costs if cost is not None]
            rates = _Rates(*whole) if len(whole) == len(kinds) else None
        known = _known_rates[id(prices)] = (prices, rates)
    return known[1]


def _reckoned(model: ModelInfo, provider: Provider, counts: tuple[int, int, int, int], *, at: datetime) -> float | None:
    """The price of *counts* (read, of it cached, of it written to the cache, answered) as genai-prices reckons it."""
    from genai_prices import Usage as Counted

    read, cached, written, answered = counts
    usage = Counted(input_tokens=read, cache_read_tokens=cached, cache_write_tokens=written, output_tokens=answered)
    try:
        return float(model.calc_price(usage, provider, genai_request_timestamp=at).total_price)
    except ValueError:
        return None


def _is_free(pricing: str | None, model_id: str) -> bool:
    return pricing in _FREE_ENDINGS and model_id.endswith(_FREE_ENDINGS[pricing])


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
