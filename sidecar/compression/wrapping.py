"""What a runner of programs prints before each of their lines: a CI's time and job, a monorepo's package.

    2026-11-22T12:07:31.1234567Z FAILED tests/test_a.py::test_x     GitHub Actions, GitLab
    test (3.11)<TAB>Run tests<TAB>2026-11-22T12:07:31.12Z FAILED    `gh run view --log`
    @shop/cart:test: FAIL src/cart.test.ts                          turbo, nx, lerna, npm-run-all
    web-1  | FAIL src/cart.test.ts                                  docker compose, foreman

A test run under such a prefix is a test run all the same, so it is read without it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["Unwrapped", "unwrapped"]

_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z(?: \d\d[OE]\+?)?"
_WRAPPERS = (
    (re.compile(rf"(?P<name>[^\t\n]{{1,80}}\t[^\t\n]{{1,120}}\t)(?:\ufeff?{_TIME}(?: |$))?"), "job, step and time"),
    (re.compile(rf"(?P<name>){_TIME}(?: |$)"), "a time"),
    (re.compile(r"(?P<name>(?:@[\w.-]+/)?[\w.-]+:[\w.:-]+: |(?:@[\w.-]+/)?[\w.-]+:[\w.:-]+:$)"), "a package and task"),
    (re.compile(r"(?P<name>(?:@?[\w./-]+ +\| ?))"), "a service"),
)
_SAMPLE = 50
_SHARE = 0.9
_RUN_LINES = 4
"""Lines of several sources taking turns faster than this are one log, not several outputs."""


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """The lines without their prefix; *told* says what was left out before each."""

    lines: list[str]
    told: str


def unwrapped(lines: Sequence[str]) -> Unwrapped | None:
    """*lines* without the prefix that a runner put before nearly all of them; None where there is none."""
    if len(lines) < _RUN_LINES:
        return None
    sample = [line for line in (*lines[:_SAMPLE], *lines[-_SAMPLE:]) if line.strip()]
    for pattern, kind in _WRAPPERS:
        if not _is_before_nearly_all(pattern, sample):
            continue
        found = [pattern.match(line) for line in lines]
        if sum(1 for one in found if one) < _SHARE * sum(1 for line in lines if line.strip()):
            return None
        names = [one["name"].strip() for one in found if one]
        turns = sum(1 for before, after in pairwise(names) if before != after)
        if (turns + 1) * _RUN_LINES > len(names):
            return None
        bare = [line[one.end() :] if one else line for line, one in zip(lines, found, strict=True)]
        return Unwrapped(bare, _told(lines[0], bare[0], kind, len(set(names))))
    return None


def _is_before_nearly_all(pattern: re.Pattern[str], lines: Sequence[str]) -> bool:
    """Whether *pattern* begins nearly all *lines*; decided by the first few where it does not."""
    left = len(lines) * (1 - _SHARE)
    for line in lines:
        if not pattern.match(line):
            left -= 1
            if left < 0:
                return False
    return True


def _told(line: str, bare: str, kind: str, names: int) -> str:
    shown = line[: len(line) - len(bare)].strip()
    return f"[... each line begins with {kind}, left out here: {shown!r}{' and its like' if names > 1 else ''}]"
