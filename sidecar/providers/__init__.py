"""How a model is spoken to: one dialect a file, hosts as data."""
