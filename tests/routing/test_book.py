"""A broken state costs memory, never an answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sidecar.errors import StateLocked
from sidecar.routing.book import SafeBook
from sidecar.store.vocabulary import Call, Health

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
    assert notes == ["nothing of this call is remembered: another process holds the state; try again"]


async def test_once_the_state_can_be_written_it_has_the_last_word(kit: Any) -> None:
    book = kit.book()
    safe, notes = SafeBook(book), list[str]()
    book.broken = StateLocked("held")
    await safe.change(["a"], reason, notes)
    book.broken = None
    assert (await safe.healths(notes))["a"].failures == 1, "not forgotten before it is written"
    await safe.change(["a"], reason, notes)
    assert (await safe.healths(notes)) == book.healths


async def test_a_success_that_cannot_be_recorded_still_heals_here(kit: Any) -> None:
    book = kit.book({"a": Health(failures=3)})
    safe, notes = SafeBook(book), list[str]()
    await safe.healths(notes)
    book.broken = StateLocked("held")
    await safe.record(CALL, notes, healths=lambda _key, _health: Health(outcomes="1"), health_keys=["a"])
    assert (await safe.healths(notes))["a"] == Health(outcomes="1")
    book.broken = None
    await safe.record(CALL, notes, healths=lambda _key, _health: Health(outcomes="1"), health_keys=["a"])
    assert book.calls == [CALL]
    assert (await safe.healths(notes)) == book.healths
