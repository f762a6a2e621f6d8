"""The ledger and the threads: what was tried, spent, saved and said.

Functions over a connection, in its transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sidecar.store.text import plain, stored
from sidecar.store.vocabulary import Call, FormSavings, Saving, Spending, Turn

if TYPE_CHECKING:
    import sqlite3

__all__ = ["add_call", "add_saving", "add_turns", "counts", "savings", "savings_by_form", "spending", "thread"]


def add_call(connection: sqlite3.Connection, call: Call) -> None:
    """The call with its attempts, in their order."""
    answered_by = None if call.answered_by is None else stored(call.answered_by)
    row = connection.execute(
        "INSERT INTO calls (asked_at, model, took_s, answered_by) VALUES (?, ?, ?, ?)",
        (call.asked_at, stored(call.model), call.took_s, answered_by),
    ).lastrowid
    connection.executemany(
        "INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                row,
                number,
                stored(attempt.endpoint),
                stored(attempt.tier),
                stored(attempt.outcome),
                attempt.took_s,
                attempt.input_tokens,
                attempt.cached_tokens,
                attempt.output_tokens,
                attempt.cost_usd,
                stored(attempt.message),
            )
            for number, attempt in enumerate(call.attempts)
        ],
    )


def add_turns(connection: sqlite3.Connection, name: str, turns: Sequence[Turn], *, said_at: float) -> None:
    """*turns* after those the thread has, whichever process added them."""
    key = stored(name)
    first = connection.execute("SELECT coalesce(max(number) + 1, 0) FROM turns WHERE thread = ?", (key,)).fetchone()[0]
    connection.executemany(
        "INSERT INTO turns (thread, number, role, text, said_at) VALUES (?, ?, ?, ?, ?)",
        [
            (key, number, stored(turn.role), stored(turn.text), said_at)
            for number, turn in enumerate(turns, start=first)
        ],
    )


def thread(connection: sqlite3.Connection, name: str) -> tuple[Turn, ...]:
    """The turns in the order they were said; none for a thread that does not exist."""
    rows = connection.execute("SELECT role, text FROM turns WHERE thread = ? ORDER BY number", (stored(name),))
    return tuple(Turn(role=plain(role), text=plain(text)) for role, text in rows)


def add_saving(connection: sqlite3.Connection, saving: Saving) -> None:
    connection.execute(
        "INSERT INTO savings (saved_at, verb, form, before_tokens, after_tokens, handle) VALUES (?, ?, ?, ?, ?, ?)",
        (
            saving.saved_at,
            stored(saving.verb),
            stored(saving.form),
            saving.before_tokens,
            saving.after_tokens,
            saving.handle,
        ),
    )


def savings(connection: sqlite3.Connection, since: float) -> list[Saving]:
    """Every saving at or after *since*, oldest first."""
    rows = connection.execute(
        "SELECT saved_at, verb, form, before_tokens, after_tokens, handle FROM savings"
        " WHERE saved_at >= ? ORDER BY saved_at, id",
        (since,),
    )
    return [Saving(at, plain(verb), plain(form), *rest) for at, verb, form, *rest in rows]


def savings_by_form(connection: sqlite3.Connection, since: float) -> list[FormSavings]:
    """Totals at or after *since*, the form that saved most first."""
    rows = connection.execute(
        "SELECT form, count(*), sum(before_tokens), sum(after_tokens) FROM savings"
        " WHERE saved_at >= ? GROUP BY form ORDER BY sum(before_tokens - after_tokens) DESC, form",
        (since,),
    )
    return [FormSavings(plain(form), *totals) for form, *totals in rows]


def spending(connection: sqlite3.Connection, since: float) -> list[Spending]:
    """Totals of every endpoint tried at or after *since*, the dearest first.

    An attempt is unpriced when its cost is unknown although tokens were used: it was answered, or it failed after
    the provider had counted some. A refusal that used none is in *calls* alone.
    """
    rows = connection.execute(
        """
        SELECT
            endpoint,
            count(*),
            sum(outcome = 'answered'),
            coalesce(sum(input_tokens), 0),
            coalesce(sum(output_tokens), 0),
            coalesce(sum(cost_usd), 0.0) AS cost,
            sum(cost_usd IS NULL AND (outcome = 'answered' OR coalesce(input_tokens, output_tokens) IS NOT NULL))
        FROM calls JOIN attempts ON attempts.call = calls.id
        WHERE asked_at >= ?
        GROUP BY endpoint
        ORDER BY cost DESC, endpoint
        """,
        (since,),
    )
    return [Spending(plain(endpoint), *totals) for endpoint, *totals in rows]


def counts(connection: sqlite3.Connection) -> dict[str, Any]:
    """How many rows of each kind, under the names of `Summary`."""
    row = connection.execute(
        "SELECT (SELECT count(*) FROM health), (SELECT count(*) FROM calls), (SELECT count(*) FROM attempts),"
        " (SELECT count(*) FROM savings), (SELECT count(DISTINCT thread) FROM turns), (SELECT count(*) FROM turns)"
    ).fetchone()
    return dict(zip(("scopes", "calls", "attempts", "savings", "threads", "turns"), row, strict=True))
