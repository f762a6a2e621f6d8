"""JUnit's console launcher, in the three styles that it tells a run in."""

import re
from pathlib import Path

import pytest

from sidecar.compression import compress

CAPTURES = Path(__file__).parents[2] / "captures" / "junit_console"
MESSAGES = (
    "AssertionFailedError: execution timed out after 50 ms",
    "AssertionFailedError: repetition five ==> expected: <true> but was: <false>",
    "no tags ==> expected: <true> but was: <false>",
    "FullException: no berth free for Aurora",
    "Caused by: java.lang.IllegalStateException: all 2 berths are taken",
    "AssertionFailedError: expected: <1121> but was: <1120>",
    'comparable.compareTo("x");',
    "10 tests failed",
)


def _told(style: str) -> tuple[str, str]:
    printed = re.sub(r"\x1b\[[0-9;]*m", "", (CAPTURES / f"{style}.txt").read_text())
    command = f"java -jar junit-platform-console-standalone.jar execute --details {style}"
    return printed, compress(printed, command=command, exit_code=1).text


@pytest.mark.parametrize("style", ["tree", "flat", "verbose"])
def test_every_failure_keeps_its_message_and_the_users_frames(style: str) -> None:
    printed, told = _told(style)
    for message in MESSAGES:
        assert message in printed
        assert message in told
    frames = set(re.findall(r"harbor\.\w+(?:\$\w+)*\.\w+\(\w+\.java:\d+\)", printed))
    assert len(frames) >= 10
    assert [frame for frame in frames if frame not in told] == []


@pytest.mark.parametrize(("style", "share"), [("tree", 0.5), ("flat", 0.3), ("verbose", 0.3)])
def test_the_rest_of_the_tree_and_the_frames_of_libraries_go(style: str, share: float) -> None:
    printed, told = _told(style)
    assert printed.count("java.util.ArrayList.forEach(") > 4
    assert "java.util.ArrayList.forEach(" not in told
    assert len(told) < share * len(printed)


def test_a_failing_test_is_named_once_with_its_whole_path() -> None:
    told = _told("tree")[1]
    assert "  JUnit Jupiter:A quay:stays(int, int):7 days cost 1121\n    => org.opentest4j" in told
    assert "7 days cost 1121 ✘" not in told
    assert "crane() ↷ no crane" in told


def test_what_threw_is_named_in_the_flat_style() -> None:
    told = _told("flat")[1]
    assert "Finished:    repetition 5 of 8 (" in told
    assert "Finished:    repetition 4 of 8 (" not in told
