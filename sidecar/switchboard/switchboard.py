"""Where routes meet the providers: the router with everything it needs to call an endpoint and to price its answer.

routes ──> Router ──send──> provider (with the line's Access)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from random import random as chance
from typing import TYPE_CHECKING

import anyio.to_thread

from sidecar.compression import tokens
from sidecar.config.panels import Panel, panel_called
from sidecar.errors import SecretMissing
from sidecar.log import hide
from sidecar.providers.vocabulary import Access, Answer, Limits, Request
from sidecar.routing.chance import usual
from sidecar.routing.endpoints import Endpoint
from sidecar.routing.route import Route
from sidecar.routing.router import Router
from sidecar.routing.vocabulary import Ask, OnProgress, OnText, Reply
from sidecar.switchboard.accounts import Accounts, watched
from sidecar.switchboard.allowances import Allowances, Payer, allowances_of
from sidecar.switchboard.lately import Lately
from sidecar.switchboard.lines import Line, access
from sidecar.switchboard.reckoning import FollowedBook, Reckoning
from sidecar.switchboard.routes import SOME_USAGE, Routes

if TYPE_CHECKING:
    from sidecar.config.layers import Configuration
    from sidecar.providers.listing import Listed
    from sidecar.providers.opening import Providers
    from sidecar.store.store import Store

__all__ = ["Switchboard"]

_SHORT_LIVED = ("vertex", "bedrock")
"""Dialects whose keys may end within the hour."""


class Switchboard:
    """Every route of one configuration, and the means to call its endpoints.

    *by_target* holds the lines of each target; *session_start* is when this sidecar began, in epoch seconds;
    *environ* is what references to secrets are followed in, *random* what decides every chance.
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
        random: Callable[[], float] = chance,
    ) -> None:
        self.configuration = configuration
        self._settings = configuration.settings
        self._providers = providers
        self._clock = clock
        self._environ = environ or {}
        self._random = random
        self._routes = Routes(self._settings, by_target)
        self._lately = Lately(store, self._routes, clock)
        every = tuple(allowances_of(self._settings.budgets, self._payers(), session=store.session))
        orders = {line.provider.name: line.provider.order for line in self._routes.lines}
        reckoning = Reckoning(
            (*(one for one in every if one.window.length != "call"), *watched(self._endpoints(), orders)),
            store=store,
            clock=clock,
            session_start=session_start,
        )
        self.allowances = Allowances(
            reckoning,
            (one for one in every if one.window.length == "call"),
            store=store,
            clock=clock,
            price=self._routes.price_usd,
            writes=self._routes.output_tokens,
            count=tokens.count,
        )
        self._accounts = Accounts(orders, self._weights(), reckoning=reckoning, store=store, clock=clock)
        self.router = Router(
            FollowedBook(store, reckoning),
            self._send,
            self._cost_usd,
            clock=clock,
            random=random,
            window=self.window_tokens,
            limiter=self.allowances,
        )

    @property
    def models(self) -> tuple[str, ...]:
        """The logical names, `default` first where it exists."""
        return self._routes.models

    async def targets(self, name: str) -> dict[str, list[str]]:
        """The endpoints of a model's tiers, as receipts call them."""
        return {
            tier.name: [endpoint.name for endpoint in tier.endpoints] for tier in (await self.usual_route(name)).tiers
        }

    def panel(self, name: str) -> Panel | None:
        """The panel called *name*, or made of models with `+` between them; raises as `panel_called` does."""
        return panel_called(name, self._settings.models)

    async def listing(self, line: Line) -> tuple[Listed, ...]:
        """What the account of *line* can call by its provider's own list; see `Providers.listing`."""
        at = datetime.fromtimestamp(self._clock(), UTC)
        return await self._providers.listing(line.endpoint.dialect, await self._current(line), at=at)

    def secrets(self) -> Iterable[str]:
        """Every key in use, for the log to mask."""
        for line in self._routes.lines:
            if line.access is not None:
                own = (line.access.key, line.access.session_token, *line.access.headers.values())
                yield from (value for value in own if value)

    def window_tokens(self, endpoint: Endpoint) -> int | None:
        """How many tokens *endpoint* reads at most; see `Routes.window_tokens`."""
        return self._routes.window_tokens(endpoint)

    async def route(self, name: str) -> Route:
        """The route of a logical name for one call: by the configuration, by what happened of late, and by chance.

        The name may end in `:cheap`, `:fast` or `:free`. Raises WrongUsage for a name nobody configured.
        """
        return await self._route(name, self._random)

    async def usual_route(self, name: str) -> Route:
        """The route of a logical name for telling: as `route`, with nothing left to chance."""
        return await self._route(name, usual)

    async def _route(self, name: str, random: Callable[[], float]) -> Route:
        self._routes.prepare(name)
        await self._lately.catch_up()
        return await self._accounts.in_order(self._routes.route(name, random), random)

    def _endpoints(self) -> Iterable[Endpoint]:
        return (line.endpoint for line in self._routes.lines)

    def _weights(self) -> dict[tuple[str, str], float]:
        return {
            (line.endpoint.provider, line.endpoint.account): line.account.weight
            for line in self._routes.lines
            if line.account is not None
        }

    def _payers(self) -> Iterable[Payer]:
        for line in self._routes.lines:
            quotas = line.account.quotas if line.account is not None else ()
            # what is not known to cost nothing may cost; prices are looked up only where a budget asks
            asks = bool(self._settings.budgets) or any(quota.limit_usd is not None for quota in quotas)
            costs = asks and self._routes.price_usd(line.endpoint, SOME_USAGE) != 0.0
            yield Payer(line.endpoint, costs, quotas, is_priced=not costs or self._routes.is_priced(line.endpoint))

    async def answer(self, route: Route, ask: Ask, on_progress: OnProgress | None = None) -> Reply:
        """The reply of *route* to *ask*; raises as `Router.route` does."""
        return await self._lately.beside(lambda: self.router.route(route, ask, on_progress))

    def _cost_usd(self, endpoint: Endpoint, answer: Answer) -> float | None:
        return self._routes.price_usd(endpoint, answer.usage)

    async def _send(self, endpoint: Endpoint, request: Request, limits: Limits, on_text: OnText | None) -> Answer:
        line = self._routes.line(endpoint)
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
        renewed = await anyio.to_thread.run_sync(access, line.provider, account, self._environ)
        for secret in (renewed.key, renewed.session_token):
            if secret:
                hide(secret)
        return renewed

    def reads_images(self, endpoint: Endpoint) -> bool:
        """Whether *endpoint* can be given images; see `Routes.reads_images`."""
        return self._routes.reads_images(endpoint)
