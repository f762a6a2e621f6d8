"""Which part of an output words mean."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.compression.asking import described, parts_named
from sidecar.compression.vocabulary import Part
from sidecar.errors import WrongUsage


def part(kind: str, label: str, start: int) -> Part:
    return Part(kind, label, start, start + 5, f"FAILED {label} - assert 3 == 4" if kind == "failure" else label)


PARTS = [
    part("failure", "tests/test_cart.py::test_total", 10),
    part("failure", "tests/test_cart.py::test_total_twice", 20),
    part("error", "src/app.py: E501 line too long", 30),
    part("failure", "tests/test_user.py::test_login", 40),
    part("error", "src/user.py: F401 unused", 50),
    part("file", "src/app.py", 60),
]


@pytest.mark.parametrize(
    ("words", "starts"),
    [
        ("the 3rd failure", [40]),
        ("3rd failure", [40]),
        ("third failure", [40]),
        ("the Third Failure", [40]),
        ("failure 3", [40]),
        ("failure #3", [40]),
        ("failure-3", [40]),
        ("  the   first\n error ", [30]),
        ("1st error", [30]),
        ("last error", [50]),
        ("the last failure", [40]),
        ("failures", [10, 20, 40]),
        ("error", [30, 50]),
        ("the only file", []),
        ("tests/test_cart.py::test_total", [10]),
        ("test_login", [40]),
        ("TEST_LOGIN", [40]),
        ("test_total", [10, 20]),
        ("src/app.py", [60]),
        ("E501", [30]),
        ("assert 3 == 4", [10, 20, 40]),
    ],
)
def test_words_mean_a_part_by_its_number_its_kind_or_its_name(words: str, starts: list[int]) -> None:
    if not starts:
        with pytest.raises(WrongUsage):
            parts_named(PARTS, words)
        return
    assert [one.start for one in parts_named(PARTS, words)] == starts


@pytest.mark.parametrize("words", ["failure 4", "4th failure", "the fourth failure", "failure 0", "10th error"])
def test_a_number_there_is_not_is_refused_with_what_there_is(words: str) -> None:
    with pytest.raises(WrongUsage, match=r"There is no (failure|error) \d+: it has 3 failures, 2 errors, 1 file"):
        parts_named(PARTS, words)


def test_a_name_nobody_has_is_refused_with_what_there_is() -> None:
    with pytest.raises(WrongUsage, match=r"No part of this output is called `test_tea`: it has 3 failures"):
        parts_named(PARTS, "test_tea")


def test_a_name_that_looks_like_a_number_is_still_a_name() -> None:
    parts = [part("failure", "case 3", 0), part("failure", "case 4", 10)]
    assert [one.start for one in parts_named(parts, "case 4")] == [10]


def test_an_output_without_parts_says_how_to_ask_instead() -> None:
    with pytest.raises(WrongUsage, match=r"use `lines` or `find`"):
        parts_named([], "failure 1")


def test_of_many_parts_only_some_are_named() -> None:
    told = described([part("failure", f"test_{number}", number) for number in range(50)])
    assert told.startswith("it has 50 failures (test_0; ")
    assert told.endswith("; ...).")
    assert len(told) < 200


@given(st.text(max_size=60))
def test_any_words_find_parts_or_are_refused(words: str) -> None:
    with suppress(WrongUsage):
        assert parts_named(PARTS, words)
