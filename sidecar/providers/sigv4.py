"""AWS Signature Version 4: a request signed with a secret that is never sent.

Source: docs.aws.amazon.com, IAM User Guide, "Create a signed AWS API request" (2026-11); checked against the
`aws-sig-v4-test-suite` that AWS publishes. Our own few lines, because the library that has it (botocore)
brings 100 MB of every AWS service's description.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote, urlsplit

__all__ = ["Signer"]

_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs for one pair of keys in one region."""

    key_id: str
    secret: str = field(repr=False)
    region: str
    service: str
    session_token: str | None = field(default=None, repr=False)

    def headers(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, *, at: datetime
    ) -> dict[str, str]:
        """The headers to add: `x-amz-date`, the session's token where there is one, and `authorization`.

        *url* is the address as it is sent, its path escaped; *headers* are signed too; *at* is in UTC.
        """
        parts = urlsplit(url)
        stamp = at.strftime("%Y%m%dT%H%M%SZ")
        added = {"x-amz-date": stamp}
        if self.session_token:
            added["x-amz-security-token"] = self.session_token
        signed = {name.lower(): " ".join(value.split()) for name, value in {**headers, **added}.items()}
        signed["host"] = parts.netloc.rpartition("@")[2]
        names = ";".join(sorted(signed))
        canonical = "\n".join(
            (
                method,
                # Every service but S3 escapes what is escaped already once more.
                quote(parts.path or "/", safe="/~"),
                "&".join(sorted(parts.query.split("&"))) if parts.query else "",
                *(f"{name}:{signed[name]}" for name in sorted(signed)),
                "",
                names,
                hashlib.sha256(body).hexdigest(),
            )
        )
        scope = f"{stamp[:8]}/{self.region}/{self.service}/aws4_request"
        to_sign = "\n".join((_ALGORITHM, stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()))
        signature = hmac.new(self._key(stamp[:8]), to_sign.encode(), hashlib.sha256).hexdigest()
        credential = f"Credential={self.key_id}/{scope}"
        added["authorization"] = f"{_ALGORITHM} {credential}, SignedHeaders={names}, Signature={signature}"
        return added

    def _key(self, day: str) -> bytes:
        key = f"AWS4{self.secret}".encode()
        for part in (day, self.region, self.service, "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return key
