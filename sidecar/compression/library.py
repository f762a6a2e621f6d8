"""Compression as a library: bytes in, a typed result out; no loop, no server, nothing kept.

from sidecar.compression import compress

result = compress(output, command="pytest -q", exit_code=1)
print(result.text, result.before_tokens, result.after_tokens, result.left_out)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from sidecar.compression import choosing
from sidecar.compression.budget import Bound
from sidecar.compression.choosing import Compressed, Original, Wish
from sidecar.compression.clean import is_binary
from sidecar.compression.focusing import Focus
from sidecar.compression.levels import Level
from sidecar.compression.since import Comparison
from sidecar.handles import digest_of, names

if TYPE_CHECKING:
    from sidecar.compression.shelf import Shelf

__all__ = ["compress"]


def compress(
    output: bytes | str,
    *,
    command: str = "",
    exit_code: int | None = None,
    focus: str = "",
    answer_tokens: int | None = None,
    level: Literal["faithful", "tight"] = "faithful",
    mask_secrets: bool = False,
    since: bytes | str | None = None,
    shelf: Shelf | None = None,
    keep: Callable[[bytes], str] | None = None,
) -> Compressed:
    """Shorten what *command* printed, with its evidence kept and every omission marked.

    *keep* stores the original and returns its handle, or raises StateError; without it nothing is stored and
    the handle is only the content's name. *since* is an earlier output of the same command: what changed is
    shown. *mask_secrets* needs the `secrets` extra, else ConfigurationError.
    """
    data = _bytes(output)
    if mask_secrets:
        from sidecar.compression.masking import masked

        data = masked(data).data
    keep = keep or (lambda content: next(names(digest_of(content))))
    wish = Wish(Focus(focus), Bound(answer_tokens, is_asked=answer_tokens is not None), Level(level))
    if is_binary(data):
        return choosing.described(data, keep(data))
    if len(data) > choosing.LIMIT_BYTES:
        return choosing.ended(data, wish, keep(data))
    if since is None and (untouched := choosing.small(data, wish.bound)) is not None:
        return untouched
    if shelf is None:
        from sidecar.compression.shelf import load

        shelf = load()
    cleaned, short = choosing.reduced(data, shelf, command, exit_code, wish.level)
    if since is not None:
        earlier = _bytes(since)
        _, before = choosing.reduced(earlier, shelf, command, exit_code, wish.level)
        wish = replace(wish, since=Comparison(next(names(digest_of(earlier))), before))
    original = Original.counted(data)
    draft = choosing.draft(cleaned, short, original.tokens, wish)
    result = choosing.settled(original, cleaned, draft, wish)
    if result is None:
        result = choosing.finished(original, cleaned, draft, wish, keep(data))
    return choosing.completed(result, original, short)


def _bytes(output: bytes | str) -> bytes:
    return output if isinstance(output, bytes) else output.encode("utf-8", "backslashreplace")
