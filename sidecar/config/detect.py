"""What is on this machine that could answer, without being told: keys, vendors' programs, local model servers.

    look   keys in the environment and programs on the PATH: instant, nothing is started
    probe  model servers on their usual loopback ports: at most a third of a second
    arrange  findings -> a layer of the configuration, sorted into tiers

A program inside the project is never taken: a cloned repository could bring its own `claude`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from httpx2 import AsyncClient

    from sidecar.providers.catalogue import Host

__all__ = ["LOCAL_SERVERS", "Finding", "LocalServer", "arrange", "look", "probe"]

Kind = Literal["key", "program", "server"]
_REPLY_BYTES = 2_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked for: where it is or why not, and what its user could do.

    *place* is the variable, the program's absolute path or the server's base URL. *models* are what a
    server said it has. *todo* is empty where there is nothing to do.
    """

    provider: str
    kind: Kind
    is_found: bool
    place: str
    detail: str = ""
    todo: str = ""
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A model server's usual place; *listing* is the path that lists its models, *shape* how that looks."""

    title: str
    origin: str
    listing: str
    shape: Literal["ollama", "openai"]
    todo: str


LOCAL_SERVERS: Mapping[str, LocalServer] = {
    "ollama": LocalServer(
        "Ollama",
        "http://127.0.0.1:11434",
        "/api/tags",
        "ollama",
        "start it with `ollama serve`, then `ollama pull qwen3:8b`",
    ),
    "lmstudio": LocalServer(
        "LM Studio", "http://127.0.0.1:1234", "/v1/models", "openai", "start it with `lms server start`"
    ),
    "llamacpp": LocalServer(
        "llama.cpp", "http://127.0.0.1:8080", "/v1/models", "openai", "start it with `llama-server -m MODEL.gguf`"
    ),
}
"""By the provider's name in the catalogue."""


def look(environ: Mapping[str, str], *, catalogue: Mapping[str, Host], project: Path) -> tuple[Finding, ...]:
    """Look for the catalogue's keys in *environ* and its programs on the PATH given there.

    Order is that of the catalogue. Nothing is started and no key's value is kept.
    """
    findings: list[Finding] = []
    for host in catalogue.values():
        if host.dialect == "command":
            found = _program(host, environ, project)
            if found.is_found or not host.only_by_name:  # nobody is advised to install it
                findings.append(found)
        elif host.key_variables and not host.places:
            findings.append(_key(host, environ))
    return tuple(findings)


async def probe(servers: Mapping[str, LocalServer] = LOCAL_SERVERS, *, limit_s: float = 0.3) -> tuple[Finding, ...]:
    """Ask each local server for its models, all at once, each within *limit_s* seconds.

    Only loopback is asked, no proxy is used and no redirect followed. Something else that listens on the
    port is not taken for a model server. Order is that of *servers*.
    """
    import anyio
    import httpx2

    findings: dict[str, Finding] = {}

    async def ask(name: str, server: LocalServer, client: AsyncClient) -> None:
        findings[name] = await _probed(name, server, client, limit_s)

    async with (
        httpx2.AsyncClient(trust_env=False, follow_redirects=False, timeout=limit_s) as client,
        anyio.create_task_group() as tasks,
    ):
        for name, server in servers.items():
            tasks.start_soon(ask, name, server, client)
    return tuple(findings[name] for name in servers)


def arrange(
    findings: Iterable[Finding], *, catalogue: Mapping[str, Host], configured: Sequence[str] = ()
) -> dict[str, Any]:
    """The layer of the configuration that *findings* amount to; empty where nothing was found.

    *configured* names the providers that the user's files configure: a host of the catalogue among them
    counts as found. The models `default`, `smart` and `cheap` come out with the tiers "subscription"
    (vendors' programs), "cheap" (hosts that charge by use) and "free" (local servers and free hosts).
    """
    found = {finding.provider: finding for finding in findings if finding.is_found}
    usable = [name for name in catalogue if name in found or name in configured]
    providers = {name: entry for name in usable if (entry := _entry(catalogue[name], found.get(name)))}
    models: dict[str, Any] = {}
    for model in ("default", "smart", "cheap"):
        targets: dict[str, list[str]] = {"subscription": [], "cheap": [], "free": []}
        for name in usable:
            host = catalogue[name]
            tier = {"flat": "subscription", "metered": "cheap", "free": "free"}[host.billing]
            targets[tier] += _targets(model, host, found.get(name))
        # Asked for the cheap one, a plan's quota is spared until last: it is what `smart` lives on.
        order = ("cheap", "free", "subscription") if model == "cheap" else ("subscription", "cheap", "free")
        tiers = [_tier(name, targets[name], model) for name in order if targets[name]]
        if tiers:
            models[model] = {"tiers": tiers}
    return {key: value for key, value in (("providers", providers), ("models", models)) if value}


def _key(host: Host, environ: Mapping[str, str]) -> Finding:
    for variable in host.key_variables:
        if environ.get(variable, "").strip():
            todo = (
                "" if host.default_models else f"name a model of it in a tier; `sidecar models {host.name}` lists them"
            )
            return Finding(host.name, "key", True, variable, f"the key of `{host.name}` is in `{variable}`", todo)
    variable = host.key_variables[0]
    return Finding(
        host.name, "key", False, variable, f"no key of `{host.name}` in the environment", f"set `{variable}` to use it"
    )


def _program(host: Host, environ: Mapping[str, str], project: Path) -> Finding:
    program = host.command[0]
    inside: Path | None = None
    # Started at home, or with a home that is itself a repository: `~/.local/bin` is the user's, not a clone's.
    holds_home = bool(environ.get("HOME")) and _is_inside(Path(environ["HOME"]), project)
    for folder in environ.get("PATH", "").split(os.pathsep):
        # A relative entry would be looked up in the project, wherever the sidecar happens to start.
        if not Path(folder).is_absolute():
            continue
        found = shutil.which(program, path=folder)
        if found is None:
            continue
        if not holds_home and _is_inside(Path(found), project):
            inside = Path(found)
            continue
        return Finding(host.name, "program", True, found, f"`{program}` is at `{found}`")
    if inside is not None:
        detail = f"`{program}` is only found inside the project (`{inside}`), where it is not trusted"
        return Finding(host.name, "program", False, program, detail, f"install `{program}` outside the project")
    return Finding(
        host.name,
        "program",
        False,
        program,
        f"`{program}` is not on the PATH",
        f"install `{program}` and log in with it",
    )


def _is_inside(path: Path, project: Path) -> bool:
    """Whether *path*, or what it links to, lies in *project*."""
    project = project.resolve()
    return (
        path.absolute().is_relative_to(project)
        or path.resolve().is_relative_to(project)
        or (path.parent.resolve().is_relative_to(project))
    )


async def _probed(name: str, server: LocalServer, client: AsyncClient, limit_s: float) -> Finding:
    import anyio
    import httpx2

    base_url = f"{server.origin}/v1"

    def absent(detail: str, todo: str) -> Finding:
        return Finding(name, "server", False, base_url, detail, todo)

    nobody = absent(f"no {server.title} at `{server.origin}`", server.todo)
    body = b""
    try:
        with anyio.fail_after(limit_s):
            async with client.stream("GET", server.origin + server.listing) as reply:
                if reply.status_code != 200:
                    return absent(f"what listens at `{server.origin}` is not {server.title}", "")
                async for chunk in reply.aiter_bytes():
                    body += chunk
                    if len(body) > _REPLY_BYTES:
                        return absent(f"what listens at `{server.origin}` is not {server.title}", "")
    except (TimeoutError, httpx2.TimeoutException):
        return absent(f"what listens at `{server.origin}` did not answer within {limit_s:g} s", server.todo)
    except httpx2.TransportError:
        return nobody
    except httpx2.HTTPError:
        return absent(f"what listens at `{server.origin}` is not {server.title}", "")
    models = _models_in(body, server.shape)
    if models is None:
        return absent(f"what listens at `{server.origin}` is not {server.title}", "")
    if not models:
        todo = "`ollama pull qwen3:8b`" if server.shape == "ollama" else "load a model in it"
        return Finding(name, "server", True, base_url, f"{server.title} at `{server.origin}` has no model", todo)
    return Finding(
        name, "server", True, base_url, f"{server.title} at `{server.origin}` has {_listed(models)}", models=models
    )


def _models_in(body: bytes, shape: Literal["ollama", "openai"]) -> tuple[str, ...] | None:
    """The models a listing names, embeddings left out; None where the reply is no such listing.

    Shapes: Ollama's `{"models": [{"name": ...}]}` (docs, api.md, "List Local Models") and OpenAI's
    `{"object": "list", "data": [{"id": ...}]}` (API reference, "List models").
    """
    import json

    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict) or (shape == "openai" and said.get("object") != "list"):
        return None
    entries = said.get("models" if shape == "ollama" else "data")
    if entries is None and "models" in said and shape == "ollama":
        entries = []  # Ollama wrote null for an empty list before 0.1.30
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return None
    names = [entry.get("name" if shape == "ollama" else "id") for entry in entries]
    if not all(isinstance(name, str) and name and name.isprintable() and " " not in name for name in names):
        return None
    return tuple(str(name) for name in names if "embed" not in str(name).lower())


def _entry(host: Host, finding: Finding | None) -> dict[str, Any]:
    """What the detected layer says of a provider beyond what the catalogue knows."""
    if finding is None:
        return {}
    if finding.kind == "key":
        return {"accounts": [{"key": f"env:{finding.place}"}]}
    if finding.kind == "program":
        return {"command": [finding.place, *host.command[1:]]}
    return {} if finding.place == host.base_url else {"base_url": finding.place}


def _targets(model: str, host: Host, finding: Finding | None) -> list[str]:
    if host.only_by_name:
        return []
    if finding is not None and finding.kind == "server":
        return [f"{host.name}/{name}" for name in finding.models[:1]]
    if host.dialect == "command" and not host.default_models:
        return [f"{host.name}/default"]
    hints = host.default_models
    smart, cheap = hints.get("smart", ()), hints.get("cheap", ()) or hints.get("free", ())
    match model:
        case "smart":
            chosen = smart[:1]
        case "cheap":
            chosen = cheap[:1]
        case _ if host.billing == "flat":
            chosen = smart[-1:] or cheap[:1]  # the last of the smart ones is the one for every day
        case _:
            chosen = cheap[:1] or smart[:1]
    return [f"{host.name}/{name}" for name in chosen]


def _tier(name: str, targets: list[str], model: str) -> dict[str, Any]:
    tier: dict[str, Any] = {"name": name, "targets": targets}
    if name == "cheap" and model != "smart" and len(targets) > 1:
        tier["order"] = "cheapest"
    return tier


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:5])
    return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown
