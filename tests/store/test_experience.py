"""How endpoints did lately, read from the ledger: few rows, the latest, of those asked about."""

from __future__ import annotations

from pathlib import Path

from sidecar.store import Store
from sidecar.store.vocabulary import AttemptRecord, Call, Experience

A, B = "alpha/one@default", "beta/two@own"


def call(*attempts: AttemptRecord, asked_at: float = 100.0) -> Call:
    return Call(asked_at, "default", 1.0, attempts[-1].endpoint, attempts)


def answered(
    endpoint: str, took_s: float, first_token_s: float | None = None, tokens: int = 100, read: int | None = None
) -> AttemptRecord:
    return AttemptRecord(endpoint, "A", "answered", took_s, read, output_tokens=tokens, first_token_s=first_token_s)


async def test_an_endpoint_is_known_by_how_its_attempts_went(directory: Path) -> None:
    async with Store.open(directory) as store:
        await store.record_call(call(AttemptRecord(A, "A", "rate", 0.1), answered(B, 2.0, 0.5, read=70)))
        await store.record_call(call(answered(A, 4.0)))
        await store.record_call(call(AttemptRecord(A, "A", "outrun", 7.0), answered(B, 1.0, 0.2, tokens=9)))
        alpha, beta = await store.experience([A, B, "nobody/asked@him"], 0.0)
    assert alpha == Experience(A, {"rate": 1, "answered": 1, "outrun": 1}, (4.0, 7.0), (25.0,))
    assert beta == Experience(B, {"answered": 2}, (0.2, 0.5), (50.0,), 70), "nine tokens say nothing of speed"


async def test_what_was_asked_before_is_left_out(directory: Path) -> None:
    async with Store.open(directory) as store:
        await store.record_call(call(answered(A, 9.0), asked_at=50.0))
        await store.record_call(call(answered(A, 1.0), asked_at=100.0))
        assert [found.first_token_s for found in await store.experience([A], 100.0)] == [(1.0,)]
        assert await store.experience([A], 101.0) == []


async def test_the_latest_attempts_are_enough(directory: Path) -> None:
    async with Store.open(directory) as store:
        await store.record_call(call(answered(A, 60.0)))
        for _ in range(100):
            await store.record_call(call(answered(A, 1.0)))
        (found,) = await store.experience([A], 0.0)
    assert found.outcomes == {"answered": 100}
    assert found.first_token_s[-1] == 1.0


async def test_a_key_that_is_no_utf_8_has_its_experience_too(directory: Path) -> None:
    async with Store.open(directory) as store:
        await store.record_call(call(answered("\udcff/x@a", 1.0)))
        (found,) = await store.experience(["\udcff/x@a"], 0.0)
    assert found.endpoint == "\udcff/x@a"
