import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.compression import compress
from sidecar.compression.alarms import is_alarm
from sidecar.compression.clean import clean
from sidecar.compression.forms.progress import FORM
from sidecar.compression.vocabulary import Command, Form, Segment

CAPTURES = Path(__file__).parents[2] / "captures"
FAMILIES = ("pip", "uv", "npm", "yarn", "pnpm", "cargo", "apt", "git_transfer", "maven", "go", "transfer", "make")
NAMES = sorted(f"{family}/{path.stem}" for family in FAMILIES for path in (CAPTURES / family).glob("*.json"))
Holds = Callable[[Form, Segment], None]
Printed = Callable[[Form, Segment], list[str]]


def capture(name: str) -> Segment:
    about = json.loads((CAPTURES / f"{name}.json").read_text("utf-8"))
    lines = clean((CAPTURES / f"{name}.txt").read_bytes()).lines
    return Segment(lines, command=Command(tuple(about["command"].split())), exit_code=about["exit_code"])


def shown(segment: Segment) -> list[str]:
    return [
        line
        for block in FORM.reduce(segment)
        for line in (segment.lines[block.start : block.end] if block.shown is None else block.shown)
    ]


@pytest.mark.parametrize("name", NAMES)
def test_every_capture_keeps_its_promises(name: str, holds: Holds) -> None:
    holds(FORM, capture(name))


@pytest.mark.parametrize("name", NAMES)
def test_every_alarm_of_every_capture_is_shown(name: str) -> None:
    segment = capture(name)
    result = set(shown(segment))
    help_words = (
        "$",
        "-> [Help",
        "[Help 1]",
        "To see the full stack",
        "Re-run Maven using",
        "For more information about",
    )
    is_help = [line for line in segment.lines if f"{line.removeprefix('[ERROR] ')}$".startswith(help_words)]
    alarms = [line for line in segment.lines if is_alarm(line) and line not in is_help]
    assert [line for line in alarms if line not in result] == []


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("pip/install_ok", "Successfully installed annotated-types-"),
        ("pip/build_old_sdist", "Successfully built pyyaml"),
        ("npm/install_ok", "added 70 packages in "),
        ("cargo/build_ok", "    Finished `dev` profile"),
        ("apt/install_ok", "2 upgraded, 3 newly installed"),
        ("git_transfer/fetch", "   156fa05..2ada3f2  main       -> origin/main"),
        ("git_transfer/push", " * [new branch]      work -> work"),
        ("maven/package_ok", "[INFO] BUILD SUCCESS"),
        ("uv/venv_install", " + blinker=="),
        ("transfer/wget", "2026-11-23 01:26:34 (260 MB/s) - ‘x.bin’ saved"),
    ],
)
def test_a_success_keeps_its_result(name: str, result: str) -> None:
    assert any(line.startswith(result) for line in shown(capture(name)))


@pytest.mark.parametrize("name", ["pip/install_ok", "pip/requirements", "git_transfer/clone", "maven/package_ok"])
def test_a_success_becomes_a_few_lines(name: str) -> None:
    segment = capture(name)
    assert FORM.recognise(segment) >= 0.7
    assert sum(map(len, shown(segment))) * 4 < len(segment.text)


def test_the_step_at_which_a_build_failed_stays() -> None:
    result = shown(capture("make/build_fails"))
    assert "gcc -O2 -Wall -Wextra -I../include -c part26.c -o part26.o" in result
    assert "make[1]: Entering directory '/tmp/mk/lib'" in result
    assert "make: *** [Makefile:2: all] Error 2" in result


def test_damage_2_a_failing_test_run_after_an_install_stays_whole() -> None:
    segment = capture("pip/then_failing_pytest")
    tests = segment.lines.index("=================================== FAILURES ===================================")
    result = shown(segment)
    assert list(segment.lines[tests:]) == result[-(len(segment.lines) - tests) :]


def test_lines_of_other_programs_that_merely_resemble_progress_stay() -> None:
    lines = [
        "Collecting the cart's prices",
        "Downloading is over",
        "Fetching nothing",
        "checking out the cart",
        "Using tax 7",
    ]
    assert shown(Segment(lines * 20, exit_code=0)) == lines * 20


def test_a_crate_named_after_errors_is_progress_and_its_failure_is_not() -> None:
    lines = [f"   Compiling thiserror-{n} v1.0.{n}" for n in range(30)] + [
        "error: could not compile `shop` (bin) due to 1 error"
    ]
    assert shown(Segment(lines, exit_code=101))[-1] == lines[-1]
    assert len(shown(Segment(lines, exit_code=101))) <= 4


def test_a_step_that_says_what_is_missing_is_no_progress() -> None:
    lines = [*(f"checking for header_{n}.h... yes" for n in range(40)), "checking for libpq... not found"]
    result = shown(Segment(lines, exit_code=0))
    assert result[-1] == lines[-1]
    assert "libpq" not in "".join(result[:-1])


def test_what_was_compiled_is_named_once_with_its_version() -> None:
    lines = [f"{step} crate-{n} v1.{n}.0" for n in range(20) for step in ("  Downloaded", "   Compiling")]
    result = ", ".join(shown(Segment([*lines, "    Finished `dev` profile"], exit_code=0)))
    assert all(result.count(f"crate-{n} v1.{n}.0") == 1 for n in range(20))


def test_a_name_that_a_line_which_stays_has_is_not_said_again() -> None:
    lines = [f"  Downloading lib{n}-1.{n}-py3-none-any.whl (103 kB)" for n in range(9)]
    done = "Successfully installed " + " ".join(f"lib{n}-1.{n}" for n in range(9))
    assert shown(Segment([*lines, done], exit_code=0)) == [done]


def test_requests_of_a_loud_npm_are_named_but_a_refused_one_stays() -> None:
    host = "https://registry.example"
    lines = [f"npm http fetch GET 200 {host}/lib{n}/-/lib{n}-1.{n}.0.tgz 33ms (cache miss)" for n in range(30)]
    lines += [f"npm silly placeDep ROOT dep{n}@2.{n}.0 OK for: shop@1.0.0 want: ^2.0.0" for n in range(30)]
    refused = f"npm http fetch GET 404 {host}/none 51ms (cache skip)"
    result = shown(Segment([*lines, refused, "added 60 packages in 3s"], exit_code=0))
    assert result[-2:] == [refused, "added 60 packages in 3s"]
    assert "lib7-1.7.0.tgz" in "".join(result)
    assert "dep7@2.7.0" in "".join(result)
    assert sum(map(len, result)) * 2 < sum(map(len, lines))


def test_the_last_word_of_a_phase_stays() -> None:
    lines = [f"Progress: resolved {n}, reused 0, downloaded {n}, added 0" for n in range(40)]
    done = "Progress: resolved 40, reused 0, downloaded 40, added 40, done"
    assert shown(Segment([*lines, done, "Done in 3.9s using pnpm v9.15.9"], exit_code=0))[0] == done


def test_progress_is_known_behind_what_a_build_service_puts_before_it() -> None:
    lines = [f"#7 {n}.532 Setting up lib{n}:amd64 (1.{n}-1) ..." for n in range(30)]
    segment = Segment([*lines, "#7 DONE 31.2s", "ERROR: process did not complete"], exit_code=1)
    assert FORM.recognise(segment) >= 0.7
    assert len("".join(shown(segment))) * 2 < len(segment.text)
    assert "lib3:amd64 1.3-1" in "".join(shown(segment))


# Made by hand, after the documented output of docker 27: there is no engine to capture from.
LAYERS = ["17: Pulling from library/postgres", *(f"{n:012x}: Pull complete" for n in range(9)), "Digest: sha256:ab"]


def test_image_layers_are_progress_and_the_digest_is_a_result() -> None:
    assert shown(Segment(LAYERS, exit_code=0)) == [LAYERS[0], LAYERS[-1]]


PIECES = [line for name in NAMES for line in capture(name).lines[:40]]


@settings(max_examples=80, deadline=None)
@given(lines=st.lists(st.sampled_from(PIECES), max_size=100), exit_code=st.sampled_from([0, 1, None]))
def test_any_mixture_keeps_its_promises_and_its_alarms(lines: list[str], exit_code: int | None, holds: Holds) -> None:
    segment = Segment(lines, exit_code=exit_code)
    holds(FORM, segment)
    result = set(shown(segment))
    assert all(line in result for line in lines if is_alarm(line))


def play() -> Segment:
    stars = " " + "*" * 60
    result = '{{"changed": true, "gid": 0, "mode": "0755", "path": "/srv/{}/{}", "state": "directory"}}'
    lines = [f"PLAY [Prepare the shop]{stars}", "", f"TASK [Make the folders]{stars}"]
    for item in ("bin", "etc", "log"):
        lines += [f"changed: [{host}] => (item={item}) => {result.format(host, item)}" for host in ("web2", "web1")]
    failed = '{"changed": true, "msg": "non-zero return code", "rc": 1, "stderr": "a\\nb", "stderr_lines": ["a", "b"]}'
    lines += ["", f"TASK [Check the database]{stars}", f"fatal: [web1]: FAILED! => {failed}", "ok: [web2]", ""]
    lines += [f"PLAY RECAP{stars}", "web1 : ok=1    changed=1    unreachable=0    failed=1    skipped=0", ""]
    return Segment(lines, command=Command(("ansible-playbook", "-v", "site.yml")), exit_code=2)


def test_hosts_that_a_task_changed_are_told_together_without_what_it_returned(holds: Holds) -> None:
    segment = play()
    assert FORM.recognise(segment) >= 0.95
    holds(FORM, segment)
    text = "\n".join(shown(segment))
    assert "TASK [Make the folders]\nchanged: [web2] [web1] => (item=bin, etc, log)\n" in text
    assert "0755" not in text


def test_of_a_host_that_failed_only_what_is_told_twice_goes() -> None:
    text = "\n".join(shown(play()))
    said = '"msg": "non-zero return code", "rc": 1, "stderr": "a\\nb", "stderr_lines": [...]}'
    assert f'fatal: [web1]: FAILED! => {{"changed": true, {said}\nok: [web2]\nPLAY RECAP\n' in text
    assert "failed=1" in text


def test_a_result_that_says_something_stays_though_it_went_well() -> None:
    segment = play()
    said = 'ok: [web2] => {"changed": false, "msg": "the disk is nearly full"}'
    lines = [said if line == "ok: [web2]" else line for line in segment.lines]
    lines[-3:-3] = ["ok: [web1] => {", '    "msg": "all stalls are open"', "}"]
    text = "\n".join(shown(Segment(lines, command=segment.command, exit_code=2)))
    assert 'ok: [web2] => {"msg": "the disk is nearly full"}' in text
    assert 'ok: [web1] => {"msg": "all stalls are open"}' in text


def test_results_over_many_lines_are_read_as_one_and_the_steps_of_the_connection_go(holds: Holds) -> None:
    segment = capture("ansible_playbook/site_vvv")
    assert FORM.recognise(segment) >= 0.95
    holds(FORM, segment)
    text = "\n".join(shown(segment))
    assert "<127.0.0.1> EXEC" not in text
    assert "changed: [localhost] => (item=a, b, c, d, e, f)" in text
    assert 'failed: [localhost] (item=b) => {"url": "http://127.0.0.1:9/b", ... as above}' in text
    assert '"rc": 1' in text


def test_a_failed_item_says_only_what_the_item_before_did_not() -> None:
    said = '{"changed": false, "item": "%s", "msg": "Status code was -1", "status": -1, "url": "http://127.0.0.1/%s"}'
    failures = [f"failed: [web1] (item={item}) => {said % (item, item)}" for item in ("alpha", "beta", "gamma")]
    other = 'failed: [web1] (item=alpha) => {"changed": false, "item": "alpha", "msg": "Status code was -1"}'
    lines = [
        f"PLAY [web] {'*' * 40}",
        "",
        f"TASK [Check every service] {'*' * 40}",
        *failures,
        "",
        f"TASK [Check again] {'*' * 40}",
        other,
    ]
    printed = shown(Segment(lines, command=Command(("ansible-playbook", "-v", "site.yml")), exit_code=2))
    assert failures[0] in printed
    assert 'failed: [web1] (item=beta) => {"url": "http://127.0.0.1/beta", ... as above}' in printed
    assert 'failed: [web1] (item=gamma) => {"url": "http://127.0.0.1/gamma", ... as above}' in printed
    assert other in printed


def test_of_a_source_build_that_fails_stays_what_the_compiler_said() -> None:
    text = (CAPTURES / "pip" / "native_build_fails.txt").read_text()
    result = compress(text, command="pip install psycopg2 python-ldap", exit_code=1).text
    assert len(result) < 0.6 * len(text)
    assert "Modules/common.h:15:10: fatal error: lber.h: No such file or directory" in result
    assert "ERROR: Failed building wheel for python-ldap" in result
    assert "copying Lib/ldapurl.py ->" not in result


def test_maven_leaves_out_its_own_frames_below_what_it_could_not_do() -> None:
    frames = [
        f"    at org.apache.maven.lifecycle.internal.MojoExecutor.execute{number} (MojoExecutor.java:{number})"
        for number in range(100, 140)
    ]
    own = "    at shop.build.Plugin.execute (Plugin.java:17)"
    text = "\n".join(
        [
            "[INFO] Scanning for projects...",
            "[ERROR] Failed to execute goal on project shop: Could not resolve dependencies -> [Help 1]",
            "org.apache.maven.lifecycle.LifecycleExecutionException: Failed to execute goal on project shop",
            *frames,
            own,
            *frames,
            "[ERROR] Re-run Maven using the -X switch to enable full debug logging.",
        ]
    )
    result = compress(text, command="mvn -e package", exit_code=1).text
    assert len(result) < 0.5 * len(text)
    assert own in result
    assert "[ERROR] Failed to execute goal on project shop: Could not resolve dependencies" in result
    assert frames[20] not in result


def test_packages_that_uv_changes_stand_beside_others_of_their_sign(printed: Printed, holds: Holds) -> None:
    text = "Resolved 9 packages in 3ms\nInstalled 5 packages in 1ms\n + a==1\n + b==2\n + c==3\n - d==4\n + e==5 (y)"
    segment = Segment(text.split("\n"), command=Command(("uv", "sync")), exit_code=0)
    holds(FORM, segment)
    assert printed(FORM, segment)[-3:] == [" + a==1 b==2 c==3", " - d==4", " + e==5 (y)"]


def test_of_hundreds_of_versions_that_will_not_do_the_first_and_the_last_are_named() -> None:
    """Pip lists all of them in one line, which is nine tenths of what it says."""
    every = ", ".join(f"{major}.{minor}.0" for major in range(6) for minor in range(20))
    said = f"ERROR: Could not find a version that satisfies the requirement rye==9 (from versions: {every})\n"
    text = compress(f"{said}ERROR: No matching distribution found for rye==9\n", command="pip install rye==9").text
    assert text.startswith(said.partition(", 0.12.0")[0] + ", [... 100 versions], 5.12.0, ")
    assert ", 5.19.0)\n" in text
    assert "ERROR: No matching distribution found for rye==9\n" in text


def test_packages_that_uv_took_from_its_cache_stand_beside_each_other() -> None:
    """Nothing was downloaded, so that nothing but its changes told it."""
    text = shown(capture("uv/sync_fresh"))
    assert sum(line.startswith(" + ") for line in text) < 4
    assert any(" + anyio==4.16.0 blinker==1.9.0 " in line for line in text)


def test_a_step_that_podman_was_at_is_named_by_its_instruction() -> None:
    text = compress(capture("docker/podman_build_fails").text, command="podman build .", exit_code=1).text
    assert "COPY busybox /bin/busybox, " in text
    assert "STEP 6/7: RUN ls /app/missing.txt && echo done\nls: /app/missing.txt: No such file or directory\n" in text


def test_what_node_gyp_tells_of_its_steps_goes_and_what_it_says_of_its_failure_stays() -> None:
    steps = [
        "gyp info it worked if it ends with ok",
        "gyp verb cli [",
        "gyp verb cli   '/usr/bin/node',",
        *[f"gyp verb cli   '--option-{number}'," for number in range(12)],
        "gyp verb cli ]",
        "gyp info using node-gyp@3.8.0",
        "gyp verb command configure []",
    ]
    said = [
        "gyp ERR! configure error ",
        "gyp ERR! stack Error: Command failed: /usr/bin/python2 -c import sys;",
        "gyp ERR! node -v v20.20.2",
        "gyp ERR! not ok ",
        "npm error code 1",
        "npm error path /tmp/shop/node_modules/node-sass",
    ]
    result = compress("\n".join([*steps, *said]).encode(), command="npm install node-sass", exit_code=1)
    assert all(line in result.text for line in said)
    assert "steps of node-gyp" in result.text
    assert "--option-7" not in result.text


@pytest.mark.parametrize(("exit_code", "named"), [(0, 400), (1, 200)])
def test_a_long_output_of_a_failed_command_names_a_sample_of_what_was_fetched(exit_code: int, named: int) -> None:
    names = [f"plexus-{chr(97 + n % 26)}{n // 26}-component-{n}.0" for n in range(400)]
    url = "https://repo.example.org/maven2/org/codehaus/plexus/components/{0}/{0}.jar (38 kB at 4.2 MB/s)"
    lines = [f"[INFO] Downloaded from central: {url.format(name)}" for name in names]
    lines += [
        "[INFO] Compiling 215 source files to /tmp/shop/target/classes",
        "[ERROR] Shop.java:[3,5] cannot find symbol",
    ]
    text = compress("\n".join(lines), command="mvn -B test", exit_code=exit_code).text
    lists = text.partition("[... ")[0]
    found = sum(name in lists for name in names)
    assert found == named if exit_code == 0 else 20 < found < named
    assert "[ERROR] Shop.java:[3,5] cannot find symbol" in text
