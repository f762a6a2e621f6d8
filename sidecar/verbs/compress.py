"""`compress`: shortens what already exists: a file of the project, a kept original, or a text."""

from __future__ import annotations

from sidecar.compression.compressor import Compressed
from sidecar.errors import WrongUsage
from sidecar.verbs.rooms import Caller, Rooms

__all__ = ["compress", "compressed"]


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
) -> str:
    """The shortened output, its footer last; exactly one of *path*, *handle* and *text* is given."""
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
) -> Compressed:
    """Shorten *data*, keep its original, and enter the saving in the ledger.

    *origin* is where the data comes from, kept with it: the folder of a command, or the file that was read.
    The result is within the caller's bound together with *beside*, the line that is shown with it.
    """

    async def keep(original: bytes) -> str:
        return await rooms.store.keep(original, command=command, cwd=origin, exit_code=exit_code)

    # A line's characters are no fewer than its tokens: good enough to leave room for it without counting.
    bound = caller.bound(answer_tokens).without(beside, len) if beside else caller.bound(answer_tokens)
    result = await rooms.compressor.compress(
        data, keep=keep, command=command, exit_code=exit_code, focus=focus, bound=bound
    )
    for fault in result.faults:
        from sidecar.log import log

        log().warning("a gentler reduction was used", verb=verb, command=command, fault=fault)
    await rooms.record_saving(verb, result)
    return result
