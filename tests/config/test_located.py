"""JSON with places: as strict as the standard parser, and able to say where."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.config.located import Misplaced, parse

_JSON: Any = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(_JSON, st.sampled_from([None, 2, "\t"]), st.booleans())
def test_it_reads_what_the_standard_parser_reads(value: Any, indent: int | str | None, ascii_only: bool) -> None:
    assert parse(json.dumps(value, indent=indent, ensure_ascii=ascii_only)).value == value


@given(st.text(alphabet='{}[]",:0123456789.eE+-truefalsn \n', max_size=40))
def test_it_refuses_what_the_standard_parser_refuses(text: str) -> None:
    try:
        expected = json.loads(text)
    except ValueError:
        with pytest.raises(Misplaced):
            parse(text)
        return
    assert parse(text).value == expected


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('{\n  "a": 1,\n}', "line 2, column 9: a `,` stands before `}`"),
        ('{"a" 1}', "line 1, column 6: `:` was expected after a key"),
        ('{"a": tru}', "line 1, column 7: a value was expected"),
        ("", "line 1, column 1: the file ends where a value was expected"),
        ('{"a": 1} x', "line 1, column 10: there is more after the end of the value"),
        ("{'a': 1}", 'line 1, column 2: a key in `"` was expected'),
        ('{"a": NaN}', "line 1, column 7: a value was expected"),
        ('["a\nb"]', "line 1, column 4: invalid control character"),
        ("[" * 5000, "line 1, column 66: nested more than 64 deep"),
        ('["\\ud800"]', "line 1, column 2: the text holds half of a surrogate pair"),
        ("[" + "9" * 5000 + "]", "line 1, column 2: a number this long cannot be meant"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_column(text: str, where: str) -> None:
    with pytest.raises(Misplaced) as refused:
        parse(text)
    assert str(refused.value) == where


def test_a_key_given_twice_is_told_with_its_second_place() -> None:
    assert parse('{"a": {"b": 1,\n "b": 2}}').repeated == ((("a", "b"), (2, 2)),)


def test_each_member_has_its_place() -> None:
    assert parse('{"a": [1,\n  {"b": 2}]}').places == {
        ("a",): (1, 2),
        ("a", 0): (1, 8),
        ("a", 1): (2, 3),
        ("a", 1, "b"): (2, 4),
    }
