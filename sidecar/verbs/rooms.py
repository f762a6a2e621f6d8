"""What every verb works with: the rooms, the caller, and how large an answer may be."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import anyio.to_thread

from sidecar.agents.limits import shown_by
from sidecar.compression.budget import Bound
from sidecar.compression.compressor import Compressed, Compressor
from sidecar.errors import StateError
from sidecar.roots import Roots
from sidecar.store.vocabulary import Saving

if TYPE_CHECKING:
    from sidecar.config.layers import Configuration
    from sidecar.store.store import Store
    from sidecar.switchboard.switchboard import Switchboard

__all__ = ["Caller", "Rooms"]

_HANDLE = re.compile(r"[a-z2-7]{8,52}$")


async def _silence(_message: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the client's own name, how to tell it of progress, and whether it is an agent or a terminal."""

    client: str = ""
    progress: Callable[[str], Awaitable[None]] = _silence
    is_agent: bool = True

    def bound(self, answer_tokens: int | None) -> Bound:
        """The size of an answer: what was asked for, and to an agent never more than it shows."""
        if not self.is_agent:
            return Bound(answer_tokens, is_asked=answer_tokens is not None)
        shown = shown_by(self.client)
        limits = [limit for limit in (answer_tokens, shown.tokens) if limit is not None]
        return Bound(min(limits, default=None), shown.chars, is_asked=answer_tokens is not None)


@dataclass(frozen=True, slots=True)
class Rooms:
    """The assembled sidecar. *configuration* and *switchboard* raise ConfigurationError while the files are broken."""

    cwd: Path
    clock: Callable[[], float]
    environ: Mapping[str, str]
    store: Store
    compressor: Compressor
    configuration: Callable[[], Awaitable[Configuration]]
    switchboard: Callable[[], Awaitable[Switchboard]]

    async def roots(self) -> Roots:
        """The folders that may be read, by the configuration."""
        configuration = await self.configuration()
        return Roots(
            configuration.roots, cwd=self.cwd, may_attach_secrets=configuration.settings.attach.allow_secret_files
        )

    async def read(self, path: str, *, leaves_the_machine: bool = False) -> bytes:
        """A file under the roots; raises FileRefused or WrongUsage."""
        roots = await self.roots()
        return await anyio.to_thread.run_sync(partial(roots.read, path, leaves_the_machine=leaves_the_machine))

    async def child_environ(self) -> dict[str, str]:
        """What a command inherits: our environment without provider keys and the variables the configuration names."""
        from sidecar.providers.environment import without_keys

        return without_keys(self.environ, (await self.configuration()).settings.key_variables)

    def is_handle(self, words: str) -> bool:
        """Whether *words* could be a handle, so that it is looked up before it is missed as a file."""
        return _HANDLE.match(words) is not None

    async def record_saving(self, verb: str, result: Compressed) -> None:
        """Enter what was saved; a ledger that cannot be written costs the entry, never the answer."""
        if result.before_tokens is None or result.after_tokens is None:
            return
        saving = Saving(
            saved_at=self.clock(),
            verb=verb,
            form="+".join(result.forms),
            before_tokens=result.before_tokens,
            after_tokens=result.after_tokens,
            handle=result.handle,
        )
        try:
            await self.store.record_saving(saving)
        except StateError as error:
            from sidecar.log import log

            log().warning("saving not recorded", reason=str(error))
