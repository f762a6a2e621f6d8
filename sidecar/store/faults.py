"""What can go wrong with a state file, renamed once into our own errors.

SQLite's result codes are those of https://www.sqlite.org/rescode.html; the low byte is the primary code.
"""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING

from sidecar.errors import StateCorrupt, StateError, StateFull, StateLocked, StateNewer

if TYPE_CHECKING:
    import sqlite3

__all__ = ["damaged", "is_corrupt", "is_locked", "locked", "newer", "os_fault", "sqlite_fault"]

_BUSY, _LOCKED, _READONLY, _CORRUPT, _FULL, _CANTOPEN, _NOTADB = 5, 6, 8, 11, 13, 14, 26
# A write beyond a quota or a file size limit is an I/O error to SQLite; only ENOSPC is SQLITE_FULL (os_unix.c).
_IOERR_NO_ROOM = {778, 1546, 4874}  # SQLITE_IOERR_WRITE, _TRUNCATE, _SHMSIZE
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_ELSEWHERE = "or set `SIDECAR_STATE` to another directory"


def _code(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", 0) or 0)


def is_locked(error: sqlite3.Error) -> bool:
    return _code(error) & 0xFF in {_BUSY, _LOCKED}


def is_corrupt(error: sqlite3.Error) -> bool:
    return _code(error) & 0xFF in {_CORRUPT, _NOTADB}


def locked(path: Path, waited_s: float) -> StateLocked:
    return StateLocked(
        f"`{path}` was held by another process for longer than {waited_s:g} s; try again, "
        f"or end the process that holds it (`fuser {path}` names it)."
    )


def newer(path: Path, *, found: int, known: int) -> StateNewer:
    return StateNewer(
        f"`{path}` was written by a newer sidecar (schema {found}, this one knows {known}) and was left untouched; "
        f"update this sidecar, {_ELSEWHERE}."
    )


def damaged(path: Path) -> StateCorrupt:
    return StateCorrupt(f"`{path}` is damaged and a fresh one cannot be used either; check the disk, {_ELSEWHERE}.")


def sqlite_fault(error: sqlite3.Error, path: Path) -> StateError:
    """What SQLite said about *path*, as one sentence with what to do."""
    code = _code(error)
    if code & 0xFF == _FULL or code in _IOERR_NO_ROOM:
        return _full(path)
    if code & 0xFF in {_READONLY, _CANTOPEN}:
        return StateError(
            f"`{path}` cannot be opened for writing ({error}); make it and its directory writable, "
            f"see that neither it nor its `-wal` and `-shm` are links, {_ELSEWHERE}."
        )
    return StateError(f"`{path}` cannot be used ({error}); check the disk, {_ELSEWHERE}.")


def os_fault(error: OSError, path: Path) -> StateError:
    """What the operating system said about *path* or its directory."""
    if error.errno in _NO_ROOM:
        return _full(path)
    if error.errno in {errno.ENOTDIR, errno.EEXIST}:
        found = error.filename or path.parent
        return StateError(
            f"`{found}` is not a directory, and the state is kept in one there; move it away, {_ELSEWHERE}."
        )
    return StateError(f"`{path}` cannot be used ({error.strerror}); give yourself write access, {_ELSEWHERE}.")


def _full(path: Path) -> StateFull:
    return StateFull(
        f"There is no room to write `{path}` (the disk, a quota or a file size limit); free some space, {_ELSEWHERE}."
    )
