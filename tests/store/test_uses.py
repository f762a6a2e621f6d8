"""The ledger followed use by use, what is reserved, and who was warned."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from sidecar.errors import StateLocked
from sidecar.store import Store
from sidecar.store.vocabulary import AttemptRecord, Call, Reservation, Since

ATTEMPT = AttemptRecord("a/m@x", "best", "answered", 0.5, 90, None, 10, 0.25)
CALL = Call(asked_at=100.0, model="smart", took_s=2.0, answered_by="a/m@x", attempts=(ATTEMPT,))
WANTED = Reservation("smart", "best", "a/m@x", until=200.0)


@pytest.fixture
def now() -> list[float]:
    return [100.0]


async def test_a_reader_is_told_every_use_once_and_where_it_stands(directory: Path) -> None:
    async with Store.open(directory) as one, Store.open(directory) as other:
        first = await one.news(None, since=Since(0.0))
        assert (first.uses, first.is_anew) == ((), True)
        await other.record_call(replace(CALL, attempts=(replace(ATTEMPT, outcome="rate"), ATTEMPT)))
        news = await one.news(first.position, since=Since(0.0))
        assert [(use.outcome, use.at, use.session) for use in news.uses] == [
            ("rate", 102.0, other.session),
            ("answered", 102.0, other.session),
        ]
        assert not news.is_anew
        assert (await one.news(news.position, since=Since(0.0))).uses == ()


async def test_what_lies_before_the_time_asked_for_is_not_read_even_later(directory: Path) -> None:
    async with Store.open(directory) as store:
        await store.record_call(replace(CALL, asked_at=1_000.0))
        news = await store.news(None, since=Since(1_000_000.0))
        assert news.uses == ()
        assert (await store.news(news.position, since=Since(1_000_000.0))).uses == ()


async def test_a_ledger_that_was_set_aside_is_another_one(directory: Path) -> None:
    async with Store.open(directory) as store:
        await store.record_call(CALL)
        before = await store.news(None, since=Since(0.0))
        (directory / "state.db").rename(directory / "old.db")
        after = await store.news(before.position, since=Since(0.0))
        assert (after.is_anew, after.uses) == (True, ())


async def test_a_crowd_that_reserves_while_the_state_is_held_waits_for_the_lock_together(directory: Path) -> None:
    """One after the other they would wait 100 s."""
    async with Store.open(directory, wait_s=0.5) as store:
        await store.record_call(CALL)
        holder = sqlite3.connect(directory / "state.db", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")

        async def refused() -> None:
            with pytest.raises(StateLocked):
                await store.reserve(WANTED, None, since=Since(0.0))

        with anyio.fail_after(30):
            async with anyio.create_task_group() as group:
                for _ in range(200):
                    group.start_soon(refused)
        holder.execute("COMMIT")
        holder.close()
        assert (await store.reserve(WANTED, None, since=Since(0.0))).own > 0


async def test_reservations_have_an_order_and_end_with_their_call(directory: Path, now: list[float]) -> None:
    async with Store.open(directory, clock=lambda: now[0]) as one, Store.open(directory, clock=lambda: now[0]) as other:
        first = await one.reserve(WANTED, None, since=Since(0.0))
        second = await other.reserve(WANTED, None, since=Since(0.0))
        assert [each.number for each in second.reserved] == [first.own, second.own]
        assert first.own < second.own
        await one.record_call(CALL, reserved=(first.own,))
        after = await other.news(second.position, since=Since(0.0))
        assert [each.number for each in after.reserved] == [second.own]
        assert len(after.uses) == 1
        await other.release((second.own,))
        assert (await one.news(None, since=Since(0.0))).reserved == ()


async def test_what_a_killed_sidecar_reserved_is_cleared_away_once_it_is_over(
    directory: Path, now: list[float]
) -> None:
    async with Store.open(directory, clock=lambda: now[0]) as store:
        lost = await store.reserve(WANTED, None, since=Since(0.0))
        now[0] = 200.0
        news = await store.reserve(replace(WANTED, until=300.0), None, since=Since(0.0))
        assert lost.own not in [each.number for each in news.reserved]
        assert news.own > lost.own


async def test_one_warning_is_enough_for_all_until_its_time_is_over(directory: Path, now: list[float]) -> None:
    async with Store.open(directory, clock=lambda: now[0]) as one, Store.open(directory, clock=lambda: now[0]) as other:
        assert await one.warn({"day": 200.0, "month": 900.0}) == ("day", "month")
        assert await other.warn({"day": 200.0, "month": 900.0}) == ()
        now[0] = 200.0
        assert await other.warn({"day": 300.0, "month": 900.0}) == ("day",)


async def test_what_is_long_ago_is_told_together_by_steps_and_what_is_recent_singly(directory: Path) -> None:
    free = replace(ATTEMPT, cost_usd=0.0)
    async with Store.open(directory) as one, Store.open(directory) as other:
        for at, attempts in ((10.0, (ATTEMPT, free)), (20.0, (ATTEMPT,)), (70.0, (ATTEMPT,)), (130.0, (ATTEMPT,))):
            await other.record_call(Call(at, "smart", 1.0, None, attempts))
        await one.record_call(Call(30.0, "smart", 1.0, None, (ATTEMPT,)))
        news = await one.news(None, since=Since(0.0, singly=100.0, step_s=60.0))
        told = [(use.at, use.session == one.session, use.calls, use.input_tokens, use.cost_usd) for use in news.uses]
        assert sorted(told) == [
            (11.0, False, 1, 90, 0.0),
            (21.0, False, 2, 180, 0.5),
            (31.0, True, 1, 90, 0.25),
            (71.0, False, 1, 90, 0.25),
            (131.0, False, 1, 90, 0.25),
        ]
        assert (await one.news(news.position, since=Since(0.0))).uses == ()
