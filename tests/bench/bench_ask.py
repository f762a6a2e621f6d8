"""Added time per ask: router, provider and ledger beside a bare HTTP client, on a simulator that answers at once.

    python tests/bench/bench_ask.py [ROUNDS]

The simulator runs in a process of its own. Every round asks once each way, in turning order: the bare httpx2
client, the router with a book that forgets, the router with the ledger on disk. Prints medians, what is added
to the bare client's, and the ratio.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import anyio
import httpx2

from sidecar.providers import Providers, open_providers
from sidecar.providers.pricing import price_usd
from sidecar.providers.vocabulary import Access, Answer, Limits, Message, Request
from sidecar.routing.endpoints import Endpoint
from sidecar.routing.route import Route, Tier
from sidecar.routing.router import Router
from sidecar.routing.seams import HealthBook
from sidecar.routing.vocabulary import Ask, OnText
from sidecar.store import Store
from sidecar.store.vocabulary import Call, Health, Turn

SIMULATOR = """
import sys
import anyio
from sidecar.simulator import Reply, Schedule, Simulated, simulate

async def main():
    quick = Schedule(reply=Reply(text="well"))
    async with simulate([Simulated("quick", "openai-chat", quick)]) as simulation:
        print(simulation.base_url("quick"), flush=True)
        await anyio.to_thread.run_sync(sys.stdin.read)

anyio.run(main)
"""

MODEL = "gpt-4o-mini"
WARM_UP = 50


@contextmanager
def simulator() -> Iterator[str]:
    """The base URL of a provider in another process."""
    process = subprocess.Popen(
        [sys.executable, "-c", SIMULATOR], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait(10)


class Forgetful:
    """A book that remembers nothing and touches no disk."""

    async def health(self) -> Mapping[str, Health]:
        return {}

    async def change_health(self, keys: Sequence[str], change: Callable[[str, Health], Health]) -> Mapping[str, Health]:
        return {key: change(key, Health()) for key in keys}

    async def record_call(
        self,
        call: Call,
        *,
        thread: str | None = None,
        turns: Sequence[Turn] = (),
        healths: Callable[[str, Health], Health] | None = None,
        health_keys: Sequence[str] = (),
        reserved: Sequence[int] = (),
    ) -> None:
        del call, thread, turns, healths, health_keys

    async def say(self, thread: str, turns: Sequence[Turn]) -> None:
        del thread, turns


def bare(client: httpx2.AsyncClient, base_url: str) -> Callable[[], Awaitable[object]]:
    """The same request as the router's, its stream read to the end and parsed."""
    body = {
        "model": MODEL,
        "messages": [{"role": "user", "content": "How are you?"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }

    async def ask() -> str:
        response = await client.post(f"{base_url}/chat/completions", json=body, headers={"authorization": "Bearer key"})
        events = [line[6:] for line in response.text.splitlines() if line.startswith("data: {")]
        parts = [choice["delta"].get("content", "") for event in events for choice in json.loads(event)["choices"]]
        return "".join(parts)

    return ask


def routed(book: HealthBook, providers: Providers, base_url: str) -> Callable[[], Awaitable[object]]:
    """An ask through the router, priced, as the sidecar assembles it."""
    access = Access(provider="openai", base_url=base_url, key="key")
    endpoint = Endpoint("openai", MODEL)

    async def send(endpoint: Endpoint, request: Request, limits: Limits, on_text: OnText | None) -> Answer:
        return await providers.dialect(endpoint.dialect).send(request, access, limits=limits, on_text=on_text)

    def price(endpoint: Endpoint, answer: Answer) -> float | None:
        return price_usd(answer.usage, pricing="openai", model_id=endpoint.model_id, billing="metered")

    router = Router(book, send, price)
    route = Route("default", (Tier("only", (endpoint,)),))
    question = Ask((Message("user", "How are you?"),))

    async def ask() -> str:
        return (await router.route(route, question)).answer.text

    return ask


async def measure(ways: Mapping[str, Callable[[], Awaitable[object]]], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of every ask, after a warm-up that is not counted."""
    took: dict[str, list[float]] = {name: [] for name in ways}
    names = list(ways)
    for round_ in range(rounds + WARM_UP):
        for place in range(len(names)):
            name = names[(round_ + place) % len(names)]
            began = time.perf_counter()
            said = await ways[name]()
            took_ms = (time.perf_counter() - began) * 1000
            assert said == "well"
            if round_ >= WARM_UP:
                took[name].append(took_ms)
    return took


async def bench(base_url: str, rounds: int) -> dict[str, list[float]]:
    with tempfile.TemporaryDirectory() as folder:
        run_dir = Path(folder)
        async with (
            open_providers(environ={}, run_dir=run_dir) as providers,
            Store.open(run_dir / "state") as store,
            httpx2.AsyncClient(timeout=30, trust_env=False) as client,
        ):
            ways = {
                "bare httpx2 client": bare(client, base_url),
                "router, no ledger": routed(Forgetful(), providers, base_url),
                "router with ledger": routed(store, providers, base_url),
            }
            return await measure(ways, rounds)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with simulator() as base_url:
        took = anyio.run(bench, base_url, rounds)
    base = statistics.median(took["bare httpx2 client"])
    print(f"one ask on a 0 ms simulator, {rounds} rounds, in turns")
    for name, times in took.items():
        median = statistics.median(times)
        p95 = statistics.quantiles(times, n=20)[-1]
        added = f"added {median - base:5.2f} ms   x{median / base:.2f}" if median != base else ""
        print(f"  {name:20} median {median:5.2f} ms   p95 {p95:5.2f} ms   {added}")


if __name__ == "__main__":
    main()
