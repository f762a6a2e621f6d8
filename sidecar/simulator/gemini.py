"""Gemini generateContent and streamGenerateContent.

https://ai.google.dev/api/generate-content
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sidecar.simulator.counting import QuotaState
from sidecar.simulator.dialect import (
    BROKEN_EVENTS,
    Asked,
    Problem,
    Received,
    Spoken,
    call_text,
    event,
    event_comment,
    page,
)

__all__ = ["Gemini"]

_FINISH = {"stop": "STOP", "length": "MAX_TOKENS", "tools": "STOP", "refused": "SAFETY", "other": "OTHER"}
_END = b"\r\n\r\n"


class Gemini:
    """The `gemini` dialect."""

    prefix = "gemini"
    key_headers: tuple[str, ...] = ("x-goog-api-key", "authorization")
    path = "/v1beta"
    listing_paths: tuple[str, ...] = ("/v1beta/models",)
    stream_head: tuple[tuple[bytes, bytes], ...] = (
        (b"content-type", b"text/event-stream"),
        (b"content-disposition", b"attachment"),
    )

    garbage = BROKEN_EVENTS

    def call(self, path: str) -> str | None:
        models = f"{self.path}/models/"
        model, _, method = path.removeprefix(models).rpartition(":")
        is_call = path.startswith(models) and method in ("generateContent", "streamGenerateContent")
        return model if is_call and model else None

    def read(self, call: Received) -> Asked:
        body = call.body
        streams = call.path.endswith(":streamGenerateContent")
        if streams and "alt=sse" not in call.query.split("&"):
            raise Problem("gemini.bad-request", "streams are simulated with `alt=sse` only")
        contents = body.get("contents") if isinstance(body, dict) else None
        if not isinstance(contents, list) or not contents or not all(isinstance(each, dict) for each in contents):
            raise Problem("gemini.bad-request", "the body has no `contents`")
        texts = [(str(content.get("role", "user")), call_text(content.get("parts"))) for content in contents]
        if any(role not in ("user", "model") for role, _ in texts):
            raise Problem("gemini.bad-request", "a content is neither the user's nor the model's")
        system = body.get("systemInstruction", body.get("system_instruction")) or {}
        wanted = body.get("generationConfig") or {}
        return Asked(
            model=call.model,
            read="\n".join((call_text(system.get("parts")), *(text for _, text in texts))),
            question=next((text for role, text in reversed(texts) if role == "user"), ""),
            streams=streams,
            limit_tokens=wanted.get("maxOutputTokens"),
            schema=wanted.get("responseJsonSchema", wanted.get("responseSchema")),
        )

    def listing(self, models: Sequence[str], query: str) -> Any:
        shown, more = page(models, query, size="pageSize", after="pageToken")
        methods = ["generateContent", "countTokens"]
        entries = [
            {"name": f"models/{model}", "displayName": model, "supportedGenerationMethods": methods} for model in shown
        ]
        return {"models": entries, **({"nextPageToken": more} if more else {})}

    def whole(self, spoken: Spoken) -> Any:
        return _response(spoken, spoken.text, _FINISH[spoken.finish])

    def opening(self, spoken: Spoken) -> bytes:
        del spoken
        return b""

    def piece(self, spoken: Spoken, text: str) -> bytes:
        return event(_response(spoken, text, None), end=_END)

    def closing(self, spoken: Spoken) -> bytes:
        return event(_response(spoken, "", _FINISH[spoken.finish]), end=_END)

    def failing(self, body: Any) -> bytes:
        return event(body, end=_END)

    def comment(self, text: str) -> bytes:
        return event_comment(text)

    def quota_headers(self, quota: QuotaState, words: Mapping[str, str]) -> Mapping[str, str]:
        del quota, words
        return {}


def _response(spoken: Spoken, text: str, finish: str | None) -> dict[str, Any]:
    content = {"parts": [{"text": text}], "role": "model"} if text or finish is None else {"role": "model"}
    candidate: dict[str, Any] = {"content": content, "index": 0}
    if finish is not None:
        candidate["finishReason"] = finish
    response: dict[str, Any] = {"candidates": [candidate]}
    if spoken.has_usage:
        response["usageMetadata"] = {
            "promptTokenCount": spoken.input_tokens,
            "cachedContentTokenCount": spoken.cached_tokens,
            "candidatesTokenCount": spoken.output_tokens,
            "totalTokenCount": spoken.input_tokens + spoken.output_tokens,
        }
    return {**response, "modelVersion": spoken.model, "responseId": spoken.id}
