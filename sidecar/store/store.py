"""What is remembered, for tasks to ask: two files, three threads, one transaction per question."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import anyio

from sidecar.errors import StateError
from sidecar.handles import digest_of
from sidecar.store import faults, ledger, migrations, originals, packing, uses
from sidecar.store.database import Database
from sidecar.store.health import Change, HealthTable
from sidecar.store.lane import IsAbandoned, Lane
from sidecar.store.vocabulary import (
    Call,
    Experience,
    FormSavings,
    Health,
    Keeping,
    Meter,
    News,
    Original,
    PanelSpending,
    Position,
    Reservation,
    Saving,
    Since,
    Spending,
    Summary,
    Turn,
)

if TYPE_CHECKING:
    import sqlite3

__all__ = ["Store"]

T = TypeVar("T")

_KEEPING = Keeping()


class _Look:
    """One look at everybody's health, for all who asked before it was taken."""

    __slots__ = ("done", "error", "found")

    def __init__(self) -> None:
        self.done = anyio.Event()
        self.found: Mapping[str, Health] | None = None
        self.error: StateError | None = None


class Store:
    """The state of one user, shared by all sidecars; made by `Store.open`.

    Every method may raise a StateError whose text says which file and what to do. The two files fail apart: with
    `state.db` locked or full, originals can still be kept and recalled, and the other way round. Nothing is retried
    behind the caller's back, and nothing is remembered of a fault: the next call tries again.
    """

    def __init__(
        self,
        directory: Path,
        *,
        clock: Callable[[], float],
        keeping: Keeping,
        wait_s: float,
        lane: Callable[[str], Lane],
    ) -> None:
        self.directory = directory
        self._clock = clock
        self._keeping = keeping
        self._state = Database(directory / "state.db", migrations.STATE, wait_s=wait_s)
        self._originals = Database(directory / "originals.db", migrations.ORIGINALS, wait_s=wait_s)
        self._health = HealthTable()
        self._look: _Look | None = None
        """The look at everybody's health that waits for its turn."""
        self.session = secrets.randbits(62) | 1
        """The number by which the calls of this sidecar are told from others' in the ledger; never 0."""
        self._follower = uses.Follower(self.session)
        self._state_lane = lane("sidecar state")
        self._originals_lane = lane("sidecar originals")
        # Packing 200 MB takes two seconds; recalling something meanwhile should not.
        self._packing_lane = lane("sidecar packing")

    @classmethod
    @contextlib.asynccontextmanager
    async def open(
        cls,
        directory: Path,
        *,
        clock: Callable[[], float] = time.time,
        keeping: Keeping = _KEEPING,
        wait_s: float = 5.0,
        lane: Callable[[str], Lane] = Lane,
    ) -> AsyncIterator[Store]:
        """The store in *directory*, which is made on first use, as are the files: entering touches no disk.

        *wait_s* is how long another process may hold a file before StateLocked, *lane* where its work is done.
        Leaving finishes what was begun, also when cancelled.
        """
        store = cls(directory, clock=clock, keeping=keeping, wait_s=wait_s, lane=lane)
        try:
            yield store
        finally:
            await store._packing_lane.close(lambda: None)
            await store._originals_lane.close(store._originals.close)
            await store._state_lane.close(store._state.close)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What happened to the files so far that a person should know, one sentence each, for showing once."""
        return self._state.warnings + self._originals.warnings

    async def keep(self, data: bytes, *, command: str = "", cwd: str = "", exit_code: int | None = None) -> str:
        """Keep *data* as it is and return its handle, on disk before it returns.

        The handle is made from the content: the same content has the same handle, is stored once, and is as old as
        its last keeping. Raises StateFull for what is larger than all originals may be.
        """
        origin = originals.Origin(command, cwd, exit_code)
        digest = await self._packing_lane.run(lambda _: digest_of(data))

        def renew(connection: sqlite3.Connection) -> str | None:
            return originals.renew(connection, digest, origin, keeping=self._keeping, now=self._clock())

        if (handle := await self._in_originals(renew)) is not None:
            return handle
        packed = await self._packing_lane.run(lambda is_abandoned: packing.pack(data, is_abandoned))

        def add(connection: sqlite3.Connection) -> str:
            return originals.add(connection, digest, packed, origin, keeping=self._keeping, now=self._clock())

        return await self._in_originals(add)

    async def original(self, handle: str) -> Original:
        """The original of that name, byte for byte.

        Raises HandleUnknown for a name never given here, and HandleExpired, which says when it was removed and how
        to get the output again.
        """
        return await self.original_lines(handle)

    async def latest(self, *, command: str, cwd: str) -> Original | None:
        """The original kept last of *command* in *cwd*; None where there is none."""

        def find(connection: sqlite3.Connection) -> str | None:
            return originals.latest(connection, command, cwd, keeping=self._keeping, now=self._clock())

        handle = await self._from_originals(find)
        return None if handle is None else await self.original(handle)

    async def original_lines(self, handle: str, *, first: int = 1, last: int | None = None) -> Original:
        """The original with only the lines *first* to *last* in its data, without unpacking the others.

        Lines are counted from 1, end with "\\n" and carry it; both ends are included, and lines that do not exist
        are left out. Raises as `original` does.
        """

        def read(connection: sqlite3.Connection) -> Original | None:
            wanted = originals.find(connection, handle, keeping=self._keeping, now=self._clock())
            try:
                return originals.read(connection, wanted, first=first, last=last)
            except packing.PackDamaged:
                return None

        def read_or_remove(connection: sqlite3.Connection) -> Original | None:
            found = read(connection)
            if found is None:
                originals.remove_damaged(connection, handle, keeping=self._keeping, now=self._clock())
            return found

        found = await self._from_originals(read)
        if found is None:
            # A damaged original is removed, so that the same output can be kept again; asked once more, its name
            # says what happened. The second look is under the lock: another process may have done all this.
            found = await self._in_originals(read_or_remove) or await self._in_originals(read)
        if found is None:
            raise faults.damaged(self._originals.path)
        return found

    async def health(self) -> Mapping[str, Health]:
        """The health of every scope that was ever changed, by any process; a missing scope is `Health()`.

        The mapping is a copy that stays as it is. Those who ask while a look waits for its turn share it: it is taken
        after all of them have asked.
        """
        while True:
            look = self._look
            if look is None:
                return await self._looked(_Look())
            await look.done.wait()
            if look.error is not None:
                raise look.error
            if look.found is not None:
                return look.found
            # whoever led it was cancelled; somebody else has to

    async def _looked(self, look: _Look) -> Mapping[str, Health]:
        self._look = look

        def take(connection: sqlite3.Connection) -> Mapping[str, Health]:
            self._look = None  # who asks from here on wants to see what is changed from here on
            return self._health.load(connection)

        try:
            look.found = await self._from_state(take)
        except StateError as error:
            look.error = error
            raise
        finally:
            if self._look is look:
                self._look = None
            look.done.set()
        return look.found

    async def change_health(self, keys: Sequence[str], change: Change) -> Mapping[str, Health]:
        """Give each scope of *keys* the health that *change* makes of its present one; returns the new ones.

        All of it is one transaction: no other process changes anything between what *change* sees and what it
        returns. It runs in another thread and perhaps twice, so it must be pure. What it raises is raised here, and
        then nothing has changed.
        """
        return await self._in_state(lambda _: None, keys, change)

    async def record_call(
        self,
        call: Call,
        *,
        thread: str | None = None,
        turns: Sequence[Turn] = (),
        healths: Change | None = None,
        health_keys: Sequence[str] = (),
        reserved: Sequence[int] = (),
    ) -> None:
        """Put down a call, what was said in *thread*, and what it means for health, in one transaction.

        *turns* are added after those the thread has; *reserved* are the reservations that the call's attempts take
        the place of. It is on disk before this returns.
        """
        said_at = self._clock()

        def record(connection: sqlite3.Connection) -> None:
            ledger.add_call(connection, call, session=self.session)
            if reserved:
                uses.release(connection, reserved)
            if call.meters:
                uses.add_meters(connection, call.meters)
            if thread is not None:
                ledger.add_turns(connection, thread, turns, said_at=said_at)

        await self._in_state(record, health_keys, healths)

    async def record_saving(self, saving: Saving) -> None:
        await self._in_state(lambda connection: ledger.add_saving(connection, saving))

    async def thread(self, name: str) -> tuple[Turn, ...]:
        """The turns of the thread, oldest first; none where nothing was said in it."""
        return await self._from_state(lambda connection: ledger.thread(connection, name))

    async def say(self, thread: str, turns: Sequence[Turn]) -> None:
        """Add *turns* to *thread*, on disk before this returns."""
        said_at = self._clock()
        await self._in_state(lambda connection: ledger.add_turns(connection, thread, turns, said_at=said_at))

    async def panels(self, since: float) -> list[PanelSpending]:
        """Totals of every panel asked at or after *since*, the dearest first."""
        return await self._from_state(lambda connection: ledger.panels(connection, since))

    async def spending(self, since: float) -> list[Spending]:
        """Totals of every endpoint tried in calls at or after *since*, the dearest first."""
        return await self._from_state(lambda connection: ledger.spending(connection, since))

    async def experience(self, endpoints: Iterable[str], since: float) -> list[Experience]:
        """How the latest attempts of each of *endpoints* in calls at or after *since* went, of the tried ones."""
        return await self._from_state(lambda connection: ledger.experience(connection, endpoints, since))

    async def news(self, position: Position | None, *, since: Since) -> News:
        """What the ledger has after *position*, all *since* a time where that is None, and what is reserved."""
        return await self._from_state(lambda connection: self._follower.news(connection, position, since=since))

    async def look(self, position: Position | None, *, since: Since) -> tuple[Mapping[str, Health], News]:
        """`health` and `news`, in one transaction."""
        return await self._from_state(
            lambda connection: (
                self._health.load(connection),
                self._follower.news(connection, position, since=since),
            )
        )

    async def reserve(self, wanted: Reservation, position: Position | None, *, since: Since) -> News:
        """Reserve a request and look at the ledger in one transaction: those with a smaller number came before it."""

        def work(connection: sqlite3.Connection) -> News:
            own = uses.reserve(connection, wanted, now=self._clock())
            return self._follower.news(connection, position, since=since, own=own)

        return await self._writing(work)

    async def release(self, reserved: Sequence[int]) -> None:
        """Give reservations back whose requests were not made."""
        await self._writing(lambda connection: uses.release(connection, reserved))

    async def meters(self) -> list[Meter]:
        """What providers said last of their windows that have not ended yet, by whom they limit."""
        return await self._from_state(lambda connection: uses.meters(connection, self._clock()))

    async def warn(self, untils: Mapping[str, float]) -> tuple[str, ...]:
        """Which of the names of *untils* are to be warned of: those that no sidecar has, before their time is over."""
        return await self._writing(lambda connection: uses.warn(connection, untils, now=self._clock()))

    async def savings(self, since: float) -> list[Saving]:
        """Every saving at or after *since*, oldest first."""
        return await self._from_state(lambda connection: ledger.savings(connection, since))

    async def savings_by_form(self, since: float) -> list[FormSavings]:
        """Totals of every form at or after *since*, the one that saved most first."""
        return await self._from_state(lambda connection: ledger.savings_by_form(connection, since))

    async def state_summary(self) -> Summary:
        """Sizes and counts for `status`; never raises a StateError, since that is what `status` must tell."""
        summary = Summary(directory=str(self.directory), keeping=self._keeping)
        try:
            counts = await self._from_state(ledger.counts)
            size_bytes = await self._state_lane.run(self._state.size_bytes)
            summary = replace(summary, **counts, state_bytes=size_bytes)
        except StateError as error:
            summary = replace(summary, faults=(str(error),))
        try:
            totals = await self._from_originals(originals.totals)
            size_bytes = await self._originals_lane.run(self._originals.size_bytes)
            summary = replace(summary, **totals, originals_bytes=size_bytes)
        except StateError as error:
            summary = replace(summary, faults=(*summary.faults, str(error)))
        return summary

    async def _from_state(self, job: Callable[[sqlite3.Connection], T]) -> T:
        since = self._state.slices_waited
        return await self._state_lane.run(lambda is_abandoned: self._state.read(job, is_abandoned, since))

    async def _writing(self, job: Callable[[sqlite3.Connection], T]) -> T:
        since = self._state.slices_waited
        return await self._state_lane.run(lambda is_abandoned: self._state.write(job, is_abandoned, since))

    async def _from_originals(self, job: Callable[[sqlite3.Connection], T]) -> T:
        since = self._originals.slices_waited
        return await self._originals_lane.run(lambda is_abandoned: self._originals.read(job, is_abandoned, since))

    async def _in_originals(self, job: Callable[[sqlite3.Connection], T]) -> T:
        since = self._originals.slices_waited
        return await self._originals_lane.run(lambda is_abandoned: self._originals.write(job, is_abandoned, since))

    async def _in_state(
        self, job: Callable[[sqlite3.Connection], None], keys: Sequence[str] = (), change: Change | None = None
    ) -> Mapping[str, Health]:
        def work(connection: sqlite3.Connection) -> Mapping[str, Health]:
            job(connection)
            return self._health.change(connection, keys, change) if change else {}

        since = self._state.slices_waited

        def transact(is_abandoned: IsAbandoned) -> Mapping[str, Health]:
            changed = self._state.write(work, is_abandoned, since)
            self._health.accept(changed)
            return changed

        return await self._state_lane.run(transact)
