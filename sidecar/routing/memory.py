"""What is remembered of a call: probes that it takes and gives back, what it shows of health, and the call itself.

    before a probe ──claim──> held by this call alone, in all processes
    after an attempt that is not the last ──settle──> health
    at the end ──record──> ledger, thread, health and reservations, in one transaction

What must be written is written even when the call is cancelled, but not for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import anyio

from sidecar.providers.vocabulary import Answer, Usage
from sidecar.routing.asking import BOOKKEEPING_S, CandidateTurn
from sidecar.routing.book import SafeBook
from sidecar.routing.course import Course
from sidecar.routing.endpoints import scope_key
from sidecar.routing.health import after_success, claimed, is_resting, needs_probe, released, spent_ahead
from sidecar.routing.meanings import CANCELLED
from sidecar.routing.plan import SCOPES
from sidecar.routing.seams import Limiter
from sidecar.routing.vocabulary import Ask, Attempt
from sidecar.store.vocabulary import AttemptRecord, Call, Health, Turn

__all__ = ["Memory"]

PROBE_GRACE_S = 1.0


class Memory:
    """Writes to *book* for the calls of one process; *clock* is the wall clock (epoch s), *timer* a monotonic one."""

    def __init__(
        self,
        book: SafeBook,
        *,
        limiter: Limiter | None,
        clock: Callable[[], float],
        timer: Callable[[], float],
        random: Callable[[], float],
    ) -> None:
        self._book = book
        self._limiter = limiter
        self._clock = clock
        self._timer = timer
        self._random = random

    async def claim(self, course: Course, turn: CandidateTurn) -> bool:
        """Take the single probe of every scope that needs one; False when another call was faster."""
        now = self._clock()
        _, limits = course.bounds(turn.candidate, self._timer(), has_others=turn.has_others)
        # a claim is recognised by its end, so it is made unlike any other
        until = now + limits.connect_s + limits.first_token_s + PROBE_GRACE_S + 1e-3 * self._random()
        changed = await self._book.change(
            turn.candidate.probes, lambda _key, health: claimed(health, now, until), course.notes
        )
        course.healths = {**course.healths, **changed}
        turn.probe_until = until
        lost = [
            key
            for key in turn.candidate.probes
            if changed[key].probe_until != until and (is_resting(changed[key], now) or needs_probe(changed[key], now))
        ]
        if lost:
            await self.release(course, turn)
        return not lost

    async def settle(
        self,
        course: Course,
        turn: CandidateTurn,
        change: Callable[[str, Health], Health],
        *,
        extra: Sequence[str] = (),
    ) -> None:
        """Note what an attempt showed about its scopes, the probe it held included."""
        keys = tuple(dict.fromkeys((*extra, *(turn.candidate.probes if turn.probe_until is not None else ()))))
        if not keys:
            return
        with anyio.CancelScope(shield=True, deadline=anyio.current_time() + BOOKKEEPING_S):
            changed = await self._book.change(keys, change, course.notes)
            course.healths = {**course.healths, **changed}
        turn.probe_until = None

    async def release(self, course: Course, turn: CandidateTurn) -> None:
        """Give a probe back that came to nothing, also when the call was cancelled."""
        until = turn.probe_until
        if until is not None:
            await self.settle(course, turn, lambda _key, health: released(health, until))

    async def record_cancelled(self, course: Course, ask: Ask) -> None:
        """A call that its caller gave up: a provider counts the requests that were made all the same."""
        if course.is_recorded:
            return
        for endpoint, (tier, sent_at) in course.sending.items():
            course.attempts.append(Attempt(endpoint, tier, CANCELLED, self._timer() - sent_at))
        if course.attempts:
            await self.record(course, ask, None, None)

    async def record(self, course: Course, ask: Ask, turn: CandidateTurn | None, answer: Answer | None) -> None:
        """The whole call in one transaction, on disk when this returns."""
        course.is_recorded = True
        now = self._clock()
        answered = turn.endpoint if turn else course.refused.endpoint if course.refused and answer else None
        keys: tuple[str, ...] = ()
        held = turn.probe_until if turn is not None else None
        if turn is not None:
            known = (scope_key(scope, turn.endpoint) for scope in SCOPES)
            own = scope_key("endpoint", turn.endpoint)
            keys = tuple(key for key in known if key == own or key in turn.spent or _is_ill(course.healths.get(key)))
            turn.probe_until = None  # the success settles it, in the same transaction
        call = Call(
            asked_at=course.asked_at,
            model=course.route.model,
            took_s=self._timer() - course.began,
            answered_by=answered.key if answered else None,
            attempts=tuple(_ledger_line(attempt) for attempt in course.attempts),
            meters=tuple(course.meters),
            panel=ask.panel,
        )
        spent = turn.spent if turn is not None else {}

        def healed(key: str, health: Health) -> Health:
            return spent_ahead(_after_answer(health, now, held), spent.get(key), now)

        with anyio.CancelScope(shield=True, deadline=anyio.current_time() + BOOKKEEPING_S) as scope:
            is_saved = await self._book.record(
                call,
                course.notes,
                thread=ask.thread if answer else None,
                turns=(*ask.turns, Turn("assistant", answer.text, call.answered_by)) if answer and ask.thread else (),
                healths=healed if keys else None,
                health_keys=keys,
                reserved=course.reserved,
            )
            if self._limiter is not None:
                await self._limiter.recorded(call, course.notes, is_saved=is_saved)
        if scope.cancelled_caught:
            course.notes.append(f"this call could not be recorded within {BOOKKEEPING_S:.0f} s")


def _after_answer(health: Health, now: float, held: float | None) -> Health:
    """*health* after an answer to a call that held the probe until *held*, None where it held none."""
    if health.probes_needed and (held is None or health.probe_until != held):
        return health  # it began when all was well: what has happened since is not undone by its late answer
    return after_success(health, now)


def _is_ill(health: Health | None) -> bool:
    return health is not None and bool(
        health.failures or health.ejections or health.probes_needed or health.rest_until or health.probe_until
    )


def _ledger_line(attempt: Attempt) -> AttemptRecord:
    usage: Usage = attempt.usage
    return AttemptRecord(
        endpoint=attempt.endpoint.key,
        tier=attempt.tier,
        outcome=attempt.outcome,
        took_s=attempt.took_s,
        input_tokens=usage.input_tokens,
        cached_tokens=usage.cached_tokens,
        output_tokens=usage.output_tokens,
        cost_usd=attempt.cost_usd,
        message=attempt.message,
        first_token_s=attempt.first_token_s,
        cache_write_tokens=usage.cache_write_tokens,
    )
