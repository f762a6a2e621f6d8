"""The ledger and the threads: what was tried, spent, saved and said.

Functions over a connection, in its transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from sidecar.store.text import plain, stored
from sidecar.store.vocabulary import Call, Experience, FormSavings, PanelSpending, Saving, Spending, Turn

if TYPE_CHECKING:
    import sqlite3

__all__ = [
    "add_call",
    "add_saving",
    "add_turns",
    "counts",
    "experience",
    "panels",
    "savings",
    "savings_by_form",
    "spending",
    "thread",
]

_ADD_ATTEMPT = """
    INSERT INTO attempts (
        call, number, endpoint, tier, outcome, took_s, input_tokens, cached_tokens, output_tokens, cost_usd, message,
        first_token_s, cache_write_tokens
    )
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

_LATEST = 100
"""So many attempts of an endpoint say enough; more would only take longer to read."""
_FEWEST_TOKENS = 10
"""A shorter answer says nothing of how fast its model writes."""


def add_call(connection: sqlite3.Connection, call: Call, *, session: int = 0) -> None:
    """The call with its attempts, in their order; *session* is the sidecar that made it."""
    answered_by = None if call.answered_by is None else stored(call.answered_by)
    row = connection.execute(
        "INSERT INTO calls (asked_at, model, took_s, answered_by, session, panel) VALUES (?, ?, ?, ?, ?, ?)",
        (call.asked_at, stored(call.model), call.took_s, answered_by, session, call.panel and stored(call.panel)),
    ).lastrowid
    connection.executemany(
        _ADD_ATTEMPT,
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
                attempt.first_token_s,
                attempt.cache_write_tokens,
            )
            for number, attempt in enumerate(call.attempts)
        ],
    )


def add_turns(connection: sqlite3.Connection, name: str, turns: Sequence[Turn], *, said_at: float) -> None:
    """*turns* after those the thread has, whichever process added them."""
    key = stored(name)
    first = connection.execute("SELECT coalesce(max(number) + 1, 0) FROM turns WHERE thread = ?", (key,)).fetchone()[0]
    connection.executemany(
        "INSERT INTO turns (thread, number, role, text, said_at, answered_by) VALUES (?, ?, ?, ?, ?, ?)",
        [
            (
                key,
                number,
                stored(turn.role),
                stored(turn.text),
                said_at,
                None if turn.answered_by is None else stored(turn.answered_by),
            )
            for number, turn in enumerate(turns, start=first)
        ],
    )


def thread(connection: sqlite3.Connection, name: str) -> tuple[Turn, ...]:
    """The turns in the order they were said; none for a thread that does not exist."""
    rows = connection.execute(
        "SELECT role, text, answered_by, said_at FROM turns WHERE thread = ? ORDER BY number", (stored(name),)
    )
    return tuple(
        Turn(plain(role), plain(text), None if answered_by is None else plain(answered_by), said_at)
        for role, text, answered_by, said_at in rows
    )


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
            sum(cost_usd IS NULL AND (outcome = 'answered' OR coalesce(input_tokens, output_tokens) IS NOT NULL)),
            coalesce(sum(cached_tokens), 0)
        FROM calls JOIN attempts ON attempts.call = calls.id
        WHERE asked_at >= ?
        GROUP BY endpoint
        ORDER BY cost DESC, endpoint
        """,
        (since,),
    )
    return [Spending(plain(endpoint), *totals) for endpoint, *totals in rows]


def experience(connection: sqlite3.Connection, endpoints: Iterable[str], since: float) -> list[Experience]:
    """How the latest 100 attempts of each of *endpoints* in calls at or after *since* went; those tried since alone.

    Reads as many rows as that and no more: 7 ms for ten endpoints, however long the ledger (2026-11, a busy machine).
    """
    calls = "SELECT id FROM calls WHERE asked_at >= ? ORDER BY asked_at LIMIT 1"
    first = connection.execute(calls, (since,)).fetchone()
    found = []
    for endpoint in endpoints if first is not None else ():
        rows = connection.execute(
            "SELECT outcome, took_s, first_token_s, output_tokens, input_tokens FROM attempts"
            " WHERE endpoint = ? AND call >= ? ORDER BY call DESC LIMIT ?",
            (stored(endpoint), first[0], _LATEST),
        ).fetchall()
        if rows:
            found.append(_experience(endpoint, rows))
    return found


def _experience(endpoint: str, rows: Sequence[tuple[Any, float, float | None, int | None, int | None]]) -> Experience:
    outcomes = Counter(plain(row[0]) for row in rows)
    # One that was given up because another was faster would have waited for longer still.
    waited = (
        took_s if first_token_s is None else first_token_s
        for outcome, took_s, first_token_s, *_ in rows
        if plain(outcome) in {"answered", "outrun"}
    )
    speeds = (
        tokens / took_s
        for outcome, took_s, _, tokens, _ in rows
        if plain(outcome) == "answered" and tokens is not None and tokens >= _FEWEST_TOKENS and took_s > 0
    )
    lengths = (tokens or 0 for outcome, *_, tokens in rows if plain(outcome) == "answered")
    return Experience(endpoint, outcomes, tuple(sorted(waited)), tuple(sorted(speeds)), max(lengths, default=0))


def panels(connection: sqlite3.Connection, since: float) -> list[PanelSpending]:
    """Totals of every panel's calls at or after *since*, the dearest first; `spending` has them by endpoint too."""
    rows = connection.execute(
        """
        SELECT panel, count(DISTINCT calls.id), coalesce(sum(cost_usd), 0.0) AS cost,
            coalesce(sum(cost_usd IS NULL AND (outcome = 'answered' OR input_tokens IS NOT NULL)), 0)
        FROM calls LEFT JOIN attempts ON attempts.call = calls.id
        WHERE asked_at >= ? AND panel IS NOT NULL
        GROUP BY panel
        ORDER BY cost DESC, panel
        """,
        (since,),
    )
    return [PanelSpending(plain(panel), *totals) for panel, *totals in rows]


def counts(connection: sqlite3.Connection) -> dict[str, Any]:
    """How many rows of each kind, under the names of `Summary`."""
    row = connection.execute(
        "SELECT (SELECT count(*) FROM health), (SELECT count(*) FROM calls), (SELECT count(*) FROM attempts),"
        " (SELECT count(*) FROM savings), (SELECT count(DISTINCT thread) FROM turns), (SELECT count(*) FROM turns)"
    ).fetchone()
    return dict(zip(("scopes", "calls", "attempts", "savings", "threads", "turns"), row, strict=True))
