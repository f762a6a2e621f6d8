"""Whether a model's reply is the JSON that was asked for. Pure; `jsonschema` loads on first use."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from sidecar.errors import WrongUsage

__all__ = ["check_schema", "complaint", "json_text"]

_FENCED = re.compile(r"\A\s*```[A-Za-z0-9]*[ \t]*\n(.*)\n[ \t]*```\s*\Z", re.DOTALL)

_LIMIT_CHARACTERS = 300
"""Validators quote the offending value, which may be the whole reply."""


_PATTERNS_S = 1.0
_ENDLESS = "`schema` is nested too deep or refers to itself without end; give a plainer one"


def check_schema(schema: Mapping[str, Any]) -> None:
    """Raise `WrongUsage` when *schema* is not a JSON Schema (2020-12) that can be used offline."""
    from jsonschema.exceptions import SchemaError
    from jsonschema.validators import Draft202012Validator

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as wrong:
        raise WrongUsage(f"`schema` is not a JSON Schema: {_short(wrong.message)}; correct it and ask again") from wrong
    except RecursionError:
        raise WrongUsage(_ENDLESS) from None


def json_text(text: str) -> str:
    """The JSON in *text*: without the code fence that many models put around it."""
    fenced = _FENCED.match(text)
    return fenced[1].strip() if fenced else text.strip()


def complaint(text: str, schema: Mapping[str, Any]) -> str | None:
    """Why *text* (as `json_text` gives it) does not validate against *schema*, in one sentence; None when it does.

    References out of the schema are not fetched: what leaves the machine was asked for.
    """
    from jsonschema.exceptions import ValidationError, best_match
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    try:
        value = json.loads(text)
    except ValueError as wrong:
        return f"it is not JSON: {wrong}"
    except RecursionError:
        return "it is nested too deep"
    registry: Registry[Any] = Registry()
    try:
        worst: ValidationError | None = best_match(_validator()(schema, registry=registry).iter_errors(value))
    except Unresolvable as missing:
        raise WrongUsage(
            f"`schema` refers to `{missing.ref}`, which is not inside it; put it under `$defs`"
        ) from missing
    except RecursionError:
        raise WrongUsage(_ENDLESS) from None
    return None if worst is None else f"at `{worst.json_path}`: {_short(worst.message)}"


def _validator() -> Any:
    """The validator of 2020-12 with patterns that give up: `re` would backtrack for hours and hold up every call."""
    from jsonschema.exceptions import ValidationError
    from jsonschema.validators import Draft202012Validator, extend

    search = _Search()

    def pattern(_validator: Any, said: str, value: Any, _schema: Any) -> Iterator[ValidationError]:
        if isinstance(value, str) and not search(said, value):
            yield ValidationError(f"{value!r} does not match {said!r}")

    def pattern_properties(validator: Any, said: Any, value: Any, _schema: Any) -> Iterator[ValidationError]:
        for one, inner in said.items() if isinstance(value, dict) else ():
            for name in [name for name in value if search(one, name)]:
                yield from validator.descend(value[name], inner, path=name, schema_path=one)

    def looked_at_first(keyword: str) -> Any:
        # These look at names with `re` themselves, so a pattern that never ends has to be found before them.
        original = Draft202012Validator.VALIDATORS[keyword]

        def checked(validator: Any, said: Any, value: Any, schema: Any) -> Any:
            for one in schema.get("patternProperties", {}) if isinstance(value, dict) else ():
                for name in value:
                    search(one, name)
            return original(validator, said, value, schema)

        return checked

    later = {keyword: looked_at_first(keyword) for keyword in ("additionalProperties", "unevaluatedProperties")}
    extended: Any = extend  # jsonschema leaves it untyped
    return extended(Draft202012Validator, {"pattern": pattern, "patternProperties": pattern_properties, **later})


class _Search:
    """Searches for a schema's patterns, all of them together within a second."""

    def __init__(self) -> None:
        self._left_s = _PATTERNS_S

    def __call__(self, pattern: str, text: str) -> bool:
        import time

        import regex  # the one engine at hand that can give up

        began = time.monotonic()
        try:
            return regex.search(pattern, text, timeout=max(self._left_s, 0.001)) is not None
        except TimeoutError:
            raise WrongUsage(
                f"`schema` has a pattern that takes too long, `{_short(pattern)}`: give a simpler one"
            ) from None
        except regex.error as wrong:
            raise WrongUsage(f"`schema` has a pattern that cannot be used, `{_short(pattern)}`: {wrong}") from None
        finally:
            self._left_s -= time.monotonic() - began


def _short(message: str) -> str:
    return message if len(message) <= _LIMIT_CHARACTERS else f"{message[:_LIMIT_CHARACTERS]}..."
