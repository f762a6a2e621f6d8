"""Simulated providers while they run: one ASGI application for all of them, and what it has seen.

/{name}{path of the dialect}    a provider
/elsewhere/...                  where redirects lead; whatever arrives there is only recorded
/                               the providers, their base URLs and what they did, as JSON
"""

from __future__ import annotations

import difflib
import json
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import anyio

from sidecar.errors import ConfigurationError
from sidecar.simulator.counting import Counted
from sidecar.simulator.dialect import Received
from sidecar.simulator.play import Line, Sleep, play
from sidecar.simulator.room import KEPT_CALLS, Room, record
from sidecar.simulator.script import Step, json_script
from sidecar.simulator.vocabulary import DialectName, Schedule, Seen, Simulated

__all__ = ["Simulation"]

ELSEWHERE = "elsewhere"


class Simulation:
    """The running providers: where they are, what they saw, and a way to change their minds.

    `sidecar.simulator.simulate` makes and serves one. *clock* gives seconds since the epoch, *sleep* is what
    delays are waited with, *seed* decides every chance.
    """

    def __init__(
        self, providers: Sequence[Simulated], *, clock: Callable[[], float], sleep: Sleep, seed: int, port: int
    ) -> None:
        self.port = port
        self._clock = clock
        self._sleep = sleep
        self._seed = seed
        self._started_at = clock()
        self._rooms: dict[str, Room] = {}
        self._elsewhere: deque[Seen] = deque(maxlen=KEPT_CALLS)
        self._serial = 0
        self._in_flight = 0
        self._changed = anyio.Event()
        for provider in providers:
            if provider.name in (*self._rooms, ELSEWHERE) or not provider.name or "/" in provider.name:
                raise ConfigurationError(
                    f"A simulated provider cannot be called `{provider.name}`: each needs its own name, without `/`, "
                    f"and `{ELSEWHERE}` is taken."
                )
            self._rooms[provider.name] = Room(provider, seed=seed)

    @property
    def names(self) -> tuple[str, ...]:
        """The providers, in the order given."""
        return tuple(self._rooms)

    def base_url(self, name: str) -> str:
        """What goes into `base_url` of the configuration for that provider."""
        return f"http://127.0.0.1:{self.port}/{name}{self._room(name).dialect.path}"

    def dialect(self, name: str) -> DialectName:
        """What that provider speaks."""
        return self._room(name).provider.dialect

    def calls(self, name: str) -> list[Seen]:
        """The latest 10,000 calls that provider has seen, oldest first; `elsewhere` is where redirects lead."""
        return list(self._elsewhere if name == ELSEWHERE else self._room(name).seen)

    def listings(self, name: str) -> list[Seen]:
        """Who asked that provider which models it has, oldest first."""
        return list(self._room(name).listings)

    def outcomes(self, name: str) -> dict[str, int]:
        """How often each outcome was chosen, over all calls."""
        return dict(self._room(name).outcomes)

    def counted(self, name: str) -> tuple[Counted, ...]:
        """What the quotas of that provider have counted, account by account, as it stands now."""
        return self._room(name).counted(self._clock() - self._started_at)

    def change(self, name: str, schedule: Schedule) -> None:
        """From its next call on the provider follows *schedule*; times still count from the start."""
        self._room(name).follow(schedule)

    def restart(self) -> None:
        """Time zero again: every schedule begins anew, as first given, and no call was ever seen."""
        self._started_at = self._clock()
        self._elsewhere.clear()
        self._rooms = {name: Room(room.provider, seed=self._seed) for name, room in self._rooms.items()}

    async def arrived(self, name: str, count: int = 1) -> None:
        """Returns once that provider has seen at least *count* calls."""
        while len(self.calls(name)) < count:
            await self._changed.wait()

    async def quiet(self) -> None:
        """Returns once no call is under way: every client that left has been noticed."""
        while self._in_flight:
            await self._changed.wait()

    async def __call__(
        self, scope: Mapping[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        """The application, in plain ASGI.

        Starlette would add nothing: one split finds the provider, and it has no word for closing a socket.
        """
        line = Line(receive, send, scope["state"]["transport"], sleep=self._sleep)
        self._in_flight += 1
        seen: Seen | None = None
        try:
            data = await line.read()
            if not line.left:
                seen, steps = self._serve(scope, _parsed(data))
                self._tell()
                await play(steps, line)
        finally:
            if seen is not None:
                seen.ended_at = self._clock() - self._started_at
                seen.client_disconnected = line.left
            self._in_flight -= 1
            self._tell()

    def _serve(self, scope: Mapping[str, Any], body: Any) -> tuple[Seen | None, list[Step]]:
        now = self._clock()
        at_s = now - self._started_at
        _, name, *rest = str(scope["path"]).split("/", 2)
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        call = Received("/" + "".join(rest), scope["query_string"].decode("latin-1"), headers, body, "")
        room = self._rooms.get(name)
        if room is not None:
            self._serial += 1
            elsewhere = f"http://localhost:{self.port}/{ELSEWHERE}{call.path}"
            return room.serve(call, at_s=at_s, now=now, serial=self._serial, elsewhere=elsewhere)
        if name == ELSEWHERE:
            self._elsewhere.append(record(ELSEWHERE, call, at_s=at_s))
            return self._elsewhere[-1], json_script(404, {"error": {"message": "This is another host."}})
        if name:
            return None, json_script(404, {"error": {"message": self._unknown(name)}})
        return None, json_script(200, self._overview())

    def _overview(self) -> Any:
        return {
            name: {
                "dialect": room.provider.dialect,
                "base_url": self.base_url(name),
                "models": room.provider.models,
                "outcomes": room.outcomes,
            }
            for name, room in self._rooms.items()
        }

    def _room(self, name: str) -> Room:
        if name not in self._rooms:
            raise ConfigurationError(self._unknown(name))
        return self._rooms[name]

    def _unknown(self, name: str) -> str:
        near = difflib.get_close_matches(name, self._rooms, n=1, cutoff=0.0)
        return f"No provider here is called `{name}`" + (f"; the nearest is `{near[0]}`." if near else ".")

    def _tell(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data) if data else None
    except ValueError:
        return None
