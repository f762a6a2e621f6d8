"""From the bytes a program printed to lines a reader would have seen.

Line *i* of the result is line *i* of the original, always: terminal escapes, overwritten progress
and backspaces disappear inside their line, and no line is joined or removed.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

__all__ = ["Cleaned", "clean", "describe_binary", "is_binary"]

_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor, erase (ECMA-48, 5.4)
    r"|\x1b[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)?"  # OSC, DCS, SOS, PM, APC: titles, links (ECMA-48, 5.6)
    r"|\x1b[ -/]*[0-~]?"  # two-character sequences, and one cut short
    r"|\x9b[0-?]*[ -/]*[@-~]"  # CSI as one C1 character
)
_ORDINARY = re.compile(
    r"\x1b\[(?:[\d;:]*m|[012]?K|\d*[A-GJSTX]|[\d;]*[Hf]|\?\d+[hl]|[su]|\d*[LMP@]|!p)"  # colours, cursor, erase
    r"|\x1b\](?:8|9;4|10|11|633|133);[^\x07\x1b\n]*(?:\x07|\x1b\\)?"  # links, progress, prompt marks
    r"|\x1b\](?:0|1|2);(?:npm|yarn|pnpm|cargo)[^\x07\x1b\n]*(?:\x07|\x1b\\)?"
    r"|\x1b(?:[()][0AB]|[78=>M])"
)
"""What progress bars and colours are made of; its removal need not be told."""

_CONTROLS = {code: None for code in (*range(32), *range(0x7F, 0xA0)) if chr(code) not in "\n\r\t\b"}
_CONTROL_BYTES = bytes(code for code in (*range(32), 0x7F) if code not in b"\n\t")
_NO_TEXT = bytes(code for code in range(32) if code not in b"\t\n\r\b\f\x1b\x07")
_ANY_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_ALARM = re.compile(r"error|fail|fatal|warn|panic|denied|exception", re.IGNORECASE)

_SIGNATURES = (
    (b"\x89PNG\r\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "gzip data"),
    (b"\x7fELF", "an ELF binary"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\xfd7zXZ", "xz data"),
    (b"(\xb5/\xfd", "zstd data"),
)
_MAGICS = tuple(magic for magic, _ in _SIGNATURES)

_CHARS_TO_A_NUL = 1_000
"""Compressed data has four NUL bytes in so many, a program dozens; a failing test that quoted one made a whole run
of pytest, 850 kB, a binary."""


@dataclass(frozen=True, slots=True)
class Cleaned:
    r"""An output as lines without their newline; a byte that was not UTF-8 reads as `\xe9`.

    *escapes* counts the removed terminal sequences that do more than colour, move and erase: titles, clipboard
    writes, device queries, strings to the terminal's own interpreter.
    """

    lines: list[str]
    ends_with_newline: bool
    escapes: int = 0

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + ("\n" if self.ends_with_newline else "")


def is_binary(data: bytes) -> bool:
    """Whether *data* is not text: it has NUL bytes (and no UTF-16 mark), or is mostly control bytes.

    A few NUL bytes in much text are what a test of the tool printed, or a value that was quoted.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return False
    nuls = data.count(0)
    if nuls and (nuls * _CHARS_TO_A_NUL > len(data) or data.startswith(_MAGICS)):
        return True
    sample = data[:65_536]
    controls = len(sample) - len(sample.translate(None, _NO_TEXT))
    return controls * 10 > len(sample)


def describe_binary(data: bytes) -> str:
    """One phrase for a reader: "a PNG image, 12,345 bytes"."""
    kind = next((name for magic, name in _SIGNATURES if data.startswith(magic)), "binary data")
    return f"{kind}, {len(data):,} bytes"


def clean(data: bytes) -> Cleaned:
    """Decode and clean *data*, in time linear in its length."""
    text = _decode(data)
    if not text:
        return Cleaned([], ends_with_newline=False)
    ends = text.endswith("\n")
    escapes = 0
    if _may_have_controls(data) and _ANY_CONTROL.search(text):
        escapes = _telling_escapes(text)
        text = _without_controls(text)
    return Cleaned((text[:-1] if ends else text).split("\n"), ends_with_newline=ends, escapes=escapes)


def _may_have_controls(data: bytes) -> bool:
    """False where none can be: bytes are looked through ten times as fast as text, and most outputs have none."""
    return b"\xc2" in data or len(data.translate(None, _CONTROL_BYTES)) != len(data)


def _telling_escapes(text: str) -> int:
    if "\x1b" not in text and "\x9b" not in text:
        return 0
    return sum(1 for found in _ESCAPES.finditer(text) if not _ORDINARY.fullmatch(found[0]))


def _decode(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace")
    return data.removeprefix(codecs.BOM_UTF8).decode("utf-8", errors="backslashreplace")


def _without_controls(text: str) -> str:
    if "\x1b" in text or "\x9b" in text:
        text = _ESCAPES.sub("", text)
    text = text.translate(_CONTROLS) if _ANY_CONTROL.search(text) else text
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    if "\r" not in text and "\b" not in text:
        return text
    return "\n".join(_as_seen(line) if "\r" in line or "\b" in line else line for line in text.split("\n"))


def _as_seen(line: str) -> str:
    """What a terminal shows in the end; an overwritten piece that sounds an alarm stays, before ` ␍ `."""
    pieces = [piece for piece in line.split("\r") if piece.strip()]
    if not pieces:
        return ""
    *overwritten, last = (_without_backspaces(piece) for piece in pieces)
    alarms = [piece.rstrip() for piece in dict.fromkeys(overwritten) if piece not in last and _ALARM.search(piece)]
    return " ␍ ".join((*alarms, last))


def _without_backspaces(piece: str) -> str:
    if "\b" not in piece:
        return piece
    seen: list[str] = []
    for character in piece:
        if character != "\b":
            seen.append(character)
        elif seen:
            seen.pop()
    return "".join(seen)
