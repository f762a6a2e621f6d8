"""Which hosts are this machine: its own addresses (RFC 6890) and names (RFC 6761, 6.3)."""

from __future__ import annotations

import re

__all__ = ["is_loopback"]

_ADDRESS = re.compile(r"127(?:\.\d{1,3}){1,3}")


def is_loopback(host: str) -> bool:
    """Whether *host*, as `urlsplit` gives it, is this machine; a name that only begins with `127.` is not."""
    return host in ("localhost", "::1") or host.endswith(".localhost") or _ADDRESS.fullmatch(host) is not None
