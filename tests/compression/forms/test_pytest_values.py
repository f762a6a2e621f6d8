"""What pytest and unittest say twice of two values, or at a length that nobody reads, is said once and short."""

import re
from pathlib import Path

import pytest

from sidecar.compression import compress

RUN = (Path(__file__).parents[2] / "captures" / "pytest" / "long_values_vv.txt").read_text()


@pytest.fixture(scope="module")
def told() -> str:
    return compress(RUN, command="pytest -vv tests", exit_code=1).text


def test_of_two_long_texts_what_stands_around_their_difference_is_shown(told: str) -> None:
    was, now = (next(line for line in told.split("\n") if re.match(rf"E +\{sign} <ul>", line)) for sign in "-+")
    assert "<li>item 15O</li>" in was
    assert "<li>item 150</li>" in now
    assert re.search(r"\[\.\.\. \d+ characters\]", was)
    assert len(was) < 2_000


def test_a_comparison_is_not_told_below_the_assertion_that_quotes_it(told: str) -> None:
    assert "AssertionError: Lists differ: [] != ['lang-p', 'dir-p']" in told
    assert "Second list contains" not in told.replace("keywords: Second contains", "")
    assert "- <p><i>foo bar</em></p>" not in told


def test_what_a_test_says_of_its_own_stays_below_the_comparison(told: str) -> None:
    assert " : pairs differ" in told


def test_an_explanation_that_the_outcome_quotes_whole_is_told_once(told: str) -> None:
    assert told.count("'<p><i>foo bar</em></p>' != '<p><em>foo bar</em></p>'") == 1


def test_a_test_that_another_file_defines_is_told_with_its_failure_alone(told: str) -> None:
    assert "tests/test_rounded.py::TestFour::test_sum <- tests/base.py FAILED" in RUN
    assert told.count("tests/test_rounded.py::TestFour::test_sum") == 1


def test_every_failing_test_is_named_with_its_outcome(told: str) -> None:
    names = re.findall(r"^FAILED (\S+)", RUN, re.MULTILINE)
    assert len(names) == 15
    assert all(f"FAILED {name}" in told for name in names)


def test_a_long_run_points_at_the_test_that_failed_in_the_same_words() -> None:
    lines = ["=================================== FAILURES ==================================="]
    for number in range(40):
        value = number % 9
        lines += [
            f"________________________________ test_{number} ________________________________",
            "",
            f">       assert total() == {value}",
            f"E       assert 9 == {value}",
            "",
            f"tests/test_shop.py:{value + 3}: AssertionError",
        ]
    lines.append("=========================== short test summary info ============================")
    lines += [f"FAILED tests/test_shop.py::test_{n} - assert 9 == {n % 9}" for n in range(40)]
    lines.append("============================== 40 failed in 0.12s ==============================")
    shown = compress("\n".join(lines), command="pytest", exit_code=1).text
    assert "FAILED tests/test_shop.py::test_13 - assert 9 == 4 (same as test_4)" in shown
    assert shown.count("[... ") < 10


def test_unittest_tells_a_comparison_once_too() -> None:
    output = """\
FF
======================================================================
FAIL: test_empty (tests.test_lists.TestLists.test_empty)
----------------------------------------------------------------------
Traceback (most recent call last):
  File "/tmp/shop/tests/test_lists.py", line 12, in test_empty
    self.assertEqual(page(0), ["lang-p", "dir-p"])
AssertionError: Lists differ: [] != ['lang-p', 'dir-p']

Second list contains 2 additional elements.
First extra element 0:
'lang-p'

- []
+ ['lang-p', 'dir-p']

======================================================================
FAIL: test_pair (tests.test_lists.TestLists.test_pair)
----------------------------------------------------------------------
Traceback (most recent call last):
  File "/tmp/shop/tests/test_lists.py", line 21, in test_pair
    self.assertEqual("left", "right", "pairs differ")
AssertionError: 'left' != 'right'
- left
+ right
 : pairs differ

----------------------------------------------------------------------
Ran 2 tests in 0.001s

FAILED (failures=2)
"""
    text = compress(output, command="python -m unittest", exit_code=1).text
    assert "AssertionError: Lists differ: [] != ['lang-p', 'dir-p']" in text
    assert "\nSecond list contains" not in text
    assert "AssertionError: 'left' != 'right'\n : pairs differ\n" in text


def test_the_middle_of_a_run_is_read_as_one() -> None:
    lines = (Path(__file__).parents[2] / "captures" / "pytest" / "failures.txt").read_text().split("\n")
    first = next(at for at, line in enumerate(lines) if re.match(r"_+ \S+ _+$", line)) + 3
    middle = "\n".join(lines[first : first + 80])
    assert "===" not in middle
    text = compress(middle, command="", exit_code=1).text
    assert "source lines" in text
    said = re.findall(r"^E +(?:assert |\w+Error: ).*$", middle, re.MULTILINE)
    assert len(said) >= 3
    assert all(line in text for line in said)


def test_unittest_names_a_failing_test_with_a_docstring_by_its_section_alone() -> None:
    heading = "test_total (tests.test_cart.CartTest.test_total)"
    output = f"""\
test_empty (tests.test_cart.CartTest.test_empty) ... ok
test_one (tests.test_cart.CartTest.test_one) ... ok
{heading}
A cart of three things adds them up. ... FAIL
test_two (tests.test_cart.CartTest.test_two) ... ok

======================================================================
FAIL: {heading}
A cart of three things adds them up.
----------------------------------------------------------------------
Traceback (most recent call last):
  File "/tmp/shop/tests/test_cart.py", line 12, in test_total
    self.assertTrue(total() == 5)
AssertionError: False is not true

----------------------------------------------------------------------
Ran 4 tests in 0.001s

FAILED (failures=1)
"""
    text = compress(output, command="python -m unittest -v", exit_code=1).text
    assert f"FAIL: {heading}\nA cart of three things adds them up.\n" in text
    assert text.count(heading) == 1
