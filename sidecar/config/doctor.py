"""What `sidecar doctor` says: what was found, what was not, and what to do. Pure; the command line prints it."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sidecar.config.detect import Finding
from sidecar.config.hosts import KnownProvider, known_provider, split_target
from sidecar.config.layers import Configuration
from sidecar.config.panels import panel_called, panel_line
from sidecar.config.render import inactive
from sidecar.config.secrets import is_reference, resolve
from sidecar.errors import SecretMissing

if TYPE_CHECKING:
    from sidecar.providers.catalogue import Host

__all__ = ["Line", "Mark", "examine", "has_problem"]

Mark = Literal["found", "missing", "note", "problem"]
"""Something that works; something that could be there; something to know; something to correct."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing examined: *todo* is what its user could do, empty where nothing is to be done."""

    mark: Mark
    text: str
    todo: str = ""

    def __str__(self) -> str:
        return f"{self.mark:<8} {self.text}" + (f"; {self.todo}" if self.todo else "")


def examine(
    configuration: Configuration,
    findings: Sequence[Finding],
    *,
    catalogue: Mapping[str, Host],
    environ: Mapping[str, str],
) -> list[Line]:
    """Everything worth telling about a configuration, in the order of a reader's questions.

    Follows secret references to see whether they lead anywhere (`file:` reads the disk) and shows none.
    """
    providers = _used(configuration, catalogue, environ)
    return [
        *_files(configuration),
        *_found(findings),
        *_accounts(providers.values(), environ),
        *_models(configuration, {name for name, one in providers.items() if _can_answer(one, findings, environ)}),
        *(Line("note", line) for line in inactive(configuration.settings)),
        *(Line("note", note) for note in configuration.notes),
    ]


def has_problem(lines: Iterable[Line]) -> bool:
    """Whether anything there is to be corrected, for the exit code."""
    return any(line.mark == "problem" for line in lines)


def _used(
    configuration: Configuration, catalogue: Mapping[str, Host], environ: Mapping[str, str]
) -> dict[str, KnownProvider]:
    settings = configuration.settings
    names = (*settings.providers, *(split_target(target)[0] for target in settings.targets))
    known = (
        known_provider(name, settings=settings, catalogue=catalogue, environ=environ) for name in dict.fromkeys(names)
    )
    return {provider.name: provider for provider in known if provider is not None}


def _files(configuration: Configuration) -> Iterable[Line]:
    if not configuration.files:
        yield Line("note", "no configuration file: what was detected and the defaults hold")
    for file in configuration.files:
        yield Line("found", f"configuration file `{file.path}`")
    for held in configuration.held_back:
        yield Line("note", f"held back from the project's file: `{held.path}` {held.sentence}")
    yield Line("found", f"state is kept in `{configuration.state_dir}`")


def _found(findings: Sequence[Finding]) -> Iterable[Line]:
    yield from (Line("found", finding.detail, finding.todo) for finding in findings if finding.is_found)
    for finding in findings:
        if not finding.is_found and finding.kind != "key":
            yield Line("missing", finding.detail, finding.todo)
    keys = [finding for finding in findings if finding.kind == "key"]
    missing = [finding.place for finding in keys if not finding.is_found]
    if keys and len(missing) == len(keys):
        yield Line("missing", "no key in the environment", f"set one of {_listed(missing, limit=8)}")
    elif missing:
        yield Line("missing", f"no key in {_listed(missing, limit=4)}", "set one of them to use its host")


def _accounts(providers: Iterable[KnownProvider], environ: Mapping[str, str]) -> Iterable[Line]:
    for provider in providers:
        if provider.problem:
            yield Line("missing", f"provider `{provider.name}` cannot be called: {provider.problem}")
        if provider.command and _program(provider, environ) is None:
            yield Line("missing", f"provider `{provider.name}`: there is no program `{provider.command[0]}` to start")
        references = [
            reference
            for account in provider.accounts
            for reference in (account.key, account.key_id, account.session_token)
            if reference
        ]
        for reference in (*references, *_header_references(provider)):
            try:
                resolve(reference, environ)
            except SecretMissing as missing:
                yield Line("problem", f"provider `{provider.name}`: {str(missing).removesuffix('.')}")
        if references and provider.base_url.startswith("http:") and not provider.is_local:
            yield Line(
                "problem", f"provider `{provider.name}` sends its key unencrypted", "use `https:` in its `base_url`"
            )


def _can_answer(provider: KnownProvider, findings: Sequence[Finding], environ: Mapping[str, str]) -> bool:
    """Whether nothing we can see from here keeps a provider from answering."""
    if provider.problem is not None or (provider.command and _program(provider, environ) is None):
        return False
    if any(one.provider == provider.name and one.place == provider.base_url and not one.is_found for one in findings):
        return False
    if not all(_leads_somewhere(reference, environ) for reference in _header_references(provider)):
        return False
    return any(account.key is None or _leads_somewhere(account.key, environ) for account in provider.accounts)


def _leads_somewhere(reference: str, environ: Mapping[str, str]) -> bool:
    try:
        resolve(reference, environ)
    except SecretMissing:
        return False
    return True


def _program(provider: KnownProvider, environ: Mapping[str, str]) -> str | None:
    return shutil.which(provider.command[0], path=environ.get("PATH", ""))


def _header_references(provider: KnownProvider) -> Iterable[str]:
    return (value for value in provider.headers.values() if is_reference(value))


def _models(configuration: Configuration, answering: Collection[str]) -> Iterable[Line]:
    models = configuration.settings.models
    if not models:
        yield Line(
            "note",
            "no model can be asked (`run`, `compress` and `recall` work all the same)",
            "set a key such as `ANTHROPIC_API_KEY`, start Ollama, or install `claude`, `codex` or `gemini`",
        )
        return
    if "default" not in models:
        yield Line("note", f"no model is called `default`: every `ask` must name one of {_listed(list(models))}")
    for name, asked in models.items():
        if (panel := panel_called(name, models)) is not None:
            yield Line("found", panel_line(panel))
            continue
        tiers = [
            f"{tier.name}: {_listed(targets)}"
            for tier in asked.tiers
            if (targets := [target for target in tier.targets if split_target(target)[0] in answering])
        ]
        if tiers:
            yield Line("found", f"model `{name}` is answered by {'; then '.join(tiers)}")
        else:
            todo = "give one of its providers a key, or name another target"
            yield Line("problem", f"model `{name}` has no target that can be called", todo)


def _listed(names: Sequence[str], *, limit: int = 99) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:limit])
    return f"{shown} and {len(names) - limit} more" if len(names) > limit else shown
