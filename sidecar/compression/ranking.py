"""Which texts bear on a question: a small BM25 over words and the words inside camelCase and snake_case names."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

__all__ = ["bm25", "words_of"]

_WORD = re.compile(r"[A-Za-z0-9]{2,}")
_CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_BM25_SATURATION = 1.2
_BM25_LENGTH = 0.75


def _words(text: str) -> list[str]:
    words: list[str] = []
    for word in _WORD.findall(text):
        words.append(word.lower())
        parts = _CAMEL.findall(word)
        if len(parts) > 1:
            words.extend(part.lower() for part in parts)
    return words


def words_of(focus: str) -> frozenset[str]:
    """The words of a question that can tell texts apart, in lower case."""
    return frozenset(word for word in _words(focus) if len(word) > 2 or word.isdigit())


def bm25(texts: Sequence[str], focus: str) -> list[float]:
    """Okapi BM25 of each text for the words of *focus* (Robertson and Zaragoza 2009, k1 1.2, b 0.75)."""
    wanted = words_of(focus)
    counts = [Counter(word for word in _words(text) if word in wanted) for text in texts]
    lengths = [max(1, len(text)) for text in texts]
    mean = sum(lengths) / max(1, len(lengths))
    documents = Counter(word for found in counts for word in found)
    weights = {word: math.log(1 + (len(texts) - seen + 0.5) / (seen + 0.5)) for word, seen in sorted(documents.items())}
    return [
        sum(
            weights[word]
            * times
            * (_BM25_SATURATION + 1)
            / (times + _BM25_SATURATION * (1 - _BM25_LENGTH + _BM25_LENGTH * length / mean))
            for word, times in sorted(found.items())
        )
        for found, length in zip(counts, lengths, strict=True)
    ]
