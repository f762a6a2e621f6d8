"""vitest: each failure once, in full; files and promises that failed beside the tests."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sidecar.compression import compress
from sidecar.compression.forms.tests import FORM
from sidecar.compression.shelf import load
from sidecar.compression.shorten import shorten
from sidecar.compression.vocabulary import Form, Segment

CAPTURES = Path(__file__).parents[2] / "captures" / "vitest"


@pytest.fixture
def shortened(read: Callable[..., Segment], printed: Callable[[Form, Segment], list[str]]) -> Callable[[str], str]:
    return lambda name: "\n".join(printed(FORM, read(CAPTURES / f"{name}.txt")))


def test_a_failure_keeps_heading_message_place_and_marked_line(shortened: Callable[[str], str]) -> None:
    assert (
        " FAIL  tests/cart.test.js > Cart > adds tax\n"
        "AssertionError: expected 30.8 to be 31 // Object.is equality\n"
        " ❯ tests/cart.test.js:8:84\n"
        "      8|   it('adds tax', () => { cart.add('tea', 4).add('pot', 24); expect(car…\n"
    ) in shortened("red")


def test_files_that_did_not_run_and_promises_nobody_waited_for_are_told(shortened: Callable[[str], str]) -> None:
    text = shortened("red")
    assert " FAIL  tests/nothing.test.js [ tests/nothing.test.js ]\nError: No test suite found in file" in text
    assert "Error: Cannot find module '../src/missing.js' imported from" in text
    assert (
        "RollupError: Parse failure: Expression expected\nAt file: /tmp/shop/vitest/tests/syntax.test.js:3:35" in text
    )
    assert "Error: nobody waits for me\n ❯ tests/unhandled.test.js:2:60" in text
    assert "     Errors  1 error" in text


def test_the_list_of_files_does_not_tell_the_failures_again(shortened: Callable[[str], str]) -> None:
    text = shortened("red_large")
    assert " ❯ red/search.test.js (12 tests | 2 failed) 14ms" in text
    assert text.count("search > service 1 > sorts two items at once") == 1


def test_a_run_cut_off_keeps_the_failures_of_the_list(
    read: Callable[..., Segment], printed: Callable[..., list[str]]
) -> None:
    whole = read(CAPTURES / "red_large.txt")
    first = next(i for i, line in enumerate(whole.lines) if line.startswith("⎯"))
    text = "\n".join(printed(FORM, Segment(whole.lines[:first], exit_code=137)))
    assert "   × search > service 1 > sorts two items at once 8ms" in text
    assert "→ expected { status: 'open', total: 4, …(1) } to deeply equal" in text


def test_below_its_file_a_failure_of_an_older_vitest_is_told_once() -> None:
    output = """\
 RUN  v1.6.1 /tmp/shop

 ❯ spec/isURL.spec.mjs  (19 tests | 2 failed) 142ms
   ❯ spec/isURL.spec.mjs > isURL > refuses > http://localhost:3000/
     → expected true to be false // Object.is equality
   ❯ spec/isURL.spec.mjs > isURL > refuses > invalid/
     → expected true to be false // Object.is equality

⎯⎯⎯⎯⎯⎯⎯ Failed Tests 2 ⎯⎯⎯⎯⎯⎯⎯

 FAIL  spec/isURL.spec.mjs > isURL > refuses > http://localhost:3000/
 FAIL  spec/isURL.spec.mjs > isURL > refuses > invalid/
AssertionError: expected true to be false // Object.is equality

- Expected
+ Received

- false
+ true

 ❯ spec/isURL.spec.mjs:12:35

⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯[1/2]⎯

 Test Files  1 failed (1)
      Tests  2 failed | 17 passed (19)
"""
    text = shorten(output, shelf=load(), command="npx vitest run", exit_code=1).text
    assert text.count("spec/isURL.spec.mjs > isURL > refuses > http://localhost:3000/") == 1
    assert text.count("spec/isURL.spec.mjs > isURL > refuses > invalid/") == 1
    assert text.count("expected true to be false") == 1


def test_a_comparison_of_two_values_that_the_message_names_is_said_once() -> None:
    def failure(name: str, message: str, expected: str, received: str) -> str:
        place = f" ❯ test/cart.test.ts:{len(name)}:12\n\n⎯⎯⎯⎯⎯⎯⎯⎯⎯[1/3]⎯\n\n"
        diff = f"- Expected\n+ Received\n\n- {expected}\n+ {received}\n"
        return f" FAIL  test/cart.test.ts > {name}\nAssertionError: {message} // Object.is equality\n\n{diff}\n{place}"

    red = failure("adds tax", "expected 30.8 to be 31", "31", "30.8") * 3
    other = failure("is long", "expected 'one two th…' to be 'one 2 three'", "one 2 three", "one two three")
    text = compress(f" RUN  v2.1.8 /tmp/shop\n\n{red}{other}\n Test Files  1 failed (1)\n", exit_code=1).text
    assert "expected 30.8 to be 31" in text
    assert "\n- 31\n" not in text
    assert "\n- one 2 three\n+ one two three\n" in text


def test_a_file_that_could_not_be_loaded_is_named_where_it_is_told_why(shortened: Callable[[str], str]) -> None:
    text = shortened("unresolved_many")
    assert "src/v4/mini/tests/index.test.ts (0 test)" not in text
    assert " FAIL  src/v4/mini/tests/index.test.ts [ src/v4/mini/tests/index.test.ts ]" in text
    assert " Test Files  78 failed | 9 passed (87)" in text
