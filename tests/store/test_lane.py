from __future__ import annotations

import threading

import anyio
import anyio.from_thread
import anyio.lowlevel
import pytest

from sidecar.store.lane import Abandoned, Lane


async def test_jobs_are_done_in_order_by_one_thread() -> None:
    lane = Lane("test")
    done: list[tuple[int, int]] = []

    async def ask(number: int) -> None:
        await lane.run(lambda _: done.append((number, threading.get_ident())))

    async with anyio.create_task_group() as tasks:
        for number in range(10):
            tasks.start_soon(ask, number)
    await lane.close(lambda: None)
    assert [number for number, _ in done] == list(range(10))
    assert len({thread for _, thread in done}) == 1
    assert threading.get_ident() not in {thread for _, thread in done}


async def test_what_a_job_raises_is_raised_where_it_was_asked_for() -> None:
    lane = Lane("test")

    def fail(_: object) -> None:
        raise LookupError("nothing here")

    with pytest.raises(LookupError, match="nothing here"):
        await lane.run(fail)
    assert await lane.run(lambda _: 3) == 3
    await lane.close(lambda: None)


async def test_a_job_cancelled_before_its_turn_is_never_begun() -> None:
    lane = Lane("test")
    gate = threading.Event()
    done: list[str] = []
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lane.run, lambda _: gate.wait(10))
        await anyio.lowlevel.checkpoint()
        with anyio.CancelScope() as scope:

            async def cancel() -> None:
                scope.cancel()
                await anyio.lowlevel.checkpoint()
                gate.set()

            tasks.start_soon(cancel)
            await lane.run(lambda _: done.append("second"))
    await lane.close(lambda: done.append("closed"))
    assert scope.cancelled_caught
    assert done == ["closed"]


async def test_a_running_job_is_told_that_nobody_waits_and_ends_before_the_caller_goes_on() -> None:
    lane = Lane("test")
    began = anyio.Event()
    ended: list[bool] = []

    def wait_for_the_end(is_abandoned: object) -> None:
        assert callable(is_abandoned)
        anyio.from_thread.run_sync(began.set, token=token)
        pause = threading.Event()
        while not is_abandoned():
            pause.wait(0.001)
        ended.append(True)
        raise Abandoned

    token = anyio.lowlevel.current_token()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lane.run, wait_for_the_end)
        await began.wait()
        tasks.cancel_scope.cancel()
    assert ended == [True]
    await lane.close(lambda: None)


async def test_closing_does_the_last_job_also_when_cancelled() -> None:
    lane = Lane("test")
    done: list[str] = []
    await lane.run(lambda _: None)
    with anyio.CancelScope() as scope:
        scope.cancel()
        await lane.close(lambda: done.append("closed"))
    assert done == ["closed"]
    with pytest.raises(anyio.ClosedResourceError):
        await lane.run(lambda _: None)


async def test_a_lane_that_was_never_used_has_nothing_to_close() -> None:
    lane = Lane("test")
    done: list[str] = []
    await lane.close(lambda: done.append("closed"))
    assert done == []
