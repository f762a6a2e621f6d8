"""An answer as its caller gets it: whole where it fits, else its beginning with a handle for all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import anyio.to_thread

from sidecar.compression import tokens
from sidecar.compression.budget import Bound
from sidecar.errors import StateError
from sidecar.verbs.rooms import Rooms

if TYPE_CHECKING:
    from sidecar.routing.vocabulary import Reply

__all__ = ["Answered", "beside", "cut_to", "reply_document"]


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer as the caller sees it, its receipt, and everything about it for a script."""

    text: str
    receipt: str
    replies: tuple[Reply, ...]
    """Whose answer it is: one, or a panel's with its judge's last."""
    document: Mapping[str, Any]


def reply_document(reply: Reply, line: str) -> dict[str, Any]:
    """*reply* for a script, the whole text included; *line* is its receipt."""
    return {
        "text": reply.answer.text,
        "answered_by": reply.endpoint.key,
        "tier": reply.tier,
        "attempts": [{"endpoint": attempt.endpoint.key, "outcome": attempt.outcome} for attempt in reply.attempts],
        "cost_usd": reply.cost_usd,
        "took_s": reply.took_s,
        "receipt": line,
    }


def beside(bound: Bound, line: str) -> Bound:
    """The room that *line* leaves of *bound*; its tokens are counted only where somebody asked for so many."""
    return bound.without(line, tokens.count if bound.is_asked else len)


async def cut_to(rooms: Rooms, text: str, room: Bound) -> str:
    """*text* whole where *room* admits it; else its beginning, with a handle for all of it."""
    if room.is_open or await anyio.to_thread.run_sync(room.admits, text, tokens.count):
        return text
    data = text.encode("utf-8", errors="replace")
    try:
        last = f'[sidecar: the answer goes on; all of it: recall("{await rooms.store.keep(data, command="ask")}")]'
    except StateError as error:
        last = f"[sidecar: the answer goes on, but could not be kept: {error}]"
    room = beside(room, last)
    part = text if room.tokens is None else tokens.cut(text, max(0, room.tokens))
    part = part if room.chars is None else part[: max(0, room.chars)]
    return f"{part}\n{last}"
