"""Which lines of a log are of one kind: equal once what varies is masked.

    line ──without digits──> known? ──without hex──> known? ──without the words that vary──> kind

Masking works on some thousand lines at once (a byte translation deletes digits at 700 MB/s) and looks closer only
at lines that are still new: 20 MB have a quarter of a million lines and, mostly, a hundred kinds. What is
held for each line is a number.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from operator import itemgetter, sub

from sidecar.compression.alarms import alarm_lines, warning_lines
from sidecar.compression.forms.boxed import MARK, is_boxed_source
from sidecar.compression.forms.log.codes import (
    CODES,
    DIGITS,
    Code,
    codes_in,
    encoded,
    failed_requests,
    with_codes_kept,
)
from sidecar.compression.forms.log.ordering import in_one_order
from sidecar.compression.kept import kept
from sidecar.compression.vocabulary import Segment

__all__ = ["Kinds", "kinds_of"]

_CHUNK_LINES = 2_048

_CODES_ASKED = 16
"""One of so many lines of a large log tells which of these numbers it has."""

_HEX = re.compile(rb"[0-9a-fA-F]{6,}(?:-[0-9a-fA-F]{4,})*")
_SEPARATORS = rb"\s\"'=:,;()\[\]{}<>|/"
_TOKEN = re.compile(rb"(?<![^%b])[^%b\d]*\d[^%b]*" % (_SEPARATORS, _SEPARATORS, _SEPARATORS))
"""A word with a digit: an identifier, a host, a version."""
_SMALL = 2_000_000
"""Up to so many characters, words with digits are masked whole."""
_SPACED = bytes.maketrans(b"\"'=:,;()[]{}<>|/", b" " * 16)
_LETTERS = bytes(range(ord("a"), ord("z") + 1)) + bytes(range(ord("A"), ord("Z") + 1)) + b"-_.+%~#@*\x01\x02\x03"
_LETTERS_AND_BLANKS = _LETTERS + b" "
"""Columns on the right stand further off where a word on the left is shorter."""
_LOUD = (
    b"error", b"fail", b"fatal", b"panic", b"exception", b"refused", b"denied", b"abort", b"killed", b"timed", b"crash",
    b"corrupt", b"reject", b"unreach", b"segfault", b"warn", b"deprecat", b"critical", b"unable", b"traceback",
)  # fmt: skip
"""Words that must not vanish where words vary: what has one is a kind of its own."""
_NAMES = 12
"""From so many different words at one place of otherwise equal lines, the word is a name."""
_KINDS = 6
"""More kinds than this, of lines with the same marks and as many words, may be the same with names of few sorts."""
_LEVELS = frozenset((b"debug", b"info", b"notice", b"warn", b"warning", b"error", b"fatal", b"critical", b"trace"))
_NAMES_OF_MANY = 30
"""... where a thousand lines and more were seen."""
_MESSAGES = 200
"""A program has not many more messages of one length."""
_ASKED = 2_000
"""So many lines tell at which places the words vary."""
_MANY_NEW = 24
"""Of more new lines in a chunk, those seen once are not remembered."""


@dataclass(slots=True)
class Kinds:
    """Each line's kind, as a number, and how many digits it has; of each kind its first line, and which are loud."""

    of_line: array[int] = field(default_factory=lambda: array("I"))
    digits: array[int] = field(default_factory=lambda: array("H"))
    first: list[int] = field(default_factory=list)
    alarms: frozenset[int] = frozenset()
    warnings: frozenset[int] = frozenset()


@dataclass(slots=True)
class _Bucket:
    """Lines with the same marks and as many words: the kinds seen, by their words at the places that do not vary."""

    width: int
    constant: tuple[int, ...]
    varying: tuple[int, ...] = ()
    kinds: dict[tuple[bytes, ...], int] = field(default_factory=dict)
    loud: dict[tuple[bytes, ...], int] = field(default_factory=dict)
    """The kinds of lines with a word of alarm among the words that vary, by all their words."""
    limit: int = _KINDS
    """With more kinds than this, it is looked at again which words vary."""


@kept
def kinds_of(segment: Segment) -> Kinds:
    """The kinds of a segment's lines; kept with the segment, for its reduction and its evidence both ask."""
    return _Reader(in_one_order(segment), segment.lines).read()


class _Reader:
    """Reads lines chunk by chunk; what it learned from one serves for the next."""

    def __init__(self, lines: Sequence[str], printed: Sequence[str]) -> None:
        self._lines = lines
        self._printed = printed
        self._kinds = Kinds()
        self._plain: dict[bytes, int] = {}
        self._masked: dict[bytes, int] = {}
        self._is_small = sum(map(len, lines)) < _SMALL
        self._codes: Sequence[Code] = ()
        self._is_varied = False
        self._buckets: dict[tuple[bytes, int], _Bucket] = {}
        self._same: dict[int, int] = {}
        """Kinds that turned out to be one: the later's number, and the earlier's."""

    def read(self) -> Kinds:
        kinds, lines = self._kinds, self._lines
        for start in range(0, len(lines), _CHUNK_LINES):
            self._chunk(lines[start : start + _CHUNK_LINES], start)
        if self._same:
            numbers = list(range(len(kinds.first)))
            for later in sorted(self._same):
                numbers[later] = numbers[self._same[later]]
            kinds.of_line = array("I", map(numbers.__getitem__, kinds.of_line))
        used = sorted(set(kinds.of_line)) if self._same else range(len(kinds.first))
        distinct = [self._printed[kinds.first[kind]] for kind in used]
        text = "\n".join(distinct)
        alarms = {*alarm_lines(distinct, text), *failed_requests(distinct, text)}
        if MARK in text:
            alarms = {at for at in alarms if not is_boxed_source(distinct[at])}
        kinds.alarms = frozenset(used[at] for at in alarms)
        kinds.warnings = frozenset(used[at] for at in warning_lines(distinct, text))
        return kinds

    def _chunk(self, lines: Sequence[str], start: int) -> None:
        text = "\n".join(lines)
        if self._is_small:
            self._codes = codes_in(text)
        else:
            seen = codes_in("\n".join(lines[::_CODES_ASKED]))
            self._codes = [code for code in CODES if code in self._codes or code in seen]
        data = with_codes_kept(encoded(text), self._codes)
        printed = data.split(b"\n")
        keys = data.translate(None, DIGITS).split(b"\n")
        digits = map(sub, map(len, printed), map(len, keys))
        self._kinds.digits.extend([count if count < 65_536 else 65_535 for count in digits])
        if self._is_varied:
            self._kinds.of_line.extend(self._words(keys, range(start, start + len(keys))))
            return
        counts = Counter(keys)
        known = self._plain
        passing: list[bytes] = []
        if counts.keys() - known.keys():
            places = dict(zip(reversed(keys), range(len(keys) - 1, -1, -1), strict=True))
            new = [key for key in counts if key not in known]
            numbers = self._closer([printed[places[key]] for key in new], [start + places[key] for key in new])
            known.update(zip(new, numbers, strict=True))
            # A line that was seen once will most likely not come again: only the others are worth remembering.
            passing = [key for key in new if counts[key] == 1]
        self._kinds.of_line.extend(map(known.__getitem__, keys))
        for key in passing:
            del known[key]

    def _kind(self, line: int) -> int:
        self._kinds.first.append(line)
        return len(self._kinds.first) - 1

    def _closer(self, printed: list[bytes], at: list[int]) -> list[int]:
        """The kinds of lines that are new without their digits."""
        joined = b"\n".join(printed)
        if self._is_small:
            masked = _TOKEN.sub(b"#", joined).split(b"\n")
        else:
            masked = _HEX.sub(b"", joined).translate(None, DIGITS).split(b"\n")
        known = self._masked
        counts = Counter(masked)
        new = [key for key in counts if key not in known]
        passing: list[bytes] = []
        if new:
            first = dict(zip(reversed(masked), reversed(at), strict=True))
            known.update(zip(new, self._words(new, [first[key] for key in new]), strict=True))
            passing = [key for key in new if counts[key] == 1] if len(new) > _MANY_NEW else []
            # Names have a few letters of hex too: where most lines stay different, only their words are compared.
            self._is_varied = not self._is_small and len(new) > _CHUNK_LINES * 3 // 4
        numbers = [known[key] for key in masked]
        for key in passing:
            del known[key]
        return numbers

    def _words(self, keys: list[bytes], at: Sequence[int]) -> list[int]:
        """The kinds of lines that are new without their digits and hex: names may vary."""
        joined = b"\n".join(keys)
        rows = [row.split() for row in joined.translate(_SPACED).split(b"\n")]
        marks = joined.translate(None, _LETTERS_AND_BLANKS).split(b"\n")
        members: dict[tuple[bytes, int], list[int]] = {}
        for index, signature in enumerate(zip(marks, map(len, rows), strict=True)):
            if signature in members:
                members[signature].append(index)
            else:
                members[signature] = [index]
        numbers = [0] * len(keys)
        for signature, indexes in members.items():
            bucket = self._buckets.get(signature)
            if bucket is None:
                width = signature[1]
                bucket = self._buckets[signature] = _Bucket(width, tuple(range(width)))
            found = self._in_bucket(bucket, [rows[index] for index in indexes], [at[index] for index in indexes])
            for index, number in zip(indexes, found, strict=True):
                numbers[index] = number
        return numbers

    def _in_bucket(self, bucket: _Bucket, rows: list[list[bytes]], at: list[int]) -> list[int]:
        if not bucket.width:
            return [self._kind(line) for line in at]
        if not bucket.varying and len(bucket.kinds) + len(rows) > bucket.limit:
            self._learn(bucket, rows[:: len(rows) // _ASKED + 1])
        kinds = bucket.kinds
        told = list(map(_taker(bucket.constant), rows))
        for index, words in enumerate(told):
            if words not in kinds:
                kinds[words] = self._kind(at[index])
        numbers = list(map(kinds.__getitem__, told))
        for index in self._loud(bucket, rows):
            words = tuple(rows[index])
            if words not in bucket.loud:
                bucket.loud[words] = self._kind(at[index])
            numbers[index] = bucket.loud[words]
        if len(kinds) > bucket.limit:
            self._learn(bucket, [])
        return numbers

    def _learn(self, bucket: _Bucket, rows: list[list[bytes]]) -> None:
        """Finds the places at which words are names; nowhere, if that is at more than half of the places.

        Lines of free text differ everywhere: nothing says that they are of one kind.
        """
        take = _taker(bucket.constant)
        seen = [*bucket.kinds, *map(take, rows)]
        bucket.limit = 2 * len(bucket.kinds) + _NAMES
        names = _NAMES if len(seen) < _ASKED // 2 else _NAMES_OF_MANY
        columns = [set(column) for column in zip(*seen, strict=True)]
        vary = [place for place, words in enumerate(columns) if len(words) > names]
        if 2 * (len(vary) + len(bucket.varying)) > bucket.width:
            return
        if len(vary) > 1:
            # Words that vary together, in few ways, are the messages of a program and no names.
            together = len(set(map(itemgetter(*vary), seen)))
            if together <= min(_MESSAGES, 1.5 * max(len(columns[place]) for place in vary)):
                vary = []
        vary += self._combined(seen, columns, vary, bucket.width // 2 - len(bucket.varying) - len(vary))
        if not vary:
            return
        kept = [place for place in range(len(bucket.constant)) if place not in vary]
        joined: dict[tuple[bytes, ...], int] = {}
        for words, number in bucket.kinds.items():
            same = joined.setdefault(tuple(words[place] for place in kept), number)
            if same != number:
                self._same[number] = same
        bucket.kinds = joined
        bucket.constant = tuple(bucket.constant[place] for place in kept)
        bucket.varying = tuple(place for place in range(bucket.width) if place not in bucket.constant)
        bucket.limit = 2 * (len(joined) + names)

    @staticmethod
    def _combined(seen: list[tuple[bytes, ...]], columns: list[set[bytes]], vary: list[int], room: int) -> list[int]:
        """The places of few words each that make many kinds together: 4 browsers times 10 pages times 8 users."""
        left = [place for place in range(len(columns)) if place not in vary]
        kinds = {tuple(words[place] for place in left) for words in seen}
        found: list[int] = []
        while len(kinds) > _KINDS and len(found) < room:
            best: tuple[int, int, set[tuple[bytes, ...]]] | None = None
            for at, place in enumerate(left):
                words = columns[place]
                if len(words) < _NAMES // 4 or any(word.isupper() or word.lower() in _LEVELS for word in words):
                    continue
                fewer = {kind[:at] + kind[at + 1 :] for kind in kinds}
                if best is None or len(fewer) < len(best[2]):
                    best = (at, place, fewer)
            if best is None or len(best[2]) * 3 > len(kinds) * 2:
                break
            at, place, kinds = best
            del left[at]
            found.append(place)
        return found

    def _loud(self, bucket: _Bucket, rows: list[list[bytes]]) -> list[int]:
        """The rows with a word of alarm among the words that vary."""
        if not bucket.varying:
            return []
        pieces = list(map(_joiner(bucket.varying), rows))
        text = b"\n".join(pieces).lower()
        places: list[int] = []
        for word in _LOUD:
            at = text.find(word)
            while at >= 0:
                places.append(at)
                at = text.find(word, at + len(word))
        if not places:
            return []
        ends = [end + index for index, end in enumerate(accumulate(map(len, pieces)))]
        return sorted({bisect_right(ends, place) for place in places})


def _taker(places: Sequence[int]) -> Callable[[list[bytes]], tuple[bytes, ...]]:
    if len(places) == 1:
        only = places[0]
        return lambda row: (row[only],)
    return itemgetter(*places)


def _joiner(places: Sequence[int]) -> Callable[[list[bytes]], bytes]:
    if len(places) == 1:
        return itemgetter(places[0])
    take = itemgetter(*places)
    return lambda row: b" ".join(take(row))
