"""The catalogue is data that must hold together: every host can be called, priced and explained."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest

from sidecar.providers.catalogue import DataPolicy, Host, catalogue, quirks
from sidecar.providers.environment import without_keys
from sidecar.providers.opening import DIALECTS
from sidecar.providers.pricing import context_tokens, price_usd
from sidecar.providers.vocabulary import Usage

HOSTS = list(catalogue().values())

GENERIC = {"API_KEY", "TOKEN", "INFERENCE_KEY", "GITHUB_TOKEN", "DIGITALOCEAN_ACCESS_TOKEN", "SCW_SECRET_KEY"}
"""Variables that open more than models, or that anybody may mean something else by."""

ABBREVIATIONS = {"hf", "pplx"}


@pytest.mark.parametrize("host", HOSTS, ids=lambda host: host.name)
def test_a_host_says_how_it_is_called_and_where_that_is_written(host: Host) -> None:
    assert host.dialect in DIALECTS
    assert host.billing in ("metered", "flat", "free")
    assert "(2026-" in host.source
    if host.dialect == "command":
        assert host.command
        assert "{model}" in host.command
        assert host.billing == "flat"
    else:
        address = urlsplit(host.base_url)
        assert host.base_url == host.base_url.rstrip("/")
        assert address.scheme == ("http" if host.local else "https")
        assert (address.hostname == "127.0.0.1") is host.local
    assert bool(host.key_variables) is not (host.local or host.dialect == "command")


@pytest.mark.parametrize("host", HOSTS, ids=lambda host: host.name)
def test_what_is_said_of_prompts_has_a_source_and_a_date(host: Host) -> None:
    policy = host.data_policy
    if policy == DataPolicy():
        return
    assert policy.source
    assert re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", policy.date)
    assert policy.retention is None or re.fullmatch(r"none|\d+ (days|months)", policy.retention)
    assert all(pattern == pattern.lower() for pattern in policy.except_for)  # ids are compared in lower case
    assert all(re.fullmatch(r"[a-z]{2}", region) for region in host.regions)


@pytest.mark.parametrize("host", HOSTS, ids=lambda host: host.name)
def test_a_key_variable_opens_this_host_and_nothing_else(host: Host) -> None:
    stem = {word for word in re.split(r"[^a-z0-9]+", f"{host.name} {host.base_url} {host.source}".lower()) if word}
    for variable in host.key_variables:
        assert re.fullmatch(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*", variable)
        assert variable not in GENERIC
        # Its first word is the host's own, so no other program's variable is taken for it.
        first = variable.split("_")[0].lower()
        if first in ABBREVIATIONS:
            continue
        assert any(first in word or word in first for word in stem if len(word) > 1), variable


@pytest.mark.parametrize("host", [host for host in HOSTS if host.pricing], ids=lambda host: host.name)
def test_every_suggested_model_of_a_priced_host_has_a_price(host: Host) -> None:
    from genai_prices.data import providers

    assert host.pricing in {provider.id for provider in providers}
    for model_id in (model for models in host.default_models.values() for model in models):
        assert price_usd(Usage(1_000, 0, 0, 1_000), pricing=host.pricing, model_id=model_id, billing=host.billing)


def test_no_two_hosts_share_an_address_or_a_key_variable() -> None:
    # Two programs of this machine may have the same usual port; they never run on it at once.
    addresses = [host.base_url for host in HOSTS if host.base_url and not host.local]
    variables = [name for host in HOSTS for name in host.key_variables]
    assert len(HOSTS) >= 60
    names = [urlsplit(address).hostname for address in addresses]
    assert len(set(names)) == len(names), "one host under two names"
    assert len(set(variables)) == len(variables)


def test_the_catalogue_cannot_be_changed_by_a_reader() -> None:
    with pytest.raises(TypeError):
        catalogue()["x"] = HOSTS[0]  # type: ignore[index]


def test_a_user_and_password_in_an_address_do_not_hide_its_host() -> None:
    assert quirks("mine", "https://me:pw@api.mistral.ai/v1") == catalogue()["mistral"].quirks


def test_no_key_variable_of_any_host_reaches_a_child() -> None:
    environ = {name: "secret" for host in HOSTS for name in host.key_variables}
    assert without_keys({**environ, "PATH": "/bin", "MAX_THINKING_TOKENS": "5"}) == {
        "PATH": "/bin",
        "MAX_THINKING_TOKENS": "5",
    }


def test_a_price_counts_cached_tokens_at_their_own_price() -> None:
    def price(usage: Usage) -> float | None:
        return price_usd(usage, pricing="anthropic", model_id="claude-haiku-4-5", billing="metered")

    # 1 $ a million read, 0.10 $ from the cache, 1.25 $ into it, 5 $ written (genai-prices 0.2.3)
    assert price(Usage(1_000_000, None, None, 0)) == pytest.approx(1.0)
    assert price(Usage(1_000_000, 600_000, 200_000, 100_000)) == pytest.approx(0.2 + 0.06 + 0.25 + 0.5)
    assert price(Usage(10, 600, 900, 0)) == pytest.approx(10 * 0.1e-6)


@pytest.mark.parametrize(
    ("usage", "pricing", "model_id"),
    [
        (Usage(1, None, None, 1), None, "gpt-5"),
        (Usage(1, None, None, 1), "openai", "no-such-model"),
        (Usage(1, None, None, 1), "no-such-host", "gpt-5"),
        (Usage(1, None, None, 1), "openai", "text-embedding-3-small"),  # no price for output
        (Usage(None, None, None, 1), "openai", "gpt-5"),
        (Usage(1, None, None, None), "openai", "gpt-5"),
    ],
)
def test_an_unknown_price_is_unknown_and_never_zero(usage: Usage, pricing: str | None, model_id: str) -> None:
    assert price_usd(usage, pricing=pricing, model_id=model_id, billing="metered") is None


@pytest.mark.parametrize("billing", ["flat", "free"])
def test_a_plan_costs_exactly_nothing_more(billing: str) -> None:
    assert price_usd(Usage(), pricing=None, model_id="sonnet", billing=billing) == 0.0


def test_a_window_is_known_or_none() -> None:
    assert context_tokens("anthropic", "claude-haiku-4-5") == 200_000
    assert context_tokens("anthropic", "no-such-model") is None
    assert context_tokens(None, "claude-haiku-4-5") is None
