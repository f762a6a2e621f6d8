import re

import bpe_openai  # type: ignore[import-untyped]  # it ships no types
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.compression import tokens

REFERENCE = bpe_openai.get_encoding("o200k_base")


# Characters that Python's Unicode does not know yet are classed by each encoder as its own Unicode has it.
@settings(max_examples=200)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cn"]), max_size=300))
def test_counts_equal_an_independent_encoder(text: str) -> None:
    assert tokens.count(text) == len(REFERENCE.encode_ordinary(text))


def test_a_long_text_has_the_tokens_of_its_lines() -> None:
    text = "".join(
        f"{number}: def f_{number}(self) -> None:\n\n    return  'größe' / {number}\n" for number in range(4_000)
    )
    assert len(text) > 3 * 65_536
    # The reference refuses more than 200,000 tokens, so it is asked line by line: no token crosses into a digit.
    assert tokens.count(text) == sum(len(REFERENCE.encode_ordinary(part)) for part in re.split(r"(?<=\n)(?=\d)", text))


def test_the_tokens_of_the_pieces_add_up_to_those_of_the_whole() -> None:
    data = b"".join(b"%d: request\n\n\n   indented\n\ttabbed %d\n" % (number, number) for number in range(60_000))
    parts = list(tokens.pieces(data))
    assert len(parts) > 2
    assert b"".join(parts) == data
    assert sum(tokens.count(part.decode()) for part in parts) == tokens.count(data.decode())


@pytest.mark.parametrize("unit", [" ", "=", "\n", "a", " \n", "\N{ZERO WIDTH JOINER}"])
def test_a_million_of_one_character_is_counted(unit: str) -> None:
    assert tokens.count(unit * (1_000_000 // len(unit))) > 1_000


@given(st.text(alphabet=st.characters(blacklist_categories=["Cs"]), max_size=200), st.integers(0, 60), st.booleans())
def test_a_cut_is_within_its_limit_and_verbatim(text: str, limit: int, from_end: bool) -> None:
    part = tokens.cut(text, limit, from_end=from_end)
    assert tokens.count(part) <= limit
    assert text.endswith(part) if from_end else text.startswith(part)


def test_half_a_surrogate_pair_is_counted_and_cut_like_any_character() -> None:
    text = "before \ud83d after " * 40
    assert tokens.count(text) == tokens.count(text.replace("\ud83d", "\ufffd"))
    assert text.startswith(tokens.cut(text, 50))
    assert tokens.count(tokens.cut(text, 50)) == 50
