"""Who can be asked, and whose health is remembered when it fails.

Health is remembered per scope, each with its own key:

    endpoint:openai/gpt-5@work    rate limits and server failures of one model for one account
    pair:openai/gpt-5@work        a quota or a plan of account x model, which a good minute does not lift
    account:openai@work           credit, spending limits, the key
    provider:openai               name resolution, TLS, refused connections
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Endpoint", "Scope", "Target", "scope_key"]


Scope = Literal["endpoint", "pair", "account", "provider"]


@dataclass(frozen=True, slots=True)
class Target:
    """A provider and that provider's own model id; written "provider/model"."""

    provider: str
    model_id: str

    @property
    def key(self) -> str:
        return f"{self.provider}/{self.model_id}"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A target on one account: the unit that is tried, rests, and costs."""

    provider: str
    model_id: str
    account: str = "default"
    dialect: str = field(default="openai-chat", compare=False)
    host: str = field(default="", compare=False)
    """What the catalogue calls whoever is at its address, for the provider's name is its user's own; "" is unknown."""

    @property
    def target(self) -> Target:
        return Target(self.provider, self.model_id)

    @property
    def key(self) -> str:
        """Written "provider/model@account", as the ledger and the health keys have it."""
        return f"{self.provider}/{self.model_id}@{self.account}"

    @property
    def name(self) -> str:
        """The key for readers: the account only where it says something."""
        return self.target.key if self.account == "default" else self.key


def scope_key(scope: Scope, endpoint: Endpoint) -> str:
    """The key under which the health of *endpoint*'s *scope* is remembered."""
    match scope:
        case "endpoint":
            return f"endpoint:{endpoint.provider}/{endpoint.model_id}@{endpoint.account}"
        case "pair":
            return f"pair:{endpoint.provider}/{endpoint.model_id}@{endpoint.account}"
        case "account":
            return f"account:{endpoint.provider}@{endpoint.account}"
        case "provider":
            return f"provider:{endpoint.provider}"
