"""Which models an account can call, asked of its provider: the question and the reading of its answer, by dialect.

    questions(dialect, access) ──GET──> body ──read──> Listed ..., and where the next page is

Shapes: OpenAI, "List models"; Anthropic, "List Models"; ai.google.dev, models.list; docs.ollama.com, "List models";
Azure OpenAI, the deployments of 2023-03-15-preview (the last version that lists them for a key: langflow pull 14509,
2026-08); Bedrock, ListFoundationModels and ListInferenceProfiles; Vertex AI v1beta1, publishers.models.list;
OpenRouter, "List available models" (prices are USD a token) (2026-11).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from sidecar.errors import ConfigurationError
from sidecar.providers.bedrock import signed_headers
from sidecar.providers.calling import Call, address, headers_for
from sidecar.providers.reading import ErrorInReply, NotTheDialect, Reading, count, members, text_of
from sidecar.providers.vocabulary import Access

__all__ = ["ListReading", "Listed", "first_calls", "is_served", "next_call", "read"]

_PUBLISHER = re.compile(r"/v1/projects/(?P<project>[^/]+)/locations/[^/]+(?P<rest>/publishers/[^/]+)$")
_PAGES = {"has_more": ("after_id", "last_id"), "nextPageToken": ("pageToken", ""), "nextToken": ("nextToken", "")}
_CONTEXT_FIELDS = ("context_length", "context_window", "max_context_length", "max_model_len", "inputTokenLimit")
_NAME_FIELDS = ("id", "modelId", "inferenceProfileId", "name")
_OWN_VARIANTS = frozenset({"free", "thinking", "extended", "beta"})
"""What makes another model of an OpenRouter id (openrouter.ai, docs, model variants)."""

_LONGEST_ID = 300


@dataclass(frozen=True, slots=True)
class Listed:
    """One model that a provider says it serves, with what it says of it."""

    id: str
    context_tokens: int | None = None
    input_usd_per_mtok: float | None = None
    output_usd_per_mtok: float | None = None


class ListReading(Reading):
    """Takes a listing's body whole."""

    dialect = "listing"
    expected = "a list of models"

    def __init__(self) -> None:
        super().__init__()
        self.body: Any = None

    def event(self, name: str, data: bytes) -> str | None:
        del name, data
        raise NotTheDialect("a stream of events where a list of models was expected")

    def whole(self, body: Any) -> None:
        if isinstance(body, dict) and body.get("error"):
            raise ErrorInReply(body)
        self.body = body
        self.done = True

    @property
    def is_empty(self) -> bool:
        return False


def first_calls(dialect: str, access: Access, *, at: datetime) -> tuple[Call, ...]:
    """What to ask for the models of *access*; every call is a GET to its own host, the answers add up.

    Empty for a vendor's program, which has no list. *at* is when it is signed. Raises ConfigurationError for an address
    that no list's can be derived from, ProviderFailed for a key that no header can carry.
    """
    match dialect:
        case "openai-chat" | "openai-responses":
            return (_get(access, "/models", "authorization", "Bearer "),)
        case "anthropic":
            path = "/models" if access.base_url.partition("?")[0].rstrip("/").endswith("/v1") else "/v1/models"
            return (_get(access, f"{path}?limit=1000", "x-api-key", anthropic_version="2023-06-01"),)
        case "gemini":
            return (_get(access, "/models?pageSize=1000", "x-goog-api-key"),)
        case "ollama":
            base = _at(access, access.base_url.rstrip("/").removesuffix("/v1"))
            return (_get(base, "/api/tags", "authorization", "Bearer "),)
        case "azure":
            base = _at(access, access.base_url.rstrip("/").removesuffix("/openai"))
            return (_get(base, "/openai/deployments?api-version=2023-03-15-preview", "api-key"),)
        case "bedrock":
            return tuple(_signed(_control(access), path, at=at) for path in ("/foundation-models", _PROFILES))
        case "vertex":
            return (_vertex(access),)
        case _:
            return ()


_PROFILES = "/inference-profiles?maxResults=1000"


def next_call(call: Call, body: Any, dialect: str, access: Access, *, at: datetime) -> Call | None:
    """The call for the page after *body*, None where that was the last."""
    for mark, (name, source) in _PAGES.items():
        token = text_of(members(body).get(source or mark)) if members(body).get(mark) else ""
        if not token:
            continue
        url = f"{call.url}{'&' if '?' in call.url else '?'}{name}={quote(token, safe='')}"
        if dialect == "bedrock":
            base = _control(access)
            return _signed(base, url.removeprefix(base.base_url.rstrip("/")), at=at)
        return replace(call, url=url)
    return None


def read(body: Any) -> list[Listed]:
    """The models of one page, in the provider's order; raises NotTheDialect for what is no list of models."""
    entries = _entries(body)
    if entries is None:
        raise NotTheDialect("JSON that is no list of models")
    return [listed for entry in entries if (listed := _listed(entry)) is not None]


def is_served(dialect: str, model_id: str, served: Iterable[str]) -> bool:
    """Whether a target's model is among those *served*, written as its provider lets one write it."""
    names = set(served)
    if model_id in names:
        return True
    match dialect:
        case "ollama":
            return f"{model_id}:latest" in names
        case "gemini" | "vertex":
            return model_id.removeprefix("models/") in names
        case "bedrock":  # an address of one's own (a provisioned model, a profile of an application) is in no list
            return model_id.startswith("arn:")
        case "anthropic":  # `claude-haiku-4-5` stands for its latest day, and lists often name the day alone
            return any(re.fullmatch(rf"{re.escape(model_id)}-20\d{{6}}", name) for name in names)
        case _:  # OpenRouter's `:nitro` and Hugging Face's `:groq` say how to choose a host, not which model
            plain, _, variant = model_id.rpartition(":")
            return plain in names and variant not in _OWN_VARIANTS


def _at(access: Access, base_url: str) -> Access:
    return replace(access, base_url=base_url)


def _get(access: Access, path: str, key: str, prefix: str = "", **fixed: str) -> Call:
    headers = headers_for(access, key, prefix, accept="application/json", **fixed)
    del headers["content-type"]
    return Call(address(access.base_url, path), headers, b"", method="GET")


def _control(access: Access) -> Access:
    """Bedrock's other address, which manages and does not run."""
    return _at(access, access.base_url.replace("//bedrock-runtime.", "//bedrock.", 1))


def _signed(access: Access, path: str, *, at: datetime) -> Call:
    call = _get(access, path, "authorization", "Bearer ")
    return replace(call, headers=signed_headers(access, "GET", call.url, call.headers, b"", at=at))


def _vertex(access: Access) -> Call:
    found = _PUBLISHER.search(access.base_url.rstrip("/"))
    if found is None:
        raise ConfigurationError(
            f"The address of `{access.provider}` does not end with `/projects/PROJECT/locations/REGION/publishers/NAME`"
            ", so that of its list is not known"
        )
    base = access.base_url[: found.start()]
    # A user's own token is charged to the project named here; without it the call is refused.
    user = {"x_goog_user_project": found["project"]}
    return _get(_at(access, base), f"/v1beta1{found['rest']}/models?pageSize=300", "authorization", "Bearer ", **user)


def _entries(body: Any) -> list[Mapping[str, Any]] | None:
    found = body
    if isinstance(body, dict):
        names = ("data", "models", "publisherModels", "modelSummaries", "inferenceProfileSummaries")
        found = next((body[name] for name in names if name in body), {} if body else [])
        found = [] if found is None else found  # Ollama wrote null for an empty list before 0.1.30
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        return None
    return found


def _listed(entry: Mapping[str, Any]) -> Listed | None:
    name = next((text_of(entry[key]) for key in _NAME_FIELDS if entry.get(key)), "")
    name = re.sub(r"^(?:publishers/[^/]+/)?models/", "", name)
    if not name or len(name) > _LONGEST_ID or not name.isprintable() or not _answers_in_words(entry):
        return None
    pricing = members(entry.get("pricing"))
    return Listed(
        name,
        next((size for key in _CONTEXT_FIELDS if (size := count(entry.get(key)))), None),
        _usd_per_mtok(pricing.get("prompt")),
        _usd_per_mtok(pricing.get("completion")),
    )


def _answers_in_words(entry: Mapping[str, Any]) -> bool:
    """Whether the model answers with text, where its provider says what it does; embeddings are left out."""
    methods = entry.get("supportedGenerationMethods")
    if isinstance(methods, list):
        return "generateContent" in methods
    outputs = entry.get("outputModalities")
    if isinstance(outputs, list):
        return "TEXT" in outputs
    kind = entry.get("type")
    return kind not in ("embedding", "rerank", "image", "audio", "video", "moderation", "transcribe")


def _usd_per_mtok(value: Any) -> float | None:
    """OpenRouter's price of a token, a decimal in a string, for a million; its `-1` is "it depends"."""
    if not isinstance(value, str):
        return None
    try:
        price = float(value) * 1e6
    except ValueError:
        return None
    return round(price, 6) if 0 <= price < 1e6 else None
