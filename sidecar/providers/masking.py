"""Secrets out of everything a provider says: an echoed key must not reach a message, a log or the store."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from sidecar.providers.vocabulary import Access

__all__ = ["MASK", "masked", "secrets_in", "secrets_of"]

MASK = "***"

_SHORTEST = 8
"""No real secret is shorter, and masking a dummy key such as `none` would shred the message."""

_HEADER_WITH_SECRET = re.compile(r"auth|key|token|secret|cookie|password", re.IGNORECASE)

_LOOKS_LIKE_A_KEY = re.compile(
    r"\b(?:sk|pk|rk|gsk|xai|hf|pplx|nvapi|csk|fw|r8|tgp|ghp|gho|github_pat)[-_][A-Za-z0-9_-]{16,}|\bAIza[A-Za-z0-9_-]{20,}|\bya29\.[A-Za-z0-9._-]{16,}"
    r"|(?<=Bearer )[A-Za-z0-9._~+/=-]{8,}"
)
"""Keys of any account by the vendors' usual prefixes, for messages that quote somebody else's key."""


def secrets_of(access: Access) -> tuple[str, ...]:
    """Everything about *access* that must not be shown: its key, secret headers, a password in its address."""
    found = [access.key or "", access.session_token or ""]
    for name, value in access.headers.items():
        if _HEADER_WITH_SECRET.search(name):
            found += [value, value.rpartition(" ")[2]]
    return (*found, *secrets_in(access.base_url))


def secrets_in(address: str) -> tuple[str, ...]:
    """What the login in *address* must not be shown as: the password as it is and unquoted, and both as Basic has them.

    None where there is no password: a user's name alone is no secret.
    """
    if "@" not in address:
        return ()
    parts = urlsplit(address if "://" in address else f"http://{address}")
    password = unquote(parts.password or "")
    basic = base64.b64encode(f"{unquote(parts.username or '')}:{password}".encode()).decode()
    return (parts.password or "", password, basic) if password else ()


def masked(text: str, secrets: Iterable[str]) -> str:
    """*text* with every one of *secrets* (8 characters or more) replaced by `***`, as it is, in JSON or in a URL.

    Mask before cutting: the half of a key that is left after a cut would not be found.
    """
    for secret in sorted({secret for secret in secrets if len(secret) >= _SHORTEST}, key=len, reverse=True):
        for form in {secret, json.dumps(secret)[1:-1], quote(secret, safe="")}:
            text = text.replace(form, MASK)
    return _LOOKS_LIKE_A_KEY.sub(MASK, text)


def masked_values(value: Any, secrets: Iterable[str], *, deepest: int = 12) -> Any:
    """JSON values with the secrets in every text masked: an escape such as `\\u002d` hides a key from `masked`.

    What lies deeper than *deepest* levels is left out; nobody looks there.
    """
    secrets = tuple(secrets)
    if isinstance(value, str):
        return masked(value, secrets)
    if isinstance(value, list | dict) and deepest == 0:
        return None
    if isinstance(value, list):
        return [masked_values(item, secrets, deepest=deepest - 1) for item in value]
    if isinstance(value, dict):
        return {
            masked(str(name), secrets): masked_values(item, secrets, deepest=deepest - 1)
            for name, item in value.items()
        }
    return value


def masked_headers(headers: Mapping[str, str], secrets: Iterable[str]) -> dict[str, str]:
    """Response headers with the secrets in them masked."""
    kept = tuple(secret for secret in secrets if len(secret) >= _SHORTEST)
    return {
        name: masked(value, kept) if any(secret in value for secret in kept) else value
        for name, value in headers.items()
    }
