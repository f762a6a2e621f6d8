"""The one place that assembles everything: the rooms are built here and taken apart in one `async with`.

    server, cli ──> open_rooms ──> Rooms (store, compressor, configuration, switchboard) ──> verbs

Launch time is a promise: opening reads nothing and imports little; what a verb needs is loaded by the
first verb that needs it.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
from anyio.to_thread import run_sync

from sidecar.compression.compressor import Compressor
from sidecar.config.places import project_folder, state_dir, user_file
from sidecar.errors import ConfigurationError, StateError
from sidecar.providers import pricing
from sidecar.store.store import Store
from sidecar.verbs.rooms import Rooms

if TYPE_CHECKING:
    from sidecar.compression.shelf import Shelf
    from sidecar.config.detect import Finding
    from sidecar.config.doctor import Line
    from sidecar.config.layers import Configuration
    from sidecar.switchboard.switchboard import Switchboard

__all__ = ["configured", "examine", "open_rooms"]

_LOCK_WAIT_S = 2.0
"""How long another process may hold the state before we go on without it; it costs memory, never an answer."""


@asynccontextmanager
async def open_rooms(
    *, cwd: Path, environ: Mapping[str, str], clock: Callable[[], float] = time.time
) -> AsyncIterator[Rooms]:
    """The rooms for a project at *cwd*; opens at once, whatever state the configuration is in."""
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(Store.open(state_dir(environ), clock=clock, wait_s=_LOCK_WAIT_S))
        configured = _Configured(stack, cwd, environ, clock, store)
        yield Rooms(
            cwd=cwd,
            clock=clock,
            environ=environ,
            store=store,
            compressor=Compressor(shelf=partial(_shelf, user_file(environ).parent / "tools", cwd, state_dir(environ))),
            configuration=configured.configuration,
            switchboard=configured.switchboard,
        )


@cache
def _shelf(own: Path, cwd: Path, state: Path) -> Shelf:
    """Our shelf, after it the user's *own*, beside their configuration file, and last the project's, once trusted."""
    from sidecar.compression.shelf import load
    from sidecar.config.project_shelf import trusted_texts

    return load((own,), trusted_texts(cwd, state_dir=state))


class _Configured:
    """The configuration and what is built from it, each made by the first verb that needs it.

    A broken file is read again by the next verb, so that a user who mends it need not start anew. Local
    model servers are looked for only when a model is asked or listed: `run` never waits for a port.
    """

    def __init__(
        self,
        stack: AsyncExitStack,
        cwd: Path,
        environ: Mapping[str, str],
        clock: Callable[[], float],
        store: Store,
    ) -> None:
        self._stack = stack
        self._cwd = cwd
        self._environ = environ
        self._clock = clock
        self._store = store
        self._started = clock()
        self._lock = anyio.Lock()
        self._configuration: Configuration | None = None
        self._switchboard: Switchboard | None = None

    async def configuration(self) -> Configuration:
        async with self._lock:
            if self._configuration is None:
                self._configuration = await run_sync(_load, self._cwd, self._environ, ())
            return self._configuration

    async def switchboard(self) -> Switchboard:
        async with self._lock:
            if self._switchboard is None:
                self._switchboard = await self._connected()
            return self._switchboard

    async def _connected(self) -> Switchboard:
        from sidecar.config.detect import probe
        from sidecar.log import hide
        from sidecar.providers.catalogue import catalogue
        from sidecar.providers.opening import open_providers
        from sidecar.switchboard.lines import lines
        from sidecar.switchboard.switchboard import Switchboard
        from sidecar.verbs.depth import environ_below

        servers: tuple[Finding, ...] = ()

        async def look() -> None:
            nonlocal servers
            servers = await probe()

        async with anyio.create_task_group() as group:
            # Prices take half a second to import: they do while the ports are asked, and not on the first answer.
            group.start_soon(run_sync, pricing.load)
            group.start_soon(look)
        configuration = await run_sync(_load, self._cwd, self._environ, servers)
        by_target = await run_sync(lines, configuration.settings, catalogue(), self._environ)
        providers = await self._stack.enter_async_context(
            open_providers(
                environ=environ_below(self._environ),
                run_dir=configuration.state_dir / "run",
                key_variables=configuration.settings.key_variables,
            )
        )
        switchboard = Switchboard(
            configuration,
            by_target,
            providers=providers,
            store=self._store,
            clock=self._clock,
            session_start=self._started,
            environ=self._environ,
        )
        for secret in switchboard.secrets():
            hide(secret)
        self._stack.push_async_callback(_flush, switchboard)
        return switchboard


async def _flush(switchboard: Switchboard) -> None:
    """Write at the end what another process's lock kept from being written, for there is no next call."""
    from sidecar.log import log

    with anyio.CancelScope(shield=True):
        try:
            await switchboard.router.flush()
        except StateError as error:
            log().warning("calls and rests are lost, for the state cannot be written", reason=str(error))


def _load(cwd: Path, environ: Mapping[str, str], servers: tuple[Finding, ...]) -> Configuration:
    """Every layer, with what was detected under the files; reads the disk."""
    from sidecar.config.detect import arrange
    from sidecar.config.layers import load
    from sidecar.providers.catalogue import catalogue

    hosts = catalogue()

    def detect(configured: Sequence[str]) -> Mapping[str, Any]:
        return arrange((*_looked(cwd, environ), *servers), catalogue=hosts, configured=configured)

    return load(cwd=cwd, environ=environ, catalogue=hosts, detect=detect)


def _looked(cwd: Path, environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """The keys and the vendors' programs that are here, none of them from inside the project."""
    from sidecar.config.detect import look
    from sidecar.providers.catalogue import catalogue

    return look(environ, catalogue=catalogue(), project=project_folder(cwd))


async def configured(*, cwd: Path, environ: Mapping[str, str]) -> Configuration:
    """The configuration as `ask` would see it now, local model servers included; follows no secret."""
    from sidecar.config.detect import probe

    return await run_sync(_load, cwd, environ, await probe())


async def examine(*, cwd: Path, environ: Mapping[str, str]) -> list[Line]:
    """What `sidecar doctor` tells: what was found, what was not, what to do; also that the configuration is broken."""
    from sidecar.config.detect import probe
    from sidecar.config.doctor import Line
    from sidecar.config.doctor import examine as examine_configuration
    from sidecar.providers.catalogue import catalogue

    hosts = catalogue()
    servers = await probe()
    found = (*_looked(cwd, environ), *servers)
    try:
        configuration = await run_sync(_load, cwd, environ, servers)
    except ConfigurationError as error:
        return [Line("problem", line) for line in str(error).splitlines()]
    return await run_sync(partial(examine_configuration, configuration, found, catalogue=hosts, environ=environ))
