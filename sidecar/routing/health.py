"""Who is well, who rests and until when: transitions over one scope's `Health`. Pure.

    well ──4 failures in a row, or 60 % of at least 10──> resting (1, 2, 4 ... 60 s)
    well ──a rate limit───────────────────────────────> resting (as named, else 1, 2, 4, 5 s)
    resting ──its time is over──> half open: one probe, everyone else falls through
    half open ──one good probe (two after server failures)──> well
    half open ──a failed probe──> resting, longer

The ladder and the ejection follow Envoy's outlier detection without its panic mode: with three
endpoints an empty pool is a normal day.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from sidecar.routing.meanings import MEANINGS, Meaning, Trait, Verdict
from sidecar.routing.resets import FARTHEST_S
from sidecar.store.vocabulary import Health

__all__ = [
    "PACE_S",
    "PROBE_LIMIT_S",
    "UNNAMED_LIMIT_S",
    "after_failure",
    "after_success",
    "claimed",
    "is_blip",
    "is_probed",
    "is_resting",
    "needs_probe",
    "released",
    "rest_limit_s",
    "spent_ahead",
    "trait",
]

EJECT_IN_A_ROW = 4
EJECT_HANGS_IN_A_ROW = 3
"""Each hang costs a caller its whole limit, so one fewer is enough."""
EJECT_RATE = 0.6
EJECT_RATE_CALLS = 10
OUTCOMES_KEPT = 20

THROTTLE_S = (1.0, 2.0, 4.0, 5.0)
"""A rate limit that names no end. Capped: an uncapped doubling came back to a recovered first tier 13 s late."""
PACE_S = 600.0
"""A provider's window that ends within it is a pace, one that ends later a quota."""
DOWN_LIMIT_S = 60.0
MIXED_LIMIT_S = 2.0
"""Of an endpoint that fails often and answers as well: being away from it for long would be for bad luck."""
MIXED_RATE = 0.4
UNNAMED_LIMIT_S = 21_600.0
"""No rest that we invented ourselves is longer: what waits for the user is looked at again four times a day."""
PROBE_LIMIT_S = 600.0
"""No probe is held longer, whatever the clock did."""

_CLOCK_SLACK_S = 1.0


def trait(health: Health) -> Trait:
    """The meaning that the rest of *health* goes back to."""
    return MEANINGS.get(cast("Meaning", health.reason), MEANINGS["unknown"])


def is_resting(health: Health, now: float) -> bool:
    """Nobody may call before `rest_until`.

    A rest that ends later than its kind can be long means that the clock was set back: it is over.
    """
    left_s = health.rest_until - now
    return 0 < left_s <= rest_limit_s(health) + _CLOCK_SLACK_S


def rest_limit_s(health: Health) -> float:
    """The longest that a rest of this kind can be, in seconds."""
    if health.is_named:
        return FARTHEST_S
    if health.reason == "rate":
        return THROTTLE_S[-1]
    # a limit without a named end rests by its row, and so does what waits for the user
    return DOWN_LIMIT_S if trait(health).heals_itself and health.reason != "quota" else UNNAMED_LIMIT_S


def needs_probe(health: Health, now: float) -> bool:
    """The rest is over and one call at a time has to show that the scope is well."""
    return health.probes_needed > 0 and not is_resting(health, now)


def is_probed(health: Health, now: float) -> bool:
    """Somebody, in this process or another, holds the probe."""
    return 0 < health.probe_until - now <= PROBE_LIMIT_S


def claimed(health: Health, now: float, until: float) -> Health:
    """*health* with the single probe taken until *until*, or unchanged when there is none to take.

    Whoever finds their own *until* in the result holds it; make it unlike any other.
    """
    if needs_probe(health, now) and not is_probed(health, now):
        return replace(health, probe_until=until)
    return health


def released(health: Health, until: float) -> Health:
    """*health* with the probe given back by the one who took it until *until*."""
    return replace(health, probe_until=0.0) if health.probe_until == until else health


def is_blip(health: Health) -> bool:
    """The failure just noted is the only one among the latest ten, so the same endpoint deserves one more try."""
    return health.outcomes[-10:].count("0") <= 1


def after_success(health: Health, now: float) -> Health:
    """*health* after a call that was answered; equal to *health* when there is nothing new to remember."""
    if is_resting(health, now):
        return health  # it began before the rest did and says nothing about its reason
    outcomes = (health.outcomes + "1")[-OUTCOMES_KEPT:]
    if health.probes_needed > 1:
        # It answers, so it is not down: should the next probe fail, the ladder begins anew. An endpoint that fails
        # three calls in ten was kept away for most of a minute otherwise, when a few probes in a row had bad luck.
        left = health.probes_needed - 1
        return replace(health, probes_needed=left, probe_until=0.0, failures=0, ejections=0, outcomes=outcomes)
    # healed by a probe: what happened before the rest must not eject it again
    return Health(outcomes="1" if health.probes_needed else outcomes)


def after_failure(health: Health, verdict: Verdict, now: float, *, undecided: int = 0) -> Health:
    """*health* of the verdict's scope after a failure; unchanged where the verdict touches nobody.

    *undecided* calls began earlier and have no end yet. Failures are quick where answers take seconds, so the first
    results of an endpoint that is mostly well are failures alone: those calls count as answered until they are not.
    """
    if verdict.scope is None:
        return health
    if verdict.rest_until is not None:
        health = _counted(health) if verdict.counts and not is_resting(health, now) else health
        return _rested(health, verdict, now, verdict.rest_until)
    if is_resting(health, now):
        return health  # several calls were in flight: the first told us, the others are no news
    if verdict.meaning == "rate":
        rest_s = THROTTLE_S[min(health.ejections, len(THROTTLE_S) - 1)]
        return _rested(replace(health, ejections=health.ejections + 1), verdict, now, now + rest_s)
    if not verdict.counts:
        return health
    health = _counted(health)
    if not _is_ejected(health, verdict, undecided):
        return replace(health, reason=verdict.meaning)
    rest_s = min(MIXED_LIMIT_S if _is_mixed(health, verdict) else DOWN_LIMIT_S, 2.0 ** min(health.ejections, 10))
    return _rested(replace(health, ejections=health.ejections + 1), verdict, now, now + rest_s)


def spent_ahead(health: Health, until: float | None, now: float) -> Health:
    """*health* after its provider said, with an answer, that nothing is left until *until*; None where it did not.

    Nobody was refused, so nothing has to be probed afterwards.
    """
    if until is None:
        return health
    if is_resting(health, now) and health.is_named and until <= health.rest_until:
        return health
    return replace(
        health,
        rest_until=min(until, now + FARTHEST_S),
        reason="quota" if until - now > PACE_S else "rate",
        is_named=True,
        probes_needed=0,
        probe_until=0.0,
    )


def _counted(health: Health) -> Health:
    return replace(health, failures=health.failures + 1, outcomes=(health.outcomes + "0")[-OUTCOMES_KEPT:])


def _is_ejected(health: Health, verdict: Verdict, undecided: int) -> bool:
    if health.probes_needed:
        return True  # this was the probe
    in_a_row = EJECT_HANGS_IN_A_ROW if verdict.meaning == "hang" else EJECT_IN_A_ROW
    if health.failures >= in_a_row and health.failures >= EJECT_RATE * (health.failures + undecided):
        return True
    calls = len(health.outcomes)
    return calls >= EJECT_RATE_CALLS and health.outcomes.count("0") >= EJECT_RATE * (calls + undecided)


def _is_mixed(health: Health, verdict: Verdict) -> bool:
    """It answered several of its latest ten calls. One that hangs is not tried for luck: each try costs a call."""
    return verdict.meaning != "hang" and health.outcomes[-EJECT_RATE_CALLS:].count("1") >= MIXED_RATE * EJECT_RATE_CALLS


def _rested(health: Health, verdict: Verdict, now: float, until: float) -> Health:
    limit_s = FARTHEST_S if verdict.is_named else UNNAMED_LIMIT_S
    until = min(until, now + limit_s)
    if is_resting(health, now) and health.is_named and (not verdict.is_named or until <= health.rest_until):
        return health  # a named end is neither shortened nor replaced by a guess
    return replace(
        health,
        rest_until=until,
        reason=verdict.meaning,
        is_named=verdict.is_named,
        # server failures come in clusters, a limit is over when it is over; and who answers most is well by that
        probes_needed=2 if verdict.counts and not verdict.is_named and not _is_mixed(health, verdict) else 1,
        probe_until=0.0,
    )
