"""Secrets out of an output before it is shown or kept: what detect-secrets finds, and keys by their usual prefixes.

    API_KEY=abcd1234efgh5678  ->  API_KEY=[masked: Secret Keyword]

The detectors are those of Yelp's detect-secrets (Apache-2.0), two dozen kinds of credentials; its entropy
detectors are left out, for every hash would look like a secret to them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sidecar.errors import ConfigurationError

if TYPE_CHECKING:
    from detect_secrets.plugins.base import BasePlugin

__all__ = ["Masked", "masked"]

_MAYBE = re.compile(
    r"key|secret|token|passw|pwd|auth|credential|bearer|://|-----BEGIN|eyJ|AKIA|ASIA|gh[pousr]_|github_pat_|glpat-|xox[abprs]-"
    r"|hooks\.slack|SG\.|sq0|[spr]k[-_]|AIza|npm_|pypi-|hf_|gsk_|xai-|\d{8,10}:|AC[0-9a-f]{32}|SK[0-9a-f]{32}",
    re.IGNORECASE,
)
"""The detectors read 8,000 lines/s; only lines that hold one of these can hold what they look for."""

_PREFIXED = re.compile(
    r"\b(?:sk|pk|rk|gsk|xai|hf|pplx|nvapi|csk|fw|r8|tgp|ghp|gho|ghu|ghs|ghr|github_pat|glpat|npm|xoxb|xoxp|xoxa)[-_][A-Za-z0-9_-]{16,}"
    r"|\bAIza[A-Za-z0-9_-]{30,}|(?<=Bearer )[A-Za-z0-9._~+/=-]{16,}"
)
_KEY_BEGINS = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_KEY_ENDS = re.compile(r"-----END [A-Z ]*PRIVATE KEY-----")
_TOKEN = re.compile(r"[A-Za-z0-9_.~+/=-]*")
_READ_CHARS = 4_000
"""A longer line is masked by the vendors' prefixes alone: the detectors' patterns are not made for it."""

_AS_CONFIGURATION = "output.conf"
"""By this name the keyword detector also reads values without quotes."""


@dataclass(frozen=True, slots=True)
class Masked:
    data: bytes
    count: int


def masked(data: bytes) -> Masked:
    """*data* with every secret that is found replaced by what kind it was, and how many there were.

    Line numbers stay. Raises ConfigurationError where detect-secrets is not installed.
    """
    detectors = _detectors()
    count = 0
    is_in_key = False
    lines: list[str] = []
    for line in data.decode("utf-8", "surrogateescape").split("\n"):
        if is_in_key or _KEY_BEGINS.search(line):
            is_over = _KEY_ENDS.search(line) is not None
            count += not is_in_key
            lines.append("[masked: Private Key]" if not is_in_key else "[masked]")
            is_in_key = not is_over
            continue
        if not _MAYBE.search(line):
            lines.append(line)
            continue
        for kind, secret in _secrets(line, detectors):
            if secret in line:
                line = line.replace(secret, f"[masked: {kind}]")  # noqa: PLW2901 - masked step by step
                count += 1
        line, more = _PREFIXED.subn("[masked: Key]", line)  # noqa: PLW2901
        count += more
        lines.append(line)
    return Masked("\n".join(lines).encode("utf-8", "surrogateescape"), count)


def _secrets(line: str, detectors: tuple[BasePlugin, ...]) -> Iterator[tuple[str, str]]:
    """Kind and text of each secret, the longest first, so that a part of one does not break it."""
    if len(line) > _READ_CHARS:
        return
    found: dict[str, str] = {}
    for detector in detectors:
        for secret in detector.analyze_line(filename=_AS_CONFIGURATION, line=line, line_number=1):
            value = secret.secret_value
            if value and not value.isspace():
                found.setdefault(_whole(value, line), secret.type)
    yield from ((kind, text) for text, kind in sorted(found.items(), key=lambda item: (-len(item[0]), item[0])))


def _whole(value: str, line: str) -> str:
    """Some detectors name only the beginning of a token (`ghp`, a JWT without its signature): all of it goes."""
    at = line.find(value)
    rest = _TOKEN.match(line, at + len(value)) if at >= 0 and " " not in value else None
    return value + rest[0] if rest is not None else value


@cache
def _detectors() -> tuple[Any, ...]:
    try:
        from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
    except ModuleNotFoundError as error:
        message = "`mask_secrets` needs the detectors of detect-secrets: install `agent-sidecar[secrets]`."
        raise ConfigurationError(message) from error
    classes: dict[str, Any] = get_mapping_from_secret_type_to_class()
    return tuple(
        made() for kind, made in sorted(classes.items()) if "Entropy" not in kind and kind not in {"Public IP (ipv4)"}
    )
