"""How much is shown: everything in fewer tokens, what the form decided, or only what must be."""

from collections.abc import Callable
from typing import Any

import pytest

from sidecar.compression import compress, tokens
from sidecar.compression.levels import Level, loosened, repeats_folded, tightened
from sidecar.compression.printing import render
from sidecar.compression.promises import broken_promise
from sidecar.compression.shelf import load
from sidecar.compression.shorten import shorten
from sidecar.compression.vocabulary import Block, Evidence, Rank, Segment, keep, note, omit

Captured = Callable[[str], Any]
NAMES = [
    "pytest/failures",
    "pytest/green_v",
    "cargo_test/regex_syntax_green",
    "go_test/verbose_fails",
    "git/log_patch",
    "gcc/cpp_templates",
    "npm/eresolve",
    "pip/then_failing_pytest",
    "log/python_logging",
    "big/postgres_log",
]


@pytest.mark.parametrize("name", NAMES)
def test_tight_keeps_every_evidence_in_no_more_tokens(capture: Captured, name: str) -> None:
    data, command, exit_code = capture(name)
    faithful = compress(data, command=command, exit_code=exit_code)
    tight = compress(data, command=command, exit_code=exit_code, level="tight")
    assert tokens.count(tight.text) <= tokens.count(faithful.text)
    assert tight.evidence == faithful.evidence
    for item in tight.evidence:
        assert all(part in tight.text for part in item.parts), item.line


@pytest.mark.parametrize("name", NAMES)
def test_lossless_leaves_nothing_out_and_covers_every_line(capture: Captured, name: str) -> None:
    data, command, exit_code = capture(name)
    short = shorten(data.decode(), shelf=load(), command=command, exit_code=exit_code)
    assert not [block.what for block in short.lossless if block.what]
    assert [block.start for block in short.lossless][1:] == [block.end for block in short.lossless][:-1]
    assert short.lossless[0].start == 0
    assert short.lossless[-1].end == len(data.decode().removesuffix("\n").split("\n"))
    assert tokens.count(render(short.lossless)) <= tokens.count(data.decode()) + 1


def test_a_bound_that_was_asked_for_and_has_room_leaves_nothing_out(capture: Captured) -> None:
    data, command, exit_code = capture("pytest/failures")
    unasked = compress(data, command=command, exit_code=exit_code)
    assert unasked.omissions > 0
    asked = compress(data, command=command, exit_code=exit_code, answer_tokens=50_000)
    assert asked.omissions == 0
    assert "collected" in asked.text


def test_a_bound_between_lossless_and_reduced_is_met_by_the_reduction(capture: Captured) -> None:
    data, command, exit_code = capture("pytest/failures")
    limit = (compress(data, command=command, exit_code=exit_code).after_tokens or 0) + 50
    result = compress(data, command=command, exit_code=exit_code, answer_tokens=limit)
    assert tokens.count(result.text) <= limit
    assert result.omissions > 0
    assert all(part in result.text for item in result.evidence for part in item.parts)


def test_an_omission_that_carries_its_whole_notation_is_written_so_when_nothing_may_be_left_out() -> None:
    lines = ["a 1", "a 2", "a 3", "a 4"]
    blocks = [Block(0, 4, ("a 1",), "rows", entire=lambda: ("a: 1 2 3 4",))]
    [loose] = loosened(blocks, lines)
    assert (loose.start, loose.end, loose.shown, loose.what) == (0, 4, ("a: 1 2 3 4",), "")


def test_other_omissions_become_their_lines_with_repeats_and_indentation_said_once() -> None:
    lines = ["first", "same thing", "same thing", "same thing", *[f"        deep {number}" for number in range(6)]]
    loose = loosened([keep(0, 1), omit(1, 10, "noise")], lines)
    shown = [line for block in loose for line in (block.shown or lines[block.start : block.end])]
    assert shown[:3] == ["first", "same thing (x3)", "[the next 6 lines stand 8 spaces further right]"]
    assert shown[3:] == [f"deep {number}" for number in range(6)]
    assert broken_promise(Segment(lines), loose, []) == ""


def test_tight_shows_of_ordinary_lines_their_ends_their_alarms_and_their_warnings() -> None:
    lines = [f"copied file number {number} to its place" for number in range(60)]
    lines[30] = "error: file number 30 is gone"
    tight = tightened([keep(0, 60)], lines, [])
    shown = [line for block in tight if block.shown is None for line in lines[block.start : block.end]]
    assert shown == [*lines[:2], lines[30], *lines[-2:]]
    assert broken_promise(Segment(lines), tight, [Evidence(30, (lines[30],))]) == ""


def test_tight_leaves_evidence_structure_and_small_blocks_alone() -> None:
    lines = [f"a line of some length that says very little, number {number}" for number in range(30)]
    evident, heading = keep(0, 10), keep(10, 20, Rank.STRUCTURE)
    small = note(20, 21, ["short"])
    told = note(21, 30, ["x" * 300])
    tight = tightened([evident, heading, small, told], lines, [Evidence(4, (lines[4],))])
    assert tight[:3] == [evident, heading, small]
    assert (tight[3].shown, tight[3].what) == ((), "ordinary output")


def test_equal_neighbours_are_written_once_with_their_number() -> None:
    lines = ["building", "waiting for the lock", "waiting for the lock", "waiting for the lock", "", "", "", "done"]
    shown = [line for block in repeats_folded(lines) for line in (block.shown or lines[block.start : block.end])]
    assert shown == ["building", "waiting for the lock (x3)", "", "", "", "done"]


def test_the_levels_have_the_names_a_user_writes() -> None:
    assert [level.value for level in Level] == ["faithful", "tight"]
