"""Test names printed as a tree: each test is named by the headings above it.

Cart                       heading
  adds up                  Cart > adds up
  #remove                  heading
    takes one item out     Cart > #remove > takes one item out
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sidecar.compression.forms.tests.grammar import Kind
from sidecar.compression.forms.tests.run import Run

__all__ = ["name_tree"]

_TESTS = frozenset({Kind.PASSED, Kind.FAILED, Kind.SKIPPED})
_MARGIN = re.compile(r"[ │|]*")
_DEEPEST = 200
"""No heading stands deeper than this many columns."""


def name_tree(
    run: Run,
    *,
    between: str = " > ",
    is_told: Callable[[str], bool] | None = None,
    title: Callable[[str], str] = str.strip,
) -> None:
    """Give each test of the tree its whole name, and let headings go where no failing test needs them.

    *is_told* says of a failing test's whole name whether it is told elsewhere: then its line may go too.
    """
    headings = _headings(run)
    inside = run.inside()
    named = [i for i, kind in enumerate(run.kinds) if (kind in _TESTS or i in headings) and not inside[i]]
    path: list[tuple[int, str, int]] = []
    for index in named:
        kind = run.kinds[index]
        line = run.lines[index]
        depth = len(line) - len(line.lstrip())
        while path and path[-1][0] >= depth:
            path.pop()
        if index in headings:
            path.append((depth, title(line), index))
            run.kinds[index] = Kind.SUITE
            run.why[index] = "headings"
            continue
        name = run.failed.get(index) if kind is Kind.FAILED else run.names.get(index)
        if not name:
            continue
        whole = between.join([*(words for _, words, _ in path), name])
        if kind is not Kind.FAILED:
            run.names[index] = whole
        elif is_told is not None and is_told(whole):
            run.why[index] = "failing tests, told below"
        else:
            for _, _, above in path:
                run.why[above] = ""


def _headings(run: Run) -> set[int]:
    """Which lines of no known kind are headings: the next line stands deeper and is a test or a heading."""
    lines, kinds, inside = run.lines, run.kinds, run.inside()
    found: set[int] = set()
    below_depth, is_below_tree, is_parted = 0, False, False
    for index in range(len(lines) - 1, -1, -1):
        is_test = kinds[index] in _TESTS and not inside[index]
        if not is_test and not is_below_tree:
            continue  # as most lines of what failed
        line = lines[index]
        if kinds[index] is Kind.BLANK:
            is_below_tree = is_below_tree and index + 1 < len(lines) and below_depth > 0
            continue
        depth = len(line) - len(line.lstrip())
        is_printed = kinds[index] is Kind.OTHER and not depth and index > 0 and kinds[index - 1] is not Kind.BLANK
        if is_printed and is_below_tree and below_depth and not inside[index]:
            is_parted = True  # what a test printed at the margin parts it from its heading
            continue
        is_heading = (
            kinds[index] is Kind.OTHER
            and not inside[index]
            and is_below_tree
            and below_depth > depth
            and depth < _DEEPEST
            and (depth > 0 or index == 0 or kinds[index - 1] is Kind.BLANK)
            and (not is_parted or index == 0 or kinds[index - 1] is Kind.BLANK or kinds[index - 1] in _TESTS)
        )
        if is_heading:
            found.add(index)
        is_below_tree, is_parted = is_test or is_heading, False
        below_depth = depth
    return found
