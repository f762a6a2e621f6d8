"""The `azure` dialect: Azure OpenAI, Chat Completions under the address of a deployment.

The model id of a target is the deployment's name. Source: learn.microsoft.com, Azure OpenAI REST API reference,
chat completions, and API version lifecycle (2026-11): "v1" is the address without versions that is generally available
since August 2025 and the one that is documented now, with the deployment in the body. A dated `api_version`, whose last
one that is no preview is 2024-10-21, knows no `reasoning_effort`.
"""

from __future__ import annotations

from urllib.parse import quote

from sidecar.providers.calling import Call, address, as_json, headers_for, tellable
from sidecar.providers.catalogue import Quirks
from sidecar.providers.openai_chat import OpenAIChat, chat_body
from sidecar.providers.vocabulary import Access, Request

__all__ = ["USUAL_VERSION", "Azure"]

USUAL_VERSION = "v1"

_QUIRKS = Quirks(limit="max_completion_tokens")


class Azure(OpenAIChat):
    """Writes Chat Completions requests for a deployment; the replies are OpenAI's."""

    def prepare(self, request: Request, access: Access) -> Call:
        version = access.api_version or USUAL_VERSION
        path = f"/deployments/{quote(request.model_id, safe='')}/chat/completions?api-version={quote(version)}"
        if version == "v1":
            path = "/v1/chat/completions"
        base = access.base_url.rstrip("/").removesuffix("/openai")
        headers = headers_for(access, "api-key")
        request, notes = tellable(request, access)
        return Call(address(base, f"/openai{path}"), headers, as_json(chat_body(request, _QUIRKS)), notes)
