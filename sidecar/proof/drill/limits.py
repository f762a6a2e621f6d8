"""What the stand-ins limit by themselves, as their providers would: context windows, and the quotas of accounts.

Both are taken from what the user's configuration and the catalogue say, so a provider agrees with us on how much there
is. What is used of it the simulator counts in a book of its own, by when a request arrives; we count from the ledger,
by when a call ends. That both come to the same is what a rehearsal shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sidecar.config.facts import facts, price_usd
from sidecar.proof.drill.scenario import EPOCH, Scenario
from sidecar.providers.vocabulary import Usage
from sidecar.simulator import Fault, Quota
from sidecar.switchboard.allowances import Payer, allowances_of

if TYPE_CHECKING:
    from sidecar.config import model as configured
    from sidecar.config.hosts import KnownProvider
    from sidecar.routing.quota import Allowance, Window
    from sidecar.simulator.vocabulary import QuotaKind
    from sidecar.switchboard.lines import Line

__all__ = ["lessened", "quotas_of", "windows_of"]

_MILLION = 1_000_000
_AFTERWARDS_S = 2 * 86_400.0
"""Calls that are begun in a rehearsal may end after it."""


def windows_of(provider: KnownProvider, models: Iterable[str]) -> dict[str, int]:
    """How many tokens each of *models* reads, as far as that is known."""
    known = {model: facts(provider, model).capabilities.context_tokens for model in models}
    return {model: window for model, window in known.items() if window is not None}


def lessened(lines: Sequence[Line], scenario: Scenario) -> tuple[configured.Quota, ...]:
    """The quotas of the account that *lines* are of, none of them good for more calls than *scenario* says."""
    quotas = lines[0].account.quotas if lines[0].account is not None else ()
    if scenario.quota_calls is None:
        return quotas
    answers, calls = scenario.answers, scenario.quota_calls
    prices = (_price(line, answers.input_tokens, answers.output_tokens) for line in lines)
    most = {
        "limit_requests": calls,
        "limit_tokens": calls * (answers.input_tokens + answers.output_tokens),
        "limit_usd": calls * max((price for price in prices if price is not None), default=0.0),
    }
    return tuple(_at_most(quota, most) for quota in quotas)


def quotas_of(lines: Iterable[Line], scenario: Scenario, fault: Fault | str) -> tuple[Quota, ...]:
    """The quotas of one provider's accounts as the provider keeps them; *fault* is how it says that one is spent."""
    lines = tuple(lines)
    answers = scenario.answers
    prices = {
        line.endpoint.model_id: (
            (_price(line, answers.input_tokens, 0) or 0.0) / max(1, answers.input_tokens) * _MILLION,
            (_price(line, 0, answers.output_tokens) or 0.0) / answers.output_tokens * _MILLION,
        )
        for line in lines
    }
    payers = (Payer(line.endpoint, True, line.account.quotas if line.account else ()) for line in lines)
    return tuple(
        replace(_quota(allowance, scenario), fault=fault, prices=prices)
        for allowance in allowances_of((), payers, session=0)
    )


def _quota(allowance: Allowance, scenario: Scenario) -> Quota:
    window = allowance.window
    kind: QuotaKind = "rolling" if window.is_rolling else "chained" if window.follows_calls else "fixed"
    limits = {allowance.unit: allowance.limit}
    return Quota(
        window_s=window.length_s,
        kind=kind,
        begins_s=_begins_s(window, scenario) if kind == "fixed" else (),
        account=allowance.account[1] if allowance.account else None,
        name=allowance.key,
        requests=limits.get("requests"),
        tokens=limits.get("tokens"),
        usd=limits.get("usd"),
    )


def _begins_s(window: Window, scenario: Scenario) -> tuple[float, ...]:
    """When the windows of a rehearsal begin, in seconds from its start; the first one did before it."""
    span = window.span(EPOCH)
    begins = [span.start]
    while span.end is not None and span.start < EPOCH + scenario.lasts_s + _AFTERWARDS_S:
        begins.append(span.end)
        span = window.span(span.end)
    return tuple(at - EPOCH for at in begins)


def _at_most(quota: configured.Quota, most: Mapping[str, float]) -> configured.Quota:
    """*quota* with each of its limits at *most* so large; a most of 0 is what costs nothing, and limits nothing."""
    update = {}
    for name, limit in most.items():
        own = getattr(quota, name)
        if own is not None and 0 < limit < own:
            update[name] = limit
    return quota.model_copy(update=update)


def _price(line: Line, read: int, written: int) -> float | None:
    return price_usd(line.provider, line.endpoint.model_id, Usage(read, output_tokens=written))
