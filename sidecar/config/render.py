"""What holds, and why: every value of a configuration with where it came from, for `sidecar config`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sidecar.config.complaints import dotted
from sidecar.config.layers import Configuration, origin_of
from sidecar.config.located import Path
from sidecar.config.model import Settings
from sidecar.providers.masking import masked

__all__ = ["inactive", "render", "values_with_origins"]

_INACTIVE: tuple[tuple[tuple[str, ...], str], ...] = (
    (("providers", "*", "data_policy"), "data policies are kept, and no model can ask for one yet"),
    (("models", "*", "objectives"), "objectives are kept but not yet measured"),
)
"""Settings that are accepted and do nothing in this version, so that nobody relies on them unawares.
Whoever makes one of them act removes its line."""


def render(configuration: Configuration) -> list[str]:
    """The lines of `sidecar config`: each value with its origin, then what is held back, inactive or odd."""
    values = values_with_origins(configuration)
    width = min(60, max((len(f"{path} = {value}") for path, value, _ in values), default=0))
    lines = [f"{f'{path} = {value}':<{width}}  ({origin})" for path, value, origin in values]
    lines += [f"held back: {held.path} {held.sentence}" for held in configuration.held_back]
    lines += [f"not enforced: {line}" for line in inactive(configuration.settings)]
    lines += [f"note: {note}" for note in configuration.notes]
    return lines


def values_with_origins(configuration: Configuration) -> list[tuple[str, str, str]]:
    """Every value as (dotted path, JSON, origin), in the order of the settings.

    What looks like a key is masked: one may have been pasted where only an address or a word is expected.
    """
    dumped = configuration.settings.model_dump(mode="json", by_alias=True)
    return [
        (masked(dotted(path), ()), masked(json.dumps(value), ()), origin_of(path, configuration.origins))
        for path, value in _leaves(dumped, ())
        if value is not None or origin_of(path, configuration.origins) != "default"
    ]


def inactive(settings: Settings) -> list[str]:
    """One line for each setting that was given and is not acted on by this version."""
    dumped = settings.model_dump(mode="json", exclude_defaults=True)
    lines = []
    for pattern, sentence in _INACTIVE:
        places = [dotted(path) for path in _matching(dumped, pattern, ())]
        if places:
            lines.append(f"`{'`, `'.join(places)}`: {sentence}")
    return lines


def _leaves(value: Any, path: Path) -> Iterable[tuple[Path, Any]]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    elif isinstance(value, list) and any(isinstance(entry, Mapping) for entry in value):
        for index, inner in enumerate(value):
            yield from _leaves(inner, (*path, index))
    else:
        yield path, value


def _matching(value: Any, pattern: tuple[str, ...], path: Path) -> Iterable[Path]:
    if not pattern:
        if value:
            yield path
        return
    first, rest = pattern[0], pattern[1:]
    if isinstance(value, Mapping):
        for key in value if first == "*" else [first] if first in value else []:
            yield from _matching(value[key], rest, (*path, key))
    elif isinstance(value, list) and first == "*":
        for index, inner in enumerate(value):
            yield from _matching(inner, rest, (*path, index))
