"""OpenAI Chat Completions, as OpenAI and the hosts compatible with it serve it.

https://platform.openai.com/docs/api-reference/chat
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
    worded_schema,
)

__all__ = ["OpenAIChat"]

_FINISH = {"stop": "stop", "length": "length", "tools": "tool_calls", "refused": "content_filter", "other": "error"}
# A fixed time: replies are the same every time.
_CREATED = 1_760_000_000


class OpenAIChat:
    """The `openai-chat` dialect."""

    prefix = "openai"
    key_headers: tuple[str, ...] = ("authorization", "api-key")
    path = "/v1"
    listing_paths: tuple[str, ...] = ("/v1/models",)
    stream_head: tuple[tuple[bytes, bytes], ...] = (
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-cache"),
    )

    garbage = BROKEN_EVENTS

    def call(self, path: str) -> str | None:
        return "" if path == "/v1/chat/completions" else None

    def read(self, call: Received) -> Asked:
        body = call.body
        if not isinstance(body, dict) or not isinstance(body.get("model"), str):
            raise Problem("openai.bad-request", "the body has no `model`")
        messages = body.get("messages")
        if not isinstance(messages, list) or not messages or not all(isinstance(each, dict) for each in messages):
            raise Problem("openai.bad-request", "the body has no `messages`")
        texts = [(str(message.get("role")), call_text(message.get("content"))) for message in messages]
        options = body.get("stream_options") or {}
        system = "\n".join(text for role, text in texts if role in ("system", "developer"))
        return Asked(
            model=body["model"],
            read="\n".join(text for _, text in texts),
            question=next((text for role, text in reversed(texts) if role == "user"), ""),
            streams=body.get("stream") is True,
            limit_tokens=body.get("max_completion_tokens", body.get("max_tokens")),
            schema=_schema(body) or worded_schema(system),
            wants_usage=body.get("stream") is not True or bool(options.get("include_usage")),
        )

    def listing(self, models: Sequence[str], query: str) -> Any:
        del query
        entries = [{"id": model, "object": "model", "created": _CREATED, "owned_by": "simulated"} for model in models]
        return {"object": "list", "data": entries}

    def whole(self, spoken: Spoken) -> Any:
        message = {"role": "assistant", "content": spoken.text, "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _FINISH[spoken.finish]}
        body = {**_head(spoken, "chat.completion"), "choices": [choice]}
        return {**body, "usage": _usage(spoken)} if spoken.has_usage else body

    def opening(self, spoken: Spoken) -> bytes:
        return _chunk(spoken, {"role": "assistant", "content": "", "refusal": None}, None)

    def piece(self, spoken: Spoken, text: str) -> bytes:
        return _chunk(spoken, {"content": text}, None)

    def closing(self, spoken: Spoken) -> bytes:
        parts = _chunk(spoken, {}, _FINISH[spoken.finish])
        if spoken.wants_usage and spoken.has_usage:
            parts += event({**_head(spoken, "chat.completion.chunk"), "choices": [], "usage": _usage(spoken)})
        return parts + b"data: [DONE]\n\n"

    def failing(self, body: Any) -> bytes:
        return event(body)

    def comment(self, text: str) -> bytes:
        return event_comment(text)

    def quota_headers(self, quota: QuotaState, words: Mapping[str, str]) -> Mapping[str, str]:
        return {
            f"x-ratelimit-limit-{quota.unit}": f"{quota.limit:.0f}",
            f"x-ratelimit-remaining-{quota.unit}": f"{quota.remaining:.0f}",
            f"x-ratelimit-reset-{quota.unit}": words["reset_go"],
        }


def _schema(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    wanted = body.get("response_format") or {}
    return wanted["json_schema"].get("schema") if wanted.get("type") == "json_schema" else None


def _head(spoken: Spoken, kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{spoken.id}", "object": kind, "created": _CREATED, "model": spoken.model}


def _chunk(spoken: Spoken, delta: dict[str, Any], finish: str | None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    chunk = {**_head(spoken, "chat.completion.chunk"), "choices": [choice]}
    # With `include_usage`, OpenAI puts a null into every chunk but the last.
    return event({**chunk, "usage": None} if spoken.wants_usage else chunk)


def _usage(spoken: Spoken) -> dict[str, Any]:
    usage: dict[str, Any] = {
        "prompt_tokens": spoken.input_tokens,
        "completion_tokens": spoken.output_tokens,
        "total_tokens": spoken.input_tokens + spoken.output_tokens,
        "prompt_tokens_details": {"cached_tokens": spoken.cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }
    return usage if spoken.cost_usd is None else {**usage, "cost": spoken.cost_usd}
