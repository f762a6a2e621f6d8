"""What one model can do at one host, as far as anybody says: its window, tools, images, JSON, reasoning.

    price data (windows) ─┐
    the host's quirks ────┼──> Capabilities, where None is unknown
    the model's name ─────┘

A filter treats unknown as no: what nobody promises is not counted on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sidecar.providers import pricing as prices
from sidecar.providers.catalogue import Host, Quirks
from sidecar.providers.vision import reads_images

__all__ = ["Capabilities", "Need", "capabilities"]

Need = Literal["tools", "vision", "json-schema", "reasoning"]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Facts about one model at one host; None is unknown."""

    context_tokens: int | None = None
    """How much it reads at most."""
    output_tokens: int | None = None
    """How much it writes at most."""
    tools: bool | None = None
    vision: bool | None = None
    json_schema: bool | None = None
    """Whether the host itself holds the answer to a JSON Schema; we can ask for one in words everywhere."""
    reasoning: bool | None = None

    def has(self, need: Need) -> bool | None:
        """Whether it can do *need*; None is unknown."""
        return {
            "tools": self.tools,
            "vision": self.vision,
            "json-schema": self.json_schema,
            "reasoning": self.reasoning,
        }[need]

    def lacks(self, needs: Iterable[Need]) -> tuple[Need, ...]:
        """Those of *needs* that it cannot do, or that nobody says it can."""
        return tuple(need for need in needs if not self.has(need))


def capabilities(
    model_id: str, *, dialect: str, host: Host | None, pricing: str | None = None, images: bool | None = None
) -> Capabilities:
    """What *model_id* can do at *host* (None: a server the catalogue does not know), spoken to in *dialect*.

    *pricing* is the host's id in genai-prices, *images* what the user says of the provider's models. The first
    call imports the price data, up to a second: call it in a thread, or after `pricing.load`.
    """
    is_command = dialect == "command"  # a program is given one text and brings its own tools
    sees = False if is_command else images if images is not None else reads_images(dialect, model_id)
    return Capabilities(
        context_tokens=prices.context_tokens(pricing, model_id),
        tools=False if is_command else None,
        vision=sees,
        json_schema=_json_schema(dialect, host),
    )


def _json_schema(dialect: str, host: Host | None) -> bool | None:
    match dialect:
        case "openai-responses" | "gemini" | "vertex" | "ollama" | "azure":
            return True
        case "openai-chat":
            # A server we do not know is sent the schema as to OpenAI, and nobody knows what it makes of it.
            return (host.quirks or Quirks()).schema == "json_schema" if host is not None else None
        case _:  # in words: `anthropic` and `bedrock` by our choice, programs for want of anything else
            return False
