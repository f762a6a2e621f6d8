"""How one call is going: its deadline, what was tried, and which endpoints it may still try."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from sidecar.providers.vocabulary import Limits
from sidecar.routing.amounts import summed_usd
from sidecar.routing.endpoints import Endpoint
from sidecar.routing.meanings import MEANINGS, Verdict
from sidecar.routing.plan import CALLABLE, Candidate, Plan, Standing
from sidecar.routing.route import Place, Route
from sidecar.routing.seams import Spent, Withheld
from sidecar.routing.vocabulary import Attempt, PassedOver, Reply
from sidecar.store.vocabulary import Health, Meter

__all__ = ["Course"]

BACKOFF_BASE_S = 0.05
BACKOFF_LIMIT_S = 5.0
COSTLY_TRIES = 2
"""What was billed and came to nothing is tried this often per endpoint and call, not until the deadline."""

RESERVE_SHARE = 0.25
"""The part of the remaining time that one attempt leaves to the endpoints after it."""
SHORTEST_ATTEMPT_S = 0.05


@dataclass(slots=True)
class Course:
    """One call from its first attempt to its reply; times without a comment are monotonic seconds."""

    route: Route
    window: Callable[[Endpoint], int | None]
    random: Callable[[], float]
    began: float
    asked_at: float
    """Epoch s."""
    healths: Mapping[str, Health] = field(default_factory=dict)
    spent: Mapping[Place, Spent] = field(default_factory=dict)
    reserved: list[int] = field(default_factory=list)
    """Requests that were reserved for its attempts, by number."""
    sending: dict[Endpoint, tuple[str, float]] = field(default_factory=dict)
    """Who was sent a request that nothing has come of yet, in which tier and when."""
    is_recorded: bool = False
    meters: list[Meter] = field(default_factory=list)
    """What providers said is left, as far as it is news."""
    attempts: list[Attempt] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    barred: dict[Endpoint, str] = field(default_factory=dict)
    """Out for this call, with the reason."""
    ready_at: dict[Endpoint, float] = field(default_factory=dict)
    tries: dict[Endpoint, int] = field(default_factory=dict)
    retried: set[Endpoint] = field(default_factory=set)
    refused: Reply | None = None
    """The first refusal by a policy, given back when nobody else answers."""

    @property
    def ends(self) -> float:
        return self.began + self.route.deadline_s

    def bounds(self, candidate: Candidate, now: float, *, has_others: bool) -> tuple[float, Limits]:
        """How long an attempt may take in all, and its limits: its own, cut to what it must leave to others.

        Whatever its own limit, a silent one leaves half of the time that is left to whoever else can answer.
        """
        left_s = max(SHORTEST_ATTEMPT_S, self.ends - now)
        limits = self.limits_of(candidate)
        bound_s = left_s
        first_token_s = min(limits.first_token_s, left_s)
        if has_others:
            bound_s = left_s - min(RESERVE_SHARE * left_s, limits.connect_s + limits.first_token_s)
            first_token_s = min(limits.first_token_s, left_s / 2)
        if first_token_s < limits.first_token_s or bound_s < limits.connect_s:
            limits = replace(limits, connect_s=min(limits.connect_s, first_token_s), first_token_s=first_token_s)
        return bound_s, limits

    def limits_of(self, candidate: Candidate) -> Limits:
        """How long an attempt may take at each of its stations, whoever else could answer."""
        return self.route.limits_of(candidate.tier, candidate.endpoint)

    def waits_s(self, candidate: Candidate) -> float:
        """How long the first text of an attempt that begins with the call may take, where others can answer."""
        return min(self.limits_of(candidate).first_token_s, self.route.deadline_s / 2)

    def admitted(self, plan: Plan, now: float) -> list[Candidate]:
        """Who may be tried now, those that this call tried least first."""
        if not self.tries and not self.barred:
            return list(plan.candidates)
        open_now = [
            candidate
            for candidate in plan.candidates
            if candidate.endpoint not in self.barred and self.ready_at.get(candidate.endpoint, now) <= now
        ]
        return sorted(open_now, key=lambda candidate: self.tries.get(candidate.endpoint, 0))

    def note_failure(self, endpoint: Endpoint, verdict: Verdict, now: float) -> None:
        """Settle for the rest of this call who may be tried again after *endpoint* failed, and when."""
        trait = MEANINGS[verdict.meaning]
        affected = [other for other in self.route.endpoints if _is_affected(other, endpoint, verdict)]
        is_passing = (trait.heals_itself or verdict.is_named) and verdict.action != "larger"
        for other in affected:
            self.pause(other, now)
            if not is_passing or (trait.costs and self.tries[other] >= COSTLY_TRIES):
                self.barred.setdefault(other, trait.phrase)
        if verdict.action == "larger":
            self._bar_smaller(endpoint)

    def withhold(self, endpoint: Endpoint, withheld: Withheld) -> None:
        """*endpoint*, or everybody, is out for this call: it would cost more than the call may."""
        for other in self.route.endpoints if withheld.ends_call else (endpoint,):
            self.barred.setdefault(other, withheld.reason)

    def pause(self, endpoint: Endpoint, now: float) -> None:
        """*endpoint* may be tried again in a moment; the others come first."""
        tries = self.tries[endpoint] = self.tries.get(endpoint, 0) + 1
        self.ready_at[endpoint] = now + self.backoff_s(tries)

    def bar(self, endpoint: Endpoint, reason: str) -> None:
        """*endpoint*'s target is out for this call, on every account."""
        for other in self.route.endpoints:
            if other.target == endpoint.target:
                self.barred.setdefault(other, reason)

    def backoff_s(self, tries: int) -> float:
        """Full jitter: anything up to an exponentially growing, capped pause."""
        return self.random() * float(min(BACKOFF_LIMIT_S, BACKOFF_BASE_S * 2.0 ** min(tries, 10)))

    def wait_s(self, plan: Plan, *, wall: float, now: float) -> tuple[float, Standing] | None:
        """How long until the first endpoint may be tried (again), and which; None when there is none to wait for."""
        waits = [
            (self._ready_in_s(standing, wall=wall, now=now), index)
            for index, standing in enumerate(plan.standings)
            if standing.endpoint not in self.barred and (standing.state in CALLABLE or standing.waits_out)
        ]
        if not waits:
            return None
        wait_s, index = min(waits)
        return max(0.01, wait_s), plan.standings[index]

    def passed_over(self, plan: Plan, *, before: Endpoint | None = None) -> tuple[PassedOver, ...]:
        """The endpoints that were not tried, with the reason; only those that come *before* one, where it is given."""
        tried = {attempt.endpoint for attempt in self.attempts}
        result = []
        for standing in plan.standings:
            if standing.endpoint == before:
                break
            if standing.endpoint in tried:
                continue
            if standing.state not in CALLABLE:
                result.append(PassedOver(standing.endpoint, standing.tier, standing.reason, standing.until))
            elif standing.endpoint in self.barred:
                result.append(PassedOver(standing.endpoint, standing.tier, self.barred[standing.endpoint]))
        return tuple(result)

    def cost_usd(self) -> float | None:
        """What the attempts so far cost; None as soon as one of them was billed at an unknown price."""
        return summed_usd(attempt.cost_usd for attempt in self.attempts if attempt.is_priced)

    def _ready_in_s(self, standing: Standing, *, wall: float, now: float) -> float:
        if standing.state in ("resting", "spent"):
            return (standing.until or wall) - wall
        if standing.state == "probed":
            return 0.1 + 0.2 * self.random()  # the other call's probe may end at any moment
        return self.ready_at.get(standing.endpoint, now) - now

    def _bar_smaller(self, endpoint: Endpoint) -> None:
        floor = self.window(endpoint)
        for other in self.route.endpoints:
            size = self.window(other)
            if other.target == endpoint.target:
                self.barred.setdefault(other, MEANINGS["too-long"].phrase)
            elif floor is not None and size is not None and size <= floor:
                self.barred.setdefault(other, f"its window of {size:,} tokens is not larger")


def _is_affected(other: Endpoint, failed: Endpoint, verdict: Verdict) -> bool:
    """Whether *other* would meet the same failure as *failed* just did."""
    if other.provider != failed.provider:
        return False
    if other == failed or verdict.scope == "provider":
        return True
    if verdict.action == "account" or verdict.scope == "account":
        return other.account == failed.account
    return verdict.action in {"target", "if-allowed", "larger"} and other.model_id == failed.model_id
