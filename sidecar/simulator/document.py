"""Reads a simulation from JSON, as `sidecar simulate FILE` takes it.

    {"seed": 0, "port": 0,
     "providers": {
       "a": {"dialect": "openai-chat", "schedule": {"phases": [{"fault": "openai.rate-limit", "until_s": 30}]}},
       "b": {"dialect": "anthropic",   "schedule": {"phases": [{"fault": "anthropic.overloaded", "every_calls": 2}]}},
       "c": {"dialect": "gemini"}}}

The words are those of `sidecar.simulator.vocabulary`; a fault is a name of `faults.toml` or an object with a `kind`.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from sidecar.errors import ConfigurationError
from sidecar.simulator.vocabulary import DialectName, Phase, Quota, Reply, Schedule, Simulated

__all__ = ["Document", "read_document"]


@dataclass(frozen=True, slots=True)
class Document:
    """What a file asks for."""

    providers: tuple[Simulated, ...]
    seed: int = 0
    port: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One provider, named by its key."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    dialect: DialectName
    schedule: Schedule = field(default_factory=Schedule)
    models: tuple[str, ...] = ()
    accounts: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    providers: Mapping[str, _Entry]
    seed: int = 0
    port: int = 0


def read_document(document: str | Mapping[str, Any], *, source: str) -> Document:
    """The simulation *document* describes; `ConfigurationError` says what in *source* cannot be used."""
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError as error:
            raise ConfigurationError(f"{source} is not JSON: {error}.") from error
    try:
        file = TypeAdapter(_File).validate_python(document)
    except ValidationError as error:
        raise ConfigurationError(f"{source} cannot be used: {_sentence(error)}") from error
    providers = (
        Simulated(name, entry.dialect, entry.schedule, entry.models, entry.accounts)
        for name, entry in file.providers.items()
    )
    return Document(tuple(providers), file.seed, file.port)


def _sentence(error: ValidationError) -> str:
    # The deepest complaint: of the ways a fault could have been written, the one that was meant.
    worst = max(error.errors(include_url=False, include_input=False), key=lambda each: len(each["loc"]))
    place = ".".join(str(part) for part in worst["loc"])
    if worst["type"] != "unexpected_keyword_argument":
        return f"`{place}`: {worst['msg']}."
    known = {each.name for words in (_File, _Entry, Schedule, Phase, Quota, Reply) for each in fields(words)}
    near = difflib.get_close_matches(str(worst["loc"][-1]), sorted(known), n=1, cutoff=0.0)[0]
    return f"`{place}` is unknown; the nearest known key is `{near}`."
