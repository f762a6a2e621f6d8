"""How compilers, linters and type checkers write a diagnostic, as data: one pattern per way, and what surrounds it.

src/cart.c:14:18: error: ...             gcc, clang, go, mypy, flake8, pylint, ruff concise, javac
src/cart.ts(14,18): error TS2322: ...    tsc, MSVC, csc
src/cart.ts:14:18 - error TS2322: ...    tsc --pretty
error[E0308]: ... / F401 ...             rustc, ruff: the message first,
  --> src/main.rs:14:18                  then its place
src/cart.js / 14:18  error  ...          eslint, stylelint, ruff grouped: the path once, rows below it
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum, auto

__all__ = ["Kind", "Line", "read"]


class Kind(IntEnum):
    """What a line of such an output is; integers, because a big build is asked a million times."""

    ERROR = auto()
    LINT = auto()
    """A finding without a severity of its own: a rule's code."""
    WARNING = auto()
    NOTE = auto()
    REQUIRED = auto()
    """A step of a template's instantiation."""
    HERE = auto()
    """The last of them, in the user's code."""
    ARROW = auto()
    ROW = auto()
    CONTEXT = auto()
    INCLUDED = auto()
    SOURCE = auto()
    MARK = auto()
    LABEL = auto()
    """A mark with words: they belong to the message."""
    HELP = auto()
    CHANGE = auto()
    BUILD = auto()
    FAILURE = auto()
    SUMMARY = auto()
    BLANK = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Line:
    """A line's kind; *path* and *rest* take a diagnostic's heading apart: `path + rest` is the line."""

    kind: Kind
    path: str = ""
    rest: str = ""


_FILE_NAME = r"(?:[A-Za-z]:[\\/])?(?=[^\s:()|]*[A-Za-z_])(?=[^\s:()|]*[./\\]|Makefile|Dockerfile|<)[^\s:()|]+"
"""A letter and an extension or a folder: `2026-11-22T12` is no file."""

_GNU = re.compile(rf"(?P<path>{_FILE_NAME}):(?P<line>\d+)(?::(?P<column>\d+))?(?:-\d+(?::\d+)?)?:(?P<said> .*)?$")
_PLACED = re.compile(
    rf"(?P<path>{_FILE_NAME})(?:\(\d+(?:,\d+){{0,3}}\) ?: |:\d+:\d+ - )"
    r"(?P<said>(?:fatal )?(?:error|warning|info|message|hint)\b.*)$"
)
_PROGRAM = re.compile(
    r"(?:/\S*/)?(?:[\w.+]+-)?"
    r"(?:cc1(?:plus)?|gcc|g\+\+|clang(?:\+\+)?|cc|c\+\+|ld|ld\.\w+|collect2|rustc|javac|tsc|ar|as|make)"
    r"(?:-\d+)?(?:\.exe)?: "
)
_MESSAGE = re.compile(r"(?P<severity>fatal error|error|warning|note|help)(?:\[[\w:-]+\])?: \S")
_NO_PLACE = re.compile(r"(?:fatal )?error(?: TS\d+)?: \S")
_CODE = re.compile(r"(?:[A-Z]{1,6}\d{2,5}|invalid-syntax|[a-z]+(?:/[A-Za-z-]+)+):? (?:\[\*\] )?\S")
_ARROW = re.compile(r" *(?:-->|:::) (?P<path>\S.*?):\d+(?::\d+)?$")
_ROW = re.compile(r" +\d+:\d+ +(?:(?:error|warning|info|✖|✘|⚠|×) +\S|[A-Z]{1,6}\d{2,5} )")
_INCLUDED = re.compile(r"In file included from |In module imported at ")
_INCLUDED_FROM = re.compile(r" +from \S+:\d+(?::\d+)?[,:]$")
_CONTEXT = re.compile(
    rf"(?:{_FILE_NAME}: )?"
    r"(?:In (?:\w+ ){0,3}(?:function|instantiation|substitution|constructor|destructor|method|lambda)\b"
    r"|At (?:top level|global scope))"
    r"| +inlined from "
)
_PRETTY_SOURCE = re.compile(r" *\d+ +\S")
_NUMBERED = re.compile(r" *\d+ ?[|│]")
_BAR = re.compile(r" *(?:\+\+\+ ?)?[|│:.]")
_BUILD = re.compile(
    r"\[ *\d+%\] |\[\d+/\d+\] |g?make(?:\[\d+\])?: (?:Entering|Leaving|Nothing to be done|`|'|Warning: )"
    r"|Scanning dependencies of |Consolidate compiler generated|libtool: |/bin/(?:ba)?sh |echo |mkdir |rm -|cd /?\S+ &&"
    r"|-- |ninja: (?:Entering|no work)|: && |(?:/usr)?(?:/local)?/bin/(?:cmake|ccache|c\+\+|cc|ar)\b"
    r"|(?:\S*/)?(?:[\w.]+-)*(?:gcc|g\+\+|clang|clang\+\+|cc|c\+\+|ar|ld|ranlib|ccache|nvcc|as|strip|gfortran)"
    r"(?:-\d+)? +-?\S"
    r"| +(?:CC|CXX|LD|AR|CCLD|AS|GEN|HOSTCC|LINK|BUILD)(?: \[M\])? +\S"
    r"| +(?:Compiling|Checking|Downloaded|Downloading|Fresh|Updating|Locking|Blocking|Adding) "
)
_LINK = re.compile(
    r"undefined reference to |multiple definition of |cannot find -l|undefined symbol|ld returned \d|relocation R_"
    r"|duplicate symbol|\(\.text[^)]*\)|DSO missing from command line"
)
_FAILURE = re.compile(
    r"(?:gmake|make|ninja|cmake|msbuild|npm ERR!)(?:\[\d+\])?: \*\*\* |ninja: (?:build stopped|error)|FAILED: "
    r"|CMake (?:Error|Warning)|g?make(?:\[\d+\])?: Target .* not remade|compilation terminated|error: could not compile"
    r"|error: aborting due to|Error: Process completed|Internal compiler error|\S*: internal compiler error"
)
_SUMMARY = re.compile(
    r"Found \d+ (?:error|warning|diagnostic|issue|problem)"
    r"|\d+ (?:errors?|warnings?)(?: and \d+ errors?)? (?:generated|emitted)"
    r"|\d+ (?:errors?|warnings?)$|All checks passed|Success: no issues|[✖✗×] \d+ problem|Your code has been rated"
    r"|\d+ problems? \(|\[\*\] \d+ fixable|No fixes available|Would fix"
    r"|Fixed \d+|Errors +Files|warning: .* generated \d+ warning"
    r"|error: .* due to \d+ previous|BUILD (?:FAILED|SUCCESS)|Checked \d+ files"
    r"|\d+ (?:errors?|warnings?|informations?), "
    r"|no issues found|Build succeeded|    \d+ (?:Error|Warning)\(s\)|\d+ issues"
)
_MARKS = re.compile(r"[\s|│>+]*[\^~][\s^~|│-]*$")
_MARKS_WORDS = re.compile(r"[\s|│]*(?:[-^~_]{2,}|[\^~]) +\S|[\s|│]*\|_+[\^-] \S|[\s|│]*\^-- ")
_HELP = re.compile(r" *= (?:note|help|warning)|(?:help|info|note): |  +(?:note|help): ")
_CHANGE = re.compile(r"(?: *\d+ +)?(?: *\d+)? *[-+] [|│]?|  - |\d+ \+ |\d+ - ")


_PLAIN = {kind: Line(kind) for kind in Kind}


def read(line: str, *, inside: bool = False) -> Line:  # noqa: PLR0912 - one test per kind, in the order of precedence
    """The kind of a line; *inside* says that the lines before it belong to a diagnostic with an excerpt."""
    if not line or line.isspace():
        return _PLAIN[Kind.BLANK]
    initial = line[0]
    if initial in " \t|":
        return _PLAIN[_indented(line, inside=inside)]
    if initial.isdigit():
        if inside and _NUMBERED.match(line):
            return _PLAIN[Kind.SOURCE]
        if _SUMMARY.match(line):
            return _PLAIN[Kind.SUMMARY]
        if inside and _CHANGE.match(line):
            return _PLAIN[Kind.CHANGE]
        if inside and _PRETTY_SOURCE.match(line):
            return _PLAIN[Kind.SOURCE]
    if "(" in line or " - " in line:
        found = _PLACED.match(line)
        if found:
            return Line(_severity(found["said"]) or Kind.ERROR, found["path"], line[found.end("path") :])
    if ":" not in line:
        return _PLAIN[_without_place(line, inside=inside)]
    if _BUILD.match(line) and not _LINK.search(line):
        return _PLAIN[Kind.BUILD]
    if _FAILURE.match(line):
        return _PLAIN[Kind.FAILURE]
    if _SUMMARY.match(line):
        return _PLAIN[Kind.SUMMARY]
    if _LINK.search(line):
        return _PLAIN[Kind.ERROR]
    if _INCLUDED.match(line):
        return _PLAIN[Kind.INCLUDED]
    found = _GNU.match(line)
    if found:
        return _gnu(found, line)
    if _CONTEXT.match(line):
        return _PLAIN[Kind.CONTEXT]
    if _PROGRAM.match(line) and ("error" in line or "***" in line or "warning" in line or "cannot" in line):
        return _PLAIN[Kind.FAILURE]
    said = _MESSAGE.match(line)
    if said:
        return _PLAIN[_message(said["severity"], inside=inside)]
    if _NO_PLACE.match(line):
        return _PLAIN[Kind.ERROR]
    return _PLAIN[_without_place(line, inside=inside)]


def _gnu(found: re.Match[str], line: str) -> Line:
    said = found["said"] or ""
    path, rest = found["path"], line[found.end("path") :]
    if "required from" in said[:40] or "required by" in said[:40] or "in instantiation of" in said[:40]:
        return Line(Kind.HERE if said.rstrip().endswith("here") else Kind.REQUIRED, path, rest)
    severity = _severity(said.lstrip())
    if severity is not None:
        return Line(severity, path, rest)
    # Without a column or a rule's code it may as well be grep's.
    if said[1:2].strip() and (found["column"] or _CODE.match(said, 1)):
        return Line(Kind.LINT, path, rest)
    return _PLAIN[Kind.OTHER]


_SEVERITIES = (
    (Kind.ERROR, ("error", "fatal", "Error", "ERROR", "syntax error", "SyntaxError", "internal compiler error")),
    (Kind.WARNING, ("warning", "Warning", "remark", "style", "performance", "portability", "convention", "refactor")),
    (Kind.NOTE, ("note", "info", "hint", "help", "message")),
)


def _severity(said: str) -> Kind | None:
    for kind, words in _SEVERITIES:
        if said.startswith(words):
            return kind
    return None


def _message(severity: str, *, inside: bool) -> Kind:
    if severity in {"note", "help"}:
        return Kind.HELP if inside else Kind.NOTE
    return Kind.WARNING if severity == "warning" else Kind.ERROR


_BARE = (
    (_BUILD, Kind.BUILD),
    (_SUMMARY, Kind.SUMMARY),
    (_FAILURE, Kind.FAILURE),
    (_CODE, Kind.LINT),
    (_CONTEXT, Kind.CONTEXT),
)


def _without_place(line: str, *, inside: bool) -> Kind:
    if inside and _MARKS.match(line):
        return Kind.MARK
    for pattern, kind in _BARE:
        if pattern.match(line):
            return kind
    return Kind.ERROR if _LINK.search(line) else Kind.OTHER


def _indented(line: str, *, inside: bool) -> Kind:
    if ("-->" in line or ":::" in line) and _ARROW.match(line):
        return Kind.ARROW
    if "inlined from " in line and _CONTEXT.match(line):
        return Kind.CONTEXT
    for pattern, kind in _INDENTED:
        if pattern.match(line):
            return kind
    if _BAR.match(line):
        return Kind.LABEL if _MARKS_WORDS.match(line) else Kind.MARK
    for pattern, kind in _INDENTED_INSIDE if inside else _INDENTED_OUTSIDE:
        if pattern.match(line):
            return kind
    return Kind.ERROR if _LINK.search(line) else Kind.OTHER


_INDENTED = (
    (_ROW, Kind.ROW),
    (_INCLUDED_FROM, Kind.INCLUDED),
    (_MARKS, Kind.MARK),
    (_NUMBERED, Kind.SOURCE),
)
_INDENTED_OUTSIDE = (
    (_MARKS_WORDS, Kind.LABEL),
    (_SUMMARY, Kind.SUMMARY),
    (_BUILD, Kind.BUILD),
)
_INDENTED_INSIDE = (
    (_HELP, Kind.HELP),
    (_CHANGE, Kind.CHANGE),
    (_PRETTY_SOURCE, Kind.SOURCE),
    *_INDENTED_OUTSIDE,
)
