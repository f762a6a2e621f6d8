"""Which variables a child does not inherit."""

import pytest

from sidecar.providers.environment import is_secret_name, without_keys


@pytest.mark.parametrize(
    "name",
    ["OPENAI_API_KEY", "OPENROUTER_API_KEY_2", "OPENAI_KEY", "TOKEN", "HF_TOKEN", "GITHUB_PAT", "DB_PASSWD", "APIKEY"],
)
def test_a_variable_named_like_a_secret_is_one(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["PATH", "PATTERN", "TOKENIZERS_PARALLELISM", "GPG_KEY", "SSH_AUTH_SOCK", "KEYBOARD"])
def test_other_variables_reach_the_command(name: str) -> None:
    assert without_keys({name: "x"}) == {name: "x"}


def test_what_the_configuration_names_is_taken_out_whatever_it_is_called() -> None:
    assert without_keys({"WORK": "x", "HOME": "y"}, {"WORK"}) == {"HOME": "y"}
