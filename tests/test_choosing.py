"""Who is asked first and who never, as an agent meets it: over MCP, providers on loopback, a ledger with a past."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sidecar.simulator import Phase, Reply, Schedule, Simulated, simulate
from sidecar.store import Store
from sidecar.store.vocabulary import AttemptRecord, Call

PRIVATE = {"training": False, "retention": "none"}
CHATS = [Simulated(name, "openai-chat") for name in "abc"]


def tier(*names: str, **more: Any) -> dict[str, Any]:
    return {"name": "only", "targets": [f"{name}/m" for name in names], **more}


async def remember(machine: Any, name: str, *first_token_s: float, outcome: str = "answered") -> None:
    """A past in the ledger, one call for each time to the first token."""
    async with Store.open(Path(machine.environ["SIDECAR_STATE"])) as store:
        for waited_s in first_token_s:
            attempt = AttemptRecord(
                f"{name}/m@default", "only", outcome, waited_s + 1, 9, None, 90, first_token_s=waited_s
            )
            await store.record_call(Call(machine.now - 3_600, "default", waited_s + 1, attempt.endpoint, (attempt,)))


async def test_the_fastest_of_late_goes_first_and_explain_says_why(machine: Any) -> None:
    await remember(machine, "a", *[2.0] * 30)
    await remember(machine, "b", *[0.4] * 31)
    await remember(machine, "c", *[1.0] * 30)
    async with simulate(CHATS) as simulation:
        providers = {name: machine.at(simulation, name) for name in "abc"}
        models = {"default": {"tiers": [tier("a", "b", "c", order="fastest")]}}
        machine.configure(providers, [], models=models)
        async with machine.agent() as client:
            assert await machine.who(client, 3) == ["b/m"] * 3
            told = await machine.said(client, "status", about="model default")
            assert "only: b/m: tried first (fastest: p50 first token 0.4 s over 3" in told
            assert "only: c/m: tried as no. 2 (fastest: p50 first token 1.0 s over 30 calls)" in told
        machine.now += 25 * 3_600
        async with machine.agent() as client:
            told = await machine.said(client, "status", about="model default")
            assert "a/m: tried first (fastest: not asked of late, so taken for average)" in told


async def test_the_ledger_of_one_sidecar_teaches_the_next(machine: Any) -> None:
    slow = Schedule(phases=(Phase(fault="openai.server-error"),))
    async with simulate([Simulated("a", "openai-chat", slow), *CHATS[1:]]) as simulation:
        providers = {name: machine.at(simulation, name) for name in "abc"}
        models = {"default": {"tiers": [tier("a", "b")]}, "sure": {"tiers": [tier("a", "b", order="reliable")]}}
        machine.configure(providers, [], models=models)
        async with machine.agent() as client:
            for _ in range(6):
                machine.now += 120
                assert "[answered by b/m" in await machine.said(client)
        before = len(simulation.calls("a"))
        async with machine.agent() as client:
            machine.now += 120
            assert "[answered by b/m" in await machine.said(client, model="sure")
            machine.now += 120
            told = await machine.said(client, "status", about="model sure")
            assert "only: b/m: tried first (reliable: 100 % of 7 calls went well)" in told
        assert len(simulation.calls("a")) == before


async def test_what_a_filter_keeps_out_is_never_sent_a_prompt_and_the_refusal_says_why(machine: Any) -> None:
    down = Schedule(phases=(Phase(fault="openai.bad-key"),))
    async with simulate([CHATS[0], Simulated("b", "openai-chat", down), CHATS[2]]) as simulation:
        providers = {
            "a": machine.at(simulation, "a"),
            "b": machine.at(simulation, "b", data_policy=PRIVATE),
            "c": machine.at(simulation, "c", data_policy={"training": True}),
        }
        models = {"default": {"tiers": [tier("a", "b", "c")], "data_policy": PRIVATE}}
        machine.configure(providers, [], models=models)
        async with machine.agent() as client:
            refusal = await machine.said(client)
            assert "a/m (tier only): its data policy does not say that prompts are not trained on" in refusal
            assert "c/m (tier only): its data policy says that it may train on prompts" in refusal
            told = await machine.said(client, "status", about="model default")
            assert "only: a/m: excluded: its data policy does not say" in told
        assert simulation.calls("a") == simulation.calls("c") == []
        assert len(simulation.calls("b")) == 1


async def test_a_suffix_of_the_name_chooses_what_is_free(machine: Any) -> None:
    async with simulate(CHATS) as simulation:
        providers = {"a": machine.at(simulation, "a"), "b": machine.at(simulation, "b", billing="free")}
        machine.configure(providers, ["a/m", "b/m"])
        async with machine.agent() as client:
            assert "[answered by a/m" in await machine.said(client)
            assert "[answered by b/m" in await machine.said(client, model="default:free")
            assert "[answered by b/m" in await machine.said(client, model="default:cheap"), "an unknown price is last"
            assert "Nothing is known by `:fre`" in await machine.said(client, model="default:fre")


async def test_a_conversation_stays_where_it_is_cached_while_it_can_be(machine: Any) -> None:
    refusing = Schedule(phases=(Phase(fault="openai.rate-limit", reset_s=30, until_call=1),))
    caching = Schedule(reply=Reply(input_tokens=900, cached_tokens=100))
    providers = [Simulated("a", "openai-chat", refusing), Simulated("b", "openai-chat", caching)]
    async with simulate(providers) as simulation:
        models = {"default": {"tiers": [tier("a", "b")]}}
        machine.configure({name: machine.at(simulation, name) for name in "ab"}, [], models=models)
        async with machine.agent() as client:
            assert "[answered by b/m" in await machine.said(client, thread="review")
            machine.now += 60  # a is well again
            assert "[answered by a/m" in await machine.said(client)
            assert "[answered by b/m" in await machine.said(client, thread="review")
            machine.now += 590  # every call keeps it warm
            assert "[answered by b/m" in await machine.said(client, thread="review")
            assert " tokens in (300 cached), " in await machine.said(client, "status", about="spending")
            machine.now += 610
            assert "[answered by a/m" in await machine.said(client, thread="review")
            machine.now += 60
            assert "[answered by a/m" in await machine.said(client, thread="review")


async def test_a_silent_endpoint_is_outrun_by_a_second_request_and_its_own_is_dropped(machine: Any) -> None:
    await remember(machine, "a", *[0.05] * 30)
    hanging = Schedule(phases=(Phase(fault="hang", from_call=20),))
    async with simulate([Simulated("a", "openai-chat", hanging), CHATS[1]]) as simulation:
        providers = {name: machine.at(simulation, name, billing="flat") for name in "ab"}
        machine.configure(providers, [], models={"default": {"tiers": [tier("a", "b")], "hedge": True}})
        async with machine.agent() as client:
            assert await machine.who(client, 19) == ["a/m"] * 19
            text = await machine.said(client)
            await simulation.quiet()
    assert "[answered by b/m" in text
    assert "after a/m: slower of two requests at once" in text
    assert simulation.calls("a")[-1].client_disconnected
