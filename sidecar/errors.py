"""Every exception of the project, and what each one asks of its reader.

SidecarError                    one clear sentence: what happened, to what, what to do
├── WrongUsage                  an argument, a path or a handle the caller can correct
│   ├── FileRefused             outside the roots, a link out of them, or a file that usually holds secrets
│   ├── HandleUnknown           no original was ever kept under this name here
│   ├── HandleExpired           it was kept, and its age or the size limit removed it
│   └── CommandRefused          the deny list names this command
├── ConfigurationError          a configuration file, variable or flag cannot be used as it is
│   ├── SecretMissing           a secret reference leads to nothing
│   └── NotTrusted              a project's file asks for what only its user may allow
├── StateError                  what is remembered cannot be read or written
│   ├── StateLocked             another process holds it for longer than we wait
│   ├── StateCorrupt            the file is damaged; it was set aside
│   ├── StateNewer              a newer sidecar wrote it
│   └── StateFull               the disk is full or the file may not grow
├── ProviderFailed              one attempt at one endpoint failed (`sidecar.providers` raises it)
└── AskFailed                   no endpoint answered, with every attempt and what was passed over
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sidecar.providers.vocabulary import Failure

__all__ = [
    "AskFailed",
    "CommandRefused",
    "ConfigurationError",
    "FileRefused",
    "HandleExpired",
    "HandleUnknown",
    "NotTrusted",
    "ProviderFailed",
    "SecretMissing",
    "SidecarError",
    "StateCorrupt",
    "StateError",
    "StateFull",
    "StateLocked",
    "StateNewer",
    "WrongUsage",
]


class SidecarError(Exception):
    """The root: its text is one sentence for the person, or the agent, who must act."""


class WrongUsage(SidecarError):
    """The caller asked for something that cannot be done as asked."""


class FileRefused(WrongUsage):
    """A path outside the project's roots, or a file that usually holds secrets."""


class HandleUnknown(WrongUsage):
    """No original was ever kept under this handle in this state directory."""


class HandleExpired(WrongUsage):
    """The original was kept once and has been removed by age or by the size limit."""


class CommandRefused(WrongUsage):
    """A deny list, ours or the agent's, names this command."""


class ConfigurationError(SidecarError):
    """Something the user configured cannot be used as it is."""


class SecretMissing(ConfigurationError):
    """A secret reference (`env:`, `file:`, `keyring:`) leads to nothing."""


class NotTrusted(ConfigurationError):
    """A project's file asks for a new host or a program before `sidecar trust`."""


class StateError(SidecarError):
    """What is remembered cannot be read or written."""


class StateLocked(StateError):
    """Another process holds the state for longer than we wait."""


class StateCorrupt(StateError):
    """The state file is damaged."""


class StateNewer(StateError):
    """A newer version of the sidecar wrote this state."""


class StateFull(StateError):
    """The disk is full."""


class ProviderFailed(SidecarError):
    """One attempt at one endpoint failed; *failure* holds what is known, for the verdict."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.sentence)
        self.failure = failure


class AskFailed(SidecarError):
    """No endpoint answered.

    *retry_after_s* is the time until the nearest named reset, where one is known; *report* tells
    every attempt and everything passed over, one line each; *cost_usd* is what was billed all the same, None where its
    price is not known.
    """

    def __init__(
        self,
        sentence: str,
        *,
        report: tuple[str, ...] = (),
        retryable: bool = False,
        retry_after_s: float | None = None,
        cost_usd: float | None = 0.0,
    ) -> None:
        super().__init__("\n".join((sentence, *report)))
        self.sentence = sentence
        self.report = report
        self.retryable = retryable
        self.retry_after_s = retry_after_s
        self.cost_usd = cost_usd
