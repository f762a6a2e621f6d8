"""From the configuration to endpoints that can be called: who, where, as whom, at what price.

    settings + catalogue + secrets ──> Route (for the router) and Access (for the provider)

Built once for a configuration, off the event loop, because following a secret may read a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import anyio.to_thread

from sidecar.config.complaints import nearest
from sidecar.config.hosts import KnownProvider, known_provider, split_target
from sidecar.config.secrets import is_reference, resolve
from sidecar.errors import SecretMissing, WrongUsage
from sidecar.log import hide
from sidecar.providers import pricing
from sidecar.providers.vision import reads_images
from sidecar.providers.vocabulary import Access, Answer, Effort, Limits, Request, Usage
from sidecar.routing.quota import Allowance, spent, window_start
from sidecar.routing.router import Router
from sidecar.routing.vocabulary import Endpoint, OnText, Route, Tier

if TYPE_CHECKING:
    from sidecar.config import model as configured
    from sidecar.config.layers import Configuration
    from sidecar.providers.catalogue import Host
    from sidecar.providers.opening import Providers
    from sidecar.store.store import Store

__all__ = ["Line", "Switchboard", "lines", "patient_limits"]

_SHORT_LIVED = ("vertex", "bedrock")
"""Dialects whose keys may end within the hour."""

_PATIENCE: Mapping[Effort, float] = {"low": 1.0, "medium": 2.0, "high": 4.0}
"""By how much the usual limits for the first token and for silence are longer."""

_SAMPLE_USAGE = Usage(input_tokens=750_000, output_tokens=250_000)
"""What endpoints are compared by for `order: cheapest`: a million tokens, three quarters of them read."""


@dataclass(frozen=True, slots=True)
class Line:
    """One endpoint with what is needed to call it, or the sentence that says why it cannot be called."""

    endpoint: Endpoint
    provider: KnownProvider
    account: configured.Account | None
    access: Access | None
    fault: str = ""


def lines(
    settings: configured.Settings, catalogue: Mapping[str, Host], environ: Mapping[str, str]
) -> dict[str, tuple[Line, ...]]:
    """Every target of every model with its endpoints, one an account; reads secrets, so it may touch the disk."""
    targets = {target for model in settings.models.values() for tier in model.tiers for target in tier.targets}
    providers = {
        name: known_provider(name, settings=settings, catalogue=catalogue, environ=environ)
        for name in sorted({split_target(target)[0] for target in targets})
    }
    return {
        target: tuple(_lines_of(target, known, environ))
        for target in targets
        if (known := providers[split_target(target)[0]]) is not None
    }


def _lines_of(target: str, provider: KnownProvider, environ: Mapping[str, str]) -> Iterable[Line]:
    name, model_id = split_target(target)
    if provider.problem is not None:
        yield Line(Endpoint(name, model_id, "default", provider.dialect), provider, None, None, provider.problem)
        return
    for account in provider.accounts:
        endpoint = Endpoint(name, model_id, account.name, provider.dialect)
        try:
            access = _access(provider, account, environ)
        except SecretMissing as error:
            yield Line(endpoint, provider, account, None, str(error))
            continue
        yield Line(endpoint, provider, account, access)


def _access(provider: KnownProvider, account: configured.Account, environ: Mapping[str, str]) -> Access:
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


def patient_limits(limits: Limits, effort: Effort) -> Limits:
    """The usual limits made longer for a model that is to think, which many do in silence; shorter ones hold."""
    usual, more = Limits(), _PATIENCE[effort]
    return replace(
        limits,
        first_token_s=limits.first_token_s * (more if limits.first_token_s == usual.first_token_s else 1),
        silence_s=limits.silence_s * (more if limits.silence_s == usual.silence_s else 1),
    )


def _secret(reference: str | None, environ: Mapping[str, str]) -> str | None:
    return resolve(reference, environ).reveal() if reference else None


def _header(value: str, environ: Mapping[str, str]) -> str:
    return resolve(value, environ).reveal() if is_reference(value) else value


class Switchboard:
    """Every route of one configuration, and the means to call its endpoints.

    *by_target* holds the lines of each target; *session_start* is when this sidecar began, in epoch seconds;
    *environ* is what references to secrets are followed in.
    """

    def __init__(
        self,
        configuration: Configuration,
        by_target: Mapping[str, tuple[Line, ...]],
        *,
        providers: Providers,
        store: Store,
        clock: Callable[[], float],
        session_start: float,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.configuration = configuration
        self._settings = configuration.settings
        self._by_target = by_target
        self._by_endpoint = {line.endpoint.key: line for group in by_target.values() for line in group}
        self._providers = providers
        self._store = store
        self._clock = clock
        self._session_start = session_start
        self._environ = environ or {}
        self._allowances = tuple(self._every_allowance())
        self._routes: dict[str, Route] = {}
        self.router = Router(store, self._send, self._cost_usd, clock=clock, window=self.window_tokens)

    @property
    def models(self) -> tuple[str, ...]:
        """The logical names, `default` first where it exists."""
        return tuple(sorted(self._settings.models, key=lambda name: (name != "default", name)))

    async def targets(self, name: str) -> dict[str, list[str]]:
        """The endpoints of a model's tiers, as receipts call them."""
        return {tier.name: [endpoint.name for endpoint in tier.endpoints] for tier in (await self.route(name)).tiers}

    def secrets(self) -> Iterable[str]:
        """Every key in use, for the log to mask."""
        for line in self._by_endpoint.values():
            if line.access is not None:
                own = (line.access.key, line.access.session_token, *line.access.headers.values())
                yield from (value for value in own if value)

    def window_tokens(self, endpoint: Endpoint) -> int | None:
        """How many tokens *endpoint* reads at most; None where nobody says. The first call imports the price data."""
        return pricing.context_tokens(self._by_endpoint[endpoint.key].provider.pricing, endpoint.model_id)

    async def route(self, name: str) -> Route:
        """The route of a logical name, with what cannot or may not be called just now excluded.

        Raises WrongUsage for a name nobody configured.
        """
        route = self._configured(name)
        spent_now = await self._spent()
        return replace(route, excluded={**route.excluded, **spent_now}) if spent_now else route

    def _configured(self, name: str) -> Route:
        """A route as far as the configuration alone decides it; made once, for its prices take a while to look up."""
        if name not in self._routes:
            model = self._settings.models.get(name)
            if model is None:
                raise WrongUsage(self._no_such_model(name))
            self._routes[name] = Route(
                model=name,
                tiers=tuple(
                    Tier(tier.name, tuple(self._endpoints(tier)), tier.order, tier.effort) for tier in model.tiers
                ),
                deadline_s=model.deadline_s,
                limits=Limits(model.limits.connect_s, model.limits.first_token_s, model.limits.silence_s),
                allow_after_refusal=model.after_refusal == "next-tier",
                excluded={key: line.fault for key, line in self._by_endpoint.items() if line.fault},
                costs=self._costs(model),
            )
        return self._routes[name]

    def _endpoints(self, tier: configured.Tier) -> Iterable[Endpoint]:
        return (line.endpoint for target in tier.targets for line in self._by_target[target])

    def _no_such_model(self, name: str) -> str:
        if not self.models:
            return (
                "No model is configured and none was found: set a key such as `OPENROUTER_API_KEY`, start Ollama, or "
                "install `claude`; `sidecar doctor` tells what was looked for."
            )
        meant = nearest(name, self.models)
        hint = f"did you mean `{meant}`?" if meant else f"there are {', '.join(f'`{model}`' for model in self.models)}."
        return f"There is no model `{name}`: {hint}"

    def _costs(self, model: configured.Model) -> dict[str, float]:
        """USD for a million tokens by endpoint, where a tier is ordered by it."""
        priced = (endpoint for tier in model.tiers if tier.order == "cheapest" for endpoint in self._endpoints(tier))
        costs = ((endpoint.key, self._price_usd(endpoint, _SAMPLE_USAGE)) for endpoint in priced)
        return {key: cost for key, cost in costs if cost is not None}

    def _price_usd(self, endpoint: Endpoint, usage: Usage) -> float | None:
        provider = self._by_endpoint[endpoint.key].provider
        return pricing.price_usd(usage, pricing=provider.pricing, model_id=endpoint.model_id, billing=provider.billing)

    def _cost_usd(self, endpoint: Endpoint, answer: Answer) -> float | None:
        return self._price_usd(endpoint, answer.usage)

    async def _send(self, endpoint: Endpoint, request: Request, limits: Limits, on_text: OnText | None) -> Answer:
        line = self._by_endpoint[endpoint.key]
        if line.provider.first_token_s is not None and limits.first_token_s >= Limits().first_token_s:
            # A vendor's program says nothing until it is done: it gets its own limit where the user set no shorter one.
            limits = replace(limits, first_token_s=max(limits.first_token_s, line.provider.first_token_s))
        if request.effort is not None:
            limits = patient_limits(limits, request.effort)
        provider = self._providers.dialect(endpoint.dialect)
        answer = await provider.send(request, await self._current(line), limits=limits, on_text=on_text)
        # `claude -p` tells what a call would have cost by list price; on a flat plan it cost nothing more.
        return answer if line.provider.billing == "metered" else replace(answer, cost_usd=None)

    async def _current(self, line: Line) -> Access:
        """The access of *line*, its keys read anew where they are tokens that their user renews in a file."""
        if line.access is None:
            raise SecretMissing(line.fault)
        account = line.account
        if account is None or line.endpoint.dialect not in _SHORT_LIVED:
            return line.access
        if not any((reference or "").startswith("file:") for reference in (account.key, account.session_token)):
            return line.access
        access = await anyio.to_thread.run_sync(_access, line.provider, account, self._environ)
        for secret in (access.key, access.session_token):
            if secret:
                hide(secret)
        return access

    def reads_images(self, endpoint: Endpoint) -> bool:
        """Whether *endpoint* can be given images: as its provider is configured, else by the model's name."""
        said = self._by_endpoint[endpoint.key].provider.images
        if said is None or endpoint.dialect == "command":  # a program is given one text, whatever its user says
            return reads_images(endpoint.dialect, endpoint.model_id)
        return said

    def _every_allowance(self) -> Iterable[Allowance]:
        """Budgets limit what costs (with `stop`, everything); quotas limit the endpoints of their account."""
        everyone = frozenset(self._by_endpoint)
        metered = frozenset(key for key, line in self._by_endpoint.items() if line.provider.billing == "metered")
        for budget in self._settings.budgets:
            reach = everyone if budget.over == "stop" else metered
            name = f"the {budget.window}'s budget"
            yield Allowance(name, budget.window, everyone, budget.limit_usd, budget.limit_tokens, excludes=reach)
        accounts: dict[tuple[str, str], set[str]] = {}
        for key, line in self._by_endpoint.items():
            if line.account is not None and line.account.quotas:
                accounts.setdefault((line.provider.name, line.account.name), set()).add(key)
        for (provider, account), keys in accounts.items():
            line = self._by_endpoint[min(keys)]
            for quota in line.account.quotas if line.account is not None else ():
                name = f"the {quota.window} quota of {provider}@{account}"
                own = frozenset(keys)
                yield Allowance(
                    name, quota.window, own, quota.limit_usd, quota.limit_tokens, quota.limit_requests, excludes=own
                )

    async def _spent(self) -> dict[str, str]:
        """Why endpoints are excluded by budgets and quotas just now; asks the ledger only where there are any."""
        reasons: dict[str, str] = {}
        now = self._clock()
        starts = {
            allowance.window: window_start(allowance.window, now=now, session_start=self._session_start)
            for allowance in self._allowances
        }
        spendings = {window: await self._store.spending(start) for window, start in starts.items()}
        for allowance in self._allowances:
            reason = spent(allowance, spendings[allowance.window])
            if reason is not None:
                reasons.update(dict.fromkeys(allowance.excludes, reason))
        return reasons
