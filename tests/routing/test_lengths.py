"""What providers say of lengths, in their own sentences (those of failures.toml, where their sources stand)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.providers.vocabulary import Failure
from sidecar.routing.lengths import Told, share_to_try, told


@pytest.mark.parametrize(
    ("text", "limit", "sent"),
    [
        (
            "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens.",
            8192,
            9000,
        ),
        (
            "This model's maximum context length is 128000 tokens. However, your messages resulted in 131072 tokens.",
            128_000,
            131_072,
        ),
        ("This model's maximum context length is 128000 tokens.", 128_000, None),
        ("prompt is too long: 204857 tokens > 200000 maximum", 200_000, 204_857),
        ("input length and `max_tokens` exceed context limit: 198000 + 8192 > 200000", 200_000, 198_000),
        (
            "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
            1_048_576,
            1_200_000,
        ),
        ("The input token count exceeds the maximum number of tokens allowed 1048576.", 1_048_576, None),
        ("Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193", 8193, None),
        ("the input length exceeds the context length", None, None),
        ("Input is too long for requested model.", None, None),
    ],
)
def test_sentences(text: str, limit: int | None, sent: int | None) -> None:
    assert told(Failure("status", "too long", status=400, text=text)) == Told(limit, sent)


def test_fields_of_a_local_server() -> None:
    error: dict[str, Any] = {"code": 400, "message": "the request exceeds the available context size"}
    failure = Failure("status", "no", body={"error": {**error, "n_prompt_tokens": 9001, "n_ctx": 4096}})
    assert told(failure) == Told(4096, 9001)


@given(st.one_of(st.none(), st.integers(128, 10**9)), st.one_of(st.none(), st.integers(128, 10**9)))
def test_the_next_try_is_always_shorter(limit: int | None, sent: int | None) -> None:
    assert 0 < share_to_try(Told(limit, sent)) < 1


@given(st.text(), st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.dictionaries(st.text(), inner)))
def test_whatever_comes_is_read_without_an_error(text: str, body: Any) -> None:
    told(Failure("status", text, text=text, body=body))
