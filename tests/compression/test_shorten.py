"""The check that stands between a form and the reader: what it refuses, and what is printed instead."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sidecar.compression.commands import parse
from sidecar.compression.levels import repeats_folded
from sidecar.compression.printing import marker
from sidecar.compression.promises import broken_promise
from sidecar.compression.recognise import forms
from sidecar.compression.shelf import Shelf, load
from sidecar.compression.shorten import reduced_by, shorten
from sidecar.compression.split import split
from sidecar.compression.vocabulary import Block, Evidence, Form, Segment, keep, note, omit

LINES = st.lists(
    st.sampled_from(["", "a", "b", "error: broken", "same same same", "[... fake", "\\[... faker"]), max_size=30
)


def test_a_gap_an_overlap_and_a_missing_end_are_refused() -> None:
    segment = Segment(["one", "two", "three"])
    assert broken_promise(segment, [keep(0, 3)], []) == ""
    assert broken_promise(segment, [keep(0, 1), keep(2, 3)], [])
    assert broken_promise(segment, [keep(0, 2), keep(1, 3)], [])
    assert broken_promise(segment, [keep(0, 2)], [])
    assert broken_promise(segment, [keep(0, 3), Block(3, 3)], [])


def test_evidence_must_be_printed_by_the_block_that_stands_for_its_line() -> None:
    segment = Segment(["error: lost", "middle", "error: lost"])
    evidence = [Evidence(0, ("error: lost",))]
    assert broken_promise(segment, [omit(0, 2, "noise"), keep(2, 3)], evidence), "the same words elsewhere are luck"
    assert broken_promise(segment, [note(0, 2, ["error: lost, middle"]), keep(2, 3)], evidence) == ""
    assert broken_promise(segment, [keep(0, 3)], [Evidence(0, ("nowhere",))])
    assert broken_promise(segment, [keep(0, 3)], [Evidence(7, ("error",))])


@given(LINES, st.data())
def test_whatever_a_form_leaves_out_of_its_evidence_is_refused(lines: list[str], data: st.DataObject) -> None:
    segment = Segment(lines)
    cut = data.draw(st.integers(0, len(lines)))
    blocks = [block for block in (keep(0, cut), omit(cut, len(lines), "rest")) if block.end > block.start]
    evidence = [Evidence(index, (line,)) for index, line in enumerate(lines) if line.startswith("error")]
    assert bool(broken_promise(segment, blocks, evidence)) == any(item.line >= cut for item in evidence)


def test_a_block_that_lost_evidence_is_replaced_by_its_lines_and_the_rest_stays_short() -> None:
    def reduce(segment: Segment) -> list[Block]:
        half = len(segment.lines) // 2
        return [omit(0, half, "progress"), omit(half, len(segment.lines), "progress")]

    def evidence(segment: Segment) -> list[Evidence]:
        return [Evidence(at, (line,)) for at, line in enumerate(segment.lines) if line.startswith("error")]

    careless = Form("careless", lambda _segment: 1.0, evidence, reduce)
    lines = [*(f"step {number} is done" for number in range(40)), "error: disk full", *["the last step"] * 19]
    reduced = reduced_by(careless, Segment(lines))
    assert reduced.fell_back.startswith("evidence of line 41 is gone")
    assert [block.shown for block in reduced.blocks] == [(), None]


def test_lines_covered_twice_cost_the_whole_reduction() -> None:
    careless = Form(
        "careless",
        lambda _segment: 1.0,
        lambda _segment: [],
        lambda segment: [keep(0, 1), omit(0, len(segment.lines), "x")],
    )
    reduced = reduced_by(careless, Segment(["one", "two", "three"]))
    assert "covered twice" in reduced.fell_back
    assert [block.shown for block in reduced.blocks] == [None]


@given(LINES)
def test_folding_repeats_loses_nothing(lines: list[str]) -> None:
    unfolded: list[str] = []
    for block in repeats_folded(lines):
        if block.shown is None:
            unfolded += lines[block.start : block.end]
        else:
            [line] = block.shown
            words, _, times = line.rpartition(" (x")
            unfolded += [words] * int(times[:-1])
    assert unfolded == lines


@given(LINES)
def test_a_line_like_our_marks_can_be_told_from_them(lines: list[str]) -> None:
    for line in shorten(lines, shelf=Shelf(())).text.splitlines():
        assert not line.startswith("[... ")


def test_a_marker_names_the_lines_as_recall_counts_them() -> None:
    assert marker(0, 1, "hint") == "[... line 1: hint]"
    assert marker(9, 12, "passed tests") == "[... 3 lines (10-12): passed tests]"


@given(LINES)
def test_the_segments_of_an_output_cover_it(lines: list[str]) -> None:
    stretches = split(lines)
    assert stretches[0].start == 0
    assert stretches[-1].end == len(lines)
    assert all(one.end == other.start for one, other in pairwise(stretches))


def test_an_install_before_a_test_run_is_read_by_itself() -> None:
    install = ["Collecting flask", "  Downloading flask-3.0.3.whl (101 kB)", "Successfully installed flask-3.0.3"]
    run = ["=== test session starts ===", "collected 1 item", "", "=== 1 failed in 0.02s ==="]
    lines = [*install, *run, "done"]
    assert [(one.start, one.end) for one in split(lines)] == [(0, 3), (3, 7), (7, 8)]


def test_every_form_refuses_an_empty_segment_politely() -> None:
    for form in forms():
        assert 0.0 <= form.recognise(Segment([])) <= 1.0
        assert form.reduce(Segment([])) == []
        assert form.evidence(Segment([])) == []


def test_the_shelf_is_asked_by_the_program_behind_its_wrappers() -> None:
    [command] = parse("FOO=1 timeout 9 uv run pytest -q 2>&1 | tail -5")
    found = load().match(command)
    assert found is not None
    assert found.form == "tests"
