"""A change to a file that belongs to another program: shown before it is made, made in one piece, with a backup."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from sidecar.errors import ConfigurationError

__all__ = ["Change", "apply", "backup_of", "read_text"]

_LIMIT_BYTES = 10_000_000


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be done to *path*: *before* and *after* are its whole text, None where there is no file.

    *sentence* says it to the user, *notes* what else there is to know. Nothing is written before `apply`.
    """

    path: Path
    before: str | None
    after: str | None
    sentence: str
    notes: tuple[str, ...] = ()
    makes_backup: bool = False
    removes_backup: bool = False

    @property
    def is_change(self) -> bool:
        """Whether the file's text changes at all."""
        return self.before != self.after


def backup_of(path: Path) -> Path:
    """Where the file as it was before the first change is kept."""
    return path.with_name(path.name + ".sidecar-backup")


def read_text(path: Path) -> str | None:
    """The text of the file at *path*, line ends as they are; None where there is none.

    Raises `ConfigurationError` where something is there that cannot be read as text.
    """
    try:
        if path.exists() and not path.is_file():
            raise ConfigurationError(f"`{path}` is not a file: move it away and try again.")
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as failed:
        raise ConfigurationError(f"`{path}` cannot be read: {failed.strerror}.") from failed
    if len(data) > _LIMIT_BYTES:
        raise ConfigurationError(f"`{path}` is larger than {_LIMIT_BYTES:,} bytes: it is left alone.")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise ConfigurationError(f"`{path}` is not UTF-8: save it as UTF-8 and try again.") from None


def apply(change: Change) -> Change:
    """Make *change*, in one piece: after a crash the file is the old one or the new one.

    The file's mode stays, and a link stays a link to the changed file. Raises `ConfigurationError` where it
    cannot be written, or has changed since it was read; then nothing has happened.
    """
    backup = backup_of(change.path)
    try:
        if change.is_change:
            if read_text(change.path) != change.before:
                raise ConfigurationError(f"`{change.path}` has just been changed by someone else: try again.")
            if change.makes_backup and change.before is not None and not backup.exists():
                _write(backup, change.before, _mode(change.path))
            if change.after is None:
                change.path.resolve().unlink()
            else:
                _write(change.path, change.after, _mode(change.path))
        if change.removes_backup:
            backup.unlink(missing_ok=True)
    except OSError as failed:
        raise ConfigurationError(f"`{change.path}` cannot be written: {failed.strerror}.") from failed
    return change


def _mode(path: Path) -> int:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return 0o644


def _write(path: Path, text: str, mode: int) -> None:
    from tempfile import NamedTemporaryFile

    target = path.resolve()
    with NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
        temporary = Path(file.name)
        try:
            file.write(text.encode())
            file.flush()
            temporary.chmod(mode)
            os.fsync(file.fileno())
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
