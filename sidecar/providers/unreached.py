"""Why a call did not reach its provider, as a kind of failure and a sentence: name, proxy, TLS, connection. Pure."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sidecar.providers.vocabulary import FailureKind
from sidecar.providers.watch import Watch

if TYPE_CHECKING:
    import httpx2

__all__ = ["host_of", "proxy_sentence", "unreached"]


def unreached(error: httpx2.HTTPError, *, name: str, url: str, watch: Watch) -> tuple[FailureKind, str]:
    """What *error* of a call to *name* at *url* was, given how far *watch* saw it come."""
    import ssl

    import httpx2

    causes = _causes(error)
    host = host_of(url)
    if isinstance(error, httpx2.ProxyError):
        return "refused", proxy_sentence(name, f"answered {error}")
    if watch.station == "connect" and not watch.in_tls and watch.dialled not in ("", urlsplit(url).hostname):
        return "refused", proxy_sentence(name, "cannot be reached")
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return "name", f"The name of `{name}`, `{host}`, does not resolve; check the network"
    if watch.in_tls or any(isinstance(cause, ssl.SSLError) for cause in causes):
        why = next((text for text in (_tls_reason(cause) for cause in causes) if text), "it broke off")
        return "tls", f"The TLS handshake with `{name}` at `{host}` failed: {why}"
    if isinstance(error, httpx2.RemoteProtocolError) and "disconnected" not in str(error):
        return "malformed", f"`{name}` at `{host}` does not speak HTTP"
    if watch.station == "connect":
        return "refused", f"Nothing listens for `{name}` at `{host}`, or it cannot be reached"
    return "refused", f"`{name}` at `{host}` closed the connection without a reply"


def proxy_sentence(name: str, what: str) -> str:
    """That the proxy between us and *name* did *what*, and where it comes from: it is not in our configuration."""
    return (
        f"The proxy of the environment, through which `{name}` is called, {what}; correct `HTTPS_PROXY` (or "
        "`HTTP_PROXY`, `ALL_PROXY`), or name the host in `NO_PROXY`"
    )


def host_of(url: str) -> str:
    """Host and port of *url*, without the user and password it may carry."""
    return urlsplit(url).netloc.rpartition("@")[2]


def _causes(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and len(found) < 10:
        found.append(cause)
        cause = cause.__cause__ or cause.__context__
    return found


def _tls_reason(cause: BaseException) -> str:
    import ssl

    if isinstance(cause, ssl.SSLCertVerificationError):
        return cause.verify_message
    return (cause.reason or "").replace("_", " ").lower() if isinstance(cause, ssl.SSLError) else ""
