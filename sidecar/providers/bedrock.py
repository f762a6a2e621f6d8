"""The `bedrock` dialect: Amazon Bedrock's ConverseStream, one format for the models of every vendor there.

Source: docs.aws.amazon.com, Amazon Bedrock API reference, ConverseStream, and user guide, prompt caching and
API keys (2026-11). Called with a Bedrock API key as a bearer token, or with a pair of AWS keys that sign the
request; the region stands in the address.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from sidecar.providers.anthropic import thinking_of
from sidecar.providers.calling import Call, address, as_json, headers_for, no_effort, schema_in_words
from sidecar.providers.carrying import base64_of, fitting_id, own_reasoning
from sidecar.providers.failing import is_error
from sidecar.providers.reading import ErrorInReply, NotTheDialect, Reading, count, members, parse, text_of
from sidecar.providers.sigv4 import Signer
from sidecar.providers.vocabulary import (
    Access,
    Finish,
    Image,
    Message,
    Part,
    Request,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Usage,
)

__all__ = ["Bedrock"]

_FINISH: dict[str, Finish] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "tools",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "guardrail_intervened": "refused",
    "content_filtered": "refused",
}

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")

_CACHE_POINT = {"cachePoint": {"type": "default"}}

_CACHES = re.compile(r"anthropic\.claude|amazon\.nova")
"""Models that take cache points; any other refuses them."""

_REGION = re.compile(r"bedrock-runtime(?:-fips)?\.([a-z0-9-]+)\.")


class Bedrock:
    """Writes ConverseStream requests and reads their replies, streamed or whole. *now* is the signature's time."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(tz=UTC)) -> None:
        self._now = now

    def prepare(self, request: Request, access: Access) -> Call:
        caches = _CACHES.search(request.model_id) is not None
        body: dict[str, Any] = {"messages": [_message(message, caches=caches) for message in request.messages]}
        words = schema_in_words(request.schema) if request.schema is not None else None
        system: list[Any] = [{"text": text} for text in (request.system, words) if text]
        if system:
            body["system"] = [*system, _CACHE_POINT] if request.cache_system and caches else system
        inference: dict[str, Any] = {}
        effort = _effort(request)
        if request.limit_tokens is not None:
            inference["maxTokens"] = request.limit_tokens
        if request.temperature is not None and "thinking" not in (effort or {}):
            inference["temperature"] = request.temperature
        if request.stop:
            inference["stopSequences"] = list(request.stop)
        if inference:
            body["inferenceConfig"] = inference
        if effort:
            body["additionalModelRequestFields"] = effort
        body.update(_tools(request))
        notes = no_effort(access, request) if effort is None else ()
        return self._call(request, access, as_json(body), notes)

    def reading(self, request: Request) -> Reading:
        return _ConverseReading(fenced=request.schema is not None)

    def _call(self, request: Request, access: Access, body: bytes, notes: tuple[str, ...]) -> Call:
        url = address(access.base_url, f"/model/{quote(request.model_id, safe='')}/converse-stream")
        fixed = {"accept": "application/vnd.amazon.eventstream, application/json"}
        headers = headers_for(access, "authorization", "Bearer ", **fixed)
        return Call(url, signed_headers(access, "POST", url, headers, body, at=self._now()), body, notes)


def signed_headers(
    access: Access, method: str, url: str, headers: Mapping[str, str], body: bytes, *, at: datetime
) -> dict[str, str]:
    """*headers* with a signature in place of the key, where *access* has a pair of keys; else as they are."""
    if not (access.key_id and access.key):
        return dict(headers)
    kept = {name: value for name, value in headers.items() if name != "authorization"}
    signer = Signer(access.key_id, access.key, _region(access), "bedrock", access.session_token)
    # Only what no proxy changes is signed.
    signed = {name: value for name, value in kept.items() if name == "content-type"}
    return kept | signer.headers(method, url, signed, body, at=at)


def _region(access: Access) -> str:
    found = _REGION.search(access.base_url)
    return access.region or (found[1] if found else "us-east-1")


def _effort(request: Request) -> dict[str, Any] | None:
    """The effort in the words of the vendor whose model it is; None where there are none.

    Source: Bedrock user guide, extended and adaptive thinking (Claude), Nova 2 reasoning, OpenAI models (2026-11).
    """
    if request.effort is None:
        return {}
    if "anthropic.claude" in request.model_id:
        return thinking_of(request)
    if "amazon.nova-2" in request.model_id:
        return {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": request.effort}}
    if "openai." in request.model_id:
        return {"reasoning_effort": request.effort}
    return None


def _tools(request: Request) -> dict[str, Any]:
    # `none` cannot be said; tools are then left out, unless the conversation has calls, which without them is a 400.
    has_calls = any(isinstance(part, ToolCall) for message in request.messages for part in message.parts)
    if not request.tools or (request.tool_choice == "none" and not has_calls):
        return {}
    tools: list[Any] = [{"toolSpec": _tool_spec(tool)} for tool in request.tools]
    if request.tool_choice in ("auto", "none"):
        return {"toolConfig": {"tools": tools}}
    named: dict[str, Any] = {"tool": {"name": request.tool_choice}}
    choice = {"any": {}} if request.tool_choice == "required" else named
    return {"toolConfig": {"tools": tools, "toolChoice": choice}}


def _tool_spec(tool: Tool) -> dict[str, Any]:
    spec = {"name": tool.name, "inputSchema": {"json": dict(tool.schema)}}
    return {**spec, "description": tool.description} if tool.description else spec  # an empty one is refused


def _message(message: Message, *, caches: bool) -> dict[str, Any]:
    blocks = [block for part in message.parts if (block := _block(part)) is not None]
    if message.cache and caches and blocks:
        blocks.append(_CACHE_POINT)
    return {"role": message.role, "content": blocks}


def _block(part: Part) -> dict[str, Any] | None:
    match part:
        case Text():
            return {"text": part.text}
        case Image():
            kind = part.media_type.partition("/")[2]
            return {"image": {"format": "jpeg" if kind == "jpg" else kind, "source": {"bytes": base64_of(part)}}}
        case ToolCall():
            call_id = fitting_id(part.id, _ID)
            return {"toolUse": {"toolUseId": call_id, "name": part.name, "input": dict(part.arguments)}}
        case ToolResult():
            content = [block for inner in part.content if (block := _block(inner)) is not None]
            status = "error" if part.is_error else "success"
            return {"toolResult": {"toolUseId": fitting_id(part.call_id, _ID), "content": content, "status": status}}
        case _:
            thought = own_reasoning(part, "bedrock")
            return None if thought is None else {"reasoningContent": dict(thought)}


class _ConverseReading(Reading):
    framing = "frames"
    dialect = "bedrock"

    def event(self, name: str, data: bytes) -> str | None:
        event = parse(data) if data else {}
        if name.startswith("!"):
            raise ErrorInReply({"error": {"code": name[1:], "message": text_of(members(event).get("message"))}})
        if not isinstance(event, dict):
            raise NotTheDialect("an event that is no object")
        place = event.get("contentBlockIndex")
        match name:
            case "contentBlockDelta":
                return self._grow(place, members(event.get("delta")))
            case "contentBlockStart":
                call = members(members(event.get("start")).get("toolUse"))
                if call:
                    self.call(place, call_id=text_of(call.get("toolUseId")), name=text_of(call.get("name")))
            case "messageStop":
                self._stop(event.get("stopReason"))
            case "metadata":  # the last event: with it the answer is whole
                self.usage = _usage(members(event.get("usage")))
                self.done = self.finish is not None
                return None
            case "contentBlockStop":
                pass
            case _:
                return None
        return ""

    def whole(self, body: Any) -> None:
        if is_error(body):
            raise ErrorInReply(body)
        content = members(members(members(body).get("output")).get("message")).get("content")
        if not isinstance(content, list):
            raise NotTheDialect("JSON without `output`")
        for place, block in enumerate(map(members, content)):
            call = members(block.get("toolUse"))
            if call:
                arguments = members(call.get("input"))
                call_id, name = text_of(call.get("toolUseId")), text_of(call.get("name"))
                self.call(place, call_id=call_id, name=name, arguments=arguments)
            if thought := members(block.get("reasoningContent")):
                self.think(place, **(members(thought.get("reasoningText")) or thought))
            self.say(text_of(block.get("text")))
        self._stop(members(body).get("stopReason"))
        self.finish = self.finish or "other"
        self.usage = _usage(members(members(body).get("usage")))
        self.done = True

    def _grow(self, place: object, delta: Mapping[str, Any]) -> str:
        call, thought = members(delta.get("toolUse")), members(delta.get("reasoningContent"))
        if call:
            self.call(place, piece=text_of(call.get("input")))
        if thought:  # holds one of text, signature and redacted content; the block wants the first two together
            self.think(place, **thought)
        return self.say(text_of(delta.get("text")))

    def block(self, thought: dict[str, Any]) -> Mapping[str, Any]:
        words = {name: thought[name] for name in ("text", "signature") if name in thought}
        return {"reasoningText": words} if words else thought

    def _stop(self, reason: Any) -> None:
        if isinstance(reason, str) and reason:
            self.finish = _FINISH.get(reason, "other")


def _usage(usage: Mapping[str, Any]) -> Usage:
    fresh = count(usage.get("inputTokens"))
    read, written = count(usage.get("cacheReadInputTokens")), count(usage.get("cacheWriteInputTokens"))
    return Usage(
        # As with Anthropic, `inputTokens` counts only what no cache was involved in.
        input_tokens=None if fresh is None else fresh + (read or 0) + (written or 0),
        cached_tokens=read,
        cache_write_tokens=written,
        output_tokens=count(usage.get("outputTokens")),
    )
