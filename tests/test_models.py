"""`sidecar models`: what every account really serves, asked once a day, and what is configured but not served."""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from anyio import Path as AsyncPath

from sidecar.app import open_rooms
from sidecar.config.detect import arrange, look
from sidecar.config.model import Settings
from sidecar.errors import WrongUsage
from sidecar.providers.catalogue import catalogue
from sidecar.simulator import Redirect, Simulated, Simulation, simulate
from sidecar.switchboard.lines import account_lines
from sidecar.verbs.models import Overview, document, overview, text

pytestmark = pytest.mark.anyio

DAY = 86_400.0
GOOD, BAD = "sk-good-0123456789", "sk-bad-0123456789"


class House:
    """A user with a configuration, a state and a clock that is pushed."""

    def __init__(self, folder: Path, simulation: Simulation) -> None:
        self.folder = folder
        self.simulation = simulation
        self.now = 1_795_700_000.0
        (folder / "project").mkdir()

    def configure(self, targets: list[str], providers: Mapping[str, Any]) -> None:
        models = {"default": {"tiers": [{"name": "all", "targets": targets}]}}
        (self.folder / "config.json").write_text(json.dumps({"providers": providers, "models": models}))

    async def models(self, *providers: str, refresh: bool = False) -> Overview:
        environ = {
            "HOME": str(self.folder),
            "PATH": "",
            "SIDECAR_STATE": str(self.folder / "state"),
            "SIDECAR_CONFIG": str(self.folder / "config.json"),
            "GOOD": GOOD,
            "BAD": BAD,
        }
        async with open_rooms(cwd=self.folder / "project", environ=environ, clock=lambda: self.now) as rooms:
            return await overview(rooms, providers=providers, refresh=refresh)

    def provider(self, name: str, *accounts: Mapping[str, Any]) -> dict[str, Any]:
        dialect, base_url = self.simulation.dialect(name), self.simulation.base_url(name)
        return {"dialect": dialect, "base_url": base_url, "accounts": list(accounts or ({"key": "env:GOOD"},))}


def lab(**more: Any) -> Simulated:
    return Simulated("lab", "openai-chat", models=("llama-4", "qwen-3"), accounts={"mine": GOOD}, **more)


async def test_every_account_is_asked_once_a_day_and_the_answer_is_kept_private(tmp_path: Path) -> None:
    async with simulate([lab()]) as simulation:
        house = House(tmp_path, simulation)
        house.configure(["lab/llama-4"], {"lab": house.provider("lab")})
        first = await house.models()
        house.now += DAY - 1
        again = await house.models()
        assert len(simulation.listings("lab")) == 1
        assert [model.id for model in again.accounts[0].models] == ["llama-4", "qwen-3"]
        assert again.accounts == first.accounts
        await house.models(refresh=True)
        assert len(simulation.listings("lab")) == 2
        house.now += DAY
        await house.models()
        assert len(simulation.listings("lab")) == 3
    kept = AsyncPath(tmp_path / "state" / "listings.json")
    assert stat.S_IMODE((await kept.stat()).st_mode) == 0o600
    assert GOOD not in await kept.read_text()


async def test_a_target_that_is_not_served_is_marked_with_the_nearest_that_is(tmp_path: Path) -> None:
    async with simulate([lab()]) as simulation:
        house = House(tmp_path, simulation)
        house.configure(["lab/llama-4", "lab/quen-3", "lab/zzz"], {"lab": house.provider("lab")})
        told = await house.models()
    shown = text(told, now=house.now)
    assert "lab/llama-4, lab/quen-3 (not in its provider's list; the nearest is `qwen-3`)" in shown
    assert "lab/zzz (not in its provider's list)" in shown
    assert document(told)["not_served"] == [
        {"endpoint": "lab/quen-3", "nearest": "qwen-3"},
        {"endpoint": "lab/zzz", "nearest": None},
    ]


async def test_an_account_that_cannot_be_asked_says_why_and_the_others_are_told(tmp_path: Path) -> None:
    away = Simulated("away", "anthropic", models=("claude-x",), listing=Redirect())
    async with simulate([lab(), away]) as simulation:
        house = House(tmp_path, simulation)
        accounts = (
            {"name": "good", "key": "env:GOOD"},
            {"name": "bad", "key": "env:BAD"},
            {"name": "no", "key": "env:NO"},
        )
        providers = {
            "lab": house.provider("lab", *accounts),
            "away": house.provider("away"),
            "tool": {"dialect": "command", "command": ["/nowhere/tool", "{model}"]},
        }
        house.configure(["lab/llama-4", "away/claude-x", "tool/x"], providers)
        told = await house.models()
        assert simulation.calls("elsewhere") == [], "a key followed a redirect"
        again = await house.models()
        assert len(simulation.listings("lab")) == 3, "what failed is asked again, and what is known is not"
    faults = {served.name: served.fault for served in told.accounts}
    assert faults["lab@good"] == ""
    assert "answered 401" in faults["lab@bad"]
    assert "`NO`" in faults["lab@no"]
    assert "is not followed because it would receive the key" in faults["away@default"]
    assert faults["tool@default"] == "a vendor's program has no list of its models"
    assert all("\n" not in fault and BAD not in fault for fault in faults.values())
    assert told.unserved == {}, "of an account without a list nobody knows what it serves"
    assert text(again, now=house.now) == text(told, now=house.now)
    blocks = text(told, now=house.now).split("\n\n")
    assert [[line.partition(":")[0] for line in block.splitlines() if line[0] != " "] for block in blocks] == [
        ["default"],
        ["lab@good"],
        ["lab@bad", "lab@no", "away@default", "tool@default"],
    ], "who has a list stands apart, who has none does not"


async def test_one_provider_can_be_looked_at_alone_and_whole(tmp_path: Path) -> None:
    many = Simulated("many", "gemini", models=tuple(f"gem-{number}" for number in range(30)))
    async with simulate([lab(), many]) as simulation:
        house = House(tmp_path, simulation)
        house.configure(["lab/llama-4"], {"lab": house.provider("lab"), "many": house.provider("many")})
        everyone = text(await house.models(), now=house.now)
        assert "many@default: 30 models, listed just now" in everyone
        assert "  and 10 more: `sidecar models many` lists all" in everyone
        alone = text(await house.models("many"), now=house.now + 7_200, all_models=True)
        assert "many@default: 30 models, listed 2 h ago" in alone
        assert "gem-29" in alone
        assert "lab@" not in alone
        with pytest.raises(WrongUsage, match="did you mean `many`"):
            await house.models("mani")


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"x": 5}', '{"x": {"listed_at": 1795700000, "models": [{"y": 1}]}}']
)
async def test_what_was_kept_by_somebody_else_counts_as_never_asked(tmp_path: Path, content: str) -> None:
    async with simulate([lab()]) as simulation:
        house = House(tmp_path, simulation)
        house.configure(["lab/llama-4"], {"lab": house.provider("lab")})
        await house.models()
        kept = AsyncPath(tmp_path / "state" / "listings.json")
        key = next(iter(json.loads(await kept.read_text())))
        await kept.write_text(content.replace('"x"', f'"{key}"'))
        told = await house.models()
        assert [model.id for model in told.accounts[0].models] == ["llama-4", "qwen-3"]
        assert len(simulation.listings("lab")) == 2


async def test_a_link_in_place_of_what_is_kept_is_neither_read_nor_written_through(tmp_path: Path) -> None:
    async with simulate([lab()]) as simulation:
        house = House(tmp_path, simulation)
        house.configure(["lab/llama-4"], {"lab": house.provider("lab")})
        await house.models()
        kept, target = AsyncPath(tmp_path / "state" / "listings.json"), AsyncPath(tmp_path / "precious")
        await target.write_text(await kept.read_text())
        before = await target.read_text()
        await kept.unlink()
        await kept.symlink_to(target)
        house.now += 5
        await house.models()
        assert len(simulation.listings("lab")) == 2
        assert await target.read_text() == before
        assert not await kept.is_symlink()


async def test_a_host_that_was_only_found_is_asked_too(tmp_path: Path) -> None:
    environ = {"NEBIUS_API_KEY": "k"}
    layer = arrange(look(environ, catalogue=catalogue(), project=tmp_path), catalogue=catalogue())
    found = account_lines(Settings.model_validate_json(json.dumps(layer)), catalogue(), environ)
    assert [(line.provider.name, line.access.key) for line in found if line.access is not None] == [("nebius", "k")]
