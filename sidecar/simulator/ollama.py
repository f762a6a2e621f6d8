"""Ollama's own chat: a JSON text a line.

https://docs.ollama.com/api/chat and https://docs.ollama.com/api/streaming
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sidecar.simulator.counting import QuotaState
from sidecar.simulator.dialect import Asked, Problem, Received, Spoken, call_text, to_json

__all__ = ["Ollama"]

# It has no word for a refusal: the model just says so.
_FINISH = {"stop": "stop", "length": "length", "tools": "stop", "refused": "stop", "other": "load"}
# A fixed time: replies are the same every time.
_CREATED = "2025-10-09T08:53:20.000000000Z"


class Ollama:
    """The `ollama` dialect."""

    prefix = "ollama"
    key_headers: tuple[str, ...] = ("authorization",)
    path = ""
    listing_paths: tuple[str, ...] = ("/api/tags",)
    stream_head: tuple[tuple[bytes, bytes], ...] = ((b"content-type", b"application/x-ndjson"),)
    garbage = b'{"model": "m", "message": {"content": \n}}\n'

    def call(self, path: str) -> str | None:
        return "" if path == "/api/chat" else None

    def read(self, call: Received) -> Asked:
        body = call.body
        if not isinstance(body, dict) or not isinstance(body.get("model"), str):
            raise Problem("ollama.bad-request", "the body has no `model`")
        messages = body.get("messages")
        if not isinstance(messages, list) or not messages or not all(isinstance(each, dict) for each in messages):
            raise Problem("ollama.bad-request", "the body has no `messages`")
        texts = [(str(message.get("role")), call_text(message.get("content"))) for message in messages]
        wanted = body.get("format")
        return Asked(
            model=body["model"],
            read="\n".join(text for _, text in texts),
            question=next((text for role, text in reversed(texts) if role == "user"), ""),
            streams=body.get("stream") is not False,
            limit_tokens=(body.get("options") or {}).get("num_predict"),
            schema=wanted if isinstance(wanted, dict) else None,
        )

    def listing(self, models: Sequence[str], query: str) -> Any:
        del query
        return {"models": [{"name": model, "model": model, "size": 1, "digest": "simulated"} for model in models]}

    def whole(self, spoken: Spoken) -> Any:
        return {**_line(spoken, spoken.text), **_end(spoken)}

    def opening(self, spoken: Spoken) -> bytes:
        del spoken
        return b""

    def piece(self, spoken: Spoken, text: str) -> bytes:
        return to_json({**_line(spoken, text), "done": False}) + b"\n"

    def closing(self, spoken: Spoken) -> bytes:
        return to_json({**_line(spoken, ""), **_end(spoken)}) + b"\n"

    def failing(self, body: Any) -> bytes:
        return to_json(body) + b"\n"

    def comment(self, text: str) -> bytes:
        del text  # lines have no comments
        return b""

    def quota_headers(self, quota: QuotaState, words: Mapping[str, str]) -> Mapping[str, str]:
        del quota, words
        return {}


def _line(spoken: Spoken, text: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    return {"model": spoken.model, "created_at": _CREATED, "message": message}


def _end(spoken: Spoken) -> dict[str, Any]:
    end: dict[str, Any] = {"done": True, "done_reason": _FINISH[spoken.finish], "total_duration": 1}
    if spoken.has_usage:
        end |= {"prompt_eval_count": spoken.input_tokens, "eval_count": spoken.output_tokens}
    return end
