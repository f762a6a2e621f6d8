"""Fetches a provider's list of models, page by page, within limits that hold for all of it."""

from __future__ import annotations

from datetime import datetime

import anyio

from sidecar.errors import ProviderFailed
from sidecar.providers.failing import failed
from sidecar.providers.listing import Listed, ListReading, first_calls, next_call, read
from sidecar.providers.masking import secrets_of
from sidecar.providers.reading import NotTheDialect
from sidecar.providers.transport import exchange
from sidecar.providers.vocabulary import Access, Limits
from sidecar.providers.wire import Wire

__all__ = ["every_page"]

_PAGES = 20
_LIMIT_S = 20.0
_LIMITS = Limits(connect_s=5.0, first_token_s=10.0, silence_s=5.0, reply_bytes=16_000_000)


async def every_page(
    dialect: str, access: Access, wire: Wire, *, at: datetime, limits: Limits = _LIMITS, limit_s: float = _LIMIT_S
) -> tuple[Listed, ...]:
    """Every model of every page, each once, in the provider's order; raises ConfigurationError and ProviderFailed.

    *limits* bound one page, *limit_s* all of them.
    """
    listed: dict[str, Listed] = {}
    calls = first_calls(dialect, access, at=at)
    with anyio.move_on_after(limit_s) as limit:
        for place, first in enumerate(calls):
            call = first
            for _ in range(_PAGES):
                reading = ListReading()
                try:
                    await exchange(call, access, reading, wire, limits=limits)
                    listed |= {model.id: model for model in read(reading.body) if model.id not in listed}
                except NotTheDialect as wrong:
                    raise failed("malformed", f"`{access.provider}` sent {wrong}", secrets=secrets_of(access)) from None
                except ProviderFailed:
                    if place == 0:
                        raise
                    break  # what only adds to the first list (Bedrock's profiles) may be forbidden to a key
                following = next_call(first, reading.body, dialect, access, at=at)
                if following is None:
                    break
                call = following
    if limit.cancelled_caught:
        sentence = f"`{access.provider}` did not finish its list within {limit_s:g} s"
        raise failed("silence_limit", sentence, secrets=secrets_of(access))
    return tuple(listed.values())
