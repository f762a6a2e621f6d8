"""Requests signed for AWS: the published vectors, and what Bedrock needs beyond them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sidecar.providers.sigv4 import Signer

AT = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
SIGNER = Signer("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "us-east-1", "service")
ADDRESS = "https://example.amazonaws.com/"


@pytest.mark.parametrize(
    ("method", "url", "headers", "body", "signature"),
    [
        # The `aws-sig-v4-test-suite` that AWS publishes: get-vanilla, post-vanilla, get-vanilla-query-order-key-case,
        # post-x-www-form-urlencoded.
        ("GET", ADDRESS, {}, b"", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", ADDRESS, {}, b"", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        (
            "GET",
            f"{ADDRESS}?Param2=value2&Param1=value1",
            {},
            b"",
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
        (
            "POST",
            ADDRESS,
            {"Content-Type": "application/x-www-form-urlencoded"},
            b"Param1=value1",
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
        ),
    ],
)
def test_a_signature_is_the_one_aws_publishes(
    method: str, url: str, headers: dict[str, str], body: bytes, signature: str
) -> None:
    added = SIGNER.headers(method, url, headers, body, at=AT)
    assert added["x-amz-date"] == "20150830T123600Z"
    assert added["authorization"].endswith(f"Signature={signature}")
    assert added["authorization"].startswith(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders="
    )


def test_the_token_of_temporary_keys_is_sent_and_signed() -> None:
    signer = Signer("AKIDEXAMPLE", "secret", "us-east-1", "service", "token")
    added = signer.headers("POST", ADDRESS, {}, b"", at=AT)
    assert added["x-amz-security-token"] == "token"
    assert "SignedHeaders=host;x-amz-date;x-amz-security-token," in added["authorization"]
    assert "secret" not in repr(signer)
