"""The schema and the example: current, complete, and in agreement."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sidecar.config import schema as module
from sidecar.config.files import read
from sidecar.config.hosts import contradictions
from sidecar.config.model import Settings
from sidecar.config.schema import schema, schema_text
from sidecar.providers.catalogue import catalogue

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "config.example.json"


def test_the_schema_that_is_shipped_is_the_schema_of_the_models() -> None:
    shipped = Path(module.__file__).with_name("schema.json")
    assert shipped.read_text() == schema_text()


def test_every_key_has_a_description() -> None:
    made = schema()
    for name, part in {"": made, **made["$defs"]}.items():
        for key, field in part["properties"].items():
            assert field.get("description"), f"{name}.{key}"


def test_the_example_is_a_configuration_by_our_reading_and_by_the_schema() -> None:
    file = read(EXAMPLE)
    assert file is not None
    assert file.errors == ()
    settings = Settings.model_validate_json(EXAMPLE.read_text())
    assert contradictions(settings, catalogue()) == []
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(json.loads(EXAMPLE.read_text()), schema())


def test_the_example_names_its_schema() -> None:
    shipped = Path(module.__file__).with_name("schema.json")
    assert json.loads(EXAMPLE.read_text())["$schema"] == "/".join(("sidecar", *shipped.parts[-2:]))
    assert json.loads(shipped.read_text()) == schema()


def test_the_example_shows_every_key_there_is() -> None:
    made = schema()
    missing: list[str] = []

    def visit(value: Any, part: dict[str, Any], path: str) -> None:
        part = next((option for option in part.get("anyOf", [part]) if option.get("type") != "null"), part)
        if "$ref" in part:
            part = made["$defs"][part["$ref"].rpartition("/")[2]]
        for key, inner in part.get("properties", {}).items():
            shown = [entry[key] for entry in value if isinstance(entry, dict) and key in entry]
            if shown:
                visit(shown, inner, f"{path}.{key}")
            else:
                missing.append(f"{path}.{key}")
        if isinstance(part.get("additionalProperties"), dict):
            visit([v for entry in value for v in entry.values()], part["additionalProperties"], f"{path}.*")
        if isinstance(part.get("items"), dict):
            visit([v for entry in value if entry for v in entry], part["items"], f"{path}[]")

    visit([json.loads(EXAMPLE.read_text())], made, "")
    assert missing == []


@pytest.mark.parametrize("text", ['{"run": {"timeout_s": "x"}}', '{"modles": {}}', '{"roots": []}'])
def test_what_we_refuse_the_schema_refuses_too(text: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(json.loads(text), schema())
