"""A project's own shelf, `.sidecar/tools/*.toml`: read only as its user trusted it.

A shelf file starts no program and names no host, but it decides which lines an agent sees, so a cloned
repository's counts for nothing until `sidecar trust`. What was looked at and what is used are the same bytes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from sidecar.config.places import project_folder
from sidecar.config.trust import is_trusted
from sidecar.errors import ConfigurationError

__all__ = ["ProjectShelf", "project_shelf", "trusted_texts"]

_MOST_FILES = 200
_LIMIT_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class ProjectShelf:
    """The files of a project's shelf by their names, as they were read, and the digest of them all."""

    folder: Path
    texts: tuple[tuple[str, str], ...]
    sha256: str


def project_shelf(cwd: Path) -> ProjectShelf | None:
    """The nearest `.sidecar/tools` from *cwd* up to the root of its repository; None where there is none.

    Raises ConfigurationError where it cannot be read: too many files, too large, a link, not UTF-8.
    """
    root = project_folder(cwd)
    for folder in (cwd, *cwd.parents):
        if (found := folder / ".sidecar" / "tools").is_dir():
            return _read(found)
        if folder == root:
            break
    return None


def trusted_texts(cwd: Path, *, state_dir: Path) -> tuple[tuple[str, str], ...]:
    """The files of the project's shelf as (path, text), if its user trusts them as they are; else none."""
    shelf = project_shelf(cwd)
    if shelf is None or not is_trusted(shelf.folder, shelf.sha256, state_dir=state_dir):
        return ()
    return tuple((str(shelf.folder / name), text) for name, text in shelf.texts)


def _read(folder: Path) -> ProjectShelf:
    paths = sorted(folder.glob("*.toml"))
    if len(paths) > _MOST_FILES:
        raise ConfigurationError(f"{folder}: a project's shelf may have {_MOST_FILES} files; it has {len(paths)}.")
    texts: list[tuple[str, str]] = []
    for path in paths:
        if path.is_symlink() or not path.is_file():
            raise ConfigurationError(f"{path}: a project's shelf holds plain files, no links.")
        try:
            with path.open("rb") as file:
                data = file.read(_LIMIT_BYTES + 1)
            text = data.decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{path}: it cannot be read: {error}.") from error
        if len(data) > _LIMIT_BYTES:
            raise ConfigurationError(f"{path}: a shelf file may have {_LIMIT_BYTES:,} bytes; it has more.")
        texts.append((path.name, text))
    return ProjectShelf(folder, tuple(texts), sha256(json.dumps(texts).encode()).hexdigest())
