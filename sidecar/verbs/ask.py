"""`ask`: a prompt, and what it should read, to another model by its logical name.

prompt + attach ──fitted to the endpoint's window──> router ──> answer, short, with its receipt
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio.to_thread

from sidecar.compression import tokens
from sidecar.compression.budget import Bound
from sidecar.errors import StateError, WrongUsage
from sidecar.providers.vocabulary import Message
from sidecar.roots import Part, part_of
from sidecar.store.vocabulary import Turn
from sidecar.verbs.compress import masked
from sidecar.verbs.rooms import Caller, Rooms

if TYPE_CHECKING:
    from sidecar.routing.vocabulary import Endpoint, Reply

__all__ = ["Answered", "ask", "ask_model", "environ_below"]

_UNKNOWN_WINDOW_TOKENS = 32_000
"""What an endpoint is taken to read where nobody says: what most local servers are started with."""

_WINDOW_SHARE = 0.85
"""Vendors count differently from o200k; so much of a window by our count is safe to send."""

_REPLY_RESERVE_TOKENS = 4_000
_WHOLE_TOKENS = 6_000
"""Attachments up to here are sent as they are; larger outputs are shortened first, with their evidence kept."""


_DEPTH = "SIDECAR_DEPTH"
_DEEPEST = 2
"""A vendor's program may start a sidecar of its own, whose `ask` may start the program again: here it ends."""


@dataclass(frozen=True, slots=True)
class _Attachment:
    """Something for the model to read: its name, its bytes, and what printed it where that is known."""

    name: str
    data: bytes
    origin: str
    command: str = ""
    exit_code: int | None = None
    is_output: bool = False


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


async def ask_model(
    rooms: Rooms,
    *,
    caller: Caller,
    prompt: str,
    model: str = "default",
    attach: Sequence[str] = (),
    system: str | None = None,
    thread: str | None = None,
    answer_tokens: int | None = None,
    schema: Mapping[str, Any] | None = None,
) -> Answered:
    """Ask a model by its logical name.

    *attach* names what it reads (`path`, `path:10-80`, a handle), *thread* a conversation to begin or go on with,
    *schema* a JSON Schema for the answer. Raises WrongUsage, ConfigurationError or AskFailed.
    """
    from sidecar.routing.receipt import receipt
    from sidecar.routing.schema import check_schema
    from sidecar.routing.vocabulary import Ask

    if not prompt.strip():
        raise WrongUsage("`ask` needs a `prompt` with something in it.")
    if _depth(rooms.environ) >= _DEEPEST:
        raise WrongUsage(
            "This sidecar was started by a model that a sidecar asked; it asks nobody, or they would go round."
        )
    if schema is not None:
        check_schema(schema)
    attachments = [await _masked(rooms, await _attachment(rooms, words)) for words in attach]
    switchboard = await rooms.switchboard()
    route = await switchboard.route(model)
    earlier = await _earlier(rooms, thread)
    reading = _Reading(rooms, prompt, attachments, system or "", earlier)

    async def fit(endpoint: Endpoint) -> tuple[Message, ...]:
        return await reading.messages(switchboard.window_tokens(endpoint))

    reply = await switchboard.router.route(
        route,
        Ask(
            messages=(*earlier, Message("user", prompt)),
            system=system,
            limit_tokens=None,
            schema=schema,
            thread=thread,
            turns=(Turn("user", prompt),),
            fit=fit if attachments else None,
        ),
        caller.progress,
    )
    line = receipt(reply)
    return Answered(await _short(rooms, caller, reply.answer.text, line, answer_tokens), line, reply)


def environ_below(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of the vendors' programs we start, which tells a sidecar below them how deep it is."""
    return {**environ, _DEPTH: str(_depth(environ) + 1)}


def _depth(environ: Mapping[str, str]) -> int:
    depth = environ.get(_DEPTH, "0")
    return int(depth) if depth.isdecimal() else 0


async def _attachment(rooms: Rooms, words: str) -> _Attachment:
    """What *words* name: a file of the project if there is one, else a kept original."""
    part = part_of(words)
    if rooms.is_handle(part.name) and not (rooms.cwd / part.name).exists():
        original = await rooms.store.original(part.name)
        # What was shortened from a file is that file: a handle must not carry out what its path may not.
        (await rooms.roots()).let_leave(words, Path(original.cwd))
        return _Attachment(
            words,
            _lines_of(original.data, part, words),
            original.cwd,
            original.command,
            original.exit_code,
            is_output=part.first is None,
        )
    data = await rooms.read(part.name, leaves_the_machine=True)
    return _Attachment(words, _lines_of(data, part, words), part.name)


async def _masked(rooms: Rooms, attachment: _Attachment) -> _Attachment:
    """The attachment without its secrets, where the configuration masks them in outputs."""
    if not (await rooms.configuration()).settings.compression.mask_secrets:
        return attachment
    return replace(attachment, data=await masked(attachment.data))


def _lines_of(data: bytes, part: Part, words: str) -> bytes:
    if part.first is None or part.last is None:
        return data
    lines = data.removesuffix(b"\n").split(b"\n")  # as `recall` and the markers count them
    if part.first > len(lines):
        raise WrongUsage(f"`{words}` names lines it does not have: there are {len(lines):,}.")
    return b"\n".join(lines[part.first - 1 : part.last])


async def _earlier(rooms: Rooms, thread: str | None) -> tuple[Message, ...]:
    if thread is None:
        return ()
    turns = await rooms.store.thread(thread)
    return tuple(Message("assistant" if turn.role == "assistant" else "user", turn.text) for turn in turns)


class _Reading:
    """The attachments of one ask, made to fit each endpoint that is tried; what one window needed is made once."""

    def __init__(
        self, rooms: Rooms, prompt: str, attachments: Sequence[_Attachment], system: str, earlier: tuple[Message, ...]
    ) -> None:
        self._rooms = rooms
        self._prompt = prompt
        self._attachments = attachments
        self._system = system
        self._earlier = earlier
        self._made: dict[int, tuple[Message, ...]] = {}

    async def messages(self, window_tokens: int | None) -> tuple[Message, ...]:
        """The conversation with the attachments before the prompt, within *window_tokens* by our count."""
        window = window_tokens or _UNKNOWN_WINDOW_TOKENS
        if window not in self._made:
            said = "\n".join((self._system, self._prompt, *(message.text for message in self._earlier)))
            room = int(window * _WINDOW_SHARE) - await anyio.to_thread.run_sync(tokens.count, said)
            room -= min(_REPLY_RESERVE_TOKENS, window // 4)
            share = max(200, room // max(1, len(self._attachments)) - 40)
            texts = [await self._text(attachment, share) for attachment in self._attachments]
            self._made[window] = (*self._earlier, Message("user", "\n\n".join((*texts, self._prompt))))
        return self._made[window]

    async def _text(self, attachment: _Attachment, share_tokens: int) -> str:
        """One attachment under its name: whole where it is small or a file that fits, else shortened."""
        whole = attachment.data.decode("utf-8", errors="replace")
        limit = min(share_tokens, _WHOLE_TOKENS) if attachment.is_output else share_tokens
        if "\0" not in whole and await anyio.to_thread.run_sync(Bound(limit).admits, whole, tokens.count):
            return f"<attachment name={attachment.name!r}>\n{whole.rstrip()}\n</attachment>"

        async def keep(data: bytes) -> str:
            return await self._rooms.store.keep(
                data, command=attachment.command, cwd=attachment.origin, exit_code=attachment.exit_code
            )

        short = await self._rooms.compressor.compress(
            attachment.data,
            keep=keep,
            command=attachment.command,
            exit_code=attachment.exit_code,
            focus=self._prompt,
            bound=Bound(share_tokens),
        )
        return f"<attachment name={attachment.name!r}>\n{short.text}\n</attachment>"


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
