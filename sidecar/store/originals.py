"""Originals: kept under a name made from their content, read whole or by lines, removed by age and size.

Functions over a connection, in its transaction.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sidecar.errors import HandleExpired, HandleUnknown, StateFull
from sidecar.handles import names
from sidecar.store import packing
from sidecar.store.packing import Packed
from sidecar.store.text import plain, stored
from sidecar.store.vocabulary import Keeping, Original

if TYPE_CHECKING:
    import sqlite3

__all__ = ["Origin", "Wanted", "add", "find", "latest", "read", "remove_damaged", "renew", "totals"]

_TOMBSTONE_S = 90 * 86_400.0
"""How long we still can say what an old handle was."""

_VACUUM_PAGES = 4_096
"""Given back to the disk at one keeping: 16 MB, so that no single one makes the others wait."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an original comes from."""

    command: str
    cwd: str
    exit_code: int | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A found original without its content: the columns, in their order."""

    id: int
    handle: str
    size_bytes: int
    line_count: int
    origin: Origin
    kept_at: float


def renew(connection: sqlite3.Connection, digest: bytes, origin: Origin, *, keeping: Keeping, now: float) -> str | None:
    """The handle of content that is here already, its age starting again; None for new content."""
    row = connection.execute("SELECT id, handle FROM originals WHERE digest = ?", (digest,)).fetchone()
    if row is None:
        return None
    connection.execute(
        "UPDATE originals SET command = ?, cwd = ?, exit_code = ?, kept_at = ? WHERE id = ?",
        (stored(origin.command), stored(origin.cwd), origin.exit_code, now, row[0]),
    )
    _remove_old(connection, keeping=keeping, now=now)
    return str(row[1])


def add(
    connection: sqlite3.Connection, digest: bytes, packed: Packed, origin: Origin, *, keeping: Keeping, now: float
) -> str:
    """Keep new content, removing older originals where there is no room, and return its handle.

    Raises StateFull when it alone is larger than everything may be.
    """
    # Another process may have kept the same content since we looked.
    if (handle := renew(connection, digest, origin, keeping=keeping, now=now)) is not None:
        return handle
    if packed.stored_bytes > keeping.size_bytes:
        raise StateFull(
            f"An output of {packed.size_bytes / 1e6:,.0f} MB was not kept: compressed it is larger than "
            f"all originals together may be ({keeping.size_bytes / 1e6:,.0f} MB); write it to a file instead."
        )
    _remove_old(connection, keeping=keeping, now=now, room_bytes=packed.stored_bytes)
    handle = _free_handle(connection, digest)
    connection.execute("DELETE FROM removed WHERE handle = ?", (handle,))
    row = connection.execute(
        "INSERT INTO originals"
        " (handle, digest, size_bytes, stored_bytes, line_count, command, cwd, exit_code, kept_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            handle,
            digest,
            packed.size_bytes,
            packed.stored_bytes,
            packed.line_count,
            stored(origin.command),
            stored(origin.cwd),
            origin.exit_code,
            now,
        ),
    ).lastrowid
    connection.executemany(
        "INSERT INTO chunks VALUES (?, ?, ?, ?)",
        ((row, number, newlines, chunk) for number, (newlines, chunk) in enumerate(packed.chunks)),
    )
    return handle


def _free_handle(connection: sqlite3.Connection, digest: bytes) -> str:
    """The shortest name made from the content that no other content has or had: 8 characters, rarely 10, 12 ..."""
    *shorter, longest = names(digest)
    for name in shorter:
        owners = connection.execute(
            "SELECT digest FROM originals WHERE handle = ?1 UNION SELECT digest FROM removed WHERE handle = ?1",
            (name,),
        ).fetchall()
        if all(owner == digest for (owner,) in owners):
            return name
    return longest


def _remove_old(connection: sqlite3.Connection, *, keeping: Keeping, now: float, room_bytes: int = 0) -> None:
    """Remove what is too old, then the oldest until *room_bytes* more would fit."""
    old = connection.execute("SELECT id FROM originals WHERE kept_at <= ?", (now - keeping.age_s,)).fetchall()
    for (row,) in old:
        _remove(connection, row, why="age", keeping=keeping, now=now)
    if old:
        # What is removed for its size makes room for what comes next; only after age is the file too large.
        _give_room_back(connection)
    (total,) = connection.execute("SELECT coalesce(sum(stored_bytes), 0) FROM originals").fetchone()
    excess = total + room_bytes - keeping.size_bytes
    if excess > 0:
        for row, size in connection.execute("SELECT id, stored_bytes FROM originals ORDER BY kept_at, id").fetchall():
            _remove(connection, row, why="size", keeping=keeping, now=now)
            excess -= size
            if excess <= 0:
                break
    connection.execute("DELETE FROM removed WHERE removed_at <= ?", (now - _TOMBSTONE_S,))


def _give_room_back(connection: sqlite3.Connection) -> None:
    # One page at a time: the statement moves one page per step and has no columns, so sqlite3 steps it only once.
    (free,) = connection.execute("PRAGMA freelist_count").fetchone()
    for _ in range(min(free, _VACUUM_PAGES)):
        connection.execute("PRAGMA incremental_vacuum(1)")


def remove_damaged(connection: sqlite3.Connection, handle: str, *, keeping: Keeping, now: float) -> None:
    """Remove the original of that name because its content does not unpack any more."""
    _remove(connection, find(connection, handle, keeping=keeping, now=now).id, why="damage", keeping=keeping, now=now)


def _remove(connection: sqlite3.Connection, row: int, *, why: str, keeping: Keeping, now: float) -> None:
    """Remove one original and remember its name; *why* is "age", "size" or "damage"."""
    connection.execute(
        # By age it was gone at that moment, whenever somebody looked.
        "REPLACE INTO removed (handle, digest, removed_at, why, command, cwd)"
        " SELECT handle, digest, CASE ?2 WHEN 'age' THEN kept_at + ?3 ELSE ?4 END, ?2, command, cwd"
        " FROM originals WHERE id = ?1",
        (row, why, keeping.age_s, now),
    )
    connection.execute("DELETE FROM chunks WHERE original = ?", (row,))
    connection.execute("DELETE FROM originals WHERE id = ?", (row,))


def find(connection: sqlite3.Connection, handle: str, *, keeping: Keeping, now: float) -> Wanted:
    """The original of that name; letter case, and quotes or spaces around it, do not matter.

    Raises HandleUnknown and HandleExpired; the latter says when it went and how to get the output again.
    """
    name = handle.strip(" \t\r\n'\"`").lower()
    row = connection.execute(
        "SELECT id, handle, size_bytes, line_count, command, cwd, exit_code, kept_at FROM originals WHERE handle = ?",
        (stored(name),),
    ).fetchone()
    if row is not None:
        number, name, size_bytes, line_count, command, cwd, exit_code, kept_at = row
        origin = Origin(plain(command), plain(cwd), exit_code)
        if kept_at > now - keeping.age_s:
            return Wanted(number, name, size_bytes, line_count, origin, kept_at)
        raise _expired(name, kept_at + keeping.age_s, "age", origin, keeping)
    row = connection.execute(
        "SELECT removed_at, why, command, cwd FROM removed WHERE handle = ?", (stored(name),)
    ).fetchone()
    if row is not None:
        removed_at, why, command, cwd = row
        raise _expired(name, removed_at, why, Origin(plain(command), plain(cwd), None), keeping)
    raise HandleUnknown(
        f"No original is kept under `{_brief(name)}`; take the handle from the last line of a shortened output "
        f"(8 letters and digits), or run the command again."
    )


def latest(connection: sqlite3.Connection, command: str, cwd: str, *, keeping: Keeping, now: float) -> str | None:
    """The handle of what *command* printed last in *cwd*; None where none is kept any more."""
    row = connection.execute(
        "SELECT handle FROM originals WHERE command = ? AND cwd = ? AND kept_at > ?"
        " ORDER BY kept_at DESC, id DESC LIMIT 1",
        (stored(command), stored(cwd), now - keeping.age_s),
    ).fetchone()
    return None if row is None else str(row[0])


def read(connection: sqlite3.Connection, wanted: Wanted, *, first: int = 1, last: int | None = None) -> Original:
    """The original, or only its lines *first* to *last* (counted from 1, both included, those that exist).

    Raises PackDamaged.
    """
    skip = max(first, 1) - 1
    end = wanted.line_count if last is None else min(last, wanted.line_count)
    if skip == 0 and end == wanted.line_count:
        data = packing.unpack(_chunks(connection, wanted.id))
        if len(data) != wanted.size_bytes:
            raise packing.PackDamaged
    elif skip >= end:
        data = b""
    else:
        # Line n (from 0) begins behind the n-th newline.
        start, before = _chunk_with(connection, wanted.id, skip)
        stop, _ = _chunk_with(connection, wanted.id, end)
        data = packing.cut(
            packing.unpack(_chunks(connection, wanted.id, start, stop)), skip=skip - before, take=end - skip
        )
    return Original(
        handle=wanted.handle,
        data=data,
        command=wanted.origin.command,
        cwd=wanted.origin.cwd,
        exit_code=wanted.origin.exit_code,
        kept_at=wanted.kept_at,
        size_bytes=wanted.size_bytes,
        line_count=wanted.line_count,
    )


def _chunk_with(connection: sqlite3.Connection, row: int, newline: int) -> tuple[int, int]:
    """Number of the chunk with the n-th newline (from 1; 0 is the start), and how many newlines stand before it."""
    found = connection.execute(
        "SELECT number, newlines_before FROM chunks"
        " WHERE original = ?1 AND (newlines_before < ?2 OR number = 0) ORDER BY number DESC LIMIT 1",
        (row, newline),
    ).fetchone()
    if found is None:
        raise packing.PackDamaged
    return int(found[0]), int(found[1])


def _chunks(connection: sqlite3.Connection, row: int, first: int = 0, last: int | None = None) -> Iterator[bytes]:
    rows = connection.execute(
        "SELECT packed FROM chunks WHERE original = ?1 AND number >= ?2 AND (?3 IS NULL OR number <= ?3)"
        " ORDER BY number",
        (row, first, last),
    )
    return (packed for (packed,) in rows)


def totals(connection: sqlite3.Connection) -> dict[str, Any]:
    """Count and sizes of all originals, under the names of `Summary`."""
    row = connection.execute(
        "SELECT count(*), coalesce(sum(size_bytes), 0), coalesce(sum(stored_bytes), 0), min(kept_at) FROM originals"
    ).fetchone()
    return dict(zip(("originals", "content_bytes", "stored_bytes", "oldest_kept_at"), row, strict=True))


def _expired(name: str, when: float, why: str, origin: Origin, keeping: Keeping) -> HandleExpired:
    at = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(when))
    happened = {
        "age": f"expired on {at}, {keeping.age_s / 86_400:g} days after it was kept",
        "size": f"was removed on {at} to keep all originals under {keeping.size_bytes / 1e6:,.0f} MB",
        "damage": f"was found damaged on {at} and removed",
    }[why]
    where = f" in `{_brief(origin.cwd)}`" if origin.cwd else ""
    again = f"run `{_brief(origin.command)}` again{where}" if origin.command else "make the output again"
    return HandleExpired(f"The original `{name}` {happened}; {again} to get it back.")


def _brief(text: str, limit: int = 160) -> str:
    """*text* on one line, its end cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 3] + "..."
