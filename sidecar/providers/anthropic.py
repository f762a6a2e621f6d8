"""The `anthropic` dialect: the Messages API.

Source: docs.claude.com, API, messages, streaming messages and errors (2026-11), version 2023-06-01.
"""

from __future__ import annotations

from typing import Any

from sidecar.providers.calling import Call, address, as_json, headers_for, schema_in_words
from sidecar.providers.failing import is_error
from sidecar.providers.reading import ErrorInReply, NotTheDialect, Reading, count, members, parse, text_of
from sidecar.providers.vocabulary import Access, Finish, Request, Usage

__all__ = ["Anthropic"]

_VERSION = "2023-06-01"

_FINISH: dict[str, Finish] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
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


class Anthropic:
    """Writes Messages requests and reads their replies, streamed or whole."""

    def prepare(self, request: Request, access: Access) -> Call:
        limit = request.limit_tokens
        if limit is None:
            limit = next(tokens for prefix, tokens in _LIMITS if request.model_id.startswith(prefix))
        body: dict[str, Any] = {
            "model": request.model_id,
            "max_tokens": limit,
            "messages": [{"role": message.role, "content": message.text} for message in request.messages],
            "stream": True,
        }
        # In words, because the native formats are refused by some models and for some schemas; the router validates.
        words = schema_in_words(request.schema) if request.schema is not None else None
        system = "\n\n".join(part for part in (request.system, words) if part)
        if system:
            body["system"] = system
        headers = headers_for(access, "x-api-key", anthropic_version=_VERSION)
        base = access.base_url.partition("?")[0].rstrip("/")
        path = "/messages" if base.endswith("/v1") else "/v1/messages"
        return Call(address(access.base_url, path), headers, as_json(body))

    def reading(self, request: Request) -> Reading:
        return _MessageReading(fenced=request.schema is not None)


class _MessageReading(Reading):
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
            return self._say(members(event.get("delta")).get("text"))
        elif kind == "content_block_start":
            return self._say(members(event.get("content_block")).get("text"))
        return "" if kind in _ANSWERING else None

    def whole(self, body: Any) -> None:
        if is_error(body):
            raise ErrorInReply(body)
        if not isinstance(body, dict) or not isinstance(body.get("content"), list):
            raise NotTheDialect("JSON without `content`")
        self.model_id = text_of(body.get("model")) or None
        self._count(body.get("usage"))
        for block in body["content"]:
            self._say(members(block).get("text"))
        self._stop(body.get("stop_reason"))
        self.finish = self.finish or "other"
        self.done = True

    def _say(self, value: Any) -> str:
        text = text_of(value)
        if text:
            self.parts.append(text)
        return text

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
