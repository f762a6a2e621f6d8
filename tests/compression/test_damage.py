"""Damage that other compressors did to real outputs, each a test here: 9Router, RTK, headroom, leancontext, skimread.

The inputs are captures of real tools, or are made in the test by the tool itself.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sidecar.compression import Compressed, compress, tokens
from sidecar.compression.clean import clean

Captured = Callable[[str], Any]
Run = Callable[..., str]

TRACEBACK = [
    "Traceback (most recent call last):",
    '  File "/srv/shop/worker.py", line 88, in take',
    "    order = queue.pop()",
    "IndexError: pop from an empty queue",
]


def of(capture: Captured, name: str, **more: Any) -> Compressed:
    data, command, exit_code = capture(name)
    return compress(data, command=command, exit_code=exit_code, **more)


# 1


@pytest.mark.parametrize(
    "stamp", ["2026-11-22 12:{:02}:{:02}", "12:{:02}:{:02}", "2026-11-22T12:{:02}:{:02}.123Z", "Nov 22 12:{:02}:{:02}"]
)
def test_1_a_log_whose_lines_begin_with_a_time_keeps_its_only_traceback(stamp: str) -> None:
    log = [f"{stamp.format(index // 60 % 60, index % 60)} INFO worker took order {index}" for index in range(900)]
    log[500:500] = [f"{stamp.format(8, 20)} ERROR the order was lost", *TRACEBACK]
    for command in ("", "docker logs web", "cat worker.log"):
        result = compress("\n".join(log), command=command)
        assert "search" not in result.forms
        assert all(line in result.text for line in TRACEBACK)
        assert "ERROR the order was lost" in result.text
        assert (result.after_tokens or 0) < 0.5 * (result.before_tokens or 0)


# 2


def test_2_an_install_followed_by_a_failing_test_run_is_not_a_successful_install(capture: Captured) -> None:
    data, command, exit_code = capture("pip/then_failing_pytest")
    text = compress(data, command=command, exit_code=exit_code).text
    lines = data.decode().splitlines()
    needles = [line for line in lines if line.startswith(("FAILED ", "E  ")) or re.search(r"\d+ failed", line)]
    assert len(needles) >= 3
    assert all(line.rstrip() in text for line in needles)


# 3


@pytest.mark.parametrize("name", ["cargo_test/semver_fails", "cargo_test/workspace_fails", "cargo_test/backtrace"])
def test_3a_a_failing_cargo_test_keeps_the_name_the_panic_and_the_place(capture: Captured, name: str) -> None:
    lines = capture(name).data.decode().splitlines()
    text = of(capture, name).text
    failed = [line for line in lines if re.match(r"test \S.* \.\.\. FAILED", line)]
    panics = [line for line in lines if " panicked at " in line]
    assert failed
    assert panics
    for line in failed:
        assert line.removeprefix("test ").removesuffix(" ... FAILED") in text
    assert all(line in text for line in panics)
    assert all(line in text for line in lines if line.startswith("test result: FAILED"))


def test_3b_suites_that_fail_to_run_are_failures(capture: Captured) -> None:
    lines = capture("jest/broken_suites").data.decode().splitlines()
    text = of(capture, "jest/broken_suites").text
    assert all(line.strip() in text for line in lines if line.startswith(("FAIL ", "Test Suites:", "Tests:")))
    assert all(line.strip() in text for line in lines if "failed to run" in line)
    assert "FAIL (0)" not in text


@pytest.mark.parametrize(
    "name", ["pytest/collection_errors", "pytest/collection_errors_short", "pytest/conftest_error"]
)
def test_3c_an_error_while_collecting_tests_is_an_error(capture: Captured, name: str) -> None:
    lines = capture(name).data.decode().splitlines()
    text = of(capture, name).text
    assert all(line in text for line in lines if line.startswith(("ERROR ", "E  ")) or "Interrupted:" in line)
    assert "No tests collected" not in text


# 4


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main"]
    done = subprocess.run(["git", *identity, *words], cwd=folder, capture_output=True, check=True)
    return done.stdout.decode("utf-8", "surrogateescape")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    git(tmp_path, "config", "core.autocrlf", "false")
    return tmp_path


def test_4_untracked_files_are_not_a_clean_tree(repository: Path) -> None:
    names = [f"note_{number:02}_{word}.txt" for number, word in enumerate(["tea", "pot", "cup"] * 10)]
    for name in names:
        (repository / name).write_text("x\n")
    for words in (["status"], ["status", "--short"], ["status", "--porcelain=v2"]):
        text = compress(git(repository, *words), command=f"git {' '.join(words)}", exit_code=0).text
        assert "clean" not in text
        for number in range(30):
            assert f"{number:02}_" in text, words


# 5


@pytest.fixture
def changed(repository: Path) -> Path:
    for number in range(31):
        (repository / f"part_{number:02}.txt").write_text(
            "".join(f"line {line} of part {number}\n" for line in range(60))
        )
    (repository / "old_name.txt").write_text("".join(f"steady line {line}\n" for line in range(40)))
    (repository / "run.sh").write_text("#!/bin/sh\necho hello\n")
    (repository / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0one")
    (repository / "notes.sql").write_text("-- drop nothing\n++ count\nselect 1;\n")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "Open the shop")
    for number in range(31):
        path = repository / f"part_{number:02}.txt"
        path.write_text(
            path.read_text().replace(f"line 30 of part {number}\n", f"line thirty of part {number}\nand more\n")
        )
    git(repository, "mv", "old_name.txt", "new_name.txt")
    (repository / "run.sh").chmod(0o755)
    (repository / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0two")
    (repository / "notes.sql").write_text("select 1;\n-- drop everything\n++ total\n")
    git(repository, "add", ".")
    return repository


def test_5a_a_diff_of_31_files_names_every_file_and_keeps_every_change(changed: Path) -> None:
    output = git(changed, "diff", "--cached", "-M")
    text = compress(output, command="git diff --cached -M", exit_code=0).text
    for number in range(31):
        assert f"part_{number:02}.txt" in text
        assert f"-line 30 of part {number}\n+line thirty of part {number}\n" in text
    assert tokens.count(text) < tokens.count(output)


def test_5b_renames_modes_and_binaries_of_a_diff_stay(changed: Path) -> None:
    text = compress(git(changed, "diff", "--cached", "-M"), command="git diff --cached -M", exit_code=0).text
    assert "old_name.txt" in text
    assert "new_name.txt" in text
    assert re.search(r"old mode 100644\s+new mode 100755|100644 ?(?:->|→|\.\.) ?100755", text)
    assert re.search(r"Binary files .*logo\.png differ", text)


def test_5c_changed_lines_that_look_like_a_header_stay(changed: Path) -> None:
    output = git(changed, "diff", "--cached", "-M")
    assert "\n--- drop nothing\n" in output
    text = compress(output, command="git diff --cached -M", exit_code=0).text
    assert {"--- drop nothing", "+++ total", "+-- drop everything", "-++ count"} <= set(text.splitlines())


def test_5d_a_log_with_patches_keeps_its_diffs(changed: Path) -> None:
    git(changed, "commit", "-qm", "Write numbers as words")
    output = git(changed, "log", "-p", "-1")
    text = compress(output, command="git log -p -1", exit_code=0).text
    assert "Write numbers as words" in text
    for number in range(31):
        assert f"+line thirty of part {number}" in text


# 6


def test_6a_a_file_of_more_than_2000_lines_keeps_its_tail() -> None:
    lines = [f"setting_{number} = {number * 7 % 1000}" for number in range(6_000)]
    text = compress("\n".join(lines), command="cat settings.conf").text
    assert lines[0] in text
    assert lines[-1] in text
    assert re.search(r"\[\.\.\. .*lines", text)


def test_6b_what_is_left_out_of_json_is_marked_and_not_cut_silently() -> None:
    rows = [{"id": number, "name": f"item {number}", "stock": number % 9} for number in range(4_000)]
    rows[2_900]["error"] = "the price is missing"
    result = compress(json.dumps(rows, indent=1), command="curl -s http://shop/items", exit_code=0)
    assert "the price is missing" in result.text
    assert "3999" in result.text
    assert (result.after_tokens or 0) < 0.6 * (result.before_tokens or 0)
    assert result.left_out == () or "[... " in result.text


@pytest.mark.parametrize("ahead", [1, 30, 400])
def test_6c_what_stands_far_behind_the_beginning_is_recognised(test_run: Run, ahead: int) -> None:
    failing = test_run({f"test_blend_{number}": f"wanted {number}" for number in range(12)})
    noise = "".join(f"preparing fixture number {number} of the shop, please wait\n" for number in range(ahead))
    result = compress(noise + failing, command="./ci.sh", exit_code=1)
    assert "tests" in result.forms
    assert "E       AssertionError: wanted 11" in result.text
    assert "12 failed" in result.text


# 7


@pytest.mark.parametrize("name", ["gcc/make_keep_going", "gcc/make_j_errors", "gcc/errors_one_file"])
def test_7a_a_compilers_errors_are_not_search_results(capture: Captured, name: str) -> None:
    result = of(capture, name)
    lines = capture(name).data.decode().splitlines()
    assert "search" not in result.forms
    for line in lines:
        if re.search(r": (?:fatal )?error: ", line) or (line.startswith("make") and "***" in line):
            place, _, message = line.partition(": error: ")
            assert place.strip() in result.text
            assert message.strip() in result.text


@pytest.mark.parametrize("name", ["tsc/many", "tsc/plain", "tsc/pretty_many"])
def test_7b_every_fact_of_the_typescript_compiler_stays(capture: Captured, name: str) -> None:
    text = of(capture, name).text
    lines = clean(capture(name).data).lines
    facts = [
        found for line in lines if (found := re.match(r"(\S+?)[(:](\d+)[,:](\d+)\)?(?: -|:) error (TS\d+): (.*)", line))
    ]
    assert len(facts) >= 5
    for fact in facts:
        assert fact[4] in text
        assert fact[5] in text
        assert re.search(rf"{fact[2]}[,:]{fact[3]}\b", text), fact[0]
        assert fact[1] in text


# 8


def test_8a_all_of_26_failing_tests_are_shown(test_run: Run) -> None:
    failing = {f"test_blend_{number}": f"wanted {number}" for number in range(26)}
    text = compress(test_run(failing, ["test_tea"] * 40), command="pytest", exit_code=1).text
    for name, message in failing.items():
        assert f"FAILED tests/test_shop.py::{name} - AssertionError: {message}" in text
        assert f"E       AssertionError: {message}\n" in text


def test_8b_all_found_files_are_shown_or_counted(tmp_path: Path) -> None:
    for number in range(832):
        folder = tmp_path / f"area_{number % 13}" / f"shelf_{number % 5}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"item_{number}.txt").touch()
    found = subprocess.run(["find", ".", "-name", "*.txt"], cwd=tmp_path, capture_output=True, text=True, check=True)
    result = compress("\n".join(sorted(found.stdout.split())), command="find . -name '*.txt'", exit_code=0)
    shown = sum(1 for number in range(832) if re.search(rf"item_{number}\b|\b{number}\b", result.text))
    assert shown >= 0.9 * 832
    assert (result.after_tokens or 0) < 0.6 * (result.before_tokens or 0)


@pytest.mark.parametrize("name", ["eslint/stylish", "eslint/stylish_many", "eslint/unix", "eslint/compact"])
def test_8c_every_fact_of_eslint_stays(capture: Captured, name: str) -> None:
    lines = capture(name).data.decode().splitlines()
    text = of(capture, name).text
    facts = [found for line in lines if (found := re.match(r" +(\d+:\d+) +(?:error|warning) +(.*?)  +(\S+)$", line))]
    for fact in facts:
        assert re.search(rf"\b{fact[1]}\b", text), fact[0]
        assert fact[2] in text
        assert fact[3] in text
    assert all(line.strip() in text for line in lines if " problem" in line)


# 9


@pytest.mark.parametrize("limit", [100, 101, 102, 103, 104, 105, 150, 333])
@pytest.mark.parametrize("text", ["é" * 9_000, "日本語のログ " * 2_000, "👩‍👩‍👧 " * 2_000, "a\u0301" * 9_000])
def test_9a_a_cut_never_breaks_a_character(text: str, limit: int) -> None:
    result = compress(f"{text}\n{text}\n", answer_tokens=limit)
    assert tokens.count(result.text) <= limit
    result.text.encode()
    assert "\N{REPLACEMENT CHARACTER}" not in result.text


def test_9b_a_log_twice_as_long_takes_about_twice_the_steps() -> None:
    def steps(count: int) -> int:
        log = "".join(
            f"2026-11-22 12:00:{index % 60:02} INFO worker {index % 7} took {index}\n" for index in range(count)
        )
        seen = 0

        def see(*_frame: object) -> None:
            nonlocal seen
            seen += 1

        compress(log[:20_000])  # what is loaded and cached the first time is not counted
        sys.setprofile(see)
        try:
            compress(log)
        finally:
            sys.setprofile(None)
        return seen

    small, large = steps(2_000), steps(16_000)
    assert large < 16 * small


def test_9c_ten_megabytes_are_not_refused() -> None:
    log = "".join(
        f"2026-11-22 12:00:{index % 60:02} INFO worker {index % 7} took {index}\n" for index in range(240_000)
    )
    assert len(log) > 10_000_000
    result = compress(log + "2026-11-22 13:00:00 ERROR the queue is gone\n")
    assert "ERROR the queue is gone" in result.text
    assert len(result.text) < 200_000


# 10


@pytest.mark.parametrize("name", ["pytest/failures", "git/log_patch", "npm/eresolve", "log/python_logging"])
def test_10a_nothing_in_the_text_differs_from_run_to_run(capture: Captured, name: str) -> None:
    assert of(capture, name).text == of(capture, name).text
    assert of(capture, name, answer_tokens=300).text == of(capture, name, answer_tokens=300).text


@pytest.mark.parametrize(
    "output",
    ["ok\n", "", "On branch main\nnothing to commit, working tree clean\n", "a.txt\nb.txt\n", "1 file changed\n"],
)
def test_10b_a_small_output_gets_no_footer(output: str) -> None:
    assert compress(output, command="git status", exit_code=0).text == output
