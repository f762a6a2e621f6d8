"""What is asked of a route, and what came of it.

    Ask ──route──> Attempt, Attempt, ... ──> Reply, with who was passed over

Who can be asked stands in `endpoints` and `route`, what a failure means in `meanings`, what routing asks of others in
`seams`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sidecar.providers.vocabulary import Answer, Message, Usage
from sidecar.routing.endpoints import Endpoint
from sidecar.store.vocabulary import Turn

__all__ = ["Ask", "Attempt", "Fit", "OnProgress", "OnText", "PassedOver", "Reply"]


OnText = Callable[[str], Awaitable[None]]
"""Gets each piece of text as it streams in."""


OnProgress = Callable[[str], Awaitable[None]]
"""Gets one short sentence on what is happening while a call takes its time."""


Fit = Callable[[int | None, float], Awaitable[tuple[Message, ...]]]
"""Makes a conversation fit a window of so many tokens (None is unknown) by compressing what is attached; the second
value is the share of that to use, below 1 after the endpoint called a first try too long."""


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
