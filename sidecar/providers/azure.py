"""The `azure` dialect: Azure OpenAI, Chat Completions under the address of a deployment.

The model id of a target is the deployment's name. Source: learn.microsoft.com, Azure OpenAI REST API reference,
chat completions, and API version lifecycle (2026-11). `api_version` "v1" is the address without versions that
Azure has had since August 2025, with the deployment in the body.
"""

from __future__ import annotations

from urllib.parse import quote

from sidecar.providers.calling import Call, address, as_json, headers_for
from sidecar.providers.catalogue import Quirks
from sidecar.providers.openai_chat import OpenAIChat, chat_body
from sidecar.providers.vocabulary import Access, Request

__all__ = ["LATEST_VERSION", "Azure"]

LATEST_VERSION = "2024-10-21"
"""The latest version that is no preview."""

_QUIRKS = Quirks(limit="max_completion_tokens")


class Azure(OpenAIChat):
    """Writes Chat Completions requests for a deployment; the replies are OpenAI's."""

    def prepare(self, request: Request, access: Access) -> Call:
        version = access.api_version or LATEST_VERSION
        path = f"/deployments/{quote(request.model_id, safe='')}/chat/completions?api-version={quote(version)}"
        if version == "v1":
            path = "/v1/chat/completions"
        base = access.base_url.rstrip("/").removesuffix("/openai")
        headers = headers_for(access, "api-key")
        return Call(address(base, f"/openai{path}"), headers, as_json(chat_body(request, _QUIRKS)))
