"""Test runs: nothing that failed is lost, nothing that failed reads as passing."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.compression import compress
from sidecar.compression.forms.tests import FORM
from sidecar.compression.promises import broken_promise
from sidecar.compression.shelf import load
from sidecar.compression.shorten import shorten
from sidecar.compression.vocabulary import Command, Form, Segment

CAPTURES = Path(__file__).parents[2] / "captures"
PYTEST = sorted((CAPTURES / "pytest").glob("*.txt"))
FAILED = [path for path in PYTEST if json.loads(path.with_suffix(".json").read_text())["exit_code"] not in {0, 5}]

Holds = Callable[[Form, Segment], None]
Read = Callable[..., Segment]
Printed = Callable[[Form, Segment], list[str]]
Mangled = Callable[[st.DataObject, Sequence[Path]], Segment]


@pytest.fixture
def shortened(read: Read, printed: Printed) -> Callable[[str], str]:
    return lambda name: "\n".join(printed(FORM, read(CAPTURES / "pytest" / f"{name}.txt")))


def of(text: str, exit_code: int | None = None) -> Segment:
    return Segment(text.removesuffix("\n").split("\n"), exit_code=exit_code)


@pytest.mark.parametrize("path", PYTEST, ids=lambda path: path.stem)
def test_every_capture_is_recognised_and_keeps_its_evidence(path: Path, holds: Holds, read: Read) -> None:
    run = read(path)
    assert FORM.recognise(run) >= 0.7
    holds(FORM, run)


@pytest.mark.parametrize("path", [path for path in PYTEST if path.stem != "usage_error"], ids=lambda path: path.stem)
def test_what_pytest_prints_is_known_without_the_command(path: Path, read: Read) -> None:
    assert FORM.recognise(read(path, hinted=False)) >= 0.5


@pytest.mark.parametrize("path", FAILED, ids=lambda path: path.stem)
def test_every_name_that_failed_is_still_there(path: Path, read: Read, printed: Printed) -> None:
    run = read(path)
    text = "\n".join(printed(FORM, run))
    for line in run.lines:
        if line.startswith(("FAILED ", "ERROR ")) and "::" in line:
            assert (line if len(line) <= 1_500 else line[:300]) in text


@pytest.mark.parametrize("path", FAILED, ids=lambda path: path.stem)
def test_a_failing_run_never_reads_as_passing(path: Path, read: Read, printed: Printed) -> None:
    run = read(path)
    text = "\n".join(printed(FORM, run)).lower()
    assert any(word in text for word in ("failed", "error", "fatal"))


def test_a_green_run_becomes_its_final_line_and_what_is_worth_knowing(shortened: Callable[[str], str]) -> None:
    lines = shortened("green_v").split("\n")
    assert lines[-1] == "============= 78 passed, 1 skipped, 1 xpassed, 4 warnings in 0.06s ============="
    assert "  /tmp/shop/tests/test_cart.py:34: DeprecationWarning: old_total is deprecated, use Cart.total" in lines
    assert any("SKIPPED (needs a printer)" in line for line in lines)
    assert len(lines) <= 10


def test_a_failing_test_keeps_its_name_marked_line_explanation_and_place(shortened: Callable[[str], str]) -> None:
    text = shortened("failures")
    assert (
        "FAILED extra/test_bad.py::test_total_is_wrong - AssertionError: ten percent o...\n"
        '>       assert cart.total(10) == 31, "ten percent of 28"\n'
        "E       AssertionError: ten percent of 28\n"
        "E       assert 30.8 == 31\n"
        "E        +  where 30.8 = total(10)\n"
    ) in text
    assert "extra/test_bad.py:29: AssertionError" in text
    assert 'cart.add("pot", 20)' not in text


def test_the_summary_s_line_stands_above_what_the_test_said_and_nowhere_else(shortened: Callable[[str], str]) -> None:
    lines = shortened("failures").split("\n")
    told = "FAILED extra/test_bad.py::test_leaks_and_fails - assert 3 == 4"
    assert lines[lines.index(told) :][:5] == [
        told,
        "leaky = 3",
        ">       assert leaky == 4",
        "E       assert 3 == 4",
        "extra/test_bad.py:71: AssertionError",
    ]
    assert lines.count(told) == 1
    method = "TestOld.test_raises: FAILED extra/test_bad.py::TestOld::test_raises - AssertionError: CartError no..."
    assert method in lines
    assert lines[-2].endswith("outcomes, told with the failures above]")


def test_a_summary_of_few_lines_stays_where_it_is(shortened: Callable[[str], str]) -> None:
    assert "\nFAILED extra/test_bad.py::test_total_is_wrong - " in shortened("failures_x").partition("summary info")[2]


def test_an_outcome_that_is_not_told_with_its_failure_is_lost(read: Read) -> None:
    run = read(CAPTURES / "pytest" / "failures.txt")
    blocks = [
        replace(block, shown=tuple(line for line in block.shown if "::test_chain" not in line))
        if block.shown
        else block
        for block in FORM.reduce(run)
    ]
    assert "test_chain" in broken_promise(run, blocks, FORM.evidence(run))


def test_a_comparison_that_the_assertion_quotes_is_not_told_again() -> None:
    text = "\n".join(
        [
            "=== FAILURES ===",
            "___ test_size ___",
            ">       assert size(10) == '1.0 ZB', 'a message that makes this a little longer than the marker is'",
            "E       AssertionError: assert '1.0 EB' == '1.0 ZB'",
            "E         ",
            "E         - 1.0 ZB",
            "E         ?   ^",
            "E         + 1.0 EB",
            "E         ?   ^",
            "E         - a line that the assertion does not quote",
            "",
            "tests/test_size.py:3: AssertionError",
            "=== 1 failed in 0.01s ===",
        ],
    )
    run = of(text, exit_code=1)
    shown = [line for block in FORM.reduce(run) for line in block.shown or run.lines[block.start : block.end]]
    assert "E         - 1.0 ZB" not in shown
    assert "E         - a line that the assertion does not quote" in shown
    assert not broken_promise(run, FORM.reduce(run), FORM.evidence(run))


def test_values_are_told_without_where_in_memory_they_were(shortened: Callable[[str], str]) -> None:
    text = shortened("failures")
    assert "E        +    where <built-in method isidentifier of str object> = 'a b'.isidentifier" in text
    assert "addresses" in text


def test_chained_exceptions_are_told_whole(shortened: Callable[[str], str]) -> None:
    text = shortened("failures")
    first = text.index("FileNotFoundError: [Errno 2] No such file or directory: '/nowhere/a'")
    cause = text.index("The above exception was the direct cause of the following exception:")
    last = text.index("E           shop.cart.CartError: no cart at /nowhere/a")
    assert first < cause < last


def test_of_captured_output_the_error_stays(shortened: Callable[[str], str]) -> None:
    text = shortened("failures")
    assert "ERROR: batch 17 was dropped: disk quota exceeded" in text
    assert "step 31: handled" not in text


def test_what_passed_is_named_once_for_each_file_with_its_first_parameters(shortened: Callable[[str], str]) -> None:
    text = shortened("green_v")
    assert (
        "78 passed: tests/test_cart.py::{test_an_empty_cart_costs_nothing test_a_total_is_the_sum test_rates[0 1 2"
        in text
    )
    assert "+24] test_refuses_none_of_a_thing" in text
    assert "test_cost[home-3 abroad-9]}" in text


def test_a_long_run_says_which_files_it_went_through(shortened: Callable[[str], str]) -> None:
    text = shortened("packaging_green")
    assert "12 files ran: tests/{test_elffile.py test_licenses.py" in text
    assert "platform linux -- Python 3.11.7, pytest-9.2.0" in text


def test_library_frames_go_and_the_frame_that_raised_stays(shortened: Callable[[str], str]) -> None:
    text = shortened("failures_full_trace")
    assert "/pluggy/" not in text
    assert "json/decoder.py:355: JSONDecodeError" in text
    assert ">       json.loads('{\"a\": [1, 2, }')" in text


def test_a_native_traceback_keeps_the_users_frames(shortened: Callable[[str], str]) -> None:
    text = shortened("failures_tb_native")
    assert '  File "/tmp/shop/shop/ship.py", line 6, in cost\n    base = {"home": 3, "abroad": 9}[zone]' in text
    assert "pluggy/_caller.py" not in text


def test_a_failure_without_a_name_that_was_said_before_is_said_once(shortened: Callable[[str], str]) -> None:
    """With `--tb=line` twenty-seven tests failed at one line of numpy."""
    text = shortened("same_error_line")
    assert text.count("_arraypad_impl.py:437: UnboundLocalError") == 1
    assert text.count("FAILED ::") == 27
    assert "27 failed, 35 passed" in text


def test_equal_failures_share_their_explanation_and_keep_their_own_assertions(shortened: Callable[[str], str]) -> None:
    text = shortened("same_error")
    for number in range(1, 27):
        assert f"FAILED same/test_orders.py::test_order_{number} - " in text
        assert f'>       assert cost([("x", {number})], "island") == {number + 3}' in text
        assert f"same/test_orders.py:{number * 4 + 2}: " in text
    assert "the same as in test_order_1" in text
    assert text.count('base = {"home": 3, "abroad": 9}[zone]') == 1


def test_a_collection_error_is_not_no_tests_collected(shortened: Callable[[str], str]) -> None:
    text = shortened("collection_errors")
    assert "E   ModuleNotFoundError: No module named 'shopfront'" in text
    assert "E   SyntaxError: invalid syntax" in text
    assert "ERROR broken/test_missing.py" in text
    assert "!!!!!!!!!!!!!!!!!!! Interrupted: 3 errors during collection !!!!!!!!!!!!!!!!!!!!" in text
    assert "no tests" not in text


def test_no_tests_ran_is_said_and_never_called_passing(shortened: Callable[[str], str]) -> None:
    assert "80 deselected in 0.02s" in shortened("no_tests")
    text = shortened("no_file")
    assert "no tests ran" in text
    assert "ERROR: file or directory not found: tests/test_gone.py" in text


def test_a_crash_keeps_the_test_it_happened_in(shortened: Callable[[str], str]) -> None:
    text = shortened("crash")
    assert "Fatal Python error: Segmentation fault" in text
    assert 'File "/tmp/shop/crash/test_crash.py", line 10 in test_segv' in text
    assert "pluggy" not in text


def test_an_internal_error_keeps_its_last_own_frame_and_its_message(shortened: Callable[[str], str]) -> None:
    text = shortened("internal_error")
    assert 'INTERNALERROR>   File "/tmp/shop/hook/conftest.py", line 5, in pytest_collection_finish' in text
    assert "INTERNALERROR> AttributeError: 'Session' object has no attribute 'nothing'" in text
    assert "_multicall" not in text


def test_an_interruption_is_told(shortened: Callable[[str], str]) -> None:
    text = shortened("interrupted")
    assert "KeyboardInterrupt !!!" in text
    assert "/tmp/shop/crash/test_interrupt.py:9: KeyboardInterrupt" in text


def test_coverage_keeps_what_is_not_covered_and_the_total(shortened: Callable[[str], str]) -> None:
    text = shortened("green_cov")
    assert "shop/cart.py          32      5    84%   31-32, 49-51" in text
    assert "TOTAL                 37      5    86%" in text
    assert "shop/ship.py" not in text
    assert "FAIL Required test coverage of 99% not reached. Total coverage: 91.89%" in shortened("failures_cov")


@pytest.mark.parametrize("lines", [30, 60, 120])
def test_a_run_cut_off_before_its_summary_names_every_test_that_failed_so_far(lines: int) -> None:
    printed = (CAPTURES / "pytest" / "failures_vv.txt").read_text(encoding="utf-8").splitlines(keepends=True)
    output = "".join(printed[:lines])
    failed = re.findall(r"^(\S+::.*?) (?:FAILED|ERROR) ", output, re.MULTILINE)
    assert len(failed) > 15
    told = compress(output, command=f"pytest -vv 2>&1 | head -{lines}", exit_code=0).text
    assert [name for name in failed if name not in told] == []


def test_a_run_cut_off_keeps_the_progress_that_tells_of_a_failure(printed: Printed) -> None:
    run = of(
        "============================= test session starts ==============================\n"
        "collected 108 items\n\n"
        + "".join(f"tests/test_{n}.py ......................  [ {n}%]\n" for n in range(30))
        + "tests/test_late.py ..F.\n",
        exit_code=124,
    )
    text = "\n".join(printed(FORM, run))
    assert "tests/test_late.py ..F." in text


def test_verbose_failures_stay_when_nothing_below_tells_them(printed: Printed) -> None:
    passed = "".join(f"tests/test_a.py::test_{n} PASSED    [ {n}%]\n" for n in range(40))
    run = of(passed + "tests/test_a.py::test_bad FAILED    [ 41%]\n" + passed, exit_code=137)
    assert FORM.recognise(run) == 0.0 or "test_bad FAILED" in "\n".join(printed(FORM, run))
    with_header = of("============================= test session starts =====\n" + run.text, exit_code=137)
    assert "tests/test_a.py::test_bad FAILED" in "\n".join(printed(FORM, with_header))


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22 12:07:31 INFO 3 passed, 1 failed in 2.1s of checks\n2026-11-22 12:07:32 INFO done\n",
        "docs/usage.rst:12:=========================== test session starts ============================\n",
        "Collecting requests\nSuccessfully installed requests-2.32.0\n",
        "commit 0123456789012345678901234567890123456789\n\n    Fix what failed\n",
        "",
    ],
)
def test_what_no_runner_printed_is_not_taken_for_tests(text: str) -> None:
    assert FORM.recognise(of(text)) < 0.5


def test_a_pytest_command_that_printed_something_else_is_not_tests() -> None:
    run = Segment(["Collecting pytest", "Successfully installed pytest-9.2.0"], command=Command(("pytest",)))
    assert FORM.recognise(run) == 0.0


def test_an_install_before_a_failing_run_does_not_swallow_it(read: Read) -> None:
    install = "Collecting pytest\n  Downloading pytest-9.2.0.whl (410 kB)\nSuccessfully installed pytest-9.2.0\n"
    run = read(CAPTURES / "pytest" / "failures.txt")
    result = shorten(install + run.text, shelf=load(), command="pip install pytest && pytest", exit_code=1)
    assert [part.fell_back for part in result.reduced] == ["", ""]
    for line in run.lines:
        if line.startswith(("FAILED ", "ERROR ")):
            assert line in result.text
    assert "25 failed, 81 passed" in result.text


def test_what_a_filter_left_of_a_run_is_still_its_failures_and_no_log() -> None:
    """`pytest | grep ERROR`: each line begins with a level, and each names another test."""
    lines = [f"ERROR tests/test_cart.py::test_uses[{i}] - RuntimeError: database refused" for i in range(40)]
    short = shorten(lines, shelf=load(), command="pytest -q | grep ^ERROR")
    assert [part.form for part in short.reduced] == ["tests"]
    assert short.text.split("\n") == lines


def test_a_test_that_prints_the_word_error_three_hundred_times_is_told_once(printed: Printed) -> None:
    printed_lines = "".join(f"ERROR not really {i}\n" for i in range(300))
    run = of(
        "=================================== FAILURES ===================================\n"
        "_________________________________ test_prints __________________________________\n"
        ">       assert False\nE       assert False\n\ntests/test_cart.py:22: AssertionError\n"
        "----------------------------- Captured stdout call -----------------------------\n"
        f"{printed_lines}"
        "=========================== short test summary info ============================\n"
        "FAILED tests/test_cart.py::test_prints - assert False\n"
        "============================== 1 failed in 0.01s ===============================\n",
        1,
    )
    text = "\n".join(printed(FORM, run))
    assert 1 <= text.count("ERROR not really") <= 4
    assert "FAILED tests/test_cart.py::test_prints - assert False" in text


def test_what_follows_a_quiet_run_is_read_by_itself() -> None:
    run = "F.              [100%]\nFAILED tests/test_a.py::test_b - assert 0\n1 failed, 1 passed in 0.15s\n"
    diff = (
        "diff --git a/a.txt b/a.txt\nindex 1c9..4b0 100644\n--- a/a.txt\n+++ b/a.txt\n@@ -1,2 +1,2 @@\n 1\n-2\n+two\n"
    )
    short = shorten(run + diff, shelf=load(), command="pytest -q; git diff")
    assert [part.form for part in short.reduced] == ["tests", "diff"]


def test_lines_before_the_header_are_kept(read: Read, printed: Printed) -> None:
    run = of("setting up the database took 3 s\n" + read(CAPTURES / "pytest" / "green.txt").text)
    assert "setting up the database took 3 s" in "\n".join(printed(FORM, run))


GRAMMAR = [
    "E   x",
    "E",
    "> y",
    "=== FAILURES ===",
    "_ a _",
    "",
    "a.py:1: E",
    "_ _ _",
    "___",
    "--- Captured x ---",
    "a.py:3: in f",
    "    z",
    "FAILED a.py::b",
    "=== 1 failed in 1s ===",
    "!!! x !!!",
    "INTERNALERROR> ValueError: x",
    '  File "x.py", line 3, in f',
    "a.py::b FAILED [ 3%]",
    "==",
    "Traceback (most recent call last):",
    "ValueError: x",
    "=== warnings summary ===",
    "  a.py:3: UserWarning: x",
    "TOTAL 3 3 0%",
    "=== XFAILURES ===",
    "=== test session starts ===",
]

MUTABLE = [path for path in PYTEST if path.stat().st_size < 30_000]


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_a_mangled_capture_keeps_its_evidence(data: st.DataObject, mangled: Mangled, holds: Holds) -> None:
    holds(FORM, mangled(data, MUTABLE))


def test_an_outcome_stays_in_its_place_where_its_heading_is_no_failures(read: Read, holds: Holds) -> None:
    lines = list(read(CAPTURES / "pytest" / "failures.txt").lines)
    heading = next(index for index, line in enumerate(lines) if line.startswith("___") and " test_explicit " in line)
    lines.insert(heading, "=============================== warnings summary ===============================")
    holds(FORM, Segment(lines))


@settings(max_examples=100, deadline=None)
@given(lines=st.lists(st.sampled_from(GRAMMAR), max_size=40))
def test_any_order_of_its_lines_is_read_without_harm(lines: list[str], holds: Holds) -> None:
    holds(FORM, Segment(lines))


def test_each_failure_can_be_asked_for_by_its_node_id(read: Read) -> None:
    run = read(CAPTURES / "pytest" / "failures.txt")
    failures = [part for part in FORM.parts(run) if part.kind in {"failure", "error"}]
    named = [line for line in run.lines if line.startswith(("FAILED ", "ERROR ")) and "::" in line]
    assert [part.said for part in failures if part.said in named]
    assert {part.said for part in failures} >= set(named)
    assert all(part.end > part.start for part in failures)


def test_later_failures_of_one_error_and_place_are_told_by_their_names() -> None:
    failed = [
        f"_____ test_x[{n}] _____\ntests/test_x.py:{line}: in test_x\n    assert f({source}) == 3\n"
        "E   AssertionError: boom\n"
        "----- Captured stdout setup -----\n"
        f"server for test_x[{n}] listens on port 40{n}1"
        for n, (line, source) in enumerate([(4, "a"), (9, "b"), (9, "b"), (9, "b"), (12, "c"), (9, "b")])
    ]
    ends = [f"FAILED tests/test_x.py::test_x[{n}] - AssertionError: boom" for n in range(6)]
    run = of(
        "===== FAILURES =====\n"
        + "\n".join([*failed, "===== short test summary info =====", *ends, "=== 6 failed in 1.0s ==="]),
        1,
    )
    told = shorten(run.lines, shelf=load(), command="pytest --tb=short", exit_code=1).text
    assert told.count("tests/test_x.py:9: in test_x") == 2  # again behind the one at another place
    assert told.count("listens on port") == 1
    assert all(end in told for end in ends)


def test_what_tests_logged_in_the_same_words_stays_once_and_every_new_frame_of_the_users(
    shortened: Callable[[str], str],
) -> None:
    told = shortened("logs_tb_line")
    assert told.count("Traceback (most recent call last):") < 12
    assert '  File "/tmp/shop/svc/svc.py", line 16, in place' in told
    assert told.count("/tmp/shop/svc/svc.py:8: svc.StockError: sku-") > 15


def test_what_each_test_logs_live_in_the_same_words_stays_the_first_times() -> None:
    told = [
        line
        for number in range(20)
        for line in (
            "---------- live log call ----------",
            f"INFO     shop:shop.py:6 order {number} comes in",
            f"ERROR    shop:shop.py:9 order {number} has no price",
            "PASSED                                    [ 50%]" if number != 7 else "FAILED                [ 50%]",
        )
    ]
    failure = (
        "____ test_order[7] ____\n>   assert f() == 3\nE   AssertionError: boom\ntests/test_shop.py:9: AssertionError"
    )
    run = ["===== test session starts =====", *told, "===== FAILURES =====", *failure.split("\n")]
    end = ["===== short test summary info =====", "FAILED tests/test_shop.py::test_order[7] - AssertionError: boom"]
    text = "\n".join([*run, *end, "=== 1 failed, 19 passed in 1.0s ==="])
    printed = shorten(text, shelf=load(), command="pytest -v", exit_code=1).text
    assert printed.count("comes in") == 3
    assert "E   AssertionError: boom" in printed


@pytest.mark.parametrize("name", ["sugar", "sugar_short"])
def test_what_failed_under_pytest_sugar_stays_and_its_bars_go(shortened: Callable[[str], str], name: str) -> None:
    raw = (CAPTURES / "pytest" / f"{name}.txt").read_text(encoding="utf-8")
    text = shortened(name)
    told = [line for line in raw.split("\n") if line.startswith(("         - ", "E   ")) and line.strip("E ?-+^")]
    assert len(told) > 5
    assert [line for line in told if line.startswith(" ") and line not in text] == []
    assert [line for line in told if "Error: " in line and line not in text] == []
    assert "✓" not in text
    assert len(text) < len(raw) / 2


def test_a_failure_is_not_told_by_pointing_above_the_beginning_of_its_run(read: Read, holds: Holds) -> None:
    """The end of one run in turns with another: the outcome of a test was nowhere in the second."""
    one = read(CAPTURES / "pytest" / "failures_locals.txt").lines[359:414]
    other = read(CAPTURES / "pytest" / "collection_continue.txt").lines
    holds(FORM, Segment([*one[:40], *other[:40], *one[40:], *other[40:]]))
    heading = read(CAPTURES / "pytest" / "failures_tb_short.txt").lines[31]
    holds(FORM, Segment([heading, *read(CAPTURES / "pytest" / "failures_tb_line.txt").lines]))


def test_a_subtest_that_failed_in_its_own_is_named_by_that() -> None:
    output = (CAPTURES / "go_test" / "quicktest_fails.txt").read_text()
    text = compress(output, command="go test ./...", exit_code=1).text
    assert "--- FAIL: TestStringMapBool (0.00s)" in text
    assert "--- FAIL: TestStringMapBool/#06/Value/ToType (0.00s)" in text
    assert "--- FAIL: TestStringMapBool/#06/Value (0.00s)" not in text


def test_what_stands_around_a_difference_is_no_part_of_it() -> None:
    output = (CAPTURES / "go_test" / "quicktest_fails.txt").read_text()
    text = compress(output, command="go test ./...", exit_code=1).text
    assert re.search(r"- \tmap\[string\]bool\{\},\n +\)\n +got:\n +map\[string\]bool\{\}\n +want:\n +nil\n", text)


def test_a_quiet_green_run_of_more_than_a_minute_is_one() -> None:
    """Pytest then tells the time a second time, in minutes: its last line ends with a bracket."""
    dots = "".join(f"{'.' * 72} [{share:3}%]\n" for share in range(8, 100, 8))
    result = compress(f"{dots}853 passed in 70.18s (0:01:10)\n", command="make check", exit_code=0)
    assert result.forms == ("tests",)
    assert result.text.split("\n")[-2] == "853 passed in 70.18s (0:01:10)"


def test_the_rule_above_a_table_of_coverage_names_no_failing_test() -> None:
    """pytest-cov 7 heads its table as pytest heads a failure: `___ coverage: platform linux ... ___`."""
    dots = "".join(f"{'.' * 72} [{share:3}%]\n" for share in range(8, 100, 8))
    table = (
        "================================ tests coverage ================================\n"
        "_______________ coverage: platform linux, python 3.11.7-final-0 ________________\n\n"
        "Name                       Stmts   Miss  Cover\n----------------------------------------------\n"
        "shop/cart.py                  29      3    90%\n----------------------------------------------\n"
        "TOTAL                         29      3    90%\n853 passed in 7.18s\n"
    )
    result = compress(dots + table, command="pytest -q --cov", exit_code=0)
    assert result.shortened.parts == ()
    assert "TOTAL                         29      3    90%" in result.text


def test_every_step_of_the_users_to_what_a_conftest_could_not_import_stays() -> None:
    steps = [f"src/shop/part{n}.py:{n}: in <module>\n    from . import part{n + 1}" for n in range(10)]
    library = "/usr/lib/python3/dist-packages/kettle/boot.py:3: in boot\n    settle(everything)"
    raised = "E   AttributeError: partially initialized module 'shop' has no attribute 'part10'"
    output = "\n".join(("ImportError while loading conftest '/tmp/shop/conftest.py'.", *steps, *[library] * 9, raised))
    text = compress(output, command="pytest -q", exit_code=4).text
    assert all(step in text for step in steps)
    assert raised in text
    assert "settle(everything)" not in text


def test_with_v_what_a_go_test_logged_stands_below_its_own_name_not_the_one_that_failed_before() -> None:
    passed = "".join(f"=== RUN   TestHolds{n}\n--- PASS: TestHolds{n} (0.00s)\n" for n in range(30))
    failed = "".join(
        f"=== RUN   Test{name}\n    cart_test.go:{n}: got {n}, want 8\n--- FAIL: Test{name} (0.00s)\n{passed}"
        for n, name in enumerate(("Adds", "Rounds"), 4)
    )
    text = compress(f"{failed}FAIL\nFAIL\texample.com/cart\t0.02s\n", command="go test -v ./...", exit_code=1).text
    assert "=== RUN   TestAdds\n    cart_test.go:4: got 4, want 8\n--- FAIL: TestAdds (0.00s)" in text
    assert "=== RUN   TestRounds\n    cart_test.go:5: got 5, want 8\n--- FAIL: TestRounds (0.00s)" in text
    assert "=== RUN   TestHolds" not in text
