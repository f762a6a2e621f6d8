"""What came of a rehearsal, in figures, and whether that is what its model's objectives ask for. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sidecar.proof.drill.rehearsal import Asked, QuotaCount, Rehearsal
from sidecar.routing.amounts import summed_usd
from sidecar.routing.record import nth

if TYPE_CHECKING:
    from sidecar.config import model as configured

__all__ = ["Figures", "Goal", "figures", "goal"]

ASSUMED_SUCCESS_RATE = 0.99
ASSUMED_P95_S = 20.0

_SLACK = 1e-6
"""Sums of prices are off by less."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What is expected of a model. *assumed* names what its configuration does not say."""

    success_rate: float
    p95_s: float
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Figures:
    """One row of the table.

    Times are seconds; *shares* are by tier, of all asks, in the order of the tiers. *attempts* are those of an
    answered ask, on average, *in_vain* all that met a trouble. *cost_usd* None: a price is unknown. *back_s* is how
    long after the trouble the best tier answered an ask again, None where that does not apply; *left* says whether it
    was ever left. *missed* says in which way the objectives were not met, *because* what stood in their way.
    """

    model: str
    scenario: str
    title: str
    asks: int
    success_rate: float
    p50_s: float | None
    p95_s: float | None
    p99_s: float | None
    attempts: float | None
    in_vain: int
    cost_usd: float | None
    shares: dict[str, float]
    left: bool
    is_over: bool
    back_s: float | None
    missed: tuple[str, ...]
    because: str = ""
    quotas: tuple[QuotaCount, ...] = ()
    """What they came to, where the scenario is about them or our count and a provider's differ."""

    @property
    def is_met(self) -> bool:
        return not self.missed


def goal(objectives: configured.Objectives | None) -> Goal:
    """The objectives of a model, with what they leave open assumed."""
    rate = objectives.success_rate if objectives else None
    p95_s = objectives.p95_s if objectives else None
    assumed = []
    if rate is None:
        assumed.append(f"success_rate {ASSUMED_SUCCESS_RATE:g}")
    if p95_s is None:
        assumed.append(f"p95_s {ASSUMED_P95_S:g}")
    return Goal(
        ASSUMED_SUCCESS_RATE if rate is None else rate, ASSUMED_P95_S if p95_s is None else p95_s, tuple(assumed)
    )


def figures(rehearsal: Rehearsal, *, tiers: Sequence[str], wanted: Goal) -> Figures:
    """The row of *rehearsal*; *tiers* are the names of its model's tiers, the best first."""
    scenario, asks = rehearsal.scenario, rehearsal.asks
    took = sorted(ask.took_s for ask in asks if ask.tier)
    over_at_s = scenario.over_at_s
    judged = asks
    if scenario.judged == "after" and over_at_s is not None:
        judged = tuple(ask for ask in asks if ask.at_s >= over_at_s)
    missed, because = _missed(judged, wanted)
    left = any(ask.tier != tiers[0] for ask in asks)
    return Figures(
        model=rehearsal.model,
        scenario=scenario.name,
        title=scenario.title,
        asks=len(asks),
        success_rate=len(took) / len(asks),
        p50_s=nth(took, 0.50),
        p95_s=nth(took, 0.95),
        p99_s=nth(took, 0.99),
        attempts=sum(ask.attempts for ask in asks) / len(took) if took else None,
        in_vain=rehearsal.in_vain,
        cost_usd=summed_usd(ask.cost_usd for ask in asks),
        shares={tier: sum(ask.tier == tier for ask in asks) / len(asks) for tier in tiers},
        left=left,
        is_over=over_at_s is not None,
        back_s=_back_s(asks, tiers[0], over_at_s) if left else None,
        missed=missed,
        because=because,
        quotas=tuple(one for one in rehearsal.quotas if scenario.quota_calls is not None or not _agrees(one)),
    )


def _agrees(one: QuotaCount) -> bool:
    """Whether the provider has turned nobody down and counted no more than we did: more, and it will."""
    return not one.refused and (one.there is None or one.there <= one.here * (1 + _SLACK))


def _missed(judged: Sequence[Asked], wanted: Goal) -> tuple[tuple[str, ...], str]:
    answered = [ask for ask in judged if ask.tier]
    rate = len(answered) / len(judged) if judged else 1.0
    missed, because = [], ""
    if rate < wanted.success_rate:
        missed.append(f"{_percent(rate)} answered, not {_percent(wanted.success_rate)}")
        because = next(ask.told for ask in judged if not ask.tier)
    p95_s = nth(sorted(ask.took_s for ask in answered), 0.95)
    if p95_s is not None and p95_s > wanted.p95_s:
        missed.append(f"p95 {p95_s:.1f} s, not {wanted.p95_s:g} s")
        because = because or min(answered, key=lambda ask: abs(ask.took_s - p95_s)).told
    return tuple(missed), because


def _back_s(asks: Sequence[Asked], best: str, over_at_s: float | None) -> float | None:
    if over_at_s is None:
        return None
    return next((max(0.0, ask.at_s - over_at_s) for ask in asks if ask.at_s >= over_at_s and ask.tier == best), None)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %".replace(".0 %", " %")
