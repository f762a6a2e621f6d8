"""Compression as a library: one call, a typed result, no loop, no server, nothing kept."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sidecar.compression import Compressed, LeftOut, SegmentRead, compress, tokens
from sidecar.compression.shelf import load
from sidecar.errors import StateFull
from sidecar.handles import digest_of, names
from sidecar.store.store import Store

Captured = Callable[[str], Any]


def test_a_result_tells_what_was_read_what_had_to_stay_and_what_was_left_out(capture: Captured) -> None:
    data, command, exit_code = capture("pytest/failures")
    result = compress(data, command=command, exit_code=exit_code)
    lines = data.decode().splitlines()
    assert isinstance(result, Compressed)
    assert result.before_tokens == tokens.count(data.decode())
    assert result.after_tokens == tokens.count(result.text)
    assert result.after_tokens < result.before_tokens
    assert result.segments == (SegmentRead(1, len(lines), "tests"),)
    assert result.forms == ("tests",)
    assert result.left_out[0].first == 1
    assert all(isinstance(one, LeftOut) and one.what for one in result.left_out)
    assert result.omissions == len(result.left_out)
    assert result.faults == ()


def test_every_line_called_evidence_stands_in_the_output_and_in_the_result(capture: Captured) -> None:
    data, command, exit_code = capture("pytest/failures")
    result = compress(data, command=command, exit_code=exit_code)
    lines = data.decode().splitlines()
    assert len(result.evidence) > 30
    for item in result.evidence:
        for part in item.parts:
            assert part in lines[item.line - 1]
            assert part in result.text


def test_evidence_of_an_output_that_is_shown_whole_is_its_lines(capture: Captured) -> None:
    data, command, exit_code = capture("git/diff_no_context")
    beginning = b"".join(data.splitlines(keepends=True)[:80])
    result = compress(beginning, command=command, exit_code=exit_code)
    assert result.handle is None
    assert len(result.evidence) > 30
    assert all(part in result.text for item in result.evidence for part in item.parts)


def test_left_out_ranges_are_in_order_and_are_those_of_the_markers(capture: Captured) -> None:
    data, command, exit_code = capture("git/log_patch")
    result = compress(data, command=command, exit_code=exit_code, answer_tokens=400)
    assert result.left_out
    last = 0
    for one in result.left_out:
        assert last < one.first <= one.last <= len(data.decode().splitlines())
        last = one.last
        place = f"({one.first}-{one.last})" if one.last > one.first else f"line {one.first}"
        assert place in result.text or f"of lines {one.first}-{one.last}" in result.text


async def test_the_handle_is_the_contents_name_and_the_one_the_store_gives(tmp_path: Path) -> None:
    data = b"the same line again\n" * 400
    result = compress(data)
    async with Store.open(tmp_path) as store:
        assert await store.keep(data, command="", cwd="", exit_code=None) == result.handle
    assert result.handle == next(names(digest_of(data)))
    assert f'recall("{result.handle}")' in result.text.splitlines()[-1]


def test_the_caller_may_keep_the_original_under_a_name_of_its_own() -> None:
    kept: list[bytes] = []

    def keep(data: bytes) -> str:
        kept.append(data)
        return "mine"

    data = b"the same line again\n" * 400
    result = compress(data, keep=keep)
    assert (result.handle, kept) == ("mine", [data])
    assert 'recall("mine")' in result.text
    assert compress(b"short\n", keep=keep).handle is None
    assert kept == [data]


def test_a_keeper_that_cannot_keep_tells_its_caller() -> None:
    def full(_data: bytes) -> str:
        raise StateFull("The disk is full.")

    with pytest.raises(StateFull):
        compress(b"the same line again\n" * 400, keep=full)


@pytest.mark.parametrize("name", ["pytest/failures", "git/log_patch", "npm_json/npm_ls_json_all", "gcc/cpp_templates"])
@pytest.mark.parametrize("limit", [100, 150, 400, 1_500, 100_000])
def test_a_bound_is_met_in_real_tokens(capture: Captured, name: str, limit: int) -> None:
    data, command, exit_code = capture(name)
    result = compress(data, command=command, exit_code=exit_code, answer_tokens=limit)
    assert tokens.count(result.text) <= limit


def test_text_and_bytes_read_the_same(test_run: Callable[..., str]) -> None:
    text = test_run({f"test_{name}": "1 == 2" for name in "abcdefgh"})
    assert (
        compress(text, command="pytest", exit_code=1).text
        == compress(text.encode(), command="pytest", exit_code=1).text
    )
    assert compress("lone \udce9 surrogate").text


def test_tight_leaves_ordinary_content_out(capture: Captured) -> None:
    data, command, exit_code = capture("cargo_test/regex_syntax_green")
    faithful = compress(data, command=command, exit_code=exit_code)
    tight = compress(data, command=command, exit_code=exit_code, level="tight")
    assert (tight.after_tokens or 0) < (faithful.after_tokens or 0)


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="brutal"):
        compress("text", level="brutal")  # type: ignore[arg-type]  # what a caller without types may write


def test_what_changed_since_an_earlier_output_is_shown(test_run: Callable[..., str]) -> None:
    still = {f"test_blend_{number}": f"{number} == 0" for number in range(1, 9)}
    before, after = test_run({"test_tea": "1 == 2", **still}), test_run(still, ["test_tea"])
    result = compress(after, command="pytest", exit_code=1, since=before)
    assert "1 fixed, 8 still failing, 0 new" in result.text
    assert f'earlier output: recall("{next(names(digest_of(before.encode())))}")' in result.text


def test_secrets_are_masked_before_anything_else_is_done() -> None:
    kept: list[bytes] = []

    def keep(data: bytes) -> str:
        kept.append(data)
        return "mine"

    key = "AKIA" + "IOSFODNN7EXAMPLE"
    data = f"aws_access_key_id = {key}\n".encode() + b"the same line again\n" * 400
    result = compress(data, mask_secrets=True, keep=keep)
    assert key not in result.text
    assert "[masked: AWS Access Key]" in result.text
    assert key.encode() not in kept[0]
    assert key in compress(data).text


def test_a_shelf_of_the_callers_own_is_used() -> None:
    mine = (
        'tool = "mine"\nabout = "A tool of my own."\n[[output]]\nname = "all"\ncommands = ["mine"]\n'
        "[[output.stage]]\ndrop = '^noise'\nwhat = \"noise\"\n"
    )
    data = "".join(f"noise {number}\n" for number in range(300)) + "signal\n"
    result = compress(data, command="mine", exit_code=0, shelf=load((), [("mine.toml", mine)]))
    assert "[... 300 lines (1-300): noise]\nsignal" in result.text


def test_a_binary_is_named_and_never_shown() -> None:
    result = compress(b"\x7fELF" + b"\0" * 1_000)
    assert "an ELF binary, 1,004 bytes" in result.text
    assert "\0" not in result.text
    assert result.handle is not None


def test_an_empty_output_stays_empty() -> None:
    assert compress(b"").text == ""
    assert compress(b"", answer_tokens=100).text == ""


def test_it_needs_no_loop_no_server_and_no_database() -> None:
    script = (
        "import sys\n"
        "from sidecar.compression import compress\n"
        "result = compress(b'the same line again\\n' * 400, command='make', exit_code=2)\n"
        "assert result.handle and 'x400' in result.text, result.text\n"
        "loaded = {'mcp', 'anyio', 'asyncio', 'sqlite3', 'httpx2', 'pydantic', 'detect_secrets'} & set(sys.modules)\n"
        "print(sorted(loaded))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_a_small_outputs_markers_say_how_many_lines_and_not_which_and_its_footer_no_tokens() -> None:
    hint = '  (use "git add <file>..." to include in what will be committed)\n'
    files = "".join(f"\tsrc/shop/orders/invoice_{number}.py\n" for number in range(200))
    small = compress(f"On branch main\nUntracked files:\n{hint}{files[:600]}", command="git status", exit_code=0)
    large = compress(f"On branch main\nUntracked files:\n{hint}{files}", command="git status", exit_code=0)
    assert small.before_tokens is not None
    assert small.before_tokens < 1_000
    assert small.text.splitlines()[2] == "[... in 3 lines: hints]"
    assert small.text.splitlines()[-1] == f'[sidecar: recall("{small.handle}")]'
    assert "of lines 1-3" in large.text
    assert f"{large.before_tokens} -> " in large.text
    assert [(left.first, left.last) for left in small.left_out] == [(1, 3)]


def test_a_small_output_says_once_what_was_left_out_in_several_places_close_to_each_other() -> None:
    output = """........................................................................ [ 37%]
........................................................................ [ 75%]
.....F
=================================== FAILURES ===================================
________________________________ test_range_min ________________________________

    def test_range_min():
        first = validate.Range(1, 2, error="{input} is not between {min} and {max}")
        second = validate.Range(1, 3, error="{input} is not between {min} and {max}")
>       assert first(1) == second(1) == 1

tests/test_validate.py:340: AssertionError
=========================== short test summary info ============================
FAILED tests/test_validate.py::test_range_min - assert 2 == 1
1 failed, 149 passed in 1.04s
"""
    lines = compress(output, command="pytest -x -q", exit_code=1).text.splitlines()
    assert [line for line in lines if line.startswith("[... ")] == ["[... in 12 lines: progress, source lines]"]
