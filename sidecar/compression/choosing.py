"""Which rendering of an output is shown: the original, the cleaned, the notated or the reduced one; pure.

    output + Shortened ──draft──> Draft ──fewer tokens? within the bound?──> original | cleaned | Draft.text(footer)

Nothing here keeps the original: where a draft is chosen, its caller does, and gives the handle for the footer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

from sidecar.compression import tokens
from sidecar.compression.briefing import untold
from sidecar.compression.budget import Bound, fit
from sidecar.compression.clean import Cleaned, clean, describe_binary
from sidecar.compression.few_marks import gathered, unplaced
from sidecar.compression.focusing import ANYTHING, Focus
from sidecar.compression.keywords import with_keywords
from sidecar.compression.levels import Level
from sidecar.compression.printing import Printed, marker, render
from sidecar.compression.shorten import Shortened, shorten
from sidecar.compression.since import Comparison, compared
from sidecar.compression.vocabulary import Rank

if TYPE_CHECKING:
    from sidecar.compression.shelf import Shelf

__all__ = [
    "DEAREST_HANDLE",
    "LIMIT_BYTES",
    "SMALL_BYTES",
    "Compressed",
    "Draft",
    "EvidentLine",
    "LeftOut",
    "Original",
    "SegmentRead",
    "Wish",
    "completed",
    "described",
    "draft",
    "ended",
    "finished",
    "reduced",
    "settled",
    "small",
    "unkept",
]

LIMIT_BYTES = 200_000_000
"""From here on an output is not parsed: its ends are shown and the rest is one `recall` away."""

SMALL_BYTES = 450
"""About 150 tokens: an output this small passes untouched, uncounted and without a footer."""

DEAREST_HANDLE = "u7b5zj3v"
"""Stands for a handle not known yet: it has eight tokens, the most that eight characters can cost."""

_CHEAP_TOKENS = 1_000
"""Below this nobody weighs whether to recall an original, or which lines of it: neither is told."""

_DENSE = 0.96
"""An output that would keep more than this of its tokens is dense already and passes untouched."""

_END_LINES = 80
_END_BYTES = 64_000


@dataclass(frozen=True, slots=True)
class Wish:
    """What the caller asks of the result; *since* is an earlier output of the same command."""

    focus: Focus = ANYTHING
    bound: Bound = field(default_factory=Bound)
    level: Level = Level.FAITHFUL
    since: Comparison | None = None


@dataclass(frozen=True, slots=True)
class SegmentRead:
    """Lines *first* to *last* of the output (from 1, both included) and the form that read them."""

    first: int
    last: int
    form: str


@dataclass(frozen=True, slots=True)
class EvidentLine:
    """A line of the output (from 1) that had to survive, and the text of it that had to."""

    line: int
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Lines *first* to *last* (from 1, both included) that are not, or only partly, shown, and what they are."""

    first: int
    last: int
    what: str


@dataclass(frozen=True)
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
    faults: tuple[str, ...] = ()
    shortened: Shortened = field(default_factory=partial(Shortened, ()))
    printed: tuple[Printed, ...] = ()
    """What the text is made of where lines were left out or rewritten; empty where it is the original."""

    @cached_property
    def segments(self) -> tuple[SegmentRead, ...]:
        """Each segment with the form that read it."""
        read = ((one.segment.first, len(one.segment.lines), one.form) for one in self.shortened.reduced)
        return tuple(SegmentRead(first + 1, first + count, form) for first, count, form in read)

    @cached_property
    def evidence(self) -> tuple[EvidentLine, ...]:
        """Every line that had to survive."""
        return tuple(
            EvidentLine(one.segment.first + item.line + 1, self._as_shown(item.parts, one.segment.lines[item.line]))
            for one in self.shortened.reduced
            for item in one.evidence
        )

    def _as_shown(self, parts: tuple[str, ...], line: str) -> tuple[str, ...]:
        """The parts of an evident line; the line itself where a notation for it (a pointer) was not worth printing."""
        return parts if all(part in line or part in self.text for part in parts) else (line,)

    @cached_property
    def left_out(self) -> tuple[LeftOut, ...]:
        """Every omission, in order."""
        return tuple(LeftOut(block.start + 1, block.end, block.left_out) for block in self.printed if block.left_out)

    @property
    def forms(self) -> tuple[str, ...]:
        """The forms that read it, each once, in order."""
        return tuple(dict.fromkeys(one.form for one in self.shortened.reduced))

    @property
    def omissions(self) -> int:
        return len(self.left_out)


@dataclass(frozen=True, slots=True)
class Original:
    """An output as it came: its bytes, what JSON can carry of them, and the tokens of that."""

    data: bytes
    tokens: int

    @classmethod
    def counted(cls, data: bytes) -> Original:
        """The output with its tokens."""
        return cls(data, sum(tokens.count(_carried(piece)) for piece in tokens.pieces(data)))

    @property
    def text(self) -> str:
        """The output as JSON can carry it; made when it is asked for, since a large one is hardly ever shown whole."""
        return _carried(self.data)

    def fits(self, bound: Bound) -> bool:
        return bound.is_open or bound.admits(self.text, lambda _counted: self.tokens)


def _carried(data: bytes) -> str:
    r"""Bytes as text; those that are not UTF-8 are written as `\xNN`."""
    return data.decode("utf-8", errors="backslashreplace")


@dataclass(frozen=True, slots=True)
class Draft:
    """A shortened output before its handle is known: what is printed, and what the footer will say of it."""

    printed: tuple[Printed, ...]
    body: str
    body_tokens: int
    before_tokens: int
    is_only_cleaned: bool
    notes: tuple[str, ...] = ()

    def text(self, footer: str) -> str:
        return f"{self.body}\n{footer}" if self.body else footer

    def tokens(self, handle: str) -> int:
        return self.footer(handle)[1]

    def footer(self, handle: str) -> tuple[str, int]:
        """The last line: what the output cost before and costs now, and how to get the rest; and the tokens of all.

        As short as it can be, for the smallest outputs pay for it most: numbers without commas are fewer tokens, what
        is cheap to recall is told without them, and that something was left out the marks say where it stood. Our name
        stays: `recall` is a tool of ours, and an agent may see this line through somebody else's.
        """
        is_lossless = not any(block.left_out for block in self.printed)
        said = (*(("nothing left out",) if is_lossless else ()), *self.notes)
        if self.before_tokens < _CHEAP_TOKENS:
            whose = "original: " if self.notes else ""  # beside the handle of an earlier output
            told = (*said, f'{whose}recall("{handle}")')
            line = f"[sidecar: {'; '.join(told)}]"
            return line, self.body_tokens + tokens.count(line)
        after = self.body_tokens
        line = ""
        for _ in range(2):  # the footer's own tokens are part of the number it tells
            told = (f"{self.before_tokens} -> {after} tokens", *said, f'original: recall("{handle}")')
            line = f"[sidecar: {'; '.join(told)}]"
            after = self.body_tokens + tokens.count(line)
        return line, after


def reduced(
    data: bytes, shelf: Shelf, command: str, exit_code: int | None, level: Level = Level.FAITHFUL
) -> tuple[Cleaned, Shortened]:
    """The output cleaned and shortened, its blocks made."""
    cleaned = clean(data)
    return cleaned, shorten(cleaned.lines, shelf=shelf, command=command, exit_code=exit_code, level=level)


def completed(result: Compressed, original: Original, short: Shortened) -> Compressed:
    """The result with what is known of its making."""
    faults = (*result.faults, *short.faults)
    return replace(result, before_tokens=original.tokens, shortened=short, faults=faults)


def small(data: bytes, bound: Bound) -> Compressed | None:
    """An output too small to be worth a footer, as it came; None where it is not small."""
    if len(data) > SMALL_BYTES:
        return None
    cleaned = clean(data)
    told = _with_escapes_told(cleaned, cleaned.text, Original.counted(data).tokens) if cleaned.escapes else cleaned.text
    return Compressed(told) if bound.admits(told, tokens.count) else None


def draft(cleaned: Cleaned, short: Shortened, before: int, wish: Wish) -> Draft:
    """The rendering of *short* that the wish asks for, within its bound."""
    notes = []
    if cleaned.escapes:
        notes.append(f"{cleaned.escapes} terminal control sequences removed")
    printed = short.printed
    if wish.since is not None:
        printed = compared(short, wish.since)
        notes.append(f'earlier output: recall("{wish.since.handle}")')
    elif wish.focus.words:
        printed = tuple(wish.focus.shown_in(printed, cleaned.lines))
    chooser = (wish.focus.note,) if wish.focus.note and wish.since is None else ()
    room = wish.bound if wish.bound.is_open else _beside_footer(wish.bound, (*notes, *chooser))
    if wish.bound.is_asked and wish.since is None and room.admits(render(short.lossless), tokens.count):
        printed = short.lossless
    if before < _CHEAP_TOKENS and wish.since is None:
        few = tuple(gathered(printed))
        printed = tuple(unplaced(few if room.is_open or room.admits(render(few), tokens.count) else printed))
    if short.level is Level.FAITHFUL and wish.since is None:
        indexed = with_keywords(printed, cleaned.lines)
        printed = indexed if room.is_open or room.admits(render(indexed), tokens.count) else printed
    fitted = printed
    if not room.is_open and not room.admits(render(printed), tokens.count):
        parts = () if wish.since is not None else short.parts
        fitted = fit(printed, room, focus=wish.focus, count=tokens.count, parts=parts, lines=cleaned.lines)
        if missing := untold(fitted, parts):
            notes.insert(0, missing)
    body = render(fitted)
    if body.startswith("\\[") or "\n\\[" in body:
        notes.append(_ESCAPED_NOTE)
    return Draft(
        fitted,
        body,
        # The newline before the footer belongs to the body's last token or is one of its own.
        tokens.count(body + "\n"),
        before,
        is_only_cleaned=not notes and all(block.is_verbatim for block in fitted) and body == "\n".join(cleaned.lines),
        notes=(*notes, *chooser),
    )


def _beside_footer(bound: Bound, notes: Sequence[str]) -> Bound:
    """The room that *bound* leaves beside the longest footer there may be."""
    widest = Draft((), "", 0, 99_999_999, is_only_cleaned=False, notes=(*notes, _ESCAPED_NOTE, _WIDEST_NOTE))
    return bound.without(widest.footer(DEAREST_HANDLE)[0], tokens.count)


_ESCAPED_NOTE = "a printed line like our marks has \\ before it"
_WIDEST_NOTE = "9999 of 9999 failures not shown (lines 999999-999999)"


def settled(original: Original, cleaned: Cleaned, made: Draft, wish: Wish) -> Compressed | None:
    """What is shown where no original need be kept: nothing is left out of it. None where the draft is better.

    A comparison is always better: it was asked for, and the output alone does not tell what was fixed.
    """
    if wish.since is not None:
        return None
    if made.is_only_cleaned and made.body_tokens < original.tokens:
        return Compressed(made.body, after_tokens=made.body_tokens)
    is_dense = made.tokens(DEAREST_HANDLE) >= _DENSE * original.tokens
    return _untouched(original, cleaned) if is_dense and original.fits(wish.bound) else None


def finished(original: Original, cleaned: Cleaned, made: Draft, wish: Wish, handle: str) -> Compressed:
    """The draft with its footer, the original being kept under *handle*."""
    footer, after = made.footer(handle)
    if after >= original.tokens and original.fits(wish.bound) and wish.since is None:
        return _untouched(original, cleaned)
    return Compressed(made.text(footer), handle, after_tokens=after, printed=made.printed)


def unkept(original: Original, cleaned: Cleaned, short: Shortened, wish: Wish, reason: str) -> Compressed:
    """What is shown where the original could not be kept: all of it, or what fits and the reason."""
    if original.fits(wish.bound):
        return replace(_untouched(original, cleaned), faults=(reason,))
    last = f"[sidecar: what is left out was not kept: {reason}]"
    room = wish.bound.without(last, tokens.count)
    fitted = fit(short.printed, room, focus=wish.focus, count=tokens.count, parts=short.parts, lines=cleaned.lines)
    text = "\n".join((render(fitted), last)) if fitted else last
    return Compressed(text, after_tokens=tokens.count(text), printed=fitted, faults=(reason,))


def _untouched(original: Original, cleaned: Cleaned) -> Compressed:
    """The original as it came; where it would play with a terminal, without that."""
    if not cleaned.escapes:
        return Compressed(original.text, after_tokens=original.tokens)
    text = _with_escapes_told(cleaned, cleaned.text, original.tokens)
    return Compressed(text, after_tokens=tokens.count(text))


def _with_escapes_told(cleaned: Cleaned, text: str, before: int) -> str:
    """*text* and a last line on what was removed, unless that made it longer than the original."""
    said = f"[sidecar: {cleaned.escapes} terminal control sequences removed]"
    told = f"{text}{said}" if text.endswith("\n") or not text else f"{text}\n{said}"
    return told if tokens.count(told) < before else text


def described(data: bytes, handle: str | None, reason: str = "") -> Compressed:
    """A binary: named, never shown. Without a *handle*, with the *reason* why it is not kept."""
    what = describe_binary(data)
    rest = f', not shown; original: recall("{handle}")' if handle else f"; not shown, and not kept: {reason}"
    return Compressed(f"[sidecar: {what}{rest}]", handle, faults=(reason,) if reason else ())


def ended(data: bytes, wish: Wish, handle: str | None, reason: str = "") -> Compressed:
    """An output past the limit: its first and last lines, unparsed, and where the rest is (C7).

    Without a *handle*, the last line says with *reason* that the rest is not kept.
    """
    head = clean(data[:_END_BYTES]).lines[:-1][:_END_LINES]
    tail = clean(data[-_END_BYTES:]).lines[1:][-_END_LINES:]
    total = data.count(b"\n") + (not data.endswith(b"\n"))
    middle = marker(len(head), total - len(tail), f"not read, for the output has {len(data):,} bytes")
    printed = (
        Printed(0, len(head), tuple(head), Rank.STRUCTURE),
        Printed(len(head), total - len(tail), (middle,), Rank.CONTENT, "not read"),
        Printed(total - len(tail), total, tuple(tail), Rank.EVIDENCE),
    )
    rest = f'original: recall("{handle}")' if handle else f"the rest is not kept: {reason}"
    last = f"[sidecar: only the ends of {len(data):,} bytes are shown; {rest}]"
    fitted = fit(printed, wish.bound.without(last, tokens.count), count=tokens.count)
    return Compressed(f"{render(fitted)}\n{last}", handle, printed=fitted, faults=(reason,) if reason else ())
