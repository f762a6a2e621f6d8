"""The providers of the bench: one process, one schedule at a time, as little work for each call as can be.

    python provider.py          prints its port; serves until stdin ends

    /begin/SCHEDULE             time zero of that schedule; forgets what it has seen
    /seen                       every call since: who, when, what it got, as JSON
    /a/v1/chat/completions      provider A, and so on; answers in the dialect of OpenAI, streamed where it is asked to

Only the standard library, so that it starts at once and never is what is measured: about 30 us for a call.
"""

import asyncio
import json
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

HEAD = "chatcmpl-bench"
USAGE = {"prompt_tokens": 10, "completion_tokens": 1, "total_tokens": 11}


def framed(status: str, kind: str, body: bytes, extra: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n{extra}\r\n".encode() + body


def whole() -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", "content": "well"}, "finish_reason": "stop"}
    body = {"id": HEAD, "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": USAGE}
    return framed("200 OK", "application/json", json.dumps(body).encode())


def streamed() -> bytes:
    frame = {"id": HEAD, "object": "chat.completion.chunk", "created": 1, "model": "m"}
    events = [
        {**frame, "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}]},
        {**frame, "choices": [{"index": 0, "delta": {"content": "well"}, "finish_reason": None}]},
        {**frame, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
        {**frame, "choices": [], "usage": USAGE},
    ]
    body = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events) + b"data: [DONE]\n\n"
    return framed("200 OK", "text/event-stream", body)


def error(status: str, message: str, code: str, extra: str = "") -> bytes:
    body = {"error": {"message": message, "type": code, "param": None, "code": code}}
    return framed(status, "application/json", json.dumps(body).encode(), extra)


WELL, STREAM = whole(), streamed()
FAILED = error("500 Internal Server Error", "The server had an error", "server_error")


def limited(retry_after_s: float | None) -> bytes:
    extra = "" if retry_after_s is None else f"retry-after: {max(1, round(retry_after_s + 0.5))}\r\n"
    return error("429 Too Many Requests", "Rate limit reached for requests", "rate_limit_exceeded", extra)


@dataclass
class Provider:
    """*outcome* says by the time since the start what a call gets: "well", "limited", "failed" or "hang"."""

    outcome: Callable[[float], str]
    delay_s: float = 0.02
    reset_s: float | None = None
    """Where its rate limit ends, named in `retry-after`; None names nothing."""


def until(end_s: float, what: str, start_s: float = 0.0) -> Callable[[float], str]:
    return lambda at_s: what if start_s <= at_s < end_s else "well"


def schedules() -> dict[str, dict[str, Provider]]:
    chance = random.Random(1)  # noqa: S311 - chance that can be repeated, not a secret

    def unlucky() -> Provider:
        return Provider(lambda _: "failed" if chance.random() < 0.3 else "well")

    well = Provider(lambda _: "well")
    return {
        "limited": {"a": Provider(until(10, "limited")), "b": unlucky(), "c": well},
        "limited-named": {"a": Provider(until(10, "limited"), reset_s=10), "b": unlucky(), "c": well},
        "quota": {"a": Provider(until(24, "limited"), reset_s=24), "b": well, "c": well},
        "hang": {"a": Provider(until(11, "hang", start_s=1)), "b": well, "c": well},
        "at-once": {name: Provider(lambda _: "well", delay_s=0) for name in "abc"},
        "in-20-ms": {name: Provider(lambda _: "well") for name in "abc"},
    }


@dataclass
class Stage:
    schedule: dict[str, Provider] = field(default_factory=dict)
    began: float = 0.0
    seen: list[tuple[str, float, str]] = field(default_factory=list)

    def begin(self, name: str, now: float) -> None:
        self.schedule = schedules()[name]
        self.began = now
        self.seen = []


STAGE = Stage()


class Line(asyncio.Protocol):
    """One connection; requests come one after the other, none before the last was answered."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.data = b""

    def data_received(self, data: bytes) -> None:
        self.data += data
        head, found, body = self.data.partition(b"\r\n\r\n")
        if not found:
            return
        place = head.lower().find(b"content-length:")
        length = int(head[place + 15 :].split(b"\r\n", 1)[0]) if place >= 0 else 0
        if len(body) < length:
            return
        self.data = body[length:]
        self.answer(head.split(b" ", 2)[1].decode(), body)

    def answer(self, path: str, body: bytes) -> None:
        loop = asyncio.get_running_loop()
        parts = path.split("/")
        if parts[1] == "begin":
            STAGE.begin(parts[2], loop.time())
            self.say(framed("200 OK", "application/json", b"{}"))
        elif parts[1] == "seen":
            self.say(framed("200 OK", "application/json", json.dumps(STAGE.seen).encode()))
        else:
            self.serve(parts[1], body, loop)

    def serve(self, name: str, body: bytes, loop: asyncio.AbstractEventLoop) -> None:
        provider = STAGE.schedule[name]
        at_s = loop.time() - STAGE.began
        outcome = provider.outcome(at_s)
        STAGE.seen.append((name, round(at_s, 4), outcome))
        if outcome == "hang":
            return
        if outcome == "well":
            reply = STREAM if b'"stream":true' in body or b'"stream": true' in body else WELL
        elif outcome == "failed":
            reply = FAILED
        else:
            reply = limited(None if provider.reset_s is None else provider.reset_s - at_s)
        if provider.delay_s:
            loop.call_later(provider.delay_s, self.say, reply)
        else:
            self.say(reply)

    def say(self, reply: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(reply)  # type: ignore[attr-defined]  # asyncio gives protocols a base transport


async def main() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Line, "127.0.0.1", 0, backlog=512)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
