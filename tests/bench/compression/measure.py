"""Running a compressor over the captures, and what its results are worth.

Needles are looked for as exact substrings in what the compressor returned, without colours. What would
need another call to be seen counts as lost.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache

from sidecar.compression import tokens
from tests.bench.compression.corpus import Capture, plain
from tests.bench.compression.needles.chosen import Needles

__all__ = ["Answer", "Hits", "Scored", "Summary", "ends", "score", "summary"]

_SUCCESS = re.compile(
    r"\b(?:all (?:tests|checks) passed|no (?:errors|issues|problems|failures)|build succeeded|success(?:ful(?:ly)?)?"
    r"|nothing to commit|PASS \(\d+\)|clean|up to date)\b|✓|✔",
    re.IGNORECASE,
)
_STATUS = re.compile(r"\b(?:exit(?:ed)?(?: with)? (?:status|code)[ :=]+|exited with )(\d{1,3})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a compressor returned for one capture; *failed* says why it returned nothing."""

    text: str
    seconds: float = 0.0
    failed: str = ""
    is_stable: bool = True


@dataclass(frozen=True, slots=True)
class Hits:
    """How many needles there were, and which are not found."""

    asked: int = 0
    missed: tuple[str, ...] = ()

    @property
    def found(self) -> int:
        return self.asked - len(self.missed)


@dataclass(frozen=True)
class Scored:
    """One capture under one compressor."""

    capture: Capture
    before: int
    after: int
    critical: Hits
    whole_lines: Hits
    words: Hits
    rarest: Hits
    ends: Hits
    """The critical needles that head + tail of the same size keeps."""
    answer: Answer = field(repr=False)
    false_green: bool = False
    wrong_status: bool = False

    @property
    def saved(self) -> float:
        return 1 - self.after / self.before if self.before else 0.0


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of the bar over some captures; shares from 0 to 1, NaN where nothing was asked."""

    files: int
    before: int
    recall: float
    lines: float
    saved: float
    mean_saved: float
    red_saved: float
    red_recall: float
    words: float
    green_words: float
    red_words: float
    rarest: float
    lift: float
    longer: int
    crashes: int
    false_green: int
    wrong_status: int
    unstable: int
    mb_per_s: float
    p50_ms: float


def score(capture: Capture, needles: Needles, answer: Answer) -> Scored:
    shown = plain(answer.text)
    after = tokens.count(answer.text)
    pieces = needles.pieces
    critical = _hits(pieces, shown)
    baseline = plain(ends(capture.raw, after)) if pieces else ""
    return Scored(
        capture,
        _counted(capture.raw),
        after,
        critical,
        _hits(needles.lines, shown),
        _hits(list(dict.fromkeys(item.word for item in needles.ordinary)), shown),
        _hits(list(dict.fromkeys(part for item in needles.ordinary for part in (item.rarest, item.phrase))), shown),
        _hits(pieces, baseline),
        answer,
        false_green=_is_false_green(capture, critical, shown),
        wrong_status=any(
            status.group() not in capture.text and int(status[1]) != capture.exit_code
            for status in _STATUS.finditer(shown)
            if capture.exit_code is not None
        ),
    )


@cache
def _counted(text: str) -> int:
    return tokens.count(text)


def _hits(asked: Sequence[str], shown: str) -> Hits:
    return Hits(len(asked), tuple(needle for needle in asked if needle not in shown))


def _is_false_green(capture: Capture, critical: Hits, shown: str) -> bool:
    """A failing command's result that tells of no failure, or claims a success the output never claimed."""
    if not capture.is_red:
        return False
    if critical.asked and not critical.found:
        return True
    claimed = {claim.group().lower() for claim in _SUCCESS.finditer(shown)}
    printed = {claim.group().lower() for claim in _SUCCESS.finditer(capture.text)}
    return bool(claimed - printed) and critical.found < critical.asked


def ends(text: str, limit_tokens: int) -> str:
    """The first and the last half of so many tokens: what an agent's own cut would show."""
    if tokens.count(text) <= limit_tokens:
        return text
    half = limit_tokens // 2
    return tokens.cut(text, half) + "\n[...]\n" + tokens.cut(text, limit_tokens - half, from_end=True)


def summary(scored: Sequence[Scored]) -> Summary:
    red = [item for item in scored if item.capture.is_red]
    asked = sum(item.critical.asked for item in scored)
    seconds = sum(item.answer.seconds for item in scored)
    small = [item.answer.seconds * 1000 for item in scored]
    return Summary(
        files=len(scored),
        before=sum(item.before for item in scored),
        recall=_share(item.critical for item in scored),
        lines=_share(item.whole_lines for item in scored),
        saved=_saved(scored),
        mean_saved=statistics.fmean(item.saved for item in scored) if scored else float("nan"),
        red_saved=_saved(red),
        red_recall=_share(item.critical for item in red),
        words=_share(item.words for item in scored),
        green_words=_share(item.words for item in scored if not item.capture.is_red),
        red_words=_share(item.words for item in red),
        rarest=_share(item.rarest for item in scored),
        lift=sum(item.critical.found - item.ends.found for item in scored) / asked if asked else float("nan"),
        longer=sum(item.after > item.before for item in scored),
        crashes=sum(bool(item.answer.failed) for item in scored),
        false_green=sum(item.false_green for item in scored),
        wrong_status=sum(item.wrong_status for item in scored),
        unstable=sum(not item.answer.is_stable for item in scored),
        mb_per_s=sum(len(item.capture.data) for item in scored) / 1e6 / seconds if seconds else float("nan"),
        p50_ms=statistics.median(small) if small else float("nan"),
    )


def _share(hits: Iterable[Hits]) -> float:
    pairs = [(item.found, item.asked) for item in hits]
    asked = sum(pair[1] for pair in pairs)
    return sum(pair[0] for pair in pairs) / asked if asked else float("nan")


def _saved(scored: Sequence[Scored]) -> float:
    before = sum(item.before for item in scored)
    return 1 - sum(item.after for item in scored) / before if before else float("nan")
