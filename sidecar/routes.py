"""From the configuration to routes: which tiers a logical name has, in which order, and who is kept out for good.

settings + lines ──> Route, as far as the configuration alone decides it
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from sidecar.config.complaints import nearest
from sidecar.errors import WrongUsage
from sidecar.providers import pricing
from sidecar.providers.vocabulary import Limits, Usage
from sidecar.routing.vocabulary import Endpoint, Route, Tier

if TYPE_CHECKING:
    from sidecar.config import model as configured
    from sidecar.lines import Line

__all__ = ["Routes"]

_SAMPLE_USAGE = Usage(input_tokens=750_000, output_tokens=250_000)
"""What endpoints are compared by for `order: cheapest`: a million tokens, three quarters of them read."""


class Routes:
    """Every route of one configuration, each made at its first use; *by_target* holds the lines of each target."""

    def __init__(self, settings: configured.Settings, by_target: Mapping[str, tuple[Line, ...]]) -> None:
        self._settings = settings
        self._by_target = by_target
        self._by_endpoint = {line.endpoint.key: line for group in by_target.values() for line in group}
        self._made: dict[str, Route] = {}

    @property
    def models(self) -> tuple[str, ...]:
        """The logical names, `default` first where it exists."""
        return tuple(sorted(self._settings.models, key=lambda name: (name != "default", name)))

    def route(self, name: str) -> Route:
        """The route of a logical name; made once, for its prices take a while to look up.

        Raises WrongUsage for a name nobody configured.
        """
        if name not in self._made:
            model = self._settings.models.get(name)
            if model is None:
                raise WrongUsage(self._no_such_model(name))
            self._made[name] = self._make(name, model)
        return self._made[name]

    def _make(self, name: str, model: configured.Model) -> Route:
        return Route(
            model=name,
            tiers=tuple(Tier(tier.name, tuple(self._endpoints(tier)), tier.order, tier.effort) for tier in model.tiers),
            deadline_s=model.deadline_s,
            limits=Limits(model.limits.connect_s, model.limits.first_token_s, model.limits.silence_s),
            allow_after_refusal=model.after_refusal == "next-tier",
            excluded={key: line.fault for key, line in self._by_endpoint.items() if line.fault},
            costs=self._costs(model),
        )

    def price_usd(self, endpoint: Endpoint, usage: Usage) -> float | None:
        """What *usage* costs at *endpoint*; None is unknown, 0.0 exactly is flat or free."""
        provider = self._by_endpoint[endpoint.key].provider
        return pricing.price_usd(usage, pricing=provider.pricing, model_id=endpoint.model_id, billing=provider.billing)

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
        costs = ((endpoint.key, self.price_usd(endpoint, _SAMPLE_USAGE)) for endpoint in priced)
        return {key: cost for key, cost in costs if cost is not None}
