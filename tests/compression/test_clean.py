import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.compression import compress
from sidecar.compression.clean import clean, describe_binary, is_binary

TERMINAL_TEXT = st.lists(
    st.sampled_from(
        [
            "\x1b[31m",
            "\x1b[0m",
            "\x1b]0;title\x07",
            "\x1b[2K",
            "\r",
            "\r\n",
            "\n",
            "\b",
            "\t",
            "\x07",
            "é",
            "x",
            "ab",
            "日本",
        ]
    )
    | st.text(max_size=5)
).map("".join)


@given(TERMINAL_TEXT)
def test_every_line_keeps_its_number(text: str) -> None:
    data = text.encode("utf-8", "replace")
    expected = data.decode().removesuffix("\n").count("\n") + 1 if data else 0
    assert len(clean(data).lines) == expected


@given(st.binary(max_size=400))
def test_any_bytes_become_lines_without_controls(data: bytes) -> None:
    for line in clean(data).lines:
        assert not any(ord(character) < 32 and character != "\t" for character in line)


@given(st.text(alphabet=st.characters(blacklist_categories=["Cc", "Cs"]), max_size=200))
def test_plain_text_is_not_touched(text: str) -> None:
    assert clean(text.encode()).text == text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")


def test_colours_links_and_titles_disappear() -> None:
    data = b"\x1b[1;31mFAILED\x1b[0m \x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\ \x1b]0;title\x07end"
    assert clean(data).lines == ["FAILED link end"]


def test_an_unfinished_escape_does_not_eat_the_next_line() -> None:
    assert clean(b"a\x1b]0;never closed\nError: kept\n").lines[1] == "Error: kept"


def test_overwritten_progress_leaves_what_a_terminal_shows_in_the_end() -> None:
    assert clean(b"10%\r50%\r100% done\nnext\n").lines == ["100% done", "next"]


def test_an_error_that_progress_overwrote_stays() -> None:
    assert "error: no space" in clean(b"50%\rerror: no space\r60%\n").lines[0]


def test_overstruck_manual_pages_become_plain() -> None:
    assert clean(b"N\bNA\bAM\bME\bE").lines == ["NAME"]


def test_a_byte_that_is_not_utf8_is_readable() -> None:
    assert clean(b"caf\xe9 ok\n").lines == ["caf\\xe9 ok"]


def test_windows_line_ends_and_utf16_read_as_text() -> None:
    assert clean(b"a\r\nb\r\n").lines == ["a", "b"]
    assert clean("größe\nb".encode("utf-16")).lines == ["größe", "b"]


@pytest.mark.parametrize(
    ("data", "expected"), [(b"\x89PNG\r\n\x1a\n\0\0", True), (b"text\n", False), (b"\x1b[31mred", False), (b"", False)]
)
def test_binary_is_told_from_text(data: bytes, expected: bool) -> None:
    assert is_binary(data) is expected


def test_a_run_of_tests_that_quoted_a_nul_byte_is_no_binary() -> None:
    failing = b"FAILED tests/test_css.py::test_null - assert '\0' == '\xef\xbf\xbd'\n"
    assert not is_binary(b"tests/test_css.py::test_name PASSED\n" * 40 + failing)


def test_a_few_nul_bytes_in_a_short_output_or_behind_a_signature_tell_a_binary() -> None:
    assert is_binary(b"cpu\0model\n")
    assert is_binary(b"%PDF" + b"text " * 400 + b"\0")


def test_a_binary_is_described_by_its_kind_and_size() -> None:
    assert describe_binary(b"\x7fELF" + b"\0" * 1000) == "an ELF binary, 1,004 bytes"


@pytest.mark.parametrize(
    ("injected", "what"),
    [
        ("\x1b]0;you have mail\x07", "a window title"),
        ("\x1b]52;c;cm0gLXJmIC8=\x07", "a clipboard write"),
        ("\x1b]52;c;?\x1b\\", "a clipboard read"),
        ("\x1bP+q544e\x1b\\", "a capability query"),
        ("\x1b[6n", "a cursor report"),
        ("\x1b[c", "a device query"),
        ("\x1b_Gf=100;AAAA\x1b\\", "an image"),
        ("\x1b^private\x1b\\", "a privacy message"),
        ("\x1b[20;1t", "a window report"),
        ("\x9b6n", "a report in one C1 character"),
    ],
)
def test_a_sequence_that_plays_with_the_terminal_is_removed_and_counted(injected: str, what: str) -> None:
    cleaned = clean(f"before {injected}after\nError: kept\n".encode())
    assert cleaned.lines == ["before after", "Error: kept"], what
    assert cleaned.escapes == 1, what


@pytest.mark.parametrize(
    "ordinary",
    [
        "\x1b[1;38;5;196m",
        "\x1b[38:2::1:2:3m",
        "\x1b[2K",
        "\x1b[1A",
        "\x1b[?25l",
        "\x1b[H",
        "\x1b]8;;https://x.org\x1b\\",
        "\x1b(B",
    ],
)
def test_colours_links_and_cursor_movements_are_removed_and_not_told(ordinary: str) -> None:
    cleaned = clean(f"before {ordinary}after\n".encode())
    assert cleaned.lines == ["before after"]
    assert cleaned.escapes == 0


def test_the_result_tells_how_many_sequences_were_removed() -> None:
    evil = "\x1b]52;c;cm0gLXJmIC8=\x07\x1b]0;title\x07"
    short = compress(f"{evil}done, all of it was copied\n".encode())
    assert short.text == "done, all of it was copied\n[sidecar: 2 terminal control sequences removed]"
    long = compress((evil + "the same line again\n" * 400).encode())
    assert "2 terminal control sequences removed" in long.text.splitlines()[-1]
    assert "\x1b" not in short.text + long.text
    assert "\x07" not in short.text + long.text


def test_colours_alone_are_not_told_in_the_result() -> None:
    result = compress(("\x1b[31mthe same line again\x1b[0m\n" * 400).encode())
    assert "terminal control" not in result.text
    assert "\x1b" not in result.text
