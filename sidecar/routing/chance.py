"""Chance in shares, from a source that is given. Pure."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["lot", "usual"]


def lot(weight: float, random: Callable[[], float]) -> float:
    """A lot from 0 up to 1: of several, the largest is each one's with its share of all the *weight*, above 0.

    Sorted by u^(1/w), a draw without replacement by weight (Efraimidis and Spirakis, Weighted random sampling with a
    reservoir, 2006). *random* gives numbers from 0 up to 1.
    """
    return float(random() ** (1.0 / weight))


def usual() -> float:
    """A chance that surprises nobody: by it every order stands as it usually does, the larger share first."""
    return 0.5
