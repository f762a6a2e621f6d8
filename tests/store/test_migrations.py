from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from sidecar.store.migrations import ORIGINALS, STATE, Migration, migrate, version

STEPS: tuple[Migration, ...] = (
    ("CREATE TABLE first (x)",),
    ("CREATE TABLE second (x)", "INSERT INTO second VALUES (2)"),
)


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    yield connection
    connection.close()


def tables(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_steps_are_taken_once(connection: sqlite3.Connection) -> None:
    migrate(connection, STEPS[:1])
    assert (version(connection), tables(connection)) == (1, {"first"})
    migrate(connection, STEPS)
    migrate(connection, STEPS)
    assert (version(connection), tables(connection)) == (2, {"first", "second"})
    assert connection.execute("SELECT count(*) FROM second").fetchone() == (1,)


def test_a_step_that_fails_leaves_the_file_at_the_step_before(connection: sqlite3.Connection) -> None:
    broken: Migration = ("CREATE TABLE third (x)", "INSERT INTO nowhere VALUES (1)")
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, (*STEPS, broken))
    assert (version(connection), tables(connection)) == (2, {"first", "second"})
    migrate(connection, (*STEPS, ("CREATE TABLE third (x)",)))
    assert version(connection) == 3


@pytest.mark.parametrize("steps", [STATE, ORIGINALS], ids=["state", "originals"])
def test_our_own_steps_can_be_taken(connection: sqlite3.Connection, steps: tuple[Migration, ...]) -> None:
    migrate(connection, steps)
    assert version(connection) == len(steps)
