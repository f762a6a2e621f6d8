"""A broken state costs memory, never an answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sidecar.errors import StateLocked
from sidecar.routing.book import UNWRITTEN, SafeBook
from sidecar.store.vocabulary import Call, Health, Turn

CALL = Call(asked_at=0.0, model="smart", took_s=0.1, answered_by=None, attempts=())


def reason(_key: str, health: Health) -> Health:
    return replace(health, reason="rate", failures=health.failures + 1)


async def test_what_is_learnt_while_the_state_is_broken_stays_in_this_process(kit: Any) -> None:
    book = kit.book({"a": Health(failures=2)})
    safe, notes = SafeBook(book), list[str]()
    assert (await safe.healths(notes))["a"].failures == 2
    book.broken = StateLocked("another process holds the state; try again")
    changed = await safe.change(["a", "b"], reason, notes)
    assert (changed["a"].failures, changed["b"].failures) == (3, 1)
    healths = await safe.healths(notes)
    assert (healths["a"].failures, healths["b"].failures) == (3, 1)
    assert notes == [f"{UNWRITTEN}: another process holds the state; try again"]


async def test_what_was_learnt_meanwhile_is_written_with_the_next_change_of_anything(kit: Any) -> None:
    book = kit.book()
    safe, notes = SafeBook(book), list[str]()
    book.broken = StateLocked("held")
    await safe.change(["a"], lambda _key, health: replace(health, rest_until=900.0), notes)
    book.broken = None
    assert (await safe.healths(notes))["a"].rest_until == 900.0, "not forgotten before it is written"
    await safe.change(["b"], reason, notes)
    assert book.healths == {"a": Health(rest_until=900.0), "b": Health(reason="rate", failures=1)}
    assert await safe.healths(notes) == book.healths


async def test_a_longer_rest_that_another_process_wrote_meanwhile_stays(kit: Any) -> None:
    book = kit.book()
    safe, notes = SafeBook(book), list[str]()
    book.broken = StateLocked("held")
    await safe.change(["a", "b"], lambda _key, health: replace(health, rest_until=900.0), notes)
    book.broken = None
    await book.change_health(["a", "b"], lambda key, _health: Health(rest_until=1_000.0 if key == "a" else 800.0))
    await safe.change(["a"], reason, notes)
    assert (book.healths["a"].rest_until, book.healths["a"].failures) == (1_000.0, 1)
    assert book.healths["b"].rest_until == 900.0


async def test_a_success_that_cannot_be_recorded_still_heals_here_and_later_there(kit: Any) -> None:
    book = kit.book({"a": Health(failures=3)})
    safe, notes = SafeBook(book), list[str]()
    await safe.healths(notes)
    book.broken = StateLocked("held")
    await safe.record(CALL, notes, healths=lambda _key, _health: Health(outcomes="1"), health_keys=["a"])
    assert (await safe.healths(notes))["a"] == Health(outcomes="1")
    book.broken = None
    await safe.flush()
    assert book.calls == [CALL]
    assert await safe.healths(notes) == book.healths == {"a": Health(outcomes="1")}


async def test_calls_that_could_not_be_recorded_are_written_before_the_next_one(kit: Any) -> None:
    book = kit.book()
    safe, notes = SafeBook(book), list[str]()
    book.broken = StateLocked("held")
    for number in range(3):
        await safe.record(replace(CALL, asked_at=float(number)), notes, thread="t", turns=[Turn("user", str(number))])
    with pytest.raises(StateLocked):
        await safe.flush()
    book.broken = None
    await safe.record(replace(CALL, asked_at=3.0), notes, thread="t", turns=[Turn("user", "3")])
    assert [call.asked_at for call in book.calls] == [0.0, 1.0, 2.0, 3.0]
    assert [turns[0].text for _, turns in book.turns] == ["0", "1", "2", "3"]
    await safe.flush()
    assert len(book.calls) == 4, "written once"


async def test_what_was_said_by_several_calls_waits_behind_them(kit: Any) -> None:
    book = kit.book()
    safe, notes = SafeBook(book), list[str]()
    book.broken = StateLocked("held")
    await safe.record(CALL, notes)
    await safe.say("t", [Turn("user", "0")], notes)
    assert notes == [f"{UNWRITTEN}: held"]
    book.broken = None
    await safe.say("t", [Turn("user", "1")], notes)
    assert book.calls == [CALL]
    assert [turns[0].text for _, turns in book.turns] == ["0", "1"]
