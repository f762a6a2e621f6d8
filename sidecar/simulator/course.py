"""Which effect a call gets: the schedule of one provider, followed from its first call on.

    call ──phases──> fault or special reply
         ──quotas──> the vendor's 429 until the window ends
         ──────────> the usual reply

No clock here: the time of a call is given, and chance comes from a seeded source, so a course can be
followed again step by step.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from dataclasses import dataclass, field

from sidecar.simulator.faults import fault_named
from sidecar.simulator.vocabulary import USUAL_LENGTHS, Fault, Phase, Quota, Reply, Schedule

__all__ = ["Course", "Effect", "QuotaState"]

UNNAMED_RESET_S = 20.0


@dataclass(frozen=True, slots=True)
class QuotaState:
    """Where a quota stands after this call; *reset_s* is the time until its window ends."""

    limit: int
    remaining: int
    reset_s: float


@dataclass(frozen=True, slots=True)
class Effect:
    """What to do with one call: *fault* if there is one, *reply* otherwise (and what a fault interrupts)."""

    outcome: str
    reply: Reply
    fault: Fault | None = None
    reset_s: float = UNNAMED_RESET_S
    quota: QuotaState | None = None
    problem: str = "the request is not valid"
    """What a fault that turns a request down says of it."""
    lengths: tuple[int, int] = USUAL_LENGTHS
    """The tokens sent and the tokens the model reads, for a fault that says the first are too many."""


@dataclass(slots=True)
class Course:
    """Follows *schedule*; *rate_fault* is the dialect's own rate limit, for quotas that name no other."""

    schedule: Schedule
    rate_fault: str
    chance: random.Random
    _met: Counter[int] = field(default_factory=Counter)
    _spent: Counter[tuple[int, str | None, int]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        """Looks every named fault up now, so that a wrong name fails at the start and not at the n-th call."""
        phases, quotas = self.schedule.phases, self.schedule.quotas
        for fault in (*(phase.fault for phase in phases), *(quota.fault for quota in quotas)):
            if isinstance(fault, str):
                fault_named(fault)

    def effect(self, *, at_s: float, model: str, account: str | None) -> Effect:
        """The effect of the next call, which arrives *at_s* seconds after the start."""
        # Every phase counts the call, also those behind the one that decides.
        hits = [self._hits(number, phase, at_s, model, account) for number, phase in enumerate(self.schedule.phases)]
        for phase, hit in zip(self.schedule.phases, hits, strict=True):
            if hit and (phase.share >= 1 or self.chance.random() < phase.share):
                return self._of_phase(phase, at_s)
        return self._of_quotas(at_s, model, account)

    def _hits(self, number: int, phase: Phase, at_s: float, model: str, account: str | None) -> bool:
        if phase.model not in (None, model) or phase.account not in (None, account):
            return False
        self._met[number] += 1
        call = self._met[number]
        return (
            call >= phase.from_call
            and (phase.until_call is None or call <= phase.until_call)
            and (call - phase.from_call) % phase.every_calls == 0
            and phase.from_s <= at_s
            and (phase.until_s is None or at_s < phase.until_s)
        )

    def _of_phase(self, phase: Phase, at_s: float) -> Effect:
        reply = phase.reply or self.schedule.reply
        if phase.fault is None:
            return Effect("answered", reply)
        reset_s = phase.reset_s
        if reset_s is None:
            reset_s = UNNAMED_RESET_S if phase.until_s is None else phase.until_s - at_s
        return Effect(_name(phase.fault), reply, _found(phase.fault), reset_s)

    def _of_quotas(self, at_s: float, model: str, account: str | None) -> Effect:
        state: QuotaState | None = None
        spending = []
        for number, quota in enumerate(self.schedule.quotas):
            if quota.model not in (None, model):
                continue
            window = math.floor(at_s / quota.window_s)
            key = (number, account, window)
            reset_s = (window + 1) * quota.window_s - at_s
            if self._spent[key] >= quota.requests:
                return self._of_quota(quota, reset_s)
            spending.append(key)
            remaining = quota.requests - self._spent[key] - 1
            if state is None or remaining < state.remaining:
                state = QuotaState(quota.requests, remaining, reset_s)
        for key in spending:
            self._spent[key] += 1
        return Effect("answered", self.schedule.reply, quota=state)

    def _of_quota(self, quota: Quota, reset_s: float) -> Effect:
        fault = quota.fault or self.rate_fault
        state = QuotaState(quota.requests, 0, reset_s)
        return Effect(_name(fault), self.schedule.reply, _found(fault), reset_s, state)


def _name(fault: Fault | str) -> str:
    return fault if isinstance(fault, str) else fault.kind


def _found(fault: Fault | str) -> Fault:
    return fault_named(fault) if isinstance(fault, str) else fault
