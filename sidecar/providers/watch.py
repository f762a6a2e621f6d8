"""The limits of one attempt: a single deadline that moves on as the attempt reaches its stations.

    connect ──sent──> first token ──a piece──> silence ──why it stopped──> ending ──end marker──> draining
       │                  │                       │ ^                        │
    connect_limit   first_token_limit    silence_limit └─ each piece      the answer is whole

One cancel scope for all of them costs less than a timeout per read (httpx2's own are off), and its
exit closes the connection at once.
"""

from __future__ import annotations

import asyncio
from typing import Any, Literal

import anyio

from sidecar.providers.vocabulary import FailureKind, Limits

__all__ = ["Station", "Watch"]

Station = Literal["connect", "first_token", "silence", "ending", "draining"]

_ENDING_S = 5.0
"""How long usage or an end marker may follow after the model has said why it stopped; the answer is
whole by then and is not lost for a server that forgets to close."""

_DRAINING_S = 0.05
"""How long the end of a finished body is waited for so that its connection can be used again."""


class Watch:
    """The clock of one attempt. Enter *scope*; when it was cancelled, *station* says which limit it was."""

    __slots__ = ("_limits", "_now", "dialled", "in_tls", "scope", "station")

    def __init__(self, limits: Limits, *, station: Station = "connect") -> None:
        self._limits = limits
        self.station: Station = station
        # The clock of `anyio.current_time`, which looks for its backend each time: ten times a call.
        self._now = asyncio.get_running_loop().time
        self.scope = anyio.CancelScope(deadline=self._now() + self._limit_s())
        self.in_tls = False
        self.dialled = ""
        """The host whose connection was opened last for this attempt: a proxy's, where it goes through one."""

    def reach(self, station: Station) -> None:
        """Be at *station* from now on, with its whole limit ahead."""
        self.station = station
        self.scope.deadline = self._now() + self._limit_s()

    def pause(self) -> None:
        """Stop the clock until the next `reach`: what follows is not the provider's time."""
        self.scope.deadline = float("inf")

    async def trace(self, event: str, info: dict[str, Any]) -> None:
        """Follow httpcore2's own account of the attempt, which alone knows when the connection stands."""
        if event == "http11.send_request_headers.started":
            if self.station == "connect" and info["request"].method != b"CONNECT":
                self.reach("first_token")
        elif event == "connection.connect_tcp.started":
            self.dialled = str(info["host"])
        elif ".start_tls." in event:
            self.in_tls = event.endswith((".started", ".failed"))

    @property
    def failure_kind(self) -> FailureKind:
        return _KINDS[self.station]

    @property
    def sentence(self) -> str:
        """What went over which limit, to follow a provider's name."""
        seconds = f"{self._limit_s():g} s"
        if self.station == "connect":
            return f"could not be connected to within {seconds}"
        if self.station == "first_token":
            return f"gave no part of an answer within {seconds}"
        return f"went quiet for {seconds} in the middle of its answer"

    def _limit_s(self) -> float:
        match self.station:
            case "connect":
                return self._limits.connect_s
            case "first_token":
                return self._limits.first_token_s
            case "silence":
                return self._limits.silence_s
            case "ending":
                return min(self._limits.silence_s, _ENDING_S)
            case "draining":
                return _DRAINING_S


_KINDS: dict[Station, FailureKind] = {
    "connect": "connect_limit",
    "first_token": "first_token_limit",
    "silence": "silence_limit",
    "ending": "silence_limit",
    "draining": "silence_limit",
}
