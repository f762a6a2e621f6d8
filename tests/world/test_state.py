"""The state held by another process, and the clock set back: answers come, and it all adds up afterwards."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import anyio.abc

from sidecar.simulator import Phase, Reply, Schedule, Simulated, simulate

HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
connection.execute("ROLLBACK")
print("released", flush=True)
"""


@contextmanager
def held(path: Path) -> Iterator[Callable[[], None]]:
    """The state file held by another process, until what is yielded is called."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"

        def release() -> None:
            assert holder.stdin is not None
            assert holder.stdout is not None
            holder.stdin.write("\n")
            holder.stdin.flush()
            assert holder.stdout.readline() == "released\n"

        try:
            yield release
        finally:
            holder.kill()


REFUSING = Schedule(phases=(Phase(fault="openai.rate-limit", reset_s=600, from_call=2),))


async def test_while_another_process_holds_the_state_answers_come_and_afterwards_it_adds_up(sidecar: Any) -> None:
    """It is held for longer than the 2 s that we wait, however slow the machine is: until the answer has come."""
    async with simulate([Simulated("a", "openai-chat", REFUSING), Simulated("b", "openai-chat")]) as simulation:
        sidecar.simulated(simulation)
        async with sidecar.agent() as ask:
            await ask("one", thread="t")
            with held(sidecar.folder / "state" / "state.db") as release:
                second = await ask("two", thread="t")
                assert "b/model" in sidecar.receipt(second)
                assert "until the state can be written" in sidecar.receipt(second)
                assert "held by another process" in sidecar.receipt(second)
                assert "a/model@work: rests until" in sidecar.receipt(await ask("three", thread="t"))
                assert len(simulation.calls("a")) == 2, "the rest is obeyed here although nobody could be told"
                release()
            assert "written" not in sidecar.receipt(await ask("four", thread="t"))
            assert sidecar.rests("endpoint:a/model@work") > time.time() + 500, "the rest is told to the others now"
        outcomes = [row[0] for row in sidecar.rows("SELECT outcome FROM attempts ORDER BY call, number")]
        assert outcomes == ["answered", "rate", "answered", "answered", "answered"]
        said = [row[0] for row in sidecar.rows("SELECT text FROM turns WHERE role = 'user' ORDER BY number")]
        assert said == ["one", "two", "three", "four"]


async def test_what_a_lock_kept_from_the_disk_is_written_at_the_end_without_another_call(sidecar: Any) -> None:
    async with simulate([Simulated("a", "openai-chat", REFUSING), Simulated("b", "openai-chat")]) as simulation:
        sidecar.simulated(simulation)
        async with sidecar.agent() as ask:
            await ask()
            with held(sidecar.folder / "state" / "state.db") as release:
                assert "until the state can be written" in sidecar.receipt(await ask())
                release()
        assert sidecar.rows("SELECT count(*) FROM calls") == [(2,)]
        assert sidecar.rests("endpoint:a/model@work") > time.time() + 500


async def test_two_hundred_calls_find_the_state_held_and_each_waits_for_it_once_together(sidecar: Any) -> None:
    async with simulate([Simulated("a", "openai-chat")]) as simulation:
        sidecar.simulated(simulation)
        async with sidecar.agent() as ask:
            await ask()
            with held(sidecar.folder / "state" / "state.db") as release:
                with anyio.fail_after(60):
                    async with anyio.create_task_group() as group:
                        for number in range(200):
                            group.start_soon(ask, f"ask {number}")
                release()
            await ask()
        assert sidecar.rows("SELECT count(*) FROM calls") == [(202,)]


async def test_what_was_spent_while_the_state_was_held_counts_against_a_budget_once(sidecar: Any) -> None:
    five_tokens = Schedule(reply=Reply(input_tokens=3, output_tokens=2))
    async with simulate([Simulated("a", "openai-chat", five_tokens)]) as simulation:
        sidecar.simulated(simulation)
        sidecar.document["budgets"] = [{"window": "day", "limit_tokens": 12, "over": "stop"}]
        async with sidecar.agent() as ask:
            await ask()
            with held(sidecar.folder / "state" / "state.db") as release:
                await ask()
                release()
            await ask()
            assert "budget is spent: 15 tokens of 12 tokens" in await ask(fails=True)


# The clock


@dataclass
class Clock:
    """The wall clock, which can be set."""

    set_by_s: float = 0.0

    def __call__(self) -> float:
        return time.time() + self.set_by_s


async def test_a_clock_set_back_an_hour_neither_breaks_a_named_rest_nor_prolongs_an_unnamed_one(
    sidecar: Any,
) -> None:
    sidecar.now = clock = Clock()
    first = {
        "named": Phase(fault="openai.rate-limit", reset_s=600, until_call=1),
        "unnamed": Phase(fault="openai.rate-limit-silent", until_call=1),
        "well": Phase(),
    }
    providers = [Simulated(name, "openai-chat", Schedule(phases=(phase,))) for name, phase in first.items()]
    async with simulate(providers) as simulation:
        sidecar.simulated(simulation)
        async with sidecar.agent() as ask:
            assert "well/model" in sidecar.receipt(await ask())
            clock.set_by_s = -3600.0
            text = sidecar.receipt(await ask())
            assert "answered by unnamed/model" in text
            assert "named/model@work: rests until" in text
            assert len(simulation.calls("named")) == 1
            clock.set_by_s = 601.0
            assert "answered by named/model" in sidecar.receipt(await ask())
        async with sidecar.agent() as ask:
            clock.set_by_s = -3600.0
            assert "answered by named/model" in sidecar.receipt(await ask())
        assert sidecar.rows("SELECT count(*), sum(answered_by IS NOT NULL) FROM calls") == [(4, 4)]


async def test_a_clock_set_back_while_a_call_is_out_does_not_prolong_its_deadline(sidecar: Any) -> None:
    sidecar.now = clock = Clock()
    async with simulate([Simulated("a", "openai-chat", Schedule(phases=(Phase(fault="hang"),)))]) as simulation:
        sidecar.simulated(simulation)
        sidecar.deadline_s = 0.5
        async with sidecar.agent() as ask, anyio.create_task_group() as group:

            async def set_back() -> None:
                await simulation.arrived("a")
                clock.set_by_s = -3600.0

            group.start_soon(set_back)
            assert "too slow for this deadline" in await ask(fails=True)
            [(took_s,)] = sidecar.rows("SELECT took_s FROM calls")
    assert 0.0 < took_s < 3600.0
