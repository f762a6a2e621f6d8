"""Secrets are masked before anything is shown or kept; hashes, versions and paths are not secrets."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.compression.masking import masked
from sidecar.errors import ConfigurationError

# Put together here, so that no scanner takes this file for a leak.
AWS = "AKIA" + "IOSFODNN7EXAMPLE"
GITHUB = "gh" + "p_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
OPENAI = "sk" + "-proj-" + "abcdEFGH1234ijklMNOP5678qrst"
GOOGLE = "AI" + "zaSyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q"
JWT = "ey" + "JhbGciOiJIUzI1NiJ9.ey" + "JzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        (f"aws_access_key_id = {AWS}", AWS),
        (f"remote: https://{GITHUB}@github.com/shop/cart.git", GITHUB),
        (f"OPENAI_API_KEY={OPENAI}", OPENAI),
        (f'key: "{GOOGLE}"', GOOGLE),
        (f"> Authorization: Bearer {JWT}", JWT),
        ("password = 'correct-horse-battery'", "correct-horse-battery"),
        ("postgres://shop:hunter2hunter2@db:5432/shop", "hunter2hunter2"),
        ("npm notice token npm_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"),
    ],
)
def test_a_secret_is_replaced_by_what_kind_it_was(line: str, secret: str) -> None:
    result = masked(f"before\n{line}\nafter\n".encode())
    text = result.data.decode()
    assert secret not in text
    assert "[masked: " in text
    assert (text.splitlines()[0], text.splitlines()[2]) == ("before", "after")
    assert result.count >= 1


@pytest.mark.parametrize(
    "line",
    [
        "commit 3f786850e387550fdab836ed7e6dc881de23001b",
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "tests/test_auth.py::test_token_is_refused PASSED",
        "downloading https://files.example.org/packages/requests-2.32.3-py3-none-any.whl",
        "keyboard interrupt after 3 tokens",
        "src/secret.py:12:4: F401 imported but unused",
    ],
)
def test_what_is_no_secret_stays(line: str) -> None:
    assert masked(line.encode()).data == line.encode()


def test_a_private_key_goes_from_its_first_line_to_its_last() -> None:
    begin, end = "-----BEGIN RSA " + "PRIVATE KEY-----", "-----END RSA " + "PRIVATE KEY-----"
    data = "\n".join(["$ cat id_rsa", begin, "MIIEowIBAAKCAQEA", "x7Yc0ae81Zq", end, "$ ls"])
    result = masked(data.encode())
    assert result.data.decode().split("\n") == [
        "$ cat id_rsa", "[masked: Private Key]", "[masked]", "[masked]", "[masked]", "$ ls",
    ]  # fmt: skip
    assert result.count == 1


def test_every_secret_of_a_line_goes() -> None:
    result = masked(f"{AWS} and {GITHUB} and {OPENAI}".encode())
    assert not [one for one in (AWS, GITHUB, OPENAI) if one in result.data.decode()]
    assert result.count == 3


def test_a_very_long_line_is_masked_by_the_vendors_prefixes() -> None:
    data = ("x " * 5_000 + OPENAI + " y" * 5_000).encode()
    assert OPENAI.encode() not in masked(data).data


def test_bytes_that_are_not_utf8_come_back_as_they_were() -> None:
    data = b"caf\xe9 \xff\xfe\n" + f"token={GITHUB}\n".encode()
    assert masked(data).data.startswith(b"caf\xe9 \xff\xfe\n")
    assert GITHUB.encode() not in masked(data).data


@given(st.binary(max_size=300))
def test_no_line_is_joined_or_removed(data: bytes) -> None:
    assert masked(data).data.count(b"\n") == data.count(b"\n")


def test_without_the_detectors_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from sidecar.compression import masking

    masking._detectors.cache_clear()
    monkeypatch.setitem(sys.modules, "detect_secrets.core.plugins.util", None)
    with pytest.raises(ConfigurationError, match=r"agent-sidecar\[secrets\]"):
        masked(b"password = 'correct-horse-battery'\n")
    masking._detectors.cache_clear()
