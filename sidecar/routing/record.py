"""What an endpoint's calls of late amount to, and how far a few of them are believed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import ceil

from sidecar.routing.meanings import CANCELLED, OUTRUN
from sidecar.store.vocabulary import Experience

__all__ = ["Figure", "Record", "combined", "estimates", "latency_s", "nth", "reliability", "tokens_per_s"]

NOT_ITS_DOING = frozenset(
    {"caller", "unknown", "too-long", "policy", "filtered", "slow", "too-dear", OUTRUN, CANCELLED}
)
"""Outcomes that say nothing of how reliable an endpoint is."""

AVERAGE_CALLS = 5
"""Every figure counts as if so many calls of the mean had been made as well: three lucky calls do not win a tier."""


@dataclass(frozen=True, slots=True)
class Record:
    """Of *calls* so many went *well*; the tuples are sorted, in seconds and in tokens per second.

    *longest_tokens* is the most that one that was answered had to read.
    """

    calls: int = 0
    well: int = 0
    first_token_s: tuple[float, ...] = ()
    tokens_per_s: tuple[float, ...] = ()
    longest_tokens: int = 0


Figure = Callable[[Record], tuple[float, int] | None]
"""What is compared of a record, with the number of calls it is drawn from; None where there are none."""


def combined(experiences: Iterable[Experience]) -> Record:
    """The record of several endpoints as if they were one: the accounts of a target."""
    found = tuple(experiences)
    counted = [(outcome, times) for one in found for outcome, times in one.outcomes.items()]
    return Record(
        calls=sum(times for outcome, times in counted if outcome not in NOT_ITS_DOING),
        well=sum(times for outcome, times in counted if outcome == "answered"),
        first_token_s=tuple(sorted(value for one in found for value in one.first_token_s)),
        tokens_per_s=tuple(sorted(value for one in found for value in one.tokens_per_s)),
        longest_tokens=max((one.longest_tokens for one in found), default=0),
    )


def latency_s(percent: float) -> Figure:
    """The time to the first text that *percent* of calls stay within."""
    return lambda record: _within(record.first_token_s, percent)


def tokens_per_s(percent: float) -> Figure:
    """The speed that *percent* of calls reach."""
    return lambda record: _within(record.tokens_per_s[::-1], percent)


def reliability(record: Record) -> tuple[float, int] | None:
    """The share of calls that went well."""
    return (record.well / record.calls, record.calls) if record.calls else None


def estimates(records: Sequence[Record], figure: Figure) -> list[float | None]:
    """The *figure* of each record, drawn towards their mean by as much as it rests on few calls.

    A record without calls gets the mean; None for all where nobody has any.
    """
    found = [figure(record) for record in records]
    weighed = [(value, calls / (calls + AVERAGE_CALLS)) for value, calls in filter(None, found)]
    total = sum(weight for _, weight in weighed)
    if not total:
        return [None] * len(found)
    mean = sum(value * weight for value, weight in weighed) / total
    # rounded, so that what is equal stays equal and as listed
    return [round(mean + (one[0] - mean) * one[1] / (one[1] + AVERAGE_CALLS) if one else mean, 9) for one in found]


def nth(values: Sequence[float], share: float) -> float | None:
    """The first of sorted *values* that at least *share* of them do not exceed (the nearest rank); None of none."""
    return values[max(1, ceil(share * len(values))) - 1] if values else None


def _within(values: Sequence[float], percent: float) -> tuple[float, int] | None:
    """The value at a percentile, of *values* from the best to the worst, with their number."""
    found = nth(values, percent / 100)
    return None if found is None else (found, len(values))
