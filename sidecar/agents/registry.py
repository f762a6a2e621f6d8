"""The coding agents we know how to set up, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from sidecar.agents.changes import Change
from sidecar.agents.claude_code import ClaudeCode
from sidecar.errors import WrongUsage

__all__ = ["AGENTS", "Agent", "agent"]


class Agent(Protocol):
    """How one coding agent is told about the sidecar, and told to forget it."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    def preview(self, project: Path, *, command: Sequence[str], environ: Mapping[str, str]) -> Change:
        """What `install` would do."""
        ...

    def install(self, project: Path, *, command: Sequence[str], environ: Mapping[str, str]) -> Change:
        """Register the sidecar."""
        ...

    def preview_uninstall(self, project: Path) -> Change:
        """What `uninstall` would do."""
        ...

    def uninstall(self, project: Path) -> Change:
        """Take the registration back."""
        ...


AGENTS: Mapping[str, Agent] = {one.name: one for one in (ClaudeCode(),)}


def agent(name: str) -> Agent:
    """The agent called *name*. Raises `WrongUsage` with the known ones."""
    try:
        return AGENTS[name]
    except KeyError:
        known = ", ".join(f"`{known}`" for known in sorted(AGENTS))
        raise WrongUsage(f"no agent is called `{name}`; known: {known}.") from None
