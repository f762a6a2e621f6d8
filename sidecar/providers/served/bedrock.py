"""Converse and ConverseStream as Amazon Bedrock serves them.

Source: docs.aws.amazon.com, Amazon Bedrock API reference, Converse and ConverseStream (2026-11).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sidecar.providers.carrying import image_of, texts_of
from sidecar.providers.framing import frame
from sidecar.providers.reading import members, text_of
from sidecar.providers.served.bodies import (
    as_effort,
    as_limit,
    as_number,
    as_object,
    as_objects,
    as_stops,
    as_turns,
    budget_effort,
    own_parts,
    to_json,
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
    Tool,
    ToolCall,
    ToolResult,
    Usage,
    joined,
)

__all__ = ["ServedConverse"]

_FINISH: dict[Finish, str] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tools": "tool_use",
    "refused": "content_filtered",
    "other": "end_turn",
}


class ServedConverse:
    """The `bedrock` dialect, served. The model stands in the address, so *model_id* must be given."""

    def read_request(self, body: Any, *, model_id: str = "") -> Request:
        asked = as_object(body)
        messages = as_turns(asked, "messages")
        system, inference = as_objects(asked.get("system")), members(asked.get("inferenceConfig"))
        config, more = members(asked.get("toolConfig")), members(asked.get("additionalModelRequestFields"))
        return Request(
            model_id=model_id,
            messages=joined(_turn(message) for message in messages),
            system=texts_of([block for block in system if "text" in block]) or None,
            limit_tokens=as_limit(inference.get("maxTokens")),
            effort=_effort(more),
            tools=tuple(
                _tool(members(tool.get("toolSpec"))) for tool in as_objects(config.get("tools")) if tool.get("toolSpec")
            ),
            tool_choice=_choice(members(config.get("toolChoice"))),
            temperature=as_number(inference.get("temperature")),
            stop=as_stops(inference.get("stopSequences")),
            cache_system=any("cachePoint" in block for block in (*system, *as_objects(config.get("tools")))),
        )

    def whole(self, answer: Answer) -> Any:
        message = {"role": "assistant", "content": [_block(part) for part in own_parts(answer, "bedrock")]}
        return {
            "output": {"message": message},
            "stopReason": _FINISH[answer.finish],
            "usage": _usage(answer.usage),
            "metrics": {"latencyMs": 0},
        }

    def stream(self, answer: Answer) -> Iterator[bytes]:
        yield _event("messageStart", {"role": "assistant"})
        for place, part in enumerate(own_parts(answer, "bedrock")):
            where = {"contentBlockIndex": place}
            if isinstance(part, ToolCall):
                start = {"toolUse": {"toolUseId": part.id, "name": part.name}}
                yield _event("contentBlockStart", {**where, "start": start})
            for delta in _deltas(part):
                yield _event("contentBlockDelta", {**where, "delta": delta})
            yield _event("contentBlockStop", where)
        yield _event("messageStop", {"stopReason": _FINISH[answer.finish]})
        yield _event("metadata", {"usage": _usage(answer.usage), "metrics": {"latencyMs": 0}})


def _turn(message: Mapping[str, Any]) -> Message:
    blocks = as_objects(message.get("content"))
    parts = tuple(part for block in blocks if (part := _part(block)) is not None)
    cache = any("cachePoint" in block for block in blocks)
    return Message("assistant" if message.get("role") == "assistant" else "user", parts, cache=cache)


def _part(block: Mapping[str, Any]) -> Part | None:
    call, result, image = (members(block.get(name)) for name in ("toolUse", "toolResult", "image"))
    if call:
        return ToolCall(text_of(call.get("toolUseId")), text_of(call.get("name")), members(call.get("input")))
    if result:
        inner = [_json_text(each) or _part(each) for each in as_objects(result.get("content"))]
        kept = tuple(part for part in inner if isinstance(part, Text | Image))
        return ToolResult(text_of(result.get("toolUseId")), kept, is_error=result.get("status") == "error")
    if image:
        return image_of(f"image/{text_of(image.get('format'))}", members(image.get("source")).get("bytes"))
    if members(block.get("reasoningContent")):
        return Reasoning("bedrock", dict(block["reasoningContent"]))
    return Text(text_of(block["text"])) if "text" in block else None


def _json_text(block: Mapping[str, Any]) -> Text | None:
    return Text(json.dumps(block["json"], ensure_ascii=False)) if "json" in block else None


def _effort(more: Mapping[str, Any]) -> Any:
    thinking = members(more.get("thinking"))
    return (
        as_effort(members(more.get("output_config")).get("effort"))
        or as_effort(members(more.get("reasoningConfig")).get("maxReasoningEffort"))
        or as_effort(more.get("reasoning_effort"))
        or budget_effort(thinking.get("budget_tokens"))
    )


def _tool(spec: Mapping[str, Any]) -> Tool:
    schema = members(members(spec.get("inputSchema")).get("json"))
    return Tool(text_of(spec.get("name")), text_of(spec.get("description")), schema)


def _choice(choice: Mapping[str, Any]) -> str:
    return text_of(members(choice.get("tool")).get("name")) or ("required" if "any" in choice else "auto")


def _block(part: Part) -> dict[str, Any]:
    if isinstance(part, ToolCall):
        return {"toolUse": {"toolUseId": part.id, "name": part.name, "input": dict(part.arguments)}}
    if isinstance(part, Reasoning):
        return {"reasoningContent": dict(part.block)}
    return {"text": words_in(part)}


def _deltas(part: Part) -> list[dict[str, Any]]:
    if isinstance(part, ToolCall):
        return [{"toolUse": {"input": to_json(part.arguments).decode()}}]
    if isinstance(part, Reasoning):
        words = members(part.block.get("reasoningText"))
        pieces = [{name: words[name]} for name in ("text", "signature") if name in words]
        if "redactedContent" in part.block:
            pieces.append({"redactedContent": part.block["redactedContent"]})
        return [{"reasoningContent": piece} for piece in pieces]
    return [{"text": words_in(part)}]


def _event(name: str, payload: dict[str, Any]) -> bytes:
    headers = {":event-type": name, ":content-type": "application/json", ":message-type": "event"}
    return frame(headers, to_json(payload))


def _usage(usage: Usage) -> dict[str, Any]:
    read, written = usage.cached_tokens or 0, usage.cache_write_tokens or 0
    fresh, said = max(0, (usage.input_tokens or 0) - read - written), usage.output_tokens or 0
    counts = {"inputTokens": fresh, "outputTokens": said, "totalTokens": fresh + read + written + said}
    return {**counts, "cacheReadInputTokens": read, "cacheWriteInputTokens": written}
