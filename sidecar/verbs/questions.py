"""What is asked: read and checked once, then aimed at a model, fitted to the windows of those who may answer.

prompt + attach ──read once──> Question ──aimed at a model──> its route, without those who cannot take it, and the ask
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import anyio.to_thread

from sidecar.compression import tokens
from sidecar.errors import WrongUsage
from sidecar.providers.vocabulary import Message
from sidecar.store.vocabulary import Turn
from sidecar.verbs.attaching import Reading, attached, images_of, without_secrets
from sidecar.verbs.depth import may_ask
from sidecar.verbs.rooms import Rooms

if TYPE_CHECKING:
    from sidecar.routing.route import Route
    from sidecar.routing.vocabulary import Ask, Fit
    from sidecar.switchboard.switchboard import Switchboard

__all__ = ["Aimed", "Question", "aimed", "questioned", "said_earlier"]

_SURE = 1.25
"""Vendors count differently from o200k: so far over its window, a conversation is too long by anybody's count."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, read and checked once, whoever is asked; *earlier* is what was said in its thread."""

    switchboard: Switchboard
    prompt: str
    system: str | None
    schema: Mapping[str, Any] | None
    thread: str | None
    earlier: tuple[Turn, ...]
    has_images: bool
    fit: Fit | None


@dataclass(frozen=True, slots=True)
class Aimed:
    """A question to one model, ready to be routed."""

    route: Route
    ask: Ask


async def questioned(
    rooms: Rooms,
    *,
    prompt: str,
    attach: Sequence[str] = (),
    system: str | None = None,
    thread: str | None = None,
    schema: Mapping[str, Any] | None = None,
) -> Question:
    """What is asked, of nobody yet.

    *attach* names what the model reads (`path`, `path:10-80`, a handle, an image), *thread* a conversation to begin
    or go on with, *schema* a JSON Schema for the answer. Raises WrongUsage or ConfigurationError.
    """
    from sidecar.routing.schema import check_schema

    if not prompt.strip():
        raise WrongUsage("`ask` needs a `prompt` with something in it.")
    if not may_ask(rooms.environ):
        raise WrongUsage(
            "This sidecar was started by a model that a sidecar asked; it asks nobody, or they would go round."
        )
    if schema is not None:
        check_schema(schema)
    given = [await attached(rooms, words) for words in attach]
    images = images_of(given)
    attachments = [await without_secrets(rooms, each) for each in given if each.name not in images]
    turns = await rooms.store.thread(thread) if thread is not None else ()
    reading = Reading(
        rooms,
        prompt=prompt,
        attachments=attachments,
        images=images,
        system=system or "",
        earlier=said_earlier(turns),
        keeps=thread is not None,
    )
    return Question(
        await rooms.switchboard(),
        prompt,
        system,
        schema,
        thread,
        turns,
        has_images=bool(images),
        fit=reading.messages if given else None,
    )


async def aimed(rooms: Rooms, question: Question, model: str, *, by_chance: bool = True) -> Aimed:
    """*question* to *model*, those passed over that cannot take it; raises WrongUsage for a name nobody configured.

    *by_chance* takes an order that leaves something to chance as it falls, else as it usually stands.
    """
    from sidecar.routing.vocabulary import Ask

    switchboard = question.switchboard
    route = await (switchboard.route(model) if by_chance else switchboard.usual_route(model))
    if question.has_images:
        route = _seeing(route, switchboard)
    route = _staying(route, question.earlier, rooms.clock())
    earlier = said_earlier(question.earlier)
    ask = Ask(
        messages=(*earlier, Message("user", question.prompt, cache=question.thread is not None)),
        system=question.system,
        schema=question.schema,
        thread=question.thread,
        turns=(Turn("user", question.prompt),),
        fit=question.fit,
    )
    return Aimed(await _reading_enough(route, ask, switchboard), ask)


def _seeing(route: Route, switchboard: Switchboard) -> Route:
    """The route with those passed over that read no images."""
    blind = {
        endpoint.key: "it is not known to read images; `images` in its provider's configuration says so"
        for endpoint in route.endpoints
        if not switchboard.reads_images(endpoint)
    }
    return replace(route, excluded={**blind, **route.excluded})


async def _reading_enough(route: Route, ask: Ask, switchboard: Switchboard) -> Route:
    """The route without those whose window the words alone are over, by far, so that nobody is asked in vain."""
    said = "\n".join((ask.system or "", *(message.text for message in ask.messages)))
    windows = {
        endpoint.key: window
        for endpoint in route.endpoints
        if (window := switchboard.window_tokens(endpoint)) is not None and window * _SURE < len(said)
    }
    if not windows:
        return route  # a token is rarely less than a character, so there is nothing to count
    size = await anyio.to_thread.run_sync(tokens.count, said)
    small = {
        key: f"it reads {window:,} tokens, and the words alone are about {size:,}"
        for key, window in windows.items()
        if window * _SURE < size
    }
    return replace(route, excluded={**small, **route.excluded})


def _staying(route: Route, turns: Sequence[Turn], now: float) -> Route:
    """The route of a thread: who answered it last goes first in its tier, while that saves reading it all again."""
    from sidecar.routing.affinity import kept

    last = next((turn for turn in reversed(turns) if turn.answered_by is not None), None)
    return route if last is None else kept(route, last.answered_by, answered_at=last.said_at, now=now)


def said_earlier(turns: Sequence[Turn]) -> tuple[Message, ...]:
    """The turns of a thread as messages, marked for caches that have to be told."""
    said = [Message("assistant" if turn.role == "assistant" else "user", turn.text) for turn in turns]
    # What was said before is said again with every turn: the last of it is where a cache reads up to.
    return (*said[:-1], *(replace(message, cache=True) for message in said[-1:]))
