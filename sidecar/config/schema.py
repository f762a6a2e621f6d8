"""The JSON Schema of the configuration file, for `sidecar config --schema` and for editors.

`schema.json` beside this file is the same text, committed so that a file can name it; a test keeps it current.
"""

from __future__ import annotations

import ast
import inspect
import json
from typing import Any

from sidecar.config import model

__all__ = ["schema", "schema_text"]


def schema() -> dict[str, Any]:
    """The schema (JSON Schema 2020-12), its descriptions being the docstrings of the models."""
    made = model.Settings.model_json_schema()
    documented = _docstrings()
    for name, part in {"Settings": made, **made["$defs"]}.items():
        for key, field in part.get("properties", {}).items():
            # pydantic puts nothing beside a `$ref` but a default; 2020-12 allows a description there.
            if description := documented.get((name, key)):
                field["description"] = description
            field.pop("title", None)
        part.pop("title", None)
    definitions = made.pop("$defs")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "sidecar configuration",
        **made,
        "$defs": {name: definitions[name] for name in sorted(definitions)},
    }


def schema_text() -> str:
    """The schema as the text of a file."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _docstrings() -> dict[tuple[str, str], str]:
    """The string below each field of each model, by (class, key).

    Read from the source here instead of by pydantic at import, where it cost every launch 40 ms.
    """
    found: dict[tuple[str, str], str] = {}
    for node in ast.parse(inspect.getsource(model)).body:
        if not isinstance(node, ast.ClassDef):
            continue
        for base in node.bases:  # what is inherited is described where it stands
            above = base.id if isinstance(base, ast.Name) else ""
            found |= {(node.name, key): text for (name, key), text in found.items() if name == above}
        for field, text in zip(node.body, node.body[1:], strict=False):
            if (
                isinstance(field, ast.AnnAssign)
                and isinstance(field.target, ast.Name)
                and isinstance(text, ast.Expr)
                and isinstance(text.value, ast.Constant)
                and isinstance(text.value.value, str)
            ):
                key = "$schema" if field.target.id == "schema_" else field.target.id
                found[node.name, key] = " ".join(text.value.value.split())
    return found
