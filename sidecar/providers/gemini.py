"""The `gemini` dialect: generateContent, streamed.

Source: ai.google.dev, Gemini API, generate content and structured output (2026-11). The key goes
into a header and never into the URL, where proxies and logs would see it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from sidecar.providers.calling import Call, address, as_json, headers_for
from sidecar.providers.failing import is_error
from sidecar.providers.reading import ErrorInReply, NotTheDialect, Reading, count, members, parse, text_of
from sidecar.providers.vocabulary import Access, Finish, Request, Usage

__all__ = ["Gemini"]

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


class Gemini:
    """Writes streamGenerateContent requests and reads their replies, streamed or whole."""

    def prepare(self, request: Request, access: Access) -> Call:
        body: dict[str, Any] = {
            "contents": [
                {"role": "model" if message.role == "assistant" else "user", "parts": [{"text": message.text}]}
                for message in request.messages
            ]
        }
        if request.system:
            body["systemInstruction"] = {"parts": [{"text": request.system}]}
        generation: dict[str, Any] = {}
        if request.limit_tokens is not None:
            generation["maxOutputTokens"] = request.limit_tokens
        if request.schema is not None:
            generation["responseMimeType"] = "application/json"
            generation["responseJsonSchema"] = _understood(request.schema)
        if generation:
            body["generationConfig"] = generation
        model = quote(request.model_id.removeprefix("models/"), safe="")
        headers = headers_for(access, "x-goog-api-key")
        return Call(address(access.base_url, f"/models/{model}:streamGenerateContent?alt=sse"), headers, as_json(body))

    def reading(self, request: Request) -> Reading:
        return _ContentReading(fenced=request.schema is not None)


class _ContentReading(Reading):
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
        text = "".join(text_of(part.get("text")) for part in said if not part.get("thought"))
        if text:
            self.parts.append(text)
        reason = candidate.get("finishReason")
        if isinstance(reason, str) and reason:
            self.finish = _FINISH.get(reason, "other")
        return text if said or reason else None


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
