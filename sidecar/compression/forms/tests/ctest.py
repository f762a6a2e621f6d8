"""How `ctest` reads, with `--output-on-failure`, `-V` or without (captured with 3.25).

      Start  3: fills
 3/59 Test  #3: fills .................***Failed    0.00 sec     as printed, then what it printed
 4/59 Test  #4: empties ...............   Passed    0.00 sec     a list of names
86% tests passed, 8 tests failed out of 57                       as printed
The following tests FAILED:                                      as printed
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sidecar.compression.alarms import alarm_lines
from sidecar.compression.forms.drafting import BLANK
from sidecar.compression.forms.tests.ctest_verbose import tell_verbose, verbose_evidence
from sidecar.compression.forms.tests.grammar import Grammar, Kind, Rule
from sidecar.compression.forms.tests.gtest import NESTED_RULES, keep_nested_totals_once
from sidecar.compression.forms.tests.must import keep_evidence
from sidecar.compression.forms.tests.nested import Inner, inner_runs, nested_evidence, tell_inner
from sidecar.compression.forms.tests.run import Run
from sidecar.compression.forms.tests.runner import runner
from sidecar.compression.forms.tests.sections import tell_section
from sidecar.compression.kept import kept
from sidecar.compression.vocabulary import Evidence, Part, Segment

__all__ = ["RUNNER"]

_TEST = r" *\d+/\d+ (?:MemCheck|Test) +#\d+: (?P<name>\S+(?: \S+)*?) \.+ *"

_ONE_TEST = "[ RUN      ] "
"""GoogleTest run one test at a time: the rules below know it, and say what all of them print once."""


@kept
def _inner(segment: Segment) -> Mapping[int, Inner]:
    return inner_runs(_GRAMMAR, segment, besides=(_ONE_TEST,))


def _tell(run: Run, start: int, end: int) -> None:
    """A program that is another runner is told as that tells it."""
    found = next((inner for at in range(start, end) if (inner := _inner(run.segment).get(at))), None)
    if found is None:
        tell_section(run, start, end)
    else:
        tell_inner(run, found)


def _evidence(segment: Segment) -> list[Evidence]:
    own = nested_evidence(_FORM.evidence(segment), _inner(segment).values())
    return list(verbose_evidence(segment, own))


def _finish(run: Run) -> None:
    keep_nested_totals_once(run)
    _mark_places(run)
    within = {index for inner in _inner(run.segment).values() for index in range(inner.start, inner.end)}
    keep_evidence(run, (item for item in _FORM.evidence(run.segment) if item.line not in within))
    tell_verbose(run)


def _mark_places(run: Run) -> None:
    """Where a program was looked for says again which one is missing."""
    is_looking = False
    for index, line in enumerate(run.lines):
        if run.kinds[index] is Kind.NOISE and line.startswith("Looked in the following places"):
            is_looking = True
        elif run.kinds[index] is not Kind.OTHER and run.kinds[index] is not Kind.NOISE:
            is_looking = False
        elif is_looking and " " not in line:
            run.why[index] = "places looked in"


_GRAMMAR = Grammar(
    name="ctest",
    literals=("% tests passed, ", " Test  ", " Test #", "No tests were found!!!"),
    sure=r"\d+% tests passed, \d+ tests? failed out of \d+| *\d+/\d+ Test +#\d+: \S.* (?:Passed"
    r"|\*\*\*\S.*) +[\d.]+ sec|No tests were found!!!$",
    rules=(
        Rule(Kind.PASSED, _TEST + r"Passed +[\d.]+ sec"),
        Rule(Kind.SKIPPED, _TEST + r"\*\*\*(?P<reason>Skipped|Not Run \(Disabled\)|Not Run \(Skipped\))"),
        Rule(Kind.SECTION, _TEST + r"\*\*\*"),
        Rule(Kind.SECTION, r" *\d+/\d+ Test +#\d+: (?P<name>\S+) \.*(?:\*\*\*|Subprocess|Child)"),
        Rule(Kind.BEGUN, r" +Start +\d+: (?P<name>.+)$", what="starts"),
        Rule(Kind.TOTAL, r"\d+% tests passed, "),
        Rule(
            Kind.TOTAL,
            r"Total Test time|The following tests|Label Time Summary|Errors while running"
            r"|Output from these|No tests were found",
        ),
        Rule(Kind.FAILED, r"\t *\d+ - (?P<name>\S+(?: \S+)*?) \((?!Skipped|Disabled|Not Run \(Disabled)"),
        Rule(Kind.SKIPPED, r"\t *\d+ - (?P<name>\S.*?) \((?P<reason>Skipped|Disabled|Not Run \(Disabled\))"),
        Rule(
            Kind.NOISE,
            r"\d+: (?:Test command|Working Directory|Test timeout computed|Environment variables)",
            what="commands",
        ),
        Rule(Kind.NOISE, r"\d+: \[(?:-{10}\]|={10}\] Running | RUN | +OK \])", what="passed tests"),
        Rule(Kind.NOISE, r"\d+: *$", what=BLANK),
        Rule(Kind.NOISE, r"test \d+$", what=BLANK),
        Rule(
            Kind.NOISE,
            r"Constructing a list of tests|Done constructing|Updating test list"
            r"|Checking test dependency|Added \d+ tests? to meet|UpdateCTestConfiguration"
            r"|Parse Config file",
            what="headers",
        ),
        Rule(Kind.KEPT, r"Test project |Internal ctest changing into"),
        Rule(Kind.ALARM, r"Unable to find executable: |Could not find executable|CMake Error|Cannot find file"),
        Rule(
            Kind.NOISE,
            r"Looked in the following places:$"
            r"|/?\S+/(?:Release|Debug|MinSizeRel|RelWithDebInfo|Deployment|Development)/\S+$",
            what="places looked in",
        ),
        *NESTED_RULES,
    ),
    message=r"((?!Running main|Note: |\[|\s|\d+: (?:Test|Work)).+)",
    evidence=r" *\d+/\d+ Test +#\d+: .*\*\*\*(?!Skipped|Not Run \(Dis)|\d+% tests passed, "
    r"|Errors while running|The following tests FAILED|\t +\d+ - .* \((?:Failed|SEGFAULT"
    r"|Timeout|Not Run)\)$|\S+:\d+: Failure$|No tests were found"
    r"|\[  PASSED  \] \d+ tests?\.| *\d+ FAILED TESTS?$",
    tell=_tell,
    finish=_finish,
)


def _parts(segment: Segment) -> list[Part]:
    """Of what a program printed the first failure it tells is quoted, else what sounds like one: not what passed."""
    inner = _inner(segment)
    parts: list[Part] = []
    for part in _FORM.parts(segment):
        run = inner.get(part.start)
        body = [line for line in segment.lines[part.start + 1 : part.end] if line.strip()]
        failures = run.form.parts(run.segment) if run is not None else []
        said = failures[0].said if failures else next((body[at].strip() for at in alarm_lines(body)), "")
        heading = segment.lines[part.start].strip()
        parts.append(replace(part, said=f"{heading} - {said}") if said and part.end > part.start + 1 else part)
    return parts


_FORM = runner(_GRAMMAR)
RUNNER = replace(_FORM, evidence=_evidence, parts=_parts)
