"""How `go test` reads, plain and with `-v` (captured with go1.26).

=== RUN   TestTotal/two                          names of passed tests; stays above what a failed one logged
    cart_test.go:23: Total([3 4]) = 7, want 8    stays where the test it belongs to failed
--- FAIL: TestTotal/two (0.00s)                  as printed
panic: ... / WARNING: DATA RACE                  its message and the user's frames
ok  	example.com/gw/tax	0.002s                 a list of packages
FAIL	example.com/gw/cart	0.003s                as printed
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sidecar.compression.forms.drafting import BLANK
from sidecar.compression.forms.tests import ginkgo, go_builds, gotestsum
from sidecar.compression.forms.tests.go_logs import LOG, fold_clocked, point_at_logs, tell_testify
from sidecar.compression.forms.tests.grammar import Grammar, Kind, Rule
from sidecar.compression.forms.tests.must import keep_evidence
from sidecar.compression.forms.tests.run import Run
from sidecar.compression.forms.tests.runner import runner
from sidecar.compression.forms.tests.sections import tell_comparison, tell_report
from sidecar.compression.kept import kept
from sidecar.compression.vocabulary import Evidence, Part, Segment

__all__ = ["RUNNER"]

_TIMED = r" \([\d.]+ ?s\)$"
_LIBRARY = re.compile(
    r"/usr/(?:local/|lib/)?go[^/]*/|/go/src/|/libexec/src/|/x64/src/|/pkg/mod/"
    r"|_testmain\.go|/src/(?:testing|runtime|reflect|sync|net)/"
)
_PLACE = re.compile(r"\s+\S+\.(?:go|s):\d+(?: \+0x[0-9a-f]+)?$")
_GOROUTINE = re.compile(r"goroutine \d+ .*:$|\S.* at 0x[0-9a-f]+ by |Goroutine \d+ \(")
_REGISTER = re.compile(r"r(?:\w{1,2}|flags|ip) +0x|[cfg]s +0x")


def _package(found: re.Match[str]) -> str:
    coverage = found["coverage"]
    return f"{found['name']}={coverage}" if coverage else found["name"]


def _tell(run: Run, start: int, end: int) -> None:
    """Of stacks the user's frames stay; a goroutine without one goes, unless it is the first."""
    if ginkgo.is_spec(run.lines[start]):
        ginkgo.tell(run, start, end)
        return
    _tell_stacks(run, start, end)
    tell_testify(run, start, end)
    report = [i for i in range(start, end) if run.kinds[i] is Kind.OTHER and not run.why[i]]
    tell_comparison(run, start, end)
    _tell_logs(run, report)


def _tell_stacks(run: Run, start: int, end: int) -> None:
    lines, why = run.lines, run.why
    places = {i for i in range(start, end) if (".go:" in lines[i] or ".s:" in lines[i]) and _PLACE.match(lines[i])}
    goroutines = _Goroutines(run)
    index = start
    while index < end:
        line = lines[index]
        if ("oroutine " in line or " at 0x" in line) and _GOROUTINE.match(line):
            goroutines.begin(index)
        elif index + 1 in places and index not in places and line.strip():
            if _LIBRARY.search(lines[index + 1]):
                why[index + 1] = "library frames"
                # A heading may stand there where two outputs ran into each other.
                if run.kinds[index] is Kind.OTHER:
                    why[index] = "library frames"
            else:
                goroutines.is_own = True
            index += 1
        elif _REGISTER.match(line):
            why[index] = "registers"
        index += 1
    goroutines.end(end)


class _Goroutines:
    """The goroutines of a section, one after the other: what stands above the first of them and that one stay."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._begun: list[int] = []
        self._alike: dict[tuple[str, ...], list[int]] = {}
        self.is_own = True
        """Whether the goroutine being read has a frame of the user's."""

    def begin(self, index: int) -> None:
        """The next one's heading is line *index*."""
        self._close(index)
        self._begun.append(index)
        self.is_own = False

    def end(self, index: int) -> None:
        """The section ends; the first of several that waited alike says how many."""
        self._close(index)
        for heading, *others in self._alike.values():
            if others:
                self._run.instead[heading] = f"{self._run.lines[heading]} (x{1 + len(others)} alike)"
                self._run.headings.add(heading)

    def _close(self, end: int) -> None:
        if len(self._begun) <= 1:
            return
        start, why = self._begun[-1], self._run.why
        if not self.is_own:
            why[start:end] = ["goroutines in libraries"] * (end - start)
            return
        lines = (self._run.lines[i] for i in range(start, end))
        alike = self._alike.setdefault(tuple(_PLUMBING.sub("", line) for line in lines if line.strip()), [])
        alike.append(start)
        if len(alike) > 1:
            why[start:end] = ["goroutines with the stack of one above"] * (end - start)


_PLUMBING = re.compile(r"goroutine \d+|0x[0-9a-f]+\??|, \d+ minutes|\([^()]*\)$")


def _tell_logs(run: Run, report: Sequence[int]) -> None:
    """Of a test's first logs each what a long report keeps; of later ones the first line: rulers alone mislead."""
    logs: list[list[int]] = [[]]
    for index in report:
        if len(logs) <= _LOGS_WHOLE and LOG.match(run.lines[index]):
            logs.append([])
        logs[-1].append(index)
    for log in logs[:-1]:
        tell_report(run, log)
    if len(logs) <= _LOGS_WHOLE:
        tell_report(run, logs[-1])
        return
    tell_report(run, logs[-1])
    for index in logs[-1]:
        if not LOG.match(run.lines[index]):
            run.why[index] = run.why[index] or "more of what the test printed"


_LOGS_WHOLE = 12


def _owners(lines: Sequence[str], kinds: Sequence[Kind]) -> Iterable[tuple[int, str]]:
    """With `-v` each line that a test logged or printed, and that test's name: the last one begun or continued."""
    owner = ""
    for index, kind in enumerate(kinds):
        if kind is Kind.BEGUN:
            owner = lines[index][10:].strip()
        elif kind is Kind.OTHER and owner:
            yield index, owner
        elif kind is Kind.TOTAL:
            owner = ""


@kept
def _evidence(segment: Segment) -> list[Evidence]:
    """Without `-v` only tests that failed (and a bench's) log: the first words of each stand, where they were said."""
    found = go_builds.evidence(segment, _FORM.evidence(segment))
    if any(words in segment.text for words in ginkgo.LITERALS):
        found += ginkgo.evidence(segment.lines)
    if "--- FAIL: " in segment.text:
        parents = _parents(segment.lines)
        found = [
            Evidence(item.line, (_name_of(segment.lines[item.line]),), parents[item.line])
            if item.line in parents
            else item
            for item in found
        ]
    if "=== RUN" in segment.text:
        return found
    said: set[str] = set()
    room = 0
    for index, line in enumerate(segment.lines):
        if "--- FAIL: " in line and _FAILED.match(line):
            room = _LOGS_OF_A_TEST
        elif room and ".go:" in line and (logged := LOG.match(line)):
            # A very long one may be cut; the same one is not said twice.
            words = (line if len(line) <= _LONG_CHARS else line[: logged.start(1) + _LOG_CHARS]).strip()
            if words not in said:
                said.add(words)
                room -= 1
                found.append(Evidence(index, (words,)))
    return found


_FAILED = re.compile(r"\s*--- FAIL: \S")
_LOGS_OF_A_TEST = 40
_LONG_CHARS = 700
_LOG_CHARS = 300


def _parents(lines: Sequence[str]) -> dict[int, int]:
    """Each subtest that failed with one of its own, told by the line right below it, and that line.

    --- FAIL: TestTotal (0.00s)
        --- FAIL: TestTotal/two (0.00s)              said by the next
            --- FAIL: TestTotal/two/cents (0.00s)
    """
    found: dict[int, int] = {}
    below, name = -1, ""
    for index in range(len(lines) - 1, -1, -1):
        line = lines[index]
        failed = gotestsum.FAILED_NAME.match(line) if "--- FAIL: " in line else None
        if failed is None:
            below = -1
            continue
        if below >= 0 and "/" in failed[1] and name.startswith(failed[1] + "/"):
            found[index] = found.get(below, below)
        below, name = index, failed[1]
    return found


def _name_of(line: str) -> str:
    failed = gotestsum.FAILED_NAME.match(line)
    return failed[1] if failed else line.strip()


def _finish(run: Run) -> None:
    go_builds.delegate(run)
    run.shortened = "times" if run.shortened == "times" else "indentation"
    if any(words in run.segment.text for words in ginkgo.LITERALS):
        ginkgo.finish(run)
    parents = _parents(run.lines)
    for index in parents:
        run.why[index] = "subtests that failed in their own"
    for section in run.sections:
        while section.start and run.kinds[section.start - 1] is Kind.FAILED:
            section.start -= 1  # what only says that something in it failed shares the block
    gotestsum.leave_out_summary(run)
    point_at_logs(run)
    fold_clocked(run)
    keep_evidence(run, (item for item in _evidence(run.segment) if item.line not in parents))
    _keep_logs(run)


def _keep_logs(run: Run) -> None:
    """What a failed test logged stays, of a skipped one its reason once; without `-v` passed packages are the list."""
    if Kind.BEGUN not in run.kinds:
        run.label = "packages ok"
        return
    for index, kind in enumerate(run.kinds):
        if kind is Kind.PASSED and run.lines[index].startswith("ok"):
            run.why[index] = ""
    skipped = {run.names[i] for i in run.reasons}
    failed = {*run.failed.values(), *(section.name for section in run.sections)}
    inside = {i for section in run.sections for i in range(section.start, section.end)}
    reasons: set[str] = set()
    owned = list(_owners(run.lines, run.kinds))
    again = _said_again(run.lines, {i: owner for i, owner in owned if owner in failed}).difference(run.evident)
    for index, owner in owned:
        if index in inside:
            run.why[index] = run.why[index] or ("logs that say the same" if index in again else "")
            continue
        said = LOG.match(run.lines[index])
        if owner in failed:
            run.why[index] = "logs that say the same" if index in again else ""
        elif owner in skipped and said:
            run.why[index] = "reasons of skipped tests" if said[1] in reasons else ""
            reasons.add(said[1])
        elif said:
            run.why[index] = run.why[index] or "logs of passed tests"
    _keep_begun(run, [(index, owner) for index, owner in owned if owner in failed])


def _keep_begun(run: Run, logged: Iterable[tuple[int, str]]) -> None:
    """Above what failed tests *logged* the line that says whose it is: what stands above that failed before it.

    --- FAIL: TestAdds (0.00s)
    === RUN   TestRounds
        cart_test.go:23: got 7, want 8
    --- FAIL: TestRounds (0.00s)
    """
    last = ""
    for index, owner in logged:
        if run.why[index] or owner == last:
            continue
        last, begun = owner, index
        while run.kinds[begun] not in _HEADINGS:
            begun -= 1
        if run.kinds[begun] is Kind.BEGUN:
            run.why[begun] = ""


_HEADINGS = frozenset({Kind.BEGUN, Kind.SECTION, Kind.FAILED})


def _said_again(lines: Sequence[str], logged: Mapping[int, str]) -> frozenset[int]:
    """Which lines belong to a log that repeats, but for addresses, one of the same failed test."""
    logs: list[list[int]] = []
    for index in logged:
        if LOG.match(lines[index]) or not logs or logs[-1][-1] != index - 1:
            logs.append([])
        logs[-1].append(index)
    said: set[tuple[str, str]] = set()
    again: set[int] = set()
    for log in logs:
        words = logged[log[0]], _ADDRESS.sub("0x", "\n".join(lines[i] for i in log))
        if words in said:
            again.update(log)
        said.add(words)
    return frozenset(again)


_ADDRESS = re.compile(r"\b0x[0-9a-f]+")


def _parts(segment: Segment) -> list[Part]:
    """With `-v` what a test logged stands before the line that says it failed."""
    told = _GRAMMAR.read(segment)
    logged: dict[str, int] = {}
    for index, owner in _owners(segment.lines, told.kinds):
        logged.setdefault(owner, index)
    parts = []
    for part in _FORM.parts(segment):
        at = logged.get(part.label)
        if part.kind == "failure" and at is not None and at < part.start and " - " not in part.said:
            parts.append(replace(part, start=at, said=f"{part.said} - {segment.lines[at].strip()}"))
        else:
            parts.append(part)
    return parts


_GRAMMAR = Grammar(
    name="go test",
    literals=(
        *("--- FAIL: ", "--- PASS: ", "ok  \t", "FAIL\t", "=== RUN   ", "--- SKIP: ", "[no test files]"),
        *gotestsum.LITERALS,
        *ginkgo.LITERALS,
    ),
    sure=r" *--- (?:FAIL|PASS|SKIP): \S.*" + _TIMED + r"|=== RUN   \S|ok  \t\S+\t(?:[\d.]+s|\(cached\))"
    r"|FAIL\t\S+(?:\t[\d.]+s| \[(?:build|setup) failed\])|\?   \t\S+\t\[no test files\]" + gotestsum.SURE + ginkgo.SURE,
    rules=(
        *ginkgo.RULES,
        *gotestsum.RULES,
        Rule(Kind.PASSED, r" *--- PASS: (?P<name>\S.*)" + _TIMED),
        Rule(Kind.SKIPPED, r" *--- SKIP: (?P<name>\S.*)" + _TIMED),
        Rule(Kind.SECTION, r"\s*--- FAIL: (?P<name>\S.*)" + _TIMED),
        Rule(Kind.BEGUN, r"=== (?:RUN|PAUSE|CONT|NAME) +(?P<name>\S.*)?$"),
        Rule(
            Kind.PASSED,
            r"ok  \t(?P<name>\S+)\t\S+(?:\tcoverage: (?P<coverage>[\d.]+%).*)?$",
            name_of=_package,
        ),
        Rule(Kind.TOTAL, r"ok  \t"),
        Rule(Kind.SKIPPED, r"\?   \t(?P<name>\S+)\t(?P<reason>\[.*)$"),
        Rule(Kind.SKIPPED, r"\t(?P<name>\S+)\t\t(?P<reason>coverage: 0\.0% of statements)$"),
        Rule(Kind.TOTAL, r"FAIL(?:\t.*)?$"),
        Rule(Kind.END, r"PASS$", what=BLANK),
        Rule(Kind.TOTAL, r"exit status \d+$|coverage: [\d.]+%", inside=None),
        Rule(Kind.SECTION, r"(?P<name>(?:panic: |fatal error: |runtime: goroutine stack exceeds).*)$"),
        Rule(Kind.SECTION, r"(?P<name>WARNING: DATA RACE)$"),
        Rule(Kind.END, r"={18}$", what=BLANK),
        Rule(Kind.ALARM, r"\S+\.go:\d+(?::\d+)?: ", inside=False),
        Rule(Kind.KEPT, r"# \S", inside=False),
        Rule(Kind.SUITE, r"pkg: \S"),
        Rule(Kind.KEPT, r"Benchmark\S+\s+\d+\t| *Benchmark\S+$|(?:goos|goarch|cpu): ", inside=False),
        Rule(Kind.NOISE, r"fuzz: (?:elapsed|minimizing)|go: downloading ", what="progress"),
    ),
    message=r"\s*((?!--- )\S.*)",
    evidence=r"\s*--- FAIL: \S|FAIL(?:\t|$)|panic: |fatal error: |WARNING: DATA RACE"
    r"|\S+\.go:\d+:\d+: |exit status \d",
    tell=_tell,
    finish=_finish,
)

_FORM = runner(_GRAMMAR)
RUNNER = replace(_FORM, parts=_parts, evidence=_evidence)
