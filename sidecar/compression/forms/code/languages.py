"""Which language a source is in, by the name it was printed under or by its looks, and how it writes a definition.

Three ways to say where a body ends are enough for the languages in use: by indentation (Python), by indentation up
to an `end` (Ruby, Elixir, Lua), and by braces (all that descend from C).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from sidecar.compression.vocabulary import Command

__all__ = [
    "DEFINITION", "Language", "is_loud", "language_by_looks", "language_of_command", "prints_prose",
    "suffix_of_command",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Language:
    """*bodies* is "indent", "end" or "braces"."""

    name: str
    bodies: str
    comment: str = "//"


_PYTHON = Language("Python", "indent", "#")
_RUBY = Language("Ruby", "end", "#")
_LUA = Language("Lua", "end", "--")
_C = Language("C", "braces")
_SCRIPT = Language("JavaScript", "braces")
_SHELL = Language("shell", "braces", "#")
_PERL = Language("Perl", "braces", "#")

_BY_SUFFIX = {
    **dict.fromkeys((".py", ".pyi", ".pyx"), _PYTHON),
    **dict.fromkeys((".rb", ".rake", ".gemspec", ".ex", ".exs", ".cr", ".jl"), _RUBY),
    ".lua": _LUA,
    **dict.fromkeys((".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts"), _SCRIPT),
    **dict.fromkeys((".sh", ".bash", ".zsh"), _SHELL),
    **dict.fromkeys((".pl", ".pm", ".t"), _PERL),
    **dict.fromkeys(
        (".go", ".rs", ".java", ".kt", ".kts", ".scala", ".cs", ".c", ".h", ".cc", ".cpp", ".cxx", ".hh",
         ".hpp",
         ".hxx", ".m", ".mm", ".swift", ".php", ".dart", ".groovy", ".zig", ".proto", ".d", ".v", ".sv"), _C,
    ),
}  # fmt: skip
_PRINTERS = frozenset(
    {"bat", "batcat", "cat", "git", "head", "less", "more", "nl", "sed", "tac", "tail", "type", "gh", "curl"}
)
_NO_SOURCE = frozenset({"diff", "log", "status", "grep", "blame", "ls-files", "add", "commit"})

DEFINITION = re.compile(
    r"\s*(?:(?:export|default|public|private|protected|internal|static|final|abstract|sealed|open|override|async"
    r"|pub(?:\([a-z]+\))?"
    r"|unsafe|extern|const|inline|virtual|partial|data|case|declare|readonly|suspend|local|defp?|defmodule) +){0,5}"
    r"(?:def|defmodule|defmacro|class|func|fn|function|interface|struct|enum|trait|impl|module|namespace|object"
    r"|record|protocol"
    r"|extension|union|type|mod|macro_rules!|message|service|rpc|sub)\b[ (<*!][^=;]*(?:[{:(]|\bdo\b|\bthen\b|=>|$)"
)
_REFUSES = re.compile(r"\s*(?:raise\b|throw\b|panic[!(]|todo!|unimplemented!)")
_LEFT_TO_DO = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")


def is_loud(line: str) -> bool:
    """Whether a line in a body stays: what it refuses, what is left to do."""
    if _REFUSES.match(line):
        return True
    may_tell = "TODO" in line or "FIXME" in line or "XXX" in line or "HACK" in line
    return may_tell and _LEFT_TO_DO.search(line) is not None


_LOOKS = (
    (_PYTHON, re.compile(
        r"\s*(?:async def|def|class) \w+.*[:(]$|from [\w.]+ import |import [\w.]+(?: as \w+)?$|@\w[\w.]*"
        r"|if __name__ =="
    )),
    (_RUBY, re.compile(
        r"\s*(?:def \w+[?!]?(?:\(.*\))?$|module \w+$|class \w+(?: < [\w:]+)?$|require(?:_relative)? ['\"]|end$"
        r"|attr_\w+ :)"
    )),
    (_SCRIPT, re.compile(
        r"(?:export |import .* from ['\"]|const \w+ = |(?:async )?function[* ]|class \w+.*\{$|module\.exports"
        r"|\}\)?;?$|interface \w+ \{|type \w+ = )"
    )),
    (_C, re.compile(
        r"package [\w.]+;?$|func [\w(]|import (?:[\w.]+;|\()|#include [<\"]|use [\w:{]|pub |fn \w|impl\b|public "
        r"|private |@Override|using [\w.]+;"
        r"|namespace |struct \w|typedef |static |int \w+\(|void \w+\(|\}$|<\?php|type \w+ (?:struct|interface)"
    )),
)  # fmt: skip
_SAMPLE = 160
"""So many lines of a text without a name are looked at."""
_NO_CODE = re.compile(
    r"diff --git |@@ -\d|\+\+\+ |--- (?:a/|FAIL)|Traceback \(|={5,} |commit [0-9a-f]{7,40}|[^\s:]+:\d+:"
    r"|\d{4}-\d\d-\d\d[ T]\d\d:|\[[A-Z]+\] |<[a-z!]|(?:error|fatal|warning): "
)


_PROSE = frozenset((".adoc", ".md", ".rst", ".txt"))


def language_of_command(command: Command | None) -> Language | None:
    """The language of the file a command prints; None where it prints none that is known, or several kinds."""
    if command is None or command.program not in _PRINTERS:
        return None
    words = command.words[1:]
    if command.program == "git" and ("show" not in words or _NO_SOURCE.intersection(words)):
        return None
    if command.program == "git" and not any(":" in word for word in words):
        return None
    found = {_BY_SUFFIX[suffix] for suffix in _suffixes(words)}
    return found.pop() if len(found) == 1 else None


def suffix_of_command(command: Command | None) -> str:
    """The ending (".py") of the one file a command prints; "" where it names none, or several kinds."""
    found = set(_suffixes(command.words[1:])) if command is not None else set()
    return found.pop() if len(found) == 1 else ""


def prints_prose(command: Command | None) -> bool:
    """Whether a command prints a document, which may quote whole programs and is none."""
    words = command.words[1:] if command is not None else ()
    return not _PROSE.isdisjoint(PurePosixPath(word).suffix.lower() for word in words)


def _suffixes(words: Sequence[str]) -> list[str]:
    suffixes = (PurePosixPath(word).suffix.lower() for word in words)
    return [suffix for suffix in suffixes if suffix in _BY_SUFFIX]


def language_by_looks(lines: Sequence[str]) -> Language | None:
    """The language that a text without a name is in; None unless its lines leave little doubt."""
    sample = [line for line in lines[:: max(1, len(lines) // _SAMPLE)] if line and not line.isspace()]
    if len(sample) < _SAMPLE // 4 or sum(line[0] in " \t" for line in sample) * 10 < 4 * len(sample):
        return None
    braced = sum(1 for line in sample if line.rstrip()[-1:] in "{};,(")
    # What closes nothing, opens nothing with a colon and ends nothing is in no language known here.
    if braced * 4 < len(sample) and not any(line.rstrip()[-1:] == ":" or line.strip() == "end" for line in sample):
        return None
    if sum(1 for line in sample if _NO_CODE.match(line[:200])) * 50 > len(sample):
        return None
    best, language = max(
        ((sum(1 for line in sample if looks.match(line[:200])), language) for language, looks in _LOOKS),
        key=lambda found: found[0],
    )
    if best * 25 < len(sample) or (language.bodies == "braces" and braced * 4 < len(sample)):
        return None
    if language is _PYTHON and (
        braced * 2 > len(sample) or sum(1 for line in lines if line.rstrip()[-1:] == ":") * 25 < len(lines)
    ):
        return None
    return language
