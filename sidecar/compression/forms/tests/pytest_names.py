"""What ran and passed in few words: `34 passed: tests/test_cart.py::{test_adds test_rates[home abroad +4] ...}`.

Names of one file share its path, parameters stand together behind their test; past the first few they are counted.
"""

from __future__ import annotations

from collections.abc import Sequence

from sidecar.compression.forms.tests.names import listed, sampled

__all__ = ["passed", "ran"]

_PARAMETERS = (16, 6, 3, 1, 0)
"""So many parameters of a test are named, tried one after the other until the list fits."""

_PARAMETER_CHARS = 30


def ran(files: Sequence[str], room_chars: int) -> list[str]:
    """The files that a run went through; nothing where they do not fit."""
    lines = listed(f"{len(files)} files ran", files) if len(files) > 1 else []
    return lines if sum(map(len, lines)) <= room_chars else []


def passed(names: Sequence[str], room_chars: int) -> list[str]:
    """The node ids of passed tests on few lines, in at most about *room_chars*; past that a sample of the tests."""
    tests: dict[str, list[str]] = {}
    for name in names:
        test, bracket, rest = name.partition("[")
        tests.setdefault(test, []).extend([rest.removesuffix("]")] if bracket else [])
    for count in _PARAMETERS:
        folded = {test: _folded(found, count) for test, found in tests.items()}
        lines = listed(f"{len(names)} passed", list(tests), folded)
        if sum(map(len, lines)) <= room_chars:
            return lines
    share = room_chars / max(1, sum(map(len, lines)))
    some = sampled(list(tests), int(share * sum(len(test) + 1 for test in tests)))
    if len(some) * _SPARSEST < len(tests):
        return []
    return listed(f"{len(names)} passed, among them", some, folded)


_SPARSEST = 20
"""A sample of fewer than one in so many tests says too little."""


def _folded(parameters: Sequence[str], count: int) -> str:
    """`[home abroad +4]`; what is long, or would read as two words, is only counted."""
    if not parameters:
        return ""
    plain = [found for found in parameters if " " not in found and len(found) <= _PARAMETER_CHARS][:count]
    rest = len(parameters) - len(plain)
    return f"[{' '.join([*plain, *([f'+{rest}'] if rest else [])])}]"
