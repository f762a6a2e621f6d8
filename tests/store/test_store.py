from __future__ import annotations

import sqlite3
import threading
from dataclasses import fields, replace
from pathlib import Path

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.store import Store
from sidecar.store.migrations import STATE, migrate
from sidecar.store.vocabulary import (
    AttemptRecord,
    Call,
    FormSavings,
    Health,
    Saving,
    Spending,
    Turn,
)


def attempt(
    endpoint: str = "openai/gpt@own",
    outcome: str = "answered",
    *,
    input_tokens: int | None = None,
    output_tokens: int | None = None,
    cost_usd: float | None = None,
) -> AttemptRecord:
    return AttemptRecord(
        endpoint, "cheap", outcome, 0.5, input_tokens=input_tokens, output_tokens=output_tokens, cost_usd=cost_usd
    )


def call(*attempts: AttemptRecord, asked_at: float = 100.0) -> Call:
    return Call(asked_at=asked_at, model="default", took_s=1.5, answered_by="openai/gpt@own", attempts=attempts)


def failed(_: str, health: Health) -> Health:
    return replace(health, failures=health.failures + 1)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shared") / "state"


async def test_opening_touches_no_disk_until_something_is_asked(directory: Path) -> None:
    async with Store.open(directory) as store:
        assert not directory.parent.joinpath("state").exists()
        await store.health()
        assert directory.exists()


async def test_what_was_recorded_is_there_after_a_restart(directory: Path) -> None:
    async with Store.open(directory) as store:
        await store.record_call(
            call(attempt(cost_usd=0.25)),
            thread="review",
            turns=(Turn("user", "why?"), Turn("assistant", "because", "openai/gpt@own")),
            healths=failed,
            health_keys=["openai", "openai/gpt@own"],
        )
        await store.record_saving(Saving(3.0, "run", "log", 900, 90, "abcdefgh"))
    async with Store.open(directory) as store:
        turns = await store.thread("review")
        assert turns == (Turn("user", "why?"), Turn("assistant", "because", "openai/gpt@own"))
        assert turns[1].said_at > 1_700_000_000
        assert await store.health() == {"openai": Health(failures=1), "openai/gpt@own": Health(failures=1)}
        assert await store.savings(0.0) == [Saving(3.0, "run", "log", 900, 90, "abcdefgh")]
        assert [spent.cost_usd for spent in await store.spending(0.0)] == [0.25]


async def test_a_call_is_recorded_whole_or_not_at_all(directory: Path) -> None:
    def refuse(_: str, health: Health) -> Health:
        raise ArithmeticError(str(health))

    async with Store.open(directory) as store:
        await store.change_health(["openai"], failed)
        with pytest.raises(ArithmeticError):
            await store.record_call(
                call(attempt()), thread="review", turns=[Turn("user", "why?")], healths=refuse, health_keys=["openai"]
            )
        assert await store.thread("review") == ()
        assert await store.spending(0.0) == []
        assert await store.health() == {"openai": Health(failures=1)}


async def test_changing_health_returns_the_new_health_of_the_scopes_asked_for(directory: Path) -> None:
    async with Store.open(directory) as store:
        await store.change_health(["a", "b"], failed)
        assert await store.change_health(["b", "c", "b"], failed) == {"b": Health(failures=2), "c": Health(failures=1)}


async def test_every_field_of_health_comes_back(directory: Path) -> None:
    rest = Health(float("inf"), "out of credit", True, 3, 2, 1, 1e10 + 0.25, "1101")
    async with Store.open(directory) as store:
        await store.change_health(["a"], lambda *_: rest)
    async with Store.open(directory) as store:
        found = (await store.health())["a"]
    assert found == rest
    assert found.is_named is True


def test_the_health_table_has_every_field_of_health() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection, STATE)
    columns = [row[1] for row in connection.execute("PRAGMA table_info(health)")]
    connection.close()
    assert columns == ["scope", *(field.name for field in fields(Health))]


async def test_one_store_sees_what_another_has_changed(directory: Path) -> None:
    async with Store.open(directory) as one, Store.open(directory) as other:
        for count in range(1, 4):
            await one.change_health(["a"], failed)
            assert (await other.health())["a"].failures == 2 * count - 1
            await other.change_health(["a"], failed)
            assert (await one.health())["a"].failures == 2 * count


async def test_a_health_once_read_stays_as_it_is(directory: Path) -> None:
    async with Store.open(directory) as store:
        await store.change_health(["a"], failed)
        before = await store.health()
        await store.change_health(["a"], failed)
        assert before["a"].failures == 1


async def test_turns_are_added_after_those_that_are_there(directory: Path) -> None:
    async with Store.open(directory) as store:
        for number in range(3):
            await store.record_call(call(), thread="t", turns=[Turn("user", str(number)), Turn("assistant", "ok")])
        await store.record_call(call(), thread="other", turns=[Turn("user", "apart")])
        assert [turn.text for turn in await store.thread("t")] == ["0", "ok", "1", "ok", "2", "ok"]


# A lone surrogate is what a file name in Latin-1 or a cut JSON escape becomes. It is sampled apart, because
# hypothesis rarely picks one from all characters.
odd = st.sampled_from(["", "\ud800", "\udcff", "\0"])
anything = st.tuples(st.text(max_size=30), odd, st.text(max_size=30)).map("".join)


@settings(max_examples=60)
@given(
    name=anything,
    turns=st.lists(st.builds(Turn, role=anything, text=anything, answered_by=st.none() | anything), max_size=4),
)
async def test_any_text_of_a_thread_comes_back(shared: Path, name: str, turns: list[Turn]) -> None:
    async with Store.open(shared) as store:
        before = await store.thread(name)
        await store.record_call(call(), thread=name, turns=turns)
        assert await store.thread(name) == (*before, *turns)


@settings(max_examples=30)
@given(text=anything)
async def test_any_text_of_a_call_and_of_health_can_be_recorded(shared: Path, text: str) -> None:
    strange = AttemptRecord(text, text, text, took_s=0.0, message=text)
    async with Store.open(shared) as store:
        await store.record_call(Call(0.0, text, 0.0, text, (strange,)))
        await store.change_health([text], lambda _, health: replace(health, reason=text, outcomes="1"))
    async with Store.open(shared) as store:
        assert (await store.health())[text].reason == text
        assert text in [spent.endpoint for spent in await store.spending(0.0)]


async def test_spending_tells_what_came_from_a_cache(directory: Path) -> None:
    first, second = attempt("a", input_tokens=900), attempt("a", input_tokens=1_000)
    async with Store.open(directory) as store:
        await store.record_call(call(first, replace(second, cached_tokens=850)))
        assert [(spent.input_tokens, spent.cached_tokens) for spent in await store.spending(0.0)] == [(1_900, 850)]


async def test_spending_sums_known_costs_and_counts_what_has_no_price(directory: Path) -> None:
    async with Store.open(directory) as store:
        await store.record_call(call(attempt(cost_usd=9.0), asked_at=99.0))
        await store.record_call(
            call(
                attempt("a", "rate"),
                attempt("b", "hang", input_tokens=10),
                attempt("a", cost_usd=0.5, input_tokens=100, output_tokens=20),
            )
        )
        await store.record_call(call(attempt("a", cost_usd=0.25, input_tokens=1), attempt("b")))
        assert await store.spending(100.0) == [
            Spending("a", calls=3, answered=2, input_tokens=101, output_tokens=20, cost_usd=0.75, unpriced=0),
            Spending("b", calls=2, answered=1, input_tokens=10, output_tokens=0, cost_usd=0.0, unpriced=2),
        ]


async def test_savings_are_summed_by_form_the_most_useful_first(directory: Path) -> None:
    async with Store.open(directory) as store:
        for at, form, before, after in [(1, "log", 999, 1), (2, "diff", 100, 90), (3, "log", 50, 10), (4, "log", 9, 9)]:
            await store.record_saving(Saving(float(at), "run", form, before, after, None))
        assert await store.savings_by_form(2.0) == [FormSavings("log", 2, 59, 19), FormSavings("diff", 1, 100, 90)]
        assert [saving.saved_at for saving in await store.savings(3.0)] == [3.0, 4.0]


async def test_the_summary_counts_everything(directory: Path) -> None:
    async with Store.open(directory, clock=lambda: 7.0) as store:
        await store.record_call(call(attempt(), attempt()), thread="t", turns=[Turn("user", "a"), Turn("user", "b")])
        await store.record_saving(Saving(1.0, "run", "log", 10, 1, None))
        await store.change_health(["a", "b", "c"], failed)
        await store.keep(b"x" * 1000)
        found = await store.state_summary()
    assert (found.calls, found.attempts, found.threads, found.turns, found.savings, found.scopes) == (1, 2, 1, 2, 1, 3)
    assert (found.originals, found.content_bytes, found.oldest_kept_at, found.faults) == (1, 1000, 7.0, ())
    assert 0 < found.stored_bytes < 1000 < min(found.state_bytes, found.originals_bytes)
    assert found.directory == str(directory)


async def test_closing_finishes_what_was_begun_when_everything_is_cancelled(directory: Path) -> None:
    began = anyio.Event()

    async with anyio.create_task_group() as tasks:

        async def work() -> None:
            async with Store.open(directory) as store:
                await store.health()
                async with anyio.create_task_group() as asking:
                    for number in range(20):
                        asking.start_soon(store.record_call, call(attempt(str(number))))
                    began.set()

        tasks.start_soon(work)
        await began.wait()
        tasks.cancel_scope.cancel()

    assert sorted(path.name for path in directory.iterdir()) == ["state.db"]  # closed: the journal is written back
    async with Store.open(directory) as store:
        found = await store.state_summary()
    assert found.calls == found.attempts


async def test_a_closed_store_refuses_instead_of_opening_again(directory: Path) -> None:
    async with Store.open(directory) as store:
        await store.health()
    with pytest.raises(anyio.ClosedResourceError):
        await store.health()


async def test_looks_that_wait_for_one_change_all_see_it(directory: Path) -> None:
    """They share one look, which is taken after the last of them has asked."""
    begun, goes_on = threading.Event(), threading.Event()

    def rest(_scope: str, health: Health) -> Health:
        begun.set()
        goes_on.wait(10)
        return replace(health, rest_until=99.0)

    async with Store.open(directory) as store, anyio.create_task_group() as tasks:
        seen: list[float] = []

        async def look() -> None:
            seen.append((await store.health())["account:one"].rest_until)

        tasks.start_soon(store.change_health, ["account:one"], rest)
        await anyio.to_thread.run_sync(begun.wait, 10)
        async with anyio.create_task_group() as looks:
            for _ in range(20):
                looks.start_soon(look)
            for _ in range(5):
                await anyio.lowlevel.checkpoint()
            goes_on.set()
        assert seen == [99.0] * 20
        await store.change_health(["account:one"], lambda _scope, health: replace(health, rest_until=0.0))
        assert (await store.health())["account:one"].rest_until == 0.0


async def test_a_look_goes_on_when_the_one_who_led_it_is_cancelled(directory: Path) -> None:
    begun, goes_on = threading.Event(), threading.Event()

    def rest(_scope: str, health: Health) -> Health:
        begun.set()
        goes_on.wait(10)
        return replace(health, rest_until=99.0)

    async with Store.open(directory) as store, anyio.create_task_group() as tasks:
        seen: list[float] = []

        async def lead() -> None:
            with leading:
                await store.health()

        async def follow() -> None:
            seen.append((await store.health())["account:one"].rest_until)

        leading = anyio.CancelScope()
        tasks.start_soon(store.change_health, ["account:one"], rest)
        await anyio.to_thread.run_sync(begun.wait, 10)
        async with anyio.create_task_group() as looks:
            looks.start_soon(lead)
            await anyio.lowlevel.checkpoint()
            for _ in range(3):
                looks.start_soon(follow)
            for _ in range(5):
                await anyio.lowlevel.checkpoint()
            leading.cancel()
            await anyio.lowlevel.checkpoint()
            goes_on.set()
    assert seen == [99.0] * 3
