"""What an `ask` attaches: files, parts of them, handles and images, made to fit the window of who answers.

texts and outputs ──masked──> whole where they fit, else shortened with their evidence ──┐
images ──checked──> as they are ─────────────────────────────────────────────────────────┴──> one message
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import anyio
import anyio.to_thread

from sidecar.compression import tokens
from sidecar.compression.budget import Bound
from sidecar.errors import WrongUsage
from sidecar.providers.vision import LIMIT_BYTES, MOST_IMAGES, image_type, is_other_image
from sidecar.providers.vocabulary import Image, Message, Part, Text
from sidecar.roots import Part as Lines
from sidecar.roots import part_of
from sidecar.verbs.compress import masked
from sidecar.verbs.rooms import Rooms

__all__ = ["Attachment", "Reading", "attached", "images_of", "room_tokens", "without_secrets"]

_UNKNOWN_WINDOW_TOKENS = 32_000
"""What an endpoint is taken to read where nobody says: what most local servers are started with."""

_WINDOW_SHARE = 0.85
"""Vendors count differently from o200k; so much of a window by our count is safe to send."""

_REPLY_RESERVE_TOKENS = 4_000
_WHOLE_TOKENS = 6_000
"""Attachments up to here are sent as they are; larger outputs are shortened first, with their evidence kept."""


_IMAGE_TOKENS = 1_600
"""What an image of the usual largest size counts (docs.claude.com, vision)."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """Something for the model to read: its name, its bytes, and what printed it where that is known."""

    name: str
    data: bytes
    origin: str
    command: str = ""
    exit_code: int | None = None
    is_output: bool = False


async def attached(rooms: Rooms, words: str) -> Attachment:
    """What *words* name: a file of the project if there is one, else a kept original."""
    part = part_of(words)
    if rooms.is_handle(part.name) and not (rooms.cwd / part.name).exists():
        original = await rooms.store.original(part.name)
        # What was shortened from a file is that file: a handle must not carry out what its path may not.
        (await rooms.roots()).let_leave(words, Path(original.cwd))
        return Attachment(
            words,
            _lines_of(original.data, part, words),
            original.cwd,
            original.command,
            original.exit_code,
            is_output=part.first is None,
        )
    data = await rooms.read(part.name, leaves_the_machine=True)
    return Attachment(words, _lines_of(data, part, words), part.name)


def images_of(attached: Sequence[Attachment]) -> dict[str, Image]:
    """The attachments that are images, by name; raises WrongUsage for one that no model takes."""
    images: dict[str, Image] = {}
    for each in attached:
        kind = image_type(each.data)
        if kind is None:
            if is_other_image(each.data):
                raise WrongUsage(
                    f"`{each.name}` is an image of a kind that models do not read: convert it to PNG, JPEG, WebP or "
                    "GIF."
                )
            continue
        if len(each.data) > LIMIT_BYTES:
            raise WrongUsage(
                f"`{each.name}` is an image of {len(each.data):,} bytes, and models take at most {LIMIT_BYTES:,}: "
                "make it smaller."
            )
        images[each.name] = Image(kind, each.data)
    if len(images) > MOST_IMAGES:
        raise WrongUsage(f"{len(images)} images are attached, and models take at most {MOST_IMAGES}: attach fewer.")
    return images


async def without_secrets(rooms: Rooms, attachment: Attachment) -> Attachment:
    """The attachment without its secrets, where the configuration masks them in outputs."""
    if not (await rooms.configuration()).settings.compression.mask_secrets:
        return attachment
    return replace(attachment, data=await masked(attachment.data))


def _lines_of(data: bytes, part: Lines, words: str) -> bytes:
    if part.first is None or part.last is None:
        return data
    if image_type(data) is not None:
        raise WrongUsage(f"`{words}` names lines of an image: attach it as `{part.name}`.")
    lines = data.removesuffix(b"\n").split(b"\n")  # as `recall` and the markers count them
    if part.first > len(lines):
        raise WrongUsage(f"`{words}` names lines it does not have: there are {len(lines):,}.")
    return b"\n".join(lines[part.first - 1 : part.last])


def room_tokens(window_tokens: int | None, share: float = 1.0) -> int:
    """How many tokens by our count may be sent within *share* of a window, with room left for the reply."""
    window = window_tokens or _UNKNOWN_WINDOW_TOKENS
    return int(window * share * _WINDOW_SHARE) - min(_REPLY_RESERVE_TOKENS, window // 4)


class Reading:
    """The attachments of one ask, made to fit each endpoint that is tried; what one window needed is made once.

    *images* go along as they are, by name; *keeps* says that the turn will be sent again.
    """

    def __init__(
        self,
        rooms: Rooms,
        *,
        prompt: str,
        attachments: Sequence[Attachment],
        images: Mapping[str, Image],
        system: str,
        earlier: tuple[Message, ...],
        keeps: bool,
    ) -> None:
        self._rooms = rooms
        self._prompt = prompt
        self._attachments = attachments
        self._images = images
        self._keeps = keeps
        self._system = system
        self._earlier = earlier
        self._made: dict[tuple[int, float], tuple[Message, ...]] = {}
        self._making = anyio.Lock()

    async def messages(self, window_tokens: int | None, share: float = 1.0) -> tuple[Message, ...]:
        """The conversation with the attachments before the prompt, within *share* of *window_tokens* by our count."""
        window = window_tokens or _UNKNOWN_WINDOW_TOKENS
        async with self._making:  # several models of a panel may ask at once
            return await self._fitted(window, share)

    async def _fitted(self, window: int, share: float) -> tuple[Message, ...]:
        if (window, share) not in self._made:
            said = "\n".join((self._system, self._prompt, *(message.text for message in self._earlier)))
            room = room_tokens(window, share) - await anyio.to_thread.run_sync(tokens.count, said)
            room -= _IMAGE_TOKENS * len(self._images)
            each = max(200, room // max(1, len(self._attachments)) - 40)
            texts = [await self._text(attachment, each) for attachment in self._attachments]
            names = [f"<attachment name={name!r}>image {at}</attachment>" for at, name in enumerate(self._images, 1)]
            words = "\n\n".join((*names, *texts, self._prompt))
            content: str | tuple[Part, ...] = (*self._images.values(), Text(words)) if self._images else words
            self._made[window, share] = (*self._earlier, Message("user", content, cache=self._keeps))
        return self._made[window, share]

    async def _text(self, attachment: Attachment, share_tokens: int) -> str:
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
