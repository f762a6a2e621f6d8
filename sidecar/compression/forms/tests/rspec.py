"""How RSpec reads, with dots or as documentation (captured with 3.12).

Cart                              documentation: headings and names become a list
  adds up
  adds tax (FAILED - 1)           left out: told below under the same number
Pending:                          name, reason and place
Failures:
  1) Cart adds tax                source line, message, diff, own places
15 examples, 8 failures           as printed
rspec ./spec/cart_spec.rb:6 # Cart adds tax
"""

from __future__ import annotations

import re
from dataclasses import replace

from sidecar.compression.forms.tests.excerpts import tell
from sidecar.compression.forms.tests.grammar import Grammar, Kind, Rule
from sidecar.compression.forms.tests.must import Must
from sidecar.compression.forms.tests.run import Run
from sidecar.compression.forms.tests.runner import runner
from sidecar.compression.forms.tests.tree import name_tree
from sidecar.compression.vocabulary import Part, Segment

__all__ = ["RUNNER"]

_LIBRARY = r"/gems/|/rubygems|/lib/ruby/|/usr/bin/|/bin/(?:rspec|bundle)\b|<internal:"


def _tell(run: Run, start: int, end: int) -> None:
    """As any failing section; a difference of one line says what `expected` and `got` have said."""
    tell(run, start, end)
    said = {line.strip().partition(": ")[2] for line in run.lines[start:end] if _SAID.match(line)}
    at = next((i for i in range(start, end) if run.lines[i].strip() == "Diff:"), end)
    body = [i for i in range(at + 1, end) if run.kinds[i] is Kind.OTHER and not run.grammar.is_frame(run.lines[i])]
    if body and all(run.lines[i].strip()[:2] == "@@" or run.lines[i].strip()[1:] in said for i in body):
        for i in (at, *body):
            run.why[i] = "the same difference again"


_SAID = re.compile(r" +(?:expected|got): ")


def _finish(run: Run) -> None:
    numbers = {run.lines[section.start].partition(")")[0].strip() for section in run.sections}
    if any(kind is Kind.FAILED for kind in run.kinds) or not any(line.startswith("..") for line in run.lines[:50]):
        _name_documentation(run)
    name_tree(run, between=" ", is_told=lambda _: bool(numbers))


def _name_documentation(run: Run) -> None:
    """Lines of the documentation are bare names: those that stand deeper than a heading, before the reports."""
    end = next((i for i, line in enumerate(run.lines) if line in _REPORTS or line.startswith("Finished in ")), 0)
    for index in range(min(end, *(section.start for section in run.sections)) if run.sections else end):
        line = run.lines[index]
        if run.kinds[index] is not Kind.OTHER or not line.startswith("  ") or _TRACE.match(line):
            continue
        following = run.lines[index + 1]
        depth = len(line) - len(line.lstrip())
        if len(following) - len(following.lstrip()) <= depth or not following.strip():
            run.kinds[index], run.why[index], run.names[index] = Kind.PASSED, "passed tests", line.strip()


_TRACE = re.compile(r" +(?:from |at |# |\d+: )?\S+:\d+(?::in |$)| +(?:[\^~|+-]|\w+Error\b)")
"""What a test or a failing load prints among the documentation."""

_REPORTS = frozenset(
    {"Failures:", "Pending: (Failures listed here are expected and do not affect your suite's status)"}
)

_MUST = Must(
    heading=r"  \d+\) \S.*$|An error occurred .*$",
    anywhere=r"\d+ examples?, \d+ failures?.*$|rspec \S+ # .*$",
    leaves=re.compile(r"\S(?<!#)(?!ailure/Error)|  \d+\) "),
    message_lines=1,
    always=re.compile(r" +(?:expected:? |got: |Failure/Error: |[A-Z]\w*(?:::\w+)*Error:?$)"),
    place=re.compile(rf" *# (?!.*(?:{_LIBRARY}))\S+:\d+"),
    advice=re.compile(r" *#|  +\(compared using"),
)


def _parts(segment: Segment, found: list[Part]) -> list[Part]:
    """What is pending has failed as it should: it is no failure."""
    bounds = [i for i, line in enumerate(segment.lines) if line in _REPORTS or line.startswith("Finished in ")]
    pending = next((i for i in bounds if segment.lines[i].startswith("Pending: ")), -1)
    over = next((i for i in bounds if i > pending), -1) if pending >= 0 else -1
    parts: list[Part] = []
    for part in found:
        if pending < part.start < over or segment.lines[part.start].startswith(("rspec ", "    ")):
            continue
        name = part.label.partition(") ")[2] or part.label
        told = [line.strip() for line in segment.lines[part.start + 1 : part.end] if line.strip()]
        said = next((line for line in told if not line.startswith(("Failure/Error:", "#"))), "")
        parts.append(replace(part, label=name, said=f"{part.label} - {said}" if said else part.label))
    return parts


_GRAMMAR = Grammar(
    name="rspec",
    literals=(" examples, ", " example, ", "Failures:\n", "Failed examples:", "Failure/Error: "),
    sure=r"^\d+ examples?, \d+ failures?|^Failed examples:$|^ +Failure/Error: ",
    programs=frozenset({"rspec", "bundle", "rake"}),
    rules=(
        Rule(Kind.SECTION, r"  (?P<name>\d+\) \S.*)$"),
        Rule(
            Kind.SECTION,
            r"(?P<name>An error occurred while loading .*|An error occurred in an? .*)$",
        ),
        Rule(Kind.TOTAL, r"\d+ examples?, "),
        Rule(Kind.END, r"Finished in .* seconds?", what="timing"),
        Rule(Kind.END, r"(?:Failures|Failed examples):$", what="headers"),
        Rule(Kind.END, r"Pending: \("),
        Rule(Kind.END, r"Top \d+ slowest", what="slowest examples"),
        Rule(Kind.ALARM, r"rspec \S+ # "),
        Rule(Kind.FAILED, r" +(?P<name>\S.*) \(FAILED - \d+\)$", inside=False),
        Rule(Kind.SKIPPED, r" +(?P<name>\S.*) \(PENDING: (?P<reason>.*)\)$", inside=False),
        Rule(Kind.NOISE, r"[.F*]{2,}$", what="progress", inside=False),
        Rule(Kind.NOISE, r"(?:Run options: |Randomized with seed|All examples were filtered out)", what="headers"),
        Rule(
            Kind.NOISE,
            r" +# *(?:Showing full backtrace|See docs for RSpec|RSpec::Configuration#)?"
            r"(?:.*for more information\.|because.*|)$",
            inside=True,
            what="advice",
        ),
        Rule(Kind.NOISE, r"#  +(?:Showing full|See docs|RSpec::)|# $", inside=True, what="advice"),
        Rule(Kind.NOISE, r" +\(compared using [^)]*\)$", inside=True, what="advice"),
        Rule(Kind.KEPT, r"Coverage report generated|Line Coverage: |Branch Coverage: "),
    ),
    frame=r" *# (?P<path>\S+:\d+)(?::in .*)?$",
    library=_LIBRARY,
    before=r"\S",
    message=r" +(?!Failure/Error: )(\S.*)",
    evidence=_MUST.evidence,
    tell=_tell,
    finish=_finish,
    parts=_parts,
)

RUNNER = runner(_GRAMMAR)
