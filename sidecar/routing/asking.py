"""One candidate's turn: a request is made, granted and sent; where that is allowed, another one beside it.

turn ─> fit to the window ─> budgets and quotas ─> send ─┬─> Answer
                         └─> Withheld                    └─> Failed, with its verdict
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace

import anyio

from sidecar.errors import ConfigurationError, ProviderFailed
from sidecar.providers.vocabulary import Answer, Failure, Limits, Message, Request
from sidecar.routing.affording import estimated_tokens
from sidecar.routing.course import Course
from sidecar.routing.endpoints import Endpoint, scope_key
from sidecar.routing.hedging import HedgeBudget, Race
from sidecar.routing.inflight import InFlight
from sidecar.routing.lengths import Told, Windows, told
from sidecar.routing.meanings import MEANINGS, Verdict
from sidecar.routing.plan import Candidate, Plan
from sidecar.routing.route import Patience
from sidecar.routing.seams import Limiter, Wanted, Withheld
from sidecar.routing.verdict import verdict
from sidecar.routing.vocabulary import Ask, OnProgress, OnText

__all__ = [
    "BOOKKEEPING_S",
    "PROGRESS_EVERY_S",
    "Asking",
    "Came",
    "CandidateTurn",
    "Failed",
    "Outcome",
    "Send",
    "stops",
    "tell",
]

Send = Callable[[Endpoint, Request, Limits, OnText | None], Awaitable[Answer]]
"""One attempt at one endpoint; raises `ProviderFailed`, or a `ConfigurationError` when it cannot even begin."""

PROGRESS_EVERY_S = 0.5
BOOKKEEPING_S = 10.0
"""What must be written is written even when the call is cancelled, but not for ever."""
HANG_COUNTS_S = 5.0
"""A silence shorter than this, forced by a caller's short deadline, is not held against an endpoint."""


@dataclass(frozen=True, slots=True)
class Failed:
    verdict: Verdict
    message: str
    lengths: Told = field(default_factory=Told)
    undecided: int = 0
    """Calls to the same endpoint that began before this one and have no end yet."""


Outcome = Answer | Failed | Withheld


@dataclass(frozen=True, slots=True)
class Came:
    """What came of one request, after so many seconds; None where another one was faster."""

    turn: CandidateTurn
    outcome: Outcome | None
    took_s: float


@dataclass(slots=True)
class CandidateTurn:
    """One candidate's turn: the probe it holds, and what is added to the conversation after an invalid reply."""

    candidate: Candidate
    has_others: bool
    """Endpoints that this call has not tried may be asked after this one."""
    probe_until: float | None = None
    correction: tuple[Message, ...] = ()
    spent: Mapping[str, float] = field(default_factory=dict)
    """Who has nothing left after its answer, by health key, and until when (epoch s)."""
    messages: tuple[Message, ...] | None = None
    """The conversation as it is sent here, made at the first attempt."""
    is_refitted: bool = False
    """The endpoint called what fits its window too long, and was sent less."""
    request: Request | None = None
    """As it was sent last."""
    first_token_s: float | None = None
    """Of the latest attempt."""
    leash_s: float | None = None
    """How long its first text is worth waiting for; None where its own limit holds."""
    race: Race[Outcome] | None = None
    """Another request may be sent beside the one that is under way."""

    @property
    def endpoint(self) -> Endpoint:
        return self.candidate.endpoint


class Asking:
    """Asks candidates for one process; *clock* is the wall clock (epoch s), *timer* a monotonic one."""

    def __init__(
        self,
        send: Send,
        *,
        windows: Windows,
        in_flight: InFlight,
        limiter: Limiter | None,
        clock: Callable[[], float],
        timer: Callable[[], float],
    ) -> None:
        self._send = send
        self._windows = windows
        self._in_flight = in_flight
        self._limiter = limiter
        self._clock = clock
        self._timer = timer
        self._hedges = HedgeBudget()

    async def asked(
        self, course: Course, current: Plan, turn: CandidateTurn, ask: Ask, on_progress: OnProgress | None
    ) -> list[Came]:
        """What came of asking a candidate, and, where it is slow and that is allowed, another one beside it."""
        after_s = course.route.hedge_after_s(turn.candidate.tier, turn.endpoint)
        if after_s is not None and not turn.correction and (second := self._second(course, current, turn)):
            self._hedges.called()
            return await self._raced(course, (turn, second), ask, on_progress, after_s=after_s)
        began = self._timer()
        outcome = await self._attempt(course, turn, ask, on_progress)
        return [Came(turn, outcome, self._timer() - began)]

    def _second(self, course: Course, current: Plan, turn: CandidateTurn) -> CandidateTurn | None:
        """Who may be asked beside *turn*: the next one of its tier that is well and costs nothing more."""
        now = self._timer()
        for candidate in course.admitted(current, now):
            key = candidate.endpoint.key
            if (
                candidate.endpoint != turn.endpoint
                and candidate.tier == turn.candidate.tier
                and not candidate.probes
                and key in course.route.unbilled
                and not self._in_flight.is_stuck(key, now, limit_s=course.waits_s(candidate))
            ):
                return CandidateTurn(candidate, has_others=turn.has_others)
        return None

    async def _raced(
        self,
        course: Course,
        turns: tuple[CandidateTurn, CandidateTurn],
        ask: Ask,
        on_progress: OnProgress | None,
        *,
        after_s: float,
    ) -> list[Came]:
        """What came of both requests, the one that settles it last; the first alone where it was quick enough."""
        took_s: dict[int, float] = {}
        first, second = turns
        race: Race[Outcome] = Race(lambda outcome: _settles(course, outcome))

        async def attempt(number: int) -> Outcome:
            began = self._timer()
            try:
                return await self._attempt(course, turns[number], ask, on_progress)
            finally:
                took_s[number] = self._timer() - began

        async def may_begin() -> bool:
            if not self._hedges.take():
                return False
            await tell(on_progress, f"{first.endpoint.name}: no word yet; asking {second.endpoint.name} as well")
            return True

        first.race = race
        results = await race.run(lambda: attempt(0), lambda: attempt(1), after_s=after_s, may_begin=may_begin)
        second.race = race if race.began_second else None
        first.race = second.race
        came = [Came(turns[number], outcome, took_s[number]) for number, outcome in results]
        outrun = [
            Came(turns[number], None, spent_s) for number, spent_s in took_s.items() if number not in dict(results)
        ]
        return [*came[:-1], *outrun, *came[-1:]]

    async def _attempt(self, course: Course, turn: CandidateTurn, ask: Ask, on_progress: OnProgress | None) -> Outcome:
        endpoint = turn.endpoint
        began = self._timer()
        bound_s, limits = course.bounds(turn.candidate, began, has_others=turn.has_others)
        number = self._in_flight.began(endpoint.key, began)
        stream = _Stream(lambda: self._sign(turn, number), self._timer, on_progress)
        stream.name = endpoint.name
        try:
            with anyio.move_on_after(bound_s):
                if turn.messages is None:
                    turn.messages = ask.messages if ask.fit is None else await ask.fit(self._windows.of(endpoint), 1.0)
                request = Request(
                    endpoint.model_id,
                    turn.messages + turn.correction,
                    system=ask.system,
                    limit_tokens=ask.limit_tokens,
                    schema=ask.schema,
                    effort=course.route.effort(turn.candidate.tier),
                    cache_system=ask.thread is not None,
                )
                turn.leash_s = self._leash_s(course, turn, request, limits.first_token_s)
                if turn.leash_s is not None:
                    limits = replace(limits, first_token_s=turn.leash_s)
                granted = await self._granted(course, turn, request)
                if isinstance(granted, Withheld):
                    return granted
                turn.request = granted
                stream.sent_at = self._timer()
                course.sending[endpoint] = (turn.candidate.tier, stream.sent_at)
                if turn.race is not None:
                    turn.race.sent()
                answer = await self._send(endpoint, granted, limits, stream.on_text)
                self._in_flight.sign(endpoint.key, number, self._timer())
                return answer
        except ProviderFailed as failed:
            return self._judged(course, turn, failed.failure, number, self._timer() - began)
        except ConfigurationError as unusable:
            return Failed(_unusable(unusable), str(unusable))
        finally:
            turn.first_token_s = stream.first_token_s
            self._in_flight.ended(endpoint.key, number)
        kind: Failure = Failure(
            "silence_limit" if stream.characters else "first_token_limit",
            f"`{endpoint.name}` was not done after the {bound_s:.1f} s that the deadline left it",
            answered=stream.characters > 0,
        )
        return self._judged(course, turn, kind, number, self._timer() - began)

    def _leash_s(self, course: Course, turn: CandidateTurn, request: Request, limit_s: float) -> float | None:
        """What a hang may cost where others can answer, by what the endpoint has shown; None where that tells nothing.

        A test after a hang is given little, and twice as much after each rest, for one that comes back slowly.
        """
        if not turn.has_others:
            return None
        patience = course.route.patience(turn.candidate.tier, turn.endpoint)
        leash_s = patience.first_token_s if patience is not None and _is_usual(request, patience) else None
        health = course.healths.get(scope_key("endpoint", turn.endpoint))
        if turn.probe_until is not None and health is not None and health.reason == "hang":
            leash_s = self._in_flight.leash_s(turn.endpoint.key, health.ejections, otherwise_s=leash_s)
        return leash_s if leash_s is not None and leash_s < limit_s else None

    def _sign(self, turn: CandidateTurn, number: int) -> None:
        """The first text of an attempt has come."""
        self._in_flight.sign(turn.endpoint.key, number, self._timer())
        if turn.race is not None:
            turn.race.spoke()

    async def _granted(self, course: Course, turn: CandidateTurn, request: Request) -> Request | Withheld:
        """*request* as budgets and quotas let it be sent, if they do."""
        if self._limiter is None:
            return request
        ends_at = self._clock() + (course.ends - self._timer()) + BOOKKEEPING_S
        wanted = Wanted(course.route, turn.candidate.tier, turn.endpoint, request, course.attempts, ends_at)
        granted = await self._limiter.grant(wanted, course.notes)
        if isinstance(granted, Withheld):
            return granted
        if granted.reserved:
            course.reserved.append(granted.reserved)
        return granted.request

    def _judged(self, course: Course, turn: CandidateTurn, failure: Failure, number: int, took_s: float) -> Failed:
        endpoint = turn.endpoint
        judged = verdict(
            failure, provider=endpoint.host or endpoint.provider, dialect=endpoint.dialect, now=self._clock()
        )
        if failure.kind == "first_token_limit":
            self._in_flight.ran_out(endpoint.key)
        own = course.limits_of(turn.candidate)
        own_limit_s = own.silence_s if failure.answered else own.first_token_s
        if turn.leash_s is not None and not failure.answered:
            own_limit_s = turn.leash_s
        if judged.meaning == "hang" and (
            took_s < min(own_limit_s, HANG_COUNTS_S) - 0.01 or (failure.answered and took_s < own_limit_s)
        ):
            # the caller was in a hurry; that says nothing about the endpoint
            slow = MEANINGS["slow"]
            judged = replace(judged, meaning="slow", scope=None, counts=False, advice=slow.advice)
        return Failed(
            judged,
            failure.sentence,
            lengths=told(failure) if judged.action == "larger" else Told(),
            undecided=self._in_flight.undecided(endpoint.key, number),
        )


def _is_usual(request: Request, patience: Patience) -> bool:
    """Whether *request* is no longer than those that the patience was learnt from: a longer one takes its time."""
    return estimated_tokens(request, lambda text: len(text) // 4) <= patience.longest_tokens


def stops(course: Course, judged: Verdict) -> bool:
    return judged.action == "stop" or (judged.action == "if-allowed" and not course.route.allow_after_refusal)


def _settles(course: Course, outcome: Outcome) -> bool:
    """Whether a call has heard enough, whoever else was asked: an answer, or what is the caller's to mend."""
    return isinstance(outcome, Answer) or (isinstance(outcome, Failed) and stops(course, outcome.verdict))


class _Stream:
    """Watches an answer come in: the first piece is a sign of life, the rest is progress."""

    def __init__(self, sign: Callable[[], None], timer: Callable[[], float], on_progress: OnProgress | None) -> None:
        self.characters = 0
        self.name = ""
        self.sent_at = timer()
        self.first_token_s: float | None = None
        self._sign = sign
        self._timer = timer
        self._on_progress = on_progress
        self._told_at = timer()

    async def on_text(self, text: str) -> None:
        if not self.characters and text:
            self._sign()
            self.first_token_s = self._timer() - self.sent_at
        self.characters += len(text)
        if self._on_progress is not None:
            now = self._timer()
            if now - self._told_at >= PROGRESS_EVERY_S:
                self._told_at = now
                await self._on_progress(f"{self.name}: {self.characters:,} characters so far")


def _unusable(error: ConfigurationError) -> Verdict:
    """An account that cannot be used as it is configured: the user's to mend, and no other endpoint's business."""
    return Verdict(
        meaning="key",
        action="account",
        scope=None,
        rest_until=None,
        is_named=False,
        counts=False,
        sentence=str(error),
        advice=MEANINGS["key"].advice,
        row="our own configuration",
    )


async def tell(on_progress: OnProgress | None, text: str) -> None:
    """Progress is a courtesy: a client that does not read it holds nobody up for longer than a second."""
    if on_progress is not None:
        with anyio.move_on_after(1.0):
            await on_progress(text)
