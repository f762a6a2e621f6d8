"""Programs that run one after the other, with nothing certain between them: each is read as what it is."""

import json
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.compression import compress

CAPTURES = Path(__file__).parents[1] / "captures"
BLIND = Path(__file__).parents[1] / "bench" / "captures"

RUNS = (
    "behave/red_plain",
    "bun/red",
    "deno/red",
    "jest/red",
    "mocha/red",
    "node_test/red_large_spec",
    "phpunit/red",
    "playwright/red_line",
    "rspec/red",
    "tap/prove_red",
    "vitest/red",
)
OTHERS = (
    "eslint/stylish",
    "eslint/unix",
    "flake8/default",
    "gcc/errors_one_file",
    "mypy/errors",
    "ruff/concise",
    "trace/python_group",
    "tsc/plain",
)


@cache
def alone(name: str) -> tuple[bytes, str, int, tuple[str, ...]]:
    """What the program printed, its command, its exit status, and what must survive of it by itself."""
    path = next(path for folder in (CAPTURES, BLIND) if (path := folder / f"{name}.txt").exists())
    told = json.loads(path.with_suffix(".json").read_text("utf-8"))
    data = path.read_bytes()
    result = compress(data, command=told["command"], exit_code=told["exit_code"])
    parts = tuple(part for item in result.evidence for part in item.parts if part.strip())
    return data if data.endswith(b"\n") else data + b"\n", told["command"], told["exit_code"], parts


def missed(*names: str, is_named: bool = True) -> list[str]:
    """Of what must survive of each, what an output that holds them all does not show."""
    programs = [alone(name) for name in names]
    command = " ; ".join(command for _, command, _, _ in programs) if is_named else ""
    result = compress(b"".join(data for data, _, _, _ in programs), command=command, exit_code=programs[-1][2])
    assert not result.faults
    return [part for _, _, _, parts in programs for part in parts if part not in result.text]


@pytest.mark.parametrize(
    "names",
    [
        ("eslint/unix", "tap/prove_tap"),
        ("bun/green", "phpunit/red"),
        ("gcc/errors_one_file", "behave/red_plain"),
        ("nextest/fail_fast", "node_test/cov"),
        ("tsc/pretty", "trace/python_group"),
        ("mocha/missing", "cucumber/red_ruby"),
        ("eslint/unix", "jest/red", "phpunit/red"),
        ("cucumber/red_ruby", "eslint/stylish"),
        ("behave/red_plain", "nextest/fail_fast"),
        ("git/apply_reject", "jest/one_cause"),
        ("minitest/red_large", "cargo_test/nocapture"),
        ("node_test/red_dot", "eslint/stylish_many"),
        ("node_test/red_dot", "configure/libyaml_configure"),
        ("ruff/full", "jest/no_tests"),
        ("git/diff_word", "tsc/many"),
        ("vitest/none", "ava/red_tap"),
        ("shellcheck/gcc", "node_test/red_tap"),
        ("tsc/many", "grep/missing"),
        ("sqlite/column", "prettier/check"),
        ("page/changelog", "npm/ci_no_lock"),
        ("lscpu/plain", "cargo_test/backtrace"),
    ],
    ids=" ; ".join,
)
def test_what_one_program_found_is_no_printed_output_of_the_next(names: tuple[str, ...]) -> None:
    """`eslint . ; prove`: three quarters of eslint's findings were left out as what the tests printed."""
    assert missed(*names) == []


@pytest.mark.parametrize(
    "names",
    [
        ("behave/red_plain", "npm/ci_fails"),
        ("dpkg/some", "sarif/ruff"),
        ("flake8/show_source", "ruff/concise"),
        ("jest/no_tests", "cargo_build/petgraph_test_verbose"),
        ("pyright/h11", "mocha/red_dot"),
        ("pytest/crash", "eslint/unix"),
        ("rspec/red", "cargo_test/itertools_fail"),
        ("ruff/concise", "access_log/nginx_error"),
        ("git/diff_word", "rspec/red_doc"),
        ("tsc/many", "node_test/red_tap"),
    ],
    ids=" ; ".join,
)
def test_nor_is_it_where_nobody_says_what_was_run(names: tuple[str, ...]) -> None:
    assert missed(*names, is_named=False) == []


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(RUNS), st.sampled_from(OTHERS), st.booleans())
def test_a_run_and_what_another_program_found_lose_nothing_to_each_other(run: str, other: str, run_first: bool) -> None:
    assert missed(*((run, other) if run_first else (other, run))) == []


def test_what_tests_print_of_themselves_stays_theirs() -> None:
    """Prose before a run is no program's that would be read better by itself."""
    run = (CAPTURES / "jest" / "red.txt").read_bytes()
    said = b"".join(b"Preparing the shop, step %d of the usual ones\n" % step for step in range(8))
    assert compress(said + run, command="./test.sh", exit_code=1).forms == ("tests",)


def test_a_report_in_json_is_read_between_the_lines_of_the_program_that_printed_it() -> None:
    """Cargo tells its progress on one stream and its report on the other: as one text nothing of it was shortened."""
    data, command, exit_code, _ = alone("cargo/check_json_fails")
    result = compress(data, command=command, exit_code=exit_code)
    assert "src/lib.rs:" in result.text
    assert "could not compile `heck` (lib)" in result.text
    assert len(result.text) * 5 < len(data)


LONG_SOURCE = "".join(
    f"def article_{number}(stock):\n"
    f'    """What is left of article {number}."""\n'
    f"    left = stock.get({number}, 0)\n"
    f"    return left\n\n\n"
    for number in range(20)
)


def test_a_file_shown_before_a_run_is_none_of_what_the_tests_printed() -> None:
    """`cat app.py; pytest -q | tail -4`: the file that was asked for was left out as printed output."""
    run = (
        "=========================== short test summary info ============================\n"
        "FAILED tests/test_stock.py::test_left - assert 3 == 4\n"
        "1 failed, 40 passed in 0.52s\n"
    )
    asked = "cat src/stock.py; python -m pytest -q 2>&1 | tail -4"
    result = compress(LONG_SOURCE + run, command=asked, exit_code=1)
    assert result.forms == ("code", "tests")
    assert all(f"def article_{number}(stock):" in result.text for number in range(20))
    alone = compress(LONG_SOURCE + run, command="./check.sh", exit_code=1)
    assert alone.forms == ("tests",)


def test_a_file_shown_before_a_linter_is_read_as_the_file_that_it_is() -> None:
    """`cat a.py; ruff check a.py`: as diagnostics, nothing of the file was shortened."""
    found = "".join(f"src/stock.py:{6 * n + 3}:5: F841 local variable `left` is assigned to\n" for n in range(30))
    result = compress(LONG_SOURCE * 4 + found, command="cat src/stock.py; ruff check src/stock.py", exit_code=1)
    assert result.forms == ("code", "diagnostics")
    assert all(f"src/stock.py:{6 * n + 3}:5" in result.text for n in range(30))


def test_a_crash_behind_the_file_that_crashed_is_read_as_one() -> None:
    """`sed -n 1,99p a.py; python a.py`: frames are indented as the bodies of functions are, which are left out."""
    crash = (CAPTURES / "trace" / "python_group.txt").read_text("utf-8")
    result = compress(LONG_SOURCE * 3 + crash, command="sed -n 1,300p src/stock.py; python src/stock.py", exit_code=1)
    assert result.forms == ("code", "trace")
    alone = compress(crash, command="python src/stock.py", exit_code=1)
    assert {part for item in alone.evidence for part in item.parts} <= {
        part for item in result.evidence for part in item.parts
    }


def test_the_one_line_behind_a_shown_file_is_no_line_of_it() -> None:
    said = "error: pathspec 'relase' did not match any file(s) known to git\n"
    asked = "cat src/stock.py; git checkout relase"
    result = compress(LONG_SOURCE * 4 + said, command=asked, exit_code=1)
    assert said.strip() in result.text
    assert len(result.segments) == 2


def test_a_build_before_a_list_of_its_objects_is_no_list_of_names() -> None:
    """`make; ls *.o`: the compiler's excerpts and carets were all taken for names of files and kept."""
    said = (CAPTURES / "gcc" / "make_keep_going.txt").read_text("utf-8") + "ring.o\npool.o\n"
    told, build = (compress(said, command=line, exit_code=0) for line in ("make -k; ls *.o", "make -k"))
    assert told.forms == build.forms == ("diagnostics",)
    assert told.text == build.text


def test_what_stands_behind_the_totals_of_a_run_is_no_output_of_its_tests() -> None:
    run = alone("phpunit/red_testdox")[0].decode()
    said = "".join(f"[warn] lib/part_{number}.js\n" for number in range(60))
    result = compress(f"{run}Checking formatting...\n{said}", exit_code=1)
    assert [part.first for part in result.segments] == [1, run.rstrip("\n").count("\n") + 2]
    assert [number for number in range(60) if f"lib/part_{number}.js" not in result.text] == []
