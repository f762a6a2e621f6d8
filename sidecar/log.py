"""What the sidecar says about itself: lines on stderr, never on stdout, with every secret masked.

JSON lines where stderr is read by a program, as it is under an agent, and readable ones on a terminal. `SIDECAR_LOG`
sets the level (`debug`, `info`, `warning`, `error`, `critical`; `warning` when unset). structlog is imported with the
first line that is logged and its global configuration is left alone.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import sys
from collections.abc import Mapping, MutableMapping, Set
from typing import TYPE_CHECKING, Any, TextIO
from urllib.parse import quote

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

__all__ = ["hide", "log", "new_log"]

_MASK = "[hidden]"

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}

_SHORTEST = 4
"""A shorter secret is a placeholder, and masking it would shred every line."""

_DEEPEST = 8
"""Containers below this depth are shown by their repr, which ends also where they contain themselves."""

# Usual shapes of keys nobody told us about: OpenAI and the many who copied it, Google, GitHub, Slack, AWS, Hugging
# Face, a bearer token, credentials in an address, a private key.
_LOOKS_SECRET = re.compile(
    r"\b(?:sk|pk|rk|gsk|xai|hf|pplx|nvapi|csk|fw|r8|tgp|gh[pousr]|github_pat|xox[a-z])[-_][A-Za-z0-9_-]{10,}"
    r"|\bAIza[A-Za-z0-9_-]{20,}"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"
    r"|(?<=[Bb]earer )[A-Za-z0-9._~+/=-]{8,}"
    r"|(?<=://)[^\s/:@]{1,200}:[^\s/@]{1,200}(?=@)"
    r"|-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?"
)

_NAMES_A_SECRET = re.compile(
    r"(?:.*[-_])?(?:authorization|api[-_]?key|access[-_]?key|private[-_]?key|password|passwd|secret|cookie"
    r"|(?:access|refresh|auth|id|session)[-_]?token)",
    re.IGNORECASE,
)

_hidden: list[str] = []
"""Every spelling of every secret, the longest first, so that one inside another does not leave a rest."""


def hide(secret: str) -> None:
    """Never let *secret* appear in the log from now on, in any of the spellings a log line may give it.

    Each line of a secret of several lines is hidden too. Fewer than 4 characters are not a secret.
    """
    spellings: set[str] = set()
    for part in {secret, secret.strip(), *(line.strip() for line in secret.splitlines())}:
        if len(part) >= _SHORTEST and part not in _MASK:
            spellings |= _spellings(part)
    _hidden[:] = sorted({*_hidden, *spellings}, key=lambda spelling: (-len(spelling), spelling))


def _spellings(secret: str) -> set[str]:
    """As it is, in JSON, in Python's repr, and in an address."""
    found = {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]}
    # A repr inside another one, and the repr with the quotes turned round.
    found |= {repr(repr(secret))[2:-2], repr(secret + "\"'")[1:-1][: -len("\"\\'")]}
    raw = secret.encode("utf-8", "surrogatepass")
    return found | {repr(raw)[2:-1], quote(raw), quote(raw, safe="")}


@functools.cache
def log() -> FilteringBoundLogger:
    """The logger: `log().warning("what happened", about=this)`."""
    return new_log(os.environ)


def new_log(environ: Mapping[str, str], stream: TextIO | None = None) -> FilteringBoundLogger:
    """A logger that writes to *stream*, or to whatever stderr is at the time, at the level *environ* asks for."""
    import structlog

    wanted = environ.get("SIDECAR_LOG", "").strip().lower() or "warning"
    target = stream or sys.stderr
    is_terminal = target is not None and target.isatty()
    logger: FilteringBoundLogger = structlog.wrap_logger(
        _Lines(stream),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # Our own text of the traceback: a pretty one shows local variables.
            structlog.processors.format_exc_info,
            _mask_event,
            structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
            if is_terminal
            else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS.get(wanted, _LEVELS["warning"])),
        context_class=dict,
    ).bind()
    if wanted not in _LEVELS:
        logger.warning("`SIDECAR_LOG` names no level; using `warning`", value=wanted, levels=" ".join(_LEVELS))
    return logger


class _Lines:
    """Where finished lines go; a closed stderr loses them and nothing else."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    def msg(self, line: str) -> None:
        stream = self._stream or sys.stderr
        # OSError: the reader has gone. ValueError: the stream is closed. None: there never was one.
        with contextlib.suppress(OSError, ValueError):
            if stream is not None:
                stream.write(line.encode("utf-8", "backslashreplace").decode() + "\n")
                stream.flush()

    debug = info = warning = error = critical = msg


def _mask_event(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    return {_masked(str(name)): _clean(value, name=str(name)) for name, value in event.items()}


def _clean(value: Any, *, name: str = "", depth: int = 0) -> Any:
    """*value* in what JSON can hold, with no secret in it."""
    if value is not None and _NAMES_A_SECRET.fullmatch(name):
        return _MASK
    if isinstance(value, str):
        return _masked(value)
    if value is None or isinstance(value, bool | int | float):
        shown = str(value)
        return value if _masked(shown) == shown else _MASK
    if depth < _DEEPEST:
        if isinstance(value, Mapping):
            items = [(_shown(key), item) for key, item in value.items()]
            return {_masked(key): _clean(item, name=key, depth=depth + 1) for key, item in items}
        if isinstance(value, list | tuple | Set):
            return [_clean(item, depth=depth + 1) for item in value]
    return _masked(_shown(value))


def _shown(value: Any) -> str:
    try:
        return value if isinstance(value, str) else repr(value)
    except Exception as error:  # noqa: BLE001 - a log line must not fail because of what it tells about
        return f"<{type(value).__name__} whose repr raised {type(error).__name__}>"


def _masked(text: str) -> str:
    for secret in _hidden:
        text = text.replace(secret, _MASK)
    return _LOOKS_SECRET.sub(_MASK, text)
