"""The `openai-responses` dialect: OpenAI's Responses API, without anything kept at OpenAI.

Source: platform.openai.com, API reference, responses, create and streaming; guides, reasoning, encrypted
reasoning items (2026-11). `store` is false, so what a reasoning model thought comes back encrypted, and goes
back unchanged with the tool calls it belongs to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sidecar.providers.calling import Call, address, as_json, headers_for, tellable
from sidecar.providers.carrying import arguments_text, data_url, fitting_id, marked, own_reasoning
from sidecar.providers.failing import is_error
from sidecar.providers.reading import ErrorInReply, NotTheDialect, Reading, arguments_of, count, members, parse, text_of
from sidecar.providers.vocabulary import Access, Finish, Image, Message, Request, Text, ToolCall, ToolResult, Usage

__all__ = ["OpenAIResponses"]

_REASONS = re.compile(r"(?:o\d|gpt-(?:[5-9]|\d\d)|codex)")
"""Models that think; any other refuses to be asked for encrypted reasoning."""

_ID = re.compile(r"[\x20-\x7e]{1,64}")

_INCOMPLETE: dict[str, Finish] = {"max_output_tokens": "length", "content_filter": "refused"}

_ENDS = frozenset({"response.completed", "response.incomplete", "response.failed"})

_ANSWERING = re.compile(r"response\.(?:output|content_part|refusal|reasoning|function_call)")


class OpenAIResponses:
    """Writes Responses requests and reads their replies, streamed or whole."""

    def prepare(self, request: Request, access: Access) -> Call:
        request, untold = tellable(request, access)
        body: dict[str, Any] = {
            "model": request.model_id,
            "input": [item for message in request.messages for item in _items(message)],
            "store": False,
            "stream": True,
        }
        if request.system:
            body["instructions"] = request.system
        if request.limit_tokens is not None:
            body["max_output_tokens"] = request.limit_tokens
        if request.schema is not None:
            schema = {"type": "json_schema", "name": "answer", "schema": dict(request.schema), "strict": False}
            body["text"] = {"format": schema}
        if request.effort is not None:
            body["reasoning"] = {"effort": request.effort}
        if request.temperature is not None:
            body["temperature"] = request.temperature
        if request.tools:
            body.update(_tools(request))
            if _REASONS.match(request.model_id):
                body["include"] = ["reasoning.encrypted_content"]
        notes = (f"`{access.provider}` has no stop sequences; they were left out",) if request.stop else ()
        headers = headers_for(access, "authorization", "Bearer ")
        return Call(address(access.base_url, "/responses"), headers, as_json(body), (*notes, *untold))

    def reading(self, request: Request) -> Reading:
        return _ResponseReading(fenced=request.schema is not None)


def _tools(request: Request) -> dict[str, Any]:
    tools = [
        {
            "type": "function",
            "name": tool.name,
            "description": tool.description,
            "parameters": dict(tool.schema),
            "strict": False,
        }
        for tool in request.tools
    ]
    named = {"type": "function", "name": request.tool_choice}
    return {
        "tools": tools,
        "tool_choice": request.tool_choice if request.tool_choice in ("auto", "none", "required") else named,
    }


def _items(message: Message) -> Iterator[dict[str, Any]]:
    """One turn as items: words and images together, calls, results and reasoning each by itself."""
    said: list[Any] = []
    for part in message.parts:
        if isinstance(part, Text | Image):
            said.append(_piece(part, message.role))
            continue
        if said:
            yield _message(message.role, said)
            said = []
        if isinstance(part, ToolCall):
            arguments = arguments_text(part.arguments)
            call_id = fitting_id(part.id, _ID)
            yield {"type": "function_call", "call_id": call_id, "name": part.name, "arguments": arguments}
        elif isinstance(part, ToolResult):
            output = [_piece(inner, "user") for inner in marked(part)]
            whole = output[0]["text"] if len(output) == 1 and output[0]["type"] == "input_text" else output
            yield {"type": "function_call_output", "call_id": fitting_id(part.call_id, _ID), "output": whole or ""}
        else:
            block = own_reasoning(part, "openai-responses") or {}
            if block.get("encrypted_content"):  # without it the item would be looked for where nothing is stored
                yield dict(block)
    if said:
        yield _message(message.role, said)


def _message(role: str, said: list[Any]) -> dict[str, Any]:
    is_text = len(said) == 1 and said[0]["type"] in ("input_text", "output_text")
    return {"role": role, "content": said[0]["text"] if is_text else said}


def _piece(part: Text | Image, role: str) -> dict[str, Any]:
    if isinstance(part, Image):
        return {"type": "input_image", "image_url": data_url(part)}
    return {"type": "output_text" if role == "assistant" else "input_text", "text": part.text}


class _ResponseReading(Reading):
    dialect = "openai-responses"

    def __init__(self, *, fenced: bool) -> None:
        super().__init__(fenced=fenced)
        self._refusal = False

    def event(self, name: str, data: bytes) -> str | None:
        if data.startswith(b"[DONE]"):  # compatible servers
            return None
        event = parse(data)
        if not isinstance(event, dict):
            raise NotTheDialect("an event that is no object")
        kind = text_of(event.get("type")) or name
        if "error" in (kind, name) or is_error(event):
            raise ErrorInReply(event)
        if kind in _ENDS:
            return self._end(members(event.get("response")))
        place = event.get("output_index")
        match kind:
            case "response.created":
                self.model_id = text_of(members(event.get("response")).get("model")) or None
            case "response.output_text.delta":
                return self.say(text_of(event.get("delta")))
            case "response.refusal.delta":
                self._refusal = True
                return self.say(text_of(event.get("delta")))
            case "response.function_call_arguments.delta":
                self.call(place, piece=text_of(event.get("delta")))
            case "response.output_item.added" if members(event.get("item")).get("type") == "function_call":
                self._named(place, members(event.get("item")))
            case "response.output_item.done":
                self._done(place, members(event.get("item")))
        return "" if _ANSWERING.match(kind) else None

    def whole(self, body: Any) -> None:
        if is_error(body):
            raise ErrorInReply(body)
        if not isinstance(body, dict) or not isinstance(body.get("output"), list):
            raise NotTheDialect("JSON without `output`")
        self._end(body)

    def _end(self, response: Mapping[str, Any]) -> str:
        if is_error(response) or response.get("status") == "failed":
            raise ErrorInReply({"error": response.get("error") or {"message": "the response failed", "code": "failed"}})
        self.model_id = text_of(response.get("model")) or self.model_id
        self.usage = _usage(members(response.get("usage")))
        text = ""
        if not self._made:  # a whole reply, or a server that sends no deltas
            output = response.get("output")
            for place, item in enumerate(output if isinstance(output, list) else ()):
                text += self._item(place, members(item))
        reason = text_of(members(response.get("incomplete_details")).get("reason"))
        if response.get("status") == "incomplete":
            self.finish = _INCOMPLETE.get(reason, "other")
        else:
            self.finish = "refused" if self._refusal else "tools" if self.calls else "stop"
        self.done = True
        return text

    def _item(self, place: object, item: Mapping[str, Any]) -> str:
        """One item of a whole reply."""
        if item.get("type") != "message":
            self._done(place, item)
            return ""
        text = ""
        content = item.get("content")
        for part in map(members, content if isinstance(content, list) else ()):
            self._refusal = self._refusal or part.get("type") == "refusal"
            text += self.say(text_of(part.get("text")) or text_of(part.get("refusal")))
        return text

    def _named(self, place: object, item: Mapping[str, Any]) -> None:
        self.call(place, call_id=text_of(item.get("call_id")), name=text_of(item.get("name")))

    def _done(self, place: object, item: Mapping[str, Any]) -> None:
        """An item that is complete: what it says now holds, whatever its pieces were."""
        if item.get("type") == "function_call":
            self._named(place, item)
            self.call(place, arguments=arguments_of(item.get("arguments")))
        elif item.get("type") == "reasoning":
            self.think(place, **item)


def _usage(usage: Mapping[str, Any]) -> Usage:
    return Usage(
        input_tokens=count(usage.get("input_tokens")),
        cached_tokens=count(members(usage.get("input_tokens_details")).get("cached_tokens")),
        output_tokens=count(usage.get("output_tokens")),
    )
