"""Many failures under a small bound: one whole, the others in a line each, the rest counted with its place."""

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest

from sidecar.compression import compress, tokens
from sidecar.compression.briefing import Briefing, briefings, failing, named, told_of, untold
from sidecar.compression.printing import Printed, render
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
    text = compress(output, command="pytest", exit_code=1, answer_tokens=320, focus="why is the teapot not tight").text
    assert "E       AssertionError: the teapot leaks" in text
    assert "E       AssertionError: wanted 0" not in text
    assert tokens.count(text) <= 320


def part(kind: str, start: int, end: int, label: str = "") -> Part:
    return Part(kind, label or f"{kind} {start}", start, end, f"{kind.upper()} {label or start}")


def block(start: int, end: int, *, rank: Rank = Rank.EVIDENCE, what: str = "") -> Printed:
    lines = tuple(f"line {index} of the output, whole, and long enough" for index in range(start, end))
    return Printed(start, end, lines, rank, what)


def only(found: Iterable[Briefing]) -> Briefing:
    (one,) = found
    return one


def no_more(_told: Sequence[Printed]) -> bool:
    return False


def test_errors_are_what_went_wrong_and_warnings_only_where_nothing_did() -> None:
    parts = [part("file", 0, 9), part("warning", 1, 2), part("error", 3, 4), part("failure", 5, 6)]
    assert [one.kind for one in failing(parts, [])[0]] == ["error", "failure"]
    assert [one.kind for one in failing(parts[:2], parts[:1])[0]] == ["warning"]
    assert failing(parts[:1], []) == ([], [])


def test_where_errors_came_warnings_are_not_what_was_fixed() -> None:
    """A build that warned and now does not link told of all its warnings that they were fixed."""
    warned, failed = [part("warning", 1, 2)], [part("warning", 1, 2), part("error", 3, 4)]
    assert failing(failed, warned) == (failed[1:], [])
    assert failing(warned, failed) == ([], failed[1:])


def test_without_anything_wrong_the_commits_are_named_and_without_commits_the_files() -> None:
    parts = [part("file", 0, 9), part("commit", 0, 20), part("section", 3, 4)]
    assert [one.kind for one in named(parts)] == ["commit"]
    assert [one.kind for one in named(parts[:1])] == ["file"]
    assert [one.kind for one in named([*parts, part("warning", 1, 2)])] == ["warning"]


def test_every_line_is_still_stood_for_after_briefing() -> None:
    printed = [block(0, 3, rank=Rank.STRUCTURE), block(3, 9), block(9, 15), block(15, 20), block(20, 22)]
    parts = [part("failure", 3, 9, "a"), part("failure", 9, 15, "b"), part("failure", 15, 20, "c")]
    brief = only(briefings(printed, parts, (), fits=no_more))
    assert [(one.start, one.end) for one in brief.printed] == [(0, 3), (3, 9), (9, 15), (15, 20), (20, 22)]
    assert brief.first == range(3, 9)
    assert brief.printed[1] == printed[1]
    assert brief.printed[2].lines == ("FAILURE b [... of lines 10-15]",)
    assert brief.printed[3].lines == ("FAILURE c [... of lines 16-20]",)


def test_one_failure_alone_is_never_briefed() -> None:
    printed = [block(0, 3), block(3, 9)]
    assert only(briefings(printed, [part("failure", 3, 9)], (), fits=no_more)) == Briefing(printed, range(3, 9))


def test_of_failures_that_share_a_block_one_is_told_as_it_was_printed() -> None:
    """Its beginning filled the room, headings gone, and the errors of others stood under the first failure's name."""
    printed = [block(0, 12), block(12, 24)]
    parts = [part("failure", 0, 6, "a"), part("failure", 6, 12, "b"), part("failure", 12, 24, "c")]
    lines = [f"printed {index}" for index in range(24)]
    brief = only(briefings(printed, parts, lines, fits=no_more))
    assert brief.printed[0].lines == tuple(lines[:6])
    assert brief.printed[1].lines == ("FAILURE b [... of lines 7-12]",)
    assert brief.printed[2].lines == ("FAILURE c [... of lines 13-24]",)
    assert brief.first == range(6)


def test_diagnostics_in_one_notation_are_told_by_it_or_one_by_one_whichever_tells_more() -> None:
    printed = [Printed(0, 3, ("a.py:1:1 a.py:2:1 a.py:3:1: E501 line too long",), Rank.EVIDENCE)]
    lines = [f"a.py:{number}:1: E501 line too long" for number in (1, 2, 3)]
    parts = [Part("error", line, index, index + 1, line) for index, line in enumerate(lines)]
    together, apart = briefings(printed, parts, lines, fits=no_more)
    assert list(together.printed) == printed
    assert [one.lines for one in apart.printed] == [(line,) for line in lines]
    assert told_of(parts, render(together.printed)) == told_of(parts, render(apart.printed)) == 4
    assert told_of(parts, render(apart.printed[1:])) == 3


def test_the_first_of_a_kind_says_how_many_more_there_are() -> None:
    printed = [block(3 * number, 3 * number + 3) for number in range(5)]
    said = ("a", "b.py:3:1: E501 line too long (88 > 79)", "c", "d.py:9:1: E501 line too long (90 > 79)", "e")
    parts = [Part("error", text, 3 * number, 3 * number + 3, text) for number, text in enumerate(said)]
    told = [one.lines for one in only(briefings(printed, parts, (), fits=no_more)).printed]
    assert told[1] == (f"{said[1]} [... of lines 4-6; 1 more like it]",)
    assert told[3] == (f"{said[3]} [... of lines 10-12]",)


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


@pytest.mark.parametrize("limit", [1_000, 1_500, 3_000])
def test_of_a_large_diff_every_file_is_named_before_the_second_is_told(limit: int) -> None:
    """Behind the first files' hunks the others were lines of evidence in a gap, not even named."""
    diff = (CAPTURES / "git" / "format_patch_series.txt").read_text("utf-8")
    text = compress(diff, command="git format-patch --stdout", answer_tokens=limit).text
    paths = re.findall(r"^diff --git a/.+ b/(.+)$", diff, re.MULTILINE)
    assert len(paths) == 22
    assert [path for path in paths if path not in text] == []
    assert tokens.count(text) <= limit


def test_totals_behind_the_last_trace_are_no_part_of_it() -> None:
    """The line that told the last of valgrind's leaks stood for its summary too."""
    output = (CAPTURES / "big" / "valgrind_leaks.txt").read_text("utf-8")
    text = compress(output, command="valgrind ./leak", answer_tokens=1_000).text
    assert "ERROR SUMMARY: 62 errors from 12 contexts (suppressed: 0 from 0)" in text
    assert "Conditional jump or move depends on uninitialised value(s)" in text


def test_of_a_line_too_long_for_the_bound_both_ends_are_told() -> None:
    output = (CAPTURES.parent / "bench" / "captures" / "ctest" / "cjson_output_on_failure.txt").read_text("utf-8")
    text = compress(output, command="ctest --output-on-failure", exit_code=8, answer_tokens=1_000).text
    assert "parse_examples.c:84:file_test4_should_be_parsed_and_printed:FAIL: Expected '{" in text
    assert "53% tests passed, 9 tests failed out of 19" in text
    assert tokens.count(text) <= 1_000


@pytest.mark.parametrize(
    ("name", "command", "told"),
    [
        (
            "biome/lint",
            "biome lint",
            "src/broken.js:2:10 parse × expected `:` but instead found `1`",
        ),
        ("junit/mocha", "cat junit.xml", "invoices > rounds 6.085 to cents - expected 6.09 to equal 6.08"),
    ],
)
def test_one_line_of_a_failure_says_what_is_wrong_and_not_only_where(name: str, command: str, told: str) -> None:
    """Biome says it below a ruler, mocha's report in the text of an element: the line had a name and dashes."""
    output = (CAPTURES / f"{name}.txt").read_text("utf-8")
    assert told in compress(output, command=command, exit_code=1, answer_tokens=1_000).text


def test_how_it_ended_is_told_beside_the_failures_wherever_it_was_printed() -> None:
    """Mocha's dot reporter and others count first: within a bound the count had given way to one more failure."""
    output = (CAPTURES.parent / "bench" / "captures" / "mocha" / "express_npm_test_dot.txt").read_text("utf-8")
    text = compress(output, command="npm test", exit_code=1, answer_tokens=1_000).text
    assert "679 passing" in text
    assert "477 failing" in text
    assert 'Error: expected 200 "OK", got 500 "Internal Server Error"' in text
    assert "app.router > should be .use()able - Error: expected 200" in text
