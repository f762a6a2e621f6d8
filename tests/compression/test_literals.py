from hypothesis import given
from hypothesis import strategies as st

from sidecar.compression.literals import Literals, literals_in
from sidecar.compression.recognise import forms
from sidecar.compression.vocabulary import Segment
from tests.bench.compression.corpus import captures

_LITERALS = ("test", "tests", "est", "sti", "\nE  ", "✖ ", "--- FAIL: ", "a", "aa")


@given(st.text(st.sampled_from("tesi\nE ✖-FAIL:a\ud800İ")))
def test_those_found_in_one_walk_are_those_found_one_by_one(text: str) -> None:
    assert Literals(_LITERALS).within(text) == {literal for literal in _LITERALS if literal in text}


def test_a_form_says_nothing_of_a_text_without_its_literals() -> None:
    asked = 0
    for capture in captures():
        segment = Segment(capture.text.split("\n"))
        for form in forms():
            if form.literals and literals_in(segment).isdisjoint(form.literals):
                asked += 1
                assert form.recognise(segment) == 0.0, (form.name, capture.name)
    assert asked > 1000
