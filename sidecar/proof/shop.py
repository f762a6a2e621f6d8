"""The small project the demo works on: a shop with a rounding bug, its tests, and a nightly job that logs.

Real code that really runs: `pytest` finds the bug where pytest is installed; the job, which needs nothing but
Python, fails over the same bug after some thousand log lines.
"""

from __future__ import annotations

import importlib.util
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Job", "job", "nightly", "tests", "write"]

_PYTHON = shlex.quote(sys.executable)

_PRICES = '''\
"""Prices in cents."""

RATES = {"book": 7, "food": 7, "tool": 19, "wine": 19}


def with_tax(cents: int, kind: str) -> int:
    """The price with tax, rounded half up."""
    return int(cents + cents * RATES[kind] / 100)


def discount(cents: int, percent: int) -> int:
    if not 0 <= percent <= 100:
        raise ValueError(f"a discount of {percent} % is no discount")
    return cents - cents * percent // 100
'''

_TESTS = """\
import warnings

import pytest

from prices import RATES, discount, with_tax


@pytest.mark.parametrize("kind", sorted(RATES))
@pytest.mark.parametrize("cents", range(100, 3100, 100))
def test_tax_of_round_prices(cents, kind):
    assert with_tax(cents, kind) == cents + cents // 100 * RATES[kind]


@pytest.mark.parametrize("percent", range(0, 101, 5))
def test_a_discount_never_raises_the_price(percent):
    assert 0 <= discount(1999, percent) <= 1999


def test_half_a_cent_rounds_up():
    total = sum(with_tax(cents, "book") for cents in (50, 150, 250))
    assert total == 483, "three books at 50, 150 and 250 cents"


def test_a_discount_over_the_price_is_refused():
    warnings.warn("discounts of 100 % will be refused next year", DeprecationWarning)
    with pytest.raises(ValueError):
        discount(1999, 120)


def test_an_unknown_kind_is_refused_with_its_name():
    with pytest.raises(KeyError, match="cheese"):
        with_tax(100, "chese")
"""

_JOB = """\
import logging
import sys

from prices import RATES, with_tax

logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.INFO, stream=sys.stdout)
log = logging.getLogger("nightly")

for number in range(3000):
    kind = sorted(RATES)[number % len(RATES)]
    log.info("order %d: %s at %d cents is %d with tax", number, kind, 50 + number, with_tax(50 + number, kind))
    if number % 500 == 499:
        log.warning("order %d: slow payment, %d ms", number, number * 3)
log.info("3000 orders priced, checking the books")
total = sum(with_tax(cents, "book") for cents in (50, 150, 250))
try:
    assert total == 483, f"three books at 50, 150 and 250 cents cost {total}, not 483"
except AssertionError:
    log.exception("the books do not balance")
    sys.exit(1)
"""


@dataclass(frozen=True, slots=True)
class Job:
    """A command of the shop that fails: how to run it, what it must show, and what one would ask about it."""

    command: str
    title: str
    needles: tuple[str, ...]
    question: str
    answer_has: str


def write(folder: Path) -> None:
    """Make the shop in *folder*, with a commit where git is installed."""
    folder.mkdir(parents=True)
    (folder / "prices.py").write_text(_PRICES)
    (folder / "test_prices.py").write_text(_TESTS)
    (folder / "nightly.py").write_text(_JOB)
    if shutil.which("git") is None:
        return
    for words in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=demo", "-c", "user.email=demo@localhost", "commit", "-qm", "Price with tax"],
    ):
        subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True)


def job() -> Job:
    """The tests where pytest can be imported, else the nightly job."""
    return tests() if importlib.util.find_spec("pytest") is not None else nightly()


def tests() -> Job:
    """The shop's tests: 144, of which two find bugs."""
    return Job(
        f"{_PYTHON} -m pytest -v",
        "pytest -v",
        (
            "test_half_a_cent_rounds_up",
            "AssertionError: three books at 50, 150 and 250 cents",
            "assert 480 == 483",
            "test_an_unknown_kind_is_refused_with_its_name",
            "test_prices.py:",
            "2 failed, 142 passed",
        ),
        "Why does test_half_a_cent_rounds_up fail?",
        "three books at 50, 150 and 250 cents",
    )


def nightly() -> Job:
    """A job that logs 3,000 orders and fails at its last line; needs nothing but Python."""
    return Job(
        f"{_PYTHON} nightly.py",
        "python nightly.py",
        (
            "the books do not balance",
            "AssertionError: three books at 50, 150 and 250 cents cost 480, not 483",
            "nightly.py",
        ),
        "Why does nightly.py fail?",
        "three books at 50, 150 and 250 cents",
    )
