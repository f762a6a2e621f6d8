"""node --test: the details of a failure once, with the tree that names it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sidecar.compression.forms.tests import FORM
from sidecar.compression.forms.tests.form import runner_of
from sidecar.compression.vocabulary import Form, Segment

CAPTURES = Path(__file__).parents[2] / "captures" / "node_test"


@pytest.fixture
def shortened(read: Callable[..., Segment], printed: Callable[[Form, Segment], list[str]]) -> Callable[[str], str]:
    return lambda name: "\n".join(printed(FORM, read(CAPTURES / f"{name}.txt")))


def test_a_failure_keeps_place_name_message_and_own_frame(shortened: Callable[[str], str]) -> None:
    text = shortened("red_spec")
    assert (
        "test at test/cart.test.js:7:3\n✖ adds tax (1.133456ms)\n  AssertionError [ERR_ASSERTION]: Expected values"
        in text
    )
    assert "  30.8 !== 31\n      at TestContext.<anonymous> (/tmp/shop/node/test/cart.test.js:7:68)\n" in text
    assert "generatedMessage" not in text
    assert "▶ Cart\n  ✖ adds tax" in text
    assert text.count("30.8 !== 31") == 1


def test_a_file_that_cannot_be_loaded_keeps_its_error(shortened: Callable[[str], str]) -> None:
    assert "Error: Cannot find module '../src/missing'" in shortened("red_spec")
    assert "SyntaxError: Unexpected token ';'" in shortened("red_spec")
    assert "# Error: Cannot find module '../src/missing'" in shortened("red_tap")


def test_the_tap_reporter_keeps_error_expected_and_actual(shortened: Callable[[str], str]) -> None:
    text = shortened("red_tap")
    for line in ("    not ok 2 - adds tax", "      expected: 31", "      actual: 30.8", "        30.8 !== 31"):
        assert line in text
    assert "Cart > remove > takes one item out" in text


def test_a_run_cut_off_before_its_list_of_failures_keeps_the_details(
    read: Callable[..., Segment], printed: Callable[..., list[str]]
) -> None:
    whole = read(CAPTURES / "red_spec.txt")
    cut = next(i for i, line in enumerate(whole.lines) if line.startswith("ℹ tests"))
    text = "\n".join(printed(FORM, Segment(whole.lines[:cut], exit_code=137, command=whole.command)))
    assert "  ✖ adds tax (1.133456ms)" in text


def test_coverage_keeps_what_is_not_covered(shortened: Callable[[str], str]) -> None:
    text = shortened("cov")
    assert "ℹ src/ship.js       |  41.67 |    66.67 |   50.00 | 2-7 10" in text
    assert "ℹ all files         |  88.52" in text


def test_the_dot_reporter_tells_each_failure_under_its_name(shortened: Callable[[str], str]) -> None:
    raw = (CAPTURES / "red_dot.txt").read_text(encoding="utf-8")
    headings = [line for line in raw.split("\n") if line.startswith("✖ ")]
    assert len(headings) > 29
    text = shortened("red_dot")
    assert [line for line in headings if line not in text] == []
    assert "      at TestContext.<anonymous> (/tmp/market/web/node/invoices.test.js:26:5)" in text
    assert "node:internal" not in text


def test_failed_tests_of_another_runner_are_not_read_as_nodes_dots(read: Callable[..., Segment]) -> None:
    runner = runner_of(read(CAPTURES.parent / "lab" / "red.txt", hinted=False))[1]
    assert runner is not None
    assert runner.name == "lab"


def test_long_values_do_not_stand_again_below_their_comparison(shortened: Callable[[str], str]) -> None:
    text = shortened("red_dot")
    assert "  +       city: 'Cork',\n  -       city: 'Cobh',\n" in text
    assert "actual: { number: " not in text
    assert "    actual: 6.09,\n    expected: 6.08,\n" in text
