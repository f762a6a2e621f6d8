"""How fast compression is: `python tests/bench/bench_compression.py [--memory]`; printed, never asserted.

A 20 MB log in four shapes through the highest pure door (`shorten`), each stage apart, token counting
apart; then the captures of 10 to 40 KB, in milliseconds. Run it on a quiet machine.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
import tomllib
import tracemalloc
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from sidecar.compression import tokens
from sidecar.compression.clean import clean
from sidecar.compression.commands import parse
from sidecar.compression.recognise import recognise
from sidecar.compression.shelf import load
from sidecar.compression.shorten import shorten
from sidecar.compression.vocabulary import Segment

CAPTURES = Path(__file__).parents[1] / "captures"
TOOLS = Path(__file__).parents[2] / "tools"
SIZE_BYTES = 20_000_000
T = TypeVar("T")


def application(number: int, chance: random.Random) -> str:
    when = f"2026-11-22 {number // 36_000 % 24:02}:{number // 600 % 60:02}:{number // 10 % 60:02},{number % 1000:03}"
    if number % 70_000 == 69_999:
        trace = 'Traceback (most recent call last):\n  File "/srv/pay.py", line 40, in charge'
        return f"{when} ERROR shop.pay: order {number} declined\n{trace}"
    kind = number % 5
    if kind < 3:
        return f"{when} INFO  shop.orders: order {chance.randrange(10**6)} paid in {chance.randrange(900)} ms"
    if kind == 3:
        return f"{when} DEBUG shop.cache: hit for key cart:{chance.getrandbits(40):x}"
    return f"{when} INFO  shop.http: GET /product/{chance.randrange(5000)} 200 {chance.randrange(9000)}B"


def json_lines(number: int, chance: random.Random) -> str:
    who = f'"trace":"{chance.getrandbits(128):032x}","user":"u{chance.randrange(4000)}"'
    when = f"2026-11-22T12:{number // 6000 % 60:02}:{number // 100 % 60:02}Z"
    return f'{{"time":"{when}","level":"info","msg":"done",{who},"ms":{number % 900}}}'


def access(number: int, chance: random.Random) -> str:
    path = "".join(chance.choices("abcdefghijklmnop", k=6))
    status = chance.choice((200, 200, 200, 200, 304, 404))
    when = f"22/Nov/2026:12:{number // 6000 % 60:02}:{number // 100 % 60:02} +0000"
    asked = f'"GET /p/{path} HTTP/1.1" {status} {chance.randrange(99_999)}'
    return f'10.1.{number % 255}.{number % 7} - - [{when}] {asked} "-" "curl"'


def errors(number: int, chance: random.Random) -> str:
    when = f"2026-11-22 12:{number // 6000 % 60:02}:{number // 100 % 60:02}"
    return f"{when} ERROR shop: order {chance.getrandbits(50):x} failed"


def log_of(shape: Callable[[int, random.Random], str]) -> bytes:
    def lines() -> Iterable[str]:
        chance = random.Random(7)  # noqa: S311 - the same log every time, nobody's secret
        size = number = 0
        while size < SIZE_BYTES:
            line = shape(number, chance)
            size += len(line) + 1
            number += 1
            yield line

    return "\n".join(lines()).encode()


def timed(work: Callable[[], T]) -> tuple[float, T]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def measure(name: str, data: bytes) -> None:
    shelf = load()
    clean_s, cleaned = timed(lambda: clean(data))
    segment = Segment(cleaned.lines)
    recognise_s, (form, _) = timed(lambda: recognise(segment, parse("cat app.log"), shelf))
    assert form is not None
    reduce_s, _ = timed(lambda: form.reduce(segment))
    evidence_s, _ = timed(lambda: form.evidence(segment))
    shorten_s, short = timed(lambda: shorten(cleaned.lines, shelf=shelf, command="cat app.log"))
    count_s, before = timed(lambda: tokens.count(data.decode()))
    speed = len(data) / 1e6 / (clean_s + shorten_s)
    numbers = (clean_s, recognise_s, reduce_s, evidence_s, shorten_s, speed, count_s)
    print(f"{name:<12}" + "".join(f"{number:>10.2f}" for number in numbers), end="   ")
    print(f"{form.name}: {before:,} -> {tokens.count(short.text):,} tokens")


def large() -> None:
    stages = ("clean", "recognise", "reduce", "evidence", "shorten", "MB/s", "tokens")
    print(f"{'20 MB log':<12}" + "".join(f"{stage:>10}" for stage in stages) + "   (seconds; shorten is all but clean)")
    for shape in (application, json_lines, access, errors):
        measure(shape.__name__, log_of(shape))


def memory() -> None:
    data = log_of(application)
    tracemalloc.start()
    shorten(clean(data).lines, shelf=load(), command="cat app.log")
    peak = tracemalloc.get_traced_memory()[1]
    print(f"peak of Python's memory over a 20 MB log: {peak / 1e6:.0f} MB, the log's bytes not included")
    tracemalloc.stop()


def in_ms(data: bytes) -> float:
    shelf = load()
    return statistics.median(timed(lambda: shorten(clean(data).lines, shelf=shelf))[0] for _ in range(15)) * 1000


def small() -> None:
    captures = (path.read_bytes() for path in sorted(CAPTURES.glob("*/*.txt")))
    took = [in_ms(data) for data in captures if 10_000 <= len(data) <= 40_000]
    if took:
        print(f"{len(took)} captures of 10 to 40 KB: p50 {statistics.median(took):.1f} ms, worst {max(took):.1f} ms")
    files = [path.read_text("utf-8") for path in sorted(TOOLS.glob("*.toml"))]
    load_s, _ = timed(lambda: [tomllib.loads(text) for text in files])
    print(f"parsing the shelf, {len(files)} tools: {load_s * 1000:.1f} ms, once in a process")


if __name__ == "__main__":
    tokens.count("the rank file is read on first use")
    small()
    large()
    if "--memory" in sys.argv:
        memory()
