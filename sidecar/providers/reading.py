"""What every dialect's reader is made of: one reply while it arrives, and careful access to foreign JSON."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from pydantic_core import from_json

from sidecar.providers.vocabulary import Answer, Finish, Usage

__all__ = [
    "ErrorInReply",
    "NotTheDialect",
    "Reading",
    "count",
    "fenceless",
    "members",
    "number",
    "parse",
    "text_of",
    "well_formed",
]


class ErrorInReply(Exception):
    """A successful status whose body is an error; *body* is that error as it was parsed."""

    def __init__(self, body: Any) -> None:
        super().__init__("an error inside a reply")
        self.body = body


class NotTheDialect(Exception):
    """The reply cannot be read: broken JSON, or JSON of another shape. Its text says what was wrong."""


class Reading(ABC):
    """One reply while it arrives.

    *finish* is None until the provider says why the model stopped; *done* is set by the dialect's end
    marker, after which nothing more is read. *fenced* says that JSON was asked for and a code fence around
    it is to be removed.
    """

    def __init__(self, *, fenced: bool = False) -> None:
        self._fenced = fenced
        self.parts: list[str] = []
        self.finish: Finish | None = None
        self.done = False
        self.usage = Usage()
        self.model_id: str | None = None
        self.cost_usd: float | None = None

    @abstractmethod
    def event(self, name: str, data: bytes) -> str | None:
        """Take one event of a stream.

        Returns its piece of the answer, "" for a part of the answer without text (reasoning, the
        reason to stop), None for an event that is no part of it (a role, a ping, usage).
        Raises ErrorInReply and NotTheDialect.
        """

    @abstractmethod
    def whole(self, body: Any) -> None:
        """Take a complete reply, from a provider that did not stream. Raises ErrorInReply and NotTheDialect."""

    def answer(self, headers: Mapping[str, str]) -> Answer:
        text = well_formed("".join(self.parts))
        return Answer(
            text=fenceless(text) if self._fenced else text,
            finish=self.finish or "other",
            usage=self.usage,
            model_id=self.model_id,
            cost_usd=self.cost_usd,
            headers=headers,
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
