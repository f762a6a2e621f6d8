"""What is remembered goes wrong: one sentence for each fault, the server lives, nothing answered before is lost."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from sidecar.app import open_rooms
from sidecar.server import build
from sidecar.simulator import Simulated, simulate

SIDECAR = shutil.which("sidecar", path=str(Path(sys.executable).parent)) or "sidecar"
LONG = "for i in $(seq 400); do echo the same line; done"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "SIDECAR_STATE": str(tmp_path / "state")}


@asynccontextmanager
async def agent(tmp_path: Path, environ: dict[str, str], clock: Any = time.time) -> AsyncIterator[Client]:
    async with open_rooms(cwd=tmp_path, environ=environ, clock=clock) as rooms, Client(build(rooms)) as client:
        yield client


async def said(client: Client, verb: str, **arguments: Any) -> tuple[bool, str]:
    result = await client.call_tool(verb, arguments)
    [part] = result.content
    assert part.type == "text"
    return result.is_error, part.text


def handle_in(text: str) -> str:
    return text.rpartition('recall("')[2].partition('"')[0]


async def test_an_expired_original_says_when_it_went_and_how_to_get_it_again(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    now = 1_800_000_000.0
    async with agent(tmp_path, environ, lambda: now) as client:
        _, text = await said(client, "run", command=LONG)
        handle = handle_in(text)
        now += 8 * 86_400
        is_error, sentence = await said(client, "recall", handle=handle)
    assert is_error
    assert "expired" in sentence
    assert "seq 400" in sentence
    assert "\n" not in sentence


async def test_a_corrupt_state_is_set_aside_and_the_work_goes_on(tmp_path: Path, environ: dict[str, str]) -> None:
    async with agent(tmp_path, environ) as client:
        await said(client, "run", command=LONG)
    for path in (tmp_path / "state").glob("*.db"):
        path.write_bytes(b"this is no database" * 1000)
    async with agent(tmp_path, environ) as client:
        is_error, text = await said(client, "run", command=LONG)
        assert not is_error
        assert not (await said(client, "recall", handle=handle_in(text), lines="400"))[0]
        _, status = await said(client, "status")
    assert "set aside" in status
    assert list((tmp_path / "state").glob("*.corrupt-*"))


async def test_a_newer_state_is_left_alone_and_costs_memory_never_an_answer(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    async with simulate([Simulated("a", "openai-chat")]) as simulation:
        configuration = {
            "providers": {"a": {"dialect": "openai-chat", "base_url": simulation.base_url("a")}},
            "models": {"default": {"tiers": [{"name": "only", "targets": ["a/model"]}]}},
        }
        (tmp_path / "config.json").write_text(json.dumps(configuration))
        environ["SIDECAR_CONFIG"] = str(tmp_path / "config.json")
        async with agent(tmp_path, environ) as client:
            await said(client, "run", command=LONG)
            await said(client, "ask", prompt="hello")
        for path in (tmp_path / "state").glob("*.db"):
            with sqlite3.connect(path) as connection:
                connection.execute("PRAGMA user_version = 999")
            connection.close()
        async with agent(tmp_path, environ) as client:
            is_error, text = await said(client, "run", command=LONG)
            assert not is_error
            assert text.count("the same line") == 400, "what cannot be kept is not left out"
            is_error, answer = await said(client, "ask", prompt="hello again")
            assert not is_error, answer
            assert "newer" in answer
            is_error, sentence = await said(client, "recall", handle="aaaaaaaa")
            assert is_error
            assert "newer" in sentence
    with sqlite3.connect(tmp_path / "state" / "state.db") as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (999,)
    connection.close()


def test_a_full_disk_costs_the_handle_never_the_output(tmp_path: Path, environ: dict[str, str]) -> None:
    """In a subprocess, because the limit on file sizes that stands for a full disk is the process's own."""
    script = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))\n"
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "sys.argv = ['sidecar', 'compress', '-']\n"
        "from sidecar.cli import main; main()"
    )
    data = "".join(f"{number * 7919 % 1009:05} the same words\n" * 3 for number in range(3_000))
    done = subprocess.run(
        [sys.executable, "-B", "-c", script],  # bytecode cut short by the limit would break the next import
        input=data.encode(),
        capture_output=True,
        env=environ,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode() == data
    assert b"full" in done.stderr or b"kept" in done.stderr


async def test_a_state_locked_by_another_process_costs_the_handle_never_the_output(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    async with agent(tmp_path, environ) as client:
        await said(client, "run", command=LONG)
    locks = []
    for path in (tmp_path / "state").glob("*.db"):
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("BEGIN EXCLUSIVE")
        locks.append(connection)
    try:
        async with agent(tmp_path, environ) as client:
            is_error, text = await said(client, "run", command=f"{LONG}; echo other")
            assert not is_error
            assert text.count("the same line") == 400
    finally:
        for connection in locks:
            connection.close()


async def test_a_command_that_prints_300_mb_is_shown_by_its_ends(tmp_path: Path, environ: dict[str, str]) -> None:
    async with agent(tmp_path, environ) as client:
        command = "echo first line; yes 'a line of a flood' | head -c 300000000; echo; echo last line"
        is_error, text = await said(client, "run", command=command)
        assert not is_error
        assert text.startswith("exit 0 in ")
        assert "it printed too much: " in text.splitlines()[0]
        assert "first line" in text
        assert "last line" in text
        assert len(text) < 49_000
        assert "last line" in (await said(client, "recall", handle=handle_in(text), find="last line"))[1]
