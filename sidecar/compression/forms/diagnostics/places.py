"""How a compiler or a linter names the place of a diagnostic in one line with its message.

src/cart.c:14:18: error: ...             gcc, clang, go, mypy, flake8, pylint, ruff concise, javac, kotlinc
src/cart.ts(14,18): error TS2322: ...    tsc, MSVC, csc
src/cart.ts:14:18 - error TS2322: ...    tsc --pretty, pyright
docs/cart.rst:14: WARNING: ...           Sphinx, whose place may be a docstring or a whole document
"""

from __future__ import annotations

import re

from sidecar.compression.forms.diagnostics.kinds import PLAIN, Kind, Line

__all__ = [
    "CODE",
    "FILE_NAME",
    "GO_LINTER",
    "LINTER_CHARS",
    "PLACED",
    "SEVERITY_WORDS",
    "gnu",
    "is_foreign",
    "placed",
    "placed_last",
    "severity_of",
]

FILE_NAME = r"(?:[A-Za-z]:[\\/])?(?=[^\s:|]*[A-Za-z_])(?=[^\s:|]*[./\\]|Makefile|Dockerfile|<)[^\s:|]+"
"""A letter and an extension or a folder: `2026-11-22T12` is no file."""
_GNU = re.compile(
    rf"(?:[ew]: (?:file://)?)?(?P<path>{FILE_NAME}):\d+(?P<column>:\d+(?::\d+:\d+)?)?(?:-\d+(?::\d+)?)?"
    r"(?::(?=\s|$)|(?= (?:(?:error|warning) )?[A-Z]{2,3}\d{3,5}\b)"
    r"|(?= (?:lint|parse|format|assist|suppressions|syntax)[/ ])|(?= \[[A-Z]{2,8}\d{2,5}\]: | - [A-Z]))"
)
GO_LINTER = re.compile(r" \([a-z]\w+\)$")
"""How golangci-lint ends an issue, which may have no column."""
LINTER_CHARS = 40
PLACED = re.compile(
    r"(?P<place> *(?:\d+>)?(?:[A-Za-z]:\\[^:\"<>|]{1,300}|" + FILE_NAME + r")"
    r"(?:\(\d+(?:,\d+){0,3}\)(?= ?: )|:\d+:\d+(?= - )|: line \d+, col \d+(?=, )))"
    r"(?: ?: | - |, )(?P<said>(?:fatal )?(?:error|warning|info|message|hint|note|Error|Warning)\b.*)$"
)
_VISUAL = re.compile(r"(?P<place>[^\s:(]+\(\d+\)): (?P<said>\[[A-Z]\d{4}\b.*)$")
"""`pylint -f msvs`."""
_JSHINT = re.compile(rf"(?P<place>{FILE_NAME}: line \d+, col \d+), (?P<said>\S.*)")
_SPACED = re.compile(r"(?P<place>[^:]{1,300}:\d+(?::\d+)?): (?P<said>(?:fatal )?(?:error|warning|note): .*)$")
"""A path with spaces in it, which only the severity after it tells from prose."""
_SPHINX = re.compile(
    rf"(?P<place>{FILE_NAME}(?::docstring of [\w.]{{1,200}})?(?::<\w+>)?(?::\d+)?): "
    r"(?P<said>(?:WARNING|ERROR|CRITICAL|SEVERE): \S.*)"
)
_SPHINX_SAYS = (": WARNING: ", ": ERROR: ", ": CRITICAL: ", ": SEVERE: ")
"""A place without a line number is one only where the path is whole: `shop.cart: ERROR: ...` is a log's."""
_LAST = re.compile(r"[^\s:]+(?::\d+){1,2}:$")
CODE = re.compile(r"(?:[A-Z]{1,6}\d{2,5}(?:/[\w-]+)*|invalid-syntax|[a-z]+(?:/[A-Za-z-]+)+):? (?:\[\*\] )?\S")
"""A rule's code and its message: `E501 Line too long`, `lint/style/useConst`."""
_FOREIGN = ("/usr/include/", "/usr/lib", "/usr/bin/../lib", "/rustc/")
_FOREIGN_FOLDERS = re.compile(r"/(?:\.cargo/registry|\.rustup/toolchains|site-packages|node_modules|go/pkg/mod)/")
_SEVERITIES = (
    (
        Kind.ERROR,
        (
            "error",
            "fatal",
            "Error",
            "ERROR",
            "CRITICAL",
            "SEVERE",
            "syntax error",
            "SyntaxError",
            "internal compiler error",
        ),
    ),
    (
        Kind.WARNING,
        ("warning", "Warning", "WARNING", "remark", "style", "performance", "portability", "convention", "refactor"),
    ),
    (Kind.NOTE, ("note", "info", "hint", "help", "message")),
)
SEVERITY_WORDS = tuple(word for _, words in _SEVERITIES for word in words)


def is_foreign(place: str) -> bool:
    """Whether a place is out of the project: nothing can be changed there."""
    return "/" in place and (place.startswith(_FOREIGN) or _FOREIGN_FOLDERS.search(place) is not None)


def placed_last(line: str) -> tuple[str, str] | None:
    """The place and the message of `error: Unexpected var (no-var) at src/cart.js:2:5:`: eslint's code frames."""
    at = line.rfind(" at ")
    if at < 0 or not line.startswith(("error: ", "warning: ")) or _LAST.match(line, at + 4) is None:
        return None
    return line[at + 4 : -1], line[:at]


def placed(line: str) -> Line | None:
    """tsc, MSVC, pyright, `eslint -f compact`: a place in their own way, then the severity."""
    if ": " in line and any(word in line for word in _SPHINX_SAYS) and (told := _SPHINX.match(line)) is not None:
        is_whole = line[0] == "/" or told["place"][-1].isdigit() or ":docstring of " in told["place"]
        return Line(severity_of(told["said"]) or Kind.ERROR, told["place"], told["said"]) if is_whole else None
    if "): " not in line and " - " not in line and ", col " not in line and ") : " not in line:
        return None
    found = PLACED.match(line)
    if found is None and "): [" in line and (visual := _VISUAL.match(line)) is not None:
        return Line(Kind.LINT, visual["place"], visual["said"])
    if found is None:
        found = _JSHINT.match(line) if ", col " in line else None
        return Line(Kind.LINT, found["place"], found["said"]) if found is not None else None
    return Line(severity_of(found["said"]) or Kind.ERROR, found["place"], found["said"])


def gnu(line: str) -> Line | None:
    """`path:line:column: said`, GNU's way and that of most; OTHER where it may as well be what grep found."""
    found = _GNU.match(line)
    if found is None:
        spaced = _SPACED.match(line) if " error: " in line or " warning: " in line or " note: " in line else None
        return Line(severity_of(spaced["said"]) or Kind.ERROR, spaced["place"], spaced["said"]) if spaced else None
    end = found.end()
    place, said = line[:end].removesuffix(":"), line[end:].lstrip(" ")
    if "required from" in said[:40] or "required by" in said[:40] or "in instantiation of" in said[:40]:
        return PLAIN[Kind.HERE if said.rstrip().endswith("here") else Kind.REQUIRED]
    if said.startswith(("required for ", "in requirements ")) and is_foreign(place):
        return PLAIN[Kind.REQUIRED]
    severity = severity_of(said)
    if severity is Kind.NOTE and said.endswith("]") and ("  [" in said or " [SC" in said):
        severity = Kind.WARNING  # mypy, shellcheck: a note with a code of its own explains no error above it
    if severity is None and line.startswith(("e: ", "w: ")):
        severity = Kind.ERROR if line.startswith("e") else Kind.WARNING
    if severity is not None:
        return Line(severity, place, said)
    # Without a column or a rule's code it may as well be grep's.
    is_ruled = found["column"] or CODE.match(said) or (".go:" in place and GO_LINTER.search(said[-LINTER_CHARS:]))
    if said and is_ruled and (line[end : end + 2].strip() or line[end : end + 2] == "  "):
        return Line(Kind.LINT, place, said.rstrip("━ "))
    return PLAIN[Kind.OTHER]


def severity_of(said: str) -> int | None:
    """The kind that a message's first words make it, None where they say nothing of that."""
    for kind, words in _SEVERITIES:
        if said.startswith(words):
            return kind
    return None
