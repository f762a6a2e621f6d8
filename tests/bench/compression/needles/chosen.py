"""Which scripts read which family, and what is asked of one capture in the end.

Scripts look at the text, not at the command: a family only says where they would be fooled. In a search's
results "error" is what was searched for, in a diff it is somebody's code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.bench.compression.corpus import Capture
from tests.bench.compression.needles import coverage, diagnostics, diffs, failures, logs, records, reports, tests
from tests.bench.compression.needles.fact import Extract, Fact, spread

__all__ = ["Needles", "needles_of"]

_EACH_KIND = 60
"""So many facts of one script a file at most: one file of 3,000 warnings is not the corpus."""

_QUIET_WORDS = """
ag apropos archive archives cat code csv dependencies deps df dpkg docs du env fd find grep head help html jq json
lists ls man markdown page pages ps records rg search source sql sqlite stat strace table tables tail tar toml transfer
tree unzip wc xml yaml zip
"""
_QUIET = frozenset(_QUIET_WORDS.split())
"""Families whose lines are content: an error named in them is nobody's error, unless the program itself complains."""

_CHANGES = frozenset(["diff", "diffs", "gh", "git", "jj", "patch", "svn"])

_COMPLAINT = re.compile(
    r"^(?:fatal|error|warning|CONFLICT \([^)]*\)|Error|ERROR): .+$"
    r"|^(?:ack|ag|cat|du|fd|find|grep|ls|rg|rsync|tar|tree|unzip|wget|curl|zip)(?: error)?: .+$"
    r"|^.*\[error opening dir\].*$"
    r"|^Applied patch .* with conflicts.*$"
    r"|^[\w./-]+: .*: (?:No such file|Permission denied|Not a directory|Is a directory).*$",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Needles:
    """What must be found in what stands for one capture."""

    facts: tuple[Fact, ...]
    ordinary: tuple[coverage.Ordinary, ...]

    @property
    def pieces(self) -> list[str]:
        return list(dict.fromkeys(piece for fact in self.facts for piece in fact.pieces))

    @property
    def lines(self) -> list[str]:
        return list(dict.fromkeys(fact.line for fact in self.facts))


def needles_of(capture: Capture) -> Needles:
    text = capture.text
    found: list[Fact] = []
    told: dict[str, tuple[str, ...]] = {}
    for script in _scripts(capture):
        facts = [fact for fact in (_present(fact, text) for fact in script(text)) if fact]
        found += spread((fact for fact in facts if not _is_told(fact, told.get(fact.line, ()))), _EACH_KIND)
        told |= {fact.line: fact.pieces for fact in facts if fact.line not in told}
    critical = frozenset(line for fact in found for line in fact.line.split("\n"))
    return Needles(tuple(dict.fromkeys(found)), tuple(_asked(coverage.ordinary(text, critical), text)))


def _scripts(capture: Capture) -> Sequence[Extract]:
    if capture.kind in _QUIET or capture.name.startswith("git/grep"):
        structured: tuple[Extract, ...] = (records.outliers, _complaints)
        return structured
    if capture.kind in _CHANGES:
        return (diffs.changed, diffs.files, _complaints)
    return (
        tests.failing,
        tests.go_logs,
        tests.totals,
        diagnostics.diagnostics,
        reports.findings,
        failures.errors,
        failures.counts,
        failures.traces,
        logs.alarms,
        logs.rarities,
        logs.statuses,
        records.unwell,
        records.outliers,
    )


def _complaints(text: str) -> Iterator[Fact]:
    for match in _COMPLAINT.finditer(text):
        yield Fact.of(match.group(), kind="error")


def _present(fact: Fact, text: str) -> Fact | None:
    """The fact with those of its pieces that are substrings of the text: a number may be written otherwise there."""
    pieces = tuple(piece for piece in fact.pieces if len(piece) >= 2 and piece in text)
    return Fact(fact.line, pieces, fact.kind) if pieces and fact.line in text else None


def _is_told(fact: Fact, pieces: Sequence[str]) -> bool:
    """Whether another script took the line apart already: it is not asked for as a whole once more."""
    return bool(pieces) and all(any(told in piece for told in pieces) for piece in fact.pieces)


def _asked(sample: Sequence[coverage.Ordinary], text: str) -> Iterator[coverage.Ordinary]:
    for item in dict.fromkeys(sample):
        if item.word in text and item.rarest in text and item.phrase in text and item.word:
            yield item
