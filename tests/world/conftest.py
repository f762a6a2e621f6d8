"""A sidecar at work in a folder of its own, spoken to as an agent does, over the real state and real sockets."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pytest
from mcp import Client

from sidecar.app import open_rooms
from sidecar.server import build
from sidecar.simulator import Simulation

Ask = Callable[..., Any]


@dataclass
class Sidecar:
    """A sidecar at work in a folder of its own: its configuration, its state, and its agent's connection."""

    KEYS: ClassVar[dict[str, str]] = {"work": "sk-work-0123456789abcdef", "own": "sk-own-0123456789abcdef"}
    NOWHERE: ClassVar[str] = ".".join(["a" * 60] * 5) + ".invalid"
    """Longer than a name may be (RFC 1035, 2.3.4): the resolver refuses it itself, and no query leaves the machine."""

    folder: Path
    now: Callable[[], float] = time.time
    deadline_s: float = 120.0
    document: dict[str, Any] = field(default_factory=lambda: {"providers": {}, "models": {}})

    def provider(self, name: str, base_url: str, dialect: str = "openai-chat", **more: Any) -> None:
        """Add a provider, the next tier of `default`; its one account is `work` unless *more* says otherwise."""
        accounts = [{"name": "work", "key": "env:WORK_KEY"}]
        self.document["providers"][name] = {"dialect": dialect, "base_url": base_url, "accounts": accounts, **more}
        default = self.document["models"].setdefault("default", {"tiers": []})
        default["tiers"].append({"name": f"tier-{name}", "targets": [f"{name}/model"]})

    def simulated(self, simulation: Simulation, **more: Any) -> None:
        for name in simulation.names:
            self.provider(name, simulation.base_url(name), simulation.dialect(name), **more)

    @property
    def environ(self) -> dict[str, str]:
        return {
            "HOME": str(self.folder / "home"),
            "PATH": "/usr/bin:/bin",
            "SIDECAR_CONFIG": str(self.folder / "config.json"),
            "SIDECAR_STATE": str(self.folder / "state"),
            **{f"{name.upper()}_KEY": key for name, key in self.KEYS.items()},
        }

    @asynccontextmanager
    async def agent(self) -> AsyncIterator[Ask]:
        for model in self.document["models"].values():
            model["deadline_s"] = self.deadline_s
        (self.folder / "config.json").write_text(json.dumps(self.document))
        async with (
            open_rooms(cwd=self.folder, environ=self.environ, clock=self.now) as rooms,
            Client(build(rooms)) as client,
        ):

            async def ask(prompt: str = "hello", *, fails: bool = False, **more: Any) -> str:
                result = await client.call_tool("ask", {"prompt": prompt, **more})
                [part] = result.content
                assert part.type == "text"
                assert result.is_error == fails, part.text
                return part.text

            yield ask

    def rows(self, query: str) -> list[Any]:
        with sqlite3.connect(self.folder / "state" / "state.db") as connection:
            found = connection.execute(query).fetchall()
        connection.close()
        return found

    def rests(self, scope: str) -> float:
        """Until when a scope rests, as another process would read it from the disk."""
        return max((row[0] for row in self.rows(f"SELECT rest_until FROM health WHERE scope = '{scope}'")), default=0.0)  # noqa: S608 - a test's own words

    def on_disk(self) -> bytes:
        return b"".join(path.read_bytes() for path in (self.folder / "state").iterdir() if path.is_file())

    @staticmethod
    def receipt(text: str) -> str:
        """The last line of an answer."""
        return text.rpartition("\n")[2]


@pytest.fixture
def sidecar(tmp_path: Path) -> Sidecar:
    return Sidecar(tmp_path)


@pytest.fixture(autouse=True)
def _no_proxy_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
