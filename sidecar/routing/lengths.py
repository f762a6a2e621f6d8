"""What a provider says of lengths when it refuses a conversation as too long.

Where it names its window and what it was sent, the next try can be cut to measure; where it names neither,
half of what was sent is tried.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sidecar.providers.vocabulary import Failure
from sidecar.routing.endpoints import Endpoint

__all__ = ["Told", "Windows", "share_to_try", "told"]

HALF = 0.5
MARGIN = 0.9
"""Of what fits by the provider's own count: a shortened text is denser in tokens than the whole."""

_FEWEST = 128
"""No model reads fewer tokens; a smaller number in the sentence is something else."""

_LIMIT, _SENT = (rf"(?P<{name}>\d[\d,]{{2,11}})" for name in ("limit", "sent"))

# Each finds the limit, and the length where it stands beside it. Read in November 2026; the sentences are those of
# tests/routing/failures.toml, with their sources.
_SENTENCES = (
    # OpenAI, Azure, vLLM: "maximum context length is 8192 tokens. However, you requested 9000 tokens"
    re.compile(
        rf"maximum context length (?:is|of) {_LIMIT}(?: tokens)?(?:.{{0,80}}?(?:resulted in|requested) {_SENT})?",
        re.IGNORECASE | re.DOTALL,
    ),
    # Gemini: "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)"
    re.compile(
        rf"input token count (?:\({_SENT}\) )?exceeds the maximum number of tokens allowed[ :(]{{1,3}}{_LIMIT}",
        re.IGNORECASE,
    ),
    # Anthropic: "prompt is too long: 204857 tokens > 200000 maximum"
    re.compile(rf"too long: {_SENT} tokens > {_LIMIT}", re.IGNORECASE),
    # Anthropic: "exceed context limit: 198000 + 8192 > 200000"; the answer's share cannot be cut away here
    re.compile(rf"context limit: {_SENT} \+ \d+ > {_LIMIT}", re.IGNORECASE),
    # Together and TGI: "`inputs` tokens + `max_new_tokens` must be <= 8193"
    re.compile(rf"must be <= {_LIMIT}", re.IGNORECASE),
)


@dataclass(frozen=True, slots=True)
class Told:
    """In tokens by the provider's own count; None where it does not say."""

    limit: int | None = None
    sent: int | None = None


def told(failure: Failure) -> Told:
    """The window and the length that *failure* names."""
    fields = _fields(failure.body)
    limit, sent = fields.get("n_ctx"), fields.get("n_prompt_tokens")  # llama.cpp's server, b7000
    if limit is not None:
        return Told(_sane(limit), _sane(sent))
    text = f"{failure.sentence}\n{failure.text}"
    for sentence in _SENTENCES:
        if found := sentence.search(text):
            named = {name: _sane(int(digits.replace(",", ""))) for name, digits in found.groupdict().items() if digits}
            return Told(**named)
    return Told()


def share_to_try(lengths: Told) -> float:
    """The share of what was sent that should fit, above 0 and below 1."""
    if lengths.limit is None or lengths.sent is None or lengths.sent <= lengths.limit:
        return HALF
    return MARGIN * lengths.limit / lengths.sent


class Windows:
    """How many tokens each endpoint reads: as *known*, or fewer where it has told so itself (a local server's
    window is what it was started with).
    """

    def __init__(self, known: Callable[[Endpoint], int | None]) -> None:
        self._known = known
        self._told: dict[str, int] = {}

    def of(self, endpoint: Endpoint) -> int | None:
        known, said = self._known(endpoint), self._told.get(endpoint.target.key)
        return known if said is None else said if known is None else min(known, said)

    def learn(self, endpoint: Endpoint, limit: int | None) -> None:
        if limit is not None:
            self._told[endpoint.target.key] = limit


def _sane(tokens: int | None) -> int | None:
    return tokens if tokens is not None and tokens >= _FEWEST else None


def _fields(body: Any) -> dict[str, int]:
    """The whole numbers of an error, which stand beside its message."""
    if not isinstance(body, Mapping):
        return {}
    error = body.get("error")
    inner = error if isinstance(error, Mapping) else body
    return {str(name): value for name, value in inner.items() if type(value) is int}
