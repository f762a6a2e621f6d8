"""Anthropic Messages.

https://docs.claude.com/en/api/messages and https://docs.claude.com/en/docs/build-with-claude/streaming
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
    worded_schema,
)

__all__ = ["Anthropic"]

_FINISH = {"stop": "end_turn", "length": "max_tokens", "tools": "tool_use", "refused": "refusal", "other": "pause_turn"}


class Anthropic:
    """The `anthropic` dialect."""

    prefix = "anthropic"
    key_headers: tuple[str, ...] = ("x-api-key", "authorization")
    path = ""
    listing_paths: tuple[str, ...] = ("/v1/models",)
    stream_head: tuple[tuple[bytes, bytes], ...] = (
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-cache"),
    )

    garbage = BROKEN_EVENTS

    def call(self, path: str) -> str | None:
        return "" if path == "/v1/messages" else None

    def read(self, call: Received) -> Asked:
        body = call.body
        if "anthropic-version" not in call.headers:
            raise Problem("anthropic.bad-request", "no `anthropic-version` header")
        if not isinstance(body, dict) or not isinstance(body.get("model"), str):
            raise Problem("anthropic.bad-request", "the body has no `model`")
        if not isinstance(body.get("max_tokens"), int):
            raise Problem("anthropic.bad-request", "the body has no `max_tokens`")
        messages = body.get("messages")
        if not isinstance(messages, list) or not messages or not all(isinstance(each, dict) for each in messages):
            raise Problem("anthropic.bad-request", "the body has no `messages`")
        texts = [(str(message.get("role")), call_text(message.get("content"))) for message in messages]
        if any(role not in ("user", "assistant") for role, _ in texts):
            raise Problem("anthropic.bad-request", "a message is neither the user's nor the assistant's")
        system = call_text(body.get("system"))
        return Asked(
            model=body["model"],
            read="\n".join((system, *(text for _, text in texts))),
            question=next((text for role, text in reversed(texts) if role == "user"), ""),
            streams=body.get("stream") is True,
            limit_tokens=body["max_tokens"],
            schema=_schema(body) or worded_schema(system),
        )

    def listing(self, models: Sequence[str], query: str) -> Any:
        models, more = page(models, query, size="limit", after="after_id")
        entries = [
            {"type": "model", "id": model, "display_name": model, "created_at": "2025-10-01T00:00:00Z"}
            for model in models
        ]
        ends = {"first_id": models[0] if models else None, "last_id": models[-1] if models else None}
        return {"data": entries, "has_more": more is not None, **ends}

    def whole(self, spoken: Spoken) -> Any:
        # A refusal or an empty answer has no content block at all.
        content = [{"type": "text", "text": spoken.text}] if spoken.text else []
        return _message(spoken, content, _FINISH[spoken.finish], spoken.output_tokens)

    def opening(self, spoken: Spoken) -> bytes:
        block = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
        return (
            event({"type": "message_start", "message": _message(spoken, [], None, 1)}, "message_start")
            + event(block, "content_block_start")
            + event({"type": "ping"}, "ping")
        )

    def piece(self, spoken: Spoken, text: str) -> bytes:
        del spoken
        delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}
        return event(delta, "content_block_delta")

    def closing(self, spoken: Spoken) -> bytes:
        delta: dict[str, Any] = {
            "type": "message_delta",
            "delta": {"stop_reason": _FINISH[spoken.finish], "stop_sequence": None},
        }
        if spoken.has_usage:
            delta["usage"] = {"output_tokens": spoken.output_tokens}
        return (
            event({"type": "content_block_stop", "index": 0}, "content_block_stop")
            + event(delta, "message_delta")
            + event({"type": "message_stop"}, "message_stop")
        )

    def failing(self, body: Any) -> bytes:
        return event(body, "error")

    def comment(self, text: str) -> bytes:
        return event_comment(text)

    def quota_headers(self, quota: QuotaState, words: Mapping[str, str]) -> Mapping[str, str]:
        head = f"anthropic-ratelimit-{quota.unit}"
        return {
            f"{head}-limit": f"{quota.limit:.0f}",
            f"{head}-remaining": f"{quota.remaining:.0f}",
            f"{head}-reset": words["reset_rfc3339"],
        }


def _schema(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    wanted = (body.get("output_config") or {}).get("format") or body.get("output_format") or {}
    return wanted.get("schema") if wanted.get("type") == "json_schema" else None


def _message(spoken: Spoken, content: list[Any], finish: str | None, output_tokens: int) -> dict[str, Any]:
    message: dict[str, Any] = {
        "id": f"msg_{spoken.id}",
        "type": "message",
        "role": "assistant",
        "model": spoken.model,
        "content": content,
        "stop_reason": finish,
        "stop_sequence": None,
    }
    if spoken.has_usage:
        # Here `input_tokens` is only what no cache had a part in.
        message["usage"] = {
            "input_tokens": spoken.input_tokens - spoken.cached_tokens - spoken.cache_write_tokens,
            "cache_creation_input_tokens": spoken.cache_write_tokens,
            "cache_read_input_tokens": spoken.cached_tokens,
            "output_tokens": output_tokens,
            "service_tier": "standard",
        }
    return message
