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


def _dumping(*failures: tuple[str, str]) -> Segment:
    """A run whose tests each dump a page: its first words and its last."""
    lines = ["  1 passing (9ms)", f"  {len(failures)} failing", ""]
    for number, (first, last) in enumerate(failures, 1):
        page = f"  '<pre>{first} {'at lib/layer.js:9:1 ' * (40 + number)}{last}</pre>\\n' +"
        lines += [
            f"  {number}) pages",
            f"       answers {number}:",
            "",
            f"     Error: expected 'page {number}' response body, got '<!DOCTYPE html>\\n' +",
            "  '<html lang=\"en\">\\n' +",
            page,
            "  '</body>\\n' +",
            "  '</html>\\n'",
            f"      at Context.<anonymous> (test/pages.js:{number}:8)",
            "",
        ]
    return Segment(lines, exit_code=len(failures))


def test_a_value_dumped_again_is_told_once(printed: Callable[[Form, Segment], list[str]]) -> None:
    words = "TypeError: Cannot read properties of undefined (reading &#39;toString&#39;) " * 2
    end = " at emitErrorCloseNT and processTicksAndRejections (node:internal/process/task_queues:82:21)"
    other = " at HTTPParser.parserOnHeadersComplete and onParserExecuteCommon (node:_http_common:118:17)"
    text = "\n".join(printed(FORM, _dumping((words, end), (words, end), (words, other), (words, other), (words, end))))
    assert text.count("<pre>TypeError") == 2
    assert text.count("</html>") == 2
    assert text.count("_http_common:118:17") == 1
    assert "values like ones above" in text
    assert all(f"Error: expected 'page {number}'" in text for number in range(1, 6))
    assert all(f"test/pages.js:{number}:8" in text for number in range(1, 6))
