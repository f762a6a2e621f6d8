"""Whether a model's reply is the JSON that was asked for. Pure; `jsonschema` loads on first use."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from sidecar.errors import WrongUsage

__all__ = ["check_schema", "complaint", "json_text"]

_FENCED = re.compile(r"\A\s*```[A-Za-z0-9]*[ \t]*\n(.*)\n[ \t]*```\s*\Z", re.DOTALL)

_LIMIT_CHARACTERS = 300
"""Validators quote the offending value, which may be the whole reply."""


def check_schema(schema: Mapping[str, Any]) -> None:
    """Raise `WrongUsage` when *schema* is not a JSON Schema (2020-12) that can be used offline."""
    from jsonschema.exceptions import SchemaError
    from jsonschema.validators import Draft202012Validator

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as wrong:
        raise WrongUsage(f"`schema` is not a JSON Schema: {_short(wrong.message)}; correct it and ask again") from wrong


def json_text(text: str) -> str:
    """The JSON in *text*: without the code fence that many models put around it."""
    fenced = _FENCED.match(text)
    return fenced[1].strip() if fenced else text.strip()


def complaint(text: str, schema: Mapping[str, Any]) -> str | None:
    """Why *text* (as `json_text` gives it) does not validate against *schema*, in one sentence; None when it does.

    References out of the schema are not fetched: what leaves the machine was asked for.
    """
    from jsonschema.exceptions import ValidationError, best_match
    from jsonschema.validators import Draft202012Validator
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    try:
        value = json.loads(text)
    except ValueError as wrong:
        return f"it is not JSON: {wrong}"
    registry: Registry[Any] = Registry()
    try:
        worst: ValidationError | None = best_match(Draft202012Validator(schema, registry=registry).iter_errors(value))
    except Unresolvable as missing:
        raise WrongUsage(
            f"`schema` refers to `{missing.ref}`, which is not inside it; put it under `$defs`"
        ) from missing
    return None if worst is None else f"at `{worst.json_path}`: {_short(worst.message)}"


def _short(message: str) -> str:
    return message if len(message) <= _LIMIT_CHARACTERS else f"{message[:_LIMIT_CHARACTERS]}..."
