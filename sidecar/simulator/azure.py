"""Azure OpenAI: Chat Completions under a deployment's address, with its filters' results before the answer.

https://learn.microsoft.com/azure/ai-services/openai/reference
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sidecar.simulator.dialect import Asked, Problem, Received, Spoken, event
from sidecar.simulator.openai_chat import OpenAIChat

__all__ = ["Azure"]

_DEPLOYMENTS = "/openai/deployments/"
_METHOD = "/chat/completions"


class Azure(OpenAIChat):
    """The `azure` dialect."""

    prefix = "azure"
    key_headers: tuple[str, ...] = ("api-key", "authorization")
    path = ""
    listing_paths: tuple[str, ...] = ("/openai/deployments",)

    def call(self, path: str) -> str | None:
        if path == f"/openai/v1{_METHOD}":
            return ""
        is_call = path.startswith(_DEPLOYMENTS) and path.endswith(_METHOD)
        return path.removeprefix(_DEPLOYMENTS).removesuffix(_METHOD) or None if is_call else None

    def read(self, call: Received) -> Asked:
        if call.model and "api-version=" not in call.query:
            raise Problem("azure.bad-request", "the address has no `api-version`")
        body = call.body
        if call.model and isinstance(body, dict):
            body = {**body, "model": call.model}
        try:
            return super().read(replace(call, body=body))
        except Problem as problem:
            raise Problem("azure.bad-request", problem.what) from None

    def listing(self, models: Sequence[str], query: str) -> Any:
        del query
        entries = [{"id": name, "model": name, "object": "deployment", "status": "succeeded"} for name in models]
        return {"object": "list", "data": entries}

    def opening(self, spoken: Spoken) -> bytes:
        hate = {"hate": {"filtered": False, "severity": "safe"}}
        results = [{"prompt_index": 0, "content_filter_results": hate}]
        first = {"choices": [], "created": 0, "id": "", "model": "", "object": "", "prompt_filter_results": results}
        return event(first) + super().opening(spoken)
