"""Health of every scope, shared by all processes: read from a copy, changed under the lock."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sidecar.store.text import plain, stored
from sidecar.store.vocabulary import Health

if TYPE_CHECKING:
    import sqlite3

__all__ = ["Change", "HealthTable"]

Change = Callable[[str, Health], Health]
"""From a scope and its health to its next health; pure, and a scope never seen before has `Health()`."""

_WELL = Health()
_FIELDS = tuple(field.name for field in dataclasses.fields(Health))
_SELECT = f"SELECT scope, {', '.join(_FIELDS)} FROM health"  # noqa: S608 - our own field names
_REPLACE = f"REPLACE INTO health (scope, {', '.join(_FIELDS)}) VALUES (?{', ?' * len(_FIELDS)})"  # noqa: S608 - same


class HealthTable:
    """The table with a copy in memory, valid until another process commits.

    `PRAGMA data_version` changes with every commit of another connection and never with our own; asking it took
    2 us where reading thirty scopes took 136 us (2026-11).
    """

    def __init__(self) -> None:
        self._copy: Mapping[str, Health] = {}
        self._copied_from: tuple[sqlite3.Connection, int] | None = None

    def load(self, connection: sqlite3.Connection) -> Mapping[str, Health]:
        """Every scope that was ever changed; the mapping never changes afterwards."""
        source = (connection, int(connection.execute("PRAGMA data_version").fetchone()[0]))
        if self._copied_from != source:
            rows = connection.execute(_SELECT).fetchall()
            self._copy = MappingProxyType({plain(row[0]): _health(row[1:]) for row in rows})
            self._copied_from = source
        return self._copy

    def change(self, connection: sqlite3.Connection, scopes: Iterable[str], change: Change) -> dict[str, Health]:
        """The new health of each scope, written inside the caller's transaction; `accept` it once committed."""
        known = self.load(connection)
        changed: dict[str, Health] = {}
        for scope in dict.fromkeys(scopes):
            before = known.get(scope, _WELL)
            changed[scope] = after = change(scope, before)
            if after != before:
                connection.execute(_REPLACE, (stored(scope), *_row(after)))
        return changed

    def accept(self, changed: Mapping[str, Health]) -> None:
        """Take committed changes into the copy."""
        if changed:
            self._copy = MappingProxyType({**self._copy, **changed})


def _row(health: Health) -> tuple[float | str | bytes, ...]:
    values = (getattr(health, name) for name in _FIELDS)
    return tuple(stored(value) if isinstance(value, str) else value for value in values)


def _health(row: tuple[float | str | bytes, ...]) -> Health:
    values = (plain(value) if isinstance(value, str | bytes) else value for value in row)
    found: dict[str, Any] = dict(zip(_FIELDS, values, strict=True))
    return Health(**{**found, "is_named": bool(found["is_named"])})
