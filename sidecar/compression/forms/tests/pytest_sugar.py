"""How pytest reads under pytest-sugar (captured with 1.1): as pytest, once its own lines are put into pytest's words.

――――― TestCart.test_tax ―――――                     a title of pytest's, with its own rule
 tests/test_cart.py::TestCart.test_tax ✓ 12% █▎     progress: left out
Results (15.09s):                                   as printed
      11 failed
         - tests/test_cart.py:30 TestCart.test_tax

Failures stand between the progress, as they happen; pytest tells them all at the end.
"""

from __future__ import annotations

import re
from dataclasses import replace

from sidecar.compression.forms.tests import pytest as tests_pytest
from sidecar.compression.kept import kept
from sidecar.compression.literals import literals_in
from sidecar.compression.vocabulary import Block, Evidence, Form, Part, Segment

__all__ = ["RUNNER"]

_LITERALS = ("Test session starts (platform: ", "――― ", "\nResults (")
_BEGUN = re.compile(r"^Test session starts \(platform: ", re.MULTILINE)
_ENDED = re.compile(r"^Results \(\d[\d.:hms]*\):$", re.MULTILINE)
_TITLE = re.compile(r"―{2,} (?P<name>\S.*) ―{2,}$")
_PROGRESS = re.compile(r" +\S.*[✓⨯sxX?-] *\d+% [█▏▎▍▌▋▊▉ ]*$| +\S.*✓ *$")
_COUNT = re.compile(r" {3,}\d+ \w+$|         - \S+:\d+ \S")
_RULED = re.compile(r"_{2,} (?P<name>\S.*) _{2,}$")


def _recognise(segment: Segment) -> float:
    if literals_in(segment).isdisjoint(_LITERALS):
        return 0.0
    text = segment.text
    if _BEGUN.search(text):
        return 0.98  # surer than pytest itself, whose summary may stand at the end
    return 0.9 if _ENDED.search(text) and any(_TITLE.match(line) for line in segment.lines) else 0.0


@kept
def _in_pytest_words(segment: Segment) -> Segment:
    lines = [_translated(line) for line in segment.lines]
    first = next((i for i, line in enumerate(lines) if _RULED.match(line)), 0)
    if first and not lines[first - 1].strip():
        lines[first - 1] = "=== FAILURES ==="  # the empty line above the first failure stands for their title
    return replace(segment, lines=lines)


def _translated(line: str) -> str:
    if "―" in line and (found := _TITLE.match(line)):
        return f"___ {found['name']} ___"
    return "" if _is_progress(line) else line


def _is_progress(line: str) -> bool:
    return line[:1] == " " and _PROGRESS.match(line) is not None


def _reduce(segment: Segment) -> list[Block]:
    """The blocks of pytest; what was counted stays whatever it made of it."""
    ended = next((i for i, line in enumerate(segment.lines) if _ENDED.match(line)), len(segment.lines))
    blocks = (_without_bars(segment, block) for block in tests_pytest.RUNNER.reduce(_in_pytest_words(segment)))
    return [part for block in blocks for part in _with_counts(block, ended)]


def _without_bars(segment: Segment, block: Block) -> Block:
    """What pytest's form would show as printed, without the progress that it has not seen."""
    lines = segment.lines[block.start : block.end]
    if block.shown is not None or not any(_is_progress(line) for line in lines):
        return block
    return replace(block, shown=tuple(line for line in lines if not _is_progress(line)), what="progress")


def _with_counts(block: Block, ended: int) -> list[Block]:
    """A block that reaches over the results ends where they begin; they stand as printed."""
    if block.shown is None or block.end <= ended:
        return [block]
    if block.start >= ended:
        return [Block(block.start, block.end, None, "", block.rank)]
    shown = tuple(line for line in block.shown if not _COUNT.match(line) and not _ENDED.match(line))
    return [replace(block, end=ended, shown=shown), Block(ended, block.end, None, "", block.rank)]


def _evidence(segment: Segment) -> list[Evidence]:
    """That of pytest, titles by their names; and the results."""
    found = [item._replace(parts=tuple(map(_name, item.parts))) for item in _of_pytest(segment)]
    ended = next((i for i, line in enumerate(segment.lines) if _ENDED.match(line)), len(segment.lines))
    counts = (index for index in range(ended, len(segment.lines)) if _COUNT.match(segment.lines[index]))
    return [*found, *(Evidence(index, (segment.lines[index],)) for index in counts)]


def _of_pytest(segment: Segment) -> list[Evidence]:
    return tests_pytest.RUNNER.evidence(_in_pytest_words(segment))


def _name(part: str) -> str:
    found = _RULED.match(part)
    return found["name"] if found else part


def _parts(segment: Segment) -> list[Part]:
    return tests_pytest.RUNNER.parts(_in_pytest_words(segment))


RUNNER = Form(
    name="pytest-sugar",
    recognise=_recognise,
    evidence=_evidence,
    reduce=_reduce,
    parts=_parts,
    literals=_LITERALS,
)
