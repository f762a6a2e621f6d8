"""Whether a reply is the JSON that was asked for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sidecar.errors import WrongUsage
from sidecar.routing.schema import check_schema, complaint, json_text

SCHEMA: dict[str, Any] = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"n": 1}', '{"n": 1}'),
        ('```json\n{"n": 1}\n```', '{"n": 1}'),
        ('\n```\n{"n": 1}\n```\n', '{"n": 1}'),
        ('Here: ```json\n{"n": 1}\n```', 'Here: ```json\n{"n": 1}\n```'),
    ],
)
def test_a_fence_around_json_is_taken_off(text: str, expected: str) -> None:
    assert json_text(text) == expected


def test_a_complaint_says_where_and_what() -> None:
    assert complaint('{"n": 1}', SCHEMA) is None
    assert complaint('{"n": "x"}', SCHEMA) == "at `$.n`: 'x' is not of type 'integer'"
    assert "not JSON" in str(complaint("sure!", SCHEMA))


def test_a_complaint_is_short_however_long_the_reply_is() -> None:
    assert len(str(complaint(f'"{"x" * 100_000}"', SCHEMA))) < 400


def test_a_reference_out_of_the_schema_is_not_fetched() -> None:
    with pytest.raises(WrongUsage, match="not inside it"):
        complaint("{}", {"$ref": "http://127.0.0.1:9/schema.json"})


def test_a_schema_that_is_none_is_refused() -> None:
    check_schema(SCHEMA)
    with pytest.raises(WrongUsage, match="not a JSON Schema"):
        check_schema({"type": 7})


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"type": "string", "pattern": "^(a|aa)+$"}, json.dumps("a" * 60 + "!")),
        ({"patternProperties": {"^(a|aa)+$": {}}}, json.dumps({"a" * 60 + "!": 1})),
        ({"patternProperties": {"^(a|aa)+$": {}}, "additionalProperties": False}, json.dumps({"a" * 60 + "!": 1})),
    ],
)
def test_a_pattern_that_backtracks_without_end_is_refused_and_not_waited_for(schema: Any, text: str) -> None:
    with pytest.raises(WrongUsage, match="takes too long"):
        complaint(text, schema)


def test_patterns_decide_as_before() -> None:
    schema = {"patternProperties": {"^x": {"type": "integer", "pattern": "b"}}, "additionalProperties": False}
    assert complaint('{"x1": 2}', schema) is None
    assert "is not of type" in (complaint('{"x1": "ab"}', schema) or "")
    assert complaint('{"y": 2}', schema) is not None
    assert complaint('"abc"', {"pattern": "^b"}) == "at `$`: 'abc' does not match '^b'"
    assert complaint('"abc"', {"pattern": "b"}) is None


def test_a_schema_that_refers_to_itself_without_end_is_one_sentence() -> None:
    with pytest.raises(WrongUsage, match="refers to itself without end"):
        complaint("1", {"$ref": "#"})


def test_a_reply_nested_without_end_is_a_complaint() -> None:
    assert complaint("[" * 100_000, {}) == "it is nested too deep"
