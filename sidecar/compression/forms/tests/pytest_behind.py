"""What pytest prints behind its failures: warnings, the short summary, coverage.

=== warnings summary ===         places, message           each message once
=== short test summary info ===  FAILED id - message       as printed, but where a failure above says it
=== tests coverage ===           a row for each file       rows of files that are not fully covered
"""

from __future__ import annotations

import re

from sidecar.compression.forms.drafting import BLANK
from sidecar.compression.forms.tests.pytest_lines import is_telling
from sidecar.compression.forms.tests.pytest_run import TOLD, Run

__all__ = ["mark_coverage", "mark_summary", "mark_warnings"]

_WARNING = re.compile(r"  \S.*?:\d+: (\w+: .*|\w+)")
_WARNINGS_SHOWN = 20
_SKIPS_SHOWN = 20
_COVERAGE_ROWS_SHOWN = 30


def mark_warnings(run: Run, start: int, end: int) -> None:
    """Each message once, with its first place; the tests that raised it and the source line go."""
    seen: set[str] = set()
    showing = False
    for index in range(start + 1, end):
        line = run.lines[index]
        if line.startswith("  ") and (found := _WARNING.match(line)):
            showing = found[1] not in seen and len(seen) < _WARNINGS_SHOWN
            seen.add(found[1])
            run.why[index] = "" if showing else "repeated warnings"
        elif not (showing and line.startswith("  ") and not line.startswith("   ")):
            showing = showing and line.startswith("  ")
            run.why[index] = "where warnings were raised" if line.strip() else BLANK


def mark_summary(run: Run, start: int, end: int) -> None:
    """What passed goes, and so does a message that a failure above has told."""
    skips = 0
    for index in range(start + 1, end):
        line = run.lines[index]
        if line.startswith(("PASSED ", "SUBPASS")):
            run.why[index] = "passed tests"
        elif line.startswith(("SKIPPED ", "XFAIL ", "SUBSKIP")):
            skips += 1
            run.why[index] = "" if skips <= _SKIPS_SHOWN else "skipped tests"
    for first, said in run.again:
        # `-vv` prints all of a message, on lines of its own.
        for index in range(first, end) if first > start else ():
            if is_telling(run.lines[index]) or run.lines[index].strip() not in said:
                break
            run.why[index] = TOLD


def mark_coverage(run: Run, start: int, end: int) -> None:
    """Rows of files that are not fully covered stay, as many as one would read, and the total."""
    rows = 0
    for index in range(start + 1, end):
        line = run.lines[index]
        fields = line.split()
        if not fields or set(line) == {"-"} or line.startswith("_"):
            run.why[index] = BLANK
        elif "100%" in fields[1:] and fields[0] != "TOTAL":
            run.why[index] = "fully covered files"
        elif len(fields) > 3 and any(field.endswith("%") for field in fields) and fields[0] != "TOTAL":
            rows += 1
            run.why[index] = "" if rows <= _COVERAGE_ROWS_SHOWN else "more files"
