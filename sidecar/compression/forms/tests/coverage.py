"""Coverage tables as istanbul (jest, vitest, nyc, c8) and `node --test` print them.

File       | % Stmts | % Branch | % Funcs | % Lines | Uncovered Line #s      stays
-----------|---------|----------|---------|---------|-------------------     goes
All files  |   95.65 |      100 |    90.9 |   93.75 |                        stays
 format.js |     100 |      100 |     100 |     100 |                        goes: fully covered
"""

from __future__ import annotations

import re

from sidecar.compression.forms.tests.grammar import Kind
from sidecar.compression.forms.tests.run import Run

__all__ = ["mark_coverage"]

_HEADINGS = ("% Stmts", "line %")
_BORDER = re.compile(r"(?:ℹ |# )?-{3,}[-|+]*\s*$")
_ALL = ("All files", "all files", "ℹ all files", "# all files")
_ROWS_SHOWN = 60


def mark_coverage(run: Run) -> None:
    """Rows of files that are not fully covered stay, as many as one would read, and the total."""
    if not any(heading in run.segment.text for heading in _HEADINGS):
        return
    is_table = False
    shown = 0
    for index, line in enumerate(run.lines):
        if "|" in line and any(heading in line for heading in _HEADINGS):
            is_table, shown = True, 0
            run.kinds[index], run.why[index] = Kind.KEPT, ""
        elif _BORDER.match(line) and (is_table or any(head in _next(run, index) for head in _HEADINGS)):
            run.kinds[index], run.why[index] = Kind.KEPT, "borders"
        elif is_table and line.count("|") >= 3:
            run.kinds[index] = Kind.KEPT
            fields = [field.strip() for field in line.split("|")[1:5]]
            is_total = line.startswith(_ALL)
            if not is_total and all(field in {"100", "100.00", ""} for field in fields) and "100" in "".join(fields):
                run.why[index] = "fully covered files"
                continue
            shown += not is_total
            run.why[index] = "more files" if shown > _ROWS_SHOWN and not is_total else ""
        else:
            is_table = False


def _next(run: Run, index: int) -> str:
    return run.lines[index + 1] if index + 1 < len(run.lines) else ""
