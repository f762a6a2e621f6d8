"""Several sidecars on one state, as real processes."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from sidecar.store import Store

Start = Callable[[str], subprocess.Popen[str]]

# Everybody waits for one line on stdin, so that the work overlaps.
TOGETHER = """
    say("ready")
    sys.stdin.readline()
"""


def together(start: Start, body: str, count: int) -> list[str]:
    """What *count* processes print that run *body* at the same time."""
    children = [start(TOGETHER + body) for _ in range(count)]
    for child in children:
        assert child.stdout
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin
        child.stdin.write("go\n")
        child.stdin.flush()
    said = [child.communicate(timeout=60)[0] for child in children]
    assert [child.returncode for child in children] == [0] * count
    return said


async def test_no_update_of_any_process_is_lost(directory: Path, start: Start) -> None:
    body = """
    for number in range(50):
        await store.change_health(["a", "b"], lambda _, h: replace(h, failures=h.failures + 1))
        await store.record_call(
            call(f"{os.getpid()} {number}"), thread="t", turns=[Turn("user", "x")],
            healths=lambda _, h: replace(h, ejections=h.ejections + 1), health_keys=["a"],
        )
        await store.keep(b"shared %d" % number)
        await store.keep(b"own %d %d" % (os.getpid(), number))
    """
    together(start, body, 4)
    async with Store.open(directory) as store:
        health = await store.health()
        found = await store.state_summary()
        (spent,) = await store.spending(0.0)
    assert (health["a"].failures, health["a"].ejections, health["b"].failures) == (200, 200, 200)
    assert (found.calls, found.attempts, found.turns, found.originals) == (200, 200, 200, 250)
    assert spent.cost_usd == 50.0
    assert store.warnings == ()


def test_exactly_one_process_wins_a_claim(start: Start) -> None:
    body = """
    won = 0
    for number in range(20):
        mine = []
        def claim(_, health):
            mine.clear()
            if health.probe_until:
                return health
            mine.append(True)
            return replace(health, probe_until=60.0)
        await store.change_health([f"scope {number}"], claim)
        if mine:
            say(number)
    """
    said = "".join(together(start, body, 4)).split()
    assert sorted(map(int, said)) == list(range(20))


def test_a_damaged_file_is_set_aside_once_by_all_processes_together(directory: Path, start: Start) -> None:
    directory.mkdir()
    (directory / "state.db").write_bytes(b"nothing sqlite knows" * 500)
    body = """
    for number in range(10):
        await store.record_call(call(str(number)))
    for warning in store.warnings:
        say(warning)
    """
    said = "".join(together(start, body, 4)).splitlines()
    assert len(said) == 1
    assert "set aside as `state.db.corrupt-1`" in said[0]
    assert [path.name for path in directory.glob("*.corrupt-*")] == ["state.db.corrupt-1"]
    with sqlite3.connect(directory / "state.db") as connection:
        assert connection.execute("SELECT count(*) FROM calls").fetchone() == (40,)
    connection.close()


ENDLESS = """
    number = 0
    while True:
        await store.record_call(call(str(number)), thread="t", turns=[Turn("user", str(number))])
        handle = await store.keep(b"output %d\\n" % number * 1000)
        say(number, handle)
        number += 1
"""


@pytest.mark.parametrize("lines", [1, 8, 40])
async def test_what_was_acknowledged_survives_a_kill_at_any_instant(directory: Path, start: Start, lines: int) -> None:
    child = start(ENDLESS)
    assert child.stdout
    said = [child.stdout.readline().split() for _ in range(lines)]
    child.kill()
    said += [line.split() for line in child.stdout.read().splitlines()]
    child.wait(timeout=60)
    for name in ("state.db", "originals.db"):
        with sqlite3.connect(directory / name) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.close()
    async with Store.open(directory) as store:
        turns = [turn.text for turn in await store.thread("t")]
        assert (await store.state_summary()).calls == len(turns)
        assert turns[: len(said)] == [number for number, _ in said]
        assert len(turns) <= len(said) + 1
        for number, handle in said:
            assert (await store.original(handle)).data == b"output %d\n" % int(number) * 1000
        assert store.warnings == ()
