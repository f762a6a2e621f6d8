"""What is sent for one call, as a list of steps: effects and dialects end here, sockets begin in `play`.

Wait · Head · Body, Body ...            a reply
Wait · Head · Body · Hang               a reply that goes quiet
Head · Body · Drop                      a reply that is cut
Drop                                    no reply at all
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sidecar.simulator.course import Effect
from sidecar.simulator.dialect import CHARACTERS_PER_TOKEN, Asked, Dialect, Spoken, speak, to_json
from sidecar.simulator.resets import fill, reset_words
from sidecar.simulator.vocabulary import (
    Cut,
    Empty,
    ErrorBody,
    Exit,
    Garbage,
    Hang,
    Huge,
    Redirect,
    Refuse,
    Reply,
    Status,
    Trickle,
)

__all__ = ["Body", "Dribble", "Drop", "Flood", "Head", "Step", "Wait", "json_script", "script"]

# Stands where a huge text goes; no dialect writes it itself.
_GAP = "\N{OBJECT REPLACEMENT CHARACTER}"

RawHeaders = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Wait:
    seconds: float


@dataclass(frozen=True, slots=True)
class Head:
    status: int
    headers: RawHeaders


@dataclass(frozen=True, slots=True)
class Body:
    data: bytes


@dataclass(frozen=True, slots=True)
class Flood:
    """The same bytes many times over, never held in memory at once."""

    data: bytes
    times: int


@dataclass(frozen=True, slots=True)
class Dribble:
    """A byte at a time."""

    data: bytes
    bytes_per_s: float


@dataclass(frozen=True, slots=True)
class Drop:
    """Close the socket, whatever was promised; what was sent before still arrives."""


Step = Wait | Head | Body | Flood | Dribble | Hang | Drop


def script(asked: Asked, effect: Effect, dialect: Dialect, *, serial: int, now: float, elsewhere: str) -> list[Step]:
    """The steps for one call; *now* is seconds since the epoch, *elsewhere* the target of a redirect without one."""
    sent, window = (str(length) for length in effect.lengths)
    words = {"model": asked.model, "problem": effect.problem, "sent": sent, "window": window}
    words |= reset_words(reset_s=effect.reset_s, now=now)
    writer = _Writer(asked, effect.reply, dialect, serial, _headers(effect, dialect, words, now))
    failing = effect.fault
    match Status(status=500, text=failing.text) if isinstance(failing, Exit) else failing:
        case None:
            return writer.reply()
        case Status() as fault:
            return _status(fault, words, extra=writer.headers)
        case Redirect() as fault:
            headers = {"location": fill(fault.location or elsewhere, words)}
            return _status(Status(status=fault.status, headers=headers), words, extra={})
        case Refuse():
            return [Drop()]
        case Hang(after_tokens=after_tokens) as hang:
            return [*([] if after_tokens is None else writer.until(after_tokens)), hang]
        case Cut() as cut:
            return writer.cut(cut)
        case ErrorBody() as fault:
            return writer.failing(fill(fault.body, words), after_tokens=fault.after_tokens)
        case Empty():
            return _Writer(asked, Reply(text=""), dialect, serial, writer.headers).reply()
        case Garbage() as fault:
            return writer.garbage(after_tokens=fault.after_tokens)
        case Trickle() as fault:
            return list(_dribbled(writer.reply(), fault.bytes_per_s))
        case Huge() as fault:
            return writer.huge(fault.size_bytes)


def _headers(effect: Effect, dialect: Dialect, words: Mapping[str, str], now: float) -> dict[str, str]:
    """The reply's own, and what is left of quotas."""
    own = {key: fill(value, words) for key, value in effect.reply.headers.items()} if effect.fault is None else {}
    for quota in effect.quotas:
        if quota.unit != "usd":  # which no vendor tells with a call
            own |= dialect.quota_headers(quota, reset_words(reset_s=quota.reset_s, now=now))
    return own


def json_script(status: int, value: Any, headers: Mapping[str, str] | None = None) -> list[Step]:
    """A whole JSON body."""
    data = to_json(value)
    return [_head(status, {"content-type": "application/json", **(headers or {})}, len(data)), Body(data)]


class _Writer:
    """Writes one answer, streamed or whole, and the ways it can break off."""

    def __init__(self, asked: Asked, reply: Reply, dialect: Dialect, serial: int, headers: Mapping[str, str]) -> None:
        self.asked = asked
        self.pace = reply
        self.dialect = dialect
        self.headers = headers
        self.spoken: Spoken = speak(asked, reply, serial=serial)

    def reply(self) -> list[Step]:
        if self.asked.streams:
            return [*self._opened(), *self._pieces(self.spoken.text), Body(self.dialect.closing(self.spoken))]
        return [*self._patience(), *json_script(200, self.dialect.whole(self.spoken), self.headers)]

    def until(self, after_tokens: int) -> list[Step]:
        """The answer up to so many tokens, promising more."""
        if self.asked.streams:
            return [*self._opened(), *self._pieces(self._first(after_tokens))]
        data = to_json(self.dialect.whole(self.spoken))
        kept = data[: min(len(data) - 1, after_tokens * CHARACTERS_PER_TOKEN)]
        return [
            *self._patience(),
            _head(200, {"content-type": "application/json", **self.headers}, len(data)),
            *([Body(kept)] if kept else []),
        ]

    def cut(self, cut: Cut) -> list[Step]:
        steps = self.until(cut.after_tokens)
        if cut.end == "broken":
            return [*steps, Drop()]
        if self.asked.streams:
            return steps
        # Without streaming a tidy end is a JSON text that stops early under its own right length.
        data = b"".join(step.data for step in steps if isinstance(step, Body))
        return [_head(200, {"content-type": "application/json", **self.headers}, len(data)), Body(data)]

    def failing(self, body: Any, *, after_tokens: int) -> list[Step]:
        if not self.asked.streams:
            return json_script(200, body, self.headers)
        said = self._first(after_tokens)
        before = [*self._opened(), *self._pieces(said)] if said else [self._stream_head()]
        return [*before, Body(self.dialect.failing(body))]

    def garbage(self, *, after_tokens: int) -> list[Step]:
        if not self.asked.streams:
            data = to_json(self.dialect.whole(self.spoken))
            broken = data[: len(data) // 2] + b'"}]'
            return [_head(200, {"content-type": "application/json"}, len(broken)), Body(broken)]
        said = self._first(after_tokens)
        before = [*self._opened(), *self._pieces(said)] if said else [self._stream_head()]
        return [*before, Body(self.dialect.garbage)]

    def huge(self, size_bytes: int) -> list[Step]:
        if self.asked.streams:
            piece = self.dialect.piece(self.spoken, "x" * 8192)
            flood = Flood(piece, max(1, size_bytes // 8192))
            return [*self._opened(), flood, Body(self.dialect.closing(self.spoken))]
        whole = to_json(self.dialect.whole(replace(self.spoken, text=_GAP)))
        before, _, after = whole.partition(_GAP.encode())
        flood = Flood(b"x" * 65_536, max(1, size_bytes // 65_536))
        head = Head(200, _raw({"content-type": "application/json", **self.headers}))
        return [head, Body(before), flood, Body(after)]

    def _opened(self) -> list[Step]:
        steps: list[Step] = [Wait(self.pace.delay_s)] if self.pace.delay_s else []
        steps.append(self._stream_head())
        if self.pace.comment is not None:
            steps.append(Body(self.dialect.comment(self.pace.comment)))
        if self.pace.first_token_s:
            steps.append(Wait(self.pace.first_token_s))
        opening = self.dialect.opening(self.spoken)
        return [*steps, Body(opening)] if opening else steps

    def _pieces(self, text: str) -> Iterator[Step]:
        size = max(1, self.pace.chunk_tokens) * CHARACTERS_PER_TOKEN
        for start in range(0, len(text), size):
            piece = text[start : start + size]
            if self.pace.tokens_per_s:
                yield Wait(len(piece) / CHARACTERS_PER_TOKEN / self.pace.tokens_per_s)
            yield Body(self.dialect.piece(self.spoken, piece))

    def _patience(self) -> list[Step]:
        seconds = self.pace.delay_s + self.pace.first_token_s
        if self.pace.tokens_per_s:
            seconds += len(self.spoken.text) / CHARACTERS_PER_TOKEN / self.pace.tokens_per_s
        return [Wait(seconds)] if seconds else []

    def _first(self, count: int) -> str:
        return self.spoken.text[: count * CHARACTERS_PER_TOKEN]

    def _stream_head(self) -> Head:
        return Head(200, self.dialect.stream_head + _raw(self.headers))


def _status(fault: Status, words: Mapping[str, str], *, extra: Mapping[str, str]) -> list[Step]:
    headers = {**{name.lower(): fill(value, words) for name, value in fault.headers.items()}, **extra}
    if fault.body is not None:
        return json_script(fault.status, fill(fault.body, words), headers)
    data = fill(fault.text, words).encode()
    return [_head(fault.status, headers, len(data)), Body(data)]


def _dribbled(steps: list[Step], bytes_per_s: float) -> Iterator[Step]:
    for step in steps:
        yield Dribble(step.data, bytes_per_s) if isinstance(step, Body) else step


def _head(status: int, headers: Mapping[str, str], length: int) -> Head:
    return Head(status, (*_raw(headers), (b"content-length", str(length).encode())))


def _raw(headers: Mapping[str, str]) -> RawHeaders:
    return tuple((name.lower().encode(), value.encode()) for name, value in headers.items())
