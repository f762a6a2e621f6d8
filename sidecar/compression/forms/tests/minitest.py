"""How minitest reads, alone and under Rails (captured with 5.17).

TestCart#test_adds_tax = 0.00 s = F     verbose: a list of names
  1) Failure:                           name, place, message, own frames
TestCart#test_adds_tax [test/cart_test.rb:6]:
Expected: 31
  Actual: 30.8
7 runs, 5 assertions, 3 failures, 1 errors, 1 skips     as printed
"""

from __future__ import annotations

import re
from dataclasses import replace

from sidecar.compression.forms.tests.excerpts import tell
from sidecar.compression.forms.tests.grammar import Grammar, Kind, Rule
from sidecar.compression.forms.tests.must import Must
from sidecar.compression.forms.tests.run import Run
from sidecar.compression.forms.tests.runner import runner
from sidecar.compression.vocabulary import Part, Segment

__all__ = ["RUNNER"]

_LIBRARY = r"/gems/|/rubygems|/lib/ruby/|<internal:|/minitest[-/]"
_KIND = re.compile(r" *\d+\) (?:Failure|Error|Skipped):$|(?:Failure|Error|Skipped):$")


def _finish(run: Run) -> None:
    """A test that a section tells need not stand in the list; the name below each heading stays."""
    told = {run.lines[i + 1].partition(" [")[0].removesuffix(":") for i in _headings(run)}
    for index, name in run.failed.items():
        if name in told:
            run.why[index] = "failing tests, told below"
    for index in _headings(run):
        run.why[index + 1] = ""


def _headings(run: Run) -> list[int]:
    return [section.start for section in run.sections if section.start + 1 < section.end]


_MUST = Must(
    heading=r" +\d+\) (?:Failure|Error):$",
    anywhere=r"\d+ (?:runs|tests), \d+ assertions, .*$|(?:bin/)?rails test \S+:\d+$",
    leaves=re.compile(r" +\d+\) Skipped:|\d+ (?:runs|tests), \d+ assert"),
    message_lines=2,
    always=re.compile(r" *(?:Expected|Actual): "),
)


def _parts(segment: Segment, found: list[Part]) -> list[Part]:
    """Named by the test; what was skipped is no failure."""
    parts: list[Part] = []
    for part in found:
        lines = segment.lines[part.start : part.end]
        if not _KIND.match(lines[0]):
            parts.append(part)
        elif len(lines) > 1 and "Skipped" not in lines[0]:
            name = lines[1].partition(" [")[0].removesuffix(":")
            said = lines[2].strip() if len(lines) > 2 else ""
            parts.append(replace(part, label=name, said=f"{lines[1]} {said}"))
    told = {part.label for part in parts if part.end - part.start > 1}
    return [part for part in parts if part.end - part.start > 1 or part.label not in told]


_GRAMMAR = Grammar(
    name="minitest",
    literals=(" assertions, ", "# Running:"),
    sure=r"^\d+ (?:runs|tests), \d+ assertions, \d+ failures, \d+ errors",
    likely=r"^# Running:$",
    programs=frozenset({"ruby", "rake", "rails", "bundle", "minitest"}),
    rules=(
        Rule(Kind.SECTION, _KIND.pattern),
        Rule(Kind.TOTAL, r"\d+ (?:runs|tests), \d+ assertions, "),
        Rule(Kind.PASSED, r"(?P<name>\S+#.*) = [\d.]+ s = \.$"),
        Rule(Kind.FAILED, r"(?P<name>\S+#.*) = [\d.]+ s = [FE]$"),
        Rule(Kind.SKIPPED, r"(?P<name>\S+#.*) = [\d.]+ s = S$"),
        Rule(Kind.END, r"Finished in ", what="timing"),
        Rule(
            Kind.NOISE,
            r"(?:Run options: |# Running:|You have skipped tests\."
            r"|Running \d+ tests? in|Started with run options|Finished tests in)",
            what="headers",
        ),
        Rule(Kind.NOISE, r"[.FES]+$", what="progress", inside=False),
        Rule(Kind.ALARM, r"(?:bin/)?rails test \S+:\d+$"),
    ),
    frame=r" *(?P<path>\S+:\d+):in ",
    library=_LIBRARY,
    before=r"Run options: |# Running|Finished in |[.FES]+$|.* = [\d.]+ s = |Running \d",
    message=r"(?!\S+#\S+(?: \[.*\])?:$)(\S.*)",
    evidence=_MUST.evidence,
    tell=tell,
    finish=_finish,
    parts=_parts,
)

RUNNER = runner(_GRAMMAR)
