"""The health book with a safety net: a broken state costs memory across processes, never an answer.

    book can be written ──> book
    book is broken ──> kept here ──the next write that succeeds, or the end──> book

What waits here is written before anything newer, so that the ledger adds up and no rest is lost when
another process held the state for longer than we wait.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sidecar.errors import StateError
from sidecar.routing.notes import note
from sidecar.routing.seams import HealthBook
from sidecar.store.vocabulary import Call, Health, Turn

__all__ = ["UNWRITTEN", "SafeBook"]

UNWRITTEN = "this call is remembered by this sidecar alone until the state can be written"

Change = Callable[[str, Health], Health]

_MOST_CALLS = 1_000
"""So many calls wait for a state that stays broken; the oldest go first."""


@dataclass(frozen=True, slots=True)
class _Learnt:
    """What this process made of a scope's health while the book could not be written."""

    before: Health
    """What the book said then, as far as it could be read."""
    health: Health

    def over(self, found: Health) -> Health:
        """What the book should say where it says *found* now: nobody's longer rest is lost."""
        is_ours = found == self.before or self.health.rest_until > found.rest_until
        return self.health if is_ours else found


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A call that is not in the ledger yet, with what was said in its thread and the reservations it takes up.

    None is what was said alone, for calls that have been waited for or written before it.
    """

    call: Call | None
    thread: str | None
    turns: Sequence[Turn]
    reserved: Sequence[int] = ()


class SafeBook:
    """Passes everything on to *book*; while that fails, this process remembers for itself.

    What is learnt meanwhile is kept on top of the book until the book can be written again, so that
    a spent account is left alone here even when nobody else can be told. *on_late* is told of a call
    that is in the ledger after all.
    """

    def __init__(self, book: HealthBook, on_late: Callable[[Call], None] = lambda _call: None) -> None:
        self._book = book
        self._on_late = on_late
        self._own: dict[str, _Learnt] = {}
        self._last: Mapping[str, Health] = {}
        self._calls: deque[_Waiting] = deque(maxlen=_MOST_CALLS)

    async def healths(self, notes: list[str]) -> Mapping[str, Health]:
        """Everything remembered; appends to *notes* when the state cannot be read."""
        try:
            self._last = await self._book.health()
        except StateError as broken:
            note(notes, f"{UNWRITTEN}: {broken}")
        if not self._own:
            return self._last
        return {**self._last, **{key: own.over(self._last.get(key, Health())) for key, own in self._own.items()}}

    async def change(self, keys: Sequence[str], change: Change, notes: list[str]) -> Mapping[str, Health]:
        """The new values of *keys*; appends to *notes* when they could not be saved."""
        own = dict(self._own)
        try:
            changed = await self._book.change_health(tuple({**dict.fromkeys(keys), **own}), _over(own, keys, change))
        except StateError as broken:
            note(notes, f"{UNWRITTEN}: {broken}")
            return self._change_own(keys, change)
        self._written(own)
        return changed

    async def record(
        self,
        call: Call,
        notes: list[str],
        *,
        thread: str | None = None,
        turns: Sequence[Turn] = (),
        healths: Change | None = None,
        health_keys: Sequence[str] = (),
        reserved: Sequence[int] = (),
    ) -> bool:
        """Returns when the call is on disk; appends to *notes* when it could not be saved, and says so."""
        own = dict(self._own)
        try:
            if self._calls:
                await self._write_calls()
            await self._book.record_call(
                call,
                thread=thread,
                turns=turns,
                healths=_over(own, health_keys, healths) if own else healths,
                health_keys=tuple({**dict.fromkeys(health_keys), **own}) if own else health_keys,
                reserved=reserved,
            )
        except StateError as broken:
            note(notes, f"{UNWRITTEN}: {broken}")
            self._calls.append(_Waiting(call, thread, turns, reserved))
            if healths is not None:
                self._change_own(health_keys, healths)
            return False
        self._written(own)
        return True

    async def say(self, thread: str, turns: Sequence[Turn], notes: list[str]) -> None:
        """Remember *turns* of *thread* that are of several calls, after those; appends to *notes* as `record` does."""
        try:
            await self._write_calls()
            await self._book.say(thread, turns)
        except StateError as broken:
            note(notes, f"{UNWRITTEN}: {broken}")
            self._calls.append(_Waiting(None, thread, turns))

    async def flush(self) -> None:
        """Write what still waits, for there may be no next call; raises StateError where it cannot be written."""
        if self._own:
            own = dict(self._own)
            await self._book.change_health(tuple(own), _over(own, (), None))
            self._written(own)
        await self._write_calls()

    async def _write_calls(self) -> None:
        """Write the calls that wait, oldest first; raises StateError, and then they go on waiting."""
        while self._calls:
            # taken out first: another call of this process may be here at the same time
            waiting = self._calls.popleft()
            try:
                await self._write(waiting)
            except StateError:
                self._calls.appendleft(waiting)
                raise
            if waiting.call is not None:
                self._on_late(waiting.call)

    async def _write(self, waiting: _Waiting) -> None:
        if waiting.call is not None:
            await self._book.record_call(
                waiting.call, thread=waiting.thread, turns=waiting.turns, reserved=waiting.reserved
            )
        elif waiting.thread is not None:
            await self._book.say(waiting.thread, waiting.turns)

    def _change_own(self, keys: Sequence[str], change: Change) -> Mapping[str, Health]:
        changed = {}
        for key in keys:
            found = self._last.get(key, Health())
            own = self._own.get(key)
            changed[key] = change(key, own.over(found) if own else found)
            self._own[key] = _Learnt(own.before if own else found, changed[key])
        return changed

    def _written(self, own: Mapping[str, _Learnt]) -> None:
        """Forget *own*, which the book has now, except what was learnt since."""
        for key, learnt in own.items():
            if self._own.get(key) is learnt:
                del self._own[key]


def _over(own: Mapping[str, _Learnt], keys: Sequence[str], change: Change | None) -> Change:
    """*change* for *keys*, on top of what was learnt in *own*."""
    wanted = frozenset(keys) if change is not None else frozenset()

    def changed(key: str, found: Health) -> Health:
        health = own[key].over(found) if key in own else found
        return change(key, health) if change is not None and key in wanted else health

    return changed
