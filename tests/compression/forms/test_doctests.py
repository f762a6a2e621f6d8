"""A doctest that fails keeps its example and both values, whether pytest or unittest runs it."""

import re
from pathlib import Path

from sidecar.compression import compress

CAPTURES = Path(__file__).parents[2] / "captures"
PYTEST = (CAPTURES / "pytest" / "doctests_red.txt").read_text()
UNITTEST = (CAPTURES / "unittest" / "differ_and_doctests.txt").read_text()


def test_what_a_doctest_expected_and_got_is_told_below_its_example() -> None:
    """The values are indented as source is, and were left out as source lines."""
    text = compress(PYTEST, command="pytest --doctest-modules more_itertools -q", exit_code=1).text
    assert (
        "1461         >>> list(split_after('one1two2', lambda s: s.isdigit()))\n"
        "Expected:\n    [['o', 'n', 'e', '1'], ['t', 'w', 'o', '2']]\n"
        "Got:\n    [['o', 'n', 'e', '1', 't', 'w', 'o', '2']]\n"
    ) in text
    assert "1458 Yield lists of items from *iterable*" not in text


def test_the_places_and_errors_of_all_doctests_stay() -> None:
    text = compress(PYTEST, command="pytest --doctest-modules more_itertools -q", exit_code=1).text
    places = re.findall(r"^/\S+:\d+: (?:DocTestFailure|UnexpectedException)$", PYTEST, re.MULTILINE)
    assert len(places) == 7
    assert [place for place in places if place not in text] == []
    assert "UNEXPECTED EXCEPTION: IndexError('deque index out of range')" in text
    assert 'File "<doctest' not in text


def test_a_long_value_of_a_doctest_loses_its_middle() -> None:
    rows = "\n".join(f"    row {number}" for number in range(200))
    run = (
        "=== FAILURES ===\n_____ [doctest] shop.table _____\n"
        f"012     >>> print(table())\nExpected:\n    nothing\nGot:\n{rows}\n\n/tmp/shop/shop.py:12: DocTestFailure\n"
        "=== short test summary info ===\nFAILED shop.py::shop.table\n=== 1 failed in 0.10s ===\n"
    )
    text = compress(run, command="pytest --doctest-modules", exit_code=1).text
    assert "    row 3\n" in text
    assert "    row 100\n" not in text
    assert "    row 199\n" in text


def test_the_frame_of_an_example_goes_where_unittest_quotes_the_example() -> None:
    text = compress(UNITTEST, command="python -m unittest", exit_code=1).text
    assert "Failed example:\n    list(group_1)\nException raised:\n    NameError: name 'group_1' is not defined" in text
    assert 'File "<doctest' not in text


def test_elements_that_only_count_out_a_difference_go() -> None:
    text = compress(UNITTEST, command="python -m unittest", exit_code=1).text
    assert "First differing element 0:\n(0, 1, 3)\n(0, 1, 2)\n" in UNITTEST
    assert "First differing element 0:\n(0, 1, 3)" not in text
    assert "- [(0, 1, 3),\n+ [(0, 1, 2),\n" in text
