"""The layers of the configuration, laid over each other, each value with where it came from.

    defaults < detected < the user's file < the project's file < environment < flags

Objects merge by key, everything else replaces what lies below, and so does a model of another `kind`. Two lists add
up instead, because a limit may be added but never lifted by a later layer: `run.deny` and `budgets`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sidecar.config import files, hosts, trust
from sidecar.config.complaints import complaints, dotted, nearest, told
from sidecar.config.files import ConfigFile
from sidecar.config.located import Path as Place
from sidecar.config.model import Settings
from sidecar.config.places import home_path, project_file, state_dir, user_file
from sidecar.config.project_shelf import project_shelf
from sidecar.config.trust import HeldBack
from sidecar.errors import ConfigurationError

if TYPE_CHECKING:
    from sidecar.providers.catalogue import Host

__all__ = ["VARIABLES", "Configuration", "Detect", "Layer", "load", "merge", "origin_of"]

Detect = Callable[[Sequence[str]], Mapping[str, Any]]
"""Gives the detected layer, told the names of the providers that the files configure."""

VARIABLES: Mapping[str, str] = {
    "SIDECAR_CONFIG": "the user's configuration file",
    "SIDECAR_STATE": "the folder for what is remembered",
    "SIDECAR_LOG": "how much is logged to stderr: debug, info, warning or error",
    "SIDECAR_COMPRESSION_LEVEL": "compression.level",
    "SIDECAR_RUN_TIMEOUT_S": "run.timeout_s, in seconds",
}
"""The environment variables that are read, with what each one sets."""

_ADD_UP = (("run", "deny"), ("budgets",))
_FROM_ENVIRONMENT: Mapping[str, Place] = {
    "SIDECAR_COMPRESSION_LEVEL": ("compression", "level"),
    "SIDECAR_RUN_TIMEOUT_S": ("run", "timeout_s"),
}


@dataclass(frozen=True, slots=True)
class Layer:
    """What one origin says; *origin* is how it is shown: a file's path, a variable, a flag."""

    origin: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings that hold, and everything there is to tell about how they came to be.

    *origins* has an entry for each value some layer set, by dotted path; `origin_of` finds a value's own.
    *held_back* is what an untrusted project's file asked for and did not get. *roots* are absolute, links
    resolved. *notes* are sentences for the user.
    """

    settings: Settings
    origins: Mapping[str, str]
    held_back: tuple[HeldBack, ...]
    files: tuple[ConfigFile, ...]
    roots: tuple[Path, ...]
    state_dir: Path
    notes: tuple[str, ...] = ()


def load(
    *,
    cwd: Path,
    environ: Mapping[str, str],
    catalogue: Mapping[str, Host],
    detect: Detect | None = None,
    flags: Mapping[str, Any] | None = None,
) -> Configuration:
    """Read every layer and lay them over each other.

    *detect* gives the detected layer (without it nothing is detected); *flags* are the command line's, by
    dotted path (`{"compression.level": "faithful"}`). Raises `ConfigurationError` with everything that is
    wrong, one line each, beginning with where it stands; no line repeats a value.
    """
    cwd = cwd.resolve()
    user = files.read(user_file(environ), must_exist=bool(environ.get("SIDECAR_CONFIG")))
    found = project_file(cwd)
    project = files.read(found) if found is not None else None
    present = tuple(file for file in (user, project) if file is not None)
    upper = [*_environment(environ), *_flags(flags or {})]
    wrong = [line for file in present for line in file.errors]
    wrong += [f"{layer.origin}: {what}." for layer in upper for _, what in complaints(layer.values)]
    if wrong:
        raise ConfigurationError(told(wrong))

    own = _rooted(user.values if user else {}, cwd, environ)
    state = state_dir(environ)
    trusted = project is not None and trust.is_trusted(project.path, project.sha256, state_dir=state)
    theirs = project.values if project is not None else {}
    configured = (*own.get("providers", {}), *(theirs.get("providers", {}) if trusted else ()))
    detected = detect(tuple(dict.fromkeys(configured))) if detect else {}
    sifted = trust.sift(
        _rooted(theirs, project.path.parent.parent, environ) if project is not None else {},
        own=own,
        known={*own.get("providers", {}), *detected.get("providers", {}), *catalogue},
        roots=[Path(root) for root in own.get("roots", [str(cwd)])],
        is_trusted=trusted,
    )
    merged, origins = merge(
        [
            Layer("detected", detected),
            *([Layer(str(user.path), own)] if user else []),
            *([Layer(str(project.path), sifted.values)] if project else []),
            *upper,
        ]
    )
    settings = _settings(merged)
    _refuse(hosts.contradictions(settings, catalogue, environ), origins, present)
    return Configuration(
        settings=settings,
        origins=origins,
        held_back=(*sifted.held_back, *_held_shelf(cwd, state)),
        files=present,
        roots=tuple(Path(root) for root in merged.get("roots", [str(cwd)])),
        state_dir=state,
        notes=tuple(_strange_variables(environ)),
    )


def _held_shelf(cwd: Path, state: Path) -> Iterable[HeldBack]:
    """A project's shelf that its user has not trusted as it is now."""
    shelf = project_shelf(cwd)
    if shelf is not None and shelf.texts and not trust.is_trusted(shelf.folder, shelf.sha256, state_dir=state):
        files_told = f"{len(shelf.texts)} file{'s' if len(shelf.texts) > 1 else ''}"
        yield HeldBack(
            ".sidecar/tools",
            f"{files_told} would decide how output is shortened; ignored until you say `sidecar trust`",
        )


def merge(layers: Iterable[Layer]) -> tuple[dict[str, Any], dict[str, str]]:
    """Lay *layers* over each other, the last one on top: the values, and the origin of each by dotted path.

    Objects merge by key; any other value replaces the one below, with the two exceptions named above.
    """
    merged: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for layer in layers:
        _lay(merged, layer.values, layer.origin, (), origins)
    return merged, origins


def origin_of(path: Place, origins: Mapping[str, str]) -> str:
    """Where the value at *path* came from: the nearest entry at or above it, else the last below it, else "default"."""
    for length in range(len(path), 0, -1):
        if (origin := origins.get(dotted(path[:length]))) is not None:
            return origin
    below = [origin for name, origin in origins.items() if name.startswith((f"{dotted(path)}.", f"{dotted(path)}["))]
    return below[-1] if below else "default"


def _lay(under: dict[str, Any], over: Mapping[str, Any], origin: str, path: Place, origins: dict[str, str]) -> None:
    for key, value in over.items():
        here = (*path, key)
        name = dotted(here)
        if isinstance(value, Mapping):
            if not isinstance(under.get(key), dict) or (path == ("models",) and _is_of_another_kind(value, under[key])):
                under[key] = {}
                _forget(name, origins)
            _lay(under[key], value, origin, here, origins)
            if not under[key]:
                origins[name] = origin
            elif value:
                origins.pop(name, None)
        elif here in _ADD_UP and under.get(key):
            fresh = [entry for entry in value if entry not in under[key]]
            start = len(under[key])
            below = origins.pop(name, None)
            if below is not None:
                origins.update({dotted((*here, index)): below for index in range(start)})
            origins.update({dotted((*here, start + index)): origin for index in range(len(fresh))})
            under[key] = [*under[key], *fresh]
        else:
            _forget(name, origins)
            under[key] = value
            origins[name] = origin


def _is_of_another_kind(model: Mapping[str, Any], below: Mapping[str, Any]) -> bool:
    """Whether *model* is a panel over a model of tiers, or the other way round: nothing of what is *below* fits it."""
    return "kind" in model and model["kind"] != below.get("kind", "tiers")


def _forget(name: str, origins: dict[str, str]) -> None:
    for stale in [known for known in origins if known == name or known.startswith((f"{name}.", f"{name}["))]:
        del origins[stale]


def _settings(values: Mapping[str, Any]) -> Settings:
    # Through JSON, because only there a strict model takes a list for a tuple.
    return Settings.model_validate_json(json.dumps(values), strict=True)


def _refuse(
    contradictions: Sequence[tuple[Place, str]], origins: Mapping[str, str], present: Sequence[ConfigFile]
) -> None:
    by_name = {str(file.path): file for file in present}
    lines = []
    for path, sentence in contradictions:
        origin = origin_of(path, origins)
        lines.append(f"{by_name[origin].at(path) if origin in by_name else origin}: {sentence}.")
    if lines:
        raise ConfigurationError(told(lines))


def _rooted(values: Mapping[str, Any], folder: Path, environ: Mapping[str, str]) -> Mapping[str, Any]:
    """*values* with `roots` absolute, links resolved, relative ones taken from *folder*."""
    if "roots" not in values:
        return values
    return {**values, "roots": [str((folder / home_path(root, environ)).resolve()) for root in values["roots"]]}


def _environment(environ: Mapping[str, str]) -> Iterable[Layer]:
    for name, path in _FROM_ENVIRONMENT.items():
        if text := environ.get(name):
            yield Layer(name, _nested(path, _number(text) if name.endswith("_S") else text))


def _flags(flags: Mapping[str, Any]) -> Iterable[Layer]:
    for path, value in flags.items():
        yield Layer("command line", _nested(tuple(path.split(".")), value))


def _nested(path: Place, value: Any) -> dict[str, Any]:
    for step in reversed(path):
        value = {step: value}
    nested: dict[str, Any] = value
    return nested


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _strange_variables(environ: Mapping[str, str]) -> Iterable[str]:
    for name in sorted(environ):
        if name.startswith("SIDECAR_") and name not in VARIABLES and (meant := nearest(name, VARIABLES)):
            yield f"the variable `{name}` is not read; did you mean `{meant}`?"
