"""Chat Completions as OpenAI serves them.

Source: platform.openai.com, API reference, chat, create and streaming (2026-11).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sidecar.providers.carrying import arguments_text, image_of_url, texts_of, unmarked
from sidecar.providers.reading import arguments_of, members, text_of
from sidecar.providers.served.bodies import (
    as_effort,
    as_limit,
    as_number,
    as_object,
    as_objects,
    as_stops,
    as_tool,
    as_turns,
    event,
    own_parts,
)
from sidecar.providers.vocabulary import (
    Answer,
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
    joined,
)

__all__ = ["ServedChat"]

_FINISH: dict[Finish, str] = {
    "stop": "stop",
    "length": "length",
    "tools": "tool_calls",
    "refused": "content_filter",
    "other": "stop",
}

_PICTURE = re.compile(r"(?s)\[image (\d+) of the result of (.*)\]")
"""What `openai_chat.picture_name` writes."""

_REASONING = ("reasoning_content", "reasoning", "reasoning_details")


class ServedChat:
    """The `openai-chat` dialect, served."""

    def read_request(self, body: Any, *, model_id: str = "") -> Request:
        asked = as_object(body)
        messages = as_turns(asked, "messages")
        system = [texts_of(each.get("content")) for each in messages if each.get("role") in ("system", "developer")]
        wanted = members(asked.get("response_format"))
        schema = members(members(wanted.get("json_schema")).get("schema")) or None
        if schema is None and wanted.get("type") == "json_object":
            schema = {"type": "object"}
        return Request(
            model_id=text_of(asked.get("model")) or model_id,
            messages=joined(_with_pictures(_turns(messages))),
            system="\n\n".join(system) or None,
            limit_tokens=as_limit(asked.get("max_completion_tokens")) or as_limit(asked.get("max_tokens")),
            schema=schema,
            effort=as_effort(asked.get("reasoning_effort")) or as_effort(members(asked.get("reasoning")).get("effort")),
            tools=tuple(
                as_tool(members(tool.get("function")), "parameters")
                for tool in as_objects(asked.get("tools"))
                if members(tool.get("function"))
            ),
            tool_choice=_choice(asked.get("tool_choice")),
            temperature=as_number(asked.get("temperature")),
            stop=as_stops(asked.get("stop")),
        )

    def whole(self, answer: Answer) -> Any:
        message: dict[str, Any] = {"role": "assistant", "content": answer.text or None}
        calls: list[Any] = []
        for part in own_parts(answer, "openai-chat"):
            if isinstance(part, Reasoning):
                message.update(part.block)
            elif isinstance(part, ToolCall):
                calls.append(_call(part))
        if calls:
            message["tool_calls"] = calls
        choice = {"index": 0, "message": message, "finish_reason": _FINISH[answer.finish]}
        return {**_head(answer, "chat.completion"), "choices": [choice], "usage": _usage(answer.usage)}

    def stream(self, answer: Answer) -> Iterator[bytes]:
        yield _chunk(answer, {"role": "assistant", "content": ""})
        number = 0
        for part in own_parts(answer, "openai-chat"):
            if isinstance(part, Text):
                yield _chunk(answer, {"content": part.text})
            elif isinstance(part, Reasoning):
                yield _chunk(answer, dict(part.block))
            elif isinstance(part, ToolCall):
                call = _call(part)
                arguments = call["function"].pop("arguments")
                opening = {**call, "index": number, "function": {**call["function"], "arguments": ""}}
                yield _chunk(answer, {"tool_calls": [opening]})
                yield _chunk(answer, {"tool_calls": [{"index": number, "function": {"arguments": arguments}}]})
                number += 1
        yield _chunk(answer, {}, _FINISH[answer.finish])
        yield event({**_head(answer, "chat.completion.chunk"), "choices": [], "usage": _usage(answer.usage)})
        yield b"data: [DONE]\n\n"


def _turns(messages: list[Mapping[str, Any]]) -> Iterator[Message]:
    for message in messages:
        content = message.get("content")
        match message.get("role"):
            case "tool":
                call_id = text_of(message.get("tool_call_id"))
                yield Message("user", (unmarked(call_id, _content(content)),))
            case "user":
                yield Message("user", tuple(_content(content)))
            case "assistant":
                calls = as_objects(message.get("tool_calls"))
                yield Message(
                    "assistant", (*_thoughts(message), *_content(content), *(_called(call) for call in calls))
                )


def _content(content: Any) -> list[Text | Image]:
    if not isinstance(content, list):
        return [Text(text_of(content))] if content else []
    parts: list[Text | Image] = []
    for part in as_objects(content):
        if part.get("type") == "image_url":
            parts.append(image_of_url(members(part.get("image_url")).get("url")))
        elif part.get("type") in ("text", "refusal"):
            parts.append(Text(text_of(part.get("text")) or text_of(part.get("refusal"))))
    return parts


def _thoughts(message: Mapping[str, Any]) -> list[Part]:
    block = {name: message[name] for name in _REASONING if message.get(name)}
    return [Reasoning("openai-chat", block)] if block else []


def _called(call: Mapping[str, Any]) -> ToolCall:
    function = members(call.get("function"))
    return ToolCall(text_of(call.get("id")), text_of(function.get("name")), arguments_of(function.get("arguments")))


def _with_pictures(turns: Iterator[Message]) -> list[Message]:
    """The turns with the images that stand behind tool results moved back into them."""
    messages = list(turns)
    pictures: dict[str, Image] = {}
    kept: list[Message] = []
    for message in messages:
        parts: list[Part] = []
        name = ""
        for part in message.parts:
            if isinstance(part, Image) and name:
                pictures[name] = part
                parts.pop()
            else:
                parts.append(part)
            is_name = message.role == "user" and isinstance(part, Text) and _PICTURE.fullmatch(part.text)
            name = part.text if is_name and isinstance(part, Text) else ""
        kept.append(Message(message.role, tuple(parts)))
    if not pictures:
        return messages
    return [Message(each.role, tuple(_pictured(part, pictures) for part in each.parts)) for each in kept]


def _pictured(part: Part, pictures: Mapping[str, Image]) -> Part:
    if not isinstance(part, ToolResult):
        return part
    content = tuple(pictures.get(inner.text, inner) if isinstance(inner, Text) else inner for inner in part.content)
    return ToolResult(part.call_id, content, is_error=part.is_error)


def _choice(choice: Any) -> str:
    return text_of(choice) or text_of(members(members(choice).get("function")).get("name")) or "auto"


def _call(part: ToolCall) -> dict[str, Any]:
    function = {"name": part.name, "arguments": arguments_text(part.arguments)}
    return {"id": part.id, "type": "function", "function": function}


def _head(answer: Answer, kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-sidecar", "object": kind, "created": 0, "model": answer.model_id or ""}


def _chunk(answer: Answer, delta: dict[str, Any], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return event({**_head(answer, "chat.completion.chunk"), "choices": [choice]})


def _usage(usage: Usage) -> dict[str, Any]:
    read, written = usage.input_tokens or 0, usage.output_tokens or 0
    details: dict[str, Any] = {"cached_tokens": usage.cached_tokens or 0}
    if usage.cache_write_tokens is not None:
        details["cache_write_tokens"] = usage.cache_write_tokens
    counts = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
    return {**counts, "prompt_tokens_details": details}
