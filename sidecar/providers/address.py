"""The address of a call, taken apart once for all calls that go there."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

__all__ = ["Address", "address_of"]

_TARGET_SAFE = "/%:@!$&'()*+,;=?~-._[]"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a call goes: *target* is what stands in its request line, *authority* in its `host` header."""

    is_tls: bool
    host: str
    port: int
    target: str
    authority: str


@functools.lru_cache(maxsize=512)
def address_of(url: str) -> Address | None:
    """The plain address *url* is; None for one out of the ordinary, with a login in it or letters beyond ASCII."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    host = parts.hostname
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc or not parts.netloc.isascii():
        return None
    if not re.fullmatch(r"[a-z0-9._:-]+", host):
        return None
    is_tls = parts.scheme == "https"
    target = quote(parts.path or "/", safe=_TARGET_SAFE)
    if parts.query:
        target += f"?{quote(parts.query, safe=_TARGET_SAFE)}"
    return Address(is_tls, host, port or (443 if is_tls else 80), target, parts.netloc.lower())
