"""The doctor: what was found, what was not, and what to do."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sidecar.config.detect import arrange, look
from sidecar.config.doctor import Line, examine, has_problem
from sidecar.providers.catalogue import Host


def examined(machine: Any, hosts: Mapping[str, Host]) -> list[Line]:
    findings = look(machine.environ, catalogue=hosts, project=machine.project)
    configuration = machine.load(detect=lambda names: arrange(findings, catalogue=hosts, configured=names))
    return examine(configuration, findings, catalogue=hosts, environ=machine.environ)


def test_on_a_bare_machine_it_says_what_to_set(machine: Any, small_catalogue: Mapping[str, Host]) -> None:
    lines = examined(machine, small_catalogue)
    text = "\n".join(map(str, lines))
    assert "no key in the environment; set one of `ANTHROPIC_API_KEY`, `GEMINI_API_KEY`" in text
    assert "`claude` is not on the PATH; install `claude` and log in with it" in text
    assert "no model can be asked (`run`, `compress` and `recall` work all the same)" in text
    assert not has_problem(lines)


def test_with_a_key_it_says_who_answers(machine: Any, small_catalogue: Mapping[str, Host]) -> None:
    machine.environ["ANTHROPIC_API_KEY"] = "sk-secret"
    lines = examined(machine, small_catalogue)
    text = "\n".join(map(str, lines))
    assert "found    the key of `anthropic` is in `ANTHROPIC_API_KEY`" in text
    assert "found    model `default` is answered by cheap: `anthropic/small`" in text
    assert not has_problem(lines)
    assert "sk-secret" not in text


def test_a_reference_that_leads_nowhere_is_a_problem(
    machine: Any, small_catalogue: Mapping[str, Host], tmp_path: Path
) -> None:
    key = tmp_path / "key"
    key.write_text("sk-secret")
    key.chmod(0o644)
    machine.user(
        {"providers": {"anthropic": {"accounts": [{"key": f"file:{key}"}], "headers": {"X-Auth": "env:NOT_SET"}}}}
    )
    text = "\n".join(str(line) for line in examined(machine, small_catalogue) if line.mark == "problem")
    assert f"provider `anthropic`: `file:{key}` is open to other users of this machine; run `chmod 600 {key}`" in text
    assert "the variable `NOT_SET` is not set here" in text
    assert "sk-secret" not in text


def test_a_model_nobody_can_answer_is_a_problem(machine: Any, small_catalogue: Mapping[str, Host]) -> None:
    machine.user({"models": {"default": {"tiers": [{"name": "a", "targets": ["claude-cli/opus", "anthropic/big"]}]}}})
    text = "\n".join(map(str, examined(machine, small_catalogue)))
    assert "missing  provider `claude-cli` cannot be called: the program `claude` is not on the PATH" in text
    assert "problem  model `default` has no target that can be called" in text


def test_only_targets_that_can_be_called_are_said_to_answer(machine: Any, small_catalogue: Mapping[str, Host]) -> None:
    machine.environ["ANTHROPIC_API_KEY"] = "k"
    targets = ["gemini/flash", "mine/x", "shut/y", "anthropic/big"]
    machine.user(
        {
            "providers": {
                "mine": {"dialect": "command", "command": ["no-such-program"]},
                "shut": {"dialect": "gemini", "base_url": "https://h", "headers": {"X-Auth": "env:NOT_SET"}},
            },
            "models": {"default": {"tiers": [{"name": "all", "targets": targets}]}},
        }
    )
    text = "\n".join(map(str, examined(machine, small_catalogue)))
    assert "found    model `default` is answered by all: `anthropic/big`\n" in text
    assert "missing  provider `mine`: there is no program `no-such-program` to start" in text


def test_a_key_that_would_travel_in_the_open_is_a_problem(machine: Any, small_catalogue: Mapping[str, Host]) -> None:
    machine.environ["A_KEY"] = "k"
    lab = {"dialect": "openai-chat", "base_url": "http://lab.example/v1", "accounts": [{"key": "env:A_KEY"}]}
    machine.user({"providers": {"lab": lab, "here": {**lab, "base_url": "http://127.0.0.1:1/v1"}}})
    text = "\n".join(map(str, examined(machine, small_catalogue)))
    assert "provider `lab` sends its key unencrypted" in text
    assert "provider `here` sends" not in text


def test_what_is_held_back_and_what_does_nothing_is_told(machine: Any, small_catalogue: Mapping[str, Host]) -> None:
    tier = {"name": "t", "targets": ["anthropic/big"]}
    machine.user({"models": {"default": {"tiers": [tier], "objectives": {"p95_s": 2}}}})
    machine.theirs({"providers": {"lab": {"dialect": "gemini", "base_url": "http://h"}}})
    text = "\n".join(map(str, examined(machine, small_catalogue)))
    assert "held back from the project's file: `providers.lab`" in text
    assert "`models.default.objectives`: objectives are kept but not yet measured" in text
