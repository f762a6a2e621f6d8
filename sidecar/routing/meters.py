"""What providers say is left, in the headers of their answers: windows that are spent, and those worth remembering.

    headers ──read──> Meter, Meter, ...
                        ├─ nothing left ──> its scope rests until the reset, before anybody is refused
                        └─ a long window ──> remembered for `status` and for the order of accounts

Limits per minute come and go with every call: of those only the spent ones matter. The traps are those of
`resets` (`0` and `-1` are "unknown" at Azure), and Anthropic rounds the tokens that are left.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sidecar.routing.endpoints import Endpoint, Scope, scope_key
from sidecar.routing.health import PACE_S
from sidecar.routing.resets import moment
from sidecar.store.vocabulary import Meter

__all__ = ["Meters", "Reading", "read"]

_LEFT = re.compile(r"(?=.*ratelimit)(.*)remaining(.*)")
"""Of any window: OpenAI's `x-ratelimit-remaining-tokens`, Anthropic's `anthropic-ratelimit-tokens-remaining`,
Cerebras's `x-ratelimit-remaining-tokens-minute`; its limit and its end have `limit` and `reset` there."""

_PLAN = re.compile(r"anthropic-ratelimit-unified-(5h|7d)-utilization")
"""A plan's own windows, as a share of 1 with an end in epoch seconds; those with a longer name are of some models only.
Anthropic does not document them; as answered on 2026-07-27, of which accounts
(https://github.com/search?q=anthropic-ratelimit-unified-5h-utilization&type=code) tell."""

_PREFIXES = ("x-ratelimit", "anthropic-ratelimit", "ratelimit")

_TOLD_SHARE = 0.05
"""A window is remembered anew once so much more, or less, of it is left."""
_TOLD_S = 60.0
"""Or once its end has moved so far."""


@dataclass(frozen=True, slots=True)
class Reading:
    """*spent* is until when (epoch s) who has nothing left rests, by health key; *news* is to be remembered."""

    spent: Mapping[str, float]
    news: tuple[Meter, ...]


_NOTHING = Reading({}, ())


class Meters:
    """Reads the headers of one process's answers, and knows what of them it has told already."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, str], Meter] = {}
        self._quiet_until: dict[tuple[Endpoint, frozenset[str]], float] = {}

    def read(self, endpoint: Endpoint, headers: Mapping[str, str], now: float) -> Reading:
        """What *headers* (names in lower case) of an answer of *endpoint* at *now* (epoch s) say."""
        names = frozenset(name for name in headers if "ratelimit" in name)
        if not names or (
            # paces are read in full once a minute, and as soon as nothing is left of one
            now < self._quiet_until.get((endpoint, names), 0.0) <= now + _TOLD_S
            and not any(headers[name].strip("0.") == "" for name in names if "remaining" in name)
        ):
            return _NOTHING
        meters = tuple(read(endpoint, headers, now))
        spent: dict[str, float] = {}
        for meter in meters:
            if meter.left <= 0:
                spent[meter.scope] = max(meter.resets_at, spent.get(meter.scope, 0.0))
        long = [meter for meter in meters if meter.resets_at - now > PACE_S]
        if not long:
            self._quiet_until[endpoint, names] = now + _TOLD_S
        news = tuple(meter for meter in long if self._is_news(meter))
        self._told.update({(meter.scope, meter.name): meter for meter in news})
        return Reading(spent, news)

    def _is_news(self, meter: Meter) -> bool:
        before = self._told.get((meter.scope, meter.name))
        return (
            before is None
            or abs(meter.resets_at - before.resets_at) > _TOLD_S
            or abs(meter.left - before.left) > _TOLD_SHARE * (meter.limit or before.left)
            or (meter.left <= 0 < before.left)
        )


def read(endpoint: Endpoint, headers: Mapping[str, str], now: float) -> Iterator[Meter]:
    """Every window that *headers* (names in lower case) name with what is left and an end after *now* (epoch s)."""
    for name, value in headers.items():
        if "ratelimit" not in name:
            continue
        meter = None
        if (plan := _PLAN.fullmatch(name)) is not None:
            meter = _of_plan(plan[1], endpoint, headers, now)
        elif (found := _LEFT.fullmatch(name)) is not None:
            meter = _of_window(found, endpoint, headers, now, value=value)
        if meter is not None:
            yield meter


def _of_window(
    found: re.Match[str], endpoint: Endpoint, headers: Mapping[str, str], now: float, *, value: str
) -> Meter | None:
    before, after = found[1], found[2]
    left = _number(value)
    resets_at = moment(headers.get(f"{before}reset{after}", ""), now)
    if left is None or resets_at is None or (left == 0 and endpoint.dialect == "azure"):
        return None
    scope: Scope = "pair" if resets_at - now > PACE_S else "endpoint"
    return Meter(
        scope_key(scope, endpoint),
        _label(before, after),
        left,
        _number(headers.get(f"{before}limit{after}", "")),
        resets_at,
        now,
    )


def _of_plan(window: str, endpoint: Endpoint, headers: Mapping[str, str], now: float) -> Meter | None:
    prefix = f"anthropic-ratelimit-unified-{window}"
    used = _number(headers.get(f"{prefix}-utilization", ""))
    resets_at = moment(headers.get(f"{prefix}-reset", ""), now)
    if used is None or resets_at is None:
        return None
    # A plan may go on beyond its window (for money); that is over once the provider says so, not by our arithmetic.
    left = 0.0 if headers.get(f"{prefix}-status") == "rejected" else max(0.01, 1.0 - used)
    return Meter(scope_key("account", endpoint), f"{window} window", left, 1.0, resets_at, now)


def _label(before: str, after: str) -> str:
    """What a window is called by its header: "requests", "tokens minute", "input tokens"."""
    words = f"{before}{after}"
    for prefix in _PREFIXES:
        words = words.removeprefix(prefix)
    return " ".join(part for part in words.split("-") if part) or "requests"


def _number(text: str) -> float | None:
    """A count that is known: Azure says -1 where it is not."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None
