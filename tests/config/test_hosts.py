"""Hosts whose address depends on the account: what the user must say, and what becomes of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sidecar.config.detect import look
from sidecar.config.hosts import KnownProvider, contradictions, known_provider
from sidecar.config.model import Account, Settings
from sidecar.config.trust import sift
from sidecar.providers.catalogue import catalogue

PAIR = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s"}


def known(name: str, said: dict[str, Any] | None = None, environ: dict[str, str] | None = None) -> KnownProvider:
    settings = Settings.model_validate({"providers": {name: said} if said is not None else {}})
    found = known_provider(name, settings=settings, catalogue=catalogue(), environ=environ or {})
    assert found is not None
    return found


def complaints(said: dict[str, Any]) -> list[str]:
    settings = Settings.model_validate_json(json.dumps({"providers": said}))
    return [sentence for _, sentence in contradictions(settings, catalogue())]


@pytest.mark.parametrize(
    ("name", "said", "address"),
    [
        ("azure", {"resource": "mine"}, "https://mine.openai.azure.com"),
        ("azure", {"base_url": "https://proxy.example/azure"}, "https://proxy.example/azure"),
        ("bedrock", {"region": "eu-central-1"}, "https://bedrock-runtime.eu-central-1.amazonaws.com"),
        (
            "vertex",
            {"region": "europe-west4", "project": "p-1"},
            "https://europe-west4-aiplatform.googleapis.com/v1/projects/p-1/locations/europe-west4/publishers/google",
        ),
        (
            "vertex",
            {"region": "global", "project": "p-1"},
            "https://aiplatform.googleapis.com/v1/projects/p-1/locations/global/publishers/google",
        ),
    ],
)
def test_the_address_is_made_of_what_the_user_says(name: str, said: dict[str, Any], address: str) -> None:
    found = known(name, said, dict.fromkeys(catalogue()[name].key_variables, "k"))
    assert (found.base_url, found.problem) == (address, None)


def test_what_is_missing_of_an_address_is_named() -> None:
    assert known("bedrock").problem == "its address is not known: give `providers.bedrock.region`, or set `AWS_REGION`"
    assert complaints({"azure": {}}) == [
        "`providers.azure` needs a `resource`, which is part of its address, or set `AZURE_RESOURCE_NAME`"
    ]
    assert complaints({"vertex": {"region": "global"}}) == [
        "`providers.vertex` needs a `project`, which is part of its address, or set `GOOGLE_CLOUD_PROJECT`"
    ]


def test_what_an_address_leaves_open_is_taken_from_the_environment_where_the_file_is_silent() -> None:
    environ = {**PAIR, "AWS_DEFAULT_REGION": "eu-north-1"}
    found = known("bedrock", {}, environ)
    assert (found.base_url, found.region) == ("https://bedrock-runtime.eu-north-1.amazonaws.com", "eu-north-1")
    assert known("bedrock", {}, {**environ, "AWS_REGION": "eu-west-3"}).region == "eu-west-3"
    assert known("bedrock", {"region": "us-east-1"}, environ).region == "us-east-1"
    own = {"base_url": "https://bedrock-runtime.ca-central-1.amazonaws.com"}
    assert known("bedrock", own, environ).region == "", "an address of one's own says where it is itself"
    settings = Settings.model_validate({"providers": {"bedrock": {}}})
    assert contradictions(settings, catalogue(), environ) == []


@pytest.mark.parametrize("trick", ["evil.example/", "evil.example#", "a@evil.example", "x?y", " ", "eu\nx"])
def test_a_variable_cannot_lead_a_key_to_another_host_either(trick: str) -> None:
    assert "its address is not known" in (known("bedrock", {}, {**PAIR, "AWS_REGION": trick}).problem or "")


def test_a_place_cannot_lead_to_another_host() -> None:
    for trick in ("evil.example/", "evil.example#", "a@evil.example", "x?y", " "):
        with pytest.raises(ValueError, match="resource"):
            Settings.model_validate({"providers": {"azure": {"resource": trick}}})


def test_aws_keys_of_the_environment_make_an_account_that_signs() -> None:
    said = {"region": "us-east-1"}
    (account,) = known("bedrock", said, PAIR).accounts
    assert account == Account(key="env:AWS_SECRET_ACCESS_KEY", key_id="env:AWS_ACCESS_KEY_ID")
    (account,) = known("bedrock", said, {**PAIR, "AWS_SESSION_TOKEN": "t"}).accounts
    assert account.session_token == "env:AWS_SESSION_TOKEN"
    (account,) = known("bedrock", said, {**PAIR, "AWS_BEARER_TOKEN_BEDROCK": "b"}).accounts
    assert account == Account(key="env:AWS_BEARER_TOKEN_BEDROCK")
    assert "AWS_BEARER_TOKEN_BEDROCK" in (known("bedrock", said).problem or "")


def test_half_a_pair_of_keys_is_told() -> None:
    region = {"region": "us-east-1"}
    assert "without its other half" in complaints({"bedrock": {**region, "accounts": [{"key_id": "env:A"}]}})[0]
    lone = {"key": "env:B", "session_token": "env:C"}
    assert "without the pair" in complaints({"bedrock": {**region, "accounts": [lone]}})[0]


def test_clouds_are_not_detected_by_their_keys_alone() -> None:
    environ = {variable: "k" for host in catalogue().values() for variable in host.key_variables} | PAIR
    found = {finding.provider for finding in look(environ, catalogue=catalogue(), project=Path("/nowhere"))}
    assert found.isdisjoint({"azure", "bedrock", "vertex"})
    assert "ollama-cloud" in found


def test_openai_can_be_told_to_speak_responses() -> None:
    found = known("openai", {"dialect": "openai-responses"}, {"OPENAI_API_KEY": "k"})
    assert (found.dialect, found.base_url) == ("openai-responses", "https://api.openai.com/v1")


def test_a_project_cannot_move_a_cloud_before_it_is_trusted() -> None:
    said = {"azure": {"resource": "theirs", "api_version": "v1"}}
    sifted = sift({"providers": said}, own={}, known=["azure"], roots=[], is_trusted=False)
    assert "providers" not in sifted.values
    assert "calls the resource `theirs`" in sifted.held_back[0].sentence
    assert "sets its own `api_version`" in sifted.held_back[0].sentence


def test_every_secret_of_an_account_is_kept_from_children() -> None:
    account = {"key": "env:ONE", "key_id": "env:TWO", "session_token": "env:THREE"}
    provider = {"region": "us-east-1", "accounts": [account], "headers": {"X-Key": "env:FOUR"}}
    settings = Settings.model_validate_json(json.dumps({"providers": {"bedrock": provider}}))
    assert settings.key_variables == {"ONE", "THREE", "FOUR"}
