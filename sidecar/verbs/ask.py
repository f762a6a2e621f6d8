"""`ask`: a prompt, and what it should read, to another model by its logical name.

prompt + attach ──fitted to the endpoint's window──> router ──> answer, short, with its receipt
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import anyio.to_thread

from sidecar.compression import tokens
from sidecar.errors import StateError, WrongUsage
from sidecar.providers.vocabulary import Message
from sidecar.store.vocabulary import Turn
from sidecar.verbs.attaching import Reading, attached, images_of, without_secrets
from sidecar.verbs.rooms import Caller, Rooms

if TYPE_CHECKING:
    from sidecar.routing.plan import Standing
    from sidecar.routing.vocabulary import Ask, Reply, Route
    from sidecar.switchboard import Switchboard

__all__ = ["Answered", "Explained", "Prepared", "ask", "ask_model", "environ_below", "explain", "may_ask", "prepared"]

_DEPTH = "SIDECAR_DEPTH"
_DEEPEST = 2
"""A vendor's program may start a sidecar of its own, whose `ask` may start the program again: here it ends."""

_SURE = 1.25
"""Vendors count differently from o200k: so far over its window, a conversation is too long by anybody's count."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer as the caller sees it, and the whole reply behind it."""

    text: str
    receipt: str
    reply: Reply


async def ask(rooms: Rooms, *, caller: Caller, **request: Any) -> str:
    """The answer, and in the last line its receipt; *request* is what `ask_model` takes."""
    answered = await ask_model(rooms, caller=caller, **request)
    return f"{answered.text}\n{answered.receipt}"


async def ask_model(rooms: Rooms, *, caller: Caller, answer_tokens: int | None = None, **request: Any) -> Answered:
    """Ask a model by its logical name; *request* is what `prepared` takes.

    Raises WrongUsage, ConfigurationError or AskFailed.
    """
    from sidecar.routing.receipt import receipt

    made = await prepared(rooms, by_chance=True, **request)
    reply = await made.switchboard.answer(made.route, made.ask, caller.progress)
    line = receipt(reply)
    return Answered(await _short(rooms, caller, reply.answer.text, line, answer_tokens), line, reply)


@dataclass(frozen=True, slots=True)
class Explained:
    """How every endpoint of a route stands, in the order in which they would be tried, and the same in words."""

    standings: tuple[Standing, ...]
    lines: tuple[str, ...]


async def explain(rooms: Rooms, **request: Any) -> Explained:
    """Who would be asked for this very *request* (which `prepared` takes), and why not others; calls nobody."""
    from sidecar.routing import plan

    made = await prepared(rooms, by_chance=False, **request)
    notes: list[str] = []
    spent = await (await rooms.switchboard()).allowances.spent(made.route, notes)
    healths, now = await rooms.store.health(), rooms.clock()
    lines = (*plan.explain(made.route, healths, now, spent), *notes)
    return Explained(plan.standings(made.route, healths, now, spent), lines)


@dataclass(frozen=True, slots=True)
class Prepared:
    """An ask that is ready to be routed."""

    switchboard: Switchboard
    route: Route
    ask: Ask


async def prepared(
    rooms: Rooms,
    *,
    by_chance: bool,
    prompt: str,
    model: str = "default",
    attach: Sequence[str] = (),
    system: str | None = None,
    thread: str | None = None,
    schema: Mapping[str, Any] | None = None,
) -> Prepared:
    """What is asked, of whom: everything but the call.

    *attach* names what the model reads (`path`, `path:10-80`, a handle, an image), *thread* a conversation to begin
    or go on with, *schema* a JSON Schema for the answer. *by_chance* takes an order that leaves something to chance as
    it falls, else as it usually stands. Raises WrongUsage or ConfigurationError.
    """
    from sidecar.routing.schema import check_schema
    from sidecar.routing.vocabulary import Ask

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
    switchboard = await rooms.switchboard()
    route = await (switchboard.route(model) if by_chance else switchboard.usual_route(model))
    if images:
        route = _seeing(route, switchboard)
    turns = await rooms.store.thread(thread) if thread is not None else ()
    route = _staying(route, turns, rooms.clock())
    earlier = _earlier(turns)
    reading = Reading(
        rooms,
        prompt=prompt,
        attachments=attachments,
        images=images,
        system=system or "",
        earlier=earlier,
        keeps=thread is not None,
    )
    ask = Ask(
        messages=(*earlier, Message("user", prompt, cache=thread is not None)),
        system=system,
        limit_tokens=None,
        schema=schema,
        thread=thread,
        turns=(Turn("user", prompt),),
        fit=reading.messages if given else None,
    )
    return Prepared(switchboard, await _reading_enough(route, ask, switchboard), ask)


def environ_below(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of the vendors' programs we start, which tells a sidecar below them how deep it is."""
    return {**environ, _DEPTH: str(_depth(environ) + 1)}


def may_ask(environ: Mapping[str, str]) -> bool:
    """Whether this sidecar may ask models: not where a model that a sidecar asked has started it."""
    return _depth(environ) < _DEEPEST


def _depth(environ: Mapping[str, str]) -> int:
    depth = environ.get(_DEPTH, "0")
    return int(depth) if depth.isdecimal() else 0


def _seeing(route: Route, switchboard: Switchboard) -> Route:
    """The route with those passed over that read no images."""
    blind = {
        endpoint.key: "it is not known to read images; `images` in its provider's configuration says so"
        for tier in route.tiers
        for endpoint in tier.endpoints
        if not switchboard.reads_images(endpoint)
    }
    return replace(route, excluded={**blind, **route.excluded})


async def _reading_enough(route: Route, ask: Ask, switchboard: Switchboard) -> Route:
    """The route without those whose window the words alone are over, by far, so that nobody is asked in vain."""
    said = "\n".join((ask.system or "", *(message.text for message in ask.messages)))
    windows = {
        endpoint.key: window
        for tier in route.tiers
        for endpoint in tier.endpoints
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


def _earlier(turns: Sequence[Turn]) -> tuple[Message, ...]:
    said = [Message("assistant" if turn.role == "assistant" else "user", turn.text) for turn in turns]
    # What was said before is said again with every turn: the last of it is where a cache reads up to.
    return (*said[:-1], *(replace(message, cache=True) for message in said[-1:]))


async def _short(rooms: Rooms, caller: Caller, text: str, line: str, answer_tokens: int | None) -> str:
    """The answer whole where it fits beside its receipt; else its beginning, with a handle for all of it."""
    bound = caller.bound(answer_tokens)
    if bound.is_open:
        return text
    room = bound.without(line, tokens.count) if answer_tokens is not None else bound.without(line, len)
    if await anyio.to_thread.run_sync(room.admits, text, tokens.count):
        return text
    data = text.encode("utf-8", errors="replace")
    try:
        last = f'[sidecar: the answer goes on; all of it: recall("{await rooms.store.keep(data, command="ask")}")]'
    except StateError as error:
        last = f"[sidecar: the answer goes on, but could not be kept: {error}]"
    room = room.without(last, tokens.count)
    part = text if room.tokens is None else tokens.cut(text, room.tokens)
    part = part if room.chars is None else part[: max(0, room.chars)]
    return f"{part}\n{last}"
