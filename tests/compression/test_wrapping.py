"""What a runner prints before each line is taken off once, and what is behind it read as itself."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sidecar.compression import compress, tokens
from sidecar.compression.wrapping import unwrapped
from tests.compression.conftest import Capture

Run = Callable[..., str]
CAPTURES = Path(__file__).parents[1] / "captures"


def github(line: str, index: int) -> str:
    return f"2026-11-22T12:07:{index % 60:02}.{index % 10_000_000:07}Z {line}"


def gh_view(line: str, index: int) -> str:
    return f"test (3.11)\tRun tests\t{github(line, index)}"


def turbo(line: str, _index: int) -> str:
    return f"@shop/cart:test: {line}" if line else "@shop/cart:test:"


def compose(line: str, _index: int) -> str:
    return f"web-1  | {line}"


def concurrently(line: str, _index: int) -> str:
    return f"[web] {line}"


def pnpm(line: str, _index: int) -> str:
    return f"packages/cart test: {line}" if line else "packages/cart test:"


def lerna(line: str, _index: int) -> str:
    return f"@shop/cart: {line}"


def indented(line: str, _index: int) -> str:
    return f"    {line}" if line else ""


def barely_indented(line: str, _index: int) -> str:
    return f"  {line}"


def timed(line: str, index: int) -> str:
    return f"Nov 26 17:{index // 60 % 60:02}:{index % 60:02} {line}"


def jenkins(line: str, index: int) -> str:
    return f"17:{index // 60 % 60:02}:{index % 60:02}  {line}"


def jenkins_timestamper(line: str, index: int) -> str:
    return f"[2026-11-26T17:{index // 60 % 60:02}:{index % 60:02}.{index % 1000:03}Z] {line}"


def journald(line: str, index: int) -> str:
    return f"Nov 26 17:{index // 60 % 60:02}:{index % 60:02} ci-7 build[4123]: {line}"


def numbered(line: str, index: int) -> str:
    return f"{index + 1:6}\t{line}"


STAMPS = [timed, jenkins, jenkins_timestamper, journald, numbered]
RUNNERS = [github, gh_view, turbo, compose, concurrently, pnpm, lerna, indented, barely_indented, *STAMPS]


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
    bare = test_run({f"test_blend_{number}": f"wanted {number}" for number in range(40)})
    plain = compress(bare, command="pytest", exit_code=1)
    result = compress(wrapped(bare, how), command="pytest", exit_code=1)
    assert [(one.first, one.last) for one in result.left_out if one.what != "prefixes"] == [
        (one.first, one.last) for one in plain.left_out
    ]


def test_what_a_tool_indents_by_itself_is_read_as_it_stands(capture: Callable[[str], Capture]) -> None:
    printed = capture("mocha/green_large")
    assert all(line[:2] == "  " for line in printed.data.decode().splitlines() if line)
    result = compress(printed.data, command=printed.command, exit_code=printed.exit_code)
    assert result.forms == ("tests",)
    assert "each line begins" not in result.text


@pytest.mark.parametrize("how", STAMPS)
@pytest.mark.parametrize("name", ["cspell/docs", "flake8/default", "gcc/cpp_templates", "git/diff_word"])
def test_what_a_build_found_is_no_kind_of_record_of_its_log(
    capture: Callable[[str], Capture], name: str, how: Callable[[str, int], str]
) -> None:
    """`flake8 | ts`, a job in Jenkins or journald: of 112 findings 105 were left out as like those shown."""
    bare = capture(name)
    alone = compress(bare.data, command=bare.command, exit_code=bare.exit_code)
    result = compress(wrapped(bare.data.decode(), how), command=bare.command, exit_code=bare.exit_code)
    assert result.forms == alone.forms
    parts = {part for item in alone.evidence for part in item.parts if part.strip()}
    assert [part for part in parts if part not in result.text] == []


def test_a_plain_log_keeps_its_times() -> None:
    lines = [github(f"worker {index % 7} took order {index} from the queue", index) for index in range(50)]
    result = compress("\n".join([*lines, github("ERROR the queue is gone", 59)]))
    assert github("ERROR the queue is gone", 59) in result.text


def test_a_programs_own_log_keeps_the_time_and_the_level_of_the_error_above_its_trace() -> None:
    # winston at level `info`: 61 % saved as a trace of which each line stayed, and its alarm without a time
    def said(index: int) -> str:
        return f"2026-11-27T01:46:{index % 60:02}.704Z info: [parse] handled document {index * 31 % 997}"

    failed = [
        "2026-11-27T01:46:18.711Z error: [parse] document 333 rejected",
        "SyntaxError: Expected double-quoted property name in JSON at position 10",
        "    at JSON.parse (<anonymous>)",
        "    at Object.<anonymous> (/tmp/plant/node/winston.js:4:25)",
        "    at Module._compile (node:internal/modules/cjs/loader:1521:14)",
    ]
    log = "\n".join([*map(said, range(333)), *failed, *map(said, range(333, 700))])
    result = compress(log, command="node winston.js", exit_code=0)
    assert failed[0] in result.text
    assert failed[3] in result.text
    assert 5 * tokens.count(result.text) < tokens.count(log)


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
    assert "'@shop/cart:test:'" in found.told[0]


def test_several_packages_one_after_another_are_read_each_by_itself() -> None:
    lines = [f"@shop/{'cart' if index < 30 else 'user'}:test: line {index}" for index in range(60)]
    found = unwrapped(lines)
    assert found is not None
    assert list(found.told) == [0, 30]
    assert found.told[0].endswith("'@shop/cart:test:']")
    assert found.told[30].endswith("'@shop/user:test:']")


def test_packages_that_take_turns_after_a_few_lines_are_told_by_the_first() -> None:
    lines = [f"@shop/{'cart' if index // 6 % 2 else 'user'}:test: line {index}" for index in range(60)]
    found = unwrapped(lines)
    assert found is not None
    assert list(found.told) == [0]
    assert found.told[0].endswith("'@shop/user:test:' and its like]")


def test_a_test_run_and_a_compiler_side_by_side_are_each_read_as_what_they_are(test_run: Run) -> None:
    tested = test_run({f"test_blend_{number}": f"wanted {number}" for number in range(8)}).splitlines()
    compiled = [f"src/cart{number}.ts({number},5): error TS2304: Cannot find name 'x'." for number in range(1, 40)]
    output = [*(f"[types] {line}" for line in compiled), *(f"[api] {line}" for line in tested)]
    result = compress("\n".join(output), command="npm run check", exit_code=1)
    assert result.forms == ("diagnostics", "tests")
    assert "[... each line begins with a program, left out here: '[api]']" in result.text
    assert "FAILED tests/test_shop.py::test_blend_7 - AssertionError: wanted 7" in result.text


def test_what_the_runner_says_at_its_end_is_none_of_what_the_last_program_did() -> None:
    """Lerna lists what failed as mocha lists what it skipped: failed packages were told as skipped tests."""
    run = (CAPTURES / "mocha" / "red.txt").read_text("utf-8")
    failed = " >  Lerna (powered by Nx)   Running target test failed\n\n   Failed tasks:\n\n   - @shop/cart:test"
    result = compress(f"{wrapped(run, lerna)}\n{failed}", command="lerna run test --stream", exit_code=1)
    assert "   - @shop/cart:test" in result.text.split("\n")
    assert result.text.count("skipped") == compress(run, command="mocha", exit_code=1).text.count("skipped")


def test_whose_error_it_is_is_told_where_several_take_turns(test_run: Run) -> None:
    """turbo: `error Command failed` three times, of packages that nobody could tell apart."""
    tested = test_run({f"test_blend_{number}": f"wanted {number}" for number in range(8)}).splitlines()
    names = ("cart", "cart", "cart", "cart", "user", "user", "user", "user", "mail", "mail", "mail", "mail")
    said = [f"@shop/{name}:test: {'error Command failed.' if at % 4 else 'done'}" for at, name in enumerate(names)]
    result = compress("\n".join([*(f"@shop/api:test: {line}" for line in tested), *said]), command="", exit_code=1)
    assert "tests" in result.forms
    assert all(f"@shop/{name}:test: error Command failed." in result.text for name in ("cart", "user", "mail"))


def test_the_short_steps_of_dockers_build_stay_as_printed(test_run: Run) -> None:
    tested = test_run({f"test_blend_{number}": f"wanted {number}" for number in range(8)}).splitlines()
    steps = ["#1 [internal] load build definition from Dockerfile", "#1 DONE 0.0s", "#7 [4/5] RUN pytest"]
    failed = '#7 ERROR: process "/bin/sh -c pytest" did not complete successfully: exit code: 1'
    output = [*steps, *(f"#7 {index / 10:.3f} {line}" for index, line in enumerate(tested)), failed]
    result = compress("\n".join(output), command="docker build .", exit_code=1)
    assert "tests" in result.forms
    assert steps[0] in result.text
    assert "FAILED tests/test_shop.py::test_blend_7 - AssertionError: wanted 7" in result.text
    assert failed.removeprefix("#7 ") in result.text


def test_levels_in_brackets_are_no_names_of_programs() -> None:
    assert unwrapped([f"[INFO] line {index}" for index in range(60)]) is None


def test_diagnostics_and_short_outputs_have_no_prefix() -> None:
    assert unwrapped([f"src/app.py:{line}: error: bad" for line in range(1, 30)]) is None
    assert unwrapped([github("one", 1), github("two", 2)]) is None
    assert unwrapped([""] * 30) is None


def test_a_log_whose_graph_is_one_line_is_read_without_it() -> None:
    lines: list[str] = []
    for number in range(6):
        lines += [f"* {number}fb30d3 Bring the tests of release {number} in"]
        lines += [f"|  tests/unit/test_{name}.py | {number + 2} ++" for name in ("cart", "basket", "orders", "items")]
        lines += ["|  4 files changed, 8 insertions(+)"]
    found = unwrapped(lines)
    assert found is not None
    assert found.lines[:2] == ["0fb30d3 Bring the tests of release 0 in", " tests/unit/test_cart.py | 2 ++"]
    lines[7] = "|\\  tests/unit/test_cart.py | 3 ++"
    assert unwrapped(lines) is None


def test_a_short_build_that_fails_is_read_without_its_steps_and_times() -> None:
    text = (CAPTURES / "docker" / "build_fails.txt").read_text()
    result = compress(text, command="docker build .", exit_code=1).text
    assert len(result) < 0.6 * len(text)
    assert "#10 [" in result or "#9 [" in result
    assert "test_40 ... FAILED: expected 3 got 4" in result
    assert "did not complete successfully: exit code: 2" in result
    assert "Dockerfile:15" in result


def test_what_a_compiler_says_under_npms_name_is_read_and_what_npm_says_stays() -> None:
    excerpt = [f"npm error   {line} |   return run({line});" for line in range(300, 330)]
    output = [
        "npm warn deprecated left-pad@1.3.0: use String.prototype.padStart()",
        "npm error code 1",
        "npm error path /shop/node_modules/cart",
        "npm error gyp info spawn make",
        "npm error gyp info spawn args [ 'BUILDTYPE=Release', '-C', 'build' ]",
        "npm error ../src/cart.cc:300:4: error: 'run' was not declared in this scope",
        *excerpt,
        "npm error gyp ERR! build error",
        "npm error gyp ERR! stack Error: `make` failed with exit code: 2",
        "npm error A complete log of this run can be found in: /root/.npm/_logs/debug-0.log",
    ]
    result = compress("\n".join(output), command="npm install", exit_code=1).text
    assert len(result) < 0.6 * len("\n".join(output))
    assert "\n../src/cart.cc:300:4: error: 'run' was not declared in this scope\n" in result
    assert "each line begins with npm's name, left out here: 'npm error'" in result
    for line in (*output[:3], *output[-3:]):
        assert line in result
    assert unwrapped(output[:3] * 20) is None


def test_how_each_program_ended_keeps_its_name(test_run: Run) -> None:
    """Concurrently: `exited with code 1` was one of the lines that the tests before it had printed."""
    tested = test_run({f"test_blend_{number}": f"wanted {number}" for number in range(8)}).splitlines()
    ends = ["[api] npm run test:api exited with code 1", "[web] npm run build:web exited with code 0"]
    result = compress("\n".join([*(f"[api] {line}" for line in tested), *ends]), command="npm run ci", exit_code=1)
    assert "tests" in result.forms
    assert all(end in result.text.split("\n") for end in ends)
    assert "FAILED tests/test_shop.py::test_blend_7 - AssertionError: wanted 7" in result.text


def test_a_history_that_branches_and_shows_its_changes_is_read_without_its_graph() -> None:
    def patch(lead: str, number: int) -> list[str]:
        body = [f" kept line {number} {at}" for at in range(30)]
        return [
            f"{lead}diff --git a/src/part{number}.py b/src/part{number}.py",
            f"{lead}index 1f{number}2e3a..2e{number}3f4b 100644",
            f"{lead}--- a/src/part{number}.py",
            f"{lead}+++ b/src/part{number}.py",
            f"{lead}@@ -1,31 +1,31 @@ def part{number}():",
            *(f"{lead}{line}" for line in body),
            f"{lead}-    return {number}",
            f"{lead}+    return {number + 1}",
        ]

    lines = [
        "*   commit 6886458725dc3e920d42d41d6bdcd6e9e0ec00fd",
        "|\\  Merge: a761a2d d2851d6",
        "| | Author: Ann Lee <ann@shop.example>",
        "| | ",
        "| |     Merge the release",
        "| | ",
    ]
    for number in range(20):
        lead, mark = ("| | ", "| * ") if number % 2 else ("| | ", "* | ")
        lines += [f"{mark}commit {number:040x}", f"{lead}Author: Ann Lee <ann@shop.example>", lead]
        lines += [f"{lead}    Change part {number}", lead, *patch(lead, number), lead]
    lines += ["|/  ", "* commit a761a2d5aa605edfb6e5b4e84a7a52386679e537", "  Author: Ann Lee <ann@shop.example>"]
    found = unwrapped(lines)
    assert found is not None
    assert "+    return 7" in found.lines
    assert "commit a761a2d5aa605edfb6e5b4e84a7a52386679e537" in found.lines
    result = compress("\n".join(lines), command="git log --graph -p").text
    assert all(f"-    return {number}\n+    return {number + 1}" in result for number in range(20))
    assert all(f"Change part {number}" in result for number in range(20))


def test_a_hunk_behind_a_graph_of_one_line_is_no_branch() -> None:
    lines = ["* commit 6886458725dc3e920d42d41d6bdcd6e9e0ec00fd", "| Author: Ann Lee <ann@shop.example>", "| "]
    lines += ["|     Change it", "| ", "| diff --git a/x.py b/x.py", "| --- a/x.py", "| +++ b/x.py", "| @@ -1 +1 @@"]
    found = unwrapped([*lines, "| -old", "| +new"])
    assert found is not None
    assert found.lines[-3:] == ["@@ -1 +1 @@", "-old", "+new"]
