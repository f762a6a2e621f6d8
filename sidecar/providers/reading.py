"""What every dialect's reader is made of: one reply while it arrives, and careful access to foreign JSON."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeVar, cast

from pydantic_core import from_json

from sidecar.providers.vocabulary import Answer, Finish, Part, Reasoning, Text, ToolCall, Usage

__all__ = [
    "UNPARSED",
    "ErrorInReply",
    "Framing",
    "NotTheDialect",
    "Reading",
    "arguments_of",
    "count",
    "fenceless",
    "members",
    "number",
    "parse",
    "text_of",
    "well_formed",
]


UNPARSED = "unparsed_arguments"
"""The one argument of a call whose arguments were no JSON object: their text, which the model can see and mend."""


class ErrorInReply(Exception):
    """A successful status whose body is an error; *body* is that error as it was parsed."""

    def __init__(self, body: Any) -> None:
        super().__init__("an error inside a reply")
        self.body = body


class NotTheDialect(Exception):
    """The reply cannot be read: broken JSON, or JSON of another shape. Its text says what was wrong."""


Framing = Literal["events", "lines", "frames"]
"""How a streamed reply is cut into events: server-sent events, a JSON text a line, AWS's binary frames."""


@dataclass(slots=True)
class _Call:
    """A tool call while it arrives; its arguments are JSON text in pieces, or whole."""

    id: str = ""
    name: str = ""
    pieces: list[str] = field(default_factory=list)
    arguments: Mapping[str, Any] | None = None


@dataclass(slots=True)
class _Thought:
    """Reasoning while it arrives: the texts of its block in pieces, its other fields as they are."""

    pieces: dict[str, list[str]] = field(default_factory=dict)
    fields: dict[str, Any] = field(default_factory=dict)


_Kind = TypeVar("_Kind", _Call, _Thought)


class Reading(ABC):
    """One reply while it arrives.

    *finish* is None until the provider says why the model stopped; *done* is set by the dialect's end
    marker, after which nothing more is read. *fenced* says that JSON was asked for and a code fence around
    it is to be removed. *said* holds the pieces of the text.
    """

    framing: ClassVar[Framing] = "events"
    dialect: ClassVar[str]
    """Under which name its reasoning is kept; dialects that take each other's share one."""
    expected: ClassVar[str] = "a stream of events"
    """What a reply that is none of it is told apart from."""

    def __init__(self, *, fenced: bool = False) -> None:
        self._fenced = fenced
        self._made: list[list[str] | _Call | _Thought] = []
        self._slots: dict[object, _Call | _Thought] = {}
        self.said: list[str] = []
        self.finish: Finish | None = None
        self.done = False
        self.usage = Usage()
        self.model_id: str | None = None
        self.cost_usd: float | None = None

    @abstractmethod
    def event(self, name: str, data: bytes) -> str | None:
        """Take one event of a stream; *name* is "" where the framing has none.

        Returns its piece of the answer, "" for a part of the answer without text (reasoning, the
        reason to stop), None for an event that is no part of it (a role, a ping, usage).
        Raises ErrorInReply and NotTheDialect.
        """

    @abstractmethod
    def whole(self, body: Any) -> None:
        """Take a complete reply, from a provider that did not stream. Raises ErrorInReply and NotTheDialect."""

    def say(self, text: str) -> str:
        """Take a piece of the answer's text, and return it."""
        if text:
            self.said.append(text)
            if not self._made or not isinstance(self._made[-1], list):
                self._made.append([])
            self._made[-1].append(text)  # type: ignore[union-attr]  # the line above made it a list
        return text

    def call(
        self,
        key: object,
        *,
        call_id: str = "",
        name: str = "",
        piece: str = "",
        arguments: Mapping[str, Any] | None = None,
    ) -> None:
        """Take a part of the tool call that the reply calls *key*: its id, its name, a piece of its arguments."""
        found = self._slot(key, _Call)
        found.id = found.id or call_id
        found.name = found.name or name
        if piece:
            found.pieces.append(piece)
        if arguments is not None:
            found.arguments = arguments

    def think(self, key: object, /, **fields: Any) -> None:
        """Take a part of the reasoning that the reply calls *key*: texts are added to, other fields replaced."""
        found = self._slot(key, _Thought)
        for name, value in fields.items():
            if isinstance(value, str) and name != "type":
                found.pieces.setdefault(name, []).append(value)
            else:
                found.fields[name] = value

    def block(self, thought: dict[str, Any]) -> Mapping[str, Any]:
        """The reasoning as the dialect wants it back, from the fields that it came in."""
        return thought

    def _slot(self, key: object, kind: type[_Kind]) -> _Kind:
        """Where the parts under *key*, which a foreign reply may choose as it likes, are gathered."""
        name = (kind, key if key.__hash__ is not None else repr(key))
        found = self._slots.get(name)
        if found is None:
            made = kind()
            self._slots[name] = made
            self._made.append(made)
            return made
        return cast("_Kind", found)

    @property
    def calls(self) -> bool:
        """Whether the model wants a tool called."""
        return any(isinstance(made, _Call) for made in self._slots.values())

    @property
    def is_empty(self) -> bool:
        """Whether nothing came that a caller could use."""
        return not self.calls and not any(piece.strip() for piece in self.said)

    def built(self) -> tuple[Part, ...]:
        """The answer's parts in their order; a call without an id gets one by its place."""
        parts: list[Part] = []
        for place, made in enumerate(self._made):
            if isinstance(made, list):
                parts.append(Text(well_formed("".join(made))))
            elif isinstance(made, _Thought):
                words = {name: well_formed("".join(pieces)) for name, pieces in made.pieces.items()}
                parts.append(Reasoning(self.dialect, self.block({**made.fields, **words})))
            else:
                arguments = arguments_of("".join(made.pieces)) if made.arguments is None else made.arguments
                parts.append(ToolCall(made.id or f"call_{place}", made.name, arguments))
        return tuple(parts)

    def answer(self, headers: Mapping[str, str]) -> Answer:
        text = well_formed("".join(self.said))
        return Answer(
            text=fenceless(text) if self._fenced else text,
            finish=self.finish or "other",
            usage=self.usage,
            model_id=self.model_id,
            cost_usd=self.cost_usd,
            headers=headers,
            parts=self.built() if any(not isinstance(made, list) for made in self._made) else (),
        )


def parse(data: bytes) -> Any:
    """JSON as values; raises NotTheDialect."""
    try:
        return from_json(data)
    except ValueError as broken:
        # Half a surrogate pair (an emoji split over two deltas) is legal for `json` alone; `well_formed` joins it.
        if b"\\u" in data:
            try:
                return json.loads(data)
            except (ValueError, RecursionError):
                pass
        raise NotTheDialect(f"broken JSON ({broken})") from None


def arguments_of(value: Any) -> Mapping[str, Any]:
    """Tool arguments from JSON text or an object; what is neither stands under `UNPARSED`."""
    if isinstance(value, Mapping):
        return value
    text = text_of(value)
    if not text.strip():
        return {}
    try:
        parsed = parse(text.encode("utf-8", "surrogatepass"))
    except NotTheDialect:
        parsed = None
    return parsed if isinstance(parsed, dict) else {UNPARSED: text}


def well_formed(text: str) -> str:
    """*text* with surrogate pairs joined and half ones replaced, so that it can be encoded."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def members(value: Any) -> Mapping[str, Any]:
    """*value* if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def text_of(value: Any) -> str:
    """*value* if it is a string, else ""."""
    return value if isinstance(value, str) else ""


def count(value: Any) -> int | None:
    """*value* if it is a whole number of something, else None."""
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e15 else None


def number(value: Any) -> float | None:
    """*value* if it is a finite number of zero or more, else None."""
    return (
        float(value) if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e15 else None
    )


def fenceless(text: str) -> str:
    """*text* without a code fence around the whole of it, which models add to JSON however they are asked."""
    stripped = text.strip()
    if not stripped.startswith("```") or not stripped.endswith("```"):
        return text
    opening, _, inner = stripped[3:-3].partition("\n")
    return inner.strip() if opening.strip().lower() in ("", "json") and inner else text
