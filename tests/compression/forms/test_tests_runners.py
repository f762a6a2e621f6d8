"""The runners beside pytest: each capture keeps what failed, nothing that failed reads as passing."""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.compression import compress
from sidecar.compression.forms.tests import FORM, names
from sidecar.compression.shelf import load
from sidecar.compression.shorten import shorten
from sidecar.compression.vocabulary import Form, Rank, Segment

CAPTURES = Path(__file__).parents[2] / "captures"
FAMILIES = (
    "cargo_test",
    "ctest",
    "go_test",
    "gradle_test",
    "gtest",
    "junit",
    "maven_test",
    "nextest",
    "tox",
    "unittest",
)
NOT_RUNS = {"test_compile_fails", "no_such_test", "compile_fails", "up_to_date"}
ALL = [path for family in FAMILIES for path in sorted((CAPTURES / family).glob("*.txt"))]
RUNS = [path for path in ALL if path.stem not in NOT_RUNS]
FAILED = [path for path in RUNS if json.loads(path.with_suffix(".json").read_text())["exit_code"]]

Holds = Callable[[Form, Segment], None]
Read = Callable[..., Segment]
Printed = Callable[[Form, Segment], list[str]]
Mangled = Callable[[st.DataObject, Sequence[Path]], Segment]


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.fixture
def shortened(read: Read, printed: Printed) -> Callable[[str], str]:
    return lambda name: "\n".join(printed(FORM, read(CAPTURES / f"{name}.txt")))


@pytest.mark.parametrize("path", RUNS, ids=named)
def test_every_run_is_known_without_its_command_and_keeps_its_evidence(path: Path, holds: Holds, read: Read) -> None:
    run = read(path, hinted=False)
    assert FORM.recognise(run) >= 0.9
    holds(FORM, run)


@pytest.mark.parametrize("path", [path for path in ALL if path.stem in NOT_RUNS], ids=named)
def test_a_build_that_ran_no_tests_is_no_test_run(path: Path, read: Read) -> None:
    assert FORM.recognise(read(path)) == 0.0


@pytest.mark.parametrize("path", FAILED, ids=named)
def test_a_failing_run_never_reads_as_passing(path: Path, read: Read, printed: Printed) -> None:
    text = "\n".join(printed(FORM, read(path))).lower()
    assert any(word in text for word in ("fail", "error", "no tests ran", "no tests were found"))


@pytest.mark.parametrize("path", FAILED, ids=named)
def test_each_failure_can_be_asked_for_by_name(path: Path, read: Read, printed: Printed) -> None:
    run = read(path)
    text = "\n".join(printed(FORM, run))
    for part in FORM.parts(run):
        assert 0 <= part.start < part.end <= len(run.lines)
        assert part.said
        assert part.label.split(".")[-1].split(" ")[-1] in text


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_whatever_accidents_leave_of_runs_nothing_promised_is_lost(
    data: st.DataObject, holds: Holds, mangled: Mangled
) -> None:
    holds(FORM, mangled(data, RUNS))


def test_cargo_keeps_the_panic_its_place_and_both_sides(shortened: Callable[[str], str]) -> None:
    text = shortened("cargo_test/backtrace")
    assert "panicked at tests/api.rs:8:5:\nassertion `left == right` failed: quotes differ\n  left: Quote" in text
    assert "./tests/api.rs" not in text, "two frames that say the panic's place again, and the closure it is in"
    assert "/rustc/" not in text
    assert "test result: FAILED. 48 passed; 6 failed; 0 ignored; 0 measured; 0 filtered out;" in text
    assert "test money/src/lib.rs - add (line 8) ... FAILED" in text


def test_a_test_that_panicked_in_its_own_body_has_no_backtrace_that_says_so_again(
    shortened: Callable[[str], str],
) -> None:
    text = shortened("cargo_test/proptest_insta")
    assert re.search(r"thread 'totals_of_1' \(\d+\) panicked at tests/carts.rs:22:28:", text) is not None
    assert "at ./tests/carts.rs:22:28" not in text
    assert "at ./tests/carts.rs:16:31" in text, "of a panic in a library the user's frame is the only place"
    assert "minimal failing input: n = 0, p = 0" in text


def test_passed_names_are_listed_under_what_they_share(shortened: Callable[[str], str]) -> None:
    text = shortened("nextest/textwrap_green")
    assert "153 passed: textwrap " in text
    assert "core::tests::{" in text


def test_go_keeps_what_a_failed_test_logged_and_not_what_passed_ones_did(shortened: Callable[[str], str]) -> None:
    text = shortened("go_test/packages_verbose")
    assert "    cart_test.go:23: Total([3 4]) = 7, want 8" in text
    assert '         want: "bbbb"' in text
    assert "describing nothing" not in text


def test_go_keeps_builds_that_failed_inside_a_run(shortened: Callable[[str], str]) -> None:
    for name in ("packages_fail", "json_fails"):
        text = shortened(f"go_test/{name}")
        assert "broken/broken_test.go:7:11: undefined: missing" in text
        assert "FAIL\texample.com/gw/broken [build failed]" in text


def test_a_panic_a_race_and_a_timeout_keep_the_users_frames(shortened: Callable[[str], str]) -> None:
    assert "/tmp/gw/cart/cart.go:17" in shortened("go_test/panics")
    race = shortened("go_test/race")
    assert "WARNING: DATA RACE" in race
    assert "/tmp/gw/race/race.go:11 +0x7d" in race
    late = shortened("go_test/times_out")
    assert "panic: test timed out after 2s" in late
    assert "/tmp/gw/cart/cart_test.go:58" in late
    assert "/usr/local/go/src/runtime/time.go" not in late


def test_unittest_keeps_name_own_frame_and_changed_lines(shortened: Callable[[str], str]) -> None:
    text = shortened("unittest/verbose_fails")
    assert "FAIL: test_long_text (tests.test_broken.BrokenTest.test_long_text)" in text
    assert '  File "/tmp/stall/tests/test_broken.py", line 27, in test_long_text' in text
    assert "- line 17\n+ line seventeen\n" in text
    assert "  line 4\n" not in text
    assert "FAILED (failures=3, errors=6, skipped=5, expected failures=1, unexpected successes=1)" in text


def test_surefire_keeps_what_was_thrown_and_where_in_own_code(shortened: Callable[[str], str]) -> None:
    text = shortened("maven_test/fails")
    assert "org.opentest4j.AssertionFailedError: expected: <499> but was: <500>" in text
    assert "\tat com.acme.ledger.BrokenTest.balanceAfterFee(BrokenTest.java:7)" in text
    assert "at org.junit.jupiter" not in text
    assert "[ERROR] Tests run: 55, Failures: 3, Errors: 3, Skipped: 6" in text


def test_gradle_keeps_what_went_wrong(shortened: Callable[[str], str]) -> None:
    text = shortened("gradle_test/stacktrace")
    assert "* What went wrong:\nExecution failed for task ':test'." in text
    assert ":test FAILED" in text
    assert text.count("org.gradle.") < 12


def test_ctest_keeps_its_list_of_failures_and_why_each_failed(shortened: Callable[[str], str]) -> None:
    text = shortened("ctest/fails_output")
    assert "86% tests passed, 8 tests failed out of 57" in text
    assert "\t 55 - plain_segfaults (SEGFAULT)" in text
    assert "***Timeout" in text
    assert "plain.cpp:13: check failed: level == 3" in text


def test_what_a_gtest_binary_counts_inside_ctest_is_said_once(shortened: Callable[[str], str]) -> None:
    text = shortened("ctest/fails_output")
    assert text.count("[==========] 1 test from 1 test suite ran.") == 1
    assert text.count("[  PASSED  ] 0 tests.") == 1
    assert text.count(" 1 FAILED TEST") == 1


def test_a_report_keeps_each_failures_message_once(shortened: Callable[[str], str]) -> None:
    text = shortened("junit/surefire_xml")
    assert 'message="expected: &lt;499&gt; but was: &lt;500&gt;"' in text
    assert "java.home" not in text


def test_a_report_quotes_a_message_once_where_its_text_says_it_too(shortened: Callable[[str], str]) -> None:
    text = shortened("junit/vitest")
    said = "AssertionError: expected 6.09 to be 6.08 // Object.is equality"
    assert f"<failure>{said}" in text
    assert text.count("expected 6.09 to be 6.08") == 1
    assert 'name="invoices &gt; rounds 6.085 to cents"' in text
    assert "vitest/invoices.test.js:32:5" in text


def test_a_report_shows_every_failures_own_differences(shortened: Callable[[str], str]) -> None:
    told = (CAPTURES / "junit" / "vitest.txt").read_text().count("+       &quot;city&quot;: &quot;Cork&quot;,")
    assert shortened("junit/vitest").count("+       &quot;city&quot;: &quot;Cork&quot;,") == told > 1


@pytest.mark.parametrize("name", ["vitest", "mocha", "node", "bun"])
def test_a_report_names_every_failing_test(shortened: Callable[[str], str], name: str) -> None:
    cases = re.findall(r"<testcase\b([^>]*)>\s*<(?:failure|error)", (CAPTURES / "junit" / f"{name}.txt").read_text())
    assert cases
    text = shortened(f"junit/{name}")
    for case in cases:
        assert re.search(r'\bname="[^"]*"', case)[0] in text  # type: ignore[index]


def test_what_testify_compared_stays_for_every_case_that_failed_in_one_helper(shortened: Callable[[str], str]) -> None:
    raw = (CAPTURES / "go_test" / "testify_helpers.txt").read_text()
    values = re.findall(r"\t((?:expected|actual  ): .*)", raw)
    assert len(set(values)) > 15
    text = shortened("go_test/testify_helpers")
    assert [value for value in values if value not in text] == []
    assert "/tmp/market/go/zap/zapcore/json_encoder_impl_test.go:286" in text


def test_who_called_an_assertion_is_said_once_for_those_reached_the_same_way(shortened: Callable[[str], str]) -> None:
    """Assertions inside a handler of gin, each below five frames of its router."""
    raw = (CAPTURES / "go_test" / "testify_callers.txt").read_text()
    assert raw.count("/gin.go:633\n") == 9
    text = shortened("go_test/testify_callers")
    assert text.count("/gin.go:633") == 3
    assert all(place in text for place in re.findall(r"^    (routes_test\.go:\d+):", raw, re.MULTILINE))
    assert 'routes_test.go:289: Not equal: | expected: "smith" | actual  : "smith!"' in text


def test_each_of_many_logs_of_a_failed_go_test_stays_by_its_first_line(shortened: Callable[[str], str]) -> None:
    raw = (CAPTURES / "go_test" / "many_logs.txt").read_text()
    cases = re.findall(r"testutil\.go:226: =+ case \d+ =+", raw)
    assert len(cases) > 20
    text = shortened("go_test/many_logs")
    assert [case for case in cases if case not in text] == []
    assert "testutil.go:226: ============= case 357 ================\n        Markdown:" in text


def test_a_bound_may_drop_the_names_of_passed_tests_first(read: Read) -> None:
    blocks = FORM.reduce(read(CAPTURES / "go_test" / "green_verbose_std.txt"))
    assert any(block.rank is Rank.CONTENT and block.shown and " passed: " in block.shown[0] for block in blocks)


def test_a_title_of_several_words_is_not_taken_apart() -> None:
    assert names.listed("2 passed", ["cart > adds one item", "cart > adds two items"]) == [
        "2 passed: cart > {adds one item | adds two items}"
    ]


def test_a_diff_that_an_earlier_failure_shows_too_is_shown_once(shortened: Callable[[str], str]) -> None:
    text = shortened("phpunit/red_large")
    assert text.count("-    'total' => 5") == 1
    assert "6) CurrencyTest::testRejectsTheLastPage" in text
    assert "/tmp/shop/php/red/CurrencyTest.php:8" in text
    assert "lines shown above" in text


def test_totals_of_binaries_without_tests_stay_once_with_their_number(shortened: Callable[[str], str]) -> None:
    text = shortened("cargo_test/semver_fails")
    empty = "test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out"
    assert text.count(empty) == 1


def test_a_changed_line_without_a_space_after_its_sign_is_no_unchanged_line() -> None:
    same = [f"  line {number}" for number in range(30)]
    report = ["1) CartTest::testText", "Failed asserting that two strings are identical.", "--- Expected", "+++ Actual"]
    diff = ["@@ @@", *same, "-two", "+2", *same, "-[{", "+[]", *same]
    lines = [
        "PHPUnit 9.6.7 by Sebastian Bergmann and contributors.",
        "",
        "There was 1 failure:",
        "",
        *report,
        *diff,
        "",
        "/tmp/shop/CartTest.php:8",
        "",
        "FAILURES!",
        "Tests: 1, Assertions: 1, Failures: 1.",
    ]
    text = shorten(lines, shelf=load(), command="phpunit", exit_code=1).text
    assert "\n-two\n+2\n" in text
    assert "\n-[{\n+[]\n" in text
    assert "line 15" not in text


def test_what_a_failed_go_test_logged_stays_and_of_a_huge_line_only_the_middle_goes() -> None:
    said = "    router_test.go:41: &Route{" + "Path:/cart Name:cart " * 40 + "} is another route"
    huge = "    router_test.go:44: body was <html>" + "<p>row</p>" * 400 + "</html> end of body"
    output = "\n".join(
        (
            "--- FAIL: TestRoute (0.00s)",
            said,
            "--- FAIL: TestBody (0.00s)",
            huge,
            "FAIL",
            "FAIL\texample.com/shop\t0.005s",
            *(f"ok  \texample.com/shop/part{number}\t0.004s" for number in range(60)),
            "FAIL\n",
        )
    )
    result = compress(output, command="go test ./...", exit_code=1)
    assert result.faults == ()
    assert said in result.text
    assert huge not in result.text
    assert "router_test.go:44: body was <html>" in result.text
    assert "</html> end of body" in result.text
    assert re.search(r"\[\.\.\. \d+ characters\]", result.text)


def test_a_total_of_cargo_that_ran_into_a_passed_test_is_no_passed_test() -> None:
    """Found by fuzzing: two processes that write at once."""
    mixed = "test result: ok. 19 passed; 0 failed; 0 ignored; 0 measured; 0 fil wrapper::Duration (line 18) ... ok"
    names = [f"test cart::adds_{number} ... ok" for number in range(40)]
    output = "\n".join(
        ("running 41 tests", *names, "", mixed, *names, "", "test result: ok. 41 passed; 0 failed; 0 ignored\n")
    )
    result = compress(output, command="cargo test", exit_code=0)
    assert result.faults == ()
    assert mixed in result.text


def test_an_error_that_an_earlier_failure_has_is_pointed_at_beside_the_title_and_its_own_place() -> None:
    error = '     Error: expected 200 "OK", got 500 "Internal Server Error"\n'
    frame = (
        "      at Context.<anonymous> (test/cart.js:{}:6)\n      at process.processImmediate (node:internal/timers:1)\n"
    )
    other = "     Error: expected 404, got 500 by the shop\n"
    failures = [("adds", error, 10), ("removes", error, 20), ("counts", other, 30), ("clears", error, 20)]
    told = (
        f"  {number}) Cart\n       in a shop\n         {title}:\n{said}{frame.format(line)}\n"
        for number, (title, said, line) in enumerate(failures, 1)
    )
    result = compress(f"\n  3 passing (5s)\n  4 failing\n\n{''.join(told)}", command="mocha", exit_code=4)
    assert result.faults == ()
    assert result.text.count('got 500 "Internal') == 1
    assert "  2) Cart > in a shop > removes: same as 1), test/cart.js:20:6\n" in result.text
    assert "  3) Cart > in a shop > counts:\n     Error: expected 404" in result.text
    assert "  4) Cart > in a shop > clears: same as 2)\n" in result.text


def test_a_failure_is_not_said_to_be_the_same_as_one_of_an_earlier_list_that_counts_from_1_too() -> None:
    said = 'Error: Class "Cart" not found in the shop of the town by the river on the hill\n\n/app/tests/{}.php:{}\n\n'

    def failures(of: str, line: int) -> str:
        return "".join(f"{n}) {of}::testStep{n}\n{said.format(of, line + n)}" for n in range(1, 5))

    output = (
        "PHPUnit 9.6.0 by Sebastian Bergmann\n\nThere were 4 errors:\n\n"
        f"{failures('CartTest', 9)}--\n\nThere were 4 failures:\n\n{failures('TaxTest', 20)}"
        "ERRORS!\nTests: 9, Assertions: 9, Errors: 4, Failures: 4.\n"
    )
    text = compress(output, command="phpunit", exit_code=2).text
    assert "2) CartTest::testStep2: same as 1), /app/tests/CartTest.php:11\n" in text
    assert "1) TaxTest::testStep1\nError: Class" in text
    assert "4) TaxTest::testStep4: same as 1), /app/tests/TaxTest.php:24\n" in text


def test_what_a_go_test_logged_twice_but_for_addresses_is_shown_once_and_so_is_its_dump() -> None:
    dump = "    cart_test.go:18: (path {}) should match:\n        Request: &http.Request{{URL:(0x{}), {} End:nil}}\n"
    fields = "Form:url.Values(nil) " * 30
    logged = [dump.format(*words, fields) for words in (("one", "33"), ("one", "4f"), ("two", "5a"))]
    output = (
        f"=== RUN   TestPath\n{''.join(logged)}--- FAIL: TestPath (0.00s)\nFAIL\nFAIL\texample.com/shop\t0.1s\nFAIL\n"
    )
    result = compress(output, command="go test -v ./...", exit_code=1)
    assert result.faults == ()
    assert result.text.count("(path one) should match:") == 1
    assert logged[0] in result.text
    assert "(path two) should match:" in result.text
    assert result.text.count("Request: &http.Request") == 1
    assert "values like ones above" in result.text


@pytest.mark.parametrize(("count", "is_whole"), [(40, True), (90, False)])
def test_of_a_comparison_with_many_changed_lines_the_first_and_the_last_stay(count: int, is_whole: bool) -> None:
    changed = [f"+  ({number}, 'berth {number * 7919}')," for number in range(count)]
    output = "\n".join(
        [
            "F",
            "=" * 70,
            "FAIL: test_berths (tests.test_quay.QuayTest.test_berths)",
            "-" * 70,
            "Traceback (most recent call last):",
            '  File "/tmp/quay/tests/test_quay.py", line 9, in test_berths',
            "    self.assertEqual(berths(), EXPECTED)",
            f"AssertionError: Lists differ: [] != [(0, 'berth 0'), (1, 'berth 7919'[{count * 20} chars])]",
            "",
            *changed,
            "",
            "-" * 70,
            "Ran 1 test in 0.002s",
            "",
            "FAILED (failures=1)",
        ]
    )
    text = compress(output, command="python -m unittest", exit_code=1).text
    assert all(line in text for line in (*changed[:24], *changed[-6:]))
    assert (changed[30] in text) is is_whole
    assert ("more of the comparison" in text) is not is_whole


def test_a_sample_of_the_passed_tests_tells_how_many_passed_before_how_many_it_names() -> None:
    passed = "".join(f"    ✔ sums up the prices of basket {number * 7919} of the shop\n" for number in range(200))
    output = (
        f"  Cart\n{passed}    1) fails\n\n  200 passing (5s)\n  1 failing\n\n  1) Cart\n       fails:\n     Error: no\n"
    )
    text = compress(output, command="mocha", exit_code=1).text
    assert re.search(r"^200 passed, \d+ of them named: Cart > ", text, re.MULTILINE)


def test_what_unittest_buffered_stands_with_its_test_and_not_among_the_dots_too() -> None:
    printed = "".join(f"basket {number:03} holds three cups and a plate\n" for number in range(40))
    output = (
        f".....F\nStdout:\n{printed}..\n{'=' * 70}\nFAIL: test_sum (tests.test_cart.CartTest.test_sum)\n{'-' * 70}\n"
        'Traceback (most recent call last):\n  File "/app/tests/test_cart.py", line 5, in test_sum\n'
        f"    self.assertEqual(3, 4)\nAssertionError: 3 != 4\n\nStdout:\n{printed}\n{'-' * 70}\n"
        "Ran 8 tests in 0.002s\n\nFAILED (failures=1)\n"
    )
    result = compress(output, command="python -m unittest -b", exit_code=1)
    assert result.faults == ()
    assert result.text.count("basket 001 holds") == 1
    assert result.text.index("basket 001 holds") > result.text.index("AssertionError: 3 != 4")


def test_what_two_failed_go_tests_logged_in_the_same_words_stays_with_both() -> None:
    logged = "    cart_test.go:18: the shop is closed on Sundays and on holidays\n"
    steps = "".join(
        f"=== RUN   Test{name}\n=== RUN   Test{name}/first\n{logged}{logged}"
        f"--- FAIL: Test{name} (0.00s)\n    --- FAIL: Test{name}/first (0.00s)\n"
        for name in ("Open", "Close", "Sell", "Return")
    )
    text = compress(f"{steps}FAIL\nFAIL\texample.com/shop\t0.1s\nFAIL\n", command="go test -v", exit_code=1).text
    assert text.count("closed on Sundays") == 4


def test_testifys_assertions_stand_behind_their_places_and_one_said_before_points_there(
    shortened: Callable[[str], str],
) -> None:
    told = shortened("go_test/testify_fail")
    assert "    /tmp/w/viper/overrides_test.go:42: Not equal: | expected: int(4) | actual  : <nil>(<nil>)\n" in told
    assert "    /tmp/w/viper/overrides_test.go:44: same as overrides_test.go:42\n" in told
    assert "Error Trace:\t/tmp/w/viper" not in told
    traced = re.findall(r"Error Trace:\t(\S+)", (CAPTURES / "go_test" / "testify_fail.txt").read_text())
    assert [place for place in traced if place not in told] == []  # with their folder, for the next command
    assert " | /tmp/w/viper/overrides_test.go:45\n" in told  # who called the helper that failed


def test_what_a_server_under_a_go_test_logs_stays_twice_and_a_failed_tests_words_stay_whole(
    shortened: Callable[[str], str],
) -> None:
    told = shortened("go_test/server_logs_fail")
    assert told.count("http: TLS handshake error") < 12
    assert (
        'contain "failed to find any PEM data in certificate input", got "Get \\"https://127.0.0.1:35067\\": tls: '
        "failed to verify certificate: x509: certificate signed by unknown authority (possibly because of"
    ) in told


def test_a_comparison_that_the_error_quotes_goes_and_of_others_the_marks() -> None:
    output = "\n".join(
        (
            "=" * 70,
            "FAIL: test_step (tests.test_forms.FormTest.test_step)",
            "-" * 70,
            "Traceback (most recent call last):",
            '  File "/src/tests/test_forms.py", line 19, in test_step',
            "    self.assertEqual(f.attrs(), {'step': '1e-19'})",
            "AssertionError: {'step': '1E-19'} != {'step': '1e-19'}",
            "- {'step': '1E-19'}",
            "?            ^",
            "",
            "+ {'step': '1e-19'}",
            "?            ^",
            "",
            "",
            "=" * 70,
            "FAIL: test_text (tests.test_forms.FormTest.test_text)",
            "-" * 70,
            "Traceback (most recent call last):",
            '  File "/src/tests/test_forms.py", line 29, in test_text',
            "    self.assertEqual(f.text(), 'one\\ntwo')",
            "AssertionError: 'one\\ntvo' != 'one\\ntwo'",
            "  one",
            "- tvo",
            "?  ^",
            "+ two",
            "?  ^",
            "",
            "-" * 70,
            "Ran 2 tests in 0.001s",
            "",
            "FAILED (failures=2)",
        )
    )
    told = shorten(output, shelf=load(), command="python -m unittest", exit_code=1).text
    assert "- {'step'" not in told
    assert "AssertionError: {'step': '1E-19'} != {'step': '1e-19'}" in told
    assert "  one\n- tvo\n+ two\n" in told


@pytest.mark.parametrize("name", ["fails", "shuffled"])
def test_two_runs_of_googletest_that_compared_texts_are_no_diff_of_words(name: str) -> None:
    """Its rulers, `[----------]`, were words taken away: from the second hunk on, all below was a hunk's."""
    output = (CAPTURES / "gtest" / f"{name}.txt").read_text("utf-8")
    short = shorten(output * 2, shelf=load())
    assert "diff" not in {one.form for one in short.reduced}
    assert short.faults == ()
    assert "[  FAILED  ] GaugeTest.FillsTwice" in short.text


def test_goroutines_that_wait_alike_when_a_test_of_go_times_out_are_told_once() -> None:
    waiting = (
        "goroutine {0} [chan send]:\nexample.com/harbor/radio.TestHang.func1()\n\t/src/radio/radio_test.go:11 +0x1b\n"
        "created by example.com/harbor/radio.TestHang in goroutine 19\n\t/src/radio/radio_test.go:11 +0x45\n\n"
    )
    run = (
        "=== RUN   TestHang\n    radio_test.go:15: waiting\n"
        "panic: test timed out after 2s\n\trunning tests:\n\t\tTestHang (2s)\n\ngoroutine 33 [running]:\n"
        "testing.(*M).startAlarm.func1()\n\t/usr/local/go/src/testing/testing.go:2802 +0x354\n\n"
        "goroutine 19 [chan receive]:\nexample.com/harbor/radio.TestHang(0x2490ccf9a248)\n"
        "\t/src/radio/radio_test.go:16 +0xfe\n\n"
        + "".join(waiting.format(number) for number in range(20, 32))
        + "FAIL\texample.com/harbor/radio\t2.008s\nFAIL\n"
    )
    told = compress(run, command="go test ./radio", exit_code=1).text
    assert "goroutine 20 [chan send]: (x12 alike)" in told
    assert told.count("radio_test.go:11 +0x1b") == 1
    assert "/src/radio/radio_test.go:16 +0xfe" in told


def test_of_googletest_in_brief_each_failure_keeps_its_values_and_what_they_share_is_told_once() -> None:
    failure = (
        "t_price.cpp:7: Failure\nExpected equality of these values:\n  price(length, days)\n    Which is: {0}\n"
        "  length * 2 * days + 1\n    Which is: {1}\n[  FAILED  ] Grid/Price.IsDouble/{2}, where GetParam() = {2}\n"
    )
    run = "".join(failure.format(12 * n, 12 * n + 1, n) for n in range(1, 13))
    run += "[==========] 44 tests from 1 test suite ran. (2 ms total)\n[  PASSED  ] 32 tests.\n"
    told = compress(run, command="./t_price --gtest_brief=1", exit_code=1).text
    for n in range(1, 13):
        assert f"    Which is: {12 * n + 1}\n[  FAILED  ] Grid/Price.IsDouble/{n}, where" in told
    assert told.count("t_price.cpp:7: Failure") == 1


def test_packages_that_do_not_build_say_each_error_once(shortened: Callable[[str], str]) -> None:
    text = shortened("go_test/build_failed_many")
    assert "./app.go:208:7 ./app.go:209:5 ./app.go:385:25: a.ErrWriter undefined (type *App" in text
    assert text.count("cCtx.App.Writer undefined") == 1
    assert "FAIL\tgithub.com/urfave/cli/v2/altsrc [build failed]" in text


def test_a_message_of_several_lines_in_a_tag_is_told_once(shortened: Callable[[str], str]) -> None:
    """Vitest puts the line breaks of a message into the attribute: its report was kept whole from there on."""
    text = shortened("junit/vitest_values")
    assert '<testcase classname="src/v4/mini/tests/index.test.ts" name="z.boolean">\n<failure>$ZodError: [' in text
    assert "❯ src/v4/mini/tests/index.test.ts:56:12" in text
    assert 'name="z.coerce.number" time=' not in text
    assert text.count("traits: { constructor: &apos;Function&lt;Set&gt;&apos;, has:") == 1
