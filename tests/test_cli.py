"""The `sidecar` command as a shell sees it: the result alone on stdout, the rest on stderr, an exit code that tells."""

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sidecar.handles import digest_of, names

SIDECAR = shutil.which("sidecar", path=str(Path(sys.executable).parent)) or "sidecar"
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def sidecar(tmp_path: Path) -> Run:
    (tmp_path / "project").mkdir()
    environ = {
        "HOME": str(tmp_path / "home"),
        "PATH": os.environ["PATH"],
        "SIDECAR_STATE": str(tmp_path / "state"),
    }

    def run(*words: str, stdin: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [SIDECAR, *words],
            input=stdin,
            capture_output=True,
            text=True,
            cwd=tmp_path / "project",
            env={**environ, **more},
            check=False,
        )

    return run


def test_compress_prints_only_the_result(sidecar: Run) -> None:
    done = sidecar("compress", "-", stdin="the same line\n" * 500)
    assert done.returncode == 0
    assert done.stderr == ""
    first, last = done.stdout.splitlines()
    assert first == "the same line (x500)"
    handle = last.partition('recall("')[2].partition('"')[0]
    assert sidecar("recall", handle).stdout == "the same line\n" * 500
    assert sidecar("recall", handle, "--lines", "2-3").stdout.splitlines()[1:] == ["the same line"] * 2


def test_the_module_is_the_same_command(sidecar: Run, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "sidecar", "--help"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stdout == sidecar("--help").stdout.replace("Usage: sidecar", "Usage: python -m sidecar")


def test_compress_tells_scripts_everything_as_json(sidecar: Run) -> None:
    done = sidecar("compress", "-", "--json", "--command", "seq", "--exit-code", "1", stdin="x y z\n" * 500)
    document = json.loads(done.stdout)
    assert document["before_tokens"] > document["after_tokens"]
    assert document["handle"] in document["text"]


def test_run_passes_the_commands_own_status_and_output(sidecar: Run) -> None:
    done = sidecar("run", "--", "sh", "-c", "echo out; echo err >&2; exit 7")
    assert done.returncode == 7
    assert done.stdout == "out\nerr\n"
    assert done.stderr.startswith("sidecar: exit 7 in ")
    assert sidecar("run", "--", "echo one && echo 'two  spaces'").stdout == "one\ntwo  spaces\n"
    assert sidecar("run", "--", "echo", "two  spaces", "$HOME").stdout == "two  spaces $HOME\n"
    assert sidecar("run", "--timeout", "0.2", "--", "sleep", "60").returncode == 124
    assert json.loads(sidecar("run", "--json", "--", "echo", "--json").stdout)["text"] == "--json\n"


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["compress", "missing.txt"], 2, "There is no file `missing.txt`"),
        (["compress", "-", "--answer-tokens", "3"], 2, "--answer-tokens"),
        (["recall", "aaaaaaaa"], 2, "aaaaaaaa"),
        (["ask", "hello", "--model", "nonsense"], 2, "No model is configured"),
        (["run"], 2, "Missing argument"),
        (["sing"], 2, "No such command"),
        (["install", "emacs"], 2, "claude-code"),
        (["trust", "--yes"], 2, "nothing to trust"),
        (["status", "weather"], 2, "knows nothing"),
    ],
)
def test_wrong_usage_is_one_sentence_on_stderr_and_exit_2(
    sidecar: Run, words: list[str], code: int, sentence: str
) -> None:
    done = sidecar(*words)
    assert done.returncode == code
    assert done.stdout == ""
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_configuration_is_exit_2_with_its_place(sidecar: Run, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"roots": 5}')
    done = sidecar("run", "--", "true", SIDECAR_CONFIG=str(tmp_path / "config.json"))
    assert done.returncode == 2
    assert "config.json" in done.stderr
    assert "roots" in done.stderr


def test_the_schema_that_is_printed_accepts_the_example(sidecar: Run) -> None:
    schema = json.loads(sidecar("config", "--schema").stdout)
    jsonschema.validate(json.loads((Path(__file__).parents[1] / "config.example.json").read_text()), schema)


def test_config_tells_where_every_value_came_from(sidecar: Run) -> None:
    text = sidecar("config", SIDECAR_RUN_TIMEOUT_S="7").stdout
    assert "run.timeout_s = 7" in text
    assert "SIDECAR_RUN_TIMEOUT_S" in text
    assert "(default)" in text


def test_registering_keeps_what_else_is_in_the_file_and_can_be_taken_back(sidecar: Run, tmp_path: Path) -> None:
    file = tmp_path / "project" / ".mcp.json"
    before = '{\n    "mcpServers": {"other": {"command": "x"}},\n    "note": "mine"\n}\n'
    file.write_text(before)
    shown = sidecar("install", "claude-code", "--print")
    assert file.read_text() == before
    assert sidecar("install", "claude-code").returncode == 0
    after = json.loads(file.read_text())
    assert file.read_text() == shown.stdout
    assert after["note"] == "mine"
    assert after["mcpServers"]["other"] == {"command": "x"}
    entry = after["mcpServers"]["sidecar"]
    assert (entry["args"], entry["alwaysLoad"], entry["type"]) == (["serve"], True, "stdio")
    assert Path(entry["command"]).is_absolute()
    once = file.read_text()
    assert "nothing to do" in sidecar("install", "claude-code").stderr
    assert file.read_text() == once
    assert sidecar("uninstall", "claude-code").returncode == 0
    assert file.read_text() == before


def test_trust_shows_what_it_allows_and_holds_only_for_that_content(sidecar: Run, tmp_path: Path) -> None:
    file = tmp_path / "project" / ".sidecar" / "config.json"
    file.parent.mkdir()
    lab = {"dialect": "openai-chat", "base_url": "http://127.0.0.1:9/v1", "accounts": [{"key": "env:LAB_KEY"}]}
    models = {"lab": {"tiers": [{"name": "t", "targets": ["lab/m"]}]}}
    file.write_text(json.dumps({"providers": {"lab": lab}, "models": models}))
    assert "lab/m" not in sidecar("models", LAB_KEY="k").stdout
    assert "http://127.0.0.1:9/v1" in sidecar("trust", "--yes").stdout
    assert "lab/m" in sidecar("models", LAB_KEY="k").stdout
    file.write_text(file.read_text().replace(":9/", ":99/"))
    assert "lab/m" not in sidecar("models", LAB_KEY="k").stdout
    assert sidecar("trust", "--yes").returncode == 0
    assert sidecar("trust", "--undo").returncode == 0
    assert "lab/m" not in sidecar("models", LAB_KEY="k").stdout


def test_doctor_says_what_to_do_on_a_bare_machine(sidecar: Run) -> None:
    done = sidecar("doctor", PATH="/usr/bin:/bin")
    assert done.returncode == 0
    assert "OPENAI_API_KEY" in done.stdout
    assert "`claude` is not on the PATH" in done.stdout
    assert "`run`, `compress` and `recall` work all the same" in done.stdout


def test_the_shelf_checks_itself(sidecar: Run) -> None:
    done = sidecar("shelf", "check")
    assert done.returncode == 0, done.stdout
    assert "examples of" in done.stdout


def test_a_users_own_shelf_is_read_after_ours(sidecar: Run, tmp_path: Path) -> None:
    folder = tmp_path / "home" / ".config" / "sidecar" / "tools"
    folder.mkdir(parents=True)
    (folder / "mine.toml").write_text(
        'tool = "mine"\nabout = "A tool of my own."\n[[output]]\nname = "all"\ncommands = ["mine"]\n'
        "[[output.stage]]\ndrop = '^noise'\nwhat = \"noise\"\n"
    )
    data = "".join(f"noise {number}\n" for number in range(300)) + "signal\n"
    assert "300 lines (1-300): noise]\nsignal" in sidecar("compress", "-", "--command", "mine", stdin=data).stdout
    (folder / "mine.toml").write_text("tool = 7\n")
    done = sidecar("compress", "-", "--command", "mine", stdin=data)
    assert done.returncode == 2
    assert "mine.toml" in done.stderr


def test_a_reader_that_leaves_is_no_error(sidecar: Run, tmp_path: Path) -> None:
    done = subprocess.run(
        f"{SIDECAR} config --schema | head -1", shell=True, capture_output=True, text=True, check=False
    )
    assert done.stdout == "{\n"
    assert "Traceback" not in done.stderr


Running = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def begin(sidecar: Run, tmp_path: Path) -> Iterator[Running]:
    """Starts `sidecar` and leaves it running: whoever asks for it waits on what it prints, never on time."""
    children: list[subprocess.Popen[bytes]] = []
    environ = {"HOME": str(tmp_path / "home"), "PATH": os.environ["PATH"], "SIDECAR_STATE": str(tmp_path / "state")}

    def start(*words: str, **more: Any) -> subprocess.Popen[bytes]:
        child = subprocess.Popen([SIDECAR, *words], cwd=tmp_path / "project", env=environ, **more)
        children.append(child)
        return child

    yield start
    for child in children:
        child.kill()
        child.wait()


def test_run_gives_the_command_its_own_standard_input(sidecar: Run) -> None:
    assert sidecar("run", "--", "cat", stdin="one\ntwo\n").stdout == "one\ntwo\n"
    assert sidecar("run", "--", "read x; read y; echo $y-$x", stdin="one\ntwo\n").stdout == "two-one\n"
    assert sidecar("run", "--", "cat").stdout == ""


def test_a_small_output_does_not_wait_for_the_tokenizer(sidecar: Run) -> None:
    timed = {"PYTHONPROFILEIMPORTTIME": "1"}  # Python tells on stderr what it loads
    assert "toktok" not in sidecar("run", "--", "echo", "few words", **timed).stderr
    assert "toktok" in sidecar("run", "--", "seq", "1000", **timed).stderr


@pytest.mark.parametrize(
    ("command", "status"), [("true", 0), ("false", 1), ("exit 42", 42), ("kill -KILL $$", 137), ("nosuchprogram", 127)]
)
def test_run_exits_as_the_command_did(sidecar: Run, command: str, status: int) -> None:
    assert sidecar("run", "--", f"{command} # in a shell").returncode == status


CATCHING = """import os, signal, sys
name, ready = sys.argv[1:]
outer, inner = os.pipe()
signal.signal(getattr(signal, name), lambda *_: os.write(inner, b"x"))
with open(ready, "w") as fifo:
    fifo.write("go")
os.read(outer, 1)
print("caught", name)
sys.exit(9)
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGUSR1"])
def test_a_signal_is_passed_on_and_what_the_command_says_then_is_shown(
    begin: Running, tmp_path: Path, name: str
) -> None:
    os.mkfifo(tmp_path / "ready")
    command = [sys.executable, "-c", CATCHING, name, str(tmp_path / "ready")]
    child = begin("run", "--", *command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert (tmp_path / "ready").read_text() == "go"
    child.send_signal(getattr(signal, name))
    out, err = child.communicate()
    assert out == f"caught {name}\n".encode()
    assert err.startswith(b"sidecar: exit 9 in ")
    assert child.returncode == 9


def test_a_signal_in_the_first_instant_reaches_the_command_and_its_status_is_the_shells(
    begin: Running, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "ready")
    script = f"echo begun; echo go > {tmp_path}/ready; exec sleep 1000"
    child = begin("run", "--", script, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert (tmp_path / "ready").read_text() == "go\n"
    child.send_signal(signal.SIGTERM)
    out, err = child.communicate()
    assert out.startswith(b"begun\n")
    assert b"ended by signal 15" in err
    assert child.returncode == 143


def on_a_terminal(begin: Running, *words: str) -> tuple[bytes, int]:
    """What `sidecar` prints on a pseudo-terminal, and its exit status."""
    outer, inner = pty.openpty()
    child = begin(*words, stdin=subprocess.DEVNULL, stdout=inner, stderr=subprocess.DEVNULL)
    os.close(inner)
    seen = b""
    with suppress(OSError):  # EIO: the other end is closed
        while data := os.read(outer, 65_536):
            seen += data
    os.close(outer)
    return seen.replace(b"\r\n", b"\n"), child.wait()


COLOURED = """import sys
paint = "\\x1b[31m%s\\x1b[0m" if sys.stdout.isatty() else "%s"
for number in range(300):
    print(paint % "the same line")
print(paint % "error: the shop is shut")
sys.exit(3)
"""


def test_on_a_terminal_a_command_colours_and_the_lines_that_are_shown_keep_it(begin: Running, tmp_path: Path) -> None:
    (tmp_path / "project" / "paint.py").write_text(COLOURED)
    seen, status = on_a_terminal(begin, "run", "--", sys.executable, "paint.py")
    assert b"\x1b[31merror: the shop is shut\x1b[0m" in seen
    assert b"the same line (x300)" in seen
    assert status == 3


def test_into_a_pipe_and_as_json_a_command_prints_without_colours(sidecar: Run, tmp_path: Path) -> None:
    (tmp_path / "project" / "paint.py").write_text(COLOURED)
    for words in (["run"], ["run", "--json"]):
        done = sidecar(*words, "--", sys.executable, "paint.py")
        assert "error: the shop is shut" in done.stdout
        assert "\x1b" not in done.stdout
        assert "u001b" not in done.stdout


GREEN = "".join(
    f"{verb} the {thing} of the {place}\n"
    for verb in ("copied", "moved", "washed")
    for thing in ("cups", "pots", "tins", "spoons", "scales")
    for place in ("shop", "store", "cellar", "kitchen", "window", "yard")
)


def test_the_level_is_the_commands_or_the_configurations(sidecar: Run, tmp_path: Path) -> None:
    words = ["compress", "-", "--command", "./copy", "--exit-code", "0"]
    faithful = sidecar(*words, "--level", "faithful", stdin=GREEN).stdout
    tight = sidecar(*words, "--level", "tight", stdin=GREEN).stdout
    assert len(tight) < len(faithful)
    assert sidecar(*words, stdin=GREEN).stdout == faithful
    (tmp_path / "config.json").write_text('{"compression": {"level": "tight"}}')
    assert sidecar(*words, stdin=GREEN, SIDECAR_CONFIG=str(tmp_path / "config.json")).stdout == tight
    done = sidecar(*words, "--level", "brutal", stdin=GREEN)
    assert done.returncode == 2
    assert "brutal" in done.stderr


def test_a_run_that_is_shown_whole_keeps_no_secret_either(sidecar: Run, tmp_path: Path) -> None:
    """The output of `run` is kept for a later comparison even where nothing was shortened: masked like the rest."""
    lines = [f"{digest_of(bytes([number])).hex()} has no twin" for number in range(20)]
    printed = "\n".join(["key AKIAIOSFODNN7EXAMPL3", *lines]) + "\n"
    (tmp_path / "printed.txt").write_text(printed)
    shown = sidecar("run", "--mask-secrets", "--", "cat", str(tmp_path / "printed.txt")).stdout
    assert shown == printed.replace("AKIAIOSFODNN7EXAMPL3", "[masked: AWS Access Key]")
    assert sidecar("recall", next(names(digest_of(printed.encode())))).returncode == 2
    assert sidecar("recall", next(names(digest_of(shown.encode())))).stdout == shown


def test_secrets_are_neither_shown_nor_kept_where_they_are_to_be_masked(sidecar: Run) -> None:
    key = "AKIA" + "IOSFODNN7EXAMPLE"
    shown = sidecar("compress", "-", "--mask-secrets", stdin=f"key {key}\n" + "the same line\n" * 400).stdout
    assert "[masked: AWS Access Key]" in shown
    handle = shown.rpartition('recall("')[2].partition('"')[0]
    original = sidecar("recall", handle).stdout
    assert original == "key [masked: AWS Access Key]\n" + "the same line\n" * 400
    ran = sidecar("run", "--mask-secrets", "--", f"echo key {key}").stdout
    assert ran == "key [masked: AWS Access Key]\n"


def test_json_names_the_segments_the_evidence_and_what_was_left_out(sidecar: Run) -> None:
    text = "".join(f"src/app.py:{n}:1: E501 line too long ({n} > 88)\n" for n in range(90, 640))
    words = ["compress", "-", "--json", "--command", "ruff check", "--exit-code", "1", "--answer-tokens", "200"]
    document = json.loads(sidecar(*words, stdin=text).stdout)
    assert set(document) == {
        "text", "handle", "before_tokens", "after_tokens", "segments", "evidence", "left_out",
    }  # fmt: skip
    assert document["after_tokens"] <= 200 < document["before_tokens"]
    assert document["segments"] == [{"lines": [1, 550], "form": "diagnostics"}]
    assert len(document["evidence"]) == 550
    assert all(set(one) == {"line", "parts"} for one in document["evidence"])
    assert document["left_out"]
    assert all(first <= last <= 550 and one["what"] for one in document["left_out"] for first, last in [one["lines"]])
    ran = json.loads(sidecar("run", "--json", "--", "echo out; exit 5").stdout)
    assert (ran["exit_status"], ran["text"]) == (5, "out\n")
    assert ran["headline"].startswith("exit 5 in ")


def test_run_and_compress_show_what_changed_since(sidecar: Run, tmp_path: Path) -> None:
    listing = tmp_path / "project" / "list.txt"
    known = GREEN + "the same line\n" * 400
    listing.write_text(known)
    first = sidecar("run", "--", "cat list.txt").stdout
    handle = first.rpartition('recall("')[2].partition('"')[0]
    assert handle
    listing.write_text(known + "brand new\n")
    for words in (["run", "--since", "last", "--", "cat list.txt"], ["compress", "--since", handle, "list.txt"]):
        shown = sidecar(*words).stdout
        assert "since the earlier output: 1 new lines, 0 lines are gone" in shown
        assert "brand new" in shown
        assert f'earlier output: recall("{handle}")' in shown


def test_a_shelf_file_begun_from_an_output_holds_as_it_stands(sidecar: Run, tmp_path: Path) -> None:
    words = ["--from", "-", "--command", "cp2 -v", "--version", "cp2 1.4"]
    done = sidecar("shelf", "new", "cp2", *words, stdin=GREEN + "\tit's '''done'''\n")
    path = tmp_path / "home" / ".config" / "sidecar" / "tools" / "cp2.toml"
    assert done.stdout == f"{path}\n"
    assert done.returncode == 0
    tool = tomllib.loads(path.read_text())
    assert (tool["tool"], tool["output"][0]["commands"]) == ("cp2", ["cp2"])
    assert tool["output"][0]["example"][0]["input"].startswith("copied the cups of the shop\n")
    assert "cp2/output/" not in sidecar("shelf", "check").stdout
    path.write_text(path.read_text().replace("copied the cups of the shop", "broke the cups of the shop", 1))
    assert "cp2/output/" in sidecar("shelf", "check").stdout


def test_a_shelf_file_is_not_overwritten_and_can_be_only_printed(sidecar: Run, tmp_path: Path) -> None:
    folder = tmp_path / "home" / ".config" / "sidecar" / "tools"
    printed = sidecar("shelf", "new", "cp2", "--from", "-", "--print", stdin=GREEN)
    assert not folder.exists()
    assert sidecar("shelf", "new", "cp2", "--from", "-", stdin=GREEN).returncode == 0
    assert (folder / "cp2.toml").read_text() == printed.stdout
    again = sidecar("shelf", "new", "cp2", "--from", "-", stdin="another output\n")
    assert again.returncode == 2
    assert "exists already" in again.stderr
    assert (folder / "cp2.toml").read_text() == printed.stdout


@pytest.mark.parametrize(
    ("name", "output", "sentence"),
    [
        ("../evil", GREEN, "cannot name a shelf file"),
        ("Upper", GREEN, "cannot name a shelf file"),
        ("", GREEN, "cannot name a shelf file"),
        (".hidden", GREEN, "cannot name a shelf file"),
        ("a" * 99, GREEN, "cannot name a shelf file"),
        ("good", "", "empty or binary"),
        ("good", "a\0b", "empty or binary"),
        ("good", GREEN * 9, "trim it by hand"),
    ],
)
def test_what_no_shelf_file_can_be_made_of_is_refused(
    sidecar: Run, tmp_path: Path, name: str, output: str, sentence: str
) -> None:
    done = sidecar("shelf", "new", name, "--from", "-", stdin=output)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert not (tmp_path / "home" / ".config" / "sidecar" / "tools").exists()


MINE = (
    'tool = "mine"\nabout = "A tool of this project."\n[[output]]\nname = "all"\ncommands = ["mine"]\n'
    "[[output.stage]]\ndrop = '^noise'\nwhat = \"noise\"\n"
)


def test_a_projects_own_shelf_counts_only_as_its_user_trusted_it(sidecar: Run, tmp_path: Path) -> None:
    folder = tmp_path / "project" / ".sidecar" / "tools"
    folder.mkdir(parents=True)
    (folder / "mine.toml").write_text(MINE)
    data = "".join(f"noise {number}\n" for number in range(300)) + "signal\n"

    def is_used() -> bool:
        return "300 lines (1-300): noise]\nsignal" in sidecar("compress", "-", "--command", "mine", stdin=data).stdout

    assert not is_used()
    told = sidecar("trust", "--yes")
    assert told.returncode == 0
    assert "mine: mine" in told.stdout
    assert is_used()
    (folder / "mine.toml").write_text(MINE.replace("^noise", "^nois"))
    assert not is_used()
    sidecar("trust", "--yes")
    assert is_used()
    (folder / "other.toml").write_text(MINE.replace("mine", "other"))
    assert not is_used()
    sidecar("trust", "--yes")
    assert is_used()
    assert "is no longer trusted" in sidecar("trust", "--undo").stdout
    assert not is_used()
    assert "was not trusted" in sidecar("trust", "--undo").stdout


def test_a_projects_shelf_that_is_wrong_or_no_plain_file_is_refused(sidecar: Run, tmp_path: Path) -> None:
    folder = tmp_path / "project" / ".sidecar" / "tools"
    folder.mkdir(parents=True)
    (folder / "mine.toml").write_text("tool = 7\n")
    done = sidecar("trust", "--yes")
    assert done.returncode == 2
    assert "mine.toml" in done.stderr
    (tmp_path / "elsewhere.toml").write_text(MINE)
    (folder / "mine.toml").unlink()
    (folder / "mine.toml").symlink_to(tmp_path / "elsewhere.toml")
    done = sidecar("trust", "--yes")
    assert done.returncode == 2
    assert "no links" in done.stderr


def test_a_part_of_an_original_is_printed_by_its_name(sidecar: Run) -> None:
    text = "".join(f"src/app.py:{n}:1: E501 line too long ({n} > 88)\n" for n in range(90, 140))
    shown = sidecar("compress", "-", "--command", "ruff check", "--answer-tokens", "150", stdin=text).stdout
    handle = shown.rpartition('recall("')[2].partition('"')[0]
    part = sidecar("recall", handle, "--block", "2nd error").stdout.splitlines()
    assert part[1:] == ["src/app.py:91:1: E501 line too long (91 > 88)"]
    wrong = sidecar("recall", handle, "--block", "51st error")
    assert wrong.returncode == 2
    assert "There is no error 51" in wrong.stderr


PRIVATE = {
    "providers": {
        "lab": {"dialect": "openai-chat", "base_url": "http://127.0.0.1:9", "accounts": [{"key": None}]},
        "far": {"dialect": "openai-chat", "base_url": "https://far.invalid", "accounts": [{"key": "env:FAR_KEY"}]},
        "openai": {"base_url": "http://127.0.0.1:9/v1", "accounts": [{"key": None}]},
    },
    "models": {"default": {"tiers": [{"name": "all", "targets": ["openai/gpt-4", "lab/small", "far/large"]}]}},
}


def test_ask_can_explain_itself_without_calling_anyone(sidecar: Run, tmp_path: Path) -> None:
    """Nobody listens at these addresses, and nobody is missed."""
    (tmp_path / "config.json").write_text(json.dumps(PRIVATE))
    asked = {"SIDECAR_CONFIG": str(tmp_path / "config.json")}
    short = sidecar("ask", "--explain", **asked)
    assert short.returncode == 0, short.stderr
    first, second, third = short.stdout.splitlines()
    assert (first, second) == ("all: openai/gpt-4: tried first", "all: lab/small: tried as no. 2")
    assert third.startswith("all: far/large: excluded: `env:FAR_KEY`: the variable `FAR_KEY` is not set here")
    long = sidecar("ask", "--explain", "-", stdin="word " * 20_000, **asked)
    assert "gpt-4: excluded: it reads 8,192 tokens, and the words alone are about 20," in long.stdout.splitlines()[0]
    (tmp_path / "project" / "shot.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(40)))
    seen = json.loads(sidecar("ask", "--explain", "--json", "What is this?", "--attach", "shot.png", **asked).stdout)
    assert [(entry["endpoint"], entry["state"]) for entry in seen] == [
        ("openai/gpt-4@default", "excluded"),
        ("lab/small@default", "excluded"),
        ("far/large@default", "excluded"),
    ]
    assert "not known to read images" in seen[1]["reason"]
    assert {(entry["turn"], entry["order"]) for entry in seen} == {(None, "")}
    told = json.loads(sidecar("ask", "--explain", "--json", "--model", "default:cheap", **asked).stdout)
    assert [(entry["model"], entry["endpoint"], entry["turn"], entry["order"]) for entry in told] == [
        ("default:cheap", "openai/gpt-4@default", 1, "cheapest: $37.50 per million tokens"),
        ("default:cheap", "lab/small@default", 2, "cheapest: unknown price"),
        ("default:cheap", "far/large@default", None, ""),
    ]
    listed = json.loads(sidecar("ask", "--explain", "--json", **asked).stdout)
    assert [entry["order"] for entry in listed] == ["as listed", "as listed", ""]


def test_the_drill_rehearses_what_is_configured_and_exits_by_the_verdict(sidecar: Run, tmp_path: Path) -> None:
    folder = tmp_path / "home" / ".config" / "sidecar"
    folder.mkdir(parents=True, exist_ok=True)
    tiers = [{"name": "best", "targets": ["anthropic/claude-haiku-4-5"]}]
    folder.joinpath("config.json").write_text(json.dumps({"models": {"default": {"tiers": tiers}}}))
    well = sidecar("drill", "--scenario", "all-well", "--json")
    assert well.returncode == 0, well.stderr
    assert json.loads(well.stdout)["rehearsals"][0]["success_rate"] == 1
    gone = sidecar("drill", "--model", "default", "--scenario", "all-well", "--scenario", "credit-gone")
    assert gone.returncode == 1
    assert "✗ credit-gone" in gone.stdout
    assert "1 of 2 rehearsals met the objectives" in gone.stdout
    assert sidecar("drill", "--scenario", "credit-gon").returncode == 2
    listed = sidecar("drill", "--list").stdout
    assert "quota-spent" in listed
