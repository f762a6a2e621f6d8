"""What a program that ctest runs printed is told as its own runner would be."""

import re
from pathlib import Path

import pytest

from sidecar.compression import compress
from sidecar.compression.forms import tests
from sidecar.compression.promises import broken_promise
from sidecar.compression.vocabulary import Segment

RUN = (Path(__file__).parents[2] / "captures" / "ctest" / "other_runners.txt").read_text()
FAILED = re.compile(r"^\S+:\d+: (?:FAILED:|Failure|ERROR: .*)$", re.MULTILINE)


@pytest.fixture(scope="module")
def told() -> str:
    return compress(RUN, command="ctest --output-on-failure", exit_code=8).text


def test_every_failed_assertion_of_every_runner_keeps_its_place(told: str) -> None:
    places = set(FAILED.findall(RUN))
    assert {"t_catch.cpp:6: FAILED:", "t_gtest.cpp:17: Failure"} <= places
    assert [place for place in places if place not in told] == []


def test_what_passed_in_a_program_that_failed_is_a_list_of_names(told: str) -> None:
    assert "[       OK ] Grid/Price.IsDouble/0" in RUN
    assert "[       OK ] Grid/Price.IsDouble/0" not in told
    assert "passed: Grid/Price.IsDouble/{0 1}" in told


def test_rulers_go_and_the_whole_is_less_than_half(told: str) -> None:
    assert "-" * 79 not in told
    assert len(told) < 0.5 * len(RUN)


def test_ctest_s_own_lines_stand_around_them(told: str) -> None:
    assert re.search(r"^ 1/29 Test +#1: t_catch \.+\*\*\*Failed", told, re.MULTILINE)
    assert "66% tests passed, 10 tests failed out of 29" in told
    assert "\t  3 - t_boost (Failed)" in told


def test_what_a_program_is_quoted_with_is_its_failure_and_no_line_that_passed() -> None:
    printed = (
        "PASS: a quay has berths\nchecking 3 ships\nFAIL: Aurora moors: expected 1, got 2\nPASS: Borealis leaves\n"
    )
    run = (
        "Test project /tmp/harbor/build\n    Start 1: quay\n"
        f"1/1 Test #1: quay .............***Failed    0.00 sec\n{printed}\n"
        "0% tests passed, 1 tests failed out of 1\n"
    )
    (failure,) = [part for part in tests.FORM.parts(Segment(run.split("\n"), exit_code=8)) if part.kind == "failure"]
    assert failure.said.endswith(" - FAIL: Aurora moors: expected 1, got 2")


def test_what_a_failing_program_prints_while_it_runs_is_told_as_its_own_runner_tells_it() -> None:
    """Behind their numbers, `ctest -VV -j2`, six of nine places went as printed output."""
    run = (Path(__file__).parents[2] / "captures" / "ctest" / "vv_parallel.txt").read_text()
    text = compress(run, command="ctest -VV -j2", exit_code=8).text
    places = set(re.findall(r"^3: \S+:\d+: Failure$", run, re.MULTILINE))
    assert len(places) == 5
    assert [place for place in places if place not in text] == []
    assert "3: [  FAILED  ] chrono_test.time_point (0 ms)" in text
    assert "7: [ RUN      ]" not in text
    assert "7: [==========] 106 tests from 6 test suites ran. (78 ms total)" in text
    assert "bin/Release/os-test" not in text


def test_what_a_program_counts_stays_where_the_line_of_its_test_was_cut_off() -> None:
    """Of lines that no test of ctest holds only the ends were kept, and this is neither."""
    lines = RUN.split("\n")
    passed = lines.index("[  PASSED  ] 34 tests.")
    run = Segment(lines[passed - 20 :], exit_code=8)
    assert broken_promise(run, tests.FORM.reduce(run), tests.FORM.evidence(run)) == ""
