"""What the tests of compression share: real captures by name, and runs of pytest with failures of our choosing."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

CAPTURES = Path(__file__).parents[1] / "captures"


class Capture(NamedTuple):
    """A real output and what printed it."""

    data: bytes
    command: str
    exit_code: int | None


def read_capture(name: str) -> Capture:
    path = CAPTURES / f"{name}.txt"
    about = json.loads(path.with_suffix(".json").read_text("utf-8"))
    return Capture(path.read_bytes(), about["command"], about["exit_code"])


@pytest.fixture(scope="session")
def capture() -> Callable[[str], Capture]:
    """`pytest/failures` -> what that run printed."""
    return read_capture


def run_of_pytest(failing: Mapping[str, str], passing: Sequence[str] = (), *, took: str = "0.12") -> str:
    """What pytest 9 prints where the tests *failing*, by name, fail with a message each, and *passing* pass."""
    total = len(failing) + len(passing)
    rule = "=" * 20
    head = [f"{rule} test session starts {rule}", "platform linux -- Python 3.11.7, pytest-9.0.1, pluggy-1.6.0"]
    head += ["rootdir: /tmp/shop", f"collected {total} items", ""]
    head += [f"tests/test_shop.py {'F' * len(failing)}{'.' * len(passing)}".ljust(70) + " [100%]", ""]
    body = [f"{rule}== FAILURES {rule}=="] if failing else []
    for number, (name, message) in enumerate(failing.items()):
        line = 10 + 7 * number
        body += [f" {name} ".center(78, "_"), "", f"    def {name}() -> None:", "        basket = Basket()"]
        body += [f"        basket.add(Tea(), {number + 1})", f">       assert basket.total() == {number}"]
        body += [f"E       AssertionError: {message}", "", f"tests/test_shop.py:{line}: AssertionError"]
    summary = [f"{rule} short test summary info {rule}"] if failing else []
    summary += [f"FAILED tests/test_shop.py::{name} - AssertionError: {message}" for name, message in failing.items()]
    counts = ([f"{len(failing)} failed"] if failing else []) + ([f"{len(passing)} passed"] if passing else [])
    return "\n".join([*head, *body, *summary, f"{rule} {', '.join(counts)} in {took}s {rule}", ""])


@pytest.fixture(scope="session")
def test_run() -> Callable[..., str]:
    """Makes the output of a run with the failures asked for."""
    return run_of_pytest
