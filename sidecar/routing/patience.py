"""How long the first text of an endpoint is waited for. Pure.

    its own limit     as its model says; longer for a program that says nothing until it is done, and for thinking
    what it shows     four times the slowest of its latest answers, where there are enough and others can answer

A hang should cost little and an answer that is under way should not be lost; the latest answers tell the two apart
better than any number that is right for all endpoints.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sidecar.providers.vocabulary import Effort, Limits
from sidecar.routing.record import Record
from sidecar.routing.route import Patience

__all__ = ["own_limits", "shown"]

LONGER: Mapping[Effort, float] = {"low": 1.0, "medium": 2.0, "high": 4.0}
"""By how much the usual limits for the first text and for silence are longer for a model that is to think."""

ENOUGH_ANSWERS = 20
TIMES_THE_SLOWEST = 4.0
LEAST_S = 15.0
"""However quick an endpoint has been: half of the usual limit."""


def own_limits(limits: Limits, *, first_token_s: float | None, effort: Effort | None) -> Limits:
    """A model's *limits* at one endpoint; what its user set shorter than usual holds.

    *first_token_s* is what the endpoint needs in any case, None where it streams: a vendor's program says nothing until
    it is done. Many models think in silence, so *effort* makes what is usual longer.
    """
    usual = Limits()
    if first_token_s is not None and limits.first_token_s >= usual.first_token_s:
        limits = replace(limits, first_token_s=max(limits.first_token_s, first_token_s))
    if effort is None:
        return limits
    more = LONGER[effort]
    return replace(
        limits,
        first_token_s=limits.first_token_s * (more if limits.first_token_s == usual.first_token_s else 1),
        silence_s=limits.silence_s * (more if limits.silence_s == usual.silence_s else 1),
    )


def shown(record: Record, *, effort: Effort | None) -> Patience | None:
    """How long an endpoint with this *record* of late is worth waiting for; None where that says too little."""
    if len(record.first_token_s) < ENOUGH_ANSWERS or not record.longest_tokens:
        return None
    more = LONGER[effort] if effort is not None else 1.0
    return Patience(more * max(LEAST_S, TIMES_THE_SLOWEST * record.first_token_s[-1]), record.longest_tokens)
