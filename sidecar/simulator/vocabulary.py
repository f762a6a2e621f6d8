"""The words of a simulated provider: how it answers when well, when it fails, and what it has seen.

    Simulated ── name, dialect, accounts, models
      └─ Schedule
           ├─ phases   the first that applies to a call decides: a Fault, or another Reply
           ├─ quotas   so much in a window, then the vendor's 429 until some of it is free again
           └─ reply    what is said otherwise

Everything is data, so that a test, the demo, a drill's scenario and a JSON file say it in the same words.
Times are seconds since the simulation started; token counts are the simulator's own (four characters each).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from sidecar.providers.vocabulary import Finish

__all__ = [
    "USUAL_LENGTHS",
    "Cut",
    "DialectName",
    "Empty",
    "ErrorBody",
    "Exit",
    "Fault",
    "Garbage",
    "Hang",
    "Huge",
    "Phase",
    "Quota",
    "QuotaKind",
    "QuotaUnit",
    "Redirect",
    "Refuse",
    "Reply",
    "Schedule",
    "Seen",
    "Simulated",
    "Status",
    "Trickle",
]

USUAL_LENGTHS = (131_072, 128_000)
"""The tokens sent and the tokens read at most, in a fault that says the first are too many and counted nothing."""

QuotaKind = Literal["fixed", "chained", "rolling"]

QuotaUnit = Literal["requests", "tokens", "usd"]

DialectName = Literal["openai-chat", "anthropic", "gemini", "openai-responses", "ollama", "azure", "bedrock", "vertex"]


class _Data:
    """Makes pydantic refuse unknown keys where these dataclasses are read from a file."""

    __slots__ = ()
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply(_Data):
    """A well answer: what it says, how long it takes, what it reports."""

    text: str | None = None
    """Fixed words; None answers from the request itself (see `sidecar.simulator.answering`)."""
    finish: Finish = "stop"
    delay_s: float = 0.0
    """Before the status line."""
    first_token_s: float = 0.0
    """Between the status line and the first token; without streaming, added to *delay_s*."""
    tokens_per_s: float | None = None
    """None is at once."""
    chunk_tokens: int = 8
    """Tokens in one streamed event."""
    comment: str | None = None
    """An SSE comment sent before the first token, as DeepSeek and OpenRouter do under load."""
    input_tokens: int | None = None
    """None counts the request, and *output_tokens* the answer."""
    output_tokens: int | None = None
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    has_usage: bool = True
    """False leaves usage out, as small servers do."""
    cost_usd: float | None = None
    """`usage.cost`, which OpenRouter sends in the `openai-chat` dialect."""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status(_Data):
    """A status with a body: *body* as JSON, or *text* as it is.

    Strings in *headers*, *body* and *text* may hold `{model}` and the resets of `sidecar.simulator.resets`.
    """

    kind: Literal["status"] = "status"
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hang(_Data):
    """Says nothing more, until the client gives up: before the status line, or after so many tokens."""

    kind: Literal["hang"] = "hang"
    after_tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut(_Data):
    """The answer stops after so many tokens.

    *end* "broken" closes the socket in the middle of the body; "tidy" ends the HTTP body properly, without
    the dialect's own end marker.
    """

    kind: Literal["cut"] = "cut"
    after_tokens: int = 0
    end: Literal["broken", "tidy"] = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorBody(_Data):
    """A 200 that carries an error: in place of the answer, or in its stream after so many tokens."""

    kind: Literal["error-body"] = "error-body"
    body: Any
    after_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Empty(_Data):
    """A well-formed answer without any text."""

    kind: Literal["empty"] = "empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Garbage(_Data):
    """A 200 whose JSON is broken, from the start or after so many tokens of a stream."""

    kind: Literal["garbage"] = "garbage"
    after_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse(_Data):
    """The socket is closed at once, without a byte."""

    kind: Literal["refuse"] = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trickle(_Data):
    """The right answer, a byte at a time."""

    kind: Literal["trickle"] = "trickle"
    bytes_per_s: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Huge(_Data):
    """A well-formed answer with a text of *size_bytes*, which no client should take in whole."""

    kind: Literal["huge"] = "huge"
    size_bytes: int = 100_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect(_Data):
    """Sends the caller to another host.

    Without *location* that host is this simulation under the name `localhost`, where whatever arrives is
    recorded as a call to `elsewhere`: a test sees whether a client, or worse a key, followed.
    """

    kind: Literal["redirect"] = "redirect"
    status: int = 307
    location: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit(_Data):
    """A program ends with *code* and prints *text*, which may hold placeholders as in `Status`.

    What is spoken to over HTTP cannot end; it answers 500 with that text.
    """

    kind: Literal["exit"] = "exit"
    code: int = 1
    text: str = ""


Fault = Annotated[
    Status | Hang | Cut | ErrorBody | Empty | Garbage | Refuse | Trickle | Huge | Redirect | Exit,
    Field(discriminator="kind"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase(_Data):
    """What happens to the calls that meet every condition given: a fault, or a reply unlike the usual one.

    *from_call*, *until_call* and *every_calls* count, from 1, the calls that *model* and *account* let
    through: `every_calls=2` is every second one, beginning with *from_call*; both ends are included.
    *from_s* is included, *until_s* is not. *share* hits that share of what is left, by a seeded random.
    """

    fault: Fault | str | None = None
    """A fault, or the name of one in `faults.toml`."""
    reply: Reply | None = None
    from_call: int = 1
    until_call: int | None = None
    every_calls: int = 1
    from_s: float = 0.0
    until_s: float | None = None
    share: float = 1.0
    model: str | None = None
    account: str | None = None
    reset_s: float | None = None
    """The reset a fault names; None names the end of the phase, or 20 s where it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota(_Data):
    """So much is answered in each window, then *fault* until some of it is free again; each limit given holds.

    Counted apart for every account, and for *model* or *account* alone where one is given; only what was answered
    counts, from the moment its request arrived. *fault* None is the dialect's own rate limit.
    """

    window_s: float
    requests: float | None = None
    tokens: float | None = None
    """Read and written ones, by the provider's own count."""
    usd: float | None = None
    """By *prices*."""
    kind: QuotaKind = "fixed"
    """`fixed` windows follow one another from the start on; a `chained` one begins with the first call after the last
    one ended; `rolling` is always the last *window_s*."""
    begins_s: tuple[float, ...] = ()
    """When fixed windows begin, in order, where they are not all as long (months) or began before the start; the last
    one does not end."""
    prices: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """US dollars for a million tokens read, and written, by model; other models cost nothing."""
    model: str | None = None
    account: str | None = None
    fault: Fault | str | None = None
    name: str = ""
    """What it is called where it is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule(_Data):
    reply: Reply = Reply()
    phases: tuple[Phase, ...] = ()
    quotas: tuple[Quota, ...] = ()
    context_tokens: int | Mapping[str, int] | None = None
    """A longer request gets the dialect's "too long": for all models, or for those named."""

    def window_tokens(self, model: str) -> int | None:
        """How much *model* reads, None without end."""
        if isinstance(self.context_tokens, Mapping):
            return self.context_tokens.get(model)
        return self.context_tokens


@dataclass(frozen=True, slots=True)
class Simulated(_Data):
    """One provider. *models* and *accounts* are open when empty, and enforced as the vendor does otherwise."""

    name: str
    dialect: DialectName
    schedule: Schedule = Schedule()
    models: tuple[str, ...] = ()
    accounts: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The name of each account, with its key."""
    listing: Fault | str | None = None
    """What happens to whoever asks which models there are; None lists *models*."""


@dataclass(slots=True, kw_only=True)
class Seen:
    """One call as it arrived, and how it went; the last three grow while it is served.

    Headers have lower-case names; those that hold a key say `(given)` instead of it.
    """

    at: float
    """Seconds since the simulation started."""
    provider: str
    path: str
    model: str
    body: Any
    headers: Mapping[str, str]
    has_key: bool
    account: str | None = None
    streams: bool = False
    outcome: str = "arrived"
    """`answered`, the name or kind of the fault, or what was wrong with the request."""
    ended_at: float | None = None
    client_disconnected: bool = False
    """The client left before the end."""
