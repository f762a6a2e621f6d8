"""Ginkgo's specs, and what gotestsum prints around the lines of `go test`."""

import re
from pathlib import Path

import pytest

from sidecar.compression import compress

CAPTURES = Path(__file__).parents[2] / "captures"
COMMANDS = {"red": "ginkgo ./spec", "red_verbose": "ginkgo -v --keep-going ./..."}


def _told(path: str, command: str) -> tuple[str, str]:
    printed = (CAPTURES / f"{path}.txt").read_text()
    return printed, compress(printed, command=command, exit_code=1).text


@pytest.mark.parametrize("name", COMMANDS)
def test_every_failing_spec_keeps_its_name_message_and_place(name: str) -> None:
    printed, told = _told(f"ginkgo/{name}", COMMANDS[name])
    names = re.findall(r"^• \[(?:FAILED|PANICKED)\].*\n(\S.*)$", printed, re.MULTILINE)
    assert len(names) == 8
    assert [name for name in names if name not in told] == []
    assert [place for place in re.findall(r"In \[It\] at: \S+", printed) if place not in told] == []
    for words in ('Name: "Aurora"', "<string>: Borealis", "Timed out after 0.05", "invalid memory address"):
        assert words in told
    assert "FAIL! -- 3 Passed | 8 Failed | 1 Pending | 1 Skipped" in told


def test_the_steps_and_the_output_of_a_failing_spec_stay() -> None:
    told = _told("ginkgo/red", COMMANDS["red"])[1]
    assert "STEP: looking at the tags" in told
    assert "clearing 1 berths" in told


def test_what_a_failing_spec_says_twice_is_said_once() -> None:
    printed, told = _told("ginkgo/red", COMMANDS["red"])
    assert printed.count("Quay prices [It] two") == 2
    assert told.count("Quay prices [It] two") == 1
    assert "[FAILED] in [It]" not in told
    assert len(told) < 0.6 * len(printed)


def test_gotestsum_does_not_tell_the_failures_again_that_it_has_told() -> None:
    printed, told = _told("gotestsum/testname", "gotestsum --format testname")
    failed = re.findall(r"^--- FAIL: (\S+)", printed, re.MULTILINE)
    assert len(failed) == 28
    assert [name for name in failed if name not in told] == []
    assert "=== FAIL: quay TestMoor/berths=3" not in told
    assert told.count("Moor(s3) on 3 berths: got -1") == 1
    assert "DONE 53 tests, 28 failures in 0.167s" in told
