"""OpenAI Responses.

https://platform.openai.com/docs/api-reference/responses and .../responses-streaming
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sidecar.simulator.dialect import Asked, Problem, Received, Spoken, call_text, event
from sidecar.simulator.openai_chat import OpenAIChat

__all__ = ["OpenAIResponses"]

_REASONS = {"length": "max_output_tokens", "refused": "content_filter", "other": "other"}
# A fixed time: replies are the same every time.
_CREATED = 1_760_000_000


class OpenAIResponses(OpenAIChat):
    """The `openai-responses` dialect; faults, quotas and the listing are those of Chat Completions."""

    def call(self, path: str) -> str | None:
        return "" if path == "/v1/responses" else None

    def read(self, call: Received) -> Asked:
        body = call.body
        if not isinstance(body, dict) or not isinstance(body.get("model"), str):
            raise Problem("openai.bad-request", "the body has no `model`")
        given = body.get("input")
        items = [{"role": "user", "content": given}] if isinstance(given, str) else given
        if not isinstance(items, list) or not items or not all(isinstance(each, dict) for each in items):
            raise Problem("openai.bad-request", "the body has no `input`")
        texts = [(str(item.get("role")), call_text(item.get("content", item.get("output")))) for item in items]
        system = call_text(body.get("instructions"))
        wanted = (body.get("text") or {}).get("format") or {}
        return Asked(
            model=body["model"],
            read="\n".join((system, *(text for _, text in texts))),
            question=next((text for role, text in reversed(texts) if role == "user"), ""),
            streams=body.get("stream") is True,
            limit_tokens=body.get("max_output_tokens"),
            schema=wanted.get("schema") if wanted.get("type") == "json_schema" else None,
        )

    def whole(self, spoken: Spoken) -> Any:
        return _response(spoken, _status(spoken), [_message(spoken)])

    def opening(self, spoken: Spoken) -> bytes:
        started = _response(spoken, "in_progress", [])
        item = {**_message(spoken), "content": [], "status": "in_progress"}
        part = {"type": "output_text", "text": "", "annotations": []}
        return (
            _event("response.created", response=started)
            + _event("response.in_progress", response=started)
            + _event("response.output_item.added", output_index=0, item=item)
            + _event("response.content_part.added", **_where(spoken), part=part)
        )

    def piece(self, spoken: Spoken, text: str) -> bytes:
        return _event("response.output_text.delta", **_where(spoken), delta=text)

    def closing(self, spoken: Spoken) -> bytes:
        status = _status(spoken)
        return (
            _event("response.output_text.done", **_where(spoken), text=spoken.text)
            + _event("response.output_item.done", output_index=0, item=_message(spoken))
            + _event(f"response.{status}", response=_response(spoken, status, [_message(spoken)]))
        )

    def failing(self, body: Any) -> bytes:
        # The error stands in the event itself, without the envelope it has as a body.
        error = body.get("error") if isinstance(body, Mapping) else None
        return event({**error, "type": "error"} if isinstance(error, Mapping) else body, "error")


def _event(kind: str, **fields: Any) -> bytes:
    return event({"type": kind, **fields}, kind)


def _where(spoken: Spoken) -> dict[str, Any]:
    return {"item_id": f"msg_{spoken.id}", "output_index": 0, "content_index": 0}


def _status(spoken: Spoken) -> str:
    return "incomplete" if spoken.finish in _REASONS else "completed"


def _message(spoken: Spoken) -> dict[str, Any]:
    content = [{"type": "output_text", "text": spoken.text, "annotations": []}]
    return {"id": f"msg_{spoken.id}", "type": "message", "role": "assistant", "status": "completed", "content": content}


def _response(spoken: Spoken, status: str, output: list[Any]) -> dict[str, Any]:
    response: dict[str, Any] = {
        "id": f"resp_{spoken.id}",
        "object": "response",
        "created_at": _CREATED,
        "status": status,
        "error": None,
        "incomplete_details": {"reason": _REASONS[spoken.finish]} if status == "incomplete" else None,
        "model": spoken.model,
        "output": output,
        "store": False,
    }
    if spoken.has_usage and status != "in_progress":
        response["usage"] = {
            "input_tokens": spoken.input_tokens,
            "input_tokens_details": {"cached_tokens": spoken.cached_tokens},
            "output_tokens": spoken.output_tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": spoken.input_tokens + spoken.output_tokens,
        }
    return response
