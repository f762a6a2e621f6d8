"""TAP: prove, bats, tape and reporters of others."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sidecar.compression import compress
from sidecar.compression.forms.tests import FORM
from sidecar.compression.vocabulary import Form, Segment

CAPTURES = Path(__file__).parents[2] / "captures" / "tap"


@pytest.fixture
def shortened(read: Callable[..., Segment], printed: Callable[[Form, Segment], list[str]]) -> Callable[[str], str]:
    return lambda name: "\n".join(printed(FORM, read(CAPTURES / f"{name}.txt")))


def test_prove_keeps_each_failed_test_and_its_whole_report(shortened: Callable[[str], str]) -> None:
    text = shortened("prove_red")
    assert "#   Failed test 'adds tax'\n#   at t/cart.t line 2.\n#          got: '30.8'\n#     expected: '31'" in text
    assert "database refused the connection" in text
    assert 'syntax error at t/syntax.t line 1, near "= ;"' in text
    report = text[text.index("t/cart.t  (Wstat") :]
    for line in ("  Failed tests:  2-4, 7-8", "  Parse errors: No plan found in TAP output", "Result: FAIL"):
        assert line in report


def test_bats_keeps_place_and_output_of_a_failure(shortened: Callable[[str], str]) -> None:
    text = shortened("bats_red")
    assert "not ok 2 adds tax\n# (in test file bats/cart.bats, line 3)" in text
    assert "# cat: /nowhere/cart: No such file or directory" in text
    assert "passed: order {1 2 3 4" in text


def test_the_last_line_that_a_failing_test_of_bats_printed_is_no_heading_of_the_next() -> None:
    printed = "".join(f"# {line}\n" for line in ("(in test file berths.bats, line 9)", "2c2", "< b", "---", "> x"))
    passed = "".join(f"ok {number} berth {number} is free\n" for number in range(2, 20))
    text = compress(f"1..19\nnot ok 1 the log differs\n{printed}{passed}", command="bats .", exit_code=1).text
    assert "# < b\n# ---\n# > x\n" in text
    assert f"berth {{{' '.join(map(str, range(2, 20)))}}} is free" in text


def test_tape_keeps_expected_actual_and_own_frames(shortened: Callable[[str], str]) -> None:
    text = shortened("tape_red")
    assert "not ok 2 tax is added\n" in text
    assert "    expected: 31\n    actual:   30.8\n    at: Test.<anonymous> (/tmp/shop/mocha/tp/cart.js:3:40)" in text
    assert "node_modules/tape" not in text
    assert "1..126\n" in text


@pytest.mark.parametrize(
    "text",
    ["ok 1 file changed\nfine\n", "2026-11-22 ok 12 requests\n" * 30, "1. one\n2. two\n", "Result: done\n", "not ok\n"],
)
def test_prose_that_says_ok_is_not_tap(text: str) -> None:
    assert FORM.recognise(Segment(text.split("\n"))) < 0.5


def test_every_file_that_node_could_not_run_goes_without_the_frames_of_its_loader() -> None:
    """The second and later ones kept them: below `not ok 1` they were what that test had said."""

    def file(number: int) -> str:
        at = f"/tmp/shop/t/cart_{number}.test.js"
        loader = "".join(
            f"#     at Module.{name} (node:internal/modules/cjs/loader:1521:14)\n" for name in ("load", "_load")
        )
        raised = f"# ReferenceError: describe is not defined\n#     at Object.<anonymous> ({at}:2:1)\n{loader}"
        return f"{raised}# Subtest: {at}\nnot ok {number} - {at}\n  ---\n  error: 'test failed'\n  ...\n"

    text = compress(f"TAP version 13\n{file(1)}{file(2)}1..2\n# tests 2\n", command="node --test", exit_code=1).text
    assert text.count("# ReferenceError: describe is not defined\n#     at Object.<anonymous> (/tmp/shop/t/") == 2
    assert "node:internal" not in text
