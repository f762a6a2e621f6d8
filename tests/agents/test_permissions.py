import json
import os
from pathlib import Path

import pytest

from sidecar.agents.permissions import agent_rules, denied_by


@pytest.mark.parametrize(
    ("command", "rule"),
    [
        ("git push origin main", "Bash(git push:*)"),
        ("git push", "git push:*"),
        ("cd x && git push -f", "Bash(git push:*)"),
        ("sudo -n env A=1 git push", "Bash(git push:*)"),
        ("/usr/bin/git push", "Bash(git push:*)"),
        ("bash -c 'echo a; git push'", "Bash(git push:*)"),
        ("echo $(git push)", "Bash(git push:*)"),
        ("echo a|curl http://x", "Bash(curl *)"),
        ("make deploy", "Bash(make deploy)"),
        ("anything at all", "Bash"),
        ("rm -rf /\n", "rm *"),
        ("# publish it\ngit push", "Bash(git push:*)"),
        ("true # don't\ngit push", "Bash(git push:*)"),
        ("git \\\n  push", "Bash(git push:*)"),
        ("git push>/dev/null", "Bash(git push:*)"),
        ("make deploy 2>&1", "Bash(make deploy:*)"),
    ],
)
def test_a_denied_command_is_found_wherever_it_stands(command: str, rule: str) -> None:
    assert denied_by(command, ["Bash(never this)", rule]) == rule


@pytest.mark.parametrize(
    ("command", "rule"),
    [
        ("git pushx", "Bash(git push:*)"),
        ("git pull", "Bash(git push:*)"),
        ("make deploy-docs", "Bash(make deploy)"),
        ("echo 'git status'", "Bash(git push:*)"),
    ],
)
def test_other_commands_pass(command: str, rule: str) -> None:
    assert denied_by(command, [rule]) is None


def test_the_agents_own_rules_are_read_and_broken_files_are_left_to_it(tmp_path: Path) -> None:
    project, home = tmp_path / "project", tmp_path / "home"
    (project / ".claude").mkdir(parents=True)
    (home / ".claude").mkdir(parents=True)
    rules = {"permissions": {"deny": ["Bash(git push:*)", "Read(./.env)", 7]}}
    (project / ".claude" / "settings.json").write_text(json.dumps(rules))
    (project / ".claude" / "settings.local.json").write_text("{ broken")
    (home / ".claude" / "settings.json").write_text(json.dumps({"permissions": {"deny": ["Bash(curl *)"]}}))
    assert agent_rules([project], home) == ("Bash(git push:*)", "Bash(curl *)")


@pytest.mark.parametrize("kind", ["pipe", "deep"])
def test_a_settings_file_that_cannot_be_read_as_one_holds_up_no_command(tmp_path: Path, kind: str) -> None:
    (tmp_path / ".claude").mkdir()
    if kind == "pipe":
        os.mkfifo(tmp_path / ".claude" / "settings.json")
    else:
        (tmp_path / ".claude" / "settings.json").write_text("[" * 200_000)
    assert agent_rules([tmp_path], tmp_path / "home") == ()
