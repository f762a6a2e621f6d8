"""How surely a text is diagnostics: literals first, then lines around words of alarm, then a sample of all lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from sidecar.compression.forms.diagnostics import alone, phpcs, shellcheck, statistics, webpack
from sidecar.compression.forms.diagnostics.annotations import BEGINS, annotation
from sidecar.compression.forms.diagnostics.build import is_build
from sidecar.compression.forms.diagnostics.esbuild import is_esbuild
from sidecar.compression.forms.diagnostics.grammar import is_lined, read, read_all
from sidecar.compression.forms.diagnostics.kinds import Kind, Known, Line
from sidecar.compression.forms.diagnostics.reports import read_report
from sidecar.compression.kept import kept
from sidecar.compression.literals import literals_in
from sidecar.compression.vocabulary import Segment

__all__ = ["SOUGHT", "lines_read", "recognise"]

# fmt: off
_PROGRAMS = frozenset((
    "actionlint", "ansible-lint", "bandit", "basedpyright", "biome", "black", "c++", "cc", "cl", "clang", "clang++",
    "clang-tidy", "cmake", "codespell", "cppcheck", "cpplint", "cspell", "dmypy", "errcheck", "eslint", "flake8", "g++",
    "gcc", "ghc", "gmake", "golangci-lint", "golint", "gradle", "groovyc", "hadolint", "htmlhint", "isort",
    "javac", "jshint", "kotlinc", "ktlint", "make", "markdownlint", "markdownlint-cli2", "msbuild", "mypy",
    "ninja", "oxlint", "prettier", "pycodestyle", "pydocstyle", "pyflakes", "pylint", "pyrefly", "pyright", "refurb",
    "revive", "rubocop", "ruff", "rustc", "scalac", "semistandard", "shellcheck", "sphinx-build", "standard",
    "staticcheck", "stylelint", "svelte-check", "swiftc", "swiftlint", "tsc", "ty", "typos", "vue-tsc", "vulture",
    "xcodebuild", "xo", "yamllint",
))
# fmt: on
_COMMANDS = frozenset(
    {
        ("go", "build"),
        ("go", "vet"),
        ("go", "install"),
        ("cargo", "build"),
        ("cargo", "check"),
        ("cargo", "clippy"),
        ("cargo", "run"),
        ("dotnet", "build"),
        ("swift", "build"),
        ("biome", "lint"),
        ("biome", "check"),
    }
)  # fmt: skip
_SEARCHERS = frozenset({"ack", "ag", "egrep", "fgrep", "git", "grep", "rg"})

_CLEAN_LINES = 8
_CLEAN = ("All checks passed!", "Success: no issues found", "0 errors, 0 warnings", "no issues found")

_LINKS = ("undefined reference to ", "multiple definition of ")
_TELLS = (": error", ": warning", "error: ", "error[", " - error ", "--> ", " error  ", "*** [", *_LINKS,
          "✖", "warning: ", ": WARNING: ", ": ERROR: ", "error TS", "━━━━", "::error ", "::warning ",
          "##vso[task.logissue ", "-[")  # fmt: skip
_SHAPES = ("[INFO] ", "syntax error")
_CODED = re.compile(
    r":\d+:(?:\d+:?)? ?[ (\[]?[A-Z]{1,6}\d{2,5}\b|:\d+:\d+: \S|:\d+:\d+ - [A-Z]|, col \d+, "
    r"|\n[A-Z]{1,6}\d{2,5}:? "
)
"""A place and words, or a rule's code first in its line: begins with a literal, as fast as `str.find`."""
_MAVENS = "[ERROR] COMPILATION ERROR"
_SPHINX = "Running Sphinx v"
_SPHINX_SAYS = ("WARNING: ", ": ERROR: ")
_BANNER_CHARS = 2_000
_SVELTE = re.compile(r'\d{13} (?:ERROR|WARNING) "')
"""svelte-check for programs, whose lines begin with their time, as a log's."""
_BANNER_LINES = 8
"""What a package's script prints above."""
_RARE = ("error: ", "*** [")
"""What is looked for in a text of another shape, where one diagnostic stands somewhere."""
SOUGHT = (
    *_TELLS,
    _MAVENS,
    *_SPHINX_SAYS,
    *alone.LITERALS,
    *shellcheck.LITERALS,
    statistics.LITERAL,
    *webpack.LITERALS,
    *phpcs.LITERALS,
)

_GLANCES = 40
_BUILD_GLANCES = 6
_GLIMPSED_CHARS = 400
"""What is seen of a text first: so many lines of it, fewer where each is asked whether it is a step of a build."""

_LARGE_LINES = 800
"""From here on one diagnostic somewhere does not make a text one of them."""

_HITS = 12
"""Occurrences of each tell that are read: the first ones, and as many before the end."""

_SAMPLES = 10
_SAMPLE_LINES = 25
"""In a text for whose command we know no compiler; twice as many where we do."""
_FEW = 3
_PLACED_SHARE = 0.1
_DETAILED_SHARE = 0.25
_DETAILED = 0.8
"""Of a text so much must be diagnostics with a place, and so much these and what stands deep below them."""
_MOST = 0.9
_WORKFLOW = ("::error ", "::warning ", "::notice ")
_PLAIN = frozenset({
    Kind.OTHER, Kind.BLANK, Kind.SUMMARY, Kind.MARK, Kind.CHANGE, Kind.SOURCE, Kind.MARKED, Kind.LABEL, Kind.HELP,
})  # fmt: skip

_SEVERE = frozenset({Kind.ERROR, Kind.WARNING})
_ITSELF = frozenset({Kind.ROW, Kind.ARROW})

_RULED = re.compile(r"[^\s:][^:\n]{0,200}:\d+(?::\d+: [A-Z]{1,6}\d{2,5}:? |(?::\d+)? MD\d{3}/)")
"""A finding with its column and its rule's code, which no other program prints by chance: it needs no severity."""
_LOGGED = re.compile(r"\[?\d{4}-\d\d-\d\d[T ]\d\d:|\d\d:\d\d:\d\d|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d")
"""A line that begins with its time is a log's, whatever it says."""
_LOG_INITIALS = frozenset("[0123456789JFMASOND")


def recognise(segment: Segment) -> float:
    """Never raises; costs a few passes of `str.find` where nothing a compiler prints is there."""
    words = segment.command.words if segment.command is not None else ()
    text = segment.text
    if len(segment.lines) <= _CLEAN_LINES and text.startswith(_CLEAN):
        return 0.95
    if words and words[0] in _SEARCHERS:
        return 0.0  # a search for `error:` prints the headings of a compiler
    present = literals_in(segment)
    if statistics.is_statistics(segment) or is_esbuild(text):
        return 0.95
    if webpack.is_webpack(segment, present) or phpcs.is_phpcs(segment, present) or shellcheck.is_shellcheck(segment):
        return 0.95
    if (text[:1] in "[{" or "\n{" in text[:200]) and read_report(segment) is not None:
        return 0.98
    if any(map(_SVELTE.match, segment.lines[:_BANNER_LINES])):
        return 0.95
    is_known = bool(words) and (words[0] in _PROGRAMS or tuple(words[:2]) in _COMMANDS)
    if _MAVENS in present:
        return 0.97  # Maven, whose other lines are a log's
    if _SPHINX in text[:_BANNER_CHARS] and not present.isdisjoint(_SPHINX_SAYS):
        return 0.95  # which quotes the whole trace of what it could not import
    if alone.is_told_so(segment) or (alone.ISSUE in present and "\n   Location: " in text):
        return 0.95
    if is_lined(segment.lines):
        return 0.95 if is_known else 0.93
    return _weighed(segment, words, is_known=is_known)


def _weighed(segment: Segment, words: Sequence[str], *, is_known: bool) -> float:
    """What the lines say, of which no one is enough."""
    seen = "\n".join([line[:_GLIMPSED_CHARS] for line in segment.lines[:: max(1, len(segment.lines) // _GLANCES)]])
    is_shaped = _is_shaped(seen, segment.lines)
    has_shape = is_shaped or any(tell in seen for tell in literals_in(segment).intersection(_TELLS))
    is_large = len(segment.lines) > _LARGE_LINES
    # A diagnostic somewhere in a large text of another shape does not make it one.
    if not (has_shape or is_known) and (is_large or not _told(segment, _RARE)):
        return 0.0
    if not (is_shaped or is_known or _told(segment, _TELLS)):
        return 0.0  # words of alarm, but no diagnostic around them: a test run, a log
    kinds, placed, ruled, logged, deep = _census(segment, _SAMPLE_LINES * (1 + is_known))
    # Where most of a large text is findings without a severity, the samples have said what it is.
    is_plain = is_large and kinds[Kind.LINT] >= 0.5 * sum(kinds.values())
    told = placed > 0 or (not is_plain and _told(segment, _TELLS))
    if not told and not has_shape and not (is_known and any(kind not in _PLAIN for kind in kinds)):
        return 0.0
    total = sum(kinds.values()) - kinds[Kind.BLANK]
    if not total or logged > 0.3 * total:
        return 0.0
    marked = min(kinds[Kind.MARK], kinds[Kind.OTHER])  # each below the line that it marks
    explained = 1 - (kinds[Kind.OTHER] - marked) / total
    is_quoted = kinds[Kind.MARK] >= 0.5 * kinds[Kind.LINT] >= 1  # flake8 quotes whole statements
    is_ruled = ruled >= max(_FEW, _MOST * kinds[Kind.LINT]) and (explained >= 0.5 or is_quoted)
    if placed or told:
        is_marked = kinds[Kind.MARK] >= 0.5 * placed >= _FEW and placed >= _PLACED_SHARE * total  # javac's, of sources
        # pyright's, of types within types.
        is_detailed = placed >= _DETAILED_SHARE * total and explained + deep / total >= _DETAILED
        sure = 0.75 if explained >= 0.6 or is_ruled or is_marked or is_detailed else 0.55 if explained >= 0.35 else 0.25
        if is_known:
            # javac explains an error in up to eight lines of words.
            return 0.95 if placed >= _PLACED_SHARE * total else min(0.95, sure + 0.2)
        if segment.text.startswith(_WORKFLOW) and placed >= _MOST * total:
            return 0.95  # annotations of a workflow, whose fields a comma parts as a table's
        return sure if placed or kinds[Kind.BUILD] >= 0.5 * total else sure - 0.3
    if kinds[Kind.LINT]:
        if is_known:
            if kinds[Kind.LINT] >= 0.95 * total:
                return 0.97
            return 0.85 if explained >= 0.5 or is_quoted else 0.5
        if is_ruled:
            return 0.75
        found = kinds[Kind.LINT] + kinds[Kind.BUILD] * (kinds[Kind.LINT] >= _FEW)
        return 0.6 if found >= _MOST * total and total >= _FEW else 0.0
    builds = kinds[Kind.BUILD] + kinds[Kind.FAILURE] + kinds[Kind.SUMMARY]
    if words and words[0] in _PROGRAMS:
        return 0.8 if builds + kinds[Kind.ERROR] >= 0.5 * total else 0.0
    return 0.55 if kinds[Kind.BUILD] and builds >= 0.7 * total and total >= _FEW else 0.0


def _told(segment: Segment, tells: Sequence[str]) -> bool:
    """Whether one of the lines around a tell is a diagnostic with its severity and its place."""
    text, present = segment.text, literals_in(segment)
    for tell in tells:
        at = text.find(tell) if tell in present else -1
        hits = 0
        while at >= 0 and hits < _HITS:
            begun, end = text.rfind("\n", max(0, at - 2_000), at) + 1, text.find("\n", at)
            line = text[max(begun, at - 2_000) : end if end >= 0 else len(text)][:4_000]
            if line and not _LOGGED.match(line) and _is_placed(read(line, inside=True), line):
                return True
            hits += 1
            at = text.find(tell, end if end >= 0 else len(text))
    return False


def _is_shaped(seen: str, lines: Sequence[str]) -> bool:
    """Whether *seen*, lines from every part of a text, has findings without severity, or most are a build's steps."""
    if any(shape in seen for shape in _SHAPES) or _CODED.search(seen) is not None:
        return True
    steps = [line for line in lines[:: max(1, len(lines) // _BUILD_GLANCES)] if line]
    return 2 * sum(map(is_build, steps)) >= len(steps) > 0


@kept
def lines_read(_: Segment) -> Known:
    """The lines read so far: those of the census need not be read again."""
    return {}, {}


def _census(segment: Segment, length: int) -> tuple[Counter[int], int, int, int, int]:
    """How many lines of each kind there are, how many are diagnostics by their own words, how many findings of a rule
    by its code, how many a log's, how many of no kind stand deep below others.
    """
    kinds: Counter[int] = Counter()
    placed = ruled = logged = deep = 0
    for sample in _samples(segment.lines, length):
        read_lines = read_all(sample, lines_read(segment))
        kinds.update([this.kind for this in read_lines])
        placed += sum(map(_is_placed, read_lines, sample))
        ruled += sum(
            1
            for this, line in zip(read_lines, sample, strict=True)
            if this.kind is Kind.LINT and _RULED.match(line[:_GLIMPSED_CHARS])
        )
        logged += sum(1 for line in sample if line[:1] in _LOG_INITIALS and _LOGGED.match(line))
        # pyright indents by spaces that do not break.
        deep += sum(
            1 for this, line in zip(read_lines, sample, strict=True) if this.kind is Kind.OTHER and line[:4].isspace()
        )
    return kinds, placed, ruled, logged, deep


def _samples(lines: Sequence[str], length: int) -> Iterable[Sequence[str]]:
    """All lines of a small output; of a large one stretches from every part, so that recognising costs the same."""
    count = len(lines)
    if count <= _SAMPLES * length:
        yield lines
        return
    for number in range(_SAMPLES):
        begun = number * (count - length) // (_SAMPLES - 1)
        yield lines[begun : begun + length]


def _is_placed(this: Line, line: str) -> bool:
    """A diagnostic with its severity and its place, which no other program's output has by chance."""
    if this.kind in _SEVERE:
        # Indented, a compiler's line stands in what somebody else says of it: a failed installation.
        is_own = bool(this.place) and not (line[:1] == " " and this.said[:1] != "-" and f"{this.place}: " in line)
        return (
            is_own
            or any(words in line for words in _LINKS)
            or (line.startswith(BEGINS) and annotation(line) is not None)
        )
    return this.kind in _ITSELF or (this.kind is Kind.FAILURE and "*** [" in line)
