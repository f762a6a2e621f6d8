"""The shape of both state files, as numbered migrations: one transaction each, never edited once released.

`state.db` holds what is small and shared at every call (health, the ledger, threads); `originals.db` holds what is
big. They are two files so that keeping 200 MB never makes a call wait for the lock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

__all__ = ["ORIGINALS", "STATE", "Migration", "migrate", "version"]

Migration = tuple[str, ...]
"""The statements of one step; the n-th step leads to `user_version` n."""

STATE: tuple[Migration, ...] = (
    (
        """
        CREATE TABLE health (
            scope TEXT PRIMARY KEY,
            rest_until REAL NOT NULL,
            reason TEXT NOT NULL,
            is_named INTEGER NOT NULL,
            failures INTEGER NOT NULL,
            ejections INTEGER NOT NULL,
            probes_needed INTEGER NOT NULL,
            probe_until REAL NOT NULL,
            outcomes TEXT NOT NULL
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE calls (
            id INTEGER PRIMARY KEY,
            asked_at REAL NOT NULL,
            model TEXT NOT NULL,
            took_s REAL NOT NULL,
            answered_by TEXT
        )
        """,
        "CREATE INDEX calls_by_time ON calls (asked_at)",
        """
        CREATE TABLE attempts (
            call INTEGER NOT NULL,
            number INTEGER NOT NULL,
            endpoint TEXT NOT NULL,
            tier TEXT NOT NULL,
            outcome TEXT NOT NULL,
            took_s REAL NOT NULL,
            input_tokens INTEGER,
            cached_tokens INTEGER,
            output_tokens INTEGER,
            cost_usd REAL,
            message TEXT NOT NULL,
            PRIMARY KEY (call, number)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE savings (
            id INTEGER PRIMARY KEY,
            saved_at REAL NOT NULL,
            verb TEXT NOT NULL,
            form TEXT NOT NULL,
            before_tokens INTEGER NOT NULL,
            after_tokens INTEGER NOT NULL,
            handle TEXT
        )
        """,
        "CREATE INDEX savings_by_time ON savings (saved_at)",
        """
        CREATE TABLE turns (
            thread TEXT NOT NULL,
            number INTEGER NOT NULL,
            role TEXT NOT NULL,
            text TEXT NOT NULL,
            said_at REAL NOT NULL,
            PRIMARY KEY (thread, number)
        )
        """,
    ),
    (
        "ALTER TABLE attempts ADD COLUMN first_token_s REAL",
        "ALTER TABLE attempts ADD COLUMN cache_write_tokens INTEGER",
        "ALTER TABLE turns ADD COLUMN answered_by TEXT",
        # The latest attempts of one endpoint, without reading those of the others.
        "CREATE INDEX attempts_by_endpoint ON attempts (endpoint, call)",
    ),
    (
        "ALTER TABLE calls ADD COLUMN session INTEGER NOT NULL DEFAULT 0",
        # Never a number twice, so that one given back late cannot end another's.
        """
        CREATE TABLE reservations (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            model TEXT NOT NULL,
            tier TEXT NOT NULL,
            endpoint TEXT NOT NULL,
            until REAL NOT NULL
        )
        """,
        "CREATE TABLE warnings (allowance TEXT PRIMARY KEY, until REAL NOT NULL) WITHOUT ROWID",
    ),
    (
        """
        CREATE TABLE meters (
            scope TEXT NOT NULL,
            name TEXT NOT NULL,
            left_over REAL NOT NULL,
            of REAL,
            resets_at REAL NOT NULL,
            seen_at REAL NOT NULL,
            PRIMARY KEY (scope, name)
        ) WITHOUT ROWID
        """,
    ),
    ("ALTER TABLE calls ADD COLUMN panel TEXT",),
)

ORIGINALS: tuple[Migration, ...] = (
    (
        """
        CREATE TABLE originals (
            id INTEGER PRIMARY KEY,
            handle TEXT NOT NULL UNIQUE,
            digest BLOB NOT NULL UNIQUE,
            size_bytes INTEGER NOT NULL,
            stored_bytes INTEGER NOT NULL,
            line_count INTEGER NOT NULL,
            command TEXT NOT NULL,
            cwd TEXT NOT NULL,
            exit_code INTEGER,
            kept_at REAL NOT NULL
        )
        """,
        "CREATE INDEX originals_by_age ON originals (kept_at, id)",
        # The blob stands last: a query for *newlines_before* then reads no overflow page of it.
        """
        CREATE TABLE chunks (
            original INTEGER NOT NULL,
            number INTEGER NOT NULL,
            newlines_before INTEGER NOT NULL,
            packed BLOB NOT NULL,
            PRIMARY KEY (original, number)
        )
        """,
        # What was removed keeps its name, so that an old handle never leads to another content.
        """
        CREATE TABLE removed (
            handle TEXT PRIMARY KEY,
            digest BLOB NOT NULL,
            removed_at REAL NOT NULL,
            why TEXT NOT NULL,
            command TEXT NOT NULL,
            cwd TEXT NOT NULL
        )
        """,
        "CREATE INDEX removed_by_time ON removed (removed_at)",
    ),
)


def version(connection: sqlite3.Connection) -> int:
    """The number of the last migration the file has seen; 0 for an empty file."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection, migrations: tuple[Migration, ...]) -> None:
    """Take the steps the file has not seen, each in a transaction of its own.

    A kill between two steps leaves the file at a numbered version, and the next opening goes on from there.
    """
    for number in range(version(connection) + 1, len(migrations) + 1):
        connection.execute("BEGIN IMMEDIATE")
        try:
            # Another process may have taken this step while we waited for the lock.
            if version(connection) < number:
                for statement in migrations[number - 1]:
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {number}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
