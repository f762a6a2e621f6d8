"""Fills a vendor's headers and bodies in: the model, the problem, lengths, the reset in that vendor's own format.

| placeholder | as in | who writes it so |
| --- | --- | --- |
| `{sent}`, `{window}` | `131072` | tokens sent and read at most, where they are too many |
| `{reset_s}` | `30` | `retry-after` (whole seconds, rounded up) |
| `{reset_ms}` | `29560` | OpenAI and Azure `retry-after-ms` |
| `{reset_go}` | `6m0s`, `2m59.56s` | OpenAI and Groq `x-ratelimit-reset-*`, and their messages |
| `{reset_rfc3339}` | `2026-11-22T12:00:30Z` | Anthropic `anthropic-ratelimit-*-reset` |
| `{reset_epoch_s}`, `{reset_epoch_ms}` | `1795348830000` | OpenRouter `X-RateLimit-Reset` (ms) |
| `{reset_http_date}` | `Sun, 22 Nov 2026 12:00:30 GMT` | `retry-after` as RFC 9110 also allows it |
| `{reset_proto}` | `22s`, `3.5s` | Google `RetryInfo.retryDelay` (protobuf JSON) |
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

__all__ = ["fill", "go_duration", "reset_words"]

_PLACEHOLDER = re.compile(r"\{(model|problem|sent|window|reset_[a-z0-9_]+)\}")


def fill(value: Any, words: Mapping[str, str]) -> Any:
    """*value* with the placeholders in its strings replaced, however deep they are."""
    match value:
        case str():
            return _PLACEHOLDER.sub(lambda found: words.get(found[1], found[0]), value)
        case Mapping():
            return {key: fill(inner, words) for key, inner in value.items()}
        case list() | tuple():
            return [fill(inner, words) for inner in value]
    return value


def reset_words(*, reset_s: float, now: float) -> dict[str, str]:
    """The placeholders for a reset *reset_s* ahead of *now* (seconds since the epoch).

    Formats of whole seconds are rounded up: who obeys them never comes back early.
    """
    reset_s = max(0.0, reset_s)
    at = now + reset_s
    moment = datetime.fromtimestamp(_ceil(at), UTC)
    return {
        "reset_s": str(_ceil(reset_s)),
        "reset_ms": str(_ceil(reset_s * 1000)),
        "reset_go": go_duration(reset_s),
        "reset_rfc3339": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "reset_epoch_s": str(_ceil(at)),
        "reset_epoch_ms": str(_ceil(at * 1000)),
        "reset_http_date": _http_date(moment),
        "reset_proto": f"{_plain(reset_s)}s",
    }


def go_duration(seconds: float) -> str:
    """As Go prints a `time.Duration`, at millisecond grain: `12ms`, `1s`, `6m0s`, `1h2m3s`."""
    millis = _ceil(seconds * 1000)
    if millis == 0:
        return "0s"
    if millis < 1000:
        return f"{millis}ms"
    minutes, rest = divmod(millis, 60_000)
    text = f"{_plain(rest / 1000)}s"
    if minutes:
        hours, minutes = divmod(minutes, 60)
        text = f"{hours}h{minutes}m{text}" if hours else f"{minutes}m{text}"
    return text


def _ceil(value: float) -> int:
    # A float a hair above a whole number (30.000000001) must not become the next one.
    return math.ceil(round(value, 6))


def _plain(seconds: float) -> str:
    return f"{math.ceil(round(seconds * 1000, 3)) / 1000:.3f}".rstrip("0").rstrip(".")


def _http_date(moment: datetime) -> str:
    # Not strftime's %a and %b: they follow the locale.
    day = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[moment.weekday()]
    month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[moment.month - 1]
    return f"{day}, {moment.day:02d} {month} {moment.year} {moment:%H:%M:%S} GMT"
