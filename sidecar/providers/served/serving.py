"""What the served side of a dialect can do, and which module does it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from sidecar.errors import ConfigurationError
from sidecar.providers.vocabulary import Answer, Request

__all__ = ["Served", "served"]


class Served(Protocol):
    """One dialect from the vendor's side; pure. Unknown fields of a request are ignored."""

    def read_request(self, body: Any, *, model_id: str = "") -> Request:
        """The request in *body*; *model_id* where the address names the model.

        Its messages are in their simplest form (`joined`). Raises NotTheDialect for what cannot be understood.
        """

    def whole(self, answer: Answer) -> Any:
        """The answer as one JSON body."""

    def stream(self, answer: Answer) -> Iterator[bytes]:
        """The answer as the events of a stream."""


def served(dialect: str) -> Served:
    """The served side of *dialect*; raises ConfigurationError where there is none."""
    match dialect:
        case "openai-chat" | "azure":
            from sidecar.providers.served.openai_chat import ServedChat

            return ServedChat()
        case "openai-responses":
            from sidecar.providers.served.openai_responses import ServedResponses

            return ServedResponses()
        case "anthropic":
            from sidecar.providers.served.anthropic import ServedMessages

            return ServedMessages()
        case "gemini" | "vertex":
            from sidecar.providers.served.gemini import ServedContent

            return ServedContent()
        case "ollama":
            from sidecar.providers.served.ollama import ServedOllama

            return ServedOllama()
        case "bedrock":
            from sidecar.providers.served.bedrock import ServedConverse

            return ServedConverse()
    raise ConfigurationError(f"The dialect `{dialect}` has no served side")
