"""Installs, builds, downloads, clones: lines that only say that work goes on are left out, every other line stays.

    Compiling serde v1.0.219                 serde v1.0.219, syn v2.0.100, shop v0.1.0
    Compiling syn v2.0.100          ──>      [... of lines 1-3: fetched and compiled crates]
    Compiling shop v0.1.0                    Finished `dev` profile in 3.41s

Each family of tools has the lines it prints while it works; what they name (a package and its version, a file, a task)
stays as a dense list. A line goes only where its family has shown
itself, the line matches from its first character, and it sounds no alarm; so results, warnings, errors and
whatever another program printed in between stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby

from sidecar.compression.alarms import alarm_lines, warning_lines
from sidecar.compression.filling import filled
from sidecar.compression.forms.drafting import BLANK
from sidecar.compression.forms.marking import marked, side_by_side
from sidecar.compression.forms.progress import plays
from sidecar.compression.forms.progress.families import FAMILIES, Family
from sidecar.compression.kept import kept
from sidecar.compression.literals import literals_in
from sidecar.compression.vocabulary import Block, Evidence, Form, Rank, Segment, verbatim

__all__ = ["FORM"]


_RESULT = re.compile(
    r"Successfully (?:built|installed|uninstalled|tagged)|(?:added|removed|changed|up to date|audited) .*packages?\b"
    r"|\d+ vulnerabilit|    Finished |\d+ upgraded, \d+ newly|BUILD (?:SUCCESS|FAILURE|SUCCESSFUL|FAILED)"
    r"|Installed \d+ packages?| [-+~] \S+==|To \S+$|From \S+$|   [0-9a-f]+\.\.| [*+!-] \[|Cloning into "
    r"|make.*\*\*\*|go: (?!download|find|extract)"
)
_DIRECTORY = re.compile(r"g?make(?:\[\d+\])?: Entering directory ")


def _families_of(segment: Segment) -> list[Family]:
    """The families whose signs a segment has."""
    present = literals_in(segment)
    return [family for family in FAMILIES if not present.isdisjoint(family.signs)]


def _shown(families: Iterable[Family], text: str) -> list[Family]:
    """Those families whose signs are in *text*."""
    return [family for family in families if any(sign in text for sign in family.signs)]


def _recognise(segment: Segment) -> float:
    """The share of lines, sampled over the whole text, that are progress."""
    if plays.is_play(segment.text):
        return 0.97
    possible = _families_of(segment)
    if not _working(glance := _sample(segment, _GLANCE), possible):
        return 0.0
    sample = glance if len(segment.lines) <= _GLANCE else _sample(segment, _SAMPLE)
    working = _working(sample, possible)
    families = _shown(possible, "\n".join(sample))
    share = working / len(sample)
    program = segment.command.program if segment.command is not None else ""
    expected = any(program in family.programs for family in families)
    if share >= 0.5:
        return 0.9
    if working and (share >= 0.3 or (expected and share >= 0.1)):
        return 0.7
    return 0.5 if working >= 3 and share >= 0.1 else 0.0


_SAMPLE = 200
_GLANCE = 40
"""Of a text that is no progress already so many lines tell it, ..."""
_SIGNS_READ = 200
"""... and so many of their characters hold the sign of a family."""


def _sample(segment: Segment, count: int) -> list[str]:
    """About *count* lines from every part of a text, without empty ones."""
    return [line for line in segment.lines[:: max(1, len(segment.lines) // count)] if line and not line.isspace()]


def _working(sample: Sequence[str], possible: Iterable[Family]) -> int:
    """How many lines are progress of a *possible* family that shows itself among them, or a change of a package."""
    families = _shown(possible, "\n".join(line[:_SIGNS_READ] for line in sample))
    if not families:
        return 0
    heads = [_bare(line)[:_READ] for line in sample]
    return sum(1 for head in heads if any(family.lines.match(head) for family in families) or _CHANGE.match(head))


_WORD = re.compile(r"[\s,()]+")
_KEPT_READ = 20_000
_NAMES_SHARE = 0.36
"""What is named may cost so much of the lines that name it, in characters: names have more of these to a token."""
_LONG_CHARS = 20_000
_ASIDE_SHARE = 0.03
"""In a long output of a command that failed, what it did fetch and build in the meantime is told by samples."""
_FEW_NAMES = 4
_PREFIX = re.compile(r"#\d+ \d+\.\d+ |\d{4}-\d\d-\d\dT[\d:.]+Z |[^\t]{1,120}\t[^\t]{1,120}\t\S+Z ")
"""What BuildKit and CI services put before the lines of the programs they run."""


def _unchanged(line: str) -> str:
    return line


def _bare(line: str) -> str:
    """A line without what a build service put before it."""
    found = _PREFIX.match(line[:_READ])
    return line[found.end() :] if found else line


_READ = 400
"""Characters of a line that tell whether it is progress."""


def _evidence(segment: Segment) -> list[Evidence]:
    """Alarms, warnings, and the lines that tell a result; of one that tells a package's change, the package."""
    if plays.is_play(segment.text):
        return plays.evidence(segment)
    alarms, warnings = _loud(segment)
    results = (index for index, line in enumerate(segment.lines) if _RESULT.match(line))
    found = verbatim(segment, sorted({*alarms, *warnings, *results}))
    changes = [_CHANGE.match(segment.lines[item.line]) for item in found]
    return [
        item if change is None else Evidence(item.line, change.groups())
        for item, change in zip(found, changes, strict=True)
    ]


@kept
def _loud(segment: Segment) -> tuple[set[int], set[int]]:
    """The alarms and the warnings; how Maven is asked for more is none, though it says so at the level of errors."""
    alarms = set(alarm_lines(segment.lines, segment.text))
    if _HELP_LED in segment.text:
        alarms = {index for index in alarms if not _HELP.match(segment.lines[index])}
    return alarms, set(warning_lines(segment.lines, segment.text))


_HELP_LED = "[ERROR] Re-run Maven"
_HELP = re.compile(
    r"\[ERROR\] (?:$|-> \[Help|\[Help \d|To see the full|Re-run Maven|For more information about|After correct|  mvn <)"
)


def _reduce(segment: Segment) -> list[Block]:
    if plays.is_play(segment.text):
        return plays.reduce(segment)
    alarms, warnings = _loud(segment)
    loud = alarms | warnings
    failed = segment.exit_code not in {0, None} or (segment.exit_code is None and bool(alarms))
    whats = _fates(segment, loud, failed=failed)
    if failed:
        _keep_what_surrounds(segment.lines, whats, alarms)
    blocks = marked(segment.lines, whats, loud, start=0, end=len(whats), rank=Rank.STRUCTURE)
    share = _ASIDE_SHARE if failed and len(segment.text) > _LONG_CHARS else _NAMES_SHARE
    return list(_changes_beside(segment.lines, _named(segment, whats, blocks, share)))


_CHANGE = re.compile(r"( [-+~]) ([^\s=]+==[^\s=]+)$")
"""What uv says of a package it has installed or removed."""
_FEW_CHANGES = 3
_CHANGES_CHARS = 300


def _changes_beside(lines: Sequence[str], blocks: Iterable[Block]) -> Iterable[Block]:
    """The same blocks, packages of one sign in a row beside each other."""
    for block in blocks:
        told = lines[block.start : block.end] if block.shown is None else block.shown
        if " + " not in (joined := "\n".join(told)) and " - " not in joined:
            yield block
            continue
        shown: list[str] = []
        for sign, run in groupby(told, lambda line: found[1] if (found := _CHANGE.match(line)) else ""):
            run_lines = list(run)
            if sign and len(run_lines) >= _FEW_CHANGES:
                packages = filled((line.removeprefix(f"{sign} ") for line in run_lines), _CHANGES_CHARS)
                run_lines = [f"{sign} {line}" for line in packages]
            shown += run_lines
        yield replace(block, shown=tuple(shown)) if len(shown) < len(told) else block


def _named(segment: Segment, whats: Sequence[str], blocks: Iterable[Block], share: float) -> Iterable[Block]:
    """Blocks with what their omitted lines name, each name once and only if no line that stays has it.

    Names have as much room as *share* of the lines that name them, in characters.
    """
    lines = segment.lines
    families = {family.what: family for family in _families_of(segment) if family.names is not None}
    if not families:
        yield from blocks
        return
    told = {word for index, line in enumerate(lines) if not whats[index] for word in _WORD.split(line[:_KEPT_READ])}
    for block in blocks:
        if not block.is_omission:
            yield block
            continue
        left_out = [index for index in range(block.start, block.end) if whats[index]]
        names: list[str] = []
        for index in left_out:
            family = families.get(whats[index])
            name = _name(family, lines[index]) if family is not None else ""
            if name and name not in told:
                told.add(name)
                names.append(name)
        room = int(share * sum(len(lines[index]) + 1 for index in left_out))
        shown = (*(block.shown or ()), *side_by_side(_spread(names, room)))
        yield replace(block, shown=shown)


def _name(family: Family, line: str) -> str:
    """What a line of progress names: `serde v1.0.219`."""
    found = family.names.match(_bare(line)[:_READ]) if family.names is not None else None
    return " ".join(filter(None, found.groups())) if found else ""


def _spread(names: Sequence[str], room: int) -> Sequence[str]:
    """The names that have room, from every part of the list where not all do."""
    size = sum(len(name) + 2 for name in names)
    if size <= room:
        return names
    count = len(names) * room // size
    if count < _FEW_NAMES:
        return ()
    return [*(names[index * len(names) // count] for index in range(count)), f"and {len(names) - count} more"]


def _fates(segment: Segment, loud: set[int], *, failed: bool) -> list[str]:
    """For each line the family whose progress it is; empty where the line stays."""
    families = _families_of(segment)
    from_service = any(_PREFIX.match(line[:_READ]) for line in _sample(segment, _SAMPLE))
    bare = _bare if from_service else _unchanged
    whats = [""] * len(segment.lines)
    for index, line in enumerate(segment.lines):
        if not line or index in loud or (failed and _DIRECTORY.match(line)):
            continue
        head = bare(line)[:_READ]
        for family in families:
            if family.lines.match(head):
                whats[index] = family.what
                break
    if _HELP_LED in segment.text:
        for index, line in enumerate(segment.lines):
            if _HELP.match(line):
                whats[index] = "help"
    _drop_names_said_again(segment, whats)
    # A blank line between two lines of progress is progress too.
    for index in range(1, len(whats) - 1):
        if not segment.lines[index] and whats[index - 1] and whats[index + 1]:
            whats[index] = BLANK
    return whats


_SAID_AGAIN = "The following additional packages will be installed:"
_SAID_IN = "The following NEW packages will be installed:"


def _drop_names_said_again(segment: Segment, whats: list[str]) -> None:
    """What apt installs is named twice by it: the additional packages, then all the new ones."""
    if _SAID_AGAIN not in segment.text or _SAID_IN not in segment.text:
        return
    lines = segment.lines
    for start, line in enumerate(lines):
        if line.startswith(_SAID_AGAIN):
            index = start
            while index == start or (index < len(lines) and lines[index].startswith("  ")):
                whats[index] = "packages named below"
                index += 1


_NAMELESS = re.compile(r"(?:\[\w+\])?[\W\d_]*$| +(?:[━╸╺]|% Total|Dload )|-->")


def _keep_what_surrounds(lines: Sequence[str], whats: list[str], alarms: set[int]) -> None:
    """The step that was at work when something went wrong: the line of progress before what was said about it.

    A bar, its heading, a rule or a step's digest names none.
    """
    begun = start = 0
    for is_progress, run in groupby(range(len(whats)), lambda index: bool(whats[index])):
        indexes = list(run)
        if not is_progress and start > 0 and any(index in alarms for index in indexes):
            steps = (index for index in range(start - 1, begun - 1, -1) if not _NAMELESS.match(lines[index]))
            if (step := next(steps, None)) is not None:
                whats[step] = ""
        begun, start = start, indexes[-1] + 1


FORM = Form(
    "progress",
    _recognise,
    _evidence,
    _reduce,
    literals=(plays.PLAY, *(sign for family in FAMILIES for sign in family.signs)),
)
