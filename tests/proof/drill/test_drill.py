"""The drill: a user's own configuration rehearsed, nobody called, every figure repeatable."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from sidecar.config.layers import Configuration
from sidecar.errors import WrongUsage
from sidecar.proof.drill.drill import drill
from sidecar.proof.drill.scenario import shipped
from sidecar.providers.catalogue import catalogue

Configured = Callable[..., Configuration]

KEY = {"accounts": [{"key": "env:NOT_SET_ANYWHERE"}]}
TWO = {"anthropic": KEY, "gemini": KEY}
A, B, C = "anthropic/claude-haiku-4-5", "gemini/gemini-3.5-flash-lite", "ollama/qwen3:8b"


def rehearsed(configuration: Configuration, *scenarios: str, seed: int = 0) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = drill(configuration, catalogue(), scenarios=scenarios, seed=seed)[1]["rehearsals"]
    return found


def test_an_hour_without_the_first_tier_costs_one_call_and_ends_on_time(configured: Configured) -> None:
    (row,) = rehearsed(configured(A, B, providers=TWO), "quota-spent")
    assert (row["success_rate"], row["attempts_in_vain"], row["met"]) == (1, 1, True)
    assert row["share_by_tier"]["tier2"] == pytest.approx(3600 / 4200, abs=0.02)
    assert row["back_on_best_tier_s"] <= 20, "the first ask after the reset"
    assert row["cost_usd"] > 0


def test_a_rate_limit_without_a_hint_is_over_within_five_seconds(configured: Configured) -> None:
    (row,) = rehearsed(configured(A, B, providers=TWO), "rate-limited")
    assert row["success_rate"] == 1
    assert row["attempts_in_vain"] <= 4
    assert row["back_on_best_tier_s"] <= 5


def test_a_route_with_nothing_behind_it_misses_its_objectives_and_says_why(configured: Configured) -> None:
    console = Console(record=True, width=200)
    is_met, document = drill(
        configured(A, providers=TWO), catalogue(), scenarios=["all-well", "credit-gone"], console=console
    )
    well, gone = document["rehearsals"]
    assert (is_met, well["met"], gone["met"]) == (False, True, False)
    assert gone["missed"] == ["10 % answered, not 99 %"]
    assert "no credit" in gone["because"]
    text = console.export_text()
    assert "✗ credit-gone: 10 % answered, not 99 %" in text
    assert "assumed, for the configuration does not say: success_rate 0.99, p95_s 20" in text


def test_objectives_of_the_model_decide(configured: Configured) -> None:
    objectives = {"success_rate": 0.05, "p95_s": 1}
    (row,) = rehearsed(configured(A, providers=TWO, objectives=objectives), "credit-gone")
    assert row["missed"] == ["p95 2.1 s, not 1 s"]


def test_where_nobody_can_answer_the_objectives_hold_from_the_return_on(configured: Configured) -> None:
    (row,) = rehearsed(configured(A, B, providers=TWO, deadline_s=30), "everything-down")
    assert row["success_rate"] < 0.9
    assert row["met"]


def test_the_same_seed_gives_the_same_and_another_one_another(configured: Configured) -> None:
    configuration = configured(A, B, providers=TWO)
    first = rehearsed(configuration, "unlucky", "hangs", seed=3)
    assert rehearsed(configuration, "unlucky", "hangs", seed=3) == first
    assert rehearsed(configuration, "unlucky", "hangs", seed=4) != first


def test_a_vendors_program_is_rehearsed_and_never_started(configured: Configured, tmp_path: Path) -> None:
    trace = tmp_path / "it-was-started"
    providers = {"mine": {"dialect": "command", "command": ["touch", str(trace)], "billing": "flat"}, **TWO}
    rows = rehearsed(configured("mine/sonnet", B, providers=providers), "all-well", "quota-spent", "hangs")
    well, spent, hangs = rows
    assert (well["cost_usd"], well["share_by_tier"]["tier1"]) == (0, 1)
    assert (spent["attempts_in_vain"], spent["success_rate"]) == (1, 1)
    assert hangs["success_rate"] == 1
    assert hangs["p95_s"] < 20, "a program that says nothing until it is done costs what it usually takes, not minutes"
    assert not trace.exists()


def test_a_scenario_that_cannot_happen_is_skipped_with_the_reason(configured: Configured) -> None:
    rows = rehearsed(configured(C, B, providers=TWO), "credit-gone", "first-account-spent", "two-tiers-down")
    assert [row["skipped"] for row in rows] == [
        "that cannot happen to its first tier",
        "its first tier has one account",
        "it has 2 tiers",
    ]


def test_a_second_account_answers_while_the_first_has_spent_its_quota(configured: Configured) -> None:
    accounts = [{"name": name, "key": f"env:NOT_SET_{name}"} for name in ("WORK", "OWN")]
    configuration = configured(A, B, providers={"anthropic": {"accounts": accounts}, "gemini": KEY})
    (row,) = rehearsed(configuration, "first-account-spent")
    assert row["share_by_tier"] == {"tier1": 1, "tier2": 0}
    assert row["left_best_tier"] is False


def test_a_question_longer_than_the_first_tier_reads_is_refused_there_and_answered_where_it_fits(
    configured: Configured,
) -> None:
    providers = {
        "mine": {"dialect": "command", "command": ["mine"], "context_tokens": 20_000},
        "azure": {"resource": "mine", "context_tokens": 20_000, **KEY},
        "bedrock": {"region": "us-east-1", "context_tokens": 20_000, **KEY},
        **TWO,
    }
    for first in (A, "mine/sonnet", "azure/gpt-4o", "bedrock/anthropic.claude-haiku-4-5"):
        (row,) = rehearsed(configured(first, C, B, providers=providers), "too-long")
        assert (row["success_rate"], row["attempts_in_vain"], row["met"]) == (1, row["asks"], True), first
        assert row["share_by_tier"]["tier1"] == 0, first


def test_a_question_that_nobody_reads_is_not_asked(configured: Configured) -> None:
    small = {"small": {"dialect": "openai-chat", "base_url": "http://127.0.0.1:9/v1", "context_tokens": 8_000, **KEY}}
    assert [
        rehearsed(configured(*tiers, providers={**small, **TWO}), "too-long")[0]["skipped"]
        for tiers in ((B, "small/m"), (C, B))
    ] == ["nobody in it reads more than its first tier", "nobody says how much its first tier reads"]


@pytest.mark.parametrize(
    ("first", "quota"),
    [
        (A, {"window": "5h", "limit_requests": 500}),
        (A, {"window": "day", "limit_usd": 3, "starts_at": "08:30", "time_zone": "Europe/Berlin"}),
        (A, {"window": "month", "limit_tokens": 5_000_000, "limit_requests": 10_000}),
        (B, {"window": "day", "kind": "rolling", "limit_requests": 500}),
        ("openai/gpt-4o", {"window": "5h", "kind": "rolling", "limit_tokens": 500_000}),
        ("openai/gpt-4o", {"window": "week", "limit_usd": 100}),
        ("bedrock/anthropic.claude-haiku-4-5", {"window": "day", "limit_tokens": 5_000_000}),
        ("mine/sonnet", {"window": "5h", "kind": "fixed", "limit_requests": 500}),
    ],
    ids=lambda value: value if isinstance(value, str) else value["window"],
)
def test_what_we_believe_of_a_quota_is_what_its_provider_counts(
    configured: Configured, first: str, quota: dict[str, Any]
) -> None:
    """Nobody is refused: a provider that keeps the same quota in a book of its own never has to say so."""
    account = {"accounts": [{"key": "env:NOT_SET_ANYWHERE", "quotas": [quota]}]}
    mine = {"dialect": "command", "command": ["mine"], "billing": "flat", "accounts": [{"quotas": [quota]}]}
    name = first.partition("/")[0]
    providers = {
        "mine": mine,
        "ollama": {},
        name: {**({"region": "us-east-1"} if name == "bedrock" else {}), **account},
    }
    providers = providers if name != "mine" else {"mine": mine}
    (row,) = rehearsed(configured(first, C, providers=providers), "own-quotas")
    assert (row["success_rate"], row["attempts_in_vain"], row["met"]) == (1, 0, True)
    assert 0 < row["share_by_tier"]["tier1"] < 1
    counted = row["quotas"]
    assert len(counted) == len([word for word in quota if word.startswith("limit_")])
    for one in counted:
        assert one["refused"] == 0
        assert one["used_here"] == pytest.approx(one["used_there"])
    tightest = max(counted, key=lambda one: one["used_here"] / one["limit"])
    if quota["window"] in ("week", "month"):
        assert tightest["used_here"] == pytest.approx(tightest["limit"])


def test_calls_in_flight_that_pass_a_quota_in_tokens_are_refused_by_its_provider_and_answered_elsewhere(
    configured: Configured, tmp_path: Path
) -> None:
    scenario = tmp_path / "rush.toml"
    scenario.write_text('title = "a rush"\nlasts_s = 60\ncalls_per_s = 5\nquota_calls = 100\n')
    account = {"accounts": [{"key": "env:NOT_SET_ANYWHERE", "quotas": [{"window": "day", "limit_tokens": 9_000_000}]}]}
    configuration = configured(A, B, providers={**TWO, "anthropic": account})
    console = Console(record=True, width=200)
    _, document = drill(configuration, catalogue(), scenarios=[str(scenario)], console=console)
    (row,) = document["rehearsals"]
    assert row["success_rate"] == 1
    (counted,) = row["quotas"]
    assert counted["used_there"] == counted["limit"] == 100 * 2120
    assert 1 <= counted["refused"] == row["attempts_in_vain"] <= 11, "those of the 2.1 s that an answer takes"
    assert "the day quota of anthropic@default: 212,000 tokens of 212,000 tokens by our count" in console.export_text()


def test_a_quota_of_a_server_that_keeps_none_is_ours_alone(configured: Configured) -> None:
    quota = {"window": "day", "limit_requests": 500}
    providers = {"ollama": {"accounts": [{"quotas": [quota]}]}, **TWO}
    (row,) = rehearsed(configured(C, B, providers=providers), "own-quotas")
    assert [(one["used_here"], one["used_there"]) for one in row["quotas"]] == [(20, None)]
    assert rehearsed(configured(A, B, providers=TWO), "own-quotas")[0]["skipped"] == (
        "none of its first tier's accounts has a quota"
    )


_events: list[tuple[str, Any]] | None = None


def _listen(event: str, arguments: tuple[Any, ...]) -> None:
    if _events is not None and event in ("open", "socket.connect", "socket.getaddrinfo", "subprocess.Popen"):
        _events.append((event, arguments))


def test_no_key_is_read_nobody_is_called_and_nothing_is_started(
    configured: Configured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Python itself sees of it: every file opened, every connection made, every process started."""
    global _events  # noqa: PLW0603 - an audit hook can be told things in no other way, and never be removed
    secret = tmp_path / "key-file"
    secret.write_text("sk-very-secret")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    providers = {
        "anthropic": {"accounts": [{"key": f"file:{secret}"}], "headers": {"x-token": f"file:{secret}"}},
        "vertex": {"region": "eu", "project": "p", "accounts": [{"key": f"file:{secret}"}]},
        "mine": {"dialect": "command", "command": ["touch", str(tmp_path / "started")]},
    }
    configuration = configured(A, "vertex/gemini-3.5-flash", "mine/sonnet", providers=providers)
    sys.addaudithook(_listen)
    _events = []
    try:
        (row,) = rehearsed(configuration, "two-tiers-down")
        events = _events
    finally:
        _events = None
    assert row["success_rate"] == 1
    assert all(share > 0 for share in row["share_by_tier"].values())
    opened = [str(arguments[0]) for event, arguments in events if event == "open"]
    assert str(secret) not in opened
    called = {arguments[1] for event, arguments in events if event == "socket.connect"}
    assert called, "the simulator, over its own socket"
    assert all(isinstance(address, str) and address.endswith("/simulator") for address in called)
    assert not [event for event, _ in events if event in ("subprocess.Popen", "socket.getaddrinfo")]


def test_a_wrong_model_is_answered_with_the_nearest(configured: Configured) -> None:
    with pytest.raises(WrongUsage, match="did you mean `default`"):
        drill(configured(A, providers=TWO), catalogue(), models=["defualt"])


@pytest.mark.parametrize("name", shipped())
def test_the_example_configuration_stands_every_scenario(name: str, configured: Configured) -> None:
    """Three tiers at three vendors: no outage of the first loses a call."""
    (row,) = rehearsed(configured(A, B, C, providers=TWO, limits={"first_token_s": 10}), name)
    assert row.get("met", True), row
