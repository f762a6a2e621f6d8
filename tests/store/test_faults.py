from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import anyio
import pytest

from sidecar.errors import HandleUnknown, StateCorrupt, StateError, StateLocked, StateNewer
from sidecar.store import Store, files
from sidecar.store.migrations import STATE
from sidecar.store.vocabulary import Call, Health

CALL = Call(asked_at=1.0, model="default", took_s=1.0, answered_by=None, attempts=())

Start = Callable[[str], subprocess.Popen[str]]


def change_file(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    with connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def integrity(path: Path) -> str:
    connection = sqlite3.connect(path)
    try:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])
    finally:
        connection.close()


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


async def test_the_directory_and_every_file_are_for_the_user_alone(directory: Path, umask: None) -> None:
    async with Store.open(directory) as store:
        await store.record_call(CALL)
        await store.keep(b"x")
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}
    assert modes == dict.fromkeys(
        ["originals.db", "originals.db-shm", "originals.db-wal", "state.db", "state.db-shm", "state.db-wal"], 0o600
    )
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


async def test_what_was_open_to_others_is_closed_to_them(directory: Path) -> None:
    directory.mkdir(mode=0o755)
    (directory / "state.db").touch(mode=0o644)
    async with Store.open(directory) as store:
        await store.record_call(CALL)
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert stat.S_IMODE((directory / "state.db").stat().st_mode) == 0o600


async def test_missing_parents_are_made(directory: Path) -> None:
    async with Store.open(directory / "a" / "b") as store:
        await store.record_call(CALL)
        assert (directory / "a" / "b" / "state.db").exists()


@pytest.mark.parametrize("suffix", ["", "-wal"])
async def test_a_link_is_never_followed(directory: Path, tmp_path: Path, suffix: str) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"")
    directory.mkdir()
    if suffix:
        async with Store.open(directory) as store:
            await store.record_call(CALL)
    (directory / f"state.db{suffix}").symlink_to(victim)
    async with Store.open(directory) as store:
        with pytest.raises(StateError, match=r"state\.db`.* link"):
            await store.record_call(CALL)
        assert await store.keep(b"x")
    assert victim.read_bytes() == b""


async def test_a_file_where_the_directory_should_be_is_left_alone(directory: Path) -> None:
    directory.write_text("mine")
    directory.chmod(0o644)
    async with Store.open(directory) as store:
        with pytest.raises(StateError, match=rf"`{directory}` is not a directory.*`SIDECAR_STATE`"):
            await store.health()
        with pytest.raises(StateError, match="is not a directory"):
            await store.keep(b"x")
    assert directory.read_text() == "mine"
    assert stat.S_IMODE(directory.stat().st_mode) == 0o644


async def test_a_file_above_the_directory_is_named(directory: Path) -> None:
    directory.write_text("mine")
    async with Store.open(directory / "a" / "b") as store:
        with pytest.raises(StateError, match=rf"`{directory}.*` is not a directory"):
            await store.health()


@pytest.fixture
def nobody() -> Iterator[Path]:
    """A folder this process cannot write to: root gives its rights away for the test."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o555)
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    yield folder
    os.seteuid(before)
    folder.chmod(0o755)
    shutil.rmtree(folder)


async def test_a_folder_that_may_not_be_written_is_said_to_be(nobody: Path) -> None:
    async with Store.open(nobody / "state") as store:
        with pytest.raises(StateError, match=rf"`{nobody}/state/state.db` cannot be used \(Permission denied\)"):
            await store.health()
    async with Store.open(nobody) as store:
        with pytest.raises(StateError, match=rf"`{nobody}/originals.db` cannot be used .*; give yourself write access"):
            await store.keep(b"x")


async def test_a_held_lock_is_waited_for_and_then_named(directory: Path) -> None:
    async with Store.open(directory, wait_s=0.1) as store:
        await store.record_call(CALL)
        holder = sqlite3.connect(directory / "state.db", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(StateLocked, match=rf"`{directory}/state.db` was held by another process for .* 0.1 s"):
            await store.record_call(CALL)
        assert await store.health() == {}  # readers do not wait for a writer
        assert await store.keep(b"x")
        holder.execute("COMMIT")
        holder.close()
        await store.record_call(CALL)
        assert (await store.state_summary()).calls == 2


async def test_another_process_stuck_in_opening_is_waited_for_and_then_named(directory: Path) -> None:
    directory.mkdir()
    async with Store.open(directory, wait_s=0.1) as store:
        with files.lock(directory, wait_s=0.1), pytest.raises(StateLocked):
            await store.record_call(CALL)
        await store.record_call(CALL)


async def test_a_caller_who_is_cancelled_does_not_wait_for_the_lock(directory: Path) -> None:
    async with Store.open(directory, wait_s=3600.0) as store:
        await store.health()
        holder = sqlite3.connect(directory / "state.db", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        with anyio.move_on_after(0.05) as scope:
            await store.record_call(CALL)
        holder.close()
        assert scope.cancelled_caught
        assert (await store.state_summary()).calls == 0


@pytest.mark.parametrize("content", [b"not a database, but long enough to have a header" * 100, b"short"])
async def test_a_damaged_file_is_set_aside_and_a_fresh_one_begun(directory: Path, content: bytes) -> None:
    directory.mkdir()
    (directory / "state.db").write_bytes(content)
    async with Store.open(directory) as store:
        handle = await store.keep(b"x")
        await store.record_call(CALL)
        assert (await store.state_summary()).calls == 1
        assert (await store.original(handle)).data == b"x"
        (warning,) = store.warnings
    assert warning.startswith(f"`{directory}/state.db` was damaged and set aside as `state.db.corrupt-1`; a fresh one")
    assert (directory / "state.db.corrupt-1").read_bytes() == content


async def test_damage_found_later_sets_the_file_aside_with_its_journal(directory: Path) -> None:
    async with Store.open(directory) as store:
        for number in range(200):
            await store.change_health([f"scope {number}"], lambda *_: Health(reason="x" * 100))
    path = directory / "state.db"
    path.write_bytes(path.read_bytes()[:4096] + b"\xff" * (path.stat().st_size - 4096))
    (directory / "state.db.corrupt-1").touch()
    async with Store.open(directory) as store:
        assert await store.health() == {}
        await store.record_call(CALL)
        assert len(store.warnings) == 1
    assert (directory / "state.db.corrupt-2").stat().st_size > 4096
    assert integrity(path) == "ok"


async def test_a_store_goes_on_in_the_fresh_file_when_another_sets_the_old_one_aside(directory: Path) -> None:
    async with Store.open(directory) as one, Store.open(directory) as other:
        await one.change_health(["a"], lambda *_: Health(failures=1))
        await other.health()
        files.set_aside(directory / "state.db")
        await one.change_health(["b"], lambda *_: Health(failures=2))
        await other.change_health(["c"], lambda *_: Health(failures=3))
        assert await one.health() == await other.health() == {"b": Health(failures=2), "c": Health(failures=3)}
    # The old one is whole, its journal beside it: what was in it can still be read.
    old = sqlite3.connect(directory / "state.db.corrupt-1")
    assert old.execute("SELECT scope FROM health").fetchall() == [("a",)]
    old.close()
    async with Store.open(directory) as store:
        assert set(await store.health()) == {"b", "c"}


async def test_a_fresh_file_is_not_set_aside_for_the_damage_of_the_old_one(directory: Path) -> None:
    path = directory / "state.db"

    def be_overtaken(_: str, health: Health) -> Health:
        # Between our reading the damaged page and our acting on it, another process has put the file away.
        if not path.with_name("state.db.corrupt-1").exists():
            files.set_aside(path)
            path.touch()
            raise_corrupt()
        return Health(failures=health.failures + 1)

    async with Store.open(directory) as store:
        assert await store.change_health(["a"], be_overtaken) == {"a": Health(failures=1)}
        assert store.warnings == ()
    assert len(list(directory.glob("*.corrupt-?"))) == 1


async def test_a_removed_directory_is_made_again(directory: Path) -> None:
    async with Store.open(directory) as store:
        handle = await store.keep(b"x")
        await store.record_call(CALL)
        shutil.rmtree(directory)
        await store.record_call(CALL)
        with pytest.raises(HandleUnknown):
            await store.original(handle)
        assert await store.keep(b"x") == handle
        assert (await store.state_summary()).calls == 1


async def test_a_newer_file_is_left_untouched(directory: Path) -> None:
    async with Store.open(directory) as store:
        await store.record_call(CALL)
    path = directory / "state.db"
    change_file(path, "CREATE TABLE tomorrow (x)", "PRAGMA user_version = 99")
    before = path.read_bytes()
    async with Store.open(directory) as store:
        with pytest.raises(
            StateNewer, match=rf"`{path}` was written by a newer sidecar \(schema 99, this one knows {len(STATE)}"
        ):
            await store.record_call(CALL)
        assert await store.keep(b"x")
        found = await store.state_summary()
    assert path.read_bytes() == before
    assert found.originals == 1
    assert len(found.faults) == 1
    assert "newer sidecar" in found.faults[0]


async def test_a_disk_that_damages_the_fresh_file_too_is_told(directory: Path) -> None:
    async with Store.open(directory) as store:

        def spoil(_: str, health: Health) -> Health:
            raise_corrupt()
            return health

        with pytest.raises(StateCorrupt, match="check the disk"):
            await store.change_health(["a"], spoil)
        await store.record_call(CALL)


def raise_corrupt() -> None:
    """SQLite's own complaint about a file whose pages are wrong."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.db"
        path.write_bytes(b"no database at all" * 100)
        connection = sqlite3.connect(path)
        try:
            connection.execute("SELECT 1 FROM sqlite_master")
        finally:
            connection.close()


FILL = """
    import hashlib, resource
    first = await store.keep(b"kept before")
    await store.record_call(call("before"))
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, hard))
    big = b"".join(hashlib.sha256(b"%d" % n).digest() for n in range(40_000))
    try:
        await store.keep(big)
    except StateFull as error:
        say(error)
    await store.record_call(call("while full"))
    say((await store.original(first)).data.decode())
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    handle = await store.keep(big)
    say((await store.original(handle)).data == big)
    say((await store.state_summary()).calls)
"""


def test_a_full_disk_loses_nothing_and_is_over_when_there_is_room(directory: Path, start: Start) -> None:
    child = start(FILL)
    said, _ = child.communicate(timeout=60)
    first, *rest = said.splitlines()
    assert first.startswith(f"There is no room to write `{directory}/originals.db`")
    assert rest == ["kept before", "True", "2"]
    assert child.returncode == 0
    assert integrity(directory / "originals.db") == "ok"
