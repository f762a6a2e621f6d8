"""What every HTTP dialect's request is made of: an address, headers that can be sent, a JSON body."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from sidecar.providers.capabilities import takes_effort
from sidecar.providers.failing import failed
from sidecar.providers.reading import Reading
from sidecar.providers.vocabulary import Access, Request

__all__ = ["Call", "HttpDialect", "address", "as_json", "headers_for", "no_effort", "schema_in_words", "tellable"]


@dataclass(frozen=True, slots=True)
class Call:
    url: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    notes: tuple[str, ...] = ()
    """What of the request could not be said in the dialect."""
    method: str = "POST"


class HttpDialect(Protocol):
    """A wire format over HTTP: pure, it writes requests and reads replies.

    `sidecar.providers.served` holds the other side of each: it reads requests and writes replies.
    """

    def prepare(self, request: Request, access: Access) -> Call: ...

    def reading(self, request: Request) -> Reading: ...


_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*")


def address(base_url: str, path: str) -> str:
    """*base_url* with *path* added; a query of the base URL (a version, a deployment) stays at the end."""
    base, _, query = base_url.partition("?")
    path, _, own = path.partition("?")
    query = "&".join(part for part in (query, own) if part)
    return f"{base.rstrip('/')}{path}{'?' if query else ''}{query}"


def headers_for(access: Access, name: str, prefix: str = "", **fixed: str) -> dict[str, str]:
    """The headers of a call: JSON in, events out, the key under *name*, the account's own ones last.

    Raises ProviderFailed with status 401 when the key or an own header cannot be a header (a line
    break, a letter outside ASCII): nothing is sent then, and the message does not show the value.
    """
    headers = {
        "content-type": "application/json",
        "accept": "text/event-stream, application/json",
        # Compression would gather events; and a reply of a known size cannot unpack into a larger one.
        "accept-encoding": "identity",
    }
    headers.update({key.replace("_", "-"): value for key, value in fixed.items()})
    if access.key:
        headers[name] = prefix + access.key
    headers.update({key.lower(): value for key, value in access.headers.items()})
    for key, value in headers.items():
        own = (access.key or "") if key == name else value
        if not _HEADER_NAME.fullmatch(key) or not _HEADER_VALUE.fullmatch(value) or own != own.strip():
            what = "key" if key == name and access.key else f"header `{key[:40]}`"
            raise failed(
                "status",
                f"The {what} of `{access.provider}` holds a character that no HTTP header can carry, so nothing was "
                "sent; check the secret it comes from for line breaks and spaces",
                secrets=(access.key or "", *access.headers.values()),
                status=401,
            )
    return headers


def as_json(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def no_effort(access: Access, request: Request) -> tuple[str, ...]:
    """The note for a request whose effort the dialect or host cannot be told."""
    if request.effort is None:
        return ()
    return (f"`{access.provider}` cannot be told a reasoning effort; `{request.effort}` was left out",)


def tellable(request: Request, access: Access) -> tuple[Request, tuple[str, ...]]:
    """*request* without an effort that its model or host would refuse, and the note that says so."""
    if request.effort is None or takes_effort(request.model_id, provider=access.provider, base_url=access.base_url):
        return request, ()
    return replace(request, effort=None), no_effort(access, request)


def schema_in_words(schema: Mapping[str, Any]) -> str:
    """The instruction for models and programs that cannot be given a schema as such."""
    return (
        "Answer with one JSON value that validates against this JSON Schema, and with nothing else: no prose, no code "
        f"fence.\n{json.dumps(schema, ensure_ascii=False)}"
    )
