"""Which lines of such an output must survive, by patterns of their own: what the reduction is checked against."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sidecar.compression.forms.diagnostics import alone
from sidecar.compression.forms.diagnostics.grammar import is_lined
from sidecar.compression.forms.diagnostics.places import is_foreign, placed_last
from sidecar.compression.literals import Literals
from sidecar.compression.vocabulary import Evidence, Segment

__all__ = ["evidence"]

_SEEN_CHARS = 2_000

_SEVERITY = r"(?:fatal )?(?:error|warning|Error|Warning|ERROR|WARNING|CRITICAL|SEVERE)\b"
_PLACED = re.compile(
    r" *(?P<place>[^\s:(][^:\n]{0,300}?(?::\\[^:\n]{0,300}?)?"
    r"(?::\d+(?::\d+){0,3}(?:-\d+(?::\d+)?)?|\(\d+(?:,\d+){0,3}\)))"
    rf"(?:: | ?: | - )(?P<said>{_SEVERITY}.*)"
)
_HEADING = re.compile(r"(?P<place>[^\s:|(]+:\d+(?P<column>:\d+)?(?::\d+:\d+)?):? (?:- )?(?P<said>\S.*)")
_QUICK = re.compile(
    r"([A-Za-z_][^\s:|(]*[./][^\s:|(]*(?::\d+){1,4}): ((?:[A-Z]{1,4}\d{3,5}:?|error:|warning:) \S.*[^━ ])$"
)
"""What most linters print, in one step."""
_SPHINX = re.compile(
    r"(?P<place>(?:/[^\s:]+|[^\s:]+(?=:\d+: )|[^\s:]+(?=:docstring of ))(?::docstring of \S+?)?(?::<\w+>)?(?::\d+)?): "
    r"(?P<said>(?:WARNING|ERROR|CRITICAL|SEVERE): .*)"
)
_LINED = re.compile(r"(?P<place>[^\s:|(]+:\d+): {1,2}(?P<said>[^\s*#/-].*)")
"""Without column or severity, where the whole text is of such lines."""
_INDENTED = re.compile(r" +(?P<place>[^\s:|(]*[./][^\s:|(]*:\d+:\d+): (?P<said>\S.*)")
_LETTERED = re.compile(
    r"(?:[ew]: |\[(?:error|warn)\] )"
    r"(?P<place>(?:file://)?[^\s:]+(?::\d+:\d+|: \(\d+, ?\d+\)|:\d+(?=:))):? (?P<said>\S.*)"
)
_TOOL_FAILED = re.compile(r"\S{1,200} : (?:fatal )?error [A-Z]+\d+: \S")
_JSHINT = re.compile(r"(?P<place>[^\s:]+: line \d+, col \d+), (?P<said>\S.*)")
_MACHINE = re.compile(r'\d{13} [A-Z]+ (?P<place>"[^"]+" \d+:\d+) (?P<said>".+)')
_VISUAL = re.compile(r"(?P<place>[^\s:(]+\(\d+\)): (?P<said>\[[A-Z]\d{4}.*)")
_CODE = re.compile(r"[A-Z]{1,4}\d{3,5}(?:/[\w-]+)*:? \S")
_GO_LINTER = re.compile(r" \([a-z]\w+\)$")
_SEVERE = re.compile(_SEVERITY)
_MAVEN = re.compile(r"\[ERROR\] (?P<place>\S[^\[(]{0,300}:(?:\[\d+,\d+\]| \(\d+, ?\d+\))) ?(?P<said>\S.*)")
_UNFORMATTED = re.compile(r"(?:[Ww]ould reformat:?|\[warn\]|ERROR:) (?P<place>\S+)(?: Imports are .*)?$")
_LED = ("required from", "required by", "in instantiation", "note:", "info:", "hint:", "help:", "message:")
_ROW = re.compile(r" +(?P<place>\d+:\d+) +(?:error|warning|✖|×|✘|⚠) +(?P<said>\S.*)")
_SIGNED_ROW = re.compile(r" +[✖⚠] +(?P<place>\d+:\d+) +(?P<said>\S.*)")
_BARE = re.compile(
    r"(?:fatal )?(?:error|warning)(?:\[[\w:-]+\])?: \S|WARNING: \S|unformatted: |error TS\d+: "
    r"|(?:g?make|ninja)(?:\[\d+\])?: (?:\*\*\* |error)"
    r"|ninja: build stopped|FAILED: |CMake (?:Error|Warning)|-- Configuring incomplete"
    r"|.{0,300}(?:undefined reference to |multiple definition of |ld returned \d)"
)
_ANNOTATED = re.compile(r"::(?:error|warning) [^:\n]*\bfile=(?P<file>[^,:\n%]+)[^:\n]*::(?P<said>[^%\n]+)")
_LOGGED = re.compile(r"##vso\[task\.logissue (?:type=\w+;)?sourcepath=(?P<file>[^;\]]+)(?:;[^\]]*)?\](?P<said>.+)")
_TOTAL = re.compile(
    r" *(?:Found \d+ |[✖✗×]? ?\d+ (?:errors?|warnings?|problems?)\b|error: could not compile|All checks passed"
    r"|Success: no issues|Your code has been rated|.{0,200}generated \d+ warnings?|.{0,60}would be reformatted)"
)
_LINKED = re.compile(
    r"(?:\S*ld\S*: )?(?P<place>[^\s:]+(?::\d+)?)(?::\([^)]*\))?: "
    r"(?P<said>(?:undefined reference to|multiple definition of) (?:symbol )?[`'\"].+?['\"])(?:;|$)"
)
"""Of a symbol's place its file: where in the object file says nothing."""
_COLUMNS = re.compile(r" {2,}")
_ARROW = re.compile(r" *--> (?P<place>\S.*:\d+(?::\d+)?)$")
_WORDS = (
    "rror", "ERROR", "arning", "WARNING", "CRITICAL", "SEVERE", "***",
    "FAILED", "undefined ", "multiple def", "build stopped", "ound ", "hecks passed",
    "no issues", "problem", "rated", "reformatted", "returned", "incomplete", "ould reformat", "[warn]", "✖", "×",
    "✘", "⚠",
)  # fmt: skip
_TELLS = Literals(_WORDS)


def evidence(segment: Segment) -> list[Evidence]:
    """Every diagnostic's place and message, every failure of the build, every total; each line once."""
    found: list[Evidence] = []
    lines = segment.lines
    first: dict[str, int] = {}
    sayings: dict[str, str] = {}
    """Each message once, for it is held as often as it was printed."""
    match = _QUICK.match
    is_told_apart = alone.tells(segment)
    lined = _LINED.match if is_lined(lines) else None
    telling = frozenset(_TELLS.lines(lines, segment.text))
    may_point = "-->" in segment.text
    for index, line in enumerate(lines):
        # Every place has a colon, and what has none says one of the words.
        if (":" in line or index in telling) and first.setdefault(line, index) == index:
            quick = match(line) if len(line) < _SEEN_CHARS else None
            if quick is not None:
                place, said = quick.groups()
                found.append(Evidence(index, (place, sayings.setdefault(said, said))))
                continue
            parts = (_apart(lines, index) if is_told_apart else ()) or _parts(line, tells=index in telling)
            if not parts and lined is not None and (plain := lined(line[:_SEEN_CHARS])) is not None:
                parts = plain.groups()
            if parts:
                found.append(Evidence(index, parts))
                if may_point and "-->" not in line and index + 1 < len(lines):
                    arrow = _ARROW.match(lines[index + 1][:_SEEN_CHARS])
                    if arrow:
                        found.append(Evidence(index + 1, (arrow["place"],)))
    return found


def _apart(lines: Sequence[str], index: int) -> tuple[str, ...]:
    """What a line says of a diagnostic whose place and message stand in lines of their own."""
    line = lines[index][:_SEEN_CHARS]
    if line.startswith(alone.ISSUE):
        return (line,)
    location = alone.LOCATION.match(line)
    if location is not None:
        return (location["place"],)
    above, below = (lines[at][:_SEEN_CHARS] if 0 <= at < len(lines) else "" for at in (index - 1, index + 1))
    place = alone.PLACE.match(line)
    if place is not None and alone.MESSAGE.match(below) is not None:
        return (place["place"],)
    return (line.strip(),) if alone.MESSAGE.match(line) is not None and alone.PLACE.match(above) is not None else ()


def _parts(line: str, *, tells: bool) -> tuple[str, ...]:  # noqa: PLR0912 - one test per shape, in the order of precedence
    """What of a line must stay; *tells*: one of `_WORDS` is in it."""
    seen = line if len(line) <= _SEEN_CHARS else line[:_SEEN_CHARS]
    if "): [" in seen and (visual := _VISUAL.match(seen)) is not None:
        return visual["place"], visual["said"]
    if seen[13:14] == " " and (machine := _MACHINE.match(seen)) is not None:
        return machine["place"], machine["said"]
    if seen[0] not in " \t|[(/\"'":
        heading = _HEADING.match(seen)
        if heading is not None and ("." in heading["place"] or "/" in heading["place"]):
            said = heading["said"]
            if said.startswith(("required for ", "in requirements ")) and is_foreign(heading["place"]):
                return ()
            is_ruled = _CODE.match(said) or (".go:" in heading["place"] and _GO_LINTER.search(said[-40:]))
            if said.startswith(_LED) or not (heading["column"] or is_ruled or _SEVERE.match(said)):
                return ()
            return heading["place"], said.rstrip("━ ")
    elif seen[0] == " " and (indented := _INDENTED.match(seen)) is not None:
        return indented["place"], indented["said"]
    placed = _JSHINT.match(seen) if ", col " in seen else _LETTERED.match(seen) if seen[0] in "ew[" else None
    if seen[-1] == ":" and seen[0] in "ew" and (last := placed_last(seen)) is not None:
        return last
    if placed is not None:
        return placed["place"], placed["said"]
    if not tells:
        return ()
    if seen.startswith("[ERROR] "):
        maven = _MAVEN.match(seen)
        return (maven["place"], maven["said"]) if maven else (line,) if "ERROR :" in seen or "Failed to" in seen else ()
    if seen[0] in ":#" and (annotated := _ANNOTATED.match(seen) or _LOGGED.match(seen)):
        return annotated["file"], annotated["said"]
    if seen[0] in "wW[E" and (unformatted := _UNFORMATTED.match(seen)):
        return (unformatted["place"],)
    row = (_ROW.match(seen) or _SIGNED_ROW.match(seen)) if seen[0] == " " else None
    if row is not None:
        # Its columns are told closer together; two rows that ran into one line have more of them.
        return (row["place"], *_COLUMNS.split(row["said"].strip()))
    found = _PLACED.match(seen) or (_SPHINX.match(seen) if ": WARNING: " in seen or ": ERROR: " in seen else None)
    if found is not None:
        return found["place"], found["said"]
    if ": undefined reference to " in seen or ": multiple definition of " in seen:
        linked = _LINKED.match(seen)
        if linked is not None:
            return linked.groups()
    return (line,) if _BARE.match(seen) or _TOTAL.match(seen) or _TOOL_FAILED.match(seen) else ()
