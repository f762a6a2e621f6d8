"""Several programs in one output are told apart, each read by its own form."""

import re
import shutil
import subprocess
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sidecar.compression import compress
from sidecar.compression.borders import BORDERS
from sidecar.compression.split import Stretch, split

CAPTURES = Path(__file__).parents[1] / "captures"

Run = Callable[..., str]
Captured = Callable[[str], Any]


def stretches(text: str) -> list[tuple[str, str]]:
    lines = text.splitlines()
    return [(lines[one.start], one.command) for one in split(lines)]


def test_one_command_after_another_is_read_as_two(capture: Captured, test_run: Run) -> None:
    installed = capture("pip/install_ok").data.decode()
    failing = test_run({f"test_blend_{number}": f"wanted {number}" for number in range(4)})
    result = compress(installed + failing, command="pip install -e . && pytest", exit_code=1)
    assert result.segments[-1].form == "tests"
    assert len(result.segments) >= 2
    assert result.segments[-1].first == installed.count("\n") + 1
    assert "FAILED tests/test_shop.py::test_blend_3 - AssertionError: wanted 3" in result.text
    assert "Successfully installed" in result.text


def test_a_real_install_with_a_failing_test_run_behind_it_keeps_the_failures(capture: Captured) -> None:
    data, command, exit_code = capture("pip/then_failing_pytest")
    result = compress(data, command=command, exit_code=exit_code)
    assert "tests" in result.forms
    failed = [line for line in data.decode().splitlines() if line.startswith(("FAILED ", "E   "))]
    assert failed
    assert all(line.rstrip() in result.text for line in failed)


def test_a_make_that_compiles_and_tests_is_read_as_both(capture: Captured, test_run: Run) -> None:
    compiled = capture("gcc/make_success_warnings").data.decode()
    failing = test_run({f"test_blend_{number}": f"wanted {number}" for number in range(4)})
    output = f"{compiled}pytest\n{failing}make: *** [Makefile:9: test] Error 1\n"
    result = compress(output, command="make", exit_code=2)
    assert "tests" in result.forms
    assert "diagnostics" in result.forms
    assert "make: *** [Makefile:9: test] Error 1" in result.text
    assert "E       AssertionError: wanted 2" in result.text
    warnings = [line for line in compiled.splitlines() if " warning: " in line]
    for place, message in (line.split(" warning: ") for line in warnings):
        assert place.rstrip(":") in result.text
        assert message in result.text


def test_a_scripts_header_says_where_its_program_begins(capture: Captured) -> None:
    jest = capture("jest/red").data.decode()
    output = f"\n> shop@1.0.0 lint\n> eslint src\n\n\n> shop@1.0.0 test /tmp/shop\n> jest\n\n{jest}"
    lines = output.splitlines()
    starts = [lines[one.start] for one in split(lines)]
    assert starts == ["", "> shop@1.0.0 test /tmp/shop"]


def test_a_shell_that_traces_its_commands_names_each(tmp_path: Path, capture: Captured) -> None:
    script = "set -x\necho one\ntrue\ncat notes.txt\nfalse\n"
    (tmp_path / "notes.txt").write_text("first note\nsecond note\n")
    done = subprocess.run(
        ["sh", "-c", script], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert [command for _, command in stretches(done.stdout)] == ["echo one", "true", "cat notes.txt", "false"]


def test_a_plus_in_an_ordinary_output_is_no_trace() -> None:
    assert len(stretches("diff of two files\n+ added here\n+ and here\n- not here\n")) == 1


def test_the_steps_of_a_ci_log_are_told_apart(test_run: Run) -> None:
    failing = test_run({f"test_blend_{number}": f"wanted {number}" for number in range(4)})
    output = f"##[group]Run pytest -q\npytest -q\n##[endgroup]\n{failing}##[error]Process completed with exit code 1.\n"
    result = compress(output, exit_code=1)
    assert "tests" in result.forms
    assert "##[error]Process completed with exit code 1." in result.text


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not here")
def test_status_and_diff_of_one_command_line_are_two(tmp_path: Path) -> None:
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]

    def run(*words: str) -> str:
        return subprocess.run([*git, *words], cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    run("init", "-q")
    (tmp_path / "shop.txt").write_text("".join(f"item {number}\n" for number in range(40)))
    run("add", ".")
    run("commit", "-qm", "Open the shop")
    (tmp_path / "shop.txt").write_text("".join(f"item {number}\n" for number in range(1, 41)))
    output = run("status") + run("diff")
    assert [line for line, _ in stretches(output)] == ["On branch main", "diff --git a/shop.txt b/shop.txt"]
    assert "-item 0" in compress(output, command="git status && git diff", exit_code=0).text


def test_programs_that_begin_again_at_once_are_one(capture: Captured) -> None:
    data, command, exit_code = capture("cargo_test/workspace_fails")
    assert len(compress(data, command=command, exit_code=exit_code).segments) == 1


@pytest.mark.parametrize("text", ["", "\n", "\n\n\n", "one\n", "diff --git a b"])
def test_every_line_belongs_to_one_stretch(text: str) -> None:
    lines = text.split("\n")
    found = split(lines)
    assert found[0].start == 0
    assert found[-1].end == len(lines)
    assert all(one.end == after.start for one, after in pairwise(found))


def test_each_hook_of_pre_commit_is_read_as_what_it_runs() -> None:
    text = (CAPTURES / "pre_commit" / "fails.txt").read_text()
    stretches = split(text.split("\n"))
    assert [stretch.command for stretch in stretches if stretch.command] == ["ruff-check", "ruff-format", "mypy"]
    result = compress(text, command="pre-commit run --all-files", exit_code=1).text
    assert len(result) < 0.5 * len(text)
    for line in text.split("\n"):
        if line.startswith(("- hook id:", "- exit code:")) or line.endswith(("Failed", "Passed")):
            assert line in result
    for path, row in re.findall(r"^ *--> (\S+?\.py):(\d+:\d+)$", text, re.MULTILINE):
        assert f"{path}:{row}" in result
    for said in re.findall(r"^\S+:\d+: error: (.*?)  \[", text, re.MULTILINE):
        assert said in result


def test_a_profile_behind_other_output_is_cut_off_by_the_words_that_all_profiles_have() -> None:
    profile = "         32 function calls in 0.001 seconds"
    assert [one.start for one in split(["Importing shop", "done", profile, "", "   Ordered by: name"])] == [0, 2]
    assert [border.program for border in BORDERS if border.words and border.words not in border.opens.pattern] == []


def test_commits_that_git_cherry_lists_are_no_traced_commands() -> None:
    lines = [f"+ {number:040x} Change {number}" for number in range(4)]
    assert split(lines) == [Stretch(0, 4)]


def test_what_a_loop_echoes_says_where_each_of_its_runs_begins(capture: Captured) -> None:
    """All packages' tests were told as those of the first: its heading was taken for a suite of the runner's."""
    run, _, _ = capture("mocha/red")
    names = ("api", "web", "jobs")
    output = b"".join(b"--- packages/%s\n%s\nexit 1\n" % (name.encode(), run) for name in names)
    line = 'for d in packages/*; do echo "--- $d"; (cd $d && npm test --silent 2>&1); echo "exit $?"; done'
    result = compress(output, command=line, exit_code=0)
    assert result.forms == ("text", "tests")
    assert all(f"--- packages/{name}" in result.text.split("\n") for name in names)
    assert result.text.count("\nexit 1\n") == len(names)
    assert "--- packages/api >" not in result.text


def test_files_that_a_loop_shows_are_read_together() -> None:
    source = "".join(
        f"def item_{number}(cart):\n    total = cart.total({number})\n    return total\n\n\n" for number in range(80)
    )
    output = "".join(f"== src/part_{number}.py\n{source}" for number in range(3))
    line = 'for f in src/*.py; do echo "== $f"; cat $f; done'
    assert compress(output, command=line, exit_code=0).forms == ("code",)


@pytest.mark.parametrize(
    "name", ["prettier/check", "eslint/stylish", "black/check", "nextest/final_only", "mix_test/red_trace"]
)
def test_what_follows_the_last_line_of_a_tool_is_anothers(capture: Captured, name: str) -> None:
    data, command, exit_code = capture(name)
    said = data.decode().rstrip("\n") + "\n"
    result = compress(said + "shipped 40 crates\n" * 30, command=command, exit_code=exit_code)
    assert said.count("\n") + 1 in [part.first for part in result.segments]
