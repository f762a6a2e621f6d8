"""How `cargo test` reads: one binary after the other, then the doc-tests (captured with 1.95).

     Running tests/cart.rs (...)      as printed, without its hash
running 3 tests
test cart::adds ... ok                a list of names
test cart::rounds ... FAILED          as printed
---- cart::rounds stdout ----         panic, its place, left and right
failures:                             the names again: left out
test result: FAILED. 2 passed...      as printed, where a test ran
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from sidecar.compression.forms.tests.grammar import Grammar, Kind, Rule
from sidecar.compression.forms.tests.outcomes import as_headings, move, worth
from sidecar.compression.forms.tests.run import Run
from sidecar.compression.forms.tests.runner import runner
from sidecar.compression.forms.tests.sections import tell_report
from sidecar.compression.kept import kept
from sidecar.compression.vocabulary import Evidence, Segment

__all__ = ["BUILD_RULES", "FRAME", "LIBRARY", "RUNNER", "tell"]

BUILD_RULES: tuple[Rule, ...] = (
    Rule(
        Kind.NOISE,
        r" +(?:Compiling|Checking|Fresh|Downloading|Downloaded|Updating|Locking|Blocking"
        r"|Finished|Adding|Executable|Dirty) ",
        what="build progress",
        inside=False,
    ),
    Rule(Kind.ALARM, r"error(?:\[E\d+\])?: ", inside=False),
)
"""What cargo prints before any runner's own lines; a compiler's words go to the form that reads compilers."""

_TEST = r"test (?!result: )(?P<name>.+?)(?!\S)(?: - should panic| - compile(?: fail)?)? \.\.\. "

FRAME = r"\s+(?:\d+: |at )"
LIBRARY = (
    r"/rustc/|\.cargo/registry/|\.rustup/|\d+: (?:<?std::|<?core::|<?alloc::|test::|__rust"
    r"|rust_|_?_libc_|clone|start_thread|main$|_start$)"
)

_LIBRARY = re.compile(LIBRARY)
_PANICKED = re.compile(r"thread '[^']*'.* panicked at (\S+?):?$")
_FRAME = re.compile(r"\s+\d+: ")
_AT = re.compile(r"\s+at \S")
_NOTES = re.compile(r"\s*note: (?:run with `RUST_BACKTRACE|Some details are omitted)|\s*stack backtrace:$")
_HASH = re.compile(r"-[0-9a-f]{16}\)$")
_BARE = "binaries that ran no test"
_RAN_NOTHING = re.compile(r"test result: ok\. 0 passed; 0 failed; 0 ignored; 0 measured; ")


def tell(run: Run, start: int, end: int) -> None:
    """Of a backtrace the user's frames stay, each with its place on the next line, but for what the panic has said."""
    lines, why = run.lines, run.why
    frames: list[tuple[int, int]] = []
    panicked = ""
    for index in range(start, end):
        line = lines[index]
        if (panic := _PANICKED.match(line)) is not None:
            panicked = panic[1]
        elif index == start:
            continue
        elif _NOTES.match(line):
            why[index] = "notes"
        elif _FRAME.match(line):
            has_place = index + 1 < end and bool(_AT.match(lines[index + 1]))
            frames.append((index, index + 2 if has_place else index + 1))
    own = [frame for frame in frames if not _is_library(lines, frame)]
    for frame in frames:
        if frame not in own[:8]:
            for index in range(*frame):
                why[index] = "repeated frames" if frame in own else "library frames"
    if len(own) <= 2 and panicked:
        for frame in _told_by(panicked, lines, own):
            for index in range(*frame):
                why[index] = "frames told by their panic"
    tell_report(run, [i for i in range(start, end) if run.kinds[i] is Kind.OTHER and not why[i]])


def _told_by(panicked: str, lines: Sequence[str], own: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Of a test that panicked in its own body, both frames: the body at the panic's place, and what calls it.

    The compiler wraps every test in a closure named after it, which stands at the line of the function's name.
    """
    if (
        not own
        or own[0][1] - own[0][0] != 2
        or lines[own[0][0] + 1].strip() not in (f"at ./{panicked}", f"at {panicked}")
    ):
        return []
    body = lines[own[0][0]].partition(": ")[2]
    return own if all(lines[frame[0]].partition(": ")[2] == f"{body}::{{{{closure}}}}" for frame in own[1:]) else []


def _is_library(lines: Sequence[str], frame: tuple[int, int]) -> bool:
    return any(_LIBRARY.search(lines[index][:2_000]) for index in range(*frame))


def _finish(run: Run) -> None:
    """The list of failures repeats names; of binaries that ran no test the line with their totals stays, once."""
    told = {*run.failed.values(), *(section.name for section in run.sections)}
    ran = [i for i, kind in enumerate(run.kinds) if kind is Kind.TOTAL and not _RAN_NOTHING.match(run.lines[i])]
    move(run, _outcomes(run.segment), "outcomes, told with their failures")
    suite = -1
    listing = False
    bare: dict[str, list[int]] = {}
    for index, kind in enumerate(run.kinds):
        line = run.lines[index]
        if kind is Kind.SUITE:
            suite = index
            if _HASH.search(line):
                run.instead[index] = _HASH.sub(")", line)
        elif kind is Kind.TOTAL and _RAN_NOTHING.match(line) and ran:
            bare.setdefault(line, []).append(index)
            if suite >= 0:
                run.why[suite] = _BARE
        elif kind is Kind.END:
            listing = True
            continue
        elif listing and kind is Kind.OTHER and line.startswith("    ") and line.strip() in told:
            run.why[index] = "list of failures"
            continue
        listing = listing and kind is Kind.BLANK
    for line, (first, *others) in bare.items():
        for index in others:
            run.why[index] = _BARE
        if others:
            run.instead[first] = f"{line} (x{len(others) + 1})"
    if not any(_HASH.search(run.lines[index]) for index in run.instead):
        run.shortened = ""


def _outcomes(segment: Segment) -> dict[int, int]:
    """The outcome of each failing test by the line of its heading; a workspace's binaries may share names."""
    found: dict[int, int] = {}
    failed: dict[str, int] = {}
    for index, line in enumerate(segment.lines):
        if line.startswith("test ") and line.endswith("FAILED") and (outcome := _FAILED.match(line)):
            failed[outcome[1]] = index
        elif line.startswith("---- ") and (heading := _HEADING.match(line)) and heading[1] in failed:
            found[index] = failed.pop(heading[1])
    return worth(found)


_FAILED = re.compile(r"test (?!result: )(.+?)(?: - should panic| - compile(?: fail)?)? \.\.\. FAILED$")
_HEADING = re.compile(r"---- (.+) stdout ----$")


@kept
def _evidence(segment: Segment) -> list[Evidence]:
    outcomes = _outcomes(segment)
    names = {index: segment.lines[index][5:].removesuffix(" stdout ----") for index in outcomes}
    return as_headings(_FORM.evidence(segment), outcomes, names)


_GRAMMAR = Grammar(
    name="cargo test",
    literals=("test result: ", "running "),
    sure=r"test result: (?:ok|FAILED)\. \d+ passed; |running \d+ tests?\n(?:test .* \.\.\. |\n*test result)",
    rules=(
        Rule(
            Kind.PASSED,
            _TEST + r"ok(?: <[\d.]+s>)?$",
        ),
        Rule(
            Kind.FAILED,
            _TEST + r"FAILED(?: <[\d.]+s>)?$",
        ),
        Rule(Kind.SKIPPED, r"test (?P<name>.+) \.\.\. ignored(?:, (?P<reason>.*))?$"),
        Rule(Kind.KEPT, r"test .+ \.\.\. bench: |test .+ has been running for", inside=False),
        Rule(Kind.TOTAL, r"test result: "),
        Rule(Kind.SECTION, r"---- (?P<name>.+) (?:stdout|stderr) ----$"),
        Rule(Kind.SECTION, r"thread '(?P<name>[^']*)'.* panicked at ", inside=False),
        Rule(Kind.END, r"failures:$", what="list of failures"),
        Rule(Kind.END, r"successes:$", what="list of successes"),
        Rule(Kind.NOISE, r"running \d+ tests?$", what="headers"),
        Rule(Kind.SUITE, r" +(?:Running|Doc-tests) \S.*$", inside=False),
        *BUILD_RULES,
        Rule(Kind.ALARM, r"Caused by:| +process didn't exit successfully", inside=False),
        Rule(Kind.NOISE, r"[.Fia]+(?: \d+/\d+)?$", what="progress", inside=False),
    ),
    frame=FRAME,
    library=LIBRARY,
    message=r"\s*((?:assertion|called|thread '|Error: |error\b|panicked).*)",
    evidence=r"test .+ \.\.\. FAILED"
    r"|test result: "
    r"|thread '.* panicked at |---- .* stdout ----|error(?:\[E\d+\])?: ",
    compiles=True,
    lossless_lists=True,
    tell=tell,
    finish=_finish,
)

_FORM = runner(_GRAMMAR)
RUNNER = replace(_FORM, evidence=_evidence)
