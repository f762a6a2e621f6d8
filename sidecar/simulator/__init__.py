"""Model providers on loopback that fail on schedule, spoken to over real HTTP."""
