"""What every test may lean on: the async backend, and a machine with a sidecar on it."""

import json
import os
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from shutil import which
from typing import Any

import anyio
import pytest
from hypothesis import settings
from mcp import Client

from sidecar.app import open_rooms
from sidecar.server import build
from sidecar.simulator import Simulation

SIDECAR = which("sidecar", path=str(Path(sys.executable).parent)) or "sidecar"

# A busy machine must not decide whether a property holds, nor chance whether a change may land: the gate tries the same
# cases every time, and `HYPOTHESIS_PROFILE=explore` looks for new ones.
settings.register_profile("gate", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=1_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "gate"))


@pytest.fixture
def anyio_backend() -> str:
    """The server runs on asyncio, as the SDK does; so do the tests."""
    return "asyncio"


class Machine:
    """A user's machine: the environment, the configuration, and one sidecar after another on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = time.time()
        self.environ = {
            "HOME": str(folder / "home"),
            "SIDECAR_STATE": str(folder / "state"),
            "SIDECAR_CONFIG": str(folder / "config.json"),
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "SIM_KEY": "sk-simulated-0123456789abcdef",
        }

    def configure(self, providers: dict[str, Any], tiers: Sequence[str], **more: Any) -> None:
        models = {"default": {"tiers": [{"name": target.partition("/")[0], "targets": [target]} for target in tiers]}}
        (self.folder / "config.json").write_text(json.dumps({"providers": providers, "models": models, **more}))

    @asynccontextmanager
    async def agent(self) -> AsyncIterator[Client]:
        async with (
            open_rooms(cwd=self.folder, environ=self.environ, clock=lambda: self.now) as rooms,
            Client(build(rooms)) as client,
        ):
            yield client

    async def ask(self) -> str:
        """The receipt that another process gets, on the real clock."""
        done = await anyio.run_process([SIDECAR, "ask", "why?"], env=self.environ, cwd=self.folder)
        return done.stderr.decode()

    @staticmethod
    def at(simulation: Simulation, name: str, *accounts: dict[str, Any], **more: Any) -> dict[str, Any]:
        known = accounts or ({},)
        url = simulation.base_url(name)
        return {
            "dialect": simulation.dialect(name),
            "base_url": url,
            "accounts": [{"key": "env:SIM_KEY", **account} for account in known],
            **more,
        }

    @staticmethod
    async def said(client: Client, verb: str = "ask", **arguments: Any) -> str:
        result = await client.call_tool(verb, arguments if verb != "ask" else {"prompt": "why?", **arguments})
        [part] = result.content
        assert part.type == "text"
        return part.text

    async def who(self, client: Client, count: int) -> list[str]:
        """The endpoints that answered *count* asks, as the receipts call them."""
        return [(await self.said(client)).rpartition("[answered by ")[2].split(" ")[0] for _ in range(count)]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)
