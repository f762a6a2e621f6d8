"""The demo in a process of its own, as its user runs it."""

import subprocess
import sys

import pytest

SCRIPT = """
import anyio
from sidecar.proof import shop
from sidecar.proof.demo import demo
raise SystemExit(not anyio.run(lambda: demo(job={job})))
"""
WRONG = 'shop.Job(shop.nightly().command, "wrong", ("a fact that is not there",), "Why?", "no such answer")'


def rehearsed(job: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", SCRIPT.format(job=job)], capture_output=True, text=True, encoding="utf-8", check=False
    )


@pytest.mark.parametrize("job", ["shop.tests()", "shop.nightly()"])
def test_every_claim_of_the_demo_holds(job: str) -> None:
    done = rehearsed(job)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "claims held" in done.stdout
    assert "✗" not in done.stdout


def test_a_claim_that_does_not_hold_is_told() -> None:
    done = rehearsed(WRONG)
    assert done.returncode == 1
    assert "did not hold: every fact needed to fix it is there" in done.stdout
