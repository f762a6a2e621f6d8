"""The `vertex` dialect: Gemini's body under Vertex AI's address, with a bearer token.

Source: cloud.google.com, Vertex AI, generative AI, method publishers.models.streamGenerateContent (2026-11).

A token of `gcloud auth print-access-token` lasts an hour. Its user keeps it in a file of mode 0600, renews it
(`(umask 077; gcloud auth print-access-token > ~/.keys/vertex)`, from cron or a shell), and names it as the key
(`file:~/.keys/vertex`), which is read anew for every ask. Ids of function calls are left out: the v1 API has none,
and matches results by their order.
"""

from __future__ import annotations

from sidecar.providers.calling import Call, as_json, headers_for
from sidecar.providers.gemini import Gemini, gemini_body, stream_address
from sidecar.providers.vocabulary import Access, Request

__all__ = ["Vertex"]


class Vertex(Gemini):
    """Writes Gemini's requests for Vertex AI; the replies are the same."""

    def prepare(self, request: Request, access: Access) -> Call:
        notes = super().prepare(request, access).notes
        headers = headers_for(access, "authorization", "Bearer ")
        return Call(stream_address(request, access), headers, as_json(gemini_body(request, has_ids=False)), notes)
