"""mocha: the tree becomes a list of whole names, each failure keeps its path, message, difference and place."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from sidecar.compression.forms.tests import FORM
from sidecar.compression.vocabulary import Form, Segment

CAPTURES = Path(__file__).parents[2] / "captures" / "mocha"


@pytest.fixture
def shortened(read: Callable[..., Segment], printed: Callable[[Form, Segment], list[str]]) -> Callable[[str], str]:
    return lambda name: "\n".join(printed(FORM, read(CAPTURES / f"{name}.txt")))


def test_a_failure_keeps_path_message_difference_and_place(shortened: Callable[[str], str]) -> None:
    text = shortened("red")
    assert "  3) Cart > remove > complains about a missing item:\n     CartError: no cup in cart\n" in text
    assert "       one\n      -two\n      +2\n       three\n" in text
    assert "      at Context.<anonymous> (test/cart.js:18:32)" in text
    assert "Error: Timeout of 100ms exceeded." in text
    assert ' > "before all" hook for "reads":\n     Error: database refused the connection' in text


def test_passed_tests_carry_the_headings_above_them(shortened: Callable[[str], str]) -> None:
    assert "Cart > {starts empty | adds up | refuses a negative price}" in shortened("red")


def test_what_tests_print_between_is_no_heading(shortened: Callable[[str], str]) -> None:
    text = shortened("red")
    assert "\ncarrier said: 503 service unavailable\n" in f"\n{text}"
    assert "unavailable >" not in text


def test_library_frames_go_and_the_users_stay(shortened: Callable[[str], str]) -> None:
    text = shortened("trace")
    assert "node_modules" not in text
    assert "      at Cart.remove (/tmp/shop/mocha/src/cart.js:16:23)" in text


def test_a_file_that_cannot_be_loaded_is_told(shortened: Callable[[str], str]) -> None:
    assert "Exception during run: Error: Cannot find module '../src/missing'" in shortened("missing")
    assert "SyntaxError: Unexpected token ';'" in shortened("syntax")
    assert "node:internal" not in shortened("syntax")


def test_failures_are_named_by_their_whole_path(read: Callable[..., Segment]) -> None:
    labels = [part.label for part in FORM.parts(read(CAPTURES / "red.txt"))]
    assert "Cart > remove > complains about a missing item" in labels
    assert len(labels) == 9


def test_what_a_test_prints_below_a_heading_puts_no_test_under_another(shortened: Callable[[str], str]) -> None:
    text = shortened("printing")
    assert re.search(r"reminders > \{[^}]*knows the stock of jar-9 \(12\)", text)
    assert re.search(r"orders with tax > \{[^}]*throws for an unknown country 13", text)


def test_a_failure_through_a_deep_helper_is_a_line_with_its_own_place(shortened: Callable[[str], str]) -> None:
    text = shortened("one_cause")
    assert "(invalid key) : invalid attr should get undefined: same as 1), test/api/attributes.js:26:18\n" in text
    assert text.count("TypeError: this.make is not a function") == 1
