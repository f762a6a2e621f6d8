import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.simulator.answering import answer, sample

OUTPUT = """\
============================= test session starts ==============================
tests/test_cart.py .F.                                                   [100%]
>       assert total([2, 3]) == 6
E       assert 5 == 6
E        +  where 5 = total([2, 3])
FAILED tests/test_cart.py::test_total - assert 5 == 6
========================= 1 failed, 2 passed in 0.02s ==========================
"""


def test_a_question_about_an_output_gets_its_failing_lines_back() -> None:
    said = answer(f"Why does it fail?\n\n{OUTPUT}")
    assert "E       assert 5 == 6" in said
    assert "FAILED tests/test_cart.py::test_total - assert 5 == 6" in said
    assert "Why" not in said


def test_every_quoted_line_is_a_line_of_the_input() -> None:
    _, *quoted = answer(OUTPUT).splitlines()
    assert quoted
    assert {line.strip() for line in quoted} <= {line.strip() for line in OUTPUT.splitlines()}


def test_what_the_question_names_comes_first() -> None:
    many = "\n".join(f"FAILED tests/test_a.py::test_{number} - assert 0" for number in range(40))
    assert "test_a.py::test_37" not in answer(many)
    assert "test_a.py::test_37" in answer(f"Why does test_a.py::test_37 fail?\n{many}")


def test_an_output_without_failures_is_said_to_have_none() -> None:
    said = answer("Did it work?\nbuild: 0 errors\n12 passed")
    assert said == "None of the 2 lines mentions a failure. The last one: 12 passed"


def test_a_question_alone_is_said_back() -> None:
    assert answer("What is a monad?") == "You asked: What is a monad?"


@given(st.text())
def test_it_always_says_something_and_the_same_thing(text: str) -> None:
    assert answer(text)
    assert answer(text) == answer(text)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"why": {"type": "string", "maxLength": 5}, "line": {"type": "integer"}}},
        {"type": "array", "items": {"enum": ["low", "high"]}, "minItems": 2},
        {"$ref": "#/$defs/node", "$defs": {"node": {"type": "object", "properties": {"n": {"const": 3}}}}},
        {"anyOf": [{"type": "number", "minimum": 4, "maximum": 9}, {"type": "null"}]},
        {"type": ["boolean", "null"]},
        {"type": "string", "minLength": 400},
        {"type": "array", "items": {"type": "string"}, "maxItems": 0},
        {},
    ],
    ids=json.dumps,
)
def test_a_sample_validates_against_its_schema(schema: dict[str, object]) -> None:
    jsonschema.validate(sample(schema, "the assertion failed"), schema)


def test_a_schema_that_contains_itself_ends() -> None:
    schema = {"$ref": "#/$defs/n", "$defs": {"n": {"type": "object", "properties": {"n": {"$ref": "#/$defs/n"}}}}}
    assert sample(schema, "x")["n"]["n"] is not None
