"""Smaller runners: bun, deno, AVA, jasmine, test-unit, ExUnit, Catch2, doctest; dotnet from its documentation only."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from sidecar.compression.forms.tests import FORM
from sidecar.compression.vocabulary import Form, Segment

CAPTURES = Path(__file__).parents[2] / "captures"


@pytest.fixture
def shortened(read: Callable[..., Segment], printed: Callable[[Form, Segment], list[str]]) -> Callable[[str], str]:
    return lambda name: "\n".join(printed(FORM, read(CAPTURES / f"{name}.txt")))


def test_bun_keeps_what_stands_above_a_failing_test(shortened: Callable[[str], str]) -> None:
    text = shortened("bun/red")
    assert (
        "error: carrier: connect ECONNREFUSED 127.0.0.1:9999\n      at ask (/tmp/shop/bun/tests/ship.test.js:14:52)"
        in text
    )
    assert "(fail) shipping > waits for the carrier [200.00ms]\n  ^ this test timed out after 200ms." in text
    assert " 13 fail" in text
    assert "2 | function cost(cart, zone) {" not in text


def test_deno_keeps_message_and_place(shortened: Callable[[str], str]) -> None:
    text = shortened("deno/red")
    assert "adds tax => ./deno/cart_test.ts:3:6\nerror: Error: Values are not equal: 30.8 !== 31\n" in text
    assert "FAILED | 62 passed (1 step) | 2 failed (1 step) | 1 ignored (21ms)" in text


def test_ava_keeps_every_place_and_difference(shortened: Callable[[str], str]) -> None:
    text = shortened("ava/red")
    for line in (
        "  › av/cart.test.js:3:29",
        "  › av/cart.test.js:4:36",
        "  - 30.8\n  + 31",
        "  CartError: no cup in cart",
    ):
        assert line in text
    assert "node_modules/ava" not in text


def test_jasmine_keeps_message_and_own_frames(shortened: Callable[[str], str]) -> None:
    text = shortened("jasmine/red")
    assert "1) Cart complains\n" in text
    assert "    CartError: no cup in cart\n" in text
    assert "        at Cart.remove (/tmp/shop/mocha/src/cart.js:16:23)" in text
    assert "4 specs, 2 failures, 1 pending spec" in text


def test_dotnet_keeps_name_message_place_and_totals(printed: Callable[[Form, Segment], list[str]]) -> None:
    passed = [f"  Passed Shop.Tests.OrderTests.Ships{i} [1 ms]" for i in range(40)]
    failed = [
        "[xUnit.net 00:00:00.56]     Shop.Tests.CartTests.AddsTax [FAIL]",
        "  Failed Shop.Tests.CartTests.AddsTax [12 ms]",
        "  Error Message:",
        "   Assert.Equal() Failure: Values differ",
        "Expected: 31",
        "Actual:   30.8",
        "  Stack Trace:",
        "     at Shop.Tests.CartTests.AddsTax() in /src/CartTests.cs:line 14",
        *(f"   at System.Reflection.MethodBaseInvoker.InvokeWithNoArgs{i}(Object obj)" for i in range(6)),
    ]
    total = "Failed!  - Failed:     1, Passed:    40, Skipped:     0, Total:    41, Duration: 52 ms - Shop.dll (net8.0)"
    head = ["Starting test execution, please wait...", "A total of 1 test files matched the specified pattern."]
    run = Segment([*head, *passed, *failed, "", total], exit_code=1)
    text = "\n".join(printed(FORM, run))
    assert FORM.recognise(run) >= 0.9
    for line in (*failed[:2], *failed[3:6], failed[7], total):
        assert line in text
    assert "System.Reflection" not in text
    assert "Shop.Tests.OrderTests." in text


def test_a_jasmine_failure_in_a_helper_names_the_line_of_the_test_that_called_it(
    shortened: Callable[[str], str],
) -> None:
    places = re.findall(
        r"at UserContext\.<anonymous> \((.+)\)", (CAPTURES / "jasmine" / "helpers.txt").read_text(encoding="utf-8")
    )
    assert len(places) > 20
    text = shortened("jasmine/helpers")
    assert [place for place in places if place not in text] == []


def test_ava_tells_each_failure_once_under_the_words_of_its_list(shortened: Callable[[str], str]) -> None:
    raw = (CAPTURES / "ava" / "red_large.txt").read_text(encoding="utf-8")
    listed = re.findall(r"^  ✘ \[fail\]: .*", raw, re.MULTILINE)
    assert len(listed) == 29
    text = shortened("ava/red_large")
    assert [line for line in listed if text.count(f"{line.rstrip()}\n") != 1] == []
    assert text.count("Cobh") == raw.count("'Cobh',\n  ")
    assert "   22:   test('invoices: charges tax for 2 jar-9 in FR'" not in text  # no more than the heading's words
    assert "  › deep (ava/invoices.test.js:22:118)" in text
    assert "   21:   });" not in text


@pytest.mark.parametrize("name", ["red", "red_v"])
def test_test_unit_keeps_each_failure_with_its_place_and_what_was_expected(
    shortened: Callable[[str], str], name: str
) -> None:
    raw = (CAPTURES / "test_unit" / f"{name}.txt").read_text(encoding="utf-8")
    told = re.findall(r"^(?:Failure|Error): .*|^testunit_test\.rb:\d+:in `test.*|^<.*|^  => .*", raw, re.MULTILINE)
    assert len(told) > 50
    text = shortened(f"test_unit/{name}")
    assert [line for line in told if line not in text] == []


@pytest.mark.parametrize("name", ["red", "red_trace"])
def test_exunit_keeps_each_failure_with_its_place_and_both_sides(shortened: Callable[[str], str], name: str) -> None:
    raw = (CAPTURES / "mix_test" / f"{name}.txt").read_text(encoding="utf-8")
    told = re.findall(r"^ +\d+\) test .*|^ +(?:left|right|code): .*|^ +test/\S+\.exs:\d+.*| +# [12]", raw, re.MULTILINE)
    assert len(told) > 100
    text = shortened(f"mix_test/{name}")
    assert [line for line in told if line.strip() not in text] == []
    assert "64 tests, 28 failures" in text


def test_an_error_that_exunit_tells_again_is_one_line_with_its_places(shortened: Callable[[str], str]) -> None:
    text = shortened("mix_test/red")
    same = " 14) test pricing order 9 of the basket (Shop.BasketTest): same as 1), test/basket_test.exs:41, "
    assert f"{same}test/basket_test.exs:43: (test)\n" in text


def test_of_an_error_told_again_in_part_no_half_is_shown(shortened: Callable[[str], str]) -> None:
    # Without its values "the following arguments were given" reads as if there had been none.
    given = shortened("mix_test/red").partition("The following arguments were given to Shop.InvoiceTest.total/2:\n")[2]
    assert given.startswith("         # 1\n         -1\n         # 2\n         2\n     code: total(-1, 2)\n")


def test_a_failing_test_that_exunit_lists_as_it_lists_passed_ones_is_no_passed_one(
    shortened: Callable[[str], str],
) -> None:
    text = shortened("mix_test/red_trace")
    passed = re.findall(r"^(\d+) passed", text, re.MULTILINE)
    assert sum(map(int, passed)) == 64 - 28


@pytest.mark.parametrize("name", ["red", "red_all", "doctest_red"])
def test_catch2_and_doctest_keep_each_assertion_that_failed_with_its_names(
    shortened: Callable[[str], str], name: str
) -> None:
    raw = (CAPTURES / "catch2" / f"{name}.txt").read_text(encoding="utf-8")
    failed = re.findall(
        r"^(\S+:\d+: FAILED:)\n  (REQUIRE\(.*)\nwith expansion:\n(.*)|^(\S+ ERROR: .*)", raw, re.MULTILINE
    )
    assert len(failed) > 8
    text = shortened(f"catch2/{name}")
    assert [part for parts in failed for part in parts if part not in text] == []
    assert "order 5 is priced" in text


def test_assertions_that_passed_in_catch2_go(shortened: Callable[[str], str]) -> None:
    text = shortened("catch2/red_all")
    assert "PASSED:" not in text
    assert "test cases: 40 | 25 passed | 15 failed" in text
