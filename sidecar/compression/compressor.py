"""The part of compression that acts: counts, shortens in a thread, keeps the original, writes the footer.

bytes ──clean──> lines ──shorten──> blocks ──fit──> body + footer, if that has fewer tokens; else the original
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from sidecar.compression import tokens
from sidecar.compression.budget import Bound, fit
from sidecar.compression.clean import Cleaned, clean, describe_binary, is_binary
from sidecar.compression.shorten import Printed, Shortened, marker, render, shorten
from sidecar.compression.vocabulary import Rank
from sidecar.errors import StateError

if TYPE_CHECKING:
    from sidecar.compression.shelf import Shelf

__all__ = ["LIMIT_BYTES", "Compressed", "Compressor"]

LIMIT_BYTES = 200_000_000
"""From here on an output is not parsed: its ends are shown and the rest is one `recall` away."""

_SMALL_BYTES = 450
"""About 150 tokens: an output this small passes untouched, uncounted and without a footer."""

_END_LINES = 80
_END_BYTES = 64_000
_DEAREST_HANDLE = "u7b5zj3v"
"""Stands for a handle not known yet: it has eight tokens, the most that eight characters can cost."""

_in_thread = partial(anyio.to_thread.run_sync, abandon_on_cancel=True)
"""Everything given to it is pure, so a caller that leaves need not wait for the end of it."""

Keep = Callable[[bytes], Awaitable[str]]
"""Keeps an original and returns its handle; raises StateError where it cannot."""


@dataclass(frozen=True, slots=True)
class Compressed:
    """A shortened output as it is shown, its footer included.

    *before_tokens* and *after_tokens* are None where nothing was counted because the output is small;
    *handle* is None where the text is the whole original. *faults* tells which promises a form broke: the
    result is right all the same, for a gentler reduction was used, but the log should say so.
    """

    text: str
    handle: str | None = None
    before_tokens: int | None = None
    after_tokens: int | None = None
    forms: tuple[str, ...] = ()
    omissions: int = 0
    faults: tuple[str, ...] = ()


class Compressor:
    """Shortens outputs; *keep* is asked only where something is rewritten or left out.

    *shelf* reads files the first time: a file of the user's that is wrong raises ConfigurationError.
    """

    def __init__(self, *, shelf: Callable[[], Shelf]) -> None:
        self._shelf = shelf

    async def compress(
        self,
        data: bytes,
        *,
        keep: Keep,
        command: str = "",
        exit_code: int | None = None,
        focus: str = "",
        bound: Bound | None = None,
    ) -> Compressed:
        """The output *data* at a fraction of its tokens, or untouched where that would not be shorter.

        Where the original cannot be kept, nothing that needs recalling is left out; only a bound
        still is obeyed, and the last line says that the rest is not kept and why.
        """
        bound = bound or Bound()
        if is_binary(data):
            return await _described(data, keep)
        if len(data) > LIMIT_BYTES:
            return await _ends(data, keep, bound)
        if len(data) <= _SMALL_BYTES and bound.admits(small := clean(data).text, tokens.count):
            return Compressed(small)
        shelf = await _in_thread(self._shelf)
        raw, before = "", 0
        cleaned, shortened = Cleaned([], ends_with_newline=False), Shortened((), ())

        async def count() -> None:
            # tiktoken lets go of the interpreter's lock: where a second core is free, counting costs no time.
            nonlocal raw, before
            raw, before = await _in_thread(partial(_counted, data))

        async def reduce() -> None:
            nonlocal cleaned, shortened
            cleaned, shortened = await _in_thread(partial(_clean_and_shorten, data, shelf, command, exit_code))

        async with anyio.create_task_group() as group:
            group.start_soon(count)
            group.start_soon(reduce)
        original = _Original(data, raw, before)
        result = await self._chosen(original, cleaned, shortened, focus=focus, bound=bound, keep=keep)
        reduced = shortened.reduced
        return replace(
            result,
            before_tokens=before,
            forms=tuple(dict.fromkeys(part.form for part in reduced)),
            faults=(*result.faults, *(part.fell_back for part in reduced if part.fell_back)),
        )

    async def _chosen(
        self, original: _Original, cleaned: Cleaned, short: Shortened, *, focus: str, bound: Bound, keep: Keep
    ) -> Compressed:
        """The original, the cleaned or the shortened one: the one with the fewest tokens within the bound."""
        raw, before = original.text, original.tokens
        raw_fits = bound.admits(raw, lambda _counted: before)
        draft = await _in_thread(partial(_draft, cleaned, short, before, focus, bound))
        if draft.is_only_cleaned and draft.body_tokens < before:
            return Compressed(draft.body, after_tokens=draft.body_tokens)
        if draft.tokens(_DEAREST_HANDLE) >= before and raw_fits:
            return Compressed(raw, after_tokens=before)
        try:
            handle = await keep(original.data)
        except StateError as error:
            if raw_fits:
                return Compressed(raw, after_tokens=before, faults=(str(error),))
            last = f"[sidecar: what is left out was not kept: {error}]"
            room = bound.without(last, tokens.count)
            fitted = await _in_thread(partial(fit, short.printed, room, focus=focus, count=tokens.count))
            text = "\n".join((render(fitted), last)) if fitted else last
            return Compressed(text, after_tokens=tokens.count(text), omissions=1, faults=(str(error),))
        after = draft.tokens(handle)
        if after >= before and raw_fits:
            return Compressed(raw, after_tokens=before)
        return Compressed(draft.text(handle), handle, after_tokens=after, omissions=short.omissions)


@dataclass(frozen=True, slots=True)
class _Original:
    """An output as it came: its bytes, what JSON can carry of them, and the tokens of that."""

    data: bytes
    text: str
    tokens: int


@dataclass(frozen=True, slots=True)
class _Draft:
    """A shortened output before its handle is known: the body, and what the footer will say of it."""

    body: str
    body_tokens: int
    before_tokens: int
    is_lossless: bool
    is_only_cleaned: bool
    has_escapes: bool

    def text(self, handle: str) -> str:
        footer = self.footer(handle)
        return f"{self.body}\n{footer}" if self.body else footer

    def tokens(self, handle: str) -> int:
        return self.body_tokens + tokens.count(self.footer(handle))

    def footer(self, handle: str) -> str:
        """The last line: what the output cost before and costs now, and how to get the rest."""
        loss = "nothing left out" if self.is_lossless else "omissions marked"
        escapes = "; a printed line like our marks has \\ before it" if self.has_escapes else ""
        after = self.body_tokens
        line = ""
        for _ in range(2):  # the footer's own tokens are part of the number it tells
            line = (
                f'[sidecar: {self.before_tokens:,} -> {after:,} tokens, {loss}{escapes}; original: recall("{handle}")]'
            )
            after = self.body_tokens + tokens.count(line)
        return line


_WIDEST_FOOTER = _Draft("", 0, 99_999_999, is_lossless=False, is_only_cleaned=False, has_escapes=True)


def _draft(cleaned: Cleaned, short: Shortened, before: int, focus: str, bound: Bound) -> _Draft:
    room = bound.without(_WIDEST_FOOTER.footer(_DEAREST_HANDLE), tokens.count)
    printed = fit(short.printed, room, focus=focus, count=tokens.count)
    body = render(printed)
    is_lossless = not any(block.what for block in printed)
    return _Draft(
        body,
        # The newline before the footer belongs to the body's last token or is one of its own.
        tokens.count(body + "\n"),
        before,
        is_lossless=is_lossless,
        is_only_cleaned=is_lossless
        and all(len(block.lines) == block.end - block.start for block in printed)
        and body == "\n".join(cleaned.lines),
        has_escapes=any(line.startswith("\\[") for block in printed for line in block.lines),
    )


def _clean_and_shorten(data: bytes, shelf: Shelf, command: str, exit_code: int | None) -> tuple[Cleaned, Shortened]:
    cleaned = clean(data)
    return cleaned, shorten(cleaned.lines, shelf=shelf, command=command, exit_code=exit_code)


def _counted(data: bytes) -> tuple[str, int]:
    """The output as JSON can carry it (bytes that are not UTF-8 are written as `\\xNN`), and its tokens."""
    text = data.decode("utf-8", errors="backslashreplace")
    return text, tokens.count(text)


async def _described(data: bytes, keep: Keep) -> Compressed:
    """A binary is named, never shown."""
    what = describe_binary(data)
    try:
        handle = await keep(data)
    except StateError as error:
        return Compressed(f"[sidecar: {what}; not shown, and not kept: {error}]", omissions=1, faults=(str(error),))
    return Compressed(f'[sidecar: {what}, not shown; original: recall("{handle}")]', handle, omissions=1)


async def _ends(data: bytes, keep: Keep, bound: Bound) -> Compressed:
    """An output past the limit: its first and last lines and a handle, unparsed (C7)."""
    head = clean(data[:_END_BYTES]).lines[:-1][:_END_LINES]
    tail = clean(data[-_END_BYTES:]).lines[1:][-_END_LINES:]
    total = data.count(b"\n") + (not data.endswith(b"\n"))
    middle = marker(len(head), total - len(tail), f"not read, for the output has {len(data):,} bytes")
    printed = (
        Printed(0, len(head), tuple(head), Rank.STRUCTURE),
        Printed(len(head), total - len(tail), (middle,), Rank.CONTENT, "not read"),
        Printed(total - len(tail), total, tuple(tail), Rank.EVIDENCE),
    )
    try:
        handle = await keep(data)
        last = f'[sidecar: only the ends of {len(data):,} bytes are shown; original: recall("{handle}")]'
    except StateError as error:
        handle, last = None, f"[sidecar: only the ends of {len(data):,} bytes are shown, the rest is not kept: {error}]"
    room = bound.without(last, tokens.count)
    fitted = await _in_thread(partial(fit, printed, room, focus="", count=tokens.count))
    return Compressed(f"{render(fitted)}\n{last}", handle, omissions=1)
