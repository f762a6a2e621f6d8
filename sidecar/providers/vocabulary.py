"""The words every dialect speaks: a request, a stream of deltas, an answer, a failure.

Request ──dialect──> HTTP or a child process ──dialect──> Delta, Delta, ... Answer
                                               └────────> Failure (raised as ProviderFailed)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["Access", "Answer", "Failure", "FailureKind", "Finish", "Limits", "Message", "Request", "Usage"]

Finish = Literal["stop", "length", "refused", "other"]
"""Why the model stopped: done, its limit, a content policy (`refusal`, `content_filter`, `SAFETY`) or else."""

FailureKind = Literal[
    "status",  # an HTTP status of 400 or more, or an error body inside a 200 (then `status` is 200)
    "name",  # the host's name does not resolve
    "refused",  # nobody listens, or the connection broke before a reply
    "tls",  # the certificate or the handshake
    "connect_limit",  # no connection within Limits.connect_s
    "first_token_limit",  # connected, but nothing of the answer within Limits.first_token_s
    "silence_limit",  # the stream went quiet for Limits.silence_s
    "cut",  # the stream ended before its end marker
    "empty",  # a whole reply without any text
    "malformed",  # not the dialect: HTML, broken JSON, a reply past the size limit
    "exit",  # a vendor's program ended with a non-zero status
    "missing",  # a vendor's program is not there
]


@dataclass(frozen=True, slots=True)
class Message:
    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Request:
    """What one endpoint is asked; the same for every dialect."""

    model_id: str
    messages: tuple[Message, ...]
    system: str | None = None
    limit_tokens: int | None = None
    schema: Mapping[str, Any] | None = None
    """A JSON Schema (2020-12) that the answer's text must validate against."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long one attempt may take at each of its stations, in seconds."""

    connect_s: float = 5.0
    first_token_s: float = 30.0
    silence_s: float = 30.0
    reply_bytes: int = 16_000_000


@dataclass(frozen=True, slots=True)
class Access:
    """Where and as whom a dialect calls: one account at one provider.

    *key* is the secret itself; it is left out of `repr` so that no log or traceback can show it.
    *command* is for the `command` dialect only.
    """

    provider: str
    base_url: str = ""
    key: str | None = field(default=None, repr=False)
    command: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counted them; None is unknown, never zero.

    *input_tokens* is everything read, cached tokens included; *cached_tokens* and
    *cache_write_tokens* are parts of it. *output_tokens* includes reasoning.
    """

    input_tokens: int | None = None
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    output_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    text: str
    finish: Finish = "stop"
    usage: Usage = Usage()
    model_id: str | None = None
    """The model the provider says it used."""
    cost_usd: float | None = None
    """What the provider itself says the call cost (OpenRouter's `usage.cost`), None where it does not."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Response headers, names in lower case: rate-limit state also comes with success."""


@dataclass(frozen=True, slots=True)
class Failure:
    """All that is known about one failed attempt, with nothing decided yet.

    *body* is the parsed JSON error where there was one; *text* the first 2,000 characters of
    whatever came; *sentence* one line for a reader, secrets masked.
    """

    kind: FailureKind
    sentence: str
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    text: str = ""
    code: str | None = None
    """The most specific code of the body: OpenAI `error.code`, else `.type`; Anthropic `.type`; Gemini `.status`;
    OpenRouter `error.metadata.error_type`."""
    answered: bool = False
    """True once any part of an answer had arrived."""
