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
