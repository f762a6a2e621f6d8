"""Which part of an output is meant by words: "the 3rd failure", "failure 3", "last error", a test, a file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from sidecar.compression.vocabulary import Part
from sidecar.errors import WrongUsage

__all__ = ["described", "parts_named"]

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_ORDINAL = re.compile(
    rf"(?:the )?(?:(?P<number>\d{{1,6}})(?:st|nd|rd|th)?|(?P<word>{'|'.join(_ORDINALS)}|last))[ -](?P<kind>[a-z]+)$",
    re.I,
)
_NUMBERED = re.compile(r"(?:the )?(?P<kind>[a-z]+)[ #-]*(?P<number>\d{1,6})$", re.I)
_SHOWN = 8
"""So many candidates are named where words fit several parts."""


def parts_named(parts: Sequence[Part], words: str) -> list[Part]:
    """The parts that *words* mean, in order: one by its number, or every one whose name or line contains them.

    Raises WrongUsage with what there is.
    """
    asked = " ".join(words.split())
    kinds = {part.kind for part in parts}
    if (found := _by_number(parts, kinds, asked)) is not None:
        return found
    lowered = asked.lower()
    if (kind := _kind(lowered, kinds)) is not None:
        return [part for part in parts if part.kind == kind]
    exact = [part for part in parts if lowered in {part.label.lower(), part.said.lower()}]
    found = exact or [part for part in parts if lowered in part.label.lower() or lowered in part.said.lower()]
    if not found:
        raise WrongUsage(f"No part of this output is called `{words}`: {described(parts)}")
    return found


def _by_number(parts: Sequence[Part], kinds: set[str], asked: str) -> list[Part] | None:
    match = _ORDINAL.match(asked) or _NUMBERED.match(asked)
    if match is None or (kind := _kind(match["kind"].lower(), kinds)) is None:
        return None
    of_kind = [part for part in parts if part.kind == kind]
    word = (match.groupdict().get("word") or "").lower()
    number = len(of_kind) if word == "last" else _ORDINALS.index(word) + 1 if word else int(match["number"])
    if not 1 <= number <= len(of_kind):
        raise WrongUsage(f"There is no {kind} {number}: {described(parts)}")
    return [of_kind[number - 1]]


def _kind(word: str, kinds: set[str]) -> str | None:
    """The kind a word names, also in the plural."""
    return next((kind for kind in (word, word.removesuffix("s"), word.removesuffix("es")) if kind in kinds), None)


def described(parts: Sequence[Part]) -> str:
    """What there is to ask for, in one sentence."""
    if not parts:
        return "it has no parts with names; use `lines` or `find`."
    counts = Counter(part.kind for part in parts)
    told = ", ".join(f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in counts.items())
    names = "; ".join(part.label for part in parts[:_SHOWN])
    return f"it has {told} ({names}{'; ...' if len(parts) > _SHOWN else ''})."
