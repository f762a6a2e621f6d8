"""What is known of models: a table that must hold together, and nothing made up where it is silent."""

from __future__ import annotations

from importlib.resources import files

import pytest

from sidecar.providers.capabilities import Capabilities, capabilities, plain_name, takes_effort
from sidecar.providers.catalogue import catalogue
from sidecar.providers.opening import http_dialect
from sidecar.providers.vocabulary import Access, Message, Request


def known(target: str, *, dialect: str | None = None) -> Capabilities:
    name, _, model_id = target.partition("/")
    host = catalogue().get(name)
    pricing = host.pricing if host is not None else None
    return capabilities(
        model_id, dialect=dialect or (host.dialect if host else "openai-chat"), host=host, pricing=pricing
    )


def test_every_line_of_the_table_can_be_read() -> None:
    text = files("sidecar.providers").joinpath("capabilities.tsv").read_text("utf-8")
    sections = [line[1:-1] for line in text.splitlines() if line.startswith("[")]
    assert len(set(sections)) == len(sections)
    assert set(sections) <= {*catalogue(), "*"}
    rows = [line.split("\t") for line in text.splitlines() if line and line[0] not in "#["]
    assert len(rows) > 3_000
    for name, read, written, flags in rows:
        assert name
        assert read == "0" or 0 <= int(written) < int(read) <= 20_000_000
        assert len(flags) == 4
        assert set(flags) <= set("yn?")


@pytest.mark.parametrize(
    ("model_id", "plain"),
    [
        ("eu.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5"),
        ("anthropic/claude-sonnet-4.5", "claude-sonnet-4-5"),
        ("accounts/fireworks/models/glm-5p3", "glm-5p3"),
        ("z-ai/GLM-5.3:free", "glm-5-3"),
        ("gpt-4o-2024-08-06", "gpt-4o"),
        ("openai.gpt-oss-120b-1:0", "gpt-oss-120b-1"),
        ("qwen3:8b", "qwen3:8b"),
        ("gemini-2.5-flash@default", "gemini-2-5-flash"),
    ],
)
def test_a_models_plain_name_is_the_same_at_every_host(model_id: str, plain: str) -> None:
    assert plain_name(model_id) == plain


def test_a_window_is_that_of_the_host_and_not_of_the_model() -> None:
    # Groq serves gpt-oss-120b with 131,072 tokens; of a host that nobody listed, its window is unknown.
    assert known("groq/openai/gpt-oss-120b").context_tokens == 131_072
    stranger = known("stranger/openai/gpt-oss-120b")
    assert (stranger.context_tokens, stranger.output_tokens, stranger.json_schema) == (None, None, None)
    assert (stranger.tools, stranger.vision, stranger.reasoning) == (True, False, True)


def test_of_two_windows_the_smaller_holds() -> None:
    # 1,050,000 tokens by genai-prices 0.2.3, which counts the answer too; 922,000 may be read.
    assert known("openai/gpt-6.1-sol").context_tokens == 922_000


def test_a_name_nobody_knows_promises_nothing() -> None:
    nothing = known("groq/no-such-model")
    assert nothing.lacks(("tools", "reasoning", "vision", "json-schema")) == (
        "tools", "reasoning", "vision", "json-schema",
    )  # fmt: skip
    assert (nothing.context_tokens, nothing.tools, nothing.vision) == (None, None, False)


def test_a_host_that_is_told_in_words_takes_no_schema_whatever_the_model_can() -> None:
    assert known("deepseek/deepseek-flash").json_schema is False
    assert known("anthropic/claude-sonnet-5-5").json_schema is False
    assert known("openai/gpt-6.1-sol").json_schema is True


@pytest.mark.parametrize(
    ("provider", "model_id", "takes"),
    [
        ("openai", "gpt-6.1-sol", True),
        ("openai", "gpt-4o", False),  # does not reason: `reasoning_effort` is a 400
        ("openai", "gpt-4.1-mini", False),
        ("xai", "grok-4.7", True),
        ("xai", "grok-4.20-reasoning", False),
        ("xai", "grok-build-0.1", False),
        ("groq", "openai/gpt-oss-120b", True),
        ("groq", "qwen/qwen3-32b", False),
        ("cerebras", "gpt-oss-120b", True),
        ("mistral", "mistral-large-4", False),
        ("mine", "a-model-nobody-knows", True),
    ],
)
def test_an_effort_is_told_to_models_that_take_it(provider: str, model_id: str, takes: bool) -> None:
    host = catalogue().get(provider)
    base_url = host.base_url if host is not None else "https://llm.example/v1"
    assert takes_effort(model_id, provider=provider, base_url=base_url) is takes
    asked = Request(model_id, (Message("user", "Why?"),), effort="low")
    for dialect in ("openai-chat", "openai-responses"):
        call = http_dialect(dialect).prepare(asked, Access(provider, base_url=base_url, key="k"))
        assert (b'"low"' in call.body) is takes
        assert bool(call.notes) is not takes


def test_a_vendors_program_is_given_text_and_nothing_else() -> None:
    assert known("claude-cli/sonnet").lacks(("tools", "vision", "json-schema")) == ("tools", "vision", "json-schema")
