"""Hard filters: what keeps an endpoint out of a route for good, whatever else fails. Pure.

Each objection is one clear sentence. What nobody knows of an endpoint counts against it: a filter that asked for
something is not content with a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sidecar.providers.capabilities import Capabilities, Need
from sidecar.routing.amounts import usd_text
from sidecar.routing.endpoints import Endpoint

__all__ = ["Filter", "Known", "names", "objection"]


@dataclass(frozen=True, slots=True)
class Known:
    """What a filter may ask of an endpoint; None and an empty tuple are unknown.

    *regions* are all the places where a call may be worked on, each by all its names ("eu-central-1", "eu"). Prices
    are in USD per million tokens, 0.0 where a call costs nothing more.
    """

    endpoint: Endpoint
    capabilities: Capabilities = field(default_factory=Capabilities)
    training: bool | None = None
    retention: str | None = None
    regions: tuple[tuple[str, ...], ...] = ()
    input_usd_per_mtok: float | None = None
    output_usd_per_mtok: float | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """What is asked of every endpoint; a default asks nothing."""

    only: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    """As *only*: providers ("openai"), targets ("openai/gpt-5") or endpoints ("openai/gpt-5@work")."""
    forbids_training: bool = False
    forbids_retention: bool = False
    regions: tuple[str, ...] = ()
    min_context_tokens: int | None = None
    needs: tuple[Need, ...] = ()
    max_input_usd_per_mtok: float | None = None
    max_output_usd_per_mtok: float | None = None
    is_free: bool = False
    """Nothing may be billed."""


def names(word: str, endpoint: Endpoint) -> bool:
    """Whether *word* means *endpoint*, its target, or its provider."""
    return word in (endpoint.provider, endpoint.target.key, endpoint.key)


def objection(filters: Iterable[Filter], known: Known) -> str | None:
    """Why the first of *filters* that objects keeps an endpoint out; None where all let it in."""
    return next((said for each in filters for rule in _RULES if (said := rule(each, known)) is not None), None)


def _listed(asked: Filter, known: Known) -> str | None:
    if asked.only and not any(names(word, known.endpoint) for word in asked.only):
        return f"`only` names others ({_and(asked.only)})"
    if named := [word for word in asked.ignore if names(word, known.endpoint)]:
        return f"`ignore` names `{named[0]}`"
    return None


def _private(asked: Filter, known: Known) -> str | None:
    if asked.forbids_training and known.training is not False:
        says = "says that it may train on prompts" if known.training else "does not say that prompts are not trained on"
        return f"its data policy {says}; `data_policy` asks for no training"
    if asked.forbids_retention and known.retention != "none":
        says = "does not say that nothing is kept" if known.retention is None else f"keeps prompts: {known.retention}"
        return f"its data policy {says}; `data_policy` asks for retention none"
    return None


def _near(asked: Filter, known: Known) -> str | None:
    if not asked.regions:
        return None
    if not known.regions:
        return f"nobody says where it works on prompts; `region` asks for {_and(asked.regions)}"
    wanted = {region.lower() for region in asked.regions}
    outside = [place[0] for place in known.regions if wanted.isdisjoint(place)]
    if outside:
        return f"it works on prompts in {_and(outside)}; `region` asks for {_and(asked.regions)}"
    return None


def _able(asked: Filter, known: Known) -> str | None:
    least, reads = asked.min_context_tokens, known.capabilities.context_tokens
    if least is not None and (reads is None or reads < least):
        says = "nobody says how many tokens it reads" if reads is None else f"it reads {reads:,} tokens"
        return f"{says}; `min_context_tokens` asks for {least:,}"
    if lacking := known.capabilities.lacks(asked.needs):
        denied = [need for need in lacking if known.capabilities.has(need) is False]
        if denied:
            return f"it cannot do {_and(denied)}, which `needs` asks for"
        return f"nobody says that it can do {_and(lacking)}, which `needs` asks for"
    return None


def _affordable(asked: Filter, known: Known) -> str | None:
    prices = (
        ("input", known.input_usd_per_mtok, asked.max_input_usd_per_mtok),
        ("output", known.output_usd_per_mtok, asked.max_output_usd_per_mtok),
    )
    for what, price, most in prices:
        if most is not None and (price is None or price > most):
            says = (
                f"the price of its {what} is not known"
                if price is None
                else f"its {what} costs {usd_text(price)} per million tokens"
            )
            return f"{says}; `max_price` allows {usd_text(most)}"
        if asked.is_free and price != 0:
            says = "is not known" if price is None else f"is {usd_text(price)} per million tokens"
            return f"`:free` asks for what costs nothing; the price of its {what} {says}"
    return None


_RULES: tuple[Callable[[Filter, Known], str | None], ...] = (_listed, _private, _near, _able, _affordable)


def _and(words: Iterable[str]) -> str:
    return ", ".join(words)
