"""What changed since an earlier output of the same command."""

from collections.abc import Callable
from typing import Any

import pytest

from sidecar.compression import compress
from sidecar.handles import digest_of, names

Run = Callable[..., str]
STILL = {f"test_blend_{number}": f"wanted {number}" for number in range(8)}


def handle_of(text: str) -> str:
    return next(names(digest_of(text.encode())))


def test_what_is_fixed_still_failing_and_new_is_counted_and_named(test_run: Run) -> None:
    before = test_run({"test_tea": "it is cold", **STILL})
    now = test_run({**STILL, "test_cake": "it is dry"}, ["test_tea"])
    lines = compress(now, command="pytest", exit_code=1, since=before).text.splitlines()
    assert lines[0] == "[sidecar: since the earlier output: 1 fixed, 8 still failing, 1 new]"
    assert "fixed: FAILED tests/test_shop.py::test_tea - AssertionError: it is cold" in lines
    still = [line for line in lines if line.startswith("still failing: ")]
    assert len(still) == 8
    assert still[0].startswith(
        "still failing: FAILED tests/test_shop.py::test_blend_0 - AssertionError: wanted 0 [... "
    )


def test_a_new_failure_is_told_whole_and_an_old_one_only_by_its_line(test_run: Run) -> None:
    now = test_run({**STILL, "test_cake": "it is dry"})
    text = compress(now, command="pytest", exit_code=1, since=test_run(STILL)).text
    for line in (">       assert basket.total() == 8", "E       AssertionError: it is dry", "tests/test_shop.py:66:"):
        assert line in text
    assert "E       AssertionError: wanted 3" not in text
    assert "9 failed" in text


def test_both_outputs_can_be_recalled(test_run: Run) -> None:
    before, now = test_run(STILL), test_run({**STILL, "test_cake": "it is dry"})
    last = compress(now, command="pytest", exit_code=1, since=before).text.splitlines()[-1]
    assert f'earlier output: recall("{handle_of(before)}")' in last
    assert f'original: recall("{handle_of(now)}")' in last


def test_a_failure_whose_line_and_duration_moved_is_the_same_failure(test_run: Run) -> None:
    before = test_run(STILL, took="0.12")
    now = test_run({"test_cake": "it is dry", **STILL}, took="9.77")
    assert "0 fixed, 8 still failing, 1 new" in compress(now, command="pytest", exit_code=1, since=before).text


def test_the_same_run_again_has_nothing_new(test_run: Run) -> None:
    now = test_run(STILL)
    assert "0 fixed, 8 still failing, 0 new" in compress(now, command="pytest", exit_code=1, since=now).text


def test_a_green_run_after_a_red_one_tells_what_was_fixed(test_run: Run) -> None:
    now = test_run({}, [f"test_{number}" for number in range(3_000)]) + "a warning of a plugin at the end\n" * 20
    text = compress(now, command="pytest", exit_code=0, since=test_run(STILL)).text
    assert "8 fixed, 0 still failing, 0 new" in text
    assert "3000 passed" in text


@pytest.fixture(scope="module")
def listing() -> list[str]:
    words = ["amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heath"]
    return [f"{first} {second} {third}" for first in words for second in words for third in words[:4]]


def test_outputs_without_named_parts_are_compared_by_their_lines(listing: list[str]) -> None:
    before, now = "\n".join(["old one", *listing]), "\n".join([*listing, "brand new"])
    lines = compress(now, since=before).text.splitlines()
    assert lines[0] == "[sidecar: since the earlier output: 1 new lines, 1 lines are gone (numbers aside)]"
    assert lines[1:4] == ["gone: old one", f"[... {len(listing)} lines (1-{len(listing)}): as before]", "brand new"]


def test_an_identical_output_is_one_line_and_its_handle(listing: list[str]) -> None:
    text = "\n".join(listing)
    lines = compress(text, since=text).text.splitlines()
    assert lines[0] == "[sidecar: since the earlier output: 0 new lines, 0 lines are gone (numbers aside)]"
    assert lines[1] == f"[... {len(listing)} lines (1-{len(listing)}): as before]"
    assert len(lines) == 3


def test_numbers_that_differ_from_run_to_run_are_no_change(listing: list[str]) -> None:
    before = "\n".join(f"{line} took {index} ms at 0x7f{index:04x}" for index, line in enumerate(listing))
    now = "\n".join(f"{line} took {9 * index} ms at 0x55{index:04x}" for index, line in enumerate(listing))
    assert "0 new lines, 0 lines are gone" in compress(now, since=before).text


def test_lines_that_came_once_more_are_new_once(listing: list[str]) -> None:
    now = "\n".join([*listing, listing[0]])
    assert "1 new lines, 0 lines are gone" in compress(now, since="\n".join(listing)).text


def test_one_new_error_in_a_long_known_output_is_shown_without_the_rest(listing: list[str]) -> None:
    now = "\n".join([*listing, "fatal: the store is gone"])
    lines = compress(now, command="./run", exit_code=1, since="\n".join(listing)).text.splitlines()
    assert lines[0] == "[sidecar: since the earlier output: 0 fixed, 0 still failing, 1 new]"
    assert "fatal: the store is gone" in lines
    assert len(lines) < 8


def test_of_many_that_still_fail_only_some_are_named(test_run: Run) -> None:
    now = test_run({f"test_blend_{number}": f"wanted {number}" for number in range(100)})
    text = compress(now, command="pytest", exit_code=1, since=now).text
    assert "0 fixed, 100 still failing, 0 new" in text
    assert text.count("\nstill failing: ") == 30
    assert "still failing, as before]" in text


@pytest.mark.parametrize("name", ["tsc/many", "eslint/stylish_many", "gcc/make_keep_going", "go_test/verbose_fails"])
def test_a_real_output_compared_with_itself_has_nothing_fixed_and_nothing_new(
    capture: Callable[[str], Any], name: str
) -> None:
    data, command, exit_code = capture(name)
    text = compress(data, command=command, exit_code=exit_code, since=data).text
    assert "since the earlier output: 0 fixed, " in text
    assert " still failing, 0 new]" in text


def test_what_else_a_compiler_said_is_marked_and_its_new_warnings_shown(capture: Callable[[str], Any]) -> None:
    """All of a compiler's output was told by the one error that was left, without a mark: 'nothing left out'."""
    data, command, exit_code = capture("gcc/make_keep_going")
    now = data.decode() + "ring.c:9:5: warning: unused variable ‘left’ [-Wunused-variable]\n"
    text = compress(now, command=command, exit_code=exit_code, since=data).text
    assert " still failing, 0 new]" in text
    assert "nothing left out" not in text
    assert "ring.c:9:5: warning: unused variable ‘left’ [-Wunused-variable]" in text
    assert "as before, or ordinary]" in text


def test_of_runs_that_pass_as_before_only_the_totals_are_told_again() -> None:
    """Each package of a monorepo had its list of passed tests told again after every fix."""
    passed = "".join(f"    ✔ pours tea {number}\n" for number in range(30))
    green = f"\n  shop\n{passed}\n\n  30 passing (12ms)\n\n"
    red = "  29 passing (9ms)\n  1 failing\n\n  1) cart\n       adds up:\n     Error: 3 !== 4\n      at cart.js:3:4\n"
    header = "\n> @shop/{0}@1.0.0 test\n> mocha\n\n"
    before = header.format("tea") + green + header.format("cart") + f"\n  cart\n    1) adds up\n\n{red}"
    text = compress(before, command="npm test --workspaces", exit_code=1, since=before).text
    assert "0 fixed, 1 still failing, 0 new" in text
    assert "  30 passing (12ms)" in text.split("\n")
    assert "pours tea" not in text


def test_one_new_error_among_known_warnings_is_shown_without_them(capture: Callable[[str], Any]) -> None:
    data, command, _ = capture("gcc/make_success_warnings")
    now = (
        data.decode()
        + "/usr/bin/ld: cart.o: undefined reference to `total'\ncollect2: error: ld returned 1 exit status\n"
    )
    text = compress(now, command=command, exit_code=2, since=data).text
    assert "undefined reference to `total'" in text
    assert "collect2: error: ld returned 1 exit status" in text
    assert "as before, or ordinary]" in text
    assert text.count("warning: ") == 0
