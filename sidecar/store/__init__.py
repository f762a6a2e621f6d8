"""What is remembered: originals, health, the ledger and threads, shared by all sidecars of a user."""

from sidecar.store.store import Store

__all__ = ["Store"]
