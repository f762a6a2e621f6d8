"""What is known of an endpoint before anyone calls it: what its model can do, what becomes of a prompt, and where.

The hard filters of a route ask here, and nowhere else. What the user says goes before what the catalogue says;
what neither says is unknown, which a filter takes for no.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from sidecar.config.hosts import KnownProvider
from sidecar.config.model import DataPolicy
from sidecar.providers import pricing
from sidecar.providers.capabilities import Capabilities, capabilities
from sidecar.providers.catalogue import host_at
from sidecar.providers.vocabulary import Usage

__all__ = ["Facts", "facts", "price_usd"]

_UNITED_KINGDOM, _SWITZERLAND = "uk", "ch"
_NOT_IN_THE_UNION = {
    "eu-west-2": _UNITED_KINGDOM,  # AWS: London
    "eu-central-2": _SWITZERLAND,  # AWS: Zurich
    "europe-west2": _UNITED_KINGDOM,  # Google: London
    "europe-west6": _SWITZERLAND,  # Google: Zurich
}
_AZURE = {
    "europe": "eu",  # and Google's names
    **dict.fromkeys(("france", "germany", "italy", "poland", "spain", "sweden", "austria", "belgium", "denmark"), "eu"),
    "switzerland": _SWITZERLAND,
    **dict.fromkeys(("uksouth", "ukwest"), _UNITED_KINGDOM),
    **dict.fromkeys(("eastus", "westus", "centralus"), "us"),
}
"""Azure's regions are named for their countries (learn.microsoft.com, Azure, list of regions)."""

_PROFILES = re.compile(r"^(us|eu|apac|jp|au|global|us-gov|ca)\.(?=[a-z0-9]+\.)")
"""Bedrock's inference profiles, which say where a call may end (docs.aws.amazon.com, Bedrock, inference profiles)."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Of one target at one provider."""

    capabilities: Capabilities
    data_policy: DataPolicy
    regions: tuple[tuple[str, ...], ...]
    """Every place where a call may be worked on, each by all its names in lower case: a cloud's region and the part of
    the world it lies in (`eu-central-1`, `eu`), or the latter alone. Empty is unknown."""


def facts(provider: KnownProvider, model_id: str) -> Facts:
    """Everything a route may filter by for *model_id* at *provider*.

    Imports the price data at the first call, so call it where a second may pass.
    """
    host = host_at(provider.name, provider.base_url)
    known = capabilities(
        model_id, dialect=provider.dialect, host=host, pricing=provider.pricing, images=provider.images
    )
    can = _told(known, provider)
    if host is not None and not host.data_policy.covers(model_id):  # handed on to somebody else, somewhere else
        return Facts(can, provider.own_data_policy, ())
    return Facts(can, provider.data_policy, _regions(provider, model_id))


def price_usd(provider: KnownProvider, model_id: str, usage: Usage) -> float | None:
    """What *usage* costs at *provider* in US dollars; None is unknown, 0.0 exactly is flat or free.

    What its user says goes before list prices; it has no price of its own for cached tokens. Imports the price data.
    """
    said = provider.prices.get(model_id) or provider.prices.get("*")
    if said is None or provider.billing != "metered":
        return pricing.price_usd(usage, pricing=provider.pricing, model_id=model_id, billing=provider.billing)
    if usage.input_tokens is None or usage.output_tokens is None:
        return None
    return (usage.input_tokens * said.input_usd_per_mtok + usage.output_tokens * said.output_usd_per_mtok) / 1_000_000


def _told(known: Capabilities, provider: KnownProvider) -> Capabilities:
    """*known* with the user's own word for their provider on top."""
    return replace(
        known,
        context_tokens=provider.context_tokens or known.context_tokens,
        tools="tools" in provider.capabilities or known.tools,
        json_schema="json-schema" in provider.capabilities or known.json_schema,
        reasoning="reasoning" in provider.capabilities or known.reasoning,
    )


def _regions(provider: KnownProvider, model_id: str) -> tuple[tuple[str, ...], ...]:
    region = provider.region.lower()
    profile = _PROFILES.match(model_id) if provider.dialect == "bedrock" else None
    if profile is not None:  # it may be worked on anywhere in the profile's area, whatever region is called
        return () if profile[1] == "global" else ((profile[1],),)
    if not region:
        return tuple((place,) for place in provider.regions)
    if region == "global":
        return ()
    return (tuple(dict.fromkeys((region, _area(region)))),)


def _area(region: str) -> str:
    """The part of the world a cloud's region lies in: `eu` for `eu-central-1`, `europe-west4`, `swedencentral`."""
    if region in _NOT_IN_THE_UNION:
        return _NOT_IN_THE_UNION[region]
    azure = next((area for word, area in _AZURE.items() if word in region), None)
    return azure or re.split(r"[-_.]", region)[0]
