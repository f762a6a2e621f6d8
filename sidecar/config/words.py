"""The words of a configuration file: what a name, a target, a time, a price may be, and how a wrong one is refused.

Each validator's text says what was expected; `complaints` makes the sentence of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Literal, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from sidecar.config.secrets import check_reference

__all__ = [
    "FOCUS",
    "PLACE",
    "ClockTime",
    "Count",
    "Headers",
    "Name",
    "Part",
    "Path",
    "Percentile",
    "Place",
    "Reference",
    "Seconds",
    "Speed",
    "Suffix",
    "Target",
    "Url",
    "Usd",
    "Who",
    "Word",
    "Zone",
    "without_suffix",
]

_SECRET_HEADERS = ("auth", "cookie", "key", "password", "secret", "token")


def _plain_name(name: str) -> str:
    if not name or " " in name or "/" in name or "@" in name or not name.isprintable():
        raise ValueError("a name without `/`, `@` or spaces")
    return name


def _target(target: str) -> str:
    provider, slash, model_id = target.partition("/")
    if not (slash and provider and model_id) or not target.isprintable() or " " in target:
        raise ValueError("`PROVIDER/MODEL`, such as `ollama/qwen3:8b`")
    return target


def _url(url: str) -> str:
    expected = "an address such as `http://127.0.0.1:8080/v1`, without a login, a query or a fragment"
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  # reading it is what validates it
    except ValueError:
        raise ValueError(expected) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or not url.isprintable() or " " in url:
        raise ValueError(expected)
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError(expected)
    return url.rstrip("/")


def _headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    for name, value in headers.items():
        if not name or not name.isascii() or not name.replace("-", "").replace("_", "").isalnum():
            raise ValueError("header names of letters, digits, `-` and `_`")
        if not value.isprintable():
            raise ValueError("header values without line breaks")
        if any(word in name.lower() for word in _SECRET_HEADERS):
            check_reference(value)
    return headers


def _clock_time(text: str) -> str:
    hour, colon, minute = text.partition(":")
    if not (colon and len(hour) == len(minute) == 2 and text.isascii() and hour.isdigit() and minute.isdigit()):
        raise ValueError("a time of day such as `08:30`")
    if int(hour) > 23 or int(minute) > 59:
        raise ValueError("a time of day between `00:00` and `23:59`")
    return text


def _zone(name: str) -> str:
    import zoneinfo

    if name == "UTC":  # needs no zone data, which not every machine has
        return name
    try:
        zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        raise ValueError("a time zone this machine knows, such as `Europe/Berlin` or `UTC`") from None
    return name


def _who(who: str) -> str:
    if not who or " " in who or not who.isprintable() or who[0] in "/@" or who[-1] in "/@":
        raise ValueError("a provider, `PROVIDER/MODEL` or `PROVIDER/MODEL@ACCOUNT`")
    return who


def _path(path: str) -> str:
    if not path or "\0" in path:
        raise ValueError("a path")
    return path


FOCUS = "focus"
"""The model of this name, where one is configured, reads outputs and picks the lines that a `focus` asks for."""

Name = Annotated[str, AfterValidator(_plain_name)]
Reference = Annotated[str, AfterValidator(check_reference)]
Target = Annotated[str, AfterValidator(_target)]
Who = Annotated[str, AfterValidator(_who)]
Path = Annotated[str, AfterValidator(_path)]
Url = Annotated[str, AfterValidator(_url)]
Headers = Annotated[Mapping[str, str], AfterValidator(_headers)]
Word = Annotated[str, Field(min_length=1)]
ClockTime = Annotated[str, AfterValidator(_clock_time)]
Zone = Annotated[str, AfterValidator(_zone)]
PLACE = r"^[A-Za-z0-9][A-Za-z0-9.:_-]{0,99}$"
"""Part of an address: nothing that could end a host's name, begin a path, or name a user."""

Place = Annotated[str, Field(pattern=PLACE)]
Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
Speed = Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)]
Usd = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]
Suffix = Literal["cheap", "fast", "free"]
"""What may follow a model's name after a colon where it is asked for."""
Percentile = Literal["p50", "p75", "p90", "p95", "p99"]


def without_suffix(name: str, models: Collection[str]) -> str:
    """The logical name in *name*, which a suffix may follow; a configured name with a colon in it stands for itself."""
    base, _, word = name.rpartition(":")
    return base if name not in models and base and word in get_args(Suffix) else name


class Part(BaseModel):
    """Frozen, closed, and silent about its input: a literal key must not reappear in an error."""

    # Not `use_attribute_docstrings`: reading the source at import took 40 ms of 50; `schema.py` does it on demand.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)
