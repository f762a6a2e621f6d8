"""The `anthropic` dialect: the Messages API.

Source: docs.claude.com, API, messages, streaming messages, tool use, prompt caching and errors (2026-11), version
2023-06-01.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sidecar.providers.calling import Call, address, as_json, headers_for, no_effort, schema_in_words
from sidecar.providers.carrying import base64_of, fitting_id, own_reasoning
from sidecar.providers.failing import is_error
from sidecar.providers.reading import ErrorInReply, NotTheDialect, Reading, count, members, parse, text_of
from sidecar.providers.vocabulary import (
    Access,
    Effort,
    Finish,
    Image,
    Message,
    Part,
    Reasoning,
    Request,
    Text,
    ToolCall,
    ToolResult,
    Usage,
)

__all__ = ["Anthropic", "thinking_of"]

_VERSION = "2023-06-01"

_FINISH: dict[str, Finish] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "tools",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "refused",
}

_LIMITS = (
    # `max_tokens` is required, and more than a model can say is a 400. Models from Claude 4 on can
    # say 32,000 or more; others that speak this dialect are taken to manage 8,192.
    ("claude-3-5", 8_192),
    ("claude-3-7", 32_000),
    ("claude-3", 4_096),
    ("claude-", 32_000),
    ("", 8_192),
)

_ANSWERING = frozenset(
    {"content_block_start", "content_block_delta", "content_block_stop", "message_delta", "message_stop"}
)


_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")

_VERSION_OF = re.compile(r"claude-(?:[a-z]+-)?(\d+)(?:[-.](\d{1,2}))?(?!\d)")

_BUDGETS: Mapping[Effort, int] = {"low": 2_048, "medium": 8_192, "high": 24_576}
"""Tokens to think with, for models before effort levels."""
_LEAST_BUDGET = 1_024
"""The least they take."""

_CACHE = {"cache_control": {"type": "ephemeral"}}

_MOST_MARKS = 4
"""More cache marks in one request are a 400; the latest are the ones that will be read."""


class Anthropic:
    """Writes Messages requests and reads their replies, streamed or whole."""

    def prepare(self, request: Request, access: Access) -> Call:
        limit = request.limit_tokens
        if limit is None:
            limit = next(tokens for prefix, tokens in _LIMITS if request.model_id.startswith(prefix))
        body: dict[str, Any] = {
            "model": request.model_id,
            "max_tokens": limit,
            "messages": _messages(request),
            "stream": True,
        }
        # In words, because the native formats are refused by some models and for some schemas; the router validates.
        words = schema_in_words(request.schema) if request.schema is not None else None
        system = "\n\n".join(part for part in (request.system, words) if part)
        if system:
            body["system"] = [{"type": "text", "text": system, **_CACHE}] if request.cache_system else system
        thinking = thinking_of(request)
        body.update(thinking or {})
        budget = members(body.get("thinking")).get("budget_tokens", 0)
        if limit <= budget:
            body["max_tokens"] = limit + budget  # nobody set a limit, and the usual one is for the answer
        if request.temperature is not None and "thinking" not in body:
            body["temperature"] = request.temperature  # together they are a 400
        if request.stop:
            body["stop_sequences"] = list(request.stop)
        body.update(_tools(request))
        headers = headers_for(access, "x-api-key", anthropic_version=_VERSION)
        base = access.base_url.partition("?")[0].rstrip("/")
        path = "/messages" if base.endswith("/v1") else "/v1/messages"
        notes = no_effort(access, request) if thinking is None else ()
        return Call(address(access.base_url, path), headers, as_json(body), notes)

    def reading(self, request: Request) -> Reading:
        return _MessageReading(fenced=request.schema is not None)


def thinking_of(request: Request) -> dict[str, Any] | None:
    """The fields that tell a Claude model how much to think; None for a model that cannot be told.

    From 4.6 on it decides by itself how much an effort allows, and from 4.7 on refuses budgets; before 4.5
    (and in all but Opus 4.5) there are only budgets. Source: platform.claude.com, build with Claude, effort,
    adaptive thinking and extended thinking (2026-11).
    """
    effort, model_id = request.effort, request.model_id
    if effort is None or (request.tools and request.tool_choice not in ("auto", "none")):
        return {}  # made to call a tool, a model cannot think before it
    found = _VERSION_OF.search(model_id)
    if found is None:
        return None
    version = (int(found[1]), int(found[2] or 0))
    if version >= (4, 6):
        return {"thinking": {"type": "adaptive"}, "output_config": {"effort": effort}}
    if version == (4, 5) and "opus" in model_id:
        return {"output_config": {"effort": effort}}
    if version >= (4, 0) or version == (3, 7):
        if _has_foreign_calls(request):
            return {}  # with a budget, the turn that called tools must open with what it thought
        budget = _budget(effort, request.limit_tokens)
        return {"thinking": {"type": "enabled", "budget_tokens": budget}} if budget else {}
    return None


def _budget(effort: Effort, limit_tokens: int | None) -> int:
    """How many tokens to think with, 0 for none: a limit holds for what is thought and said, and is billed for both."""
    if limit_tokens is None:
        return _BUDGETS[effort]
    budget = min(_BUDGETS[effort], limit_tokens // 2)
    return budget if budget >= _LEAST_BUDGET else 0


def _has_foreign_calls(request: Request) -> bool:
    """Whether the tools whose results come last were called by a turn without Claude's own reasoning."""
    if not any(isinstance(part, ToolResult) for message in request.messages[-1:] for part in message.parts):
        return False
    calling = request.messages[-2].parts if len(request.messages) > 1 else ()
    return not any(isinstance(part, Reasoning) and part.dialect in ("anthropic", "bedrock") for part in calling)


def _messages(request: Request) -> list[dict[str, Any]]:
    marked = [place for place, message in enumerate(request.messages) if message.cache]
    marks = set(marked[-(_MOST_MARKS - 1 if request.cache_system else _MOST_MARKS) :])
    return [
        {"role": message.role, "content": _content(message, cache=place in marks)}
        for place, message in enumerate(request.messages)
    ]


def _content(message: Message, *, cache: bool) -> str | list[dict[str, Any]]:
    if isinstance(message.content, str) and not cache:
        return message.content
    blocks = [block for part in message.parts if (block := _block(part)) is not None]
    if cache and blocks and blocks[-1]["type"] not in ("thinking", "redacted_thinking"):  # those take no mark
        blocks[-1] |= _CACHE
    return blocks


def _block(part: Part) -> dict[str, Any] | None:
    match part:
        case Text():
            return {"type": "text", "text": part.text}
        case Image():
            source = {"type": "base64", "media_type": part.media_type, "data": base64_of(part)}
            return {"type": "image", "source": source}
        case ToolCall():
            call_id = fitting_id(part.id, _ID)
            return {"type": "tool_use", "id": call_id, "name": part.name, "input": dict(part.arguments)}
        case ToolResult():
            content = [block for inner in part.content if (block := _block(inner)) is not None]
            result = {"type": "tool_result", "tool_use_id": fitting_id(part.call_id, _ID), "content": content}
            return {**result, "is_error": True} if part.is_error else result
        case _:
            thought = own_reasoning(part, "anthropic")
            return None if thought is None else dict(thought)


def _tools(request: Request) -> dict[str, Any]:
    if not request.tools:
        return {}
    tools: list[dict[str, Any]] = [
        {"name": tool.name, "description": tool.description, "input_schema": dict(tool.schema)}
        for tool in request.tools
    ]
    if request.cache_system and not request.system:
        tools[-1] |= _CACHE
    choice: dict[str, Any] = {"auto": {"type": "auto"}, "none": {"type": "none"}, "required": {"type": "any"}}
    named = {"type": "tool", "name": request.tool_choice}
    return {"tools": tools, "tool_choice": choice.get(request.tool_choice, named)}


class _MessageReading(Reading):
    dialect = "anthropic"

    def __init__(self, *, fenced: bool) -> None:
        super().__init__(fenced=fenced)
        self._tokens: dict[str, int] = {}

    def event(self, name: str, data: bytes) -> str | None:
        event = parse(data)
        if not isinstance(event, dict):
            raise NotTheDialect("an event that is no object")
        kind = text_of(event.get("type")) or name
        if kind == "error" or is_error(event):
            raise ErrorInReply(event)
        if kind == "message_start":
            message = members(event.get("message"))
            self.model_id = text_of(message.get("model")) or self.model_id
            self._count(message.get("usage"))
            return None
        if kind == "message_delta":
            self._stop(members(event.get("delta")).get("stop_reason"))
            self._count(event.get("usage"))
        elif kind == "message_stop":
            self.done = True
            self.finish = self.finish or "other"
        elif kind == "content_block_delta":
            return self._grow(event.get("index"), members(event.get("delta")))
        elif kind == "content_block_start":
            return self._block(event.get("index"), members(event.get("content_block")), whole=False)
        return "" if kind in _ANSWERING else None

    def whole(self, body: Any) -> None:
        if is_error(body):
            raise ErrorInReply(body)
        if not isinstance(body, dict) or not isinstance(body.get("content"), list):
            raise NotTheDialect("JSON without `content`")
        self.model_id = text_of(body.get("model")) or None
        self._count(body.get("usage"))
        for index, block in enumerate(body["content"]):
            self._block(index, members(block), whole=True)
        self._stop(body.get("stop_reason"))
        self.finish = self.finish or "other"
        self.done = True

    def _block(self, index: Any, block: Mapping[str, Any], *, whole: bool) -> str:
        kind = block.get("type")
        if kind == "tool_use":
            arguments = members(block.get("input"))
            self.call(
                index,
                call_id=text_of(block.get("id")),
                name=text_of(block.get("name")),
                # A stream opens with an empty object and sends the arguments as text.
                arguments=arguments if whole or arguments else None,
            )
        elif kind in ("thinking", "redacted_thinking"):
            self.think(index, **block)
        return self.say(text_of(block.get("text")))

    def _grow(self, index: Any, delta: Mapping[str, Any]) -> str:
        match delta.get("type"):
            case "input_json_delta":
                self.call(index, piece=text_of(delta.get("partial_json")))
            case "thinking_delta":
                self.think(index, thinking=text_of(delta.get("thinking")))
            case "signature_delta":
                self.think(index, signature=text_of(delta.get("signature")))
        return self.say(text_of(delta.get("text")))

    def _stop(self, reason: Any) -> None:
        if isinstance(reason, str) and reason:
            self.finish = _FINISH.get(reason, "other")

    def _count(self, usage: Any) -> None:
        # Counts are cumulative and later events repeat only some of them; a `null` overwrites nothing.
        for name, value in members(usage).items():
            tokens = count(value)
            if tokens is not None:
                self._tokens[name] = tokens
        read, written = self._tokens.get("cache_read_input_tokens"), self._tokens.get("cache_creation_input_tokens")
        fresh = self._tokens.get("input_tokens")
        self.usage = Usage(
            # `input_tokens` counts only what no cache was involved in.
            input_tokens=None if fresh is None else fresh + (read or 0) + (written or 0),
            cached_tokens=read,
            cache_write_tokens=written,
            output_tokens=self._tokens.get("output_tokens"),
        )
