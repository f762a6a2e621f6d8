"""jest: files that failed to run keep their error, failures keep what is needed to fix them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sidecar.compression.forms.tests import FORM
from sidecar.compression.shelf import load
from sidecar.compression.shorten import shorten
from sidecar.compression.vocabulary import Form, Segment

CAPTURES = Path(__file__).parents[2] / "captures" / "jest"


@pytest.fixture
def shortened(read: Callable[..., Segment], printed: Callable[[Form, Segment], list[str]]) -> Callable[[str], str]:
    return lambda name: "\n".join(printed(FORM, read(CAPTURES / f"{name}.txt")))


def test_files_that_failed_to_run_keep_their_errors(shortened: Callable[[str], str]) -> None:
    text = shortened("broken_suites")
    assert "Cannot find module '../src/missing' from 'tests/broken.test.js'" in text
    assert "SyntaxError: /tmp/shop/jest/tests/syntax.test.js: Unexpected token (2:35)" in text
    assert "Your test suite must contain at least one test." in text
    assert "You'll find more details" not in text
    for name in ("broken", "syntax", "nothing", "format"):
        assert f"FAIL tests/{name}.test.js" in text


def test_a_failure_keeps_its_path_difference_marked_line_and_own_frames(shortened: Callable[[str], str]) -> None:
    text = shortened("red")
    assert (
        "  ● Cart › adds tax\n"
        "    expect(received).toBe(expected) // Object.is equality\n"
        "    Expected: 31\n"
        "    Received: 30.8\n"
        "    >  7 |   it('adds tax', () => { cart.add('tea', 4).add('pot', 24); expect(cart.total(10)).toBe(31); });\n"
        "      at Object.toBe (tests/cart.test.js:7:84)\n"
    ) in text
    for line in ('    -     "price": 21,', '    +     "price": 20,', '    -     "name": "cup",'):
        assert line in text
    assert "      at Cart.remove (src/cart.js:16:23)\n      at Object.remove (tests/cart.test.js:11:55)" in text
    assert "  5 |   it('starts empty'" not in text


def test_an_error_in_a_hook_is_told_with_every_test_it_took_along(shortened: Callable[[str], str]) -> None:
    text = shortened("red")
    assert "  ● database › reads\n    database refused the connection" in text
    assert "  ● database › writes" in text
    assert "TypeError: Cannot read properties of null (reading 'close')" in text


def test_what_the_summary_says_again_is_told_once(shortened: Callable[[str], str]) -> None:
    text = shortened("red_large")
    assert text.count("  ● orders › model 1 › returns the default currency") == 1
    assert "Tests:       6 failed, 354 passed, 360 total" in text


def test_verbose_names_carry_the_headings_above_them(shortened: Callable[[str], str]) -> None:
    text = shortened("red_verbose")
    assert "shipping › {to home costs 4 | to abroad costs 10}" in text
    assert "✓" not in text


def test_coverage_keeps_what_is_not_covered(shortened: Callable[[str], str]) -> None:
    text = shortened("cov")
    assert " cart.js   |   94.11 |      100 |    87.5 |   91.66 | 13" in text
    assert "All files  |   95.65" in text
    assert " format.js |" not in text
    assert 'Jest: Coverage for lines (25%) does not meet "global" threshold (99%)' in shortened("nocov")


def test_an_obsolete_snapshot_is_no_noise(shortened: Callable[[str], str]) -> None:
    assert "format writes something gone 1" in shortened("cov")


def test_failures_are_named_with_their_file(read: Callable[..., Segment]) -> None:
    parts = FORM.parts(read(CAPTURES / "broken_suites.txt"))
    labels = [part.label for part in parts if part.kind == "failure"]
    assert "tests/broken.test.js › Test suite failed to run" in labels
    assert "tests/syntax.test.js › Test suite failed to run" in labels
    assert len(labels) == len(set(labels))


def test_a_large_failing_run_loses_half_its_length_and_more() -> None:
    text = (CAPTURES / "red_large_verbose.txt").read_text("utf-8")
    assert len(shorten(text, shelf=load(), command="npx jest", exit_code=1).text) < 0.4 * len(text)


def test_the_marked_line_of_one_cause_is_shown_once(shortened: Callable[[str], str]) -> None:
    text = shortened("one_cause")
    assert text.count("> 32 |   return this.make(") == 1
    assert text.count("  ● $(...) › .append › ") == 17
