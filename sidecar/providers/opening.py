"""Opens the providers: one shared HTTP client, one object per dialect."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import anyio

from sidecar.errors import ConfigurationError
from sidecar.providers.vocabulary import Access, Answer, Limits, Request

if TYPE_CHECKING:
    from datetime import datetime

    import httpx2

    from sidecar.providers.calling import HttpDialect
    from sidecar.providers.listing import Listed
    from sidecar.providers.wire import Wire

__all__ = ["DIALECTS", "Provider", "Providers", "http_dialect", "open_providers"]

DIALECTS = (
    "openai-chat",
    "openai-responses",
    "anthropic",
    "gemini",
    "ollama",
    "azure",
    "bedrock",
    "vertex",
    "command",
)


class Provider(Protocol):
    """One dialect: asks once, says everything about how it went, decides nothing."""

    async def send(
        self,
        request: Request,
        access: Access,
        *,
        limits: Limits,
        on_text: Callable[[str], Awaitable[None]] | None = None,
    ) -> Answer:
        """The whole answer, `refused` ones included; raises ProviderFailed for anything else."""
        ...


class Providers:
    """The dialects by name. Nothing is imported or connected before it is needed."""

    def __init__(
        self,
        *,
        environ: Mapping[str, str],
        run_dir: Path,
        key_variables: Collection[str] = (),
        transport: httpx2.AsyncBaseTransport | None = None,
        programs: Provider | None = None,
        socket_path: Path | None = None,
    ) -> None:
        self._environ = environ
        self._key_variables = key_variables
        self._run_dir = run_dir
        self._transport = transport
        self._socket_path = socket_path
        self._wire: Wire | None = None
        self._open: dict[str, Provider] = {} if programs is None else {"command": programs}

    def dialect(self, name: str) -> Provider:
        """The provider that speaks *name*; raises ConfigurationError for a dialect that does not exist."""
        provider = self._open.get(name)
        if provider is None:
            provider = self._open[name] = self._create(name)
        return provider

    async def listing(self, dialect: str, access: Access, *, at: datetime) -> tuple[Listed, ...]:
        """What the account of *access* can call, by its provider's own list; *at* is the time, for signatures.

        Empty for a vendor's program. Raises ConfigurationError and ProviderFailed. Bounded in time, bytes and pages;
        no redirect is followed.
        """
        from sidecar.providers.listing_pages import every_page

        return await every_page(dialect, access, self._the_wire(), at=at)

    async def warm(self) -> None:
        """Do ahead of the first ask what it would otherwise wait for: imports and TLS settings, in threads.

        Takes 0.1 to 1 s of a thread; prices are included. Meant for a quiet moment after the launch.
        """
        from sidecar.providers import pricing

        await self._the_wire().ready()
        await anyio.to_thread.run_sync(pricing.load)

    async def aclose(self) -> None:
        if self._wire is not None:
            await self._wire.aclose()

    def _create(self, name: str) -> Provider:
        if name == "command":
            from sidecar.providers.command import CommandProvider

            return CommandProvider(self._environ, self._run_dir, key_variables=self._key_variables)
        from sidecar.providers.transport import HttpProvider

        return HttpProvider(http_dialect(name), self._the_wire())

    def _the_wire(self) -> Wire:
        from sidecar.providers.wire import Wire

        if self._wire is None:
            self._wire = Wire(self._transport, socket_path=self._socket_path)
        return self._wire


def http_dialect(name: str) -> HttpDialect:
    """The wire format *name*, imported now; raises ConfigurationError for one that does not exist."""
    match name:
        case "openai-chat":
            from sidecar.providers.openai_chat import OpenAIChat

            return OpenAIChat()
        case "openai-responses":
            from sidecar.providers.openai_responses import OpenAIResponses

            return OpenAIResponses()
        case "anthropic":
            from sidecar.providers.anthropic import Anthropic

            return Anthropic()
        case "gemini":
            from sidecar.providers.gemini import Gemini

            return Gemini()
        case "ollama":
            from sidecar.providers.ollama import Ollama

            return Ollama()
        case "azure":
            from sidecar.providers.azure import Azure

            return Azure()
        case "bedrock":
            from sidecar.providers.bedrock import Bedrock

            return Bedrock()
        case "vertex":
            from sidecar.providers.vertex import Vertex

            return Vertex()
    raise ConfigurationError(f"There is no dialect `{name}`; the dialects are {', '.join(f'`{d}`' for d in DIALECTS)}")


@contextlib.asynccontextmanager
async def open_providers(
    *,
    environ: Mapping[str, str],
    run_dir: Path,
    key_variables: Collection[str] = (),
    transport: httpx2.AsyncBaseTransport | None = None,
    programs: Provider | None = None,
    socket_path: Path | None = None,
) -> AsyncIterator[Providers]:
    """The providers for as long as the block lasts.

    *environ* is what vendors' programs inherit, without its keys and the *key_variables*; *run_dir* is the neutral
    folder they run in, made when the first one does. In tests and rehearsals *transport* takes the place of the
    network, and *programs* that of the vendors' programs; with *socket_path* every address leads to that Unix socket.
    """
    providers = Providers(
        environ=environ,
        run_dir=run_dir,
        key_variables=key_variables,
        transport=transport,
        programs=programs,
        socket_path=socket_path,
    )
    try:
        yield providers
    finally:
        with anyio.CancelScope(shield=True):
            await providers.aclose()
