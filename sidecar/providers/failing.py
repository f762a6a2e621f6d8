"""How a failed attempt is put into words: one sentence, the provider's own code, everything masked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sidecar.errors import ProviderFailed
from sidecar.providers.masking import masked, masked_headers, masked_values
from sidecar.providers.reading import NotTheDialect, members, parse, text_of, well_formed
from sidecar.providers.vocabulary import Failure, FailureKind

__all__ = ["TEXT_LIMIT", "code_of", "error_status", "failed", "is_error", "message_of"]

TEXT_LIMIT = 2_000

_SENTENCE_LIMIT = 400


def failed(
    kind: FailureKind,
    sentence: str,
    *,
    secrets: Iterable[str],
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
    text: str = "",
    keep_end: bool = False,
    answered: bool = False,
) -> ProviderFailed:
    """A failure to raise.

    *text* is all that came, whole: it is masked before it is cut to its first 2,000 characters (its last
    ones with *keep_end*), and read as JSON where it is some.
    """
    secrets = tuple(secrets)
    text = masked(well_formed(text), secrets)
    body = masked_values(_body(text), secrets)
    said = message_of(body)
    if said and kind in ("status", "exit"):
        sentence = f"{sentence}: {said}"
    return ProviderFailed(
        Failure(
            kind=kind,
            sentence=_line(masked(sentence, secrets)),
            status=status,
            headers=masked_headers(headers or {}, secrets),
            body=body,
            text=text[-TEXT_LIMIT:] if keep_end else text[:TEXT_LIMIT],
            code=code_of(body) or _header_code(headers or {}),
            answered=answered,
        )
    )


def is_error(body: Any) -> bool:
    """Whether JSON that came with a successful status is an error: every dialect calls it `error`."""
    if isinstance(body, list) and len(body) == 1:  # Gemini's compatible endpoint wraps its errors in a list
        body = body[0]
    return bool(members(body).get("error")) or text_of(members(body).get("type")) == "error"


def message_of(body: Any) -> str:
    """The provider's own words, "" where there are none."""
    error = _error(body)
    if isinstance(error, str):
        return error
    for name in ("message", "detail", "result", "error"):
        value = members(error).get(name)
        if isinstance(value, str) and value:
            return value
        if value and isinstance(value, dict | list):  # a validation error's details
            return json.dumps(value, ensure_ascii=False)
    return ""


def code_of(body: Any) -> str | None:
    """The most specific code of an error body.

    OpenAI `error.code`, else `error.type`; OpenRouter `error.metadata.error_type` (its `code` repeats
    the status); Anthropic `error.type`; Gemini `error.status`; Mistral's flat `code`.
    """
    error = members(_error(body))
    metadata = members(error.get("metadata"))
    for value in (metadata.get("error_type"), error.get("status"), error.get("code"), error.get("type")):
        if isinstance(value, str) and value:
            return value
    number = error.get("code")
    if isinstance(number, int) and not isinstance(number, bool) and error_status(body) is None:
        return str(number)
    return None


def _header_code(headers: Mapping[str, str]) -> str | None:
    """The code that AWS puts into a header, with the address of its definition behind a colon."""
    return headers.get("x-amzn-errortype", "").partition(":")[0] or None


def error_status(body: Any) -> int | None:
    """The HTTP status an error body names for itself (OpenRouter, Gemini), None where it names none."""
    value = members(_error(body)).get("code")
    return value if isinstance(value, int) and not isinstance(value, bool) and 400 <= value <= 599 else None


def _error(body: Any) -> Any:
    if isinstance(body, list) and body:
        body = body[0]
    return members(body).get("error") or body


def _body(text: str) -> Any:
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return parse(text.encode())
    except NotTheDialect:
        return None


def _line(sentence: str) -> str:
    line = " ".join(sentence.split())
    return line if len(line) <= _SENTENCE_LIMIT else f"{line[: _SENTENCE_LIMIT - 4]} ..."
