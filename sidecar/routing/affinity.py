"""A thread stays with the endpoint that has its prompt cached, while that can still be so. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sidecar.routing.endpoints import Endpoint
from sidecar.routing.route import Route

__all__ = ["kept", "warm_s"]

WARM_S: Mapping[str, float] = {
    # "5 minutes, refreshed each time the cached content is used" (docs.claude.com, prompt caching, 2026-11)
    "anthropic": 300.0,
    "bedrock": 300.0,
    # 5 to 10 minutes of inactivity, an hour at most (platform.openai.com, prompt caching; Azure says the same)
    "openai-chat": 600.0,
    "openai-responses": 600.0,
    "azure": 600.0,
    # implicit caching names no time (ai.google.dev, context caching); what others keep at least
    "gemini": 300.0,
    "vertex": 300.0,
    # the model with what it has read stays loaded for five minutes (docs.ollama.com, keep_alive)
    "ollama": 300.0,
    # the vendors' programs call their vendors
    "command": 300.0,
}
"""For how long after a call a dialect's hosts keep what they have read, in seconds."""

WARM_OF_PROVIDER_S: Mapping[str, float] = {
    # on disk, for "a few hours to a few days" (api-docs.deepseek.com, context caching)
    "deepseek": 3_600.0,
}


def warm_s(endpoint: Endpoint) -> float:
    """How long a prompt that *endpoint* has read can be expected in its cache, in seconds."""
    return WARM_OF_PROVIDER_S.get(endpoint.provider, WARM_S.get(endpoint.dialect, 300.0))


def kept(route: Route, answered_by: str | None, *, answered_at: float, now: float) -> Route:
    """*route* with the endpoint (by its key) that last answered a thread first in its tier, while it can be warm.

    Only first in its own tier: a better tier that is back goes before a warm cache. One that rests or is excluded
    is passed over all the same.
    """
    for number, tier in enumerate(route.tiers):
        for endpoint in tier.endpoints:
            if endpoint.key == answered_by and 0 <= now - answered_at < warm_s(endpoint):
                others = (other for other in tier.endpoints if other != endpoint)
                reasons = {**tier.reasons, endpoint.key: "it has read this thread just now and may have it cached"}
                warm = replace(tier, endpoints=(endpoint, *others), reasons=reasons)
                return replace(route, tiers=(*route.tiers[:number], warm, *route.tiers[number + 1 :]))
    return route
