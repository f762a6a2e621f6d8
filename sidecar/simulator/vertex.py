"""Vertex AI: Gemini's methods under the address of a project and a region.

https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sidecar.simulator.dialect import Asked, Problem, Received, page
from sidecar.simulator.gemini import Gemini

__all__ = ["Vertex"]

_PUBLISHER = "/v1/projects/simulated/locations/global/publishers/google"


class Vertex(Gemini):
    """The `vertex` dialect."""

    prefix = "vertex"
    key_headers: tuple[str, ...] = ("authorization",)
    path = _PUBLISHER
    listing_paths: tuple[str, ...] = ("/v1beta1/publishers/google/models",)

    def listing(self, models: Sequence[str], query: str) -> Any:
        shown, more = page(models, query, size="pageSize", after="pageToken")
        entries = [{"name": f"publishers/google/models/{model}", "launchStage": "GA"} for model in shown]
        return {"publisherModels": entries, **({"nextPageToken": more} if more else {})}

    def read(self, call: Received) -> Asked:
        try:
            return super().read(call)
        except Problem as problem:
            raise Problem("vertex.bad-request", problem.what) from None
