"""A spread sample of ordinary content: what an agent may ask an output for though nothing is wrong.

Two readings, as with facts: a *word* of a line (a name, a file's name, a word of a message, a key or a
value), chosen among the telling ones by a hash, and the line's *rarest* word together with its *phrase*,
its longest stretch without a digit. Identifiers made by chance, times, sizes and durations are nobody's
question.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

__all__ = ["Ordinary", "ordinary"]

_PAGE = re.compile(r"\s*(?:<!doctype html|<html)", re.IGNORECASE)
_UNREAD = frozenset({"head", "noscript", "script", "style", "svg", "template"})

_SAMPLES = 12
_WORD = re.compile(r"[A-Za-z_][\w.+-]{2,}\w")
_CHANCE = re.compile(
    r"^[0-9a-f]{7,}$|^(?=.*\d)[0-9a-f]{4,}(?:-[0-9a-f]{4,}){2,}$|^(?=(?:[^\W\d]*\d){5})\w+$|^\d|\d{5,}|T\d\d|^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)$",
    re.IGNORECASE,
)
_PLAIN = re.compile(r"[^\d\n]{4,}")
_VARYING = re.compile(r"0x[0-9a-f]+|\b[0-9a-f]{8,}\b|\d+")
_UNIT_CHARS = 400
"""A longer line is read in pieces: a page in one line is not one unit of content."""

_TEMPLATE_LINES = 5
"""From so many lines of one template on, a changing word with a digit in it is chance: an order's number."""

_EMPTY_WORDS = """
about after also been before central does done false from have here http https info into just like line lines
made more most none null once only over root same since some such that their them then there these they this
true undefined using value very were what when where which while will with your
"""
_EMPTY = frozenset(_EMPTY_WORDS.split())
"""Words nobody would ask for."""


@dataclass(frozen=True, slots=True)
class Ordinary:
    """One line of the sample: the telling word chosen by a hash, the rarest one, and the phrase."""

    word: str
    rarest: str
    phrase: str


def ordinary(text: str, critical: frozenset[str]) -> list[Ordinary]:
    """The sample of *text*, without the lines that are *critical* (trimmed)."""
    leaves = list(_leaves_of(text))
    if leaves:
        return [_leaf(*leaves[index], index) for index in _places(len(leaves))]
    units = [unit for line in _lines_of(text) if line.strip() not in critical for unit in _units(line)]
    words = [_words(unit) for unit in units]
    counts = Counter(word for found in words for word in found)
    telling = [index for index, found in enumerate(words) if found]
    by_template: dict[str, list[int]] = defaultdict(list)
    for index in telling:
        by_template[_VARYING.sub("#", units[index])[:80].rsplit(" ", 1)[0]].append(index)
    sample: list[Ordinary] = []
    used: set[str] = set()
    for place in _places(len(telling)):
        index = telling[place]
        kin = by_template[_VARYING.sub("#", units[index])[:80].rsplit(" ", 1)[0]]
        found = words[index]
        if len(kin) >= _TEMPLATE_LINES:
            near = Counter(word for other in kin[:200] for word in set(words[other]))
            found = [word for word in found if near[word] >= 2 or word.isalpha() or not re.search(r"\d", word)] or found
        telling_words = [word for word in found if counts[word] <= max(3, len(units) // 10)] or found
        # A word asked for once says nothing new the second time.
        telling_words = [word for word in telling_words if word not in used] or telling_words
        rarest = min(telling_words, key=lambda word: (counts[word], -len(word)))
        chosen = _chosen(telling_words, units[index])
        used.add(chosen)
        sample.append(Ordinary(chosen, rarest, _phrase(units[index])))
    return sample


def _lines_of(text: str) -> list[str]:
    """The lines a reader would see: of a web page its text, for nobody asks it for its attributes."""
    if not _PAGE.match(text):
        return text.split("\n")
    page = _PageText()
    page.feed(text)
    return page.lines


class _PageText(HTMLParser):
    """The runs of text of a page, as they were written, without those of scripts and styles."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.lines: list[str] = []
        self._hidden = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNREAD:
            self._hidden = tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self._hidden:
            self._hidden = ""

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.lines.extend(line for line in data.split("\n") if line.strip())


def _places(count: int) -> list[int]:
    if count <= _SAMPLES:
        return list(range(count))
    # Between the ends: an output's first and last lines survive any cut.
    return [(2 * index + 1) * count // (2 * _SAMPLES) for index in range(_SAMPLES)]


def _units(line: str) -> Iterator[str]:
    if len(line) <= _UNIT_CHARS:
        yield line
        return
    for start in range(0, min(len(line), 2_000_000), _UNIT_CHARS):
        yield line[start : start + _UNIT_CHARS].partition(" ")[2].rpartition(" ")[0]


def _words(unit: str) -> list[str]:
    found = (word.strip(".+-") for word in _WORD.findall(unit))
    return [
        word
        for word in dict.fromkeys(found)
        if len(word.strip("_")) >= 4 and word.lower() not in _EMPTY and not _CHANCE.search(word)
    ]


def _chosen(words: Sequence[str], line: str) -> str:
    return words[hashlib.sha256(line.encode("utf-8", "replace")).digest()[0] % len(words)]


def _phrase(unit: str) -> str:
    runs = [run.strip() for run in _PLAIN.findall(unit)]
    return max(runs, key=len, default=unit.strip())[:60].strip()


def _leaf(key: str, value: str, index: int) -> Ordinary:
    shown = value if value and len(value) <= 80 and not _CHANCE.search(value) and len(value) >= 3 else key
    return Ordinary(key if index % 2 else shown, shown, shown)


def _leaves_of(text: str) -> Iterator[tuple[str, str]]:
    """Keys and values of a JSON text, or of its lines where each is JSON."""
    head = text.lstrip()[:1]
    if head not in ("{", "["):
        return
    try:
        yield from _leaves(json.loads(text), "")
    except ValueError:
        lines = [line for line in text.split("\n") if line.strip()]
        read = [told for told in map(_read, lines[:20_000]) if told is not None]
        if 2 * len(read) > len(lines[:20_000]):
            for told in read:
                yield from _leaves(told, "")


def _read(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _leaves(value: Any, key: str) -> Iterator[tuple[str, str]]:
    stack: list[tuple[str, Any]] = [(key, value)]
    while stack:
        name, item = stack.pop()
        if isinstance(item, dict):
            stack.extend(reversed(item.items()))
        elif isinstance(item, list):
            stack.extend((name, inner) for inner in reversed(item))
        elif name:
            yield name, item if isinstance(item, str) else ""
