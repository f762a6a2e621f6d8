"""Where the sidecar's own files are: the user's configuration, the state, a project's file, the log level."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

__all__ = ["home_path", "project_file", "project_folder", "state_dir", "user_file"]


def user_file(environ: Mapping[str, str]) -> Path:
    """The user's configuration file: `SIDECAR_CONFIG`, else `sidecar/config.json` where the platform has such files."""
    if named := environ.get("SIDECAR_CONFIG"):
        return home_path(named, environ).absolute()
    return _base(environ, "XDG_CONFIG_HOME", ".config", "user_config_path") / "config.json"


def state_dir(environ: Mapping[str, str]) -> Path:
    """The user's state directory: `SIDECAR_STATE`, else where the platform keeps state. It may not exist yet."""
    if named := environ.get("SIDECAR_STATE"):
        return home_path(named, environ).absolute()
    return _base(environ, "XDG_STATE_HOME", ".local/state", "user_state_path")


def project_file(cwd: Path) -> Path | None:
    """The nearest `.sidecar/config.json` from *cwd* up to the root of its repository.

    Outside a repository only *cwd* itself is looked at: a file someone put into `/tmp` must not reach
    whoever works below it.
    """
    root = project_folder(cwd)
    for folder in (cwd, *cwd.parents):
        candidate = folder / ".sidecar" / "config.json"
        if candidate.exists() or candidate.is_symlink():
            return candidate
        if folder == root:
            return None
    return None


def project_folder(cwd: Path) -> Path:
    """The root of *cwd*'s repository, the nearest folder upward that holds `.git` (a folder, or a worktree's file).

    Outside a repository it is *cwd* itself.
    """
    return next((folder for folder in (cwd, *cwd.parents) if (folder / ".git").exists()), cwd)


def home_path(path: str, environ: Mapping[str, str]) -> Path:
    """*path* with a leading `~` expanded by the given environment's `HOME`."""
    home = environ.get("HOME")
    if home and (path == "~" or path.startswith("~/")):
        return Path(home) / path[2:]
    return Path(path).expanduser() if path.startswith("~/") else Path(path)


def _base(environ: Mapping[str, str], variable: str, under_home: str, platform_function: str) -> Path:
    given = environ.get(variable, "")
    if given.startswith("/"):  # the XDG specification 0.8 has relative paths ignored
        return Path(given) / "sidecar"
    if sys.platform == "linux" and environ.get("HOME"):
        return Path(environ["HOME"]) / under_home / "sidecar"
    import platformdirs

    folder: Path = getattr(platformdirs, platform_function)("sidecar", appauthor=False)
    return folder
