"""The hosts that are known without being configured, read from `catalogue.toml` beside this file.

A new OpenAI-compatible host is one entry there and no Python.
"""

from __future__ import annotations

import fnmatch
import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, Literal

__all__ = ["Billing", "DataPolicy", "Dialect", "Host", "Quirks", "SchemaSupport", "catalogue", "host_at", "quirks"]

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
    effort_for: tuple[str, ...] = ()
    """Patterns of the models that take low, medium and high; empty is every one that reasons."""
    keeps_reasoning: bool = False
    """Whether what the model thought is to be sent back with its tool calls (DeepSeek, Moonshot, OpenRouter)."""
    short_ids: bool = False
    """Whether the ids of tool calls must be nine letters and digits (Mistral)."""


_QUIRKS = frozenset(each.name for each in fields(Quirks))


@dataclass(frozen=True, slots=True)
class DataPolicy:
    """What a host does with what it is sent by its own words, for a paid account with nothing agreed apart."""

    training: bool | None = None
    """Whether it may train on it; None is unknown."""
    retention: str | None = None
    """How long it keeps it: `none`, or a time in words; None is unknown."""
    except_for: tuple[str, ...] = ()
    """Patterns of model ids that the host only hands on, for which it says nothing (`*-cloud`)."""
    source: str = ""
    """Where the host says so, and what narrows it."""
    date: str = ""
    """When that was read, `YYYY-MM`."""

    def covers(self, model_id: str) -> bool:
        """Whether the policy is about this model too."""
        name = model_id.lower()
        return not any(fnmatch.fnmatchcase(name, pattern) for pattern in self.except_for)


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
    place_variables: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Environment variables that usually hold what the address leaves open, by place."""
    pricing: str | None = None
    """Its provider id in genai-prices; None where prices are unknown."""
    billing: Billing = "metered"
    tells_cost: bool = False
    """Each answer says what it cost, in US dollars."""
    local: bool = False
    """It runs on this machine: nothing leaves it."""
    command: tuple[str, ...] = ()
    only_by_name: bool = False
    """Found on this machine, it answers only where a target names it."""
    default_models: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Model ids by hint ("smart", "cheap", "free"), each hint's first one the suggestion."""
    first_token_s: float | None = None
    """A longer limit for the first token than usual, for hosts that are silent until they are done."""
    quirks: Quirks = Quirks()
    data_policy: DataPolicy = DataPolicy()
    regions: tuple[str, ...] = ()
    """Where it works on what it is sent, as two letters (`eu`, `us`, `cn` ...); empty is unknown, or anywhere.

    Several are all of them at once: a call may end in any."""
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


def quirks(provider: str, base_url: str) -> Quirks:
    """How the host behind *base_url* differs."""
    host = host_at(provider, base_url)
    return host.quirks if host is not None else Quirks()


@functools.lru_cache(maxsize=256)
def host_at(provider: str, base_url: str) -> Host | None:
    """The host behind *base_url*, None where the catalogue does not know it.

    The address decides, because the name is the user's own: a second entry for the same host under
    another name is that host, and an entry called `openai` that points elsewhere is not.
    """
    hosts = [host for host in catalogue().values() if host.base_url]
    exact = [host for host in hosts if _fits(host, base_url)]
    if exact:
        return next((host for host in exact if host.name == provider), exact[0])
    address = _address(base_url)
    # A server of this machine is known by its port, which anything may listen on: only its whole address tells.
    return next(
        (host for host in hosts if not host.local and not host.places and _address(host.base_url) == address), None
    )


def _fits(host: Host, base_url: str) -> bool:
    """Whether *base_url* is the host's own, with its open places filled in where it has some."""
    if not host.places:
        return host.base_url == base_url
    pieces = re.split(r"(\{\w+\}-?)", host.base_url)
    pattern = "".join("[A-Za-z0-9._:-]*" if piece.startswith("{") else re.escape(piece) for piece in pieces)
    return re.fullmatch(pattern, base_url) is not None


def _address(base_url: str) -> str:
    return base_url.partition("://")[2].partition("/")[0].rpartition("@")[2].lower()


def _host(name: str, entry: dict[str, Any]) -> Host:
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
    quirk = Quirks(**{name: values.pop(name) for name in _QUIRKS & values.keys()})
    models = {hint: tuple(ids) for hint, ids in values.pop("models", {}).items()}
    said = values.pop("data_policy", {})
    policy = DataPolicy(**{**said, "except_for": tuple(said.get("except_for", ()))})
    places = {place: tuple(names) for place, names in values.pop("place_variables", {}).items()}
    values["place_variables"] = MappingProxyType(places)
    return Host(name=name, default_models=MappingProxyType(models), quirks=quirk, data_policy=policy, **values)
