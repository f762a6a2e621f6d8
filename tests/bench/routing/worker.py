"""One contender in a process of its own: asks as it is told on stdin, a JSON line each, and tells how it went.

    python worker.py here|litellm|bare BASE_URL STATE_FOLDER

    {"do": "steadily", "seconds": 18, "per_s": 10}     calls at a steady pace, answered or not
    {"do": "in-turn", "calls": 100}                    one after the other
    {"do": "at-once", "calls": 640, "width": 64}       so many under way at any time

Each reply has the CPU seconds of the process and a list of [when it was asked, how long it took, who answered or ""],
in seconds since the first.
It runs in the contender's own environment, so nothing is imported that is not its own.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

Ask = Callable[[], Awaitable[str]]
PROMPT = "How are you?"
HANG_LIMIT_S = 2.0

Made = list[tuple[float, float, str]]


async def timed(ask: Ask, began: float, made: Made) -> None:
    at = time.perf_counter()
    try:
        who = await ask()
    except Exception as error:  # noqa: BLE001 - whatever a contender raises: the call is lost, and that is the figure
        sys.stderr.write(f"{type(error).__name__}: {error}"[:300] + "\n")
        who = ""
    made.append((at - began, time.perf_counter() - at, who))


async def steadily(ask: Ask, *, seconds: float, per_s: float) -> Made:
    made: Made = []
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(round(seconds * per_s)):
            await asyncio.sleep(max(0.0, began + number / per_s - time.perf_counter()))
            group.create_task(timed(ask, began, made))
    return made


async def in_turn(ask: Ask, *, calls: int) -> Made:
    made: Made = []
    began = time.perf_counter()
    for _ in range(calls):
        await timed(ask, began, made)
    return made


async def at_once(ask: Ask, *, calls: int, width: int) -> Made:
    made: Made = []
    left = iter(range(calls))
    began = time.perf_counter()

    async def one_after_another() -> None:
        for _ in left:
            await timed(ask, began, made)

    async with asyncio.TaskGroup() as group:
        for _ in range(width):
            group.create_task(one_after_another())
    return made


WAYS: dict[str, Callable[..., Awaitable[Made]]] = {"steadily": steadily, "in-turn": in_turn, "at-once": at_once}


async def obey(ask: Ask) -> None:
    """Ask once to have everything imported, then do as told until stdin ends."""
    await ask()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        order = json.loads(line)
        cpu_began = time.process_time()
        made = await WAYS[order.pop("do")](ask, **order)
        sys.stdout.write(json.dumps({"cpu_s": time.process_time() - cpu_began, "calls": made}) + "\n")
        sys.stdout.flush()


async def here(base_url: str, state: str) -> None:
    """The whole `ask` of this sidecar, three tiers, its ledger on disk."""
    from sidecar.app import open_rooms
    from sidecar.verbs.ask import ask_model
    from sidecar.verbs.rooms import Caller

    folder = Path(state)
    folder.mkdir(parents=True, exist_ok=True)
    account = [{"key": "env:BENCH_KEY"}]
    configuration: dict[str, Any] = {
        "providers": {
            name: {"dialect": "openai-chat", "base_url": f"{base_url}/{name}/v1", "accounts": account} for name in "abc"
        },
        "models": {
            "default": {
                "tiers": [{"name": name, "targets": [f"{name}/gpt-4o-mini"]} for name in "abc"],
                "limits": {"first_token_s": HANG_LIMIT_S},
            }
        },
    }
    path = folder / "config.json"
    path.write_text(json.dumps(configuration))
    environ = {
        "HOME": str(folder),
        "SIDECAR_CONFIG": str(path),
        "SIDECAR_STATE": str(folder / "state"),
        "BENCH_KEY": "key",
    }
    async with open_rooms(cwd=folder, environ=environ) as rooms:
        caller = Caller(is_agent=False)

        async def ask() -> str:
            return (await ask_model(rooms, caller=caller, prompt=PROMPT)).replies[0].tier

        await obey(ask)


async def litellm(base_url: str, _state: str) -> None:
    """LiteLLM's Router as its users tune it: no retries, a failing deployment cools for five seconds."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    import litellm as library  # type: ignore[import-not-found, unused-ignore]  # in its own environment
    from litellm import Router

    library.suppress_debug_info = True
    library.telemetry = False
    router = Router(
        model_list=[
            {
                "model_name": name,
                "litellm_params": {
                    "model": "openai/gpt-4o-mini",
                    "api_base": f"{base_url}/{name}/v1",
                    "api_key": "key",
                    "timeout": HANG_LIMIT_S,
                },
                "model_info": {"id": name},
            }
            for name in "abc"
        ],
        fallbacks=[{"a": ["b", "c"]}, {"b": ["c"]}],
        num_retries=0,
        allowed_fails=1,
        cooldown_time=5,
    )

    async def ask() -> str:
        reply = await router.acompletion(model="a", messages=[{"role": "user", "content": PROMPT}])
        return str(reply._hidden_params["model_id"])  # where it says who answered

    await obey(ask)


async def bare(base_url: str, _state: str) -> None:
    """A client that tries A, then B, then C for every call and remembers nothing."""
    import httpx2

    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": PROMPT}]}
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=128)
    async with httpx2.AsyncClient(timeout=HANG_LIMIT_S, trust_env=False, limits=limits) as client:

        async def ask() -> str:
            for name in "abc":
                try:
                    reply = await client.post(
                        f"{base_url}/{name}/v1/chat/completions", json=body, headers={"authorization": "Bearer key"}
                    )
                except httpx2.HTTPError:
                    continue
                if reply.status_code == 200 and reply.json()["choices"][0]["message"]["content"]:
                    return name
            return ""

        await obey(ask)


if __name__ == "__main__":
    asyncio.run({"here": here, "litellm": litellm, "bare": bare}[sys.argv[1]](*sys.argv[2:]))
