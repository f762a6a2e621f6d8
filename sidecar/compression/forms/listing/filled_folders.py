"""Folders that programs fill (`node_modules`, `.git`): of thousands of files below one only what is right below it.

node_modules/accepts/index.js                node_modules/ (8123): accepts(5) array-flatten(4) ...
... 8,122 more                          ->   [... of lines 12-8134: files below, their number in brackets]
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from sidecar.compression.prefixes import names_on_lines, shared_chars
from sidecar.compression.vocabulary import Block, Rank

__all__ = ["count_below", "filled_roots"]

_FILLED = re.compile(
    r"(?:^|/)(node_modules|\.git|__pycache__|\.venv|venv|site-packages|\.tox|\.nox|\.mypy_cache|\.ruff_cache|\.gradle"
    r"|\.pytest_cache|target/(?:debug|release)|\.next|\.nuxt|bower_components|\.cache|\.hg/store|\.svn)/"
)
"""Folders that programs fill: a list of all that is in the project does not ask for what is in them."""
_MANY = 800
"""So many files in a row under such a folder are counted."""
_CACHES = (".git/", ".hg/store/", ".svn/", "__pycache__/", ".mypy_cache/", ".ruff_cache/", ".pytest_cache/", ".cache/")
_MANY_CACHED = 150
"""Of objects and caches, whose names say nothing, so many are."""


def filled_roots(lines: Sequence[str]) -> list[str]:
    """For each line the filled folder it is counted under, where many in a row are below it; "" for every other."""
    roots = [""] * len(lines)
    if len(lines) < _MANY_CACHED:
        return roots
    asked = max(0, shared_chars(lines[0], lines[len(lines) // 2], lines[-1]) - 1)
    known: dict[str, str] = {}
    run_start = 0
    run = ""
    for index, line in enumerate((*lines, "")):
        if run and line.startswith(run):
            continue
        folder = line[: line.rfind("/") + 1]
        root = known.get(folder)
        if root is None:
            match = _FILLED.search(folder, asked) if "\t" not in folder else None
            root = known[folder] = folder[: match.end()] if match is not None else ""
        if root != run:
            if run and index - run_start >= (_MANY_CACHED if run.endswith(_CACHES) else _MANY):
                roots[run_start:index] = [run] * (index - run_start)
            run, run_start = root, index
    return roots


def count_below(paths: Sequence[str], start: int, end: int, root: str) -> Block:
    """What is right below a filled folder, each with how many are below it."""
    cut = len(root)
    below = Counter(_child(path, cut) for path in paths)
    names = [f"{name}({count})" if count > 1 else name for name, count in below.items() if name]
    shown = names_on_lines(f"{root} ({end - start})", names)
    return Block(start, end, tuple(shown), "files below, their number in brackets", Rank.CONTENT)


def _child(line: str, cut: int) -> str:
    first, _, rest = line[cut:].partition("/")
    if first.startswith("@") and rest:
        return f"{first}/{rest.partition('/')[0]}"
    return first
