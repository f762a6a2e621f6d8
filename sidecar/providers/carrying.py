"""How the parts of a message travel where a wire format has no field of their own, and are found again.

Images as base64 and data URLs, tool arguments as JSON text, the failure of a tool in words, ids that a vendor
would refuse. Reading undoes exactly what writing did, so that a conversation survives any pair of dialects.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from sidecar.providers.reading import UNPARSED, NotTheDialect, members, text_of
from sidecar.providers.vocabulary import Image, Message, Part, Reasoning, Text, ToolCall, ToolResult

__all__ = [
    "arguments_text",
    "base64_of",
    "call_names",
    "data_url",
    "fitting_id",
    "image_of",
    "image_of_url",
    "marked",
    "own_reasoning",
    "texts_of",
    "unmarked",
]

_FAILED = "[the tool failed]"

_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+)(?:;[\w=.-]+)*;base64,", re.IGNORECASE)


def arguments_text(arguments: Mapping[str, Any]) -> str:
    """Tool arguments as the JSON text that OpenAI's dialects have."""
    if arguments.keys() == {UNPARSED} and isinstance(arguments[UNPARSED], str):
        return str(arguments[UNPARSED])
    return json.dumps(arguments, ensure_ascii=False, separators=(",", ":"))


def base64_of(image: Image) -> str:
    return base64.b64encode(image.data).decode()


def data_url(image: Image) -> str:
    return f"data:{image.media_type};base64,{base64_of(image)}"


def image_of(media_type: Any, data: Any) -> Image:
    """An image from base64; raises NotTheDialect."""
    try:
        return Image(text_of(media_type) or "image/png", base64.b64decode(text_of(data), validate=True))
    except (binascii.Error, ValueError):
        raise NotTheDialect("an image that is not base64") from None


def image_of_url(url: Any) -> Image:
    """An image from a data URL; raises NotTheDialect for any other address, which nobody fetches here."""
    found = _DATA_URL.match(text_of(url))
    if found is None:
        raise NotTheDialect("an image by its address; send the image itself, as a `data:` URL")
    return image_of(found[1], text_of(url)[found.end() :])


def marked(result: ToolResult) -> tuple[Text | Image, ...]:
    """The content of a result, its failure told in words, for dialects without a field for it."""
    return (Text(_FAILED), *result.content) if result.is_error else result.content


def unmarked(call_id: str, content: Iterable[Text | Image]) -> ToolResult:
    """The result that `marked` wrote."""
    parts = tuple(content)
    is_error = bool(parts) and parts[0] == Text(_FAILED)
    return ToolResult(call_id, parts[1:] if is_error else parts, is_error=is_error)


def fitting_id(call_id: str, allowed: re.Pattern[str], *, length: int = 24) -> str:
    """*call_id* if the vendor takes it, else one made from it, the same every time."""
    if allowed.fullmatch(call_id):
        return call_id
    return hashlib.sha256(call_id.encode("utf-8", "replace")).hexdigest()[:length]


def call_names(messages: Iterable[Message]) -> dict[str, str]:
    """The tool's name by call id, for dialects whose results must repeat it."""
    return {part.id: part.name for message in messages for part in message.parts if isinstance(part, ToolCall)}


def own_reasoning(part: Part, dialect: str) -> Mapping[str, Any] | None:
    """The block to give back where *part* is reasoning of this very dialect."""
    return part.block if isinstance(part, Reasoning) and part.dialect == dialect else None


def texts_of(content: Any, *kinds: str) -> str:
    """The words of a content that is a string or a list of typed parts with a `text`."""
    if isinstance(content, list):
        wanted = [members(part) for part in content]
        return "\n\n".join(text_of(part.get("text")) for part in wanted if not kinds or part.get("type") in kinds)
    return text_of(content)
