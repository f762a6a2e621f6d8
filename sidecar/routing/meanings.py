"""What the outcome of an attempt means: the failures there are, what is always true of each, and what follows.

Failure ──verdict──> Verdict: its Meaning, the Action, who rests and until when
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sidecar.routing.endpoints import Scope

__all__ = ["CANCELLED", "MEANINGS", "OUTRUN", "Action", "Meaning", "Trait", "Verdict"]


OUTRUN = "outrun"
"""The outcome of an attempt that was given up because another one beside it was answered first."""


CANCELLED = "cancelled"
"""The outcome of an attempt whose call its caller gave up: what it cost is not known, but a request was made."""


Action = Literal[
    "retry",  # once more on the same endpoint, then as "endpoint"
    "endpoint",  # on to the next candidate
    "account",  # on, but not to this account
    "target",  # on, but not to this target on any account: it would answer the same
    "larger",  # on to targets with a larger window only
    "if-allowed",  # on to other targets where the route says so, else stop
    "stop",  # back to the caller; nobody else is asked and nobody's health is touched
]


Meaning = Literal[
    "rate",
    "quota",
    "money",
    "too-dear",
    "key",
    "permission",
    "region",
    "model-missing",
    "not-in-plan",
    "too-long",
    "policy",
    "filtered",
    "capacity",
    "server",
    "hang",
    "slow",
    "network",
    "program",
    "missing",
    "caller",
    "malformed",
    "empty",
    "cut",
    "invalid",
    "unknown",
]


@dataclass(frozen=True, slots=True)
class Trait:
    """What is always true of one meaning.

    *heals_itself*: it passes without the user, so a call may wait for it. *costs*: tokens were
    probably billed, so one call does not try it again and again.
    """

    phrase: str
    advice: str
    heals_itself: bool = False
    costs: bool = False


MEANINGS: Mapping[str, Trait] = {
    "rate": Trait("rate limit", "wait, or add another account or target", heals_itself=True),
    "quota": Trait("quota spent", "wait for its reset, or add another account or target", heals_itself=True),
    "money": Trait("no credit or a spending limit", "add credit or raise the limit in the provider's console"),
    "too-dear": Trait("request over the remaining budget", "ask for fewer tokens or add credit"),
    "key": Trait("key refused", "check the account's key with `sidecar doctor`"),
    "permission": Trait("no permission", "allow the model for this key in the provider's console"),
    "region": Trait("not offered in this region", "remove the target or use another provider"),
    "model-missing": Trait("model not found", "correct the target's model id; `sidecar models` lists what exists"),
    "not-in-plan": Trait("model not in this plan", "change the plan or remove the target"),
    "too-long": Trait("prompt too long", "shorten the prompt or attach less, or add a target with a larger window"),
    "policy": Trait("refused by a content policy", "reword the prompt, or let the model ask others after a refusal"),
    "filtered": Trait("excluded by the account's own filters", "change the privacy or provider filters of the account"),
    "capacity": Trait("overloaded", "try again later", heals_itself=True),
    "server": Trait("server error", "try again later", heals_itself=True),
    "hang": Trait("no answer in time", "try again later", heals_itself=True, costs=True),
    "slow": Trait("too slow for this deadline", "raise `deadline_s` or ask for a shorter answer", costs=True),
    "network": Trait("not reachable", "check the network, the proxy and the base URL", heals_itself=True),
    "program": Trait("program failed", "run the program by hand to see what it says", heals_itself=True),
    "missing": Trait("program not found", "install the program or correct the provider's `command`"),
    "caller": Trait("request rejected", "correct the request"),
    "malformed": Trait("unreadable reply", "check the base URL and the dialect", heals_itself=True, costs=True),
    "empty": Trait("empty reply", "try again or use another target", heals_itself=True, costs=True),
    "cut": Trait("reply cut off", "try again later", heals_itself=True, costs=True),
    "invalid": Trait("JSON that does not validate", "simplify the schema or use a stronger model", costs=True),
    "unknown": Trait("unknown error", "read the provider's message; report it if it is a known condition"),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one failure means and what follows from it.

    *scope* is who rests, None nobody. *rest_until* (epoch s) is the end where it is known from the
    provider (*is_named*) or fixed by the meaning; None leaves it to the health rules. *counts* says
    whether it is held against the scope's health.
    """

    meaning: Meaning
    action: Action
    scope: Scope | None
    rest_until: float | None
    is_named: bool
    counts: bool
    sentence: str
    advice: str
    row: str
    """The row of `verdicts.toml` that decided."""
