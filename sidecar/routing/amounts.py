"""US dollars: summed, and as readers see them, everywhere the same."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["summed_usd", "usd_text"]


def usd_text(usd: float) -> str:
    """*usd* with as many digits as tell something: "$0", "<$0.0001", "$0.0007", "$0.02", "$1.25", "$1,200.00"."""
    if usd == 0:
        return "$0"
    if usd < 0.0001:
        return "<$0.0001"
    if usd >= 0.1:
        return f"${usd:,.2f}"
    whole, _, digits = f"{usd:.4f}".partition(".")
    return f"${whole}.{digits.rstrip('0').ljust(2, '0')}"


def summed_usd(costs: Iterable[float | None]) -> float | None:
    """The sum of *costs*; None as soon as one of them is not known."""
    total = 0.0
    for cost in costs:
        if cost is None:
            return None
        total += cost
    return total
