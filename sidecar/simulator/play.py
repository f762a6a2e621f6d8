"""Performs a script over one ASGI connection, and notices when the client leaves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

import anyio

from sidecar.simulator.script import Body, Dribble, Drop, Flood, Head, Step, Wait
from sidecar.simulator.vocabulary import Hang

__all__ = ["Line", "play"]

Sleep = Callable[[float], Awaitable[None]]


class _Transport(Protocol):
    def close(self) -> None: ...


class Line:
    """One call's connection; `left` says that the client went away before the end."""

    def __init__(
        self,
        receive: Callable[[], Awaitable[Any]],
        send: Callable[[Any], Awaitable[None]],
        transport: _Transport,
        *,
        sleep: Sleep,
    ) -> None:
        self._receive = receive
        self._send = send
        self._transport = transport
        self.sleep = sleep
        self.left = False
        self._is_over = False

    async def read(self) -> bytes:
        """The whole request body."""
        message = await self._receive()
        data: bytes = message.get("body", b"")
        while message.get("more_body"):
            message = await self._receive()
            data += message.get("body", b"")
        if message["type"] == "http.disconnect":
            self.left = True
        return data

    async def head(self, head: Head) -> None:
        await self._send({"type": "http.response.start", "status": head.status, "headers": list(head.headers)})

    async def body(self, data: bytes, *, more: bool) -> None:
        self._is_over = not more
        await self._send({"type": "http.response.body", "body": data, "more_body": more})

    async def gone(self) -> None:
        """Returns once the connection is closed, from either side."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def watch(self) -> None:
        """Returns when the client leaves before the end, or once there is nothing left to watch."""
        await self.gone()
        # A reply that is over looks like a departure to `receive`; only what came first tells them apart.
        self.left = not self._is_over

    def drop(self) -> None:
        self._is_over = True
        self._transport.close()


async def play(steps: Sequence[Step], line: Line) -> None:
    """Performs *steps* to the end, or until the client leaves (`line.left`)."""
    if any(isinstance(step, Wait | Hang | Dribble | Flood) for step in steps):
        await _play_watching(steps, line)
    else:
        # Most calls: nothing to wait for, so no second task that waits for the client to leave.
        await _play(steps, line)


async def _play_watching(steps: Sequence[Step], line: Line) -> None:
    async with anyio.create_task_group() as group:

        async def watch() -> None:
            await line.watch()
            group.cancel_scope.cancel()

        group.start_soon(watch)
        await _play(steps, line)
        group.cancel_scope.cancel()


async def _play(steps: Sequence[Step], line: Line) -> None:
    waiting: bytes | None = None  # bodies next to each other become one packet, the last of all ends the reply
    for step in steps:
        if waiting is not None and not isinstance(step, Body):
            await line.body(waiting, more=True)
            waiting = None
        match step:
            case Wait(seconds):
                await line.sleep(seconds)
            case Head():
                await line.head(step)
            case Body(data):
                waiting = data if waiting is None else waiting + data
            case Flood(data, times):
                for _ in range(times):
                    await line.body(data, more=True)
            case Dribble(data, bytes_per_s):
                for place in range(len(data)):
                    await line.body(data[place : place + 1], more=True)
                    await line.sleep(1 / bytes_per_s)
            case Hang():
                await anyio.sleep_forever()
            case Drop():
                line.drop()
                await line.gone()
                return
    await line.body(waiting or b"", more=False)
