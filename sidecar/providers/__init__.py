"""How a model is spoken to: one dialect a file, hosts as data."""

from sidecar.providers.opening import Provider, Providers, open_providers

__all__ = ["Provider", "Providers", "open_providers"]
