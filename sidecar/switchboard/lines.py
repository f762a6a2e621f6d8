"""Every endpoint of a configuration with what is needed to call it: who, where, as whom.

    settings + catalogue + secrets ──> Line (an endpoint with its Access, or the sentence that says why it has none)

Made once for a configuration, off the event loop, because following a secret may read a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sidecar.config.hosts import KnownProvider, known_provider, split_target
from sidecar.config.secrets import is_reference, resolve
from sidecar.errors import SecretMissing
from sidecar.providers.vocabulary import Access
from sidecar.routing.endpoints import Endpoint

if TYPE_CHECKING:
    from sidecar.config import model as configured
    from sidecar.providers.catalogue import Host

    Follow = Callable[[KnownProvider, configured.Account, Mapping[str, str]], Access]

__all__ = ["Line", "access", "account_lines", "lines"]


@dataclass(frozen=True, slots=True)
class Line:
    """One endpoint with what is needed to call it, or the sentence that says why it cannot be called."""

    endpoint: Endpoint
    provider: KnownProvider
    account: configured.Account | None
    access: Access | None
    fault: str = ""


def lines(
    settings: configured.Settings,
    catalogue: Mapping[str, Host],
    environ: Mapping[str, str],
    *,
    follow: Follow | None = None,
) -> dict[str, tuple[Line, ...]]:
    """Every target of every model with its endpoints, one an account; reads secrets, so it may touch the disk.

    *follow* takes the place of `access`, where nobody is really to be called and no secret to be read.
    """
    targets = settings.targets
    providers = {
        name: known_provider(name, settings=settings, catalogue=catalogue, environ=environ)
        for name in sorted({split_target(target)[0] for target in targets})
    }
    return {
        target: tuple(_lines_of(target, known, environ, follow or access))
        for target in targets
        if (known := providers[split_target(target)[0]]) is not None
    }


def account_lines(
    settings: configured.Settings, catalogue: Mapping[str, Host], environ: Mapping[str, str]
) -> tuple[Line, ...]:
    """Every account of every provider that is configured, found or a target's, once; may touch the disk.

    Their endpoints name no model.
    """
    names = dict.fromkeys((*settings.providers, *(split_target(target)[0] for target in settings.targets)))
    known = (known_provider(name, settings=settings, catalogue=catalogue, environ=environ) for name in names)
    return tuple(line for one in known if one is not None for line in _lines_of(f"{one.name}/", one, environ, access))


def _lines_of(target: str, provider: KnownProvider, environ: Mapping[str, str], follow: Follow) -> Iterable[Line]:
    name, model_id = split_target(target)
    if provider.problem is not None:
        yield Line(
            Endpoint(name, model_id, "default", provider.dialect, provider.host), provider, None, None, provider.problem
        )
        return
    for account in provider.accounts:
        endpoint = Endpoint(name, model_id, account.name, provider.dialect, provider.host)
        try:
            found = follow(provider, account, environ)
        except SecretMissing as error:
            yield Line(endpoint, provider, account, None, str(error))
            continue
        yield Line(endpoint, provider, account, found)


def access(provider: KnownProvider, account: configured.Account, environ: Mapping[str, str]) -> Access:
    """Where and as whom *account* is called; raises SecretMissing, and may read the disk."""
    return Access(
        provider=provider.name,
        base_url=provider.base_url,
        key=_secret(account.key, environ),
        key_id=_secret(account.key_id, environ),
        session_token=_secret(account.session_token, environ),
        region=provider.region,
        api_version=provider.api_version,
        command=provider.command,
        headers={header: _header(value, environ) for header, value in provider.headers.items()},
    )


def _secret(reference: str | None, environ: Mapping[str, str]) -> str | None:
    return resolve(reference, environ).reveal() if reference else None


def _header(value: str, environ: Mapping[str, str]) -> str:
    return resolve(value, environ).reveal() if is_reference(value) else value
