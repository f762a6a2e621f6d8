"""Playwright: each failure with its places, attempts that fail alike told once."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sidecar.compression.forms.tests import FORM
from sidecar.compression.vocabulary import Form, Segment

CAPTURES = Path(__file__).parents[2] / "captures" / "playwright"


@pytest.fixture
def shortened(read: Callable[..., Segment], printed: Callable[[Form, Segment], list[str]]) -> Callable[[str], str]:
    return lambda name: "\n".join(printed(FORM, read(CAPTURES / f"{name}.txt")))


def test_a_failure_keeps_heading_difference_marked_line_and_place(shortened: Callable[[str], str]) -> None:
    text = shortened("red_list")
    assert "  1) [api] › tests/cart.spec.ts:4:3 › cart › adds tax ───" in text
    assert (
        "─\n    Error: expect(received).toBe(expected) // Object.is equality\n"
        "    Expected: 31\n    Received: 30.8\n"
        "    > 4 |   test('adds tax', async () => { expect(30.8).toBe(31); });\n"
        "        at /tmp/shop/pw/tests/cart.spec.ts:4:47\n"
    ) in text
    assert "  ✘   4 [api] › tests/cart.spec.ts:4:3 › cart › adds tax (25ms)" in text


def test_of_attachments_the_context_of_the_error_is_named(shortened: Callable[[str], str]) -> None:
    text = shortened("page_red")
    assert "Error Context: test-results/shop-catalogue-has-a-title-chromium/error-context.md" in text
    assert "trace.zip" not in text
    assert "attachments" in text


def test_a_retry_that_fails_alike_is_told_once(shortened: Callable[[str], str]) -> None:
    text = shortened("red_line")
    assert text.count("Error: database refused the connection") == 1
    assert "the same on a retry" in text
    assert "Retry #1" not in text


def test_every_total_stays_and_a_flaky_test_is_called_so(shortened: Callable[[str], str]) -> None:
    text = shortened("red_line")
    assert (
        "  1 flaky\n    tests/cart.spec.ts:18:3 › cart › flaky\n  2 skipped\n  1 did not run\n  1 passed (9.4s)" in text
    )
    assert text.count("› cart › adds tax") == 1


def test_a_failing_test_is_not_listed_among_those_that_ran(shortened: Callable[[str], str]) -> None:
    ran = [line for line in shortened("red_line").split("\n") if " ran: " in line]
    assert ran
    assert not any("adds tax" in line or "hangs" in line for line in ran)
