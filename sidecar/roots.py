"""Reading the project's files, and nothing else: H5 in one place.

A path counts by where it really leads. Whatever lies outside the roots and the temporary folder is
refused, also behind a link; and what leaves the machine is refused where it usually holds secrets.
"""

from __future__ import annotations

import os
import re
import stat
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from sidecar.errors import FileRefused, WrongUsage

__all__ = ["Part", "Roots", "part_of"]

_SECRET_NAMES = (
    ".env", ".env.*", "*.env", ".envrc", "*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx", "*.ppk",
    "id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", ".netrc", "_netrc", ".npmrc", ".pypirc", ".git-credentials",
    ".htpasswd", ".pgpass", ".my.cnf", "credentials", "credentials.*", "*credentials.json", "secrets.*", "*.secret",
    "service-account*.json", "service_account*.json", "kubeconfig", ".dockercfg", "auth.json", "*.tfvars", "*.tfstate",
)  # fmt: skip
_HARMLESS_NAMES = ("*.example", "*.sample", "*.template", "*.dist", "*.pub")
_SECRET_FOLDERS = frozenset({".ssh", ".aws", ".gnupg", ".azure", ".kube", ".docker", "gcloud", ".password-store"})

_FOLDER = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC | getattr(os, "O_PATH", os.O_RDONLY)
"""O_PATH, where there is one, passes through folders that may be entered and not listed."""

_FILE = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW

_RANGE = re.compile(r"(.+):([0-9]{1,12})(?:-([0-9]{1,12}))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Part:
    """What `attach` or `compress` names: a path or a handle, and lines of it, counted from 1 and inclusive."""

    name: str
    first: int | None = None
    last: int | None = None


def part_of(words: str) -> Part:
    """Read `path`, `path:10` or `path:10-80`."""
    found = _RANGE.fullmatch(words)
    if found is None:
        return Part(words)
    first = int(found[2])
    last = int(found[3]) if found[3] else first
    if not 1 <= first <= last:
        raise WrongUsage(f"`{words}` names no lines: give a range such as `{found[1]}:10-80`, counted from 1.")
    return Part(found[1], first, last)


class Roots:
    """The folders whose files may be read: the project's roots and the temporary folder.

    *roots* are absolute with their links resolved: a root that has become a link since is not followed again.
    """

    def __init__(self, roots: Sequence[Path], *, cwd: Path, may_attach_secrets: bool = False) -> None:
        self._cwd = cwd
        self._roots = tuple(dict.fromkeys((*roots, Path(tempfile.gettempdir()).resolve())))
        self._may_attach_secrets = may_attach_secrets

    def folder(self, words: str) -> Path:
        """A directory under the roots, for a command to run in."""
        found = self._real(words) if words else self._cwd.resolve()
        if not found.is_dir():
            raise WrongUsage(f"`{words}` is not a directory: give `cwd` a directory of the project.")
        return found

    def read(self, words: str, *, leaves_the_machine: bool = False, limit_bytes: int = 1_000_000_000) -> bytes:
        """The bytes of a file under the roots.

        Raises FileRefused outside the roots or for a secret that would leave the machine, WrongUsage
        for a missing, unreadable or special file, or one over *limit_bytes*.
        """
        path = self._real(words)
        if leaves_the_machine:
            self.let_leave(words, path)
        try:
            descriptor = _opened(path)
        except PermissionError as error:
            raise WrongUsage(f"`{words}` may not be read by this user: check its permissions.") from error
        except OSError as error:
            raise WrongUsage(f"`{words}` cannot be opened: {error.strerror}.") from error
        try:
            about = os.fstat(descriptor)
            if stat.S_ISDIR(about.st_mode):
                raise WrongUsage(f"`{words}` is a directory: name a file in it.")
            if not stat.S_ISREG(about.st_mode):
                raise WrongUsage(f"`{words}` is not a regular file: only regular files are read.")
            if about.st_size > limit_bytes:
                raise WrongUsage(f"`{words}` has {about.st_size:,} bytes, over the limit of {limit_bytes:,}.")
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                return file.read(limit_bytes + 1)[:limit_bytes]
        finally:
            os.close(descriptor)

    def let_leave(self, words: str, path: Path) -> None:
        """Raise FileRefused where the file at *path*, which the caller calls *words*, usually holds secrets."""
        if not self._may_attach_secrets and _usually_secret(path):
            raise FileRefused(
                f"`{words}` usually holds secrets, so it is not sent to a model: name other files, or let your own "
                "configuration allow it (`attach.allow_secret_files`)."
            )

    def _real(self, words: str) -> Path:
        if "\0" in words or not words.strip():
            raise WrongUsage("The path is empty or has a NUL character: name a file of the project.")
        try:
            path = (self._cwd / Path(words).expanduser()).resolve(strict=True)
        except FileNotFoundError as error:
            raise WrongUsage(f"There is no file `{words}` (looked in `{self._cwd}`): check the path.") from error
        except (OSError, RuntimeError, ValueError) as error:  # ValueError: no file system has half a surrogate pair
            why = error.strerror if isinstance(error, OSError) and error.strerror else str(error).rstrip(".")
            raise WrongUsage(f"`{words}` cannot be followed to a file: {why}.") from error
        if not any(path.is_relative_to(root) for root in self._roots):
            raise FileRefused(
                f"`{words}` leads outside the project's roots, so it was not read: copy it into the project, or add "
                "its folder to `roots` in your own configuration."
            )
        return path


def _opened(path: Path) -> int:
    """A descriptor of the file at *path*, which has no links in it.

    Walked step by step, never through a link: a folder swapped for one since the path was resolved must
    not lead out of the roots.
    """
    above = os.open(path.anchor, _FOLDER)
    try:
        for name in path.parts[1:-1]:
            below = os.open(name, _FOLDER, dir_fd=above)
            os.close(above)
            above = below
        return os.open(path.name or ".", _FILE, dir_fd=above)
    finally:
        os.close(above)


def _usually_secret(path: Path) -> bool:
    name = path.name.lower()
    if any(fnmatchcase(name, pattern) for pattern in _HARMLESS_NAMES):
        return False
    if any(fnmatchcase(name, pattern) for pattern in _SECRET_NAMES):
        return True
    return any(part.lower() in _SECRET_FOLDERS for part in path.parts[:-1])
