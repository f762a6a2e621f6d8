"""Careful reading of what a client sent, shared by all served dialects."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, cast, get_args

from sidecar.providers.reading import NotTheDialect, count, members, text_of
from sidecar.providers.vocabulary import Answer, Effort, Part, Reasoning, Text, Tool

__all__ = [
    "as_effort",
    "as_limit",
    "as_number",
    "as_object",
    "as_objects",
    "as_stops",
    "as_tool",
    "as_turns",
    "budget_effort",
    "event",
    "own_parts",
    "to_json",
    "typed_event",
    "words_in",
]


def as_object(body: Any) -> Mapping[str, Any]:
    if not isinstance(body, dict):
        raise NotTheDialect("a request that is no JSON object")
    return body


def as_objects(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; anything else in it is ignored."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def as_turns(asked: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The turns of a conversation, of which there must be one."""
    turns = as_objects(asked.get(name))
    if not turns:
        raise NotTheDialect(f"a request without `{name}`")
    return turns


def as_limit(value: Any) -> int | None:
    return count(value) or None


def as_number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def as_stops(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def as_effort(value: Any) -> Effort | None:
    """An effort in our three words; vendors' finer ones become the nearest."""
    word = {"minimal": "low", "none": "low", "xhigh": "high", "max": "high"}.get(text_of(value), text_of(value))
    return cast("Effort", word.lower()) if word.lower() in get_args(Effort) else None


def budget_effort(tokens: Any) -> Effort | None:
    """The effort that a budget of tokens for thinking amounts to."""
    budget = count(tokens)
    if not budget:
        return None
    return "low" if budget <= 4_096 else "medium" if budget <= 16_384 else "high"


def as_tool(entry: Mapping[str, Any], schema: str) -> Tool:
    """A tool whose arguments are described under the name *schema*."""
    described = members(entry.get(schema)) or {"type": "object", "properties": {}}
    return Tool(text_of(entry.get("name")), text_of(entry.get("description")), described)


def own_parts(answer: Answer, dialect: str) -> Iterable[Part]:
    """The parts of an answer that a client of *dialect* can be shown: reasoning of another one is left out."""
    parts = answer.parts or ((Text(answer.text),) if answer.text else ())
    return [part for part in parts if not isinstance(part, Reasoning) or part.dialect == dialect]


def words_in(part: Part) -> str:
    """The words of a text; empty where a part is something else."""
    return part.text if isinstance(part, Text) else ""


def to_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def event(data: Any, name: str = "") -> bytes:
    """One server-sent event."""
    head = f"event: {name}\n".encode() if name else b""
    return head + b"data: " + to_json(data) + b"\n\n"


def typed_event(kind: str, **fields: Any) -> bytes:
    """One server-sent event that says its own kind in its data as well."""
    return event({"type": kind, **fields}, kind)
