"""RSpec and minitest: what failed, where, why, and how to run it again."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sidecar.compression.forms.tests import FORM
from sidecar.compression.vocabulary import Form, Segment

CAPTURES = Path(__file__).parents[2] / "captures"


@pytest.fixture
def shortened(read: Callable[..., Segment], printed: Callable[[Form, Segment], list[str]]) -> Callable[[str], str]:
    return lambda name: "\n".join(printed(FORM, read(CAPTURES / f"{name}.txt")))


def test_a_failing_example_keeps_source_message_difference_and_place(shortened: Callable[[str], str]) -> None:
    text = shortened("rspec/red")
    assert "  1) Cart adds tax\n     Failure/Error: it('adds tax') {" in text
    assert "       -1 x can\n       +1 x pot\n" in text
    assert "     # ./lib/cart.rb:13:in `remove'\n     # ./spec/cart_spec.rb:10:in" in text
    assert "rspec ./spec/cart_spec.rb:6 # Cart adds tax" in text
    assert "15 examples, 8 failures, 3 pending" in text


def test_a_file_that_cannot_be_loaded_keeps_its_error_and_nothing_passed(shortened: Callable[[str], str]) -> None:
    text = shortened("rspec/broken")
    assert "LoadError:\n  cannot load such file -- /tmp/shop/ruby/lib/missing" in text
    assert "broken/syntax_spec.rb:3: syntax error, unexpected '='" in text
    assert "0 examples, 0 failures, 2 errors occurred outside of examples" in text
    assert "passed" not in text


def test_documentation_becomes_names_with_their_headings(shortened: Callable[[str], str]) -> None:
    text = shortened("rspec/red_doc")
    assert "Cart starts empty" in text
    assert "(FAILED - 1)" not in text
    assert "is pending for now (PENDING: waits for shop 2)" in text


def test_gem_frames_go(shortened: Callable[[str], str]) -> None:
    text = shortened("rspec/backtrace")
    assert "rubygems-integration" not in text
    assert "./lib/cart.rb:13" in text


def test_a_pending_example_is_no_failure(read: Callable[..., Segment]) -> None:
    labels = [part.label for part in FORM.parts(read(CAPTURES / "rspec" / "red.txt"))]
    assert "Cart adds tax" in labels
    assert "Cart#remove removes many" not in labels
    assert len(labels) == 8


def test_minitest_keeps_name_place_and_message(shortened: Callable[[str], str]) -> None:
    text = shortened("minitest/red_v")
    assert "TestCart#test_adds_tax [test/cart_test.rb:6]:\nExpected: 31\n  Actual: 30.8" in text
    assert "CartError: no cup in cart\n    /tmp/shop/ruby/lib/cart.rb:13:in `remove'" in text
    assert "7 runs, 5 assertions, 3 failures, 1 errors, 1 skips" in text
    assert "= 0.00 s = F" not in text
