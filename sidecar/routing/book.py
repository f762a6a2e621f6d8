"""The health book with a safety net: a broken state costs memory across processes, never an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sidecar.errors import StateError
from sidecar.routing.vocabulary import HealthBook
from sidecar.store.vocabulary import Call, Health, Turn

__all__ = ["SafeBook"]


class SafeBook:
    """Passes everything on to *book*; while that fails, this process remembers for itself.

    What is learnt meanwhile is kept on top of the book until the book can be written again, so that
    a spent account is left alone here even when nobody else can be told.
    """

    def __init__(self, book: HealthBook) -> None:
        self._book = book
        self._own: dict[str, Health] = {}
        self._last: Mapping[str, Health] = {}

    async def healths(self, notes: list[str]) -> Mapping[str, Health]:
        """Everything remembered; appends to *notes* when the state cannot be read."""
        try:
            self._last = await self._book.health()
        except StateError as broken:
            _note(notes, broken)
        return {**self._last, **self._own} if self._own else self._last

    async def change(
        self, keys: Sequence[str], change: Callable[[str, Health], Health], notes: list[str]
    ) -> Mapping[str, Health]:
        """The new values of *keys*; appends to *notes* when they could not be saved."""
        try:
            changed = await self._book.change_health(keys, change)
        except StateError as broken:
            _note(notes, broken)
            return self._change_own(keys, change)
        for key in keys if self._own else ():
            self._own.pop(key, None)
        return changed

    async def record(
        self,
        call: Call,
        notes: list[str],
        *,
        thread: str | None = None,
        turns: Sequence[Turn] = (),
        healths: Callable[[str, Health], Health] | None = None,
        health_keys: Sequence[str] = (),
        reserved: Sequence[int] = (),
    ) -> bool:
        """Returns when the call is on disk; appends to *notes* when it could not be saved, and says so."""
        try:
            await self._book.record_call(
                call, thread=thread, turns=turns, healths=healths, health_keys=health_keys, reserved=reserved
            )
        except StateError as broken:
            _note(notes, broken)
            if healths is not None:
                self._change_own(health_keys, healths)
            return False
        for key in health_keys if self._own else ():
            self._own.pop(key, None)
        return True

    def _change_own(self, keys: Sequence[str], change: Callable[[str, Health], Health]) -> Mapping[str, Health]:
        changed = {key: change(key, self._own.get(key) or self._last.get(key) or Health()) for key in keys}
        self._own.update(changed)
        return changed


def _note(notes: list[str], broken: StateError) -> None:
    note = f"nothing of this call is remembered: {broken}"
    if note not in notes:
        notes.append(note)
