"""What a simulated model says: read from the request, the same every time, and checkable against it.

It quotes the lines that mention a failure, those first that bear on the question. That is little, but it is
work on the real input: who asks "why does it fail" about an output gets its assertion back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["answer", "sample"]

_MENTIONS = re.compile(
    r"\b(?:fail(?:ed|ure|ures|s|ing)?|errors?|assert(?:ion)?|expected|panicked|fatal|traceback|exception|denied|undefined)\b"
    r"|\w(?:Error|Exception)\b",
    re.IGNORECASE,
)
_SAYS_WHAT = re.compile(r"^E\s{2,}|^FAILED |^ERROR |\w(?:Error|Exception): |\berror(?:\[\w+\])?: |\bpanicked at\b")
_NOTHING_WRONG = re.compile(r"\b(?:0|no) (?:errors?|failures?|failed)\b", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z]\w*[_./:]\w[\w./:]*")
_SHOWN_LINES = 6
_SHOWN_CHARACTERS = 300


def answer(text: str) -> str:
    """A short reply to *text*: a question alone is said back, an output is searched for its failures."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    read = [line for line in lines if not line.endswith("?")]
    if len(lines) < 2 or not read:
        return f"You asked: {_short(lines[0])}" if lines else "You asked nothing."
    failing = [number for number, line in enumerate(read) if _mentions_failure(line)]
    if not failing:
        return f"None of the {len(read)} lines mentions a failure. The last one: {_short(read[-1])}"
    names = frozenset(name for line in lines if line.endswith("?") for name in _NAME.findall(line))
    best = sorted(failing, key=lambda number: (-_weight(read[number], names), number))[:_SHOWN_LINES]
    verb = "mentions" if len(failing) == 1 else "mention"
    said = f"{len(failing)} of the {len(read)} lines {verb} a failure:"
    return "\n".join((said, *_unique(_short(read[number]) for number in sorted(best))))


def sample(schema: Mapping[str, Any], text: str) -> Any:
    """A value that *schema* (JSON Schema, or Gemini's subset of OpenAPI) allows, with *text* where words fit.

    Follows types, properties, items, bounds, enumerations, alternatives and local references; a `pattern`
    is beyond it.
    """
    return _sample(schema, text, schema, 0)


def _mentions_failure(line: str) -> bool:
    return bool(_MENTIONS.search(line)) and not _NOTHING_WRONG.search(line)


def _weight(line: str, names: frozenset[str]) -> int:
    return 2 * any(name in line for name in names) + bool(_SAYS_WHAT.search(line))


def _short(line: str) -> str:
    return line if len(line) <= _SHOWN_CHARACTERS else f"{line[:_SHOWN_CHARACTERS]} ..."


def _unique(lines: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(lines))


def _sample(schema: Any, text: str, root: Mapping[str, Any], depth: int) -> Any:
    if not isinstance(schema, Mapping) or depth > 16:  # `true`, or a schema that contains itself
        return None
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    if "$ref" in schema:
        return _sample(_referred(str(schema["$ref"]), root), text, root, depth + 1)
    for alternatives in ("anyOf", "oneOf", "allOf"):
        if schema.get(alternatives):
            return _sample(schema[alternatives][0], text, root, depth + 1)
    kinds = schema.get("type", "object" if "properties" in schema else "string")
    kind = str(kinds[0] if isinstance(kinds, list) else kinds).lower()
    match kind:
        case "object":
            properties = schema.get("properties", {})
            return {name: _sample(inner, text, root, depth + 1) for name, inner in properties.items()}
        case "array":
            length = max(int(schema.get("minItems", 0)), min(1, int(schema.get("maxItems", 1))))
            return [_sample(schema.get("items"), text, root, depth + 1) for _ in range(length)]
        case "integer" | "number":
            return _number(schema)
        case "boolean":
            return True
        case "null":
            return None
    return text.ljust(int(schema.get("minLength", 0)), ".")[: schema.get("maxLength")]


def _number(schema: Mapping[str, Any]) -> Any:
    if "minimum" in schema:
        return schema["minimum"]
    if "exclusiveMinimum" in schema:
        return schema["exclusiveMinimum"] + 1
    return min(1, schema.get("maximum", 1))


def _referred(reference: str, root: Mapping[str, Any]) -> Any:
    found: Any = root
    for part in reference.removeprefix("#").strip("/").split("/"):
        if part:
            found = found.get(part) if isinstance(found, Mapping) else None
    return found
