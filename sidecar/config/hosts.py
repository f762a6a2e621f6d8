"""Providers as they stand: the catalogue's facts, with what the user's files say on top.

Here also are the rules that need the whole configuration: every target leads to a provider, every provider
can be called in its dialect, no name stands for two things.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from sidecar.config import model
from sidecar.config.complaints import dotted, nearest, unheard
from sidecar.config.located import Path
from sidecar.config.panels import wrong_panel
from sidecar.config.words import PLACE
from sidecar.providers.catalogue import host_at
from sidecar.providers.loopback import is_loopback

if TYPE_CHECKING:
    from sidecar.providers.capabilities import Need
    from sidecar.providers.catalogue import Host

__all__ = ["KnownProvider", "contradictions", "known_provider", "split_target"]


_UNKNOWN_POLICY = model.DataPolicy()


@dataclass(frozen=True, slots=True)
class KnownProvider:
    """Everything needed to call a provider, except the secrets themselves.

    *headers* may hold references. *problem* says, as half a sentence, why it cannot be called at all as
    things stand (no key, no program), None where nothing is known to be in the way.
    """

    name: str
    dialect: str
    base_url: str
    command: tuple[str, ...]
    billing: str
    pricing: str | None
    is_local: bool
    accounts: tuple[model.Account, ...]
    host: str = ""
    """The host of the catalogue that is at its address, "" where that knows none."""
    data_policy: model.DataPolicy = _UNKNOWN_POLICY
    """What the user says, and what the catalogue says where the user says nothing."""
    own_data_policy: model.DataPolicy = _UNKNOWN_POLICY
    """What the user says."""
    regions: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    first_token_s: float | None = None
    region: str = ""
    api_version: str = ""
    images: bool | None = None
    capabilities: tuple[Need, ...] = ()
    context_tokens: int | None = None
    order: Literal["listed", "spread", "least-used", "soonest-reset"] = "listed"
    prices: Mapping[str, model.Price] = field(default_factory=dict)
    tells_cost: bool = False
    """Each answer says what it cost."""
    problem: str | None = None


def split_target(target: str) -> tuple[str, str]:
    """A target as (provider, that provider's model id), which may itself contain `/`."""
    provider, _, model_id = target.partition("/")
    return provider, model_id


def known_provider(
    name: str, *, settings: model.Settings, catalogue: Mapping[str, Host], environ: Mapping[str, str]
) -> KnownProvider | None:
    """The provider *name* as configured over what the catalogue knows; None where neither knows it.

    Where no account is configured, the first of the host's usual key variables that is set in *environ*
    makes one; a host that needs no key has one account without a key.
    """
    said = settings.providers.get(name)
    host = catalogue.get(name)
    if said is None and host is None:
        return None
    said = said or model.Provider()
    dialect = said.dialect or (host.dialect if host else "")
    base_url, missing = said.base_url or "", ""
    if host is not None and not said.base_url:
        said = _placed(host, said, environ)
        base_url, missing = _address(host, said)
    # Only the detected layer knows where a vendor's program is: a bare name could be found in the project.
    command = said.command or ()
    accounts = said.accounts if said.accounts is not None else _usual_accounts(host, environ)
    behind = host_at(name, base_url) if base_url else host
    problem = None
    if host is not None and dialect == "command" and not command:
        problem = f"the program `{host.command[0]}` is not on the PATH"
    elif missing:
        problem = f"its address is not known: give `providers.{name}.{missing}`{_or_set(host, missing)}"
    elif host is not None and not accounts:
        problem = f"it has no key: set `{host.key_variables[0]}` or give `providers.{name}.accounts`"
    return KnownProvider(
        name=name,
        dialect=dialect,
        base_url=base_url,
        command=command,
        billing=said.billing or (host.billing if host else "flat" if dialect == "command" else "metered"),
        pricing=known.pricing if (known := host or behind) else None,
        is_local=is_loopback(urlsplit(base_url).hostname or ""),
        accounts=accounts,
        host=behind.name if behind else "",
        data_policy=_data_policy(said, behind),
        own_data_policy=said.data_policy or _UNKNOWN_POLICY,
        regions=behind.regions if behind else (),
        headers=dict(said.headers),
        first_token_s=host.first_token_s if host else None,
        region=said.region or "",
        api_version=said.api_version or "",
        images=said.images,
        capabilities=said.capabilities,
        context_tokens=said.context_tokens,
        order=said.order,
        prices=said.prices,
        tells_cost=behind is not None and behind.tells_cost,
        problem=problem,
    )


def contradictions(
    settings: model.Settings, catalogue: Mapping[str, Host], environ: Mapping[str, str] | None = None
) -> list[tuple[Path, str]]:
    """What the merged configuration cannot mean, as (path, sentence), in the order of the file."""
    return [
        *_wrong_providers(settings, catalogue, environ or {}),
        *_wrong_models(settings, catalogue),
        *_wrong_limits(settings),
    ]


def _address(host: Host, said: model.Provider) -> tuple[str, str]:
    """The host's address with what *said* knows filled in, and the first word that is missing, "" where none is."""
    address, missing = host.base_url, ""
    for place in host.places:
        value = getattr(said, place)
        missing = missing or ("" if value else place)
        address = address.replace(f"{{{place}}}", value or f"{{{place}}}")
    return address.replace("//global-aiplatform.", "//aiplatform."), missing


def _placed(host: Host, said: model.Provider, environ: Mapping[str, str]) -> model.Provider:
    """*said*, with what it leaves open of the host's address from the variables that usually hold it.

    What could not stand in a file is not taken: a variable must not lead a key to another host either.
    """
    found: dict[str, str] = {}
    for place in host.places:
        if getattr(said, place) is None:
            values = (environ.get(variable, "").strip() for variable in host.place_variables.get(place, ()))
            value = next((value for value in values if re.fullmatch(PLACE, value)), None)
            if value is not None:
                found[place] = value
    return said.model_copy(update=found) if found else said


def _or_set(host: Host | None, place: str) -> str:
    variables = host.place_variables.get(place, ()) if host is not None else ()
    return f", or set `{variables[0]}`" if variables else ""


def _data_policy(said: model.Provider, behind: Host | None) -> model.DataPolicy:
    """What the user says, and what the host at the address says where the user says nothing."""
    known = behind.data_policy if behind is not None else None
    own = said.data_policy or _UNKNOWN_POLICY
    if known is None:
        return own
    return model.DataPolicy(
        training=known.training if own.training is None else own.training,
        retention=known.retention if own.retention is None else own.retention,
    )


def _usual_accounts(host: Host | None, environ: Mapping[str, str]) -> tuple[model.Account, ...]:
    if host is None or not host.key_variables:
        return (model.Account(),)
    for variable in host.key_variables:
        if environ.get(variable, "").strip():
            return (model.Account(key=f"env:{variable}"),)
    given = [name for name in host.signing_variables if environ.get(name, "").strip()]
    if host.signing_variables and set(host.signing_variables[:2]) <= set(given):
        key_id, key, *token = (f"env:{name}" for name in given)
        return (model.Account(key=key, key_id=key_id, session_token=next(iter(token), None)),)
    return ()


def _wrong_providers(
    settings: model.Settings, catalogue: Mapping[str, Host], environ: Mapping[str, str]
) -> Iterable[tuple[Path, str]]:
    for name, said in settings.providers.items():
        path: Path = ("providers", name)
        host = catalogue.get(name)
        dialect = said.dialect or (host.dialect if host else None)
        if dialect is None:
            meant = nearest(name, catalogue)
            hint = (
                f"it is not a host of the catalogue; did you mean `{meant}`? Else"
                if meant
                else "it is not a host of the catalogue:"
            )
            yield path, f"`{dotted(path)}`: {hint} give it a `dialect` and a `base_url`"
        elif dialect == "command" and not (said.command or (host and host.command)):
            yield path, f"`{dotted(path)}`: the dialect `command` needs a `command`, the program with its arguments"
        elif dialect != "command" and said.command:
            yield (
                (*path, "command"),
                f"`{dotted(path)}.command` stands beside the dialect `{dialect}`: remove one of them",
            )
        elif dialect != "command" and not (said.base_url or (host and host.base_url)):
            yield path, f"`{dotted(path)}`: the dialect `{dialect}` needs a `base_url`"
        elif host and not said.base_url and (missing := _address(host, _placed(host, said, environ))[1]):
            yield path, f"`{dotted(path)}` needs a `{missing}`, which is part of its address{_or_set(host, missing)}"
        yield from _half_keys((*path, "accounts"), said.accounts or ())
        yield from _twice((*path, "accounts"), [account.name for account in said.accounts or ()], "account")


def _half_keys(path: Path, accounts: tuple[model.Account, ...]) -> Iterable[tuple[Path, str]]:
    for index, account in enumerate(accounts):
        where = (*path, index)
        if account.key_id is not None and account.key is None:
            yield where, f"`{dotted(where)}` has a `key_id` without its other half: give the secret as `key`"
        elif account.session_token is not None and account.key_id is None:
            yield where, f"`{dotted(where)}` has a `session_token` without the pair of keys it belongs to"


def _wrong_models(settings: model.Settings, catalogue: Mapping[str, Host]) -> Iterable[tuple[Path, str]]:
    known = {*settings.providers, *catalogue}
    for name, asked in settings.models.items():
        path: Path = ("models", name)
        if asked.kind == "panel":
            yield from wrong_panel(name, asked, settings.models)
            continue
        for word in ("members", "judge"):
            if getattr(asked, word):
                yield (*path, word), f'`{dotted((*path, word))}` is for a panel: add `"kind": "panel"` or remove it'
        if not asked.tiers:
            yield path, f"`{dotted(path)}` has no `tiers`: name the targets that may answer it"
        for index, tier in enumerate(asked.tiers):
            for position, target in enumerate(tier.targets):
                provider, _ = split_target(target)
                if provider in known:
                    continue
                where = (*path, "tiers", index, "targets", position)
                meant = nearest(provider, known)
                hint = f"did you mean `{meant}`" if meant else "describe it there with its `dialect` and `base_url`"
                yield (
                    where,
                    (
                        f"`{dotted(where)}` names the provider `{provider}`, which is neither in `providers` "
                        f"nor in the catalogue; {hint}"
                    ),
                )
            yield from _wrong_names((*path, "tiers", index), tier, _nameable([tier], settings))
        yield from _wrong_names(path, asked, _nameable(asked.tiers, settings))
        yield from _twice((*path, "tiers"), [tier.name for tier in asked.tiers], "tier")


def _nameable(tiers: Iterable[model.Tier], settings: model.Settings) -> list[str]:
    """What `only` and `ignore` may name: the tiers' targets, their providers, and their endpoints."""
    names: dict[str, None] = {}
    for target in (target for tier in tiers for target in tier.targets):
        provider, _ = split_target(target)
        said = settings.providers.get(provider)
        accounts = (said.accounts if said else None) or (model.Account(),)
        names |= dict.fromkeys((provider, target, *(f"{target}@{account.name}" for account in accounts)))
    return list(names)


def _wrong_names(path: Path, asked: model.Choosing, nameable: list[str]) -> Iterable[tuple[Path, str]]:
    """A name that means nobody would be a privacy rule that holds nobody back."""
    for key, names in (("only", asked.only), ("ignore", asked.ignore)):
        for index, name in enumerate(names):
            if name not in nameable:
                where = (*path, key, index)
                meant = nearest(name, nameable)
                hint = f"did you mean `{meant}`" if meant else f"name one of {', '.join(nameable)}"
                yield where, f"`{dotted(where)}`: none of the targets here is `{name}`; {hint}"


def _wrong_limits(settings: model.Settings) -> Iterable[tuple[Path, str]]:
    for name, said in settings.providers.items():
        for position, account in enumerate(said.accounts or ()):
            for index, quota in enumerate(account.quotas):
                where = ("providers", name, "accounts", position, "quotas", index)
                yield from _wrong_quota(where, quota)
    for index, budget in enumerate(settings.budgets):
        yield from _wrong_budget(("budgets", index), budget, settings)


def _wrong_quota(where: Path, quota: model.Quota) -> Iterable[tuple[Path, str]]:
    if quota.limit_usd is None and quota.limit_tokens is None and quota.limit_requests is None:
        yield where, f"`{dotted(where)}` limits nothing: give `limit_usd`, `limit_tokens` or `limit_requests`"
    told = "starts_at" if quota.starts_at is not None else "time_zone" if quota.time_zone is not None else ""
    if told and (quota.kind == "rolling" or quota.window == "5h"):
        what = "a window of 5 hours begins with a call" if quota.window == "5h" else "a rolling window has no beginning"
        yield (*where, told), f"`{dotted((*where, told))}` says nothing here: {what}; remove it"


def _wrong_budget(where: Path, budget: model.Budget, settings: model.Settings) -> Iterable[tuple[Path, str]]:
    if budget.limit_usd is None and budget.limit_tokens is None:
        yield where, f"`{dotted(where)}` limits nothing: give `limit_usd` or `limit_tokens`"
    asked = settings.models
    if budget.model is not None and budget.model not in asked:
        yield (*where, "model"), unheard((*where, "model"), budget.model, asked, "model")
        return
    if budget.model is not None and asked[budget.model].kind == "panel":
        entry = (*where, "model")
        yield entry, f"`{dotted(entry)}`: `{budget.model}` is a panel, whose calls are its members'; name one of them"
        return
    reached = [asked[budget.model]] if budget.model is not None else asked.values()
    tiers = {tier.name for each in reached for tier in each.tiers}
    if budget.tier is not None and budget.tier not in tiers:
        yield (*where, "tier"), unheard((*where, "tier"), budget.tier, tiers, "tier")


def _twice(path: Path, names: list[str], what: str) -> Iterable[tuple[Path, str]]:
    for index, name in enumerate(names):
        if name in names[:index]:
            where = (*path, index)
            yield where, f"`{dotted(where)}`: a second {what} is called `{name}`; give each its own name"
