"""The library of named faults, read from `faults.toml`: `openai.rate-limit`, `anthropic.overloaded`, `hang` ..."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from pydantic import TypeAdapter

from sidecar.errors import ConfigurationError
from sidecar.simulator.vocabulary import Fault

__all__ = ["NamedFault", "fault_named", "named_faults"]


@dataclass(frozen=True, slots=True)
class NamedFault:
    name: str
    about: str
    source: str
    fault: Fault


@cache
def named_faults() -> Mapping[str, NamedFault]:
    """Every fault of the library under its name, in the order of the file."""
    text = resources.files("sidecar.simulator").joinpath("faults.toml").read_text(encoding="utf-8")
    reads: TypeAdapter[Fault] = TypeAdapter(Fault)
    return {name: _named(name, entry, reads) for name, entry in tomllib.loads(text).items()}


def fault_named(name: str) -> Fault:
    """The fault of that name; `ConfigurationError` names the nearest one where there is none."""
    try:
        return named_faults()[name].fault
    except KeyError:
        near = difflib.get_close_matches(name, named_faults(), n=1, cutoff=0.0)
        raise ConfigurationError(
            f"The simulator knows no fault `{name}`; the nearest one it knows is `{near[0]}`."
        ) from None


def _named(name: str, entry: dict[str, Any], reads: TypeAdapter[Fault]) -> NamedFault:
    about, source = entry.pop("about"), entry.pop("source")
    if isinstance(entry.get("body"), str):
        entry["body"] = json.loads(entry["body"])
    return NamedFault(name=name, about=about, source=source, fault=reads.validate_python(entry))
