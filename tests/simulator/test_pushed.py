"""Pushed time: hours pass at once, and nothing is ever ready while they do."""

from __future__ import annotations

import asyncio
import threading
import time

import anyio
import anyio.to_thread

from sidecar.simulator.pushed import PushedLoop, run_pushed


def test_an_hour_passes_at_once() -> None:
    async def main() -> float:
        await anyio.sleep(3600)
        return anyio.current_time()

    began = time.perf_counter()
    assert run_pushed(main) == 3600
    assert time.perf_counter() - began < 60


def test_sleepers_wake_in_their_order() -> None:
    async def main() -> list[str]:
        woken: list[str] = []

        async def sleep(name: str, seconds: float) -> None:
            await anyio.sleep(seconds)
            woken.append(f"{name} at {anyio.current_time():g}")

        async with anyio.create_task_group() as group:
            group.start_soon(sleep, "late", 7200)
            group.start_soon(sleep, "early", 60)
            with anyio.move_on_after(600):
                await anyio.sleep_forever()
            woken.append(f"limit at {anyio.current_time():g}")
        return woken

    assert run_pushed(main) == ["early at 60", "limit at 600", "late at 7200"]


def test_time_stands_still_while_a_thread_works() -> None:
    """Each thread waits until the loop has looked around a while, with a sleeper that could be pushed."""

    async def main() -> list[float]:
        seen = []
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep, 3600)
            await anyio.to_thread.run_sync(threading.Event().wait, 0.12)
            seen.append(anyio.current_time())
            await asyncio.to_thread(threading.Event().wait, 0.12)
            seen.append(anyio.current_time())
        return [*seen, anyio.current_time()]

    assert run_pushed(main) == [0, 0, 3600]


def test_time_stands_still_while_it_is_held() -> None:
    async def main() -> list[float]:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, PushedLoop)
        done = anyio.Event()

        def work() -> None:
            threading.Event().wait(0.12)
            loop.call_soon_threadsafe(done.set)

        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep, 3600)
            with loop.held():
                thread = threading.Thread(target=work)
                thread.start()
                await done.wait()
            thread.join()
            held_until = anyio.current_time()
        return [held_until, anyio.current_time()]

    assert run_pushed(main) == [0, 3600]
