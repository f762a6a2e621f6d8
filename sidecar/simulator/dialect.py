"""What the dialects have in common: a request as it was understood, an answer before it is written.

A dialect reads a request into `Asked`, and writes `Spoken` as one JSON body or as the parts of a stream:

    opening, piece, piece, ... closing          (closing holds the end marker that a cut stream lacks)
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import parse_qs

from sidecar.providers.vocabulary import Finish
from sidecar.simulator.answering import answer, sample
from sidecar.simulator.counting import QuotaState
from sidecar.simulator.vocabulary import USUAL_LENGTHS, Reply

__all__ = [
    "BROKEN_EVENTS",
    "Asked",
    "Dialect",
    "Problem",
    "Received",
    "Spoken",
    "call_text",
    "event",
    "event_comment",
    "page",
    "speak",
    "to_json",
    "tokens",
    "worded_schema",
]

CHARACTERS_PER_TOKEN = 4

LISTED_AT_ONCE = 100
"""As many models as a page holds, where a vendor lists them in pages."""

BROKEN_EVENTS = b'data: {"choices": [{"delta": {"content": \n\ndata: }}]\n\n'


@dataclass(frozen=True, slots=True)
class Received:
    """A call as HTTP brought it: *path* without the provider's name, header names in lower case."""

    path: str
    query: str
    headers: Mapping[str, str]
    body: Any
    model: str
    """What the path says; "" where the body names the model."""


@dataclass(frozen=True, slots=True)
class Asked:
    """*read* is everything the model has to read; *question* the last user message."""

    model: str
    read: str
    question: str
    streams: bool = False
    limit_tokens: int | None = None
    schema: Mapping[str, Any] | None = None
    wants_usage: bool = True


@dataclass(frozen=True, slots=True)
class Spoken:
    """An answer with the counts its provider reports; *input_tokens* includes the two cache counts."""

    id: str
    model: str
    text: str
    finish: Finish
    input_tokens: int
    cached_tokens: int
    cache_write_tokens: int
    output_tokens: int
    has_usage: bool
    wants_usage: bool
    """The caller asked for usage in the stream, which OpenAI leaves out otherwise."""
    cost_usd: float | None


class Problem(Exception):
    """A request this vendor would turn down; *fault* names the body it answers with, in `faults.toml`.

    *lengths* are the tokens sent and the tokens the model reads, where the first are too many.
    """

    def __init__(self, fault: str, what: str, *, lengths: tuple[int, int] = USUAL_LENGTHS) -> None:
        super().__init__(what)
        self.fault = fault
        self.what = what
        self.lengths = lengths


class Dialect(Protocol):
    """One vendor's wire format, from the vendor's side."""

    prefix: str
    """Begins its faults in `faults.toml`; `.rate-limit`, `.too-long`, `.bad-key` and `.no-model` must be among them."""
    key_headers: tuple[str, ...]
    path: str
    """Between the provider's name and what a client adds to its base URL."""
    listing_paths: tuple[str, ...]
    """Where a client asks which models there are; where there are several, the others add nothing."""
    stream_head: tuple[tuple[bytes, bytes], ...]
    garbage: bytes
    """An event of a stream whose JSON, or frame, is broken."""

    def call(self, path: str) -> str | None:
        """The model id in *path* ("" where the body names it), or None if this is no call to a model."""

    def read(self, call: Received) -> Asked:
        """Raises `Problem` for what the vendor would reject."""

    def listing(self, models: Sequence[str], query: str) -> Any:
        """The page of the list that *query* asks for."""

    def whole(self, spoken: Spoken) -> Any: ...
    def opening(self, spoken: Spoken) -> bytes: ...
    def piece(self, spoken: Spoken, text: str) -> bytes: ...
    def closing(self, spoken: Spoken) -> bytes: ...

    def failing(self, body: Any) -> bytes:
        """An error inside a stream."""

    def comment(self, text: str) -> bytes:
        """Something that keeps a stream alive and says nothing; empty where the dialect has nothing of the kind."""

    def quota_headers(self, quota: QuotaState, words: Mapping[str, str]) -> Mapping[str, str]:
        """What the vendor tells about a quota, with success and failure alike."""


def speak(asked: Asked, reply: Reply, *, serial: int) -> Spoken:
    """The answer to *asked*, cut where the caller's limit says so."""
    said = _said(asked) if reply.text is None else reply.text
    finish = reply.finish
    text = said
    if asked.limit_tokens is not None and tokens(said) > asked.limit_tokens:
        text, finish = said[: asked.limit_tokens * CHARACTERS_PER_TOKEN], "length"
    counted = tokens(asked.read) if reply.input_tokens is None else reply.input_tokens
    return Spoken(
        id=f"sim-{serial:06d}",
        model=asked.model,
        text=text,
        finish=finish,
        input_tokens=max(counted, reply.cached_tokens + reply.cache_write_tokens),
        cached_tokens=reply.cached_tokens,
        cache_write_tokens=reply.cache_write_tokens,
        output_tokens=tokens(text) if reply.output_tokens is None else reply.output_tokens,
        has_usage=reply.has_usage,
        wants_usage=asked.wants_usage,
        cost_usd=reply.cost_usd,
    )


def page(models: Sequence[str], query: str, *, size: str, after: str) -> tuple[Sequence[str], str | None]:
    """The page of *models* that *query* asks for, and the last name on it where more follow.

    *size* and *after* are what its parameters are called; *after* names the last model of the page before.
    """
    asked = {name: values[-1] for name, values in parse_qs(query).items()}
    start = models.index(asked[after]) + 1 if asked.get(after) in models else 0
    wanted = asked.get(size, "")
    shown = models[start : start + min(int(wanted) if wanted.isdigit() else LISTED_AT_ONCE, LISTED_AT_ONCE)]
    return shown, shown[-1] if start + len(shown) < len(models) else None


def tokens(text: str) -> int:
    """How many tokens the simulator counts: one for every four characters begun."""
    return math.ceil(len(text) / CHARACTERS_PER_TOKEN)


def worded_schema(system: str) -> Mapping[str, Any] | None:
    """A JSON Schema that is asked for in the words of a system prompt, as where a dialect has no field for it."""
    if "JSON Schema" not in system:
        return None
    try:
        found, _ = json.JSONDecoder().raw_decode(system, system.index("{", system.index("JSON Schema")))
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def to_json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def event(data: Any, name: str | None = None, *, end: bytes = b"\n\n") -> bytes:
    """One server-sent event."""
    head = b"" if name is None else b"event: " + name.encode() + b"\n"
    return head + b"data: " + to_json(data) + end


def event_comment(text: str) -> bytes:
    """A comment between server-sent events."""
    return f": {text}\n\n".encode()


def call_text(content: Any) -> str:
    """The text of a message's content: a string, or a list of parts of which those with `text` count."""
    if isinstance(content, str):
        return content
    if isinstance(content, Sequence):
        return "\n".join(str(part["text"]) for part in content if isinstance(part, Mapping) and "text" in part)
    return ""


def _said(asked: Asked) -> str:
    said = answer(asked.question)
    if asked.schema is None:
        return said
    return json.dumps(sample(asked.schema, said), ensure_ascii=False)
