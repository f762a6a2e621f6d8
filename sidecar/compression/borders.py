"""How programs begin and end what they print, as data: where several share one output, it is cut there.

A border is certain or it is not here: a line that only this program prints first, or last. A wrong cut costs
a little saving and never a line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product

__all__ = ["BORDERS", "ENDINGS", "Border", "Ending"]

_DOTS = tuple(map("".join, product(".FEsxXu", ".FEsxXu ")))
_DIGITS = tuple(map("".join, product("123456789", "0123456789 ")))


@dataclass(frozen=True, slots=True)
class Border:
    """One program's way to begin and to end.

    *heads* are the first two characters of every line that *opens*, *ends* those of every line that *closes*: no
    other line is looked at. *inside* names programs whose output may hold such a line without ending. *repeats*: each
    such line begins an output of its own, and *command*, a group of *opens*, is then the command line that follows,
    or the next line after `> ` is. *leads*: it counts only where the whole output begins with one; *proof*: only where
    such a line (its first two characters, its pattern) is there too. *above*: the line before belongs to it already.
    """

    program: str
    heads: tuple[str, ...]
    opens: re.Pattern[str]
    ends: tuple[str, ...] = ()
    closes: re.Pattern[str] | None = None
    inside: frozenset[str] = frozenset()
    repeats: bool = False
    leads: bool = False
    proof: tuple[str, re.Pattern[str]] | None = None
    above: bool = False
    words: str = ""
    """Where *heads* are those of many lines: words of *opens* without which a whole output has no such line."""


@dataclass(frozen=True, slots=True)
class Ending:
    """A line after which nothing of the same program follows, whoever printed before it."""

    heads: tuple[str, ...]
    closes: re.Pattern[str]
    below: re.Pattern[str] | None = None
    """What the program may say in one line more."""


BORDERS = (
    Border(
        "ci group",
        ("##", "::", "se"),
        re.compile(r"(?:##\[group\]|::group::|section_start:\d+:)(?:Run (?P<command>.+))?"),
        repeats=True,
    ),
    Border(
        "npm script",
        ("> ",),
        # `> shop@1.0.0 test` and below it `> vitest run`; pnpm writes the folder behind the name.
        re.compile(r"> (?:@[\w.-]+/)?[\w.-]+@\d\S* [\w:.-]+(?: /\S+)?$"),
        repeats=True,
    ),
    Border("yarn script", ("ya",), re.compile(r"yarn run v\d"), ("Do",), re.compile(r"Done in [\d.]+s")),
    Border(
        "shell trace",
        ("+ ", "++"),
        re.compile(r"\++ (?P<command>(?![0-9a-f]{40} )[\w./][^|+]*)$"),
        leads=True,
        repeats=True,
    ),
    Border("pre-commit hook", ("- ",), re.compile(r"- hook id: (?P<command>\S+)$"), repeats=True, above=True),
    Border("head", ("==",), re.compile(r"==> \S.* <==$"), repeats=True),
    Border(
        "pytest",
        ("==", *_DOTS),
        re.compile(r"={3,} test session starts ={3,}$|[.FEsxXu]+ +\[ *\d+%\]$"),
        ("==", "no", *_DIGITS),
        re.compile(
            r"(?:={3,} .*\b|\d+ |(?=no ))"
            r"(?:passed|failed|errors?|skipped|deselected|xfailed|xpassed|no tests ran)\b.* in [\d.]+s"
        ),
    ),
    Border(
        "unittest",
        ("te", "==", *_DOTS),
        re.compile(r"[.FEsxu]{4,}$|test\w* \([\w.]+\)(?: \.\.\. |$)|={70}$"),
        ("OK", "FA", "NO"),
        re.compile(r"(?:OK|FAILED|NO TESTS RAN)(?: \(.*\))?$"),
        inside=frozenset({"pytest"}),
        proof=("Ra", re.compile(r"Ran \d+ tests? in ")),
    ),
    Border(
        "pip",
        ("Co", "Lo", "Re", "Ob", "Pr"),
        re.compile(r"(?:Collecting|Looking in indexes:|Requirement already satisfied:|Obtaining|Processing) \S"),
        ("Su", "[n"),
        re.compile(r"Successfully installed \S|\[notice\] To update, run: "),
    ),
    Border(
        "go test",
        ("# ", "==", "--", "ok", "FA", "? "),
        re.compile(
            r"# \S+ \[\S+\.test\]$|=== RUN +\S|--- (?:FAIL|PASS|SKIP): \S+ \("
            r"|(?:ok  |FAIL)\t\S+\t|\?   \t\S+\t\[no test files\]"
        ),
    ),
    Border(
        "vitest",
        (" R", "RU"),
        re.compile(r" ?RUN +v\d+\.\d"),
        ("  ",),
        re.compile(r" +Duration +[\d.]+m?s"),
    ),
    Border(
        "ctest",
        ("Te",),
        re.compile(r"Test project /"),
        ("Er", "To"),
        re.compile(r"Errors while running CTest|Total Test time \(real\) ="),
    ),
    Border(
        "gtest",
        ("[=",),
        re.compile(r"\[={10}\] Running \d+ tests? from"),
        ("  ", *(f" {digit}" for digit in "123456789"), *_DIGITS),
        re.compile(r" *\d+ FAILED TESTS?$"),
        inside=frozenset({"ctest"}),
    ),
    Border(
        "exunit",
        ("Ru",),
        re.compile(r"Running ExUnit with seed: \d+"),
        ("Ra",),
        re.compile(r"Randomized with seed \d+$"),
    ),
    Border("prettier", ("Ch",), re.compile(r"Checking formatting\.\.\.$")),
    Border("maven", ("[I",), re.compile(r"\[INFO\] Scanning for projects\.\.\.")),
    Border(
        "gradle",
        ("> ",),
        re.compile(r"> Task :\S+|> Configure project :"),
        ("BU", *_DIGITS),
        re.compile(r"BUILD (?:SUCCESSFUL|FAILED) in |\d+ actionable tasks?:"),
    ),
    Border("git log", ("co",), re.compile(r"commit [0-9a-f]{40}(?: \(.*\))?$")),
    Border("mail", ("Fr",), re.compile(r"From [0-9a-f]{40} ")),
    Border("git diff", ("di",), re.compile(r"diff --git \S"), inside=frozenset({"git log", "mail"})),
    Border("git status", ("On", "HE"), re.compile(r"On branch \S|HEAD detached (?:at|from) ")),
    Border(
        "cProfile",
        ("  ",),
        re.compile(r" {2,}\d+ function calls (?:\(\d+ primitive calls\) )?in \d+\.\d+ seconds$"),
        words=" function calls ",
    ),
    Border("apt", ("Re",), re.compile(r"Reading package lists\.\.\.")),
    Border(
        "terraform",
        ("Te", "In"),
        re.compile(r"Terraform used the selected providers|Initializing the backend\.\.\."),
        ("Ap", "De"),
        re.compile(r"(?:Apply|Destroy) complete! "),
    ),
)

ENDINGS = (
    Ending(("fo",), re.compile(r"found \d+ vulnerabilities$")),
    Ending(("Ru",), re.compile(r"Run `npm audit` for details\.$")),
    Ending(("Fo",), re.compile(r"Found \d+ errors? in \d+ files? \(checked \d+ source files?\)$")),
    Ending(("Su",), re.compile(r"Success: no issues found in \d+ source files?$")),
    Ending(("Al",), re.compile(r"All checks passed!$")),
    Ending(("Ra",), re.compile(r"Ran all test suites|Randomized with seed \d+$")),
    Ending(("er",), re.compile(r"error: test run failed$")),
    Ending(
        ("\u2716 ",),
        re.compile(r"\u2716 \d+ problems? \(\d+ errors?, \d+ warnings?\)$"),
        re.compile(r" +\d+ errors? and \d+ warnings? potentially fixable"),
    ),
    Ending(
        ("[w", "Er", "Al"),
        re.compile(
            r"\[warn\] Code style issues (?:found|fixed) in |Error occurred when checking code style in "
            r"|All matched files use Prettier code style!"
        ),
    ),
    Ending(("Oh", "Al"), re.compile(r"(?:Oh no|All done)! "), re.compile(r"\d+ files? ")),
)
