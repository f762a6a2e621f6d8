"""What a route may filter by: the user's word before the catalogue's, and unknown where neither has one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sidecar.config.facts import Facts, facts
from sidecar.config.hosts import known_provider
from sidecar.config.model import DataPolicy, Settings
from sidecar.providers.catalogue import catalogue, host_at

KEPT_30_DAYS = DataPolicy(training=False, retention="30 days")


def facts_of(target: str, said: dict[str, Any] | None = None) -> Facts:
    name, _, model_id = target.partition("/")
    settings = Settings.model_validate_json(json.dumps({"providers": {name: said} if said is not None else {}}))
    environ = {variable: "k" for host in catalogue().values() for variable in host.key_variables}
    provider = known_provider(name, settings=settings, catalogue=catalogue(), environ=environ)
    assert provider is not None
    return facts(provider, model_id)


def test_the_catalogues_policy_holds_and_the_users_word_goes_before_it() -> None:
    assert facts_of("openai/gpt-5").data_policy == KEPT_30_DAYS
    agreed = {"data_policy": {"retention": "none"}}  # zero retention was agreed; what was not said stays known
    assert facts_of("openai/gpt-5", agreed).data_policy == DataPolicy(training=False, retention="none")


def test_a_policy_belongs_to_an_address_and_not_to_a_name() -> None:
    elsewhere = {"dialect": "openai-chat", "base_url": "https://proxy.example/v1"}
    assert facts_of("openai/gpt-5", elsewhere).data_policy == DataPolicy()
    second = {"dialect": "openai-chat", "base_url": "https://api.openai.com/v1", "accounts": [{"key": "env:A"}]}
    assert facts_of("mine/gpt-5", second).data_policy == KEPT_30_DAYS
    assert facts_of("mine/gpt-5", second).capabilities.context_tokens == 272_000


def test_a_model_that_a_local_server_hands_on_is_not_local() -> None:
    assert facts_of("ollama/qwen3:8b").data_policy == DataPolicy(training=False, retention="none")
    for handed_on in ("ollama/gpt-oss:120b-cloud", "ollama/glm-5.3:cloud"):
        assert facts_of(handed_on).data_policy == DataPolicy()


@pytest.mark.parametrize(
    ("target", "region", "regions"),
    [
        ("bedrock/anthropic.claude-haiku-4-5-20251001-v1:0", "eu-central-1", (("eu-central-1", "eu"),)),
        ("bedrock/anthropic.claude-haiku-4-5-20251001-v1:0", "eu-west-2", (("eu-west-2", "uk"),)),  # London left
        ("bedrock/us.anthropic.claude-haiku-4-5-20251001-v1:0", "us-east-1", (("us",),)),
        ("bedrock/global.anthropic.claude-haiku-4-5-20251001-v1:0", "eu-central-1", ()),
        ("vertex/gemini-3.8-flash", "europe-west4", (("europe-west4", "eu"),)),
        ("vertex/gemini-3.8-flash", "europe-west6", (("europe-west6", "ch"),)),
        ("vertex/gemini-3.8-flash", "global", ()),
    ],
)
def test_a_clouds_region_is_told_with_the_part_of_the_world_it_lies_in(
    target: str, region: str, regions: tuple[tuple[str, ...], ...]
) -> None:
    said = {"region": region, **({"project": "p-1"} if target.startswith("vertex") else {})}
    assert facts_of(target, said).regions == regions


def test_where_a_provider_works_is_unknown_until_somebody_says_it() -> None:
    own = {"dialect": "openai-chat", "base_url": "https://llm.example/v1"}
    assert facts_of("mine/m", own).regions == ()
    assert facts_of("mine/m", {**own, "region": "eu"}).regions == (("eu",),)


@pytest.mark.parametrize(
    ("region", "area"),
    [
        ("westeurope", "eu"),
        ("swedencentral", "eu"),
        ("uksouth", "uk"),
        ("switzerlandnorth", "ch"),
        ("eastus2", "us"),
    ],
)
def test_azure_names_its_regions_for_countries(region: str, area: str) -> None:
    said = {"resource": "mine", "region": region}
    assert facts_of("azure/gpt", said).regions == (tuple(dict.fromkeys((region, area))),)


def test_a_host_is_found_by_its_address_with_its_places_filled_in() -> None:
    bedrock = host_at("mine", "https://bedrock-runtime.eu-central-1.amazonaws.com")
    assert bedrock is catalogue()["bedrock"]
    for address in (
        "https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/google",
        "https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/europe-west4/publishers/google",
    ):
        assert host_at("vertex", address) is catalogue()["vertex"]
    assert host_at("bedrock", "https://evil.example/bedrock-runtime.eu.amazonaws.com") is None
    assert host_at("ollama", "http://127.0.0.1:8081/v1") is None


def test_the_users_own_word_for_what_a_server_can_do_goes_first() -> None:
    own = {"dialect": "openai-chat", "base_url": "https://llm.example/v1"}
    told = facts_of("mine/m", {**own, "capabilities": ["tools", "json-schema"], "context_tokens": 32_768}).capabilities
    assert (told.tools, told.json_schema, told.reasoning, told.context_tokens) == (True, True, None, 32_768)
    assert facts_of("openai/gpt-5", {"context_tokens": 8_000}).capabilities.context_tokens == 8_000


def test_capabilities_are_known_denied_or_unknown() -> None:
    known = facts_of("gemini/gemini-3.8-flash").capabilities
    assert (known.vision, known.json_schema) == (True, True)
    assert facts_of("deepseek/deepseek-flash").capabilities.json_schema is False  # its API answers 400
    stranger = facts_of("mine/m", {"dialect": "openai-chat", "base_url": "https://llm.example/v1"}).capabilities
    assert (stranger.context_tokens, stranger.json_schema, stranger.tools) == (None, None, None)
    assert stranger.lacks(("tools", "json-schema")) == ("tools", "json-schema")
    said = {"dialect": "openai-chat", "base_url": "https://llm.example/v1", "images": True}
    assert facts_of("mine/m", said).capabilities.lacks(("vision",)) == ()
