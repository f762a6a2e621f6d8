"""generateContent as Gemini serves it.

Source: ai.google.dev, Gemini API, generate content, function calling and thought signatures (2026-11).
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from sidecar.providers.carrying import image_of, texts_of
from sidecar.providers.gemini import NO_SIGNATURE
from sidecar.providers.reading import members, text_of
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
    event,
    own_parts,
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

__all__ = ["ServedContent"]

_FINISH: dict[Finish, str] = {
    "stop": "STOP",
    "length": "MAX_TOKENS",
    "tools": "STOP",
    "refused": "SAFETY",
    "other": "OTHER",
}


class ServedContent:
    """The `gemini` dialect, served. The model stands in the address, so *model_id* must be given."""

    def read_request(self, body: Any, *, model_id: str = "") -> Request:
        asked = as_object(body)
        contents = as_turns(asked, "contents")
        system = members(asked.get("systemInstruction")) or members(asked.get("system_instruction"))
        wanted = members(asked.get("generationConfig"))
        thinking = members(wanted.get("thinkingConfig"))
        calling = members(members(asked.get("toolConfig")).get("functionCallingConfig"))
        return Request(
            model_id=text_of(asked.get("model")) or model_id,
            messages=joined(_turns(contents)),
            system=texts_of(system.get("parts")) or None,
            limit_tokens=as_limit(wanted.get("maxOutputTokens")),
            schema=members(wanted.get("responseJsonSchema")) or members(wanted.get("responseSchema")) or None,
            effort=as_effort(thinking.get("thinkingLevel")) or budget_effort(thinking.get("thinkingBudget")),
            tools=tuple(_tools(asked)),
            tool_choice=_choice(calling),
            temperature=as_number(wanted.get("temperature")),
            stop=as_stops(wanted.get("stopSequences")),
        )

    def whole(self, answer: Answer) -> Any:
        return _response(answer, _parts(answer), _FINISH[answer.finish])

    def stream(self, answer: Answer) -> Iterator[bytes]:
        for part in _parts(answer):
            yield event(_response(answer, [part], None))
        yield event(_response(answer, [], _FINISH[answer.finish]))


def _turns(contents: list[Mapping[str, Any]]) -> Iterator[Message]:
    """The turns; calls without an id get one by their place, and results theirs by the order of their names."""
    open_calls: deque[ToolCall] = deque()
    made = 0
    for content in contents:
        parts: list[Part] = []
        for written in as_objects(content.get("parts")):
            call, result = members(written.get("functionCall")), members(written.get("functionResponse"))
            signature = text_of(written.get("thoughtSignature"))
            if written.get("thought"):
                parts.append(Reasoning("gemini", dict(written)))
                continue
            if signature and signature != NO_SIGNATURE:
                own = {} if call or text_of(written.get("text")) else {"text": ""}
                parts.append(Reasoning("gemini", {**own, "thoughtSignature": signature}))
            if call:
                made += 1
                call_id = text_of(call.get("id")) or f"call_{made}"
                called = ToolCall(call_id, text_of(call.get("name")), members(call.get("args")))
                open_calls.append(called)
                parts.append(called)
            elif result:
                parts.append(_result(result, _answered(result, open_calls)))
            elif members(written.get("inlineData")):
                parts.append(_image(written["inlineData"]))
            elif text_of(written.get("text")):
                parts.append(Text(written["text"]))
        yield Message("assistant" if content.get("role") == "model" else "user", tuple(parts))


def _answered(result: Mapping[str, Any], open_calls: deque[ToolCall]) -> str:
    """The id of the call that *result* answers: its own, or that of the first open call of its name."""
    call_id, name = text_of(result.get("id")), text_of(result.get("name"))
    found = next((call for call in open_calls if (call.id == call_id if call_id else call.name == name)), None)
    if found is not None:
        open_calls.remove(found)
    return call_id or (found.id if found is not None else name)


def _result(result: Mapping[str, Any], call_id: str) -> ToolResult:
    response = members(result.get("response"))
    is_error = response.keys() == {"error"}
    pictures = {
        text_of(members(part.get("inlineData")).get("displayName")): _image(members(part.get("inlineData")))
        for part in as_objects(result.get("parts"))
    }
    output = next(iter(response.values())) if response.keys() in ({"error"}, {"output"}) else response
    if isinstance(output, str):
        return ToolResult(call_id, (Text(output),) if output else (), is_error=is_error)
    if isinstance(output, list) and all(isinstance(each, str) or _refers(each, pictures) for each in output):
        content = tuple(Text(each) if isinstance(each, str) else pictures[each["$ref"]] for each in output)
        return ToolResult(call_id, content, is_error=is_error)
    words = (Text(json.dumps(output, ensure_ascii=False)),) if output else ()
    return ToolResult(call_id, (*words, *pictures.values()), is_error=is_error)


def _refers(value: Any, pictures: Mapping[str, Image]) -> bool:
    return text_of(members(value).get("$ref")) in pictures


def _image(data: Mapping[str, Any]) -> Image:
    return image_of(data.get("mimeType"), data.get("data"))


def _tools(asked: Mapping[str, Any]) -> Iterator[Tool]:
    for entry in as_objects(asked.get("tools")):
        for function in as_objects(entry.get("functionDeclarations")):
            yield as_tool(function, "parametersJsonSchema" if "parametersJsonSchema" in function else "parameters")


def _choice(calling: Mapping[str, Any]) -> str:
    names = calling.get("allowedFunctionNames")
    if calling.get("mode") == "ANY":
        return text_of(names[0]) if isinstance(names, list) and len(names) == 1 else "required"
    return "none" if calling.get("mode") == "NONE" else "auto"


def _parts(answer: Answer) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = []
    signature: dict[str, Any] = {}
    for part in own_parts(answer, "gemini"):
        if isinstance(part, Reasoning):
            if "text" in part.block:
                parts.append(dict(part.block))
            else:
                signature = dict(part.block)
            continue
        if isinstance(part, ToolCall):
            written: dict[str, Any] = {"functionCall": {"id": part.id, "name": part.name, "args": dict(part.arguments)}}
        else:
            written = {"text": words_in(part)}
        parts.append({**written, **signature})
        signature = {}
    return parts


def _response(answer: Answer, parts: list[dict[str, Any]], finish: str | None) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
    if finish is not None:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "usageMetadata": _usage(answer.usage), "modelVersion": answer.model_id or ""}


def _usage(usage: Usage) -> dict[str, Any]:
    read, written = usage.input_tokens or 0, usage.output_tokens or 0
    counts = {"promptTokenCount": read, "candidatesTokenCount": written, "totalTokenCount": read + written}
    return {**counts, "cachedContentTokenCount": usage.cached_tokens or 0}
