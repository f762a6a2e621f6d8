"""Where sidecars are born that a test will kill: a process that has imported everything and forks one a connection.

Starting `sidecar serve` anew costs most of a second of imports. A child forked here is the same program: it runs the
command `serve` over its connection, as an agent's pipes would be.

    test ──connect, "CONFIG\\n"──> nursery ──fork──> child ──"PID\\n"──> test, then MCP both ways
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from importlib import import_module

LOADED_BY_A_FIRST_ASK = (
    "anyio._backends._asyncio",
    "h11",
    "httpcore2",
    "httpx2",
    "jsonschema.validators",
    "sidecar.app",
    "sidecar.config.detect",
    "sidecar.config.layers",
    "sidecar.providers.openai_chat",
    "sidecar.providers.opening",
    "sidecar.providers.transport",
    "sidecar.providers.wire",
    "sidecar.routing.affinity",
    "sidecar.routing.receipt",
    "sidecar.routing.router",
    "sidecar.server",
    "sidecar.switchboard.switchboard",
    "sidecar.verbs.ask",
    "sqlite3",
)


def main(place: str) -> None:
    """Listen at *place*, a path for a socket, and fork for every connection until killed."""
    for name in LOADED_BY_A_FIRST_ASK:
        import_module(name)
    from sidecar.providers import pricing
    from sidecar.providers.catalogue import catalogue
    from sidecar.routing.verdict import rows

    pricing.load()
    catalogue()
    rows()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the dead
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(place)
        listener.listen(16)
        os.write(1, b"ready\n")
        while True:
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                live(connection)
            connection.close()


def live(connection: socket.socket) -> None:
    """Be `sidecar serve` at the other end of *connection*; does not return."""
    from sidecar.cli import main as command

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    configuration = b""
    while not configuration.endswith(b"\n"):
        configuration += connection.recv(1)
    os.environ["SIDECAR_CONFIG"] = configuration.decode().strip()
    connection.sendall(b"%d\n" % os.getpid())
    os.dup2(connection.fileno(), 0)
    os.dup2(connection.fileno(), 1)
    connection.close()
    command(args=["serve"])


if __name__ == "__main__":
    main(sys.argv[1])
