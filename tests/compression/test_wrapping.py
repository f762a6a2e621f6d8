"""What a runner prints before each line is taken off once, and what is behind it read as itself."""

from collections.abc import Callable

import pytest

from sidecar.compression import compress, tokens
from sidecar.compression.wrapping import unwrapped

Run = Callable[..., str]


def github(line: str, index: int) -> str:
    return f"2026-11-22T12:07:{index % 60:02}.{index % 10_000_000:07}Z {line}"


def gh_view(line: str, index: int) -> str:
    return f"test (3.11)\tRun tests\t{github(line, index)}"


def turbo(line: str, _index: int) -> str:
    return f"@shop/cart:test: {line}" if line else "@shop/cart:test:"


def compose(line: str, _index: int) -> str:
    return f"web-1  | {line}"


RUNNERS = [github, gh_view, turbo, compose]


def wrapped(output: str, how: Callable[[str, int], str]) -> str:
    return "".join(how(line, index) + "\n" for index, line in enumerate(output.splitlines()))


@pytest.mark.parametrize("how", RUNNERS)
def test_a_test_run_behind_a_runners_prefix_is_read_as_a_test_run(
    test_run: Run, how: Callable[[str, int], str]
) -> None:
    bare = test_run({f"test_blend_{number}": f"wanted {number}" for number in range(8)})
    output = wrapped(bare, how)
    result = compress(output, command="gh run view --log", exit_code=1)
    assert result.forms == ("tests",)
    first, *rest = result.text.splitlines()
    assert first.startswith("[... each line begins with ")
    assert repr(how("", 0).strip())[1:-1] in first
    assert "E       AssertionError: wanted 3" in rest
    assert "FAILED tests/test_shop.py::test_blend_7 - AssertionError: wanted 7" in rest
    assert tokens.count(result.text) < 0.7 * tokens.count(output)


@pytest.mark.parametrize("how", RUNNERS)
def test_the_markers_count_the_wrapped_outputs_lines(test_run: Run, how: Callable[[str, int], str]) -> None:
    bare = test_run({f"test_blend_{number}": f"wanted {number}" for number in range(8)})
    plain = compress(bare, command="pytest", exit_code=1)
    result = compress(wrapped(bare, how), command="pytest", exit_code=1)
    assert [(one.first, one.last) for one in result.left_out if one.what != "prefixes"] == [
        (one.first, one.last) for one in plain.left_out
    ]


def test_a_plain_log_keeps_its_times() -> None:
    lines = [github(f"worker {index % 7} took order {index} from the queue", index) for index in range(50)]
    result = compress("\n".join([*lines, github("ERROR the queue is gone", 59)]))
    assert github("ERROR the queue is gone", 59) in result.text


def test_services_that_take_turns_on_every_line_are_one_log() -> None:
    lines = [f"{'web-1' if index % 2 else 'db-1 '}  | line {index}" for index in range(60)]
    assert unwrapped(lines) is None


def test_a_prefix_that_only_half_of_the_lines_have_is_none() -> None:
    lines = [turbo(f"line {index}", index) if index % 2 else f"line {index}" for index in range(60)]
    assert unwrapped(lines) is None


def test_a_few_lines_without_the_prefix_stay_as_they_are() -> None:
    lines = [turbo(f"line {index}", index) for index in range(60)]
    lines[30] = "npm notice something else"
    found = unwrapped(lines)
    assert found is not None
    assert found.lines[30] == "npm notice something else"
    assert found.lines[31] == "line 31"
    assert "'@shop/cart:test:'" in found.told


def test_several_packages_one_after_another_are_told_by_the_first() -> None:
    lines = [f"@shop/{'cart' if index < 30 else 'user'}:test: line {index}" for index in range(60)]
    found = unwrapped(lines)
    assert found is not None
    assert found.told.endswith("'@shop/cart:test:' and its like]")


def test_diagnostics_and_short_outputs_have_no_prefix() -> None:
    assert unwrapped([f"src/app.py:{line}: error: bad" for line in range(1, 30)]) is None
    assert unwrapped([github("one", 1), github("two", 2)]) is None
    assert unwrapped([""] * 30) is None
