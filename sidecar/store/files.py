"""The state directory and its files on the disk: made private, never through a link, set aside whole.

The directory is 0700 and the files 0600. SQLite gives `-wal` and `-shm` the mode of the database and opens all three
with O_NOFOLLOW (os_unix.c), so making the database file ourselves, exclusively, is enough.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from sidecar.errors import StateError

__all__ = ["Identity", "identity", "lock", "prepare", "set_aside"]

Identity = tuple[int, int]
"""Device and inode: which file a path leads to right now."""

_POLL_S = 0.005


def identity(path: Path) -> Identity | None:
    """Which file *path* is, or None where there is none."""
    try:
        found = os.stat(path, follow_symlinks=False)  # noqa: PTH116 - on every job: half the time of Path.stat
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino


def prepare(path: Path) -> None:
    """Make the directory of *path* and an empty file there, or tighten what is already there.

    Raises OSError, and StateError for a link or anything else that is not a file.
    """
    directory = path.parent
    directory.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        directory.mkdir(mode=0o700)
    if not directory.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(directory))
    _tighten(directory, 0o700)
    # Exclusive, so that an existing file is never opened here: closing a second descriptor of a file drops all locks
    # this process holds on it (https://www.sqlite.org/howtocorrupt.html, section 2.2).
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        os.close(os.open(path, flags, 0o600))
    except FileExistsError:
        mode = path.lstat().st_mode
        if not stat.S_ISREG(mode):
            what = "a symbolic link, which is never followed here" if stat.S_ISLNK(mode) else "not a file"
            raise StateError(f"`{path}` is {what}; remove it, or set `SIDECAR_STATE` to another directory.") from None
        _tighten(path, 0o600)


def _tighten(path: Path, mode: int) -> None:
    found = path.stat()
    if found.st_uid == os.geteuid() and found.st_mode & 0o077:
        # On a read-only file system the mode cannot matter to a writer, and opening will say what is wrong.
        with contextlib.suppress(PermissionError):
            path.chmod(mode)


@contextlib.contextmanager
def lock(directory: Path, *, wait_s: float) -> Iterator[None]:
    """Hold the directory for opening, migrating or setting aside; TimeoutError while another process holds it.

    The lock is on the directory itself: it needs no file of its own, and a kill releases it.
    """
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for tries_left in reversed(range(max(1, round(wait_s / _POLL_S)))):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if tries_left == 0:
                    raise TimeoutError from None
            time.sleep(_POLL_S)
        yield
    finally:
        os.close(descriptor)


def set_aside(path: Path) -> Path:
    """Rename a damaged database with its `-wal` and `-shm`, and return its new path.

    The journal goes with it under a name SQLite can pair, so that what is in it can still be salvaged. It is renamed
    first: a fresh database must never find the journal of the damaged one.
    """
    number = 1
    while (aside := path.with_name(f"{path.name}.corrupt-{number}")).exists():
        number += 1
    for suffix in ("-wal", "-shm", ""):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(aside.with_name(aside.name + suffix))
    return aside
