"""From a configuration to routes: orders, hard filters, suffixes; prices and policies are the catalogue's."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sidecar.config.hosts import contradictions
from sidecar.config.model import Settings
from sidecar.errors import WrongUsage
from sidecar.providers.catalogue import catalogue
from sidecar.providers.vocabulary import Limits
from sidecar.routing.chance import usual
from sidecar.routing.route import Route
from sidecar.store.vocabulary import Experience
from sidecar.switchboard.lines import lines
from sidecar.switchboard.routes import Routes

LAB = {"dialect": "openai-chat", "base_url": "https://lab.example/v1", "accounts": [{"key": None}]}
PRIVATE = {"training": False, "retention": "none"}
OPENAI, DEEPSEEK, OLLAMA = "openai/gpt-5-mini", "deepseek/deepseek-chat", "ollama/qwen3:8b"


def sure() -> float:
    return 0.99


def settings(model: dict[str, Any], providers: dict[str, Any] | None = None, **models: Any) -> Settings:
    values = {"providers": providers or {}, "models": {"smart": model, **models}}
    return Settings.model_validate_json(json.dumps(values))


def routes(model: dict[str, Any], providers: dict[str, Any] | None = None, **models: Any) -> Routes:
    said = settings(model, providers, **models)
    environ = {"OPENAI_API_KEY": "k", "DEEPSEEK_API_KEY": "k"}
    return Routes(said, lines(said, catalogue(), environ))


def tier(*targets: str, **more: Any) -> dict[str, Any]:
    return {"name": f"t{len(targets)}", "targets": list(targets), **more}


def kept_out(route: Route) -> dict[str, str]:
    """Why each endpoint's target is kept out of where it stands."""
    return {
        endpoint.target.key: why
        for one in route.tiers
        for endpoint in one.endpoints
        if (why := route.excluded.get(endpoint.key) or one.excluded.get(endpoint.key))
    }


def order(route: Route) -> list[str]:
    out = kept_out(route)
    return [end.target.key for one in route.tiers for end in one.endpoints if end.target.key not in out]


def test_prices_are_those_of_a_usual_prompt() -> None:
    route = routes({"tiers": [tier(OPENAI, DEEPSEEK, OLLAMA, "lab/m", order="cheapest")]}, {"lab": LAB}).route(
        "smart", sure
    )
    assert order(route) == [OLLAMA, DEEPSEEK, OPENAI, "lab/m"]
    assert route.costs["openai/gpt-5-mini@default"] == pytest.approx(0.75 * 0.25 + 0.25 * 2.0)
    assert route.unbilled == {"ollama/qwen3:8b@default"}
    assert route.tiers[0].reasons["ollama/qwen3:8b@default"] == "cheapest: nothing billed"


def test_filters_of_a_model_and_of_its_tiers_hold_together() -> None:
    lab = {**LAB, "data_policy": PRIVATE}
    model = {
        "tiers": [tier(OPENAI, "lab/m", ignore=["lab"]), tier(OPENAI, "lab/m", OLLAMA)],
        "data_policy": PRIVATE,
    }
    route = routes(model, {"lab": lab}).route("smart", sure)
    first, second = route.tiers
    assert first.excluded == {
        "openai/gpt-5-mini@default": "its data policy keeps prompts: 30 days; `data_policy` asks for retention none",
        "lab/m@default": "`ignore` names `lab`",
    }
    assert set(second.excluded) == {"openai/gpt-5-mini@default"}


def test_what_is_not_known_of_a_server_counts_as_no() -> None:
    demands: tuple[dict[str, Any], ...] = (
        {"data_policy": {"training": False}},
        {"data_policy": {"retention": "none"}},
        {"region": ["eu"]},
        {"min_context_tokens": 1000},
        {"needs": ["tools"]},
        {"max_price": {"output_usd_per_mtok": 100}},
    )
    for asked in demands:
        route = routes({"tiers": [tier("lab/m", **asked)]}, {"lab": LAB}).route("smart", sure)
        assert list(kept_out(route)) == ["lab/m"], asked
    told = {**LAB, "data_policy": PRIVATE, "region": "eu", "billing": "free", "images": True}
    every = {"data_policy": PRIVATE, "region": ["eu"], "needs": ["vision"], "max_price": {"output_usd_per_mtok": 0}}
    assert kept_out(routes({"tiers": [tier("lab/m", **every)]}, {"lab": told}).route("smart", sure)) == {}


def test_windows_and_capabilities_are_asked_of_the_catalogue() -> None:
    model = {"tiers": [tier(OPENAI, DEEPSEEK)], "min_context_tokens": 200_000, "needs": ["json-schema"]}
    out = kept_out(routes(model).route("smart", sure))
    assert set(out) == {DEEPSEEK}


def test_a_suffix_chooses_by_price_by_speed_or_what_is_free() -> None:
    made = routes({"tiers": [tier(OPENAI), tier(DEEPSEEK, "lab/m"), tier(OLLAMA)]}, {"lab": {**LAB, "billing": "flat"}})
    assert order(made.route("smart:cheap", sure)) == ["lab/m", DEEPSEEK, OLLAMA, OPENAI]
    free = made.route("smart:free", sure)
    assert order(free) == ["lab/m", OLLAMA]
    assert kept_out(free)[OPENAI] == (
        "`:free` asks for what costs nothing; the price of its input is $0.25 per million tokens"
    )
    assert (free.model, free.name) == ("smart", "smart:free")
    assert order(made.route("smart:fast", sure)) == [OPENAI, DEEPSEEK, "lab/m", OLLAMA], "nobody is known yet"
    made.learn([Experience("ollama/qwen3:8b@default", {"answered": 30}, (0.1,) * 30)])
    made.learn(
        [
            Experience("ollama/qwen3:8b@default", {"answered": 30}, (0.1,) * 30),
            Experience("openai/gpt-5-mini@default", {"answered": 30}, (2.0,) * 30),
        ]
    )
    assert order(made.route("smart:fast", sure))[0] == OLLAMA
    assert order(made.route("smart", sure)) == [OPENAI, DEEPSEEK, "lab/m", OLLAMA]


def test_a_configured_name_with_a_colon_wins_over_a_suffix() -> None:
    made = routes({"tiers": [tier(OPENAI)]}, **{"smart:free": {"tiers": [tier(DEEPSEEK)]}})
    assert order(made.route("smart:free", sure)) == [DEEPSEEK]
    assert order(made.route("smart:free:cheap", sure)) == [DEEPSEEK]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("smart:fre", "Nothing is known by `:fre`; a model's name may end in `:cheap`, `:fast`, `:free`."),
        ("smrt:free", "There is no model `smrt:free`: did you mean `smart`?"),
        ("smrt", "There is no model `smrt`: did you mean `smart`?"),
        ("qwen3:8b", "There is no model `qwen3:8b`: there are `smart`."),
    ],
)
def test_a_name_that_means_nothing_says_what_there_is(name: str, said: str) -> None:
    with pytest.raises(WrongUsage) as wrong:
        routes({"tiers": [tier(OPENAI)]}).route(name, sure)
    assert str(wrong.value) == said


def test_a_filter_that_names_nobody_is_refused() -> None:
    tiers = [tier(OPENAI, ignore=["opnai"]), {**tier(DEEPSEEK), "name": "last"}]
    model = {"tiers": tiers, "only": ["deepseek", "openai/gpt-5-mini@wrk"]}
    said = settings(model, {"openai": {"accounts": [{"name": "work", "key": "env:K"}]}})
    names = "none of the targets here is"
    assert [sentence for _, sentence in contradictions(said, catalogue())] == [
        f"`models.smart.tiers[0].ignore[0]`: {names} `opnai`; did you mean `openai`",
        f"`models.smart.only[1]`: {names} `openai/gpt-5-mini@wrk`; did you mean `openai/gpt-5-mini@work`",
    ]


def test_a_route_with_one_endpoint_does_not_ask_what_happened_of_late() -> None:
    made = routes({"tiers": [tier("deepseek/deepseek-chat")]}, quick={"tiers": [tier(DEEPSEEK), tier(OLLAMA)]})
    made.prepare("smart")
    assert made.listening == frozenset()
    made.prepare("quick")
    assert made.listening == {"deepseek/deepseek-chat@default", "ollama/qwen3:8b@default"}


def test_a_program_and_a_model_that_thinks_have_limits_of_their_own() -> None:
    program = {"claude-cli": {"dialect": "command", "command": ["claude"]}}
    made = routes({"tiers": [tier("claude-cli/opus", DEEPSEEK), tier(OLLAMA, name="b", effort="high")]}, program)
    first, second = made.route("smart", usual).tiers
    assert first.limits == {"claude-cli/opus@default": Limits(first_token_s=300.0)}
    assert second.limits == {"ollama/qwen3:8b@default": Limits(first_token_s=120.0, silence_s=120.0)}
