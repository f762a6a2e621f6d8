"""`sidecar serve` as agents launch it: a subprocess over stdio, in any folder, ended in any way."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sidecar.simulator import Phase, Schedule, Simulated, simulate

SIDECAR = shutil.which("sidecar", path=str(Path(sys.executable).parent)) or "sidecar"
INITIALIZE = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}


class Served:
    """A sidecar over its own pipes, spoken to line by line, so that every byte on stdout is seen."""

    def __init__(self, cwd: Path, environ: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [SIDECAR, "serve"],
            cwd=cwd,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.serial = 0
        self.request("initialize", INITIALIZE)
        self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def send(self, message: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()

    def read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read().decode() if self.process.stderr else "closed"
        message: dict[str, Any] = json.loads(line)
        assert message["jsonrpc"] == "2.0"
        return message

    def post(self, method: str, params: dict[str, Any]) -> int:
        self.serial += 1
        self.send({"jsonrpc": "2.0", "id": self.serial, "method": method, "params": params})
        return self.serial

    def request(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        serial = self.post(method, params)
        while (message := self.read()).get("id") != serial:
            pass
        return message

    def call(self, verb: str, **arguments: Any) -> str:
        answer = self.request("tools/call", {"name": verb, "arguments": arguments})
        text: str = answer["result"]["content"][0]["text"]
        return text

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()


Launch = Callable[..., Served]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {
        "HOME": str(tmp_path / "home"),
        "PATH": os.environ["PATH"],
        "SIDECAR_STATE": str(tmp_path / "state"),
        "SIM_KEY": "sk-simulated-0123456789abcdef",
    }


@pytest.fixture
def launch(tmp_path: Path, environ: dict[str, str]) -> Iterator[Launch]:
    served: list[Served] = []

    def start(cwd: Path | None = None, **more: str) -> Served:
        served.append(Served(cwd or tmp_path, {**environ, **more}))
        return served[-1]

    yield start
    for one in served:
        one.end()


def test_in_a_hostile_folder_stdout_carries_only_the_protocol(launch: Launch, tmp_path: Path) -> None:
    project = tmp_path / "hostile"
    for name in (
        "tools/__init__.py",
        "sidecar/__init__.py",
        "httpx2.py",
        "json.py",
        "toktok.py",
        "anyio/__init__.py",
    ):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("print('I am the impostor', flush=True)\nraise SystemExit('impostor')\n")
    served = launch(project)
    assert len(served.request("tools/list", {})["result"]["tools"]) == 5
    assert "impostor" not in served.call("run", command="echo hello; git --version")
    assert "tokens" in served.call("compress", text="the same line\n" * 400)
    assert "sidecar doctor" in served.call("ask", prompt="hello")
    assert "models" in served.call("status")
    served.process.send_signal(signal.SIGTERM)
    rest, errors = served.process.communicate(timeout=10)
    assert rest == b""
    assert b"impostor" not in errors


def test_with_a_broken_configuration_the_server_still_starts(launch: Launch, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{ this is not JSON")
    served = launch(SIDECAR_CONFIG=str(tmp_path / "config.json"))
    assert len(served.request("tools/list", {})["result"]["tools"]) == 5
    for verb, arguments in (("ask", {"prompt": "x"}), ("run", {"command": "true"}), ("compress", {"path": "x"})):
        assert "config.json" in served.call(verb, **arguments)
    assert served.call("compress", text="still here") == "still here"


@pytest.mark.parametrize("way", ["eof", "SIGINT", "SIGTERM"])
@pytest.mark.parametrize("work", ["idle", "run"])
def test_it_leaves_at_once_and_takes_its_commands_along(launch: Launch, way: str, work: str) -> None:
    served = launch()
    marker = f"sleep 298.{os.getpid()}{way}{work}".replace("eof", "1").replace("SIGINT", "2").replace("SIGTERM", "3")
    marker = marker.replace("idle", "4").replace("run", "5")
    if work == "run":
        served.post("tools/call", {"name": "run", "arguments": {"command": marker}})
        while not running(marker):
            time.sleep(0.01)
    else:
        served.request("tools/list", {})
    if way == "eof":
        assert served.process.stdin is not None
        served.process.stdin.close()
    else:
        served.process.send_signal(getattr(signal, way))
    assert served.process.wait(timeout=5) == 0
    until = time.monotonic() + 5
    while running(marker):  # a killed process needs a moment to be gone
        assert time.monotonic() < until, "the command outlived the sidecar"


def running(marker: str) -> bool:
    words = marker.replace(" ", "\0").encode()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if words in path.read_bytes():
                return True
        except OSError:
            continue
    return False


async def test_cancelling_an_ask_stops_the_request_upstream(launch: Launch, tmp_path: Path) -> None:
    from anyio import to_thread

    hanging = Schedule(phases=(Phase(fault="hang-in-reply"),))
    async with simulate([Simulated("a", "openai-chat", hanging)]) as simulation:
        configuration = {
            "providers": {
                "a": {
                    "dialect": "openai-chat",
                    "base_url": simulation.base_url("a"),
                    "accounts": [{"key": "env:SIM_KEY"}],
                }
            },
            "models": {"default": {"tiers": [{"name": "only", "targets": ["a/model"]}]}},
        }
        (tmp_path / "config.json").write_text(json.dumps(configuration))
        served = await to_thread.run_sync(lambda: launch(SIDECAR_CONFIG=str(tmp_path / "config.json")))
        serial = served.post("tools/call", {"name": "ask", "arguments": {"prompt": "hello"}})
        await simulation.arrived("a")
        served.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": serial}})
        await simulation.quiet()
        assert simulation.calls("a")[0].client_disconnected
        text = await to_thread.run_sync(lambda: served.call("run", command="echo alive"))
        assert "alive" in text


async def test_what_was_learned_survives_a_kill_and_is_shared(launch: Launch, tmp_path: Path) -> None:
    from anyio import to_thread

    providers = [
        Simulated("a", "openai-chat", Schedule(phases=(Phase(fault="openai.rate-limit", reset_s=600),))),
        Simulated("b", "gemini"),
    ]
    async with simulate(providers) as simulation:
        entries = {
            one.name: {
                "dialect": one.dialect,
                "base_url": simulation.base_url(one.name),
                "accounts": [{"key": "env:SIM_KEY"}],
            }
            for one in providers
        }
        tiers = [{"name": one.name, "targets": [f"{one.name}/model"]} for one in providers]
        (tmp_path / "config.json").write_text(
            json.dumps({"providers": entries, "models": {"default": {"tiers": tiers}}})
        )

        def session() -> tuple[str, str]:
            served = launch(SIDECAR_CONFIG=str(tmp_path / "config.json"))
            answer = served.call("ask", prompt="hello", thread="t")
            handle = served.call("run", command="seq 1 400 | sed 's/.*/same/'").rpartition('recall("')[2][:8]
            served.process.kill()
            return answer, handle

        first, handle = await to_thread.run_sync(session)
        second, _ = await to_thread.run_sync(session)
        assert "b/model" in first.rpartition("\n")[2]
        assert "b/model" in second.rpartition("\n")[2]
        assert len(simulation.calls("a")) == 1
        assert len(simulation.calls("b")[-1].body["contents"]) == 3
        served = await to_thread.run_sync(lambda: launch(SIDECAR_CONFIG=str(tmp_path / "config.json")))
        assert "same" in await to_thread.run_sync(lambda: served.call("recall", handle=handle, lines="400"))


def test_half_an_emoji_in_an_argument_is_answered(launch: Launch) -> None:
    # Node writes a text that was cut in the middle of an emoji as `\\ud83d`; the SDK drops such a line unanswered.
    served = launch()
    assert served.call("run", command="echo cut \ud83d").endswith("\ncut \N{REPLACEMENT CHARACTER}")
    assert served.call("compress", text="cut \ud83d") == "cut \N{REPLACEMENT CHARACTER}"
    assert "There is no file" in served.call("compress", path="\udc80")


def test_lines_that_are_no_messages_end_nothing(launch: Launch) -> None:
    served = launch()
    assert served.process.stdin is not None
    served.process.stdin.write(b'this is not JSON\n{"jsonrpc": "2.0"\n\xff\xfe\n[]\nnull\n\n')
    assert served.call("compress", text="alive") == "alive"
