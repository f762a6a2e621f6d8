"""A machine of its own for each test: a home, a project in a repository, an environment, a small catalogue."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sidecar.config.layers import Configuration, Detect, load
from sidecar.providers.catalogue import Host

CATALOGUE: Mapping[str, Host] = {
    host.name: host
    for host in (
        Host(
            "anthropic",
            "anthropic",
            "https://api.anthropic.com",
            ("ANTHROPIC_API_KEY",),
            default_models={"smart": ("big", "middle"), "cheap": ("small",)},
        ),
        Host(
            "gemini",
            "gemini",
            "https://g.example/v1beta",
            ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
            default_models={"cheap": ("flash",)},
        ),
        Host("ollama", "openai-chat", "http://127.0.0.1:11434/v1", billing="free", local=True),
        Host(
            "claude-cli",
            "command",
            billing="flat",
            command=("claude", "-p", "--model", "{model}"),
            default_models={"smart": ("opus", "sonnet"), "cheap": ("haiku",)},
        ),
        Host("codex-cli", "command", billing="flat", command=("codex", "exec", "--model", "{model}", "-")),
    )
}


@dataclass
class Machine:
    folder: Path
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def project(self) -> Path:
        return self.folder / "project"

    @property
    def project_file(self) -> Path:
        return self.project / ".sidecar" / "config.json"

    @property
    def user_file(self) -> Path:
        return self.folder / "home" / ".config" / "sidecar" / "config.json"

    @property
    def state(self) -> Path:
        return self.folder / "home" / ".local" / "state" / "sidecar"

    def user(self, values: Any) -> Path:
        return _write(self.user_file, values)

    def theirs(self, values: Any) -> Path:
        return _write(self.project_file, values)

    def load(
        self, *, detect: Detect | None = None, flags: Mapping[str, Any] | None = None, cwd: Path | None = None
    ) -> Configuration:
        return load(cwd=cwd or self.project, environ=self.environ, catalogue=CATALOGUE, detect=detect, flags=flags)


def _write(path: Path, values: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(values if isinstance(values, str) else json.dumps(values))
    return path


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path, {"HOME": str(tmp_path / "home"), "PATH": ""})
    (made.project / ".git").mkdir(parents=True)
    (tmp_path / "home").mkdir()
    return made


@pytest.fixture
def small_catalogue() -> Mapping[str, Host]:
    return CATALOGUE


@pytest.fixture
def program() -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\nexit 1\n")
        path.chmod(0o755)
        return path

    return make
