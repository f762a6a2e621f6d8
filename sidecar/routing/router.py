"""The loop that awaits: asks the endpoints of a route in turn until one answers, within one deadline.

    plan ─> claim the probe, if it is one ─> send ─┬─> answer ─> valid? ─> on disk ─> Reply
     ^                                             └─> failure ─> verdict ─> health, course
     └──────── wait for the nearest reset, if it lies inside the deadline <──────┘

All decisions are pure and live next door: `plan`, `health`, `verdict`, `course`. Going on to another
endpoint is never gated; only a retry on the same one is (measured: a budget that also gated failover
lost 2 to 8 % of calls).
"""

from __future__ import annotations

import random as _random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import anyio

from sidecar.errors import AskFailed
from sidecar.providers.vocabulary import Answer, Message
from sidecar.routing.affording import counted
from sidecar.routing.asking import (
    PROGRESS_EVERY_S,
    Asking,
    Came,
    CandidateTurn,
    Failed,
    Send,
    stops,
    tell,
)
from sidecar.routing.book import SafeBook
from sidecar.routing.course import Course
from sidecar.routing.endpoints import Endpoint, scope_key
from sidecar.routing.health import (
    after_failure,
    after_success,
    is_blip,
    is_resting,
    released,
    spent_ahead,
)
from sidecar.routing.inflight import InFlight
from sidecar.routing.lengths import Told, Windows, share_to_try
from sidecar.routing.meanings import MEANINGS, OUTRUN, Verdict
from sidecar.routing.memory import Memory
from sidecar.routing.meters import Meters
from sidecar.routing.notes import note
from sidecar.routing.plan import Plan, plan
from sidecar.routing.receipt import ask_failed, phrase
from sidecar.routing.route import Route
from sidecar.routing.schema import check_schema, complaint, json_text
from sidecar.routing.seams import HealthBook, Limiter, Withheld
from sidecar.routing.vocabulary import Ask, Attempt, OnProgress, Reply
from sidecar.store.vocabulary import Call, Health, Turn

__all__ = ["Price", "Router", "Send", "Window"]

Price = Callable[[Endpoint, Answer], float | None]
"""What an answer cost in USD; None is unknown, 0.0 exactly is flat or free."""

Window = Callable[[Endpoint], int | None]
"""How many tokens an endpoint reads; None is unknown."""

ESTIMATED = "its provider told no tokens, so the cost is estimated"
MESSAGE_CHARACTERS = 300
"""Of a provider's own message, in the ledger and in reports."""
WAIT_SLICE_S = 5.0
"""A long wait tells progress and looks at the shared state this often."""


def _ignore(_call: Call) -> None:
    return None


def _no_window(_endpoint: Endpoint) -> int | None:
    return None


class Router:
    """Routes asks for one process; safe for any number of calls at once.

    *clock* is the wall clock (epoch s) that rests are kept in; the deadline runs on *timer*, a
    monotonic one, so that a clock set back does not prolong a call.
    """

    def __init__(
        self,
        book: HealthBook,
        send: Send,
        price: Price,
        *,
        window: Window = _no_window,
        limiter: Limiter | None = None,
        clock: Callable[[], float] = time.time,
        random: Callable[[], float] = _random.random,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        timer: Callable[[], float] = anyio.current_time,
    ) -> None:
        self._book = SafeBook(book, limiter.caught_up if limiter is not None else _ignore)
        self._price = price
        self._windows = Windows(window)
        self._limiter = limiter
        self._meters = Meters()
        self._clock = clock
        self._random = random
        self._sleep = sleep
        self._timer = timer
        self._memory = Memory(self._book, limiter=limiter, clock=clock, timer=timer, random=random)
        self._in_flight = InFlight()
        self._asking = Asking(
            send, windows=self._windows, in_flight=self._in_flight, limiter=limiter, clock=clock, timer=timer
        )

    async def route(self, route: Route, ask: Ask, on_progress: OnProgress | None = None) -> Reply:
        """The first answer that an endpoint of *route* gives, recorded on disk before it is returned.

        Raises `AskFailed` with the whole trail when nobody answers, `WrongUsage` for a schema that
        cannot be used. Cancelling cancels the request upstream, gives a held probe back and records
        what was tried.
        """
        if ask.schema is not None:
            check_schema(ask.schema)
        course = Course(route, self._windows.of, self._random, began=self._timer(), asked_at=self._clock())
        try:
            return await self._answered(course, ask, on_progress)
        except anyio.get_cancelled_exc_class():
            await self._memory.record_cancelled(course, ask)
            raise

    async def _answered(self, course: Course, ask: Ask, on_progress: OnProgress | None) -> Reply:
        await self._look(course)
        while True:
            current = plan(course.route, course.healths, self._clock(), course.spent)
            turn = self._next_turn(course, current)
            if turn is None:
                if not await self._wait(course, current, on_progress):
                    return await self._give_up(course, current, ask)
                await self._look(course)
                continue
            if course.attempts:
                last = course.attempts[-1]
                await tell(on_progress, f"{last.endpoint.name}: {phrase(last.outcome)}; asking {turn.endpoint.name}")
            reply = await self._take(course, current, turn, ask, on_progress)
            if reply is not None:
                return reply
            # the attempt may have taken long: others may have learnt meanwhile who has to rest
            await self._look(course)

    async def _look(self, course: Course) -> None:
        course.healths = await self._book.healths(course.notes)
        if self._limiter is not None:
            course.spent = await self._limiter.spent(course.route, course.notes)

    async def remember(self, thread: str, turns: Sequence[Turn]) -> tuple[str, ...]:
        """Put down what was said in *thread* by several calls together; on disk when this returns, or a note says why.

        What a broken state keeps from being written is written with those calls, as soon as it can be.
        """
        notes: list[str] = []
        await self._book.say(thread, turns, notes)
        return tuple(notes)

    async def flush(self) -> None:
        """Write what a broken state kept from being written; raises StateError where it still cannot be."""
        await self._book.flush()

    def _next_turn(self, course: Course, current: Plan) -> CandidateTurn | None:
        now = self._timer()
        if now >= course.ends:
            return None
        admitted = course.admitted(current, now)
        if not admitted:
            return None
        moving = [
            one for one in admitted if not self._in_flight.is_stuck(one.endpoint.key, now, limit_s=course.waits_s(one))
        ]
        chosen = (moving or admitted)[0]
        return CandidateTurn(
            chosen, has_others=any(one is not chosen and not course.tries.get(one.endpoint) for one in admitted)
        )

    async def _take(
        self, course: Course, current: Plan, turn: CandidateTurn, ask: Ask, on_progress: OnProgress | None
    ) -> Reply | None:
        """Ask one candidate, at most twice; None when the next one has to be asked."""
        if turn.candidate.probes and not await self._memory.claim(course, turn):
            return None
        asked: CandidateTurn | None = turn
        try:
            while asked is not None:
                came = await self._asking.asked(course, current, asked, ask, on_progress)
                asked = None
                for one in came:
                    done = await self._note(course, current, one, ask)
                    if isinstance(done, Reply):
                        return done
                    asked = one.turn if done else asked
            return None
        finally:
            await self._memory.release(course, turn)

    async def _note(self, course: Course, current: Plan, came: Came, ask: Ask) -> Reply | bool:
        """The reply; or whether to ask the same endpoint again."""
        turn, outcome = came.turn, came.outcome
        course.sending.pop(turn.endpoint, None)
        if outcome is None:
            course.attempts.append(
                Attempt(
                    turn.endpoint,
                    turn.candidate.tier,
                    OUTRUN,
                    came.took_s,
                    message="another request for the same call was answered first",
                    first_token_s=turn.first_token_s,
                )
            )
            return False
        if isinstance(outcome, Withheld):
            if outcome.is_passing:
                course.pause(turn.endpoint, self._timer())
            else:
                course.withhold(turn.endpoint, outcome)
            return False
        if isinstance(outcome, Failed):
            return await self._note_failure(course, current, turn, outcome, took_s=came.took_s, ask=ask)
        return await self._note_answer(course, current, turn, outcome, took_s=came.took_s, ask=ask)

    # what an attempt came to

    async def _note_answer(
        self, course: Course, current: Plan, turn: CandidateTurn, answer: Answer, *, took_s: float, ask: Ask
    ) -> Reply | bool:
        """The reply; or whether to ask the same endpoint again."""
        route, endpoint = course.route, turn.endpoint
        wrong = None
        if answer.finish == "refused":
            attempt = self._attempt_of(turn, answer, "policy" if route.allow_after_refusal else "answered", took_s)
        else:
            if ask.schema is not None:
                answer = replace(answer, text=json_text(answer.text))
                wrong = complaint(answer.text, ask.schema)
            attempt = self._attempt_of(turn, answer, "answered" if wrong is None else "invalid", took_s)
        if wrong is not None:
            attempt = replace(attempt, message=wrong, advice=MEANINGS["invalid"].advice)
        note(course.notes, *answer.notes)
        if attempt.cost_usd and answer.cost_usd is None and attempt.usage != answer.usage:
            note(course.notes, ESTIMATED)
        reading = self._meters.read(endpoint, answer.headers, self._clock())
        course.meters += reading.news
        turn.spent = reading.spent
        course.attempts.append(attempt)
        if attempt.outcome == "answered":
            reply = self._reply(course, current, turn, answer)
            await self._memory.record(course, ask, turn, answer)
            return replace(reply, notes=tuple(course.notes))
        now = self._clock()
        await self._memory.settle(
            course,
            turn,
            lambda key, health: spent_ahead(after_success(health, now), turn.spent.get(key), now),
            extra=tuple(turn.spent),
        )
        if attempt.outcome == "policy":
            course.refused = course.refused or self._reply(course, current, turn, answer)
            course.bar(endpoint, MEANINGS["policy"].phrase)
            return False
        if turn.correction:
            course.bar(endpoint, MEANINGS["invalid"].phrase)
            return False
        turn.correction = (
            Message("assistant", answer.text),
            Message(
                "user",
                f"This does not validate against the schema: {wrong}. Answer again with the corrected JSON only.",
            ),
        )
        return True

    async def _note_failure(
        self, course: Course, current: Plan, turn: CandidateTurn, failed: Failed, *, took_s: float, ask: Ask
    ) -> bool:
        """Whether to ask the same endpoint again; raises `AskFailed` where the call has to stop."""
        endpoint, judged = turn.endpoint, failed.verdict
        attempt = Attempt(
            endpoint,
            turn.candidate.tier,
            judged.meaning,
            took_s,
            message=failed.message[:MESSAGE_CHARACTERS],
            advice=judged.advice,
            first_token_s=turn.first_token_s,
        )
        if stops(course, judged):
            course.attempts.append(attempt)
            raise await self._failure(course, current, ask, stopped=attempt)
        now = self._clock()
        key = scope_key(judged.scope, endpoint) if judged.scope else None

        def change(changed: str, health: Health) -> Health:
            if changed == key:
                return after_failure(health, judged, now, undecided=failed.undecided)
            return released(health, turn.probe_until) if turn.probe_until is not None else health

        await self._memory.settle(course, turn, change, extra=(key,) if key else ())
        health = course.healths.get(key, Health()) if key else Health()
        rests = is_resting(health, now)
        course.attempts.append(replace(attempt, rest_until=health.rest_until if rests else None))
        if turn.race is not None:  # another request is out, or was: nothing is asked twice of the same endpoint
            course.note_failure(endpoint, judged, self._timer())
            return False
        if judged.action == "larger" and await self._refit(course, turn, failed.lengths, ask):
            return self._timer() < course.ends
        if self._may_retry(course, turn, judged, health, rests=rests):
            course.retried.add(endpoint)
            self._in_flight.retry_began()
            try:
                await self._sleep(course.backoff_s(0))
            finally:
                self._in_flight.retry_ended()
            return self._timer() < course.ends
        course.note_failure(endpoint, judged, self._timer())
        return False

    async def _refit(self, course: Course, turn: CandidateTurn, lengths: Told, ask: Ask) -> bool:
        """Compress what is attached once more, to what the endpoint said it reads; False where that changes nothing."""
        window = self._windows.of(turn.endpoint)
        self._windows.learn(turn.endpoint, lengths.limit)
        if ask.fit is None or turn.is_refitted:
            return False
        turn.is_refitted, sent = True, turn.messages
        with anyio.move_on_after(max(0.0, course.ends - self._timer())):
            turn.messages = await ask.fit(window, share_to_try(lengths))
        return turn.messages != sent

    def _may_retry(self, course: Course, turn: CandidateTurn, judged: Verdict, health: Health, *, rests: bool) -> bool:
        return (
            judged.action == "retry"
            and not rests
            and turn.endpoint not in course.retried
            and (is_blip(health) or not turn.has_others)
            and self._in_flight.may_retry()
        )

    def _attempt_of(self, turn: CandidateTurn, answer: Answer, outcome: str, took_s: float) -> Attempt:
        usage = counted(answer, turn.request)
        cost_usd = answer.cost_usd
        if cost_usd is None:
            cost_usd = self._price(turn.endpoint, replace(answer, usage=usage))
        return Attempt(
            turn.endpoint,
            turn.candidate.tier,
            outcome,
            took_s,
            usage=usage,
            cost_usd=cost_usd,
            is_priced=True,
            first_token_s=turn.first_token_s,
        )

    def _reply(self, course: Course, current: Plan, turn: CandidateTurn, answer: Answer) -> Reply:
        return Reply(
            answer=answer,
            endpoint=turn.endpoint,
            tier=turn.candidate.tier,
            attempts=tuple(course.attempts),
            passed_over=course.passed_over(current, before=turn.endpoint),
            cost_usd=course.cost_usd(),
            took_s=self._timer() - course.began,
            answered_at=self._clock(),
        )

    # waiting and giving up

    async def _wait(self, course: Course, current: Plan, on_progress: OnProgress | None) -> bool:
        """Sleep towards the nearest endpoint that may be tried, if that lies inside the deadline."""
        now = self._timer()
        found = course.wait_s(current, wall=self._clock(), now=now)
        if found is None or now + found[0] >= course.ends:
            return False
        wait_s, standing = found
        if wait_s >= PROGRESS_EVERY_S:
            why = f" ({standing.reason})" if standing.reason else ""
            await tell(on_progress, f"waiting {wait_s:.0f} s for {standing.endpoint.name}{why}")
        await self._sleep(min(wait_s, WAIT_SLICE_S))
        return True

    async def _give_up(self, course: Course, current: Plan, ask: Ask) -> Reply:
        if course.refused is None:
            raise await self._failure(course, current, ask, stopped=None)
        refused = course.refused
        await self._memory.record(course, ask, None, refused.answer)
        return replace(
            refused,
            attempts=tuple(course.attempts),
            cost_usd=course.cost_usd(),
            took_s=self._timer() - course.began,
            notes=(*course.notes, "every endpoint that was asked refused or failed"),
        )

    async def _failure(self, course: Course, current: Plan, ask: Ask, *, stopped: Attempt | None) -> AskFailed:
        found = course.wait_s(current, wall=self._clock(), now=self._timer())
        await self._memory.record(course, ask, None, None)
        now = self._clock()
        return ask_failed(
            course.route,
            attempts=course.attempts,
            passed_over=course.passed_over(current),
            stopped=stopped,
            back_at=now + found[0] if found else None,
            now=now,
            took_s=self._timer() - course.began,
            notes=course.notes,
            cost_usd=course.cost_usd(),
        )
