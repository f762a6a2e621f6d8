"""Serves a simulation over real HTTP, in the event loop of the caller."""

from __future__ import annotations

import socket
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio

from sidecar.errors import ConfigurationError
from sidecar.simulator.document import read_document
from sidecar.simulator.play import Sleep
from sidecar.simulator.simulation import Simulation
from sidecar.simulator.vocabulary import Simulated

if TYPE_CHECKING:
    import uvicorn

__all__ = ["serve_forever", "simulate"]

_IDLE_S = 3600
_LEAVE_S = 1.0


@asynccontextmanager
async def simulate(
    providers: Sequence[Simulated],
    *,
    clock: Callable[[], float] = time.time,
    sleep: Sleep = anyio.sleep,
    seed: int = 0,
    port: int = 0,
    socket_path: Path | None = None,
) -> AsyncIterator[Simulation]:
    """Providers on 127.0.0.1, on a free port unless *port* names one, for as long as the block lasts.

    With *socket_path* they listen on a Unix socket made there and on no port at all. At its end every call still
    under way, hanging ones included, is cut at once. Raises `ConfigurationError` for a provider that cannot be
    simulated, or a port that is taken.
    """
    with _listening(port) if socket_path is None else _listening_at(socket_path) as listener:
        # Over a Unix socket the address has a port that nobody can call.
        bound = listener.getsockname()[1] if socket_path is None else 0
        simulation = Simulation(providers, clock=clock, sleep=sleep, seed=seed, port=bound)
        server = _server(simulation)
        await server.startup(sockets=[listener])
        try:
            yield simulation
        finally:
            with anyio.move_on_after(_LEAVE_S, shield=True):
                await server.shutdown()
                await simulation.quiet()


async def serve_forever(
    document: str | Mapping[str, Any],
    on_ready: Callable[[Simulation], None],
    *,
    source: str = "the document",
    port: int | None = None,
) -> None:
    """Serves what *document* describes (JSON text, or what it parses to) until cancelled.

    *on_ready* is called once it listens. *port* goes before the document's own. *source* names the document
    in errors.
    """
    read = read_document(document, source=source)
    async with simulate(read.providers, seed=read.seed, port=read.port if port is None else port) as simulation:
        on_ready(simulation)
        await anyio.sleep_forever()


def _listening(port: int) -> socket.socket:
    # Named TCP: asyncio sets TCP_NODELAY only where `proto` says so, and without it every reply takes 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise ConfigurationError(f"The simulator cannot listen on port `{port}`: {error}. Choose another.") from error
    return listener


def _listening_at(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(path))
    except OSError as error:
        listener.close()
        raise ConfigurationError(f"The simulator cannot listen at `{path}`: {error}.") from error
    return listener


def _server(simulation: Simulation) -> uvicorn.Server:
    import uvicorn
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class Protocol(H11Protocol):
        def connection_made(self, transport: Any) -> None:
            # How a fault gets at its socket: ASGI itself cannot close one without an answer.
            self.app_state = {"transport": transport}
            super().connection_made(transport)

    class Server(uvicorn.Server):
        """Starts and stops when told: `serve` would poll for its end ten times a second and take our signals."""

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            del sockets  # closed by their owner
            for listener in self.servers:
                listener.close()
            for connection in list(self.server_state.connections):
                connection.transport.abort()

    config = uvicorn.Config(
        simulation,
        http=Protocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=_IDLE_S,
    )
    config.load()
    server = Server(config)
    server.lifespan = config.lifespan_class(config)
    return server
