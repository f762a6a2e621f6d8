"""The part of compression that acts: counts, shortens in a thread, keeps the original, writes the footer.

bytes ──clean──> lines ──shorten──> blocks ──fit──> body + footer, if that has fewer tokens; else the original
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from sidecar.compression import choosing
from sidecar.compression.budget import Bound
from sidecar.compression.choosing import LIMIT_BYTES, Compressed, Original, Wish
from sidecar.compression.clean import Cleaned, is_binary
from sidecar.compression.focusing import Focus
from sidecar.compression.levels import Level
from sidecar.compression.shorten import Shortened
from sidecar.compression.since import Comparison
from sidecar.compression.vocabulary import Part
from sidecar.errors import StateError

if TYPE_CHECKING:
    from sidecar.compression.shelf import Shelf

__all__ = ["LIMIT_BYTES", "Compressed", "Compressor", "Earlier"]

_in_thread = partial(anyio.to_thread.run_sync, abandon_on_cancel=True)
"""Everything given to it is pure, so a caller that leaves need not wait for the end of it."""

Read = Callable[[Sequence[str], Shortened], Awaitable[Focus]]
"""Has a model read an output, its lines and how it was shortened, for what the focus asks."""

Keep = Callable[[bytes], Awaitable[str]]
"""Keeps an original and returns its handle; raises StateError where it cannot."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier output of the same command, to compare with."""

    handle: str
    data: bytes
    command: str
    exit_code: int | None


class Compressor:
    """Shortens outputs; *keep* is asked only where something is rewritten or left out.

    *shelf* reads files the first time: a file of the user's that is wrong raises ConfigurationError.
    """

    def __init__(self, *, shelf: Callable[[], Shelf]) -> None:
        self._shelf = shelf

    async def parts(self, data: bytes, *, command: str = "", exit_code: int | None = None) -> tuple[Part, ...]:
        """What a reader may ask for by name in an output, in lines counted from 0."""
        shelf = await _in_thread(self._shelf)
        _, short = await _in_thread(partial(choosing.reduced, data, shelf, command, exit_code))
        return await _in_thread(lambda: short.parts)

    async def compress(
        self,
        data: bytes,
        *,
        keep: Keep,
        command: str = "",
        exit_code: int | None = None,
        focus: str = "",
        read: Read | None = None,
        bound: Bound | None = None,
        level: Level = Level.FAITHFUL,
        since: Earlier | None = None,
    ) -> Compressed:
        """The output *data* at a fraction of its tokens, or untouched where that would not be shorter.

        Where the original cannot be kept, nothing that needs recalling is left out; only a bound
        still is obeyed, and the last line says that the rest is not kept and why. With *since*, what
        changed since that output is shown. *read* is asked where a focus is given and something is left out.
        """
        wish = Wish(Focus(focus), bound or Bound(), level)
        if is_binary(data):
            return choosing.described(data, *await _kept(data, keep))
        if len(data) > LIMIT_BYTES:
            return await _in_thread(partial(choosing.ended, data, wish, *await _kept(data, keep)))
        if since is None and (untouched := choosing.small(data, wish.bound)) is not None:
            return untouched
        shelf = await _in_thread(self._shelf)
        original, (cleaned, shortened) = await _both(
            partial(Original.counted, data), partial(choosing.reduced, data, shelf, command, exit_code, level)
        )
        if since is not None:
            _, earlier = await _in_thread(
                partial(choosing.reduced, since.data, shelf, since.command, since.exit_code, level)
            )
            wish = replace(wish, since=Comparison(since.handle, earlier))
        result = await _chosen(original, cleaned, shortened, wish, keep, read=read)
        return choosing.completed(result, original, shortened)


async def _both(
    count: Callable[[], Original], reduce: Callable[[], tuple[Cleaned, Shortened]]
) -> tuple[Original, tuple[Cleaned, Shortened]]:
    """Both at once: counting lets go of the interpreter's lock, so where a core is free counting costs no time."""
    counted: list[Original] = []
    made: list[tuple[Cleaned, Shortened]] = []

    async def counting() -> None:
        counted.append(await _in_thread(count))

    async def reducing() -> None:
        made.append(await _in_thread(reduce))

    async with anyio.create_task_group() as group:
        group.start_soon(counting)
        group.start_soon(reducing)
    return counted[0], made[0]


async def _chosen(
    original: Original, cleaned: Cleaned, short: Shortened, wish: Wish, keep: Keep, *, read: Read | None
) -> Compressed:
    """The original, the cleaned or the shortened one: the one with the fewest tokens within the bound."""
    draft = await _in_thread(partial(choosing.draft, cleaned, short, original.tokens, wish))
    if (settled := choosing.settled(original, cleaned, draft, wish)) is not None:
        return settled
    if read is not None and wish.focus.words and wish.since is None:
        wish = replace(wish, focus=await read(cleaned.lines, short))
        draft = await _in_thread(partial(choosing.draft, cleaned, short, original.tokens, wish))
    handle, reason = await _kept(original.data, keep)
    if handle is None:
        return await _in_thread(partial(choosing.unkept, original, cleaned, short, wish, reason))
    return choosing.finished(original, cleaned, draft, wish, handle)


async def _kept(data: bytes, keep: Keep) -> tuple[str | None, str]:
    """The handle of *data*, or None and the reason why it is not kept."""
    try:
        return await keep(data), ""
    except StateError as error:
        return None, str(error)
