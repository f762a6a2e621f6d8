"""`kill -9` at a hundred instants of busy sidecars: the ledger adds up, and no rest is lost.

Four lanes of sidecars live one after another on one state, each asked a dozen things at once, each killed when a
seeded number of things has happened: a reply has come, a request has arrived at a provider. What a sidecar has
answered is then looked for on the disk, and what it has learnt is expected of the one that comes after it.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
from anyio.streams.buffered import BufferedByteReceiveStream

from sidecar.simulator import Phase, Reply, Schedule, Simulated, Simulation, simulate

LANES, LIVES = 4, 25
ASKS = 10
TOKENS_IN, TOKENS_OUT = 3, 2
INITIALIZE = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}


@contextmanager
def nursery(folder: Path) -> Iterator[Path]:
    """The place to connect to for a new sidecar whose state is under *folder*."""
    place = folder / "nursery"
    environ = {"HOME": str(folder), "PATH": os.environ["PATH"], "SIDECAR_STATE": str(folder / "state")}
    command = [sys.executable, str(Path(__file__).with_name("nursery.py")), str(place)]
    with subprocess.Popen(command, cwd=folder, env=environ, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            yield place
        finally:
            process.kill()


@dataclass
class Life:
    """One sidecar: who it is, what it was asked, what it has answered so far."""

    name: str
    predecessor: str | None
    pid: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    """The text of each answer by its thread."""
    failures: dict[str, str] = field(default_factory=dict)
    """The text of each failure by its model."""

    def asks(self) -> Iterator[dict[str, Any]]:
        yield {"prompt": "limited", "model": "limited"}
        if self.predecessor is not None:
            yield {"prompt": "limited before", "model": "before"}
        for number in range(ASKS):
            yield {"prompt": f"ask {self.name}-{number}", "thread": f"{self.name}-{number}"}

    def configuration(self, simulation: Simulation) -> dict[str, Any]:
        providers = {
            name: {"dialect": "openai-chat", "base_url": simulation.base_url(name), "accounts": [{"key": None}]}
            for name in simulation.names
        }
        models = {
            "default": ["a/model", "b/model"],
            "limited": [f"r/{self.name}"],
            "before": [f"r/{self.predecessor}"],
        }
        tiers = {name: {"tiers": [{"name": "only", "targets": targets}]} for name, targets in models.items()}
        return {"providers": providers, "models": tiers}

    async def work(self, stream: anyio.abc.SocketStream, lines: BufferedByteReceiveStream, alive: Alive) -> None:
        """Ask everything at once and take down what is answered, until the connection ends."""
        messages: list[dict[str, Any]] = [
            {"id": 0, "method": "initialize", "params": INITIALIZE},
            {"method": "notifications/initialized"},
        ]
        asks = dict(enumerate(self.asks(), start=1))
        for serial, ask in asks.items():
            messages.append({"id": serial, "method": "tools/call", "params": {"name": "ask", "arguments": ask}})
        try:
            for message in messages:
                await stream.send(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
            while True:
                reply = json.loads(await lines.receive_until(b"\n", 1_000_000))
                if reply.get("id", 0) in asks:
                    self.note(asks[reply["id"]], reply["result"])
                if "id" in reply:
                    alive.happened()
                if len(self.answers) + len(self.failures) == len(asks):
                    alive.over()
        except (anyio.IncompleteRead, anyio.BrokenResourceError, anyio.EndOfStream):
            return

    def note(self, ask: dict[str, Any], result: dict[str, Any]) -> None:
        text = result["content"][0]["text"]
        if "thread" in ask:
            assert not result.get("isError"), text
            self.answers[ask["thread"]] = text
        else:
            assert result["isError"], text
            self.failures[ask["model"]] = text


@dataclass
class Alive:
    """Counts what happens in a life; *due* is set with the event that is to be its last but for a few turns."""

    left: int
    due: anyio.Event = field(default_factory=anyio.Event)

    def happened(self) -> None:
        self.left -= 1
        if self.left <= 0:
            self.due.set()

    def over(self) -> None:
        self.due.set()


async def live_and_die(life: Life, place: Path, simulation: Simulation, chance: random.Random) -> None:
    file = place.with_name(f"{life.name}.json")
    file.write_text(json.dumps(life.configuration(simulation)))
    # Of what happens: a reply comes, or (counted at the provider, for all lanes) a request arrives.
    alive = Alive(chance.randrange(1, ASKS + 3))
    arrivals = chance.randrange(1, 60)
    is_by_arrival = chance.random() < 0.5
    turns = chance.randrange(40)
    async with await anyio.connect_unix(place) as stream:
        lines = BufferedByteReceiveStream(stream)
        await stream.send(f"{file}\n".encode())
        life.pid = int(await lines.receive_until(b"\n", 20))
        async with anyio.create_task_group() as group:

            async def arrived() -> None:
                await simulation.arrived("a", len(simulation.calls("a")) + arrivals)
                alive.over()

            async def die() -> None:
                await alive.due.wait()
                for _ in range(turns):
                    await anyio.lowlevel.checkpoint()
                os.kill(life.pid, signal.SIGKILL)

            if is_by_arrival:
                alive.left = ASKS + 3
                group.start_soon(arrived)
            group.start_soon(die)
            await life.work(stream, lines, alive)
            group.cancel_scope.cancel()


@dataclass(frozen=True)
class Ledger:
    """The state at one moment, read as any program could."""

    turns: dict[str, list[tuple[str, str]]]
    calls: dict[int, str | None]
    attempts: dict[int, list[tuple[int, str, str, int | None, int | None]]]
    rests: dict[str, float]

    @classmethod
    def read(cls, file: Path) -> Ledger:
        turns: dict[str, list[tuple[str, str]]] = {}
        attempts: dict[int, list[tuple[int, str, str, int | None, int | None]]] = {}
        connection = sqlite3.connect(file)
        with connection:
            connection.execute("BEGIN")
            assert connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
            for thread, role, text in connection.execute("SELECT thread, role, text FROM turns ORDER BY number"):
                turns.setdefault(thread, []).append((role, text))
            calls = dict(connection.execute("SELECT id, answered_by FROM calls").fetchall())
            for call, *rest in connection.execute(
                "SELECT call, number, endpoint, outcome, input_tokens, output_tokens FROM attempts ORDER BY number"
            ):
                attempts.setdefault(call, []).append(tuple(rest))
            rests = dict(connection.execute("SELECT scope, rest_until FROM health").fetchall())
        connection.close()
        return cls(turns, calls, attempts, rests)

    def check(self) -> None:
        """Every call has its attempts, every answer its turns, and the sums are what was served."""
        assert self.attempts.keys() <= self.calls.keys(), "no attempt without its call"
        for call, answered_by in self.calls.items():
            attempts = self.attempts.get(call, [])
            assert [number for number, *_ in attempts] == list(range(len(attempts)))
            outcomes = [outcome for _, _, outcome, *_ in attempts]
            assert outcomes.count("answered") == (answered_by is not None)
            if answered_by is not None:
                assert (attempts[-1][1], outcomes[-1]) == (answered_by, "answered")
        answered = [call for call, by in self.calls.items() if by is not None]
        assert len(answered) == len(self.turns), "each answer was asked for in a thread of its own"
        assert all([role for role, _ in said] == ["user", "assistant"] for said in self.turns.values())
        served = [attempt for attempts in self.attempts.values() for attempt in attempts if attempt[2] == "answered"]
        assert sum(attempt[3] or 0 for attempt in served) == TOKENS_IN * len(self.turns)
        assert sum(attempt[4] or 0 for attempt in served) == TOKENS_OUT * len(self.turns)

    def check_life(self, life: Life) -> None:
        """What *life* has answered is here."""
        for thread, text in life.answers.items():
            [(_, asked), (_, answered)] = self.turns[thread]
            assert asked == f"ask {thread}"
            assert text.rpartition("\n")[0] == answered
        if "limited" in life.failures:
            assert self.rests[f"endpoint:r/{life.name}@default"] > time.time() + 3_000


async def test_a_hundred_kills_lose_no_answer_and_no_rest(tmp_path: Path) -> None:
    reply = Reply(input_tokens=TOKENS_IN, output_tokens=TOKENS_OUT)
    providers = [
        Simulated("a", "openai-chat", Schedule(reply=reply, phases=(Phase(fault="openai.overloaded", every_calls=3),))),
        Simulated("b", "openai-chat", Schedule(reply=reply)),
        Simulated("r", "openai-chat", Schedule(phases=(Phase(fault="openai.rate-limit", reset_s=36_000),))),
    ]
    lives: list[Life] = []
    with nursery(tmp_path) as place:
        async with simulate(providers) as simulation, anyio.create_task_group() as group:

            def asked_limited(name: str) -> int:
                return sum(1 for seen in simulation.calls("r") if seen.model == name)

            async def lane(letter: str) -> None:
                chance = random.Random(letter)  # noqa: S311 - chance, not a secret
                before: Life | None = None
                asked_before = 0
                for number in range(LIVES):
                    life = Life(f"{letter}{number:02}", before.name if before else None)
                    lives.append(life)
                    await live_and_die(life, place, simulation, chance)
                    ledger = Ledger.read(tmp_path / "state" / "state.db")
                    ledger.check()
                    ledger.check_life(life)
                    if before is not None and "limited" in before.failures:
                        assert asked_limited(before.name) == asked_before, "a rest that was learnt is obeyed"
                        assert "rests until" in life.failures.get("before", "rests until")
                    before, asked_before = life, asked_limited(life.name)

            for letter in "abcd"[:LANES]:
                group.start_soon(lane, letter)
        ledger = Ledger.read(tmp_path / "state" / "state.db")
    for life in lives:
        ledger.check_life(life)
    assert not list((tmp_path / "state").glob("*.corrupt-*"))
    # That it was busy, and killed at all kinds of moments.
    answers = [len(life.answers) for life in lives]
    assert len(lives) == LANES * LIVES
    assert sum(answers) > 3 * len(lives)
    assert len(set(answers)) > 5
    assert sum("before" in life.failures for life in lives) > 20
    assert len(ledger.turns) > sum(answers), "some were on the disk and not yet told"
