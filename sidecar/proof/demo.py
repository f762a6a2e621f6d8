"""`sidecar demo`: the main job on this machine, with every claim checked.

    demo (an agent, by the SDK's own client) ──stdio──> sidecar serve ──HTTP──> simulator (three failing providers)

The sidecar is launched as a subprocess exactly as an agent launches it. Nothing leaves the machine: the providers are
simulated on loopback, and everything else (the repository, its tests, the sidecar, its state) is real.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
from rich.markup import escape

from sidecar.proof import shop
from sidecar.simulator import Phase, Schedule, Simulated, Simulation, simulate

if TYPE_CHECKING:
    from mcp import Client
    from rich.console import Console

__all__ = ["demo"]

_RESET_S = 600.0
"""The first provider names a reset this far ahead: no process may call it before, also after a restart."""

_KILLED_AFTER_S = 2.0
"""The SDK's client closes stdin and, after so long, kills."""

_FOOTER = re.compile(r'\[sidecar: (\d+) -> (\d+) tokens; .*recall\("([a-z2-7]+)"\)\]$')
_MARKER = re.compile(r"^\[\.\.\. (?:\d+ lines \(|of lines )(\d+)-(\d+)\)?: .+\]$", re.MULTILINE)

_EAST, _NORTH, _WEST = "openai", "anthropic", "gemini"
"""Hosts of the catalogue, so that prices are known; their addresses lead to the simulator."""

_PROVIDERS = (
    Simulated(_EAST, "openai-chat", Schedule(phases=(Phase(fault="openai.rate-limit", reset_s=_RESET_S),))),
    Simulated(_NORTH, "anthropic", Schedule(phases=(Phase(fault="anthropic.overloaded", every_calls=2),))),
    Simulated(_WEST, "gemini"),
)


@dataclass(slots=True)
class _Stage:
    """What the demo works with, and the claims it has checked so far."""

    console: Console
    folder: Path
    program: str
    simulation: Simulation
    job: shop.Job
    claims: list[tuple[bool, str]] = field(default_factory=list)
    rows: list[tuple[str, str, str, str]] = field(default_factory=list)

    def check(self, claim: str, *, holds: bool) -> None:
        self.claims.append((holds, claim))
        mark = "  [green]✓[/] " if holds else "  [bold red]✗[/] "
        self.console.print(mark + escape(claim), highlight=False, soft_wrap=True)

    def say(self, text: str, style: str = "") -> None:
        self.console.print(text, style=style, highlight=False, markup=False, soft_wrap=True)

    @property
    def project(self) -> Path:
        return self.folder / "shop"

    @property
    def environ(self) -> dict[str, str]:
        """What the sidecar's environment holds besides the SDK's usual variables: keys, and homes of its own."""
        return {
            "HOME": str(self.folder / "home"),
            "SIDECAR_STATE": str(self.folder / "state"),
            "DEMO_KEY": "a-key-that-only-the-simulator-sees",
            "PATH": os.environ.get("PATH", os.defpath),
        }


async def demo(*, keep: bool = False, job: shop.Job | None = None) -> bool:
    """Rehearse the main job and print what happened; True if every claim held. Takes about ten seconds.

    *job* is the failing command; by default the one that what is installed here can run.
    """
    from rich.console import Console

    console = Console()
    started = time.perf_counter()
    with _folder(keep=keep) as folder:
        async with simulate(_PROVIDERS) as simulation:
            stage = _Stage(console, folder, _program(), simulation, job or shop.job())
            await _prepare(stage)
            handle = await _first_session(stage)
            await _second_session(stage, handle)
            _table(stage, time.perf_counter() - started)
        if keep:
            stage.say(f"kept: {folder}")
    return all(holds for holds, _ in stage.claims)


@contextmanager
def _folder(*, keep: bool) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="sidecar-demo-"))
    try:
        yield folder
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def _program() -> str:
    """The console script an agent would launch: the one beside this interpreter, else the one on the PATH."""
    beside = shutil.which("sidecar", path=str(Path(sys.executable).parent))
    return beside or shutil.which("sidecar") or sys.argv[0]


async def _prepare(stage: _Stage) -> None:
    """Write the project and its configuration of three tiers, and trust it as its user would."""
    shop.write(stage.project)
    (stage.folder / "home").mkdir()
    (stage.project / ".sidecar").mkdir()
    simulation = stage.simulation
    account = [{"name": "demo", "key": "env:DEMO_KEY"}]
    configuration = {
        "providers": {
            name: {"base_url": simulation.base_url(name), "accounts": account} for name in (_EAST, _NORTH, _WEST)
        },
        "models": {
            "default": {
                "tiers": [
                    {"name": "best", "targets": [f"{_EAST}/gpt-5.4-mini"]},
                    {"name": "second", "targets": [f"{_NORTH}/claude-haiku-4-5"]},
                    {"name": "last", "targets": [f"{_WEST}/gemini-3.5-flash-lite"]},
                ],
                "deadline_s": 20,
            }
        },
    }
    (stage.project / ".sidecar" / "config.json").write_text(json.dumps(configuration, indent=2))
    stage.say("A project, three tiers of simulated providers on loopback, and the sidecar between them", "bold")
    stage.say("  best    answers 429, with a reset in 10 minutes")
    stage.say("  second  is overloaded every other time")
    stage.say("  last    is well")
    before = await _command(stage, "models")
    await _command(stage, "trust", "--yes")
    is_held_back = "@demo" not in before and "@demo" in await _command(stage, "models")
    stage.check("the project's file names hosts and keys, so it counts only after `sidecar trust`", holds=is_held_back)


async def _command(stage: _Stage, *words: str) -> str:
    """What a `sidecar` command of the project's user prints."""
    done = await anyio.run_process([stage.program, *words], cwd=stage.project, env=stage.environ, check=False)
    return done.stdout.decode()


@asynccontextmanager
async def _agent(stage: _Stage) -> AsyncIterator[Client]:
    """An agent: the SDK's own client, with the sidecar as its subprocess over stdio."""
    from mcp import Client, StdioServerParameters

    parameters = StdioServerParameters(command=stage.program, args=["serve"], env=stage.environ, cwd=stage.project)
    async with Client(parameters, read_timeout_seconds=60) as client:
        yield client


async def _call(stage: _Stage, client: Client, verb: str, **arguments: Any) -> str:
    stage.say(f"\n> {verb} {json.dumps(arguments, ensure_ascii=False).replace(sys.executable, 'python')}", "bold cyan")
    result = await client.call_tool(verb, arguments)
    text = "\n".join(part.text for part in result.content if part.type == "text")
    if result.is_error:
        stage.check(f"`{verb}` answers: {text}", holds=False)
    return text


async def _first_session(stage: _Stage) -> str:
    """Run a failing command, recall what was left out, ask a model about it; the handle of the output."""
    started = time.perf_counter()
    async with _agent(stage) as client:
        listed = await client.list_tools()
        ready_s = time.perf_counter() - started
        verbs = [tool.name for tool in listed.tools]
        stage.check(f"five verbs {ready_s:.1f} s after launch: {', '.join(verbs)}", holds=len(verbs) == 5)
        text = await _call(stage, client, "run", command=stage.job.command)
        handle = _shown(stage, stage.job, text)
        await _recalled(stage, client, handle, text)
        text = await _call(stage, client, "ask", prompt=stage.job.question, attach=[handle])
        _answered(stage, stage.job, text)
    return handle


def _shown(stage: _Stage, job: shop.Job, text: str) -> str:
    """Check what `run` printed: the evidence, the marks, the tokens."""
    for line in text.splitlines():
        stage.say(f"  │ {line}", "dim")
    footer = _FOOTER.search(text)
    if footer is None:
        stage.check("the output was shortened and its last line says so", holds=False)
        return ""
    before, after = map(int, footer.groups()[:2])
    missing = [needle for needle in job.needles if needle not in text]
    stage.check(f"every fact needed to fix it is there ({len(job.needles)} checked)", holds=not missing)
    stage.check("the command's own exit status is told: exit 1", holds=text.startswith("exit 1 "))
    stage.check(
        f"{before:,} tokens became {after:,}, {100 * (before - after) / before:.1f} % less", holds=after * 3 < before
    )
    marked = text.count("[... ")
    stage.check(f"what was left out is marked where it stood ({marked} marks)", holds=marked > 0)
    stage.rows.append((f"run {job.title}", f"{before:,} -> {after:,} tokens", "", _time(text.partition("\n")[0])))
    return footer[3]


async def _recalled(stage: _Stage, client: Client, handle: str, text: str) -> None:
    """Recall a range that was left out, and compare it with the original byte for byte."""
    found = _MARKER.search(text)
    if found is None:
        stage.check("an omission names its lines", holds=False)
        return
    first, last = int(found[1]), min(int(found[2]), int(found[1]) + 19)
    started = time.perf_counter()
    page = await _call(stage, client, "recall", handle=handle, lines=f"{first}-{last}")
    took_s = time.perf_counter() - started
    heading, _, body = page.partition("\n")
    stage.say(f"  │ {heading}", "dim")
    for line in body.splitlines()[:3]:
        stage.say(f"  │ {line}", "dim")
    whole = await anyio.run_process([stage.program, "recall", handle], cwd=stage.project, env=stage.environ)
    digest = base64.b32encode(hashlib.sha256(whole.stdout).digest()).decode().lower()
    stage.check("the handle is the hash of the original that comes back", holds=digest.startswith(handle))
    wanted = b"\n".join(whole.stdout.split(b"\n")[first - 1 : last])
    stage.check(f"lines {first}-{last} come back byte for byte", holds=body.encode() == wanted)
    stage.rows.append(("recall 20 lines", f"{len(wanted):,} bytes", "", f"{took_s:.2f} s"))


def _answered(stage: _Stage, job: shop.Job, text: str, title: str = "ask about the output") -> None:
    answer, _, receipt = text.rpartition("\n")
    for line in answer.splitlines():
        stage.say(f"  │ {line}", "dim")
    stage.say(f"  {receipt}", "yellow")
    calls = stage.simulation.calls
    stage.check("the model read the output behind the handle and found the cause", holds=job.answer_has in answer)
    stage.check("the first tier refused once; nobody asked it again", holds=len(calls(_EAST)) == 1)
    stage.check(
        f"the receipt names who answered: {_NORTH}, after {_EAST}", holds=_NORTH in receipt and _EAST in receipt
    )
    stage.check("it tells the cost in dollars", holds="$" in receipt)
    attempts = len(calls(_EAST)) + len(calls(_NORTH)) + len(calls(_WEST))
    stage.rows.append((title, _cost(receipt), f"{attempts}", _time(receipt)))


async def _second_session(stage: _Stage, handle: str) -> None:
    """Another sidecar, later: the first tier still rests, because what the first one learned is on disk."""
    before = {name: len(stage.simulation.calls(name)) for name in stage.simulation.names}
    started = time.perf_counter()
    async with _agent(stage) as client:
        text = await _call(stage, client, "ask", prompt=stage.job.question, attach=[handle])
        receipt = text.rpartition("\n")[2]
        stage.say(f"  {receipt}", "yellow")
        made = {name: len(stage.simulation.calls(name)) - count for name, count in before.items()}
        stage.check(
            "a new process obeys the reset the old one was told: no call to the first tier", holds=made[_EAST] == 0
        )
        stage.check(
            "the second tier, overloaded every other time, is still preferred to the last", holds=made[_NORTH] > 0
        )
        stage.rows.append(("ask again, new process", _cost(receipt), str(sum(made.values())), _time(receipt)))
        text = await _call(stage, client, "status", about="model default")
        for line in text.splitlines():
            stage.say(f"  │ {line}", "dim")
        stage.check("`status` tells until when it rests, without calling anyone", holds="rest" in text)
        left = time.perf_counter()
    left_s = time.perf_counter() - left
    stage.check(f"the sidecar leaves by itself when its client does ({left_s:.2f} s)", holds=left_s < _KILLED_AFTER_S)
    stage.rows.append(("second session in all", "", "", f"{time.perf_counter() - started:.1f} s"))


def _cost(receipt: str) -> str:
    found = re.search(r"\$[\d.,]+", receipt)
    return found[0] if found else "unknown"


def _time(receipt: str) -> str:
    found = re.search(r"in ([\d.]+ m?s)", receipt)
    return found[1] if found else ""


def _table(stage: _Stage, took_s: float) -> None:
    from rich.table import Table

    table = Table(title=None, box=None, padding=(0, 2), header_style="bold")
    for name in ("what", "tokens or cost", "attempts", "time"):
        table.add_column(name, justify="left" if name == "what" else "right")
    for row in stage.rows:
        table.add_row(*row)
    stage.say("")
    stage.console.print(table)
    held = sum(holds for holds, _ in stage.claims)
    total = len(stage.claims)
    failed: Sequence[str] = [claim for holds, claim in stage.claims if not holds]
    stage.say(f"\n{held} of {total} claims held, in {took_s:.1f} s", "bold green" if not failed else "bold red")
    for claim in failed:
        stage.say(f"  did not hold: {claim}", "red")
