from __future__ import annotations

import hashlib
import os
import sqlite3
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sidecar.errors import HandleExpired, HandleUnknown, StateFull
from sidecar.store import Store, originals
from sidecar.store.migrations import ORIGINALS, migrate
from sidecar.store.packing import pack
from sidecar.store.vocabulary import Keeping

DAY_S = 86_400.0


def noise(size: int, seed: int = 0) -> bytes:
    """Bytes that do not compress and are the same every time."""
    blocks = (hashlib.sha256(b"%d %d" % (seed, number)).digest() for number in range(size // 32 + 1))
    return b"".join(blocks)[:size]


anything = st.tuples(st.text(max_size=20), st.sampled_from(["", "\ud800", "\udcff"])).map("".join)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shared") / "state"


@settings(max_examples=40, deadline=None)
@given(data=st.binary(max_size=5000), command=anything, cwd=anything)
async def test_any_bytes_come_back_by_handle(shared: Path, data: bytes, command: str, cwd: str) -> None:
    async with Store.open(shared, clock=lambda: 5.0) as store:
        handle = await store.keep(data, command=command, cwd=cwd, exit_code=3)
        original = await store.original(handle)
    assert (original.data, original.command, original.cwd) == (data, command, cwd)
    assert (original.handle, original.exit_code, original.kept_at) == (handle, 3, 5.0)
    assert original.size_bytes == len(data)


@settings(max_examples=40, deadline=None)
@example(lines=[b"x" * 600_000, b"y" * 1_100_000, b"a"], first=2, last=2)
@example(lines=[b"x" * 1_048_575, b"y" * 1_100_000, b"a"], first=2, last=2)
@example(lines=[b"x" * 1_048_576, b"y" * 1_048_575, b""], first=2, last=3)
@given(
    lines=st.lists(st.sampled_from([b"", b"a", b"line\r", b"x" * 600_000, b"y" * 1_100_000]), max_size=8),
    first=st.integers(-2, 10),
    last=st.integers(-2, 10) | st.none(),
)
async def test_any_range_of_lines_is_those_lines(
    shared: Path, lines: list[bytes], first: int, last: int | None
) -> None:
    data = b"\n".join(lines)
    async with Store.open(shared) as store:
        found = await store.original_lines(await store.keep(data), first=first, last=last)
    expected = [line + b"\n" for line in data.split(b"\n")]
    expected[-1] = expected[-1][:-1]
    end = len(expected) if last is None else max(last, 0)
    assert found.data == b"".join(expected[max(first, 1) - 1 : end])
    assert found.size_bytes == len(data)


async def test_a_handle_is_made_from_the_content_alone(directory: Path, tmp_path: Path) -> None:
    async with Store.open(directory) as store, Store.open(tmp_path / "other") as other:
        handle = await store.keep(b"hello\n", command="echo hello")
        assert await other.keep(b"hello\n") == handle
        assert await store.keep(b"hello") != handle
    assert len(handle) == 8
    assert set(handle) <= set("abcdefghijklmnopqrstuvwxyz234567")


async def test_a_handle_is_read_as_people_write_it(directory: Path) -> None:
    async with Store.open(directory) as store:
        handle = await store.keep(b"hello")
        assert (await store.original(f' "{handle.upper()}"\n')).handle == handle


async def test_the_same_content_is_stored_once_with_its_latest_origin(directory: Path) -> None:
    now = 0.0
    async with Store.open(directory, clock=lambda: now) as store:
        await store.keep(b"same" * 1000, command="make", exit_code=0)
        now = 6 * DAY_S
        handle = await store.keep(b"same" * 1000, command="make again", exit_code=2)
        assert (await store.state_summary()).originals == 1
        now = 12 * DAY_S
        original = await store.original(handle)
    assert (original.command, original.exit_code, original.kept_at) == ("make again", 2, 6 * DAY_S)


async def test_an_unknown_handle_says_where_handles_come_from(directory: Path) -> None:
    async with Store.open(directory) as store:
        with pytest.raises(HandleUnknown, match=r"No original is kept under `nosuch` here|`nosuch`; take the handle"):
            await store.original("nosuch")


@pytest.mark.parametrize("is_removed", [False, True])
async def test_an_old_original_says_when_it_expired_and_how_to_get_it_again(directory: Path, is_removed: bool) -> None:
    now = 1_767_225_600.0  # 2026-01-01
    async with Store.open(directory, clock=lambda: now) as store:
        handle = await store.keep(b"old", command="pytest -q\n  --lf", cwd="/shop")
        now += 7 * DAY_S - 1
        assert (await store.original(handle)).data == b"old"
        now += 1
        if is_removed:
            now += DAY_S
            await store.keep(b"new")
            assert (await store.state_summary()).originals == 1
        with pytest.raises(HandleExpired) as caught:
            await store.original(handle)
    assert str(caught.value) == (
        f"The original `{handle}` expired on 2026-01-08 00:00 UTC, 7 days after it was kept; "
        f"run `pytest -q --lf` again in `/shop` to get it back."
    )


async def test_a_removed_original_can_be_kept_again_under_its_name(directory: Path) -> None:
    now = 0.0
    async with Store.open(directory, clock=lambda: now) as store:
        handle = await store.keep(b"old")
        now = 8 * DAY_S
        await store.keep(b"other")
        assert await store.keep(b"old") == handle
        assert (await store.original(handle)).data == b"old"


async def test_the_oldest_make_room_when_the_size_limit_is_reached(directory: Path) -> None:
    now = 0.0
    async with Store.open(directory, clock=lambda: now, keeping=Keeping(size_bytes=250_000)) as store:
        handles = []
        for seed in range(4):
            now += 1
            handles.append(await store.keep(noise(100_000, seed), command=f"make {seed}"))
        for handle in handles[:2]:
            with pytest.raises(HandleExpired, match=r"was removed on .* to keep all originals under 0 MB; run `make"):
                await store.original(handle)
        for seed, handle in enumerate(handles[2:], start=2):
            assert (await store.original(handle)).data == noise(100_000, seed)
        assert (await store.state_summary()).stored_bytes <= 250_000


async def test_what_is_larger_than_everything_may_be_is_refused_and_costs_no_other(directory: Path) -> None:
    async with Store.open(directory, keeping=Keeping(size_bytes=100_000)) as store:
        handle = await store.keep(b"small")
        with pytest.raises(StateFull, match="was not kept"):
            await store.keep(noise(101_000))
        assert (await store.original(handle)).data == b"small"


async def test_a_big_original_takes_little_room_and_gives_it_back_when_it_expires(directory: Path) -> None:
    now = 0.0
    async with Store.open(directory, clock=lambda: now) as store:
        await store.keep(noise(8_000_000))
        now = 7 * DAY_S
        await store.keep(b"small")
    assert (directory / "originals.db").stat().st_size < 1_000_000


async def test_a_damaged_original_is_said_to_be_and_can_be_kept_again(directory: Path) -> None:
    async with Store.open(directory) as store:
        handle = await store.keep(b"output\n" * 100, command="make")
    with sqlite3.connect(directory / "originals.db") as connection:
        connection.execute("UPDATE chunks SET packed = zeroblob(10)")
    connection.close()
    async with Store.open(directory) as store:
        for _ in range(2):
            with pytest.raises(HandleExpired, match=r"was found damaged on .*; run `make` again"):
                await store.original(handle)
        assert await store.keep(b"output\n" * 100) == handle
        assert (await store.original(handle)).data == b"output\n" * 100


def test_another_content_with_the_same_beginning_of_its_digest_gets_a_longer_handle() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection, ORIGINALS)
    origin = originals.Origin("", "", None)
    digests = [bytes(5) + bytes([number]) * 27 for number in range(1, 4)]
    now = 0.0
    handles = [
        originals.add(connection, digest, pack(digest), origin, keeping=Keeping(), now=now) for digest in digests
    ]
    assert handles == ["aaaaaaaa", "aaaaaaaaai", "aaaaaaaaam"]
    # The first expires; its short name stays its own, so an old handle never leads to another content.
    now = 8 * DAY_S
    fourth = bytes(5) + bytes([9]) * 27
    assert originals.add(connection, fourth, pack(fourth), origin, keeping=Keeping(), now=now) == "aaaaaaaabe"
    assert originals.add(connection, digests[0], pack(b""), origin, keeping=Keeping(), now=now) == "aaaaaaaa"
    connection.close()


async def test_the_longest_kept_output_is_read_by_lines_from_its_middle(directory: Path) -> None:
    data = b"".join(b"%d %s\n" % (number, os.fsencode("é")) for number in range(1, 400_001))
    async with Store.open(directory) as store:
        handle = await store.keep(data)
        found = await store.original_lines(handle, first=250_000, last=250_001)
    assert found.data.decode() == "250000 é\n250001 é\n"
    assert found.line_count == 400_000
