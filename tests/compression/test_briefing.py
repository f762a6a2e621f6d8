"""Many failures under a small bound: one whole, the others in a line each, the rest counted with its place."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from sidecar.compression import compress, tokens
from sidecar.compression.briefing import briefed, failing, untold
from sidecar.compression.shorten import Printed
from sidecar.compression.vocabulary import Part, Rank

CAPTURES = Path(__file__).parents[1] / "captures"
Run = Callable[..., str]
MANY = {f"test_blend_{number}": f"wanted {number}" for number in range(40)}


@pytest.fixture(scope="session")
def many(test_run: Run) -> str:
    return test_run(MANY)


@pytest.mark.parametrize("limit", [250, 400, 700])
def test_the_first_failure_is_told_whole_and_the_next_in_one_line_with_their_place(many: str, limit: int) -> None:
    text = compress(many, command="pytest", exit_code=1, answer_tokens=limit).text
    assert tokens.count(text) <= limit
    assert ">       assert basket.total() == 0\nE       AssertionError: wanted 0\ntests/test_shop.py:10:" in text
    first = many.splitlines().index(" test_blend_1 ".center(78, "_")) + 1
    brief = "FAILED tests/test_shop.py::test_blend_1 - AssertionError: wanted 1"
    assert f"{brief} [... of lines {first}-{first + 8}]" in text
    assert ">       assert basket.total() == 1\n" not in text


@pytest.mark.parametrize("limit", [250, 400, 700])
def test_the_footer_counts_the_failures_that_are_not_named_and_says_where_they_are(many: str, limit: int) -> None:
    text = compress(many, command="pytest", exit_code=1, answer_tokens=limit).text
    named = len(set(re.findall(r"test_blend_\d+", text)))
    told = re.search(r"; (\d+) of 40 failures not shown \(lines (\d+)-(\d+)\);", text.splitlines()[-1])
    assert told is not None
    assert int(told[1]) == 40 - named
    lines = many.splitlines()
    assert lines[int(told[2]) - 1].strip("_ ") == f"test_blend_{named}"
    assert lines[int(told[3]) - 1].startswith("tests/test_shop.py:")


def test_where_everything_is_named_nothing_is_said_to_be_missing(many: str) -> None:
    text = compress(many, command="pytest", exit_code=1, answer_tokens=3_000).text
    assert "not shown" not in text
    assert all(name in text for name in MANY)


def test_the_focus_chooses_which_failure_is_told_whole(test_run: Run) -> None:
    output = test_run({**dict(list(MANY.items())[:4]), "test_teapot": "the teapot leaks", "test_cup": "the cup is hot"})
    text = compress(output, command="pytest", exit_code=1, answer_tokens=350, focus="why is the teapot not tight").text
    assert "E       AssertionError: the teapot leaks" in text
    assert "E       AssertionError: wanted 0" not in text
    assert tokens.count(text) <= 350


def part(kind: str, start: int, end: int, label: str = "") -> Part:
    return Part(kind, label or f"{kind} {start}", start, end, f"{kind.upper()} {label or start}")


def block(start: int, end: int, *, rank: Rank = Rank.EVIDENCE, what: str = "") -> Printed:
    lines = tuple(f"line {index} of the output, whole" for index in range(start, end))
    return Printed(start, end, lines, rank, what)


def no_more(_told: Sequence[Printed]) -> bool:
    return False


def test_errors_are_what_went_wrong_and_warnings_only_where_nothing_did() -> None:
    parts = [part("file", 0, 9), part("warning", 1, 2), part("error", 3, 4), part("failure", 5, 6)]
    assert [one.kind for one in failing(parts)] == ["error", "failure"]
    assert [one.kind for one in failing(parts[:2])] == ["warning"]
    assert failing(parts[:1]) == []


def test_every_line_is_still_stood_for_after_briefing() -> None:
    printed = [block(0, 3, rank=Rank.STRUCTURE), block(3, 9), block(9, 15), block(15, 20), block(20, 22)]
    parts = [part("failure", 3, 9), part("failure", 9, 15), part("failure", 15, 20)]
    brief = briefed(printed, parts, 1, fits=no_more)
    assert [(one.start, one.end) for one in brief] == [(0, 3), (3, 9), (9, 15), (15, 20), (20, 22)]
    assert brief[1] == printed[1]
    assert brief[2].lines == ("FAILURE 9 [... of lines 10-15]",)
    assert brief[3].lines == ("FAILURE 15 [... of lines 16-20]",)


def test_one_failure_alone_is_never_briefed() -> None:
    printed = [block(0, 3), block(3, 9)]
    assert briefed(printed, [part("failure", 3, 9)], 0, fits=no_more) == printed


def test_failures_that_share_a_block_are_told_together() -> None:
    printed = [block(0, 12), block(12, 24)]
    parts = [part("failure", 0, 6), part("failure", 6, 12), part("failure", 12, 24)]
    brief = briefed(printed, parts, 1, fits=no_more)
    assert [one.lines for one in brief[:2]] == [("FAILURE 0 [... of lines 1-6]",), ("FAILURE 6 [... of lines 7-12]",)]
    assert brief[2] == printed[1]


def test_what_is_behind_a_bare_marker_is_untold() -> None:
    parts = [part("failure", 0, 5), part("failure", 5, 10), part("failure", 10, 15)]
    gap = Printed(5, 15, ("[... 10 lines (6-15): evidence]",), Rank.CONTENT, "evidence")
    assert untold([block(0, 5), gap], parts) == "2 of 3 failures not shown (lines 6-15)"
    assert untold([block(0, 15)], parts) == ""


def test_a_failure_named_in_a_closing_summary_is_not_untold() -> None:
    parts = [part("failure", 0, 5), part("failure", 5, 10)]
    gap = Printed(0, 10, ("[... 10 lines (1-10): evidence]",), Rank.CONTENT, "evidence")
    summary = Printed(10, 11, (parts[1].said,), Rank.EVIDENCE)
    assert untold([gap, summary], parts) == "1 of 2 failures not shown (lines 1-5)"


@pytest.mark.parametrize("limit", [250, 400])
def test_what_failed_comes_before_the_diff_that_was_printed_first(many: str, limit: int) -> None:
    diff = (CAPTURES / "git" / "diff_patch_release.txt").read_text("utf-8")
    text = compress(diff + many, command="git diff; pytest", exit_code=1, answer_tokens=limit).text
    assert "E       AssertionError: wanted 0\ntests/test_shop.py:10:" in text
    assert "40 failed" in text
    assert tokens.count(text) <= limit
