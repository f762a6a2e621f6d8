"""Accounts, quotas and budgets as an agent meets them: over MCP, providers on loopback, a clock that is given."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from sidecar.simulator import Phase, Quota, Reply, Schedule, Simulated, simulate

HOUR = 3600.0


async def test_of_two_plans_the_one_whose_window_resets_soonest_goes_first_until_it_is_spent(machine: Any) -> None:
    machine.now = 1_795_608_000.0  # 12:00 UTC
    accounts: tuple[dict[str, Any], ...] = (
        {"name": "late", "quotas": [{"window": "day", "starts_at": "23:00", "limit_requests": 2}]},
        {"name": "soon", "quotas": [{"window": "day", "starts_at": "14:00", "limit_requests": 2}]},
    )
    async with simulate([Simulated("plan", "openai-chat"), Simulated("free", "openai-chat")]) as simulation:
        plan = machine.at(simulation, "plan", *accounts, order="soonest-reset", billing="flat")
        machine.configure({"plan": plan, "free": machine.at(simulation, "free")}, ["plan/m", "free/m"])
        async with machine.agent() as client:
            assert await machine.who(client, 5) == [
                "plan/m@soon",
                "plan/m@soon",
                "plan/m@late",
                "plan/m@late",
                "free/m",
            ]
            quotas = await machine.said(client, "status", about="quotas")
            assert "the day quota of plan@soon: 2 calls of 2 calls (100 %); spent, again from " in quotas
            machine.now += 3 * HOUR
            assert await machine.who(client, 3) == ["plan/m@soon", "plan/m@soon", "free/m"], (
                "late's own window still holds"
            )
            machine.now += 9 * HOUR
            assert await machine.who(client, 1) == ["plan/m@late"], "now late's quota is the one that ends first again"


async def test_the_account_used_least_goes_first_for_its_weight_in_every_sidecar(machine: Any) -> None:
    accounts: tuple[dict[str, Any], ...] = ({"name": "one"}, {"name": "two", "weight": 2})
    async with simulate([Simulated("lab", "openai-chat")]) as simulation:
        machine.configure({"lab": machine.at(simulation, "lab", *accounts, order="least-used")}, ["lab/m"])
        async with machine.agent() as client, machine.agent() as other:
            asked = []
            for each in (client, other, client, other, client, other):
                machine.now += 2
                asked += await machine.who(each, 1)
    assert sorted(asked) == ["lab/m@one"] * 2 + ["lab/m@two"] * 4


async def test_accounts_are_spread_and_each_goes_first_sometimes(machine: Any) -> None:
    async with simulate([Simulated("lab", "openai-chat")]) as simulation:
        lab = machine.at(simulation, "lab", {"name": "one"}, {"name": "two"}, order="spread")
        machine.configure({"lab": lab}, ["lab/m"])
        async with machine.agent() as client:
            assert set(await machine.who(client, 40)) == {"lab/m@one", "lab/m@two"}


async def test_four_fifths_of_a_budget_are_in_the_receipt_and_beyond_it_the_next_tier_answers(machine: Any) -> None:
    async with simulate([Simulated("paid", "openai-chat"), Simulated("own", "openai-chat")]) as simulation:
        machine.configure(
            {"paid": machine.at(simulation, "paid"), "own": machine.at(simulation, "own", billing="free")},
            ["paid/m", "own/m"],
            budgets=[{"window": "day", "limit_tokens": 1}],
        )
        async with machine.agent() as client:
            first = await machine.said(client)
            assert "the day's budget is " in first
            assert " used: " in first
            second = await machine.said(client)
            assert "[answered by own/m" in second
            assert "paid/m: the day's budget is spent: " in second
            assert "day's budget is" not in (await machine.said(client)).replace("the day's budget is spent", "")


@pytest.mark.parametrize("limit", ["budget", "quota", "call"])
async def test_under_a_limit_in_dollars_nobody_is_asked_whose_price_is_unknown(machine: Any, limit: str) -> None:
    """What nobody can count cannot be kept within a limit; its user may say the price, or that nothing is charged."""
    reply = Reply(input_tokens=100_000, output_tokens=1_000)
    paid = Simulated("paid", "openai-chat", Schedule(reply=reply))
    async with simulate([paid, Simulated("own", "openai-chat")]) as simulation:
        quotas = [{"window": "day", "limit_usd": 1}] if limit == "quota" else []
        budgets = {"budget": [{"window": "day", "limit_usd": 1}], "call": [{"window": "call", "limit_usd": 1}]}

        async def answered(**more: Any) -> tuple[str, str]:
            providers = {
                "paid": machine.at(simulation, "paid", {"quotas": quotas}, **more),
                "own": machine.at(simulation, "own", billing="free"),
            }
            machine.configure(providers, ["paid/m", "own/m"], budgets=budgets.get(limit, []))
            async with machine.agent() as client:
                told = await machine.said(client, "status", about="model default")
                return (await machine.who(client, 1))[0], told

        who, told = await answered()
        assert who == "own/m"
        assert "paid: paid/m: excluded: its price is unknown, and the " in told
        assert "`prices` in its provider's configuration says it" in told
        assert simulation.calls("paid") == []
        assert (await answered(billing="flat"))[0] == "paid/m"
        assert (await answered(prices={"*": {"input_usd_per_mtok": 5, "output_usd_per_mtok": 9}}))[0] == "paid/m"
        if limit != "call":
            async with machine.agent() as client:
                assert "$0.51 of $1.00" in await machine.said(client, "status", about="quotas")


async def test_whose_answers_say_what_they_cost_is_asked_under_a_budget(machine: Any) -> None:
    """OpenRouter lists more models than anybody has prices of, and tells with each answer."""
    async with simulate([Simulated("own", "openai-chat")]) as simulation:
        own = machine.at(simulation, "own", billing="free")
        known = {"dialect": "openai-chat", "accounts": [{"key": "env:SIM_KEY"}]}
        providers = {
            "mine": {**known, "base_url": "https://openrouter.ai/api/v1"},
            "other": {**known, "base_url": "https://llm.example/v1"},
            "own": own,
        }
        targets = ["mine/some/new-model", "other/some/new-model", "own/m"]
        machine.configure(providers, targets, budgets=[{"window": "day", "limit_usd": 1}])
        async with machine.agent() as client:
            _, first, second, third = (await machine.said(client, "status", about="model default")).splitlines()
    assert first == "  mine: mine/some/new-model: tried first"
    assert second.startswith("  other: other/some/new-model: excluded: its price is unknown")
    assert third == "  own: own/m: tried as no. 2"


async def test_a_long_answer_does_not_pass_the_budget_of_its_call(machine: Any) -> None:
    endless = Schedule(reply=Reply(text="word" * 30_000))
    async with simulate([Simulated("paid", "openai-chat", endless)]) as simulation:
        prices = {"m": {"input_usd_per_mtok": 0, "output_usd_per_mtok": 100}}
        machine.configure(
            {"paid": machine.at(simulation, "paid", prices=prices)},
            ["paid/m"],
            budgets=[{"window": "call", "limit_usd": 1}, {"window": "day", "limit_usd": 50}],
        )
        async with machine.agent() as client:
            assert "cut at its token limit" in await machine.said(client, answer_tokens=100)
            assert "the day's budget: $0.82 of $50.00" in await machine.said(client, "status", about="quotas")


async def test_an_answer_whose_provider_tells_no_tokens_counts_by_its_length(machine: Any) -> None:
    silent = Schedule(reply=Reply(text="word" * 3_000, has_usage=False))
    async with simulate([Simulated("paid", "openai-chat", silent)]) as simulation:
        machine.configure(
            {
                "paid": machine.at(
                    simulation, "paid", prices={"*": {"input_usd_per_mtok": 0, "output_usd_per_mtok": 100}}
                )
            },
            ["paid/m"],
            budgets=[{"window": "day", "limit_usd": 50}, {"window": "month", "limit_tokens": 100_000}],
        )
        async with machine.agent() as client:
            answer = await machine.said(client)
            assert "tokens unknown · $0.40 · its provider told no tokens, so the cost is estimated" in answer
            quotas = await machine.said(client, "status", about="quotas")
    assert "the day's budget: $0.40 of $50.00" in quotas
    assert "the month's budget: 4,0" in quotas


async def test_a_quota_spent_until_a_named_reset_costs_one_call_in_all_processes_until_then(machine: Any) -> None:
    spent = Schedule(phases=(Phase(fault="openrouter.free-limit", reset_s=2 * HOUR, until_call=1),))
    providers = [Simulated("paid", "openai-chat", spent), Simulated("free", "openai-chat")]
    async with simulate(providers) as simulation:
        machine.configure(
            {"paid": machine.at(simulation, "paid"), "free": machine.at(simulation, "free")}, ["paid/m", "free/m"]
        )
        async with machine.agent() as client:
            assert await machine.who(client, 3) == ["free/m"] * 3
        async with machine.agent() as restarted:
            machine.now += 2 * HOUR - 60
            assert await machine.who(restarted, 2) == ["free/m"] * 2
        assert "free/m" in await machine.ask()
        assert len(simulation.calls("paid")) == 1
        async with machine.agent() as again:
            machine.now += 180
            assert await machine.who(again, 1) == ["paid/m"]


async def test_a_window_with_nothing_left_is_left_alone_before_anybody_is_refused(machine: Any) -> None:
    machine.now = 1_795_608_000.0
    two_an_hour = Schedule(quotas=(Quota(requests=2, window_s=HOUR),))
    providers = [Simulated("paid", "openai-chat", two_an_hour), Simulated("free", "openai-chat")]
    async with simulate(providers, clock=lambda: machine.now) as simulation:
        machine.configure(
            {"paid": machine.at(simulation, "paid"), "free": machine.at(simulation, "free")}, ["paid/m", "free/m"]
        )
        async with machine.agent() as client, machine.agent() as other:
            assert await machine.who(client, 1) == ["paid/m"]
            assert await machine.who(other, 2) == ["paid/m", "free/m"]
            receipt = await machine.said(client)
            assert "[answered by free/m" in receipt
            assert "paid/m: rests until " in receipt
            assert "(quota spent, named by the provider)" in receipt
            assert "paid/m@default, requests: 0 of 2 left; resets at " in await machine.said(
                client, "status", about="quotas"
            )
            assert simulation.outcomes("paid") == {"answered": 2}
            machine.now += HOUR
            assert await machine.who(client, 1) == ["paid/m"]


PROGRAM = """#!/bin/sh
echo called >> "{calls}"
cat > /dev/null
if [ -e "{calls}.well" ]; then echo because; exit 0; fi
echo "{text}"
exit 1
"""


@pytest.mark.parametrize(
    "text",
    [
        "Claude AI usage limit reached|{epoch}",
        "You've hit your usage limit. Upgrade to Pro (https://openai.com/chatgpt/pricing) or try again in 2 hours.",
        "You've hit your limit · resets {clock} (UTC)",
    ],
)
async def test_a_programs_usage_limit_is_a_quota_until_the_reset_it_names(machine: Any, text: str) -> None:
    machine.now = float(int(time.time()) // 60 * 60)
    resets_at = machine.now + 2 * HOUR
    clock = time.strftime("%I:%M%p", time.gmtime(resets_at)).lower()
    calls, program = machine.folder / "calls", machine.folder / "claude"
    program.write_text(PROGRAM.format(calls=calls, text=text.format(epoch=int(resets_at), clock=clock)))
    program.chmod(0o700)
    async with simulate([Simulated("free", "openai-chat")]) as simulation:
        plan = {"dialect": "command", "command": [str(program), "{model}"], "billing": "flat"}
        machine.configure({"plan": plan, "free": machine.at(simulation, "free")}, ["plan/sonnet", "free/m"])
        async with machine.agent() as client:
            receipt = await machine.said(client)
            assert "plan/sonnet: quota spent, rests until " in receipt
            assert await machine.who(client, 2) == ["free/m"] * 2
        assert "free/m" in await machine.ask()
        async with machine.agent() as restarted:
            machine.now = resets_at - 60
            assert await machine.who(restarted, 2) == ["free/m"] * 2
            assert calls.read_text().count("called") == 1
            Path(f"{calls}.well").touch()
            machine.now = resets_at + 1
            assert await machine.who(restarted, 1) == ["plan/sonnet"]
