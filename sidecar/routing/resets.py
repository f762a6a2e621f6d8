"""When a provider says it will be well again, in every notation they use. Pure.

Nothing here is trusted blindly: a time in the past, or more than `FARTHEST_S` ahead, is no hint at
all, and neither are the `0` and `-1` by which Azure OpenAI says "unknown".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

__all__ = ["FARTHEST_S", "hint", "midnight_pacific", "moment", "next_month", "retry_after", "sane", "seconds"]

FARTHEST_S = 32 * 86_400.0
"""No quota window is longer than a month; a reset further away is a misread unit or a broken clock."""

_EPOCH_S = 1e9  # from 2001 on; smaller numbers are durations
_EPOCH_MS = 1e11  # OpenRouter's `X-RateLimit-Reset` counts milliseconds

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|us|µs|ns|d|h|m|s)")
_UNIT_S = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}

_WORDS = re.compile(
    r"(\d+(?:\.\d+)?)\s*(milliseconds?|ms|days?|d|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s)(?![a-z])",
    re.IGNORECASE,
)
_IN = re.compile(r"\b(?:try again|retry|available again|resets?)\s+(?:in|after)\s+(?=\d)", re.IGNORECASE)
_AFTER_PIPE = re.compile(r"limit reached\|(\d{10,13})")
_AT = re.compile(r"\b(?:resets?|try again|available again)(?:\s+(?:at|on))?\s+(?=[A-Z0-9])", re.IGNORECASE)
_ACCESS = re.compile(r"regain access on (\d{4}-\d\d-\d\d) at (\d\d:\d\d) UTC")
_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?")
_CLOCK = re.compile(
    r"(?:(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?"
    r"\s+(?:(?P<year>\d{4}),?\s+)?(?:at\s+)?)?"
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d\d))?\s*(?P<half>am|pm)?\b(?:\s*\((?P<zone>[A-Za-z_+\-/0-9]+)\))?",
    re.IGNORECASE,
)
_NOTHING = re.compile(r"0+(?:\.0+)?")
_WEEKDAY = re.compile(r"(?:mon|tue|wed|thu|fri|sat|sun)", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_AT_FIELDS = frozenset({"resets_at", "reset_at", "resetsat", "x-ratelimit-reset"})
_IN_FIELDS = frozenset({"retry_after", "retry_after_s", "retry_after_seconds", "resets_in_seconds", "retrydelay"})
_REMAINING = re.compile(r"(?=.*ratelimit)(.*)remaining(.*)")
"""Of any window: OpenAI's `x-ratelimit-remaining-tokens`, Anthropic's `anthropic-ratelimit-tokens-remaining`,
Cerebras's `x-ratelimit-remaining-tokens-minute`, the IETF's `ratelimit-remaining`; its end has `reset` there."""


def sane(at: float | None, now: float) -> float | None:
    """*at* if it can be the end of a rest: after *now* and not absurdly far."""
    return at if at is not None and now < at <= now + FARTHEST_S else None


def seconds(text: str) -> float | None:
    """A duration in seconds: `6m0s`, `12ms`, `2m59.56s` (Go), `30`, `0.5`. None when it is neither, or not above 0."""
    text = text.strip()
    try:
        value = float(text)
    except ValueError:
        parts = list(_DURATION.finditer(text))
        if not parts or "".join(part[0] for part in parts) != text:
            return None
        value = sum(float(part[1]) * _UNIT_S[part[2]] for part in parts)
    return value if 0 < value < float("inf") else None


def moment(text: str, now: float) -> float | None:
    """The time (epoch s) a header or field names: a duration from *now*, epoch s or ms, RFC 3339, an HTTP date."""
    text = text.strip()
    value = seconds(text)
    if value is not None:
        if value >= _EPOCH_MS:
            return sane(value / 1000, now)
        return sane(value if value >= _EPOCH_S else now + value, now)
    return sane(_rfc3339(text) or _http_date(text), now)


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """The end named by `retry-after-ms` or `retry-after`; *headers* have lower-case names."""
    milliseconds = seconds(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return sane(now + milliseconds / 1000, now)
    said = headers.get("retry-after", "").strip()
    date = _http_date(said)
    if date is None:
        return moment(said, now)
    # A date is one of the provider's clock, which its own `date` shows; ours may be hours from it.
    sent = _http_date(headers.get("date", "").strip())
    return sane(now + date - sent if sent is not None else date, now)


def hint(headers: Mapping[str, str], body: Any, text: str, now: float) -> float | None:
    """The most telling end of a rest in a failed reply: its own header, a field, its sentence, a spent window."""
    return retry_after(headers, now) or _in_body(body, now) or _in_text(text, now) or _spent_window(headers, now)


def next_month(now: float) -> float:
    """The first of the next month, 00:00 UTC: when Anthropic's spending cap starts anew."""
    today = datetime.fromtimestamp(now, UTC)
    year, month = (today.year + 1, 1) if today.month == 12 else (today.year, today.month + 1)
    return datetime(year, month, 1, tzinfo=UTC).timestamp()


def midnight_pacific(now: float) -> float:
    """The next midnight in California: when Gemini's daily quotas start anew."""
    zone = _zone("America/Los_Angeles") or timezone(timedelta(hours=-8))  # the later of its two offsets
    local = datetime.fromtimestamp(now, zone)
    day = (local + timedelta(days=1)).date()
    return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()


def _rfc3339(text: str) -> float | None:
    if not _ISO.fullmatch(text):
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _http_date(text: str) -> float | None:
    """A date in any of the three forms of RFC 9110, section 5.6.7; without a zone, in UTC."""
    if not _WEEKDAY.match(text):
        return None
    from email.utils import parsedate_to_datetime

    try:
        at = parsedate_to_datetime(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _in_body(body: Any, now: float) -> float | None:
    """The latest end among the known fields: several spent windows are over when the last one is."""
    ends = []
    for name, value in _leaves(body):
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            continue
        if name in _AT_FIELDS or name in _IN_FIELDS:
            ends.append(moment(str(value), now))
        elif name == "retry-after-ms":
            ends.append(retry_after({name: str(value)}, now))
    return max((end for end in ends if end is not None), default=None)


def _leaves(body: Any, depth: int = 0) -> Iterator[tuple[str, Any]]:
    if depth > 8:  # error bodies are shallow; a hostile one is not followed down
        return
    if isinstance(body, dict):
        for name, value in body.items():
            if isinstance(value, dict | list):
                yield from _leaves(value, depth + 1)
            else:
                yield str(name).lower(), value
    elif isinstance(body, list):
        for value in body[:100]:
            yield from _leaves(value, depth + 1)


def _spent_window(headers: Mapping[str, str], now: float) -> float | None:
    """The end of the windows with nothing left; a window with something left is not why we were refused."""
    spent = [name for name, left in headers.items() if _NOTHING.fullmatch(left.strip()) and _REMAINING.fullmatch(name)]
    ends = [moment(headers.get(_REMAINING.sub(r"\1reset\2", name), ""), now) for name in spent]
    return max((end for end in ends if end is not None), default=None)


def _in_text(text: str, now: float) -> float | None:
    if found := _AFTER_PIPE.search(text):  # Claude Code: "Claude AI usage limit reached|1762952400"
        return moment(found[1], now)
    if found := _ACCESS.search(text):  # Anthropic: an organization's own spending limit
        return sane(_rfc3339(f"{found[1]}T{found[2]}Z"), now)
    if found := _IN.search(text):  # OpenAI, Groq: "try again in 5.289s"; Codex: "in 2 days 17 hours 14 minutes"
        return _spelled(text[found.end() : found.end() + 80], now)
    for found in _AT.finditer(text):
        rest = text[found.end() : found.end() + 60]
        if stamp := _ISO.match(rest):
            return sane(_rfc3339(stamp[0]), now)
        at = _clock_time(rest, now)
        if at is not None:
            return at
    return None


def _spelled(text: str, now: float) -> float | None:
    total, end = 0.0, 0
    for part in _WORDS.finditer(text):
        if part.start() > end and text[end : part.start()].strip(" ,and"):
            break  # the sentence went on to something else
        unit = part[2].lower()
        size = 1e-3 if unit.startswith(("ms", "milli")) else _UNIT_S[unit[0]]
        total, end = total + float(part[1]) * size, part.end()
    return sane(now + total, now) if total else None


def _clock_time(text: str, now: float) -> float | None:
    """The next "5pm (Europe/Warsaw)", "1:30am", "Oct 7, 3pm" after *now*; without a zone in the user's own."""
    found = _CLOCK.match(text)
    if not found or not (found["half"] or found["minute"]) or (found["half"] and int(found["hour"]) > 12):
        return None  # a bare number is not a time of day
    zone = _zone(found["zone"]) if found["zone"] else None
    today = datetime.fromtimestamp(now, zone) if zone else datetime.fromtimestamp(now).astimezone()
    hour = int(found["hour"])
    if found["half"]:
        hour = hour % 12 + (12 if found["half"].lower() == "pm" else 0)
    try:
        at = today.replace(hour=hour, minute=int(found["minute"] or 0), second=0, microsecond=0)
        if found["month"]:
            month = _MONTHS.index(found["month"].lower()) + 1
            year = int(found["year"] or today.year + (month < today.month))
            at = at.replace(year=year, month=month, day=int(found["day"]))
        elif at.timestamp() <= now:
            at += timedelta(days=1)
    except ValueError:
        return None
    return sane(at.timestamp(), now)


def _zone(name: str) -> tzinfo | None:
    """None where the name is unknown or the machine has no zone data."""
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        return None
