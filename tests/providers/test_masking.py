"""A secret is found in whatever shape it comes back."""

from __future__ import annotations

import json
from urllib.parse import quote

from hypothesis import assume, given
from hypothesis import strategies as st

from sidecar.providers.failing import failed
from sidecar.providers.masking import masked, secrets_of
from sidecar.providers.vocabulary import Access

SECRET = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=40)


@given(SECRET)
def test_a_secret_is_masked_as_it_is_in_json_and_in_an_address(secret: str) -> None:
    assume(set(secret) != {"*"})
    for shape in (secret, json.dumps(secret)[1:-1], quote(secret, safe="")):
        assert shape not in masked(f"said {shape} twice: {shape}", [secret])


def test_the_longest_of_overlapping_secrets_is_masked_first() -> None:
    assert masked("abcdefgh-ijkl", ["abcdefgh", "abcdefgh-ijkl"]) == "***"


def test_a_dummy_key_does_not_shred_the_message() -> None:
    assert masked("no model named none", ["none", ""]) == "no model named none"


def test_keys_of_other_accounts_are_masked_by_their_usual_shapes() -> None:
    text = masked(
        "Incorrect API key provided: sk-proj-abcdefghijklmnop1234. AIzaSyA1234567890123456789012 Bearer abcdefgh12", []
    )
    assert text == "Incorrect API key provided: ***. *** Bearer ***"


def test_everything_secret_about_an_account_is_known() -> None:
    headers = {"Authorization": "Basic dXNlcjpwYXNzd29yZA==", "X-Title": "sidecar"}
    access = Access("lab", "https://me:pass%20word@lab.example/v1", key="the-key-itself", headers=headers)
    secrets = secrets_of(access)
    assert {"the-key-itself", "dXNlcjpwYXNzd29yZA==", "pass%20word", "pass word"} <= set(secrets)
    assert "sidecar" not in secrets
    assert "the-key-itself" not in repr(access)


def test_a_key_behind_json_escapes_is_masked_in_the_body_that_is_read() -> None:
    secret = "key-with-0123456789"
    escaped = "".join(f"\\u{ord(character):04x}" for character in secret)
    text = f'{{"error": {{"message": "bad {escaped}", "code": "{escaped}", "details": [{{"{escaped}": 1}}]}}}}'
    failure = failed("status", "`lab` answered 401", secrets=[secret], status=401, text=text).failure
    assert secret not in f"{failure.sentence} {failure.body} {failure.code}"


def test_a_body_nested_without_end_is_still_a_failure() -> None:
    text = '{"error": {"message": "\\u0041", "details": ' + "[" * 900 + "]" * 900 + "}}"
    assert failed("status", "`lab` answered 500", secrets=[], status=500, text=text).failure.sentence.endswith("A")
