"""Everything is told: the receipt of an answer, and the sentence and report of a call that nobody answered. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from sidecar.errors import AskFailed
from sidecar.providers.vocabulary import Usage
from sidecar.routing.amounts import usd_text
from sidecar.routing.meanings import MEANINGS, OUTRUN
from sidecar.routing.plan import clock_text
from sidecar.routing.route import Route
from sidecar.routing.vocabulary import Attempt, PassedOver, Reply

__all__ = ["ask_failed", "cost_text", "one_line", "phrase", "receipt", "seconds_text", "tokens_text"]

_TRAITS = {str(meaning): trait for meaning, trait in MEANINGS.items()}

_TOLD = 4
"""A receipt is one line: so many troubles are told, the rest counted."""


def receipt(reply: Reply) -> str:
    """One line on who answered *reply*, after which attempts, for how many tokens, at what cost.

    An unknown price is called unknown, never $0; "$0 (flat or free)" is said where a call has no
    price of its own: a subscription, a free plan, a local model.
    """
    now = reply.answered_at
    troubles = [
        *(f"{other.endpoint.name}: {other.reason}" for other in reply.passed_over),
        *_troubles(reply.attempts, now, answered_by=reply.attempts[-1] if reply.attempts else None),
    ]
    told = troubles[:_TOLD]
    if len(troubles) > _TOLD:
        told.append(f"{len(troubles) - _TOLD} more")
    after = f" after {'; '.join(told)}" if told else ""
    finish = {"length": " · cut at its token limit", "refused": " · refused by a content policy"}
    return one_line(
        f"[answered by {reply.endpoint.name} (tier {reply.tier}) in {seconds_text(reply.took_s)}{after}"
        f"{finish.get(reply.answer.finish, '')} · {tokens_text(reply.answer.usage)} · {cost_text(reply.cost_usd)}"
        f"{''.join(f' · {note}' for note in reply.notes)}]"
    )


def one_line(text: str) -> str:
    """*text* without the line breaks that a foreign message may bring."""
    return " ".join(text.split())


def cost_text(cost_usd: float | None) -> str:
    """A cost as readers see it: "unknown price", "$0 (flat or free)", "<$0.0001", "$0.0007", "$1.25"."""
    if cost_usd is None:
        return "unknown price"
    if cost_usd == 0:
        return "$0 (flat or free)"
    return usd_text(cost_usd)


def phrase(outcome: str) -> str:
    """What an attempt's outcome is called in sentences."""
    if outcome == OUTRUN:
        return "slower of two requests at once"
    trait = _TRAITS.get(outcome)
    return trait.phrase if trait else outcome


def ask_failed(
    route: Route,
    *,
    attempts: Sequence[Attempt],
    passed_over: Sequence[PassedOver],
    stopped: Attempt | None,
    back_at: float | None,
    now: float,
    took_s: float,
    notes: Sequence[str] = (),
    cost_usd: float | None = 0.0,
) -> AskFailed:
    """The exception of a call that nobody answered: what the user can do, then everything tried or passed over.

    *stopped* is the attempt whose failure is the caller's to mend; *back_at* (epoch s) the nearest
    time at which an endpoint may be called again.
    """
    report = [
        *(f"tried {line}" for line in _report(attempts, now)),
        *(f"passed over {other.endpoint.name} (tier {other.tier}): {other.reason}" for other in passed_over),
        *notes,
    ]
    retry_after_s = max(0.0, back_at - now) if back_at is not None and stopped is None else None
    retryable = stopped is None and (back_at is not None or any(_heals(attempt.outcome) for attempt in attempts))
    return AskFailed(
        one_line(_sentence(route, attempts, passed_over, stopped=stopped, back_at=back_at, now=now, took_s=took_s)),
        report=tuple(one_line(line) for line in report),
        retryable=retryable,
        retry_after_s=retry_after_s,
        cost_usd=cost_usd,
    )


def _sentence(
    route: Route,
    attempts: Sequence[Attempt],
    passed_over: Sequence[PassedOver],
    *,
    stopped: Attempt | None,
    back_at: float | None,
    now: float,
    took_s: float,
) -> str:
    model = f"model `{route.model}`"
    if stopped is not None:
        return (
            f"`{stopped.endpoint.name}` stopped the call ({phrase(stopped.outcome)}: {stopped.message}); "
            f"{stopped.advice}. No other endpoint was asked"
        )
    if not attempts and not passed_over:
        return f"{model} has no endpoints; set a provider's key in the environment or add targets to its tiers"
    back = (
        f"; the first may be asked again at {clock_text(back_at, now)} (in {seconds_text(back_at - now)})"
        if back_at
        else ""
    )
    if not attempts and back_at is None:
        reasons = "; ".join(dict.fromkeys(other.reason for other in passed_over))
        return f"no endpoint of {model} may be asked: {reasons}"
    if not attempts:
        return f"every endpoint of {model} rests{back}; ask again then, or add another account or target"
    advice = "; ".join(dict.fromkeys(attempt.advice for attempt in attempts if attempt.advice))
    tries = "1 attempt" if len(attempts) == 1 else f"{len(attempts)} attempts"
    causes = ", ".join(dict.fromkeys(phrase(attempt.outcome) for attempt in attempts))
    return f"no endpoint of {model} answered ({tries} in {seconds_text(took_s)}: {causes}){back}; {advice}"


def _heals(outcome: str) -> bool:
    trait = _TRAITS.get(outcome)
    return trait is not None and trait.heals_itself


def _troubles(attempts: Sequence[Attempt], now: float, *, answered_by: Attempt | None) -> list[str]:
    """The failed attempts, equal neighbours counted."""
    lines = []
    failed = [attempt for attempt in attempts if attempt is not answered_by]
    for (name, outcome), group in groupby(failed, key=lambda attempt: (attempt.endpoint.name, attempt.outcome)):
        same = list(group)
        times = f" x{len(same)}" if len(same) > 1 else ""
        until = same[-1].rest_until
        rests = f", rests until {clock_text(until, now)}" if until is not None and until > now else ""
        lines.append(f"{name}: {phrase(outcome)}{times}{rests}")
    return lines


def _report(attempts: Sequence[Attempt], now: float) -> list[str]:
    lines = []
    for attempt in attempts:
        until = attempt.rest_until
        rests = f"; rests until {clock_text(until, now)}" if until is not None else ""
        lines.append(
            f"{attempt.endpoint.name} (tier {attempt.tier}): {phrase(attempt.outcome)} after "
            f"{seconds_text(attempt.took_s)}: {attempt.message}{rests}"
        )
    return lines


def tokens_text(usage: Usage) -> str:
    """What was read and written, such as "120 in (100 cached), 30 out"."""
    if usage.input_tokens is None and usage.output_tokens is None:
        return "tokens unknown"
    read = "?" if usage.input_tokens is None else f"{usage.input_tokens:,}"
    cached = f" ({usage.cached_tokens:,} cached)" if usage.cached_tokens else ""
    written = "?" if usage.output_tokens is None else f"{usage.output_tokens:,}"
    return f"{read} in{cached}, {written} out"


def seconds_text(value: float) -> str:
    if value >= 120:
        minutes, rest = divmod(round(value), 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
    return f"{value:.1f} s" if value >= 0.1 else f"{value * 1000:.0f} ms"
