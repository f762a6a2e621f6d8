"""What a configuration file may say, and how a mistake is told."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.config.complaints import complaints, dotted, nearest
from sidecar.config.model import Settings

DESIGN: dict[str, Any] = {
    "providers": {
        "anthropic": {
            "accounts": [
                {"name": "work", "key": "env:ANTHROPIC_API_KEY"},
                {"name": "own", "key": "file:~/.keys/anthropic", "quotas": [{"window": "day", "limit_usd": 3}]},
            ]
        },
        "lab": {
            "dialect": "openai-chat",
            "base_url": "http://127.0.0.1:8080/v1",
            "accounts": [{"key": None}],
            "data_policy": {"training": False, "retention": "none"},
        },
        "claude-cli": {"dialect": "command", "command": ["claude", "-p", "--model", "{model}"], "billing": "flat"},
    },
    "models": {
        "default": {
            "tiers": [
                {"name": "subscription", "targets": ["claude-cli/sonnet"]},
                {"name": "cheap", "targets": ["deepseek/deepseek-chat", "openrouter/z-ai/glm-5"], "order": "cheapest"},
                {"name": "free", "targets": ["ollama/qwen3:8b"]},
            ],
            "deadline_s": 120,
            "objectives": {"success_rate": 0.995, "p95_s": 20},
        }
    },
    "budgets": [{"window": "day", "limit_usd": 5, "over": "next-tier"}],
    "compression": {"level": "tight", "mask_secrets": True},
    "run": {"timeout_s": 120, "deny": []},
    "roots": ["."],
}


def said(values: Any) -> str:
    return "\n".join(sentence for _, sentence in complaints(values))


def test_the_example_of_the_design_is_a_configuration() -> None:
    assert complaints(DESIGN) == []
    settings = Settings.model_validate_json(json.dumps(DESIGN))
    assert settings.models["default"].tiers[1].order == "cheapest"
    assert settings.providers["anthropic"].accounts[1].quotas[0].limit_usd == 3  # type: ignore[index]


def test_an_empty_object_is_a_configuration() -> None:
    assert complaints({}) == []


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"modles": {}}, "`modles`: unknown key `modles`; did you mean `models`"),
        (
            {"models": {"d": {"tiers": [{"name": "x", "target": ["a/b"], "targets": ["a/b"]}]}}},
            "`models.d.tiers[0].target`: unknown key `target`; did you mean `targets`",
        ),
        (
            {"models": {"d": {"limits": {"conect_s": 1}}}},
            "`models.d.limits.conect_s`: unknown key `conect_s`; did you mean `connect_s`",
        ),
        (
            {"run": {"zzz": 1}},
            "`run.zzz`: unknown key `zzz`; known here: `timeout_s`, `deny`",
        ),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_known_one(values: Any, sentence: str) -> None:
    assert sentence in said(values).splitlines()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"run": {"timeout_s": "90"}}, "`run.timeout_s` must be a number"),
        ({"run": {"timeout_s": 0}}, "`run.timeout_s` must be more than 0"),
        ({"run": {"deny": "rm"}}, "`run.deny` must be a list"),
        ({"run": None}, "`run` must be an object"),
        ({"models": []}, "`models` must be an object"),
        ({"models": {"d": {"tiers": [{"name": "x"}]}}}, "`models.d.tiers[0]`: the key `targets` is missing"),
        (
            {"models": {"d": {"tiers": [{"name": "x", "targets": ["gpt"]}]}}},
            "`models.d.tiers[0].targets[0]` must be `PROVIDER/MODEL`, such as `ollama/qwen3:8b`",
        ),
        (
            {"models": {"d": {"tiers": [{"name": "x", "targets": ["a/b"], "order": "best"}]}}},
            (
                "`models.d.tiers[0].order` must be one of "
                "`listed`, `cheapest`, `fastest`, `throughput`, `reliable`, `balanced`"
            ),
        ),
        ({"attach": {"allow_secret_files": 1}}, "`attach.allow_secret_files` must be true or false"),
        ({"roots": []}, "`roots` must be a list with at least one entry"),
        ({"models": {"a/b": {}}}, "`models.a/b` must be a name without `/`, `@` or spaces"),
    ],
)
def test_a_wrong_value_is_told_with_its_path_and_what_is_expected(values: Any, sentence: str) -> None:
    assert said(values) == sentence


@pytest.mark.parametrize(
    "url", ["ftp://x", "http://", "https://me:pw@host/v1", "https://host/v1?key=abc", "https://ho st", "http://h:99999"]
)
def test_an_address_that_cannot_be_called_or_carries_a_secret_is_refused(url: str) -> None:
    sentence = said({"providers": {"x": {"base_url": url}}})
    assert "`providers.x.base_url` must be an address" in sentence
    assert len(url) < 8 or url not in sentence


@pytest.mark.parametrize(
    "key",
    [
        "sk-ant-api03-abcdef0123456789",
        "env:sk-live-1",
        "env:sk_live_4242424242abcdef42",
        "file:relative",
        "keyring:x",
        "ENV:X",
        "",
        "env:",
    ],
)
@pytest.mark.parametrize("place", ["key", "header"])
def test_a_key_in_the_place_of_a_reference_is_refused_and_never_repeated(key: str, place: str) -> None:
    account = {"accounts": [{"key": key}]} if place == "key" else {"headers": {"X-Api-Key": key}}
    sentence = said({"providers": {"x": account}})
    assert "must be a reference `env:NAME`" in sentence
    assert len(key) < 5 or key not in sentence


def test_a_header_that_carries_no_secret_may_say_anything() -> None:
    assert said({"providers": {"x": {"headers": {"HTTP-Referer": "https://me.example", "X-Title": "Me & co"}}}}) == ""


def test_several_mistakes_are_told_together_in_the_files_order() -> None:
    paths = [path for path, _ in complaints({"providers": {"x": {"a": 1}}, "run": {"deny": 3}, "zzz": 1})]
    assert paths == [("providers", "x", "a"), ("run", "deny"), ("zzz",)]


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_anything_that_is_json_gets_sentences_and_never_a_traceback(value: Any) -> None:
    for key in Settings.model_fields:
        for _, sentence in complaints({"$schema" if key == "schema_" else key: value}):
            assert sentence


@given(st.sampled_from(["providers", "models", "budgets", "compression", "roots", "attach"]), st.data())
def test_a_key_with_one_letter_left_out_is_recognised(key: str, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(key) - 1))
    misspelt = key[:position] + key[position + 1 :]
    assert f"did you mean `{key}`" in said({misspelt: {}})


def test_a_key_with_dots_is_quoted_in_a_path() -> None:
    assert dotted(("providers", "z.ai", "accounts", 0, "key")) == 'providers."z.ai".accounts[0].key'


def test_nothing_near_is_none() -> None:
    assert nearest("qqq", ["models"]) is None
