"""Reading one configuration file: what it says, where, and what is wrong with it."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sidecar.config.complaints import complaints, dotted
from sidecar.config.located import Misplaced, parse
from sidecar.config.located import Path as Place
from sidecar.errors import ConfigurationError

__all__ = ["LIMIT_BYTES", "ConfigFile", "read"]

LIMIT_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A configuration file as it was read; *sha256* is that of the very bytes *values* came from.

    *errors* are sentences, each beginning with the file and the place; with any of them, *values* are not
    to be used.
    """

    path: Path
    values: Mapping[str, Any]
    sha256: str
    errors: tuple[str, ...] = ()
    places: Mapping[Place, tuple[int, int]] = field(default_factory=dict, repr=False)

    def at(self, path: Place) -> str:
        """The file with the line and column of *path*, or of the nearest thing around it that has a place."""
        for length in range(len(path), 0, -1):
            if (place := self.places.get(path[:length])) is not None:
                return f"{self.path}:{place[0]}:{place[1]}"
        return str(self.path)


def read(path: Path, *, must_exist: bool = False) -> ConfigFile | None:
    """Read the file at *path*; None where there is none.

    Raises `ConfigurationError` where there is something that cannot be read as a file, and, with *must_exist*,
    where there is nothing. What is wrong inside it comes back in `errors`, so that it can be told together.
    """
    data = _bytes_of(path, must_exist=must_exist)
    if data is None:
        return None
    from hashlib import sha256

    digest = sha256(data).hexdigest()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = data.count(b"\n", 0, wrong.start) + 1
        return ConfigFile(path, {}, digest, (f"{path}:{line}: the file is not UTF-8; save it as UTF-8.",))
    try:
        located = parse(text)
    except Misplaced as wrong:
        return ConfigFile(path, {}, digest, (f"{path}:{wrong.line}:{wrong.column}: not JSON: {wrong.what}.",))
    if not isinstance(located.value, dict):
        return ConfigFile(path, {}, digest, (f"{path}: the file must hold one JSON object, `{{ ... }}`.",))
    file = ConfigFile(path, located.value, digest, places=located.places)
    errors = [
        f"{path}:{line}:{column}: `{dotted(place)}` is given twice; keep one."
        for place, (line, column) in located.repeated
    ]
    errors += [f"{file.at(place)}: {what}." for place, what in complaints(located.value)]
    return ConfigFile(path, located.value, digest, tuple(errors), located.places)


def _bytes_of(path: Path, *, must_exist: bool) -> bytes | None:
    try:
        # O_NONBLOCK: a named pipe in place of the file must not keep us waiting.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except (FileNotFoundError, NotADirectoryError):
        if must_exist or path.is_symlink():
            raise ConfigurationError(
                f"{path}: there is no such configuration file; create it, or correct `SIDECAR_CONFIG`."
            ) from None
        return None
    except (OSError, ValueError) as failed:
        reason = getattr(failed, "strerror", None) or "not a usable path"
        raise ConfigurationError(f"{path}: the configuration file cannot be read: {reason}.") from failed
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ConfigurationError(f"{path}: this is not a file; the configuration must be a JSON file.")
        with open(descriptor, "rb", closefd=False) as file:
            data = file.read(LIMIT_BYTES + 1)
    except OSError as failed:
        raise ConfigurationError(f"{path}: the configuration file cannot be read: {failed.strerror}.") from failed
    finally:
        os.close(descriptor)
    if len(data) > LIMIT_BYTES:
        raise ConfigurationError(f"{path}: larger than {LIMIT_BYTES:,} bytes, so it is not a configuration file.")
    return data
