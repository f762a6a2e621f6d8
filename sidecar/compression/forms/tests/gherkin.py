"""How scenarios read that behave (1.3) and cucumber for Ruby (2.4) print step by step.

  Scenario: adds tax     # features/cart.feature:9     a list of names where it passed; else as the list below has it
    Given a basket       # features/steps.py:3         stays without its place, once
    Then it costs 31     # features/steps.py:9         the step that failed stays, with what it raised and own frames
      ASSERT FAILED: expected 31, got 30
    And it is paid       # None                        left out: never run
Failing scenarios:
  features/cart.feature:9  adds tax                    told above
2 scenarios passed, 1 failed                           as printed
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from sidecar.compression.alarms import is_alarm
from sidecar.compression.forms.tests.grammar import Grammar, Kind, Rule
from sidecar.compression.forms.tests.run import Run
from sidecar.compression.forms.tests.runner import runner
from sidecar.compression.vocabulary import Evidence, Extent, Part, Segment

__all__ = ["RUNNER"]

_HEADING = re.compile(r" +(?:Scenario(?: Outline| Template)?|Example|Background): ?(?P<name>.*)")
_BY_STEP = re.compile(r"(?:ERROR|FAILURE) in step '(?P<name>.*)' \((?P<path>\S+)\):$")
_STEP = re.compile(r" +(?P<words>(?:Given|When|Then|And|But|\*) .*)")
_TIMED = re.compile(r".* \.\.\. (?P<outcome>passed|failed|error|undefined|pending|skipped)\b.*$")
_ROW = re.compile(r" +\|.*\|$")
_RAISED = re.compile(r" *ASSERT FAILED|[ ]*Traceback \(|.*:\d+:in [`'‘]|.* \.\.\. (?:failed|error|undefined)\b")
_LISTED = re.compile(r"(?:  |cucumber (?:-p \S+ )?)(?P<path>\S+\.feature:\d+)(?::\d+)* +(?P<name>\S.*)")
_TITLED = re.compile(r"# (?:Scenario|Scenario Outline|Example): ")
_LOADED = re.compile(r' *File ".*(?:site-packages|/lib/python)')
_FILE = re.compile(r' *File "')
_CAPTURED = re.compile(r" *(?:-{4}$|-{4} CAPTURED_|__CAPTURED_|CAPTURED (?:LOG|STD))")

_TOOK = re.compile(r" \d+\.\d+s$")
"""With colours on behave prints a step, and over it the step again with its place and its time."""

_SNIPPETS = "You can implement step definitions for undefined steps with these snippets:"
"""What follows says again, as code, which steps nothing defines."""
_STEP_LINE = re.compile(r"\s*$| {2}|from behave|@\w+\(|def step_|(?:Given|When|Then|And|But)\(|end$|\}\)?;?$")
"""A line of a step as behave and Cucumber would write it."""

_PASSED = "passed tests"


def _fails(lines: Sequence[str], start: int, end: int) -> int:
    """The step that failed, or -1: the last before what was raised, else the first that nothing defines."""
    if _BY_STEP.match(lines[start]):
        return start
    last = undefined = -1
    for index in range(start + 1, end):
        line = lines[index]
        if _RAISED.match(line):
            return index if last < 0 or _TIMED.match(line) else last
        if (step := _STEP.match(line)) or _ROW.match(line):
            last = index
            place = _apart(step["words"])[1] if step else ""
            is_undefined = place == "None" or place.partition(":")[0].endswith(".feature")
            if undefined < 0 and is_undefined and "<" not in line:
                undefined = index
    return undefined


def _tell(run: Run, start: int, end: int) -> None:
    lines, why = run.lines, run.why
    failed = _fails(lines, start, end)
    if failed >= 0:
        _tell_steps(run, start, end, failed)
        _tell_frames(run, failed, end)
        _tell_rows(run, start, end)
        return
    found = _HEADING.match(lines[start])
    run.kinds[start] = Kind.PASSED
    run.names[start] = _apart(found["name"])[0] if found and "Background" not in lines[start] else ""
    for index in range(start, end):
        is_loud = run.kinds[index] is Kind.OTHER and not _STEP.match(lines[index]) and is_alarm(lines[index])
        why[index] = "" if is_loud else _PASSED


def _tell_steps(run: Run, start: int, end: int, failed: int) -> None:
    """What led to the step that failed, each step once in the whole run; what stands behind it never ran."""
    said: set[str] = set()
    for index in range(start + 1, end):
        line = run.lines[index]
        step = _STEP.match(line)
        if step is not None and index != failed:
            words = _apart(step["words"])[0].partition(" ... passed in")[0]
            if index > failed:
                run.why[index] = "steps never run"
            elif words in run.told:
                run.why[index] = "passed steps told above"
            elif words != step["words"]:
                run.instead[index] = line[: len(line) - len(line.lstrip())] + words
            run.told.add(words)
        elif line.strip() in said and run.kinds[index] is Kind.OTHER and not step:
            run.why[index] = "captured output again"
        said.add(line.strip())


def _tell_frames(run: Run, failed: int, end: int) -> None:
    """Of a traceback the user's own frames; of a Ruby one not the outline's own line."""
    is_loaded = False
    for index in range(failed + 1, end):
        line = run.lines[index]
        if _FILE.match(line):
            is_loaded = _LOADED.match(line) is not None
        elif not line[:1].isspace() or _margin(line) <= _margin(run.lines[index - 1]) - 2:
            is_loaded = False
        if is_loaded or ("/gems/" in line and ":in " in line):
            run.why[index] = "library frames"
        elif line.strip(" ^~") == "" and line.strip():
            run.why[index] = "marks"


def _margin(line: str) -> int:
    return len(line) - len(line.lstrip())


def _tell_rows(run: Run, start: int, end: int) -> None:
    """Of an outline's examples the header stays, and each row that something is said of."""
    rows = [index for index in range(start, end) if _ROW.match(run.lines[index])]
    for index in rows[1:]:
        if index + 1 == end or not run.lines[index + 1].strip() or _ROW.match(run.lines[index + 1]):
            run.why[index] = _PASSED
            run.kinds[index] = Kind.PASSED


def _finish(run: Run) -> None:
    run.sections = [section for section in run.sections if run.kinds[section.start] is not Kind.PASSED]
    run.shortened = "places of passed steps"
    headings = _placed(run.segment)
    failing = {section.start for section in run.sections}
    for index, line in enumerate(run.lines):
        found = _LISTED.match(line) if ".feature:" in line else None
        if found is not None and headings.get(found["path"]) in failing:
            heading = headings[found["path"]]
            run.instead[heading] = line.rstrip()
            run.headings.add(heading)
            run.joined.add(index)
            run.why[index] = "failing scenarios, told above"
    _finish_features(run, failing)
    snippets = next((i for i, line in enumerate(run.lines) if line.startswith(_SNIPPETS)), len(run.lines))
    for index in range(snippets + 1, len(run.lines)):
        if run.kinds[index] is Kind.OTHER:
            run.why[index] = "snippets"


def _finish_features(run: Run, failing: set[int]) -> None:
    """A feature's name stays where one of its scenarios failed; what it is for stands in its file."""
    feature = -1
    inside = bytearray(len(run.lines))
    for section in run.sections:
        inside[section.start : section.end] = b"\1" * (section.end - section.start)
    for index, kind in enumerate(run.kinds):
        if kind is Kind.SUITE:
            feature = index if "Feature:" in run.lines[index] else -1
            if feature >= 0:
                run.why[index] = "passed features"
        elif index in failing and feature >= 0:
            run.why[feature] = ""
        elif (
            feature >= 0 and kind is Kind.OTHER and run.lines[index][:1] == " " and not _RAISED.match(run.lines[index])
        ):
            run.why[index] = run.why[index] or ("" if inside[index] else "descriptions")


def _apart(told: str) -> tuple[str, str]:
    """The words of a step or a heading, and the place printed behind them; "" where none is."""
    told = _TOOK.sub("", told.rstrip())
    words, _, place = told.rpartition(" # ")
    return (words.rstrip(), place) if words and " " not in place else (told, "")


def _placed(segment: Segment) -> dict[str, int]:
    """Where each scenario's heading stands, by the place in its file."""
    placed: dict[str, int] = {}
    for index, line in enumerate(segment.lines):
        if "# " in line and (found := _HEADING.match(line)) and (place := _apart(found["name"])[1]):
            placed[place] = index
    return placed


_MUST = re.compile(
    r"^ *ASSERT FAILED: .+|^ *[A-Za-z_][\w.]*(?:Error|Exception)(?:: .*)?$|^ +\S.* \([A-Z]\w*(?:Error|Exception)\)$"
    r"|^\d+ (?:features?|scenarios?|steps?) (?:passed|\().*$|^.* \.\.\. (?:failed|error|undefined) in .*$",
    re.MULTILINE,
)


def _evidence(segment: Segment) -> list[Evidence]:
    """What was raised and the totals, each text once; every scenario that the list of failing ones names."""
    lines, headings = segment.lines, _placed(segment)
    found: list[Evidence] = []
    said: set[str] = set()
    for index, line in enumerate(lines):
        if ".feature:" in line and (listed := _LISTED.match(line)):
            at = headings.get(listed["path"])
            name = _TITLED.sub("", listed["name"]).strip()
            found.append(Evidence(index, (listed["path"], name), told_at=at))
        elif _MUST.match(line) and line not in said:
            said.add(line)
            found.append(Evidence(index, (line.strip(),)))
    return found


def _parts(segment: Segment) -> list[Part]:
    parts = [part for part in _FORM.parts(segment) if part.end - part.start > 1]
    return [
        replace(part, label=_apart(found["name"])[0])
        for part in parts
        if (found := _HEADING.match(segment.lines[part.start])) and _fails(segment.lines, part.start, part.end) >= 0
    ]


_GRAMMAR = Grammar(
    name="gherkin",
    literals=(" scenarios passed, ", " scenario passed, ", " scenarios (", " scenario (", "Failing scenarios:"),
    sure=r"^\d+ scenarios? passed, \d+ failed|^\d+ scenarios? \(\d+ ",
    rules=(
        Rule(Kind.SECTION, _HEADING.pattern),
        Rule(Kind.SECTION, _BY_STEP.pattern),
        Rule(Kind.SUITE, r" *(?:Feature|Ability|Rule): "),
        Rule(Kind.SUITE, r"(?:Failing|Errored|Undefined|Hook-errored) [Ss]cenarios:$"),
        Rule(Kind.FAILED, _LISTED.pattern),
        Rule(Kind.TOTAL, r"\d+ (?:features?|scenarios?|steps?|rules?) (?:passed|\()"),
        Rule(Kind.TOTAL, r"Took \d.*m|\d+m\d+\.\d+s"),
        Rule(Kind.NOISE, r" *@[^#\"']*$", what="tags"),
        Rule(Kind.END, r"  \S.*  [.FEUSPX-]+(?:LOG_[A-Z]+:.*)?$", what="progress"),
        Rule(Kind.END, r"[.FEUSPX][.FEUSPX-]*(?:LOG_[A-Z]+:.*)?$", what="progress"),
        Rule(Kind.NOISE, _CAPTURED.pattern, what="borders"),
        Rule(Kind.NOISE, r"-{40,}$", what="borders"),
        Rule(Kind.NOISE, r"USING RUNNER: ", what="headers"),
    ),
    evidence=_evidence,
    message=r" *(ASSERT FAILED: .*|[\w.]*(?:Error|Exception)\b.*|\S.* \([A-Z]\w*\))$",
    tests_end_sections=False,
    tell=_tell,
    finish=_finish,
)

_FORM = runner(_GRAMMAR)


def _extent(segment: Segment) -> Extent:
    """Up to where it ends what it says, behind its totals, of steps that nobody has written."""
    extent, lines = _FORM.extent(segment), segment.lines
    if _SNIPPETS not in segment.text:
        return extent
    begun = next((at for at in range(extent.end, len(lines)) if lines[at].startswith(_SNIPPETS)), extent.end)
    end = begun + 1
    while end < len(lines) and _STEP_LINE.match(lines[end]):
        end += 1
    return extent._replace(end=end) if begun < len(lines) else extent


RUNNER = replace(_FORM, parts=_parts, extent=_extent)
