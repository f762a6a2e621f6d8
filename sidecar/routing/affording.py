"""What one call may cost: its budget against an estimate made before the request is sent. Pure.

An estimate takes our own count of the tokens, which is not the provider's, and an answer as long as its limit. Where
the caller set none, the answer gets the limit that the budget leaves, so that the call cannot cost more; none where the
model cannot write as much.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from sidecar.providers.vocabulary import Answer, Image, Request, Text, ToolResult, Usage
from sidecar.routing.endpoints import Endpoint
from sidecar.routing.quota import Allowance, told
from sidecar.routing.seams import Wanted, Withheld
from sidecar.routing.vocabulary import Attempt

__all__ = ["Price", "affordable", "counted", "estimated_tokens"]

Price = Callable[[Endpoint, Usage], float | None]
"""What a usage costs at an endpoint in USD; None is unknown, 0.0 exactly is flat or free."""

ANSWER_TOKENS = 1_000
"""What an answer is estimated at where nobody limits it."""

CAP_LIMIT_TOKENS = 8_192
"""No answer is given a larger limit where nobody says how much its model writes: some refuse such a call outright."""

_CHARACTERS_PER_TOKEN = 3
"""Fewer than in English (4), about as many as in code: an estimate that counts against a limit had better be high."""

IMAGE_TOKENS = 1_600
"""The most that Anthropic counts for one image (https://docs.claude.com/en/docs/build-with-claude/vision)."""


def affordable(
    wanted: Wanted, budgets: Iterable[Allowance], *, read: int, price: Price, writes: int | None
) -> Request | Withheld:
    """The request of *read* tokens as the *budgets* of its call let it be sent; or why they do not.

    An unknown price is over every budget: a limit that nobody can check is not kept. *writes* is how many tokens an
    answer can have there, None where nobody says.
    """
    request = wanted.request
    cap = float("inf")
    for budget in budgets:
        left = budget.limit - sum(_used(attempt, budget, wanted.route.model) for attempt in wanted.attempts)
        most = left - read if budget.unit == "tokens" else _answer_tokens(wanted.endpoint, read, left, price)
        if most is None:
            return Withheld(budget.unpriced_text, ends_call=budget.stop)
        if most < (request.limit_tokens or ANSWER_TOKENS):
            return Withheld(_too_dear(budget, left, read, request.limit_tokens), ends_call=budget.stop)
        cap = min(cap, most)
    if request.limit_tokens is not None or cap == float("inf") or (writes is not None and cap >= writes):
        return request
    return replace(request, limit_tokens=int(cap if writes is not None else min(cap, CAP_LIMIT_TOKENS)))


def estimated_tokens(request: Request, count: Callable[[str], int]) -> int:
    """How many tokens *request* has, by our own count of its texts and a fixed one for each image."""
    texts, images = [request.system or ""], 0
    for message in request.messages:
        for part in message.parts:
            for piece in part.content if isinstance(part, ToolResult) else (part,):
                if isinstance(piece, Text):
                    texts.append(piece.text)
                images += isinstance(piece, Image)
    return sum(count(text) for text in texts if text) + IMAGE_TOKENS * images


def counted(answer: Answer, request: Request | None) -> Usage:
    """What *answer* to *request* took: as its provider told, else by its length: no limit takes it for nothing."""
    usage = answer.usage
    if request is not None and usage.input_tokens is None:
        usage = replace(usage, input_tokens=estimated_tokens(request, _by_length))
    if usage.output_tokens is None:
        usage = replace(usage, output_tokens=_by_length(answer.text))
    return usage


def _by_length(text: str) -> int:
    return -(-len(text) // _CHARACTERS_PER_TOKEN)


def _answer_tokens(endpoint: Endpoint, read: int, left_usd: float, price: Price) -> float | None:
    """How long an answer may be for *left_usd* after *read* tokens; None where nobody knows the price."""
    before = price(endpoint, Usage(read, output_tokens=0))
    after = price(endpoint, Usage(read, output_tokens=ANSWER_TOKENS))
    if before is None or after is None:
        return None
    each = (after - before) / ANSWER_TOKENS
    if each > 0:
        return (left_usd - before) / each
    return float("inf") if before <= left_usd else -1.0


def _too_dear(budget: Allowance, left: float, read: int, limit_tokens: int | None) -> str:
    answer = f"{limit_tokens:,}" if limit_tokens is not None else f"about {ANSWER_TOKENS:,}"
    return (
        f"an estimated {read:,} tokens in and {answer} out are more than is left of {budget.name}: "
        f"{told(max(0.0, left), budget.unit)} of {told(budget.limit, budget.unit)}"
    )


def _used(attempt: Attempt, budget: Allowance, model: str) -> float:
    if not budget.reaches(model, attempt.tier, attempt.endpoint.key):
        return 0.0
    if budget.unit == "usd":
        return attempt.cost_usd or 0.0
    return (attempt.usage.input_tokens or 0) + (attempt.usage.output_tokens or 0)
