"""What is remembered: originals, health, the ledger and threads, shared by all sidecars of a user."""
