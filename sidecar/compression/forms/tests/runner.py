"""A grammar becomes a form: `runner(Grammar(...))` recognises its runs, checks them and names their parts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from sidecar.compression.forms.tests.alike import Alike
from sidecar.compression.forms.tests.between import give_to_compilers, mark_by_kind
from sidecar.compression.forms.tests.grammar import REACH, Grammar, Kind, Read, Section
from sidecar.compression.forms.tests.long_lines import cut_long_lines
from sidecar.compression.forms.tests.must import keep_evidence
from sidecar.compression.forms.tests.run import Run
from sidecar.compression.forms.tests.sections import tell_section
from sidecar.compression.forms.tests.writing import written
from sidecar.compression.kept import kept
from sidecar.compression.literals import literals_in
from sidecar.compression.vocabulary import Block, Evidence, Extent, Form, Part, Segment, verbatim

__all__ = ["any_line", "runner"]


def runner(grammar: Grammar) -> Form:
    """The form of the runner that *grammar* describes."""

    def recognise(segment: Segment) -> float:
        text = segment.text
        present = [literal for literal in grammar.literals if literal in literals_in(segment)]
        if not present:
            return 0.0
        if grammar.recognise is not None:
            return grammar.recognise(segment)
        if any_line(grammar.is_sure, text, present):
            return grammar.sureness
        if grammar.likely and any_line(grammar.is_likely, text, present):
            return 0.85 if _is_asked(segment, grammar.programs) else 0.5
        return 0.0

    @kept
    def evidence(segment: Segment) -> list[Evidence]:
        if not isinstance(grammar.evidence, str):
            return grammar.evidence(segment)
        return verbatim(segment, _matched(grammar.must, segment.lines))

    return Form(
        name=grammar.name,
        recognise=recognise,
        evidence=evidence,
        reduce=lambda segment: _reduce(Run(grammar, segment), evidence),
        parts=lambda segment: _parts(grammar, segment),
        literals=grammar.literals,
        extent=lambda segment: _extent(grammar, segment),
    )


def _reduce(run: Run, evidence: Callable[[Segment], list[Evidence]]) -> list[Block]:
    """Mark what of a run may go, each step on what the ones before it left, and write the rest."""
    grammar = run.grammar
    inside = run.inside()
    mark_by_kind(run, inside)
    alike = Alike(run)
    for section in run.sections:
        (grammar.tell or tell_section)(run, section.start, section.end)
        alike.mark(section)
    alike.point_at_leaders()
    if grammar.compiles:
        give_to_compilers(run, inside)
    if grammar.finish is not None:
        grammar.finish(run)
    if not isinstance(grammar.evidence, str):
        keep_evidence(run, [item for item in evidence(run.segment) if item.told_at is None])
    cut_long_lines(run)
    return written(run)


_TELLING = frozenset(
    {Kind.PASSED, Kind.FAILED, Kind.SKIPPED, Kind.BEGUN, Kind.SECTION, Kind.SUITE, Kind.TOTAL},
)
_BESIDE = frozenset({Kind.ALARM, Kind.BLANK, Kind.END, Kind.KEPT, Kind.NOISE})
"""Lines of a runner where they stand beside what only it prints; elsewhere anybody's."""


def _extent(grammar: Grammar, segment: Segment) -> Extent:
    """From the first line that only this runner prints to the last; a failing section goes on to where it ends."""
    told, lines = grammar.read(segment), segment.lines
    kinds = told.kinds
    telling = _TELLING | {Kind.NOISE} if grammar.compiles else _TELLING  # a build's steps are its own
    if telling.isdisjoint(kinds):
        telling = (_TELLING | _BESIDE) - {Kind.BLANK}
    first = next((at for at, kind in enumerate(kinds) if kind in telling), -1)
    if first < 0:
        return Extent(0, len(kinds), grammar.name)
    last = next(at for at in range(len(kinds) - 1, -1, -1) if kinds[at] in telling)
    start = next((at for at in range(first) if kinds[at] in _BESIDE and grammar.is_sure.match(lines[at])), first)
    end = max([last + 1, *(_section_end(grammar, section, told, lines) for section in told.sections)])
    while start and kinds[start - 1] in _BESIDE:
        start -= 1
    while end < len(kinds) and kinds[end] in _BESIDE:
        end += 1
    return Extent(start, end, grammar.name)


def _section_end(grammar: Grammar, section: Section, told: Read, lines: Sequence[str]) -> int:
    """Where a failing section ends; nothing closes the last of a run that tells its totals before."""
    if not grammar.indents or section.end < len(lines):
        return section.end
    within = range(section.heading + 1, section.end)
    last_frame = next((at for at in reversed(within) if grammar.is_frame(lines[at])), section.heading)
    behind = (at for at in within if at > last_frame and lines[at][:1].strip())
    return next((at for at in behind if told.kinds[at] is Kind.OTHER), section.end)


def _is_asked(segment: Segment, programs: Iterable[str]) -> bool:
    return segment.command is not None and segment.command.program in programs


def any_line(pattern: re.Pattern[str], text: str, literals: Iterable[str]) -> bool:
    """Whether one of the first lines that hold a literal matches from its beginning.

    `str.find` runs at GB/s where a search for `^...` looks at every character.
    """
    for literal in literals:
        at = text.find(literal)
        for _ in range(_LINES_ASKED):
            if at < 0:
                break
            # A literal that begins with a newline names the line after it.
            at += literal.startswith("\n")
            if pattern.match(text, text.rfind("\n", 0, at) + 1):
                return True
            end = text.find("\n", at)
            at = text.find(literal, end) if end >= 0 else -1
    return False


_LINES_ASKED = 200


def _matched(must: Callable[[str], re.Match[str] | None], lines: Sequence[str]) -> list[int]:
    """Where each text of a line that matches stands first."""
    first = dict(zip(reversed(lines), range(len(lines) - 1, -1, -1), strict=True))
    return sorted(index for line, index in first.items() if must(line[:REACH].removesuffix("\r")))


def _parts(grammar: Grammar, segment: Segment) -> list[Part]:
    lines, told = segment.lines, grammar.read(segment)
    parts: list[Part] = []
    covered: set[str] = set()
    for section in told.sections:
        heading = lines[section.heading].strip()
        others = (lines[i] for i in range(section.start, section.end) if i != section.heading)
        said = next((found for line in others if line.strip() and (found := grammar.is_message(line[:REACH]))), None)
        message = "" if said is None else (said[1] if said.re.groups else said[0]).strip()
        name = section.name or heading
        covered.add(name)
        parts.append(
            Part("failure", name, section.start, section.end, f"{heading} - {message}" if message else heading)
        )
    covered |= {_short(name) for name in covered}
    for index, name in told.failed.items():
        if (
            name not in covered
            and _short(name) not in covered
            and not any(part.start <= index < part.end for part in parts)
        ):
            covered.add(name)
            parts.append(Part("failure", name or lines[index].strip(), index, index + 1, lines[index].strip()))
    for index, kind in enumerate(told.kinds):
        if kind is Kind.ALARM and not any(part.start <= index < part.end for part in parts):
            parts.append(
                Part("error", _DIGITS.sub("0", lines[index].strip())[:REACH], index, index + 1, lines[index].strip())
            )
    parts.sort(key=lambda part: part.start)
    return parts if grammar.parts is None else grammar.parts(segment, parts)


def _short(name: str) -> str:
    """The last two parts of a name: a runner may name a test in full and then again in short."""
    return ".".join(name.split(".")[-2:])


_DIGITS = re.compile(r"\d+")
