"""Asking providers which models they serve: over real HTTP, each in its own words, within limits, the key kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.errors import ConfigurationError, ProviderFailed
from sidecar.providers.listing import Listed, first_calls, is_served, next_call, read
from sidecar.providers.listing_pages import every_page
from sidecar.providers.opening import open_providers
from sidecar.providers.reading import NotTheDialect
from sidecar.providers.vocabulary import Access, Limits
from sidecar.providers.wire import Wire
from sidecar.simulator import Cut, Garbage, Hang, Huge, Redirect, Refuse, Simulated, Status, Trickle, simulate
from sidecar.simulator.vocabulary import DialectName, Fault

pytestmark = pytest.mark.anyio

AT = datetime(2026, 11, 26, 12, tzinfo=UTC)
KEY = "sk-0123456789abcdef"
DIALECTS = get_args(DialectName)


async def listed(provider: Simulated, key: str | None = KEY, **more: Any) -> tuple[tuple[Listed, ...], list[Any]]:
    """What an account of *provider* is told, and who asked; requests that were redirected count too."""
    async with (
        simulate([provider]) as simulation,
        open_providers(environ={}, run_dir=Path("/nowhere")) as providers,
    ):
        access = Access("it", base_url=simulation.base_url(provider.name), key=key, **more)
        try:
            models = await providers.listing(provider.dialect, access, at=AT)
        finally:
            assert simulation.calls("elsewhere") == [], "a list was fetched from another host"
            assert simulation.calls(provider.name) == [], "a model was called"
        return models, simulation.listings(provider.name)


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_every_dialect_lists_what_its_account_can_call(dialect: Any) -> None:
    names = tuple(f"model-{number}" for number in range(230))  # more than two of a vendor's pages
    models, seen = await listed(Simulated("it", dialect, models=names, accounts={"mine": KEY}))
    assert tuple(model.id for model in models) == names
    assert all(one.account == "mine" for one in seen)
    assert not any(KEY in one.path or KEY in str(one.body) for one in seen)


async def test_a_pair_of_keys_signs_and_is_not_sent() -> None:
    provider = Simulated("it", "bedrock", models=("m",), accounts={"mine": "AKIA0"})
    (model,), (models, profiles) = await listed(provider, key_id="AKIA0", region="eu-central-1")
    assert model.id == "m"
    assert (models.account, profiles.account) == ("mine", "mine")
    assert models.path == "/foundation-models"


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_key_nobody_knows_is_told_and_not_shown(dialect: Any) -> None:
    with pytest.raises(ProviderFailed) as caught:
        await listed(Simulated("it", dialect, models=("m",), accounts={"mine": "another"}))
    assert caught.value.failure.status in (400, 401, 403)
    assert "`it` answered 4" in str(caught.value)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (Redirect(), "which is not followed because it would receive the key"),
        (Refuse(), "closed the connection without a reply"),
        (Garbage(), "broken JSON"),
        (Status(status=200, body={"object": "page"}), "JSON that is no list of models"),
        (Status(status=200, body={"error": {"message": "not today"}}), "not today"),
        (Status(status=200, text="<html>log in</html>"), "a web page where a list of models was expected"),
        (Status(status=404, body={"error": {"message": "no such path"}}), "answered 404: no such path"),
        (Cut(after_tokens=0), ""),
        (Huge(size_bytes=40_000_000), "more than the 16,000,000 bytes"),
    ],
)
async def test_a_list_that_cannot_be_had_is_one_sentence(fault: Fault, sentence: str) -> None:
    with pytest.raises(ProviderFailed) as caught:
        await listed(Simulated("it", "openai-chat", models=("m",), listing=fault))
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_a_provider_that_says_nothing_costs_its_limit_and_no_more() -> None:
    wire = Wire()
    try:
        async with simulate([Simulated("it", "openai-chat", models=("m",), listing=Hang())]) as simulation:
            access = Access("it", base_url=simulation.base_url("it"), key=KEY)
            with pytest.raises(ProviderFailed) as caught:
                await every_page("openai-chat", access, wire, at=AT, limits=Limits(first_token_s=0.2))
    finally:
        await wire.aclose()
    assert caught.value.failure.kind == "first_token_limit"


async def test_a_list_that_comes_a_byte_at_a_time_is_given_up() -> None:
    slow = Trickle(bytes_per_s=20.0)
    wire = Wire()
    try:
        async with simulate([Simulated("it", "openai-chat", models=("m",), listing=slow)]) as simulation:
            access = Access("it", base_url=simulation.base_url("it"), key=KEY)
            with pytest.raises(ProviderFailed, match="did not finish its list within"):
                await every_page("openai-chat", access, wire, at=AT, limit_s=0.3)
    finally:
        await wire.aclose()


async def test_what_only_adds_to_a_list_may_be_forbidden() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/inference-profiles":
            return httpx2.Response(403, json={"message": "not authorized to perform: bedrock:ListInferenceProfiles"})
        summary = {"modelId": "anthropic.claude-haiku-4-5-20251001-v1:0", "outputModalities": ["TEXT"]}
        picture = {"modelId": "amazon.nova-canvas-v1:0", "outputModalities": ["IMAGE"]}
        return httpx2.Response(200, json={"modelSummaries": [summary, picture]})

    transport = httpx2.MockTransport(answer)
    async with open_providers(environ={}, run_dir=Path("/nowhere"), transport=transport) as providers:
        access = Access("bedrock", base_url="https://bedrock-runtime.eu-central-1.amazonaws.com", key=KEY)
        models = await providers.listing("bedrock", access, at=AT)
    assert [model.id for model in models] == ["anthropic.claude-haiku-4-5-20251001-v1:0"]


@pytest.mark.parametrize(
    ("dialect", "base_url", "urls"),
    [
        ("openai-chat", "https://api.groq.com/openai/v1", ["https://api.groq.com/openai/v1/models"]),
        ("anthropic", "https://api.anthropic.com", ["https://api.anthropic.com/v1/models?limit=1000"]),
        ("anthropic", "https://host.example/v1", ["https://host.example/v1/models?limit=1000"]),
        ("ollama", "http://127.0.0.1:11434/v1", ["http://127.0.0.1:11434/api/tags"]),
        (
            "azure",
            "https://mine.openai.azure.com",
            ["https://mine.openai.azure.com/openai/deployments?api-version=2023-03-15-preview"],
        ),
        (
            "bedrock",
            "https://bedrock-runtime.eu-central-1.amazonaws.com",
            [
                "https://bedrock.eu-central-1.amazonaws.com/foundation-models",
                "https://bedrock.eu-central-1.amazonaws.com/inference-profiles?maxResults=1000",
            ],
        ),
        (
            "vertex",
            "https://europe-west4-aiplatform.googleapis.com/v1/projects/p-1/locations/europe-west4/publishers/google",
            ["https://europe-west4-aiplatform.googleapis.com/v1beta1/publishers/google/models?pageSize=300"],
        ),
        ("command", "", []),
    ],
)
def test_a_list_is_asked_for_where_its_vendor_has_it(dialect: str, base_url: str, urls: list[str]) -> None:
    calls = first_calls(dialect, Access("it", base_url=base_url, key=KEY), at=AT)
    assert [call.url for call in calls] == urls
    assert all(call.method == "GET" and call.body == b"" for call in calls)


def test_vertex_charges_the_project_of_its_address() -> None:
    base = "https://aiplatform.googleapis.com/v1/projects/p-1/locations/global/publishers/google"
    (call,) = first_calls("vertex", Access("vertex", base_url=base, key=KEY), at=AT)
    assert call.headers["x-goog-user-project"] == "p-1"
    with pytest.raises(ConfigurationError, match="publishers/NAME"):
        first_calls("vertex", Access("vertex", base_url="https://proxy.example", key=KEY), at=AT)


@pytest.mark.parametrize(
    ("body", "models"),
    [
        (  # openrouter.ai, "List available models" (2026-11), shortened
            {
                "data": [
                    {
                        "id": "deepseek/deepseek-v4-flash",
                        "context_length": 1048576,
                        "pricing": {"prompt": "0.000000098", "completion": "0.000000196", "request": "0"},
                    },
                    {"id": "openrouter/auto", "context_length": 2000000, "pricing": {"prompt": "-1"}},
                ]
            },
            [Listed("deepseek/deepseek-v4-flash", 1_048_576, 0.098, 0.196), Listed("openrouter/auto", 2_000_000)],
        ),
        (  # docs.together.ai, "List all models" (2026-11): a bare list, whose prices are no prices of a token
            [
                {"id": "openai/gpt-oss-20b", "object": "model", "type": "chat", "context_length": 131072,
                 "pricing": {"input": 0.05, "output": 0.2}},
                {"id": "BAAI/bge-base-en", "object": "model", "type": "embedding"},
            ],
            [Listed("openai/gpt-oss-20b", 131_072)],
        ),
        (  # console.groq.com, "List models"; docs.vllm.ai
            {"object": "list", "data": [{"id": "a", "context_window": 131072}, {"id": "b", "max_model_len": 4096}]},
            [Listed("a", 131_072), Listed("b", 4_096)],
        ),
        (  # ai.google.dev, models.list
            {
                "models": [
                    {"name": "models/gemini-3.8-flash", "inputTokenLimit": 1048576,
                     "supportedGenerationMethods": ["generateContent", "countTokens"]},
                    {"name": "models/embedding-001", "supportedGenerationMethods": ["embedContent"]},
                ]
            },
            [Listed("gemini-3.8-flash", 1_048_576)],
        ),
        ({"inferenceProfileSummaries": [{"inferenceProfileId": "eu.amazon.nova-2-lite-v1:0"}]},
         [Listed("eu.amazon.nova-2-lite-v1:0")]),
        ({"models": None}, []),
        ({}, []),
        ({"data": [{"id": ""}, {"id": "x\ny"}, {"id": "x" * 400}, {"no": "id"}]}, []),
    ],
)  # fmt: skip
def test_lists_of_every_vendor_are_read(body: Any, models: list[Listed]) -> None:
    assert read(body) == models


@pytest.mark.parametrize("body", [None, "text", 5, {"data": 5}, {"data": ["m"]}, {"message": "hello"}, [1]])
def test_what_is_no_list_of_models_is_told(body: Any) -> None:
    with pytest.raises(NotTheDialect):
        read(json.loads(json.dumps(body)))


@pytest.mark.parametrize(
    ("dialect", "model_id", "served", "is_there"),
    [
        ("openai-chat", "gpt-6-luna", ["gpt-6-luna"], True),
        ("openai-chat", "gpt-6-lunar", ["gpt-6-luna"], False),
        ("openai-chat", "deepseek/deepseek-v4-flash:nitro", ["deepseek/deepseek-v4-flash"], True),
        ("openai-chat", "moonshotai/Kimi-K2.6:groq", ["moonshotai/Kimi-K2.6"], True),  # Hugging Face's choice of a host
        ("openai-chat", "z-ai/glm-5.3-flash:free", ["z-ai/glm-5.3-flash"], False),  # a model of its own, which ended
        ("anthropic", "claude-haiku-4-5", ["claude-haiku-4-5-20251001"], True),
        ("anthropic", "claude-haiku-4", ["claude-haiku-4-5-20251001"], False),
        ("ollama", "qwen3", ["qwen3:latest"], True),
        ("ollama", "qwen3:8b", ["qwen3:latest"], False),
        ("gemini", "models/gemini-3.8-flash", ["gemini-3.8-flash"], True),
        ("bedrock", "arn:aws:bedrock:eu-central-1:1:application-inference-profile/x", [], True),
    ],
)
def test_a_model_may_be_called_as_its_provider_lets_one_call_it(
    dialect: str, model_id: str, served: list[str], is_there: bool
) -> None:
    assert is_served(dialect, model_id, served) is is_there


def test_headers_of_an_account_are_its_own() -> None:
    headers: Mapping[str, str] = {"X-Team": "blue"}
    (call,) = first_calls("openai-chat", Access("it", base_url="https://h.example/v1", key=KEY, headers=headers), at=AT)
    assert call.headers["x-team"] == "blue"
    assert call.headers["authorization"] == f"Bearer {KEY}"
    assert call.headers["accept"] == "application/json"
    assert "content-type" not in call.headers


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["data", "models", "id", "name", "pricing", "prompt", "type", "has_more", "last_id"])
            | st.sampled_from(["nextPageToken", "nextToken", "context_length", "outputModalities", "modelId"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_whatever_a_provider_sends_is_read_or_told(body: Any) -> None:
    try:
        models = read(body)
    except NotTheDialect:
        models = []
    assert all(model.id and model.id.isprintable() for model in models)
    access = Access("it", base_url="https://h.example/v1", key=KEY)
    (call,) = first_calls("openai-chat", access, at=AT)
    following = next_call(call, body, "openai-chat", access, at=AT)
    assert following is None or urlsplit(following.url).netloc == "h.example"
