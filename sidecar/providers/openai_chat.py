"""The `openai-chat` dialect: Chat Completions, as OpenAI speaks it and as everyone else does nearly.

Where a host differs is data: `Quirks` in the catalogue. Source: platform.openai.com, API reference,
chat, create and streaming (2026-11); the hosts' own pages are named in `catalogue.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sidecar.providers.calling import Call, address, as_json, headers_for, schema_in_words, tellable
from sidecar.providers.carrying import arguments_text, data_url, fitting_id, marked, own_reasoning
from sidecar.providers.catalogue import Quirks, quirks
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
from sidecar.providers.vocabulary import Access, Finish, Image, Message, Request, Text, ToolCall, ToolResult, Usage

__all__ = ["OpenAIChat", "chat_body", "picture_name"]

_FINISH: dict[str, Finish] = {
    "stop": "stop",
    "eos": "stop",  # Together
    "tool_calls": "tools",
    "function_call": "tools",
    "length": "length",
    "max_tokens": "length",
    "model_length": "length",  # Mistral
    "content_filter": "refused",
    "sensitive": "refused",  # Z.ai
    "refusal": "refused",
}


_SHORT_ID = re.compile(r"[A-Za-z0-9]{9}")
_ANY_ID = re.compile(r"(?s).{1,40}")  # OpenAI refuses longer ones


class OpenAIChat:
    """Writes Chat Completions requests and reads their replies, streamed or whole."""

    def prepare(self, request: Request, access: Access) -> Call:
        quirk = quirks(access.provider, access.base_url)
        request, notes = tellable(request, access)
        headers = headers_for(access, "authorization", "Bearer ")
        body = as_json(chat_body(request, quirk))
        return Call(address(access.base_url, "/chat/completions"), headers, body, notes)

    def reading(self, request: Request) -> Reading:
        return _ChatReading(fenced=request.schema is not None)


def chat_body(request: Request, quirk: Quirks) -> dict[str, Any]:
    """The body of a Chat Completions request, for OpenAI and for a host that differs by *quirk*."""
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
    if request.effort is not None:
        body[quirk.effort] = {"effort": request.effort} if quirk.effort == "reasoning" else request.effort
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.stop:
        body["stop"] = list(request.stop)
    body.update(_tools(request))
    if system:
        body["messages"].append({"role": "system", "content": system})
    for message in request.messages:
        body["messages"] += _messages(message, quirk)
    return body


def _tools(request: Request) -> dict[str, Any]:
    if not request.tools:
        return {}
    functions = [
        {"name": tool.name, "description": tool.description, "parameters": dict(tool.schema)} for tool in request.tools
    ]
    tools = {"tools": [{"type": "function", "function": function} for function in functions]}
    if request.tool_choice == "auto":
        return tools
    named = {"type": "function", "function": {"name": request.tool_choice}}
    return {**tools, "tool_choice": request.tool_choice if request.tool_choice in ("none", "required") else named}


def _messages(message: Message, quirk: Quirks) -> Iterator[dict[str, Any]]:
    """One turn as Chat Completions write it: each tool result a message of its own, the rest behind them."""
    if isinstance(message.content, str):
        yield {"role": message.role, "content": message.content}
        return
    allowed = _SHORT_ID if quirk.short_ids else _ANY_ID
    length = 9 if quirk.short_ids else 24
    told: list[Any] = []
    said: list[Any] = []
    calls: list[dict[str, Any]] = []
    thought: dict[str, Any] = {}
    for part in message.parts:
        if isinstance(part, ToolResult):
            call_id = fitting_id(part.call_id, allowed, length=length)
            content, pictures = _result(call_id, marked(part))
            told += pictures
            yield {"role": "tool", "tool_call_id": call_id, "content": content}
        elif isinstance(part, ToolCall):
            function = {"name": part.name, "arguments": arguments_text(part.arguments)}
            call_id = fitting_id(part.id, allowed, length=length)
            calls.append({"id": call_id, "type": "function", "function": function})
        elif isinstance(part, Text):
            said.append({"type": "text", "text": part.text})
        elif isinstance(part, Image):
            said.append({"type": "image_url", "image_url": {"url": data_url(part)}})
        elif quirk.keeps_reasoning:
            thought.update(own_reasoning(part, "openai-chat") or {})
    content = told + said
    if calls:
        # Without words the content is null: an empty text is refused by some.
        yield {"role": message.role, "content": _plain(content) or None, **thought, "tool_calls": calls}
    elif content:
        yield {"role": message.role, "content": _plain(content), **thought}


def _plain(content: list[Any]) -> Any:
    """The content as a string where it is one text: the form that every host takes."""
    return content[0]["text"] if len(content) == 1 and content[0]["type"] == "text" else content


def _result(call_id: str, content: tuple[Text | Image, ...]) -> tuple[Any, list[Any]]:
    """A result's content, and its images for the user's message behind it: a tool's message takes texts only."""
    texts: list[Any] = []
    pictures: list[Any] = []
    for part in content:
        if isinstance(part, Text):
            texts.append({"type": "text", "text": part.text})
            continue
        name = picture_name(call_id, len(pictures) // 2 + 1)
        texts.append({"type": "text", "text": name})
        pictures.append({"type": "text", "text": name})
        pictures.append({"type": "image_url", "image_url": {"url": data_url(part)}})
    return _plain(texts) or "", pictures


def picture_name(call_id: str, number: int) -> str:
    """What stands in a tool's message for its image, and before the image in the user's message behind it."""
    return f"[image {number} of the result of {call_id}]"


class _ChatReading(Reading):
    dialect = "openai-chat"

    def __init__(self, *, fenced: bool) -> None:
        super().__init__(fenced=fenced)
        self._refusal = False
        self._details: list[Any] = []

    def event(self, name: str, data: bytes) -> str | None:
        if data.startswith(b"[DONE]"):
            self.done = True
            self.finish = self.finish or ("other" if self._made else None)
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
        thinks = self._think(delta)
        text = _content(delta.get("content"))
        refusal = text_of(delta.get("refusal"))
        if refusal:
            self._refusal = True
            text += refusal
        self.say(text)
        calls = delta.get("tool_calls")
        for place, call in enumerate(calls if isinstance(calls, list) else ()):
            self._call(members(call), place, whole=where == "message")
        reason = choice.get("finish_reason")
        if isinstance(reason, str) and reason:
            if reason == "error":  # OpenRouter: the upstream failed in the middle
                raise ErrorInReply(
                    choice if is_error(choice) else {"error": {"message": "the upstream failed", "type": "error"}}
                )
            self.finish = "refused" if self._refusal else _FINISH.get(reason, "other")
        return text if text or thinks or calls or reason or delta.get("content") else None

    def _call(self, call: Mapping[str, Any], place: int, *, whole: bool) -> None:
        function = members(call.get("function"))
        index = call.get("index")
        # Gemini's compatible endpoint leaves `index` out of its deltas, and each of them is a call by itself.
        key = index if isinstance(index, int) and not whole else (text_of(call.get("id")) or place)
        arguments = function.get("arguments")
        piece = arguments if isinstance(arguments, str) else ""
        parsed = arguments if isinstance(arguments, dict) else None  # some small servers send an object
        self.call(
            key, call_id=text_of(call.get("id")), name=text_of(function.get("name")), piece=piece, arguments=parsed
        )

    def _think(self, delta: Mapping[str, Any]) -> bool:
        """Keep what the model thought under the name the host has for it."""
        for name in ("reasoning_content", "reasoning"):  # DeepSeek, Moonshot, Z.ai; OpenRouter, Groq
            if text_of(delta.get(name)):
                self.think("thought", **{name: delta[name]})
        details = delta.get("reasoning_details")
        if isinstance(details, list) and details:
            self._details += details
            self.think("thought", reasoning_details=self._details)
        return bool(delta.get("reasoning_content") or delta.get("reasoning") or details)

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
