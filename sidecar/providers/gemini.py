"""The `gemini` dialect: generateContent, streamed.

Source: ai.google.dev, Gemini API, generate content, structured output, function calling
and thought signatures (2026-11). The key goes
into a header and never into the URL, where proxies and logs would see it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from sidecar.providers.calling import Call, address, as_json, headers_for, no_effort
from sidecar.providers.carrying import base64_of, call_names, own_reasoning
from sidecar.providers.failing import is_error
from sidecar.providers.reading import ErrorInReply, NotTheDialect, Reading, count, members, parse, text_of
from sidecar.providers.vocabulary import (
    Access,
    Effort,
    Finish,
    Image,
    Message,
    Reasoning,
    Request,
    Text,
    ToolCall,
    ToolResult,
    Usage,
)

__all__ = ["NO_SIGNATURE", "Gemini", "gemini_body", "stream_address"]

_FINISH: dict[str, Finish] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "SAFETY": "refused",
    "RECITATION": "refused",
    "PROHIBITED_CONTENT": "refused",
    "BLOCKLIST": "refused",
    "SPII": "refused",
    "IMAGE_SAFETY": "refused",
    "IMAGE_PROHIBITED_CONTENT": "refused",
    "IMAGE_RECITATION": "refused",
    "MODEL_ARMOR": "refused",
}

_KEYWORDS = {
    *("$anchor", "$defs", "$id", "$ref", "additionalProperties", "anyOf", "description", "enum", "format", "items"),
    *("maxItems", "maximum", "minItems", "minimum", "oneOf", "prefixItems", "properties", "required", "title", "type"),
}
"""What `responseJsonSchema` takes; anything else is a 400 (API reference, GenerationConfig). Leaving a
keyword out only loosens the schema, and the router validates against the whole one."""


NO_SIGNATURE = "skip_thought_signature_validator"
"""For a call that Gemini did not make itself: from Gemini 3 on, one without a signature is a 400 (ai.google.dev,
Gemini API, thought signatures, FAQ)."""

_BUDGETS: Mapping[Effort, int] = {"low": 1_024, "medium": 8_192, "high": 24_576}


class Gemini:
    """Writes streamGenerateContent requests and reads their replies, streamed or whole."""

    def prepare(self, request: Request, access: Access) -> Call:
        headers = headers_for(access, "x-goog-api-key")
        notes = no_effort(access, request) if _thinking(request) is None else ()
        return Call(stream_address(request, access), headers, as_json(gemini_body(request)), notes)

    def reading(self, request: Request) -> Reading:
        return _ContentReading(fenced=request.schema is not None)


def stream_address(request: Request, access: Access) -> str:
    model = quote(request.model_id.removeprefix("models/"), safe="")
    return address(access.base_url, f"/models/{model}:streamGenerateContent?alt=sse")


def gemini_body(request: Request, *, has_ids: bool = True) -> dict[str, Any]:
    """The body of a generateContent request; without *has_ids* calls are told apart by their order alone."""
    names = call_names(request.messages)
    contents = [_content(message, request, names, has_ids=has_ids) for message in request.messages]
    body: dict[str, Any] = {"contents": [content for content in contents if content["parts"]]}
    if request.system:
        body["systemInstruction"] = {"parts": [{"text": request.system}]}
    generation: dict[str, Any] = {}
    if request.limit_tokens is not None:
        generation["maxOutputTokens"] = request.limit_tokens
    if request.schema is not None:
        generation["responseMimeType"] = "application/json"
        generation["responseJsonSchema"] = _understood(request.schema)
    if request.temperature is not None:
        generation["temperature"] = request.temperature
    if request.stop:
        generation["stopSequences"] = list(request.stop)
    if thinking := _thinking(request):
        generation["thinkingConfig"] = thinking
    if generation:
        body["generationConfig"] = generation
    return {**body, **_tools(request)}


def _thinking(request: Request) -> dict[str, Any] | None:
    """How much to think: a level from Gemini 3 on, tokens in 2.5; None for a model that cannot be told.

    Source: ai.google.dev, Gemini API, thinking (2026-11).
    """
    model_id = request.model_id.removeprefix("models/")
    if request.effort is None:
        return {}
    if model_id.startswith("gemini-2.5"):
        return {"thinkingBudget": _BUDGETS[request.effort]}
    if model_id.startswith("gemini-") and not model_id.startswith(("gemini-1", "gemini-2")):
        return {"thinkingLevel": request.effort}
    return None


def _tools(request: Request) -> dict[str, Any]:
    if not request.tools:
        return {}
    functions = [
        {"name": tool.name, "description": tool.description, "parametersJsonSchema": _understood(tool.schema)}
        for tool in request.tools
    ]
    modes = {"auto": {"mode": "AUTO"}, "none": {"mode": "NONE"}, "required": {"mode": "ANY"}}
    named = {"mode": "ANY", "allowedFunctionNames": [request.tool_choice]}
    config = {"functionCallingConfig": modes.get(request.tool_choice, named)}
    return {"tools": [{"functionDeclarations": functions}], "toolConfig": config}


def _content(message: Message, request: Request, names: Mapping[str, str], *, has_ids: bool) -> dict[str, Any]:
    """One turn; a signature stands in the part behind it, as it came."""
    parts: list[dict[str, Any]] = []
    signature: Any = None
    wants_signature = not request.model_id.removeprefix("models/").startswith(("gemini-1", "gemini-2"))
    for part in message.parts:
        if isinstance(part, Reasoning):
            block = own_reasoning(part, "gemini") or {}
            if "text" in block:
                parts.append(dict(block))
            else:
                signature = block.get("thoughtSignature", signature)
            continue
        written = _part(part, names, has_ids=has_ids)
        if signature is None and isinstance(part, ToolCall) and wants_signature:
            signature = NO_SIGNATURE  # of calls side by side, only the first has one
        if isinstance(part, ToolCall):
            wants_signature = False
        if signature is not None:
            written["thoughtSignature"] = signature
            signature = None
        parts.append(written)
    return {"role": "model" if message.role == "assistant" else "user", "parts": parts}


def _part(part: Text | Image | ToolCall | ToolResult, names: Mapping[str, str], *, has_ids: bool) -> dict[str, Any]:
    match part:
        case Text():
            return {"text": part.text}
        case Image():
            return {"inlineData": {"mimeType": part.media_type, "data": base64_of(part)}}
        case ToolCall():
            call: dict[str, Any] = {"name": part.name, "args": dict(part.arguments)}
            return {"functionCall": {"id": part.id, **call} if has_ids else call}
        case ToolResult():
            result = {"name": names.get(part.call_id, part.call_id), **_response(part)}
            return {"functionResponse": {"id": part.call_id, **result} if has_ids else result}


def _response(result: ToolResult) -> dict[str, Any]:
    """What a function returned: one text as it is, several things as a list, images as parts that it refers to."""
    said: list[Any] = []
    pictures: list[Any] = []
    for part in result.content:
        if isinstance(part, Text):
            said.append(part.text)
            continue
        name = f"image-{len(pictures) + 1}"
        said.append({"$ref": name})
        inline = {"mimeType": part.media_type, "data": base64_of(part), "displayName": name}
        pictures.append({"inlineData": inline})
    output = said[0] if len(said) == 1 and isinstance(said[0], str) else said
    response = {"response": {"error" if result.is_error else "output": output}}
    return {**response, "parts": pictures} if pictures else response


class _ContentReading(Reading):
    dialect = "gemini"

    def __init__(self, *, fenced: bool) -> None:
        super().__init__(fenced=fenced)
        self._thought: object | None = None

    def event(self, name: str, data: bytes) -> str | None:
        chunk = parse(data)
        if name == "error" or is_error(chunk):
            raise ErrorInReply(chunk)
        if not isinstance(chunk, dict):
            raise NotTheDialect("an event that is no object")
        return self._take(chunk)

    def whole(self, body: Any) -> None:
        if is_error(body):
            raise ErrorInReply(body)
        # Without `alt=sse` the stream is one JSON list of chunks.
        chunks = body if isinstance(body, list) else [body]
        if not all(
            isinstance(chunk, dict) and ("candidates" in chunk or "promptFeedback" in chunk) for chunk in chunks
        ):
            raise NotTheDialect("JSON without `candidates`")
        for chunk in chunks:
            if is_error(chunk):
                raise ErrorInReply(chunk)
            self._take(chunk)
        self.done = self.finish is not None

    def _take(self, chunk: dict[str, Any]) -> str | None:
        self.model_id = text_of(chunk.get("modelVersion")) or self.model_id
        if members(chunk.get("usageMetadata")):
            self.usage = _usage(chunk["usageMetadata"])
        if members(chunk.get("promptFeedback")).get("blockReason"):
            self.finish = "refused"
            return ""
        candidates = chunk.get("candidates")
        if not isinstance(candidates, list) or not candidates:
            return None
        candidate = members(candidates[0])
        parts = members(candidate.get("content")).get("parts")
        said = [members(part) for part in parts] if isinstance(parts, list) else []
        text = "".join([self._part(part) for part in said])
        reason = candidate.get("finishReason")
        if isinstance(reason, str) and reason:
            self.finish = _FINISH.get(reason, "other")
            if self.finish == "stop" and self.calls:
                self.finish = "tools"
        return text if said or reason else None

    def _part(self, part: Mapping[str, Any]) -> str:
        """Keep one part; a signature stands before the part it came with."""
        signature, text = text_of(part.get("thoughtSignature")), text_of(part.get("text"))
        sealed = {"thoughtSignature": signature} if signature else {}
        call = members(part.get("functionCall"))
        if part.get("thought"):
            if self._thought is None:
                self._thought = object()
            self.think(self._thought, text=text, thought=True, **sealed)
            if signature:
                self._thought = None  # a signature ends what it seals
            return ""
        self._thought = None
        if sealed:
            self.think(object(), **sealed, **({} if text or call else {"text": ""}))
        if call:
            arguments = members(call.get("args"))
            self.call(object(), call_id=text_of(call.get("id")), name=text_of(call.get("name")), arguments=arguments)
        return self.say(text)


def _usage(usage: Mapping[str, Any]) -> Usage:
    prompt, tools = count(usage.get("promptTokenCount")), count(usage.get("toolUsePromptTokenCount"))
    said, thought = count(usage.get("candidatesTokenCount")), count(usage.get("thoughtsTokenCount"))
    return Usage(
        input_tokens=None if prompt is None else prompt + (tools or 0),
        cached_tokens=count(usage.get("cachedContentTokenCount")),
        # A prompt that was blocked has no output at all, and says so by leaving both out.
        output_tokens=None if said is None and thought is None else (said or 0) + (thought or 0),
    )


def _understood(schema: Any) -> Any:
    """*schema* with the keywords Gemini knows; the names of properties and definitions are no keywords."""
    if not isinstance(schema, Mapping):
        return schema
    kept: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword not in _KEYWORDS:
            continue
        if keyword in ("properties", "$defs") and isinstance(value, Mapping):
            kept[keyword] = {name: _understood(inner) for name, inner in value.items()}
        elif keyword in ("anyOf", "oneOf", "prefixItems") and isinstance(value, list):
            kept[keyword] = [_understood(inner) for inner in value]
        elif keyword in ("items", "additionalProperties"):
            kept[keyword] = _understood(value)
        else:
            kept[keyword] = value
    return kept
