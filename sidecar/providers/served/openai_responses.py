"""Responses as OpenAI serves them, without anything kept between two of them.

Source: platform.openai.com, API reference, responses, create and streaming (2026-11).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sidecar.providers.carrying import arguments_text, image_of_url, texts_of, unmarked
from sidecar.providers.reading import NotTheDialect, arguments_of, members, text_of
from sidecar.providers.served.bodies import (
    as_effort,
    as_limit,
    as_number,
    as_object,
    as_objects,
    as_tool,
    own_parts,
    typed_event,
    words_in,
)
from sidecar.providers.vocabulary import (
    Answer,
    Image,
    Message,
    Part,
    Reasoning,
    Request,
    Text,
    ToolCall,
    Usage,
    joined,
)

__all__ = ["ServedResponses"]


class ServedResponses:
    """The `openai-responses` dialect, served."""

    def read_request(self, body: Any, *, model_id: str = "") -> Request:
        asked = as_object(body)
        given = asked.get("input")
        items = [{"role": "user", "content": given}] if isinstance(given, str) else as_objects(given)
        if not items:
            raise NotTheDialect("a request without `input`")
        if asked.get("previous_response_id"):
            raise NotTheDialect(
                "a request that goes on from a kept response, and none is kept here; send all of `input`"
            )
        system = [texts_of(each.get("content")) for each in items if each.get("role") in ("system", "developer")]
        wanted, choice = members(members(asked.get("text")).get("format")), asked.get("tool_choice")
        return Request(
            model_id=text_of(asked.get("model")) or model_id,
            messages=joined(turn for item in items if (turn := _turn(item)) is not None),
            system="\n\n".join(each for each in (text_of(asked.get("instructions")), *system) if each) or None,
            limit_tokens=as_limit(asked.get("max_output_tokens")),
            schema=members(wanted.get("schema")) or None,
            effort=as_effort(members(asked.get("reasoning")).get("effort")),
            tools=tuple(
                as_tool(tool, "parameters") for tool in as_objects(asked.get("tools")) if tool.get("type") == "function"
            ),
            tool_choice=text_of(choice) or text_of(members(choice).get("name")) or "auto",
            temperature=as_number(asked.get("temperature")),
        )

    def whole(self, answer: Answer) -> Any:
        return _response(
            answer, [_item(place, part) for place, part in enumerate(own_parts(answer, "openai-responses"))]
        )

    def stream(self, answer: Answer) -> Iterator[bytes]:
        yield typed_event(
            "response.created", response={**_response(answer, []), "status": "in_progress", "usage": None}
        )
        items: list[Any] = []
        for place, part in enumerate(own_parts(answer, "openai-responses")):
            item = _item(place, part)
            items.append(item)
            where = {"output_index": place, "item_id": item.get("id", "")}
            if isinstance(part, Text):
                yield typed_event("response.output_item.added", output_index=place, item={**item, "content": []})
                yield typed_event("response.output_text.delta", **where, content_index=0, delta=part.text)
            elif isinstance(part, ToolCall):
                yield typed_event("response.output_item.added", output_index=place, item={**item, "arguments": ""})
                yield typed_event("response.function_call_arguments.delta", **where, delta=item["arguments"])
            else:
                yield typed_event("response.output_item.added", output_index=place, item={"type": item["type"]})
            yield typed_event("response.output_item.done", output_index=place, item=item)
        response = _response(answer, items)
        yield typed_event(f"response.{response['status']}", response=response)


def _turn(item: Mapping[str, Any]) -> Message | None:
    match item.get("type", "message"):
        case "function_call":
            call_id, name = text_of(item.get("call_id")), text_of(item.get("name"))
            return Message("assistant", (ToolCall(call_id, name, arguments_of(item.get("arguments"))),))
        case "function_call_output":
            return Message("user", (unmarked(text_of(item.get("call_id")), _content(item.get("output"))),))
        case "reasoning":
            return Message("assistant", (Reasoning("openai-responses", dict(item)),))
        case "message" if item.get("role") in ("user", "assistant"):
            content = tuple(_content(item.get("content")))
            return Message("assistant" if item.get("role") == "assistant" else "user", content)
    return None


def _content(content: Any) -> list[Text | Image]:
    if not isinstance(content, list):
        return [Text(text_of(content))] if content else []
    parts: list[Text | Image] = []
    for part in as_objects(content):
        match part.get("type"):
            case "input_text" | "output_text" | "text":
                parts.append(Text(text_of(part.get("text"))))
            case "refusal":
                parts.append(Text(text_of(part.get("refusal"))))
            case "input_image":
                parts.append(image_of_url(part.get("image_url")))
    return parts


def _item(place: int, part: Part) -> dict[str, Any]:
    if isinstance(part, Reasoning):
        return dict(part.block)
    if isinstance(part, ToolCall):
        call = {"type": "function_call", "id": f"fc_{place}", "call_id": part.id, "name": part.name}
        return {**call, "arguments": arguments_text(part.arguments), "status": "completed"}
    content = [{"type": "output_text", "text": words_in(part), "annotations": []}]
    return {"type": "message", "id": f"msg_{place}", "role": "assistant", "content": content, "status": "completed"}


def _response(answer: Answer, output: list[Any]) -> dict[str, Any]:
    reason = {"length": "max_output_tokens", "refused": "content_filter"}.get(answer.finish)
    return {
        "id": "resp_sidecar",
        "object": "response",
        "created_at": 0,
        "status": "completed" if reason is None else "incomplete",
        "error": None,
        "incomplete_details": None if reason is None else {"reason": reason},
        "model": answer.model_id or "",
        "output": output,
        "usage": _usage(answer.usage),
    }


def _usage(usage: Usage) -> dict[str, Any]:
    read, written = usage.input_tokens or 0, usage.output_tokens or 0
    return {
        "input_tokens": read,
        "input_tokens_details": {"cached_tokens": usage.cached_tokens or 0},
        "output_tokens": written,
        "total_tokens": read + written,
    }
