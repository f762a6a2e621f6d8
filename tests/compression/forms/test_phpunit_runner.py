"""PHPUnit: errors and failures with their places, what is risky is no failure."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sidecar.compression.forms.tests import FORM
from sidecar.compression.vocabulary import Form, Segment

CAPTURES = Path(__file__).parents[2] / "captures" / "phpunit"


@pytest.fixture
def shortened(read: Callable[..., Segment], printed: Callable[[Form, Segment], list[str]]) -> Callable[[str], str]:
    return lambda name: "\n".join(printed(FORM, read(CAPTURES / f"{name}.txt")))


def test_a_failure_keeps_name_message_difference_and_place(shortened: Callable[[str], str]) -> None:
    text = shortened("red")
    assert "1) CartTest::testAddsTax\ntax is added\nFailed asserting that 30.8 is identical to 31.0." in text
    assert "-        'price' => 5.0\n+        'price' => 4.0\n" in text
    assert "-two\n+2\n" in text
    assert "/tmp/shop/php/src/Cart.php:15\n/tmp/shop/php/tests/CartTest.php:10" in text
    assert "Tests: 14, Assertions: 10, Errors: 2, Failures: 5, Skipped: 1, Incomplete: 1, Risky: 1." in text


def test_testdox_keeps_what_failed_and_lists_what_passed(
    shortened: Callable[[str], str], read: Callable[..., Segment]
) -> None:
    text = shortened("red_large_testdox")
    assert text.count(" ✘ ") == read(CAPTURES / "red_large_testdox.txt").text.count(" ✘ ")
    assert " ✔ " not in text
    assert "Accounts > " in text


def test_a_green_run_is_its_total(shortened: Callable[[str], str]) -> None:
    lines = shortened("green").split("\n")
    assert "OK (360 tests, 360 assertions)" in lines
    assert len(lines) <= 2


def test_what_is_risky_is_no_failure(read: Callable[..., Segment]) -> None:
    labels = [part.label for part in FORM.parts(read(CAPTURES / "red.txt"))]
    assert "CartTest::testAddsTax" in labels
    assert "CartTest::testNothing" not in labels
