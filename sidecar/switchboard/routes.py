"""From the configuration to routes: which tiers a logical name has, in which order, and who is kept out for good.

settings + lines ──> Route ──arranged by what the ledger says of late──> the route of one call
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from sidecar.config.complaints import nearest
from sidecar.config.facts import facts, price_usd
from sidecar.errors import WrongUsage
from sidecar.providers.vocabulary import Limits, Usage
from sidecar.routing.choice import Arrangement, arranged, listens
from sidecar.routing.endpoints import Endpoint
from sidecar.routing.filters import Filter, Known, objection
from sidecar.routing.patience import own_limits
from sidecar.routing.route import Order, Preference, Route, Tier

if TYPE_CHECKING:
    from sidecar.config import model as configured
    from sidecar.store.vocabulary import Experience
    from sidecar.switchboard.lines import Line

__all__ = ["SOME_USAGE", "SUFFIXES", "Routes"]

_SAMPLE, _PER_SAMPLE = 1_000, 1_000
"""Prices per million tokens are those of a thousand, for some models cost more above a long prompt."""
_READ_SHARE = 0.75
"""Of a million tokens that endpoints are compared by, so many are read and the rest is written."""

SOME_USAGE = Usage(input_tokens=1_000, output_tokens=1_000)
"""Whether anything is charged for shows on any usage."""

SUFFIXES: Mapping[str, tuple[Order | None, Filter]] = {
    "cheap": ("cheapest", Filter()),
    "fast": ("fastest", Filter()),
    "free": (None, Filter(is_free=True)),
}
"""What may follow a model's name after a colon: the order of all its tiers, and what may not be asked at all."""


class Routes:
    """Every route of one configuration, each made at its first use; *by_target* holds the lines of each target."""

    def __init__(self, settings: configured.Settings, by_target: Mapping[str, tuple[Line, ...]]) -> None:
        self._settings = settings
        self._by_target = by_target
        self._by_endpoint = {line.endpoint.key: line for group in by_target.values() for line in group}
        self._known: dict[str, Known] = {}
        self._made: dict[str, Route] = {}
        self._arranged: dict[str, Arrangement] = {}
        self._experience: Mapping[str, Experience] = {}
        self._listening: frozenset[str] = frozenset()

    @property
    def lines(self) -> Iterable[Line]:
        """Every endpoint there is, once."""
        return self._by_endpoint.values()

    def line(self, endpoint: Endpoint) -> Line:
        """*endpoint* with what is needed to call it."""
        return self._by_endpoint[endpoint.key]

    @property
    def models(self) -> tuple[str, ...]:
        """The logical names, `default` first where it exists."""
        return tuple(sorted(self._settings.models, key=lambda name: (name != "default", name)))

    @property
    def listening(self) -> frozenset[str]:
        """The keys of the endpoints whose calls of late have a bearing on a route that was asked for so far."""
        return self._listening

    def prepare(self, name: str) -> None:
        """Make the route of a logical name, which `:cheap`, `:fast` or `:free` may follow.

        It is made once, for its prices take a while to look up. Raises WrongUsage for a name nobody configured.
        """
        if name not in self._made:
            self._made[name] = made = self._make(name)
            if listens(made):
                self._listening |= {endpoint.key for endpoint in made.endpoints}

    def route(self, name: str, random: Callable[[], float]) -> Route:
        """The route for one call to *name*; raises as `prepare` does."""
        found = self._arranged.get(name)
        if found is None:
            self.prepare(name)
            found = self._arranged[name] = arranged(self._made[name], self._experience)
        return found.drawn(random)

    def learn(self, experience: Iterable[Experience]) -> None:
        """Arrange the routes that go by it anew, by this *experience*; takes a millisecond, beside a call."""
        self._experience = {one.endpoint: one for one in experience}
        self._arranged |= {name: arranged(made, self._experience) for name, made in self._made.items() if listens(made)}

    def window_tokens(self, endpoint: Endpoint) -> int | None:
        """How many tokens *endpoint* reads at most; None where nobody says. The first call imports the price data."""
        return self._of(endpoint).capabilities.context_tokens

    def reads_images(self, endpoint: Endpoint) -> bool:
        """Whether *endpoint* can be given images: as its user says, else by what is known of the model."""
        return bool(self._of(endpoint).capabilities.vision)

    def price_usd(self, endpoint: Endpoint, usage: Usage) -> float | None:
        """What *usage* costs at *endpoint*; None is unknown, 0.0 exactly is flat or free."""
        return price_usd(self.line(endpoint).provider, endpoint.model_id, usage)

    def is_priced(self, endpoint: Endpoint) -> bool:
        """Whether it is known what a call to *endpoint* costs, before it or from its answer."""
        return self.line(endpoint).provider.tells_cost or self.price_usd(endpoint, SOME_USAGE) is not None

    def output_tokens(self, endpoint: Endpoint) -> int | None:
        """How many tokens *endpoint* writes at most; None where nobody says."""
        return self._of(endpoint).capabilities.output_tokens

    def _make(self, name: str) -> Route:
        base, _, word = (name, "", "") if name in self._settings.models else name.rpartition(":")
        model = self._settings.models.get(base)
        if model is None or (word and word not in SUFFIXES):
            raise WrongUsage(self._no_such_model(name, base, word))
        if model.kind == "panel":
            members = ", ".join(f"`{member}`" for member in model.members)
            raise WrongUsage(f"`{base}` is a panel, and one model is needed here, such as one of its own: {members}.")
        across, wanted = SUFFIXES[word] if word else (None, Filter())
        filters = (wanted, _filter(model))
        tiers = tuple(self._tier(tier, model, filters) for tier in model.tiers)
        known = {endpoint.key: self._of(endpoint) for tier in tiers for endpoint in tier.endpoints}
        return Route(
            model=base,
            tiers=tiers,
            deadline_s=model.deadline_s,
            limits=_limits(model),
            allow_after_refusal=model.after_refusal == "next-tier",
            excluded={key: line.fault for key in known if (line := self._by_endpoint[key]).fault},
            costs={key: cost for key, one in known.items() if (cost := _usd_per_mtok(one)) is not None},
            unbilled=frozenset(key for key in known if self._by_endpoint[key].provider.billing != "metered"),
            suffix=f":{word}" if word else "",
            across=across,
        )

    def _tier(self, tier: configured.Tier, model: configured.Model, filters: tuple[Filter, ...]) -> Tier:
        endpoints = tuple(line.endpoint for target in tier.targets for line in self._by_target[target])
        asked = (*filters, _filter(tier))
        limits = _limits(model)
        own = {
            each.key: own_limits(limits, first_token_s=self.line(each).provider.first_token_s, effort=tier.effort)
            for each in endpoints
        }
        return Tier(
            tier.name,
            endpoints,
            tier.order,
            tier.effort,
            prefers=tuple(dict.fromkeys((*_preferences(model), *_preferences(tier)))),
            hedges=bool(model.hedge if tier.hedge is None else tier.hedge),
            limits={key: each for key, each in own.items() if each != limits},
            excluded={
                endpoint.key: said
                for endpoint in endpoints
                if (said := objection(asked, self._of(endpoint))) is not None
            },
        )

    def _of(self, endpoint: Endpoint) -> Known:
        """What is known of *endpoint*; the first call imports the price data."""
        if endpoint.key not in self._known:
            provider = self.line(endpoint).provider
            found = facts(provider, endpoint.model_id)
            self._known[endpoint.key] = Known(
                endpoint,
                capabilities=found.capabilities,
                training=found.data_policy.training,
                retention=found.data_policy.retention,
                regions=found.regions,
                input_usd_per_mtok=self._per_mtok(endpoint, Usage(input_tokens=_SAMPLE, output_tokens=0)),
                output_usd_per_mtok=self._per_mtok(endpoint, Usage(input_tokens=0, output_tokens=_SAMPLE)),
            )
        return self._known[endpoint.key]

    def _per_mtok(self, endpoint: Endpoint, usage: Usage) -> float | None:
        price = self.price_usd(endpoint, usage)
        return None if price is None else price * _PER_SAMPLE

    def _no_such_model(self, name: str, base: str, word: str) -> str:
        if not self.models:
            return (
                "No model is configured and none was found: set a key such as `OPENROUTER_API_KEY`, start Ollama, or "
                "install `claude`; `sidecar doctor` tells what was looked for."
            )
        if base in self.models and word:
            return f"Nothing is known by `:{word}`; a model's name may end in {', '.join(f'`:{s}`' for s in SUFFIXES)}."
        meant = nearest(base if word in SUFFIXES else name, self.models)
        hint = f"did you mean `{meant}`?" if meant else f"there are {', '.join(f'`{model}`' for model in self.models)}."
        return f"There is no model `{name}`: {hint}"


def _limits(model: configured.Model) -> Limits:
    return Limits(model.limits.connect_s, model.limits.first_token_s, model.limits.silence_s)


def _filter(asked: configured.Choosing) -> Filter:
    policy, price = asked.data_policy, asked.max_price
    return Filter(
        only=asked.only,
        ignore=asked.ignore,
        forbids_training=policy is not None and policy.training is False,
        forbids_retention=policy is not None and policy.retention == "none",
        regions=asked.region,
        min_context_tokens=asked.min_context_tokens,
        needs=asked.needs,
        max_input_usd_per_mtok=price.input_usd_per_mtok if price else None,
        max_output_usd_per_mtok=price.output_usd_per_mtok if price else None,
    )


def _preferences(asked: configured.Choosing) -> Iterator[Preference]:
    for percentile, value in asked.prefer_latency_s.items():
        yield Preference("latency_s", int(percentile[1:]), value)
    for percentile, value in asked.prefer_tokens_per_s.items():
        yield Preference("tokens_per_s", int(percentile[1:]), value)


def _usd_per_mtok(known: Known) -> float | None:
    if known.input_usd_per_mtok is None or known.output_usd_per_mtok is None:
        return None
    return _READ_SHARE * known.input_usd_per_mtok + (1 - _READ_SHARE) * known.output_usd_per_mtok
