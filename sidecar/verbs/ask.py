"""`ask`: a prompt, and what it should read, to another model by its logical name.

prompt + attach ──read once──> Question ──aimed at a model, fitted to the endpoint's window──> router ──> answer, short,
                                   │                                                                   with its receipt
                                   └──aimed at each of several──> panel
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
from sidecar.verbs.answering import Answered, beside, cut_to, reply_document
from sidecar.verbs.attaching import Reading, attached, images_of, without_secrets
from sidecar.verbs.rooms import Caller, Rooms

if TYPE_CHECKING:
    from sidecar.routing.explaining import Explained
    from sidecar.routing.vocabulary import Ask, Fit, Route
    from sidecar.switchboard.switchboard import Switchboard

__all__ = [
    "Aimed",
    "Answered",
    "Explanation",
    "Question",
    "aimed",
    "ask",
    "ask_model",
    "environ_below",
    "explain",
    "may_ask",
    "questioned",
    "said_earlier",
]

_DEPTH = "SIDECAR_DEPTH"
_DEEPEST = 2
"""A vendor's program may start a sidecar of its own, whose `ask` may start the program again: here it ends."""

_SURE = 1.25
"""Vendors count differently from o200k: so far over its window, a conversation is too long by anybody's count."""


async def ask(rooms: Rooms, *, caller: Caller, **request: Any) -> str:
    """The answer, and in the last line its receipt; *request* is what `ask_model` takes."""
    answered = await ask_model(rooms, caller=caller, **request)
    return f"{answered.text}\n{answered.receipt}"


async def ask_model(rooms: Rooms, *, caller: Caller, answer_tokens: int | None = None, **request: Any) -> Answered:
    """Ask a model, or a panel of them, by its logical name; *request* is *model* and what `questioned` takes.

    Raises WrongUsage, ConfigurationError or AskFailed.
    """
    from sidecar.routing.receipt import receipt

    model = request.pop("model", "default")
    question = await questioned(rooms, **request)
    panel = question.switchboard.panel(model)
    if panel is not None:
        from sidecar.verbs.panel import ask_panel

        return await ask_panel(rooms, question, panel, caller=caller, answer_tokens=answer_tokens)
    made = await aimed(rooms, question, model)
    reply = await question.switchboard.answer(made.route, made.ask, caller.progress)
    line = receipt(reply)
    text = await cut_to(rooms, reply.answer.text, beside(caller.bound(answer_tokens), line))
    return Answered(text, line, (reply,), reply_document(reply, line))


@dataclass(frozen=True, slots=True)
class Explanation:
    """How every endpoint stands for a request, in the order in which they would be tried, and the same in words."""

    endpoints: tuple[tuple[str, Explained], ...]
    """Each with the model whose endpoint it is: of a panel its members' one after the other, its judge's last."""
    lines: tuple[str, ...]


async def explain(rooms: Rooms, **request: Any) -> Explanation:
    """Who would be asked for this very *request* (as `ask_model` takes it), and why not others; calls nobody."""
    model = request.pop("model", "default")
    question = await questioned(rooms, **request)
    panel = question.switchboard.panel(model)
    if panel is None:
        return await _explained(rooms, question, model)
    judge = () if panel.judge is None else (panel.judge,)
    each = {member: await _explained(rooms, question, member) for member in (*panel.members, *judge)}
    lines = [
        line
        for member, explained in each.items()
        for line in (f"{member}:", *(f"  {line}" for line in explained.lines))
    ]
    return Explanation(tuple(one for explained in each.values() for one in explained.endpoints), tuple(lines))


async def _explained(rooms: Rooms, question: Question, model: str) -> Explanation:
    from sidecar.routing.explaining import explained

    made = await aimed(rooms, question, model, by_chance=False)
    notes: list[str] = []
    spent = await question.switchboard.allowances.spent(made.route, notes)
    endpoints = explained(made.route, await rooms.store.health(), rooms.clock(), spent)
    return Explanation(tuple((model, one) for one in endpoints), (*(one.line for one in endpoints), *notes))


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
