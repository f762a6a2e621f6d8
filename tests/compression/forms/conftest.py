"""What every form's tests share: reading captures, mangling them, and what must hold whatever a form reads."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import pytest
from hypothesis import strategies as st

from sidecar.compression.clean import clean
from sidecar.compression.commands import parse
from sidecar.compression.promises import broken_promise
from sidecar.compression.vocabulary import Form, Segment


@pytest.fixture(scope="session")
def holds() -> Callable[[Form, Segment], None]:
    """Asserts that every line is covered once, in order, and each evidence is in the block standing for its line."""

    def check(form: Form, segment: Segment) -> None:
        assert 0.0 <= form.recognise(segment) <= 1.0
        assert broken_promise(segment, form.reduce(segment), form.evidence(segment)) == ""

    return check


@pytest.fixture(scope="session")
def read() -> Callable[..., Segment]:
    """A capture's path -> its segment, with the command and the exit code told beside it unless `hinted=False`."""

    def segment(path: Path, *, hinted: bool = True) -> Segment:
        told = json.loads(path.with_suffix(".json").read_text("utf-8"))
        command = parse(told["command"])[0] if hinted else None
        return Segment(clean(path.read_bytes()).lines, command=command, exit_code=told["exit_code"])

    return segment


@pytest.fixture(scope="session")
def printed() -> Callable[[Form, Segment], list[str]]:
    """What a form prints for a segment, with one line `[... what]` for each omission."""

    def lines(form: Form, segment: Segment) -> list[str]:
        shown: list[str] = []
        for block in form.reduce(segment):
            shown += segment.lines[block.start : block.end] if block.shown is None else block.shown
            if block.is_omission:
                shown.append(f"[... {block.what}]")
        return shown

    return lines


@pytest.fixture(scope="session")
def mangled(read: Callable[..., Segment]) -> Callable[[st.DataObject, Sequence[Path]], Segment]:
    """Draws one of some captures as accidents leave it.

    Cut anywhere, with lines lost and doubled, shuffled together with another or in turns of some lines with
    it, with carriage returns, with or without its command and its exit code.
    """

    def segment(data: st.DataObject, paths: Sequence[Path]) -> Segment:
        first, second = (read(data.draw(st.sampled_from(paths))) for _ in range(2))
        toss = Random(data.draw(st.integers(0, 10_000)))  # noqa: S311 - a test must be the same every time
        start = data.draw(st.integers(0, len(first.lines)))
        lines = list(first.lines[start : data.draw(st.integers(start, len(first.lines)))])
        share = data.draw(st.sampled_from([0.0, 0.02, 0.2, 0.7]))
        lines = [line for line in lines if toss.random() >= share]
        if data.draw(st.booleans()):
            lines = [line for line in lines for _ in range(toss.choice((0, 1, 1, 1, 1, 2)))]
        step = data.draw(st.sampled_from([0, 0, 1, 3, 40]))
        if step:
            lines = _in_turns(lines, second.lines, step)
        elif data.draw(st.booleans()):
            lines = _shuffled(lines, second.lines, toss)
        if data.draw(st.booleans()):
            lines = [line + "\r" for line in lines]
        hinted = data.draw(st.booleans())
        exit_code = data.draw(st.sampled_from([None, 0, 1]))
        return Segment(lines, command=first.command if hinted else None, exit_code=exit_code)

    return segment


def _in_turns(one: Sequence[str], other: Sequence[str], step: int) -> list[str]:
    turns = range(0, max(len(one), len(other)), step)
    return [line for begun in turns for part in (one, other) for line in part[begun : begun + step]]


def _shuffled(one: Sequence[str], other: Sequence[str], toss: Random) -> list[str]:
    left, right = list(one), list(other)
    mixed: list[str] = []
    while left or right:
        mixed.append((left if left and (not right or toss.random() < 0.5) else right).pop(0))
    return mixed
