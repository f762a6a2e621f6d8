"""How compilers, linters and type checkers write a diagnostic, as data: what a line is, by its first characters.

src/cart.c:14:18: error: ...             gcc, clang, go, mypy, flake8, pylint, ruff concise, javac, kotlinc
src/cart.ts(14,18): error TS2322: ...    tsc, MSVC, csc
src/cart.ts:14:18 - error TS2322: ...    tsc --pretty, pyright
error[E0308]: ... / F401 ...             rustc, ruff: the message first,
  --> src/main.rs:14:18                  then its place
src/cart.js / 14:18  error  ...          eslint, stylelint, ruff grouped: the path once, rows below it
docs/cart.rst:14: WARNING: ...           Sphinx, whose place may be a docstring or a whole document

The kinds are in `kinds`, places in a line with their message in `places`; what a build prints around them (command
lines, progress, directories) is in `build`, a place in a line of its own in `alone`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sidecar.compression.forms.diagnostics.annotations import annotation
from sidecar.compression.forms.diagnostics.build import is_build, is_build_failure
from sidecar.compression.forms.diagnostics.kinds import PLAIN, Kind, Known, Line
from sidecar.compression.forms.diagnostics.places import (
    CODE,
    FILE_NAME,
    PLACED,
    SEVERITY_WORDS,
    gnu,
    placed,
    placed_last,
    severity_of,
)

__all__ = ["LINED", "is_lined", "read", "read_all"]

_SEEN_CHARS = 4_000
"""What the patterns see of a line: a minified source line has millions of characters."""

_SIMPLE = re.compile(r"[^\s:|(]+:\d+:")
"""What most headings begin with: seen first, because a linter prints nothing else."""
_QUICK = re.compile(
    r"((?:[A-Za-z_][\w@+-]*)?[./][\w./@+-]*:\d+(?::\d+){0,3}): ((?:[A-Z]{1,6}\d{2,5}:?|error:|warning:) \S.*[^━ ])$"
)
"""What most lines of a linter are, read in one step; anything unusual is left to the patterns below."""
LINED = re.compile(r"(?P<place>[^\s:|(]*[./][^\s:|(]*:\d+): {1,2}(?P<said>[\w'\"`\[({].*)")
"""cpplint, codespell, vulture: a place without a column and no severity, which in one line may as well be grep's."""
_NEAR = re.compile(r": (?:[^\s*#/-]|(?: \S.*\]  ?\[\d\]$))")
_LINED_SEEN = 60
_LINED_FEW = 3
_INDENTED = re.compile(r" +(?P<place>[^\s:|(]*[./][^\s:|(]*:\d+:\d+): (?P<said>\S.*)")
"""standard, errcheck: GNU's order, further right."""
_QUICK_ROW = re.compile(r"( +\d+:\d+)( +(?:error|warning) +\S.*)$")
_SEVERE = {"error": Kind.ERROR, "warni": Kind.WARNING}
_LETTERED = re.compile(
    r"(?:(?P<letter>[ew]): |\[(?P<word>error|warn)\] )"
    r"(?P<place>(?:file://)?[^\s:]+(?::\d+:\d+|: \(\d+, ?\d+\)|:\d+(?=:))):? (?P<said>\S.*)"
)
"""kotlinc (`e: file:///src/A.kt:3:5 Unresolved reference`), sbt (`[error] /src/A.scala:3:5: not found`)."""
_TOOL_FAILED = re.compile(r"\S{1,200} : (?:fatal )?(?:error|warning) [A-Z]+\d+: \S")
"""MSBuild, where a tool or an object file failed and no line of a source: `LINK : fatal error LNK1104: ...`."""
_MACHINE = re.compile(r'\d{13} (?P<severity>ERROR|WARNING) (?P<place>"[^"]{1,500}" \d+:\d+) (?P<said>".*)$')
"""svelte-check for programs, which it also prints for agents."""


_PROGRAM = re.compile(
    r"(?:/\S*/)?(?:[\w.+]+-)?"
    r"(?:cc1(?:plus)?|gcc|g\+\+|clang(?:\+\+)?|cc|c\+\+|ld|ld\.\w+|lld|collect2|rustc|javac|tsc|ar|as|make|LINK|cl)"
    r"(?:-\d+)?(?:\.exe)? ?: "
)
_MESSAGE = re.compile(r"(?P<severity>fatal error|error|warning|WARNING|unformatted|note|help|info)(?:\[[\w:-]+\])?: \S")
_NO_PLACE = re.compile(r"(?:fatal )?(?:error|ERROR|Error)(?: TS\d+)?: \S")
_ARROW = re.compile(r" *(?:-->|:::) (?P<place>\S.*?:\d+(?::\d+)?)$")
_BOXED = re.compile(r" *[╭,][─-]\[ ?(?P<place>\S.*?:\d+:\d+) ?\]")
_ROW = re.compile(r" +\d+:\d+ +(?:(?:error|warning|info|✖|✘|⚠|×) +\S|[A-Z]{1,6}\d{2,5} )")
_ROW_PLACE = re.compile(r" +\d+:\d+")
_SIGNED_ROW = re.compile(r" +(?P<sign>[✖⚠]) +(?P<place>\d+:\d+) +(?P<said>\S.*)")
"""xo's, which puts its sign first."""
_INCLUDED = ("In file included from ", "In module imported at ", "In file imported from ")
_INCLUDED_FROM = re.compile(r" +from \S+:\d+(?::\d+)?[,:]$")
_CONTEXT = re.compile(
    rf"(?:{FILE_NAME}: )?(?:note: )?"
    r"(?:In (?:\w+ ){0,3}(?:function|instantiation|substitution|constructor|destructor|method|lambda|member|class)\b"
    r"|At (?:top level|global scope))"
    r"| +inlined from "
)
_JUDGED = re.compile(r"  (?P<sign>[!x×⚠]) [\w@/-]+\([\w/-]+\): \S")
"""How oxlint begins: the rule in brackets after its plugin."""
_SHELLCHECK = re.compile(r" *\^-*\^? SC\d{4} \((?P<severity>\w+)\): ")
_NUMBERED = re.compile(r"[ >]*\d+ ?[|│]")
_BAR = "|│┆·╎:"
_LINK = re.compile(
    r"undefined reference to |multiple definition of |cannot find -l|undefined symbol|ld returned \d|relocation R_"
    r"|duplicate symbol|\(\.text[^)]*\)|DSO missing from command line|unresolved external symbol"
)
_LINK_WORDS = re.compile("undef|multip|cannot find|returned|relocation|duplicate|text|DSO|unresolved")
_SUMMARY = re.compile(
    r"Found (?:\d+|a total of) (?:error|warning|diagnostic|issue|problem)"
    r"|\d+ (?:errors?|warnings?|problems?)(?: and \d+ (?:errors?|warnings?))? (?:generated|emitted)"
    r"|(?:  )?\d+ (?:errors?|warnings?)$|All checks passed|Success: no issues|[✖✗×] \d+ problem"
    r"|Your code has been rated"
    r"|\d+ problems?(?: \(|$)|\[\*\] \d+ fixable|No fixes available|Would fix"
    r"|Fixed \d+|Errors +Files|warning: .* generated \d+ warning"
    r"|error: .* due to (?:\d+ )?previous|BUILD (?:FAILED|SUCCESS)|Checked \d+ files"
    r"|\d+ (?:errors?|warnings?|informations?), "
    r"|no issues found|Total errors found"
    r"|Build (?:succeeded|FAILED)|    \d+ (?:Error|Warning)\(s\)|\d+ issues|Found \d+"
)
_HINT = re.compile(
    r"For more information about (?:this|an) error, try|Some errors have detailed explanations|For more information:$"
    r"|  https://www\.shellcheck\.net/| *= help: (?:to override `|for further information visit )"
    r"|\* (?:Try:$|Get more help at )|(?:> )?Run with --|> Check your code and dependencies to fix"
)
_UNFORMATTED = re.compile(
    r"(?P<said>would reformat|Would reformat:|reformatted|\[warn\]) (?P<place>\S+)$"
    r"|ERROR: (?P<unsorted>\S+) (?P<unsorted_said>Imports are incorrectly sorted.*)$"
)
"""black, ruff format, prettier, isort: a file and nothing else."""
_MAVEN_PLACED = re.compile(
    r"\[(?:ERROR|WARNING)\] (?P<place>\S[^\[(]{0,300}:(?:\[\d+,\d+\]| \(\d+, ?\d+\)|\d+:)) ?(?P<said>\S.*)"
)
_MAVEN_TOTAL = re.compile(
    r"\[INFO\] (?:BUILD |(?:There (?:are|is) )?\d+ (?:errors?|warnings?)\b|Tests run|.* (?:FAILURE|SKIPPED)\b)"
)
_MAVEN_HINT = re.compile(
    r"\[ERROR\] (?:$|-> \[Help|\[Help |To see the full|Re-run Maven|For more information about|After correcting)"
)
_MARKS = re.compile(r"[\s|│>+·:]*(?:[\^~─┬╭╰┴]|`--)[\s^~|│─┬╭╰┴╮╯·-]*$")
_MARKS_WORDS = re.compile(r"[\s|│]*(?:[-^~_]{2,}|[\^~]) +\S|[\s|│]*\|_+[\^-] \S|[\s│:·]*(?:╰─+|`--) \S")
_HELP = re.compile(r" *= (?:note|help|warning)|(?:help|info|note): |  +(?:note|help): |  +[ℹi] \S")
_CHANGE = re.compile(r"(?: *\d+ +)?(?: *\d+)? *[-+~] [|│]?|  - |\d+ [-+~] ")
_COUNTED = re.compile(r"  - \S.{0,300} \(\d+ (?:error|warning|info)")
"""What a summary of files tells of each, no line that is suggested."""

_ANNOTATED = {"error": Kind.ERROR, "warning": Kind.WARNING, "notice": Kind.NOTE}
_OPENS = frozenset({Kind.ERROR, Kind.LINT, Kind.WARNING, Kind.NOTE, Kind.ARROW})
_CLOSES = frozenset({Kind.BUILD, Kind.FAILURE, Kind.SUMMARY, Kind.ROW})


def is_lined(lines: Sequence[str]) -> bool:
    """Whether a text is `path:line: message` throughout: what grep finds is indented now this far, now that."""
    third = len(lines) // 3
    if not any(LINED.match(lines[at][:_SEEN_CHARS]) for at in (third, 2 * third) if at < len(lines)):
        return False
    step = max(1, len(lines) // _LINED_SEEN)
    found = [match for line in lines[::step] if (match := LINED.match(line[:_SEEN_CHARS])) is not None]
    seen = sum(1 for line in lines[::step] if line)
    near = sum(1 for match in found if _NEAR.match(match.string, match.end("place")) is not None)
    return near >= _LINED_FEW and near >= 0.95 * len(found) and len(found) >= 0.6 * seen


def read_all(lines: Iterable[str], known: Known | None = None, *, lined: bool = False) -> list[Line]:
    """Every line, in order; a line that was read before is not read again: headers repeat theirs in every unit.

    *known* holds what others read of the same text, who did not think it *lined*, and is added to; *lined* says that
    the text `is_lined`.
    """
    known = known if known is not None else ({}, {})
    found: list[Line] = []
    sayings: dict[str, str] = {}
    """Each message once, for it is held as often as it was printed."""
    inside = False
    opens, closes = _OPENS, _CLOSES
    match, match_row, severe = _QUICK.match, _QUICK_ROW.match, _SEVERE
    lint, row = Kind.LINT, Kind.ROW
    for line in lines:
        memory = known[inside]
        this = memory.get(line)
        if this is None:
            quick = None
            if len(line) < _SEEN_CHARS:
                quick = match_row(line) if line[:1] == " " else match(line)
            if quick is None:
                plain = LINED.match(line) if lined and len(line) < _SEEN_CHARS else None
                if plain is None or plain["said"].startswith(SEVERITY_WORDS):
                    this = read(line, inside=inside)
                else:
                    this = Line(lint, plain["place"], plain["said"])
            else:
                place, said = quick.groups()
                said = sayings.setdefault(said, said)
                this = Line(row if line[0] == " " else severe.get(said[:5], lint), place, said)
            memory[line] = this
        kind = this.kind
        inside = kind in opens or (inside and kind not in closes)
        found.append(this)
    return found


def read(line: str, *, inside: bool = False) -> Line:
    """The kind of a line; *inside* says that the lines before it belong to a diagnostic with an excerpt."""
    if len(line) > _SEEN_CHARS:
        seen = read(line[:_SEEN_CHARS], inside=inside)
        return Line(seen.kind, seen.place, seen.said + line[_SEEN_CHARS:]) if seen.place else PLAIN[seen.kind]
    if not line or line.isspace():
        return PLAIN[Kind.BLANK]
    initial = line[0]
    if initial in " \t|│" or (inside and initial == ">" and _NUMBERED.match(line) is not None):
        return _indented(line, inside=inside)
    if initial.isdigit():
        machine = _MACHINE.match(line) if line[13:14] == " " else None
        if machine is not None:
            return Line(
                Kind.ERROR if machine["severity"] == "ERROR" else Kind.WARNING, machine["place"], machine["said"]
            )
        plain = _with_number(line, inside=inside)
        if plain is not None:
            return PLAIN[plain]
    return _unindented(line, inside=inside)


def _unindented(line: str, *, inside: bool) -> Line:  # noqa: PLR0912 - one test per kind, in the order of precedence
    if inside and line.startswith("...") and not line.strip(" .|"):
        return PLAIN[Kind.MARK]
    if line[0] == "^" and _SHELLCHECK.match(line):
        return Line(Kind.LINT, "", line)
    if line[0] == "[" and line.startswith(("[INFO]", "[ERROR] ", "[WARNING] ", "[DEBUG] ")):
        return _maven(line)
    if line[0] in ":#" and (found_there := annotation(line)) is not None:
        return Line(_ANNOTATED[found_there.severity], found_there.place, found_there.said)
    if line[0] in "wWr[E" and (unformatted := _UNFORMATTED.match(line)):
        place = unformatted["place"] or unformatted["unsorted"]
        return Line(Kind.LINT, place, unformatted["said"] or unformatted["unsorted_said"])
    if line[0] in "ew[" and (lettered := _LETTERED.match(line)):
        is_error = lettered["letter"] == "e" or lettered["word"] == "error"
        return Line(Kind.ERROR if is_error else Kind.WARNING, lettered["place"], lettered["said"])
    if " : " in line and _TOOL_FAILED.match(line):
        return Line(Kind.WARNING if " : warning " in line else Kind.ERROR, "", line)
    is_linked = _is_linked(line)
    is_plain = not is_linked and _SIMPLE.match(line) is not None
    if is_plain:
        found = gnu(line)
        if found is not None:
            return found
    if not is_linked and is_build(line):
        return PLAIN[Kind.BUILD]
    found = placed(line)
    if found is not None:
        return found
    if ":" not in line:
        return _without_place(line, inside=inside)
    if line[-1] == ":" and (framed := placed_last(line)) is not None:
        return Line(severity_of(line) or Kind.ERROR, *framed)
    if is_build_failure(line):
        return PLAIN[Kind.FAILURE]
    if _SUMMARY.match(line):
        return PLAIN[Kind.SUMMARY]
    if is_linked:
        return PLAIN[Kind.ERROR]
    if line.startswith(_INCLUDED):
        return PLAIN[Kind.INCLUDED]
    if not is_plain:
        found = gnu(line)
        if found is not None:
            return found
    if _CONTEXT.match(line):
        return PLAIN[Kind.CONTEXT]
    if _PROGRAM.match(line) and ("error" in line or "***" in line or "warning" in line or "cannot" in line):
        return PLAIN[Kind.FAILURE]
    said = _MESSAGE.match(line)
    if said:
        kind = _message(said["severity"], inside=inside)
        return PLAIN[kind] if kind is Kind.HELP else Line(kind, "", line)
    if _NO_PLACE.match(line):
        return PLAIN[Kind.ERROR]
    return _without_place(line, inside=inside)


def _maven(line: str) -> Line:
    """A line of Maven: `[ERROR] /src/A.java:[4,19] cannot find symbol`, again under the goal that failed."""
    if line[1] == "D":
        return PLAIN[Kind.BUILD]
    if line.startswith("[INFO]"):
        return PLAIN[Kind.SUMMARY if _MAVEN_TOTAL.match(line) else Kind.BUILD]
    told = _MAVEN_PLACED.match(line)
    if told is not None:
        return Line(Kind.ERROR if line[1] == "E" else Kind.WARNING, told["place"], told["said"])
    if line[1] == "E":
        return PLAIN[Kind.HINT if _MAVEN_HINT.match(line) else Kind.OTHER if line[8:10] == "  " else Kind.FAILURE]
    return PLAIN[Kind.OTHER]


def _is_linked(line: str) -> bool:
    return _LINK_WORDS.search(line) is not None and _LINK.search(line) is not None


def _message(severity: str, *, inside: bool) -> int:
    if severity in {"note", "help", "info"}:
        return Kind.HELP if inside else Kind.NOTE
    return Kind.WARNING if severity in {"warning", "WARNING"} else Kind.ERROR


def _with_number(line: str, *, inside: bool) -> int | None:
    if inside and _NUMBERED.match(line):
        return Kind.SOURCE
    if _SUMMARY.match(line):
        return Kind.SUMMARY
    if inside and _CHANGE.match(line):
        return Kind.CHANGE
    # Pretty tsc numbers its excerpt without a bar; a finding with a path begins with a digit now and then.
    return Kind.SOURCE if inside and line.lstrip("0123456789").startswith(" ") and not _SUMMARY.match(line) else None


def _without_place(line: str, *, inside: bool) -> Line:
    if inside and line[0] in "^~>│|-" and (not line.strip("-") or _MARKS.match(line)):
        return PLAIN[Kind.MARK]
    if is_build_failure(line):
        return PLAIN[Kind.FAILURE]
    if line[0] in "EWI" and _PYREFLY.match(line):
        return Line(Kind.ERROR if line[0] == "E" else Kind.WARNING, "", line)
    for pattern, kind in _BARE:
        if pattern.match(line):
            return Line(kind, "", line) if kind is Kind.LINT else PLAIN[kind]
    return PLAIN[Kind.ERROR if _LINK.search(line) else Kind.OTHER]


_PYREFLY = re.compile(r" ?(?P<severity>ERROR|WARN|INFO) \S.* \[[a-z][a-z-]+\]$")
_BARE = ((_SUMMARY, Kind.SUMMARY), (_HINT, Kind.HINT), (CODE, Kind.LINT), (_CONTEXT, Kind.CONTEXT))


def _indented(line: str, *, inside: bool) -> Line:  # noqa: PLR0912 - as above
    bare = line.lstrip(" \t")
    initial = bare[0]
    if initial in "-:╭," and bare[1:2] in "->:─[":
        found = _ARROW.match(line) or _BOXED.match(line)
        if found:
            return Line(Kind.ARROW, found["place"], "")
    if initial.isdigit() or initial == ">":
        if _ROW.match(line):
            end = _ROW_PLACE.match(line).end()  # type: ignore[union-attr]  # a row begins with one
            return Line(Kind.ROW, line[:end], line[end:])
        if _NUMBERED.match(line):
            return PLAIN[Kind.SOURCE]
    if initial in "✖⚠" and (found := _SIGNED_ROW.match(line)):
        return Line(Kind.ROW, found["place"], f"{found['sign']}  {found['said']}")
    if initial in "!x×⚠" and (found := _JUDGED.match(line)):
        return Line(Kind.ERROR if found["sign"] in "x×" else Kind.WARNING, "", line)
    if initial == "^" and (found := _SHELLCHECK.match(line)):
        return Line(Kind.LINT, "", line)
    if initial in _BAR and (initial != ":" or not bare[1:2].strip()):
        words = _MARKS_WORDS.match(line)
        return PLAIN[Kind.LABEL if words else Kind.MARK]
    if initial in "^~╰─┬`" or _MARKS.match(line):
        return PLAIN[Kind.LABEL if _MARKS_WORDS.match(line) else Kind.MARK]
    if initial == "W" and _PYREFLY.match(line):
        return Line(Kind.WARNING, "", line)
    if initial == "f" and _INCLUDED_FROM.match(line):
        return PLAIN[Kind.INCLUDED]
    if initial == "i" and bare.startswith("inlined from "):
        return PLAIN[Kind.CONTEXT]
    if ("): " in line or " - " in line) and (found := PLACED.match(line)):
        return Line(severity_of(found["said"]) or Kind.ERROR, found["place"], found["said"])
    if line[0] == " " and (found := _INDENTED.match(line)):
        return Line(severity_of(found["said"]) or Kind.LINT, found["place"], found["said"])
    if inside:
        if _HELP.match(line):
            return PLAIN[Kind.HINT if initial == "=" and _HINT.match(line) else Kind.HELP]
        if _CHANGE.match(line):
            return PLAIN[Kind.SUMMARY if _COUNTED.match(line) else Kind.CHANGE]
        if initial.isdigit() and bare.lstrip("0123456789").startswith(" "):
            return PLAIN[Kind.SOURCE]
    if initial in "-_" and _MARKS_WORDS.match(line):
        return PLAIN[Kind.LABEL]
    if _SUMMARY.match(line):
        return PLAIN[Kind.SUMMARY]
    if _HINT.match(line):
        return PLAIN[Kind.HINT]
    if is_build(line):
        return PLAIN[Kind.BUILD]
    return PLAIN[Kind.ERROR if _LINK.search(line) else Kind.OTHER]
