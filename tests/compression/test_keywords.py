"""What was left out is named by its words: an index, so that a reader knows what to recall."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.compression import compress, tokens
from sidecar.compression.keywords import with_keywords
from sidecar.compression.printing import Printed, marker
from sidecar.compression.vocabulary import Rank
from tests.compression.conftest import read_capture

Captured = Callable[[str], Any]
_MARKER = re.compile(
    r"\[\.\.\. (?:of )?(?:\d+ )?lines? \(?(?P<first>\d+)(?:-(?P<last>\d+))?\)?: .*; keywords: (?P<words>.*)\]"
)

NAMES = [
    "big/go_test_v",
    "big/pytest_v_large",
    "cargo_test/regex_syntax_green",
    "git/format_patch_binary",
    "maven_test/reactor_fails",
    "pytest/failures",
    "trace/spring_bad_query",
]


def indexed(text: str) -> Iterator[tuple[int, int, list[str]]]:
    for line in text.split("\n"):
        if found := _MARKER.fullmatch(line):
            yield int(found["first"]), int(found["last"] or found["first"]), found["words"].split(" ")


@pytest.mark.parametrize("name", NAMES)
def test_keywords_stand_in_what_was_left_out_and_nowhere_in_the_result(capture: Captured, name: str) -> None:
    data, command, exit_code = capture(name)
    text = compress(data, command=command, exit_code=exit_code).text
    lines = data.decode("utf-8", "replace").split("\n")
    found = list(indexed(text))
    assert found
    without = re.sub(r"; keywords: .*(?=\]$)", "", text, flags=re.MULTILINE)
    told: list[str] = []
    for first, last, words in found:
        within = "\n".join(lines[first - 1 : last])
        for word in words:
            assert word in within, (first, word)
            assert word not in without, (first, word)
        told += words
    assert len(told) == len(set(told))
    assert sum(map(len, told)) <= 0.04 * len(data)


def test_passed_tests_are_named_where_there_is_room(capture: Captured) -> None:
    data, command, exit_code = capture("big/go_test_v")
    text = compress(data, command=command, exit_code=exit_code).text
    passed = set(re.findall(r"--- PASS: (Test\w+) ", data.decode()))
    words = {word for _, _, found in indexed(text) for word in found}
    assert len(passed & words) > 10


def test_frames_of_libraries_are_named(capture: Captured) -> None:
    data, command, exit_code = capture("maven_test/reactor_fails")
    assert "ReferencePipeline.java" in compress(data, command=command, exit_code=exit_code).text


def test_a_verdict_is_no_keyword(capture: Captured) -> None:
    data, command, exit_code = capture("big/pytest_v_large")
    text = compress(data, command=command, exit_code=exit_code).text
    assert b"PASSED" in data
    assert list(indexed(text))
    assert "PASSED" not in text


def test_identifiers_made_by_chance_and_rules_are_no_keywords() -> None:
    lines = [
        f"job d{n:08x}{n:08x} of a5b6c7d8-{n:04x} says Qz7Rk2Pw9xZ ______ order{n:05} basket_{n} overdrawn"
        for n in range(90)
    ]
    bare = Printed(0, 90, (marker(0, 90, "noise"),), Rank.CONTENT, "noise")
    (told,) = with_keywords([bare], lines)
    ((_, _, words),) = indexed(told.text)
    assert words == ["says", "overdrawn", "basket_0", "basket_1", "basket_2"]


def test_of_words_as_frequent_the_short_ones_are_told() -> None:
    long = "reconciliationOfQuarterlyStatementsHandler"
    bare = Printed(0, 40, (marker(0, 40, "noise"),), Rank.CONTENT, "noise")
    (told,) = with_keywords([bare], [f"the {long} met sloop and ketch" for _ in range(40)])
    ((_, _, words),) = indexed(told.text)
    assert words == ["sloop", "ketch", long]


@pytest.mark.parametrize("name", ["big/go_test_v", "maven_test/reactor_fails"])
def test_a_tight_result_has_no_index(capture: Captured, name: str) -> None:
    data, command, exit_code = capture(name)
    assert not list(indexed(compress(data, command=command, exit_code=exit_code, level="tight").text))


@given(room=st.integers(60, 3_000))
def test_an_index_never_breaks_a_bound(room: int) -> None:
    data, command, exit_code = read_capture("pytest/failures")
    assert tokens.count(compress(data, command=command, exit_code=exit_code, answer_tokens=room).text) <= room
