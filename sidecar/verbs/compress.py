"""`compress`: shortens what already exists: a file of the project, a kept original, or a text."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import anyio.to_thread

from sidecar.compression.choosing import SMALL_BYTES
from sidecar.compression.compressor import Compressed, Earlier
from sidecar.compression.levels import Level
from sidecar.config.model import Compression
from sidecar.errors import ConfigurationError, StateError, WrongUsage
from sidecar.verbs.focusing import reader
from sidecar.verbs.rooms import Caller, Rooms

__all__ = ["compress", "compressed", "masked"]


async def compress(
    rooms: Rooms,
    *,
    caller: Caller,
    path: str | None = None,
    handle: str | None = None,
    text: str | None = None,
    command: str = "",
    focus: str = "",
    answer_tokens: int | None = None,
    since: str = "",
) -> str:
    """The shortened output, its footer last; exactly one of *path*, *handle* and *text* is given.

    *since* is the handle of an earlier output of the same command: what changed is shown.
    """
    given = [name for name, value in (("path", path), ("handle", handle), ("text", text)) if value is not None]
    if len(given) != 1:
        told = f"got {' and '.join(given)}" if given else "got none"
        raise WrongUsage(f"`compress` takes exactly one of `path`, `handle` and `text`; it {told}.")
    exit_code, origin = None, path or ""
    if handle is not None:
        original = await rooms.store.original(handle)
        data, exit_code, origin = original.data, original.exit_code, original.cwd
        command = command or original.command
    elif path is not None:
        data = await rooms.read(path)
    else:
        data = (text or "").encode("utf-8", errors="replace")
    result = await compressed(
        rooms,
        data,
        verb="compress",
        caller=caller,
        command=command,
        exit_code=exit_code,
        focus=focus,
        answer_tokens=answer_tokens,
        origin=origin,
        since=since,
    )
    return result.text.removesuffix("\n") or "[sidecar: the output is empty]"


async def compressed(
    rooms: Rooms,
    data: bytes,
    *,
    verb: str,
    caller: Caller,
    command: str,
    exit_code: int | None,
    focus: str = "",
    answer_tokens: int | None = None,
    origin: str = "",
    beside: str = "",
    since: str = "",
    level: Level | None = None,
    mask_secrets: bool = False,
) -> Compressed:
    """Shorten *data*, keep its original, and enter the saving in the ledger.

    *origin* is where the data comes from, kept with it: the folder of a command, or the file that was read.
    The result is within the caller's bound together with *beside*, the line that is shown with it.
    *since* is a handle, or "last" for the latest output of the same command in the same place; *level* and
    *mask_secrets* are the configuration's where the caller says nothing.
    """
    try:
        settings = (await rooms.configuration()).settings.compression
    except ConfigurationError:  # what is here needs no file: it came with the call, or was kept as it may be shown
        settings = Compression()
    if mask_secrets or settings.mask_secrets:
        data = await masked(data)
    earlier = await _earlier(rooms, since, command, origin) if since else None

    async def keep(original: bytes) -> str:
        return await rooms.store.keep(original, command=command, cwd=origin, exit_code=exit_code)

    lead = _NOTHING_EARLIER if since and earlier is None else ""
    beside = "\n".join(filter(None, (beside, lead)))
    # A line's characters are no fewer than its tokens: good enough to leave room for it without counting.
    bound = caller.bound(answer_tokens).without(beside, len) if beside else caller.bound(answer_tokens)
    result = await rooms.compressor.compress(
        data,
        keep=keep,
        command=command,
        exit_code=exit_code,
        focus=focus,
        read=await reader(rooms, command=command, origin=origin, focus=focus) if focus else None,
        bound=bound,
        level=level or Level(settings.level),
        since=earlier,
    )
    if lead:
        result = replace(result, text=f"{lead}\n{result.text}")
    if verb == "run" and result.handle is None and len(data) > SMALL_BYTES:
        with suppress(StateError):  # only `since="last"` would miss it, and says so
            await keep(data)
    for fault in result.faults:
        from sidecar.log import log

        log().warning("a gentler reduction was used", verb=verb, command=command, fault=fault)
    await rooms.record_saving(verb, result)
    return result


async def masked(data: bytes) -> bytes:
    """*data* without its secrets: first of all, so that nothing later can keep or show them."""
    from sidecar.compression import masking

    return (await anyio.to_thread.run_sync(masking.masked, data)).data


_NOTHING_EARLIER = "[sidecar: no earlier output of this command is kept here; this is all of it]"


async def _earlier(rooms: Rooms, since: str, command: str, origin: str) -> Earlier | None:
    """The output to compare with; None where *since* is "last" and none of this command is kept."""
    if since == "last":
        original = await rooms.store.latest(command=command, cwd=origin)
        if original is None:
            return None
    else:
        original = await rooms.store.original(since)
    return Earlier(original.handle, original.data, original.command or command, original.exit_code)
