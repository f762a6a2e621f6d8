"""How fast ours is, tokens counted apart, and how it grows: a log of 2 and of 20 MB, seconds and memory."""

from __future__ import annotations

import random
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.bench.compression.corpus import Capture
from tests.bench.compression.process import Worker

__all__ = ["Growth", "Pace", "growth", "pace"]

_SMALL_BYTES = 2_000_000


@dataclass(frozen=True, slots=True)
class Pace:
    """The captures one after the other in one process, tokens not counted: megabytes a second, and the median file."""

    mb_per_s: float
    p50_ms: float
    slowest: tuple[tuple[str, float], ...]
    """The files with the most milliseconds for each kilobyte, of those that take 20 ms or more."""


@dataclass(frozen=True, slots=True)
class Growth:
    """Seconds for 2 and for 20 MB of log, tokens counted, and the most memory the larger one took, itself apart."""

    small_s: float
    large_s: float
    grown_mb: float

    @property
    def ratio(self) -> float:
        """What ten times the input costs in times of the time: 10 where it is linear."""
        return self.large_s / self.small_s


def pace(captures: Sequence[Capture]) -> Pace:
    """The better of two runs: a neighbour on the same cores is not ours to measure."""
    took: dict[str, float] = {}
    with Worker(sys.executable, "sidecar-pure") as worker:
        for _ in range(2):
            for capture in captures:
                seconds = float(worker.ask(capture.raw, capture.command, capture.exit_code)["seconds"])
                took[capture.name] = min(seconds, took.get(capture.name, seconds))
    size = {capture.name: len(capture.data) for capture in captures}
    slow = sorted((name for name in took if took[name] >= 0.02), key=lambda name: took[name] / size[name], reverse=True)
    return Pace(
        sum(size.values()) / 1e6 / sum(took.values()),
        statistics.median(took.values()) * 1000,
        tuple((name, took[name] * 1000) for name in slow[:5]),
    )


def growth() -> Growth:
    small, large = _log(_SMALL_BYTES), _log(10 * _SMALL_BYTES)
    with Worker(sys.executable, "sidecar") as worker:
        worker.ask(small, "cat app.log", 0)
        first = min(float(worker.ask(small, "cat app.log", 0)["seconds"]) for _ in range(3))
        answer = worker.ask(large, "cat app.log", 0)
    return Growth(first, float(answer["seconds"]), float(answer["grown_kb"]) / 1000)


def _log(size_bytes: int) -> str:
    return "\n".join(_lines(size_bytes))


def _lines(size_bytes: int) -> Iterator[str]:
    chance = random.Random(7)  # noqa: S311 - the same log every time, nobody's secret
    written = number = 0
    while written < size_bytes:
        when = (
            f"2026-11-22 {number // 36_000 % 24:02}:{number // 600 % 60:02}:{number // 10 % 60:02},{number % 1000:03}"
        )
        match number % 5:
            case 0 | 1:
                line = f"{when} INFO  shop.orders: order {chance.randrange(10**6)} paid in {chance.randrange(900)} ms"
            case 2:
                line = f"{when} DEBUG shop.cache: hit for key cart:{chance.getrandbits(40):x}"
            case 3 if number % 70_000 > 69_990:
                line = f"{when} ERROR shop.pay: order {number} declined: no such card"
            case _:
                line = f"{when} INFO  shop.http: GET /product/{chance.randrange(5000)} 200 {chance.randrange(9000)}B"
        written += len(line) + 1
        number += 1
        yield line
