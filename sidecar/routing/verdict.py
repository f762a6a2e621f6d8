"""What a failure means: the first row of `verdicts.toml` that matches decides. Pure.

A status alone is never enough (a spent credit hides behind 429, a bad key behind 400), so rows look
at the provider, the dialect, the codes anywhere in the body, the quota's name and the message. The
rows for everybody, by status, stand at the end. What no row knows stops.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, cast

from sidecar.providers.vocabulary import Failure
from sidecar.routing import resets
from sidecar.routing.endpoints import Scope
from sidecar.routing.meanings import MEANINGS, Action, Meaning, Verdict

__all__ = ["Row", "rows", "verdict"]

Reset = Literal["none", "hint", "midnight-pacific", "next-month"]

COUNTED: frozenset[Meaning] = frozenset(
    {"capacity", "server", "hang", "network", "malformed", "empty", "cut", "program"}
)
"""The endpoint's own failures. Limits rest by themselves; what the caller or the user must change is no illness."""

HINT_LIMIT_S: Mapping[Meaning, float] = {"capacity": 600.0, "server": 600.0}
"""A crashed server's `retry-after` is a guess, unlike a quota's; minutes of it are believed, not hours."""

_CODE_FIELDS = frozenset({"code", "type", "status", "reason", "error_code", "error_type", "limit_source", "error"})


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table: what it matches (everything given must), and what follows."""

    name: str
    meaning: Meaning
    action: Action
    source: str
    scope: Scope | None = None
    provider: tuple[str, ...] = ()
    dialect: tuple[str, ...] = ()
    kind: tuple[str, ...] = ("status",)
    status: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    quota: re.Pattern[str] | None = None
    message: re.Pattern[str] | None = None
    field: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    reset: Reset = "none"
    rest_s: float | None = None
    advice: str = ""
    show: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Seen:
    """A failure, taken apart once for all rows."""

    failure: Failure
    status: str
    codes: frozenset[str]
    fields: Mapping[str, list[str]]
    quotas: str
    text: str


def verdict(failure: Failure, *, provider: str, dialect: str, now: float) -> Verdict:
    """What *failure* means at *provider* at *now* (epoch s).

    *provider* is the catalogue's name of the host, or the configured one where the catalogue knows none.

    Any hint of a reset that is past, or over 32 days away, is ignored.
    """
    seen = _see(failure)
    row = next(row for row in rows() if _matches(row, seen, provider=provider, dialect=dialect))
    named = _named_reset(row, seen, now)
    rest_until = named if named is not None else now + row.rest_s if row.rest_s is not None else None
    trait = MEANINGS[row.meaning]
    advice = row.advice or trait.advice
    shown = "".join(f" ({name}: {', '.join(seen.fields[name])})" for name in row.show if name in seen.fields)
    said = failure.sentence.strip().rstrip(".")
    return Verdict(
        meaning=row.meaning,
        action=row.action,
        scope=row.scope,
        rest_until=rest_until if row.scope is not None else None,
        is_named=named is not None,
        counts=row.scope is not None and row.meaning in COUNTED,
        sentence=f"{trait.phrase}: {said}{shown}; {advice}",
        advice=advice,
        row=row.name,
    )


@cache
def rows() -> tuple[Row, ...]:
    """The table, in the order in which rows are tried; the last one matches everything."""
    import tomllib
    from importlib.resources import files

    text = files("sidecar.routing").joinpath("verdicts.toml").read_text(encoding="utf-8")
    return tuple(_row(entry) for entry in tomllib.loads(text)["row"])


def _row(entry: Mapping[str, Any]) -> Row:
    values: dict[str, Any] = {}
    for name, value in entry.items():
        if name in {"quota", "message"}:
            values[name] = re.compile(cast("str", value), re.IGNORECASE)
        elif isinstance(value, list):
            values[name] = tuple(str(item) for item in value)
        else:
            values[name] = value
    return Row(**values)


def _matches(row: Row, seen: _Seen, *, provider: str, dialect: str) -> bool:
    return (
        seen.failure.kind in row.kind
        and (not row.provider or provider in row.provider)
        and (not row.dialect or dialect in row.dialect)
        and (not row.status or seen.status in row.status or f"{seen.status[:1]}xx" in row.status)
        and (not row.code or not seen.codes.isdisjoint(row.code))
        and (not row.field or any(name in seen.fields for name in row.field))
        and (not row.header or any(name in seen.failure.headers for name in row.header))
        and (row.quota is None or row.quota.search(seen.quotas) is not None)
        and (row.message is None or row.message.search(seen.text) is not None)
    )


def _see(failure: Failure) -> _Seen:
    fields: dict[str, list[str]] = {}
    messages = [failure.sentence, failure.text]
    for name, value in _leaves(failure.body):
        fields.setdefault(name, []).append(value)
        if name in {"message", "detail", "error", "raw"}:
            messages.append(value)
    codes = {value for name in _CODE_FIELDS for value in fields.get(name, ())}
    if failure.code:
        codes.add(failure.code)
    return _Seen(
        failure=failure,
        status=_status(failure, fields),
        codes=frozenset(codes),
        fields=fields,
        quotas=" ".join((*fields.get("quotaid", ()), *fields.get("quotametric", ()))),
        text="\n".join(messages),
    )


def _status(failure: Failure, fields: Mapping[str, list[str]]) -> str:
    """The status that counts: an error body inside a 200 may carry its own (OpenRouter, `error.code`)."""
    if failure.kind == "status" and (failure.status is None or failure.status < 400):
        for value in [*fields.get("code", []), *fields.get("status", [])]:
            if len(value) == 3 and value.isdigit() and value >= "400":
                return value
    return str(failure.status) if failure.status is not None else ""


def _leaves(value: Any, name: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Every scalar of a body with the lower-case name it stands under; never deeper than eight levels."""
    if depth > 8:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, str(key).lower(), depth + 1)
    elif isinstance(value, list):
        for inner in value[:100]:
            yield from _leaves(inner, name, depth + 1)
    elif value is not None and not isinstance(value, bool):
        yield name, str(value)[:4000]


def _named_reset(row: Row, seen: _Seen, now: float) -> float | None:
    failure = seen.failure
    match row.reset:
        case "none":
            return None
        case "next-month":
            return resets.next_month(now)
        case "midnight-pacific":
            # RetryInfo can say 8 s on a daily quota, so the quota's own name has the last word
            named = resets.hint(failure.headers, failure.body, seen.text, now)
            return max(resets.midnight_pacific(now), named or 0.0)
        case "hint":
            named = resets.hint(failure.headers, failure.body, seen.text, now)
            limit_s = HINT_LIMIT_S.get(row.meaning)
            return named if named is None or limit_s is None else min(named, now + limit_s)
