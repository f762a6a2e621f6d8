"""What limits are reckoned from: the ledger followed use by use, what is reserved, what providers said, who was warned.

Functions over a connection, in its transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from sidecar.store.text import plain, stored
from sidecar.store.vocabulary import Meter, News, Position, Reservation, Since, Use

if TYPE_CHECKING:
    import sqlite3

__all__ = ["LONGEST_CALL_S", "Follower", "add_meters", "meters", "release", "reserve", "warn"]

LONGEST_CALL_S = 86_400.0
"""No call may take longer, so one that ended after a time was asked at most this long before it."""

_USES = """
    SELECT calls.id, asked_at + calls.took_s, session, model, tier, endpoint, outcome,
        input_tokens, output_tokens, cost_usd
    FROM calls JOIN attempts ON attempts.call = calls.id
"""


_LONG_AGO = """
    SELECT max(calls.id), max(asked_at + calls.took_s), CASE session WHEN ? THEN session ELSE 0 END AS own, model,
        tier, endpoint, outcome, sum(input_tokens), sum(output_tokens), sum(cost_usd), count(*)
    FROM calls JOIN attempts ON attempts.call = calls.id
    WHERE asked_at >= ? AND asked_at + calls.took_s < ?
    GROUP BY own, model, tier, endpoint, outcome, cost_usd IS NULL, cost_usd = 0.0,
        CAST((asked_at + calls.took_s) / ? AS INTEGER)
"""


class Follower:
    """Reads the ledger on from where a reader stands; one for each connection's user, whose *session* it knows.

    Calls are numbered in the order in which they were committed, so whoever has seen one has seen all before it. What
    is long ago is summed up where it lies: a month of 100,000 calls took seconds to read one by one.
    """

    def __init__(self, session: int) -> None:
        self._session = session
        self._connection: sqlite3.Connection | None = None
        self._file = 0
        self._looks = 0

    def news(self, connection: sqlite3.Connection, position: Position | None, *, since: Since, own: int = 0) -> News:
        """What came after *position*; everything *since* a time where that is of another file or None."""
        if connection is not self._connection:
            self._connection, self._file = connection, self._file + 1
        self._looks += 1
        is_anew = position is None or position.file != self._file
        if position is None or is_anew:
            start = since.start - LONGEST_CALL_S
            rows = (
                connection.execute(_LONG_AGO, (self._session, start, since.singly, since.step_s)).fetchall()
                + connection.execute(
                    f"{_USES} WHERE asked_at >= ? AND asked_at + calls.took_s >= ? ORDER BY calls.id",
                    (max(start, since.singly - LONGEST_CALL_S), since.singly),
                ).fetchall()
            )
        else:
            rows = connection.execute(f"{_USES} WHERE calls.id > ? ORDER BY calls.id", (position.call,)).fetchall()
        uses = tuple(
            Use(call, at, session, plain(model), plain(tier), plain(endpoint), plain(outcome), *amounts)
            for call, at, session, model, tier, endpoint, outcome, *amounts in rows
        )
        if uses or position is None or is_anew:
            last = int(connection.execute("SELECT coalesce(max(id), 0) FROM calls").fetchone()[0])
        else:
            last = position.call
        return News(self._looks, Position(self._file, last), is_anew, uses, _reserved(connection), own)


def reserve(connection: sqlite3.Connection, wanted: Reservation, *, now: float) -> int:
    """Put *wanted* down and return its number; what is over by *now*, or reaches absurdly far, is cleared away."""
    connection.execute("DELETE FROM reservations WHERE until <= ? OR until > ?", (now, now + 2 * LONGEST_CALL_S))
    row = connection.execute(
        "INSERT INTO reservations (model, tier, endpoint, until) VALUES (?, ?, ?, ?)",
        (stored(wanted.model), stored(wanted.tier), stored(wanted.endpoint), wanted.until),
    )
    return int(row.lastrowid or 0)


def release(connection: sqlite3.Connection, numbers: Iterable[int]) -> None:
    connection.executemany("DELETE FROM reservations WHERE number = ?", [(number,) for number in numbers])


def add_meters(connection: sqlite3.Connection, told: Iterable[Meter]) -> None:
    """Put down what providers said, unless something later is known of the same window."""
    connection.executemany(
        "INSERT INTO meters VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (scope, name) DO UPDATE SET"
        " left_over = excluded.left_over, of = excluded.of, resets_at = excluded.resets_at, seen_at = excluded.seen_at"
        " WHERE excluded.seen_at >= seen_at",
        [(stored(one.scope), stored(one.name), one.left, one.limit, one.resets_at, one.seen_at) for one in told],
    )


def meters(connection: sqlite3.Connection, now: float) -> list[Meter]:
    """What providers said last of the windows that have not ended by *now*, by whom they limit."""
    rows = connection.execute("SELECT * FROM meters WHERE resets_at > ? ORDER BY scope, name", (now,))
    return [Meter(plain(scope), plain(name), *rest) for scope, name, *rest in rows]


def warn(connection: sqlite3.Connection, untils: Mapping[str, float], *, now: float) -> tuple[str, ...]:
    """Those of *untils*' names of which nobody was warned yet; until their time, nobody will be again."""
    connection.execute("DELETE FROM warnings WHERE until <= ?", (now,))
    rows = [(name, (stored(name), until)) for name, until in untils.items()]
    return tuple(
        name for name, row in rows if connection.execute("INSERT OR IGNORE INTO warnings VALUES (?, ?)", row).rowcount
    )


def _reserved(connection: sqlite3.Connection) -> tuple[Reservation, ...]:
    rows = connection.execute("SELECT model, tier, endpoint, until, number FROM reservations ORDER BY number")
    return tuple(
        Reservation(plain(model), plain(tier), plain(endpoint), *rest) for model, tier, endpoint, *rest in rows
    )
