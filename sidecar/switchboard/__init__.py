"""Between what the configuration says and what the router asks: who can be called, in which order, within which limits.

lines        every endpoint with what is needed to call it
routes       the tiers of a logical name, with who is kept out for good
accounts     who of a target's accounts goes first now
lately       how endpoints did of late, by the ledger
reckoning    the ledger followed, each use counted where it belongs
allowances   what budgets and quotas leave
switchboard  all of it around one router
"""
