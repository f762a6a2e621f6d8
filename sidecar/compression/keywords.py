"""The words of what was left out that stand nowhere else: an index, so that a reader knows what to recall.

    [... 34 lines (44-77): frames of libraries]
    [... 34 lines (44-77): frames of libraries; keywords: ThrowableCollector.java executeRecursively]

They cost a small share of what their marker saves, for tools repeat themselves: most of what is left out is made of
words that are shown already.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import filterfalse

from sidecar.compression.printing import Printed
from sidecar.compression.vocabulary import MARKUP

__all__ = ["with_keywords"]

_SHARE = 0.04
"""So much of the characters left out may be spent on telling what they were."""

_LEAST_CHARS = 20
_MOST_CHARS = 6_000
"""What one marker must be worth, and what all of them may cost: an index longer than two pages is not read."""

_SAMPLE_CHARS = 60_000
"""Of what one marker stands for, so much is read, evenly spread: there is room for a small part of its words."""

_LINES_AT_ONCE = 1_000
"""A text taken apart is five times as large, and mostly of the same words again."""

_LABEL = "; keywords: "

_WORD = re.compile(r"[^\W\d][\w.+-]{2,}\w")
_APART = bytes(code if code >= 0x80 or chr(code).isalnum() or chr(code) in "_.+-" else 0x20 for code in range(256))
"""Blanks wherever an ASCII character can be in no word."""
_TAG = re.compile(r"<[A-Za-z/!][^<>]*>")
_ENTITY = re.compile(r"&\w+;")
_DATA_CHARS = frozenset("~^`|;*$@!")
_DATA_KINDS = 3
_DATA_LINE_CHARS = 40
"""A long line without a blank that has so many of these is data in letters (git's base85), not text."""

_SHORTEST_WORD = 4
_LONGEST_WORD = 80
_STEP = re.compile(r"[a-z](?=[A-Z\d])|[A-Z](?=\d)|\d(?=[A-Za-z])")
_DIGITS = re.compile(r"\d+")
_SERIES = 3
"""Of names that differ in their numbers only, so many are told."""

_NUMBER = re.compile(r"\d{5}|(?<![0-9a-f])(?=[a-f]*\d)[0-9a-f]{7,}$")
_EMPTY_WORDS = """
about after also been before clean does done false from have here into just like line lines made more most none null
once only over pass passed same some success successful successfully such than that their them then there these they
this true undefined using very were what when where which while will with your
"""
_EMPTY = frozenset(_EMPTY_WORDS.split())
"""Words that tell nothing; and a verdict is not an index entry: out of its line it could be taken for the whole's."""


def with_keywords(printed: Sequence[Printed], lines: Sequence[str]) -> tuple[Printed, ...]:
    """The same blocks, their markers with the words of *lines* that are not printed.

    Those that stand for most lines at the least cost come first: the frequent ones, and of these the short.
    """
    if not any(block.what for block in printed):
        return tuple(printed)
    told = _Told([line for block in printed for line in block.lines])
    left = _MOST_CHARS
    room = 0.0
    result: list[Printed] = []
    for block in printed:
        found: list[str] = []
        if block.what and not block.what.startswith(MARKUP):
            within = lines[block.start : block.end]
            chars = _chars(within)
            room = min(left, room + _SHARE * max(0, chars - _chars(block.lines)))
            if room >= _LEAST_CHARS:
                found = list(_chosen(within[:: 1 + chars // _SAMPLE_CHARS], int(room), told))
                used = sum(map(len, found)) + len(found)
                room, left = room - used, left - used
        result.append(_telling(block, found))
    return tuple(result)


def _chars(lines: Sequence[str]) -> int:
    return sum(map(len, lines))


def _telling(block: Printed, words: Sequence[str]) -> Printed:
    if not words:
        return block
    *shown, marker = block.lines
    return replace(block, lines=(*shown, f"{marker[:-1]}{_LABEL}{' '.join(words)}]"))


def _runs(text: str) -> list[str]:
    """*text* taken apart wherever no word goes on: each of its words is in one of them."""
    apart = text.encode("utf-8", "surrogatepass").translate(_APART).decode("utf-8", "surrogatepass")
    return apart.split()


class _Told:
    """What a reader of the result knows already: its words, and the series of names begun in keywords."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._runs: set[str] = set()
        for start in range(0, len(lines), _LINES_AT_ONCE):
            self._runs.update(_runs("\n".join(lines[start : start + _LINES_AT_ONCE])))
        self._text = "\n".join(self._runs)
        self._series: Counter[str] = Counter()

    def unknown(self, text: str) -> dict[str, int]:
        """The words of *text* but most that are known, in the order they come first, and how often each stands there.

        What `_WORD` finds, in a fraction of its time: most runs are known, and each of the others is looked at once.
        """
        counts: dict[str, int] = {}
        for run, count in Counter(filterfalse(self._runs.__contains__, _runs(text))).items():
            if run.isascii():
                word = run.lstrip("0123456789.+-").rstrip(".+-")
                if len(word) >= _SHORTEST_WORD:
                    counts[word] = counts.get(word, 0) + count
            else:
                for word in _WORD.findall(run):
                    counts[word] = counts.get(word, 0) + count
        return counts

    def is_new(self, word: str) -> bool:
        """Whether *word* is worth telling; whoever asks tells it then."""
        if word in self._runs or not _is_telling(word) or word in self._text:
            return False
        self._runs.add(word)
        series = _DIGITS.sub("#", word)
        self._series[series] += 1
        return self._series[series] <= _SERIES


def _chosen(sample: Sequence[str], room: int, told: _Told) -> Iterator[str]:
    """The telling words of the lines of a *sample* that are not *told*, as many as there is room for."""
    distinct = "\n".join([line for line in dict.fromkeys(sample) if " " in line or not _is_data(line)])
    if "<" in distinct:
        distinct = _ENTITY.sub(" ", _TAG.sub(" ", distinct))
    counts = told.unknown(distinct)
    for word in sorted(counts, key=lambda word: counts[word] / (len(word) + 1), reverse=True):
        if len(word) < room and told.is_new(word):
            yield word
            room -= len(word) + 1
            if room <= _SHORTEST_WORD:
                return


def _is_data(line: str) -> bool:
    return len(line) > _DATA_LINE_CHARS and len(_DATA_CHARS.intersection(line)) >= _DATA_KINDS


def _is_telling(word: str) -> bool:
    """Whether a word is a name or a word of a language, and not an identifier made by chance."""
    if len(word) > _LONGEST_WORD or word.lower() in _EMPTY:
        return False
    if word.isalpha() and (word.islower() or word.istitle()):
        return True
    is_number = _NUMBER.search(word) is not None or not word.strip("_.+-")
    return not is_number and 3 * len(_STEP.findall(word)) < len(word)
