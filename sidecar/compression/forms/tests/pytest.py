"""How a whole run of pytest reads, from its header to its final line (captured with 9.2).

    === test session starts ===      header, progress          `pytest_progress`: left out; a cut-off run keeps its end
    === ERRORS === / FAILURES        ___ name ___ per test     `pytest_failures`: name, marked line, E lines, place
    === warnings summary ===         places, message           `pytest_behind`: each message once
    === short test summary info ===  FAILED id - message       as printed
    === 1 failed, 3 passed in 1s === the final line            as printed

This module knows a run from other texts, and puts together what becomes of its parts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence, Set

from sidecar.compression.forms.drafting import condensed
from sidecar.compression.forms.tests.pytest_behind import mark_coverage, mark_summary, mark_warnings
from sidecar.compression.forms.tests.pytest_evidence import evidence
from sidecar.compression.forms.tests.pytest_failure import Told
from sidecar.compression.forms.tests.pytest_failures import failing
from sidecar.compression.forms.tests.pytest_lines import FINAL, is_telling, letters
from sidecar.compression.forms.tests.pytest_parts import parts
from sidecar.compression.forms.tests.pytest_progress import is_progress, mark_progress
from sidecar.compression.forms.tests.pytest_run import CUT, TITLE, Run, titled
from sidecar.compression.forms.tests.runner import any_line
from sidecar.compression.literals import literals_in
from sidecar.compression.vocabulary import Block, Extent, Form, Rank, Segment, keep, note

__all__ = ["RUNNER"]

_TITLES = (" test session starts ==", " short test summary info ==", "= FAILURES =", "= ERRORS =")
_TITLE_LINE = re.compile(r"={3,} (?:test session starts|short test summary info|FAILURES|ERRORS) ={3,}$", re.MULTILINE)
_FINAL_WORDS = (" passed", " failed", " error in ", " errors in ", "no tests ", " skipped")
_LITERALS = (
    *_TITLES,
    *_FINAL_WORDS,
    "INTERNALERROR> ",
    "ImportError while",
    ": error: unrec",
    "FAILED ",
    "ERROR ",
    "\nE  ",
)
_FINAL_BEGINS = frozenset("=n0123456789")
_NAMED = re.compile(r"\n(?:(?:FAILED|ERROR|SUBFAIL\S*(?: \([^)\n]*\))?) [^\s:]*::|E[ \t]|E$)", re.MULTILINE)
_FRAGMENT_SHARE = 0.1
_QUIET = frozenset({"PASSES", "XFAILURES", "XPASSES"})


def _recognise(segment: Segment) -> float:
    text, present = segment.text, literals_in(segment)
    asked = segment.command is not None and _is_pytest(segment.command.words)
    if any_line(_TITLE_LINE, text, present.intersection(_TITLES)):
        return 0.97
    if text.startswith("INTERNALERROR> ") or ("INTERNALERROR> " in present and "\nINTERNALERROR> " in text):
        return 0.9
    if text.startswith("ImportError while loading conftest ") or (asked and ": error: unrecognized arguments" in text):
        return 0.85
    if _is_filtered(segment, present) or ("\nE  " in present and _is_middle(text)):
        return 0.9
    if present.isdisjoint(_FINAL_WORDS):
        return 0.0
    tail = text[-4000:].split("\n")
    if any(line[:1] in _FINAL_BEGINS and FINAL.match(line) for line in tail):
        return 0.95 if asked or any(is_progress(line) for line in segment.lines[:200]) else 0.7
    return 0.0


def _is_filtered(segment: Segment, present: Set[str]) -> bool:
    """Whether a filter (`pytest | grep FAILED`) left only pytest's own lines of the run, and no title."""
    text = segment.text
    if present.isdisjoint({"FAILED ", "ERROR "}) and not text.startswith("\nE  "):
        return False
    if not text.startswith(("FAILED ", "ERROR ", "\nE  ")) and "\nFAILED " not in text and "\nERROR " not in text:
        return False
    named = sum(1 for _ in _NAMED.finditer(f"\n{text}"))
    return named >= max(1, _FRAGMENT_SHARE * len(segment.lines))


def _is_middle(text: str) -> bool:
    """Whether this is the middle of a run's failures, which a tool has cut off before and behind its titles."""
    if ".py:" not in text:
        return False
    led = f"\n{text}"
    return _NAME_RULE.search(led) is not None and _PLACE_LINE.search(led) is not None


_NAME_RULE = re.compile(
    r"\n_{3,} (?:ERROR at (?:setup|teardown) of )?(?:\w+\.)*test\w*(?:\[.*\])? _{3,}$", re.MULTILINE
)
_PLACE_LINE = re.compile(r"\n[^\s:]+\.py:\d+: ")
"""With the newline before them, which is found at once: `^` would be tried at every character."""


def _is_pytest(words: Sequence[str]) -> bool:
    return bool(words) and (words[0] in {"pytest", "py.test", "tox", "nox"} or "pytest" in words[:4])


def _reduce(segment: Segment) -> list[Block]:
    run = Run(segment)
    blocks: list[Block] = []
    begun = 0
    rank = Rank.EVIDENCE if run.is_red else Rank.STRUCTURE
    for title, start, end in run.parts:
        if title in {"FAILURES", "ERRORS"}:
            blocks.append(note(start, start + 1, [f"=== {title} ==="], Rank.STRUCTURE))
            blocks.extend(failing(run, start + 1, end))
        elif title == CUT:
            blocks.extend(failing(run, start, end))
            run.told = Told()  # under no title: no failure of the run that follows is told by pointing there
        else:
            _reader(title)(run, start, end)
            if title not in _QUIET:
                _keep_telling(run, start, end)
            if not run.is_red:
                continue  # a green run is one region with one marker
            blocks.extend(_closed(run, start, end, rank, rank))
        begun = end
    blocks.extend(_closed(run, begun, len(run.lines), rank, Rank.EVIDENCE))
    return blocks


def _closed(run: Run, start: int, end: int, rank: Rank, closing_rank: Rank) -> list[Block]:
    """Blocks for the lines [start, end); the run's final line, where it is among them, stands by itself."""
    closing = next((index for index in range(end - 1, start - 1, -1) if FINAL.match(run.lines[index])), end)
    blocks = condensed(run.lines, run.why, start, closing, rank=rank, instead=run.instead)
    return [*blocks, keep(closing, end, closing_rank)] if closing < end else blocks


def _reader(title: str) -> Callable[[Run, int, int], None]:
    if title == "warnings summary" or title.startswith("warnings summary "):
        return mark_warnings
    if title == "short test summary info":
        return mark_summary
    if title in {"tests coverage", "coverage"} or title.startswith("coverage: "):
        return mark_coverage
    if title in _QUIET:
        return _mark_quiet
    if title in {"", "test session starts"}:
        return mark_progress
    return _keep


def _mark_quiet(run: Run, start: int, end: int) -> None:
    run.why[start:end] = ["output of tests that did not fail"] * (end - start)


def _keep(run: Run, start: int, end: int) -> None:
    """A section of a plugin, or one we do not know: kept."""


def _keep_telling(run: Run, start: int, end: int) -> None:
    """Outcomes, explanations and totals stay wherever another program's output has carried them."""
    outcomes = {failure.outcome for failure in run.summed.values()}
    for found in _TELLING.finditer(run.letters, start, end):
        index = found.start()
        if run.why[index] and index not in outcomes and is_telling(run.lines[index]):
            run.why[index] = ""


_TELLING = re.compile(r"[!EeFISTwpn=\d]")
"""The letters of the lines that may tell something by themselves."""


def _extent(segment: Segment) -> Extent:
    """From its first title or progress to its last line with totals; all of it where it begins amid failures."""
    lines = segment.lines
    if any(title == CUT for title, _, _ in titled(lines, letters(segment))):
        return Extent(0, len(lines), "pytest")
    start = next((i for i, line in enumerate(lines) if TITLE.match(line) or is_progress(line)), 0)
    finals = (i for i in range(len(lines) - 1, start, -1) if " in " in lines[i] and FINAL.match(lines[i]))
    final = next(finals, None)
    return Extent(start, _end_of_crash(lines, start) if final is None else final + 1, "pytest")


_CRASHES = "Fatal Python error: "
_DUMPED = re.compile(
    r'  File "|  \.\.\.$|(?:Current t|T)hread 0x|Extension modules: |  <no Python frame>|Segmentation fault|Aborted'
)


def _end_of_crash(lines: Sequence[str], start: int) -> int:
    """Where the stacks end that Python dumps when it crashes, which leaves a run without totals; else the last line."""
    crash = next((i for i in range(len(lines) - 1, start, -1) if _CRASHES in lines[i]), len(lines))
    behind = (i for i in range(crash + 1, len(lines)) if lines[i] and not _DUMPED.match(lines[i]))
    return next(behind, len(lines))


RUNNER = Form(
    name="pytest",
    recognise=_recognise,
    evidence=evidence,
    reduce=_reduce,
    parts=parts,
    literals=_LITERALS,
    extent=_extent,
)
