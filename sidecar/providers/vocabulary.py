"""The words every dialect speaks: a conversation, a request, an answer, a failure.

Request ──dialect──> HTTP or a child process ──dialect──> Answer
  └─ Message ─ Part                              └──────> Failure (raised as ProviderFailed)

A message of plain text is `Message("user", "Why?")`; one with more in it has a tuple of parts. What no two
dialects share (a signature, an encrypted thought) stands in `Reasoning` and goes back only where it came from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = [
    "Access",
    "Answer",
    "Effort",
    "Failure",
    "FailureKind",
    "Finish",
    "Image",
    "Limits",
    "Message",
    "Part",
    "Reasoning",
    "Request",
    "Role",
    "Text",
    "Tool",
    "ToolCall",
    "ToolResult",
    "Usage",
    "joined",
]

Finish = Literal["stop", "length", "tools", "refused", "other"]
"""Why the model stopped: done, its limit, to have tools called, a content policy (`refusal`, `content_filter`,
`SAFETY`) or else."""

Effort = Literal["low", "medium", "high"]
"""How much a model thinks before it answers."""

Role = Literal["user", "assistant"]

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
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Image:
    media_type: str
    """Such as `image/png`."""
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The model's wish to have a tool called; *id* is what its result answers to."""

    id: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolResult:
    call_id: str
    content: tuple[Text | Image, ...]
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Reasoning:
    """What a model thought, as its dialect needs it back: *block* is the dialect's own JSON, unchanged.

    It goes back to *dialect* and is left out everywhere else, where it would be refused or mean nothing.
    """

    dialect: str
    block: Mapping[str, Any] = field(repr=False)


Part = Text | Image | ToolCall | ToolResult | Reasoning


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation: plain text, or parts.

    Tool calls are the assistant's, after its texts; tool results are the user's, before its texts and images.
    """

    role: Role
    content: str | tuple[Part, ...]
    cache: bool = False
    """What stands up to here will be sent again, so a provider that must be told where to cache is told."""

    @property
    def parts(self) -> tuple[Part, ...]:
        """The content as parts, those without anything in them left out."""
        if isinstance(self.content, str):
            return (Text(self.content),) if self.content else ()
        return tuple(part for part in self.content if not isinstance(part, Text) or part.text)

    @property
    def text(self) -> str:
        """The words alone."""
        if isinstance(self.content, str):
            return self.content
        return "\n\n".join(part.text for part in self.content if isinstance(part, Text) and part.text)

    @property
    def has_images(self) -> bool:
        return any(
            isinstance(part, Image)
            or (isinstance(part, ToolResult) and any(isinstance(inner, Image) for inner in part.content))
            for part in self.parts
        )


def joined(messages: Iterable[Message]) -> tuple[Message, ...]:
    """The conversation in its simplest form: speakers take turns, one plain text is a `str`, nothing is empty.

    What every dialect's request is read into: some write one turn as several messages (a tool's result
    apart from the user's next words), and providers read them as one turn all the same.
    """
    turns: list[tuple[Role, list[Part], bool]] = []
    for message in messages:
        parts = message.parts
        if turns and turns[-1][0] == message.role:
            role, before, cache = turns[-1]
            turns[-1] = (role, [*before, *parts], cache or message.cache)
        elif parts:
            turns.append((message.role, [*parts], message.cache))
    return tuple(Message(role, _simplest(parts), cache) for role, parts, cache in turns)


def _simplest(parts: list[Part]) -> str | tuple[Part, ...]:
    return parts[0].text if len(parts) == 1 and isinstance(parts[0], Text) else tuple(parts)


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool the model may ask for; *schema* is the JSON Schema of its arguments, an object."""

    name: str
    description: str = ""
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "object", "properties": {}})


@dataclass(frozen=True, slots=True)
class Request:
    """What one endpoint is asked; the same for every dialect."""

    model_id: str
    messages: tuple[Message, ...]
    system: str | None = None
    limit_tokens: int | None = None
    schema: Mapping[str, Any] | None = None
    """A JSON Schema (2020-12) that the answer's text must validate against."""
    effort: Effort | None = None
    """None leaves it to the provider."""
    tools: tuple[Tool, ...] = ()
    tool_choice: str = "auto"
    """`auto`, `none`, `required` (any of them), or the name of the one tool to call."""
    temperature: float | None = None
    stop: tuple[str, ...] = ()
    cache_system: bool = False
    """The tools and the system prompt will be sent again, before other messages."""


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
    *command* is for the `command` dialect only, *key_id*, *session_token* and *region* for `bedrock`,
    *api_version* for `azure`.
    """

    provider: str
    base_url: str = ""
    key: str | None = field(default=None, repr=False)
    key_id: str | None = field(default=None, repr=False)
    """The public half of a pair of keys (AWS); *key* is then the secret half that signs and is never sent."""
    session_token: str | None = field(default=None, repr=False)
    region: str = ""
    api_version: str = ""
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
    parts: tuple[Part, ...] = ()
    """All of the answer, in order, where it is more than its text: reasoning to give back, tool calls."""
    notes: tuple[str, ...] = ()
    """What of the request this dialect could not say, a sentence each."""

    @property
    def message(self) -> Message:
        """The answer as the turn it is in the conversation that goes on."""
        return Message("assistant", self.parts or self.text)


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
