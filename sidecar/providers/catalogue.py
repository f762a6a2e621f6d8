"""The hosts that are known without being configured, read from `catalogue.toml` beside this file.

A new OpenAI-compatible host is one entry there and no Python.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, Literal

__all__ = ["Billing", "Dialect", "Host", "Quirks", "SchemaSupport", "catalogue", "quirks"]

Billing = Literal["metered", "flat", "free"]
"""By the token, by a plan whose calls cost nothing more, or not at all."""

Dialect = Literal[
    "openai-chat", "openai-responses", "anthropic", "gemini", "ollama", "azure", "bedrock", "vertex", "command"
]

SchemaSupport = Literal["json_schema", "json_object", "prompt"]
"""What a host makes of a JSON Schema: takes it, promises any JSON, or must be told in words."""


@dataclass(frozen=True, slots=True)
class Quirks:
    """Where a host of the `openai-chat` dialect differs from OpenAI's own words."""

    limit: str = "max_tokens"
    """The field that bounds the answer's tokens."""
    stream_usage: bool = True
    """Whether `stream_options` may be sent."""
    schema: SchemaSupport = "json_schema"
    effort: Literal["reasoning_effort", "reasoning", "none"] = "reasoning_effort"
    """The field that takes a reasoning effort: OpenAI's, OpenRouter's object, or none."""
    keeps_reasoning: bool = False
    """Whether what the model thought is to be sent back with its tool calls (DeepSeek, Moonshot, OpenRouter)."""
    short_ids: bool = False
    """Whether the ids of tool calls must be nine letters and digits (Mistral)."""


@dataclass(frozen=True, slots=True)
class Host:
    """One host: what a configuration may leave out about it."""

    name: str
    dialect: Dialect
    base_url: str = ""
    key_variables: tuple[str, ...] = ()
    """Environment variables its key is usually in, the most usual first."""
    signing_variables: tuple[str, ...] = ()
    """Where AWS's pair of keys usually is: its id, its secret half, a session's token."""
    pricing: str | None = None
    """Its provider id in genai-prices; None where prices are unknown."""
    billing: Billing = "metered"
    local: bool = False
    """It runs on this machine: nothing leaves it."""
    command: tuple[str, ...] = ()
    default_models: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Model ids by hint ("smart", "cheap", "free"), each hint's first one the suggestion."""
    first_token_s: float | None = None
    """A longer limit for the first token than usual, for hosts that are silent until they are done."""
    quirks: Quirks = Quirks()
    source: str = ""

    @property
    def places(self) -> tuple[str, ...]:
        """What the address leaves open, such as `region`; only the user knows it."""
        return tuple(dict.fromkeys(re.findall(r"\{(\w+)\}", self.base_url)))


@functools.cache
def catalogue() -> Mapping[str, Host]:
    """Every known host by name, in the file's order; read once."""
    import tomllib
    from importlib.resources import files

    entries = tomllib.loads(files("sidecar.providers").joinpath("catalogue.toml").read_text("utf-8"))["hosts"]
    return MappingProxyType({name: _host(name, entry) for name, entry in entries.items()})


@functools.lru_cache(maxsize=256)
def quirks(provider: str, base_url: str) -> Quirks:
    """How the host behind *base_url* differs.

    The address decides, because the name is the user's own: a second entry for the same host under
    another name keeps its quirks, and an entry called `openai` that points elsewhere gets none.
    """
    same_name = catalogue().get(provider)
    if same_name is not None and same_name.base_url == base_url:
        return same_name.quirks
    address = _address(base_url)
    for host in catalogue().values():
        if host.base_url and not host.local and not host.places and _address(host.base_url) == address:
            return host.quirks
    return Quirks()


def _address(base_url: str) -> str:
    return base_url.partition("://")[2].partition("/")[0].rpartition("@")[2].lower()


def _host(name: str, entry: dict[str, Any]) -> Host:
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
    quirk = Quirks(**{each.name: values.pop(each.name) for each in fields(Quirks) if each.name in values})
    models = {hint: tuple(ids) for hint, ids in values.pop("models", {}).items()}
    return Host(name=name, default_models=MappingProxyType(models), quirks=quirk, **values)
