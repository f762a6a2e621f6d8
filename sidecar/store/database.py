"""One SQLite file with one connection, used by one thread: opened on first use, and opened again when it must be.

    closed ── first job ──> open ── file gone or replaced ──> closed
                             │
                             └──── damaged ──> set aside as NAME.corrupt-<n>, a warning, closed

Every job is one transaction. `synchronous=NORMAL` in WAL mode: a transaction that returned survives a kill of the
process at any instant; a power cut may take the last ones and never the file (https://www.sqlite.org/pragma.html).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sidecar.store import faults, files, migrations
from sidecar.store.lane import Abandoned, IsAbandoned

if TYPE_CHECKING:
    import sqlite3

__all__ = ["Database"]

T = TypeVar("T")

_SLICE_S = 0.1
"""How long SQLite waits for a lock before we look whether anybody still waits for us."""

_WAL_LIMIT_BYTES = 4 << 20
"""What the journal is cut back to after a big transaction has made it grow."""


def _never() -> bool:
    return False


class Database:
    """The file at *path*; all methods belong to one thread.

    *wait_s* is how long a lock of another process is waited for, by jobs that queue behind each other together: each
    says with *since* what `slices_waited` was when it was asked for.
    """

    def __init__(self, path: Path, steps: tuple[migrations.Migration, ...], *, wait_s: float) -> None:
        self.path = path
        self.warnings: tuple[str, ...] = ()
        self._steps = steps
        self._wait_s = wait_s
        self._busy_s = _SLICE_S
        self.slices_waited = 0
        """How often a lock was waited for so far; any thread may read it."""
        self._connection: sqlite3.Connection | None = None
        self._identity: files.Identity | None = None

    def read(
        self, job: Callable[[sqlite3.Connection], T], is_abandoned: IsAbandoned = _never, since: int | None = None
    ) -> T:
        """What *job* returns, from one unchanging view of the file."""
        return self._transact("BEGIN", job, is_abandoned, since)

    def write(
        self, job: Callable[[sqlite3.Connection], T], is_abandoned: IsAbandoned = _never, since: int | None = None
    ) -> T:
        """What *job* returns, its changes on disk and no other process's between them.

        *job* may be run again from the start, so it changes nothing but the database.
        """
        return self._transact("BEGIN IMMEDIATE", job, is_abandoned, since)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def size_bytes(self, _: IsAbandoned = _never) -> int:
        """What the file and its journal take on the disk now."""
        paths = (self.path, self.path.with_name(self.path.name + "-wal"))
        return sum(path.stat().st_size for path in paths if path.exists())

    def _transact(
        self, begin: str, job: Callable[[sqlite3.Connection], T], is_abandoned: IsAbandoned, since: int | None
    ) -> T:
        import sqlite3

        last_slice = (self.slices_waited if since is None else since) + max(1, round(self._wait_s / _SLICE_S))
        was_set_aside = False
        while not is_abandoned():
            is_late = self.slices_waited >= last_slice
            try:
                return _transaction(self._opened(busy_s=0.0 if is_late else _SLICE_S), begin, job)
            except TimeoutError:
                pass
            except sqlite3.Error as error:
                if faults.is_corrupt(error):
                    if was_set_aside:
                        raise faults.damaged(self.path) from error
                    was_set_aside = self._set_aside()
                elif not faults.is_locked(error):
                    raise faults.sqlite_fault(error, self.path) from error
            if is_late:
                raise faults.locked(self.path, self._wait_s)
            self.slices_waited += 1
        raise Abandoned

    def _opened(self, *, busy_s: float) -> sqlite3.Connection:
        """The connection to the file that is at the path now, which waits for locks of others for *busy_s*.

        TimeoutError while another process is opening it.
        """
        connection = self._connected(busy_s)
        if busy_s != self._busy_s:
            connection.execute(f"PRAGMA busy_timeout = {1000 * busy_s:.0f}")
            self._busy_s = busy_s
        return connection

    def _connected(self, busy_s: float) -> sqlite3.Connection:
        if self._connection is not None:
            # We, or another process, may have set the file aside, or somebody removed the directory: writing on would
            # be writing to nowhere.
            if files.identity(self.path) == self._identity:
                return self._connection
            # SQLite sees that the file has moved (databaseIsUnmoved in pager.c), so closing touches no journal: under
            # that name there may already be the one of a fresh file.
            self.close()
        try:
            files.prepare(self.path)
            with files.lock(self.path.parent, wait_s=busy_s):
                self._connection = self._open()
        except TimeoutError:
            raise
        except OSError as error:
            raise faults.os_fault(error, self.path) from error
        return self._connection

    def _open(self) -> sqlite3.Connection:
        import sqlite3

        self._identity = files.identity(self.path)
        connection = sqlite3.connect(self.path, timeout=_SLICE_S, isolation_level=None)
        self._busy_s = _SLICE_S
        try:
            found = migrations.version(connection)
            if found > len(self._steps):
                raise faults.newer(self.path, found=found, known=len(self._steps))
            if found == 0:
                # Room that removed originals leave can then be given back; only possible before the first table.
                connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA temp_store = MEMORY")
            connection.execute(f"PRAGMA journal_size_limit = {_WAL_LIMIT_BYTES}")
            migrations.migrate(connection, self._steps)
        except BaseException:
            connection.close()
            raise
        return connection

    def _set_aside(self) -> bool:
        """Put the damaged file away, unless another process has; False while another process is at it."""
        try:
            with files.lock(self.path.parent, wait_s=_SLICE_S):
                if self._identity is not None and files.identity(self.path) == self._identity:
                    aside = files.set_aside(self.path)
                    warning = (
                        f"`{self.path}` was damaged and set aside as `{aside.name}`; "
                        f"a fresh one was started, so what it remembered until now is only there."
                    )
                    self.warnings += (warning,)
        except TimeoutError:
            return False
        except OSError as error:
            raise faults.os_fault(error, self.path) from error
        return True


def _transaction(connection: sqlite3.Connection, begin: str, job: Callable[[sqlite3.Connection], T]) -> T:
    connection.execute(begin)
    try:
        result = job(connection)
        connection.execute("COMMIT")
    except BaseException:
        # SQLite has already rolled back by itself after some errors, a full disk among them.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return result
