"""Facts of compilers, linters and type checkers: each diagnostic's place, message and code.

From the documented output of gcc, clang, javac, kotlinc, go, rustc, swiftc, tsc, eslint, biome, ruff, flake8, pylint,
mypy, pyright, shellcheck, golangci-lint, clippy, checkstyle, rubocop, msbuild.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.bench.compression.needles.fact import Fact

__all__ = ["diagnostics"]

_LEVEL = (
    r"(?:fatal error|internal compiler error|error|warning|note|info|information|hint|convention|refactor|style"
    r"|E|W|C|F|N|R)"
)

_PATTERNS = (
    # path:line:col: level: message [code]
    (
        rf"^(?P<place>[^\s:][^:\n]{{0,200}}:\d+(?::\d+)?): (?:{_LEVEL}: )(?P<said>.*?)"
        r"(?: {1,2}\[(?P<code>[\w.,+=/@-]+)\])?$"
    ),
    # path:line:col: CODE message (ruff, flake8, pylint), path:line: [code] message
    r"^(?P<place>[^\s:][^:\n]{0,200}:\d+(?::\d+)?): (?P<code>[A-Z]{1,7}\d{2,5}:?) (?P<said>\S.*)$",
    # go build and vet, shellcheck -f gcc without level, javac's kin: path.ext:line:col: message
    r"^(?P<place>(?:vet: )?[\w./-]+\.(?:go|y|l|zig|ml|hs|ex|exs):\d+(?::\d+)?): (?P<said>\S.*)$",
    # tsc, msbuild: path(line,col): error TS1: message
    r"^(?P<place>[^\s(][^(\n]{0,200}\(\d+(?:,\d+)*\)): (?:error|warning) (?P<code>\w+): (?P<said>.*)$",
    # tsc --pretty: path:line:col - error TS1: message
    (
        r"^(?P<place>[^\s:][^:\n]{0,200}:\d+:\d+) - (?:error|warning|info)(?:: | )(?P<code>TS\d+: )?(?P<said>.*?)"
        r"(?: \((?P<rule>report\w+)\))?$"
    ),
    # pyright: indented path:line:col - error: message (rule)
    r"^ +(?P<place>/?[\w./-]+:\d+:\d+) - (?:error|warning|information): (?P<said>.*?)(?: \((?P<code>\w+)\))?$",
    # eslint stylish: line:col  error  message  rule
    r"^ +(?P<place>\d+:\d+) +(?:error|warning|info|✖|⚠) {1,}(?P<said>\S.*?)(?: {2,}(?P<code>[@\w/-]+))?$",
    # xo: its sign first
    r"^ +[✖⚠] +(?P<place>\d+:\d+) +(?P<said>\S.*?)(?: {2,}(?P<code>[@\w/-]+))?$",
    # ruff full, rustc, biome: --> path:line:col
    r"^ *(?:-->|╭─\[|┌─) ?(?P<place>[\w./@+-]+:\d+:\d+)",
    # rustc, ruff full: error[E0308]: message, warning: unused variable, F401 [*] `os` imported but unused
    r"^(?:error|warning)(?:\[(?P<code>\w+)\])?: (?P<said>\S.*)$",
    r"^(?P<code>[A-Z]{1,7}\d{2,5}) (?!\d\d:)(?:\[\*\] )?(?P<said>\S.*)$",
    # maven: [ERROR] /path/A.java:[3,5] message
    r"^\[(?:ERROR|WARNING)\] (?P<place>[^\s:]+:\[\d+,\d+\]) (?P<said>.*)$",
    # ty: path:line:col: error[rule] message
    r"^(?P<place>[^\s:][^:\n]{0,200}:\d+:\d+): (?:error|warning|info)\[(?P<code>[\w-]+)\]:? (?P<said>\S.*)$",
    # yamllint, eslint and stylelint -f unix, eslint -f compact
    (
        r"^(?P<place>[^\s:][^:\n]{0,200}:\d+:\d+): (?:\[(?:error|warning)\] )?(?P<said>\S.*?)"
        r" (?:\((?P<code>[\w-]+)\)|\[\w+(?:/\S+)?\])$"
    ),
    r"^(?P<place>\S+: line \d+, col \d+), (?:Error|Warning) - (?P<said>.*?)(?: \((?P<code>\S+)\))?$",
    # GitHub's workflow commands
    r"^::(?:error|warning) [^:\n]*?file=(?P<place>[^,:\n]+)[^:\n]*::(?P<said>[^%\n]+)",
    # markdownlint, bandit, oxlint
    r"^(?P<place>\S+:\d+(?::\d+)?)(?: error)? (?P<code>MD\d+)/\S+ (?P<said>.+)$",
    r"^>> Issue: (?:\[(?P<code>[^\]]+)\] )?(?P<said>.+)$",
    r"^ +Location: (?P<place>\S+:\d+(?::\d+)?)$",
    r"^ +[×!⚠x] (?P<code>[\w@/-]+\([\w-]+\)): (?P<said>.+)$",
    r"^ +[,╭][-─]\[(?P<place>[^\]\n]+:\d+:\d+)\]",
    # cspell, refurb, svelte-check for programs, Azure
    r"^(?P<place>\S+:\d+:\d+) - (?P<said>Unknown word \(.*)$",
    r"^(?P<place>\S+:\d+:\d+) (?P<said>\[[A-Z]+\d+\]: .*)$",
    r"^\d{13} (?:ERROR|WARNING) (?P<place>\"[^\"\n]+\" \d+:\d+) (?P<said>\".*\")$",
    r"^##vso\[task\.logissue (?:type=\w+;)?sourcepath=(?P<place>[^;\]\n]+)[^\]\n]*\](?P<said>.+)$",
    # isort
    r"^ERROR: (?P<place>\S+) (?P<said>Imports are .*)$",
    # ld, whose offsets into object files say nothing
    (
        r"^(?:\S*ld\S*: )?(?P<place>[^\s:]+):\([^)]*\): "
        r"(?P<said>(?:undefined reference to|multiple definition of) [`'].+?')(?:;|$)"
    ),
    r"^(?P<place>[^\s:][^:\n]{0,200}:\d+): (?P<said>undefined reference to .*|multiple definition of .*)$",
    # shellcheck tty, rubocop's offence, perl
    r"^(?P<said>In \S+ line \d+:)$",
    r"^(?P<said>SC\d+ \(\w+\): .*)$",
)
_DIAGNOSTICS = [re.compile(pattern, re.MULTILINE) for pattern in _PATTERNS]

_TOTALS = re.compile(
    r"^(?:Found \d+ errors?.*|Success: no issues found.*|All checks passed!|✖ \d+ problems?.*"
    r"|\d+ (?:errors?|warnings?)(?: and \d+ \w+)?(?: generated)?\.?"
    r"|\d+ errors?, \d+ warnings?.*|(?:error|warning): .* (?:generated|emitted|due to) .*"
    r"|Your code has been rated at [\d.-]+/10"
    r"|\d+ files? (?:inspected|checked|would be reformatted|already formatted|left unchanged).*"
    r"|make(?:\[\d+\])?: \*\*\* .*)$",
    re.MULTILINE,
)
_THEIRS = re.compile(r"^/usr/(?:include|lib|bin/\.\./lib)/|^/rustc/|/\.cargo/registry/|/site-packages/|/node_modules/")
"""Places in others' files: what a compiler notes about its own headers is not what was asked of it."""

_HEADING = re.compile(r"^(?P<path>/?[\w@.+-][\w@./+-]*\.\w{1,5})$(?=\n +\d+:\d+ +(?:error|warning|✖|⚠))", re.MULTILINE)


def diagnostics(text: str) -> Iterator[Fact]:
    for pattern in _DIAGNOSTICS:
        for match in pattern.finditer(text):
            if _THEIRS.search(match.groupdict().get("place") or ""):
                continue
            pieces = [match.groupdict().get(name) for name in ("place", "said", "code", "rule")]
            found = [piece.strip(": ") for piece in pieces if piece]
            # A bare `2:1` says nothing: its line's message and its file's heading do.
            yield Fact.of(
                match.group(), *(piece for piece in found if len(piece) > 5 or piece.isalnum()), kind="diagnostic"
            )
    for match in _HEADING.finditer(text):
        yield Fact.of(match.group(), kind="diagnostic")
    for match in _TOTALS.finditer(text):
        yield Fact.of(match.group(), kind="totals")
