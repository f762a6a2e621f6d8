"""At a terminal the lines that are shown keep the colours the program gave them; nothing else comes back."""

import re
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sidecar.compression import compress
from sidecar.compression.clean import clean
from sidecar.compression.colours import coloured

RED, PLAIN = "\x1b[1;31m", "\x1b[0m"
ESCAPE = re.compile(r"\x1b\[[\d;:]*m")


def test_lines_that_are_shown_have_their_colours_and_the_rest_is_plain() -> None:
    lines = [f"{RED}ok{PLAIN} the same again"] * 300 + [f"{RED}Error: the shop is shut{PLAIN}"]
    data = "\n".join(lines).encode()
    result = compress(data, exit_code=1)
    shown = coloured(data, result)
    assert f"{RED}Error: the shop is shut{PLAIN}" in shown
    assert ESCAPE.sub("", shown) == result.text
    assert "\x1b" not in result.text


def test_an_untouched_output_comes_as_it_was_coloured() -> None:
    data = f"{RED}one{PLAIN}\ntwo\n".encode()
    shown = coloured(data, compress(data))
    assert ESCAPE.sub("", shown) == "one\ntwo"
    assert f"{RED}one" in shown


def test_titles_and_cursor_movements_do_not_come_back() -> None:
    data = f"\x1b]0;evil title\x07{RED}one{PLAIN}\x1b[2J\x1b[5A\n".encode()
    shown = coloured(data, compress(data))
    assert "one" in shown
    assert "title" not in shown
    assert "\x1b[2J" not in shown
    assert "\x1b[5A" not in shown


def test_an_output_without_colours_is_left_alone() -> None:
    data = b"the same line\n" * 300
    result = compress(data)
    assert coloured(data, result) == result.text


def test_a_coloured_run_of_tests_is_the_plain_one_with_colours(capture: Callable[[str], Any]) -> None:
    plain, command, exit_code = capture("pytest/failures")
    data = b"".join(b"\x1b[3%dm%s\x1b[0m\n" % (number % 7, line) for number, line in enumerate(plain.splitlines()))
    result = compress(data, command=command, exit_code=exit_code)
    shown = coloured(data, result)
    assert ESCAPE.sub("", shown) == result.text
    assert shown.count("\x1b[") > 100


@given(st.lists(st.sampled_from(["\x1b[31m", "\x1b[0m", "\x1b]0;t\x07", "\x1b[2K", "\r", "\n", "\b", "é", "word "])))
def test_without_its_colours_it_is_always_the_plain_result(pieces: list[str]) -> None:
    data = "".join(pieces).encode()
    result = compress(data)
    shown = ESCAPE.sub("", coloured(data, result))
    assert shown.rstrip("\n") == result.text.rstrip("\n")
    assert clean(shown.encode()).escapes == 0
