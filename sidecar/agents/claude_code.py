"""Claude Code: the project's `.mcp.json`, as Claude Code 2.1.330 reads it.

`alwaysLoad` makes it wait for the server before the first turn; without it a server that takes a second to
start is not there when the model first looks (measured 2026-11).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sidecar.agents.changes import Change, apply, backup_of, read_text
from sidecar.agents.splice import member, with_member, without_member
from sidecar.errors import ConfigurationError

__all__ = ["ClaudeCode"]

_ENTRY = ("mcpServers", "sidecar")


class ClaudeCode:
    """Registers the sidecar for one project, next to whatever else is registered there."""

    name = "claude-code"
    title = "Claude Code"

    def preview(self, project: Path, *, command: Sequence[str], environ: Mapping[str, str]) -> Change:
        """What `install` would do; nothing is written. Raises `ConfigurationError` where it would refuse.

        *command* starts our own program, its path or name first; `serve` is added.
        """
        path = _file(project)
        before = read_text(path)
        notes = _notes(environ)
        if before is None or not before.strip():
            after = json.dumps({"mcpServers": {"sidecar": _entry(command, {})}}, indent=2, ensure_ascii=False) + "\n"
            done = f"`{path}`: created, with the server `sidecar` in it"
            return Change(path, before, after, done, notes, makes_backup=before is not None)
        there = _read(before, path)
        if there is not None and not _is_ours(there):
            raise ConfigurationError(
                f"`{path}` already has a server called `sidecar` that is another program: rename it and try again."
            )
        entry = _entry(command, there or {})
        if there == entry:
            return Change(path, before, before, f"`{path}`: already registered, nothing to do")
        after = with_member(before, _ENTRY, entry)
        done = "entry of the server `sidecar` brought up to date" if there else "server `sidecar` added"
        backup = f"; the file as it was is kept in `{backup_of(path).name}`" if not backup_of(path).exists() else ""
        return Change(path, before, after, f"`{path}`: {done}{backup}", notes, makes_backup=True)

    def install(self, project: Path, *, command: Sequence[str], environ: Mapping[str, str]) -> Change:
        """Register the sidecar in *project*; done twice, the second time changes nothing."""
        return apply(self.preview(project, command=command, environ=environ))

    def preview_uninstall(self, project: Path) -> Change:
        """What `uninstall` would do; nothing is written."""
        path = _file(project)
        before = read_text(path)
        there = _read(before, path) if before and before.strip() else None
        if before is None or there is None:
            return Change(path, before, before, f"`{path}`: not registered, nothing to do")
        if not _is_ours(there):
            return Change(path, before, before, f"`{path}`: its server `sidecar` is another program and is left alone")
        kept = read_text(backup_of(path))
        after = without_member(before, _ENTRY)
        if kept is not None and _same(kept, after):
            return Change(path, before, kept, f"`{path}`: restored as it was before", removes_backup=True)
        if kept is None and json.loads(after) == {"mcpServers": {}}:
            return Change(path, before, None, f"`{path}`: removed, nothing else was in it")
        return Change(path, before, after, f"`{path}`: server `sidecar` removed, the rest kept", removes_backup=True)

    def uninstall(self, project: Path) -> Change:
        """Undo `install`: the file as it was, or, where it has changed since, without our entry."""
        return apply(self.preview_uninstall(project))


def _file(project: Path) -> Path:
    if not project.is_dir():
        raise ConfigurationError(f"`{project}` is not a folder: run this in your project.")
    return project / ".mcp.json"


def _read(text: str, path: Path) -> Any:
    """The entry called `sidecar`, None where there is none; refuses a file that is not what it should be."""
    try:
        return member(text, _ENTRY)
    except json.JSONDecodeError as wrong:
        raise ConfigurationError(
            f"`{path}` is not valid JSON (line {wrong.lineno}, column {wrong.colno}): correct it and try again; "
            "nothing was changed."
        ) from None
    except (ValueError, RecursionError) as wrong:
        raise ConfigurationError(f"`{path}`: {wrong}: correct it and try again; nothing was changed.") from None


def _entry(command: Sequence[str], there: Mapping[str, Any]) -> dict[str, Any]:
    """Our entry; what its user added to it (`env`, `timeout`, arguments after `serve`) stays."""
    arguments = there.get("args", [])
    extra = arguments[arguments.index("serve") + 1 :] if isinstance(arguments, list) and "serve" in arguments else []
    ours = {"type": "stdio", "command": command[0], "args": [*command[1:], "serve", *extra], "alwaysLoad": True}
    return {**ours, **{key: value for key, value in there.items() if key not in ours}}


def _is_ours(entry: Any) -> bool:
    """Whether an entry starts this program, by whatever path: something called sidecar, told to `serve`."""
    if not isinstance(entry, dict) or not isinstance(entry.get("args", []), list):
        return False
    words = [str(word) for word in (entry.get("command", ""), *entry.get("args", []))]
    names = {word.replace("\\", "/").rpartition("/")[2].removesuffix(".exe") for word in words}
    return "serve" in words and bool(names & {"sidecar", "agent-sidecar"})


def _same(one: str, other: str) -> bool:
    """Whether two texts say the same, but for a `mcpServers` that is empty or not there."""
    try:
        said = [json.loads(text) if text.strip() else {} for text in (one, other)]
    except ValueError:
        return False
    for value in said:
        if isinstance(value, dict) and value.get("mcpServers") == {}:
            del value["mcpServers"]
    # As text, because keys in another order are another file to whoever wrote it.
    return json.dumps(said[0]) == json.dumps(said[1])


def _notes(environ: Mapping[str, str]) -> tuple[str, ...]:
    if shutil.which("claude", path=environ.get("PATH", "")) is None:
        return ("`claude` is not on the PATH: the entry will be used once Claude Code is installed.",)
    return ("Start `claude` in this folder and approve the server `sidecar` when it asks.",)
