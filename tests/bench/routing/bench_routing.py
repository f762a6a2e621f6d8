"""The same schedules through this router, LiteLLM's Router and a bare client, in one run, beside the bar.

    uv run tests/bench/routing/bench_routing.py [--litellm PYTHON] [--only NAME,NAME] [--write]

LiteLLM lives in an environment of its own (`uv venv DIR; uv pip install --python DIR litellm`), whose python is given
with --litellm; without it, it is left out. The providers run in a process of their own, every contender too;
contenders take turns at every schedule. --write puts the table into tests/bench/ROUTING.md.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
RESULTS = HERE.parent / "ROUTING.md"
OUTAGE_S = 10.0
RESET_S = 24.0

Made = list[list[float | str]]


class Worker:
    """A contender's process."""

    def __init__(self, name: str, python: str, base_url: str, folder: Path) -> None:
        self.name = name
        self.cpu_s = 0.0
        """Of the last order."""
        environ = {key: value for key, value in os.environ.items() if "PROXY" not in key.upper()}
        self._process = subprocess.Popen(
            [python, str(HERE / "worker.py"), name, base_url, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environ,
        )
        self._read()

    def give(self, **order: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()

    def take(self) -> list[Call]:
        told = json.loads(self._read())
        self.cpu_s = float(told["cpu_s"])
        return sorted((Call(*row) for row in told["calls"]), key=lambda call: call.at_s)

    def do(self, **order: object) -> list[Call]:
        self.give(**order)
        return self.take()

    def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(20)

    def _read(self) -> str:
        assert self._process.stdout is not None
        while line := self._process.stdout.readline():
            if line.startswith(("ready", "{")):
                return line
        raise SystemExit(f"{self.name} ended: run worker.py by hand to see why")


@dataclass(frozen=True)
class Call:
    at_s: float
    took_s: float
    who: str


@dataclass
class Stage:
    """The providers, the contenders, and what has been measured: by figure, by contender."""

    base_url: str
    pythons: dict[str, str]
    folder: Path
    figures: dict[str, dict[str, str]] = field(default_factory=dict)
    values: dict[tuple[str, str], float] = field(default_factory=dict)

    def begin(self, schedule: str) -> None:
        self._get(f"begin/{schedule}")

    def seen(self, name: str) -> list[tuple[float, str]]:
        """When *name* was called since the beginning, and what it did."""
        return [(at, outcome) for who, at, outcome in json.loads(self._get("seen")) if who == name]

    def worker(self, name: str, *, state: str = "") -> Worker:
        self.begin("at-once")
        return Worker(name, self.pythons[name], self.base_url, self.folder / (state or f"{name}-{time.monotonic_ns()}"))

    def note(self, figure: str, name: str, value: float, text: str) -> None:
        sys.stderr.write(f"{figure}, {name}: {text}\n")
        self.figures.setdefault(figure, {})[name] = text
        self.values[figure, name] = value

    def _get(self, path: str) -> bytes:
        with urllib.request.urlopen(f"{self.base_url}/{path}", timeout=10) as reply:  # noqa: S310 - http, ours
            data: bytes = reply.read()
            return data


def nth_ms(calls: Sequence[Call], share: float) -> float:
    took = sorted(call.took_s for call in calls)
    return 1000 * took[max(0, math.ceil(share * len(took)) - 1)]


def outage(stage: Stage, name: str, schedule: str) -> None:
    """A refuses for 10 s, B fails three in ten, C is well: who answers, how fast, and how often A is asked in vain."""
    named = ", named" if schedule == "limited-named" else ""
    worker = stage.worker(name)
    stage.begin(schedule)
    calls = worker.do(do="steadily", seconds=18, per_s=10)
    worker.end()
    in_vain = sum(outcome == "limited" for _, outcome in stage.seen("a"))
    during = [call for call in calls if call.at_s < OUTAGE_S]
    answered = sum(bool(call.who) for call in calls) / len(calls)
    by_b = sum(call.who == "b" for call in during) / len(during)
    back = next((call.at_s - OUTAGE_S for call in calls if call.who == "a" and call.at_s >= OUTAGE_S - 0.05), math.inf)
    stage.note(f"success{named}", name, answered, f"{100 * answered:.1f} %")
    stage.note(f"p50 during the fault{named}", name, nth_ms(during, 0.5), f"{nth_ms(during, 0.5):.0f} ms")
    stage.note(f"p95 during the fault{named}", name, nth_ms(during, 0.95), f"{nth_ms(during, 0.95):.0f} ms")
    stage.note(f"calls to A while it refuses{named}", name, in_vain, str(in_vain))
    stage.note(f"share of B during the fault{named}", name, by_b, f"{100 * by_b:.0f} %")
    stage.note(f"back on A{named}", name, back, "not in 8 s" if back == math.inf else f"{max(0.0, back):.1f} s")


def quota(stage: Stage, name: str) -> None:
    """A's quota is spent and its reset named, 24 s ahead: one process, then another after it, then two at once."""
    first = stage.worker(name, state=f"{name}-quota")
    stage.begin("quota")
    first.do(do="steadily", seconds=5, per_s=10)
    first.end()
    asked = stage.seen("a")
    offset = asked[-1][0] if asked else 0.0
    again = [_joined(stage, name) for _ in range(2)]
    for worker in again:
        worker.give(do="steadily", seconds=6, per_s=10)
    for worker in again:
        worker.take()
        worker.end()
    early = [at for at, outcome in stage.seen("a") if outcome == "limited"]
    later = sum(at > offset for at in early)
    text = f"{len(early) - later} call{'s' if len(early) - later != 1 else ''}, then {later} from later processes"
    stage.note("quota spent, reset named", name, len(early), text)


def _joined(stage: Stage, name: str) -> Worker:
    """Another process with the state of the first; its warm-up asks too, as a restarted sidecar does."""
    return Worker(name, stage.pythons[name], stage.base_url, stage.folder / f"{name}-quota")


def hang(stage: Stage, name: str) -> None:
    """A is well for a second, then takes calls and says nothing for ten; the limit is 2 s."""
    worker = stage.worker(name)
    stage.begin("hang")
    calls = worker.do(do="steadily", seconds=12, per_s=10)
    worker.end()
    during = [call for call in calls if 1.0 <= call.at_s < 11.0]
    paid = sum(call.took_s > 1.5 for call in during)
    stage.note("A hangs: p95", name, nth_ms(during, 0.95), f"{nth_ms(during, 0.95):,.0f} ms")
    stage.note("A hangs: calls that pay the limit", name, paid, str(paid))


def added(stage: Stage, *, rounds: int, calls: int) -> None:
    """One call after the other on a provider that answers at once, contenders in turn."""
    took: dict[str, list[float]] = {name: [] for name in stage.pythons}
    workers = {name: stage.worker(name) for name in stage.pythons}
    stage.begin("at-once")
    for worker in workers.values():
        worker.do(do="in-turn", calls=50)
    names = list(workers)
    for turn in range(rounds):
        for place in range(len(names)):
            name = names[(turn + place) % len(names)]
            took[name] += [call.took_s for call in workers[name].do(do="in-turn", calls=calls)]
    for worker in workers.values():
        worker.end()
    base_ms = 1000 * statistics.median(took["bare"])
    for name, times in took.items():
        median_ms = 1000 * statistics.median(times)
        stage.note("one call, 0 ms provider", name, median_ms, f"{median_ms:.2f} ms")
        text = "" if name == "bare" else f"{median_ms - base_ms:+.2f} ms"
        stage.note("added to a bare httpx2 call", name, median_ms - base_ms, text)


def crowd(stage: Stage, *, rounds: int, calls: int) -> None:
    """64 calls under way at any time on a provider that takes 20 ms, contenders in turn; the median round counts."""
    rates: dict[str, list[float]] = {name: [] for name in stage.pythons}
    costs: dict[str, list[float]] = {name: [] for name in stage.pythons}
    workers = {name: stage.worker(name) for name in stage.pythons}
    stage.begin("in-20-ms")
    for worker in workers.values():
        worker.do(do="at-once", calls=256, width=64)
    names = list(workers)
    for turn in range(rounds):
        for place in range(len(names)):
            name = names[(turn + place) % len(names)]
            made = workers[name].do(do="at-once", calls=calls, width=64)
            if all(call.who for call in made):
                rates[name].append(len(made) / max(call.at_s + call.took_s for call in made))
                costs[name].append(workers[name].cpu_s / len(made))
    for worker in workers.values():
        worker.end()
    for name, measured in rates.items():
        rate = statistics.median(measured)
        stage.note("calls/s, 64 at once, 20 ms provider", name, rate, f"{rate:,.0f} (best {max(measured):,.0f})")
        cost_ms = 1000 * statistics.median(costs[name])
        stage.note("CPU of one such call, all threads", name, cost_ms, f"{cost_ms:.2f} ms")


@dataclass(frozen=True)
class Bar:
    """What is to be reached: *figure* here, at most or at least *limit*; *below* also less than LiteLLM has."""

    figure: str
    text: str
    limit: float
    at_least: bool = False
    below: bool = False


BARS = (
    Bar("success", "100 %", 1.0, at_least=True),
    Bar("p95 during the fault", "at most 50 ms, below LiteLLM", 50, below=True),
    Bar("calls to A while it refuses", "at most 4", 4),
    Bar("share of B during the fault", "at least 50 %", 0.5, at_least=True),
    Bar("back on A", "within 5 s", 5),
    Bar("success, named", "100 %", 1.0, at_least=True),
    Bar("calls to A while it refuses, named", "1", 1),
    Bar("back on A, named", "within 0.5 s", 0.5),
    Bar("quota spent, reset named", "1 call, then none", 1),
    Bar("A hangs: calls that pay the limit", "at most 3", 3),
    Bar("added to a bare httpx2 call", "at most 0.3 ms, ledger on", 0.3),
    Bar("calls/s, 64 at once, 20 ms provider", "at least 900", 900, at_least=True),
)


def reached(bar: Bar, stage: Stage) -> bool:
    value = stage.values[bar.figure, "here"]
    meets = value >= bar.limit if bar.at_least else value <= bar.limit
    theirs = stage.values.get((bar.figure, "litellm"), math.inf)
    return meets and (not bar.below or value < theirs)


def table(stage: Stage) -> str:
    names = list(stage.pythons)
    bars = {bar.figure: bar for bar in BARS}
    lines = [
        f"| | {' | '.join(NAMES[name] for name in names)} | the bar | |",
        f"| --- |{' --- |' * len(names)} --- | --- |",
    ]
    for figure, by_name in stage.figures.items():
        bar = bars.get(figure)
        verdict = "" if bar is None else "reached" if reached(bar, stage) else "**missed**"
        cells = " | ".join(by_name.get(name, "") for name in names)
        lines.append(f"| {figure} | {cells} | {bar.text if bar else ''} | {verdict} |")
    return "\n".join(lines)


NAMES = {"here": "here", "litellm": "LiteLLM Router, tuned", "bare": "bare client, A then B then C"}


def page(stage: Stage, command: str, versions: str) -> str:
    return f"""# Routing, measured

A answers 429 for 10 s and is well then, B fails 30 %, C is well; 20 ms each, 10 calls/s, real time, real sockets on
loopback. The providers run in a process of their own, every contender in its own; contenders take turns at every
schedule of the one run. "Named" is with a `Retry-After`. LiteLLM's Router is tuned as its users tune it:
`num_retries=0, allowed_fails=1, cooldown_time=5`. Here is the whole `ask`, its ledger on disk. The bare client tries A,
B and C for every call and remembers nothing.

{table(stage)}

Measured {datetime.now(tz=UTC):%d %B %Y} on {os.cpu_count()} shared cores (load {os.getloadavg()[0]:.1f}),
Python {platform.python_version()}{versions}. Other work on the machine makes single figures vary by half, so trust what
stands side by side. Made by

    {command}
"""


@contextmanager
def providers() -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, str(HERE / "provider.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.stdin.close()
        process.wait(10)


def every(play: Callable[[Stage, str], None]) -> Callable[[Stage], None]:
    """*play* by each contender in turn."""

    def part(stage: Stage) -> None:
        for name in stage.pythons:
            play(stage, name)

    return part


PARTS: dict[str, Callable[[Stage], None]] = {
    "limited": every(lambda stage, name: outage(stage, name, "limited")),
    "limited-named": every(lambda stage, name: outage(stage, name, "limited-named")),
    "quota": every(quota),
    "hang": every(hang),
    "added": lambda stage: added(stage, rounds=10, calls=60),
    "crowd": lambda stage: crowd(stage, rounds=5, calls=640),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--litellm", metavar="PYTHON", help="the python of an environment with LiteLLM")
    parser.add_argument("--only", default=",".join(PARTS), help=f"some of {', '.join(PARTS)}; nothing is written then")
    parser.add_argument("--write", action="store_true", help="put the table into tests/bench/ROUTING.md")
    given = parser.parse_args()
    pythons = {"here": sys.executable, "bare": sys.executable}
    versions = ""
    if given.litellm:
        pythons = {"here": sys.executable, "litellm": given.litellm, "bare": sys.executable}
        found = subprocess.run(
            [given.litellm, "-c", "from importlib.metadata import version; print(version('litellm'))"],
            capture_output=True,
            text=True,
            check=True,
        )
        versions = f", LiteLLM {found.stdout.strip()}"
    with tempfile.TemporaryDirectory() as folder, providers() as base_url:
        stage = Stage(base_url, pythons, Path(folder))
        for part in given.only.split(","):
            PARTS[part](stage)
    if given.only != ",".join(PARTS):
        return
    command = "uv run tests/bench/routing/bench_routing.py --litellm PYTHON --write"
    text = page(stage, command, versions)
    sys.stdout.write(text)
    if given.write:
        RESULTS.write_text(text)


if __name__ == "__main__":
    main()
