"""What `sidecar models` tells: the models one can ask for, and what every configured account really serves.

accounts ──listing, eight at a time──> Served ──┐
kept for a day in the state directory ──────────┴──> Overview ──> text, or one JSON document
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

import anyio
from anyio.to_thread import run_sync

from sidecar.config.complaints import nearest
from sidecar.config.panels import Panel, panel_line
from sidecar.errors import ConfigurationError, ProviderFailed, WrongUsage
from sidecar.providers.catalogue import catalogue
from sidecar.providers.listing import Listed, is_served
from sidecar.routing.amounts import usd_text
from sidecar.routing.endpoints import Endpoint
from sidecar.store.listings import keep_listings, kept_listings
from sidecar.switchboard.lines import Line, account_lines

if TYPE_CHECKING:
    from sidecar.switchboard.switchboard import Switchboard
    from sidecar.verbs.rooms import Rooms

__all__ = ["Overview", "Served", "document", "overview", "text"]

_AT_ONCE = 8
_SHOWN = 20
"""As many models of one account as are shown while all accounts are."""


@dataclass(frozen=True, slots=True)
class Served:
    """One account with the models its provider listed, or one sentence that says why there is no list."""

    provider: str
    account: str
    dialect: str
    models: tuple[Listed, ...] = ()
    listed_at: float | None = None
    """When its provider was asked, in epoch seconds."""
    fault: str = ""

    @property
    def name(self) -> str:
        return f"{self.provider}@{self.account}"


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything there is to ask for."""

    tiers: Mapping[str, Mapping[str, Sequence[Endpoint]]]
    """The endpoints by tier and logical name."""
    accounts: tuple[Served, ...]
    unserved: Mapping[Endpoint, str | None]
    """Configured endpoints that their provider's list does not hold, each with the nearest id in it."""
    panels: tuple[Panel, ...] = ()


async def overview(rooms: Rooms, *, providers: Sequence[str] = (), refresh: bool = False) -> Overview:
    """Ask every account (only those of *providers*, if any are named) for its models, unless it was asked today.

    With *refresh* what was kept does not count. Raises WrongUsage for a provider nobody configured.
    """
    switchboard = await rooms.switchboard()
    configuration = await rooms.configuration()
    found = await run_sync(account_lines, switchboard.configuration.settings, catalogue(), rooms.environ)
    _check(providers, {line.provider.name for line in found})
    lines = [line for line in found if not providers or line.provider.name in providers]
    folder, now = configuration.state_dir, rooms.clock()
    kept = await run_sync(lambda: kept_listings(folder, now=now))
    served = {_key(line): _remembered(line, kept.get(_key(line))) for line in lines if not refresh}
    asked = await _ask([line for line in lines if served.get(_key(line)) is None], switchboard, now)
    if any(one.listed_at is not None for one in asked.values()):
        news = {key: _entry(one) for key, one in asked.items() if one.listed_at is not None}
        try:
            await run_sync(keep_listings, folder, {**kept, **news})
        except OSError as error:
            from sidecar.log import log

            log().warning("listings not kept", reason=str(error))
    everyone = {**served, **asked}
    accounts = tuple(one for line in lines if (one := everyone[_key(line)]) is not None)
    panels = tuple(panel for name in switchboard.models if (panel := switchboard.panel(name)) is not None)
    named = {panel.name for panel in panels}
    routes = {name: await switchboard.usual_route(name) for name in switchboard.models if name not in named}
    tiers = {name: {tier.name: tier.endpoints for tier in route.tiers} for name, route in routes.items()}
    return Overview(tiers, accounts, _unserved(tiers, accounts), panels)


def text(told: Overview, *, now: float, all_models: bool = False) -> str:
    """The overview for a reader; *all_models* shows every model of an account and not only the first ones."""
    lines: list[str] = []
    for name, by_tier in told.tiers.items():
        lines.append(name)
        for tier, endpoints in by_tier.items():
            lines.append(f"  {tier}: {', '.join(_marked(endpoint, told.unserved) for endpoint in endpoints)}")
    lines += [panel_line(panel) for panel in told.panels]
    blocks = [lines] if lines else []
    for is_listed, group in groupby(told.accounts, key=lambda one: one.listed_at is not None):
        accounts = [_account(served, now, all_models) for served in group]
        # who has no list takes one line, and needs no room around it
        blocks += accounts if is_listed else [[line for account in accounts for line in account]]
    return "\n\n".join("\n".join(block) for block in blocks)


def document(told: Overview) -> dict[str, Any]:
    """The overview for a script."""
    return {
        "models": {
            name: {tier: [endpoint.name for endpoint in endpoints] for tier, endpoints in by_tier.items()}
            for name, by_tier in told.tiers.items()
        },
        "panels": {panel.name: {"members": list(panel.members), "judge": panel.judge} for panel in told.panels},
        "accounts": [asdict(served) for served in told.accounts],
        "not_served": [{"endpoint": endpoint.name, "nearest": near} for endpoint, near in told.unserved.items()],
    }


def _check(providers: Iterable[str], known: set[str]) -> None:
    for name in providers:
        if name not in known:
            meant = nearest(name, known)
            there = ", ".join(f"`{one}`" for one in sorted(known)) or "none"
            hint = f"did you mean `{meant}`?" if meant else f"there are {there}."
            raise WrongUsage(f"No provider `{name}` is configured: {hint}")


async def _ask(lines: Iterable[Line], switchboard: Switchboard, now: float) -> dict[str, Served]:
    answers: dict[str, Served] = {}
    limiter = anyio.CapacityLimiter(_AT_ONCE)

    async def ask(line: Line) -> None:
        blank = Served(line.provider.name, line.endpoint.account, line.endpoint.dialect)
        if line.access is None:
            answers[_key(line)] = replace(blank, fault=line.fault)
        elif line.endpoint.dialect == "command":
            answers[_key(line)] = replace(blank, fault="a vendor's program has no list of its models")
        else:
            async with limiter:
                answers[_key(line)] = await _listed(blank, line, switchboard, now)

    async with anyio.create_task_group() as group:
        for line in lines:
            group.start_soon(ask, line)
    return answers


async def _listed(blank: Served, line: Line, switchboard: Switchboard, now: float) -> Served:
    try:
        return replace(blank, models=await switchboard.listing(line), listed_at=now)
    except (ConfigurationError, ProviderFailed) as error:
        return replace(blank, fault=str(error))


def _key(line: Line) -> str:
    """Under what a listing is kept: the same account of another address is another."""
    whole = "\n".join((line.provider.name, line.endpoint.account, line.endpoint.dialect, line.provider.base_url))
    return hashlib.sha256(whole.encode()).hexdigest()[:24]


def _entry(served: Served) -> dict[str, Any]:
    return {"listed_at": served.listed_at, "models": [asdict(model) for model in served.models]}


def _remembered(line: Line, entry: Any) -> Served | None:
    if entry is None or line.access is None:
        return None
    try:
        models = tuple(Listed(**model) for model in entry["models"])
    except (KeyError, TypeError):  # written by another version
        return None
    return Served(line.provider.name, line.endpoint.account, line.endpoint.dialect, models, float(entry["listed_at"]))


def _unserved(
    tiers: Mapping[str, Mapping[str, Sequence[Endpoint]]], accounts: Iterable[Served]
) -> dict[Endpoint, str | None]:
    by_account = {(served.provider, served.account): served for served in accounts if served.listed_at is not None}
    unserved: dict[Endpoint, str | None] = {}
    for endpoint in (one for by_tier in tiers.values() for endpoints in by_tier.values() for one in endpoints):
        served = by_account.get((endpoint.provider, endpoint.account))
        if served is None:
            continue
        names = [model.id for model in served.models]
        if not is_served(served.dialect, endpoint.model_id, names):
            unserved[endpoint] = nearest(endpoint.model_id, names)
    return unserved


def _marked(endpoint: Endpoint, unserved: Mapping[Endpoint, str | None]) -> str:
    if endpoint not in unserved:
        return endpoint.name
    near = unserved[endpoint]
    return f"{endpoint.name} (not in its provider's list{f'; the nearest is `{near}`' if near else ''})"


def _account(served: Served, now: float, all_models: bool) -> list[str]:
    if served.listed_at is None:
        return [f"{served.name}: not listed: {served.fault}"]
    shown = served.models if all_models else served.models[:_SHOWN]
    noun = "model" if len(served.models) == 1 else "models"
    lines = [f"{served.name}: {len(served.models)} {noun}, listed {_ago(now - served.listed_at)}"]
    lines += [f"  {_line(model)}" for model in shown]
    if len(shown) < len(served.models):
        lines.append(f"  and {len(served.models) - len(shown)} more: `sidecar models {served.provider}` lists all")
    return lines


def _line(model: Listed) -> str:
    words = [model.id]
    if model.context_tokens:
        words.append(f"{model.context_tokens:,} tokens")
    read, written = model.input_usd_per_mtok, model.output_usd_per_mtok
    if read is not None and written is not None:
        words.append(f"{usd_text(read)} in, {usd_text(written)} out a million tokens")
    return "  ".join(words)


def _ago(seconds: float) -> str:
    if seconds < 60:
        return "just now"
    return f"{seconds / 60:.0f} min ago" if seconds < 5_400 else f"{seconds / 3600:.0f} h ago"
