"""The other side of every dialect: reads a request as the vendor would, writes the vendor's reply.

    a client's bytes ──read_request──> Request ──any dialect──> Answer ──whole / stream──> the client's bytes

With it any two dialects compose: what a client says in one is answered by a model that speaks another. Azure
speaks `openai-chat` and Vertex `gemini` under other addresses.
"""

from __future__ import annotations

from sidecar.providers.served.serving import Served, served

__all__ = ["Served", "served"]
