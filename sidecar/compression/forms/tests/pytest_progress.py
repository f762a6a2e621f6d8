"""What pytest prints before its failures: its header, a mark or a line for each test, and what tests printed between.

platform linux -- Python 3.11              left out, but where the run is large
tests/test_cart.py::test_adds PASSED       a list of names where the first lines that said it stood
tests/test_cart.py ..F.                    left out, but where nothing below names the failure
closing the basket                         what a test printed: all of it where short, else its ends and trouble
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from sidecar.compression.forms.drafting import BLANK
from sidecar.compression.forms.tests.pytest_failure import is_library, mark_frames
from sidecar.compression.forms.tests.pytest_names import passed, ran
from sidecar.compression.forms.tests.pytest_run import TITLE, Run

__all__ = ["is_progress", "mark_progress"]

_HEADER = re.compile(
    r"(?:platform |cachedir: |rootdir: |configfile: |inifile: |testpaths: |plugins: |collecting|created: \d"
    r"|\d+ workers \[|gw\d+ |scheduling tests via|bringing up nodes|asyncio: |anyio: |metadata: |django: |timeout: "
    r"|timeout method: |timeout func_only: |benchmark: \d|hypothesis profile |Python \d|Test session starts)"
)
_HEADER_SHOWN = ("platform ", "rootdir: ", "configfile: ", "plugins: ", "created: ", "hypothesis profile")
_COLLECTED = re.compile(r"collected \d+ items?(?: / \d+ deselected)?(?: / \d+ selected)?$")
_DOTS = re.compile(r"(?:\S+\.(?:py|rst|txt|md|pyi?|yaml|yml) )?[.FEsxXuRr,-]*(?: *\[ *(?:\d+%|\d+/\d+)\])?$")
_OUTCOMES = ("PASSED", "FAILED", "ERROR", "SKIPPED", "XFAIL", "XPASS", "RERUN", "SUBPASS", "SUBFAIL", "SUBSKIP")
_OUTCOME = re.compile(
    r"(PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS|RERUN|SUBPASS(?:ED)?|SUBFAIL(?:ED)?|SUBSKIP(?:PED)?)\b"
)
_PASSED = re.compile(r"((?!collecting)[a-z./][^\s:]*\.[^\s:]*::.*\S) PASSED(?: +\[ *\d+%\])?$")
"""The line of nearly every test with `-v`; others are looked at more closely."""

_WORKER = re.compile(r"\[gw\d+\] \[ *\d+%\] ")
_DEFINED = re.compile(r" <- \S+\.py (?=[A-Z])")
"""Where a test is defined that another file runs."""

_PERCENT = re.compile(r" +\[ *\d+%\]$")
_TROUBLE = re.compile(r"\b(?:error|fail(?:ed|ure)?|fatal|critical|traceback|exception|panic)", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")

_NOT_BEGUN = "ImportError while loading conftest "
_STEP = re.compile(r"(\S+):\d+: in ")

_TAIL_LINES = 8
"""A run without a final line was cut off or crashed: so many of its last lines tell where."""

_SKIPS_SHOWN = 20
_PRINTED_SHOWN = 3
_TROUBLE_SHOWN = 20
_PRINTED_TEST = 60
"""What one test prints in so many lines is compared with what others print."""
_TEMPLATE_CHARS = 500
_LONG_CHARS = 60
"""A line this long is not worth a second time, word for word."""

_SHARE_GREEN = 0.3
_SHARE_RED = 0.12
"""How much of the output, in characters, the names of passed tests may cost."""

_LARGE_CHARS = 6_000
"""From here on the header (interpreter, plugins, how many tests) is a trifle beside the rest."""

_MIDDLE_CHARS = 2_500
"""A smaller run pays more for the names of its files than they tell."""


def is_progress(line: str) -> bool:
    """Whether a line says how far a run has come: `tests/test_cart.py ..F.  [ 12%]`."""
    return line.endswith("%]") and (bool(_DOTS.match(line)) or "::" in line)


def mark_progress(run: Run, start: int, end: int) -> None:
    """Header and progress go; what tests printed between (`-s`, live logs, a crash) is kept where it is telling."""
    printed: list[int] = []
    skips: set[str] = set()
    for index in range(start, end):
        reason = _reason(run, index, skips)
        if reason is None:
            printed.append(index)
        else:
            run.why[index] = reason
    _mark_printed(run, printed)
    _list_passed(run)
    if not run.is_finished:
        last = [i for i in range(start, end) if run.lines[i].strip()][-_TAIL_LINES:]
        for index in last:
            if run.why[index] not in {"library frames", "source lines", "header"}:
                run.why[index] = ""


def _reason(run: Run, index: int, skips: set[str]) -> str | None:
    """What the line is when it may go, "" when it must stay, None when a test printed it."""
    line = run.lines[index]
    if "::" in line and " <- " not in line and (found := _PASSED.match(line)):
        run.passed[index] = _PERCENT.sub("", found[1])
        return "passed tests"
    if not line.strip():
        return BLANK
    if line.endswith("=") and TITLE.match(line):
        return "header"
    if _HEADER.match(line) or _COLLECTED.match(line):
        return "" if run.size >= _LARGE_CHARS and line.startswith(_HEADER_SHOWN) else "header"
    if line.startswith("collected "):
        return "" if "error" in line or run.size >= _LARGE_CHARS else "header"
    if _DOTS.match(line):
        if (path := line.partition(" ")[0]).rpartition(".")[0] and not path.startswith("."):
            run.files[index] = path
        return "" if _tells_alone(run, line) else "progress"
    return _outcome(run, index, skips)


def _outcome(run: Run, index: int, skips: set[str]) -> str | None:
    """As `_reason`, of a line that may name a test with its outcome."""
    line = run.lines[index]
    bare = _WORKER.sub("", line) if line.startswith("[gw") else line
    bare = _DEFINED.sub(" ", bare) if " <- " in bare else bare
    outcome = _OUTCOME.match(bare)
    name = bare[outcome.end() :].strip() if outcome else ""
    if outcome is None and "::" in bare:
        outcome, name = _outcome_at_end(bare)
        if outcome is None:
            return "passed tests" if _is_node_id(bare) else None
    if outcome is not None and outcome.group(1) == "PASSED" and _is_node_id(name):
        run.passed[index] = _PERCENT.sub("", name)
    if outcome is None or (name and bare is line and "::" not in bare and _PERCENT.sub("", bare) != outcome.group()):
        return None
    return _outcome_reason(run, outcome.group(1), _PERCENT.sub("", name), bare, skips)


def _outcome_reason(run: Run, outcome: str, name: str, line: str, skips: set[str]) -> str:
    if outcome.startswith(("FAILED", "ERROR", "SUBFAIL")):
        # Where an output ends before its summary, the headings of failures have no path.
        is_told = name in run.summarised if name else run.summarised or run.has_detail
        return "failing tests, told below" if is_told else ""
    if outcome.startswith("SKIPPED"):
        reason = _PERCENT.sub("", line.partition("SKIPPED (")[2])
        if not reason or reason in skips or len(skips) >= _SKIPS_SHOWN or run.summarised:
            return "skipped tests"
        skips.add(reason)
        return ""
    return "passed tests"


def _outcome_at_end(line: str) -> tuple[re.Match[str] | None, str]:
    """`tests/test_a.py::test_b FAILED  [ 5%]`: the outcome and the node id before it."""
    for word in _OUTCOMES:
        place = line.rfind(" " + word)
        if place > 0:
            return _OUTCOME.match(line, place + 1), line[:place]
    return None, ""


def _is_node_id(line: str) -> bool:
    path, separator, _ = line.partition("::")
    return bool(separator) and " " not in path and "." in path


def _tells_alone(run: Run, line: str) -> bool:
    """A progress line is the only trace of a failure when nothing below names it."""
    if (run.has_detail and run.is_finished) or run.summarised:
        return False
    marks = _PERCENT.sub("", line).rpartition(" ")[2]
    return "F" in marks or "E" in marks


def _list_passed(run: Run) -> None:
    """Name what passed, or the files that ran, where the first lines that said so stood."""
    room = int((_SHARE_RED if run.is_red else _SHARE_GREEN) * run.size)
    for found, told in ((run.passed, passed), (run.files if run.size >= _MIDDLE_CHARS else {}, ran)):
        gone = [index for index in found if run.why[index]]
        lines = told(list(dict.fromkeys(found[index] for index in gone)), room)
        if len(lines) <= len(gone):
            for index, line in zip(gone, lines, strict=False):
                run.why[index], run.instead[index] = "", line


def _mark_printed(run: Run, printed: Sequence[int]) -> None:
    """Of what tests printed: all of it where it is short, else its ends and its trouble, each kind once.

    What test after test prints, but for numbers, stays the first times.
    """
    times: Counter[str] = Counter()
    said: set[str] = set()
    lines, why = run.lines, run.why
    for stretch in _runs(printed):
        if lines[stretch[0]].startswith(_NOT_BEGUN):
            _mark_steps(lines, stretch, why)
            continue
        if any('File "' in lines[i] for i in stretch):
            mark_frames(lines, stretch[0], stretch[-1] + 1, why)
        for index in stretch if len(stretch) < _PRINTED_TEST else ():
            template = _DIGITS.sub("0", lines[index][:_TEMPLATE_CHARS])
            times[template] += 1
            if times[template] > _PRINTED_SHOWN and not why[index]:
                why[index] = "" if run.told.is_new_frame(lines[index]) else "printed output as above"
        for index in stretch:
            # Every worker warns of the same thing at the same length.
            line = lines[index]
            if len(line) >= _LONG_CHARS and not why[index] and line in said:
                why[index] = "printed output as above"
            said.add(line)
        left = [i for i in stretch if not why[i]]
        if len(left) <= 2 * _PRINTED_SHOWN or lines[left[0]].startswith("INTERNALERROR"):
            continue
        seen: set[str] = set()
        for index in left[_PRINTED_SHOWN:-_PRINTED_SHOWN]:
            if run.told.is_new_frame(lines[index]):
                continue
            template = _DIGITS.sub("0", lines[index])
            if _TROUBLE.search(template) and template not in seen and len(seen) < _TROUBLE_SHOWN:
                seen.add(template)
            else:
                why[index] = "printed output"


def _mark_steps(lines: Sequence[str], stretch: Sequence[int], why: list[str]) -> None:
    """Of the way to what a conftest could not import the user's own steps stay, whatever their number."""
    is_own = True
    for index in stretch:
        line = lines[index]
        if (step := _STEP.match(line)) is not None:
            is_own = not is_library(step[1])
        elif not line.startswith(" "):
            is_own = True
        if not is_own:
            why[index] = "library frames"
        elif not line.strip(" ^~"):
            why[index] = "source lines"


def _runs(indexes: Sequence[int]) -> Iterable[list[int]]:
    run: list[int] = []
    for index in indexes:
        if run and index != run[-1] + 1:
            yield run
            run = []
        run.append(index)
    if run:
        yield run
