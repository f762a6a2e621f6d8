"""The HTTP client that all dialects share, and the way it takes to the world.

`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` hold as everywhere, for every host but those of this machine:
a model server on loopback is reached directly, for no proxy can reach it. A login in a proxy's address goes to the
proxy alone and is masked like any other secret.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Protocol

import anyio
import anyio.to_thread

from sidecar.errors import ConfigurationError
from sidecar.providers.address import address_of
from sidecar.providers.loopback import is_loopback
from sidecar.providers.masking import secrets_in

if TYPE_CHECKING:
    from pathlib import Path

    import httpx2

    from sidecar.providers.calling import Call
    from sidecar.providers.direct import Direct
    from sidecar.providers.watch import Watch

__all__ = ["Reply", "Wire", "proxy_secrets"]

_LOOPBACK = ("127.0.0.0/8", "[::1]", "localhost", "*.localhost")
"""This machine's own addresses (RFC 6890) and names (RFC 6761, 6.3), as httpx2 writes networks and names."""


def proxy_secrets() -> tuple[str, ...]:
    """What must not be shown of the proxies that the environment names; imports urllib's half of a web client."""
    from urllib.request import getproxies

    return tuple(secret for address in getproxies().values() for secret in secrets_in(address))


class Reply(Protocol):
    """A reply whose head has come; what it raises while it is read is an `httpx2.HTTPError`."""

    status_code: int

    @property
    def headers(self) -> Mapping[str, str]:
        """By their names in lower case."""
        ...

    @property
    def location(self) -> str | None:
        """Where a redirect leads, None where this is none."""
        ...

    def aiter_bytes(self) -> AsyncGenerator[bytes, None]: ...

    async def aclose(self) -> None: ...


class Wire:
    """The HTTP that every dialect shares: created on first use, in a thread, for TLS settings take 20 to 100 ms.

    Plain addresses are called directly; what is left goes through httpx2: what the environment has a proxy for, an
    address out of the ordinary, and everything where *transport* takes the place of the network. With *socket_path*
    whatever is called, it is the Unix socket there that answers.
    """

    def __init__(self, transport: httpx2.AsyncBaseTransport | None = None, *, socket_path: Path | None = None) -> None:
        self._transport = transport
        self._socket_path = socket_path
        self._client: httpx2.AsyncClient | None = None
        self._direct: Direct | None = None
        self._has_proxy = False
        self.secrets: tuple[str, ...] = ()
        """The proxies' logins, known once there is a client."""
        self._creating = anyio.Lock()

    async def ready(self) -> None:
        """Be able to call; raises ConfigurationError where the environment's proxy or certificates cannot be used."""
        if self._client is None:
            async with self._creating:
                if self._client is None:
                    self._client = await anyio.to_thread.run_sync(self._create)

    async def send(self, call: Call, watch: Watch) -> Reply:
        """Ask once, without following anything; raises an `httpx2.HTTPError`, `InvalidURL` or UnicodeError."""
        if self._direct is not None:
            address = address_of(call.url)
            if address is not None and not (self._has_proxy and not is_loopback(address.host)):
                return await self._direct.send(call, address, watch)
        if self._client is None:
            raise anyio.ClosedResourceError
        request = self._client.build_request(
            call.method,
            call.url,
            content=call.body or None,
            headers=call.headers,
            extensions={"trace": watch.trace},
        )
        return _Through(await self._client.send(request, stream=True))

    async def aclose(self) -> None:
        if self._direct is not None:
            await self._direct.aclose()
        if self._client is not None:
            await self._client.aclose()

    def _create(self) -> httpx2.AsyncClient:
        import httpx2

        from sidecar.providers.direct import Direct  # before the rest: a broken installation is no fault of a proxy

        try:
            self.secrets = proxy_secrets()
            return self._open(Direct)
        except (ImportError, OSError, ValueError, httpx2.InvalidURL):  # their text may quote a proxy's password
            raise ConfigurationError(
                "The proxy (`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`) or the certificates (`SSL_CERT_FILE`) of the "
                "environment cannot be used; correct them, and for a SOCKS proxy install `socksio`"
            ) from None

    def _open(self, direct: type[Direct]) -> httpx2.AsyncClient:
        from http.cookiejar import CookieJar, DefaultCookiePolicy

        import httpx2

        # A proxy of the environment is for the world: a model server on this machine is reached directly.
        mounts = None if self._transport is not None else dict.fromkeys(f"all://{host}" for host in _LOOPBACK)
        tls = httpx2.create_ssl_context()
        if self._transport is None:
            from urllib.request import getproxies

            self._has_proxy = self._socket_path is None and bool(getproxies().keys() & {"http", "https", "all"})
            self._direct = direct(tls, socket_path=self._socket_path)
        return httpx2.AsyncClient(
            verify=tls,
            transport=self._transport,
            mounts=mounts,
            timeout=None,  # `Watch` is the limit, of every station
            follow_redirects=False,
            # A connection each for more asks than one machine makes; idle ones end before servers' usual 30 s and up.
            limits=httpx2.Limits(max_connections=512, max_keepalive_connections=64, keepalive_expiry=20.0),
            # Cookies of one account must not travel with another's calls.
            cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=())),
        )


class _Through:
    """httpx2's response as a `Reply`."""

    def __init__(self, response: httpx2.Response) -> None:
        self._response = response
        self.status_code = response.status_code
        self.headers = dict(response.headers.items())

    @property
    def location(self) -> str | None:
        following = self._response.next_request
        if not self._response.has_redirect_location:
            return None
        return str(following.url) if following is not None else ""

    async def aiter_bytes(self) -> AsyncGenerator[bytes, None]:
        async with aclosing(self._response.aiter_bytes()) as chunks:
            async for chunk in chunks:
                yield chunk

    async def aclose(self) -> None:
        await self._response.aclose()
