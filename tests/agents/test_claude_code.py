"""Registering with Claude Code: `.mcp.json` gains one entry and loses nothing."""

import json
from pathlib import Path

import pytest

from sidecar.agents.changes import Change, apply, backup_of
from sidecar.agents.registry import agent
from sidecar.errors import ConfigurationError, WrongUsage

COMMAND = ["/opt/venv/bin/sidecar"]
ENTRY = {"type": "stdio", "command": "/opt/venv/bin/sidecar", "args": ["serve"], "alwaysLoad": True}
OTHERS = (
    '{\n    "inputs": [1,2],\n    "mcpServers": {\n        "db": {"command": "npx", "args": ["-y", "db"]}\n    }\n}\n'
)


def install(project: Path) -> Change:
    return agent("claude-code").install(project, command=COMMAND, environ={})


def uninstall(project: Path) -> Change:
    return agent("claude-code").uninstall(project)


def test_a_project_without_a_file_gets_one_with_our_entry(tmp_path: Path) -> None:
    change = install(tmp_path)
    assert json.loads((tmp_path / ".mcp.json").read_text()) == {"mcpServers": {"sidecar": ENTRY}}
    assert change.sentence.endswith("created, with the server `sidecar` in it")
    assert not backup_of(tmp_path / ".mcp.json").exists()


def test_a_file_we_made_and_nobody_else_used_is_removed_again(tmp_path: Path) -> None:
    install(tmp_path)
    uninstall(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_everything_else_in_the_file_stays_byte_for_byte(tmp_path: Path) -> None:
    file = tmp_path / ".mcp.json"
    file.write_text(OTHERS)
    install(tmp_path)
    text = file.read_text()
    assert json.loads(text)["mcpServers"]["sidecar"] == ENTRY
    assert text.startswith(OTHERS.partition("\n    }\n}")[0])
    assert text.endswith("\n    }\n}\n")


def test_installing_twice_changes_nothing_and_says_so(tmp_path: Path) -> None:
    (tmp_path / ".mcp.json").write_text(OTHERS)
    install(tmp_path)
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    again = install(tmp_path)
    assert not again.is_change
    assert "nothing to do" in again.sentence
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first


@pytest.mark.parametrize(
    "text", [OTHERS, "{}", "", '{"mcpServers": {}}', '{"mcpServers":{"x":{}}, "mcpServers2": 0.10}']
)
def test_uninstalling_restores_the_file_as_it_was(tmp_path: Path, text: str) -> None:
    file = tmp_path / ".mcp.json"
    file.write_text(text)
    install(tmp_path)
    assert backup_of(file).read_text() == text
    uninstall(tmp_path)
    assert file.read_text() == text
    assert [path.name for path in tmp_path.iterdir()] == [".mcp.json"]


def test_what_the_user_changed_since_is_kept_when_uninstalling(tmp_path: Path) -> None:
    file = tmp_path / ".mcp.json"
    file.write_text(OTHERS)
    install(tmp_path)
    file.write_text(file.read_text().replace('"db"', '"database"', 1))
    uninstall(tmp_path)
    assert file.read_text() == OTHERS.replace('"db"', '"database"', 1)
    assert not backup_of(file).exists()


def test_a_file_we_made_that_others_use_by_now_is_kept(tmp_path: Path) -> None:
    install(tmp_path)
    file = tmp_path / ".mcp.json"
    said = json.loads(file.read_text())
    said["mcpServers"]["db"] = {"command": "db"}
    file.write_text(json.dumps(said))
    uninstall(tmp_path)
    assert json.loads(file.read_text()) == {"mcpServers": {"db": {"command": "db"}}}


def test_the_backup_is_made_once_and_keeps_the_first_state(tmp_path: Path) -> None:
    file = tmp_path / ".mcp.json"
    file.write_text(OTHERS)
    install(tmp_path)
    file.write_text(file.read_text().replace("/opt/venv", "/old"))
    install(tmp_path)
    assert backup_of(file).read_text() == OTHERS


def test_what_the_user_added_to_our_entry_stays_when_it_is_brought_up_to_date(tmp_path: Path) -> None:
    own = {"command": "/old/sidecar", "args": ["serve", "--quiet"], "env": {"A": "${B}"}, "timeout": 60}
    (tmp_path / ".mcp.json").write_text(json.dumps({"mcpServers": {"sidecar": own}}))
    install(tmp_path)
    assert json.loads((tmp_path / ".mcp.json").read_text())["mcpServers"]["sidecar"] == {
        **ENTRY,
        "args": ["serve", "--quiet"],
        "env": {"A": "${B}"},
        "timeout": 60,
    }


def test_another_program_of_our_name_is_neither_replaced_nor_removed(tmp_path: Path) -> None:
    text = '{"mcpServers": {"sidecar": {"command": "jupyter-thing", "args": []}}}'
    file = tmp_path / ".mcp.json"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match="another program"):
        install(tmp_path)
    assert not uninstall(tmp_path).is_change
    assert file.read_text() == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"mcpServers": {', "not valid JSON (line 1, column 17)"),
        ("[]", "`the file` is not an object"),
        ('{"mcpServers": 3}', "`mcpServers` is not an object"),
        ('{"a": 1} // mine', "not valid JSON"),
    ],
)
def test_a_broken_file_is_refused_and_left_alone(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / ".mcp.json"
    file.write_text(text)
    for act in (install, uninstall):
        with pytest.raises(ConfigurationError) as refused:
            act(tmp_path)
        assert said in str(refused.value)
    assert [path.name for path in tmp_path.iterdir()] == [".mcp.json"]
    assert file.read_text() == text


def test_a_file_that_is_not_utf8_or_not_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".mcp.json").write_bytes(b'{"a": "\xff"}')
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        install(tmp_path)
    (tmp_path / ".mcp.json").unlink()
    (tmp_path / ".mcp.json").mkdir()
    with pytest.raises(ConfigurationError, match="not a file"):
        install(tmp_path)


def test_the_mode_stays_and_a_link_stays_a_link(tmp_path: Path) -> None:
    shared = tmp_path / "shared.json"
    shared.write_text(OTHERS)
    shared.chmod(0o640)
    project = tmp_path / "project"
    project.mkdir()
    (project / ".mcp.json").symlink_to(shared)
    install(project)
    assert (project / ".mcp.json").is_symlink()
    assert "sidecar" in json.loads(shared.read_text())["mcpServers"]
    assert shared.stat().st_mode & 0o777 == 0o640
    assert backup_of(project / ".mcp.json").stat().st_mode & 0o777 == 0o640


def test_a_preview_writes_nothing_and_shows_the_whole_file(tmp_path: Path) -> None:
    change = agent("claude-code").preview(tmp_path, command=["uvx", "--from", "agent-sidecar", "sidecar"], environ={})
    assert list(tmp_path.iterdir()) == []
    assert change.after is not None
    entry = json.loads(change.after)["mcpServers"]["sidecar"]
    assert (entry["command"], entry["args"]) == ("uvx", ["--from", "agent-sidecar", "sidecar", "serve"])


def test_a_file_someone_changed_in_between_is_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / ".mcp.json"
    file.write_text(OTHERS)
    change = agent("claude-code").preview(tmp_path, command=COMMAND, environ={})
    file.write_text("{}")
    with pytest.raises(ConfigurationError, match="changed by someone else"):
        apply(change)
    assert file.read_text() == "{}"


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is not a folder"):
        install(tmp_path / "nowhere")


def test_a_missing_claude_is_told(tmp_path: Path) -> None:
    assert "not on the PATH" in install(tmp_path).notes[0]


def test_an_unknown_agent_is_answered_with_the_known_ones() -> None:
    with pytest.raises(WrongUsage, match=r"`emacs`; known: `claude-code`"):
        agent("emacs")


def test_a_file_we_made_behind_a_link_is_removed_and_the_link_stays(tmp_path: Path) -> None:
    (tmp_path / ".mcp.json").symlink_to("shared.json")
    install(tmp_path)
    uninstall(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".mcp.json"]
    assert (tmp_path / ".mcp.json").is_symlink()
