"""The words of routing: who can be asked, in which order, what an attempt came to, what a failure means.

    Route ─ Tier ─ Endpoint (target x account)        what is configured
    Ask ──route──> Attempt, Attempt, ... ──> Reply     what happened
                      └─ Failure ──verdict──> Verdict  what it means

Health is remembered per scope, each with its own key:

    endpoint:openai/gpt-5@work    rate limits and server failures of one model for one account
    pair:openai/gpt-5@work        a quota or a plan of account x model, which a good minute does not lift
    account:openai@work           credit, spending limits, the key
    provider:openai               name resolution, TLS, refused connections
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from sidecar.providers.vocabulary import Answer, Effort, Limits, Message, Request, Usage
from sidecar.store.vocabulary import Call, Health, Turn

__all__ = [
    "CANCELLED",
    "MEANINGS",
    "OUTRUN",
    "Action",
    "Ask",
    "Attempt",
    "Endpoint",
    "Fit",
    "Granted",
    "HealthBook",
    "Limiter",
    "Meaning",
    "OnProgress",
    "OnText",
    "Order",
    "PassedOver",
    "Patience",
    "Place",
    "Preference",
    "Reply",
    "Route",
    "Scope",
    "Spent",
    "Target",
    "Tier",
    "Trait",
    "Verdict",
    "Wanted",
    "Withheld",
    "scope_key",
    "summed_usd",
]

OnText = Callable[[str], Awaitable[None]]
"""Gets each piece of text as it streams in."""

OnProgress = Callable[[str], Awaitable[None]]
"""Gets one short sentence on what is happening while a call takes its time."""

Fit = Callable[[int | None, float], Awaitable[tuple[Message, ...]]]
"""Makes a conversation fit a window of so many tokens (None is unknown) by compressing what is attached; the second
value is the share of that to use, below 1 after the endpoint called a first try too long."""

Order = Literal["listed", "cheapest", "fastest", "throughput", "reliable", "balanced"]
"""Which target of a tier is asked first: as written; by `Route.costs`, unknown prices last; by the time to the first
text, by tokens per second, or by the share of calls that went well, all of late; or a share of the calls for each, by
price, speed and reliability."""

Scope = Literal["endpoint", "pair", "account", "provider"]

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
class Target:
    """A provider and that provider's own model id; written "provider/model"."""

    provider: str
    model_id: str

    @property
    def key(self) -> str:
        return f"{self.provider}/{self.model_id}"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A target on one account: the unit that is tried, rests, and costs."""

    provider: str
    model_id: str
    account: str = "default"
    dialect: str = field(default="openai-chat", compare=False)
    host: str = field(default="", compare=False)
    """What the catalogue calls whoever is at its address, for the provider's name is its user's own; "" is unknown."""

    @property
    def target(self) -> Target:
        return Target(self.provider, self.model_id)

    @property
    def key(self) -> str:
        """Written "provider/model@account", as the ledger and the health keys have it."""
        return f"{self.provider}/{self.model_id}@{self.account}"

    @property
    def name(self) -> str:
        """The key for readers: the account only where it says something."""
        return self.target.key if self.account == "default" else self.key


def scope_key(scope: Scope, endpoint: Endpoint) -> str:
    """The key under which the health of *endpoint*'s *scope* is remembered."""
    match scope:
        case "endpoint":
            return f"endpoint:{endpoint.provider}/{endpoint.model_id}@{endpoint.account}"
        case "pair":
            return f"pair:{endpoint.provider}/{endpoint.model_id}@{endpoint.account}"
        case "account":
            return f"account:{endpoint.provider}@{endpoint.account}"
        case "provider":
            return f"provider:{endpoint.provider}"


@dataclass(frozen=True, slots=True)
class Preference:
    """What endpoints should reach at a percentile of their latest calls; those that do not are asked last.

    *value* is in seconds to the first text, at most, or in tokens per second, at least.
    """

    of: Literal["latency_s", "tokens_per_s"]
    percentile: int
    value: float


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the first text is worth waiting for, of a request of *longest_tokens* at most."""

    first_token_s: float
    longest_tokens: int


@dataclass(frozen=True, slots=True)
class Tier:
    """An ordered group of endpoints: they are tried as they stand in *endpoints*.

    *order* and *prefers* say how `choice` arranges them; *reasons* tell, by endpoint key, why one stands where it
    stands. *excluded* says, by endpoint key, why one of this tier's own hard filters keeps an endpoint out of it;
    nothing relaxes it. *hedges* allows a second request beside a slow first one, *hedge_after_s* is when, by the key of
    the first. *limits* has the endpoints whose limits are not their route's, *patience* those that have shown how long
    they take.
    """

    name: str
    endpoints: tuple[Endpoint, ...]
    order: Order = "listed"
    effort: Effort | None = None
    prefers: tuple[Preference, ...] = ()
    hedges: bool = False
    excluded: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    hedge_after_s: Mapping[str, float] = field(default_factory=dict)
    limits: Mapping[str, Limits] = field(default_factory=dict)
    patience: Mapping[str, Patience] = field(default_factory=dict)

    def by_target(self) -> dict[Target, tuple[Endpoint, ...]]:
        """The endpoints of each target, one an account, as they stand."""
        found: dict[Target, list[Endpoint]] = {}
        for endpoint in self.endpoints:
            found.setdefault(endpoint.target, []).append(endpoint)
        return {target: tuple(endpoints) for target, endpoints in found.items()}


@dataclass(frozen=True, slots=True)
class Route:
    """A model's whole list of tiers with its policy.

    *excluded* says, by endpoint key, why a hard filter (privacy, price, a missing key, a deny list)
    keeps an endpoint out; nothing relaxes it. *costs* are USD per million tokens by endpoint key, as far
    as they are known; a plan whose calls cost nothing more has 0.0, and *unbilled* names such endpoints.
    *suffix* is what was asked beside the model's name, such as ":free"; *across*, where it is set, orders
    the tiers too.
    """

    model: str
    tiers: tuple[Tier, ...]
    deadline_s: float = 120.0
    limits: Limits = field(default_factory=Limits)
    allow_after_refusal: bool = False
    excluded: Mapping[str, str] = field(default_factory=dict)
    costs: Mapping[str, float] = field(default_factory=dict)
    unbilled: frozenset[str] = frozenset()
    suffix: str = ""
    across: Order | None = None

    @property
    def name(self) -> str:
        """The model as the caller asked for it."""
        return self.model + self.suffix

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Those of all tiers as they stand; one in two tiers comes twice."""
        return tuple(endpoint for tier in self.tiers for endpoint in tier.endpoints)

    def hedge_after_s(self, tier: str, endpoint: Endpoint) -> float | None:
        """When a second request may be sent beside a silent one to *endpoint*; None where that is not allowed."""
        return self._tier(tier).hedge_after_s.get(endpoint.key)

    def limits_of(self, tier: str, endpoint: Endpoint) -> Limits:
        """How long an attempt at *endpoint* may take at each of its stations, whoever else could answer."""
        return self._tier(tier).limits.get(endpoint.key, self.limits)

    def patience(self, tier: str, endpoint: Endpoint) -> Patience | None:
        """How long *endpoint* is worth waiting for where others can answer; None where nothing tells."""
        return self._tier(tier).patience.get(endpoint.key)

    def effort(self, tier: str) -> Effort | None:
        """How much the models of the tier called *tier* are to think."""
        return self._tier(tier).effort

    def _tier(self, name: str) -> Tier:
        return next(tier for tier in self.tiers if tier.name == name)


@dataclass(frozen=True, slots=True)
class Ask:
    """One request to a model by its logical name.

    *thread* and *turns* are what to remember with the answer: the caller's own turns, to which the
    router adds the assistant's. *fit*, where given, makes the messages for the endpoint about to be
    asked; otherwise *messages* go to everyone.
    """

    messages: tuple[Message, ...]
    system: str | None = None
    limit_tokens: int | None = None
    schema: Mapping[str, Any] | None = None
    thread: str | None = None
    turns: tuple[Turn, ...] = ()
    fit: Fit | None = None
    panel: str | None = None
    """The panel that this is asked for."""


def summed_usd(costs: Iterable[float | None]) -> float | None:
    """The sum of *costs*; None as soon as one of them is not known."""
    total = 0.0
    for cost in costs:
        if cost is None:
            return None
        total += cost
    return total


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


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call to one endpoint; *outcome* is "answered" or the meaning of its failure."""

    endpoint: Endpoint
    tier: str
    outcome: str
    took_s: float
    message: str = ""
    advice: str = ""
    rest_until: float | None = None
    usage: Usage = field(default_factory=Usage)
    cost_usd: float | None = None
    is_priced: bool = False
    """An answer came back, so tokens were billed; a None cost is then unknown, not nothing."""
    first_token_s: float | None = None
    """From the request to the first text; None where none came, or all of it at once."""


@dataclass(frozen=True, slots=True)
class PassedOver:
    """An endpoint that was not tried, with the reason and, where it has one, the end (epoch s)."""

    endpoint: Endpoint
    tier: str
    reason: str
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer with everything there is to tell about how it came.

    *cost_usd* sums what every attempt of this call cost, None as soon as one billed attempt has no
    known price. *notes* are sentences for the user (for example that the state could not be saved).
    """

    answer: Answer
    endpoint: Endpoint
    tier: str
    attempts: tuple[Attempt, ...]
    passed_over: tuple[PassedOver, ...]
    """What stood before the answering endpoint and was not tried."""
    cost_usd: float | None
    took_s: float
    answered_at: float
    """Epoch s, so that a rest is told by what was true then."""
    notes: tuple[str, ...] = ()


Place = tuple[str, str]
"""Where an endpoint stands in a route: its tier's name, its key."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Why nothing may be spent at a place, and when some of it is free again (epoch s), None where that is never."""

    reason: str
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request about to be sent; *attempts* are what its call made before it, *ends_at* (epoch s) ends the call."""

    route: Route
    tier: str
    endpoint: Endpoint
    request: Request
    attempts: Sequence[Attempt]
    ends_at: float


@dataclass(frozen=True, slots=True)
class Granted:
    """*request* may be sent as it is here; *reserved*, where it is not 0, is given back when its call is recorded."""

    request: Request
    reserved: int = 0


@dataclass(frozen=True, slots=True)
class Withheld:
    """A request that may not be sent: over the budget of its call, or just spent by another one (*is_passing*)."""

    reason: str
    is_passing: bool = False
    ends_call: bool = False
    """Nobody else may be asked either."""


class Limiter(Protocol):
    """What routing asks about budgets and quotas. A state that fails is told in *notes*, never raised."""

    async def spent(self, route: Route, notes: list[str]) -> Mapping[Place, Spent]:
        """Where in *route* nothing may be spent now; a place that is absent is open."""
        ...

    async def grant(self, wanted: Wanted, notes: list[str]) -> Granted | Withheld:
        """Whether a request may be sent, at the moment at which it is about to be."""
        ...

    async def recorded(self, call: Call, notes: list[str], *, is_saved: bool) -> None:
        """Take note of a call that is over; what is nearly spent by it is told in *notes*."""
        ...

    def caught_up(self, call: Call) -> None:
        """Take note that *call*, which could not be saved when it was over, is in the ledger now."""
        ...


class HealthBook(Protocol):
    """What routing asks of the store. Any `StateError` it raises costs memory, never an answer."""

    async def health(self) -> Mapping[str, Health]:
        """Everything remembered, by scope key; a key that is absent is well."""
        ...

    async def change_health(self, keys: Sequence[str], change: Callable[[str, Health], Health]) -> Mapping[str, Health]:
        """Apply a pure *change* to each key in one transaction across processes; the new values."""
        ...

    async def record_call(
        self,
        call: Call,
        *,
        thread: str | None = None,
        turns: Sequence[Turn] = (),
        healths: Callable[[str, Health], Health] | None = None,
        health_keys: Sequence[str] = (),
        reserved: Sequence[int] = (),
    ) -> None:
        """Ledger, turns, health and the end of reservations in one transaction, on disk when this returns."""
        ...

    async def say(self, thread: str, turns: Sequence[Turn]) -> None:
        """Turns that are of no single call, on disk when this returns."""
        ...
