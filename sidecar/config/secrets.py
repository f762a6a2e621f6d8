"""Secrets: where a reference leads, and a value that does not show itself.

A configuration holds references only: `env:NAME`, `file:PATH`, `keyring:SERVICE/NAME`. No message of this
module repeats what stood in the place of a reference, because it may be the key itself.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from sidecar.errors import SecretMissing

__all__ = ["Secret", "check_reference", "is_reference", "resolve"]

_KINDS = ("env:", "file:", "keyring:")

_SIZE_BYTES = 64_000
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_KEY_RUN = re.compile(r"[A-Za-z0-9]{16,}")


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret in memory: `reveal` is the only way to its value, everything else shows `****`."""

    _value: str

    def reveal(self) -> str:
        """Return the value, for the one call that needs it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(****)"

    def __str__(self) -> str:
        return "****"


def is_reference(text: str) -> bool:
    """Whether *text* means to be a reference, well formed or not."""
    return text.startswith(_KINDS)


def check_reference(reference: str) -> str:
    """Return *reference* if it has the shape of one, else raise ValueError with what was expected."""
    kind, _, place = reference.partition(":")
    if reference.isprintable() and _has_shape(kind, place):
        return reference
    raise ValueError(
        "a reference `env:NAME`, `file:PATH` (absolute or from `~`) or `keyring:SERVICE/NAME`; "
        "a key itself does not belong in a file"
    )


def resolve(
    reference: str,
    environ: Mapping[str, str],
    *,
    keyring: Callable[[str, str], str | None] | None = None,
) -> Secret:
    """Follow *reference* to its secret, with one trailing newline of a file removed.

    Raises `SecretMissing` with what to do, never with what was found. `file:` and `keyring:` touch the disk
    or ask another program: call it off the event loop. *keyring* looks a password up by service and name;
    without it the optional library `keyring` is used.
    """
    try:
        check_reference(reference)
    except ValueError as wrong:
        raise SecretMissing(f"a key must be given as {wrong}.") from None
    kind, _, place = reference.partition(":")
    if kind == "env":
        value = _from_environment(place, environ)
    elif kind == "file":
        value = _from_file(place, environ)
    else:
        value = _from_keyring(place, keyring or _system_keyring())
    if not value:
        raise SecretMissing(f"`{reference}` leads to an empty value: put the key there.")
    if not (value.isascii() and value.isprintable()):
        raise SecretMissing(
            f"`{reference}` leads to more than one line, or to characters no key has: leave only the key there."
        )
    return Secret(value)


def _has_shape(kind: str, place: str) -> bool:
    if kind == "env":
        return bool(_VARIABLE.fullmatch(place)) and not _looks_like_a_key(place)
    if kind == "file":
        return place.startswith(("/", "~/")) or (os.name == "nt" and Path(place).is_absolute())
    if kind == "keyring":
        service, slash, name = place.partition("/")
        return bool(service and slash and name)
    return False


def _looks_like_a_key(variable: str) -> bool:
    """Tell a key pasted after `env:` from a variable's name: a long run mixing digits and small letters."""
    return any(any(c.isdigit() for c in run) and any(c.islower() for c in run) for run in _KEY_RUN.findall(variable))


def _from_environment(name: str, environ: Mapping[str, str]) -> str:
    value = environ.get(name, "").strip()
    if not value:
        raise SecretMissing(
            f"`env:{name}`: the variable `{name}` is not set here; set it, or give the key as `file:PATH` or "
            "`keyring:SERVICE/NAME` (some agents pass only part of the environment to their servers)."
        )
    return value


def _from_file(place: str, environ: Mapping[str, str]) -> str:
    path = _expanded(place, environ)
    try:
        # O_NONBLOCK: opening a named pipe must not wait for its writer.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except FileNotFoundError:
        raise SecretMissing(f"`file:{place}`: there is no such file; write the key into it.") from None
    except OSError as failed:
        raise SecretMissing(f"`file:{place}` cannot be read: {failed.strerror or 'unknown error'}.") from None
    try:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode):
            raise SecretMissing(f"`file:{place}` is not a regular file; name the file that holds the key.")
        if os.name == "posix" and state.st_mode & 0o077:
            raise SecretMissing(f"`file:{place}` is open to other users of this machine; run `chmod 600 {place}`.")
        with open(descriptor, "rb", closefd=False) as file:
            data = file.read(_SIZE_BYTES + 1)
    except OSError as failed:
        raise SecretMissing(f"`file:{place}` cannot be read: {failed.strerror or 'unknown error'}.") from None
    finally:
        os.close(descriptor)
    if len(data) > _SIZE_BYTES:
        raise SecretMissing(f"`file:{place}` is larger than {_SIZE_BYTES:,} bytes, so it is not a key.")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise SecretMissing(f"`file:{place}` is not text, so it is not a key.") from None
    return text.removesuffix("\n").removesuffix("\r")


def _expanded(place: str, environ: Mapping[str, str]) -> Path:
    home = environ.get("HOME")
    if place.startswith("~/") and home:
        return Path(home) / place[2:]
    return Path(place).expanduser()


def _from_keyring(place: str, look_up: Callable[[str, str], str | None]) -> str:
    service, _, name = place.partition("/")
    try:
        value = look_up(service, name)
    except Exception as failed:  # noqa: BLE001  # every backend raises its own; the name of the class tells no secret
        raise SecretMissing(
            f"`keyring:{place}`: the keyring refused ({type(failed).__name__}); unlock it, or use `file:PATH`."
        ) from None
    if value is None:
        raise SecretMissing(f"`keyring:{place}`: nothing is stored there; run `keyring set {service} {name}`.")
    return value


def _system_keyring() -> Callable[[str, str], str | None]:
    try:
        module = import_module("keyring")  # optional, so not a name the type checker may expect
    except ImportError:
        raise SecretMissing(
            "a key is in the keyring, and the library for it is not installed: "
            "run `pip install 'agent-sidecar[keyring]'`."
        ) from None
    look_up: Callable[[str, str], str | None] = module.get_password
    return look_up
