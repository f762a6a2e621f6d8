"""The HTTP client that all dialects share, and the way it takes to the world.

`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` hold as everywhere, for every host but those of this machine:
a model server on loopback is reached directly, for no proxy can reach it. A login in a proxy's address goes to the
proxy alone and is masked like any other secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from sidecar.errors import ConfigurationError
from sidecar.providers.masking import secrets_in

if TYPE_CHECKING:
    import httpx2

__all__ = ["Wire", "proxy_secrets"]

_LOOPBACK = ("127.0.0.0/8", "[::1]", "localhost", "*.localhost")
"""This machine's own addresses (RFC 6890) and names (RFC 6761, 6.3), as httpx2 writes networks and names."""


def proxy_secrets() -> tuple[str, ...]:
    """What must not be shown of the proxies that the environment names; imports urllib's half of a web client."""
    from urllib.request import getproxies

    return tuple(secret for address in getproxies().values() for secret in secrets_in(address))


class Wire:
    """The HTTP client every dialect shares: created on first use, in a thread, for TLS settings take 20 to 100 ms."""

    def __init__(self, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._transport = transport
        self._client: httpx2.AsyncClient | None = None
        self.secrets: tuple[str, ...] = ()
        """The proxies' logins, known once there is a client."""
        self._creating = anyio.Lock()

    async def client(self) -> httpx2.AsyncClient:
        """The client; raises ConfigurationError where the environment's proxy or certificates cannot be used."""
        if self._client is None:
            async with self._creating:
                if self._client is None:
                    self._client = await anyio.to_thread.run_sync(self._create)
        return self._client

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    def _create(self) -> httpx2.AsyncClient:
        import httpx2

        try:
            self.secrets = proxy_secrets()
            return self._open()
        except (ImportError, OSError, ValueError, httpx2.InvalidURL):  # their text may quote a proxy's password
            raise ConfigurationError(
                "The proxy (`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`) or the certificates (`SSL_CERT_FILE`) of the "
                "environment cannot be used; correct them, and for a SOCKS proxy install `socksio`"
            ) from None

    def _open(self) -> httpx2.AsyncClient:
        from http.cookiejar import CookieJar, DefaultCookiePolicy

        import httpx2

        # A proxy of the environment is for the world: a model server on this machine is reached directly.
        mounts = None if self._transport is not None else dict.fromkeys(f"all://{host}" for host in _LOOPBACK)
        return httpx2.AsyncClient(
            transport=self._transport,
            mounts=mounts,
            timeout=None,  # `Watch` is the limit, of every station
            follow_redirects=False,
            # A connection each for more asks than one machine makes; idle ones end before servers' usual 30 s and up.
            limits=httpx2.Limits(max_connections=512, max_keepalive_connections=64, keepalive_expiry=20.0),
            # Cookies of one account must not travel with another's calls.
            cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=())),
        )
