"""The `openai-chat` dialect: Chat Completions, as OpenAI speaks it and as everyone else does nearly.

Where a host differs is data: `Quirks` in the catalogue. Source: platform.openai.com, API reference,
chat, create and streaming (2026-11); the hosts' own pages are named in `catalogue.toml`.
"""

from __future__ import annotations

from typing import Any

from sidecar.providers.calling import Call, address, as_json, headers_for, schema_in_words
from sidecar.providers.catalogue import quirks
from sidecar.providers.failing import is_error
from sidecar.providers.reading import (
    ErrorInReply,
    NotTheDialect,
    Reading,
    count,
    members,
    number,
    parse,
    text_of,
)
from sidecar.providers.vocabulary import Access, Finish, Request, Usage

__all__ = ["OpenAIChat"]

_FINISH: dict[str, Finish] = {
    "stop": "stop",
    "eos": "stop",  # Together
    "length": "length",
    "max_tokens": "length",
    "model_length": "length",  # Mistral
    "content_filter": "refused",
    "sensitive": "refused",  # Z.ai
    "refusal": "refused",
}


class OpenAIChat:
    """Writes Chat Completions requests and reads their replies, streamed or whole."""

    def prepare(self, request: Request, access: Access) -> Call:
        quirk = quirks(access.provider, access.base_url)
        body: dict[str, Any] = {"model": request.model_id, "messages": [], "stream": True}
        system = request.system
        if quirk.stream_usage:
            body["stream_options"] = {"include_usage": True}
        if request.limit_tokens is not None:
            body[quirk.limit] = request.limit_tokens
        if request.schema is not None:
            if quirk.schema == "json_schema":
                # Not `strict`: that mode refuses schemas with optional properties. The router validates.
                answer = {"name": "answer", "schema": dict(request.schema)}
                body["response_format"] = {"type": "json_schema", "json_schema": answer}
            else:
                system = "\n\n".join(part for part in (system, schema_in_words(request.schema)) if part)
                # `json_object` promises an object: asked for another type, it would contradict the schema.
                if quirk.schema == "json_object" and request.schema.get("type", "object") == "object":
                    body["response_format"] = {"type": "json_object"}
        if system:
            body["messages"].append({"role": "system", "content": system})
        body["messages"] += [{"role": message.role, "content": message.text} for message in request.messages]
        headers = headers_for(access, "authorization", "Bearer ")
        return Call(address(access.base_url, "/chat/completions"), headers, as_json(body))

    def reading(self, request: Request) -> Reading:
        return _ChatReading(fenced=request.schema is not None)


class _ChatReading(Reading):
    def __init__(self, *, fenced: bool) -> None:
        super().__init__(fenced=fenced)
        self._refusal = False

    def event(self, name: str, data: bytes) -> str | None:
        if data.startswith(b"[DONE]"):
            self.done = True
            self.finish = self.finish or ("other" if self.parts else None)
            return None
        chunk = parse(data)
        if not isinstance(chunk, dict):
            raise NotTheDialect("an event that is no object")
        if name == "error" or is_error(chunk):
            raise ErrorInReply(chunk)
        return self._take(chunk, "delta")

    def whole(self, body: Any) -> None:
        if is_error(body):
            raise ErrorInReply(body)
        if not isinstance(body, dict) or "choices" not in body:
            raise NotTheDialect("JSON without `choices`")
        self._take(body, "message")
        self.finish = self.finish or "other"
        self.done = True

    def _take(self, chunk: dict[str, Any], where: str) -> str | None:
        self.model_id = text_of(chunk.get("model")) or self.model_id
        self._count(chunk)
        choices = chunk.get("choices")
        if not isinstance(choices, list) or not choices:
            return None
        choice = members(choices[0])
        self._count(choice)  # Moonshot counts inside the choice
        delta = members(choice.get(where)) or members(choice.get("message"))
        text = _content(delta.get("content"))
        refusal = text_of(delta.get("refusal"))
        if refusal:
            self._refusal = True
            text += refusal
        if text:
            self.parts.append(text)
        reason = choice.get("finish_reason")
        if isinstance(reason, str) and reason:
            if reason == "error":  # OpenRouter: the upstream failed in the middle
                raise ErrorInReply(
                    choice if is_error(choice) else {"error": {"message": "the upstream failed", "type": "error"}}
                )
            self.finish = "refused" if self._refusal else _FINISH.get(reason, "other")
        thinking = (
            delta.get("reasoning_content") or delta.get("reasoning") or delta.get("tool_calls") or delta.get("content")
        )
        return text if text or thinking or reason else None

    def _count(self, holder: Any) -> None:
        usage = members(members(holder).get("usage")) or members(members(members(holder).get("x_groq")).get("usage"))
        if not usage:
            return
        self.usage = _usage(usage)
        cost = number(usage.get("cost"))  # OpenRouter, in US dollars; Perplexity has an object here
        self.cost_usd = cost if cost is not None else number(members(usage.get("cost")).get("total_cost"))


def _content(content: Any) -> str:
    """Text of a message: a string, or Mistral's list of parts with its thinking left out."""
    if isinstance(content, list):
        return "".join(text_of(members(part).get("text")) for part in content if members(part).get("type") == "text")
    return text_of(content)


def _usage(usage: Any) -> Usage:
    read = members(usage.get("prompt_tokens_details"))
    cached = count(read.get("cached_tokens"))
    for other in ("prompt_cache_hit_tokens", "cached_tokens"):  # DeepSeek, Moonshot
        cached = count(usage.get(other)) if cached is None else cached
    prompt, completion = count(usage.get("prompt_tokens")), count(usage.get("completion_tokens"))
    thought = count(members(usage.get("completion_tokens_details")).get("reasoning_tokens"))
    total = count(usage.get("total_tokens"))
    if prompt is not None and completion is not None and thought and total == prompt + completion + thought:
        completion += thought  # xAI counts reasoning beside the completion, everyone else inside it
    return Usage(prompt, cached, count(read.get("cache_write_tokens")), completion)
