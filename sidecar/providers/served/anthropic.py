"""Messages as Anthropic serves them.

Source: docs.claude.com, API, messages and streaming messages (2026-11).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sidecar.providers.carrying import image_of, image_of_url, texts_of
from sidecar.providers.reading import NotTheDialect, members, text_of
from sidecar.providers.served.bodies import (
    as_effort,
    as_limit,
    as_number,
    as_object,
    as_objects,
    as_stops,
    as_tool,
    as_turns,
    budget_effort,
    own_parts,
    to_json,
    typed_event,
    words_in,
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

__all__ = ["ServedMessages"]

_FINISH: dict[Finish, str] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tools": "tool_use",
    "refused": "refusal",
    "other": "end_turn",
}


class ServedMessages:
    """The `anthropic` dialect, served."""

    def read_request(self, body: Any, *, model_id: str = "") -> Request:
        asked = as_object(body)
        messages = as_turns(asked, "messages")
        system, tools = asked.get("system"), as_objects(asked.get("tools"))
        thinking, output = members(asked.get("thinking")), members(asked.get("output_config"))
        wanted = members(output.get("format")) or members(asked.get("output_format"))
        return Request(
            model_id=text_of(asked.get("model")) or model_id,
            messages=joined(_turn(message) for message in messages),
            system=texts_of(system) or None,
            limit_tokens=as_limit(asked.get("max_tokens")),
            schema=members(wanted.get("schema")) or None,
            effort=as_effort(output.get("effort")) or budget_effort(thinking.get("budget_tokens")),
            # Tools of Anthropic's own (a `type` and no schema) are run by Anthropic, which nobody else can do.
            tools=tuple(as_tool(tool, "input_schema") for tool in tools if "input_schema" in tool),
            tool_choice=_choice(members(asked.get("tool_choice"))),
            temperature=as_number(asked.get("temperature")),
            stop=as_stops(asked.get("stop_sequences")),
            cache_system=any("cache_control" in block for block in (*as_objects(system), *tools)),
        )

    def whole(self, answer: Answer) -> Any:
        content = [_block(part) for part in own_parts(answer, "anthropic")]
        return {
            **_head(answer),
            "content": content,
            "stop_reason": _FINISH[answer.finish],
            "usage": _usage(answer.usage),
        }

    def stream(self, answer: Answer) -> Iterator[bytes]:
        start = {
            **_head(answer),
            "content": [],
            "stop_reason": None,
            "usage": {**_usage(answer.usage), "output_tokens": 1},
        }
        yield typed_event("message_start", message=start)
        for index, part in enumerate(own_parts(answer, "anthropic")):
            opening, deltas = _growing(part)
            yield typed_event("content_block_start", index=index, content_block=opening)
            for delta in deltas:
                yield typed_event("content_block_delta", index=index, delta=delta)
            yield typed_event("content_block_stop", index=index)
        stop = {"stop_reason": _FINISH[answer.finish], "stop_sequence": None}
        yield typed_event("message_delta", delta=stop, usage={"output_tokens": answer.usage.output_tokens or 0})
        yield typed_event("message_stop")


def _turn(message: Mapping[str, Any]) -> Message:
    content = message.get("content")
    role = message.get("role")
    if role not in ("user", "assistant"):
        raise NotTheDialect(f"a message of the role `{role}`")
    if isinstance(content, str):
        return Message(role, content)
    blocks = as_objects(content)
    parts = tuple(part for block in blocks if (part := _part(block)) is not None)
    return Message(role, parts, cache=any("cache_control" in block for block in blocks))


def _part(block: Mapping[str, Any]) -> Part | None:
    match block.get("type"):
        case "text":
            return Text(text_of(block.get("text")))
        case "image":
            return _image(members(block.get("source")))
        case "tool_use":
            return ToolCall(text_of(block.get("id")), text_of(block.get("name")), members(block.get("input")))
        case "tool_result":
            content = block.get("content")
            inner = [Text(content)] if isinstance(content, str) and content else map(_part, as_objects(content))
            kept = tuple(part for part in inner if isinstance(part, Text | Image))
            return ToolResult(text_of(block.get("tool_use_id")), kept, is_error=block.get("is_error") is True)
        case "thinking" | "redacted_thinking":
            return Reasoning("anthropic", {name: value for name, value in block.items() if name != "cache_control"})
    return None


def _image(source: Mapping[str, Any]) -> Image:
    if source.get("type") == "base64":
        return image_of(source.get("media_type"), source.get("data"))
    return image_of_url(source.get("url"))


def _choice(choice: Mapping[str, Any]) -> str:
    kind = text_of(choice.get("type"))
    return text_of(choice.get("name")) if kind == "tool" else {"any": "required", "none": "none"}.get(kind, "auto")


def _block(part: Part) -> dict[str, Any]:
    if isinstance(part, ToolCall):
        return {"type": "tool_use", "id": part.id, "name": part.name, "input": dict(part.arguments)}
    if isinstance(part, Reasoning):
        return dict(part.block)
    return {"type": "text", "text": words_in(part)}


def _growing(part: Part) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A block as it opens, and what it then grows by."""
    block = _block(part)
    match block["type"]:
        case "text":
            return {**block, "text": ""}, [{"type": "text_delta", "text": block["text"]}]
        case "tool_use":
            return {**block, "input": {}}, [
                {"type": "input_json_delta", "partial_json": to_json(block["input"]).decode()}
            ]
        case "thinking":
            deltas = [{"type": "thinking_delta", "thinking": text_of(block.get("thinking"))}]
            if "signature" in block:
                deltas.append({"type": "signature_delta", "signature": text_of(block["signature"])})
                return {**block, "thinking": "", "signature": ""}, deltas
            return {**block, "thinking": ""}, deltas
    return block, []


def _head(answer: Answer) -> dict[str, Any]:
    head = {"id": "msg_sidecar", "type": "message", "role": "assistant", "model": answer.model_id or ""}
    return {**head, "stop_sequence": None}


def _usage(usage: Usage) -> dict[str, Any]:
    read, written = usage.cached_tokens or 0, usage.cache_write_tokens or 0
    return {
        "input_tokens": max(0, (usage.input_tokens or 0) - read - written),
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": written,
        "output_tokens": usage.output_tokens or 0,
    }
