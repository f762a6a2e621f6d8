"""Splicing one member into another program's JSON: the rest stays byte for byte."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.agents.splice import member, with_member, without_member

_VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)
_OBJECTS = st.dictionaries(st.text(max_size=5), _VALUES, max_size=4)
_LAYOUTS = st.sampled_from([None, 2, 4, "\t"])


@given(_OBJECTS, _OBJECTS, _LAYOUTS, _VALUES)
def test_what_is_put_in_is_there_and_nothing_else_changes(
    around: dict[str, Any], beside: dict[str, Any], layout: int | str | None, value: Any
) -> None:
    beside.pop("sidecar", None)
    whole = {**around, "mcpServers": beside}
    text = json.dumps(whole, indent=layout)
    done = with_member(text, ("mcpServers", "sidecar"), value)
    assert json.loads(done) == {**whole, "mcpServers": {**beside, "sidecar": value}}
    assert json.dumps(json.loads(without_member(done, ("mcpServers", "sidecar")))) == json.dumps(whole)


@given(_OBJECTS, st.dictionaries(st.text(max_size=5), _VALUES, min_size=1, max_size=4), _LAYOUTS, _VALUES)
def test_taking_out_what_was_put_in_gives_the_same_bytes(
    around: dict[str, Any], beside: dict[str, Any], layout: int | str | None, value: Any
) -> None:
    beside.pop("sidecar", None)
    beside["other"] = 1
    text = json.dumps({**around, "mcpServers": beside}, indent=layout) + "\n"
    assert without_member(with_member(text, ("mcpServers", "sidecar"), value), ("mcpServers", "sidecar")) == text


def test_odd_but_valid_writing_is_left_as_it_is() -> None:
    text = '{ "n" : 1.0e2,\n   "mcpServers":{"x":{"args":["a",   "b"]}, "u": "\\u00e9"}\n}'
    done = with_member(text, ("mcpServers", "sidecar"), {"command": "sidecar"})
    assert '"n" : 1.0e2' in done
    assert '{"x":{"args":["a",   "b"]}, "u": "\\u00e9"' in done


def test_the_files_own_line_ends_and_indentation_are_used() -> None:
    text = '{\r\n\t"mcpServers": {\r\n\t\t"x": {}\r\n\t}\r\n}\r\n'
    done = with_member(text, ("mcpServers", "sidecar"), {"args": ["serve"]})
    assert done == (
        '{\r\n\t"mcpServers": {\r\n\t\t"x": {},\r\n\t\t"sidecar": {\r\n\t\t\t"args": [\r\n\t\t\t\t"serve"\r\n\t\t\t]'
        "\r\n\t\t}\r\n\t}\r\n}\r\n"
    )


def test_an_object_that_is_missing_on_the_way_is_made() -> None:
    assert json.loads(with_member("{}", ("a", "b", "c"), 1)) == {"a": {"b": {"c": 1}}}


def test_something_else_on_the_way_is_refused() -> None:
    with pytest.raises(ValueError, match="`mcpServers` is not an object"):
        member('{"mcpServers": []}', ("mcpServers", "sidecar"))


def test_taking_out_what_is_not_there_changes_nothing() -> None:
    text = '{"mcpServers": {"x": 1}}'
    assert without_member(text, ("mcpServers", "sidecar")) == text
    assert without_member("{}", ("mcpServers", "sidecar")) == "{}"
