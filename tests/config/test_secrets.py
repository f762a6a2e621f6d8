"""Where references lead, and that a secret is never shown."""

import os
from pathlib import Path

import pytest

from sidecar.config.secrets import Secret, resolve
from sidecar.errors import SecretMissing

KEY = "sk-ant-verysecret"


def held_in(path: Path, data: bytes, mode: int = 0o600) -> str:
    path.write_bytes(data)
    path.chmod(mode)
    return f"file:{path}"


def test_a_secret_shows_itself_nowhere() -> None:
    secret = Secret(KEY)
    for shown in (repr(secret), str(secret), f"{secret}", f"{secret!r:>20}", repr([secret]), "%s" % secret):  # noqa: UP031  # one of the ways
        assert KEY not in shown
    assert secret.reveal() == KEY


def test_a_variable_is_read_from_the_environment_given() -> None:
    assert resolve("env:A_KEY", {"A_KEY": KEY}).reveal() == KEY


@pytest.mark.parametrize("environ", [{}, {"A_KEY": ""}, {"A_KEY": "  "}])
def test_a_missing_variable_is_named_with_what_to_do(environ: dict[str, str]) -> None:
    with pytest.raises(
        SecretMissing, match=r"the variable `A_KEY` is not set here; set it, or give the key as `file:PATH`"
    ):
        resolve("env:A_KEY", environ)


@pytest.mark.parametrize("data", [KEY.encode(), KEY.encode() + b"\n", KEY.encode() + b"\r\n"])
def test_a_file_is_read_without_its_last_line_end(tmp_path: Path, data: bytes) -> None:
    assert resolve(held_in(tmp_path / "key", data), {}).reveal() == KEY


def test_a_file_below_the_home_is_found(tmp_path: Path) -> None:
    held_in(tmp_path / "key", KEY.encode())
    assert resolve("file:~/key", {"HOME": str(tmp_path)}).reveal() == KEY


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620])
def test_a_file_open_to_others_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    reference = held_in(tmp_path / "key", KEY.encode(), mode)
    with pytest.raises(SecretMissing, match="chmod 600") as refused:
        resolve(reference, {})
    assert KEY not in str(refused.value)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty value"),
        (b"\n", "empty value"),
        (KEY.encode() + b"\n" + KEY.encode(), "more than one line"),
        ("schlüssel".encode(), "characters no key has"),
        (b"\xff\xfe", "not text"),
        (b"x" * 70_000, "larger than 64,000 bytes"),
    ],
)
def test_a_file_that_holds_no_key_is_refused_without_being_shown(tmp_path: Path, data: bytes, said: str) -> None:
    reference = held_in(tmp_path / "key", data)
    with pytest.raises(SecretMissing, match=said) as refused:
        resolve(reference, {})
    assert KEY not in str(refused.value)


def test_a_missing_file_a_folder_and_a_pipe_are_each_one_sentence(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    for place, said in (("none", "no such file"), (".", "not a regular file"), ("pipe", "not a regular file")):
        with pytest.raises(SecretMissing, match=said):
            resolve(f"file:{tmp_path}/{place}", {})


def test_a_keyring_is_asked_by_service_and_name() -> None:
    assert resolve("keyring:sidecar/anthropic", {}, keyring=lambda service, name: f"{service}+{name}").reveal() == (
        "sidecar+anthropic"
    )


def test_an_empty_or_refusing_keyring_is_one_sentence() -> None:
    def refuse(_service: str, _name: str) -> str | None:
        raise RuntimeError(KEY)

    with pytest.raises(SecretMissing, match="run `keyring set a b`"):
        resolve("keyring:a/b", {}, keyring=lambda _service, _name: None)
    with pytest.raises(SecretMissing, match=r"refused \(RuntimeError\)") as refused:
        resolve("keyring:a/b", {}, keyring=refuse)
    assert KEY not in str(refused.value)
    assert refused.value.__suppress_context__


def test_what_is_no_reference_is_refused_and_not_repeated() -> None:
    with pytest.raises(SecretMissing) as refused:
        resolve(KEY, {})
    assert KEY not in str(refused.value)
