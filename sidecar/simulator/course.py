"""Which effect a call gets: the schedule of one provider, followed from its first call on.

    call ──phases──> fault or special reply
         ──quotas──> the vendor's 429 until some of it is free again
         ──────────> the usual reply

No clock here: the time of a call is given, and chance comes from a seeded source, so a course can be
followed again step by step.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field

from sidecar.simulator.counting import Counted, Counting, QuotaState, Usage
from sidecar.simulator.faults import fault_named
from sidecar.simulator.vocabulary import USUAL_LENGTHS, Fault, Phase, Reply, Schedule

__all__ = ["Course", "Effect"]

UNNAMED_RESET_S = 20.0


@dataclass(frozen=True, slots=True)
class Effect:
    """What to do with one call: *fault* if there is one, *reply* otherwise (and what a fault interrupts)."""

    outcome: str
    reply: Reply
    fault: Fault | None = None
    reset_s: float = UNNAMED_RESET_S
    quotas: tuple[QuotaState, ...] = ()
    """What is left of quotas, the least of each unit."""
    problem: str = "the request is not valid"
    """What a fault that turns a request down says of it."""
    lengths: tuple[int, int] = USUAL_LENGTHS
    """The tokens sent and the tokens the model reads, for a fault that says the first are too many."""


def _no_tokens(_reply: Reply) -> tuple[int, int]:
    return (0, 0)


@dataclass(slots=True)
class Course:
    """Follows *schedule*; *rate_fault* is the dialect's own rate limit, for quotas that name no other."""

    schedule: Schedule
    rate_fault: str
    chance: random.Random
    _met: Counter[int] = field(default_factory=Counter)
    _counting: Counting = field(init=False)

    def __post_init__(self) -> None:
        """Looks every named fault up now, so that a wrong name fails at the start and not at the n-th call."""
        phases, quotas = self.schedule.phases, self.schedule.quotas
        for fault in (*(phase.fault for phase in phases), *(quota.fault for quota in quotas)):
            if isinstance(fault, str):
                fault_named(fault)
        self._counting = Counting(quotas)

    def effect(self, *, at_s: float, model: str, account: str | None, usage: Usage = _no_tokens) -> Effect:
        """The effect of the next call, which arrives *at_s* seconds after the start."""
        # Every phase counts the call, also those behind the one that decides.
        hits = [self._hits(number, phase, at_s, model, account) for number, phase in enumerate(self.schedule.phases)]
        for phase, hit in zip(self.schedule.phases, hits, strict=True):
            if hit and (phase.share >= 1 or self.chance.random() < phase.share):
                return self._of_phase(phase, at_s)
        return self._of_quotas(at_s, model, account, usage)

    def counted(self, at_s: float) -> tuple[Counted, ...]:
        """What the quotas have counted, as it stands *at_s* seconds after the start."""
        return self._counting.counted(at_s)

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

    def _of_quotas(self, at_s: float, model: str, account: str | None, usage: Usage) -> Effect:
        reply = self.schedule.reply
        refused = self._counting.refusal(at_s=at_s, model=model, account=account)
        if refused is not None:
            quota, state = refused
            fault = quota.fault or self.rate_fault
            return Effect(_name(fault), reply, _found(fault), state.reset_s, (state,))
        left = self._counting.count(at_s=at_s, model=model, account=account, usage=lambda: usage(reply))
        return Effect("answered", reply, quotas=left)


def _name(fault: Fault | str) -> str:
    return fault if isinstance(fault, str) else fault.kind


def _found(fault: Fault | str) -> Fault:
    return fault_named(fault) if isinstance(fault, str) else fault
