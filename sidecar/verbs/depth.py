"""How deep this sidecar is below a model that a sidecar asked: at some depth nobody is asked any more."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["environ_below", "may_ask"]

_DEPTH = "SIDECAR_DEPTH"
_DEEPEST = 2
"""A vendor's program may start a sidecar of its own, whose `ask` may start the program again: here it ends."""


def environ_below(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of the vendors' programs we start, which tells a sidecar below them how deep it is."""
    return {**environ, _DEPTH: str(_depth(environ) + 1)}


def may_ask(environ: Mapping[str, str]) -> bool:
    """Whether this sidecar may ask models: not where a model that a sidecar asked has started it."""
    return _depth(environ) < _DEEPEST


def _depth(environ: Mapping[str, str]) -> int:
    depth = environ.get(_DEPTH, "0")
    return int(depth) if depth.isdecimal() else 0
