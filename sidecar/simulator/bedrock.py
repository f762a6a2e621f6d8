"""Amazon Bedrock, Converse and ConverseStream: JSON in binary frames.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sidecar.providers.framing import frame
from sidecar.simulator.counting import QuotaState
from sidecar.simulator.dialect import Asked, Problem, Received, Spoken, call_text, to_json, worded_schema

__all__ = ["Bedrock"]

_FINISH = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tools": "tool_use",
    "refused": "content_filtered",
    "other": "malformed_model_output",
}
_MODEL = "/model/"
_METHODS = ("/converse-stream", "/converse")


class Bedrock:
    """The `bedrock` dialect. A signature is taken for its key's id; it is not worked out again."""

    prefix = "bedrock"
    key_headers: tuple[str, ...] = ("authorization",)
    path = ""
    listing_paths: tuple[str, ...] = ("/foundation-models", "/inference-profiles")
    stream_head: tuple[tuple[bytes, bytes], ...] = ((b"content-type", b"application/vnd.amazon.eventstream"),)
    garbage = b"\x00\x00\x00\x40\x00\x00\x00\x10not a frame at all"

    def call(self, path: str) -> str | None:
        method = next((each for each in _METHODS if path.endswith(each)), None)
        if method is None or not path.startswith(_MODEL):
            return None
        return path.removeprefix(_MODEL).removesuffix(method) or None

    def read(self, call: Received) -> Asked:
        body = call.body
        messages = body.get("messages") if isinstance(body, dict) else None
        if not isinstance(messages, list) or not messages or not all(isinstance(each, dict) for each in messages):
            raise Problem("bedrock.bad-request", "the body has no `messages`")
        texts = [(str(message.get("role")), call_text(message.get("content"))) for message in messages]
        if any(role not in ("user", "assistant") for role, _ in texts):
            raise Problem("bedrock.bad-request", "a message is neither the user's nor the assistant's")
        system = call_text(body.get("system"))
        return Asked(
            model=call.model,
            read="\n".join((system, *(text for _, text in texts))),
            question=next((text for role, text in reversed(texts) if role == "user"), ""),
            streams=call.path.endswith("-stream"),
            limit_tokens=(body.get("inferenceConfig") or {}).get("maxTokens"),
            schema=worded_schema(system),
        )

    def listing(self, models: Sequence[str], query: str) -> Any:
        del query
        return {"modelSummaries": [{"modelId": model, "modelName": model} for model in models]}

    def whole(self, spoken: Spoken) -> Any:
        content = [{"text": spoken.text}] if spoken.text else []
        body: dict[str, Any] = {
            "output": {"message": {"role": "assistant", "content": content}},
            "stopReason": _FINISH[spoken.finish],
            "metrics": {"latencyMs": 1},
        }
        return {**body, "usage": _usage(spoken)} if spoken.has_usage else body

    def opening(self, spoken: Spoken) -> bytes:
        del spoken
        return _event("messageStart", {"role": "assistant"})

    def piece(self, spoken: Spoken, text: str) -> bytes:
        del spoken
        return _event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": text}})

    def closing(self, spoken: Spoken) -> bytes:
        metadata: dict[str, Any] = {"metrics": {"latencyMs": 1}}
        if spoken.has_usage:
            metadata["usage"] = _usage(spoken)
        return (
            _event("contentBlockStop", {"contentBlockIndex": 0})
            + _event("messageStop", {"stopReason": _FINISH[spoken.finish]})
            + _event("metadata", metadata)
        )

    def failing(self, body: Any) -> bytes:
        """An exception; *body* names it by its one key (`throttlingException`), else it is the server's own."""
        (name, told), *rest = body.items() if isinstance(body, Mapping) and body else [("error", body)]
        if rest or not name.endswith("Exception"):
            name = "internalServerException"
        headers = {":message-type": "exception", ":exception-type": name, ":content-type": "application/json"}
        return frame(headers, to_json(told))

    def comment(self, text: str) -> bytes:
        del text  # frames have no comments
        return b""

    def quota_headers(self, quota: QuotaState, words: Mapping[str, str]) -> Mapping[str, str]:
        del quota, words
        return {}


def _event(name: str, payload: dict[str, Any]) -> bytes:
    headers = {":event-type": name, ":content-type": "application/json", ":message-type": "event"}
    return frame(headers, to_json(payload))


def _usage(spoken: Spoken) -> dict[str, Any]:
    # As with Anthropic, `inputTokens` is only what no cache had a part in.
    return {
        "inputTokens": spoken.input_tokens - spoken.cached_tokens - spoken.cache_write_tokens,
        "outputTokens": spoken.output_tokens,
        "totalTokens": spoken.input_tokens + spoken.output_tokens,
        "cacheReadInputTokens": spoken.cached_tokens,
        "cacheWriteInputTokens": spoken.cache_write_tokens,
    }
