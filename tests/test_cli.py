"""The `sidecar` command as a shell sees it: the result alone on stdout, the rest on stderr, an exit code that tells."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

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
